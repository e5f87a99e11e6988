"""How often shoppers' pages may ask: by address, and by shop, so that one shop's rush is not another's."""

import time
from collections import Counter
from collections.abc import Callable

from plugin.errors import TryLater

#: One address can be a storefront's server that asks for all of its shoppers.
PER_ADDRESS = 1_200
PER_SHOP = 60_000
MINUTE = 60.0
WAIT = "Too many questions; wait a minute, then ask again."
#: Addresses that are counted in one minute; beyond that it begins anew, so that nobody fills the memory.
MOST = 100_000


class Allowance:
    """Counted in this process alone, in memory, from minute to minute.

    A dictionary that is emptied: a library's store started a thread every so often to forget what was old,
    and took a third of an answer's time.
    """

    def __init__(
        self,
        per_address: int = PER_ADDRESS,
        per_shop: int = PER_SHOP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_address = per_address
        self._per_shop = per_shop
        self._clock = clock
        self._minute = 0
        self._taken: Counter[str | int] = Counter()

    def take_for_address(self, address: str) -> None:
        self._take(address, self._per_address)

    def look_at_address(self, address: str) -> None:
        """Nothing is counted: whoever proves to be a shop's own server is counted by the shop alone."""
        self._look(address, self._per_address)

    def take_for_shop(self, shop_id: int) -> None:
        self._take(shop_id, self._per_shop)

    def _take(self, who: str | int, most: int) -> None:
        self._look(who, most)
        self._taken[who] += 1

    def _look(self, who: str | int, most: int) -> None:
        """Raises `TryLater`."""
        minute = int(self._clock() // MINUTE)
        if minute != self._minute or len(self._taken) >= MOST:
            self._minute = minute
            self._taken.clear()
        if self._taken[who] >= most:
            raise TryLater(WAIT, MINUTE)
