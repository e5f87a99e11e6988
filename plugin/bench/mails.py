"""How long one worker takes to send many mails to a local mail server, and what a kill on the way leaves.

The shop is filled and everything is decided before; what is measured is the way from the rows to the server's
answers, each mail looked at again, composed as text and HTML and marked as in flight in a committed row. Then the
same once more with the worker killed in the middle and another one taking over.
"""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from sqlalchemy import func, literal, select, update

from plugin.bench.databases import fresh_database
from plugin.bench.shop import house_at, settled
from plugin.bench.state import fill
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.effects import EffectStatus, Tell, Wish
from plugin.domain.message_params import MessageParams, message_of
from plugin.domain.messages import Medium
from plugin.domain.sending import Sending
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View
from plugin.engine.port import Lane, LaneKind
from plugin.errors import GiveUp
from plugin.flow.deliver import take_over
from plugin.flow.house import House
from plugin.flow.lanes import drain_with
from plugin.flow.settle import settle
from plugin.flow.tick import tick
from plugin.messaging.smtp import Server, Smtp
from plugin.secrets import new_key
from plugin.store import campaigns, effects, messages, shops
from plugin.store.migrate import migrate
from plugin.store.schema import customers
from plugin.store.schema import effects as effects_table

#: Orders, so many days ago.
BOUGHT = (90, 60, 30, 10)
#: The share that has arrived when the worker is killed.
KILLED_AT = 0.4
LONGEST = 600.0
MAIL = MessageParams(
    (Medium.MAIL,),
    {"en": "{name}, your tea"},
    {"en": "Hello {name},\n\nby now your tea may be running out.\n\n{link}\n\nWith kind regards\n{shop}"},
    {"en": "To the basket"},
    "/basket",
)


@dataclass(frozen=True, slots=True)
class Bench:
    mails: int
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything is decided; nothing is sent."""

    bench: Bench
    url: str
    key: str
    port: int
    arrived: Path
    house: House
    shop_id: int


def decide(view: View, _: Trigger, params: MessageParams) -> Iterator[Wish]:
    message, history = message_of(params), view.state.history
    if message is not None and history.last_at is not None and history.last_order_id is not None:
        yield Tell(history.last_order_id, history.last_at, message, "For the benchmark.")


TACTIC = Tactic(
    "bench_mails", "Bench mails", "Writes to all.", MessageParams, frozenset({TriggerKind.INSIDE}), decide, False
)


def measure(bench: Bench) -> dict[str, Any]:
    """Seconds for all of them with one worker; and how many arrived, twice, or nobody knows, when it was killed."""
    with _stage(bench) as stage:
        cpu = _cpu_seconds()
        seconds = _work(stage)
        plain = {
            "seconds": seconds,
            "mails_a_second": bench.mails / seconds,
            "worker_cpu_seconds": _cpu_seconds() - cpu,
            **_figures(stage),
        }
    bench.say(f"  {bench.mails:,} mails in {seconds:.1f} s")
    with _stage(bench) as stage:
        at_kill = _work_and_kill(stage)
        resumed = _work(stage)
        killed = {"in_flight_at_kill": at_kill, "resumed_seconds": resumed, **_figures(stage)}
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "mails": bench.mails,
        "plain": plain,
        "killed": killed,
    }


@contextmanager
def _stage(bench: Bench) -> Iterator[Stage]:
    key = new_key()
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        fresh_database(bench.postgres, Path(folder) / "mails.db") as url,
        house_at(url, key) as bare,
        _mailbox(Path(folder) / "arrived") as port,
    ):
        house = _furnish(bare, port)
        bench.say(f"A shop of {bench.mails:,} customers, all to be written to")
        migrate(house.database)
        with house.database.write() as connection:
            shop_id = settled(connection, house, {"keys": []})
        fill(house, shop_id, bench.mails, BOUGHT)
        _prepare(house, shop_id, bench.mails)
        while tick(house, shop_id).more:
            pass
        yield Stage(bench, url, key, port, Path(folder) / "arrived", house, shop_id)


def _furnish(house: House, port: int) -> House:
    """With a tactic that writes to all, and the local server."""
    smtp = Smtp(Server("127.0.0.1", port, None, None, tls=False))
    tactics = {**house.tactics, TACTIC.key: TACTIC}
    return replace(house, tactics=tactics, senders={Medium.MAIL: smtp}, public_url="https://bench.example")


def _prepare(house: House, shop_id: int, mails: int) -> None:
    sending = Sending("Tea & Co", "shop@bench.example", None, "https://shop.bench.example", "Tea & Co", False)
    with house.database.write() as connection:
        address = customers.c.user_id + literal("@bench.example")
        connection.execute(update(customers).where(customers.c.shop_id == shop_id).values(email=address))
        shops.set_sending(connection, shop_id, sending)
        settle(connection, shop_id, house.tactics, house.clock())
        win_back = campaigns.get(connection, shop_id, "win-back", house.tactics)
        campaigns.change_status(connection, shop_id, win_back, CampaignStatus.PAUSED, "bench", house.clock())
        found = campaigns.get(connection, shop_id, "bench-mails", house.tactics)
        limits = replace(campaigns.limits_of(found), control_share=0.0, inside_per_day=mails)
        found = campaigns.edit(connection, shop_id, found, MAIL, limits, "bench", house.clock())
        campaigns.change_status(connection, shop_id, found, CampaignStatus.ON, "bench", house.clock())


@contextmanager
def _mailbox(path: Path) -> Iterator[int]:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "plugin.bench.mailbox", str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise GiveUp("The local mail server did not start; it needs the package aiosmtpd.")
            yield int(line)
        finally:
            process.terminate()


def _worker(stage: Stage) -> subprocess.Popen[bytes]:
    arguments = [stage.url, stage.key, str(stage.shop_id), str(stage.port)]
    return subprocess.Popen([sys.executable, "-m", "plugin.bench.mails", *arguments])  # noqa: S603


def _work(stage: Stage) -> float:
    """Seconds from the worker's first mail to its end."""
    before = _arrived(stage)
    worker = _worker(stage)
    try:
        started = _wait_for(stage, before + 1, worker)
        worker.wait(LONGEST)
    finally:
        worker.kill()
        worker.wait()
    if worker.returncode:
        raise GiveUp("The worker failed; what it printed says why.")
    return time.perf_counter() - started


