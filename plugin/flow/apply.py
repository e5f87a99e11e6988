"""One event, written into the ledger; who is touched by it is looked at again afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.domain.events import (
    AppSeen,
    CheckoutSeen,
    CodesSeen,
    CustomerGone,
    CustomerSeen,
    Event,
    GiftCardSeen,
    OrderSeen,
    OrdersImported,
    StockSeen,
    VoucherSeen,
)
from plugin.domain.ledger import Checkout, Order
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow import asks, budget, gift_cards, identity
from plugin.flow.erase import Eraser
from plugin.flow.reissue import reissue
from plugin.flow.scene import Scene
from plugin.flow.touch import Touch
from plugin.store import baskets, codes, customers, decisions, effects, ledger, needs, shops, stock
from plugin.store.codes import Code, CodeKind, VoucherStatus
from plugin.store.shops import ShopStatus


def apply(connection: Connection, scene: Scene, eraser: Eraser, event: Event) -> list[Touch]:
    match event:
        case OrderSeen(anonymized=True):
            return list(eraser.order(connection, scene, event.order.order_id))
        case OrderSeen():
            return list(_order(connection, scene, eraser, event.order, event.issued_at, TriggerKind.ORDER))
        case OrdersImported():
            return _imported(connection, scene, eraser, event)
        case CustomerSeen():
            return _account(connection, scene, eraser, event)
        case CustomerGone():
            eraser.customer(connection, scene, event)
        case CheckoutSeen():
            return _checkout(connection, scene, eraser, event.checkout)
        case AppSeen():
            _app(connection, scene, eraser.grace, event)
        case _:
            _of_the_shop(connection, scene, event)
    return []


def _of_the_shop(connection: Connection, scene: Scene, event: Event) -> None:
    """What touches no customer's state."""
    match event:
        case VoucherSeen(gone=True):
            _voucher_gone(connection, scene, event.voucher_id)
        case CodesSeen():
            _codes(connection, scene, event)
        case GiftCardSeen(ours=False):
            gift_cards.take_in(connection, scene, event)
        case StockSeen():
            stock.look_soon(connection, scene.shop_id, event.product, scene.now)
            needs.save_stock(connection, scene.shop_id, event.variant_id, event.issued_at, missing=event.missing)
        case _:
            pass  # Nothing of ours depends on anything else, such as what a voucher is called.


def _order(
    connection: Connection, scene: Scene, eraser: Eraser, order: Order, issued_at: datetime, kind: TriggerKind
) -> Iterator[Touch]:
    if eraser.forgotten(connection, scene.shop_id, order):
        return
    held_by = ledger.owner_of(connection, scene.shop_id, order.order_id)
    owner = identity.owner_for(connection, scene.shop_id, order, held_by, scene.now)
    new = held_by is None
    cancelled = order.cancelled and ledger.status_of(connection, scene.shop_id, order.order_id) != order.status
    if not ledger.save_order(connection, scene.shop_id, owner.customer_id, order, issued_at, new=new):
        return
    if new:
        baskets.become_order(connection, scene.shop_id, order, scene.now)
    used = [_use(connection, scene, code, order) for code in _used(connection, scene, order)]
    given_anew = [reissue(connection, scene, code, order) for code in used] if cancelled else []
    renewed = {customer_id for customer_id in given_anew if customer_id is not None}
    as_read = None if owner.customer_id in renewed else owner
    yield Touch(owner.customer_id, Trigger(kind, order.updated_at), order if new else None, as_read)
    for customer_id in sorted(renewed - {owner.customer_id}):
        yield Touch(customer_id, Trigger(TriggerKind.HISTORY, scene.now))
    if held_by is not None and held_by != owner.customer_id:
        yield from _left_behind(connection, scene, held_by)


def _imported(connection: Connection, scene: Scene, eraser: Eraser, event: OrdersImported) -> list[Touch]:
    """Several orders can be one customer's, who is then looked at once, with all of them."""
    touched = {
        touch.customer_id: Touch(touch.customer_id, touch.trigger)
        for order in event.orders
        for touch in _order(connection, scene, eraser, order, event.issued_at, TriggerKind.HISTORY)
    }
    return list(touched.values())


def _left_behind(connection: Connection, scene: Scene, customer_id: int) -> Iterator[Touch]:
    """Who held an order that turned out to be another's; a guest made only of it was never there, unless written to."""
    customer = customers.lock(connection, scene.shop_id, customer_id)
    if customer is None:
        return
    if customer.state.user_id is None and not ledger.has_orders(connection, scene.shop_id, customer_id):
        known = decisions.standings(connection, scene.shop_id, [customer_id])[customer_id]
        if not known.approached:
            decisions.erase(connection, scene.shop_id, customer_id)
            customers.remove(connection, scene.shop_id, customer_id)
            return
    yield Touch(customer_id, Trigger(TriggerKind.HISTORY, scene.now))


