"""Vouchers: made with their first codes, priced per channel in a second step."""

import datetime as dt
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from plugin.sandbox.access import Context, Refused, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import contains
from plugin.sandbox.ids import fresh_id
from plugin.sandbox.records.vouchers import Voucher, VoucherChannelListing, VoucherCode
from plugin.sandbox.resolve.shop import by_name
from plugin.sandbox.shop import Shop

#: input field → attribute, where nothing more than a copy is needed
_PLAIN = [
    "type",
    "name",
    "end_date",
    "discount_value_type",
    "min_checkout_items_quantity",
    "apply_once_per_order",
    "apply_once_per_customer",
    "only_for_staff",
    "single_use",
    "usage_limit",
]
_CODE_LENGTH = 255


def find_voucher(shop: Shop, id_: str) -> Voucher:
    voucher = shop.vouchers.get(id_)
    if voucher is None:
        raise not_found()
    return voucher


def _check_codes(shop: Shop, codes: list[str]) -> None:
    """One code that exists already refuses them all, and the error names it."""
    doubled = sorted({code for code in codes if codes.count(code) > 1}) if len(set(codes)) < len(codes) else []
    if doubled:
        raise Refused(_code_error("Duplicated code provided.", "DUPLICATED_INPUT_ITEM", doubled))
    existing = [code for code in codes if code in shop.codes]
    if existing:
        raise Refused(_code_error("Voucher with this code already exists.", "ALREADY_EXISTS", existing))
    bad = [code for code in codes if not code.strip() or len(code) > _CODE_LENGTH]
    if bad:
        raise Refused(_code_error("Invalid code.", "INVALID", bad))


def _code_error(message: str, code: str, codes: list[str]) -> dict[str, Any]:
    return {"field": "addCodes", "message": message, "code": code, "voucherCodes": codes}


def _add_codes(context: Context, voucher: Voucher, codes: list[str]) -> list[VoucherCode]:
    shop = context.shop
    made = [VoucherCode(id=fresh_id("VoucherCode"), code=c, voucher=voucher, created_at=shop.now()) for c in codes]
    for code in made:
        shop.codes[code.code] = voucher.own_codes[code.code] = code
    return made


def _cleaned(given: dict[str, Any], voucher: Voucher | None) -> None:
    start: dt.datetime | None = given.get("start_date") or (voucher.start_date if voucher else None)
    end: dt.datetime | None = given.get("end_date")
    if start and end and end < start:
        raise refusal("endDate", "End date cannot be before the start date.", "INVALID")
    if given.get("usage_limit") is not None and given["usage_limit"] < 1:
        raise refusal("usageLimit", "Ensure this value is greater than or equal to 1.", "INVALID")
    if voucher is not None and voucher.used and given.get("single_use", voucher.single_use) != voucher.single_use:
        raise refusal("singleUse", "Cannot change single use of a used voucher.", "VOUCHER_ALREADY_USED")


def _apply(shop: Shop, voucher: Voucher, given: dict[str, Any]) -> None:
    for name in _PLAIN:
        if name in given and (given[name] is not None or name in {"end_date", "usage_limit", "name"}):
            setattr(voucher, name, given[name])
    if given.get("start_date"):
        voucher.start_date = given["start_date"]
    if given.get("countries") is not None:
        voucher.country_codes = [code.upper() for code in given["countries"]]
    for name, records in (
        ("products", shop.products),
        ("variants", shop.variants),
        ("categories", shop.categories),
        ("collections", shop.collections),
    ):
        ids = given.get(name)
        if ids is None:
            continue
        if any(each not in records for each in ids):
            raise not_found(name, "Could not resolve to a node.")
        getattr(voucher, f"own_{name}")[:] = [records[each] for each in ids]


@needs("MANAGE_DISCOUNTS")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, codes = context.shop, [code.strip() for code in input_.get("add_codes") or []]
    if not codes:
        raise refusal("codes", "At least one code must be provided.", "REQUIRED")
    _check_codes(shop, codes)
    _cleaned(input_, None)
    number = shop.numbers.next_id("Voucher")
    voucher = Voucher(id=number, start_date=input_.get("start_date") or shop.now())
    _apply(shop, voucher, input_)
    shop.vouchers[voucher.id] = voucher
    made = _add_codes(context, voucher, codes)
    shop.emit("VOUCHER_CREATED", context.principal, voucher=voucher)
    shop.emit("VOUCHER_CODES_CREATED", context.principal, voucherCodes=made)
    return {"voucher": voucher}


@needs("MANAGE_DISCOUNTS")
def _update(_source: object, context: Context, id_: str, input_: dict[str, Any]) -> dict[str, Any]:
    voucher = find_voucher(context.shop, id_)
    codes = [code.strip() for code in input_.get("add_codes") or []]
    _check_codes(context.shop, codes)
    _cleaned(input_, voucher)
    _apply(context.shop, voucher, input_)
    made = _add_codes(context, voucher, codes)
    context.shop.emit("VOUCHER_UPDATED", context.principal, voucher=voucher)
    if made:
        context.shop.emit("VOUCHER_CODES_CREATED", context.principal, voucherCodes=made)
    return {"voucher": voucher}


