"""What each way to fail makes the caller do next."""

from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest
from pytest_httpx import HTTPXMock
from structlog.testing import capture_logs

from plugin.errors import (
    AlreadyExists,
    GiveUp,
    Gone,
    OutcomeUnknown,
    RetentionError,
    TokenRefused,
    TryLater,
)
from plugin.saleor import transport
from plugin.saleor.client import Saleor
from tests.saleor.shop import API, Answer, Clock, Shop, connection, failed, graphql_error

pytestmark = pytest.mark.anyio

DONE: dict[str, Any] = {"voucherDelete": {"errors": []}}
HTML = httpx.Response(200, html="<h1>Be right back</h1>")


@dataclass(frozen=True)
class Failure:
    """What it raises and how often it is tried, for a query and for a mutation."""

    answer: Answer
    query: tuple[type[RetentionError], int]
    mutation: tuple[type[RetentionError], int]


#: Nothing was done: also a mutation can be sent again.
NOT_DONE = ((TryLater, 3), (TryLater, 3))
#: It may have been done: a mutation is looked for first.
UNCLEAR = ((TryLater, 3), (OutcomeUnknown, 1))
TOKEN = ((TokenRefused, 1), (TokenRefused, 1))
MISTAKE = ((GiveUp, 1), (GiveUp, 1))

