"""What the shop sells, found by its name, for people who choose it; and what is stored of it, by name again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plugin.saleor.client import Saleor
from plugin.saleor.scope import is_id

#: So many are shown of what was found.
MOST = 20
#: Saleor's largest page: so many are looked up at once.
_PAGE = 100


class Sort(StrEnum):
    PRODUCT = "Product"
    COLLECTION = "Collection"
    TYPE = "ProductType"
    #: Known by its SKU, which stands in place of a slug.
    VARIANT = "ProductVariant"


_ROOTS = {
    Sort.PRODUCT: "Products",
    Sort.COLLECTION: "Collections",
    Sort.TYPE: "ProductTypes",
    Sort.VARIANT: "Variants",
}


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    items: Sequence[Item]
    #: There are others of this name.
    more: bool


async def search(saleor: Saleor, sort: Sort, text: str) -> Found:
    """The best matches first, as Saleor finds them. Raises as `Saleor.call`."""
    found = (await saleor.call(f"{_ROOTS[sort]}Search", text=text, first=MOST))["found"]
    items = list(_variants(found) if sort is Sort.VARIANT else map(_item, _nodes(found)))
    return Found(items[:MOST], found["pageInfo"]["hasNextPage"] or len(items) > MOST)


async def named(saleor: Saleor, sort: Sort, values: Collection[str]) -> Mapping[str, Item]:
    """By id, and by slug or SKU: what of these the shop still has. Raises as `Saleor.call`."""
    known: dict[str, Item] = {}
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _PAGE):
        for item in await _named(saleor, sort, wanted[start : start + _PAGE]):
            known |= {item.id: item, item.slug: item}
    return {value: known[value] for value in wanted if value in known}


async def _named(saleor: Saleor, sort: Sort, values: Sequence[str]) -> list[Item]:
    operation = f"{_ROOTS[sort]}Titles"
    if sort is Sort.VARIANT:
        nodes = _nodes((await saleor.call(operation, skus=list(values)))["found"])
        return [_variant(node, node["product"]["name"]) for node in nodes]
    ids = [value for value in values if is_id(value, sort)]
    slugs = [value for value in values if value not in ids]
    answer = await saleor.call(operation, ids=ids, slugs=slugs, byId=bool(ids), bySlug=bool(slugs))
    return [_item(node) for way in ("byId", "bySlug") if answer.get(way) for node in _nodes(answer[way])]


def _nodes(connection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


def _item(node: Mapping[str, Any]) -> Item:
    return Item(node["id"], node["slug"], node["name"])


def _variants(found: Mapping[str, Any]) -> Iterator[Item]:
    """Those that have a SKU."""
    for product in _nodes(found):
        for node in _nodes(product["productVariants"]):
            if node["sku"]:
                yield _variant(node, product["name"])


def _variant(node: Mapping[str, Any], product: str) -> Item:
    name = product if node["name"] in {"", product, node["sku"]} else f"{product}, {node['name']}"
    return Item(node["id"], node["sku"], name)
