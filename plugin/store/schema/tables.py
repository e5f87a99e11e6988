"""What every module of tables begins with."""

from sqlalchemy import Column, ForeignKey, MetaData

from plugin.store.types import BigKey

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def shop_key(*, primary: bool = False) -> Column[int]:
    return Column("shop_id", BigKey, ForeignKey("shops.id", ondelete="CASCADE"), nullable=False, primary_key=primary)
