"""Baskets: lines, people, addresses, codes."""

from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Resolver, denied, not_found, refusal, require
from plugin.sandbox.gifts import put_gift
from plugin.sandbox.ids import fresh_id, read_global_id
from plugin.sandbox.pricing import why_not
from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.checkouts import Checkout, CheckoutLine
from plugin.sandbox.resolve.checkout_fields import emails_that_used
from plugin.sandbox.shop import Shop


def find_checkout(shop: Shop, id_: str | None) -> Checkout:
    checkout = shop.checkouts.get(id_ or "")
    if checkout is None:
        raise not_found("id", f"Couldn't resolve to a node: {id_}")
    return checkout


def touched(context: Context, checkout: Checkout, *, stale: bool = False) -> dict[str, Any]:
    """A new version; `stale` where lines, code or address changed and deliveries must be asked for again."""
    checkout.updated_at = context.shop.now()
    put_gift(context.shop, checkout)
    if stale:
        checkout.calculated_at = None
    context.shop.emit("CHECKOUT_UPDATED", context.principal, checkout=checkout)
    return {"checkout": checkout}


def _variant(shop: Shop, checkout: Checkout, id_: str) -> ProductVariant:
    variant = shop.variants.get(id_)
    if variant is None:
        raise refusal("variantId", "Could not resolve to a node.", "NOT_FOUND", variants=[id_])
    if checkout.channel.slug not in variant.prices:
        raise refusal(
            "lines", "Cannot add lines for unavailable in channel variants.", "UNAVAILABLE_VARIANT_IN_CHANNEL", variants=[id_]
        )  # fmt: skip
    return variant


def _override(context: Context, entry: dict[str, Any]) -> tuple[Decimal | None, str | None]:
    if entry.get("price") is not None:
        require(context, "HANDLE_CHECKOUTS")
    return entry.get("price"), entry.get("price_override_reason")


def _set_line(context: Context, checkout: Checkout, entry: dict[str, Any], *, add: bool) -> None:
    price, reason = _override(context, entry)
    line = next((each for each in checkout.lines if each.id == entry.get("line_id")), None)
    if line is None and entry.get("variant_id") and not entry.get("force_new_line"):
        line = next((each for each in checkout.lines if each.variant.id == entry["variant_id"]), None)
    quantity = entry.get("quantity")
    if line is None:
        if not entry.get("variant_id"):
            raise refusal("lines", "Line does not exist.", "NOT_FOUND", lines=[entry.get("line_id")])
        if not quantity or quantity < 0:
            if add or quantity is None:
                raise refusal("quantity", "The quantity should be higher than zero.", "ZERO_QUANTITY")
            return
        variant = _variant(context.shop, checkout, entry["variant_id"])
        line = CheckoutLine(id=fresh_id("CheckoutLine"), checkout=checkout, variant=variant, quantity=quantity)
        checkout.lines.append(line)
    elif quantity is not None:
        line.quantity = line.quantity + quantity if add else quantity
    if line.quantity <= 0:
        checkout.lines.remove(line)
    if price is not None:
        line.price_override, line.price_override_reason = price, reason
    line.public_meta.update({item["key"]: item["value"] for item in entry.get("metadata") or []})


def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop = context.shop
    channel = shop.channel(input_.get("channel"))
    if channel is None:
        raise refusal("channel", "Channel with given slug does not exist.", "NOT_FOUND")
    now, id_ = shop.now(), fresh_id("Checkout")
    checkout = Checkout(
        id=id_,
        token=read_global_id(id_)[1],
        channel=channel,
        created=now,
        updated_at=now,
        user=context.user,
        email=input_.get("email") or (context.user.email if context.user else None),
        language_code=input_.get("language_code") or "EN",
        shipping_address=shop.address(input_.get("shipping_address")),
        billing_address=shop.address(input_.get("billing_address")),
    )
    for entry in input_.get("lines") or []:
        _set_line(context, checkout, entry, add=True)
    checkout.public_meta.update({item["key"]: item["value"] for item in input_.get("metadata") or []})
    put_gift(shop, checkout)
    shop.checkouts[checkout.id] = checkout
    shop.emit("CHECKOUT_CREATED", context.principal, checkout=checkout)
    return {"checkout": checkout, "created": True}


