"""The free method at the checkout: for exactly those who earned it, and in time."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin import metrics
from plugin.domain.segments import Segment
from plugin.errors import TryLater
from plugin.flow import fronts
from plugin.flow.house import House
from plugin.store.database import Database
from plugin.store.schema import metadata
from tests.saleor.signing import sign
from tests.storefront.stage import Stage, checkout

pytestmark = pytest.mark.anyio

RULES = {"us": {"regular": "40", "loyal": "25.50"}, "pl": {"regular": "200"}}
FREE = [{"id": "free-shipping", "name": "On us", "amount": 0, "currency": "USD"}]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = Database(f"sqlite:///{tmp_path / 'retention.db'}", pool_size=4)
    with database.write() as connection:
        metadata.create_all(connection)
    made = Stage(database)
    made.rules(RULES, method="On us")
    yield made
    database.close()


async def test_two_customers_with_the_same_basket(database: Database) -> None:
    stage = Stage(database)
    stage.rules(RULES, method="On us")
    stage.customer(Segment.LOYAL, "U1", "ann@tea.example")
    stage.customer(Segment.REGULAR, "U2", "bob@tea.example")
    assert await stage.offered("U1", "25.50") == FREE
    assert await stage.offered("U1", "25.49") == []
    assert await stage.offered("U2", "25.50") == []
    assert await stage.offered("U2", "40") == FREE


@pytest.mark.parametrize(
    ("why", "user", "changes"),
    [
        ("a guest", None, {}),
        ("a guest who writes a customer's e-mail", None, {"email": "ann@tea.example"}),
        ("somebody who is not known", "U9", {}),
        ("a channel that is not known", "U1", {"channel": "xx"}),
        ("another currency than the channel's", "U1", {"currency": "EUR"}),
        ("a country that the shop does not ship to", "U1", {"rates": 0}),
        ("a channel without a rule", "U1", {"channel": "pl", "currency": "PLN", "net": 199}),
    ],
)
async def test_offers_nothing_to(stage: Stage, why: str, user: str | None, changes: dict[str, Any]) -> None:
    stage.customer(Segment.LOYAL)
    assert await stage.offered(user, 500, **changes) == []


@pytest.mark.parametrize(
    ("channel", "currency", "shown_gross", "gross", "net", "offered"),
    [
        ("us", "USD", None, 40, 33, True),  # the channel shows gross
        ("us", "USD", None, 39.99, 33, False),
        ("us", "USD", False, 45, 39.99, False),  # but not in this shopper's country
        ("pl", "PLN", None, 246, 200, True),  # the channel shows net
        ("pl", "PLN", None, 245, 199.99, False),
        ("pl", "PLN", True, 200, 163, True),
    ],
)
async def test_net_or_gross_as_prices_are_shown(
    stage: Stage, channel: str, currency: str, shown_gross: bool | None, gross: float, net: float, offered: bool
) -> None:
    stage.customer()
    found = await stage.offered(subtotal=gross, net=net, channel=channel, currency=currency, shown_gross=shown_gross)
    assert [method["currency"] for method in found] == ([currency] if offered else [])


@pytest.mark.parametrize(
    ("subtotal", "voucher", "offered"),
    [(50, "ENTIRE_ORDER", True), (49.99, "ENTIRE_ORDER", False), (40, "SHIPPING", True)],
)
async def test_a_discount_counts_against_the_threshold(
    stage: Stage, subtotal: float, voucher: str, offered: bool
) -> None:
    stage.customer()
    assert await stage.offered(subtotal=subtotal, discount={"amount": 10.0}, voucher={"type": voucher}) == (
        FREE if offered else []
    )


BODY = json.loads(checkout("U1", 500))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        json.dumps({"issuedAt": "x"}).encode(),
        json.dumps({"checkout": None}).encode(),
        json.dumps({"checkout": {**BODY["checkout"], "user": "U1"}}).encode(),
        json.dumps({"checkout": {**BODY["checkout"], "user": {}}}).encode(),
        json.dumps({"checkout": {**BODY["checkout"], "channel": None}}).encode(),
        json.dumps({"checkout": {**BODY["checkout"], "lines": None}}).encode(),
        checkout("U1", "NaN"),
        checkout("U1", "inf"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_counted(stage: Stage, body: bytes) -> None:
    stage.customer()
    before = counted("miss")
    answer = await stage.webhook(body)
    assert answer.status_code == 400
    assert "not understood" in answer.json()["error"]["message"]
    assert counted("miss") == before + 1


async def test_nothing_is_said_to_who_is_not_the_shop(stage: Stage) -> None:
    stage.customer()
    body = checkout("U1", 500)
    forged = await stage.webhook(body, **{"Saleor-Signature": sign(body + b" ")})
    foreign = await stage.webhook(body, **{"Saleor-Api-Url": "https://nobody.example/graphql/"})
    other = await stage.webhook(body, **{"Saleor-Event": "order_created"})
    assert [forged.status_code, foreign.status_code, other.status_code] == [401, 404, 400]


async def test_without_a_database_the_checkout_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.customer()

    def gone(*_: object) -> None:
        raise TryLater("The database did not answer.")

    monkeypatch.setattr(fronts, "_glance", gone)
    before = counted("miss")
    assert await stage.offered(subtotal=500) == []
    assert counted("miss") == before + 1


async def test_who_cannot_answer_in_time_answers_the_safe_thing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.customer()
    stage.seconds = 0.05
    stage.open()
    answered = threading.Event()
    monkeypatch.setattr(fronts, "_glance", lambda *_: answered.wait(30))
    before = counted("miss")
    assert await stage.offered(subtotal=500) == []
    answered.set()
    assert counted("miss") == before + 1


async def test_answers_are_counted(stage: Stage) -> None:
    stage.customer()
    before = counted("free"), counted("none")
    await stage.offered(subtotal=500)
    await stage.offered(subtotal=5)
    await stage.offered(None, subtotal=500)
    assert (counted("free"), counted("none")) == (before[0] + 1, before[1] + 2)


async def test_rules_and_channels_are_read_once_in_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read = fronts._front

    def count(house: House, api_url: str) -> fronts.Front | None:
        reads.append(api_url)
        return read(house, api_url)

    monkeypatch.setattr(fronts, "_front", count)
    stage.customer()
    stage.tick = 0.0
    for _ in range(5):
        assert await stage.offered(subtotal=500) == FREE
    assert len(reads) == 1


def counted(result: str) -> float:
    return metrics.registry.get_sample_value("retention_shipping_answers_total", {"result": result}) or 0.0
