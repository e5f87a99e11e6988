"""What shoppers' pages ask and tell: /storefront/v1/…; see docs/storefront.md."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import anyio
import structlog
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from plugin import metrics
from plugin.domain.content import FREE_SHIPPING, OFFER
from plugin.domain.effects import Banner, Slot
from plugin.errors import NotAllowed, NotFound, NotVerified, Rejected, RetentionError, TooLarge, TryLater
from plugin.flow.front_events import Call, Notebook
from plugin.flow.fronts import Front, Fronts
from plugin.flow.house import House
from plugin.flow.offer_links import offer_behind
from plugin.flow.promises import note_seen
from plugin.saleor.jwks import Keys
from plugin.store.customers import Customer
from plugin.storefront import samples
from plugin.storefront.allowance import Allowance
from plugin.storefront.answers import answer, described, nothing, preflight, problem
from plugin.storefront.content import content_for, read_places
from plugin.storefront.events import LARGEST_BODY, Letter, is_bot, read_letter, sort_out
from plugin.storefront.free_shipping import is_new, offer_for, read_basket, tell
from plugin.storefront.links import read_link
from plugin.storefront.refs import read_ref, sign_ref
from plugin.storefront.who import WHO, Asker, is_keyed, refuse_keys_of_pages, tell_who

log = structlog.get_logger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

#: Then the page is told to ask again: it must look finished without us meanwhile.
SECONDS = 2.0
#: A phone on a slow line may take so long to tell something.
BODY_SECONDS = 15.0
POST = "POST"
NOWHERE = "There is no such shop or channel here."
#: The same for a link that is forged, of another shop, used, taken back or over.
NO_OFFER = "There is no offer behind this link, or not any more."


@dataclass(frozen=True, slots=True)
class Question:
    front: Front
    request: Request
    asker: Asker

    @property
    def user_id(self) -> str | None:
        """Nobody's, or of who proved to be signed in."""
        return self.asker.user_id

    @property
    def personal(self) -> bool:
        return self.asker.user_id is not None or self.asker.sample is not None


@dataclass(slots=True)
class Visit:
    """One request on its way; whose it is is known only after a while, and refusals need it too."""

    request: Request
    front: Front | None = None

    @property
    def origin(self) -> str | None:
        return self.request.headers.get("origin")

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def authorization(self) -> str | None:
        return self.request.headers.get("authorization")


