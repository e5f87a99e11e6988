"""What the way in can take: signed webhooks over HTTP from another process, each durable when it is answered.

Every run has a fresh database and, beside the app, a handler that does nothing under the same server, so
that the ratio of the two says something on any machine.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from plugin.bench.databases import fresh_database
from plugin.bench.letters import API_URL, APP_ID, Pen, new_pen, write_letters
from plugin.bench.processes import START_SECONDS, cpu_seconds, environ_of, output_of, peak_memory, server, worker
from plugin.errors import GiveUp
from plugin.secrets import Keyring, new_pepper
from plugin.store import inbox, schema, shops
from plugin.store.database import Database

CONNECTIONS = 64
WARM_UP = 500
#: The handler that does nothing is asked so much more often, to be measured as long.
NOTHING_FACTOR = 5


@dataclass(frozen=True, slots=True)
class Bench:
    runs: int
    #: At full speed; half as many are sent at half that speed.
    requests: int
    #: With the engine at work on what comes in.
    draining: bool
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]


def measure(bench: Bench) -> dict[str, Any]:
    """The medians over all runs, and the runs."""
    pen = new_pen()
    with TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder:
        letters = Path(folder) / "letters"
        bench.say(f"Signing {WARM_UP + bench.requests * 3 // 2} webhooks")
        write_letters(letters, WARM_UP + bench.requests * 3 // 2, pen)
        runs = [_run(bench, number, pen, letters, Path(folder)) for number in range(bench.runs)]
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "engine": "draining" if bench.draining else "idle",
        **{key: statistics.median(run[key] for run in runs) for key in runs[0]},
        "runs": runs,
    }


def _run(bench: Bench, number: int, pen: Pen, letters: Path, folder: Path) -> dict[str, float]:
    bench.say(f"Run {number + 1} of {bench.runs}")
    with fresh_database(bench.postgres, folder / f"run-{number}.db") as url:
        environ = environ_of(url)
        with server("nothing", environ) as (port, process):
            _load(letters, port, 0, WARM_UP)
            empty = _load(letters, port, 0, bench.requests * 3 // 2, rounds=NOTHING_FACTOR, server=process)
        _prepare(environ, pen)
        with server("draining" if bench.draining or bench.postgres else "idle", environ) as (port, process):
            with worker(environ, wanted=bench.draining and bench.postgres is not None):
                _load(letters, port, 0, WARM_UP)
                before = _first_done(url) if bench.draining else 0
                full = _load(letters, port, WARM_UP, bench.requests, server=process)
                drained = _done(url) - before
                half = _load(letters, port, WARM_UP + bench.requests, bench.requests // 2, rate=full["per_second"] / 2)
            memory = peak_memory(process.pid)
        _check(url, WARM_UP + bench.requests + bench.requests // 2)
    return {
        "per_second": full["per_second"],
        "nothing_per_second": empty["per_second"],
        "ratio": full["per_second"] / empty["per_second"],
        "cpu_us": full["server_cpu_us"],
        "nothing_cpu_us": empty["server_cpu_us"],
        "p50_ms": full["p50_ms"],
        "p99_ms": full["p99_ms"],
        "half_per_second": half["per_second"],
        "half_p50_ms": half["p50_ms"],
        "half_p99_ms": half["p99_ms"],
        "peak_memory_mb": memory,
        "drained_per_second": drained / full["seconds"],
        "generator_busy": max(empty["generator_busy"], full["generator_busy"]),
    }


def _prepare(environ: Mapping[str, str], pen: Pen) -> None:
    """Tables, and the shop whose webhooks they are."""
    subprocess.run([sys.executable, "-m", "plugin.cli", "migrate"], env=environ, check=True, stdout=subprocess.DEVNULL)
    keyring = Keyring([environ["RETENTION_SECRET_KEYS"]])
    database = Database(environ["RETENTION_DATABASE_URL"], pool_size=1)
    with database.write() as connection:
        shops.install(
            connection,
            api_url=API_URL,
            app_id=APP_ID,
            token=keyring.encrypt("bench"),
            jwks=pen.jwks,
            name="Bench",
            saleor_version="3.24.0",
            pepper=keyring.encrypt(new_pepper()),
            now=datetime.now(UTC),
        )
    database.close()


def _load(
    letters: Path,
    port: int,
    first: int,
    count: int,
    *,
    rounds: int = 1,
    rate: float | None = None,
    server: subprocess.Popen[bytes] | None = None,
) -> dict[str, Any]:
    """One run of the load generator; of several rounds of the same letters, the one of median speed."""
    command = [sys.executable, "-m", "plugin.bench.load", str(letters), str(port), str(first), str(count)]
    command += [str(CONNECTIONS), *([] if rate is None else [str(rate)])]
    told: list[dict[str, Any]] = []
    for _ in range(rounds):
        busy = cpu_seconds(server)
        figures = json.loads(output_of(command))
        if figures["answers"] != {"200": count}:
            raise GiveUp(f"The server did not take everything: {figures['answers']}.")
        told.append(figures | {"server_cpu_us": 1e6 * (cpu_seconds(server) - busy) / count})
    return sorted(told, key=lambda figures: figures["per_second"])[len(told) // 2]


def _done(url: str) -> int:
    database = Database(url, pool_size=1)
    with database.read() as connection:
        count = connection.execute(select(func.count()).where(schema.inbox.c.status == "done")).scalar_one()
    database.close()
    return count


def _first_done(url: str) -> int:
    """Waits until the engine is at work."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if count := _done(url):
            return count
        time.sleep(0.1)
    raise GiveUp("The engine did not begin.")


def _check(url: str, sent: int) -> None:
    """What was answered is there: nothing lost, nothing twice, and nothing that could not be read."""
    database = Database(url, pool_size=1)
    with database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(schema.inbox)).scalar_one()
        dead = [
            row.error for shop in shops.everyone(connection) for row in inbox.dead_rows(connection, shop.shop_id, 1)
        ]
    database.close()
    if kept != sent or dead:
        raise GiveUp(f"Of {sent} webhooks {kept} are in the inbox. {' '.join(dead)}")
