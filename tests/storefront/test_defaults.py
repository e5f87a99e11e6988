"""The default for everyone, on the page that storefronts read: ours where it is ours, true where it is there."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.errors import GiveUp, Rejected, TryLater
from plugin.flow import defaults
from plugin.flow.defaults import defaults_written, refresh_channels
from plugin.saleor.content import ATTRIBUTE, Made, Written, page_slug
from plugin.store import channels, pages
from tests.storefront.stage import PLN, USD, Stage

pytestmark = pytest.mark.anyio

SLUG = page_slug("us")


@dataclass
class Shop:
    """What the platform has, and what it answers; `plugin.saleor.content` has tests of its own."""

    channels: list[Channel] = field(default_factory=lambda: [USD, PLN])
    written: dict[str, Decimal] = field(default_factory=dict)
    trouble: Exception | None = None
    calls: int = 0

    async def read_channels(self, _: Any) -> list[Channel]:
        return self.channels

    async def write_default(self, _: Any, channel: Channel, value: Decimal, before: Written | None) -> Written:
        self.calls += 1
        if self.trouble is not None:
            raise self.trouble
        self.written[page_slug(channel.slug)] = value
        return Written(page_slug(channel.slug), ATTRIBUTE, "P1", value, before.made if before else Made.PAGE)

    async def withdraw_default(self, _: Any, written: Written) -> None:
        del self.written[written.slug]


@pytest.fixture
def shop(both: Stage, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop()
    both.api = lambda: None  # type: ignore[assignment]
    for name in ("read_channels", "write_default", "withdraw_default"):
        monkeypatch.setattr(defaults, name, getattr(made, name))
    return made


async def refresh(stage: Stage) -> list[str]:
    return list(await refresh_channels(stage.house, stage.shop_id))


@pytest.mark.parametrize("status", [None, CampaignStatus.PAUSED, CampaignStatus.ENDED])
async def test_writes_nothing_without_a_campaign(both: Stage, shop: Shop, status: CampaignStatus | None) -> None:
    if status is not None:
        both.rules({})
        both.switch(status)
    assert await refresh(both) == []
    assert shop.written == {}


async def test_writes_what_the_rates_keep_again_and_again(both: Stage, shop: Shop) -> None:
    both.rules({})
    for free_from in (Decimal(100), Decimal(100), Decimal("79.5")):
        shop.channels[0] = Channel("us", "C1", "USD", active=True, gross=True, free_from=free_from)
        await refresh(both)
        assert shop.written == {SLUG: free_from}
        assert defaults_written(both.house, both.shop_id) == [Written(SLUG, ATTRIBUTE, "P1", free_from, Made.PAGE)]
    with both.database.read() as connection:
        assert channels.of_shop(connection, both.shop_id) == sorted(shop.channels, key=lambda channel: channel.slug)


async def test_what_is_ours_stays_true_while_the_campaign_is_off(both: Stage, shop: Shop) -> None:
    both.rules({})
    await refresh(both)
    both.switch(CampaignStatus.PAUSED)
    shop.channels[0] = Channel("us", "C1", "USD", active=True, gross=True, free_from=Decimal(200))
    await refresh(both)
    assert shop.written == {SLUG: Decimal(200)}
    shop.channels[0] = Channel("us", "C1", "USD", active=True, gross=True, free_from=None)
    await refresh(both)
    assert shop.written == {}
    assert defaults_written(both.house, both.shop_id) == []


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
        assert pages.of_shop(connection, both.shop_id) == []


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
        assert pages.of_shop(connection, both.shop_id + 1) == []
        pages.forget(connection, both.shop_id + 1, SLUG, ATTRIBUTE)
        assert len(pages.of_shop(connection, both.shop_id)) == 1
