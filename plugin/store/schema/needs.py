"""What is bought again and again: the model of it, and what cannot be bought at present."""

from sqlalchemy import JSON, Boolean, Column, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Moment

#: Apart from the shop, because it is large and only some campaigns ask for it.
need_models = Table(
    "need_models",
    metadata,
    shop_key(primary=True),
    #: domain.needs.NeedModel.
    Column("body", JSON, nullable=False),
    Column("learnt_at", Moment, nullable=False),
)

#: Variants that have been out of stock since we listen: whether they still are, and since when that is so.
shortages = Table(
    "shortages",
    metadata,
    shop_key(primary=True),
    Column("variant_id", String(100), primary_key=True),
    Column("missing", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
