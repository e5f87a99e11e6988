"""Somebody who falls silent, and what became of it: what several test files look at."""

from plugin.domain.decide import Outcome
from plugin.store import decisions, effects
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.shop import NOW, days, order


def user_of(home: Home) -> str:
    """A customer of the sandbox, known to the ledger too, who ordered and then fell silent."""
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    return user.id


async def silent_customer(home: Home) -> str:
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.now = NOW + days(60)
    return user_id


def metadata(home: Home, user_id: str) -> dict[str, str]:
    return home.sandbox.shop.users[user_id].public_meta


def outcomes(home: Home) -> list[Outcome]:
    with home.database.read() as connection:
        return [told.outcome for told in decisions.latest(connection, home.shop_id, 100)]


def statuses(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return effects.counts(connection, home.shop_id)
