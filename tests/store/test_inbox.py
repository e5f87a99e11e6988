from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from plugin.errors import NotFound
from plugin.store import inbox, schema
from plugin.store.database import Database
from plugin.store.inbox import Arrival, InboxRow
from tests.store.test_shops import install

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def arrival(shop_id: int, name: str, at: datetime = NOW, body: bytes | None = None) -> Arrival:
    return Arrival(shop_id, name.encode().ljust(16, b"\0"), "order_created", body or name.encode(), at)


def names(rows: list[InboxRow]) -> list[str]:
    return [row.body.decode() for row in rows]


@pytest.fixture
def two(database: Database) -> tuple[int, int]:
    with database.write() as conn:
        return install(conn), install(conn, "https://other.example/graphql/")


def test_what_is_added_is_taken_oldest_first(database: Database, two: tuple[int, int]) -> None:
    one, other = two
    with database.write() as conn:
        inbox.add(conn, [arrival(one, "b", NOW), arrival(one, "a", NOW - MINUTE), arrival(other, "c")])
        inbox.add(conn, [])
        rows = inbox.take(conn, one, NOW, 10)
        assert names(rows) == ["a", "b"]
        assert (rows[0].event, rows[0].received_at, rows[0].attempts) == ("order_created", NOW - MINUTE, 0)
        assert names(inbox.take(conn, one, NOW, 1)) == ["a"]
        assert names(inbox.take(conn, one, NOW - MINUTE, 9)) == ["a"]


def test_a_second_delivery_is_one_row_also_when_the_first_is_done(database: Database, two: tuple[int, int]) -> None:
    one, other = two
    with database.write() as conn:
        inbox.add(conn, [arrival(one, "a"), arrival(one, "a"), arrival(other, "a")])
        inbox.add(conn, [arrival(one, "a"), arrival(one, "b")])
        rows = inbox.take(conn, one, NOW, 10)
        assert names(rows) == ["a", "b"]
        inbox.done(conn, one, [rows[0].row_id])
        inbox.add(conn, [arrival(one, "a")])
        assert names(inbox.take(conn, one, NOW, 10)) == ["b"]
        assert inbox.open_rows(conn) == 2


def test_a_done_row_keeps_its_key_and_nothing_of_its_body(database: Database, two: tuple[int, int]) -> None:
    with database.write() as conn:
        inbox.add(conn, [arrival(two[0], "a")])
        inbox.done(conn, two[0], [inbox.take(conn, two[0], NOW, 1)[0].row_id])
        row = conn.execute(select(schema.inbox)).one()
    assert (row.status, row.body, row.key.rstrip(b"\0")) == ("done", b"", b"a")


def test_a_row_to_try_again_waits_for_its_moment(database: Database, two: tuple[int, int]) -> None:
    with database.write() as conn:
        inbox.add(conn, [arrival(two[0], "a")])
        inbox.retry(conn, two[0], inbox.take(conn, two[0], NOW, 1)[0].row_id, NOW + MINUTE, "The database was locked.")
        assert inbox.take(conn, two[0], NOW, 1) == []
        assert not inbox.any_due(conn, two[0], NOW)
        assert inbox.take(conn, two[0], NOW + MINUTE, 1)[0].attempts == 1
        assert inbox.any_due(conn, two[0], NOW + MINUTE)


def test_a_dead_row_waits_for_a_person(database: Database, two: tuple[int, int]) -> None:
    one, other = two
    with database.write() as conn:
        inbox.add(conn, [arrival(one, "a"), arrival(other, "b")])
        for shop_id in two:
            inbox.dead(conn, shop_id, inbox.take(conn, shop_id, NOW, 1)[0].row_id, "No order in it." + "!" * 5000)
        assert not inbox.any_due(conn, two[0], NOW)
        assert inbox.open_rows(conn) == 0
        [row] = inbox.dead_rows(conn, one, 10)
        assert (row.event, row.attempts) == ("order_created", 1)
        assert row.error.startswith("No order in it.")
        assert len(row.error) == inbox.ERROR_LENGTH
        assert inbox.revive(conn, one) == 1
        assert names(inbox.take(conn, one, NOW, 1)) == ["a"]
        assert inbox.take(conn, other, NOW, 1) == []


