import base64
from pathlib import Path
from typing import Any

import pytest

from plugin.sandbox.resolve.accounts import access_token
from tests.sandbox.talk import Receiver, Talk

WHOLE = "fragment W on Checkout { id voucherCode subtotalPrice { gross { amount } } shippingPrice { gross { amount } } totalPrice { gross { amount } } discount { amount } }"
CREATE = (
    "mutation($i: CheckoutCreateInput!) { checkoutCreate(input: $i) { checkout { ...W } errors { field code } } } "
    + WHOLE
)
OPTIONS = "mutation($id: ID!) { deliveryOptionsCalculate(id: $id) { deliveries { id shippingMethod { id name price { amount } } } errors { code } } }"
CHOOSE = (
    "mutation($id: ID!, $m: ID!) { checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $m) { checkout { ...W } errors { field code } } } "
    + WHOLE
)
ADD_CODE = (
    "mutation($id: ID!, $c: String!) { checkoutAddPromoCode(id: $id, promoCode: $c) { checkout { ...W } errors { field code message } } } "
    + WHOLE
)
COMPLETE = "mutation($id: ID!) { checkoutComplete(id: $id) { order { id number status voucherCode userEmail user { email } total { gross { amount } } shippingPrice { gross { amount } } undiscountedTotal { gross { amount } } lines { totalPrice { gross { amount } } } } errors { field code } } }"
ADDRESS = {"firstName": "A", "streetAddress1": "1 Dock Street", "city": "Brooklyn", "country": "US"}
TELL = "mutation($id: ID!) { checkoutComplete(id: $id) { order { discounts { type total { amount } } lines { discounts { type total { amount } } } } errors { field code } } }"
SHIPPING_QUERY = "subscription { event { ... on ShippingListMethodsForCheckout { checkout { id user { id } channel { slug } lines { undiscountedTotalPrice { amount } } } } } }"

CHECKOUTS_QUERY = (Path(__file__).parents[2] / "webhooks/subscriptions/checkouts.graphql").read_text(encoding="utf-8")


def _basket(shop: Talk, sku: str = "GROCERY-001", quantity: int = 2, token: str = "", **more: Any) -> Any:
    variant = shop.sandbox.shop.variants_by_sku[sku]
    line = {"variantId": variant.id, "quantity": quantity}
    given = {
        "channel": "default-channel",
        "email": "g@example.com",
        "lines": [line],
        "shippingAddress": ADDRESS,
        "billingAddress": ADDRESS,
    }
    return shop.ask(CREATE, token=token, i={**given, **more})["checkoutCreate"]["checkout"]


def _voucher(shop: Talk, code: str, *, value: float = 10, minimum: float | None = None, **more: Any) -> None:
    create = "mutation($i: VoucherInput!) { voucherCreate(input: $i) { voucher { id } errors { code } } }"
    given = {"addCodes": [code], "discountValueType": "PERCENTAGE", "singleUse": True, **more}
    voucher = shop.ask(create, i=given)["voucherCreate"]["voucher"]["id"]
    channel = shop.sandbox.shop.channel("default-channel")
    assert channel is not None
    entry = {"channelId": channel.id, "discountValue": value, **({"minAmountSpent": minimum} if minimum else {})}
    shop.ask(
        "mutation($v: ID!, $c: VoucherChannelListingAddInput!) { voucherChannelListingUpdate(id: $v, input: {addChannels: [$c]}) { errors { code } } }",
        v=voucher,
        c=entry,
    )


def _options(shop: Talk, checkout: Any) -> dict[str, Any]:
    found = shop.ask(OPTIONS, token="", id=checkout["id"])["deliveryOptionsCalculate"]["deliveries"]
    return {delivery["shippingMethod"]["name"]: delivery for delivery in found}


def _ready(shop: Talk, checkout: Any) -> None:
    shop.ask(CHOOSE, token="", id=checkout["id"], m=_options(shop, checkout)["Standard delivery"]["id"])


