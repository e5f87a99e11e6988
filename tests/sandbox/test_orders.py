from typing import Any

from tests.sandbox.talk import Receiver, Talk, past_order

QUERY = """subscription { event { ... on OrderUpdated { order { id status } } ... on OrderConfirmed { order { id } }
  ... on FulfillmentCreated { fulfillment { trackingNumber } order { id } } ... on OrderFulfilled { order { id } }
  ... on FulfillmentTrackingNumberUpdated { fulfillment { trackingNumber } } ... on OrderPaid { order { isPaid } }
  ... on FulfillmentCanceled { fulfillment { status } } ... on OrderBulkCreated { orders { id created } }
  ... on CustomerDeleted { user { id } } ... on AccountDeleted { user { id } }
  ... on AccountEmailChanged { user { id } newEmail } ... on AccountConfirmed { user { email } }
  ... on ProductVariantBackInStock { productVariant { sku } } } }"""
EVENTS = (
    "ORDER_UPDATED ORDER_CONFIRMED FULFILLMENT_CREATED ORDER_FULFILLED FULFILLMENT_TRACKING_NUMBER_UPDATED ORDER_PAID"
    " FULFILLMENT_CANCELED ORDER_BULK_CREATED CUSTOMER_DELETED ACCOUNT_DELETED ACCOUNT_EMAIL_CHANGED ACCOUNT_CONFIRMED"
    " PRODUCT_VARIANT_BACK_IN_STOCK"
)


def _listen(shop: Talk, receiver: Receiver) -> None:
    permissions = ["MANAGE_ORDERS", "MANAGE_USERS", "MANAGE_PRODUCTS"]
    receiver.is_app(webhooks=[receiver.hears(*EVENTS.split(), query=QUERY)], permissions=permissions)
    assert shop.install(receiver).status_code == 200


def _events(shop: Talk, receiver: Receiver) -> dict[str, Any]:
    shop.settle()
    return {heard.headers["Saleor-Event"]: heard.json for heard in receiver.at("/webhook")}


def _order(shop: Talk, **more: Any) -> Any:
    shop.tell(past_order(status="UNCONFIRMED", **more), event="none")
    return list(shop.sandbox.shop.orders.values())[-1]


def _warehouse(shop: Talk) -> str:
    return next(iter(shop.sandbox.shop.warehouses))


def test_an_order_goes_its_way(shop: Talk, receiver: Receiver) -> None:
    _listen(shop, receiver)
    order = _order(shop)
    order.charged *= 0
    order.lines[0].quantity_fulfilled = 0
    shop.ask("mutation($id: ID!) { orderConfirm(id: $id) { errors { code } } }", id=order.id)
    fulfill = """mutation($o: ID!, $l: ID!, $w: ID!) { orderFulfill(order: $o, input: {trackingNumber: "T1",
      lines: [{orderLineId: $l, stocks: [{warehouse: $w, quantity: 2}]}]}) { fulfillments { id } order { status } errors { code } } }"""
    sent = shop.ask(fulfill, o=order.id, l=order.lines[0].id, w=_warehouse(shop))["orderFulfill"]
    assert sent["order"]["status"] == "FULFILLED"
    before = order.updated_at
    parcel = sent["fulfillments"][0]["id"]
    shop.ask(
        'mutation($id: ID!) { orderFulfillmentUpdateTracking(id: $id, input: {trackingNumber: "T2"}) { errors { code } } }',
        id=parcel,
    )
    assert order.updated_at == before
    shop.ask("mutation($id: ID!) { orderMarkAsPaid(id: $id) { errors { code } } }", id=order.id)
    cancel = "mutation($id: ID!) { orderCancel(id: $id) { errors { code } } }"
    assert shop.ask(cancel, id=order.id)["orderCancel"]["errors"] == [{"code": "CANNOT_CANCEL_ORDER"}]
    shop.ask(
        "mutation($id: ID!, $w: ID!) { orderFulfillmentCancel(id: $id, input: {warehouseId: $w}) { errors { code } } }",
        id=parcel,
        w=_warehouse(shop),
    )
    assert shop.ask(cancel, id=order.id)["orderCancel"]["errors"] == []
    heard = _events(shop, receiver)
    assert heard["fulfillment_tracking_number_updated"] == {"fulfillment": {"trackingNumber": "T2"}}
    assert heard["order_paid"] == {"order": {"isPaid": True}}
    assert set(heard) >= {
        "order_confirmed",
        "order_updated",
        "fulfillment_created",
        "order_fulfilled",
        "fulfillment_canceled",
    }


