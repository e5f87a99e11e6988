"""The smallest app that takes webhooks, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from plugin.saleor.install import Gate, Registration, register
from plugin.saleor.jwks import Keys
from plugin.store import schema, shops
from plugin.store.database import Database
from plugin.store.shops import Shop
from tests.saleor.signing import API, NOW, jwks, sign
from webhooks.door import Door, Shops
from webhooks.intake import Intake
from webhooks.routes import Webhook, routes

BODY = b'{"issuedAt": "2026-03-01T12:00:00+00:00", "order": {}}'
OTHER = "https://other.example/graphql/"


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class House:
    """What a test can reach of the app."""

    db: Database
    client: httpx.AsyncClient
    intake: Intake
    clock: Clock
    shop_id: int
    woken: list[set[int]] = field(default_factory=list)

    async def post(self, body: bytes = BODY, **changes: str | None) -> httpx.Response:
        """A webhook as Saleor sends it, but for what is changed; a header that is None is left out."""
        usual = {"Saleor-Event": "order_created", "Saleor-Api-Url": API, "Saleor-Signature": sign(body)}
        given = usual | {name.replace("_", "-"): value for name, value in changes.items()}
        headers = {name: value for name, value in given.items() if value is not None}
        return await self.client.post("/api/webhooks/orders", content=body, headers=headers)

    def inbox(self) -> list[Mapping[str, Any]]:
        with self.db.read() as conn:
            return [dict(row) for row in conn.execute(select(schema.inbox).order_by(schema.inbox.c.id)).mappings()]


def install(db: Database, api_url: str, name: str, now: datetime = NOW) -> int:
    with db.write() as conn:
        return shops.install(
            conn,
            api_url=api_url,
            app_id="QXBwOjE=",
            token="sealed",
            jwks=jwks(name),
            name=name,
            saleor_version="3.23.0",
            pepper="sealed",
            now=now,
        )


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    def find(api_url: str) -> Shop | None:
        with database.read() as conn:
            return shops.find(conn, api_url)

    async def find_shop(api_url: str) -> Shop | None:
        return await asyncio.to_thread(find, api_url)

    async def save_keys(shop_id: int, keys: Mapping[str, Any]) -> None:
        with database.write() as conn:
            shops.save_jwks(conn, shop_id, keys)

    async def prove(body: bytes, api_url: str) -> Registration:
        gate = Gate(lambda host: host != "forbidden.example", allow_private=False)
        async with httpx.AsyncClient() as http:
            return await register(body, api_url, gate, http)

    async def keep(registration: Registration) -> int:
        return install(database, registration.api_url, registration.name)

    shop_id = install(database, API, "acme")
    install(database, OTHER, "other")
    clock, woken = Clock(), list[set[int]]()
    intake = Intake(database, most_open=1000, on_committed=woken.append, clock=clock)
    async with httpx.AsyncClient() as http:
        door = Door(Shops(find_shop, clock), Keys(http, save_keys, clock), lambda host: host == "coming.example")
        app = Starlette(
            routes=routes(
                public_url="https://retention.example",
                door=door,
                webhook=Webhook(door, intake, lambda: NOW),
                install=prove,
                keep=keep,
            )
        )
        app.router.redirect_slashes = False
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://retention.example") as client:
            yield House(database, client, intake, clock, shop_id, woken)
    await intake.close()
