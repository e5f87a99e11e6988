"""Alembic's entry: the connection comes from `plugin.store.migrate`, inside of its transaction."""

from typing import Any, Literal

from alembic import context

from plugin.store.schema import metadata
from plugin.store.types import Amount, Moment, Names, OfferText, Sentence


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own types as what they are in a database: a revision must not change when the app does."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Amount):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Names | OfferText | Sentence):
        return "sa.Text()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
