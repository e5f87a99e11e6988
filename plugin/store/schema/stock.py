"""Whether what is given away is in stock, and what everybody was last offered."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment

#: Products that campaigns give away, as the merchant names them: by id or by slug.
gift_stock = Table(
    "gift_stock",
    metadata,
    shop_key(primary=True),
    Column("product", String(255), primary_key=True),
    Column("in_stock", Boolean, nullable=False),
    #: When to ask Saleor again.
    Column("look_at", Moment, nullable=False),
)

#: What the promotion of a campaign was last asked to be, so that it is asked for again only when that changes.
public_offers = Table(
    "public_offers",
    metadata,
    shop_key(primary=True),
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("said", String(32), nullable=False),
    #: Its budget does not pay for one more.
    Column("spent", Boolean, nullable=False),
)
