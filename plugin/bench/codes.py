"""How long it takes to decide and make codes for many at once: win back is switched on with all of them inside.

The platform is a stand-in inside this process, whose own time is measured and left out; so is the time
in which the shop is filled. Banners are not waited for: each is a call of its own, of the platform's speed.
The processor's time is told, too, which another process on the machine does not lengthen: ours, without the server's.
"""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx

from plugin.bench.shop import open_shop
from plugin.bench.state import fill
from plugin.domain.channels import Channel
from plugin.errors import GiveUp
from plugin.flow.deliver import decide_and_deliver, deliver
from plugin.flow.house import House
from plugin.flow.tick import BATCH
from plugin.saleor.client import Saleor
from plugin.store import campaigns, channels, codes
from plugin.store.codes import CodeStatus

#: Four orders, and then a silence that has long outgrown them.
BOUGHT = (330, 300, 270, 240)
CHANNEL = Channel("bench", "Q2hhbm5lbDox", "USD", active=True, gross=True, free_from=None)


@dataclass(frozen=True, slots=True)
class Bench:
    customers: int
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]


class StandIn(Saleor):
    """Takes every mutation at once, and knows how long that took."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__("https://bench.example/graphql/", "", http)
        self.seconds = 0.0
        self.calls: dict[str, int] = {}

    async def call(self, operation_name: str, /, **variables: Any) -> dict[str, Any]:  # noqa: ARG002
        started = time.perf_counter()
        self.calls[operation_name] = self.calls.get(operation_name, 0) + 1
        answer = {"voucherCreate": {"voucher": {"id": "Vm91Y2hlcjox"}}} if operation_name == "VoucherCreate" else {}
        self.seconds += time.perf_counter() - started
        return answer

    async def pages(self, operation_name: str, path: str, /, **variables: Any) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG002
        self.calls[operation_name] = self.calls.get(operation_name, 0) + 1
        nothing: tuple[dict[str, Any], ...] = ()
        for node in nothing:
            yield node


def measure(bench: Bench) -> dict[str, Any]:
    """Seconds to decide for everybody and to make everybody's code, without the platform's own."""
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        open_shop(bench.postgres, Path(folder) / "codes.db") as (house, shop_id),
    ):
        bench.say(f"A shop of {bench.customers:,} customers, all of them silent")
        fill(house, shop_id, bench.customers, BOUGHT)
        _let_them_in(house, shop_id, bench.customers)
        figures = anyio.run(_run, house, shop_id, bench)
    return {"database": "postgresql" if bench.postgres else "sqlite", "customers": bench.customers, **figures}


def _let_them_in(house: House, shop_id: int, count: int) -> None:
    with house.database.write() as connection:
        channels.save(connection, shop_id, [CHANNEL], house.clock())
        found = campaigns.get(connection, shop_id, "win-back", house.tactics)
        limits = replace(campaigns.limits_of(found), control_share=0.0, inside_per_day=count)
        campaigns.edit(connection, shop_id, found, found.params, limits, "bench", house.clock())


async def _run(house: House, shop_id: int, bench: Bench) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        platform = StandIn(http)
        connected = replace(house, connect=lambda _: platform)
        started, busy = time.perf_counter(), time.process_time()
        more = await decide_and_deliver(connected, shop_id)
        await _make(connected, shop_id, min(bench.customers, BATCH))  # of the first, whose voucher was not there yet
        while more:
            more = await decide_and_deliver(connected, shop_id)
        await _make(connected, shop_id, bench.customers)
        seconds, busy = time.perf_counter() - started - platform.seconds, time.process_time() - busy
        bench.say(f"  decided and made in {seconds:.1f} s")
    return {
        "seconds": seconds,
        "cpu_seconds": busy,
        "platform_seconds": platform.seconds,
        "calls": platform.calls,
    }


async def _make(house: House, shop_id: int, codes_of: int) -> None:
    while (issued := _issued(house, shop_id)) < codes_of:
        if not await deliver(house, shop_id):
            raise GiveUp(f"Only {issued:,} of {codes_of:,} codes were made.")


def _issued(house: House, shop_id: int) -> int:
    with house.database.read() as connection:
        return codes.counts(connection, shop_id).get(CodeStatus.ISSUED.value, 0)
