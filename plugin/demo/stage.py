"""The demo's two processes: the stand-in for Saleor, and the app on SQLite in a folder of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from plugin.errors import TryLater
from plugin.secrets import new_key

SANDBOX_PORT = 8010
APP_PORT = 8080
#: Seconds until a process answers, on a slow machine.
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Stage:
    sandbox: str
    app: str
    #: The app's settings: also those of commands that belong to it.
    environ: Mapping[str, str]
    folder: Path

    @property
    def api_url(self) -> str:
        return f"{self.sandbox}/graphql/"


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Both processes, answering; ended with the block."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sandbox_port, app_port = free_port(SANDBOX_PORT), free_port(APP_PORT)
    stage = Stage(
        sandbox=f"http://localhost:{sandbox_port}",
        app=f"http://127.0.0.1:{app_port}",
        environ=app_environ(folder, app_port, sandbox_port),
        folder=folder,
    )
    python = [sys.executable, "-m"]
    running = [
        _start([*python, "plugin.sandbox", "--port", str(sandbox_port), "--fast-retries"], folder / "sandbox.log", {}),
        _start([*python, "plugin.cli", "serve"], folder / "app.log", stage.environ),
    ]
    try:
        _wait(f"{stage.sandbox}/sandbox/state", running[0], folder / "sandbox.log")
        _wait(f"{stage.app}/readyz", running[1], folder / "app.log")
        yield stage
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()


def app_environ(folder: Path, app_port: int, sandbox_port: int) -> dict[str, str]:
    """Keys are made for this demo and end with it; the sandbox has no limit of requests worth keeping."""
    return {
        "RETENTION_DATABASE_URL": f"sqlite:///{(folder / 'retention.db').resolve()}",
        "RETENTION_PUBLIC_URL": f"http://127.0.0.1:{app_port}",
        "RETENTION_PORT": str(app_port),
        "RETENTION_SECRET_KEYS": new_key(),
        "RETENTION_ALLOWED_SHOPS": f"localhost:{sandbox_port}",
        "RETENTION_ALLOW_PRIVATE_ADDRESSES": "true",
        "RETENTION_REQUESTS_PER_MINUTE": "100000",
    }


def free_port(wanted: int) -> int:
    """The wanted one, or any that is free where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(command: list[str], log: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env={**clean, **environ})  # noqa: S603 -- our own


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise TryLater(f"A process of the demo ended at once; {log} says why.")
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TryLater(f"{url} did not answer within {PATIENCE} seconds; {log} may say why.")
