"""Orders, read and moved along by staff."""

from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, SortKey, connection
from plugin.sandbox.filtering import contains, matches
from plugin.sandbox.records.checkouts import ShippingMethod
from plugin.sandbox.records.money import ZERO, Money
from plugin.sandbox.records.orders import Order
from plugin.sandbox.shop import Shop

_READERS = {
    "number": lambda order: int(order.number),
    "channel_id": lambda order: order.channel.id,
    "created_at": lambda order: order.created,
    "updated_at": lambda order: order.updated_at,
    "user": lambda order: order.user.id if order.user else None,
    "user_email": lambda order: order.user_email,
    "status": lambda order: order.status,
    "voucher_code": lambda order: order.voucher_code,
    "checkout_id": lambda order: order.checkout_id,
}
_SORT: dict[str, SortKey] = {
    "NUMBER": lambda order: (int(order.number), order.id),
    "CREATED_AT": lambda order: (order.created.timestamp(), order.id),
    "CREATION_DATE": lambda order: (order.created.timestamp(), order.id),
    "LAST_MODIFIED_AT": lambda order: (order.updated_at.timestamp(), order.id),
}


def find_order(shop: Shop, id_: str | None, field: str = "id") -> Order:
    order = shop.orders.get(id_ or "")
    if order is None:
        raise not_found(field)
    return order


def touched(context: Context, order: Order, *events: str) -> dict[str, Any]:
    """Moves the order's version and tells what happened, ORDER_UPDATED last."""
    order.updated_at = context.shop.now()
    for event in (*events, "ORDER_UPDATED"):
        context.shop.emit(event, context.principal, order=order)
    return {"order": order}


@needs("MANAGE_ORDERS")
def _confirm(_source: object, context: Context, id_: str) -> dict[str, Any]:
    order = find_order(context.shop, id_)
    if order.status != "UNCONFIRMED":
        raise refusal("id", "Provided order id belongs to an order with status other than unconfirmed.", "INVALID")
    order.status = "UNFULFILLED"
    return touched(context, order, "ORDER_CONFIRMED")


@needs("MANAGE_ORDERS")
def _cancel(_source: object, context: Context, id_: str) -> dict[str, Any]:
    order = find_order(context.shop, id_)
    live = [fulfillment for fulfillment in order.fulfillments if fulfillment.status != "CANCELED"]
    if order.status in {"CANCELED", "DRAFT", "EXPIRED"} or live:
        raise refusal("order", "This order can't be canceled.", "CANNOT_CANCEL_ORDER")
    order.status = "CANCELED"
    return touched(context, order, "ORDER_CANCELLED")


@needs("MANAGE_ORDERS")
def _mark_as_paid(
    _source: object,
    context: Context,
    id_: str,
    transaction_reference: str | None = None,  # noqa: ARG001 - the sandbox keeps no transactions
) -> dict[str, Any]:
    order = find_order(context.shop, id_)
    if order.charged:
        raise refusal(None, "Orders with payments can not be manually marked as paid.", "PAYMENT_ERROR")
    order.charged = order.total.gross.amount
    return touched(context, order, "ORDER_PAID", "ORDER_FULLY_PAID")


@needs("MANAGE_ORDERS")
def _refund(_source: object, context: Context, id_: str, amount: Decimal) -> dict[str, Any]:
    order = find_order(context.shop, id_)
    if amount <= 0 or amount > order.charged - order.refunded:
        raise refusal("amount", "Amount is out of range.", "CANNOT_REFUND")
    order.refunded += amount
    events = ["ORDER_REFUNDED"] + (["ORDER_FULLY_REFUNDED"] if order.refunded >= order.charged else [])
    return touched(context, order, *events)


@needs("MANAGE_ORDERS")
def _update(
    _source: object,
    context: Context,
    input_: dict[str, Any],
    id_: str | None = None,
    external_reference: str | None = None,
) -> dict[str, Any]:
    shop = context.shop
    if external_reference and not id_:
        id_ = next((o.id for o in shop.orders.values() if o.external_reference == external_reference), None)
    order = find_order(shop, id_)
    email = input_.get("user_email")
    if email:
        order.user_email, order.user = email, shop.users_by_email.get(email.lower())
    if input_.get("external_reference"):
        order.external_reference = input_["external_reference"]
    if input_.get("language_code"):
        order.language_code_enum = input_["language_code"]
    for name in ("billing_address", "shipping_address"):
        if input_.get(name):
            setattr(order, name, shop.address(input_[name]))
    for name, target in (("metadata", order.public_meta), ("private_metadata", order.private_meta)):
        target.update({entry["key"]: entry["value"] for entry in input_.get(name) or []})
    return touched(context, order)


