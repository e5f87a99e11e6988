"""Who asks, of which shop, and whether they may: the Dashboard's token, verified on every request for data."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import anyio
from starlette.requests import Request
from starlette.responses import Response

from admin_ui.answers import refuse
from plugin.errors import NotAllowed, NotVerified, RetentionError
from plugin.flow.house import House
from plugin.saleor.auth import DashboardUser, verify_dashboard_token
from plugin.saleor.jwks import Keys
from plugin.store import shops
from plugin.store.shops import Shop, ShopStatus

#: Saleor has no permission of its own for customers' data: whoever sees customers or orders may see this.
TO_READ = frozenset({"MANAGE_USERS", "MANAGE_ORDERS"})
#: What a campaign gives is a discount.
TO_CHANGE = frozenset({"MANAGE_DISCOUNTS"})


@dataclass(frozen=True, slots=True)
class Visit:
    """A request whose sender is proven and may read."""

    request: Request
    shop: Shop
    user: DashboardUser
    now: datetime

    @property
    def may_change(self) -> bool:
        return not TO_CHANGE.isdisjoint(self.user.permissions)


Answer = Callable[[Visit], Awaitable[Response]]


class Door:
    def __init__(self, house: House, keys: Keys) -> None:
        self._house = house
        self._keys = keys

    def reading(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        return self._endpoint(answer, changes=False)

    def changing(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        return self._endpoint(answer, changes=True)

    def _endpoint(self, answer: Answer, *, changes: bool) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                visit = await self._visit(request)
                if changes and not visit.may_change:
                    raise NotAllowed("Only people who may manage discounts can change this; ask whoever manages staff.")
                return await answer(visit)
            except RetentionError as error:
                return refuse(error, in_page=not changes)

        return endpoint

    async def _visit(self, request: Request) -> Visit:
        """The header says which shop; the token has to be that very shop's."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotVerified("The Dashboard's token is missing; open this page in the Dashboard.")
        shop = await anyio.to_thread.run_sync(self._find, request.headers.get("saleor-api-url", ""))
        if shop is None or shop.status is ShopStatus.UNINSTALLED:
            raise NotVerified("The shop that asks has not installed this app.")
        now = self._house.clock()
        user = await verify_dashboard_token(token.strip(), shop, self._keys, now)
        if TO_READ.isdisjoint(user.permissions):
            raise NotAllowed("Only people who may manage customers or orders can see this; ask whoever manages staff.")
        return Visit(request, shop, user, now)

    def _find(self, api_url: str) -> Shop | None:
        with self._house.database.read() as connection:
            return shops.find(connection, api_url)
