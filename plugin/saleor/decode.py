"""A webhook's body → what has happened, in the shop's words."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from plugin.domain import events, ledger
from plugin.domain.baskets import MOST_VARIANTS
from plugin.domain.consent import consent_of, marketing_of
from plugin.errors import Rejected
from plugin.saleor import payloads

#: The keys that the official anonymizer writes are on the order; this is its only value.
ANONYMIZED = "true"
#: Of Saleor's types of discounts the one that a code gives.
VOUCHER = "VOUCHER"
#: Of a product's name and of a first name; longer ones are cut, since nothing hangs on their end.
NAME_LENGTH = 255

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Delivery:
    #: The header Saleor-Event, lower case: `order_created`.
    event: str
    body: bytes
    #: Our own at that shop.
    app_id: str


def decode(event: str, body: bytes, app_id: str) -> events.Event:
    """What this delivery tells; the arguments are those of `Delivery`.

    Raises `Rejected` for an event we never asked for and for a body that is not what our query asks for.
    """
    read = DECODERS.get(event)
    if read is None:
        raise Rejected(f"The event “{event[:60]}” is none that this app subscribes to.")
    given = Delivery(event, body, app_id)
    try:
        return read(given)
    except Rejected:
        if event in _RENDERED_LATE and (nothing := _nothing_seen(given)):
            return nothing
        raise


def _nothing_seen(given: Delivery) -> events.NothingSeen | None:
    """Saleor renders these when it sends them: a checkout completed or an order deleted meanwhile is null.

    What it could not render is null as well, and then `errors` are beside it.
    """
    try:
        told = json.loads(given.body)
    except ValueError:
        return None
    if not isinstance(told, dict) or "errors" in told or told.get("checkout", told.get("order", "")) is not None:
        return None
    return events.NothingSeen(given.event, _payload(payloads.Event, given).issued_at)


def email_of(typed: str) -> str:
    """The one form in which addresses are compared and kept."""
    return typed.strip().casefold()


def _payload(model: type[P], given: Delivery) -> P:
    try:
        return model.model_validate_json(given.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Rejected(f"The payload of {given.event} is not what was asked for: {where}: {first['msg']}.") from None


def _order_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.OrderEvent, given)
    anonymized = given.event == "order_metadata_updated" and _anonymized(payload)
    return events.OrderSeen(given.event, payload.issued_at, order_of(payload.order), anonymized)


def _anonymized(payload: payloads.OrderEvent) -> bool:
    """A shopper can write the same flag into the checkout that becomes an order; staff and apps alone count."""
    by = payload.issuing_principal
    trusted = by is not None and (by.typename == "App" or (by.typename == "User" and by.is_staff))
    return trusted and payload.order.anonymized == ANONYMIZED


def _orders_imported(given: Delivery) -> events.Event:
    payload = _payload(payloads.BulkEvent, given)
    return events.OrdersImported(given.event, payload.issued_at, tuple(order_of(order) for order in payload.orders))


def order_of(order: payloads.Order) -> ledger.Order:
    address = order.shipping_address or order.billing_address
    gross = order.total.gross
    return ledger.Order(
        order_id=order.id,
        number=order.number,
        status=order.status,
        user_id=order.user.id if order.user else None,
        email=email_of(order.user_email or ""),
        channel=order.channel.slug,
        currency=gross.currency,
        total=gross.amount,
        shipping=order.shipping_price.gross.amount,
        refunded=order.total_refunded.amount,
        placed_at=order.created,
        updated_at=order.updated_at,
        voucher_code=order.voucher_code or None,
        gift_cards=tuple(card.id for card in order.gift_cards),
        discount=_voucher_discount(order),
        country=(address.country.code or None) if address else None,
        language=order.language_code_enum,
        lines=tuple(_line(line, order) for line in order.lines),
        fulfilments=tuple(
            ledger.Fulfilment(parcel.id, parcel.status, parcel.created, parcel.tracking_number)
            for parcel in order.fulfillments
        ),
        marketing=marketing_of(_said(order.metafields)),
        ships=order.is_shipping_required,
        promised_days=order.delivery_method.maximum_delivery_days if order.delivery_method else None,
        checkout_id=order.checkout_id,
    )


def _voucher_discount(order: payloads.Order) -> Decimal:
    """Promotions and what staff took off are not the voucher's doing."""
    given = [*order.discounts, *(discount for line in order.lines for discount in line.discounts or ())]
    return sum((discount.total.amount for discount in given if discount.type == VOUCHER), Decimal(0))


def _line(line: payloads.OrderLine, order: payloads.Order) -> ledger.Line:
    product = line.variant.product if line.variant else None
    return ledger.Line(
        line_id=line.id,
        quantity=line.quantity,
        total=line.total_price.gross.amount,
        name=line.product_name[:NAME_LENGTH],
        sku=line.product_sku,
        variant_id=line.product_variant_id,
        product_id=product.id if product else None,
        product_type=product.product_type.slug if product else None,
        net=line.total_price.net.amount if line.total_price.net else None,
        cost=_cost(line, order),
        collections=_collections(product) if product else None,
    )


def _collections(product: payloads.Product) -> tuple[str, ...] | None:
    """What they are called: each by its id and by its slug."""
    if product.collections is None:
        return None
    return tuple(name for one in product.collections for name in (one.id, one.slug))


def _cost(line: payloads.OrderLine, order: payloads.Order) -> Decimal | None:
    """Of one piece in the order's channel; one of nothing is one that nobody filled in."""
    listings = line.variant.channel_listings if line.variant else None
    costs = (listing.cost_price for listing in listings or () if listing.channel.slug == order.channel.slug)
    known = (cost.amount for cost in costs if cost and cost.currency == order.total.gross.currency and cost.amount > 0)
    return next(known, None)


