"""Messages, asked for in the transaction that decides on them, as effects of a kind of their own.

One that tells of a code waits for the effect that puts the code into the platform. Its words are kept in the one
language that it is sent in; names and codes are filled in when it goes.
"""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from plugin.domain.decide import Decision
from plugin.domain.effects import EffectKind, GiveCode, Tell
from plugin.domain.messages import Message, write_message
from plugin.domain.values import light_dataclass
from plugin.flow.scene import Scene
from plugin.store import effects, ledger
from plugin.store.customers import Customer
from plugin.store.effects import Wanted


@light_dataclass(frozen=True, slots=True)
class Telling:
    """A decision that says something to somebody, under its number."""

    customer: Customer
    decision: Decision
    decision_id: int


def message_key(decision_id: int) -> str:
    return f"message:{decision_id}"


def tell(connection: Connection, scene: Scene, tellings: Sequence[Telling], codes: Mapping[int, int]) -> None:
    """codes: decision → the effect that puts its code into the platform, which has to be done first."""
    said = [one for one in tellings if message_of(one.decision) is not None]
    silent = [one.customer.customer_id for one in said if one.customer.state.language is None]
    spoken = ledger.languages_of(connection, scene.shop_id, silent) if silent else {}
    wanted = [one for telling in said if (one := _wanted(scene, telling, codes, spoken)) is not None]
    effects.ask_all(connection, scene.shop_id, wanted, scene.now)


def message_of(decision: Decision) -> Message | None:
    return decision.wish.message if isinstance(decision.wish, GiveCode | Tell) else None


def _wanted(scene: Scene, telling: Telling, codes: Mapping[int, int], spoken: Mapping[int, str]) -> Wanted | None:
    """spoken: guests' language, by their last order."""
    wish, customer = telling.decision.wish, telling.customer
    if not isinstance(wish, GiveCode | Tell) or wish.message is None:
        return None
    language = customer.state.language or spoken.get(customer.customer_id)
    return Wanted(
        message_key(telling.decision_id),
        EffectKind.MESSAGE,
        {
            **write_message(wish.message, language),
            "language": language,
            "purpose": wish.purpose.value,
            "about": wish.about if isinstance(wish, Tell) else None,
            "ref": secrets.token_urlsafe(16),
            "asked_at": scene.now.isoformat(),
        },
        campaign_id=telling.decision.campaign.campaign_id,
        decision_id=telling.decision_id,
        customer_id=customer.customer_id,
        waits_for=codes.get(telling.decision_id),
    )
