"""The gift that an order promotion puts into a basket, and that a voucher takes away again."""

from plugin.sandbox.ids import fresh_id
from plugin.sandbox.pricing import undiscounted_subtotal
from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.checkouts import Checkout, CheckoutLine
from plugin.sandbox.shop import Shop


def put_gift(shop: Shop, checkout: Checkout) -> None:
    """The basket holds one gift line if it has earned one now, and none otherwise."""
    checkout.lines[:] = [line for line in checkout.lines if not line.is_gift]
    gift = None if checkout.code is not None else _earned(shop, checkout)
    if gift is not None:
        line = CheckoutLine(id=fresh_id("CheckoutLine"), checkout=checkout, variant=gift, quantity=1, is_gift=True)
        checkout.lines.append(line)


def _earned(shop: Shop, checkout: Checkout) -> ProductVariant | None:
    """Of all that the basket has earned Saleor gives the dearest."""
    now, subtotal, slug = shop.now(), undiscounted_subtotal(checkout), checkout.channel.slug
    earned = [
        gift
        for promotion in shop.promotions.values()
        if promotion.start_date <= now and (promotion.end_date is None or promotion.end_date > now)
        for rule in promotion.rules
        if checkout.channel in rule.channels and subtotal >= rule.minimum
        for gift in rule.gifts
        if slug in gift.prices
    ]
    return max(earned, key=lambda gift: gift.prices[slug], default=None) if checkout.lines else None