def _customer_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.UserEvent, given)
    return events.CustomerSeen(
        given.event, payload.issued_at, account_of(payload.user), _ours(payload.issuing_principal, given)
    )


def account_of(user: payloads.User) -> ledger.Account:
    return ledger.Account(
        user_id=user.id,
        email=email_of(user.email),
        confirmed=user.is_confirmed,
        updated_at=user.updated_at,
        first_name=user.first_name[:NAME_LENGTH],
        language=user.language_code,
        consent=consent_of(_said(user.metafields), user.updated_at),
    )


def _said(metafields: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: str(value) for key, value in (metafields or {}).items() if value is not None}


def _ours(principal: payloads.Principal | None, given: Delivery) -> bool:
    return principal is not None and principal.id == given.app_id


def _customer_gone(given: Delivery) -> events.Event:
    payload = _payload(payloads.GoneUserEvent, given)
    email = email_of(payload.user.email or "")
    return events.CustomerGone(
        given.event, payload.issued_at, payload.user.id, email or None, payload.user.is_confirmed
    )


def _checkout_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.CheckoutEvent, given)
    checkout = payload.checkout
    seen = ledger.Checkout(
        checkout_id=checkout.id,
        user_id=checkout.user.id if checkout.user else None,
        email=email_of(checkout.email) if checkout.email else None,
        channel=checkout.channel.slug,
        currency=checkout.subtotal_price.gross.currency,
        subtotal=checkout.subtotal_price.gross.amount,
        shipping=checkout.shipping_price.gross.amount,
        created_at=checkout.created,
        updated_at=checkout.updated_at,
        variants=tuple(_chosen(checkout.lines))[:MOST_VARIANTS],
        marketing=marketing_of(_said(checkout.metafields)),
    )
    return events.CheckoutSeen(given.event, payload.issued_at, seen)


def _chosen(lines: Sequence[payloads.CheckoutLine]) -> Iterator[str]:
    """What the shopper put in; gifts Saleor adds by itself."""
    return (f"{line.variant.id}:{line.quantity}" for line in lines if not line.is_gift)


def _voucher_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.VoucherEvent, given)
    ours = _ours(payload.issuing_principal, given)
    return events.VoucherSeen(
        given.event, payload.issued_at, payload.voucher.id, given.event == "voucher_deleted", ours
    )


def _codes_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.CodesEvent, given)
    codes = tuple((code.id, code.code) for code in payload.voucher_codes)
    ours = _ours(payload.issuing_principal, given)
    return events.CodesSeen(given.event, payload.issued_at, codes, given.event == "voucher_codes_deleted", ours)


def _gift_card_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.GiftCardEvent, given)
    card = payload.gift_card
    gone = given.event == "gift_card_deleted" or not card.is_active
    ours = _ours(payload.issuing_principal, given)
    return events.GiftCardSeen(given.event, payload.issued_at, card.id, gone, card.current_balance.amount, ours)


def _stock_seen(given: Delivery) -> events.Event:
    """One warehouse may run out while another has it, so the stocks are counted, and not the events believed."""
    payload = _payload(payloads.VariantEvent, given)
    variant = payload.product_variant
    names = frozenset((variant.product.id, variant.product.slug)) if variant.product else frozenset[str]()
    missing = given.event == "product_variant_out_of_stock"
    if variant.stocks is not None:
        missing = all(stock.quantity <= stock.quantity_allocated for stock in variant.stocks)
    missing = missing and variant.track_inventory is not False
    return events.StockSeen(given.event, payload.issued_at, variant.id, names, missing)


def _app_seen(given: Delivery) -> events.Event:
    payload = _payload(payloads.AppEvent, given)
    return events.AppSeen(
        given.event, payload.issued_at, payload.recipient.id, payload.app.is_active, given.event == "app_deleted"
    )


_ORDER_EVENTS = (
    "order_created",
    "order_confirmed",
    "order_paid",
    "order_fully_paid",
    "order_updated",
    "order_cancelled",
    "order_refunded",
    "order_fully_refunded",
    "order_expired",
    "order_fulfilled",
    "order_metadata_updated",
    "fulfillment_created",
    "fulfillment_canceled",
    "fulfillment_tracking_number_updated",
)

_CHECKOUT_EVENTS = ("checkout_created", "checkout_updated", "checkout_metadata_updated")
_RENDERED_LATE = frozenset({*_ORDER_EVENTS, *_CHECKOUT_EVENTS})

#: Every event that this app subscribes to; a test holds it equal to the manifest.
DECODERS: Mapping[str, Callable[[Delivery], events.Event]] = {
    **dict.fromkeys(_ORDER_EVENTS, _order_seen),
    "order_bulk_created": _orders_imported,
    **dict.fromkeys(("customer_created", "customer_updated"), _customer_seen),
    **dict.fromkeys(("account_confirmed", "account_email_changed"), _customer_seen),
    **dict.fromkeys(("customer_deleted", "account_deleted"), _customer_gone),
    **dict.fromkeys(_CHECKOUT_EVENTS, _checkout_seen),
    **dict.fromkeys(("voucher_created", "voucher_updated", "voucher_deleted"), _voucher_seen),
    **dict.fromkeys(("voucher_codes_created", "voucher_codes_deleted"), _codes_seen),
    **dict.fromkeys(("gift_card_updated", "gift_card_status_changed", "gift_card_deleted"), _gift_card_seen),
    **dict.fromkeys(("product_variant_back_in_stock", "product_variant_out_of_stock"), _stock_seen),
    **dict.fromkeys(("app_installed", "app_updated", "app_status_changed", "app_deleted"), _app_seen),
}
