"""Edits and files as `campaign_edits` has them, with what a running campaign names of the catalogue looked up first.

A draft or a paused campaign is looked up when it is switched on. What an edit leaves as it was is not looked up
again: a product that is gone since must not stand in the way of a lower budget.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from plugin.domain.campaigns import Campaign
from plugin.domain.tactic import Named
from plugin.errors import Rejected, sentence_of
from plugin.flow import campaign_edits
from plugin.flow.campaign_edits import Edited, settings_after
from plugin.flow.campaign_file import Entry
from plugin.flow.catalogue import named_by, refuse_unknown
from plugin.flow.house import House
from plugin.store import campaigns, shops


async def change(
    house: House, shop_id: int, name: str, said: Mapping[str, Any], who: str, version: int | None = None
) -> Edited:
    """A new version; see `campaign_edits.change`. Raises `Rejected`, and then nothing is written."""
    await refuse_unknown(house, shop_id, await anyio.to_thread.run_sync(_newly_named, house, shop_id, name, said))
    return await anyio.to_thread.run_sync(campaign_edits.change, house, shop_id, name, said, who, version)


async def bring_in(house: House, shop_id: int, entries: Sequence[Entry], who: str, dry_run: bool) -> list[Edited]:
    """All or nothing; see `campaign_edits.bring_in`. What the shop does not have is named with all else that is wrong."""
    unknown: dict[str, str] = {}
    for place, named in await anyio.to_thread.run_sync(_newly_named_in, house, shop_id, entries):
        try:
            await refuse_unknown(house, shop_id, named)
        except Rejected as error:
            unknown[place] = sentence_of(error)

    def write() -> list[Edited]:
        return campaign_edits.bring_in(house, shop_id, entries, who, dry_run=dry_run, unknown=unknown)

    return await anyio.to_thread.run_sync(write)


def _newly_named(house: House, shop_id: int, name: str, said: Mapping[str, Any]) -> Sequence[Named]:
    with house.database.read() as connection:
        zone = shops.get(connection, shop_id).zone
        before = campaigns.glance(connection, shop_id, name, house.tactics)
    return _of_a_running_one(before, settings_after(before, said, zone).params)


def _newly_named_in(house: House, shop_id: int, entries: Sequence[Entry]) -> list[tuple[str, Sequence[Named]]]:
    """Place in the file → what is new there."""
    with house.database.read() as connection:
        known = {campaign.name: campaign for campaign in campaigns.of_shop(connection, shop_id, house.tactics)}
    return [
        (entry.place, _of_a_running_one(before, entry.settings.params))
        for entry in entries
        if (before := known.get(entry.name)) is not None and before.tactic.key == entry.tactic.key
    ]


def _of_a_running_one(before: Campaign, params: Any) -> Sequence[Named]:
    if not before.on:
        return ()
    known = named_by(before.tactic, before.params)
    return [one for one in named_by(before.tactic, params) if one not in known]