def test_free_delivery_begins_at_its_minimum(shop: Talk) -> None:
    assert set(_options(shop, _basket(shop))) == {"Standard delivery", "Express delivery"}
    assert _options(shop, _basket(shop, quantity=5))["Free delivery"]["shippingMethod"]["price"] == {"amount": 0.0}


def test_a_shopper_orders_with_a_code_that_is_used_up(shop: Talk) -> None:
    _voucher(shop, "SINGLE")
    state = shop.sandbox.shop
    token = access_token(state, state.users_by_email["chiara.rossi@example.com"])
    checkout = _basket(shop, token=token, email="chiara.rossi@example.com")
    _ready(shop, checkout)
    priced = shop.ask(ADD_CODE, token="", id=checkout["id"], c="SINGLE")["checkoutAddPromoCode"]["checkout"]
    assert priced["totalPrice"]["gross"]["amount"] == pytest.approx(37 - 3.7 + 7.99)
    order = shop.ask(COMPLETE, token=token, id=checkout["id"])["checkoutComplete"]["order"]
    assert (order["status"], order["voucherCode"], order["user"]["email"]) == (
        "UNCONFIRMED",
        "SINGLE",
        "chiara.rossi@example.com",
    )
    assert order["total"]["gross"]["amount"] == pytest.approx(41.29)
    assert order["lines"][0]["totalPrice"]["gross"]["amount"] == pytest.approx(33.3)
    again = _basket(shop)
    errors = shop.ask(ADD_CODE, token="", id=again["id"], c="SINGLE")["checkoutAddPromoCode"]["errors"]
    assert errors[0]["code"] == "INVALID"
    assert shop.ask(COMPLETE, token=token, id=checkout["id"])["checkoutComplete"]["order"]["id"] == order["id"]


@pytest.mark.parametrize(
    ("voucher", "code"),
    [
        ({"endDate": "2020-01-01T00:00:00Z", "startDate": "2019-01-01T00:00:00Z"}, "INVALID"),
        ({"startDate": "2999-01-01T00:00:00Z"}, "INVALID"),
        ({"minimum": 100}, "VOUCHER_NOT_APPLICABLE"),
        ({"minCheckoutItemsQuantity": 9}, "VOUCHER_NOT_APPLICABLE"),
        ({"type": "SHIPPING"}, "VOUCHER_NOT_APPLICABLE"),
        ({"type": "SPECIFIC_PRODUCT"}, "VOUCHER_NOT_APPLICABLE"),
        (None, "INVALID"),
    ],
)
def test_a_code_that_is_refused(shop: Talk, voucher: dict[str, Any] | None, code: str) -> None:
    name = f"NO-{len(shop.sandbox.shop.codes)}"
    if voucher is not None:
        _voucher(shop, name, **voucher)
    answer = shop.ask(ADD_CODE, token="", id=_basket(shop)["id"], c=name)["checkoutAddPromoCode"]
    assert answer["errors"][0]["code"] == code


def test_a_code_is_refused_in_a_channel_without_it(shop: Talk) -> None:
    _voucher(shop, "USD-ONLY")
    checkout = _basket(shop, channel="channel-pln", shippingAddress={**ADDRESS, "country": "PL"})
    answer = shop.ask(ADD_CODE, token="", id=checkout["id"], c="USD-ONLY")["checkoutAddPromoCode"]
    assert answer["errors"][0]["code"] == "VOUCHER_NOT_APPLICABLE"


def test_a_shipping_code_takes_the_delivery_price_away(shop: Talk) -> None:
    _voucher(shop, "SHIP-FREE", value=100, type="SHIPPING")
    checkout = _basket(shop)
    _ready(shop, checkout)
    priced = shop.ask(ADD_CODE, token="", id=checkout["id"], c="SHIP-FREE")["checkoutAddPromoCode"]["checkout"]
    assert (priced["shippingPrice"]["gross"]["amount"], priced["discount"]["amount"]) == (0, 7.99)


