"""Who is meant by a name on the suppression list: our number, or an e-mail."""

from collections.abc import Sequence

from plugin.domain.phrases import phrase
from plugin.errors import NotFound
from plugin.flow.house import House
from plugin.store import customers, suppressions
from plugin.store.shops import Shop
from plugin.store.suppressions import Subject

#: Digits that fit into the database's numbers.
_LONGEST_NUMBER = 19


def subjects_named(house: House, shop: Shop, named: Sequence[str]) -> list[Subject]:
    """Raises `NotFound` for what is neither an e-mail nor the number of a customer there is."""
    pepper = house.keyring.decrypt(shop.pepper)
    with house.database.read() as connection:
        known = {name for name in named if _is_number(name) and customers.by_id(connection, shop.shop_id, int(name))}
    found = []
    for name in dict.fromkeys(named):
        if "@" in name:
            found.append(suppressions.of_email(pepper, name.strip().casefold()))
        elif name in known:
            found.append(suppressions.of_number(pepper, int(name)))
        else:
            raise NotFound(phrase("There is no customer “{name}”; name our number, or an e-mail.", name=name))
    return found


def _is_number(name: str) -> bool:
    """One that fits into the database."""
    return name.isdecimal() and len(name) < _LONGEST_NUMBER
