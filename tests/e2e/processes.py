"""The sandbox and the app as processes, to be started, looked at and killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from plugin.engine.install import install
from plugin.secrets import new_key
from plugin.store.database import Database
from plugin.store.migrate import migrate

#: Seconds until a process answers, on a machine with a lot to do.
PATIENCE = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def prepared_database(url: str) -> Iterator[Database]:
    """With all tables, as `retention migrate` leaves it."""
    with closing(Database(url, pool_size=4)) as database:
        migrate(database)
        if not database.sqlite:
            install(url)
        yield database


def wait_until(true: Callable[[], bool], seconds: float, what: str, every: float = 0.1) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"After {seconds:.0f} seconds still not: {what}.")
        time.sleep(every)


@dataclass
class Process:
    """One of ours; its log outlives it."""

    command: list[str]
    environ: Mapping[str, str]
    log: Path
    #: Answers 200 when it can work.
    ready_url: str
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", *self.command], stdout=log, stderr=log, env={**clean, **self.environ}
            )

    def is_ready(self) -> bool:
        assert self.running is not None
        if (code := self.running.poll()) is not None:
            raise AssertionError(f"{self.command} ended by itself with {code}:\n{self.log.read_text()[-3000:]}")
        try:
            return httpx.get(self.ready_url, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self) -> None:
        wait_until(self.is_ready, PATIENCE, f"{self.command} is ready", every=0.05)

    def kill(self) -> None:
        """SIGKILL: nothing of it gets a chance to tidy up."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def stop(self, seconds: float = 25) -> float:
        """SIGTERM; how many seconds it took."""
        assert self.running is not None
        began = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        self.running.wait(seconds)
        return time.monotonic() - began

    def end(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.kill()


@dataclass
class App:
    """`retention serve`, and on PostgreSQL a `retention worker` or two."""

    folder: Path
    environ: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.environ["RETENTION_PUBLIC_URL"]

    @property
    def database_url(self) -> str:
        return self.environ["RETENTION_DATABASE_URL"]

    @property
    def log(self) -> str:
        return "".join(process.log.read_text() for process in self.processes.values())

    def start(self) -> None:
        for process in self.processes.values():
            process.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        for process in self.processes.values():
            process.wait_ready()

    def end(self) -> None:
        for process in self.processes.values():
            process.end()

    def kill_engine(self) -> None:
        """SIGKILL for the process beside `serve` on SQLite, if it is there at this moment."""
        serve = self.processes["serve"].running
        assert serve is not None
        found = subprocess.run(["pgrep", "--parent", str(serve.pid)], capture_output=True, text=True, check=False)
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)

    def command(self, *words: str) -> str:
        """One `retention` command, as an operator would give it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
        done = subprocess.run(
            [sys.executable, "-m", "plugin.cli", *words],
            env={**clean, **self.environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"`retention {' '.join(words)}`: {done.stderr}"
        return done.stdout.strip()


def build_app(folder: Path, database_url: str, workers: int = 0, **settings: object) -> App:
    """Not started yet. `workers` are those of PostgreSQL; settings by their name without the prefix."""
    port = free_port()
    environ = {
        "RETENTION_DATABASE_URL": database_url,
        "RETENTION_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RETENTION_PORT": str(port),
        "RETENTION_SECRET_KEYS": new_key(),
        "RETENTION_ALLOWED_SHOPS": "localhost:*",
        "RETENTION_ALLOW_PRIVATE_ADDRESSES": "true",
        "RETENTION_REQUESTS_PER_MINUTE": "100000",
        "RETENTION_DEAD_WORKER_SECONDS": "3",
        **{f"RETENTION_{name.upper()}": str(value) for name, value in settings.items()},
    }
    app = App(folder, environ)
    app.processes["serve"] = Process(
        ["plugin.cli", "serve"], environ, folder / "serve.log", f"http://127.0.0.1:{port}/readyz"
    )
    for number in range(workers):
        port = free_port()
        name = f"worker{number}"
        app.processes[name] = Process(
            ["plugin.cli", "worker"],
            {**environ, "RETENTION_WORKER_PORT": str(port)},
            folder / f"{name}.log",
            f"http://127.0.0.1:{port}/readyz",
        )
    return app


class Ends(Protocol):
    def end(self) -> None: ...


@contextmanager
def ending(*things: Ends) -> Iterator[None]:
    """Whatever happens, none of them outlives the block."""
    try:
        yield
    finally:
        for thing in things:
            thing.end()
