from datetime import UTC, datetime, timedelta

from plugin.store import wakes
from plugin.store.database import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_wake_up_is_taken_once(database: Database) -> None:
    with database.write() as conn:
        assert not wakes.waiting(conn)
        wakes.leave(conn, ["deliver:1"], NOW + timedelta(seconds=1))
        wakes.leave(conn, ["receive:7", "deliver:1", "receive:7"], NOW)
        assert wakes.waiting(conn)
    with database.write() as conn:
        assert wakes.take(conn) == ["receive:7", "deliver:1"]
        assert wakes.take(conn) == []
        assert not wakes.waiting(conn)


def test_nothing_to_leave(database: Database) -> None:
    with database.write() as conn:
        wakes.leave(conn, [], NOW)
        assert wakes.take(conn) == []