def _lines(*, add: bool) -> Resolver:
    def resolve(
        _source: object, context: Context, lines: list[dict[str, Any]], id_: str | None = None
    ) -> dict[str, Any]:
        checkout = find_checkout(context.shop, id_)
        for entry in lines:
            _set_line(context, checkout, entry, add=add)
        return touched(context, checkout, stale=True)

    return resolve


def _lines_delete(_source: object, context: Context, lines_ids: list[str], id_: str | None = None) -> dict[str, Any]:
    checkout = find_checkout(context.shop, id_)
    checkout.lines[:] = [line for line in checkout.lines if line.id not in lines_ids]
    return touched(context, checkout, stale=True)


def _email(_source: object, context: Context, email: str, id_: str | None = None) -> dict[str, Any]:
    checkout = find_checkout(context.shop, id_)
    if "@" not in email:
        raise refusal("email", "Enter a valid email address.", "INVALID")
    checkout.email = email
    return touched(context, checkout)


def _customer_attach(
    _source: object, context: Context, id_: str | None = None, customer_id: str | None = None
) -> dict[str, Any]:
    """Does not make the deliveries stale, in Saleor either."""
    checkout = find_checkout(context.shop, id_)
    if context.user is None and not (customer_id and "IMPERSONATE_USER" in context.permissions):
        raise denied("AUTHENTICATED_USER", "IMPERSONATE_USER")
    user = context.shop.users.get(customer_id) if customer_id else context.user
    if user is None:
        raise not_found("customerId")
    if user is not context.user and "IMPERSONATE_USER" not in context.permissions:
        raise denied("IMPERSONATE_USER")
    checkout.user, checkout.email = user, user.email
    return touched(context, checkout)


def _address(name: str) -> Resolver:
    def resolve(_source: object, context: Context, id_: str | None = None, **given: Any) -> dict[str, Any]:
        checkout = find_checkout(context.shop, id_)
        setattr(checkout, name, context.shop.address(given[name]))
        return touched(context, checkout, stale=name == "shipping_address")

    return resolve


def _add_code(_source: object, context: Context, promo_code: str, id_: str | None = None) -> dict[str, Any]:
    shop, checkout = context.shop, find_checkout(context.shop, id_)
    code = shop.codes.get(promo_code.strip())
    card = next((card for card in shop.gift_cards.values() if card.code == promo_code.strip()), None)
    if card is not None and card.pays(checkout.channel.currency_code, checkout.user, shop.now().date()):
        checkout.gift_cards.append(card)
        return touched(context, checkout, stale=True)
    if code is None:
        raise refusal("promoCode", "Promo code is invalid", "INVALID")
    if checkout.email is None:
        raise refusal("email", "Checkout email must be set.", "EMAIL_NOT_SET")
    reason = why_not(code, checkout, shop.now(), emails_that_used(shop, code.voucher))
    if reason is not None:
        unusable = reason == "Promo code is invalid"
        raise refusal("promoCode", reason, "INVALID" if unusable else "VOUCHER_NOT_APPLICABLE")
    checkout.code = code
    return touched(context, checkout, stale=True)


def _remove_code(
    _source: object,
    context: Context,
    id_: str | None = None,
    promo_code: str | None = None,
    promo_code_id: str | None = None,
) -> dict[str, Any]:
    checkout = find_checkout(context.shop, id_)
    code = checkout.code
    if code is None or not (code.code == promo_code or code.voucher.id == promo_code_id):
        raise refusal("promoCode", "Couldn't remove a promo code: it is not attached.", "NOT_FOUND")
    checkout.code = None
    return touched(context, checkout, stale=True)


MUTATIONS: dict[str, Resolver] = {
    "checkoutCreate": _create,
    "checkoutLinesAdd": _lines(add=True),
    "checkoutLinesUpdate": _lines(add=False),
    "checkoutLinesDelete": _lines_delete,
    "checkoutEmailUpdate": _email,
    "checkoutCustomerAttach": _customer_attach,
    "checkoutShippingAddressUpdate": _address("shipping_address"),
    "checkoutBillingAddressUpdate": _address("billing_address"),
    "checkoutAddPromoCode": _add_code,
    "checkoutRemovePromoCode": _remove_code,
}
QUERIES: dict[str, Resolver] = {
    "checkout": lambda _source, context, id_=None: context.shop.checkouts.get(id_ or ""),
}
