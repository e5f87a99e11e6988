"""A shop with customers, rules and real routes: what a page asks and what the checkout is answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import delete
from starlette.applications import Starlette

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.customer import History
from plugin.domain.effects import Banner, Slot
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.domain.tactic import read_params
from plugin.flow.fronts import Fronts
from plugin.flow.house import House
from plugin.saleor.client import Saleor
from plugin.saleor.jwks import Keys
from plugin.secrets import Keyring
from plugin.store import campaigns, channels, customers, shops
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from plugin.store.schema import campaign_versions, effects
from plugin.store.schema import campaigns as campaigns_table
from plugin.store.schema import customers as customers_table
from plugin.storefront import routes as storefront
from plugin.storefront.allowance import Allowance
from plugin.tactics.free_shipping import TACTIC
from tests.saleor.signing import API, APP_ID, NOW, jwks, sign, token
from webhooks import shipping
from webhooks.door import Door, Shops

ORIGIN = "https://tea.example"
USD = Channel("us", "C1", "USD", active=True, gross=True, free_from=Decimal(100))
PLN = Channel("pl", "C2", "PLN", active=True, gross=False, free_from=None)


@dataclass
class Stage:
    database: Database
    now: datetime = NOW
    shop_id: int = 0
    seconds: float = 30.0
    allowance: Allowance | None = None
    api: Callable[[], Saleor] | None = None
    #: Moves on with every look, so that nothing is answered from memory unless a test holds it.
    ticks: float = 0.0
    tick: float = 60.0
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        with self.database.write() as connection:
            self.shop_id = install(connection)
            channels.save(connection, self.shop_id, [USD, PLN], self.now)
        self.house = House(
            self.database,
            Keyring(["k" * 32]),
            {TACTIC.key: TACTIC},
            connect=lambda _: self.api(),  # type: ignore[misc]
            wake=lambda _: None,
            clock=lambda: self.now,
            grace=timedelta(days=30),
        )
        self.open()

    def open(self) -> None:
        """As after a start: nothing is in memory."""
        keys = Keys(httpx.AsyncClient(), self._save)
        self.fronts = Fronts(self.house, self._ticking)
        door = Door(Shops(self._find, self._ticking), keys, lambda _: False)
        self.app = Starlette(
            routes=[
                *shipping.routes(self.house, door, self.fronts, self.seconds),
                *storefront.routes(self.house, self.fronts, keys, self.allowance),
            ]
        )

    async def _find(self, api_url: str) -> shops.Shop | None:
        if self.broken:
            return self._last  # The door has its own memory; here it is the shipping answer that is looked at.
        with self.database.read() as connection:
            self._last = shops.find(connection, api_url)
        return self._last

    broken: bool = False
    _last: shops.Shop | None = None

    async def _save(self, shop_id: int, keys: Mapping[str, Any]) -> None:
        raise AssertionError("no new keys in these tests")

    def _ticking(self) -> float:
        self.ticks += self.tick
        return self.ticks

    # What there is.

    def rules(
        self, thresholds: Mapping[str, Mapping[str, Any]], status: CampaignStatus = CampaignStatus.ON, **params: Any
    ) -> None:
        """The campaign says so from now on; a second call edits it."""
        wanted = read_params(TACTIC, {"thresholds": thresholds, **params})
        with self.database.write() as connection:
            known = campaigns.of_shop(connection, self.shop_id, {TACTIC.key: TACTIC})
            if known:
                campaign = campaigns.edit(
                    connection, self.shop_id, known[0], wanted, Limits(control_share=0.0), "test", self.now
                )
            else:
                campaign = campaigns.create(
                    connection, self.shop_id, "free", TACTIC, wanted, Limits(control_share=0.0), self.now
                )
            campaigns.change_status(connection, self.shop_id, campaign, status, "test", self.now)

    def switch(self, status: CampaignStatus) -> None:
        with self.database.write() as connection:
            (campaign,) = campaigns.of_shop(connection, self.shop_id, {TACTIC.key: TACTIC})
            campaigns.change_status(connection, self.shop_id, campaign, status, "test", self.now)

    def customer(
        self,
        segment: Segment = Segment.REGULAR,
        user_id: str | None = "U1",
        email: str = "ann@tea.example",
        shown: Mapping[Slot, Mapping[str, Any]] | None = None,
    ) -> int:
        with self.database.write() as connection:
            made = customers.create(connection, self.shop_id, self.now, user_id=user_id, email=email)
            customers.save_state(connection, self.shop_id, made.customer_id, History(), segment, Turns(), None)
            banners = {slot: Banner(slot, "Seen", data) for slot, data in (shown or {}).items()}
            customers.save_shown(connection, self.shop_id, made.customer_id, banners)
        return made.customer_id

    def seen(self, user_id: str = "U1") -> Mapping[str, Any]:
        """channel → what was shown."""
        with self.database.read() as connection:
            customer = customers.glance(connection, self.shop_id, user_id)
        assert customer is not None
        banner = customer.shown.get(Slot.FREE_SHIPPING)
        found: Mapping[str, Any] = banner.data["channels"] if banner else {}
        return found

    def clear(self) -> None:
        with self.database.write() as connection:
            for table in (effects, customers_table, campaign_versions, campaigns_table):
                connection.execute(delete(table))

    # What is asked.

    async def get(self, path: str, *, user: str | None = None, headers: Any = None, **params: Any) -> httpx.Response:
        given = dict(headers or {})
        if user is not None:
            given["Authorization"] = f"Bearer {self.token(user)}"
        return await self._ask("GET", f"/storefront/v1/{path}", params={"shop": API, **params}, headers=given)

    def token(self, user: str, **claims: Any) -> str:
        expires = (self.now + timedelta(minutes=5)).timestamp()
        return token(**{"type": "access", "user_id": user, "exp": expires, "app": None, **claims})

    async def free_shipping(self, user: str | None = "U1", subtotal: Any = "0", channel: str = "us") -> dict[str, Any]:
        """{} for 204."""
        answer = await self.get("free-shipping", user=user, channel=channel, subtotal=subtotal)
        assert answer.status_code in {200, 204}, answer.text
        return dict(answer.json()) if answer.content else {}

    async def offered(self, user: str | None = "U1", subtotal: Any = "0", **changes: Any) -> list[dict[str, Any]]:
        answer = await self.webhook(checkout(user, subtotal, **changes))
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    async def webhook(self, body: bytes, **headers: str) -> httpx.Response:
        given = {
            "Saleor-Event": "shipping_list_methods_for_checkout",
            "Saleor-Api-Url": API,
            "Saleor-Signature": sign(body),
            **headers,
        }
        return await self._ask("POST", "/api/webhooks/shipping", content=body, headers=given)

    async def preflight(self, origin: str, shop: str = API) -> httpx.Response:
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        return await self._ask("OPTIONS", "/storefront/v1/free-shipping", params={"shop": shop}, headers=asked)

    async def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://retention.example") as client:
            return await client.request(method, path, **given)


def install(connection: Any) -> int:
    shop_id = shops.install(
        connection,
        api_url=API,
        app_id=APP_ID,
        token="sealed",
        jwks=jwks(),
        name="Tea",
        saleor_version="3.24",
        pepper=Keyring(["k" * 32]).encrypt("pepper"),
        now=NOW,
    )
    shops.set_origins(connection, shop_id, [ORIGIN])
    return shop_id


def checkout(
    user: str | None,
    gross: Any,
    *,
    net: Any = None,
    channel: str = "us",
    currency: str = "USD",
    shown_gross: bool | None = None,
    rates: int = 1,
    **more: Any,
) -> bytes:
    """As Saleor renders our subscription."""
    amounts = {"gross": {"amount": float(gross)}, "net": {"amount": float(gross if net is None else net)}}
    said = {
        "id": "Q1",
        "user": None if user is None else {"id": user},
        "channel": {"slug": channel, "currencyCode": currency, "taxConfiguration": {"pricesEnteredWithTax": True}},
        "displayGrossPrices": shown_gross,
        "discount": {"amount": 0.0},
        "voucher": None,
        "lines": [
            {
                "quantity": 1,
                "isGift": False,
                "undiscountedTotalPrice": {"amount": float(gross), "currency": currency},
                "variant": {"pricing": {"price": amounts, "priceUndiscounted": amounts}},
            }
        ],
        **more,
    }
    own = [{"id": f"M{number}"} for number in range(rates)]
    return json.dumps({"issuedAt": NOW.isoformat(), "shippingMethods": own, "checkout": said}).encode()


def shown(
    amount: str, until: datetime | None = None, channel: str = "us", currency: str = "USD"
) -> dict[Slot, dict[str, Any]]:
    """A free-shipping banner, as it is stored."""
    entry = {"amount": amount, "currency": currency}
    data = {"channels": {channel: entry if until is None else {**entry, "until": until.isoformat()}}}
    return {Slot.FREE_SHIPPING: data}