def _remove(context: Context, voucher: Voucher) -> None:
    shop = context.shop
    del shop.vouchers[voucher.id]
    for code in voucher.own_codes:
        del shop.codes[code]
    for order in shop.orders.values():
        if order.voucher is voucher:
            order.voucher = None
    for checkout in shop.checkouts.values():
        if checkout.code is not None and checkout.code.voucher is voucher:
            checkout.code = None
    shop.emit("VOUCHER_DELETED", context.principal, voucher=voucher)
    if voucher.own_codes:
        shop.emit("VOUCHER_CODES_DELETED", context.principal, voucherCodes=list(voucher.own_codes.values()))


@needs("MANAGE_DISCOUNTS")
def _delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    voucher = find_voucher(context.shop, id_)
    if not voucher.own_codes:  # as Saleor 3.24 does
        raise GraphQLError(
            "'NoneType' object has no attribute 'code'", extensions={"exception": {"code": "AttributeError"}}
        )
    _remove(context, voucher)
    return {"voucher": voucher}


@needs("MANAGE_DISCOUNTS")
def _bulk_delete(_source: object, context: Context, ids: list[str]) -> dict[str, Any]:
    found = [context.shop.vouchers[each] for each in dict.fromkeys(ids) if each in context.shop.vouchers]
    for voucher in found:
        _remove(context, voucher)
    return {"count": len(found)}


def _listed(context: Context, given: dict[str, Any], voucher: Voucher) -> VoucherChannelListing:
    channel = context.shop.channels.get(given["channel_id"])
    if channel is None:
        raise refusal("addChannels", "Couldn't resolve to a node.", "NOT_FOUND", channels=[given["channel_id"]])
    before, amount = voucher.listing(channel), given.get("discount_value")
    if amount is None and before is None:
        raise refusal("discountValue", "Value is required for voucher.", "REQUIRED", channels=[channel.id])
    if amount is not None and voucher.discount_value_type == "PERCENTAGE" and amount > 100:
        raise refusal("discountValue", "Cannot set a discount of more than 100%.", "INVALID", channels=[channel.id])
    if before is None:
        before = VoucherChannelListing(
            id=context.shop.numbers.next_id("VoucherChannelListing"), channel=channel, amount=Decimal(amount or 0)
        )
    if amount is not None:
        before.amount = amount
    if "min_amount_spent" in given:
        before.minimum = given["min_amount_spent"]
    return before


@needs("MANAGE_DISCOUNTS")
def _channel_listing(_source: object, context: Context, id_: str, input_: dict[str, Any]) -> dict[str, Any]:
    voucher = find_voucher(context.shop, id_)
    listings = [_listed(context, each, voucher) for each in input_.get("add_channels") or []]
    removed = set(input_.get("remove_channels") or [])
    kept = [old for old in voucher.channel_listings if old not in listings and old.channel.id not in removed]
    voucher.channel_listings[:] = kept + listings
    context.shop.emit("VOUCHER_UPDATED", context.principal, voucher=voucher)
    return {"voucher": voucher}


def _status(voucher: Voucher, now: dt.datetime) -> str:
    if voucher.start_date > now:
        return "SCHEDULED"
    return "EXPIRED" if voucher.end_date is not None and voucher.end_date < now else "ACTIVE"


@needs("MANAGE_DISCOUNTS")
def _vouchers(
    _source: object, context: Context, filter_: dict[str, Any] | None = None, channel: str | None = None, **page: Any
) -> Connection:
    given = filter_ or {}
    found = [
        voucher
        for voucher in context.shop.vouchers.values()
        if contains(given.get("search"), voucher.name, *voucher.own_codes)
        and (given.get("ids") is None or voucher.id in given["ids"])
        and (given.get("status") is None or _status(voucher, context.shop.now()) in given["status"])
        and (channel is None or any(listing.channel.slug == channel for listing in voucher.channel_listings))
    ]
    return connection("vouchers", found, lambda voucher: (voucher.name or "", voucher.id), **page)


@needs("MANAGE_DISCOUNTS")
def _voucher(_source: object, context: Context, id_: str, channel: str | None = None) -> Voucher | None:  # noqa: ARG001 - the context of fields that the sandbox leaves out
    return context.shop.vouchers.get(id_)


def _related(name: str) -> Resolver:
    def resolve(voucher: Voucher, _context: Context, **page: Any) -> Connection:
        return connection(name, getattr(voucher, f"own_{name}"), by_name, **page)

    return resolve


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Voucher", name): _related(name) for name in ("products", "variants", "categories", "collections")
}
QUERIES: dict[str, Resolver] = {"vouchers": _vouchers, "voucher": _voucher}
MUTATIONS: dict[str, Resolver] = {
    "voucherCreate": _create,
    "voucherUpdate": _update,
    "voucherDelete": _delete,
    "voucherBulkDelete": _bulk_delete,
    "voucherChannelListingUpdate": _channel_listing,
}
