"""History on install: everything once, page by page, resumed after a kill, and never a reason to act."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select
from structlog.testing import capture_logs

from plugin.engine.port import Lane, LaneKind
from plugin.errors import TryLater
from plugin.flow import backfill
from plugin.flow.backfill import Overtaken, find_place, read_page
from plugin.flow.lanes import drain_with, lanes_with_work
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.catalogue import Collection
from plugin.store import backfills, customers, shops
from plugin.store.backfills import Kind, Status
from plugin.store.schema import customers as people
from plugin.store.schema import decisions, effects, fulfilments, order_lines
from plugin.store.shops import ShopStatus
from tests.bodies import gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.past import a_past, bought, buyer, ledger_of, parcel, read_all, walks
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio
HISTORY = LaneKind.HISTORY


def has_history(home: Home) -> bool:
    return Lane(HISTORY, home.shop_id) in lanes_with_work(home.house)


async def test_everything_there_is_comes_in_once(home: Home) -> None:
    past = a_past(home, orders_=230, people=5)
    accounts = sum(not user.is_staff for user in home.sandbox.shop.users.values())
    parcel(past[1], "F1", "T1")
    assert has_history(home)
    await read_all(home)
    stored = ledger_of(home)
    assert {row["order_id"]: row["total"] for row in stored.values()} == {one.id: Decimal(20) for one in past}
    assert {one.id: one.user.id if one.user else None for one in past} == {
        order_id: row["owner"] for order_id, row in stored.items()
    }
    assert {kind: (walk.status, walk.done, walk.total) for kind, walk in walks(home).items()} == {
        Kind.CUSTOMERS: (Status.DONE, accounts, accounts),
        Kind.ORDERS: (Status.DONE, 230, 230),
    }
    assert not has_history(home)
    with home.database.read() as connection:
        lines = connection.execute(select(func.count()).select_from(order_lines)).scalar_one()
        sent = connection.execute(select(fulfilments.c.tracking_number)).scalars().all()
        folded = connection.execute(select(func.sum(people.c.orders))).scalar_one()
    assert (lines, sent, folded) == (230, ["T1"], 230)


async def test_lines_know_the_collections_of_the_day_on_which_they_were_read(home: Home) -> None:
    one = bought(home, ago(10))
    variant = next(iter(home.sandbox.shop.variants_by_sku.values()))
    variant.product.collections.append(Collection(id="Q29sbGVjdGlvbjox", name="Summer", slug="summer"))
    one.lines[0].variant = variant
    await read_all(home)
    with home.database.read() as connection:
        assert connection.execute(select(order_lines.c.collections)).scalars().all() == [("Q29sbGVjdGlvbjox", "summer")]


async def test_an_account_without_orders_is_known_and_a_guest_of_its_confirmed_address_is_it(home: Home) -> None:
    quiet, confirmed = buyer(home, "quiet"), buyer(home, "ann")
    other = buyer(home, "bob", is_confirmed=False)
    bought(home, ago(10), email="ANN@example.com ")
    bought(home, ago(10), email=other.email)
    await read_all(home)
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, quiet.id)
        assert known is not None
        assert (known.email, known.state.history.orders) == (quiet.email, 0)
    assert sorted(str(row["owner"]) for row in ledger_of(home).values()) == sorted([confirmed.id, "None"])


async def test_history_is_never_a_reason_to_act(home: Home) -> None:
    home.switch_on("win-back")
    silent = buyer(home, "silent")
    for n in range(4):
        bought(home, ago(300 - 30 * n), silent)
    await read_all(home)
    home.tick()
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, silent.id)
        assert known is not None
        assert known.segment == "at_risk"
        counts = [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (decisions, effects)]
    assert counts == [0, 0]


async def test_a_page_older_than_a_webhook_changes_nothing(home: Home) -> None:
    user = buyer(home, "ann")
    seen = bought(home, ago(10), user)
    newer = order(seen.id, ago(10), user_id=user.id, updated_at=ago(1), status="CANCELED")
    home.take("order_cancelled", order_body(newer))
    await read_all(home)
    assert ledger_of(home)[seen.id]["status"] == "CANCELED"


async def test_a_webhook_older_than_the_page_changes_nothing(home: Home) -> None:
    user = buyer(home, "ann")
    seen = bought(home, ago(10), user, updated_at=ago(1), status="CANCELED")
    await read_all(home)
    home.take("order_created", order_body(order(seen.id, ago(10), user_id=user.id, updated_at=ago(10))))
    assert ledger_of(home)[seen.id]["status"] == "CANCELED"


@pytest.mark.parametrize("cut_at", range(1, 6))
async def test_killed_in_any_page_it_goes_on_without_loss_or_duplicates(home: Home, cut_at: int) -> None:
    """The transaction that is under way is lost; everything committed before stays."""
    past = a_past(home, orders_=130, people=5)
    commits = 0

    def cut(_: object) -> None:
        nonlocal commits
        commits += 1
        if commits == cut_at:
            raise KeyboardInterrupt

    event.listen(home.database._writer, "commit", cut)
    with pytest.raises(KeyboardInterrupt):
        await read_all(home)
    event.remove(home.database._writer, "commit", cut)
    before = walks(home)
    await read_all(home)
    assert set(ledger_of(home)) == {one.id for one in past}
    assert walks(home)[Kind.ORDERS].done == 130
    for kind, walk in before.items():
        assert walks(home)[kind].started_at == walk.started_at
    with home.database.read() as connection:
        assert connection.execute(select(func.sum(people.c.orders))).scalar_one() == 130
        assert connection.execute(select(func.count()).select_from(order_lines)).scalar_one() == 130


async def test_of_two_readers_of_one_page_one_writes_it(home: Home) -> None:
    a_past(home, orders_=120, people=2)
    places = [find_place(home.house, home.shop_id) for _ in range(2)]
    assert places[0] is not None
    assert places[1] is not None
    saleor = home.house.connect(places[0].shop)
    await read_page(home.house, saleor, places[0])
    with pytest.raises(Overtaken):
        await read_page(home.house, saleor, places[1])
    await read_all(home)
    assert walks(home)[Kind.ORDERS].done == 120


async def test_who_was_erased_stays_out(home: Home) -> None:
    leaving = buyer(home, "leaving")
    bought(home, ago(20), leaving)
    home.take("customer_deleted", gone_body(leaving.id, leaving.email, ago(1), confirmed=True))
    home.sandbox.shop.orders[next(iter(home.sandbox.shop.orders))].user = None
    await read_all(home)
    assert ledger_of(home) == {}
    with home.database.read() as connection:
        assert customers.glance(connection, home.shop_id, leaving.id) is None


async def test_what_cannot_be_read_is_left_out_and_said(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    past[1].user_email = "x" * 400
    await read_all(home)
    assert set(ledger_of(home)) == {past[0].id, past[2].id}
    walk = walks(home)[Kind.ORDERS]
    assert (walk.status, walk.done) == (Status.DONE, 3)
    assert (walk.error or "").startswith(f"{past[1].number} was left out: userEmail")


async def test_what_the_database_refuses_undoes_only_itself(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    past[1].lines.append(past[1].lines[0])  # the same line twice
    await read_all(home)
    assert set(ledger_of(home)) == {past[0].id, past[2].id}
    assert walks(home)[Kind.ORDERS].status is Status.DONE


@pytest.mark.parametrize("status", [ShopStatus.DEACTIVATED, ShopStatus.UNINSTALLED, ShopStatus.REFUSED])
async def test_a_shop_that_is_not_active_is_left_alone(home: Home, status: ShopStatus) -> None:
    a_past(home, orders_=3, people=1)
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, status, NOW)
    assert not has_history(home)
    assert not await backfill.backfill(home.house, home.shop_id)
    assert walks(home) == {}


async def test_a_stopped_shop_and_one_that_rests_are_left_alone(home: Home) -> None:
    with home.database.write() as connection:
        shops.rest(connection, home.shop_id, NOW + days(1))
    assert not has_history(home)
    with home.database.write() as connection:
        shops.rest(connection, home.shop_id, None)
        shops.set_stopped(connection, home.shop_id, stopped=True)
    assert not has_history(home)
    assert not await backfill.backfill(home.house, home.shop_id)


async def test_a_shop_that_has_had_enough_is_asked_again_later(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    for _ in range(3):
        home.sandbox.faults.waiting.append(read_fault({"status": 429}))
    with pytest.raises(TryLater):
        await read_all(home)
    home.sandbox.faults.waiting.clear()
    await read_all(home)
    assert set(ledger_of(home)) == {one.id for one in past}


async def test_a_permission_that_is_missing_is_said_and_tried_again_after_an_hour(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    (app,) = home.sandbox.shop.apps.values()
    granted = app.codes
    app.codes = granted - {"MANAGE_ORDERS"}
    await read_all(home)
    walk = walks(home)[Kind.ORDERS]
    assert walk.status is Status.FAILED
    assert "Grant the app this permission" in (walk.error or "")
    assert not has_history(home)
    app.codes = granted
    home.now += timedelta(hours=1)
    await read_all(home)
    walk = walks(home)[Kind.ORDERS]
    assert (walk.status, walk.error) == (Status.DONE, None)
    assert set(ledger_of(home)) == {one.id for one in past}


async def test_a_token_that_is_refused_pauses_the_shop(home: Home) -> None:
    home.sandbox.shop.apps.clear()
    assert not await backfill.backfill(home.house, home.shop_id)
    with home.database.read() as connection:
        assert shops.get(connection, home.shop_id).status is ShopStatus.REFUSED


async def test_the_lane_reads_unless_the_operator_says_no(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    lane = Lane(HISTORY, home.shop_id)
    silent = replace(home.house, reads_history=False)
    assert lane not in lanes_with_work(silent)
    assert not await drain_with(silent)(lane)
    assert ledger_of(home) == {}
    while await drain_with(home.house)(lane):
        pass
    assert set(ledger_of(home)) == {one.id for one in past}


async def test_a_shop_that_goes_takes_its_walks_along(home: Home) -> None:
    other = home.install("http://other.test/graphql/")
    await read_all(home)
    with home.database.write() as connection:
        backfills.begin(connection, other, Kind.ORDERS, NOW)
        shops.delete(connection, home.shop_id)
    assert walks(home) == {}
    with home.database.read() as connection:
        assert set(backfills.of_shop(connection, other)) == {Kind.ORDERS}


async def test_of_two_who_find_a_walk_to_begin_one_begins_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other finds it begun, and reads on from where the first is by then."""
    a_past(home, orders_=120, people=2)
    with home.database.write() as connection:
        backfills.begin(connection, home.shop_id, Kind.CUSTOMERS, NOW)
        (customers_,) = backfills.of_shop(connection, home.shop_id).values()
        backfills.advance(connection, home.shop_id, customers_, cursor=None, read=0, now=NOW)

    real = backfills.begin

    def begin_late(*given: Any, **more: Any) -> bool:
        """Between the look and the beginning, somebody else begins and reads a page."""
        connection, shop_id, kind, now, *_ = given
        monkeypatch.setattr(backfills, "begin", real)
        assert real(connection, shop_id, kind, now)
        began = backfills.of_shop(connection, shop_id)[kind]
        assert backfills.advance(connection, shop_id, began, cursor="c1", read=100, now=now)
        return real(*given, **more)

    monkeypatch.setattr(backfills, "begin", begin_late)
    place = find_place(home.house, home.shop_id)
    assert place is not None
    assert (place.walk.kind, place.walk.cursor, place.walk.done) == (Kind.ORDERS, "c1", 100)
    assert walks(home)[Kind.ORDERS].done == 100


