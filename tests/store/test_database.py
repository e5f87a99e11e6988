"""A database that somebody else holds: it is said, in time."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from plugin.errors import TryLater
from plugin.store.database import LONG_SECONDS, Database


def test_a_writer_that_waits_for_too_long_is_told(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=0.05)
    began, told = threading.Event(), threading.Event()

    def hold() -> None:
        with opened.write():
            began.set()
            told.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert began.wait(20)
    with pytest.raises(TryLater, match="locked"), opened.write():
        pass
    told.set()
    holder.join()
    with opened.write() as connection:  # and it is free again
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    opened.close()


def test_a_writer_of_another_process_is_waited_for_no_longer(tmp_path: Path) -> None:
    ours, theirs = (Database(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=0.05) for _ in range(2))
    with theirs.write(), pytest.raises(TryLater, match="locked"), ours.write():
        pass
    ours.close()
    theirs.close()


def test_a_process_that_writes_all_the_time_lets_another_in(tmp_path: Path) -> None:
    """Two databases on one file are as two processes to SQLite."""
    ours, theirs = (Database(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=5) for _ in range(2))
    over = threading.Event()

    def write_on() -> None:
        while not over.is_set():
            with theirs.write():
                time.sleep(2 * LONG_SECONDS)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for _ in range(20):
            with ours.write() as connection:
                assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    finally:
        over.set()
        writer.join()
    ours.close()
    theirs.close()


def test_an_error_does_not_say_what_was_to_be_written(database: Database) -> None:
    with database.write() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("INSERT INTO nowhere VALUES (:email)"), {"email": "ann@example.com"})
    assert "nowhere" in str(caught.value)
    assert "ann@example.com" not in str(caught.value)
