"""Pages of the past: what is asked for, and what is made of the answer."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
from graphql import parse, print_ast
from pytest_httpx import HTTPXMock

from plugin.domain.consent import Consent
from plugin.errors import GiveUp, TryLater
from plugin.saleor.history import FEW, PAGE, accounts_page, orders_page
from plugin.saleor.operations import operation
from tests.bodies import account_body, order_body
from tests.saleor.shop import Shop, connection
from tests.shop import NOW, account, ago, order
from webhooks.routes import queries

pytestmark = pytest.mark.anyio


def node(seen: Any) -> dict[str, Any]:
    body = order_body(seen) if hasattr(seen, "order_id") else account_body(seen)
    told = json.loads(body)
    found: dict[str, Any] = told["order"] if "order" in told else told["user"]
    return found


def page(*nodes: dict[str, Any], end: str | None = None, total: int | None = None) -> dict[str, Any]:
    found = connection(nodes, end)
    return found if total is None else {**found, "totalCount": total}


async def test_a_page_of_orders_is_what_a_webhook_would_have_brought(httpx_mock: HTTPXMock) -> None:
    shop, seen = Shop(httpx_mock), order("O1", ago(3), total=Decimal("19.99"), refunded=Decimal("0.1"))
    shop.says("OrdersPage", {"orders": page(node(seen), end="c1", total=101)})
    async with shop.client() as saleor:
        found = await orders_page(saleor, None)
    (read,) = found.items
    assert (read.order_id, read.total, read.refunded, read.lines) == (
        "O1",
        Decimal("19.99"),
        Decimal("0.1"),
        seen.lines,
    )
    assert (found.cursor, found.total, found.read) == ("c1", 101, 1)
    assert shop.variables("OrdersPage") == [
        {"first": PAGE, "after": None, "where": None, "by": "CREATED_AT", "count": True}
    ]


async def test_the_count_is_asked_for_once(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("OrdersPage", {"orders": page()})
    async with shop.client() as saleor:
        found = await orders_page(saleor, "c1")
    assert (found.items, found.cursor, found.total) == ([], None, None)
    assert shop.variables("OrdersPage")[0]["count"] is False


async def test_what_changed_is_walked_by_the_moment_of_its_change(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("OrdersPage", {"orders": page()})
    shop.says("CustomersPage", {"customers": page()})
    async with shop.client() as saleor:
        await orders_page(saleor, None, since=NOW)
        await orders_page(saleor, None, ids=["O1", "O2"])
        await accounts_page(saleor, None, since=NOW)
        await accounts_page(saleor, None)
    changed = {"updatedAt": {"gte": NOW.isoformat()}}
    asked = [(v["where"], v["by"]) for v in shop.variables("OrdersPage") + shop.variables("CustomersPage")]
    assert asked == [
        (changed, "LAST_MODIFIED_AT"),
        ({"ids": ["O1", "O2"]}, "CREATED_AT"),
        (changed, "LAST_MODIFIED_AT"),
        (None, "CREATED_AT"),
    ]


async def test_accounts_as_they_are(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    seen = account(consent=Consent(opted_out=True), language="EN_US")
    shop.says("CustomersPage", {"customers": page(node(seen), total=1)})
    async with shop.client() as saleor:
        found = await accounts_page(saleor, None)
    assert found.items == [seen]


async def test_one_that_cannot_be_read_does_not_take_the_page_along(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    broken = {**node(order("O2", ago(2))), "number": "1002", "total": None}
    shop.says("OrdersPage", {"orders": page(node(order("O1", ago(3))), broken, end="c1")})
    async with shop.client() as saleor:
        found = await orders_page(saleor, None)
    assert [one.order_id for one in found.items] == ["O1"]
    assert (found.cursor, found.read) == ("c1", 2)
    assert found.left_out == ["1002 was left out: total: Input should be a valid dictionary or instance of TaxedMoney."]


def refuses(shop: Shop, broken: set[int], code: str, there: int = 250) -> None:
    """Saleor with so many orders, of which it cannot say some: cursors are places."""

    def page_of(variables: dict[str, Any], named: bool = False) -> Mapping[str, Any] | httpx.Response:
        start = int(variables["after"] or 0)
        asked = range(start, min(there, start + variables["first"]))
        for place, n in enumerate(asked):
            if n in broken and not named:
                path = ["orders", "edges", place, "node", "lines", 0, "quantity"]
                error = {"message": "Too large", "path": path, "extensions": {"exception": {"code": code}}}
                return httpx.Response(200, json={"errors": [error], "data": {"orders": None}})
        nodes = [{"id": f"O{n}"} if named else node(order(f"O{n}", ago(3))) for n in asked]
        return {"orders": page(*nodes, end=str(asked[-1] + 1) if asked[-1] + 1 < there else None, total=there)}

    shop.answers["OrdersPage"] = page_of
    shop.answers["OrdersNames"] = lambda variables: page_of(variables, named=True)


@pytest.mark.parametrize("code", ["GraphQLError", "OverflowError"])
@pytest.mark.parametrize("broken", [set(), {0}, {99}, {0, 1, 50, 98, 99}, set(range(30, 40))], ids=len)
async def test_what_saleor_cannot_say_is_left_out_alone(httpx_mock: HTTPXMock, broken: set[int], code: str) -> None:
    shop = Shop(httpx_mock)
    refuses(shop, {*broken, 100}, code)
    async with shop.client() as saleor:
        found = await orders_page(saleor, None)
    assert [one.order_id for one in found.items] == [f"O{n}" for n in range(100) if n not in broken]
    assert [said.split(": ")[0] for said in found.left_out] == [f"O{n} was left out" for n in sorted(broken)]
    assert all("Too large" in said for said in found.left_out)
    assert (found.cursor, found.total, found.read) == ("100", 250, 100)


async def test_the_last_of_all_can_be_the_one_that_saleor_cannot_say(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    refuses(shop, {7}, "GraphQLError", there=8)
    async with shop.client() as saleor:
        found = await orders_page(saleor, None)
    assert (len(found.items), found.cursor, found.total) == (7, None, 8)
    assert found.left_out == ["O7 was left out: OrdersPage: Saleor does not take the request: Too large."]


@pytest.mark.parametrize(("code", "raised"), [("GraphQLError", GiveUp), ("OverflowError", TryLater)])
async def test_where_nothing_can_be_said_it_is_not_the_objects(
    httpx_mock: HTTPXMock, code: str, raised: type[Exception]
) -> None:
    shop = Shop(httpx_mock)
    refuses(shop, set(range(250)), code)
    async with shop.client() as saleor:
        with pytest.raises(raised, match="Too large"):
            await orders_page(saleor, None)
    assert len(shop.variables("OrdersNames")) == FEW


@pytest.mark.parametrize("path", [None, ["orders"], ["orders", "totalCount"]])
async def test_an_error_of_no_object_is_of_the_whole_page(httpx_mock: HTTPXMock, path: list[Any] | None) -> None:
    shop = Shop(httpx_mock)
    error = {"message": "No.", "path": path, "extensions": {"exception": {"code": "GraphQLError"}}}
    shop.says("OrdersPage", httpx.Response(200, json={"errors": [error], "data": None}))
    async with shop.client() as saleor:
        with pytest.raises(GiveUp):
            await orders_page(saleor, None)
    assert shop.names() == ["OrdersPage"]


async def test_an_answer_without_the_page_is_asked_for_again(httpx_mock: HTTPXMock) -> None:
    shop = Shop(httpx_mock)
    shop.says("OrdersPage", {"orders": None})
    async with shop.client() as saleor:
        with pytest.raises(TryLater):
            await orders_page(saleor, None)


@pytest.mark.parametrize(
    ("name", "subscription", "fragment"),
    [("OrdersPage", "orders.graphql", "Order"), ("CustomersPage", "customers.graphql", "Account")],
)
def test_pages_and_webhooks_ask_for_the_same_fields(name: str, subscription: str, fragment: str) -> None:
    def of(text: str) -> str:
        return " ".join(text.split(f"fragment {fragment} on")[1].split())

    assert of(print_ast(operation(name).document)) == of(print_ast(parse(queries()[subscription])))
