"""What shoppers' pages ask: GET /storefront/v1/…; see docs/storefront.md."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import anyio
import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from plugin.domain.effects import Banner, Slot
from plugin.errors import NotFound, NotVerified, Rejected, RetentionError, TryLater
from plugin.flow.fronts import Front, Fronts
from plugin.flow.house import House
from plugin.flow.promises import note_seen
from plugin.saleor.auth import verify_shopper_token
from plugin.saleor.jwks import Keys
from plugin.store.customers import Customer
from plugin.storefront.allowance import Allowance
from plugin.storefront.answers import answer, preflight, problem
from plugin.storefront.free_shipping import is_new, offer_for, read_subtotal, tell

log = structlog.get_logger(__name__)

#: The same whether the shop or the token is the wrong one.
WHO = "The shopper's access token is missing, has run out or is not of this shop; sign in again."
NOWHERE = "There is no such shop or channel here."


@dataclass(frozen=True, slots=True)
class Question:
    front: Front
    request: Request
    #: Nobody, or who proved to be signed in.
    user_id: str | None


class Storefront:
    def __init__(self, house: House, fronts: Fronts, keys: Keys, allowance: Allowance) -> None:
        self._house = house
        self._fronts = fronts
        self._keys = keys
        self._allowance = allowance

    async def free_shipping(self, asked: Question) -> Response:
        subtotal = read_subtotal(asked.request.query_params.get("subtotal"))
        channel = asked.front.channels.get(asked.request.query_params.get("channel", ""))
        if channel is None:
            raise NotFound(NOWHERE)
        customer = await self._customer(asked)
        offer = offer_for(asked.front, channel, customer, self._house.clock())
        content = None if offer is None else tell(asked.front, offer, subtotal)
        said = _say(asked, content)
        if customer is not None and offer is not None and offer.personal and is_new(offer, channel, customer):
            said.background = BackgroundTask(self._note_seen, asked.front, customer.state.user_id or "")
        return said

    async def banner(self, asked: Question) -> Response:
        if asked.user_id is None:
            raise NotVerified(WHO)
        customer = await self._customer(asked)
        shown = customer.shown.get(Slot.BANNER) if customer else None
        return _say(asked, None if shown is None else _alive(shown, self._house.clock()))

    def answers(self, tell: Callable[[Question], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint: who asks of which shop is found out first, and every refusal is a problem detail."""

        async def endpoint(request: Request) -> Response:
            front, origin = None, request.headers.get("origin")
            try:
                self._allowance.take_for_address(request.client.host if request.client else "")
                front = await self._fronts.named(request.query_params.get("shop", ""))
                if request.method == "OPTIONS":
                    return preflight(front, origin)
                return await tell(await self._question(front, request))
            except NotVerified:
                return problem(HTTPStatus.UNAUTHORIZED, WHO, front, origin, {"WWW-Authenticate": "Bearer"})
            except NotFound as error:
                return problem(HTTPStatus.NOT_FOUND, str(error), front, origin)
            except Rejected as error:
                return problem(HTTPStatus.BAD_REQUEST, str(error), front, origin)
            except TryLater as error:
                return _later(error, front, origin)

        return endpoint

    async def _question(self, front: Front | None, request: Request) -> Question:
        token = request.headers.get("authorization")
        if front is None:
            raise NotFound(NOWHERE) if token is None else NotVerified(WHO)
        self._allowance.take_for_shop(front.shop.shop_id)
        return Question(front, request, None if token is None else await self._signed_in(front, token))

    async def _signed_in(self, front: Front, header: str) -> str:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise NotVerified(WHO)
        try:
            shopper = await verify_shopper_token(token.strip(), front.shop, self._keys, self._house.clock())
        except TryLater as error:  # A key that nobody knows: a shop that is there must not tell by this.
            raise NotVerified(WHO) from error
        return shopper.user_id

    async def _customer(self, asked: Question) -> Customer | None:
        return None if asked.user_id is None else await self._fronts.customer(asked.front, asked.user_id)

    async def _note_seen(self, front: Front, user_id: str) -> None:
        try:
            await anyio.to_thread.run_sync(note_seen, self._house, front.shop.shop_id, user_id)
        except RetentionError as error:  # The next look notes it.
            log.warning("threshold_not_noted", shop=front.shop.api_url, reason=str(error))


def _say(asked: Question, content: dict[str, Any] | None) -> Response:
    return answer(content, asked.front, asked.request.headers.get("origin"), personal=asked.user_id is not None)


def _alive(shown: Banner, now: datetime) -> dict[str, Any] | None:
    until = shown.data.get("until")
    if until is not None and datetime.fromisoformat(until) <= now:
        return None
    return {"text": shown.text, "code": shown.data.get("code"), "until": until}


def _later(error: TryLater, front: Front | None, origin: str | None) -> Response:
    status = HTTPStatus.TOO_MANY_REQUESTS if error.after is not None else HTTPStatus.SERVICE_UNAVAILABLE
    detail = str(error) if error.after is not None else "This cannot be answered now; ask again in a moment."
    return problem(status, detail, front, origin, {"Retry-After": str(round(error.after or 5))})


def routes(house: House, fronts: Fronts, keys: Keys, allowance: Allowance | None = None) -> list[BaseRoute]:
    storefront = Storefront(house, fronts, keys, allowance or Allowance())
    methods = ["GET", "OPTIONS"]
    return [
        Route("/storefront/v1/free-shipping", storefront.answers(storefront.free_shipping), methods=methods),
        Route("/storefront/v1/banner", storefront.answers(storefront.banner), methods=methods),
    ]
