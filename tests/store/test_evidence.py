"""The evidence of one customer, and the shop's usual time to the first parcel."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from plugin.domain.ledger import Fulfilment, Line, Order
from plugin.domain.signals import Evidence
from plugin.store import customers, ledger
from plugin.store.database import Database
from plugin.store.evidence import ENOUGH_PARCELS, evidence, parcel_days
from tests.shop import NOW, ago, days, order
from tests.store.test_tenants import make_shop


def with_line(made: Order, product_id: str, name: str) -> Order:
    return replace(made, lines=(Line(f"L-{made.order_id}", 1, Decimal(5), name, product_id=product_id),))


def save(connection: Connection, shop_id: int, *orders: Order) -> int:
    customer = customers.create(connection, shop_id, NOW, user_id="U1")
    for made in orders:
        ledger.save_order(connection, shop_id, customer.customer_id, made, NOW, new=True)
    return customer.customer_id


def test_the_last_order_its_first_parcel_and_what_is_bought_again(database: Database) -> None:
    parcels = (
        Fulfilment("F0", "CANCELED", ago(9)),
        Fulfilment("F3", "WAITING_FOR_APPROVAL", ago(8)),
        Fulfilment("F1", "FULFILLED", ago(6)),
        Fulfilment("F2", "FULFILLED", ago(3)),
    )
    teas = [with_line(order(f"O{n}", ago(n)), "P1", "Tea") for n in (50, 40, 30)]
    cakes = [with_line(order(f"K{n}", ago(20) + days(n / 100)), "P3", "Cake") for n in range(3)]
    others = [with_line(order(f"C{n}", ago(n)), "P2", "Cup") for n in (49, 39)]
    last = order("O10", ago(10), total=Decimal(30), refunded=Decimal(4), fulfilments=parcels)
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        customer_id = save(connection, shop_id, *teas, *others, *cakes, last)
        found = evidence(connection, shop_id, {customer_id: "O10"})[customer_id]
    assert (found.total, found.shipping, found.refunded) == (Decimal(30), Decimal(5), Decimal(4))
    assert found.shipped_at == ago(6)
    assert found.waiting
    (tea,) = found.low
    assert (tea.name, tea.last_at) == ("Tea", ago(30))
    assert tea.usual == pytest.approx(10)


def test_of_an_unknown_order_nothing_is_said(database: Database) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        assert evidence(connection, shop_id, {7: None}) == {7: Evidence()}


def test_nine_in_ten_parcels_leave_within_the_usual_days(database: Database) -> None:
    def shipped(number: int) -> Order:
        placed = ago(200 - number)
        after = days(number % 10 + 1)
        return order(f"O{number}", placed, fulfilments=(Fulfilment(f"F{number}", "FULFILLED", placed + after),))

    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        save(connection, shop_id, *(shipped(n) for n in range(ENOUGH_PARCELS - 1)))
        assert parcel_days(connection, shop_id) is None
        ledger.save_order(
            connection,
            shop_id,
            customers.by_user(connection, shop_id, "U1").customer_id,  # type: ignore[union-attr]
            shipped(ENOUGH_PARCELS - 1),
            NOW,
            new=True,
        )
        assert parcel_days(connection, shop_id) == pytest.approx(9)


def test_several_orders_on_a_day_of_the_shop_are_one_purchase_of_its_rhythm(database: Database) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        late = ago(20).replace(hour=23, minute=30)
        save(
            connection,
            shop_id,
            order("O1", ago(30)),
            order("O2", ago(30) + timedelta(minutes=5)),
            order("O3", late),
            order("O4", late + timedelta(hours=1)),
            order("O5", NOW + days(3)),
        )
        berlin = timezone(timedelta(hours=2))
        (in_utc,) = ledger.purchase_times(connection, shop_id, 10, UTC, NOW)
        (in_berlin,) = ledger.purchase_times(connection, shop_id, 10, berlin, NOW)
    assert in_utc == [ago(30) + timedelta(minutes=5), late, late + timedelta(hours=1)]
    assert in_berlin == [ago(30) + timedelta(minutes=5), late + timedelta(hours=1)]
