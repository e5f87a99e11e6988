"""Whether products are in stock, over all warehouses."""

from collections.abc import Sequence
from typing import Any

from plugin.errors import GiveUp, Gone
from plugin.saleor.client import Saleor
from plugin.saleor.scope import product_ids


async def in_stock(saleor: Saleor, products: Sequence[str]) -> dict[str, bool]:
    """Product, by id or slug → whether one of its variants can be had; False also for one that is not there."""
    return {product: await _is_there(saleor, product) for product in products}


async def _is_there(saleor: Saleor, product: str) -> bool:
    try:
        (product_id,) = await product_ids(saleor, [product])
        variants = [node async for node in saleor.pages("ProductStock", "product.productVariants", id=product_id)]
    except (Gone, GiveUp):
        return False
    return any(_is_left(variant) for variant in variants)


def _is_left(variant: Any) -> bool:
    left = sum(stock["quantity"] - stock["quantityAllocated"] for stock in variant["stocks"] or ())
    return not variant["trackInventory"] or left > 0
