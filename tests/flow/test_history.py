"""A page taken in at once is the same as its objects one by one."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, select

from plugin.domain.consent import Consent
from plugin.domain.events import CustomerGone, OrdersImported
from plugin.domain.ledger import Account, Fulfilment, Order
from plugin.flow.erase import Eraser
from plugin.flow.history import account_seen, one_by_one, take_accounts, take_orders
from plugin.flow.scene import Scene, set_scene
from plugin.store import shops, tombstones
from plugin.store.schema import customers, decisions, fulfilments, order_lines, orders
from tests.flow.conftest import Home
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

USERS = ("U1", "U2", "U3", None)
EMAILS = ("ann@example.com", "bob@example.com", "cy@example.com", "")
STATUSES = ("UNFULFILLED", "FULFILLED", "FULFILLED", "CANCELED", "UNCONFIRMED")

Page = Sequence[Order] | Sequence[Account] | CustomerGone
Take = Callable[[Connection, Scene, Eraser, Page, int], None]


def some_orders(chance: random.Random) -> list[Order]:
    return [some_order(chance, number) for number in chance.sample(range(12), chance.randint(1, 8))]


def some_order(chance: random.Random, number: int) -> Order:
    placed = ago(400 - 30 * (number // 2))
    version = placed + chance.choice((0, 1, 2)) * days(1)
    parcel = Fulfilment(f"F{number}", chance.choice(("FULFILLED", "CANCELED")), placed, chance.choice(("", "T1")))
    return order(
        f"O{number}",
        placed,
        user_id=chance.choice(USERS),
        email=chance.choice(EMAILS),
        status=chance.choice(STATUSES),
        updated_at=version,
        fulfilments=(parcel,) if chance.random() < 0.5 else (),
        voucher_code=chance.choice((None, None, "OTHERS")),
        marketing=chance.choice((None, None, True, False)),
    )


def some_accounts(chance: random.Random) -> list[Account]:
    users = chance.sample(range(3), chance.randint(1, 3))
    return [
        account(
            f"U{user + 1}",
            EMAILS[user],
            confirmed=chance.random() < 0.5,
            updated_at=ago(chance.randint(0, 2)),
            first_name=chance.choice(("Ann", "Bob")),
            consent=Consent(
                opted_out=chance.random() < 0.2,
                objects=chance.random() < 0.3,
                opted_in_at=chance.choice((None, ago(200))),
            ),
        )
        for user in users
    ]


def some_pages(seed: int) -> list[Page]:
    chance = random.Random(seed)
    pages: list[Page] = []
    for _ in range(chance.randint(1, 5)):
        match chance.randrange(6):
            case 0:
                user = chance.randrange(3)
                confirmed = chance.random() < 0.5
                pages.append(CustomerGone("customer_deleted", NOW, f"U{user + 1}", EMAILS[user], confirmed))
            case 1 | 2:
                pages.append(some_accounts(chance))
            case _:
                pages.append(some_orders(chance))
    return pages


def at_once(connection: Connection, scene: Scene, eraser: Eraser, page: Page, turn: int) -> None:
    asked_at = NOW + timedelta(minutes=turn)
    if isinstance(page, CustomerGone):
        one_by_one(connection, scene, eraser, page)
    else:
        take_orders(connection, scene, eraser, [one for one in page if isinstance(one, Order)], asked_at)
        take_accounts(connection, scene, eraser, [one for one in page if isinstance(one, Account)], asked_at)


def by_themselves(connection: Connection, scene: Scene, eraser: Eraser, page: Page, turn: int) -> None:
    asked_at = NOW + timedelta(minutes=turn)
    if isinstance(page, CustomerGone):
        one_by_one(connection, scene, eraser, page)
        return
    for one in page:
        event = OrdersImported("bulk", asked_at, (one,)) if isinstance(one, Order) else account_seen(one, asked_at)
        one_by_one(connection, scene, eraser, event)


def take(home: Home, shop_id: int, pages: Sequence[Page], way: Take) -> None:
    for turn, page in enumerate(pages):
        with home.database.write() as connection:
            shop = shops.get(connection, shop_id)
            anybody = tombstones.any_in(connection, shop_id)
            eraser = Eraser(home.house.keyring.decrypt(shop.pepper), home.house.grace, anybody=anybody)
            way(connection, set_scene(connection, home.house, shop, NOW), eraser, page, turn)


def everything(home: Home, shop_id: int) -> dict[str, list[str]]:
    """What the shop knows, whatever numbers its customers have."""
    with home.database.read() as connection:
        people = {row["id"]: row for row in rows(connection, customers, shop_id)}
        found = {
            table.name: [
                {name: value for name, value in row.items() if name not in {"id", "shop_id"}}
                for row in rows(connection, table, shop_id)
            ]
            for table in (customers, orders, order_lines, fulfilments, decisions)
        }
    for row in found["customers"]:
        row["spent"] = {currency: Decimal(amount).normalize() for currency, amount in row["spent"].items()}
    for row in found["orders"]:
        owner = people[row.pop("customer_id")]
        row["whose"] = (owner["user_id"], owner["email"])
    return {name: sorted(map(repr, listed)) for name, listed in found.items()}


def rows(connection: Connection, table: Table, shop_id: int) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(table.c.shop_id == shop_id)).mappings()
    return [dict(row) for row in found]


SHOPS = iter(range(1_000_000))


@given(st.integers(0, 10**9))
@example(38388)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_page_at_once_is_its_objects_one_by_one(home: Home, seed: int) -> None:
    pages = some_pages(seed)
    left, right = (home.install(f"http://shop-{next(SHOPS)}.test/graphql/") for _ in range(2))
    take(home, left, pages, at_once)
    take(home, right, pages, by_themselves)
    one, other = everything(home, left), everything(home, right)
    for name in one:
        assert one[name] == other[name]


@pytest.mark.parametrize("way", [at_once, by_themselves])
async def test_history_decides_nothing_while_a_campaign_runs(home: Home, way: Take) -> None:
    home.switch_on("win-back")
    take(home, home.shop_id, [[account()], [order(f"O{n}", ago(300 - n)) for n in range(4)]], way)
    assert everything(home, home.shop_id)["decisions"] == []
    assert len(everything(home, home.shop_id)["orders"]) == 4
