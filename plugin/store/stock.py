"""What campaigns give away: whether it is in stock, and what everybody was last offered."""

from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from sqlalchemy import Connection, bindparam, delete, func, select, update

from plugin.domain.today import Today
from plugin.store.schema import campaign_versions, gift_stock, order_lines, orders, public_offers

_OUT_OF = select(gift_stock.c.product).where(
    gift_stock.c.shop_id == bindparam("shop"), gift_stock.c.in_stock.is_(False)
)


def out_of(connection: Connection, shop_id: int) -> frozenset[str]:
    """Products of which nothing is left, as merchants name them."""
    return frozenset(connection.execute(_OUT_OF, {"shop": shop_id}).scalars())


def to_look_at(connection: Connection, shop_id: int, products: Collection[str], now: datetime) -> set[str]:
    """Those that are due, or were never looked at."""
    fresh = select(gift_stock.c.product).where(gift_stock.c.shop_id == shop_id, gift_stock.c.look_at > now)
    return set(products) - set(connection.execute(fresh).scalars())


def keep(connection: Connection, shop_id: int, found: Mapping[str, bool], look_at: datetime) -> None:
    """found: product → whether it is in stock."""
    connection.execute(delete(gift_stock).where(gift_stock.c.shop_id == shop_id, gift_stock.c.product.in_(found)))
    rows = [
        {"shop_id": shop_id, "product": product, "in_stock": there, "look_at": look_at}
        for product, there in found.items()
    ]
    if rows:
        connection.execute(gift_stock.insert(), rows)


def look_soon(connection: Connection, shop_id: int, names: Collection[str], now: datetime) -> None:
    """Something has changed with this product, by whichever name."""
    connection.execute(
        update(gift_stock).where(gift_stock.c.shop_id == shop_id, gift_stock.c.product.in_(names)).values(look_at=now)
    )


def last_said(connection: Connection, shop_id: int) -> dict[int, str]:
    """Campaign → what its promotion was last asked to be."""
    rows = select(public_offers.c.campaign_id, public_offers.c.said).where(public_offers.c.shop_id == shop_id)
    return dict(connection.execute(rows).all())


def say(connection: Connection, shop_id: int, campaign_id: int, said: str, *, spent: bool) -> None:
    whose = (public_offers.c.shop_id == shop_id, public_offers.c.campaign_id == campaign_id)
    connection.execute(delete(public_offers).where(*whose))
    values = {"shop_id": shop_id, "campaign_id": campaign_id, "said": said, "spent": spent}
    connection.execute(public_offers.insert().values(values))


def spend(connection: Connection, shop_id: int, campaign_id: int, *, spent: bool) -> None:
    whose = (public_offers.c.shop_id == shop_id, public_offers.c.campaign_id == campaign_id)
    connection.execute(update(public_offers).where(*whose).values(spent=spent))


_SPENT = select(public_offers.c.campaign_id).where(
    public_offers.c.shop_id == bindparam("shop"), public_offers.c.spent.is_(True)
)


def today(connection: Connection, shop_id: int, now: datetime, zone: tzinfo) -> Today:
    spent = connection.execute(_SPENT, {"shop": shop_id}).scalars()
    return Today(now, zone, out_of(connection, shop_id), frozenset(spent))


def made_at(connection: Connection, campaign_id: int) -> datetime | None:
    """When the campaign was made."""
    first = select(func.min(campaign_versions.c.edited_at)).where(campaign_versions.c.campaign_id == campaign_id)
    found: datetime | None = connection.execute(first).scalar_one()
    return found


def given_to_everybody(
    connection: Connection, shop_id: int, currency: str, products: Collection[str], since: datetime
) -> int:
    """Pieces that Saleor put into baskets by itself: they cost nothing, and no voucher stood beside them.

    products: Saleor's ids.
    """
    pieces = (
        select(func.coalesce(func.sum(order_lines.c.quantity), 0))
        .join(orders, (orders.c.shop_id == order_lines.c.shop_id) & (orders.c.order_id == order_lines.c.order_id))
        .where(
            orders.c.shop_id == shop_id,
            orders.c.placed_at >= since,
            orders.c.currency == currency,
            orders.c.counts,
            orders.c.voucher_code.is_(None),
            order_lines.c.product_id.in_(products),
            order_lines.c.total == Decimal(0),
        )
    )
    return int(connection.execute(pieces).scalar_one())
