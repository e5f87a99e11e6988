"""How far a walk over history has come."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from plugin.store import backfills, shops
from plugin.store.backfills import Backfill, Kind, Status
from plugin.store.database import Database
from tests.shop import NOW, ago, days


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        yield connection


def a_shop(connection: Connection, name: str = "shop") -> int:
    return shops.install(
        connection,
        api_url=f"https://{name}.example/graphql/",
        app_id="A",
        token="t",
        jwks={},
        name=name,
        saleor_version="3.24",
        pepper="p",
        now=NOW,
    )


def the_walk(connection: Connection, shop_id: int, kind: Kind = Kind.ORDERS) -> Backfill:
    return backfills.of_shop(connection, shop_id)[kind]


def test_a_walk_goes_on_where_it_stands_and_ends(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, ago(1))
    first = the_walk(connection, shop)
    assert first == Backfill(Kind.ORDERS, Status.RUNNING, None, 0, None, None, ago(1), ago(1), None, None)
    assert backfills.advance(connection, shop, replace(first, total=150), cursor="c1", read=100, now=NOW)
    second = the_walk(connection, shop)
    assert (second.cursor, second.done, second.total, second.updated_at) == ("c1", 100, 150, NOW)
    assert backfills.advance(connection, shop, second, cursor=None, read=50, now=NOW + days(1))
    last = the_walk(connection, shop)
    assert (last.status, last.done, last.finished_at) == (Status.DONE, 150, NOW + days(1))


def test_a_page_counts_for_one_reader(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, NOW)
    seen = the_walk(connection, shop)
    assert backfills.advance(connection, shop, seen, cursor="c1", read=100, now=NOW)
    assert not backfills.advance(connection, shop, seen, cursor="c1", read=100, now=NOW)
    assert the_walk(connection, shop).done == 100


def test_who_was_overtaken_by_a_new_beginning_writes_nothing(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, ago(1))
    seen = the_walk(connection, shop)
    assert backfills.begin(connection, shop, Kind.ORDERS, NOW, instead_of=seen)
    assert not backfills.advance(connection, shop, seen, cursor="c1", read=100, now=NOW)
    assert not backfills.fail(connection, shop, seen, "No permission.", NOW)
    assert the_walk(connection, shop).status is Status.RUNNING


def test_of_two_who_begin_the_same_one_does(connection: Connection) -> None:
    """The other read what was there before the first had begun, or went on already."""
    shop = a_shop(connection)
    assert backfills.begin(connection, shop, Kind.SWEEP, ago(2))
    assert not backfills.begin(connection, shop, Kind.SWEEP, ago(1))
    first = the_walk(connection, shop, Kind.SWEEP)
    assert first.started_at == ago(2)
    backfills.advance(connection, shop, first, cursor=None, read=7, now=ago(2))
    before = the_walk(connection, shop, Kind.SWEEP)
    assert backfills.begin(connection, shop, Kind.SWEEP, NOW, instead_of=before)
    backfills.advance(connection, shop, the_walk(connection, shop, Kind.SWEEP), cursor="c1", read=100, now=NOW)
    assert not backfills.begin(connection, shop, Kind.SWEEP, NOW, instead_of=before)
    assert the_walk(connection, shop, Kind.SWEEP).done == 100


def test_a_walk_that_has_ended_does_not_fail(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, NOW)
    seen = the_walk(connection, shop)
    backfills.advance(connection, shop, seen, cursor=None, read=0, now=NOW)
    assert not backfills.fail(connection, shop, seen, "No permission.", NOW)
    assert not backfills.fail(connection, shop, the_walk(connection, shop), "No permission.", NOW)
    assert the_walk(connection, shop).status is Status.DONE


def test_what_is_tried_again_has_no_failure_any_more(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, NOW)
    backfills.fail(connection, shop, the_walk(connection, shop), "No permission.", NOW)
    backfills.try_again(connection, shop)
    assert (the_walk(connection, shop).status, the_walk(connection, shop).error) == (Status.RUNNING, None)


def test_a_walk_that_has_ended_is_not_ended_again(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, NOW)
    seen = the_walk(connection, shop)
    assert backfills.advance(connection, shop, seen, cursor=None, read=0, now=NOW)
    assert not backfills.advance(connection, shop, seen, cursor=None, read=0, now=NOW)


def test_a_failure_keeps_the_place_and_the_next_page_clears_it(connection: Connection) -> None:
    shop = a_shop(connection)
    backfills.begin(connection, shop, Kind.ORDERS, ago(1), since=ago(9))
    backfills.advance(connection, shop, the_walk(connection, shop), cursor="c1", read=100, now=ago(1))
    backfills.fail(connection, shop, the_walk(connection, shop), "No permission.", NOW)
    failed = the_walk(connection, shop)
    assert (failed.status, failed.cursor, failed.since, failed.error) == (Status.FAILED, "c1", ago(9), "No permission.")
    assert backfills.advance(connection, shop, replace(failed, error=None), cursor="c2", read=1, now=NOW)
    again = the_walk(connection, shop)
    assert (again.status, again.done, again.error) == (Status.RUNNING, 101, None)


def test_each_shop_and_each_kind_walks_alone(connection: Connection) -> None:
    one, other = a_shop(connection), a_shop(connection, "other")
    backfills.begin(connection, one, Kind.ORDERS, NOW)
    backfills.begin(connection, one, Kind.SWEEP, NOW, since=ago(1))
    backfills.begin(connection, other, Kind.ORDERS, NOW)
    backfills.advance(connection, one, the_walk(connection, one), cursor="c1", read=7, now=NOW)
    assert the_walk(connection, other).done == 0
    backfills.forget(connection, one, Kind.ORDERS)
    assert set(backfills.of_shop(connection, one)) == {Kind.SWEEP}
    assert set(backfills.of_shop(connection, other)) == {Kind.ORDERS}