FAILURES = {
    "429": Failure(httpx.Response(429), *NOT_DONE),
    "429, soon": Failure(httpx.Response(429, headers={"Retry-After": "2"}), *NOT_DONE),
    "429, late": Failure(httpx.Response(429, headers={"Retry-After": "60"}), (TryLater, 1), (TryLater, 1)),
    "500": Failure(httpx.Response(500, text="Server Error"), *UNCLEAR),
    "502": Failure(httpx.Response(502, html="<h1>Bad gateway</h1>"), *UNCLEAR),
    "503": Failure(httpx.Response(503), *UNCLEAR),
    "503, late": Failure(httpx.Response(503, headers={"Retry-After": "9"}), (TryLater, 1), (OutcomeUnknown, 1)),
    "504": Failure(httpx.Response(504), *UNCLEAR),
    "not reached": Failure(httpx.ConnectError("refused"), *NOT_DONE),
    "not reached in time": Failure(httpx.ConnectTimeout("slow"), *NOT_DONE),
    "no free connection": Failure(httpx.PoolTimeout("busy"), *NOT_DONE),
    "nothing": Failure(httpx.ReadTimeout("silence"), *UNCLEAR),
    "hung up": Failure(httpx.RemoteProtocolError("Server disconnected without sending a response."), *UNCLEAR),
    "hung up while sending": Failure(httpx.WriteError("broken pipe"), *UNCLEAR),
    "HTML": Failure(HTML, *UNCLEAR),
    "half an answer": Failure(httpx.Response(200, text='{"data": {"voucherDelete": {"err'), *UNCLEAR),
    "an empty answer": Failure(httpx.Response(200, text=""), *UNCLEAR),
    "not an object": Failure(httpx.Response(200, json=["data"]), *UNCLEAR),
    "neither data nor errors": Failure(httpx.Response(200, json={"detail": "hm"}), *UNCLEAR),
    "no data": Failure(httpx.Response(200, json={"data": None}), *UNCLEAR),
    "failed inside": Failure(graphql_error("Internal Server Error", "OperationalError"), *UNCLEAR),
    "errors beside data": Failure(graphql_error("Internal Server Error", "TypeError", {**DONE, "app": {}}), *UNCLEAR),
    "401": Failure(httpx.Response(401, json={"errors": [{"message": "No."}]}), *TOKEN),
    "403": Failure(httpx.Response(403, json={"errors": [{"message": "No."}]}), *TOKEN),
    "a wall in front of the shop": Failure(httpx.Response(403, html="<h1>Are you human?</h1>"), *NOT_DONE),
    "404": Failure(httpx.Response(404, html="<h1>Nothing here</h1>"), *NOT_DONE),
    "expired token": Failure(graphql_error("Signature has expired", "ExpiredSignatureError"), *TOKEN),
    "invalid token": Failure(graphql_error("Invalid token", "InvalidTokenError", status=400), *TOKEN),
    "invalid request": Failure(graphql_error("Cannot query field", "GraphQLError", status=400), *MISTAKE),
    "too dear": Failure(graphql_error("The query exceeds the maximum cost", "QueryCostError", status=400), *MISTAKE),
    "418": Failure(httpx.Response(418, json={"data": {"app": None}}), *MISTAKE),
    "redirect": Failure(httpx.Response(301, headers={"Location": "https://new.example/"}), *MISTAKE),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_a_failure_says_what_to_do_next(kind: str, failure: Failure, httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    operation, variables = ("WhoAmI", {}) if kind == "query" else ("VoucherDelete", {"id": "V"})
    expected, tries = failure.query if kind == "query" else failure.mutation
    shop.says(operation, failure.answer)
    async with shop.client() as saleor:
        with pytest.raises(RetentionError) as raised:
            await saleor.call(operation, **variables)
    assert isinstance(raised.value, expected)
    assert isinstance(raised.value, OutcomeUnknown) is (expected is OutcomeUnknown)
    assert len(shop.calls) == tries
    assert str(raised.value).endswith((".", "!"))


async def test_a_query_that_fails_once_is_answered(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("WhoAmI", httpx.Response(502), httpx.ReadTimeout("silence"), {"app": {"id": "A"}})
    async with shop.client() as saleor:
        assert await saleor.call("WhoAmI") == {"app": {"id": "A"}}
    first, second = shop.clock.slept
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


@pytest.mark.parametrize(
    ("header", "after"),
    [("60", 60.0), ("7.5", 7.5), ("Fri, 01 Jan 2100 00:00:00 GMT", 3600.0), ("999999", 3600.0), ("soon", None)],
)
async def test_the_wait_that_the_shop_names_is_handed_on(
    header: str, after: float | None, httpx_mock: HTTPXMock
) -> None:
    shop = Shop(httpx_mock)
    shop.says("WhoAmI", httpx.Response(429, headers={"Retry-After": header}))
    async with shop.client() as saleor:
        with pytest.raises(TryLater) as raised:
            await saleor.call("WhoAmI")
    assert raised.value.after == after


async def test_a_429_rests_the_whole_shop(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherDelete", httpx.Response(429, headers={"Retry-After": "60"}))
    async with shop.client() as saleor:
        with pytest.raises(TryLater):
            await saleor.call("VoucherDelete", id="V")
        with pytest.raises(TryLater) as raised:
            await saleor.call("WhoAmI")
    assert raised.value.after == 60
    assert shop.names() == ["VoucherDelete"]


async def test_a_missing_permission_is_named(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherDelete", graphql_error("You need MANAGE_DISCOUNTS", "PermissionDenied", {"voucherDelete": None}))
    shop.says("WhoAmI", {"app": {"id": "A"}})
    async with shop.client() as saleor:
        with pytest.raises(GiveUp, match="MANAGE_DISCOUNTS") as raised:
            await saleor.call("VoucherDelete", id="V")
    assert not isinstance(raised.value, TokenRefused)


async def test_when_every_permission_is_missing_the_token_is_refused(httpx_mock: HTTPXMock) -> None:
    """Saleor's answer to an unknown token, and to that of an app switched off."""
    shop = Shop(httpx_mock)
    shop.says("VoucherDelete", graphql_error("You need MANAGE_DISCOUNTS", "PermissionDenied", {"voucherDelete": None}))
    shop.says("WhoAmI", graphql_error("You need AUTHENTICATED_APP", "PermissionDenied", {"app": None}))
    async with shop.client() as saleor:
        with pytest.raises(TokenRefused, match="install the app again"):
            await saleor.call("VoucherDelete", id="V")


async def test_a_permission_missing_beside_what_was_done_is_not_a_refusal(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherDelete", graphql_error("You need MANAGE_X", "PermissionDenied", DONE))
    async with shop.client() as saleor:
        with pytest.raises(OutcomeUnknown):
            await saleor.call("VoucherDelete", id="V")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (failed("voucherUpdate", "ALREADY_EXISTS", "codes", voucherCodes=["A", "B"]), AlreadyExists),
        (failed("voucherUpdate", "UNIQUE", "slug"), AlreadyExists),
        (failed("voucherUpdate", "NOT_FOUND"), Gone),
        (failed("voucherUpdate", "NOT_FOUND", "channelId"), GiveUp),
        (failed("voucherUpdate", "INVALID", "endDate"), GiveUp),
        ({"voucherUpdate": None}, OutcomeUnknown),
    ],
)
async def test_a_mutation_refused_in_its_payload(
    payload: Answer, expected: type[RetentionError], httpx_mock: HTTPXMock
) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherAddCodes", payload)
    async with shop.client() as saleor:
        with pytest.raises(RetentionError) as raised:
            await saleor.call("VoucherAddCodes", id="V", codes=["A"])
    assert type(raised.value) is expected
    assert getattr(raised.value, "names", ()) in {(), ("A", "B")}


async def test_field_code_and_message_are_told(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherDelete", failed("voucherDelete", "INVALID", "endDate"))
    async with shop.client() as saleor:
        with pytest.raises(GiveUp, match="VoucherDelete: endDate INVALID: No"):
            await saleor.call("VoucherDelete", id="V")


async def test_pages_are_read_to_the_end(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says(
        "VoucherCodes",
        {"voucher": {"codes": connection([{"code": "A"}, {"code": "B"}], end="b")}},
        {"voucher": {"codes": connection([{"code": "C"}])}},
    )
    async with shop.client() as saleor:
        nodes = [node async for node in saleor.pages("VoucherCodes", "voucher.codes", id="V")]
    assert [node["code"] for node in nodes] == ["A", "B", "C"]
    assert [variables["after"] for variables in shop.variables("VoucherCodes")] == [None, "b"]


async def test_pages_of_something_removed(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("VoucherCodes", {"voucher": None})
    async with shop.client() as saleor:
        with pytest.raises(Gone):
            [node async for node in saleor.pages("VoucherCodes", "voucher.codes", id="V")]


async def test_the_cost_is_kept_and_logged_and_the_token_is_not(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    cost = {"requestedQueryCost": 17, "maximumAvailable": 50000}
    shop.says("WhoAmI", httpx.Response(200, json={"data": {"app": None}, "extensions": {"cost": cost}}))
    async with shop.client() as saleor:
        with capture_logs() as logs:
            await saleor.call("WhoAmI")
        assert saleor.last_cost == 17
    assert [(entry["operation"], entry["cost"]) for entry in logs] == [("WhoAmI", 17)]
    assert "token" not in str(logs)


async def test_calls_beyond_the_burst_are_spread(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock, Clock())
    shop.says("WhoAmI", {"app": None})
    async with shop.client() as saleor:
        for _ in range(22):
            await saleor.call("WhoAmI")
    assert sum(shop.clock.slept) == pytest.approx(1.2)


@pytest.mark.parametrize(("operation", "expected"), [("WhoAmI", TryLater), ("VoucherDelete", OutcomeUnknown)])
async def test_an_answer_that_trickles_is_not_waited_for(
    operation: str, expected: type[TryLater], httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpx's own timeouts begin anew with every byte."""

    async def never(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError("it never ends")

    httpx_mock.add_callback(never, is_reusable=True)
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.01)
    async with httpx.AsyncClient() as http:
        saleor = Saleor(API, "token", http, sleep=Clock().sleep)
        with pytest.raises(TryLater, match="did not answer within") as raised:
            await saleor.call(operation, id="V")
    assert type(raised.value) is expected


def test_the_shop_of_these_tests_is_not_real() -> None:
    assert httpx.URL(API).host.endswith(".example")
