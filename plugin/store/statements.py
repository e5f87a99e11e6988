"""The few statements that the two databases spell differently.

Building a statement costs more than running it, so those of the hot path are built once, with bound
parameters, and the others where they are used.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table
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


def upsert_newest(connection: Connection, table: Table, newest: str, *then: str) -> Any:
    """An INSERT that replaces the row of the same primary key, unless that one is newer.

    newest, then: the columns that are compared, the first that differs decides.
    """
    return _upsert_newest(connection.dialect.name, table, (newest, *then))


@cache
def _upsert_newest(dialect: str, table: Table, versions: tuple[str, ...]) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    new = statement.excluded
    *first, last = versions
    newer = table.c[last] <= new[last]
    for name in reversed(first):
        newer = (table.c[name] < new[name]) | ((table.c[name] == new[name]) & newer)
    changes = {column.name: new[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes, where=newer)


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