@pytest.mark.parametrize(
    ("voucher", "whole", "line"),
    [
        ({"value": 10}, [3.7], []),
        ({"value": 100, "type": "SHIPPING"}, [7.99], []),
        ({"value": 50, "applyOncePerOrder": True}, [], [9.25]),
    ],
)
def test_an_order_tells_what_a_code_took_off_and_where(
    shop: Talk, voucher: dict[str, Any], whole: list[float], line: list[float]
) -> None:
    """As a real Saleor 3.24 answers: of the whole order on the order, of single pieces on their lines."""
    code = f"TELLING-{len(shop.sandbox.shop.codes)}"
    _voucher(shop, code, **voucher)
    checkout = _basket(shop)
    _ready(shop, checkout)
    shop.ask(ADD_CODE, token="", id=checkout["id"], c=code)
    order = shop.ask(TELL, token="", id=checkout["id"])["checkoutComplete"]["order"]
    assert [each["total"]["amount"] for each in order["discounts"]] == whole
    assert [each["total"]["amount"] for found in order["lines"] for each in found["discounts"]] == line


def test_a_removed_code_gives_the_price_back(shop: Talk) -> None:
    _voucher(shop, "REMOVED")
    checkout = _basket(shop)
    shop.ask(ADD_CODE, token="", id=checkout["id"], c="REMOVED")
    remove = (
        'mutation($id: ID!) { checkoutRemovePromoCode(id: $id, promoCode: "REMOVED") { checkout { ...W } errors { code } } } '
        + WHOLE
    )
    assert (
        shop.ask(remove, token="", id=checkout["id"])["checkoutRemovePromoCode"]["checkout"]["totalPrice"]["gross"][
            "amount"
        ]
        == 37
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [({"lines": []}, "NO_LINES"), ({"email": None}, "EMAIL_NOT_SET"), ({"shippingAddress": None}, "SHIPPING_ADDRESS_NOT_SET"), ({}, "SHIPPING_METHOD_NOT_SET")],
)  # fmt: skip
def test_what_is_lacking_stops_the_order(shop: Talk, more: dict[str, Any], code: str) -> None:
    answer = shop.ask(COMPLETE, token="", id=_basket(shop, **more)["id"])["checkoutComplete"]
    assert answer["errors"][0]["code"] == code


def _shipping_app(shop: Talk, receiver: Receiver, answer: Any, status: int = 200, query: str = SHIPPING_QUERY) -> str:
    webhook = {
        "name": "ship",
        "targetUrl": f"{receiver.url}/ship",
        "query": query,
        "syncEvents": ["SHIPPING_LIST_METHODS_FOR_CHECKOUT"],
    }
    receiver.is_app(webhooks=[webhook])
    receiver.standing["/ship"] = (status, answer)
    app: str = shop.install(receiver).json()["app"]
    return base64.b64decode(app).decode().split(":")[1]


def test_an_app_ships_for_nothing(shop: Talk, receiver: Receiver) -> None:
    key = _shipping_app(shop, receiver, [{"id": "vip", "name": "Free for you", "amount": 0, "currency": "USD"}])
    checkout = _basket(shop)
    method = _options(shop, checkout)["Free for you"]
    assert base64.b64decode(method["shippingMethod"]["id"]).decode() == f"app:{key}:vip"
    chosen = shop.ask(CHOOSE, token="", id=checkout["id"], m=method["id"])["checkoutDeliveryMethodUpdate"]
    assert chosen["checkout"]["totalPrice"]["gross"]["amount"] == 37
    heard = receiver.at("/ship")[0]
    assert heard.json["checkout"]["lines"] == [{"undiscountedTotalPrice": {"amount": 37}}]

    assert heard.headers["Saleor-Event"] == "shipping_list_methods_for_checkout"
    order = shop.ask(COMPLETE, token="", id=checkout["id"])["checkoutComplete"]["order"]
    assert order["shippingPrice"]["gross"]["amount"] == 0


def test_a_price_that_needs_the_answer_is_refused_to_who_shall_answer(shop: Talk, receiver: Receiver) -> None:
    circular = SHIPPING_QUERY.replace("lines {", "subtotalPrice { gross { amount } } lines {")
    _shipping_app(shop, receiver, [], query=circular)
    _options(shop, _basket(shop))
    heard = receiver.at("/ship")[0]
    assert heard.json["checkout"] is None
    assert heard.json["errors"][0]["extensions"]["exception"]["code"] == "CircularSubscriptionSyncEvent"


