"""Public gifts: an order promotion whose rule puts a gift into baskets from an amount on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.money import Money
from plugin.domain.offers import Offer
from plugin.domain.phrases import phrase
from plugin.errors import GiveUp, Gone
from plugin.saleor.client import Saleor
from plugin.saleor.scope import variant_ids


async def replace_promotion(
    saleor: Saleor,
    *,
    name: str,
    offer: Offer,
    channels: Sequence[Channel],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> None:
    """The shop's only promotion of this name is this one; what had the name before is deleted.

    Saleor knows no key for a promotion and takes two of one name, so after an answer that was lost
    all of the name are deleted and one is made: run again, it ends with one.
    """
    fitting = [channel for channel in channels if channel.currency == offer.currency]
    if not fitting:
        raise GiveUp(
            phrase(
                "No channel sells in {currency}, so the public gift holds nowhere; change the campaign's currency or add a channel.",
                currency=offer.currency,
            )
        )
    gifts = await variant_ids(saleor, offer.products)
    if not gifts:
        raise GiveUp(phrase("The product that is the gift has no variants; add one, or name another product."))
    await remove_promotions(saleor, name)
    minimum = Money(offer.minimum, offer.currency or "").rounded()
    rule: dict[str, Any] = {
        "name": name,
        "orderPredicate": {"discountedObjectPredicate": {"baseSubtotalPrice": {"range": {"gte": str(minimum.amount)}}}},
        "rewardType": "GIFT",
        "gifts": gifts,
        "channels": [channel.channel_id for channel in fitting],
    }
    schedule = {"startDate": starts_at and starts_at.isoformat(), "endDate": ends_at and ends_at.isoformat()}
    await saleor.call(
        "PromotionCreate",
        input={"name": name, "type": "ORDER", "rules": [rule], **{k: v for k, v in schedule.items() if v}},
    )


async def remove_promotions(saleor: Saleor, name: str) -> None:
    """Deletes every promotion of exactly this name; none is no error."""
    found = [promotion["id"] async for promotion in saleor.pages("PromotionsNamed", "promotions", name=name)]
    for promotion_id in found:
        try:
            await saleor.call("PromotionDelete", id=promotion_id)
        except Gone:
            continue
