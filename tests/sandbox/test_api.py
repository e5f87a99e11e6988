import datetime as dt
import time
from typing import Any

import httpx
import jwt
import pytest

from plugin.sandbox.resolve.accounts import access_token
from tests.sandbox.talk import Receiver, Talk, past_order


def test_every_answer_names_its_cost(shop: Talk) -> None:
    for query, status in (("{ shop { name } }", 200), ("{ nonsense }", 400), ("{ channels { id } }", 200)):
        answer = shop.post(query)
        assert answer.status_code == status
        assert answer.json()["extensions"]["cost"]["maximumAvailable"] == 50000


def test_refuses_a_query_that_costs_too_much(shop: Talk) -> None:
    deep = "{ customers(first: 100) { edges { node { orders(first: 100) { edges { node { lines { id variant { id product { id category { id } productType { id } } } } } } } } } } }"
    answer = shop.post(deep)
    assert (answer.status_code, "maximum cost" in answer.json()["errors"][0]["message"]) == (400, True)


@pytest.mark.parametrize(("count", "status"), [(4, 200), (5, 400)])
def test_more_than_four_mutations_are_refused(shop: Talk, count: int, status: int) -> None:
    parts = " ".join(f'm{n}: voucherDelete(id: "x") {{ errors {{ code }} }}' for n in range(count))
    assert shop.post(f"mutation {{ {parts} }}").status_code == status


def test_pages_hold_at_most_a_hundred(shop: Talk) -> None:
    assert "limit of 100" in shop.post("{ orders(first: 101) { totalCount } }").json()["errors"][0]["message"]
    assert "must provide a `first`" in shop.post("{ orders { totalCount } }").json()["errors"][0]["message"]


def test_batches_and_bodies_that_are_no_json_are_refused(shop: Talk) -> None:
    assert shop.client.post("/graphql/", json=[{"query": "{ shop { name } }"}]).status_code == 400
    assert shop.client.post("/graphql/", content=b"{half").status_code == 400


def test_pages_follow_the_cursor_though_orders_are_added(shop: Talk) -> None:
    shop.tell(*[past_order(created=f"2025-01-{day:02}T00:00:00+00:00") for day in range(1, 8)], event="none")
    query = """query($after: String) { orders(first: 3, after: $after, sortBy: {field: CREATED_AT, direction: ASC}) {
      edges { node { created } } pageInfo { endCursor hasNextPage } } }"""
    first = shop.ask(query)["orders"]
    shop.tell(past_order(created="2024-12-31T00:00:00+00:00"), event="none")
    second = shop.ask(query, after=first["pageInfo"]["endCursor"])["orders"]
    days = [edge["node"]["created"][8:10] for edge in first["edges"] + second["edges"]]
    assert days == ["01", "02", "03", "04", "05", "06"]
    newest = shop.ask(
        "{ orders(first: 1, sortBy: {field: CREATED_AT, direction: DESC}) { edges { node { created } } } }"
    )
    assert newest["orders"]["edges"][0]["node"]["created"].startswith("2025-01-07")


def test_orders_changed_since(shop: Talk) -> None:
    shop.tell(past_order(created="2025-01-01T00:00:00+00:00"), event="none")
    since = dt.datetime.now(dt.UTC).isoformat()
    query = "query($w: OrderWhereInput) { orders(first: 5, where: $w) { edges { node { id } } } }"
    assert shop.ask(query, w={"updatedAt": {"gte": since}})["orders"]["edges"] == []
    order = next(iter(shop.sandbox.shop.orders))
    shop.ask(
        'mutation($id: ID!) { orderUpdate(id: $id, input: {userEmail: "new@example.com"}) { errors { code } } }',
        id=order,
    )
    found = shop.ask(query, w={"updatedAt": {"gte": since}, "userEmail": {"oneOf": ["new@example.com"]}})
    assert [edge["node"]["id"] for edge in found["orders"]["edges"]] == [order]


@pytest.mark.parametrize(
    "query", ["{ vouchers(first: 1) { totalCount } }", "{ channels { id } }", "{ customers(first: 1) { totalCount } }"]
)
def test_permission_denied(shop: Talk, query: str) -> None:
    assert shop.error_code(query, token="") == "PermissionDenied"
    assert shop.error_code(query, token="unknown-app-token") == "PermissionDenied"


