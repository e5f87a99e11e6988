"""The shop's channels, read again, and what is for everyone on the pages that storefronts read.

That is what free shipping takes, as the channel's own rates keep it, and the banner in the announcement bar.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio

from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.money import Money
from plugin.domain.today import Today
from plugin.flow.announcements import announcement
from plugin.flow.house import House
from plugin.flow.pages import State, States, keep_page, states
from plugin.flow.thresholds import KEY
from plugin.saleor.channels import read_channels
from plugin.saleor.page_models import CHROME, POLICIES, THRESHOLD, Model, Values
from plugin.store import campaigns, channels, shops, stock
from plugin.store.shops import Shop

#: What was left to the merchant is looked at again after so long.
AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Known:
    shop: Shop
    campaigns: Sequence[Campaign]
    states: States
    today: Today

    def state(self, model: Model, channel: Channel) -> State | None:
        return self.states.get((model.page_type, channel.slug))


async def refresh_channels(house: House, shop_id: int) -> Sequence[str]:
    """Reads the channels, writes the defaults and keeps both; harmless to run again and again.

    Returns a sentence for each default that was left as it is: the merchant's own page, say. The
    channels are kept last, so that what Saleor could not do now (`TryLater`) is soon tried again.
    """
    known = await anyio.to_thread.run_sync(_known, house, shop_id)
    saleor = house.connect(known.shop)
    seen = await read_channels(saleor)
    for channel in seen:
        for model, values in _wanted(house, known, channel):
            await keep_page(house, known.shop, saleor, model, channel.slug, values, known.state(model, channel))
    await anyio.to_thread.run_sync(_keep_channels, house, shop_id, seen)
    left = (await anyio.to_thread.run_sync(_known, house, shop_id)).states.values()
    return [state.refused for state in left if state.refused is not None]


def announcements_are_old(house: House, shop_id: int) -> bool:
    """A page says something else than a banner that began, ended or was changed meanwhile."""
    known, now = _known(house, shop_id), house.clock()
    with house.database.read() as connection:
        found = channels.of_shop(connection, shop_id)
    for channel in found:
        state, values = known.state(CHROME, channel), _announcement(known, channel)
        written = None if state is None or state.written is None else state.written.values
        left = state is not None and state.refused is not None and now - state.looked_at < AGAIN
        if values is None:
            if state is not None:
                return True
        elif not left and (written is None or not CHROME.same(written, values)):
            return True
    return False


def _wanted(house: House, known: _Known, channel: Channel) -> Iterator[tuple[Model, Values | None]]:
    """What each of the channel's pages should say; None for nothing of ours."""
    yield POLICIES, _policy(known, channel, house.clock())
    yield CHROME, _announcement(known, channel)


def _policy(known: _Known, channel: Channel, now: datetime) -> Values | None:
    """A new one only while a campaign runs; one that we wrote is kept true as long as a rate keeps it."""
    on = any(campaign.runs(now) and campaign.tactic.key == KEY for campaign in known.campaigns)
    state = known.state(POLICIES, channel)
    ours = state is not None and state.written is not None
    if not channel.active or channel.free_from is None or not (on or ours):
        return None
    return {THRESHOLD: str(Money(channel.free_from, channel.currency).rounded().amount)}


def _announcement(known: _Known, channel: Channel) -> Values | None:
    return announcement(known.shop, known.campaigns, channel.slug, known.today) if channel.active else None


def _known(house: House, shop_id: int) -> _Known:
    with house.database.read() as connection:
        found = campaigns.of_shop(connection, shop_id, house.tactics)
        shop = shops.get(connection, shop_id)
        today = stock.today(connection, shop_id, house.clock(), shop.zone)
    return _Known(shop, found, states(house, shop_id), today)


def _keep_channels(house: House, shop_id: int, seen: Sequence[Channel]) -> None:
    with house.database.write() as connection:
        channels.save(connection, shop_id, seen, house.clock())