def test_old_done_rows_are_forgotten_some_at_a_time(database: Database, two: tuple[int, int]) -> None:
    with database.write() as conn:
        inbox.add(conn, [arrival(two[0], str(n), NOW + n * MINUTE) for n in range(5)])
        for row in inbox.take(conn, two[0], NOW + 3 * MINUTE, 10):
            inbox.done(conn, two[0], [row.row_id])
        before = NOW + 3 * MINUTE
        assert [inbox.prune(conn, before, 2) for _ in range(3)] == [2, 1, 0]
        left = conn.execute(select(schema.inbox.c.status).order_by(schema.inbox.c.id)).scalars().all()
    assert left == ["done", "open"]


@pytest.mark.parametrize(
    ("body", "wiped"),
    [
        ('{"userEmail": "ann@example.com"}', True),
        ('{"userEmail": "Ann@Example.COM"}', True),
        ('{"userEmail": "joann@example.com"}', False),
        ('{"user": {"id": "VXNlcjo0"}}', True),
        ('{"user": {"id": "VXNlcjo0MQ=="}}', False),
        ('{"userEmail": "zo\\u00eb@example.com"}', True),
        ('{"userEmail": "zoë@example.com"}', True),
        ('{"number": "1"}', False),
    ],
)
def test_erasure_finds_whole_strings_in_bodies(
    database: Database, two: tuple[int, int], body: str, wiped: bool
) -> None:
    one, other = two
    with database.write() as conn:
        inbox.add(conn, [arrival(shop_id, "a", body=body.encode()) for shop_id in two])
        inbox.add(conn, [arrival(one, "broken", body=b'\xff\x00 "not text')])
        assert inbox.wipe(conn, one, ["ann@example.com", "VXNlcjo0", "zoë@example.com"]) == int(wiped)
        assert inbox.wipe(conn, one, []) == 0
        assert len(inbox.take(conn, one, NOW, 10)) == 2 - wiped
        assert names(inbox.take(conn, other, NOW, 10)) == [body]


def test_what_another_worker_holds_is_skipped(database: Database, two: tuple[int, int]) -> None:
    if database.sqlite:
        pytest.skip("SQLite has one writer at a time.")
    with database.write() as conn:
        inbox.add(conn, [arrival(two[0], "a"), arrival(two[0], "b", NOW + MINUTE)])
    with database.write() as first, database.write() as second:
        assert names(inbox.take(first, two[0], NOW + MINUTE, 1)) == ["a"]
        assert names(inbox.take(second, two[0], NOW + MINUTE, 9)) == ["b"]


CHANGES: list[Callable[[Connection, int, int], object]] = [
    lambda conn, shop_id, row_id: inbox.retry(conn, shop_id, row_id, NOW, ""),
    lambda conn, shop_id, row_id: inbox.dead(conn, shop_id, row_id, ""),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_wrong_shop_finds_no_row(
    database: Database, two: tuple[int, int], change: Callable[[Connection, int, int], object]
) -> None:
    one, other = two
    with database.write() as conn:
        inbox.add(conn, [arrival(one, "a", body=b'"a"')])
        [row] = inbox.take(conn, one, NOW, 1)
        with pytest.raises(NotFound, match="no row"):
            change(conn, other, row.row_id)
        inbox.done(conn, other, [row.row_id])
        assert inbox.take(conn, other, NOW, 9) == []
        assert inbox.wipe(conn, other, ["a"]) == 0
        assert inbox.revive(conn, other) == 0
        assert inbox.dead_rows(conn, other, 9) == []
        assert inbox.take(conn, one, NOW, 1) == [row]
