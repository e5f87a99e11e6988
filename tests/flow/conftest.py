"""A house with one shop in it, whose platform is the sandbox in this process."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.churn import Rhythm
from plugin.domain.tactic import Tactic
from plugin.engine.port import Lane
from plugin.extensions import load_tactics
from plugin.flow.deliver import deliver
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.flow.settle import settle
from plugin.flow.tick import tick
from plugin.saleor.client import Saleor
from plugin.sandbox.app import Sandbox, create_sandbox
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.apps import App
from plugin.secrets import Keyring, new_pepper
from plugin.store import campaigns, channels, inbox, shops
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from plugin.store.inbox import Arrival
from plugin.store.shops import Shop
from tests.bodies import APP_ID
from tests.shop import NOW

API_URL = "http://sandbox.test/graphql/"
TOKEN = "sandbox-app-token"
PERMISSIONS = {
    "MANAGE_DISCOUNTS",
    "MANAGE_GIFT_CARD",
    "MANAGE_USERS",
    "MANAGE_ORDERS",
    "MANAGE_SHIPPING",
    "MANAGE_CHANNELS",
}


@dataclass
class Home:
    """The house, its one shop, and a clock that is set by hand."""

    database: Database
    sandbox: Sandbox
    http: httpx.AsyncClient
    now: datetime = NOW
    shop_id: int = 0
    woken: list[Lane] = field(default_factory=list)

    def __post_init__(self) -> None:
        keyring = Keyring(["k" * 40])
        self.house = House(
            self.database, keyring, load_tactics(), self._connect, self._wake, lambda: self.now, timedelta(days=30)
        )
        self.shop_id = self.install(API_URL)

    def install(self, api_url: str) -> int:
        keyring = self.house.keyring
        with self.database.write() as connection:
            shop_id = shops.install(
                connection,
                api_url=api_url,
                app_id=APP_ID,
                token=keyring.encrypt(TOKEN),
                jwks={"keys": []},
                name="Shop",
                saleor_version="3.24",
                pepper=keyring.encrypt(new_pepper()),
                now=self.now,
            )
            settle(connection, shop_id, self.house.tactics, self.now)
            shops.save_learnt(connection, shop_id, Rhythm(mean_gap=30, slack=2, gaps=999), None, self.now)
            known = [
                Channel(channel.slug, channel.id, channel.currency_code, active=True, gross=True, free_from=Decimal(75))
                for channel in self.sandbox.shop.channels.values()
            ]
            channels.save(connection, shop_id, known, self.now)
        return shop_id

    def add_tactic(self, tactic: Tactic[Any]) -> None:
        """As if it had been installed with the app; the shop gets its draft."""
        self.house = replace(self.house, tactics={**self.house.tactics, tactic.key: tactic})
        with self.database.write() as connection:
            settle(connection, self.shop_id, self.house.tactics, self.now)

    def _connect(self, shop: Shop) -> Saleor:
        async def no_wait(_: float) -> None:
            return None

        return Saleor(shop.api_url, self.house.keyring.decrypt(shop.token), self.http, sleep=no_wait)

    def _wake(self, lanes: Iterable[Lane]) -> None:
        self.woken += lanes

    def switch_on(self, name: str, *, inside: int = 0, control: float = 0.0, pause: int = 60, **params: Any) -> None:
        with self.database.write() as connection:
            found = campaigns.get(connection, self.shop_id, name, self.house.tactics)
            changed = type(found.params)(**params) if params else found.params
            found = campaigns.edit(
                connection, self.shop_id, found, changed, Limits(control, pause, inside), "test", self.now
            )
            campaigns.change_status(connection, self.shop_id, found, CampaignStatus.ON, "test", self.now)

    def arrive(self, event: str, body: bytes, shop_id: int | None = None) -> None:
        whose = shop_id or self.shop_id
        key = hashlib.blake2b(f"{whose}{event}".encode() + body, digest_size=16).digest()
        with self.database.write() as connection:
            inbox.add(connection, [Arrival(whose, key, event, body, self.now)])

    def receive(self) -> None:
        while receive(self.house, self.shop_id):
            pass

    def take(self, event: str, body: bytes) -> None:
        self.arrive(event, body)
        self.receive()

    def tick(self) -> None:
        while tick(self.house, self.shop_id).more:
            pass

    async def deliver(self) -> None:
        while await deliver(self.house, self.shop_id):
            pass

    async def hanging(self, operation: str, job: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
        """The job, begun, and waiting for an answer to this mutation that does not come."""
        self.sandbox.faults.waiting.append(read_fault({"status": "hang", "operation": operation}))
        task = asyncio.create_task(job)
        while self.sandbox.faults.waiting:  # noqa: ASYNC110 -- the sandbox tells nobody that it hangs
            await asyncio.sleep(0.01)
        return task

    def codes(self) -> list[str]:
        """All codes at the platform that belong to vouchers of ours."""
        return [code.code for v in self.sandbox.shop.vouchers.values() for code in v.own_codes.values()]


@pytest.fixture
async def home(database: Database) -> AsyncIterator[Home]:
    sandbox = create_sandbox("http://sandbox.test")
    app = App(
        id=APP_ID,
        key="1",
        name="Retention",
        manifest={},
        manifest_url="",
        codes=frozenset(PERMISSIONS),
        created=sandbox.shop.now(),
        token=TOKEN,
        is_active=True,
    )
    sandbox.shop.apps[app.id] = app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox)) as http:
        yield Home(database, sandbox, http)
