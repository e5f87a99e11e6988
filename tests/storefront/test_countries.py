"""Thresholds by country: what is shown where, what is shown who knows where, and what the checkout keeps."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.segments import Segment
from plugin.store import channels
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import PLN, USD, Stage

pytestmark = pytest.mark.anyio

RULES = {"us": {"regular": 30, "loyal": 20}, "us/CA": {"regular": 60}}


async def told(stage: Stage, country: str | None = None) -> str | None:
    """The personal threshold; None where there is none."""
    said = await stage.free_shipping(**({} if country is None else {"country": country}))
    return said["threshold"] if said.get("personal") else None


async def kept(stage: Stage, country: str | None, subtotal: Any) -> bool:
    return bool(await stage.offered(subtotal=subtotal, country=country))


@pytest.mark.parametrize(
    ("segment", "country", "threshold"),
    [
        (Segment.REGULAR, "US", "30.00"),
        (Segment.REGULAR, "CA", "60.00"),
        (Segment.REGULAR, None, "60.00"),  # what holds in every country
        (Segment.LOYAL, "FR", "20.00"),
        (Segment.LOYAL, "CA", None),  # a country that is named has only what is said for it
        (Segment.LOYAL, None, None),
    ],
)
async def test_the_page_and_the_checkout_say_the_same(
    both: Stage, segment: Segment, country: str | None, threshold: str | None
) -> None:
    both.rules(RULES)
    both.customer(segment)
    assert await told(both, country) == threshold
    edge = Decimal(threshold or 90)
    assert await kept(both, country, edge) is (threshold is not None)
    assert await kept(both, country, edge - Decimal("0.01")) is False


async def test_what_is_shown_names_its_markets(stage: Stage) -> None:
    stage.rules(RULES)
    stage.customer()
    await stage.free_shipping(country="US")
    usd = {"currency": "USD"}
    assert stage.seen() == {
        "us": {"amount": "60.00", **usd}, "us/*": {"amount": "30.00", **usd}, "us/CA": {"amount": "60.00", **usd}
    }  # fmt: skip


async def test_a_promise_is_one_countrys(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7)
    stage.customer()
    await stage.free_shipping(country="CA")
    stage.rules({**RULES, "us/CA": {"regular": 80}}, promise_days=7)
    for at, threshold in ((0, "60.00"), (6.9, "60.00"), (7.1, "80.00")):
        stage.now = NOW + days(at)
        assert [await told(stage, country) for country in ("US", "CA", None)] == ["30.00", threshold, threshold]
        assert await kept(stage, "CA", threshold)


async def test_a_country_that_is_named_later_keeps_what_was_shown_to_all(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, promise_days=7)
    stage.customer()
    assert await told(stage) == "30.00"
    stage.now = NOW + days(50)
    stage.rules(RULES, promise_days=7)
    for later, threshold in ((0, "30.00"), (6.9, "30.00"), (7.1, "60.00"), (30, "60.00")):
        stage.now = NOW + days(50 + later)
        assert [await told(stage, country) for country in ("US", "CA", None)] == ["30.00", threshold, threshold], later
        assert await kept(stage, "CA", 30) is (threshold == "30.00")


async def test_a_country_without_a_threshold_of_its_own_gets_none_by_a_pause(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}, "us/CA": {}}, promise_days=7)
    stage.customer()
    stage.now += days(30)
    assert [await told(stage, country) for country in ("US", "CA")] == ["30.00", None]
    stage.switch(CampaignStatus.PAUSED)
    for later in (0.1, 6.9, 7.1, 30):
        stage.now = NOW + days(30 + later)
        assert [await told(stage, country) for country in ("US", "CA")] == ["30.00" if later < 7 else None, None]


async def test_a_country_that_is_not_named_any_more_has_what_others_have(stage: Stage) -> None:
    stage.rules({"us": {"regular": 60}, "us/CA": {"regular": 20}}, promise_days=7)
    stage.customer()
    assert await told(stage, "CA") == "20.00"
    stage.rules({"us": {"regular": 60}}, promise_days=7)
    for at, threshold in ((0, "20.00"), (6.9, "20.00"), (7.1, "60.00"), (20, "60.00")):
        stage.now = NOW + days(at)
        assert await told(stage, "CA") == threshold
        assert await told(stage) == "60.00"


async def test_everyones_is_the_one_of_the_country(stage: Stage) -> None:
    with stage.database.write() as connection:
        known = [replace(USD, free_in={"US": Decimal(100), "CA": Decimal(150)}), PLN]
        channels.save(connection, stage.shop_id, known, stage.now)
    for country, threshold in (("us", "100.00"), ("CA", "150.00"), ("FR", None), ("", "100.00")):
        said = await stage.free_shipping(user=None, country=country)
        assert said.get("threshold") == threshold


@pytest.mark.parametrize("country", ["USA", "*", "1", "ÖÄ", "../etc", "c a"])
async def test_what_is_no_country_is_refused(stage: Stage, country: str) -> None:
    answer = await stage.get("free-shipping", channel="us", country=country)
    assert answer.status_code == 400
    assert "code of a country" in answer.json()["detail"]
