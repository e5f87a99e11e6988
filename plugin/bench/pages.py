"""How long the merchant's pages take in a large shop: each page and part that a link or a form of another leads to.

The server is a process of its own. Nobody else asks it anything meanwhile, and no worker is at work.
"""

import html
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from sqlalchemy import Connection, String, cast, func, literal, select

from plugin.bench.databases import fresh_database, tidy
from plugin.bench.letters import API_URL, APP_ID, Pen, body, new_pen
from plugin.bench.processes import environ_of, server
from plugin.bench.segments import fill_mixed
from plugin.bench.shop import house_at, settled
from plugin.bench.state import Bench, arrive, copy_orders, insert_copies
from plugin.errors import GiveUp
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.flow.report import keep
from plugin.store import campaigns, customers, segments, shops
from plugin.store.schema import codes, decisions, vouchers
from plugin.store.schema import customers as customers_table

#: What a page can ask for by itself, lead to, or be asked by a form; a file to keep is no page.
LEADS = re.compile(r'<(?![^>]* data-save)[^>]* (?:hx-get|href|action)="([^"]*)"')
START = "/admin"
#: What nothing leads to: what is typed, and what the Dashboard opens.
TYPED = (
    "/admin/customers?search=user-4711",
    "/admin/customers?search=nobody-of-that-name",
    "/admin/widgets/home",
    "/admin/widgets/customer?id=user-4711",
)
ROUNDS = 3
#: More would only be more of the same.
MOST = 200
#: One customer in so many has been given a code.
GIVEN = 10


def measure(bench: Bench) -> dict[str, Any]:
    """Milliseconds until the whole answer is there, by address: the first time, and the median of several."""
    pen = new_pen()
    with TemporaryDirectory(dir=bench.folder, prefix="bench-") as name:
        folder = Path(name)
        with fresh_database(bench.postgres, folder / "pages.db") as url:
            environ = environ_of(url) | {"RETENTION_READ_HISTORY": "false"}
            _prepare(bench, environ, pen)
            with server("beside", environ) as (port, _):
                found = dict(_walk(bench, port, pen))
    late = [name for name, took in found.items() if took["ms"] > 200]
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "customers": bench.customers,
        "machine_load": os.getloadavg()[0],
        "addresses": len(found),
        "slowest_ms": max(took["ms"] for took in found.values()),
        "over_200_ms": late,
        "pages": found,
    }


def _prepare(bench: Bench, environ: Mapping[str, str], pen: Pen) -> None:
    """The shop as it is after a good while: orders, codes, and the report of today."""
    command = [sys.executable, "-m", "plugin.cli", "migrate"]
    subprocess.run(command, env=dict(environ), check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own command
    with house_at(environ["RETENTION_DATABASE_URL"], environ["RETENTION_SECRET_KEYS"]) as house:
        bench.say(f"A shop of {bench.customers:,} customers")
        with house.database.write() as connection:
            shop_id = settled(connection, house, pen.jwks)
            fill_mixed(connection, shops.get(connection, shop_id), bench.customers, house.clock())
        arrive(house, shop_id, [body(n, "user-0", house.clock() - timedelta(days=40 - n)) for n in range(3)])
        while receive(house, shop_id):
            pass
        with house.database.write() as connection:
            first = customers.by_user(connection, shop_id, "user-0")
            if first is None:
                raise GiveUp("The first customer of the benchmark was not taken in.")
            copy_orders(connection, first.customer_id)
            _give(connection, house, shop_id, first.customer_id)
            shops.save_high_value(connection, shop_id, segments.high_value(connection, shop_id))
        tidy(house.database)
        bench.say("  its report")
        keep(house.database, shop_id, house.clock())


def _give(connection: Connection, house: House, shop_id: int, first: int) -> None:
    """One in ten has a code of win back, each decided at another moment."""
    now = house.clock()
    campaign = campaigns.get(connection, shop_id, "win-back", house.tactics)
    voucher = {
        "shop_id": shop_id,
        "key": "bench",
        "campaign_id": campaign.campaign_id,
        "campaign_version": campaign.version,
        "expires_at": now + timedelta(days=14),
        "voucher_id": "Vm91Y2hlcjox",
        "first_code": "BENCH",
        "status": "made",
    }
    made = connection.execute(vouchers.insert().values(voucher).returning(vouchers.c.id)).scalar_one()
    decision = {
        "shop_id": shop_id,
        "campaign_id": campaign.campaign_id,
        "campaign_version": campaign.version,
        "customer_id": first,
        "episode": "bench",
        "outcome": "given",
        "reason": "Silent for longer than usual.",
        "trigger": "moment",
        "decided_at": now,
    }
    decided = connection.execute(decisions.insert().values(decision).returning(decisions.c.id)).scalar_one()
    copies = customers_table.alias("copies")
    some = (copies.c.id % GIVEN == 0, copies.c.id != first)
    insert_copies(
        connection, decisions, copies, {"customer_id": copies.c.id}, decisions.c.id == decided, *some, without="id"
    )
    code = {
        "shop_id": shop_id,
        "code": "BENCH",
        "decision_id": decided,
        "campaign_id": campaign.campaign_id,
        "customer_id": first,
        "voucher": made,
        "status": "issued",
        "drawn_at": now,
        "expires_at": now + timedelta(days=14),
    }
    connection.execute(codes.insert().values(code))
    others = decisions.alias("others")
    changed = {
        "code": literal("BENCH-") + cast(others.c.id, String),
        "decision_id": others.c.id,
        "customer_id": others.c.customer_id,
    }
    insert_copies(connection, codes, others, changed, codes.c.decision_id == decided, others.c.id != decided)
    if connection.execute(select(func.count()).select_from(codes)).scalar_one() < 1:
        raise GiveUp("No code was made for the benchmark.")


def _walk(bench: Bench, port: int, pen: Pen) -> Iterator[tuple[str, dict[str, float]]]:
    """One address of each shape, in the order in which they are come upon."""
    expires = datetime.now(UTC) + timedelta(hours=2)
    said = {"app": APP_ID, "email": "staff@bench.example", "permissions": ["MANAGE_DISCOUNTS", "MANAGE_USERS"]}
    token = pen.token(
        "VXNlcjox", expires, type="thirdparty", is_staff=True, user_permissions=said["permissions"], **said
    )
    headers = {"Authorization": f"Bearer {token}", "Saleor-Api-Url": API_URL, "HX-Request": "true"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http:
        shell = http.get(START, headers={"HX-Request": "false"}).text
        waiting, known = [START, *TYPED, *_led(shell)], set[str]()
        while waiting and len(known) < MOST:
            address = waiting.pop(0)
            if (shape := _shape(address)) in known:
                continue
            known.add(shape)
            took, answer = _asked(http, address)
            if answer.is_server_error:
                raise GiveUp(f"{address} was answered with {answer.status_code}.")
            bench.say(f"  {statistics.median(took):8.0f} ms  {address}")
            yield address, {"first_ms": took[0], "ms": statistics.median(took), "status": answer.status_code}
            waiting += _led(answer.text)


def _asked(http: httpx.Client, address: str) -> tuple[list[float], httpx.Response]:
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = http.get(address)
        took.append(1000 * (time.perf_counter() - started))
    return took, answer


def _led(page: str) -> list[str]:
    found = (html.unescape(address) for address in LEADS.findall(page))
    return [address for address in found if address.split("?")[0].startswith(START) and "/static/" not in address]


def _shape(address: str) -> str:
    """Numbers, and what is paged by, make no other page."""
    return re.sub(r"(after|before)=[^&]*", r"\1", re.sub(r"\d+", "N", address))
