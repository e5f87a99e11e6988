"""A new code after an order was cancelled: Saleor keeps the code as used, and the customer was promised one until its last day.

It is in the same voucher as the code before, for the same customer, until the same day, and in the books like any
gift. No tactic is asked: the need had its answer. What bars a person from gifts, and the budgets, are asked.
"""

from dataclasses import replace

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.customer import fold
from plugin.domain.decide import Decision, Outcome
from plugin.domain.effects import Banner, GiveCode, Slot
from plugin.domain.guardrails import Refusal
from plugin.domain.ledger import Order
from plugin.domain.offer_params import OfferParams, banner_of
from plugin.domain.offers import Offer
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.reissues import next_episode
from plugin.domain.tactic import TriggerKind
from plugin.domain.trials import is_trial
from plugin.flow import asks, consents
from plugin.flow.budget import Purse
from plugin.flow.guards import why_not_any_more
from plugin.flow.scene import Scene
from plugin.flow.sheet import Sheet
from plugin.store import codes, customers, decisions, effects, ledger
from plugin.store.codes import Code, CodeKind, Voucher, VoucherStatus
from plugin.store.customers import Customer

_THERE = frozenset({VoucherStatus.OPEN, VoucherStatus.MADE})


def reissue(connection: Connection, scene: Scene, code: Code, order: Order) -> int | None:
    """The customer who was decided about, because the order that used this code has just been cancelled; else None.

    The order is in the ledger, and the books have settled with nothing what it gave.
    """
    campaign = next((one for one in scene.campaigns if one.campaign_id == code.campaign_id), None)
    if campaign is None or code.offer is None or not _is_due(connection, scene, campaign, code, order):
        return None
    customer = _customer(connection, scene, code.customer_id)
    before = decisions.episode_of(connection, scene.shop_id, code.decision_id)
    if customer is None or before is None or is_trial(before):
        return None
    episode = next_episode(before)
    past = decisions.standings(connection, scene.shop_id, [customer.customer_id])[customer.customer_id]
    if past.settled(campaign.campaign_id, episode):
        return None
    decision = _decide(connection, scene, campaign, customer, code, code.offer, episode, order)
    sheet = Sheet(connection, scene)
    sheet.keep(customer, decision, TriggerKind.ORDER)
    sheet.write()
    if decision.outcome is Outcome.GIVEN:
        customers.note_offer(connection, scene.shop_id, customer.customer_id)
    return customer.customer_id


def _is_due(connection: Connection, scene: Scene, campaign: Campaign, code: Code, order: Order) -> bool:
    """It is a voucher's code that this order used, it would still hold, and nobody took it back."""
    return (
        campaign.reissue_after_cancel
        and campaign.runs(scene.now)
        and not scene.rests
        and code.kind is CodeKind.VOUCHER
        and code.order_id == order.order_id
        and code.expires_at > scene.now
        and effects.status_of(connection, scene.shop_id, asks.take_back_key(code)) is None
    )


def _customer(connection: Connection, scene: Scene, customer_id: int) -> Customer | None:
    """As the ledger has them now: without the cancelled order, and with what it says of being written to."""
    customer = customers.lock(connection, scene.shop_id, customer_id)
    if customer is None:
        return None
    (customer,) = consents.weigh(connection, scene, [customer])
    history = fold(ledger.purchases(connection, scene.shop_id, customer_id), scene.zone)
    return replace(customer, state=replace(customer.state, history=history))


def _decide(
    connection: Connection,
    scene: Scene,
    campaign: Campaign,
    customer: Customer,
    code: Code,
    offer: Offer,
    episode: str,
    order: Order,
) -> Decision:
    """A refusal is for good: there is no need that could be asked about again."""
    voucher = None if code.voucher is None else codes.voucher(connection, scene.shop_id, code.voucher)
    reason = phrase(
        "A new code in the place of {code}, because order {number} was cancelled.", code=code.code, number=order.number
    )
    banner = _banner(campaign, customer, code, offer)
    offer = replace(offer, ships_free=False)  # that was of one order, and it has been placed
    wish = GiveCode(episode, scene.now, offer, banner, reason, voucher=code.voucher)
    wanted = Decision(campaign, Outcome.GIVEN, episode, reason, wish, None)
    refused = _refusal(connection, scene, campaign, customer, voucher, wanted)
    if refused is None:
        return wanted
    if isinstance(refused, str):
        none = phrase("No new code after order {number} was cancelled.", number=order.number)
        return Decision(campaign, Outcome.NOTHING, episode, joined((none, refused)), None, None)
    said = N_("No new code after order {number} was cancelled: {because}.")
    reason = phrase(said, number=order.number, because=refused.because)
    return Decision(campaign, Outcome.NOTHING, episode, reason, None, None, by=refused.by)


def _refusal(
    connection: Connection,
    scene: Scene,
    campaign: Campaign,
    customer: Customer,
    voucher: Voucher | None,
    wanted: Decision,
) -> Refusal | str | None:
    if barred := why_not_any_more(connection, scene, [customer], campaign):
        return barred[customer.customer_id]
    if voucher is None or voucher.status not in _THERE:
        return phrase("The voucher of the code before is not there any more.")
    return Purse(connection, scene).refusal_of(customer, wanted)


def _banner(campaign: Campaign, customer: Customer, code: Code, offer: Offer) -> Banner:
    """In the words of the one before; in those of today where nobody kept them."""
    if code.banner is not None:
        return Banner(Slot(code.banner["slot"]), str(code.banner["text"]), code.banner["data"])
    params = campaign.params if isinstance(campaign.params, OfferParams) else OfferParams()
    return banner_of(params, offer, customer.state.first_name)
