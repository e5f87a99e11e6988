"""What goes straight to its endpoint, and what takes the way of all others."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from plugin.express import Express
from plugin.headers import HEADERS
from plugin.main import create_app
from plugin.saleor.manifest import build_manifest
from plugin.settings import Settings
from webhooks import routes as webhooks
from webhooks import shipping
from webhooks.routes import Webhook, queries

pytestmark = pytest.mark.anyio


async def straight(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("straight")(scope, receive, send)


async def routed(_: Request) -> Response:
    return PlainTextResponse("routed")


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("POST", "/hooks/orders", "straight"),
        ("GET", "/hooks/orders", "routed"),
        ("POST", "/hooks/orders/", "Not Found"),
        ("POST", "/hooks/others", "routed"),
        ("GET", "/nowhere", "Not Found"),
    ],
)
async def test_only_these_methods_of_these_paths_go_straight(method: str, path: str, answer: str) -> None:
    route = Route("/hooks/{name}", routed, methods=["GET", "POST"])
    app = Express(straight={("POST", "/hooks/orders"): straight}, routes=[route])
    app.router.redirect_slashes = False
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app.test") as client:
        assert (await client.request(method, path)).text == answer


def test_every_event_of_the_manifest_has_a_straight_address() -> None:
    webhook = Webhook(None, None, None)  # type: ignore[arg-type]
    hooks = build_manifest("https://retention.example", queries())["webhooks"]
    asked = {("POST", urlsplit(hook["targetUrl"]).path) for hook in hooks if hook.get("asyncEvents")}
    assert asked
    assert asked <= webhooks.straight(webhook).keys()
    assert {urlsplit(hook["targetUrl"]).path for hook in hooks if hook.get("syncEvents")} == {shipping.ADDRESS}


@pytest.mark.parametrize("question", ["free-shipping", "banner", "content"])
async def test_the_short_way_of_questions_says_what_the_long_one_says(question: str, tmp_path: Path) -> None:
    given = {
        "database_url": f"sqlite:///{tmp_path / 'retention.db'}",
        "public_url": "https://retention.example",
        "secret_keys": "k" * 40,
        "allowed_shops": "*.example",
    }
    app = create_app(Settings.model_validate(given))
    path = f"/storefront/v1/{question}"
    assert isinstance(app, Express)
    assert ("GET", path) in app._straight
    async with app.router.lifespan_context(app):
        told = []
        for one in (app, app.build_middleware_stack()):
            async with httpx.AsyncClient(transport=httpx.ASGITransport(one), base_url="https://app.test") as client:
                answer = await client.get(path, params={"shop": "https://nobody.example/graphql/", "channel": "web"})
            told.append((answer.status_code, answer.content, answer.headers))
    assert told[0] == told[1]
    assert told[0][0] == 404
    assert HEADERS.items() <= told[0][2].items()
    assert "strict-transport-security" in told[0][2]
