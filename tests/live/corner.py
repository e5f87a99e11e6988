"""A corner of the shop that the tests have to themselves: channel, rates, warehouse and two products with stock.

What other channels sell and charge is left alone, and what the tests measure does not depend on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.live.api import Refused, Staff

#: Everyone ships free from here in the corner; far above every basket of the tests.
FREE_FROM = Decimal(500)
RATE = Decimal(10)
PRICES = {"tee": Decimal("20.00"), "cap": Decimal("9.99"), "coat": Decimal("80.00")}
#: Of the second product, for offers that hold for one and not for the other.
SECOND = {"scarf": Decimal("15.00")}
ADDRESS = {
    "firstName": "Ann",
    "lastName": "Lee",
    "streetAddress1": "1 Main St",
    "city": "New York",
    "countryArea": "NY",
    "postalCode": "10001",
    "country": "US",
}


#: In the same zone, for what differs by country.
ABROAD = {**ADDRESS, "city": "Toronto", "countryArea": "ON", "postalCode": "M5V 2T6", "country": "CA"}


@dataclass
class Corner:
    name: str
    #: Kind → Saleor's id.
    ids: dict[str, str] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        return self.name

    @property
    def second_product(self) -> str:
        """Its slug."""
        return f"{self.name}-scarf"

    currency = "USD"


def made(answer: Mapping[str, Any], what: str) -> str:
    """The id of what a mutation made."""
    (payload,) = answer.values()
    return str(payload[what]["id"])


def build(staff: Staff, corner: Corner) -> None:
    """In steps, each noted when it is done, so that `clear` takes away what there is."""
    name, ids = corner.name, corner.ids
    ids["warehouse"] = made(
        staff.call(
            "mutation($input: WarehouseCreateInput!) { createWarehouse(input: $input)"
            " { warehouse { id } errors { code message } } }",
            input={"name": name, "slug": name, "address": {**ADDRESS, "companyName": name}},
        ),
        "warehouse",
    )
    ids["channel"] = made(
        staff.call(
            "mutation($input: ChannelCreateInput!) { channelCreate(input: $input)"
            " { channel { id } errors { code message } } }",
            input={
                "name": name,
                "slug": name,
                "currencyCode": corner.currency,
                "defaultCountry": "US",
                "isActive": True,
                "addWarehouses": [ids["warehouse"]],
                "orderSettings": {"allowUnpaidOrders": True, "automaticallyConfirmAllNewOrders": False},
            },
        ),
        "channel",
    )
    _build_rates(staff, corner)
    _build_products(staff, corner)


def _build_rates(staff: Staff, corner: Corner) -> None:
    name, ids = corner.name, corner.ids
    ids["taxes"] = made(
        staff.call(
            "mutation($input: TaxClassCreateInput!) { taxClassCreate(input: $input)"
            " { taxClass { id } errors { code message } } }",
            input={"name": name, "createCountryRates": [{"countryCode": "US", "rate": 0}]},
        ),
        "taxClass",
    )
    ids["zone"] = made(
        staff.call(
            "mutation($input: ShippingZoneCreateInput!) { shippingZoneCreate(input: $input)"
            " { shippingZone { id } errors { code message } } }",
            input={
                "name": name,
                "countries": ["US", "CA"],
                "addChannels": [ids["channel"]],
                "addWarehouses": [ids["warehouse"]],
            },
        ),
        "shippingZone",
    )
    for kind, price, minimum in (("parcel", RATE, Decimal(0)), ("free parcel", Decimal(0), FREE_FROM)):
        ids[kind] = made(
            staff.call(
                "mutation($input: ShippingPriceInput!) { shippingPriceCreate(input: $input)"
                " { shippingMethod { id } errors { code message } } }",
                input={"name": kind, "type": "PRICE", "shippingZone": ids["zone"], "taxClass": ids["taxes"]},
            ),
            "shippingMethod",
        )
        staff.call(
            "mutation($id: ID!, $input: ShippingMethodChannelListingInput!) {"
            " shippingMethodChannelListingUpdate(id: $id, input: $input) { errors { code message } } }",
            id=ids[kind],
            input={
                "addChannels": [
                    {"channelId": ids["channel"], "price": str(price), "minimumOrderPrice": str(minimum)},
                ]
            },
        )


def _build_products(staff: Staff, corner: Corner) -> None:
    name, ids = corner.name, corner.ids
    ids["product type"] = made(
        staff.call(
            "mutation($input: ProductTypeInput!) { productTypeCreate(input: $input)"
            " { productType { id } errors { code message } } }",
            input={
                "name": name,
                "slug": name,
                "kind": "NORMAL",
                "isShippingRequired": True,
                "hasVariants": True,
                "taxClass": ids["taxes"],
            },
        ),
        "productType",
    )
    ids["category"] = made(
        staff.call(
            "mutation($input: CategoryInput!) { categoryCreate(input: $input)"
            " { category { id } errors { code message } } }",
            input={"name": name, "slug": name},
        ),
        "category",
    )
    _build_product(staff, corner, "product", name, PRICES)
    _build_product(staff, corner, "second product", corner.second_product, SECOND)


def _build_product(staff: Staff, corner: Corner, kind: str, slug: str, prices: Mapping[str, Decimal]) -> None:
    ids = corner.ids
    ids[kind] = made(
        staff.call(
            "mutation($input: ProductCreateInput!) { productCreate(input: $input)"
            " { product { id } errors { code message } } }",
            input={"name": slug, "slug": slug, "productType": ids["product type"], "category": ids["category"]},
        ),
        "product",
    )
    staff.call(
        "mutation($id: ID!, $input: ProductChannelListingUpdateInput!) {"
        " productChannelListingUpdate(id: $id, input: $input) { errors { code message } } }",
        id=ids[kind],
        input={
            "updateChannels": [
                {
                    "channelId": ids["channel"],
                    "isPublished": True,
                    "visibleInListings": False,
                    "isAvailableForPurchase": True,
                }
            ]
        },
    )
    answer = staff.call(
        "mutation($product: ID!, $variants: [ProductVariantBulkCreateInput!]!) {"
        " productVariantBulkCreate(product: $product, variants: $variants)"
        " { productVariants { id name } errors { code message } } }",
        product=ids[kind],
        variants=[
            {
                "name": variant,
                "sku": f"{slug}-{variant}",
                "attributes": [],
                "trackInventory": True,
                "stocks": [{"warehouse": ids["warehouse"], "quantity": 1000}],
                "channelListings": [{"channelId": ids["channel"], "price": str(price)}],
            }
            for variant, price in prices.items()
        ],
    )
    found = answer["productVariantBulkCreate"]["productVariants"]
    corner.variants |= {variant["name"]: variant["id"] for variant in found}


#: What is taken away, in this order.
DELETED_BY = {
    "product": "productDelete",
    "second product": "productDelete",
    "product type": "productTypeDelete",
    "category": "categoryDelete",
    "zone": "shippingZoneDelete",
    "taxes": "taxClassDelete",
    "warehouse": "deleteWarehouse",
}


def clear(staff: Staff, corner: Corner) -> list[str]:
    """What could not be taken away, and why. Saleor keeps orders: they are moved to another channel."""
    left = []
    for kind, mutation in DELETED_BY.items():
        if kind in corner.ids:
            document = f"mutation($id: ID!) {{ {mutation}(id: $id) {{ errors {{ code message }} }} }}"
            try:
                staff.call(document, id=corner.ids[kind])
            except Refused as refused:
                left.append(f"{kind} {corner.name}: {refused}")
    if "channel" in corner.ids:
        left += _delete_channel(staff, corner)
    return left


def _delete_channel(staff: Staff, corner: Corner) -> list[str]:
    channels = staff.call("{ channels { id currencyCode isActive } }")["channels"]
    heir = next(
        (
            one["id"]
            for one in channels
            if one["currencyCode"] == corner.currency and one["id"] != corner.ids["channel"]
        ),
        None,
    )
    try:
        staff.call(
            "mutation($id: ID!, $input: ChannelDeleteInput) { channelDelete(id: $id, input: $input)"
            " { errors { code message } } }",
            id=corner.ids["channel"],
            input=heir and {"channelId": heir},
        )
    except Refused as refused:
        return [f"channel {corner.name}: {refused}"]
    return []
