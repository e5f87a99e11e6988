"""What a gift may cost, kept for it before it is given: in the deciding transaction, under the shop's lock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.budgets import CUSTOMER_DAYS, Budgets, Over, cost_of, over
from plugin.domain.customer import History
from plugin.domain.decide import Decision
from plugin.domain.effects import GiveCode
from plugin.domain.guardrails import Limit, Refusal
from plugin.domain.ledger import Order
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.trials import is_trial
from plugin.flow.house import House
from plugin.flow.scene import Scene
from plugin.store import budgets, codes, ledger, shops
from plugin.store.codes import Code, CodeKind, CodeStatus
from plugin.store.customers import Customer

#: A code is given up so long after its last day: until then an order that was placed in time may still be heard of.
LATE = timedelta(days=2)
#: Codes of one transaction.
BATCH = 500


def refuse_if_over(connection: Connection, scene: Scene, customer: Customer, decision: Decision) -> Decision:
    """A gift that a budget does not pay for is not given; what the next day may pay for is put off until then."""
    if not isinstance(decision.wish, GiveCode) or is_trial(decision.episode):
        return decision
    bounds = {
        "this campaign": (decision.campaign.campaign_id, decision.campaign.budgets),
        "the whole shop": (budgets.ALL, scene.shop.guardrails.budgets),
    }
    if not any(limits.any for _, limits in bounds.values()):
        return decision
    cost = expected_cost(connection, scene, customer.state.history, decision.wish.offer)
    if cost is None:
        because = "there is a budget, and nothing tells yet what this gift would cost"
        return decision.refused(Refusal(Limit.BUDGET, because))
    found = _over(connection, scene, customer, decision, cost, bounds)
    if found is None:
        return decision
    return decision.refused(Refusal(Limit.BUDGET, found.because, _midnight(scene) if found.today else None))


def reserve(
    connection: Connection, scene: Scene, customer: Customer, decision: Decision, decision_id: int, offer: Offer
) -> None:
    """Where nothing tells what it would cost, it is booked with nothing until it is used."""
    currency = _currency(scene, customer.state.history, offer)
    if currency is None:
        return  # A shop without a channel that sells: nobody can use it.
    cost = expected_cost(connection, scene, customer.state.history, offer)
    budgets.reserve(
        connection,
        scene.shop_id,
        decision_id,
        decision.campaign.campaign_id,
        customer.customer_id,
        cost or Money(Decimal(0), currency),
        _today(scene),
        scene.now,
    )


def settle(connection: Connection, scene: Scene, code: Code, order: Order) -> None:
    """The order that this code was used in says what was given; one that was cancelled gave nothing.

    Saleor does not give the code back then, so nobody will use it again. Of a gift card no order tells how
    much it paid, and what is left of it stays the customer's: all of it is given at its first use.
    """
    if code.order_id != order.order_id:
        return
    if code.kind is CodeKind.GIFT_CARD and code.offer is not None and code.offer.currency:
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
    if currency not in scene.usual:
        scene.usual[currency] = ledger.usual(connection, scene.shop_id, currency)
    usual = scene.usual[currency]
    if offer.kind is OfferKind.PERSONAL_GIFT:
        usual = replace(usual, gift=price_of(connection, scene, currency, offer))
    return cost_of(offer, history, usual, currency)


def price_of(connection: Connection, scene: Scene, currency: str, gift: Offer) -> Decimal | None:
    """What a personal gift costs at most; None where its product is not named by its id, or nobody bought it lately."""
    key = (currency, *gift.products)
    if key not in scene.prices:
        scene.prices[key] = ledger.highest_price(connection, scene.shop_id, currency, gift.products)
    return scene.prices[key]


def _over(
    connection: Connection,
    scene: Scene,
    customer: Customer,
    decision: Decision,
    cost: Money,
    bounds: Mapping[str, tuple[int, Budgets]],
) -> Over | None:
    """What no day can change comes first, whoever's budget it is."""
    shop_id, customer_id = scene.shop_id, customer.customer_id
    spent = budgets.used(connection, shop_id, decision.campaign.campaign_id, _today(scene), cost.currency)
    had: Mapping[int, Decimal] = {}
    if any(limits.customer for _, limits in bounds.values()):
        since = scene.now - timedelta(days=CUSTOMER_DAYS)
        had = budgets.used_for(connection, shop_id, customer_id, cost.currency, since)
    found = [
        over(limits, replace(spent[key], customer=had.get(key, Decimal(0))), cost, whose)
        for whose, (key, limits) in bounds.items()
    ]
    return min((one for one in found if one is not None), key=lambda one: one.today, default=None)


def _currency(scene: Scene, history: History, offer: Offer) -> str | None:
    """The offer's, or that of the customer's last order; who has not bought yet is taken to buy in the first channel."""
    return offer.currency or history.currency or next(iter(scene.currencies.values()), None)


def _today(scene: Scene) -> date:
    return scene.now.astimezone(scene.zone).date()


def _midnight(scene: Scene) -> datetime:
    """The next one in the shop's zone."""
    return datetime.combine(_today(scene) + timedelta(days=1), time(0), scene.zone)