async def test_a_walk_that_somebody_else_has_ended_does_not_fail(home: Home) -> None:
    a_past(home, orders_=3, people=1)
    place = find_place(home.house, home.shop_id)
    assert place is not None
    await read_all(home)
    backfill.failed(home.house, place, "No permission.")
    assert {walk.status for walk in walks(home).values()} == {Status.DONE}


async def test_what_failed_and_was_read_after_all_has_no_error(home: Home) -> None:
    a_past(home, orders_=3, people=1)
    place = find_place(home.house, home.shop_id)
    assert place is not None
    backfill.failed(home.house, place, "No permission.")
    backfill.begin(home.house, home.shop_id, again=False)
    await read_all(home)
    assert {(walk.status, walk.error) for walk in walks(home).values()} == {(Status.DONE, None)}


async def test_an_order_that_saleor_cannot_say_is_left_out_alone(home: Home) -> None:
    past = a_past(home, orders_=130, people=2)
    for n in (17, 99, 129):
        past[n].lines[0].quantity = 2**40
    await read_all(home)
    unsaid = {past[n].id for n in (17, 99, 129)}
    assert set(ledger_of(home)) == {one.id for one in past} - unsaid
    walk = walks(home)[Kind.ORDERS]
    assert (walk.status, walk.done, walk.total) == (Status.DONE, 130, 130)
    assert (walk.error or "").startswith(f"{past[129].number} was left out: OrdersPage: Saleor")
    assert "Int cannot represent" in (walk.error or "")


