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
from plugin.domain.next_orders import NextOrder, banner_of
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.domain.tactic import read_params
from plugin.flow import promises
from plugin.flow.fronts import Fronts
from plugin.flow.house import House
from plugin.flow.scene import set_scene
from plugin.flow.thresholds import rules_of
from plugin.saleor.client import Saleor
from plugin.saleor.jwks import Keys
from plugin.secrets import Keyring
from plugin.store import campaigns, channels, customers, shops, storefront_keys
from plugin.store.campaigns import Limits
from plugin.store.customers import Measured
from plugin.store.database import Database
from plugin.store.schema import campaign_versions, effects
from plugin.store.schema import campaigns as campaigns_table
from plugin.store.schema import customers as customers_table
from plugin.storefront import routes as storefront
from plugin.storefront.allowance import Allowance
from plugin.storefront.refs import sign_ref
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
                *storefront.routes(storefront.Storefront(self.house, self.fronts, keys, self.allowance)),
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
        self,
        thresholds: Mapping[str, Mapping[str, Any]],
        status: CampaignStatus = CampaignStatus.ON,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        **params: Any,
    ) -> None:
        """The campaign says so from now on, or as its schedule has it; a second call edits it."""
        wanted = read_params(TACTIC, {"thresholds": thresholds, **params})
        limits = Limits(control_share=0.0, starts_at=starts_at, ends_at=ends_at)
        with self.database.write() as connection:
            known = campaigns.of_shop(connection, self.shop_id, {TACTIC.key: TACTIC})
            if known:
                campaign = campaigns.edit(connection, self.shop_id, known[0], wanted, limits, "test", self.now)
            else:
                campaign = campaigns.create(connection, self.shop_id, "free", TACTIC, wanted, limits, self.now)
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
            measured = Measured(made.customer_id, History(), segment, Turns(), None)
            customers.save_states(connection, self.shop_id, [measured])
            banners = {slot: Banner(slot, "Seen", data) for slot, data in (shown or {}).items()}
            customers.save_shown(connection, self.shop_id, {made.customer_id: banners})
        return made.customer_id

    def enters(self, segment: Segment | None = None, user_id: str = "U1") -> None:
        """An order or time has moved the customer; None: they are only looked at again, as after an edit."""
        with self.database.write() as connection:
            scene = set_scene(connection, self.house, shops.get(connection, self.shop_id), self.now)
            customer = customers.by_user(connection, self.shop_id, user_id)
            assert customer is not None
            promise = promises.standing(scene, customer, lambda: rules_of(connection, self.shop_id))
            entered = customer.segment if segment is None else segment
            promises.follow(connection, scene, entered, promise, shown_by_decision=False)
            moved = Measured(customer.customer_id, History(), entered, Turns(), None)
            customers.save_standings(connection, self.shop_id, [moved])

    def next_order_free(self, days: float, *channels: str, user_id: str = "U1") -> None:
        """The customer's next order ships free for so many days from now on, in these channels or in all."""
        with self.database.write() as connection:
            customer = customers.by_user(connection, self.shop_id, user_id)
            assert customer is not None
            promise = NextOrder("CODE", self.now, self.now + timedelta(days=days), channels)
            told = {**customer.shown, Slot.NEXT_ORDER: banner_of("Free", promise)}
            customers.save_shown(connection, self.shop_id, {customer.customer_id: told})

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

    async def tell(
        self,
        *events: Any,
        user: str | None = None,
        headers: Any = None,
        raw: bytes | None = None,
        address: str | None = None,
        **said: Any,
    ) -> httpx.Response:
        """What a page tells, as a browser sends it; raw: this body instead."""
        given = {"User-Agent": "Mozilla/5.0", "Content-Type": "application/json", **(headers or {})}
        if user is not None:
            given["Authorization"] = f"Bearer {self.token(user)}"
        body = json.dumps({"shop": API, "consent": True, "events": list(events), **said}).encode()
        return await self._ask(
            "POST",
            "/storefront/v1/events",
            params={} if address is None else {"shop": address},
            content=body if raw is None else raw,
            headers=given,
        )

    async def follow(self, token: Any, shop: str = API, raw: bytes | None = None) -> httpx.Response:
        """Somebody arrives by a link, and the script asks what it carries."""
        body = json.dumps({"shop": shop, "token": token}).encode()
        return await self._ask(
            "POST",
            "/storefront/v1/offer",
            content=body if raw is None else raw,
            headers={"Content-Type": "text/plain", "Origin": ORIGIN},
        )

    def event(self, deed: str = "seen", content: str | None = "banner-7", **said: Any) -> dict[str, Any]:
        """Told now, if nothing else is said."""
        ref = {} if content is None else {"ref": sign_ref(self.house.keyring, self.shop_id, content)}
        return {"type": deed, **ref, "at": self.now.isoformat(), **said}

    def key(self) -> str:
        """A new one for the storefront's server."""
        made = storefront_keys.new_key()
        with self.database.write() as connection:
            storefront_keys.add(connection, self.shop_id, made, "", "test", self.now)
        return made

    async def by_server(self, path: str, key: str, user: str | None = "U1", **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Retention-Key {key}", **({} if user is None else {"X-Retention-User": user})}
        return await self.get(path, headers={**headers, **given.pop("headers", {})}, **given)

    def token(self, user: str, **claims: Any) -> str:
        expires = (self.now + timedelta(minutes=5)).timestamp()
        return token(**{"type": "access", "user_id": user, "exp": expires, "app": None, **claims})

    async def free_shipping(
        self, user: str | None = "U1", subtotal: Any = "0", channel: str = "us", **more: Any
    ) -> dict[str, Any]:
        """{} for 204."""
        answer = await self.get("free-shipping", user=user, channel=channel, subtotal=subtotal, **more)
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

    async def preflight(self, origin: str, shop: str = API, path: str = "free-shipping") -> httpx.Response:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST" if path == "events" else "GET"}
        return await self._ask("OPTIONS", f"/storefront/v1/{path}", params={"shop": shop}, headers=asked)

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
    country: str | None = None,
    cards: Any = 0,
    **more: Any,
) -> bytes:
    """As Saleor renders our subscription: tea of these prices, and gift cards for so much."""
    lines = [_line("tea", gross, gross if net is None else net, currency)]
    if cards:
        lines.append(_line("card", cards, cards, currency))
    said = {
        "id": "Q1",
        "user": None if user is None else {"id": user},
        "channel": {"slug": channel, "currencyCode": currency, "taxConfiguration": {"pricesEnteredWithTax": True}},
        "shippingAddress": None if country is None else {"country": {"code": country}},
        "displayGrossPrices": shown_gross,
        "discount": {"amount": 0.0},
        "voucher": None,
        "lines": lines,
        **more,
    }
    own = [{"id": f"M{number}"} for number in range(rates)]
    return json.dumps({"issuedAt": NOW.isoformat(), "shippingMethods": own, "checkout": said}).encode()


def _line(product: str, gross: Any, net: Any, currency: str) -> dict[str, Any]:
    amounts = {"gross": {"amount": float(gross)}, "net": {"amount": float(net)}}
    told = {
        "id": f"P-{product}",
        "slug": product,
        "productType": {"id": f"T-{product}", "slug": f"type-of-{product}"},
        "collections": [{"id": f"C-{product}", "slug": f"all-{product}"}],
    }
    return {
        "quantity": 1,
        "isGift": False,
        "undiscountedTotalPrice": {"amount": float(gross), "currency": currency},
        "variant": {"product": told, "pricing": {"price": amounts, "priceUndiscounted": amounts}},
    }


def shown(
    amount: str, until: datetime | None = None, channel: str = "us", currency: str = "USD"
) -> dict[Slot, dict[str, Any]]:
    """A free-shipping banner, as it is stored."""
    entry = {"amount": amount, "currency": currency}
    data = {"channels": {channel: entry if until is None else {**entry, "until": until.isoformat()}}}
    return {Slot.FREE_SHIPPING: data}
