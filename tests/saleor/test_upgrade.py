"""An installed app against the manifest of today."""

from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from plugin.saleor.upgrade import UpgradeReport, upgrade
from tests.saleor.shop import Shop, failed

pytestmark = pytest.mark.anyio

QUERY = "subscription { event { ... on OrderCreated { order { id } } } }"
ORDERS = {"name": "orders", "targetUrl": "https://app.example/orders", "query": QUERY, "asyncEvents": ["ORDER_CREATED"]}
SHIPPING = {
    "name": "shipping",
    "targetUrl": "https://app.example/shipping",
    "query": "subscription { event { ... on ShippingListMethodsForCheckout { checkout { id } } } }",
    "syncEvents": ["SHIPPING_LIST_METHODS_FOR_CHECKOUT"],
}
PAGE = {"label": "Retention", "mount": "NAVIGATION_CUSTOMERS", "url": "/page", "permissions": ["MANAGE_USERS"]}
MANIFEST = {
    "appUrl": "https://app.example/",
    "permissions": ["MANAGE_USERS"],
    "extensions": [PAGE],
    "webhooks": [ORDERS, SHIPPING],
}
INSTALLED_PAGE = {
    "label": "Retention",
    "mountName": "NAVIGATION_CUSTOMERS",
    "targetName": "POPUP",
    "url": "https://app.example/page",
    "identifier": None,
    "permissions": [{"code": "MANAGE_USERS"}],
}


def _installed(webhook: dict[str, Any], webhook_id: str, **changes: Any) -> dict[str, Any]:
    installed = {
        "id": webhook_id,
        "name": webhook["name"],
        "targetUrl": webhook["targetUrl"],
        "subscriptionQuery": webhook["query"],
        "asyncEvents": [{"eventType": event} for event in webhook.get("asyncEvents", ())],
        "syncEvents": [{"eventType": event} for event in webhook.get("syncEvents", ())],
    }
    return {**installed, **changes}


def _app(**changes: Any) -> dict[str, Any]:
    app = {
        "id": "A",
        "appUrl": "https://app.example/",
        "permissions": [{"code": "MANAGE_USERS"}, {"code": "MANAGE_SHIPPING"}],
        "extensions": [INSTALLED_PAGE],
        "webhooks": [_installed(ORDERS, "W1"), _installed(SHIPPING, "W2")],
    }
    return {"app": {**app, **changes}}


async def _upgrade(httpx_mock: HTTPXMock, app: dict[str, Any], **changes: Any) -> tuple[UpgradeReport, Shop]:
    shop = Shop(httpx_mock)
    shop.says("AppRead", app)
    shop.says("WebhookCreate", {"webhookCreate": {"errors": []}})
    shop.says("WebhookUpdate", {"webhookUpdate": {"errors": []}})
    shop.says("WebhookDelete", failed("webhookDelete", "NOT_FOUND"))
    async with shop.client() as saleor:
        return await upgrade(saleor, {**MANIFEST, **changes}), shop


async def test_nothing_to_do(httpx_mock: HTTPXMock) -> None:
    report, shop = await _upgrade(httpx_mock, _app())
    assert report == UpgradeReport((), (), (), ())
    assert shop.names() == ["AppRead"]


async def test_a_query_written_differently_is_the_same(httpx_mock: HTTPXMock) -> None:
    webhooks = [_installed(ORDERS, "W1", subscriptionQuery=QUERY.replace(" ", "\n  ")), _installed(SHIPPING, "W2")]
    report, _ = await _upgrade(httpx_mock, _app(webhooks=webhooks))
    assert report.updated == ()


@pytest.mark.parametrize(
    "change",
    [
        {"targetUrl": "https://old.example/orders"},
        {"subscriptionQuery": "subscription { event { ... on OrderCreated { order { number } } } }"},
        {"subscriptionQuery": None},
        {"subscriptionQuery": "not a query"},
        {"asyncEvents": []},
        {"asyncEvents": [{"eventType": "ORDER_CREATED"}, {"eventType": "ORDER_PAID"}]},
    ],
)
async def test_a_webhook_that_differs_is_updated(change: dict[str, Any], httpx_mock: HTTPXMock) -> None:
    webhooks = [_installed(ORDERS, "W1", **change), _installed(SHIPPING, "W2")]
    report, shop = await _upgrade(httpx_mock, _app(webhooks=webhooks))
    assert report == UpgradeReport((), ("orders",), (), ())
    (given,) = shop.variables("WebhookUpdate")
    assert given == {"id": "W1", "input": {**ORDERS, "syncEvents": []}}


async def test_missing_ones_are_created_and_others_deleted(httpx_mock: HTTPXMock) -> None:
    """Also the second one of a name, which a lost answer left."""
    old = _installed(ORDERS, "W7", name="old")
    webhooks = [old, _installed(ORDERS, "W1"), _installed(ORDERS, "W8")]
    report, shop = await _upgrade(httpx_mock, _app(webhooks=webhooks))
    assert report == UpgradeReport(("shipping",), (), ("old", "orders"), ())
    assert [given["input"]["name"] for given in shop.variables("WebhookCreate")] == ["shipping"]
    assert [given["id"] for given in shop.variables("WebhookDelete")] == ["W7", "W8"]


@pytest.mark.parametrize(
    ("app", "manifest", "said"),
    [
        ({"permissions": []}, {}, ["The permission MANAGE_USERS is missing"]),
        ({"appUrl": "https://old.example/"}, {}, ["Saleor opens https://old.example/"]),
        ({"extensions": []}, {}, ["“Retention” (NAVIGATION_CUSTOMERS) is new or changed"]),
        ({}, {"extensions": [{**PAGE, "url": "/other"}]}, ["is new or changed"]),
        ({}, {"extensions": [{**PAGE, "target": "APP_PAGE"}]}, ["is new or changed"]),
        ({}, {"extensions": [{**PAGE, "permissions": []}]}, ["is new or changed"]),
        ({}, {"extensions": [{**PAGE, "identifier": "page"}]}, ["is new or changed"]),
        ({}, {"extensions": []}, ["is no longer there"]),
        (
            {},
            {"extensions": [{**PAGE, "label": "Other"}]},
            ["“Other”", "“Retention” (NAVIGATION_CUSTOMERS) is no longer"],
        ),
    ],
)
async def test_what_only_a_person_can_change_is_said(
    app: dict[str, Any], manifest: dict[str, Any], said: list[str], httpx_mock: HTTPXMock
) -> None:
    report, shop = await _upgrade(httpx_mock, _app(**app), **manifest)
    assert len(report.needs_reinstall) == len(said)
    for sentence, part in zip(report.needs_reinstall, said, strict=True):
        assert part in sentence
        assert "install the app again" in sentence
    assert shop.names() == ["AppRead"]
