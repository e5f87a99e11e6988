from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from plugin.errors import Gone
from plugin.saleor.customers import put_customer_metadata, telephone_of
from tests.saleor.shop import Shop, failed

pytestmark = pytest.mark.anyio


async def test_a_key_is_set_and_taken_away(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("MetadataPut", {"updateMetadata": {"errors": []}})
    shop.says("MetadataDelete", {"deleteMetadata": {"errors": []}})
    async with shop.client() as saleor:
        await put_customer_metadata(saleor, "U", "retention.banner", "{}")
        await put_customer_metadata(saleor, "U", "retention.banner", None)
    assert shop.calls == [
        ("MetadataPut", {"id": "U", "key": "retention.banner", "value": "{}"}),
        ("MetadataDelete", {"id": "U", "key": "retention.banner"}),
    ]


@pytest.mark.parametrize("value", ["{}", None])
async def test_a_customer_who_was_deleted_is_gone(value: str | None, httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("MetadataPut", failed("updateMetadata", "NOT_FOUND"))
    shop.says("MetadataDelete", failed("deleteMetadata", "NOT_FOUND"))
    async with shop.client() as saleor:
        with pytest.raises(Gone):
            await put_customer_metadata(saleor, "U", "retention.banner", value)


@pytest.mark.parametrize(
    ("user", "number"),
    [
        ({"defaultBillingAddress": {"phone": " +481 "}, "defaultShippingAddress": {"phone": "+482"}}, "+481"),
        ({"defaultBillingAddress": {"phone": ""}, "defaultShippingAddress": {"phone": "+482"}}, "+482"),
        ({"defaultBillingAddress": None, "defaultShippingAddress": {"phone": None}}, None),
        (None, None),
    ],
)
async def test_the_number_of_the_first_default_address_that_has_one(
    user: dict[str, Any] | None, number: str | None, httpx_mock: HTTPXMock
) -> None:
    shop = Shop(httpx_mock)
    shop.says("CustomerPhone", {"user": user})
    async with shop.client() as saleor:
        assert await telephone_of(saleor, "U") == number
    assert shop.calls == [("CustomerPhone", {"id": "U"})]
