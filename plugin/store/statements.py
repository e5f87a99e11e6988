"""The few statements that the two databases spell differently.

Building a statement costs more than running it, so those of the hot path are built once, with bound
parameters, and the others where they are used.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    LargeBinary,
    Select,
    Table,
    bindparam,
    cast,
    column,
    func,
    select,
    text,
    true,
    update,
)
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


def insert_all(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `connection.execute` with many rows, which have the same names: a statement that is built once.

    What is spared is to look at each row anew, which costs more than to write it: SQLite takes all rows of a
    statement by itself, and PostgreSQL takes them as one document. There no two may have the same key if the
    statement updates what is there. Columns must not have defaults that are worked out here.
    """
    if rows:
        _write(connection, _inserting(statement, connection.dialect, tuple(rows[0])), rows)


def update_all(
    connection: Connection, table: Table, keys: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """The same for rows that are there. keys: column → the name under which each row says what it must be."""
    if rows:
        _write(connection, _updating(table, tuple(keys.items()), connection.dialect, tuple(rows[0])), rows)


@dataclass(frozen=True, slots=True)
class _Writing:
    text: str
    #: In the order in which they are bound, each with what makes its value the database's.
    names: Sequence[str]
    processors: Sequence[Callable[[Any], Any] | None]


def _write(connection: Connection, writing: _Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = []
    for name, process in zip(writing.names, writing.processors, strict=True):
        values = [row[name] for row in rows]
        columns.append(values if process is None else list(map(process, values)))
    bound = list(zip(*columns, strict=True))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(writing.text, bound)
    else:
        document = json.dumps([dict(zip(writing.names, one, strict=True)) for one in bound], default=_as_text)
        connection.exec_driver_sql(writing.text, {_ROWS: document})


def _as_text(value: Any) -> str:
    """What JSON has no sign for, as PostgreSQL reads it."""
    match value:
        case date():  # and a moment, which is one
            return value.isoformat()
        case bytes():
            return f"\\x{value.hex()}"
    return str(value)


@lru_cache(maxsize=256)
def _inserting(statement: Insert, dialect: Dialect, names: tuple[str, ...]) -> _Writing:
    if dialect.name == "sqlite":
        return _each(statement, dialect, names)
    rows = _rows({name: statement.table.c[name] for name in names})
    return _at_once(statement.from_select(names, select(rows), include_defaults=False), rows, dialect)


@lru_cache(maxsize=256)
def _updating(table: Table, keys: tuple[tuple[str, str], ...], dialect: Dialect, names: tuple[str, ...]) -> _Writing:
    of = {name: column for column, name in keys}
    changed = [name for name in names if name not in of]
    if dialect.name == "sqlite":
        where = [table.c[column] == bindparam(name) for column, name in keys]
        return _each(update(table).where(*where).values({name: bindparam(name) for name in changed}), dialect, names)
    rows = _rows({name: table.c[of.get(name, name)] for name in names})
    where = [table.c[column] == rows.c[name] for column, name in keys]
    return _at_once(update(table).where(*where).values({name: rows.c[name] for name in changed}), rows, dialect)


def _each(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Writing:
    """One row at a time, by place."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    bound = list(compiled.positiontup or ())
    processors = compiled._bind_processors  # noqa: SLF001 -- what `execute` uses itself
    return _Writing(str(compiled), bound, [processors.get(name) for name in bound])


def _rows(columns: Mapping[str, ColumnElement[Any]]) -> Any:
    """The rows of one JSON document, as a table with these columns."""
    typed = [column(name, of.type) for name, of in columns.items()]
    document = func.json_to_recordset(cast(bindparam(_ROWS), JSON))
    return document.table_valued(*typed, name=_ROWS).render_derived(with_types=True)


def _at_once(statement: Any, rows: Any, dialect: Dialect) -> _Writing:
    """All rows in one statement; what lies in them as JSON or as bytes goes into the document as it is."""
    processors = [
        None if isinstance(one.type, JSON | LargeBinary) else one.type.dialect_impl(dialect).bind_processor(dialect)
        for one in rows.c
    ]
    return _Writing(str(statement.compile(dialect=dialect)), [one.name for one in rows.c], processors)


_ROWS = "rows"


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


def among(dialect: str, statement: Select[Any], column: ColumnElement[Any], name: str) -> Select[Any]:
    """The statement's rows whose column is one of those that are bound by this name, each found by an index.

    Told to find many, PostgreSQL reads all that the shop has where it has not looked at the table lately: it takes one
    shop for a small part of it. So it is told to find one, many times.
    """
    if dialect == "sqlite":
        return statement.where(column.in_(bindparam(name, expanding=True)))
    many = func.unnest(bindparam(name, type_=postgresql.ARRAY(column.type)))
    wanted = many.table_valued(name, name="wanted").render_derived()
    # What has an offset, though it be none, is planned by itself.
    each = statement.where(column == wanted.c[name]).offset(0).lateral("each")
    return select(each).select_from(wanted).join(each, true())


def for_many(connection: Connection) -> None:
    """Of this transaction's statements each is about many rows, and planned for the tables as they have become.

    PostgreSQL goes on with a plan that it made when there was little in them, which would read all of them each time.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


@contextmanager
def rows_alike(connection: Connection, number: int) -> Iterator[None]:
    """So many rows are written: what is asked for each of them, that the row it names is there, is planned once.

    A transaction in which everything is planned anew (`for_many`) would plan that for each, which takes as long as to
    write it.
    """
    if connection.dialect.name == "sqlite" or number == 1:
        yield
        return
    before = connection.exec_driver_sql("SHOW plan_cache_mode").scalar_one()
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = auto")
    yield
    connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {before}")


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
