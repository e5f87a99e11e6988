"""Public gift: a gift in every basket from an amount on, as long as the campaign is on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from plugin.domain.effects import Wish
from plugin.domain.offers import Offer, OfferKind, problems
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Tactic, Trigger, View, param
from plugin.domain.today import PublicOffer, Today
from plugin.domain.value_kinds import ValueKind


@dataclass(frozen=True, slots=True)
class PublicGift:
    products: tuple[str, ...] = param((), "The gift", help="Saleor gives one that is in stock.", names=("product",))
    minimum: Decimal = param(Decimal(50), "From a basket of", unit="currency", least=Decimal(0), kind=ValueKind.MONEY)
    currency: str | None = param(
        None, "Currency", help="Of the minimum; only channels that have it.", names=("currency",)
    )


def check(params: PublicGift) -> Iterator[str]:
    for offer in offers_of(params):
        yield from problems(offer)
    if params.minimum == 0:
        yield phrase("A gift in every basket needs an amount that the basket begins at.")


def offers_of(params: PublicGift) -> tuple[Offer, ...]:
    return (Offer(OfferKind.PUBLIC_GIFT, Decimal(0), params.minimum, 0, params.currency, params.products),)


def public(params: PublicGift, today: Today) -> PublicOffer | None:
    """Of what is in stock; Saleor gives nothing that has run out, and its promotion would be an empty word."""
    left = tuple(product for product in params.products if product not in today.out_of_stock)
    (offer,) = offers_of(params)
    return PublicOffer(replace(offer, products=left)) if left else None


def decide(view: View, trigger: Trigger, params: PublicGift) -> Iterator[Wish]:
    """Saleor knows of no customer in a promotion, so nothing is decided for one."""
    return iter(())


TACTIC = Tactic(
    key="public_gift",
    title="Public gift",
    pitch="Puts a gift into every basket from an amount on, for everybody, as long as the campaign is on.",
    params=PublicGift,
    listens_to=frozenset(),
    decide=decide,
    control_group=False,
    check=check,
    offers=offers_of,
    public=public,
)
