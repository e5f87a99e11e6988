"""What webhooks missed is found the next day, or at once after a reinstall."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from plugin.engine.port import Lane, LaneKind
from plugin.flow.chores import chores
from plugin.flow.heal import OVERLAP, Step, next_step
from plugin.flow.lanes import lanes_with_work
from plugin.saleor.history import orders_page
from plugin.store import customers, history, shops
from plugin.store.backfills import Backfill, Kind, Status
from tests.flow.conftest import API_URL, Home
from tests.flow.past import a_past, bought, buyer, ledger_of, parcel, read_all, walks
from tests.flow.test_chores import KEEP
from tests.shop import NOW, ago, days

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


def walk(kind: Kind, started_at: datetime, status: Status = Status.DONE) -> Backfill:
    ended = started_at if status is Status.DONE else None
    return Backfill(kind, status, None, 0, None, None, started_at, started_at, ended, None)


def known(*walks: Backfill) -> dict[Kind, Backfill]:
    return {one.kind: one for one in walks}


CUSTOMERS, ORDERS = walk(Kind.CUSTOMERS, ago(2)), walk(Kind.ORDERS, ago(2) + HOUR)
ACCOUNTS, SWEEP, OPEN = (walk(kind, ago(0.5)) for kind in (Kind.ACCOUNTS, Kind.SWEEP, Kind.OPEN))
FIRST = ago(2) - OVERLAP
LONG_AGO = ago(900)

STEPS: dict[str, tuple[dict[Kind, Backfill], datetime, Step | None]] = {
    "nothing read yet": ({}, LONG_AGO, Step(Kind.CUSTOMERS, anew=True)),
    "in the middle of the accounts": (
        known(walk(Kind.CUSTOMERS, NOW, Status.RUNNING)),
        LONG_AGO,
        Step(Kind.CUSTOMERS, anew=False),
    ),
    "accounts are there": (known(CUSTOMERS), LONG_AGO, Step(Kind.ORDERS, anew=True)),
    "accounts may not be read": (
        known(walk(Kind.CUSTOMERS, NOW, Status.FAILED)),
        LONG_AGO,
        Step(Kind.ORDERS, anew=True),
    ),
    "accounts may not be read, orders are there": (
        known(walk(Kind.CUSTOMERS, NOW, Status.FAILED), ORDERS),
        LONG_AGO,
        None,
    ),
    "accounts are tried again after an hour": (
        known(walk(Kind.CUSTOMERS, NOW - HOUR, Status.FAILED), ORDERS),
        LONG_AGO,
        Step(Kind.CUSTOMERS, anew=False),
    ),
    "accounts are tried again after a reinstall": (
        known(walk(Kind.CUSTOMERS, NOW - HOUR / 2, Status.FAILED), ORDERS),
        NOW,
        Step(Kind.CUSTOMERS, anew=False),
    ),
    "all is there since today": (
        known(walk(Kind.CUSTOMERS, ago(0.5)), walk(Kind.ORDERS, ago(0.4))),
        LONG_AGO,
        None,
    ),
    "the first sweep looks at what changed since the walk began": (
        known(CUSTOMERS, ORDERS),
        LONG_AGO,
        Step(Kind.ACCOUNTS, anew=True, since=FIRST),
    ),
    "then orders": (known(CUSTOMERS, ORDERS, ACCOUNTS), LONG_AGO, Step(Kind.SWEEP, anew=True, since=FIRST)),
    "then those that say nothing": (
        known(CUSTOMERS, ORDERS, ACCOUNTS, SWEEP),
        LONG_AGO,
        Step(Kind.OPEN, anew=True, since=FIRST),
    ),
    "all healed today": (known(CUSTOMERS, ORDERS, ACCOUNTS, SWEEP, OPEN), LONG_AGO, None),
    "a week after the walk began, whether all accounts are still there": (
        known(walk(Kind.CUSTOMERS, ago(7)), ORDERS, ACCOUNTS, SWEEP, OPEN),
        LONG_AGO,
        Step(Kind.GONE, anew=True, since=ago(7) - OVERLAP),
    ),
    "and again a week later": (
        known(CUSTOMERS, ORDERS, ACCOUNTS, SWEEP, OPEN, walk(Kind.GONE, ago(7))),
        LONG_AGO,
        Step(Kind.GONE, anew=True, since=ago(7) - OVERLAP),
    ),
    "not before": (known(CUSTOMERS, ORDERS, ACCOUNTS, SWEEP, OPEN, walk(Kind.GONE, ago(6))), LONG_AGO, None),
    "a reinstall heals at once": (
        known(CUSTOMERS, ORDERS, ACCOUNTS, SWEEP, OPEN),
        NOW,
        Step(Kind.ACCOUNTS, anew=True, since=ago(0.5) - OVERLAP),
    ),
    "a sweep that was cut short goes on": (
        known(CUSTOMERS, ORDERS, ACCOUNTS, walk(Kind.SWEEP, ago(3), Status.RUNNING)),
        LONG_AGO,
        Step(Kind.SWEEP, anew=False),
    ),
}


@pytest.mark.parametrize(("before", "installed_at", "step"), STEPS.values(), ids=STEPS)
async def test_what_is_next(before: dict[Kind, Backfill], installed_at: datetime, step: Step | None) -> None:
    assert next_step(before, installed_at, NOW) == step


async def a_day_later(home: Home) -> None:
    home.now += days(1)
    await read_all(home)


async def test_an_order_that_no_webhook_told_of_is_there_the_next_day(home: Home) -> None:
    past = a_past(home, orders_=5, people=2)
    await read_all(home)
    missed = bought(home, home.now + HOUR, email="new@example.com")
    past[0].status, past[0].updated_at = "CANCELED", home.now + HOUR
    assert missed.id not in ledger_of(home)
    await a_day_later(home)
    stored = ledger_of(home)
    assert stored[missed.id]["owner_email"] == "new@example.com"
    assert stored[past[0].id]["status"] == "CANCELED"
    assert [walks(home)[kind].done for kind in (Kind.SWEEP, Kind.OPEN)] == [2, 0]


async def test_an_account_that_was_confirmed_takes_its_guest_in_the_next_day(home: Home) -> None:
    user = buyer(home, "ann", is_confirmed=False)
    placed = bought(home, ago(9), email=user.email)
    await read_all(home)
    assert ledger_of(home)[placed.id]["owner"] is None
    user.is_confirmed, user.updated_at = True, home.now + HOUR
    await a_day_later(home)
    assert ledger_of(home)[placed.id]["owner"] == user.id
    with home.database.read() as connection:
        known_now = customers.glance(connection, home.shop_id, user.id)
    assert known_now is not None
    assert known_now.state.history.orders == 1


@pytest.mark.parametrize(("status", "then"), [("UNCONFIRMED", "EXPIRED"), ("UNFULFILLED", "FULFILLED")])
async def test_an_open_order_that_changes_without_a_new_version_is_seen(home: Home, status: str, then: str) -> None:
    quiet = bought(home, ago(20), email="a@example.com", status=status)
    await read_all(home)
    quiet.status = then
    await a_day_later(home)
    assert ledger_of(home)[quiet.id]["status"] == then
    assert walks(home)[Kind.OPEN].done == 1


async def test_a_parcel_number_that_came_late_is_seen(home: Home) -> None:
    sent = bought(home, ago(10), email="a@example.com")
    old = bought(home, ago(80), email="a@example.com")
    first, _ = parcel(sent, "F1"), parcel(old, "F2")
    await read_all(home)
    first.tracking_number = "T9"
    await a_day_later(home)
    with home.database.read() as connection:
        numbers = connection.exec_driver_sql("SELECT tracking_number FROM fulfilments ORDER BY fulfilment_id").all()
    assert [row[0] for row in numbers] == ["T9", ""]
    assert walks(home)[Kind.OPEN].done == 1


async def a_week_later(home: Home) -> None:
    home.now += days(7)
    await read_all(home)


def accounts_known(home: Home) -> set[str]:
    with home.database.read() as connection:
        return set(history.accounts_after(connection, home.shop_id, "", 1_000))


async def test_an_account_that_was_deleted_while_nobody_listened_is_erased(home: Home) -> None:
    """More than a page of them, so that the last page asks about the last one."""
    people = [buyer(home, f"buyer-{n}", is_confirmed=True) for n in range(120)]
    placed = bought(home, ago(9), people[7])
    await read_all(home)
    deleted = {people[7].id, max(user.id for user in people)}
    for user_id in deleted:
        del home.sandbox.shop.users[user_id]
    placed.user = None  # the platform keeps the order as a guest's
    before = accounts_known(home)
    await a_day_later(home)
    assert accounts_known(home) == before > deleted
    await a_week_later(home)
    assert accounts_known(home) == before - deleted
    assert placed.id not in ledger_of(home)
    assert walks(home)[Kind.GONE].done == 2


async def test_where_nobody_is_named_any_more_nobody_is_erased(home: Home) -> None:
    for n in range(10):
        buyer(home, f"buyer-{n}")
    await read_all(home)
    before = accounts_known(home)
    for user_id in before:
        del home.sandbox.shop.users[user_id]
    await a_week_later(home)
    assert accounts_known(home) == before
    walk = walks(home)[Kind.GONE]
    assert (walk.status, "Nobody was erased" in (walk.error or "")) == (Status.FAILED, True)


async def test_open_orders_are_asked_for_a_page_at_a_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def counted(*arguments: Any, **named: Any) -> Any:
        if named.get("ids") is not None:
            asked.append(len(named["ids"]))
        return await orders_page(*arguments, **named)

    monkeypatch.setattr("plugin.flow.backfill.orders_page", counted)
    for _ in range(230):
        bought(home, ago(20), email="a@example.com", status="UNFULFILLED")
    await read_all(home)
    await a_day_later(home)
    assert asked == [100, 100, 30]
    assert walks(home)[Kind.OPEN].done == 230


async def test_what_happened_while_the_app_was_away_is_caught_at_the_reinstall(home: Home) -> None:
    a_past(home, orders_=3, people=1)
    await read_all(home)
    home.now += HOUR
    missed = bought(home, home.now, email="new@example.com")
    home.now += HOUR
    assert home.install(API_URL) == home.shop_id
    assert Lane(LaneKind.HISTORY, home.shop_id) in lanes_with_work(home.house)
    await read_all(home)
    assert missed.id in ledger_of(home)
    assert Lane(LaneKind.HISTORY, home.shop_id) not in lanes_with_work(home.house)


async def test_a_sweep_decides_nothing(home: Home) -> None:
    await read_all(home)
    home.switch_on("win-back")
    for n in range(4):
        bought(home, ago(300 - n), email="late@example.com", updated_at=home.now + HOUR)
    await a_day_later(home)
    assert len(ledger_of(home)) == 4
    with home.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar_one() == 0


async def test_what_was_learnt_before_the_past_came_in_is_learnt_again(home: Home) -> None:
    """Not while it still comes in."""
    learning = next(chore for chore in chores(home.house, KEEP) if chore.name == "learn")
    a_past(home, orders_=3, people=1)
    with home.database.read() as connection:
        assert shops.get(connection, home.shop_id).rhythm_at == NOW
    home.now += HOUR
    await read_all(home)
    home.now += HOUR
    for _ in range(2):
        await learning.job()
        with home.database.read() as connection:
            assert shops.get(connection, home.shop_id).rhythm_at == NOW + 2 * HOUR
        home.now += HOUR
