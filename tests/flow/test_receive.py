"""Events in, state and decisions out: in any order, twice, late, or broken."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from plugin.domain.ledger import Fulfilment
from plugin.domain.segments import Segment
from plugin.store import customers, decisions, inbox, shops
from plugin.store.customers import Customer
from plugin.store.schema import customers as customers_table
from plugin.store.schema import decisions as decisions_table
from plugin.store.schema import fulfilments, order_lines, orders
from plugin.store.shops import ShopStatus
from tests.bodies import (
    account_body,
    app_body,
    bulk_body,
    checkout_body,
    gone_body,
    metadata_body,
    order_body,
)
from tests.flow.conftest import Home
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio


def customer(home: Home, user_id: str = "U1") -> Customer | None:
    with home.database.read() as connection:
        return customers.glance(connection, home.shop_id, user_id)


def rows(home: Home, table: object) -> int:
    with home.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


async def test_an_order_makes_a_customer_with_a_moment(home: Home) -> None:
    home.take("order_created", order_body(order("O1", ago(1))))
    known = customer(home)
    assert known is not None
    assert known.state.history.orders == 1
    assert known.segment is Segment.NEW
    assert known.next_moment == ago(1) + days(60)
    assert (rows(home, orders), rows(home, order_lines)) == (1, 1)


async def test_the_same_delivery_twice_counts_once(home: Home) -> None:
    body = order_body(order("O1", ago(1)))
    home.arrive("order_created", body)
    home.arrive("order_created", body)
    home.receive()
    home.take("order_created", body)
    known = customer(home)
    assert known is not None
    assert known.state.history.orders == 1


async def test_any_order_of_arrival_ends_in_the_same_state(home: Home) -> None:
    placed = [order(f"O{n}", ago(n * 7)) for n in range(1, 9)]
    cancelled = order("O3", ago(21), status="CANCELED", updated_at=ago(20))
    events = [("order_created", order_body(o)) for o in placed] + [("order_cancelled", order_body(cancelled))]
    random.Random(7).shuffle(events)
    for event, body in events:
        home.take(event, body)
    known = customer(home)
    assert known is not None
    assert (known.state.history.orders, known.state.history.last_order_id) == (7, "O1")
    assert known.state.history.spent == {"USD": Decimal(140)}


async def test_an_older_version_changes_nothing(home: Home) -> None:
    home.take("order_cancelled", order_body(order("O1", ago(5), status="CANCELED", updated_at=ago(1))))
    home.take("order_created", order_body(order("O1", ago(5))))
    known = customer(home)
    assert known is not None
    assert known.state.history.orders == 0


async def test_a_fulfilment_is_versioned_by_itself(home: Home) -> None:
    placed = order("O1", ago(5))
    for hour, tracking in ((2, "NEW"), (1, "OLD")):
        parcel = Fulfilment("F1", "FULFILLED", ago(4), tracking)
        seen = order("O1", ago(5), fulfilments=(parcel,))
        home.take("fulfillment_tracking_number_updated", order_body(seen, placed.updated_at + timedelta(hours=hour)))
    with home.database.read() as connection:
        assert connection.execute(select(fulfilments.c.tracking_number)).scalars().all() == ["NEW"]


async def test_history_changes_state_and_never_triggers(home: Home) -> None:
    home.switch_on("win-back")
    home.take("order_bulk_created", bulk_body([order("O1", ago(100)), order("O2", ago(90))], NOW))
    known = customer(home)
    assert known is not None
    assert known.segment is Segment.AT_RISK
    home.tick()
    with home.database.read() as connection:
        assert decisions.latest(connection, home.shop_id, 10) == []


async def test_a_guest_becomes_part_of_the_account_that_proves_the_address(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None)))
    home.take("order_created", order_body(order("O1", ago(5))))
    home.take("account_confirmed", account_body(account(updated_at=ago(1))))
    known = customer(home)
    assert known is not None
    assert known.state.history.orders == 2
    with home.database.write() as connection:
        assert customers.guest(connection, home.shop_id, "ann@example.com") is None


async def test_an_account_with_a_strangers_address_gets_nothing_of_theirs(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None)))
    home.take("customer_created", account_body(account("U9", confirmed=False)))
    home.take("order_created", order_body(order("G2", ago(3), user_id=None)))
    thief = customer(home, "U9")
    assert thief is not None
    assert thief.state.history.orders == 0
    with home.database.write() as connection:
        guest = customers.guest(connection, home.shop_id, "ann@example.com")
    assert guest is not None
    assert guest.state.history.orders == 2


async def test_a_corrected_address_moves_that_one_order(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None, email="amn@example.com")))
    home.take("order_updated", order_body(order("G1", ago(9), user_id=None, updated_at=ago(8))))
    with home.database.write() as connection:
        assert customers.guest(connection, home.shop_id, "amn@example.com") is None
        right = customers.guest(connection, home.shop_id, "ann@example.com")
    assert right is not None
    assert right.state.history.orders == 1


async def test_nothing_hangs_on_a_guest_who_was_made_of_a_mistake(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(100), user_id=None, email="amn@example.com")))
    home.switch_on("win-back", inside=10)
    home.tick()
    assert rows(home, decisions_table) == 1  # nothing, because a guest has no account
    home.take("order_updated", order_body(order("G1", ago(100), user_id=None, updated_at=ago(1))))
    with home.database.read() as connection:
        there = connection.execute(select(customers_table.c.id)).scalars().all()
        decided = connection.execute(select(decisions_table.c.customer_id)).scalars().all()
    assert len(there) == 1
    assert set(decided) <= set(there)


async def test_orders_without_an_address_do_not_become_one_customer(home: Home) -> None:
    for name in ("T1", "T2", "T1"):
        home.take("order_updated", order_body(order(name, ago(9), user_id=None, email="", updated_at=ago(len(name)))))
    with home.database.read() as connection:
        assert customers.counts_by_segment(connection, home.shop_id) == {"new": 2}


async def test_an_erased_customer_stays_erased(home: Home) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(9))))
    home.take("order_created", order_body(order("O1", ago(9))))
    home.arrive("order_updated", order_body(order("O1", ago(9), updated_at=ago(1))))
    home.take("customer_deleted", gone_body("U1", "ann@example.com", NOW))
    home.take("order_updated", order_body(order("O1", ago(9), updated_at=NOW)))
    home.take("order_updated", order_body(order("G1", ago(9), user_id=None, updated_at=NOW)))
    home.take("customer_updated", account_body(account(updated_at=NOW)))
    assert customer(home) is None
    assert (rows(home, orders), rows(home, order_lines)) == (0, 0)


async def test_who_comes_back_after_an_erasure_is_somebody_new(home: Home) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(9))))
    home.take("customer_deleted", gone_body("U1", "ann@example.com", NOW))
    home.now = NOW + days(1)
    home.take("order_created", order_body(order("O9", home.now, user_id="U2")))
    known = customer(home, "U2")
    assert known is not None
    assert known.state.history.orders == 1


@pytest.mark.parametrize(
    ("event", "principal", "erased"),
    [
        ("order_metadata_updated", {"__typename": "App", "id": "A"}, True),
        ("order_metadata_updated", {"__typename": "User", "isStaff": True}, True),
        ("order_metadata_updated", {"__typename": "User", "isStaff": False}, False),
        ("order_metadata_updated", None, False),
        ("order_created", {"__typename": "App", "id": "A"}, False),
    ],
)
async def test_a_forged_anonymizer_flag_erases_nothing(
    home: Home, event: str, principal: dict[str, object] | None, *, erased: bool
) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None)))
    home.take(event, metadata_body(order("G1", ago(9), user_id=None, updated_at=ago(8)), ago(8), principal))
    assert rows(home, orders) == (0 if erased else 1)


def shop_status(home: Home) -> ShopStatus:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id).status


async def test_the_apps_own_life_is_followed(home: Home) -> None:
    home.take("app_deleted", app_body(NOW, recipient="QXBwOjk="))
    assert shop_status(home) is ShopStatus.ACTIVE
    home.take("app_status_changed", app_body(NOW, active=False))
    assert shop_status(home) is ShopStatus.DEACTIVATED
    home.take("app_status_changed", app_body(NOW + days(1)))
    assert shop_status(home) is ShopStatus.ACTIVE
    home.take("app_deleted", app_body(NOW + days(2)))
    assert shop_status(home) is ShopStatus.UNINSTALLED
    with home.database.read() as connection:
        assert shops.get(connection, home.shop_id).erase_at == NOW + days(30)


async def test_a_late_word_about_the_app_does_not_undo_a_newer_one(home: Home) -> None:
    home.take("app_status_changed", app_body(NOW + days(1)))
    home.take("app_status_changed", app_body(NOW, active=False))
    assert shop_status(home) is ShopStatus.ACTIVE


@pytest.mark.parametrize("active", [True, False])
async def test_a_shop_whose_token_was_refused_follows_the_apps_switch(home: Home, active: bool) -> None:
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, ShopStatus.REFUSED, NOW)
    home.take("app_status_changed", app_body(NOW, active=active))
    assert shop_status(home) is (ShopStatus.ACTIVE if active else ShopStatus.DEACTIVATED)


async def test_what_cannot_be_read_is_kept_and_stops_nobody(home: Home) -> None:
    home.arrive("order_created", b"{")
    home.arrive("order_created", b'{"issuedAt": "2026-01-01T00:00:00Z", "order": {"id": 5}}')
    home.arrive("order_exploded", b"{}")
    home.take("order_created", order_body(order("O1", ago(1))))
    known = customer(home)
    assert known is not None
    with home.database.read() as connection:
        dead = inbox.dead_rows(connection, home.shop_id, 10)
    assert [row.event for row in dead] == ["order_created", "order_created", "order_exploded"]
    assert all(row.error for row in dead)


async def test_checkouts_are_kept(home: Home) -> None:
    home.take("checkout_created", checkout_body("C1", "U1", NOW))
    home.take("checkout_updated", checkout_body("C1", "U1", NOW + days(1)))
    assert customer(home) is None


async def test_another_shop_finds_nothing(home: Home) -> None:
    other = home.install("http://other.test/graphql/")
    home.take("order_created", order_body(order("O1", ago(1))))
    home.arrive("order_created", order_body(order("O2", ago(1), user_id="U2")), shop_id=other)
    home.receive()
    with home.database.read() as connection:
        assert customers.glance(connection, other, "U1") is None
        assert customers.glance(connection, home.shop_id, "U2") is None


@pytest.mark.parametrize("known", ["never", "by an order", "as a guest"])
async def test_what_the_platform_keeps_of_a_deleted_account_does_not_come_back(home: Home, known: str) -> None:
    """It keeps the orders as a guest's: they may be told of before the deletion is, and after it."""
    if known != "never":
        user = "U1" if known == "by an order" else None
        home.take("order_created", order_body(order("O1", ago(9), user_id=user, email="old@example.com")))
        home.take("order_created", order_body(order("O2", ago(8), user_id=user)))
    home.take("customer_deleted", gone_body("U1", "ann@example.com", NOW, confirmed=True))
    if known == "by an order":
        home.take(
            "order_updated", order_body(order("O1", ago(9), user_id=None, email="old@example.com", updated_at=NOW))
        )
    home.take("order_updated", order_body(order("O2", ago(8), user_id=None, updated_at=NOW)))
    home.take("order_created", order_body(order("O3", ago(7), user_id=None)))
    assert rows(home, orders) == (1 if known == "as a guest" else 0)  # that of an address that nobody has proven


async def test_a_deleted_account_s_order_that_is_another_account_s_now_stays(home: Home) -> None:
    home.take("order_created", order_body(order("O1", ago(9))))
    home.take("customer_deleted", gone_body("U1", "ann@example.com", NOW, confirmed=True))
    home.take("order_updated", order_body(order("O1", ago(9), user_id="U2", updated_at=ago(1))))
    assert rows(home, orders) == 1


async def test_a_deleted_account_that_had_proven_nothing_leaves_the_guest_alone(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None)))
    home.take("customer_deleted", gone_body("U1", "ann@example.com", NOW))
    home.take("order_created", order_body(order("G2", ago(8), user_id=None)))
    assert rows(home, orders) == 2