class Storefront:
    def __init__(self, house: House, fronts: Fronts, keys: Keys, allowance: Allowance | None = None) -> None:
        self._house = house
        self._fronts = fronts
        self._keys = keys
        self._allowance = allowance or Allowance()
        self._notebook = Notebook(house)

    async def free_shipping(self, asked: Question) -> Response:
        basket = read_basket(asked.request.query_params)
        channel = asked.front.channels.get(asked.request.query_params.get("channel", ""))
        if channel is None:
            raise NotFound(NOWHERE)
        now = self._house.clock()
        if asked.asker.sample is not None:
            return _say(asked, samples.free_shipping(asked.front, channel, asked.asker.sample, basket, now))
        customer = await self._customer(asked)
        offer = offer_for(asked.front, channel, customer, basket, now)
        language = asked.request.query_params.get("lang") or (customer.state.language if customer else None)
        content = None if offer is None else tell(asked.front, offer, now, language)
        said = _say(asked, self._named_as(asked, content, FREE_SHIPPING))
        personal = offer is not None and offer.personal
        if customer is not None and personal and is_new(asked.front, channel, customer, now):
            said.background = BackgroundTask(self._note_seen, asked.front, customer.state.user_id or "")
        return said

    async def banner(self, asked: Question) -> Response:
        if asked.asker.sample is not None:
            return _say(asked, samples.banner(asked.asker.sample))
        if asked.user_id is None:
            raise NotVerified(WHO)
        customer = await self._customer(asked)
        shown = customer.shown.get(Slot.BANNER) if customer else None
        return _say(asked, self._named_as(asked, None if shown is None else _alive(shown, self._house.clock()), OFFER))

    async def content(self, asked: Question) -> Response:
        query = asked.request.query_params
        places = read_places(query.getlist("slot"))
        channel = asked.front.channels.get(query.get("channel", ""))
        if channel is None:
            raise NotFound(NOWHERE)
        if asked.asker.sample is not None:
            return _say(asked, samples.content(places))
        shopper = await self._fronts.shopper(asked.front, asked.user_id)
        sign = self._sign(asked)
        language, now = query.get("lang", ""), self._house.clock()
        return _say(asked, content_for(asked.front, shopper, channel.slug, places, language, now, sign))

    def _sign(self, asked: Question) -> Callable[[str], str]:
        return partial(sign_ref, self._house.keyring, asked.front.shop.shop_id)

    def _named_as(self, asked: Question, content: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
        """With the reference by which pages tell what became of it."""
        return None if content is None else {**content, "ref": self._sign(asked)(name)}

    def answers(self, tell: Callable[[Question], Awaitable[Response]]) -> Endpoint:
        """An endpoint for questions about the shop that the address names."""

        async def work(visit: Visit) -> Response:
            visit.front = await self._named(visit, visit.request.query_params.get("shop", ""))
            if visit.request.method == "OPTIONS":
                return preflight(visit.front, visit.origin)
            return await tell(await self._question(visit, visit.authorization))

        return self._guarded(work)

    def takes_events(self) -> Endpoint:
        """An endpoint for what pages tell; the shop stands in the body, and in the address where a browser asks first."""

        async def work(visit: Visit) -> Response:
            shop = visit.request.query_params.get("shop")
            if visit.request.method == "OPTIONS":
                visit.front = await self._named(visit, shop or "")
                return preflight(visit.front, visit.origin, POST)
            self._take_for_address(visit)
            letter = read_letter(await _body(visit.request))
            if shop not in {None, letter.shop}:
                raise Rejected("The shop in the address is not the one in the body.")
            token = f"Bearer {letter.token}" if letter.token is not None else None
            async with asyncio.timeout(SECONDS):
                visit.front = await self._fronts.named(letter.shop)
                asked = await self._question(visit, visit.authorization or token)
                await self._keep(asked, letter)
            return nothing(asked.front, visit.origin)

        return self._guarded(work, BODY_SECONDS)

    def takes_links(self) -> Endpoint:
        """An endpoint for the token of a link to an offer: whoever has the link has its code, and learns nothing else."""

        async def work(visit: Visit) -> Response:
            if visit.request.method == "OPTIONS":
                visit.front = await self._named(visit, visit.request.query_params.get("shop", ""))
                return preflight(visit.front, visit.origin, POST)
            self._take_for_address(visit)
            shop, token = read_link(await _body(visit.request))
            visit.front = await self._fronts.named(shop)
            if visit.front is None or not visit.front.offers:
                raise NotFound(NO_OFFER)
            self._allowance.take_for_shop(visit.front.shop.shop_id)
            found = await anyio.to_thread.run_sync(offer_behind, self._house, visit.front.shop.shop_id, token)
            if found is None:
                raise NotFound(NO_OFFER)
            content = {"code": found.code, "label": found.label, "until": found.until.isoformat()}
            return answer(content, visit.front, visit.origin, personal=True)

        return self._guarded(work)

    def _guarded(self, work: Callable[[Visit], Awaitable[Response]], seconds: float | None = None) -> Endpoint:
        """Every refusal is a problem detail, and nobody waits for long."""

        async def endpoint(request: Request) -> Response:
            visit = Visit(request)
            try:
                async with asyncio.timeout(SECONDS if seconds is None else seconds):
                    return await work(visit)
            except NotVerified:
                return problem(HTTPStatus.UNAUTHORIZED, WHO, visit.front, visit.origin, {"WWW-Authenticate": "Bearer"})
            except Rejected as error:
                return problem(HTTPStatus(error.status), str(error), visit.front, visit.origin)
            except TimeoutError:
                return _later(TryLater("There was no answer in time."), visit.front, visit.origin)
            except TryLater as error:
                return _later(error, visit.front, visit.origin)

        return endpoint

    def _take_for_address(self, visit: Visit) -> None:
        """Before anything is read. A storefront's server is counted by its shop alone, once it has proven to be one."""
        if is_keyed(visit.authorization):
            refuse_keys_of_pages(visit.authorization, visit.request.headers)
            self._allowance.look_at_address(visit.address)
        else:
            self._allowance.take_for_address(visit.address)

    async def _named(self, visit: Visit, shop: str) -> Front | None:
        self._take_for_address(visit)
        return await self._fronts.named(shop)

    async def _question(self, visit: Visit, token: str | None) -> Question:
        """token: as the header Authorization has it."""
        try:
            return await self._asked(visit, token)
        except NotVerified:
            if is_keyed(token):
                self._allowance.take_for_address(visit.address)
            raise

    async def _asked(self, visit: Visit, token: str | None) -> Question:
        front = visit.front
        if front is None:
            raise NotFound(NOWHERE) if token is None else NotVerified(WHO)
        self._allowance.take_for_shop(front.shop.shop_id)
        asker = await tell_who(front, token, visit.request.headers, self._keys, self._house.clock())
        return Question(front, visit.request, asker)

    async def _keep(self, asked: Question, letter: Letter) -> None:
        headers, shop = asked.request.headers, asked.front.shop
        origin = headers.get("origin")
        if origin is not None and origin not in shop.origins:
            raise NotAllowed("The page that tells this is of none of the shop's origins.")
        if (why := _not_to_keep(asked, letter)) is not None:
            metrics.front_events.labels(why).inc(len(letter.events))
            return
        read = partial(read_ref, self._house.keyring, shop.shop_id)
        found = sort_out(letter.events, read, self._house.clock(), shop.zone)
        for why, number in found.dropped.items():
            metrics.front_events.labels(why).inc(number)
        if found.told:
            await self._notebook.keep(Call(shop.shop_id, asked.user_id, found.told))

    async def _customer(self, asked: Question) -> Customer | None:
        return None if asked.user_id is None else await self._fronts.customer(asked.front, asked.user_id)

    async def _note_seen(self, front: Front, user_id: str) -> None:
        try:
            await anyio.to_thread.run_sync(note_seen, self._house, front.shop.shop_id, user_id)
        except RetentionError as error:  # The next look notes it.
            log.warning("threshold_not_noted", shop=front.shop.api_url, reason=str(error))


def _not_to_keep(asked: Question, letter: Letter) -> str | None:
    """Why nothing of this is kept; None where it is."""
    if not letter.consent:
        return "no_consent"
    if asked.asker.sample is not None:
        return "test"
    agent = asked.request.headers.get("user-agent", "")
    return "bot" if is_bot(agent) and not asked.asker.by_server else None


async def _body(request: Request) -> bytes:
    """Read no further than allowed: what a header says of its length is not believed."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                raise TooLarge(f"At most {LARGEST_BODY // 1024} KiB a call; send the others in another one.")
    except ClientDisconnect:
        raise Rejected("The page has gone before it told everything.") from None
    return body


def _say(asked: Question, content: dict[str, Any] | None) -> Response:
    headers = asked.request.headers
    return answer(
        content,
        asked.front,
        headers.get("origin"),
        personal=asked.personal,
        if_none_match=headers.get("if-none-match"),
    )


def _alive(shown: Banner, now: datetime) -> dict[str, Any] | None:
    until = shown.data.get("until")
    if until is not None and datetime.fromisoformat(until) <= now:
        return None
    return {"text": shown.text, "code": shown.data.get("code"), "until": until}


def _later(error: TryLater, front: Front | None, origin: str | None) -> Response:
    status = HTTPStatus.TOO_MANY_REQUESTS if error.after is not None else HTTPStatus.SERVICE_UNAVAILABLE
    detail = str(error) if error.after is not None else "This cannot be answered now; ask again in a moment."
    return problem(status, detail, front, origin, {"Retry-After": str(round(error.after or 5))})


async def _openapi(request: Request) -> Response:
    return described(request.headers.get("if-none-match"))


def _questions(storefront: Storefront) -> Mapping[str, Endpoint]:
    """What each page of a shop asks, several of them at every turn."""
    return {
        "/storefront/v1/free-shipping": storefront.answers(storefront.free_shipping),
        "/storefront/v1/banner": storefront.answers(storefront.banner),
        "/storefront/v1/content": storefront.answers(storefront.content),
    }


def straight(storefront: Storefront) -> dict[tuple[str, str], ASGIApp]:
    """The same questions for `Express`, past all routes and middleware."""

    def app_of(endpoint: Endpoint) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            answered = await endpoint(Request(scope, receive, send))
            await answered(scope, receive, send)

        return app

    return {("GET", path): app_of(endpoint) for path, endpoint in _questions(storefront).items()}


def routes(storefront: Storefront) -> list[BaseRoute]:
    asked = [Route(path, endpoint, methods=["GET", "OPTIONS"]) for path, endpoint in _questions(storefront).items()]
    return [
        *asked,
        Route("/storefront/v1/openapi.json", _openapi, methods=["GET"]),
        Route("/storefront/v1/offer", storefront.takes_links(), methods=[POST, "OPTIONS"]),
        Route("/storefront/v1/events", storefront.takes_events(), methods=[POST, "OPTIONS"]),
    ]