def test_the_answer_is_kept_until_the_basket_changes(shop: Talk, receiver: Receiver) -> None:
    _shipping_app(shop, receiver, [{"id": "v", "name": "V", "amount": "1.50", "currency": "USD"}])
    checkout = _basket(shop)
    read = "query($id: ID) { checkout(id: $id) { shippingMethods { name } } }"
    for _ in range(3):
        assert {"name": "V"} in shop.ask(read, token="", id=checkout["id"])["checkout"]["shippingMethods"]
    assert len(receiver.at("/ship")) == 1
    add = "mutation($id: ID!, $l: [CheckoutLineInput!]!) { checkoutLinesAdd(id: $id, lines: $l) { errors { code } } }"
    shop.ask(
        add,
        token="",
        id=checkout["id"],
        l=[{"variantId": shop.sandbox.shop.variants_by_sku["GROCERY-003"].id, "quantity": 1}],
    )
    shop.ask(read, token="", id=checkout["id"])
    assert len(receiver.at("/ship")) == 2
    state = shop.sandbox.shop
    attach = "mutation($id: ID!) { checkoutCustomerAttach(id: $id) { errors { code } } }"
    shop.ask(attach, token=access_token(state, state.users_by_email["ben.okafor@example.com"]), id=checkout["id"])
    shop.ask(read, token="", id=checkout["id"])
    assert len(receiver.at("/ship")) == 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [([], 500), ("nonsense", 200), ([{"id": "x", "name": "X", "amount": 1, "currency": "EUR"}], 200)],
)
def test_a_wrong_answer_only_leaves_the_app_out(shop: Talk, receiver: Receiver, answer: Any, status: int) -> None:
    _shipping_app(shop, receiver, answer, status)
    assert set(_options(shop, _basket(shop))) == {"Standard delivery", "Express delivery"}
    assert len(receiver.at("/ship")) == 1


def test_only_an_app_with_the_permission_overrides_a_price(shop: Talk) -> None:
    line = {"variantId": shop.sandbox.shop.variants_by_sku["GROCERY-001"].id, "quantity": 1, "price": "1.00"}
    given = {"channel": "default-channel", "lines": [line]}
    assert shop.error_code(CREATE, token="", i=given) == "PermissionDenied"
    assert shop.ask(CREATE, i=given)["checkoutCreate"]["checkout"]["subtotalPrice"]["gross"]["amount"] == 1


def test_a_basket_tells_of_itself_until_it_is_left(shop: Talk, receiver: Receiver) -> None:
    """As a real Saleor does: what is said in the metadata is a new version, too."""
    events = ("CHECKOUT_CREATED", "CHECKOUT_UPDATED", "CHECKOUT_METADATA_UPDATED")
    receiver.is_app(webhooks=[receiver.hears(*events, query=CHECKOUTS_QUERY)], permissions=["MANAGE_CHECKOUTS"])
    shop.install(receiver)
    checkout = _basket(shop)
    shop.ask(CHOOSE, id=checkout["id"], m=_options(shop, checkout)["Express delivery"]["id"])
    no = 'mutation($id: ID!) { updateMetadata(id: $id, input: [{key: "retention.opt_out", value: "true"}]) { errors { code } } }'
    shop.ask(no, token="", id=checkout["id"])
    shop.settle()
    heard = sorted((one.json["checkout"] for one in receiver.at("/webhook")), key=lambda one: str(one["updatedAt"]))
    assert [one["shippingPrice"]["gross"]["amount"] > 0 for one in heard] == [False, True, True]
    assert heard[-1]["metafields"] == {"retention.opt_out": "true"}
    variant = shop.sandbox.shop.variants_by_sku["GROCERY-001"].id
    assert {str(one["lines"]) for one in heard} == {str([{"quantity": 2, "isGift": False, "variant": {"id": variant}}])}
    assert len({one["updatedAt"] for one in heard}) == 3
