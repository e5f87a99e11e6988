"""The merchant's page over a house with one shop, whose platform is the sandbox in this process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from admin_ui import beside
from admin_ui.routes import routes
from plugin.saleor.jwks import Keys
from plugin.store import shops
from tests.flow.conftest import API_URL, Home
from tests.flow.conftest import home as home  # noqa: PLC0414 - pytest finds it here
from tests.saleor import signing

READER = ["MANAGE_USERS"]
EDITOR = ["MANAGE_ORDERS", "MANAGE_DISCOUNTS"]


@dataclass
class Desk:
    """Somebody before the page."""

    home: Home
    client: httpx.AsyncClient

    def headers(self, permissions: list[str], /, **claims: Any) -> dict[str, str]:
        """What the page sends; the claims can be changed, and `name` signs with another shop's key."""
        usual: dict[str, Any] = {
            "iss": API_URL,
            "iat": self.home.now.timestamp(),
            "exp": (self.home.now + timedelta(minutes=5)).timestamp(),
            "permissions": permissions,
        }
        return {"Authorization": f"Bearer {signing.token(**(usual | claims))}", "Saleor-Api-Url": API_URL}

    async def look(self, permissions: list[str] | None = None, path: str = "/admin") -> str:
        answer = await self.ask(path, self.headers(permissions or EDITOR))
        assert answer.status_code == 200, answer.text
        return answer.text

    async def ask(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """The content of a page, as its frame asks for it."""
        return await self.client.get(path, headers={"HX-Request": "true"} | headers)

    async def press(self, path: str, permissions: list[str] | None = None, /, **form: str) -> httpx.Response:
        return await self.client.post(path, data=form, headers=self.headers(permissions or EDITOR))


@pytest.fixture
async def desk(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(beside, "PATIENCE", 20.0)  # however busy the machine is, nothing is put off

    async def save(shop_id: int, jwks: Any) -> None:
        """Looked for in vain at the sandbox, whose keys sign none of these tokens."""

    with home.database.write() as connection:
        shops.save_jwks(connection, home.shop_id, signing.jwks())
    app = Starlette(routes=routes(home.house, Keys(home.http, save)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.test") as client:
        yield Desk(home, client)
