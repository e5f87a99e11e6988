"""Campaigns made and changed, one by one or by a file: looked at first, in the transaction that writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection

from plugin.domain.campaign_checks import Finding
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import moves_by_time
from plugin.domain.differences import differences
from plugin.domain.phrases import joined, phrase
from plugin.engine.port import Lane, LaneKind
from plugin.errors import NotFound, Overtaken, Rejected, sentence_of
from plugin.flow import asks, preflight
from plugin.flow.campaign_file import Entry
from plugin.flow.campaign_settings import Settings, read_settings, write_settings
from plugin.flow.house import House
from plugin.flow.learn import measure_again
from plugin.flow.scene import Scene, set_scene
from plugin.flow.watching import follow_campaigns
from plugin.store import campaigns, shops


@dataclass(frozen=True, slots=True)
class Edited:
    campaign: Campaign
    #: It was not there before.
    made: bool
    #: One line a value; empty where nothing changes.
    changes: Sequence[str]
    findings: Sequence[Finding]
    #: Moments and promises may be others by what was edited.
    turns: bool = False


def make(house: House, shop_id: int, name: str, tactic_key: str, said: Mapping[str, Any], who: str) -> Edited:
    """A draft. Raises `Rejected`, and then nothing is written."""
    tactic = house.tactics.get(tactic_key)
    if tactic is None:
        raise Rejected(
            phrase("There is no tactic “{key}”; there are {known}.", key=tactic_key, known=tuple(sorted(house.tactics)))
        )
    with house.database.write() as connection:
        scene = _scene(connection, house, shop_id)
        settings = read_settings(tactic, said, scene.zone)
        draft = campaigns.create(connection, shop_id, name, tactic, settings.params, settings.limits, scene.now, who)
        return Edited(draft, True, (), preflight.refuse(preflight.look(connection, scene, draft)))


def change(
    house: House, shop_id: int, name: str, said: Mapping[str, Any], who: str, version: int | None = None
) -> Edited:
    """A new version with these values in place of those before; tables (params, budgets) name by name.

    version: the one that was looked at. Raises `Overtaken` where there is a later one.
    """
    with house.database.write() as connection:
        scene = _scene(connection, house, shop_id)
        before = campaigns.get(connection, shop_id, name, house.tactics)
        if version not in {None, before.version}:
            raise Overtaken(
                phrase(
                    "“{name}” has been changed meanwhile: it is version {version} now.",
                    name=name,
                    version=before.version,
                )
            )
        edited = _edit(connection, scene, before, settings_after(before, said, scene.zone), who)
    _let_it_work(house, shop_id, [edited])
    return edited


def settings_after(before: Campaign, said: Mapping[str, Any], zone: tzinfo) -> Settings:
    """What the campaign says once this is said, too. Raises `Rejected`."""
    return read_settings(before.tactic, _merged(write_settings(before, zone), said), zone)


_NOTHING: Mapping[str, str] = {}


def bring_in(
    house: House,
    shop_id: int,
    entries: Sequence[Entry],
    who: str,
    *,
    dry_run: bool,
    unknown: Mapping[str, str] = _NOTHING,
) -> list[Edited]:
    """All or nothing. Raises `Rejected` with a line for every problem, each with its place.

    unknown: place → what was found to be missing in the shop.
    """
    with house.database.write() as connection:
        scene = _scene(connection, house, shop_id)
        done, problems = [], []
        for entry in entries:
            try:
                done.append(_bring_in(connection, scene, house, entry, who))
            except Rejected as error:
                problems.append(phrase("{place}: {problem}", place=entry.place, problem=sentence_of(error)))
            if entry.place in unknown:
                problems.append(phrase("{place}: {problem}", place=entry.place, problem=unknown[entry.place]))
        if problems:
            raise Rejected(joined(problems, "\n"))
        if dry_run:
            connection.rollback()
    if not dry_run:
        _let_it_work(house, shop_id, done)
    return done


def _bring_in(connection: Connection, scene: Scene, house: House, entry: Entry, who: str) -> Edited:
    try:
        before = campaigns.get(connection, scene.shop_id, entry.name, house.tactics)
    except NotFound:
        limits = entry.settings.limits
        draft = campaigns.create(
            connection, scene.shop_id, entry.name, entry.tactic, entry.settings.params, limits, scene.now, who
        )
        return Edited(draft, True, (), preflight.refuse(preflight.look(connection, scene, draft)))
    if before.tactic.key != entry.tactic.key:
        raise Rejected(
            phrase(
                "“{name}” is a campaign of {key}; a tactic cannot be changed.", name=entry.name, key=before.tactic.key
            )
        )
    limits = replace(entry.settings.limits, inside_per_day=before.inside_per_day)
    return _edit(connection, scene, before, Settings(entry.settings.params, limits), who)


def _edit(connection: Connection, scene: Scene, before: Campaign, settings: Settings, who: str) -> Edited:
    """What changes nothing is no edit."""
    if settings == Settings(before.params, campaigns.limits_of(before)):
        return Edited(before, False, (), preflight.look(connection, scene, before))
    after = campaigns.edit(connection, scene.shop_id, before, settings.params, settings.limits, who, scene.now)
    if after.on:
        asks.follow_campaign(connection, scene.shop_id, after, scene.calendar)
    changes = differences(write_settings(before, scene.zone), write_settings(after, scene.zone))
    scheduled = (after.starts_at, after.ends_at) != (before.starts_at, before.ends_at)
    others = after.params != before.params or scheduled or _comes_later(before, after)
    turns = others and after.status is not CampaignStatus.DRAFT
    return Edited(after, False, changes, preflight.refuse(preflight.look(connection, scene, after)), turns)


def _comes_later(before: Campaign, after: Campaign) -> bool:
    """The audience is another one, which customers may come into by time alone."""
    if (before.audience, before.exclude) == (after.audience, after.exclude):
        return False
    return moves_by_time(after.audience) or moves_by_time(after.exclude)


def _let_it_work(house: House, shop_id: int, done: Sequence[Edited]) -> None:
    follow_campaigns(house, shop_id)
    if any(item.turns for item in done):
        measure_again(house, shop_id, house.clock())
    house.wake([Lane(LaneKind.DELIVER, shop_id)])


def _scene(connection: Connection, house: House, shop_id: int) -> Scene:
    return set_scene(connection, house, shops.get(connection, shop_id), house.clock())


def _merged(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """An empty text takes a value away."""
    params = {**before["params"], **said.get("params", {})}
    budgets = {**before["budgets"]}
    for name, amounts in said.get("budgets", {}).items():
        changed = {**budgets.get(name, {}), **amounts}
        budgets[name] = {currency: amount for currency, amount in changed.items() if amount != ""}
    return {**before, **said, "params": params, "budgets": budgets}
