from decimal import Decimal
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from plugin.domain.channels import Channel
from plugin.saleor.channels import read_channels
from tests.saleor.shop import Shop, connection

pytestmark = pytest.mark.anyio


def _channel(channel_id: str, slug: str, currency: str, country: str, *, gross: bool) -> dict[str, Any]:
    return {
        "id": channel_id,
        "slug": slug,
        "currencyCode": currency,
        "isActive": True,
        "defaultCountry": {"code": country},
        "taxConfiguration": {"displayGrossPrices": gross},
    }


def _money(amount: float | None) -> dict[str, float] | None:
    return None if amount is None else {"amount": amount}


def _listing(
    price: float | None, minimum: float | None = None, *, maximum: float | None = None, channel: str = "C1"
) -> dict[str, Any]:
    return {
        "channel": {"id": channel},
        "price": _money(price),
        "minimumOrderPrice": _money(minimum),
        "maximumOrderPrice": _money(maximum),
    }


def _rate(*listings: dict[str, Any], **changes: Any) -> dict[str, Any]:
    rate = {
        "type": "PRICE",
        "postalCodeRules": [],
        "excludedProducts": {"edges": []},
        "channelListings": list(listings),
    }
    return {**rate, **changes}


def _zone(*rates: dict[str, Any], country: str = "US", channel: str = "C1") -> dict[str, Any]:
    return {"countries": [{"code": country}], "channels": [{"id": channel}], "shippingMethods": list(rates)}


RULED = {"postalCodeRules": [{"id": "R"}]}
EXCLUDING = {"excludedProducts": connection([{"id": "P"}])}
UNREADABLE: dict[str, Any] = {"postalCodeRules": None, "excludedProducts": None}

CASES: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "no zones": ([], None),
    "only paid rates": ([_zone(_rate(_listing(5.0)))], None),
    "free from an amount": ([_zone(_rate(_listing(0.0, 49.9)))], "49.9"),
    "free for every basket": ([_zone(_rate(_listing(0.0)))], "0"),
    "the lowest of two": ([_zone(_rate(_listing(0.0, 80.0)), _rate(_listing(0.0, 50.0)))], "50"),
    "the lowest of two zones": ([_zone(_rate(_listing(0.0, 80.0))), _zone(_rate(_listing(0.0, 50.0)))], "50"),
    "another channel's rate": ([_zone(_rate(_listing(0.0, 50.0, channel="C2")))], None),
    "a zone of another channel": ([_zone(_rate(_listing(0.0, 50.0)), channel="C2")], None),
    "a zone of another country": ([_zone(_rate(_listing(0.0, 50.0)), country="CA")], None),
    "not above an amount": ([_zone(_rate(_listing(0.0, 50.0, maximum=500.0)))], None),
    "only for some postal codes": ([_zone(_rate(_listing(0.0, 50.0), **RULED))], None),
    "not for every product": ([_zone(_rate(_listing(0.0, 50.0), **EXCLUDING))], None),
    "by weight": ([_zone(_rate(_listing(0.0, None), type="WEIGHT"))], None),
    "no price yet": ([_zone(_rate(_listing(None, 50.0)))], None),
    "nothing known of rules": ([_zone(_rate(_listing(0.0, 50.0), **UNREADABLE))], "50"),
}


@pytest.mark.parametrize(("zones", "free_from"), CASES.values(), ids=CASES)
async def test_from_where_a_channel_ships_free(
    zones: list[dict[str, Any]], free_from: str | None, httpx_mock: HTTPXMock
) -> None:
    shop = Shop(httpx_mock)
    shop.says("ChannelsRead", {"channels": [_channel("C1", "us", "USD", "US", gross=False)]})
    shop.says("ShippingRead", {"shippingZones": connection(zones)})
    async with shop.client() as saleor:
        (channel,) = await read_channels(saleor)
    assert channel.free_from == (None if free_from is None else Decimal(free_from))


async def test_channels_as_they_are(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    us, pl = _channel("C1", "us", "USD", "US", gross=False), _channel("C2", "pl", "PLN", "PL", gross=True)
    shop.says("ChannelsRead", {"channels": [us, {**pl, "isActive": False}]})
    shop.says("ShippingRead", {"shippingZones": connection([])})
    async with shop.client() as saleor:
        channels = await read_channels(saleor)
    assert channels == [
        Channel("us", "C1", "USD", active=True, gross=False, free_from=None),
        Channel("pl", "C2", "PLN", active=False, gross=True, free_from=None),
    ]
