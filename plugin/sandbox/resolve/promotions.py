"""Order promotions with a gift as the reward."""

from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.ids import fresh_id
from plugin.sandbox.records.promotions import Promotion, PromotionRule


def _minimum(given: dict[str, Any]) -> Decimal:
    predicate = (given.get("order_predicate") or {}).get("discounted_object_predicate") or {}
    span = (predicate.get("base_subtotal_price") or {}).get("range") or {}
    return Decimal(str(span.get("gte") or 0))


def _rule(context: Context, given: dict[str, Any]) -> PromotionRule:
    shop = context.shop
    missing = [each for each in given.get("gifts") or [] if each not in shop.variants]
    if missing:
        raise refusal("gifts", "Could not resolve to a node.", "NOT_FOUND")
    channels = [shop.channels[each] for each in given.get("channels") or [] if each in shop.channels]
    if len({channel.currency_code for channel in channels}) > 1:
        message = "For price based predicates, all channels must have the same currency."
        raise refusal("channels", message, "MULTIPLE_CURRENCIES_NOT_ALLOWED")
    return PromotionRule(
        id=fresh_id("PromotionRule"),
        name=given.get("name"),
        minimum=_minimum(given),
        channels=channels,
        gifts=[shop.variants[each] for each in given.get("gifts") or []],
    )


@needs("MANAGE_DISCOUNTS")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop = context.shop
    promotion = Promotion(
        id=fresh_id("Promotion"),
        name=input_["name"],
        type=input_["type"],
        created_at=shop.now(),
        start_date=input_.get("start_date") or shop.now(),
        end_date=input_.get("end_date"),
        rules=[_rule(context, each) for each in input_.get("rules") or []],
    )
    shop.promotions[promotion.id] = promotion
    return {"promotion": promotion}


@needs("MANAGE_DISCOUNTS")
def _delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    promotion = context.shop.promotions.pop(id_, None)
    if promotion is None:
        raise not_found()
    return {"promotion": promotion}


@needs("MANAGE_DISCOUNTS")
def _promotions(_source: object, context: Context, where: dict[str, Any] | None = None, **page: Any) -> Connection:
    name = ((where or {}).get("name") or {}).get("eq")
    found = [each for each in context.shop.promotions.values() if name is None or each.name == name]
    return connection("promotions", found, lambda each: (each.name, each.id), **page)


QUERIES: dict[str, Resolver] = {"promotions": _promotions}
MUTATIONS: dict[str, Resolver] = {"promotionCreate": _create, "promotionDelete": _delete}
