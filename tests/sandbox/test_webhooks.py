import json
from decimal import Decimal
from typing import Any

import jwt
import pytest
from graphql import execute, parse

from plugin.sandbox.access import Context
from plugin.sandbox.app import compiled, sandbox_schema
from plugin.sandbox.events import Event
from plugin.sandbox.records.catalogue import Collection
from plugin.sandbox.serve import running
from tests.sandbox.talk import ORDER_QUERY, Heard, Receiver, Talk, past_order


def _verify(shop: Talk, heard: Heard) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(shop.client.get("/.well-known/jwks.json").json()).keys[0]
    return jwt.PyJWS().decode_complete(
        heard.headers["Saleor-Signature"], key, algorithms=["RS256"], detached_payload=heard.body
    )


def test_the_handshake(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")])
    answer = shop.install(receiver)
    assert answer.status_code == 200
    manifest, register = receiver.at("/manifest")[-1], receiver.at("/register")[0]
    assert (manifest.method, manifest.headers["Saleor-Schema-Version"]) == ("GET", "3.24")
    assert manifest.headers["User-Agent"] == "Saleor/3.24"
    assert register.headers["Saleor-Api-Url"] == shop.sandbox.shop.api_url
    assert register.headers["Saleor-Domain"] == shop.sandbox.shop.domain
    token = register.json["auth_token"]
    query = "{ app { id name permissions { code } webhooks { name isActive targetUrl asyncEvents { eventType } subscriptionQuery } } }"
    app = shop.ask(query, token=token)["app"]
    assert app["id"] == answer.json()["app"]
    assert app["webhooks"][0]["asyncEvents"] == [{"eventType": "ORDER_CREATED"}]
    assert shop.ask("{ appsInstallations { id } }")["appsInstallations"] == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"version": ""}, "version: Field required"),
        ({"permissions": ["MANAGE_EVERYTHING"]}, "don't exist"),
        ({"permissions": ["MANAGE_APPS"]}, "out of scope"),
        ({"webhooks": [{"name": "w", "targetUrl": "http://x/", "asyncEvents": ["ORDER_CREATED"]}]}, "query is required"),
        ({"webhooks": [{"name": "w", "targetUrl": "http://x/", "asyncEvents": ["NEVER"], "query": ORDER_QUERY}]}, "Invalid event"),
        (
            {"webhooks": [{"name": "w", "targetUrl": "http://x/", "query": "subscription { event { nothing } }"}]},
            "not valid",
        ),
    ],
)  # fmt: skip
def test_a_manifest_that_is_refused(shop: Talk, receiver: Receiver, more: dict[str, Any], says: str) -> None:
    receiver.is_app(**more)
    assert says in shop.install(receiver).json()["error"]
    assert receiver.at("/register") == []
    assert shop.state()["apps"] == []


