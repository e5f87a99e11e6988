"""Promises that the next order ships free: made with a code, kept by the shipping answer, ended by an order.

The promise begins in the transaction that knows the code at the platform, so that no message tells of one that is
not kept. What it stands in is what the customer is shown (docs/decisions/0001); the metadata come after.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.customer import History
from plugin.domain.effects import Banner, EffectKind, Slot
from plugin.domain.money import Money
from plugin.domain.next_orders import NextOrder, banner_of, promised_in
from plugin.flow import asks
from plugin.flow.budget import shipping_in
from plugin.flow.scene import Scene
from plugin.store import budgets, codes, customers, effects, parcels
from plugin.store.budgets import Part
from plugin.store.codes import Code
from plugin.store.customers import Customer
from plugin.store.effects import Wanted


def promise(connection: Connection, scene: Scene, issued: Sequence[Code]) -> None:
    """Codes that are at the platform now: the next order ships free beside those that say so."""
    made = [code for code in issued if code.next_order is not None]
    people = customers.lock_all(connection, scene.shop_id, {code.customer_id for code in made})
    only = {campaign.campaign_id: campaign.channels for campaign in scene.campaigns}
    for code in made:
        customer = people.get(code.customer_id)
        if customer is None or not customer.state.reachable:
            continue
        one = NextOrder(code.code, scene.now, code.expires_at, only.get(code.campaign_id, ()))
        _show(connection, scene, customer, banner_of(code.next_order or "", one), f"next_order:{code.decision_id}")
        asks.clear_banner(connection, scene, code, code.expires_at, Slot.NEXT_ORDER)


def follow(connection: Connection, scene: Scene, customer: Customer, history: History) -> Customer:
    """The customer as shown from now on: the first order that is shipped after the promise has used it up."""
    promised = promised_in(customer.shown)
    if promised is None or history.last_at is None or history.last_at <= promised.since:
        return customer
    order = parcels.first_shipped_after(connection, scene.shop_id, customer.customer_id, promised.since)
    if order is None:
        return customer
    code = codes.by_code(connection, scene.shop_id, promised.code)
    if code is not None:
        # Saleor does not tell what a rate would have cost, so it counts as shipping usually does.
        usual = shipping_in(connection, scene, order.currency) if order.shipping == 0 else None
        given = usual or Money(Decimal(0), order.currency)
        budgets.settle(connection, scene.shop_id, code.decision_id, given, Part.SHIPPING)
    return _show(connection, scene, customer, None, f"next_order:{promised.code}:used")


def _show(connection: Connection, scene: Scene, customer: Customer, banner: Banner | None, key: str) -> Customer:
    shown: dict[Slot, Banner] = {slot: one for slot, one in customer.shown.items() if slot is not Slot.NEXT_ORDER}
    if banner is not None:
        shown[Slot.NEXT_ORDER] = banner
    customers.save_shown(connection, scene.shop_id, {customer.customer_id: shown})
    wanted = Wanted(key, EffectKind.BANNER, {"slot": Slot.NEXT_ORDER.value}, customer_id=customer.customer_id)
    effects.ask(connection, scene.shop_id, wanted, scene.now)
    return replace(customer, shown=shown)
