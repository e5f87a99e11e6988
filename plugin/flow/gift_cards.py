"""What a merchant does to a gift card of ours: noticed, and not fought over."""

from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.events import GiftCardSeen
from plugin.domain.money import Money
from plugin.flow import asks
from plugin.flow.scene import Scene
from plugin.store import budgets, codes
from plugin.store.codes import Code, CodeStatus


def take_in(connection: Connection, scene: Scene, event: GiftCardSeen) -> None:
    """A card that pays no more is given up: what was spent of it was given, the rest is free, and its banner goes.

    One that was used and is switched on again is the customer's again, all of it; one that nobody had used stays
    given up, and settles if it is used after all.
    """
    card = codes.gift_card(connection, scene.shop_id, event.card_id)
    if card is None or card.offer is None or not card.offer.currency:
        return
    whole = Money(card.offer.value, card.offer.currency)
    used = card.status is CodeStatus.REDEEMED
    if used:
        budgets.settle(connection, scene.shop_id, card.decision_id, _spent(whole, event) if event.gone else whole)
    elif card.alive and event.gone:
        _give_up(connection, scene, card, _spent(whole, event))


def _give_up(connection: Connection, scene: Scene, card: Code, spent: Money) -> None:
    """Something is spent of a card whose order we have not heard of yet."""
    if spent.amount:
        budgets.settle(connection, scene.shop_id, card.decision_id, spent)
    codes.give_up(connection, scene.shop_id, [card])
    asks.take_down(connection, scene, card)


def _spent(whole: Money, event: GiftCardSeen) -> Money:
    """Staff may have put more on it than we did, and in no other currency: Saleor keeps a card's."""
    return Money(max(Decimal(0), whole.amount - event.left), whole.currency)
