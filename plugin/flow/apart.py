"""Heavy work in a process of its own, which ends with ours."""

import json
import subprocess
import sys
from typing import Any

from plugin.errors import GiveUp, TryLater
from plugin.store.database import Database

#: Seconds; ten million customers take a tenth of it.
LONGEST = 900.0

_running: set[subprocess.Popen[bytes]] = set()


def run_apart(module: str, database: Database, **asked: Any) -> Any:
    """What `python -m module` answers on its output to what it is asked on its input, both JSON.

    Raises `GiveUp` when it fails (what it says is on stderr), `TryLater` when this process is ending.
    """
    told = {"url": database.url.render_as_string(hide_password=False), **asked}
    try:
        child = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    except OSError as error:
        raise GiveUp(f"{module} could not be started: {error}") from error
    with child:
        _running.add(child)
        try:
            answer, _ = child.communicate(json.dumps(told).encode(), LONGEST)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise GiveUp(f"{module} was not done after {LONGEST:.0f} seconds.") from error
        finally:
            ended = child not in _running
            _running.discard(child)
    if ended:
        raise TryLater("The process ends.")
    if child.returncode:
        raise GiveUp(f"{module} ended with {child.returncode}.")
    try:
        return json.loads(answer)
    except ValueError as error:
        raise GiveUp(f"{module} did not answer JSON.") from error


def end_all() -> None:
    """When this process is told to end: nobody waits for them any more."""
    while _running:
        _running.pop().terminate()
