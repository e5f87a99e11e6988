"""What the ledger cannot date is no knowledge of the past."""

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import update

from plugin.domain.ledger import Order
from plugin.flow.fit import fit
from plugin.store.schema import orders
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio


def bought() -> Iterator[Order]:
    """A year of people who come every few weeks, until a day of their own."""
    chance = random.Random(1)
    for who in range(90):
        left = chance.randint(1, 250)
        for n, at in enumerate(range(chance.randint(251, 360), left, -chance.randint(10, 40))):
            yield order(f"O{who}-{n}", ago(at), user_id=f"U{who}", email=f"{who}@example.com")


async def test_a_refund_says_nothing_of_the_past_windows_and_lowers_what_is_expected(home: Home) -> None:
    made = list(bought())
    for at in range(0, len(made), 50):
        home.arrive("order_bulk_created", bulk_body(made[at : at + 50], NOW))
    home.receive()
    plain = fit(home.database, home.shop_id, home.now)
    latest = {seen.user_id: seen for seen in made}
    gone = [seen.order_id for seen in latest.values() if seen.placed_at < ago(60)]
    assert len(gone) > 20
    with home.database.write() as connection:
        connection.execute(update(orders).where(orders.c.order_id.in_(gone)).values(refunded=Decimal(15)))
    refunded = fit(home.database, home.shop_id, home.now)
    assert plain.backtest is not None
    assert "layered" in plain.backtest.candidates
    assert refunded.backtest == plain.backtest
    assert refunded.reason == plain.reason
    assert refunded.value != plain.value
