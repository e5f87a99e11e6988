"""The customer's own page, one-click unsubscribe (RFC 8058), counted links, and what providers tell back.

Whoever has the link may choose: it came to the mailbox. The page tells nobody's name and address, and a wrong, a
forged and an old link are answered alike.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from plugin.domain.content import word
from plugin.domain.reach import Source
from plugin.errors import NotFound, NotVerified, Rejected, TooLarge, TryLater
from plugin.flow import preferences, ways_back
from plugin.flow.house import House
from plugin.flow.message_links import (
    ONE_CLICK,
    OPENED,
    PREFERENCES,
    basket_behind,
    click_behind,
    message_behind,
)
from plugin.flow.preferences import Preferences
from plugin.storefront.allowance import Allowance
from plugin.storefront.preference_words import WORDS

#: One address may be a mail provider that unsubscribes for many.
PER_ADDRESS = 300
LARGEST_BODY = 16 * 1024
#: A picture of one transparent point.
POINT = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
NO_STORE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
EVENTS = {"message.bounced": Source.BOUNCE, "message.complained": Source.COMPLAINT}


@dataclass(frozen=True, slots=True)
class Pages:
    house: House
    allowance: Allowance
    #: What providers sign with; None where none may tell anything.
    secret: str | None
    #: The path below which the app is reached, without a slash at its end.
    base: str = ""

    async def preferences(self, request: Request) -> Response:
        ref = self._ref(request, PREFERENCES)
        if request.method != "POST":
            seen = await anyio.to_thread.run_sync(preferences.look, self.house, ref)
            return self._page(request, seen)
        told = await _form(request)
        before = await anyio.to_thread.run_sync(preferences.look, self.house, ref)
        ticked = {about: told.get(about) == "yes" for about in before.chosen}
        wanted = {about: yes for about, yes in ticked.items() if yes != before.chosen[about]}
        seen = await anyio.to_thread.run_sync(preferences.choose, self.house, ref, wanted, Source.PAGE)
        return self._page(request, seen, notice="saved")

    async def unsubscribe(self, request: Request) -> Response:
        """GET asks, because programs follow links; POST does it, for people and for mail programs alike."""
        ref = self._ref(request, ONE_CLICK)
        if request.method == "POST":
            seen = await anyio.to_thread.run_sync(preferences.unsubscribe, self.house, ref)
            return self._ask(request, ref, seen, done=True)
        seen = await anyio.to_thread.run_sync(preferences.look, self.house, ref)
        return self._ask(request, ref, seen, done=False)

    async def click(self, request: Request) -> Response:
        ref, target = click_behind(self.house, request.path_params["token"])
        self._take(request)
        await anyio.to_thread.run_sync(preferences.note_seen, self.house, ref, "clicked")
        return RedirectResponse(target, status_code=HTTPStatus.FOUND, headers=NO_STORE)

    async def basket(self, request: Request) -> Response:
        """Changes nothing: mail scanners follow it, too."""
        self._take(request)
        ref = basket_behind(self.house, request.path_params["token"])
        address = await ways_back.address_behind(self.house, ref)
        return RedirectResponse(address, status_code=HTTPStatus.FOUND, headers=NO_STORE)

    async def opened(self, request: Request) -> Response:
        ref = self._ref(request, OPENED)
        await anyio.to_thread.run_sync(preferences.note_seen, self.house, ref, "opened")
        return Response(POINT, media_type="image/gif", headers=NO_STORE)

    async def feedback(self, request: Request) -> Response:
        """What a provider says of bounces and complaints, signed as Standard Webhooks has it."""
        self._take(request)
        if self.secret is None:
            raise NotFound("Nothing is taken here: RETENTION_WEBHOOK_SECRET is not set.")
        body = await _body(request)
        try:
            told = Webhook(self.secret).verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError):
            raise NotVerified("The signature does not fit this body.") from None
        match told:
            case {"type": str(kind), "data": {"message_id": str(ref)}, **rest} if kind in EVENTS:
                at = _moment(rest.get("timestamp"))
                known = await anyio.to_thread.run_sync(preferences.hear_of, self.house, _bare(ref), EVENTS[kind], at)
                return JSONResponse({"known": known})
            case {"type": str(kind)} if kind not in EVENTS:
                return JSONResponse({"known": False})
            case _:
                raise Rejected("The body must have type, timestamp and data.message_id (the mail's Message-ID).")

    def _ref(self, request: Request, purpose: str) -> str:
        self._take(request)
        return message_behind(self.house, purpose, request.path_params["token"])

    def _take(self, request: Request) -> None:
        self.allowance.take_for_address(request.client.host if request.client else "")

    def _page(self, request: Request, seen: Preferences, notice: str | None = None) -> Response:
        words = _words(seen.language)
        choices = [{"name": name, "yes": yes, "label": words[name]} for name, yes in seen.chosen.items()]
        return _html(
            self.base,
            language=(seen.language or "en").replace("_", "-").lower(),
            title=words["title"].format(shop=seen.shop),
            notice=words[notice] if notice else None,
            sentence=words["opted_out"] if seen.opted_out else None,
            choices=choices,
            action=request.url.path.removeprefix(self.base),
            button=words["save"],
        )

    def _ask(self, request: Request, ref: str, seen: Preferences, *, done: bool) -> Response:
        words = _words(seen.language)
        token = self.house.keyring.sign(PREFERENCES, ref)
        return _html(
            self.base,
            language=(seen.language or "en").replace("_", "-").lower(),
            title=words["done" if done else "sure"].format(shop=seen.shop),
            action=request.url.path.removeprefix(self.base),
            button=None if done else words["unsubscribe"],
            onward=f"{self.base}/messages/preferences/{token}",
            onward_label=words["choose"],
        )


def _html(base: str, *, status: int = 200, **values: Any) -> Response:
    empty = dict.fromkeys(("notice", "sentence", "choices", "onward", "onward_label", "button"))
    text = _template().render(**{**empty, "base": base, "action": "", **values})
    return HTMLResponse(text, status_code=status, headers=NO_STORE)


def _guarded(base: str, work: Callable[[Request], Awaitable[Response]], *, page: bool) -> Callable[..., Any]:
    """Every refusal is a sentence: on a page for people, as JSON for programs."""

    async def endpoint(request: Request) -> Response:
        try:
            return await work(request)
        except (NotVerified, Rejected) as error:
            status, said = error.status, str(error)
            if page and isinstance(error, NotVerified):
                status = HTTPStatus.NOT_FOUND
        except TryLater as error:
            status = HTTPStatus.TOO_MANY_REQUESTS if error.after is not None else HTTPStatus.SERVICE_UNAVAILABLE
            said = str(error) if error.after is not None else "This cannot be done now; try again in a moment."
        if page:
            return _html(base, status=status, language="en", title=said)
        return JSONResponse({"detail": said}, status_code=status)

    return endpoint


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"At most {LARGEST_BODY // 1024} KiB.")
    return body


async def _form(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl((await _body(request)).decode(), max_num_fields=20))
    except ValueError:
        raise Rejected("The form is not understood; load the page again.") from None


def _bare(message_id: str) -> str:
    """What stands before the @ in a Message-ID, with or without its brackets."""
    return message_id.strip("<> ").partition("@")[0]


def _moment(told: object) -> datetime:
    try:
        read = datetime.fromisoformat(str(told))
    except ValueError:
        return datetime.now(UTC)
    return read.astimezone(UTC) if read.tzinfo else datetime.now(UTC)


def _words(language: str | None) -> dict[str, str]:
    return {name: word(said, language or "") for name, said in WORDS.items()}


@cache
def _template() -> Template:
    pages = Environment(
        loader=PackageLoader("plugin.storefront"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return pages.get_template("preferences.html")


@cache
def _style() -> bytes:
    return (files("plugin.storefront") / "templates" / "page.css").read_bytes()


async def _css(_: Request) -> Response:
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def routes(house: House, secret: str | None, base: str = "", allowance: Allowance | None = None) -> list[BaseRoute]:
    pages = Pages(house, allowance or Allowance(per_address=PER_ADDRESS), secret, base)
    both = ["GET", "POST"]
    return [
        Route("/messages/page.css", _css, methods=["GET"]),
        Route("/messages/preferences/{token}", _guarded(base, pages.preferences, page=True), methods=both),
        Route("/messages/unsubscribe/{token}", _guarded(base, pages.unsubscribe, page=True), methods=both),
        Route("/messages/click/{token}", _guarded(base, pages.click, page=True), methods=["GET"]),
        Route("/messages/basket/{token}", _guarded(base, pages.basket, page=True), methods=["GET"]),
        Route("/messages/opened/{token}", _guarded(base, pages.opened, page=False), methods=["GET"]),
        Route("/messages/feedback", _guarded(base, pages.feedback, page=False), methods=["POST"]),
    ]