async def test_an_open_order_that_saleor_cannot_say_is_left_out_alone(home: Home) -> None:
    past = [bought(home, ago(20), email="a@example.com", status="UNFULFILLED") for _ in range(5)]
    await read_all(home)
    past[1].lines[0].quantity = 2**40
    for one in past:
        one.status = "FULFILLED"
    home.now += days(1)
    await read_all(home)
    assert [ledger_of(home)[one.id]["status"] == "FULFILLED" for one in past] == [True, False, True, True, True]
    walk = walks(home)[Kind.OPEN]
    assert (walk.status, walk.done) == (Status.DONE, 5)
    assert (walk.error or "").startswith(f"{past[1].number} was left out")


async def test_nobodys_address_stands_in_what_is_said_of_an_order_left_out(home: Home) -> None:
    past = a_past(home, orders_=3, people=1)
    past[0].lines.append(past[0].lines[0])  # refused by the database, which repeats what it was given
    past[0].lines[0].product_name = "secret@example.com"
    past[1].user_email = "secret\0@example.com"
    with capture_logs() as logs:
        await read_all(home)
    said = json.dumps(logs, default=str) + str(walks(home)[Kind.ORDERS].error)
    assert f"{past[0].number} was left out: IntegrityError." in said
    assert "secret" not in said
    assert past[0].id not in said


async def test_a_first_name_longer_than_we_keep_is_cut(home: Home) -> None:
    long = buyer(home, "long", first_name="A" * 256)
    await read_all(home)
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, long.id)
    assert known is not None
    assert known.state.first_name == "A" * 255
