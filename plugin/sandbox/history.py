"""Orders of the past, told again: into the state first, then out as webhooks."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.sandbox.ids import fresh_id
from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.money import ZERO, taxed
from plugin.sandbox.records.orders import Order, OrderLine
from plugin.sandbox.records.people import User
from plugin.sandbox.seed import add_product
from plugin.sandbox.shop import Shop

#: What an order is where nothing is said; all that was bought has left then.
SENT = "FULFILLED"


class BadHistory(Exception):
    """What is wrong with a line of history."""


def _customer(shop: Shop, given: dict[str, Any], since: dt.datetime) -> tuple[User | None, str]:
    """Registered unless `guest` is true."""
    email = given["email"]
    known = shop.users_by_email.get(email.lower())
    if known is not None or given.get("guest"):
        return known, email
    names = {name: given[name] for name in ("first_name", "last_name") if given.get(name)}
    return shop.add_user(email, date_joined=since, updated_at=since, **names), email


def _variant(shop: Shop, given: dict[str, Any], channel: str) -> ProductVariant:
    sku, price = str(given["sku"]), Decimal(str(given["unit_price"]))
    found = shop.variants_by_sku.get(sku)
    if found is None:
        found = add_product(shop, given["product"], given.get("product_type") or "Grocery", sku, {channel: price})
    return found


def _line(shop: Shop, given: dict[str, Any], channel: str, currency: str, *, sent: bool) -> OrderLine:
    variant, quantity = _variant(shop, given, channel), int(given.get("quantity", 1))
    price = Decimal(str(given["unit_price"]))
    return OrderLine(
        id=fresh_id("OrderLine"),
        product_name=given["product"],
        variant_name=variant.name,
        product_sku=variant.sku,
        variant=variant,
        quantity=quantity,
        quantity_fulfilled=quantity if sent else 0,
        unit_price=taxed(price, currency),
        total_price=taxed(price * quantity, currency),
    )


def _order(shop: Shop, user: User | None, email: str, given: dict[str, Any]) -> Order:
    channel = shop.channel(given.get("channel") or "default-channel")
    if channel is None:
        raise BadHistory(f"no channel {given['channel']!r}")
    created = dt.datetime.fromisoformat(given["created"])
    if created.tzinfo is None:
        created = created.replace(tzinfo=dt.UTC)
    currency = channel.currency_code
    status = given.get("status") or SENT
    lines = [_line(shop, each, channel.slug, currency, sent=status == SENT) for each in given.get("lines") or []]
    subtotal = sum((line.total_price.gross.amount for line in lines), ZERO)
    shipping = Decimal(str(given.get("shipping") or 0))
    total = taxed(Decimal(str(given["total"])) if given.get("total") is not None else subtotal + shipping, currency)
    code = shop.codes.get(given.get("voucher_code") or "")
    return shop.add_order(
        number=str(given["number"]) if given.get("number") else None,
        created=created,
        updated_at=created,
        channel=channel,
        user=user,
        user_email=email,
        status=status,
        lines=lines,
        total=total,
        undiscounted_total=total,
        subtotal=taxed(subtotal, currency),
        shipping_price=taxed(shipping, currency),
        charged=total.gross.amount,
        voucher=code.voucher if code else None,
        voucher_code=given.get("voucher_code"),
    )


def take(shop: Shop, entry: dict[str, Any], event: str | None) -> int:
    """One customer's line; the number of orders. Each order is told once, as `event`, unless that is None."""
    try:
        orders = entry.get("orders") or []
        since = min((dt.datetime.fromisoformat(order["created"]) for order in orders), default=shop.now())
        since = since if since.tzinfo else since.replace(tzinfo=dt.UTC)
        known = len(shop.users)
        user, email = _customer(shop, entry["customer"], since)
        if event is not None and user is not None and len(shop.users) > known:
            shop.emit("CUSTOMER_CREATED", None, user=user)
        for given in orders:
            order = _order(shop, user, email, given)
            if event is not None:
                shop.emit(event, None, order=order)
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise BadHistory(f"{type(error).__name__}: {error}") from error
    return len(orders)
