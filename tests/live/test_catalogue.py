"""What a merchant chooses by name is found in the shop's own catalogue, by the app's token."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import select

from plugin.saleor import catalogue
from plugin.saleor.catalogue import Found, Sort
from plugin.saleor.client import Saleor
from plugin.store.schema import shops
from plugin.store.shops import get
from tests.live.api import until
from tests.live.app import App

LISTS = {
    Sort.PRODUCT: ("products", "id name slug"),
    Sort.COLLECTION: ("collections", "id name slug"),
    Sort.TYPE: ("productTypes", "id name slug"),
    Sort.VARIANT: ("productVariants", "id sku product { name }"),
}


@pytest.mark.parametrize("sort", Sort)
def test_a_name_finds_it_and_what_is_stored_says_its_name_again(app: App, sort: Sort) -> None:
    root, fields = LISTS[sort]
    wanted = next(one for one in app.staff.pages(root, fields) if one.get("slug") or one.get("sku"))
    name = wanted["product"]["name"] if sort is Sort.VARIANT else wanted["name"]
    stored = wanted["sku"] if sort is Sort.VARIANT else wanted["slug"]
    found = until("the search to know it", lambda: _find(app, sort, name, wanted["id"]), within=120)
    assert stored in {item.slug for item in found.items}
    titles = _titles(app, sort, [stored, "no-such-thing"])
    assert list(titles) == [stored]
    assert name in titles[stored]


def _find(app: App, sort: Sort, name: str, identifier: str) -> Found | None:
    """None as long as Saleor, which makes its index in the background, does not find it."""
    found: Found = _asked(app, lambda saleor: catalogue.search(saleor, sort, name))
    return found if identifier in {item.id for item in found.items} else None


def _titles(app: App, sort: Sort, values: list[str]) -> dict[str, str]:
    found = _asked(app, lambda saleor: catalogue.named(saleor, sort, values))
    return {value: item.name for value, item in found.items()}


def _asked(app: App, ask: Callable[[Saleor], Awaitable[Any]]) -> Any:
    (row,) = app.rows(select(shops.c.id))
    with app.house() as house, house.database.read() as connection:
        shop = get(connection, row["id"])

    async def work() -> Any:
        async with httpx.AsyncClient() as http:
            return await ask(Saleor(shop.api_url, house.keyring.decrypt(shop.token), http))

    return anyio.run(work)
