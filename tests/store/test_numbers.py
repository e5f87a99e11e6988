"""What the shop's numbers are read from: each row once, customer by customer, of this shop alone."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from sqlalchemy import Connection

from plugin.domain.customer import History, fold
from plugin.domain.ledger import Fulfilment, Line, Order
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.store import customers, ledger, numbers, reports
from plugin.store.customers import Measured
from plugin.store.database import Database
from tests.shop import NOW, ago, order
from tests.store.test_tenants import make_shop


def buys(connection: Connection, shop_id: int, user_id: str, *orders: Order) -> int:
    customer = customers.create(connection, shop_id, NOW, user_id=user_id)
    for made in orders:
        ledger.save_order(connection, shop_id, customer.customer_id, made, NOW, new=True)
    return customer.customer_id


def parcel(number: int, status: str, days_ago: float) -> Fulfilment:
    return Fulfilment(f"F{number}", status, ago(days_ago))


def test_orders_come_customer_by_customer_oldest_first(database: Database) -> None:
    sent = (parcel(1, "RETURNED", 9), parcel(2, "FULFILLED", 7), parcel(3, "FULFILLED", 5), parcel(4, "CANCELED", 9.5))
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "two")
        buys(connection, other, "U1", order("X1", ago(3)))
        ann = buys(connection, shop_id, "U1", order("A2", ago(2)), order("A1", ago(10), fulfilments=sent))
        ben = buys(
            connection,
            shop_id,
            "U2",
            order("B1", ago(5), voucher_code="SAVE", refunded=Decimal("1.005"), currency="EUR"),
            order("B2", ago(4), status="CANCELED"),
            order("B3", ago(-4)),
        )
    with database.read() as connection:
        rows = list(numbers.order_rows(connection, shop_id, NOW))
        extent = numbers.extent(connection, shop_id, NOW)
        nothing = numbers.extent(connection, shop_id, ago(99))
    assert [(row.customer_id, row.placed_at) for row in rows] == [(ann, ago(10)), (ann, ago(2)), (ben, ago(5))]
    assert [row.fulfilled_at for row in rows] == [ago(7), NOW, NOW]
    assert rows[2][2:8] == ("EUR", Decimal(20), Decimal("1.005"), Decimal(5), True, 1)
    assert (rows[0].discounted, rows[0].items) == (False, 1)
    assert (extent.orders, extent.first_at, extent.ahead) == (3, ago(10), 1)
    assert (nothing.orders, nothing.first_at) == (0, None)


@pytest.mark.parametrize(
    ("status", "sent", "until"),
    [
        ("UNFULFILLED", (), NOW),
        ("PARTIALLY_FULFILLED", (), NOW),
        ("PARTIALLY_FULFILLED", (parcel(1, "FULFILLED", 7),), ago(7)),
        ("FULFILLED", (), None),
        ("RETURNED", (parcel(1, "RETURNED", 7),), None),
    ],
)
def test_what_waits_for_its_parcel_has_waited_until_now(
    database: Database, status: str, sent: tuple[Fulfilment, ...], until: datetime | None
) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        buys(connection, shop_id, "U1", order("A1", ago(10), status=status, fulfilments=sent))
    with database.read() as connection:
        assert [row.fulfilled_at for row in numbers.order_rows(connection, shop_id, NOW)] == [until]


def test_lines_come_with_what_is_left_of_their_product(database: Database) -> None:
    lines = (
        Line("L1", 1, Decimal(5), "Tea", sku="T", product_id="P1", product_type="drinks"),
        Line("L2", 1, Decimal(5), "Cup", sku="C"),
        Line("L3", 1, Decimal(5), "Fee"),
        Line("L4", 1, Decimal(5), "Mug", sku="", product_id=""),
        Line("L5", 1, Decimal(5), "Hat", sku=""),
    )
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        buys(connection, make_shop(connection, "two"), "U1", order("X1", ago(3)))
        ann = buys(connection, shop_id, "U1", order("A1", ago(1), lines=lines), order("A0", ago(9), status="CANCELED"))
        ben = buys(connection, shop_id, "U2", order("B1", ago(-1), lines=(replace(lines[0], line_id="L9"),)))
    with database.read() as connection:
        rows = list(numbers.line_rows(connection, shop_id, NOW))
        assert numbers.line_count(connection, shop_id) == 7
    assert ben not in {row.customer_id for row in rows}
    assert {row.customer_id for row in rows} == {ann}
    told = sorted((row.product, row.name, row.kind) for row in rows)
    assert told == [
        ("C", "Cup", ""),
        ("Fee", "Fee", ""),
        ("Hat", "Hat", ""),
        ("Mug", "Mug", ""),
        ("P1", "Tea", "drinks"),
    ]


def test_histories_are_everybodys_with_their_turns(database: Database) -> None:
    history, turns = fold([order("A1", ago(10)), order("A2", ago(2))], UTC), Turns(ago(-20), ago(-60))
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        ann = buys(connection, shop_id, "U1")
        customers.save_states(connection, shop_id, [Measured(ann, history, Segment.NEW, turns, None)])
        buys(connection, shop_id, "U2")
        buys(connection, make_shop(connection, "two"), "U3")
    with database.read() as connection:
        found = list(numbers.histories(connection, shop_id))
        assert numbers.customer_count(connection, shop_id) == 2
    assert sorted(found, key=lambda pair: -pair[0].orders) == [(history, turns), (History(), Turns())]


def test_more_than_one_chunk_is_read_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "CHUNK", 2)
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        for who in range(3):
            buys(connection, shop_id, f"U{who}", *(order(f"O{who}-{n}", ago(n)) for n in range(5)))
    with database.read() as connection:
        rows = list(numbers.order_rows(connection, shop_id, NOW))
    assert len(rows) == 15
    assert all((one.customer_id, one.placed_at) < (other.customer_id, other.placed_at) for one, other in pairwise(rows))


def test_one_report_a_shop_is_kept(database: Database) -> None:
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "two")
        assert reports.latest(connection, shop_id) is None
        for made_at, body in ((ago(1), {"orders": 1}), (NOW, {"orders": 2})):
            reports.save(connection, shop_id, body, made_at)
        assert reports.latest(connection, shop_id) == reports.Report(NOW, {"orders": 2})
        assert reports.latest(connection, other) is None
