"""Sentences about products and collections, with their names in place of the ids that are stored."""

import re
from collections.abc import Mapping, Sequence

import anyio

from admin_ui.beside import Working, beside
from admin_ui.visit import Visit
from plugin.errors import RetentionError
from plugin.flow.house import House
from plugin.saleor import catalogue
from plugin.saleor.catalogue import Sort
from plugin.saleor.scope import is_id

#: As Saleor's ids look: which of these are, their beginning says.
_LIKE_IDS = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{8,100}={0,2}")
_SORTS = (Sort.PRODUCT, Sort.COLLECTION, Sort.TYPE)
#: Seconds that Saleor is waited for beside the page, and for which its answer is held.
PATIENCE, HELD = 10.0, 600.0


async def called(house: House, visit: Visit, texts: Sequence[str]) -> list[str]:
    """In the visitor's language, with names as far as Saleor tells them within a moment; what it tells later is there the next time."""
    said = [visit.language.said(text, visit.zone) for text in texts]
    alike = {value for text in said for value in _LIKE_IDS.findall(text)}
    ids = frozenset(value for value in alike if any(is_id(value, sort) for sort in _SORTS))
    if not ids:
        return said
    key = ("called", id(house.database), visit.shop.shop_id, ids)
    names = await beside(key, lambda: _names(house, visit, ids), held=HELD)
    if isinstance(names, Working):
        return said
    return [_LIKE_IDS.sub(lambda found: names.get(found[0], found[0]), text) for text in said]


async def _names(house: House, visit: Visit, ids: frozenset[str]) -> Mapping[str, str]:
    saleor = house.connect(visit.shop)
    names: dict[str, str] = {}
    for sort in _SORTS:
        theirs = sorted(value for value in ids if is_id(value, sort))
        try:
            with anyio.fail_after(PATIENCE):
                found = await catalogue.named(saleor, sort, theirs) if theirs else {}
        except (RetentionError, TimeoutError):
            continue  # the ids say it, too
        names |= {value: item.name for value, item in found.items()}
    return names
