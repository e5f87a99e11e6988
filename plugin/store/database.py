"""One database, the same to its callers on SQLite and on PostgreSQL.

Everything here is synchronous; async callers go through a thread. On SQLite there is one writer at a
time, so `write()` takes a lock of the process first, and then looks often whether another process has let
go: SQLite itself would look every tenth of a second, and hardly ever catch one that writes all the time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from plugin.domain.phrases import phrase
from plugin.errors import TryLater
from plugin.store.types import read_json

#: Seconds that we wait for another writer of this process, and then for one of another process, before we say
#: that the database is locked: together well below the 18 that Saleor waits for the answer to a webhook.
BUSY_SECONDS = 5
#: A person at a command line waits for a server that is busy writing; nobody else is held up by that.
PATIENT_SECONDS = 60
#: Between two looks whether another process has let go of SQLite's lock: shorter than it leaves it free.
LOOK_SECONDS = 0.001
#: Who has held the lock for longer leaves it free for two looks, or it would be missed again and again.
LONG_SECONDS = 0.02
#: Pages kept in memory by one SQLite connection, in KiB.
CACHE_KIB = 16_384


class Database:
    """The engines of one process: `write` and `read` are the only ways to a connection."""

    def __init__(self, url: str, pool_size: int = 8, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = make_url(url)
        self._busy_seconds = busy_seconds
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            file = self.url.render_as_string(hide_password=False)
            self._writer = _sqlite(
                file, pool_size=1, begin=partial(_begin_writing, busy_seconds), busy_seconds=busy_seconds
            )
            self._reader = _sqlite(file, pool_size=pool_size, begin=_begin_reading, busy_seconds=busy_seconds)
        else:
            self._writer = self._reader = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_size=pool_size,
                max_overflow=0,
                hide_parameters=True,
                pool_pre_ping=True,
                pool_timeout=BUSY_SECONDS,
                connect_args={"connect_timeout": BUSY_SECONDS},
            )
        self._looker = self._reader if self.sqlite else self._reader.execution_options(isolation_level="AUTOCOMMIT")
        self._one_writer = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises `TryLater` when the database is locked or gone.
        """
        with self._turn(), _as_ours(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        if not self._one_writer.acquire(timeout=self._busy_seconds):
            raise TryLater(phrase("The database is locked: another transaction has been writing for too long."))
        began = time.monotonic()
        try:
            yield
        finally:
            if time.monotonic() - began > LONG_SECONDS:
                time.sleep(2 * LOOK_SECONDS)
            self._one_writer.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing. Raises `TryLater` when the database is locked or gone."""
        with _as_ours(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """As `read`, for a single statement: on PostgreSQL no transaction is begun and ended around it."""
        with _as_ours(), self._looker.begin() as connection:
            yield connection

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def _as_ours() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise TryLater(phrase("The database did not answer: {error}", error=error.orig)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise TryLater(phrase("The connection to the database was lost: {error}", error=error.orig)) from error
        raise
    except SQLAlchemyError as error:
        if isinstance(error, TimeoutError) or "QueuePool limit" in str(error):
            raise TryLater(phrase("All connections to the database are in use.")) from error
        raise


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(seconds: float, connection: Connection) -> None:
    until = time.monotonic() + seconds
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def _sqlite(url: str, pool_size: int, begin: Callable[[Connection], None], busy_seconds: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        json_deserializer=read_json,
        connect_args={"timeout": busy_seconds, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "begin", begin)
    return engine
