"""The few statements that the two databases spell differently.

Building a statement costs more than running it, so those of the hot path are built once, with bound
parameters, and the others where they are used.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, Table, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_on(connection.dialect.name, table)


def insert_on(dialect: str, table: Table) -> Any:
    """The same for a statement that is built once for each of the two."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def upsert_newest(connection: Connection, table: Table, newest: str, *then: str, first: tuple[str, ...] = ()) -> Any:
    """An INSERT that replaces the row of the same primary key, unless that one is newer.

    newest, then: the columns that are compared, the first that differs decides. first: of these what was told first
    stands.
    """
    return _upsert_newest(connection.dialect.name, table, (newest, *then), first)


@cache
def _upsert_newest(dialect: str, table: Table, versions: tuple[str, ...], told_first: tuple[str, ...]) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    new = statement.excluded
    *first, last = versions
    newer = table.c[last] <= new[last]
    for name in reversed(first):
        newer = (table.c[name] < new[name]) | ((table.c[name] == new[name]) & newer)
    changes = {column.name: new[column.name] for column in table.columns if column.name not in keys}
    changes |= {name: func.coalesce(table.c[name], new[name]) for name in told_first}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes, where=newer)


def write_all(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `connection.execute` with many rows, which have the same names: a statement that is built once.

    What is spared is to look at each row anew, which costs more than to write it. Columns must not have defaults
    that are worked out here.
    """
    if not rows:
        return
    text_of, names, processors = _compiled(statement, connection.dialect, tuple(rows[0]))
    values = [
        [row[name] if process is None else process(row[name]) for name, process in zip(names, processors, strict=True)]
        for row in rows
    ]
    if connection.dialect.positional:
        connection.exec_driver_sql(text_of, [tuple(one) for one in values])
    else:
        connection.exec_driver_sql(text_of, [dict(zip(names, one, strict=True)) for one in values])


@lru_cache(maxsize=256)
def _compiled(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, list[str], list[Any]]:
    """The text, the names in the order in which they are bound, and what makes each value the database's."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    bound = list(compiled.positiontup or compiled.binds)
    processors = compiled._bind_processors  # noqa: SLF001 -- what `execute` uses itself
    return str(compiled), bound, [processors.get(name) for name in bound]


def next_ids(connection: Connection, table: Table, number: int) -> list[int]:
    """So many new ids of a table that numbers its rows and uses no number again, for rows that name each other.

    Nobody else gets them: on SQLite because the transaction is the only writer.
    """
    if not number:
        return []
    if connection.dialect.name == "sqlite":
        last = connection.execute(_LAST_ID, {"table": table.name}).scalar_one_or_none() or 0
        return list(range(last + 1, last + number + 1))
    return list(connection.execute(_NEXT_IDS, {"table": table.name, "number": number}).scalars())


_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :number)")


def locked(statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """The rows locked until the transaction's end; on SQLite the transaction has locked everything.

    skip: rows that somebody else holds are left out.
    """
    return statement.with_for_update(skip_locked=skip)


class in_one_scan(GenericFunction[Any]):  # noqa: N801 -- called like the functions of SQL
    """A column by which SQLite looks nothing up: reading all rows in turn takes a fifth of finding most by an index.

    Every index begins with the shop, so this around the shop's column is enough. PostgreSQL knows by itself.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.type = column.type
        super().__init__(column)


@compiles(in_one_scan)
def _as_it_is(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(in_one_scan, "sqlite")
def _unary_plus(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"
