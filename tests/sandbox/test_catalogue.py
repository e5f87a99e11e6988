"""The catalogue is found by name, as Saleor's own full-text search and filters would find it."""

import pytest

from plugin.sandbox.ids import global_id
from plugin.sandbox.records.catalogue import Collection
from tests.sandbox.talk import Talk

PRODUCTS = "query($text: String!) { products(first: 9, search: $text) { edges { node { name } } } }"
TYPES = "query($filter: ProductTypeFilterInput!) { productTypes(first: 9, filter: $filter) { edges { node { name slug } } } }"
COLLECTIONS = (
    "query($filter: CollectionFilterInput!) { collections(first: 9, filter: $filter) { edges { node { name } } } }"
)
VARIANTS = """query($where: ProductVariantWhereInput) { productVariants(first: 9, where: $where) {
  edges { node { sku product { name } } } } }"""


def names(answer: dict[str, dict[str, list[dict[str, dict[str, str]]]]]) -> list[str]:
    [found] = answer.values()
    return [edge["node"]["name"] for edge in found["edges"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("coffee", ["Coffee Beans 1 kg"]),
        ("BEANS cof", ["Coffee Beans 1 kg"]),
        ("offee", []),  # words are found by how they begin
        ("coffee milk", []),
        ("GROCERY-003", ["Oat Milk 1 l"]),
    ],
)
def test_products_are_found_by_words_of_their_name_and_by_sku(shop: Talk, text: str, found: list[str]) -> None:
    assert names(shop.ask(PRODUCTS, text=text)) == found


def test_product_types_are_found_by_a_part_of_their_name_by_id_and_by_slug(shop: Talk) -> None:
    [kind] = [one for one in shop.sandbox.shop.product_types.values() if one.name == "Dairy & alternatives"]
    for asked in ({"search": "alter"}, {"ids": [kind.id]}, {"slugs": [kind.slug]}):
        assert names(shop.ask(TYPES, filter=asked)) == ["Dairy & alternatives"]
    assert names(shop.ask(TYPES, filter={"search": "coffin"})) == []


def test_collections_are_found_by_a_part_of_their_name(shop: Talk) -> None:
    made = Collection(id=global_id("Collection", "7"), name="Summer picks", slug="summer-picks")
    shop.sandbox.shop.collections[made.id] = made
    assert names(shop.ask(COLLECTIONS, filter={"search": "mer p"})) == ["Summer picks"]
    assert names(shop.ask(COLLECTIONS, filter={"search": "winter"})) == []


def test_variants_are_found_by_sku(shop: Talk) -> None:
    found = shop.ask(VARIANTS, where={"sku": {"oneOf": ["GROCERY-003", "GROCERY-001", "NONE"]}})["productVariants"]
    told = [(edge["node"]["sku"], edge["node"]["product"]["name"]) for edge in found["edges"]]
    assert told == [("GROCERY-001", "Coffee Beans 1 kg"), ("GROCERY-003", "Oat Milk 1 l")]
