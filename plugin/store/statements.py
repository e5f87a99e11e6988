"""The few statements that the two databases spell differently."""

from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def locked(statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """The rows locked until the transaction's end; on SQLite the transaction has locked everything.

    skip: rows that somebody else holds are left out.
    """
    return statement.with_for_update(skip_locked=skip)