def _cpu_seconds() -> float:
    """Of processes that have ended: unlike the speed, it hardly depends on what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _work_and_kill(stage: Stage) -> int:
    """How many were in flight when it was killed."""
    worker = _worker(stage)
    try:
        _wait_for(stage, int(stage.bench.mails * KILLED_AT), worker)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    with stage.house.database.read() as connection:
        return effects.counts(connection, stage.shop_id).get(EffectStatus.IN_FLIGHT.value, 0)


def _wait_for(stage: Stage, mails: int, worker: subprocess.Popen[bytes]) -> float:
    until = time.monotonic() + LONGEST
    while _arrived(stage) < mails:
        if time.monotonic() > until or worker.poll() is not None:
            raise GiveUp(f"Only {_arrived(stage):,} mails arrived.")
        time.sleep(0.005)
    return time.perf_counter()


def _arrived(stage: Stage) -> int:
    """Refs are of one length."""
    size = stage.arrived.stat().st_size if stage.arrived.exists() else 0
    return size // (REF_LENGTH + 1)


#: Of `secrets.token_urlsafe(16)`.
REF_LENGTH = 22


def _figures(stage: Stage) -> dict[str, float]:
    refs = stage.arrived.read_bytes().split()
    with stage.house.database.read() as connection:
        counted = effects.counts(connection, stage.shop_id)
        parked = messages.parked(connection, stage.shop_id)
        asked = connection.execute(select(func.count()).where(effects_table.c.kind == "message")).scalar_one()
    return {
        "asked_for": int(asked),
        "arrived": len(refs),
        "twice": len(refs) - len(set(refs)),
        "done": counted.get(EffectStatus.DONE.value, 0),
        "parked": parked,
    }


def work(url: str, key: str, shop_id: int, port: int) -> None:
    """One worker: what another one left in flight is parked, then all that is due is sent."""

    async def drain() -> None:
        lane = Lane(LaneKind.MESSAGES, shop_id)
        empty = drain_with(house)
        while await empty(lane):
            pass
        for sender in house.senders.values():
            await sender.close()

    with house_at(url, key) as bare:
        house = _furnish(bare, port)
        take_over(house)
        anyio.run(drain)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
