"""How often shoppers' pages may ask: by address, and by shop, so that one shop's rush is not another's."""

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from plugin.errors import TryLater

#: One address can be a storefront's server that asks for all of its shoppers.
PER_ADDRESS = 1_200
PER_SHOP = 60_000
MINUTE = 60.0


class Allowance:
    """Counted in this process alone, in memory."""

    def __init__(self, per_address: int = PER_ADDRESS, per_shop: int = PER_SHOP) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._per_address = RateLimitItemPerMinute(per_address, namespace="address")
        self._per_shop = RateLimitItemPerMinute(per_shop, namespace="shop")

    def take_for_address(self, address: str) -> None:
        self._take(self._per_address, address)

    def take_for_shop(self, shop_id: int) -> None:
        self._take(self._per_shop, str(shop_id))

    def _take(self, item: RateLimitItem, who: str) -> None:
        """Raises `TryLater`."""
        if not self._limiter.hit(item, who):
            raise TryLater("Too many questions; wait a minute, then ask again.", MINUTE)
