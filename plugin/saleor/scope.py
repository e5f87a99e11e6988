"""What a merchant names by id or slug, as Saleor's ids."""

import base64
import binascii
from collections.abc import Sequence

from plugin.domain.phrases import N_, phrase
from plugin.errors import GiveUp, Gone
from plugin.saleor.client import Saleor


async def product_ids(saleor: Saleor, named: Sequence[str]) -> list[str]:
    """Raises `GiveUp` with a sentence for a slug that this shop does not have."""
    return await _ids(saleor, named, "Product", "ProductsNamed", "products")


async def collection_ids(saleor: Saleor, named: Sequence[str]) -> list[str]:
    """Raises `GiveUp` with a sentence for a slug that this shop does not have."""
    return await _ids(saleor, named, "Collection", "CollectionsNamed", "collections")


async def variant_ids(saleor: Saleor, products: Sequence[str]) -> list[str]:
    """All variants of these products. Raises `GiveUp` where one of them is not there."""
    found: list[str] = []
    for product in await product_ids(saleor, products):
        try:
            pages = saleor.pages("ProductVariants", "product.productVariants", id=product)
            found.extend([node["id"] async for node in pages])
        except Gone as error:
            raise GiveUp(phrase("The product that is the gift is not in this shop any more; name another.")) from error
    return found


_MISSING = {
    "Product": N_("This shop has no product “{name}”; correct the campaign's products, by slug or by id."),
    "Collection": N_("This shop has no collection “{name}”; correct the campaign's collections, by slug or by id."),
}


async def _ids(saleor: Saleor, named: Sequence[str], type_: str, operation: str, path: str) -> list[str]:
    slugs = [name for name in named if not is_id(name, type_)]
    by_slug: dict[str, str] = {}
    if slugs:
        async for node in saleor.pages(operation, path, filter={"slugs": slugs}):
            by_slug[node["slug"]] = node["id"]
    missing = [slug for slug in slugs if slug not in by_slug]
    if missing:
        raise GiveUp(phrase(_MISSING[type_], name=missing[0]))
    return list(dict.fromkeys(by_slug.get(name, name) for name in named))


def is_id(name: str, type_: str) -> bool:
    """Saleor's ids are `Type:number` in base64."""
    try:
        return base64.b64decode(name, validate=True).startswith(f"{type_}:".encode())
    except (binascii.Error, ValueError):
        return False
