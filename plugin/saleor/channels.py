"""The shop's channels, and what their own rates ship for free."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from plugin.domain.channels import Channel
from plugin.saleor.client import Saleor


async def read_channels(saleor: Saleor) -> list[Channel]:
    data = await saleor.call("ChannelsRead")
    zones = [zone async for zone in saleor.pages("ShippingRead", "shippingZones")]
    return [_channel(node, zones) for node in data["channels"] or ()]


def _channel(node: Mapping[str, Any], zones: Sequence[Mapping[str, Any]]) -> Channel:
    free_in = _free_in(node["id"], zones)
    return Channel(
        slug=node["slug"],
        channel_id=node["id"],
        currency=node["currencyCode"],
        active=node["isActive"],
        gross=node["taxConfiguration"]["displayGrossPrices"],
        free_from=free_in.get(node["defaultCountry"]["code"]),
        free_in=free_in,
    )


def _free_in(channel_id: str, zones: Sequence[Mapping[str, Any]]) -> Mapping[str, Decimal]:
    """Country → the lowest basket that ships free there."""
    found: dict[str, Decimal] = {}
    for zone in zones:
        for minimum in _free_minimums(channel_id, zone):
            for country in zone["countries"]:
                found[country["code"]] = min(found.get(country["code"], minimum), minimum)
    return found


def _free_minimums(channel_id: str, zone: Mapping[str, Any]) -> Iterator[Decimal]:
    if any(channel["id"] == channel_id for channel in zone["channels"]):
        for method in zone["shippingMethods"] or ():
            if _for_everyone(method):
                yield from _free_listings(channel_id, method)


def _for_everyone(method: Mapping[str, Any]) -> bool:
    """A rate by weight, by postal code or not for every product keeps no promise made to everyone."""
    excluded = method["excludedProducts"]
    return method["type"] == "PRICE" and not method["postalCodeRules"] and not (excluded and excluded["edges"])


def _free_listings(channel_id: str, method: Mapping[str, Any]) -> Iterator[Decimal]:
    for listing in method["channelListings"] or ():
        if listing["channel"]["id"] != channel_id or listing["price"] is None or listing["maximumOrderPrice"]:
            continue
        if _amount(listing["price"]) == 0:
            yield _amount(listing["minimumOrderPrice"])


def _amount(money: Mapping[str, Any] | None) -> Decimal:
    return Decimal(0) if money is None else Decimal(str(money["amount"]))
