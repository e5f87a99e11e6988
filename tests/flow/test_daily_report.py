"""The report that is there without anybody's command: once a day, of a past that is complete."""

from datetime import datetime, timedelta

import pytest

from plugin.errors import GiveUp
from plugin.flow.chores import chores
from plugin.flow.daily_report import OLDEST, REST, keep_apart, keep_when_due
from plugin.flow.house import Keep
from plugin.flow.report import gather, keep
from plugin.store import backfills, reports, shops
from plugin.store.backfills import Kind
from plugin.store.database import Database
from plugin.store.shops import Shop, ShopStatus
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio
KEEP = Keep(inbox=days(30), decisions=days(730), effects=days(180), front_events=days(90))
MINUTE = timedelta(minutes=1)


def shop_of(home: Home) -> Shop:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


def report_of(home: Home) -> reports.Report | None:
    with home.database.read() as connection:
        return reports.latest(connection, home.shop_id)


def learnt(home: Home, at: datetime | None) -> None:
    with home.database.write() as connection:
        shops.save_learnt(connection, home.shop_id, shop_of(home).rhythm, None, at)


def read_past(home: Home, finished: datetime | None) -> None:
    """A walk over the shop's orders, begun an hour ago."""
    with home.database.write() as connection:
        backfills.begin(connection, home.shop_id, Kind.ORDERS, home.now - timedelta(hours=1))
        if finished is not None:
            walk = backfills.of_shop(connection, home.shop_id)[Kind.ORDERS]
            assert backfills.advance(connection, home.shop_id, walk, cursor=None, read=1, now=finished)


def made(home: Home) -> bool:
    return keep_when_due(home.house, shop_of(home), {}, keep)


async def test_whenever_something_was_learnt(home: Home) -> None:
    assert made(home)
    assert not made(home)
    home.now += days(1)
    assert not made(home)
    learnt(home, home.now)
    home.now += MINUTE
    assert made(home)
    assert not made(home)


async def test_without_learning_a_little_more_than_a_day_after(home: Home) -> None:
    assert made(home)
    home.now += OLDEST - MINUTE
    assert not made(home)
    home.now += MINUTE
    assert made(home)
    report = report_of(home)
    assert report is not None
    assert report.made_at == home.now


async def test_not_before_anything_was_learnt(home: Home) -> None:
    learnt(home, None)
    assert not made(home)


async def test_not_while_the_past_is_being_read(home: Home) -> None:
    read_past(home, None)
    assert not made(home)


async def test_a_past_that_came_in_is_learnt_from_first_and_then_reported(home: Home) -> None:
    assert made(home)
    home.now += timedelta(hours=2)
    read_past(home, home.now)
    assert not made(home)
    home.now += MINUTE
    learnt(home, home.now)
    assert made(home)
    assert not made(home)


async def test_a_report_of_another_shape_is_made_anew(home: Home) -> None:
    with home.database.write() as connection:
        reports.save(connection, home.shop_id, {"version": 0}, home.now)
    assert made(home)


async def test_not_of_a_shop_that_left(home: Home) -> None:
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, ShopStatus.UNINSTALLED, NOW, erase_at=NOW + days(30))
    assert not made(home)


async def test_what_fails_rests(home: Home) -> None:
    asked: list[datetime] = []

    def broken(_database: Database, _shop_id: int, now: datetime) -> None:
        asked.append(now)
        raise GiveUp("It broke.")

    resting: dict[int, datetime] = {}
    with pytest.raises(GiveUp):
        keep_when_due(home.house, shop_of(home), resting, broken)
    home.now += REST - MINUTE
    assert not keep_when_due(home.house, shop_of(home), resting, broken)
    home.now += MINUTE
    with pytest.raises(GiveUp):
        keep_when_due(home.house, shop_of(home), resting, broken)
    assert asked == [NOW, NOW + REST]
    home.now += REST
    assert keep_when_due(home.house, shop_of(home), resting, keep)
    assert resting == {}


async def test_the_chore_makes_it_in_a_process_of_its_own(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order(f"O{n}", ago(10 + n), user_id=f"U{n}") for n in range(30)], NOW))
    await {chore.name: chore.job for chore in chores(home.house, KEEP)}["report"]()
    report = report_of(home)
    with home.database.read() as connection:
        assert report == reports.Report(NOW, gather(connection, shop_of(home), NOW))
    assert report.body["orders"] == 30


async def test_a_chore_that_fails_is_a_line_in_the_log_and_not_tried_at_once(
    home: Home, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.flow.apart.LONGEST", 0.0)
    job = {chore.name: chore.job for chore in chores(home.house, KEEP)}["report"]
    await job()
    assert "was not done after" in "".join(capfd.readouterr())
    await job()
    assert "was not done after" not in "".join(capfd.readouterr())


async def test_a_process_that_ends_badly_is_said(home: Home) -> None:
    with pytest.raises(GiveUp, match="ended with"):
        keep_apart(home.database, 999, NOW)
