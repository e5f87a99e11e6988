"""What a gift may cost, kept for it before it is given: in the deciding transaction, under the shop's lock."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.budgets import CUSTOMER_DAYS, THIS_CAMPAIGN, WHOLE_SHOP, Budgets, Over, Used, Usual, cost_of, over
from plugin.domain.customer import History
from plugin.domain.decide import Decision
from plugin.domain.effects import GiveCode
from plugin.domain.guardrails import Limit, Refusal
from plugin.domain.ledger import Order
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.phrases import phrase
from plugin.domain.trials import is_trial
from plugin.flow.house import House
from plugin.flow.scene import Scene
from plugin.store import budgets, codes, ledger, shops
from plugin.store.budgets import Part
from plugin.store.codes import Code, CodeKind, CodeStatus
from plugin.store.customers import Customer

#: A code is given up so long after its last day: until then an order that was placed in time may still be heard of.
LATE = timedelta(days=2)
#: Codes of one transaction.
BATCH = 500


class Purse:
    """Budgets while one transaction gives: what is in the books, and what it has given itself and not written yet."""

    def __init__(self, connection: Connection, scene: Scene) -> None:
        self._connection, self._scene = connection, scene
        #: Campaign (or `ALL`) and currency → used.
        self._used: dict[tuple[int, str], Used] = {}
        #: Customer and currency → campaign (or `ALL`) → given by this transaction.
        self._given: dict[tuple[int, str], dict[int, Decimal]] = {}

    def refuse_if_over(self, customer: Customer, decision: Decision) -> Decision:
        """A gift that a budget does not pay for is not given; what the next day may pay for is put off until then."""
        refusal = self.refusal_of(customer, decision)
        return decision if refusal is None else decision.refused(refusal)

    def refusal_of(self, customer: Customer, decision: Decision) -> Refusal | None:
        """Why no budget pays for it; None where they do, or where it is in none."""
        if not isinstance(decision.wish, GiveCode) or is_trial(decision.episode):
            return None
        bounds = self._bounds(decision)
        if not any(limits.any for _, limits in bounds.values()):
            return None
        cost = expected_cost(self._connection, self._scene, customer.state.history, decision.wish.offer)
        if cost is None:
            return Refusal(Limit.BUDGET, phrase("there is a budget, and nothing tells yet what this gift would cost"))
        found = self._over(customer, decision, cost, bounds)
        if found is None:
            return None
        return Refusal(Limit.BUDGET, found.because, self._scene.midnight(1) if found.today else None)

    def take(self, customer: Customer, decision: Decision, offer: Offer) -> Mapping[Part, Money]:
        """What is kept for this gift; nothing where nobody could use it: in a shop without a channel that sells.

        Where nothing tells what it would cost, it is booked with nothing until it is used.
        """
        scene, history = self._scene, customer.state.history
        currency = _currency(scene, history, offer)
        if currency is None:
            return {}
        gift = replace(offer, ships_free=False) if offer.ships_free else offer
        kept = {Part.GIFT: expected_cost(self._connection, scene, history, gift)}
        if offer.ships_free:
            kept[Part.SHIPPING] = shipping_in(self._connection, scene, currency)
        costs = {part: cost or Money(Decimal(0), currency) for part, cost in kept.items()}
        cost = Money(sum((one.amount for one in costs.values()), Decimal(0)), currency)
        mine = self._given.setdefault((customer.customer_id, cost.currency), defaultdict(Decimal))
        for whose in (decision.campaign.campaign_id, budgets.ALL):
            mine[whose] += cost.amount
            if (whose, cost.currency) in self._used:
                used = self._used[whose, cost.currency]
                self._used[whose, cost.currency] = replace(
                    used, total=used.total + cost.amount, day=used.day + cost.amount
                )
        return costs

    def _bounds(self, decision: Decision) -> Mapping[str, tuple[int, Budgets]]:
        return {
            THIS_CAMPAIGN: (decision.campaign.campaign_id, decision.campaign.budgets),
            WHOLE_SHOP: (budgets.ALL, self._scene.shop.guardrails.budgets),
        }

    def _over(
        self, customer: Customer, decision: Decision, cost: Money, bounds: Mapping[str, tuple[int, Budgets]]
    ) -> Over | None:
        """What no day can change comes first, whoever's budget it is."""
        self._look_up(decision.campaign.campaign_id, cost.currency)
        had: Mapping[int, Decimal] = {}
        if any(limits.customer for _, limits in bounds.values()):
            had = self._had(customer.customer_id, cost.currency)
        found = [
            over(limits, replace(self._used[key, cost.currency], customer=had.get(key, Decimal(0))), cost, whose)
            for whose, (key, limits) in bounds.items()
        ]
        return min((one for one in found if one is not None), key=lambda one: one.today, default=None)

    def _look_up(self, campaign_id: int, currency: str) -> None:
        """Once a campaign and currency; what was given meanwhile is added by `take`."""
        if (campaign_id, currency) in self._used:
            return
        used = budgets.used(self._connection, self._scene.shop_id, campaign_id, self._scene.today, currency)
        for whose, amounts in used.items():
            self._used.setdefault((whose, currency), self._with_given(whose, currency, amounts))

    def _with_given(self, whose: int, currency: str, used: Used) -> Used:
        given = sum(
            (amounts.get(whose, Decimal(0)) for (_, of), amounts in self._given.items() if of == currency), Decimal(0)
        )
        return replace(used, total=used.total + given, day=used.day + given)

    def _had(self, customer_id: int, currency: str) -> Mapping[int, Decimal]:
        """What the customer had within the time of a customer's budget."""
        since = self._scene.now - timedelta(days=CUSTOMER_DAYS)
        had = budgets.used_for(self._connection, self._scene.shop_id, customer_id, currency, since)
        given = self._given.get((customer_id, currency), {})
        return {whose: had.get(whose, Decimal(0)) + given.get(whose, Decimal(0)) for whose in {*had, *given}}


