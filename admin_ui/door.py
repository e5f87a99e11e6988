"""Who asks, of which shop, and whether they may: the Dashboard's token, verified on every request for data."""

from collections.abc import Awaitable, Callable

import anyio
from starlette.requests import Request
from starlette.responses import Response

from admin_ui.answers import refuse
from admin_ui.language import N_, Language, language_of
from admin_ui.visit import CUSTOMERS, DISCOUNTS, Permissions, Visit
from plugin.domain.phrases import phrase
from plugin.errors import NotAllowed, NotVerified, RetentionError
from plugin.flow.house import House
from plugin.saleor.auth import verify_dashboard_token
from plugin.saleor.jwks import Keys
from plugin.store import shops
from plugin.store.shops import Shop, ShopStatus

#: Saleor has no permission of its own for customers' data: whoever sees customers or orders may see this.
TO_READ = frozenset({"MANAGE_USERS", "MANAGE_ORDERS"})
_NAMES = {DISCOUNTS: N_("discounts"), CUSTOMERS: N_("customers")}

Answer = Callable[[Visit], Awaitable[Response]]


class Door:
    def __init__(self, house: House, keys: Keys) -> None:
        self._house = house
        self._keys = keys

    def reading(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        return self._endpoint(answer, None)

    def changing(self, answer: Answer, permissions: Permissions) -> Callable[[Request], Awaitable[Response]]:
        return self._endpoint(answer, permissions)

    def _endpoint(self, answer: Answer, needed: Permissions | None) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            language = language_of(request.headers.get("accept-language", ""))
            try:
                visit = await self._visit(request, language)
                if needed is not None and not visit.may(needed):
                    text = N_("Only people who may manage {what} can change this; ask whoever manages staff.")
                    raise NotAllowed(language._(text, what=language._(_NAMES[needed])))
                return await answer(visit)
            except RetentionError as error:
                return refuse(error, language, in_page=needed is None)

        return endpoint

    async def _visit(self, request: Request, language: Language) -> Visit:
        """The header says which shop; the token has to be that very shop's."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotVerified(phrase("The Dashboard's token is missing; open this page in the Dashboard."))
        shop = await anyio.to_thread.run_sync(self._find, request.headers.get("saleor-api-url", ""))
        if shop is None or shop.status is ShopStatus.UNINSTALLED:
            raise NotVerified(phrase("The shop that asks has not installed this app."))
        now = self._house.clock()
        user = await verify_dashboard_token(token.strip(), shop, self._keys, now)
        if TO_READ.isdisjoint(user.permissions):
            raise NotAllowed(
                phrase("Only people who may manage customers or orders can see this; ask whoever manages staff.")
            )
        return Visit(request, shop, user, now, language)

    def _find(self, api_url: str) -> Shop | None:
        with self._house.database.read() as connection:
            return shops.find(connection, api_url)
