"""Durable in groups: what shares a transaction, what happens when the database does not take it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Connection

from plugin.errors import TryLater
from plugin.store import inbox, schema
from plugin.store.database import Database
from plugin.store.inbox import Arrival
from tests.saleor.signing import API, NOW
from tests.webhooks.conftest import OTHER, Clock, House, install
from webhooks import intake as module
from webhooks.intake import Intake

pytestmark = pytest.mark.anyio


def arrival(shop_id: int, name: str, body: bytes = b"{}") -> Arrival:
    return Arrival(shop_id, name.encode().ljust(16, b"\0"), "order_created", body, NOW)


def names(db: Database) -> list[str]:
    with db.read() as conn:
        keys = conn.execute(select(schema.inbox.c.key).order_by(schema.inbox.c.id)).scalars()
        return [key.rstrip(b"\0").decode() for key in keys]


@contextmanager
def commits(db: Database) -> Iterator[list[int]]:
    counted = [0]

    def count(_: Connection) -> None:
        counted[0] += 1

    event.listen(db._writer, "commit", count)
    yield counted
    event.remove(db._writer, "commit", count)


async def test_what_arrives_together_shares_a_transaction(database: Database) -> None:
    one, other = install(database, API, "acme"), install(database, OTHER, "other")
    woken: list[set[int]] = []
    intake = Intake(database, most_open=1000, on_committed=woken.append, clock=Clock())
    with commits(database) as counted:
        await asyncio.gather(*(intake.accept(arrival((one, other)[n % 2], str(n))) for n in range(100)))
        assert counted == [1]
    assert sorted(names(database), key=int) == [str(n) for n in range(100)]
    assert woken == [{one, other}]
    await intake.close()


async def test_a_transaction_has_a_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 30)
    shop_id = install(database, API, "acme")
    intake = Intake(database, most_open=1000, on_committed=lambda _: None, clock=Clock())
    with commits(database) as counted:
        await asyncio.gather(*(intake.accept(arrival(shop_id, str(n))) for n in range(100)))
        assert counted == [4]
    assert len(names(database)) == 100
    await intake.close()


async def test_a_caller_who_hangs_up_does_not_harm_the_others(database: Database) -> None:
    shop_id = install(database, API, "acme")
    intake = Intake(database, most_open=1000, on_committed=lambda _: None)
    gone = asyncio.create_task(intake.accept(arrival(shop_id, "gone")))
    stays = asyncio.create_task(intake.accept(arrival(shop_id, "stays")))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert names(database) == ["gone", "stays"]
    await intake.close()


async def test_a_row_that_the_database_refuses_is_not_the_others_fault(database: Database) -> None:
    shop_id = install(database, API, "acme")
    woken: list[set[int]] = []
    intake = Intake(database, most_open=1000, on_committed=woken.append)
    accepted = await asyncio.gather(
        intake.accept(arrival(shop_id, "a")),
        intake.accept(arrival(999, "of a shop erased a moment ago")),
        intake.accept(arrival(shop_id, "b")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in accepted] == [type(None), TryLater, type(None)]
    assert names(database) == ["a", "b"]
    assert woken == [{shop_id}, {shop_id}]
    with pytest.raises(TryLater):
        await intake.accept(arrival(999, "alone"))
    await intake.close()


async def test_a_full_inbox_is_503_and_recovers(house: House) -> None:
    house.intake._most_open = 2
    first = await asyncio.gather(*(house.post(b'{"n": %d}' % n) for n in range(2)))
    assert {answer.status_code for answer in first} == {200}
    answer = await house.post(b'{"n": 3}')
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "full" in answer.json()["error"]["message"]
    with house.db.write() as conn:
        for row in inbox.take(conn, house.shop_id, NOW, 9):
            inbox.done(conn, house.shop_id, [row.row_id])
    assert (await house.post(b'{"n": 3}')).status_code == 503, "not counted again yet"
    house.clock.seconds += 1
    assert (await house.post(b'{"n": 3}')).status_code == 503
    await settled(house.intake)
    assert (await house.post(b'{"n": 3}')).status_code == 200
    assert len(house.inbox()) == 3


async def settled(intake: Intake) -> None:
    if intake._writer is not None:
        await intake._writer


async def test_there_is_an_end_to_what_waits_in_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop_id = install(database, API, "acme")
    intake = Intake(database, most_open=1000, on_committed=lambda _: None)
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    outcomes = await asyncio.gather(
        *(intake.accept(arrival(shop_id, str(n))) for n in range(5)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 3 + [TryLater] * 2
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 10)
    outcomes = await asyncio.gather(
        *(intake.accept(arrival(shop_id, str(n), b"x" * 10)) for n in (5, 6)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), TryLater]
    await intake.accept(arrival(shop_id, "7"))
    assert len(names(database)) == 5
    await intake.close()


def locked_sqlite(db: Database) -> Callable[[], None]:
    """Another process writes; nobody waits ten seconds for it here."""
    with db.write() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout=0")
    holder = sqlite3.connect(str(db.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    return holder.close


def locked_postgres(db: Database) -> Callable[[], None]:
    @event.listens_for(db._writer, "begin")
    def _impatient(conn: Connection) -> None:
        conn.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    holder = db._writer.connect()
    holder.exec_driver_sql("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
    return holder.close


async def test_a_locked_database_is_503_until_it_is_free(house: House) -> None:
    await house.post(b'{"n": 0}')
    let_go = locked_sqlite(house.db) if house.db.sqlite else locked_postgres(house.db)
    answers = await asyncio.gather(*(house.post(b'{"n": %d}' % n) for n in range(1, 5)))
    let_go()
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    assert (await house.post(b'{"n": 5}')).status_code == 200
    assert [row["body"] for row in house.inbox()] == [b'{"n": 0}', b'{"n": 5}']


async def test_a_database_that_is_gone_is_503(house: House) -> None:
    await house.post(b'{"n": 0}')
    with house.db.write() as conn:
        schema.inbox.drop(conn)
    answer = await house.post(b'{"n": 1}')
    assert answer.status_code == 503
    with house.db.write() as conn:
        schema.inbox.create(conn)
    assert (await house.post(b'{"n": 1}')).status_code == 200


async def test_a_lost_connection_is_503_and_a_new_one_is_made(house: House) -> None:
    if house.db.sqlite:
        pytest.skip("SQLite is a file.")
    await house.post(b'{"n": 0}')

    @event.listens_for(house.db._writer, "before_cursor_execute", once=True)
    def _cut(conn: Connection, *_: object) -> None:
        with closing(house.db._writer.raw_connection()) as other:
            pid = conn.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            other.cursor().execute(f"SELECT pg_terminate_backend({pid})")

    assert (await house.post(b'{"n": 1}')).status_code == 503
    assert (await house.post(b'{"n": 1}')).status_code == 200
    assert [row["body"] for row in house.inbox()] == [b'{"n": 0}', b'{"n": 1}']


async def test_a_server_that_does_not_answer_is_503(database: Database) -> None:
    nowhere = Database("postgresql://postgres@127.0.0.1:1/nowhere", pool_size=1)
    intake = Intake(nowhere, most_open=10, on_committed=lambda _: None)
    with pytest.raises(TryLater, match="did not answer"):
        await intake.accept(arrival(1, "a"))
    await intake.close()


async def test_what_was_let_in_is_written_before_the_end(database: Database) -> None:
    shop_id = install(database, API, "acme")
    intake = Intake(database, most_open=1000, on_committed=lambda _: None)
    waiting = [asyncio.create_task(intake.accept(arrival(shop_id, str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    await intake.close()
    await asyncio.gather(*waiting)
    assert len(names(database)) == 10