def settle(connection: Connection, scene: Scene, code: Code, order: Order) -> None:
    """The order that this code was used in says what was given; one that was cancelled gave nothing.

    Saleor does not give the code back then, so nobody will use it again. Of a gift card no order tells how
    much it paid, and what is left of it stays the customer's: all of it is given at its first use, and no later word
    on an order changes that. Only the card itself does, when the merchant takes away what is left.
    """
    if code.order_id != order.order_id:
        return
    if code.kind is CodeKind.GIFT_CARD and code.offer is not None and code.offer.currency:
        if budgets.is_settled(connection, scene.shop_id, code.decision_id):
            return
        given = Money(code.offer.value, code.offer.currency)
    else:
        given = Money(order.discount if order.counts else Decimal(0), order.currency)
    budgets.settle(connection, scene.shop_id, code.decision_id, given)


def expire(house: House, shop_id: int) -> int:
    """Codes that nobody used in time, a batch of them; how many there were. One that never went out was never given."""
    now = house.clock()
    with house.database.write() as connection:
        shops.hold(connection, shop_id)
        late = codes.expired(connection, shop_id, now - LATE, BATCH)
        reached = [code for code in late if code.status is CodeStatus.ISSUED]
        codes.give_up(connection, shop_id, reached, CodeStatus.EXPIRED)
        codes.give_up(connection, shop_id, [code for code in late if code.status is CodeStatus.DRAWN])
    return len(late)


def expected_cost(connection: Connection, scene: Scene, history: History, offer: Offer) -> Money | None:
    """The most that one such gift is expected to cost; None where nothing tells."""
    currency = _currency(scene, history, offer)
    if currency is None:
        return None
    usual = _usual(connection, scene, currency)
    if offer.kind is OfferKind.PERSONAL_GIFT:
        usual = replace(usual, gift=price_of(connection, scene, currency, offer))
    return cost_of(offer, history, usual, currency)


def shipping_in(connection: Connection, scene: Scene, currency: str) -> Money | None:
    """What shipping usually costs; None where nobody has paid for it lately."""
    shipping = _usual(connection, scene, currency).shipping
    return None if shipping is None else Money(shipping, currency).rounded()


def _usual(connection: Connection, scene: Scene, currency: str) -> Usual:
    if currency not in scene.usual:
        scene.usual[currency] = ledger.usual(connection, scene.shop_id, currency)
    return scene.usual[currency]


def price_of(connection: Connection, scene: Scene, currency: str, gift: Offer) -> Decimal | None:
    """What a personal gift costs at most; None where its product is not named by its id, or nobody bought it lately."""
    key = (currency, *gift.products)
    if key not in scene.prices:
        scene.prices[key] = ledger.highest_price(connection, scene.shop_id, currency, gift.products)
    return scene.prices[key]


def _currency(scene: Scene, history: History, offer: Offer) -> str | None:
    """The offer's, or that of the customer's last order; who has not bought yet is taken to buy in the first channel."""
    return offer.currency or history.currency or next(iter(scene.currencies.values()), None)
