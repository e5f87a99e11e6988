"""The processes of a measurement: the server under load, its worker, the load generator."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from plugin.errors import GiveUp
from plugin.secrets import new_key

START_SECONDS = 30.0
LOAD_SECONDS = 300.0
STOP_SECONDS = 30.0


def environ_of(url: str) -> dict[str, str]:
    """A process that knows nothing of what is set outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return kept | {
        "RETENTION_DATABASE_URL": url,
        "RETENTION_PUBLIC_URL": "https://bench.example",
        "RETENTION_SECRET_KEYS": new_key(),
        "RETENTION_ALLOWED_SHOPS": "bench.example",
        "RETENTION_INBOX_LIMIT": "10000000",
        "RETENTION_LOG_LEVEL": "WARNING",
        "RETENTION_PORT": str(port),
    }


@contextmanager
def server(kind: str, environ: Mapping[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = int(environ["RETENTION_PORT"])
    with process_of(["-m", "plugin.bench.server", kind], environ) as process:
        wait_for(port, process)
        yield port, process


@contextmanager
def worker(environ: Mapping[str, str], *, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with process_of(["-m", "plugin.cli", "worker"], environ):
        yield


@contextmanager
def process_of(arguments: list[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *arguments], env=environ)  # noqa: S603
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise GiveUp("The server to measure did not start.")


def output_of(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=LOAD_SECONDS).stdout  # noqa: S603


def cpu_seconds(server: subprocess.Popen[bytes] | None) -> float:
    """Of all its threads so far: unlike the speed, it hardly depends on what else the machine does. Linux only."""
    status = Path(f"/proc/{server.pid}/stat") if server is not None else None
    if status is None or not status.exists():
        return 0.0
    user, system = status.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> float:
    """Megabytes; Linux only, elsewhere 0."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
