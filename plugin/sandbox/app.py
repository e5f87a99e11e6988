"""The stand-in as one Starlette application."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from plugin.sandbox.api import TRANSPORT, Api
from plugin.sandbox.control import control_routes
from plugin.sandbox.delivery import Deliveries, Manner
from plugin.sandbox.faults import Faults
from plugin.sandbox.history import take
from plugin.sandbox.install import install
from plugin.sandbox.limits import RateLimit
from plugin.sandbox.pages import page_routes
from plugin.sandbox.records.apps import AppInstallation, Webhook
from plugin.sandbox.render import Render, compile_subscription
from plugin.sandbox.resolve import FIELDS, MUTATIONS, QUERIES
from plugin.sandbox.schema import build
from plugin.sandbox.seed import seeded_shop
from plugin.sandbox.shop import Shop
from plugin.sandbox.sync_shipping import ShippingWebhooks
from plugin.sandbox.wire import ANSWER_SECONDS, CONNECT_SECONDS, NoAnswer, Wire


@cache
def sandbox_schema() -> GraphQLSchema:
    return build(FIELDS, QUERIES, MUTATIONS)


@cache
def compiled(query: str) -> Render:
    return compile_subscription(sandbox_schema(), FIELDS, query)


def _render_of(webhook: Webhook) -> Render:
    return compiled(webhook.subscription_query)


class Sandbox(Starlette):
    """The server and all that it holds; `shop` is the state."""

    def __init__(self, shop: Shop, manner: Manner, rate: RateLimit, seconds: tuple[float, float]) -> None:
        self.shop, self.rate, self.faults = shop, rate, Faults()
        self._seconds = seconds
        self.deliveries = Deliveries(shop, _render_of, manner, self.wire)
        self.shipping = ShippingWebhooks(shop, _render_of, self.wire)
        self.installing: set[asyncio.Task[Any]] = set()
        shop.listener = self.deliveries.take
        shop.ask_apps = self.shipping.ask
        shop.install = self._install
        shop.check_query = compiled
        api = Api(shop, sandbox_schema(), self.faults, rate)

        async def graphql(request: Request) -> Response:
            return await api(request)

        super().__init__(
            routes=[
                Route("/graphql/", graphql, methods=["POST"]),
                Route("/.well-known/jwks.json", self._jwks),
                *control_routes(),
                *page_routes(),
            ],
            middleware=[
                Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
            ],
            lifespan=self._life,
        )
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's own `send` belongs to the object that holds the connection: a fault may cut it
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)

    @staticmethod
    @asynccontextmanager
    async def _life(app: "Starlette") -> AsyncIterator[None]:
        assert isinstance(app, Sandbox)  # noqa: S101 - Starlette hands back the object itself
        app.deliveries.start()
        yield
        for task in app.installing:
            task.cancel()
        await app.deliveries.stop()

    def wire(self) -> Wire:
        return Wire(*self._seconds)

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self.shop.keys.jwks)

    def _install(self, installation: AppInstallation) -> None:
        work = install(self.shop, sandbox_schema(), self.wire(), installation)
        task = asyncio.get_running_loop().create_task(work)
        self.installing.add(task)
        task.add_done_callback(self.installing.discard)

    async def installed(self) -> None:
        """Returns when no installation is under way."""
        while self.installing:
            await asyncio.wait(self.installing)

    async def read_manifest(self, manifest_url: str) -> dict[str, Any]:
        """Nothing where it cannot be read, so that the installation says why."""
        wire = self.wire()
        try:
            manifest = json.loads((await wire.send("GET", manifest_url, {"Saleor-Schema-Version": "3.24"})).body)
        except (NoAnswer, ValueError):
            return {}
        finally:
            wire.close()
        return manifest if isinstance(manifest, dict) else {}


def create_sandbox(
    origin: str = "http://localhost:8010",
    *,
    retry_factor: float = 1.0,
    concurrency: int = 16,
    rate_limit: int = 0,
    connect_seconds: float = CONNECT_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
    history: Path | None = None,
) -> Sandbox:
    """`origin` is the address under which the app reaches it. `history` (JSON lines) is taken in silence."""
    shop = seeded_shop(origin.rstrip("/"))
    if history is not None:
        with history.open(encoding="utf-8") as lines:
            for line in lines:
                take(shop, json.loads(line), None)
    manner = Manner(concurrency=concurrency, retry_factor=retry_factor)
    return Sandbox(shop, manner, RateLimit(rate_limit), (connect_seconds, answer_seconds))
