"""The few statements that the two databases spell differently.

Building a statement costs more than running it, so those of the hot path are built once, with bound
parameters, and the others where they are used.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


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
