"""The app is killed again and again while webhooks arrive doubled and shuffled; in the end nothing is lost or done twice."""

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plugin.store.database import Database
from tests.e2e import truth
from tests.e2e.campaigns import free_shipping_on, win_back_on
from tests.e2e.history import Changes, Staff, history
from tests.e2e.processes import App, build_app, ending, prepared_database, wait_until
from tests.e2e.sandbox import Sandbox

FAULTS = (
    {"status": 500, "operation": "voucherCreate", "after_commit": True},
    {"status": 500, "operation": "voucherUpdate", "after_commit": True, "times": 2},
    {"status": "reset", "operation": "voucherUpdate", "after_commit": True},
    {"status": 429, "operation": "updateMetadata", "times": 2},
    {"status": 500, "operation": "updateMetadata", "times": 3},
    {"status": "half", "operation": "updateMetadata", "after_commit": True},
    {"status": "html", "operation": "voucherChannelListingUpdate"},
    {"status": "hang", "operation": "updateMetadata"},
)


@dataclass
class Killer:
    """Starts the app, waits until it is ready, lets it work for a moment, and kills it; until it is told to stop."""

    app: App
    chance: random.Random
    seconds: tuple[float, float] = (1.0, 3.0)
    kills: int = 0
    trouble: list[BaseException] = field(default_factory=list)
    _told: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._told.is_set():
                self.app.wait_ready()
                if self._told.wait(self.chance.uniform(*self.seconds)):
                    return
                self._kill()
                self.kills += 1
        except BaseException as error:  # noqa: BLE001 -- shown by the thread that waits
            self.trouble.append(error)

    def _kill(self) -> None:
        everything = list(self.app.processes.values())
        if len(everything) == 1 and self.chance.random() < 0.5:
            self.app.kill_engine()  # `serve` itself starts it again
            return
        victims = self.chance.sample(everything, self.chance.randint(1, len(everything)))
        for process in victims:
            process.kill()
        for process in victims:
            process.start()

    def stop(self) -> None:
        self._told.set()
        self._thread.join()
        if self.trouble:
            raise self.trouble[0]


@dataclass(frozen=True)
class Size:
    customers: int
    orders_each: int
    kills: int
    changes: Changes
    patience: float
    #: How many seconds it is killed at least, as long as webhooks are on their way.
    seconds: float


LARGE = Size(500, 10, 10, Changes(40, 30, 60, 60, 40, 10, 12), 400, 150)
SMALL = Size(30, 10, 3, Changes(5, 3, 6, 6, 3, 3, 2), 120, 0)


def enough(killer: Killer, sandbox: Sandbox, size: Size, began: float) -> bool:
    if killer.trouble:
        return True
    all_taken = sandbox.look("state")["deliveries"]["pending"] == 0
    return killer.kills >= size.kills and (all_taken or time.monotonic() - began > size.seconds)


def go_through(app: App, sandbox: Sandbox, database: Database, size: Size, chance: random.Random) -> None:
    began = time.monotonic()
    sandbox.start()
    app.start()
    sandbox.install(app.url)
    sandbox.settle()
    free_shipping_on(app)
    sandbox.manner(duplicate=0.2, shuffle=True, concurrency=16, retry_factor=0.1)
    past = history(size.customers, size.orders_each, chance)
    staff = Staff(sandbox, chance)
    killer = Killer(app, chance)
    try:
        third = len(past) // 3
        sandbox.tell(past[:third])
        staff.work(size.changes)
        sandbox.tell(past[third : 2 * third])
        win_back_on(app)
        sandbox.faults(*FAULTS)
        staff.work(size.changes)
        sandbox.tell(past[2 * third :])
        staff.work(size.changes)
        wait_until(lambda: enough(killer, sandbox, size, began), size.patience, "enough kills")
    finally:
        killer.stop()
    app.wait_ready()
    sandbox.no_faults()
    calm = time.monotonic()
    truth.wait_quiet(sandbox, database, size.patience)
    seen = truth.read(sandbox, staff.deleted)
    found = truth.problems(seen, database)
    deliveries = sandbox.look("state")["deliveries"]
    print(  # noqa: T201 -- what a person wants to know of this test
        f"\n{killer.kills} kills; {len(seen.orders)} orders, {deliveries}; {len(seen.codes)} codes;"
        f" {sum(truth.BANNER in data for data in seen.accounts.values())} banners;"
        f" {len(staff.deleted)} erased; {calm - began:.0f} s with kills, {time.monotonic() - calm:.0f} s after;"
        f" lost {sum(p.startswith('lost') for p in found)}, problems {len(found)}"
    )
    assert not found, "\n".join(found[:40])
    assert killer.kills >= size.kills
    assert len(seen.codes) > size.customers // 20
    assert "drain failed" not in app.log
    assert "periodic job failed" not in app.log


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_kills_lose_nothing_and_do_nothing_twice(database_url: str, tmp_path: Path) -> None:
    workers = 1 if database_url.startswith("postgresql") else 0
    _kill(LARGE, tmp_path, database_url, workers)


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_few_kills(tmp_path: Path) -> None:
    _kill(SMALL, tmp_path, f"sqlite:///{tmp_path / 'retention.db'}", workers=0)


def _kill(size: Size, tmp_path: Path, url: str, workers: int) -> None:
    app, sandbox = build_app(tmp_path, url, workers=workers), Sandbox(tmp_path)
    with prepared_database(url) as database, ending(sandbox, app):
        go_through(app, sandbox, database, size, random.Random())