def _filtered(order: Order, given: dict[str, Any]) -> bool:
    day, created = order.created.date(), given.get("created") or {}
    statuses = {"READY_TO_FULFILL": {"UNFULFILLED", "PARTIALLY_FULFILLED"}}
    wanted = {status for each in given.get("status") or [] for status in statuses.get(each, {each})}
    people = (order.user_email, order.user.first_name if order.user else "", order.user.last_name if order.user else "")
    return (
        (not wanted or order.status in wanted)
        and contains(given.get("customer"), *people)
        and contains(given.get("search"), order.number, *people)
        and matches(day, {"day": created}, {"day": lambda value: value})
        and matches(order, {"updated_at": given.get("updated_at"), "ids": given.get("ids")}, _READERS)
        and (given.get("channels") is None or order.channel.id in given["channels"])
        and (given.get("numbers") is None or order.number in given["numbers"])
    )


@needs("MANAGE_ORDERS")
def _orders(
    _source: object,
    context: Context,
    sort_by: dict[str, str] | None = None,
    filter_: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    channel: str | None = None,
    search: str | None = None,
    **page: Any,
) -> Connection:
    sort, given = sort_by or {"field": "NUMBER", "direction": "DESC"}, filter_ or {}
    found = [
        order
        for order in context.shop.orders.values()
        if (not given or _filtered(order, given))
        and (not where or matches(order, where, _READERS))
        and (channel is None or order.channel.slug == channel)
        and contains(search, order.number, order.user_email)
    ]
    return connection("orders", found, _SORT[sort["field"]], descending=sort["direction"] == "DESC", **page)


def _order(
    _source: object, context: Context, id_: str | None = None, external_reference: str | None = None
) -> Order | None:
    """Saleor shows an order to whoever knows its id."""
    if id_:
        return context.shop.orders.get(id_)
    orders = context.shop.orders.values()
    return next((o for o in orders if external_reference and o.external_reference == external_reference), None)


def _total(amount_of: str) -> Resolver:
    def resolve(order: Order, _context: Context) -> Money:
        amount = getattr(order, amount_of) if amount_of else ZERO
        return order.money(amount)

    return resolve


def _discount(order: Order, _context: Context) -> Money | None:
    return order.money(sum((each.amount.amount for each in order.discounts), ZERO)) if order.discounts else None


def _delivery_method(order: Order, _context: Context) -> ShippingMethod | None:
    if order.shipping_method_name is None:
        return None
    return ShippingMethod(id=order.id, name=order.shipping_method_name, price=order.shipping_price.gross)


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Order", "totalCharged"): _total("charged"),
    ("Order", "totalCaptured"): _total("charged"),
    ("Order", "totalRefunded"): _total("refunded"),
    ("Order", "totalAuthorized"): _total(""),
    ("Order", "totalCanceled"): _total(""),
    ("Order", "totalGrantedRefund"): _total(""),
    ("Order", "totalBalance"): lambda order, _: order.money(order.charged - order.refunded - order.total.gross.amount),
    ("Order", "undiscountedShippingPrice"): lambda order, _: order.shipping_price.gross,
    ("Order", "authorizeStatus"): lambda order, _: "FULL" if order.is_paid else "NONE",
    ("Order", "statusDisplay"): lambda order, _: order.status.replace("_", " ").capitalize(),
    ("Order", "paymentStatusDisplay"): lambda order, _: order.payment_status.replace("_", " ").capitalize(),
    ("Order", "languageCode"): lambda order, _: order.language_code_enum.lower().replace("_", "-"),
    ("Order", "token"): lambda order, _: order.id,
    ("Order", "displayGrossPrices"): lambda _order, _context: True,
    ("Order", "shippingTaxRate"): lambda _order, _context: 0.0,
    ("Order", "discount"): _discount,
    ("Order", "discountName"): lambda order, _: order.discounts[0].name if order.discounts else None,
    ("Order", "deliveryMethod"): _delivery_method,
}
QUERIES: dict[str, Resolver] = {"orders": _orders, "order": _order}
MUTATIONS: dict[str, Resolver] = {
    "orderConfirm": _confirm,
    "orderCancel": _cancel,
    "orderMarkAsPaid": _mark_as_paid,
    "orderRefund": _refund,
    "orderUpdate": _update,
}