def test_orders_of_the_past_in_bulk(shop: Talk, receiver: Receiver) -> None:
    _listen(shop, receiver)
    price = {"gross": "9.00", "net": "9.00"}
    line = {
        "variantSku": "GROCERY-001", "createdAt": "2024-05-01T00:00:00Z", "isShippingRequired": True, "isGiftCard": False,
        "quantity": 3, "totalPrice": price, "undiscountedTotalPrice": price, "warehouse": _warehouse(shop),
    }  # fmt: skip
    good = {
        "channel": "default-channel", "createdAt": "2024-05-01T00:00:00Z", "currency": "USD", "languageCode": "EN",
        "user": {"email": "bulk@example.com"}, "billingAddress": {"country": "US"}, "lines": [line],
    }  # fmt: skip
    query = """mutation($o: [OrderBulkCreateInput!]!) { orderBulkCreate(orders: $o, errorPolicy: REJECT_FAILED_ROWS,
      stockUpdatePolicy: SKIP) { count results { order { id created origin } errors { code } } errors { code } } }"""
    answer = shop.ask(query, o=[good, {**good, "currency": "PLN"}, good])["orderBulkCreate"]
    assert (answer["count"], answer["errors"]) == (2, [{"code": "INCORRECT_CURRENCY"}])
    assert answer["results"][0]["order"]["created"] == "2024-05-01T00:00:00+00:00"
    assert len(_events(shop, receiver)["order_bulk_created"]["orders"]) == 2
    assert shop.ask(query, o=[good] * 51)["orderBulkCreate"]["errors"] == [{"code": "BULK_LIMIT"}]


def test_a_deleted_customer_leaves_their_orders(shop: Talk, receiver: Receiver) -> None:
    _listen(shop, receiver)
    order = _order(shop)
    user = order.user.id
    shop.ask("mutation($id: ID!) { customerDelete(id: $id) { errors { code } } }", id=user)
    assert (order.user, order.user_email) == (None, "old@example.com")
    assert _events(shop, receiver)["customer_deleted"] == {"user": {"id": user}}


def test_what_shoppers_do_to_their_accounts(shop: Talk, receiver: Receiver) -> None:
    _listen(shop, receiver)
    create = "mutation($e: String!) { customerCreate(input: {email: $e}) { user { id } errors { code } } }"
    user = shop.ask(create, e="leaver@example.com")["customerCreate"]["user"]["id"]
    assert shop.ask(create, e="Leaver@example.com")["customerCreate"]["errors"] == [{"code": "UNIQUE"}]
    change = {"action": "change_email", "email": "leaver@example.com", "new_email": "renamed@example.com"}
    assert shop.client.post("/sandbox/accounts", json=change).status_code == 200
    assert (
        shop.client.post("/sandbox/accounts", json={"action": "delete", "email": "renamed@example.com"}).status_code
        == 200
    )
    heard = _events(shop, receiver)
    assert heard["account_email_changed"] == {"user": {"id": user}, "newEmail": "renamed@example.com"}
    assert heard["account_deleted"] == {"user": {"id": user}}


def test_confirming_takes_guest_orders_without_an_order_event(shop: Talk, receiver: Receiver) -> None:
    entry = past_order("guest@example.com")
    entry["customer"]["guest"] = True
    shop.tell(entry, event="none")
    order = list(shop.sandbox.shop.orders)[-1]
    owner = "query($id: ID) { order(id: $id) { user { email } } }"
    assert shop.ask(owner, id=order)["order"]["user"] is None
    _listen(shop, receiver)
    shop.client.post("/sandbox/settings", json={"confirm_by_email": True})
    register = """mutation { accountRegister(input: {email: "guest@example.com", password: "long enough",
      redirectUrl: "http://x/", channel: "default-channel"}) { requiresConfirmation errors { code } } }"""
    assert shop.ask(register, token="")["accountRegister"]["requiresConfirmation"] is True
    confirm = 'mutation { confirmAccount(email: "guest@example.com", token: "confirm-guest@example.com") { errors { code } } }'
    shop.ask(confirm, token="")
    shop.client.post("/sandbox/settings", json={"confirm_by_email": False})
    assert shop.ask(owner, id=order)["order"]["user"] == {"email": "guest@example.com"}
    assert set(_events(shop, receiver)) == {"account_confirmed"}


def test_any_event_on_demand(shop: Talk, receiver: Receiver) -> None:
    _listen(shop, receiver)
    variant = shop.sandbox.shop.variants_by_sku["GROCERY-002"]
    given = {"event": "PRODUCT_VARIANT_BACK_IN_STOCK", "id": variant.id}
    assert shop.client.post("/sandbox/emit", json=given).status_code == 200
    assert _events(shop, receiver)["product_variant_back_in_stock"] == {"productVariant": {"sku": "GROCERY-002"}}
    assert shop.client.post("/sandbox/emit", json={"event": "NEVER", "id": variant.id}).status_code == 400


def test_history_that_is_wrong_names_its_line(shop: Talk) -> None:
    answer = shop.client.post("/sandbox/history", content='{"customer": {"email": "a@b.c"}}\n{"orders": 3}')
    assert answer.status_code == 400
    assert "line 2" in answer.json()["error"]


def test_pages_are_served(shop: Talk) -> None:
    for path in (
        "/",
        "/dashboard/",
        "/shop/",
        "/static/shop.js",
        "/dashboard/extensions/app/install?manifestUrl=http://x/",
    ):
        assert shop.client.get(path).status_code == 200


def test_controls_answer_on_this_machine_only() -> None:
    import asyncio

    import httpx

    from plugin.sandbox.app import create_sandbox

    async def ask(host: str) -> int:
        transport = httpx.ASGITransport(create_sandbox(), client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return (await client.get("/sandbox/state")).status_code

    assert asyncio.run(ask("127.0.0.1")) == 200
    assert asyncio.run(ask("10.0.0.9")) == 403