def test_tokens_of_people(shop: Talk) -> None:
    state = shop.sandbox.shop
    user = state.users_by_email["ben.okafor@example.com"]
    token = access_token(state, user)
    assert shop.ask("{ me { id email } }", token=token)["me"] == {"id": user.id, "email": user.email}
    expired = access_token(state, user, dt.timedelta(minutes=-1))
    assert shop.error_code("{ me { id } }", token=expired) == "ExpiredSignatureError"
    assert shop.error_code("{ me { id } }", token=token[:-8] + "AAAAAAAA") == "InvalidTokenError"
    key = jwt.PyJWKSet.from_dict(shop.client.get("/.well-known/jwks.json").json()).keys[0]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=state.api_url)
    assert (claims["type"], claims["is_staff"], claims["user_id"]) == ("access", False, user.id)
    assert claims["exp"] - time.time() < 301


def test_a_shopper_writes_their_own_metadata_only(shop: Talk) -> None:
    state = shop.sandbox.shop
    ben, anna = (state.users_by_email[f"{name}@example.com"] for name in ("ben.okafor", "anna.kowalska"))
    token = access_token(state, ben)
    query = 'mutation($id: ID!) { updateMetadata(id: $id, input: [{key: "a", value: "1"}]) { errors { code } item { metafield(key: "a") } } }'
    assert shop.ask(query, token=token, id=ben.id)["updateMetadata"]["item"] == {"metafield": "1"}
    assert shop.error_code(query, token=token, id=anna.id) == "PermissionDenied"
    assert shop.error_code("{ me { privateMetadata { key } } }", token=token) == "PermissionDenied"


@pytest.mark.parametrize(("status", "answers"), [(429, 429), (500, 500), (502, 502), ("html", 200), ("half", 200)])
def test_faults(shop: Talk, status: object, answers: int) -> None:
    shop.client.post("/sandbox/faults", json={"graphql": [{"status": status, "times": 1}]})
    broken = shop.post("{ shop { name } }")
    assert broken.status_code == answers
    with pytest.raises(ValueError):
        broken.json()
    assert shop.post("{ shop { name } }").status_code == 200


def test_a_fault_resets_or_hangs(shop: Talk) -> None:
    shop.client.post("/sandbox/faults", json={"graphql": [{"status": "reset"}]})
    with pytest.raises(httpx.TransportError):
        shop.post("{ shop { name } }")
    shop.client.post("/sandbox/faults", json={"graphql": [{"status": "hang"}]})
    with httpx.Client(base_url=shop.sandbox.shop.origin, timeout=0.1) as impatient, pytest.raises(httpx.ReadTimeout):
        impatient.post("/graphql/", json={"query": "{ shop { name } }"})


def test_a_fault_loses_the_answer_of_what_was_done(shop: Talk) -> None:
    shop.client.post(
        "/sandbox/faults", json={"graphql": [{"status": 502, "operation": "voucherCreate", "after_commit": True}]}
    )
    assert shop.post("{ shop { name } }").status_code == 200
    create = 'mutation { voucherCreate(input: {addCodes: ["LOST"]}) { voucher { id } errors { code } } }'
    assert shop.post(create).status_code == 502
    assert "LOST" in shop.sandbox.shop.codes
    assert shop.ask(create)["voucherCreate"]["errors"] == [{"code": "ALREADY_EXISTS"}]


def test_an_unknown_fault_is_refused(shop: Talk) -> None:
    assert shop.client.post("/sandbox/faults", json={"graphql": [{"status": "sulk"}]}).status_code == 400


def test_requests_a_minute(shop: Talk) -> None:
    shop.client.post("/sandbox/settings", json={"rate_limit": 1})
    try:
        assert shop.post("{ shop { name } }").status_code == 429
    finally:
        shop.client.post("/sandbox/settings", json={"rate_limit": 0})


def test_problems_are_counted_by_key(shop: Talk, receiver: Receiver) -> None:
    token = shop.app_token(receiver)
    create = 'mutation { appProblemCreate(input: {key: "quota", message: "Too many", criticalThreshold: 2}) { appProblem { count isCritical } errors { code } } }'
    assert shop.ask(create, token=token)["appProblemCreate"]["appProblem"] == {"count": 1, "isCritical": False}
    assert shop.ask(create, token=token)["appProblemCreate"]["appProblem"] == {"count": 2, "isCritical": True}
    assert shop.state()["problems"] == 1
    shop.ask('mutation { appProblemDismiss(input: {byApp: {keys: ["quota"]}}) { errors { code } } }', token=token)
    assert shop.state()["problems"] == 0
