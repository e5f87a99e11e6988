"""Webhook bodies as Saleor renders our subscriptions, from the values of `tests.shop`."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.consent import NO_PROFILING, OPT_OUT, PAPER_OPT_IN, PAPER_OPT_IN_AT
from plugin.domain.ledger import Account, Line, Order

APP_ID = "QXBwOjE="


def order_body(seen: Order, issued_at: datetime | None = None, **extra: Any) -> bytes:
    return _body(issued_at or seen.updated_at, order=_order(seen, **extra))


def metadata_body(seen: Order, issued_at: datetime, principal: dict[str, Any] | None) -> bytes:
    return _body(issued_at, order=_order(seen, anonymized="true"), issuingPrincipal=principal)


def bulk_body(orders: list[Order], issued_at: datetime) -> bytes:
    return _body(issued_at, orders=[_order(seen) for seen in orders])


def account_body(seen: Account, issued_at: datetime | None = None, by: str | None = None) -> bytes:
    user = {
        "id": seen.user_id,
        "email": seen.email,
        "firstName": seen.first_name,
        "isConfirmed": seen.confirmed,
        "languageCode": seen.language or "EN_US",
        "updatedAt": seen.updated_at.isoformat(),
        "metafields": metafields(seen),
    }
    return _body(issued_at or seen.updated_at, user=user, issuingPrincipal={"id": by} if by else None)


def metafields(seen: Account) -> dict[str, str] | None:
    said = {OPT_OUT: seen.consent.opted_out, NO_PROFILING: seen.consent.objects}
    told = {key: "true" for key, yes in said.items() if yes}
    if seen.consent.opted_in_at is not None:
        told |= {PAPER_OPT_IN: "true", PAPER_OPT_IN_AT: seen.consent.opted_in_at.isoformat()}
    return told or None


def gone_body(user_id: str, email: str, issued_at: datetime, *, confirmed: bool = False) -> bytes:
    return _body(issued_at, user={"id": user_id, "email": email, "isConfirmed": confirmed})


def voucher_body(voucher_id: str, issued_at: datetime) -> bytes:
    return _body(issued_at, voucher={"id": voucher_id})


def codes_body(codes: list[tuple[str, str]], issued_at: datetime) -> bytes:
    return _body(issued_at, voucherCodes=[{"id": code_id, "code": code} for code_id, code in codes])


def gift_card_body(
    card_id: str, left: Decimal, issued_at: datetime, *, active: bool = True, by: str | None = None
) -> bytes:
    card = {"id": card_id, "isActive": active, "currentBalance": {"amount": float(left), "currency": "USD"}}
    return _body(issued_at, giftCard=card, issuingPrincipal={"id": by} if by else None)


def stock_body(variant_id: str, left: int, issued_at: datetime) -> bytes:
    stocks = [{"quantity": left + 2, "quantityAllocated": 2}]
    return _body(issued_at, productVariant={"id": variant_id, "trackInventory": True, "stocks": stocks})


def app_body(issued_at: datetime, *, active: bool = True, recipient: str = APP_ID) -> bytes:
    return _body(issued_at, app={"id": recipient, "isActive": active}, recipient={"id": recipient})


def shelf_body(product_id: str, slug: str, issued_at: datetime) -> bytes:
    """A variant ran out, or is there again: the event says which, and not how many are left."""
    return _body(issued_at, productVariant={"id": "V1", "product": {"id": product_id, "slug": slug}})


def checkout_body(
    checkout_id: str,
    user_id: str | None,
    issued_at: datetime,
    *,
    email: str | None = "ann@example.com",
    subtotal: str = "12.5",
    shipping: str = "12.5",
    created: datetime | None = None,
    marketing: bool | None = None,
) -> bytes:
    checkout = {
        "id": checkout_id,
        "email": email,
        "created": (created or issued_at).isoformat(),
        "updatedAt": issued_at.isoformat(),
        "user": {"id": user_id} if user_id else None,
        "channel": {"slug": "default-channel"},
        "subtotalPrice": {"gross": {"amount": float(subtotal), "currency": "USD"}},
        "shippingPrice": {"gross": {"amount": float(shipping), "currency": "USD"}},
        "lines": [{"quantity": 2, "isGift": False, "variant": {"id": "V1"}}],
        "metafields": None if marketing is None else {PAPER_OPT_IN: str(marketing).lower()},
    }
    return _body(issued_at, checkout=checkout)


def _body(issued_at: datetime, **said: Any) -> bytes:
    return json.dumps({"issuedAt": issued_at.isoformat(), **said}).encode()


def _price(amount: Decimal | None) -> dict[str, float] | None:
    return None if amount is None else {"amount": float(amount)}


def _variant(seen: Order, line: Line) -> dict[str, Any]:
    cost = None if line.cost is None else {"amount": float(line.cost), "currency": seen.currency}
    product: dict[str, Any] = {"id": line.product_id, "productType": {"slug": line.product_type or "things"}}
    if line.collections is not None:
        names = iter(line.collections)
        product["collections"] = [{"id": one, "slug": slug} for one, slug in zip(names, names, strict=True)]
    return {
        "product": product,
        "channelListings": [{"channel": {"slug": seen.channel}, "costPrice": cost}],
    }


def _order(seen: Order, **extra: Any) -> dict[str, Any]:
    return {
        "id": seen.order_id,
        "number": seen.number,
        "status": seen.status,
        "created": seen.placed_at.isoformat(),
        "updatedAt": seen.updated_at.isoformat(),
        "userEmail": seen.email,
        "user": {"id": seen.user_id} if seen.user_id else None,
        "voucherCode": seen.voucher_code,
        "checkoutId": seen.checkout_id,
        "giftCards": [{"id": card_id} for card_id in seen.gift_cards],
        "discounts": [{"type": "VOUCHER", "total": {"amount": float(seen.discount)}}] if seen.discount else [],
        "languageCodeEnum": "EN",
        "channel": {"slug": seen.channel},
        "total": {"gross": {"amount": float(seen.total), "currency": seen.currency}},
        "shippingPrice": {"gross": {"amount": float(seen.shipping)}},
        "totalRefunded": {"amount": float(seen.refunded)},
        "billingAddress": None,
        "shippingAddress": {"country": {"code": "US"}},
        "lines": [
            {
                "id": line.line_id,
                "quantity": line.quantity,
                "productName": line.name,
                "productSku": line.sku,
                "productVariantId": line.variant_id,
                "totalPrice": {"gross": {"amount": float(line.total)}, "net": _price(line.net)},
                "discounts": [],
                "variant": None if line.product_id is None else _variant(seen, line),
            }
            for line in seen.lines
        ],
        "fulfillments": [
            {
                "id": parcel.fulfilment_id,
                "status": parcel.status,
                "created": parcel.created_at.isoformat(),
                "trackingNumber": parcel.tracking_number,
            }
            for parcel in seen.fulfilments
        ],
        "isShippingRequired": seen.ships,
        "deliveryMethod": None if seen.promised_days is None else {"maximumDeliveryDays": seen.promised_days},
        "metafields": None if seen.marketing is None else {PAPER_OPT_IN: str(seen.marketing).lower()},
        **extra,
    }