def test_a_refused_token_removes_the_app_and_keeps_the_reason(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app()
    receiver.answers["/register"] = [(403, {"error": {"message": "This shop is not ours."}})]
    query = """mutation($u: String!) { appInstall(input: {appName: "A", manifestUrl: $u, permissions: [MANAGE_ORDERS]}) {
      appInstallation { id status } errors { code } } }"""
    made = shop.ask(query, u=f"{receiver.url}/manifest")["appInstall"]["appInstallation"]
    shop.settle()
    rows = shop.ask("{ appsInstallations { id status message } }")["appsInstallations"]
    assert {"id": made["id"], "status": "FAILED", "message": "This shop is not ours."} in rows
    assert shop.state()["apps"] == []


def test_a_redirected_token_installs_without_it(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app()
    receiver.answers["/register"] = [(307, {})]
    assert shop.install(receiver).status_code == 200
    assert receiver.at("/elsewhere") == []


def test_cost_prices_go_to_apps_and_to_no_shopper(shop: Talk, receiver: Receiver) -> None:
    asked = "channelListings { channel { slug } costPrice { amount currency } }"
    query = f"subscription {{ event {{ ... on OrderCreated {{ order {{ lines {{ variant {{ {asked} }} }} }} }} }} }}"
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED", query=query)])
    shop.install(receiver)
    variant = shop.sandbox.shop.variants_by_sku["GROCERY-001"]
    variant.costs["default-channel"] = Decimal("0.8")
    line = {"product": variant.name, "product_type": "Bakery", "sku": variant.sku, "quantity": 1, "unit_price": "2"}
    shop.tell(past_order(lines=[line]))
    shop.settle()
    (told,) = receiver.at("/webhook")[0].json["order"]["lines"]
    costs = {one["channel"]["slug"]: one["costPrice"] for one in told["variant"]["channelListings"]}
    assert costs.pop("default-channel") == {"amount": 0.8, "currency": "USD"}
    assert not any(costs.values())
    hidden = "query($id: ID!) { productVariant(id: $id) { channelListings { id } } }"
    assert shop.error_code(hidden, token="", id=variant.id) == "PermissionDenied"


def test_a_line_tells_the_collections_of_its_product(shop: Talk, receiver: Receiver) -> None:
    asked = "lines { variant { product { collections { id slug } } } }"
    query = f"subscription {{ event {{ ... on OrderCreated {{ order {{ {asked} }} }} }} }}"
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED", query=query)])
    shop.install(receiver)
    variants = [shop.sandbox.shop.variants_by_sku[sku] for sku in ("GROCERY-001", "GROCERY-002")]
    summer = Collection(id="Q29sbGVjdGlvbjox", name="Summer", slug="summer")
    variants[0].product.collections.append(summer)
    line = {"product_type": "Bakery", "quantity": 1, "unit_price": "2"}
    shop.tell(past_order(lines=[{**line, "product": one.name, "sku": one.sku} for one in variants]))
    shop.settle()
    told = receiver.at("/webhook")[0].json["order"]["lines"]
    found = [one["variant"]["product"]["collections"] for one in told]
    assert found == [[{"id": summer.id, "slug": "summer"}], []]


def test_a_payload_is_flat_and_signed(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")])
    shop.install(receiver)
    assert shop.tell(past_order(number="77"))["orders"] == 1
    shop.settle()
    heard = receiver.at("/webhook")[0]
    said = heard.json
    assert set(said) == {"issuedAt", "version", "recipient", "issuingPrincipal", "order"}
    assert said["order"]["number"] == "77"
    assert said["order"]["total"]["gross"] == {"amount": 16.99, "currency": "USD"}
    assert said["order"]["lines"][0]["variant"]["product"]["productType"]["name"] == "Bakery"
    complete = _verify(shop, heard)
    assert complete["header"] | {"kid": ""} == {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": "", "typ": "JWT"}
    assert heard.headers["Saleor-Event"] == heard.headers["X-Saleor-Event"] == "order_created"
    assert heard.headers["Saleor-Api-Url"] == shop.sandbox.shop.api_url
    with pytest.raises(jwt.InvalidSignatureError):
        _verify(shop, Heard(heard.method, heard.path, heard.headers, heard.body + b" "))


@pytest.mark.parametrize(
    ("answers", "attempts", "status"),
    [
        ([200], 1, "SUCCESS"),
        ([503, 500, 200], 3, "SUCCESS"),
        ([500] * 9, 6, "FAILED"),
        ([302], 1, "FAILED"),
        ([400], 1, "FAILED"),
    ],
)
def test_retries(shop: Talk, receiver: Receiver, answers: list[int], attempts: int, status: str) -> None:
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")])
    shop.install(receiver)
    receiver.answers["/webhook"] = [(answer, {}) for answer in answers]
    shop.tell(past_order())
    shop.settle()
    assert len(receiver.at("/webhook")) == attempts
    assert len({heard.body for heard in receiver.at("/webhook")}) == 1
    assert shop.client.get("/sandbox/deliveries").json()[-1]["status"] == status


def test_no_connection_is_tried_six_times(shop: Talk, receiver: Receiver) -> None:
    dead = {**receiver.hears("ORDER_CREATED"), "targetUrl": "http://127.0.0.1:9/"}
    receiver.is_app(webhooks=[dead])
    shop.install(receiver)
    shop.tell(past_order())
    shop.settle()
    assert shop.client.get("/sandbox/deliveries").json()[-1]["answers"] == [0] * 6


def test_nothing_goes_to_an_app_that_is_off_or_may_not(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")], permissions=["MANAGE_USERS"])
    shop.install(receiver)
    shop.tell(past_order())
    receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")])
    app = shop.install(receiver).json()["app"]
    shop.ask("mutation($id: ID!) { appDeactivate(id: $id) { errors { code } } }", id=app)
    shop.tell(past_order())
    shop.settle()
    assert receiver.at("/webhook") == []


def test_an_app_hears_of_itself_to_the_end(shop: Talk, receiver: Receiver) -> None:
    query = "subscription { event { recipient { id } ... on AppStatusChanged { app { id isActive } } ... on AppDeleted { app { id } } } }"
    receiver.is_app(webhooks=[receiver.hears("APP_STATUS_CHANGED", "APP_DELETED", query=query)])
    app = shop.install(receiver).json()["app"]
    for mutation in ("appDeactivate", "appDelete"):
        shop.ask(f"mutation($id: ID!) {{ {mutation}(id: $id) {{ errors {{ code }} }} }}", id=app)
    shop.settle()
    events = {heard.headers["Saleor-Event"] for heard in receiver.at("/webhook")}
    assert events == {"app_status_changed", "app_deleted"}
    assert {heard.json["recipient"]["id"] for heard in receiver.at("/webhook")} == {app}


def test_duplicates_and_disorder_on_demand(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears("ORDER_CONFIRMED")])
    shop.install(receiver)
    shop.client.post("/sandbox/delivery", json={"duplicate": 1, "shuffle": True, "paused": True})
    shop.tell(*[past_order(number=str(n)) for n in range(1000, 1020)], event="ORDER_CONFIRMED")
    shop.client.post("/sandbox/delivery", json={"paused": False, "concurrency": 1})
    shop.settle()
    numbers = [int(heard.json["order"]["number"]) for heard in receiver.at("/webhook")]
    shop.client.post("/sandbox/delivery", json={"concurrency": 16})
    assert sorted(numbers) == sorted(list(range(1000, 1020)) * 2)
    assert numbers != sorted(numbers)
    bodies = [heard.body for heard in receiver.at("/webhook")]
    assert len(set(bodies)) == 20


def test_webhooks_made_by_the_app(shop: Talk, receiver: Receiver) -> None:
    token = shop.app_token(receiver)
    create = """mutation($q: String, $u: String) { webhookCreate(input: {name: "w", targetUrl: $u, query: $q,
      asyncEvents: [ORDER_CREATED]}) { webhook { id } errors { field code } } }"""
    refused = shop.ask(create, token=token, q="subscription { event { nope } }", u="http://x/")["webhookCreate"]
    assert refused["errors"] == [{"field": "query", "code": "UNABLE_TO_PARSE"}]
    made = shop.ask(create, token=token, q=ORDER_QUERY, u=f"{receiver.url}/own")["webhookCreate"]["webhook"]
    shop.tell(past_order())
    shop.settle()
    assert len(receiver.at("/own")) == 1
    shop.ask("mutation($id: ID!) { webhookDelete(id: $id) { errors { code } } }", token=token, id=made["id"])
    shop.tell(past_order())
    shop.settle()
    assert len(receiver.at("/own")) == 1


def test_compiled_payloads_equal_graphql_cores(shop: Talk, receiver: Receiver) -> None:
    """Two executors, the same resolvers, one truth."""
    shop.app_token(receiver)
    shop.tell(past_order(), event="none")
    state = shop.sandbox.shop
    app, order = next(iter(state.apps.values())), next(iter(state.orders.values()))
    event = Event("ORDER_CREATED", state.now(), state.users_by_email["ben.okafor@example.com"], {"order": order})
    root, context = event.root(app, "3.24"), Context(state, app=app, permissions=app.codes)
    query = ORDER_QUERY + " fragment More on Order { updatedAt paymentStatus isPaid metadata { key } discounts { id } }"
    query = query.replace("...Whole } } ... on OrderConfirmed", "...Whole ...More } } ... on OrderConfirmed")
    result = execute(sandbox_schema(), parse(query), root_value={"event": root}, context_value=context)
    assert not hasattr(result, "__await__")
    assert result.errors is None
    expected = json.loads(json.dumps(result.data))["event"]
    assert json.loads(json.dumps(compiled(query)(root, context))) == expected


def test_what_was_given_up_is_sent_again(receiver: Receiver) -> None:
    with running(retry_factor=0.0005) as fresh, Talk(fresh) as shop:
        receiver.is_app(webhooks=[receiver.hears("ORDER_CREATED")])
        shop.install(receiver)
        receiver.answers["/webhook"] = [(400, {})]
        shop.tell(past_order())
        shop.settle()
        [first] = receiver.at("/webhook")
        assert shop.client.post("/sandbox/redeliver").json() == {"redelivered": 1}
        shop.settle()
        assert [heard.body for heard in receiver.at("/webhook")] == [first.body] * 2
        assert shop.client.post("/sandbox/redeliver").json() == {"redelivered": 0}
