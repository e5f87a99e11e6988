"""What shoppers wait for: thresholds and banners over the API, and the checkout's question, in a shop of a million.

The app is a process of its own, asked by another one at a steady pace while signed webhooks arrive; beside each
figure is that of a handler that does nothing, in the same process at the same pace, so that the ratio of the two
says something on any machine.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import Connection, update

from plugin.bench.databases import fresh_database, tidy
from plugin.bench.letters import API_URL, Pen, body, new_pen, webhook, write_requests
from plugin.bench.processes import LOAD_SECONDS, cpu_seconds, environ_of, output_of, server, worker
from plugin.bench.server import NOTHING
from plugin.bench.shop import house_at, settled
from plugin.bench.state import fill
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.segments import Segment
from plugin.errors import GiveUp
from plugin.flow.house import House
from plugin.flow.report import VERSION
from plugin.store import campaigns, channels, reports
from plugin.store.schema import customers
from plugin.tactics.free_shipping import FreeShipping

CONNECTIONS = 64
WARM_UP = 500
CHANNEL = Channel("default-channel", "Q2hhbm5lbDox", "USD", active=True, gross=True, free_from=Decimal(100))
#: One in so many has never been shown anything: their look is a promise, so it is written.
FIRST_LOOKS = 100
QUESTIONS = ("threshold", "banner", "checkout")


@dataclass(frozen=True, slots=True)
class Bench:
    customers: int
    #: Questions a second, and for how long.
    rate: int
    seconds: int
    #: Webhooks a second that arrive meanwhile.
    webhooks: int
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]

    @property
    def paced(self) -> int:
        return self.rate * self.seconds


def measure(bench: Bench) -> dict[str, Any]:
    """Latencies at the pace, questions a second at full speed, and the ratios to the handler that does nothing."""
    pen = new_pen()
    with TemporaryDirectory(dir=bench.folder, prefix="bench-") as name:
        folder = Path(name)
        with fresh_database(bench.postgres, folder / "decisions.db") as url:
            environ = environ_of(url) | {"RETENTION_READ_HISTORY": "false"}  # nobody is there to be read
            _prepare(bench, environ, pen)
            _write(bench, folder, pen)
            with (
                server("beside", environ) as (port, process),
                worker(environ, wanted=bench.postgres is not None),
            ):
                figures = _ask(bench, folder, port, process)
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "customers": bench.customers,
        "rate": bench.rate,
        "webhooks_per_second": bench.webhooks,
        "machine_load": os.getloadavg()[0],
        **figures,
    }


def _prepare(bench: Bench, environ: Mapping[str, str], pen: Pen) -> None:
    """Tables, and the shop with all of its customers, who have been shown a threshold and a banner before."""
    command = [sys.executable, "-m", "plugin.cli", "migrate"]
    subprocess.run(command, env=dict(environ), check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own command
    with house_at(environ["RETENTION_DATABASE_URL"], environ["RETENTION_SECRET_KEYS"]) as house:
        bench.say(f"A shop of {bench.customers:,} customers")
        with house.database.write() as connection:
            shop_id = settled(connection, house, pen.jwks)
            channels.save(connection, shop_id, [CHANNEL], house.clock())
        fill(house, shop_id, bench.customers)
        with house.database.write() as connection:
            _switch_on(connection, house, shop_id)
            _show(connection, house.clock())
            # Today's is made already: once a day it takes a core for a while.
            reports.save(connection, shop_id, {"version": VERSION}, house.clock())
        tidy(house.database)


def _switch_on(connection: Connection, house: House, shop_id: int) -> None:
    found = campaigns.get(connection, shop_id, "free-shipping", house.tactics)
    said = FreeShipping(thresholds={CHANNEL.slug: {segment.value: Decimal(40) for segment in Segment}})
    found = campaigns.edit(connection, shop_id, found, said, campaigns.limits_of(found), "bench", house.clock())
    campaigns.change_status(connection, shop_id, found, CampaignStatus.ON, "bench", house.clock())


def _show(connection: Connection, now: datetime) -> None:
    until = (now + timedelta(days=30)).isoformat()
    shown = {
        "free_shipping": {
            "text": "Free shipping from {threshold}.",
            "data": {"channels": {CHANNEL.slug: {"amount": "40", "currency": CHANNEL.currency}}},
        },
        "banner": {"text": "We miss you.", "data": {"code": "ABCD23456789", "until": until}},
    }
    connection.execute(update(customers).where(customers.c.id % FIRST_LOOKS != 0).values(shown=shown))


def _write(bench: Bench, folder: Path, pen: Pen) -> None:
    """What is asked: each time by another of all the customers."""
    count = WARM_UP + 2 * bench.paced
    bench.say(f"Signing {len(QUESTIONS) * count + _meanwhile(bench):,} tokens and webhooks")
    makers: Mapping[str, Callable[[int, str], bytes]] = {
        "threshold": lambda number, user: _question("free-shipping", number, pen, user),
        "banner": lambda number, user: _question("banner", number, pen, user),
        "checkout": lambda number, user: _checkout(number, pen, user),
    }
    for kind, make in makers.items():
        users = _users(bench, kind)
        write_requests(folder / kind, (make(number, next(users)) for number in range(count)))
    write_requests(folder / "nothing", (_get(NOTHING, number) for number in range(count)))
    users, now = _users(bench, "webhooks"), datetime.now(UTC)
    orders = (body(10_000_000 + n, next(users), now - timedelta(minutes=1)) for n in range(_meanwhile(bench)))
    write_requests(folder / "webhooks", (webhook(order, pen) for order in orders))


def _meanwhile(bench: Bench) -> int:
    """Enough for one measurement; the next has its own."""
    return bench.webhooks * bench.seconds * (len(QUESTIONS) + 1)


def _users(bench: Bench, kind: str) -> Iterator[str]:
    chance = random.Random(kind)
    while True:
        yield f"user-{chance.randrange(1, bench.customers)}" if bench.customers > 1 else "user-0"


def _question(path: str, number: int, pen: Pen, user: str) -> bytes:
    asked = {"shop": API_URL, "channel": CHANNEL.slug, "subtotal": f"{number % 90}.50"}
    token = pen.token(user, datetime.now(UTC) + timedelta(hours=2))
    return _get(f"/storefront/v1/{path}?{urlencode(asked)}", number, f"Authorization: Bearer {token}\r\n")


def _get(target: str, number: int, more: str = "") -> bytes:
    """Through a proxy, from many addresses: one alone may not ask so often."""
    address = f"10.{number % 199}.{number % 251}.{number % 241}"
    return (
        f"GET {target} HTTP/1.1\r\nHost: bench.example\r\nAccept: */*\r\nUser-Agent: Mozilla/5.0\r\n"
        f"X-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\n{more}\r\n"
    ).encode()


def _checkout(number: int, pen: Pen, user: str) -> bytes:
    amount = {"amount": float(number % 90) + 0.5}
    price = {"gross": amount, "net": amount}
    line = {
        "quantity": 1,
        "isGift": False,
        "undiscountedTotalPrice": {**amount, "currency": CHANNEL.currency},
        "variant": {"pricing": {"price": price, "priceUndiscounted": price}},
    }
    asked = {
        "id": f"Checkout-{number}",
        "user": {"id": user},
        "channel": {
            "slug": CHANNEL.slug,
            "currencyCode": CHANNEL.currency,
            "taxConfiguration": {"pricesEnteredWithTax": True},
        },
        "displayGrossPrices": True,
        "discount": {"amount": 0.0},
        "voucher": None,
        "lines": [line],
    }
    told = {"issuedAt": datetime.now(UTC).isoformat(), "shippingMethods": [{"id": "M1"}], "checkout": asked}
    return webhook(json.dumps(told).encode(), pen, "/api/webhooks/shipping", "shipping_list_methods_for_checkout")


def _ask(bench: Bench, folder: Path, port: int, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    _check(bench, folder, port)
    figures: dict[str, Any] = {}
    for turn, kind in enumerate(("nothing", *QUESTIONS)):
        bench.say(f"  {kind}")
        _load(folder / kind, port, 0, WARM_UP)
        with _webhooks(bench, folder, port, turn):
            paced = _load(folder / kind, port, WARM_UP, bench.paced, bench.rate)
        busy = cpu_seconds(process)
        full = _load(folder / kind, port, WARM_UP + bench.paced, bench.paced)
        figures[kind] = {
            **{name: paced[name] for name in ("p50_ms", "p99_ms", "max_ms")},
            #: Told to ask again, because there was no answer in time.
            "late": paced["answers"].get("503", 0),
            "per_second": paced["per_second"],
            "full_per_second": full["per_second"],
            "cpu_us": 1e6 * (cpu_seconds(process) - busy) / bench.paced,
            "generator_busy": max(paced["generator_busy"], full["generator_busy"]),
        }
    for kind in QUESTIONS:
        for name in ("p50_ms", "p99_ms", "full_per_second"):
            figures[kind][f"{name}_ratio"] = figures[kind][name] / figures["nothing"][name]
    return figures


def _load(file: Path, port: int, first: int, count: int, rate: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output_of(_command(file, port, first, count, rate)))
    if told["answers"].keys() - {"200", "204", "503"}:  # 204: this customer has no banner
        raise GiveUp(f"Not every question was answered: {told['answers']}.")
    return told


def _command(file: Path, port: int, first: int, count: int, rate: int | None) -> list[str]:
    command = [sys.executable, "-m", "plugin.bench.load", str(file), str(port), str(first), str(count)]
    return [*command, str(CONNECTIONS), *([] if rate is None else [str(rate)])]


class _webhooks:  # noqa: N801 -- reads as what happens meanwhile
    """Signed webhooks at their own pace, from a process of their own, for as long as the block lasts at most."""

    def __init__(self, bench: Bench, folder: Path, port: int, turn: int) -> None:
        count = bench.webhooks * bench.seconds
        self._count = count
        self._command = _command(folder / "webhooks", port, turn * count, count, bench.webhooks)
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        if self._count:
            self._running = subprocess.Popen(self._command, stdout=subprocess.PIPE)  # noqa: S603 -- our own module

    def __exit__(self, *_: object) -> None:
        if self._running is None:
            return
        told = json.loads(self._running.communicate(timeout=LOAD_SECONDS)[0])
        if told["answers"] != {"200": self._count}:
            raise GiveUp(f"Not every webhook was taken: {told['answers']}.")


def _check(bench: Bench, folder: Path, port: int) -> None:
    """What is measured is a decision: a personal threshold, a banner, a free method."""
    from plugin.bench.letters import read_letters

    for kind, wanted in (("threshold", b'"personal":true'), ("banner", b'"code":'), ("checkout", b'"free-shipping"')):
        answers = [_sent(letter, port) for letter, _ in zip(read_letters(folder / kind), range(60), strict=False)]
        if not any(wanted in answer for answer in answers):
            raise GiveUp(f"The answers about {kind} are no decisions: {answers[0][:200]!r}.")
    bench.say(f"Asking at {bench.rate} a second, {bench.webhooks} webhooks a second meanwhile")


def _sent(letter: bytes, port: int) -> bytes:
    head, _, told = letter.partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    method, target, _ = request.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    headers.pop("Content-Length", None)
    return httpx.request(method, f"http://127.0.0.1:{port}{target}", headers=headers, content=told).content
