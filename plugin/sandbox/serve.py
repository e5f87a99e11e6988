"""The sandbox on a real port, for tests and demos that want it in this process."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn

from plugin.sandbox.app import Sandbox, create_sandbox

_START_SECONDS = 10.0


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Sandbox]:
    """A sandbox that answers at `sandbox.shop.origin` until the block ends. Options are create_sandbox's."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        sandbox = create_sandbox(f"http://127.0.0.1:{listening.getsockname()[1]}", **options)
        server = uvicorn.Server(uvicorn.Config(sandbox, log_level="warning", ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("The sandbox did not start.")
            time.sleep(0.005)
        try:
            yield sandbox
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)
