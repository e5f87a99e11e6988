"""The way in, put together: what the routes of `webhooks` and the storefront need. One line a list of routes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from anyio import to_thread
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from admin_ui import routes as admin_ui
from plugin.engine.port import Lane, LaneKind
from plugin.flow.fronts import Fronts
from plugin.flow.house import House
from plugin.flow.settle import settle
from plugin.headers import SecurityHeaders
from plugin.saleor.install import Gate, Registration, register
from plugin.saleor.jwks import Keys
from plugin.secrets import new_pepper
from plugin.settings import Settings
from plugin.store import shops
from plugin.store.shops import Shop
from plugin.storefront import preferences, script
from plugin.storefront import routes as storefront
from webhooks import routes as webhooks
from webhooks import shipping
from webhooks.door import Door, Shops
from webhooks.intake import Intake


@dataclass(frozen=True, slots=True)
class Entrance:
    routes: Sequence[BaseRoute]
    #: What has been let in is written before this returns.
    close: Callable[[], Awaitable[None]]
    #: What is asked most often once more, by method and path, for `Express`.
    straight: Mapping[tuple[str, str], ASGIApp]


def open_entrance(settings: Settings, house: House, http: httpx.AsyncClient) -> Entrance:
    async def find(api_url: str) -> Shop | None:
        return await to_thread.run_sync(_find, house, api_url)

    async def save_keys(shop_id: int, jwks: Mapping[str, Any]) -> None:
        await to_thread.run_sync(_save_keys, house, shop_id, jwks)

    async def install(body: bytes, api_url: str) -> Registration:
        return await register(body, api_url, gate, http)

    async def keep(registration: Registration) -> int:
        shop_id = await to_thread.run_sync(keep_shop, house, registration)
        house.wake([Lane(LaneKind.HISTORY, shop_id)])
        return shop_id

    def arrived(shop_ids: set[int]) -> None:
        house.wake(Lane(LaneKind.RECEIVE, shop_id) for shop_id in shop_ids)

    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    gate = Gate(settings.is_allowed_shop, settings.allow_private_addresses)
    keys, fronts = Keys(http, save_keys), Fronts(house)
    door = Door(Shops(find), keys, settings.is_allowed_shop)
    intake = Intake(house.database, most_open=settings.inbox_limit, on_committed=arrived)
    webhook = webhooks.Webhook(door, intake, house.clock)
    shopping = storefront.Storefront(house, fronts, keys)
    https = settings.public_url.startswith("https://")
    return Entrance(
        (
            *shipping.routes(house, door, fronts),  # first: the webhooks' pattern would take its address, too
            *webhooks.routes(public_url=settings.public_url, door=door, webhook=webhook, install=install, keep=keep),
            *storefront.routes(shopping),
            *script.routes(),
            *preferences.routes(house, secret, urlsplit(settings.public_url).path),
            *admin_ui.routes(house, keys, settings.dashboard_origins.split()),
        ),
        intake.close,
        {
            **webhooks.straight(webhook),
            ("POST", shipping.ADDRESS): shipping.Shipping(house, door, fronts),
            **{asked: SecurityHeaders(app, https=https) for asked, app in storefront.straight(shopping).items()},
        },
    )


def keep_shop(house: House, registration: Registration) -> int:
    """A shop that has proven itself, with its token encrypted and its campaigns as drafts."""
    now = house.clock()
    with house.database.write() as connection:
        shop_id = shops.install(
            connection,
            api_url=registration.api_url,
            app_id=registration.app_id,
            token=house.keyring.encrypt(registration.token),
            jwks=registration.jwks,
            name=registration.name,
            saleor_version=registration.saleor_version,
            pepper=house.keyring.encrypt(new_pepper()),
            now=now,
        )
        settle(connection, shop_id, house.tactics, now)
    return shop_id


def _find(house: House, api_url: str) -> Shop | None:
    with house.database.read() as connection:
        return shops.find(connection, api_url)


def _save_keys(house: House, shop_id: int, jwks: Mapping[str, Any]) -> None:
    with house.database.write() as connection:
        shops.save_jwks(connection, shop_id, jwks)
