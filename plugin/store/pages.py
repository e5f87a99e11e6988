"""What we last wrote to the shop's pages, so that what the merchant changed since is seen and left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from plugin.store.schema import pages
from plugin.store.statements import insert


@dataclass(frozen=True, slots=True)
class KnownPage:
    slug: str
    attribute: str
    #: What was written, as its writer reads it back; None where nothing of the page is ours, or not any more.
    written: str | None
    #: Why what should stand there does not.
    refused: str | None
    looked_at: datetime


def save(connection: Connection, shop_id: int, page: KnownPage) -> None:
    values = {"written": page.written, "refused": page.refused, "looked_at": page.looked_at}
    connection.execute(
        insert(connection, pages)
        .values(shop_id=shop_id, slug=page.slug, attribute=page.attribute, **values)
        .on_conflict_do_update(index_elements=["shop_id", "slug", "attribute"], set_=values)
    )


def of_shop(connection: Connection, shop_id: int) -> Sequence[KnownPage]:
    statement = select(pages).where(pages.c.shop_id == shop_id).order_by(pages.c.slug, pages.c.attribute)
    return [
        KnownPage(row.slug, row.attribute, row.written, row.refused, row.looked_at)
        for row in connection.execute(statement)
    ]


def forget(connection: Connection, shop_id: int, slug: str, attribute: str) -> None:
    connection.execute(
        delete(pages).where(pages.c.shop_id == shop_id, pages.c.slug == slug, pages.c.attribute == attribute)
    )
