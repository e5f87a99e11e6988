"""What Saleor calls: the manifest, the token handshake and the webhooks."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from plugin import metrics
from plugin.errors import NotVerified, RetentionError, TryLater
from plugin.saleor.decode import DECODERS
from plugin.saleor.install import Registration
from plugin.saleor.manifest import build_manifest
from plugin.store.inbox import Arrival
from webhooks.answers import say_error, say_ok
from webhooks.door import Door, Gone, Knock, read_body
from webhooks.intake import Intake

log = structlog.get_logger(__name__)

#: Saleor waits eighteen seconds for the handshake.
REGISTER_SECONDS = 15.0
LARGEST_REGISTRATION = 10_000


@cache
def queries() -> Mapping[str, str]:
    """The subscriptions by file name."""
    folder = files("webhooks") / "subscriptions"
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".graphql")}


def digest(shop_id: int, event: str, body: bytes) -> bytes:
    """Two deliveries of one event have the same, two events have not: each names when it was issued."""
    return hashlib.blake2b(b"%d %b %b" % (shop_id, event.encode(), body), digest_size=16).digest()


class Webhook:
    """An ASGI endpoint: verified, durable, answered. What the body says is read later."""

    def __init__(self, door: Door, intake: Intake, now: Callable[[], datetime]) -> None:
        self._door = door
        self._intake = intake
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        event = "unknown"
        try:
            knock = await self._door.verified(scope, receive)
            event = knock.event if knock.event in DECODERS else "unknown"
            await self._intake.accept(_arrival(knock, self._now()))
        except Gone:
            return
        except RetentionError as error:
            metrics.webhooks.labels(event, _result(error, full=self._intake.full)).inc()
            log.warning("webhook_not_taken", path=scope["path"], event_name=event, reason=str(error))
            await say_error(send, error)
            return
        await say_ok(send)
        _taken(event).inc()
        metrics.webhook_seconds.observe(time.perf_counter() - started)


def _arrival(knock: Knock, now: datetime) -> Arrival:
    shop_id = knock.shop.shop_id
    return Arrival(shop_id, digest(shop_id, knock.event, knock.body), knock.event, knock.body, now)


@cache
def _taken(event: str) -> Any:
    return metrics.webhooks.labels(event, "taken")


def _result(error: RetentionError, *, full: bool) -> str:
    match error:
        case NotVerified():
            return "refused"
        case TryLater():
            return "full" if full else "not_durable"
        case _:
            return "invalid"


class Register:
    """An ASGI endpoint: the token handshake. `install` proves the shop, `keep` writes it and returns its id."""

    def __init__(
        self,
        install: Callable[[bytes, str], Awaitable[Registration]],
        keep: Callable[[Registration], Awaitable[int]],
        door: Door,
    ) -> None:
        self._install = install
        self._keep = keep
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api_url = Request(scope).headers.get("saleor-api-url", "")
        try:
            body = await read_body(receive, LARGEST_REGISTRATION)
            async with asyncio.timeout(REGISTER_SECONDS):
                registration = await self._install(body, api_url)
                shop_id = await self._keep(registration)
        except Gone:
            return
        except TimeoutError:
            await say_error(send, TryLater(f"{api_url} did not answer in time; install the app again."))
        except RetentionError as error:
            log.warning("install_refused", shop=api_url, reason=str(error))
            await say_error(send, error)
        else:
            self._door.shops.forget(api_url)
            log.info("installed", shop=api_url, shop_id=shop_id, saleor_version=registration.saleor_version)
            await say_ok(send)


def straight(webhook: Webhook) -> dict[tuple[str, str], ASGIApp]:
    """Where an installed app's events go, each by its own name; the route takes those of earlier versions, too."""
    return {("POST", f"/api/webhooks/{name.removesuffix('.graphql')}"): webhook for name in queries()}


def routes(
    *,
    public_url: str,
    door: Door,
    webhook: Webhook,
    install: Callable[[bytes, str], Awaitable[Registration]],
    keep: Callable[[Registration], Awaitable[int]],
) -> list[BaseRoute]:
    """The sync answer's route (`/api/webhooks/shipping`) goes before these."""
    manifest = build_manifest(public_url, queries())
    about = (files("webhooks") / "about.html").read_text("utf-8")

    async def show_manifest(_: Request) -> Response:
        return JSONResponse(manifest)

    async def show_about(_: Request) -> Response:
        return HTMLResponse(about)

    return [
        Route("/api/webhooks/{subscription}", webhook, methods=["POST"]),
        Route("/api/register", Register(install, keep, door), methods=["POST"]),
        Route("/api/manifest", show_manifest, methods=["GET"]),
        Route("/about", show_about, methods=["GET"]),
    ]