def _used(connection: Connection, scene: Scene, order: Order) -> Iterator[Code]:
    """Codes and gift cards of ours that this order was bought with."""
    if order.voucher_code and (code := codes.by_code(connection, scene.shop_id, order.voucher_code)):
        yield code
    for card_id in order.gift_cards:
        if card := codes.gift_card(connection, scene.shop_id, card_id):
            yield card


def _use(connection: Connection, scene: Scene, code: Code, order: Order) -> Code:
    """The code as it is after this order. One that was cancelled has used its code up, too: Saleor does not give it back."""
    spent = order.counts or (order.cancelled and code.kind is CodeKind.VOUCHER)
    used = codes.redeem(connection, scene.shop_id, code, order.order_id, order.placed_at) if spent else code
    budget.settle(connection, scene, used, order)
    if spent:
        asks.clear_banner(connection, scene, code, scene.now)
    return used


def _account(connection: Connection, scene: Scene, eraser: Eraser, event: CustomerSeen) -> list[Touch]:
    if eraser.was_erased(connection, scene.shop_id, event.account):
        return []
    customer_id = identity.recognise(connection, scene, event.account)
    kind = TriggerKind.HISTORY if event.ours else TriggerKind.ACCOUNT
    return [Touch(customer_id, Trigger(kind, event.account.updated_at))]


def _checkout(connection: Connection, scene: Scene, eraser: Eraser, checkout: Checkout) -> list[Touch]:
    """Kept where somebody could be told of it; nobody becomes a customer by it."""
    nobodys = checkout.user_id is None and checkout.email is None
    if nobodys or eraser.forgotten_checkout(connection, scene.shop_id, checkout):
        return []
    baskets.save(connection, scene.shop_id, checkout)
    if not scene.listens(TriggerKind.CHECKOUT):
        return []
    customer = identity.shopper_of(connection, scene.shop_id, checkout)
    if customer is None:
        return []
    return [Touch(customer.customer_id, Trigger(TriggerKind.CHECKOUT, checkout.updated_at), customer=customer)]


def _voucher_gone(connection: Connection, scene: Scene, voucher_id: str) -> None:
    voucher = codes.voucher_by_id(connection, scene.shop_id, voucher_id)
    if voucher is None or voucher.status is VoucherStatus.WITHDRAWN:
        return
    lose_voucher(connection, scene, voucher.row_id)


def lose_voucher(connection: Connection, scene: Scene, row_id: int) -> None:
    """The merchant removed it: nothing more is promised from it, and what was shown is taken down."""
    codes.save_voucher(connection, scene.shop_id, row_id, VoucherStatus.GONE)
    effects.withdraw_batch(
        connection,
        scene.shop_id,
        f"code:{row_id}",
        scene.now,
        phrase("The voucher was removed in the Dashboard."),
    )
    alive = codes.alive_in(connection, scene.shop_id, row_id)
    codes.give_up(connection, scene.shop_id, alive)
    for code in alive:
        asks.take_down(connection, scene, code)


def _codes(connection: Connection, scene: Scene, event: CodesSeen) -> None:
    for code_id, text in event.codes:
        code = codes.by_code(connection, scene.shop_id, text)
        if code is None:
            continue
        if not event.gone:
            codes.save_code_id(connection, scene.shop_id, text, code_id)
        elif code.alive:
            codes.give_up(connection, scene.shop_id, [code])
            asks.take_down(connection, scene, code)


def _app(connection: Connection, scene: Scene, grace: timedelta, event: AppSeen) -> None:
    """A late event must not undo a newer one, nor touch an installation that came after."""
    shop = scene.shop
    if event.app_id != shop.app_id or (shop.heard_at is not None and event.issued_at < shop.heard_at):
        return
    shops.hear(connection, shop.shop_id, event.issued_at)
    if event.gone:
        shops.set_status(connection, scene.shop_id, ShopStatus.UNINSTALLED, scene.now, erase_at=scene.now + grace)
    elif scene.shop.status is not ShopStatus.UNINSTALLED:  # A token refused may have been that of an app switched off.
        status = ShopStatus.ACTIVE if event.active else ShopStatus.DEACTIVATED
        shops.set_status(connection, scene.shop_id, status, scene.now)
