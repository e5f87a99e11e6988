"""Gift cards: made, found by their code, changed, switched off and on, deleted."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.records.gift_cards import GiftCard


@needs("MANAGE_GIFT_CARD")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, balance = context.shop, input_["balance"]
    number = shop.numbers.next_id("GiftCard")
    code = input_.get("code") or f"GIFT-{len(shop.gift_cards) + 1:08}"
    if code in shop.codes or any(card.code == code for card in shop.gift_cards.values()):
        raise refusal("code", "Promo code already exists.", "ALREADY_EXISTS")
    if not balance["amount"]:
        raise refusal("balance", "Balance amount have to be greater than 0.", "INVALID")
    expires = input_.get("expiry_date")
    if expires is not None and expires <= shop.now().date():
        raise refusal("expiryDate", "Expiry date must be in the future.", "INVALID")
    assigned = input_.get("assigned_to")
    if assigned is not None and assigned not in shop.users:
        raise not_found("assignedTo")
    card = GiftCard(
        id=number,
        code=code,
        created=shop.now(),
        currency=balance["currency"],
        initial=balance["amount"],
        left=balance["amount"],
        is_active=input_["is_active"],
        expiry_date=expires,
        assigned_to=shop.users[assigned] if assigned else None,
        public_meta=_pairs(input_.get("metadata")),
        private_meta=_pairs(input_.get("private_metadata")),
    )
    shop.gift_cards[card.id] = card
    shop.emit("GIFT_CARD_CREATED", context.principal, giftCard=card)
    return {"giftCard": card}


def _pairs(given: list[dict[str, str]] | None) -> dict[str, str]:
    return {item["key"]: item["value"] for item in given or []}


def _found(context: Context, id_: str) -> GiftCard:
    card = context.shop.gift_cards.get(id_)
    if card is None:
        raise not_found("giftCardId")
    return card


def _switched(context: Context, id_: str, *, on: bool) -> dict[str, Any]:
    """Saleor tells of it whether the card was so already or not."""
    card = _found(context, id_)
    card.is_active = on
    context.shop.emit("GIFT_CARD_STATUS_CHANGED", context.principal, giftCard=card)
    return {"giftCard": card}


@needs("MANAGE_GIFT_CARD")
def _activate(_source: object, context: Context, id_: str) -> dict[str, Any]:
    return _switched(context, id_, on=True)


@needs("MANAGE_GIFT_CARD")
def _deactivate(_source: object, context: Context, id_: str) -> dict[str, Any]:
    return _switched(context, id_, on=False)


@needs("MANAGE_GIFT_CARD")
def _delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    card = _found(context, id_)
    del context.shop.gift_cards[card.id]
    context.shop.emit("GIFT_CARD_DELETED", context.principal, giftCard=card)
    return {"giftCard": card}


@needs("MANAGE_GIFT_CARD")
def _update(_source: object, context: Context, id_: str, input_: dict[str, Any]) -> dict[str, Any]:
    card = _found(context, id_)
    card.expiry_date = input_.get("expiry_date", card.expiry_date)
    if input_.get("balance_amount") is not None:
        card.initial = card.left = input_["balance_amount"]
    card.public_meta.update(_pairs(input_.get("metadata")))
    card.private_meta.update(_pairs(input_.get("private_metadata")))
    context.shop.emit("GIFT_CARD_UPDATED", context.principal, giftCard=card)
    return {"giftCard": card}


@needs("MANAGE_GIFT_CARD")
def _gift_cards(_source: object, context: Context, filter_: dict[str, Any] | None = None, **page: Any) -> Connection:
    code = (filter_ or {}).get("code")
    found = [card for card in context.shop.gift_cards.values() if code is None or card.code == code]
    return connection("giftCards", found, lambda card: (card.code,), **page)


QUERIES: dict[str, Resolver] = {"giftCards": _gift_cards}
MUTATIONS: dict[str, Resolver] = {
    "giftCardCreate": _create,
    "giftCardUpdate": _update,
    "giftCardActivate": _activate,
    "giftCardDeactivate": _deactivate,
    "giftCardDelete": _delete,
}
