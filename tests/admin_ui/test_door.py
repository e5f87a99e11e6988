"""No data without the token of somebody who may see them."""

import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from admin_ui.page import Action
from admin_ui.pages import PAGES
from admin_ui.routes import routes
from plugin.saleor.jwks import Keys
from plugin.store import shops
from plugin.store.shops import ShopStatus
from tests.admin_ui.conftest import EDITOR, READER, Desk
from tests.flow.conftest import API_URL
from tests.saleor import signing

pytestmark = pytest.mark.anyio

ELSEWHERE = "http://elsewhere.test/graphql/"

REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "run out": ({"exp": 1}, 401, "has run out"),
    "another app": ({"app": "QXBwOjk5"}, 401, "another app"),
    "a foreign shop": ({"iss": ELSEWHERE}, 401, "another shop"),
    "a forged signature": ({"name": "evil", "header": {"kid": signing.kid_of("acme")}}, 401, "not signed by this shop"),
    "a shopper's": ({"type": "access"}, 401, "another kind"),
    "not staff": ({"is_staff": False}, 401, "works at this shop"),
    "no permission": ({"permissions": []}, 403, "manage customers or orders"),
    "another permission": ({"permissions": ["MANAGE_DISCOUNTS", "MANAGE_STAFF"]}, 403, "manage customers or orders"),
}


async def ask_everywhere(desk: Desk, headers: dict[str, str]) -> list[httpx.Response]:
    """Every route of ours that is not a file; a page's content, not its frame."""
    asked = [route for route in routes(desk.home.house, Keys(desk.home.http, _never)) if isinstance(route, Route)]
    assert len(asked) >= sum(len(page.shows) + len(page.parts) + len(page.actions) for page in PAGES) > 0
    assert all(route.path == "/admin" or route.path.startswith("/admin/") for route in asked)
    return [
        await desk.client.request(
            method,
            re.sub(r"\{\w+(:int)?\}", "1", route.path),
            headers=headers | {"HX-Request": "true"},
            data={"name": "win-back"},
        )
        for route in asked
        for method in (route.methods or set()) - {"HEAD"}
    ]


async def _never(shop_id: int, jwks: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize("case", REFUSED)
async def test_every_route_refuses(desk: Desk, case: str) -> None:
    claims, status, sentence = REFUSED[case]
    for answer in await ask_everywhere(desk, desk.headers(EDITOR, **claims)):
        assert answer.status_code == status
        assert sentence in answer.text
        assert "win-back" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Saleor-Api-Url": API_URL},
        {"Saleor-Api-Url": API_URL, "Authorization": "Bearer "},
        {"Saleor-Api-Url": API_URL, "Authorization": "Basic YTpi"},
        {"Saleor-Api-Url": API_URL, "Authorization": "Bearer a.b.c"},
        {"Saleor-Api-Url": ELSEWHERE, "Authorization": "Bearer a.b.c"},
    ],
)
async def test_every_route_refuses_without_a_token(desk: Desk, headers: dict[str, str]) -> None:
    for answer in await ask_everywhere(desk, headers):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "." in answer.text


async def test_the_token_of_one_shop_opens_no_other(desk: Desk) -> None:
    other = desk.home.install(ELSEWHERE)
    with desk.home.database.write() as connection:
        shops.save_jwks(connection, other, signing.jwks("other"))
    theirs = desk.headers(EDITOR, name="other", iss=ELSEWHERE)
    answer = await desk.ask("/admin", theirs | {"Saleor-Api-Url": ELSEWHERE})
    assert answer.status_code == 200
    for answer in await ask_everywhere(desk, theirs):  # their token, our shop
        assert answer.status_code == 401
    mine = desk.headers(EDITOR) | {"Saleor-Api-Url": ELSEWHERE}
    for answer in await ask_everywhere(desk, mine):
        assert answer.status_code == 401


async def test_a_shop_that_left_is_closed(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        shops.set_status(connection, desk.home.shop_id, ShopStatus.UNINSTALLED, desk.home.now)
    for answer in await ask_everywhere(desk, desk.headers(EDITOR)):
        assert answer.status_code == 401
        assert "has not installed" in answer.text


ACTIONS = {
    path: action if isinstance(action, Action) else Action(action)
    for page in PAGES
    for path, action in page.actions.items()
}


@pytest.mark.parametrize("path", ACTIONS)
async def test_who_may_only_look_changes_nothing(desk: Desk, path: str) -> None:
    with_all = {"MANAGE_ORDERS", "MANAGE_USERS", "MANAGE_DISCOUNTS"}
    others = sorted(with_all - ACTIONS[path].permissions)
    before = await desk.look(READER)
    answer = await desk.press(re.sub(r"\{\w+(:int)?\}", "1", path), others, name="win-back")
    assert answer.status_code == 403
    assert "Only people who may manage" in answer.text
    assert answer.headers["hx-retarget"] == "dialog[open] .problem, #notice"
    assert await desk.look(READER) == before
    assert "<form" not in before


async def test_no_request_changes_by_looking(desk: Desk) -> None:
    answer = await desk.client.get("/admin/stop", headers=desk.headers(EDITOR))
    assert answer.status_code == 405
