"""What those spent whom a campaign gave something, and those it left alone: decision by decision, in a stream."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, select

from plugin.domain.decide import Outcome
from plugin.domain.earnings import Spent
from plugin.domain.tactic import TriggerKind
from plugin.store.numbers import CHUNK
from plugin.store.schema import decisions, orders

_AFTERWARDS = and_(
    orders.c.shop_id == decisions.c.shop_id,
    orders.c.customer_id == decisions.c.customer_id,
    orders.c.placed_at > decisions.c.decided_at,
    orders.c.counts,
)


def spent(connection: Connection, shop_id: int) -> Iterator[Spent]:
    """Each decision of either group with every later order, or once with none; trials are left out."""
    statement = (
        select(
            decisions.c.campaign_id,
            decisions.c.id,
            decisions.c.outcome,
            decisions.c.decided_at,
            orders.c.currency,
            orders.c.placed_at,
            orders.c.total,
            orders.c.refunded,
        )
        .outerjoin(orders, _AFTERWARDS)
        .where(
            decisions.c.shop_id == shop_id,
            decisions.c.outcome.in_((Outcome.GIVEN.value, Outcome.CONTROL.value)),
            decisions.c.trigger != TriggerKind.TRIAL.value,
        )
        .order_by(decisions.c.id)
    )
    for row in connection.execute(statement, execution_options={"yield_per": CHUNK}):
        kept = None if row.total is None else row.total - row.refunded
        yield Spent(row.campaign_id, row.id, Outcome(row.outcome), row.decided_at, row.currency, row.placed_at, kept)
