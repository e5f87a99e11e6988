"""Who asks, of which shop, in which language, and what they may."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from admin_ui.language import Language
from plugin.saleor.auth import DashboardUser
from plugin.store.shops import Shop

Permissions = frozenset[str]
#: What a campaign gives is a discount.
DISCOUNTS: Permissions = frozenset({"MANAGE_DISCOUNTS"})
#: A customer's data are erased, and handed out, by whoever manages customers.
CUSTOMERS: Permissions = frozenset({"MANAGE_USERS"})


@dataclass(frozen=True, slots=True)
class Visit:
    """A request whose sender is proven and may read."""

    request: Request
    shop: Shop
    user: DashboardUser
    now: datetime
    language: Language

    @property
    def may_change(self) -> bool:
        return self.may(DISCOUNTS)

    @property
    def may_customers(self) -> bool:
        return self.may(CUSTOMERS)

    def may(self, permissions: Permissions) -> bool:
        return not permissions.isdisjoint(self.user.permissions)

    @property
    def zone(self) -> ZoneInfo:
        return self.shop.zone
