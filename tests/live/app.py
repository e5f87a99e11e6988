"""The app as an operator runs it: processes, commands, and its database to look into."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from sqlalchemy import Select, select

from plugin.flow.house import House
from plugin.main import build_house
from plugin.settings import load_settings
from plugin.store.database import Database
from plugin.store.schema import shops
from tests.conftest import POSTGRES
from tests.live.api import Refused, Staff, until

RETENTION = Path(sys.executable).parent / "retention"
IDENTIFIER = "saleor-retention"
STOP_SECONDS = 25


@dataclass
class App:
    """One installation: what it was started with, and its processes."""

    environment: Mapping[str, str]
    logs: Path
    staff: Staff
    #: `serve`, and `worker` where there is one.
    commands: Sequence[str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.environment["RETENTION_PUBLIC_URL"]

    @property
    def api_url(self) -> str:
        return self.staff.api.url

    def start(self) -> None:
        for command in self.commands:
            with (self.logs / f"{command}.log").open("ab") as log:
                process = subprocess.Popen([RETENTION, command], env=self.environment, stdout=log, stderr=log)
            self.processes.append(process)
        until("the app to be ready", self._ready, within=120)

    def _ready(self) -> bool:
        ended = [process.returncode for process in self.processes if process.poll() is not None]
        assert not ended, f"The app ended at its start: {self.log()[-3000:]}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """SIGTERM, as an operator does it; it ends by itself and in good order."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(STOP_SECONDS) for process in self.processes]
        self.processes.clear()
        assert set(codes) <= {0}, f"It ended with {codes}: {self.log()[-3000:]}"

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.logs.glob("*.log")))

    def run(self, *words: str, fails: bool = False) -> str:
        """A command; what it said."""
        done = subprocess.run(
            [RETENTION, *words], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode != 0) == fails, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout + done.stderr

    def said(self, *words: str) -> Any:
        """What a command answers as JSON."""
        return json.loads(self.run(*words, "--json"))

    def rows(self, query: Select[Any]) -> list[Mapping[str, Any]]:
        with self.database() as database, database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def database(self) -> Iterator[Database]:
        opened = Database(self.environment["RETENTION_DATABASE_URL"], pool_size=2)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def house(self) -> Iterator[House]:
        """The app's own house, in this process: wake-ups are left for the one that serves."""
        with self.database() as database:
            yield build_house(load_settings(self.environment), database, httpx.AsyncClient())

    # ---- the installation

    def install(self) -> str:
        """By the merchant, with the permissions that the manifest asks for; the app's id."""
        installation = self.ask_to_install()

        def installed() -> str | None:
            found = self.installation(installation)
            assert found is None or found["status"] != "FAILED", f"{found} {self.log()[-3000:]}"
            return self.app_id() if found is None else None

        return until("the installation", installed)

    def ask_to_install(self) -> str:
        manifest = httpx.get(f"{self.url}/api/manifest").raise_for_status().json()
        answer = self.staff.call(
            "mutation($input: AppInstallInput!) { appInstall(input: $input)"
            " { appInstallation { id } errors { code message } } }",
            input={
                "appName": manifest["name"],
                "manifestUrl": f"{self.url}/api/manifest",
                "permissions": manifest["permissions"],
            },
        )
        return str(answer["appInstall"]["appInstallation"]["id"])

    def installation(self, installation_id: str) -> Any:
        """None once it has succeeded."""
        all_of_them = self.staff.call("{ appsInstallations { id status message } }")["appsInstallations"]
        return next((one for one in all_of_them if one["id"] == installation_id), None)

    def app_id(self) -> str | None:
        """Of the app that is installed from here."""
        apps = self.staff.pages("apps", "id identifier appUrl isActive")
        return next(
            (app["id"] for app in apps if app["identifier"] == IDENTIFIER and str(app["appUrl"]).startswith(self.url)),
            None,
        )

    def uninstall(self) -> None:
        if (app_id := self.app_id()) is not None:
            self.staff.call("mutation($id: ID!) { appDelete(id: $id) { errors { code message } } }", id=app_id)

    def switch(self, *, on: bool) -> None:
        name = "appActivate" if on else "appDeactivate"
        document = f"mutation($id: ID!) {{ {name}(id: $id) {{ errors {{ code message }} }} }}"
        self.staff.call(document, id=self.app_id())

    def leave(self) -> None:
        """Whatever state the test left it in."""
        if not self.processes:
            self.start()
        try:
            if self.app_id() is not None and self.rows(select(shops.c.id)):
                self.run("disconnect", "--yes")
        finally:
            self.uninstall()
            self.stop()


def free_port(host: str) -> int:
    with socket.socket() as listening:
        listening.bind((host, 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def app_on(kind: str, folder: Path, staff: Staff, host: str, **settings: str) -> Iterator[App]:
    """The app with a database of its own, not yet started; its processes end with it."""
    listen_on = host if host.startswith("127.") or host == "localhost" else "0.0.0.0"  # noqa: S104
    port = free_port(listen_on)
    shop = urlsplit(staff.api.url)
    with database_of(kind, folder) as database_url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")} | {
            "RETENTION_DATABASE_URL": database_url,
            "RETENTION_PUBLIC_URL": f"http://{host}:{port}",
            "RETENTION_HOST": listen_on,
            "RETENTION_PORT": str(port),
            "RETENTION_SECRET_KEYS": secrets.token_urlsafe(40),
            "RETENTION_ALLOWED_SHOPS": shop.netloc,
            "RETENTION_ALLOW_PRIVATE_ADDRESSES": "true",
            "RETENTION_REQUESTS_PER_MINUTE": "3000",
            "RETENTION_LOG_FORMAT": "console",
            # What else the shop has sold is nobody's business but that of the test of history.
            "RETENTION_READ_HISTORY": "false",
            **settings,
        }
        app = App(environment, folder, staff, ["serve"] if kind == "sqlite" else ["serve", "worker"])
        if kind != "sqlite":
            app.run("migrate")
        try:
            yield app
        finally:
            app.kill()


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'retention.db'}"
        return
    name = f"retention_live_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


__all__ = ["App", "Refused", "app_on"]
