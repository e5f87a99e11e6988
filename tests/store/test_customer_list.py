"""Lists of customers: in order, page by page, there and back, however few are meant and however little is looked at."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event

from plugin.domain.conditions import read_condition
from plugin.domain.segments import Segment
from plugin.store import customer_list, customers, ledger, shops
from plugin.store.customer_list import Mark, Sort, Wanted, mark_of
from plugin.store.database import Database
from plugin.store.schema import customers as table
from plugin.store.shops import Shop
from tests.shop import NOW, account, ago, order
from tests.store.test_tenants import make_shop

SIZE = 4
OFTEN = read_condition({"field": "orders", "at_least": 2})
COLUMNS = {Sort.LAST_ORDER: "last_at", Sort.RISK: "at_risk_from", Sort.VALUE: "value"}


@pytest.fixture
def shop(database: Database) -> Shop:
    """Forty customers with few values, so that many share a place; every fifth has never bought."""
    chance = Random(6)
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "other")
        rows = [_row(whose, number, chance) for whose in (shop_id, other) for number in range(40)]
        connection.execute(table.insert(), rows)
        return shops.get(connection, shop_id)


def _row(shop_id: int, number: int, chance: Random) -> dict[str, Any]:
    bought = number % 5 != 0
    at, currency, value = ago(chance.randrange(6)), chance.choice(("EUR", "USD")), Decimal(chance.randrange(5))
    return {
        "shop_id": shop_id,
        "user_id": f"U{number}",
        "email": f"person{number}@example.com",
        "spent": {currency: str(value)} if bought else {},
        "bought": {},
        "shown": {},
        "created_at": NOW,
        "orders": chance.randrange(1, 4) if bought else 0,
        "last_at": at if bought else None,
        "at_risk_from": at + timedelta(days=3) if bought else None,
        "currency": currency if bought else None,
        "value": value if bought else None,
        "segment": chance.choice(list(Segment)).value,
    }


def pages(connection: Connection, shop: Shop, wanted: Wanted) -> list[list[int]]:
    """From the first to the last."""
    found: list[list[int]] = []
    mark: Mark | None = None
    while True:
        page = customer_list.stretch(connection, shop, wanted, NOW, SIZE, mark)
        found.append([one.customer_id for one in page.rows])
        assert len(page.rows) == SIZE or page.unfinished or page.end is None
        if page.end is None:
            return found
        assert page.end != mark
        mark = page.end


def expected(connection: Connection, shop: Shop, wanted: Wanted) -> list[int]:
    """The same in Python: those who have what it is sorted by, then the others."""
    rows = connection.execute(table.select().where(table.c.shop_id == shop.shop_id)).all()
    rows = [row for row in rows if wanted.stage is None or row.segment == wanted.stage.value]
    rows = [row for row in rows if wanted.condition is None or row.orders >= 2]
    name = COLUMNS[wanted.sort]
    known = [row for row in rows if getattr(row, name) is not None]
    if wanted.sort is Sort.VALUE:
        known = rows = [row for row in known if row.currency == wanted.currency]
    known = sorted(known, key=lambda row: (getattr(row, name), row.id), reverse=wanted.descending)
    return [row.id for row in known] + sorted({row.id for row in rows} - {row.id for row in known})


@pytest.mark.parametrize("looked_at", [3, 20_000])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", list(Sort))
def test_every_customer_once_in_order(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch, sort: Sort, descending: bool, looked_at: int
) -> None:
    monkeypatch.setattr(customer_list, "LOOKED_AT", looked_at)
    monkeypatch.setattr(customer_list, "LOOKED_AT_FOR_SEGMENT", looked_at)
    with database.read() as connection:
        for stage in (None, Segment.LOYAL):
            for condition in (None, OFTEN):
                wanted = Wanted(sort, descending, stage, condition, "EUR" if sort is Sort.VALUE else "")
                found = [one for page in pages(connection, shop, wanted) for one in page]
                assert found == expected(connection, shop, wanted)
                assert found


@pytest.mark.parametrize("sort", list(Sort))
def test_the_way_back_shows_the_pages_that_were_shown(database: Database, shop: Shop, sort: Sort) -> None:
    with database.read() as connection:
        wanted = Wanted(sort, currency="EUR" if sort is Sort.VALUE else "")
        there = pages(connection, shop, wanted)
        for shown, following in pairwise(there):
            if following:
                first = customers.by_id(connection, shop.shop_id, following[0])
                assert first is not None
                page = customer_list.before(connection, shop, wanted, NOW, SIZE, mark_of(first, sort))
                assert [one.customer_id for one in page.rows] == shown
        first_page = customer_list.before(connection, shop, wanted, NOW, SIZE, _first(connection, shop, there, sort))
        assert [one.customer_id for one in first_page.rows] == there[0]


def _first(connection: Connection, shop: Shop, there: list[list[int]], sort: Sort) -> Mark:
    first = customers.by_id(connection, shop.shop_id, there[0][0])
    assert first is not None
    return mark_of(first, sort)


def test_a_walk_meets_everybody_who_is_meant(database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_list, "PORTION", 3)
    with database.read() as connection:
        wanted, found, reached = Wanted(condition=OFTEN), list[int](), 0
        while portion := customer_list.walk(connection, shop, wanted, NOW, reached):
            found += [one.customer_id for one in portion]
            reached = found[-1]
        assert sorted(found) == sorted(expected(connection, shop, wanted))


def people(database: Database) -> int:
    with database.write() as connection:
        shop_id = make_shop(connection, "named")
        for number, (email, name) in enumerate(
            [("ann@example.com", "Ann"), ("anna@example.com", "Łucja"), ("bob@example.com", "Straße"), ("x@y.z", "%_")]
        ):
            made = customers.create(connection, shop_id, NOW, user_id=f"U{number}")
            customers.save_account(connection, shop_id, made.customer_id, account(f"U{number}", email, first_name=name))
            ledger.save_order(
                connection, shop_id, made.customer_id, order(f"O{number}", NOW, number=f"10{number}"), NOW, new=True
            )
        return shop_id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann", ["ann@example.com", "anna@example.com"]),
        (" ANN@EXAMPLE.COM ", ["ann@example.com"]),
        ("łu", ["anna@example.com"]),
        ("strasse", ["bob@example.com"]),
        ("#102", ["bob@example.com"]),
        ("102", ["bob@example.com"]),
        ("10", []),
        ("%", ["x@y.z"]),
        ("example", []),
        ("  ", []),
        ("#", []),
        ("x" * 5_000, []),
    ],
)
def test_search(database: Database, text: str, found: list[str]) -> None:
    shop_id = people(database)
    with database.read() as connection:
        rows = customer_list.search(connection, shop_id, text, 10)
        assert sorted(one.email or "" for one in rows) == found
        assert customer_list.search(connection, shop_id + 1, text, 10) == []


def test_a_search_stops_at_what_is_shown(database: Database) -> None:
    shop_id = people(database)
    with database.read() as connection:
        assert len(customer_list.search(connection, shop_id, "ann", 1)) == 1


ASKS: list[tuple[Callable[[Connection, Shop], object], str]] = [
    (lambda c, s: customer_list.stretch(c, s, Wanted(stage=Segment.NEW), NOW, 9), "ix_customers_last"),
    (lambda c, s: customer_list.stretch(c, s, Wanted(condition=OFTEN), NOW, 9, Mark(NOW, 1)), "ix_customers_last"),
    (lambda c, s: customer_list.stretch(c, s, Wanted(Sort.RISK, False), NOW, 9, Mark(NOW, 1)), "ix_customers_at_risk"),
    (
        lambda c, s: customer_list.stretch(c, s, Wanted(Sort.VALUE, currency="EUR"), NOW, 9, Mark(Decimal(1), 1)),
        "ix_customers_value",
    ),
]


ASKS.append((lambda c, s: customer_list.search(c, s.shop_id, "10", 9), "ix_orders_number|rowid|_email|_name"))


@pytest.mark.parametrize(("ask", "index"), ASKS)
def test_no_page_sorts_or_walks_through_the_shop(
    database: Database, shop: Shop, ask: Callable[[Connection, Shop], object], index: str
) -> None:
    """Without statistics, which SQLite has none of by itself."""
    with database.read() as connection:
        if connection.dialect.name != "sqlite":
            return
        asked = list[tuple[str, Any]]()
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        ask(connection, shop)
        for statement, values in list(asked):
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert len(plan) == 1, plan
            assert plan[0].startswith("SEARCH ")
            assert re.search(index, plan[0])
