"""What is for everyone, on the pages that storefronts read: ours where it is ours, true where it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.guardrails import Guardrails
from plugin.domain.tactic import read_params
from plugin.errors import GiveUp, Rejected, TryLater
from plugin.flow import defaults, pages
from plugin.flow.defaults import AGAIN, announcements_are_old, refresh_channels
from plugin.flow.pages import pages_written, states
from plugin.saleor.content import Made, Written
from plugin.saleor.page_models import CHROME, DISMISSIBLE, HREF, LINK, MESSAGE, POLICIES, THRESHOLD, Model, Values
from plugin.store import campaigns, channels, shops
from plugin.store import pages as stored
from plugin.store.campaigns import Limits
from plugin.tactics.banner import TACTIC as BANNER
from tests.storefront.stage import PLN, USD, Stage

pytestmark = pytest.mark.anyio

SLUG = POLICIES.slug("us")


@dataclass
class Shop:
    """What the platform has, and what it answers; `plugin.saleor.content` has tests of its own."""

    channels: list[Channel] = field(default_factory=lambda: [USD, PLN])
    written: dict[str, Values] = field(default_factory=dict)
    trouble: Exception | None = None
    calls: int = 0

    async def read_channels(self, _: Any) -> list[Channel]:
        return self.channels

    async def write_page(self, _: Any, model: Model, channel: str, values: Values, before: Written | None) -> Written:
        self.calls += 1
        if self.trouble is not None:
            raise self.trouble
        self.written[model.slug(channel)] = values
        return Written(model, channel, "P1", values, before.made if before else Made.PAGE)

    async def withdraw_page(self, _: Any, written: Written) -> None:
        del self.written[written.slug]


@pytest.fixture
def shop(both: Stage, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop()
    both.api = lambda: None  # type: ignore[assignment]
    monkeypatch.setattr(defaults, "read_channels", made.read_channels)
    for name in ("write_page", "withdraw_page"):
        monkeypatch.setattr(pages, name, getattr(made, name))
    return made


async def refresh(stage: Stage) -> list[str]:
    return list(await refresh_channels(stage.house, stage.shop_id))


def threshold(amount: str) -> dict[str, Any]:
    return {SLUG: {THRESHOLD: amount}}


@pytest.mark.parametrize("status", [None, CampaignStatus.PAUSED, CampaignStatus.ENDED])
async def test_writes_nothing_without_a_campaign(both: Stage, shop: Shop, status: CampaignStatus | None) -> None:
    if status is not None:
        both.rules({})
        both.switch(status)
    assert await refresh(both) == []
    assert shop.written == {}


async def test_writes_what_the_rates_keep_again_and_again(both: Stage, shop: Shop) -> None:
    both.rules({})
    for free_from, said in (("100", "100.00"), ("100", "100.00"), ("79.5", "79.50")):
        shop.channels[0] = replace(USD, free_from=Decimal(free_from))
        await refresh(both)
        assert shop.written == threshold(said)
        assert pages_written(both.house, both.shop_id) == [Written(POLICIES, "us", "P1", {THRESHOLD: said}, Made.PAGE)]
    with both.database.read() as connection:
        assert channels.of_shop(connection, both.shop_id) == sorted(shop.channels, key=lambda channel: channel.slug)


async def test_what_is_ours_stays_true_while_the_campaign_is_off(both: Stage, shop: Shop) -> None:
    both.rules({})
    await refresh(both)
    both.switch(CampaignStatus.PAUSED)
    shop.channels[0] = replace(USD, free_from=Decimal(200))
    await refresh(both)
    assert shop.written == threshold("200.00")
    shop.channels[0] = replace(USD, free_from=None)
    await refresh(both)
    assert shop.written == {}
    assert pages_written(both.house, both.shop_id) == []


@pytest.mark.parametrize("error", [Rejected("The page is kept by the merchant."), GiveUp("Not permitted.")])
async def test_what_is_refused_is_said_and_left_and_the_channels_are_kept(
    both: Stage, shop: Shop, error: Exception
) -> None:
    both.rules({})
    shop.trouble = error
    shop.channels.append(Channel("gb", "C3", "GBP", active=True, gross=True, free_from=Decimal(10)))
    assert await refresh(both) == [str(error)] * 2
    with both.database.read() as connection:
        assert len(channels.of_shop(connection, both.shop_id)) == 3
    assert pages_written(both.house, both.shop_id) == []
    shop.trouble = None
    assert await refresh(both) == []
    assert {state.refused for state in states(both.house, both.shop_id).values()} == {None}


async def test_what_was_refused_is_no_reason_to_try_when_the_campaign_is_off(both: Stage, shop: Shop) -> None:
    both.rules({})
    shop.trouble = Rejected("The page is kept by the merchant.")
    await refresh(both)
    both.switch(CampaignStatus.PAUSED)
    assert await refresh(both) == []
    assert states(both.house, both.shop_id) == {}


async def test_what_cannot_be_done_now_is_soon_tried_again(both: Stage, shop: Shop) -> None:
    both.rules({})
    shop.trouble = TryLater("429")
    shop.channels = [PLN, USD]
    with both.database.write() as connection:
        channels.save(connection, both.shop_id, [], both.now)
    with pytest.raises(TryLater):
        await refresh(both)
    with both.database.read() as connection:
        assert channels.last_read(connection, both.shop_id) is None  # so the chore comes back at once


async def test_pages_of_another_shop_are_not_found(both: Stage, shop: Shop) -> None:
    both.rules({})
    await refresh(both)
    with both.database.write() as connection:
        assert stored.of_shop(connection, both.shop_id + 1) == []
        stored.forget(connection, both.shop_id + 1, SLUG, THRESHOLD)
        assert len(stored.of_shop(connection, both.shop_id)) == 1


@pytest.fixture
def bar(both: Stage, shop: Shop) -> Shop:
    """The shop of those who announce."""
    both.house = replace(both.house, tactics={**both.house.tactics, BANNER.key: BANNER})
    with both.database.write() as connection:
        shops.set_guardrails(connection, both.shop_id, Guardrails(promotion_share=1.0), "test", both.now)
    return shop


def banner(stage: Stage, name: str = "sale", limits: Mapping[str, Any] | None = None, **params: Any) -> None:
    wanted = read_params(BANNER, {"texts": {"en": "Sale", "pl": "Wyprzedaż"}, **params})
    with stage.database.write() as connection:
        around = Limits(control_share=0.0, **(limits or {}))
        made = campaigns.create(connection, stage.shop_id, name, BANNER, wanted, around, stage.now)
        campaigns.change_status(connection, stage.shop_id, made, CampaignStatus.ON, "test", stage.now)


def pause(stage: Stage, name: str = "sale") -> None:
    with stage.database.write() as connection:
        found = campaigns.get(connection, stage.shop_id, name, stage.house.tactics)
        campaigns.change_status(connection, stage.shop_id, found, CampaignStatus.PAUSED, "test", stage.now)


def announced(shop: Shop) -> dict[str, Any]:
    """Channel → the message."""
    return {
        slug.removeprefix(f"{CHROME.page}-"): values[MESSAGE]
        for slug, values in shop.written.items()
        if slug.startswith(CHROME.page)
    }


async def test_a_banner_for_everybody_is_on_the_page_of_every_channel_it_runs_in(both: Stage, bar: Shop) -> None:
    banner(both, titles={"en": "Now"}, href="/sale", links={"en": "Look"}, dismissible=False)
    await refresh(both)
    said = {MESSAGE: "Now · Sale", HREF: "/sale", LINK: "Look", DISMISSIBLE: False}
    assert bar.written == {CHROME.slug("us"): said, CHROME.slug("pl"): said}
    banner(both, "polish", {"channels": ("pl",), "priority": 5}, texts={"pl": "Nowości"})
    await refresh(both)
    assert announced(bar) == {"us": "Now · Sale", "pl": "Nowości"}


@pytest.mark.parametrize(
    ("limits", "params"),
    [
        ({"audience": {"field": "guest", "is": True}}, {}),
        ({"exclude": {"field": "guest", "is": True}}, {}),
        ({"starts_at": "later"}, {}),
        ({}, {"times": 3}),
        ({}, {"place": "home"}),
    ],
)
async def test_what_is_not_for_everybody_now_and_always_is_on_no_page(
    both: Stage, bar: Shop, limits: dict[str, Any], params: dict[str, Any]
) -> None:
    if "starts_at" in limits:
        limits = {"starts_at": both.now + timedelta(days=1)}
    banner(both, limits=limits, **params)
    await refresh(both)
    assert bar.written == {}
    assert not announcements_are_old(both.house, both.shop_id)


async def test_pages_are_old_once_a_banner_began_changed_or_ended(both: Stage, bar: Shop) -> None:
    banner(both, limits={"starts_at": both.now + timedelta(days=1), "ends_at": both.now + timedelta(days=2)})
    seen = []
    for _ in range(3):
        seen.append(announcements_are_old(both.house, both.shop_id))
        await refresh(both)
        assert not announcements_are_old(both.house, both.shop_id)
        seen.append(announced(bar) != {})
        both.now += timedelta(days=1, hours=1)
    assert seen == [False, False, True, True, True, False]


async def test_a_pause_and_the_stop_switch_take_it_back(both: Stage, bar: Shop) -> None:
    banner(both)
    await refresh(both)
    with both.database.write() as connection:
        shops.set_stopped(connection, both.shop_id, stopped=True)
    assert announcements_are_old(both.house, both.shop_id)
    await refresh(both)
    assert bar.written == {}
    with both.database.write() as connection:
        shops.set_stopped(connection, both.shop_id, stopped=False)
    await refresh(both)
    assert announced(bar)
    pause(both)
    await refresh(both)
    assert bar.written == {}


async def test_what_was_left_to_the_merchant_is_looked_at_again_after_an_hour(both: Stage, bar: Shop) -> None:
    banner(both)
    bar.trouble = Rejected("The page is kept by the merchant.")
    assert await refresh(both) == ["The page is kept by the merchant."] * 2
    assert not announcements_are_old(both.house, both.shop_id)
    both.now += AGAIN
    assert announcements_are_old(both.house, both.shop_id)
    bar.trouble = None
    await refresh(both)
    assert announced(bar) == {"us": "Sale", "pl": "Sale"}
