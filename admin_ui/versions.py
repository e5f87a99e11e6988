"""What a campaign said before, and who changed what, as people read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_ui import words
from admin_ui.campaign_form import Around
from admin_ui.language import Language
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import in_words, read_condition
from plugin.domain.differences import differences
from plugin.domain.tactic import describe_params, describe_values
from plugin.store.campaigns import Version

#: So many are shown, the newest first.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    number: int
    at: datetime
    by: str
    changes: Sequence[str]


def told(history: Sequence[Version], campaign: Campaign, language: Language) -> list[Told]:
    """The newest first."""
    found = []
    before: Version | None = None
    for version in history:
        changes = [language._("Made")] if before is None else changed(before, version, campaign, language)
        found.append(Told(version.number, version.edited_at, version.edited_by, changes))
        before = version
    return found[::-1][:SHOWN]


def since(history: Sequence[Version], number: int, campaign: Campaign, language: Language) -> list[Told]:
    """What was changed after this version, the newest first."""
    return [one for one in told(history, campaign, language) if one.number > number]


def changed(before: Version, after: Version, campaign: Campaign, language: Language) -> list[str]:
    labels = _labels(campaign, language)
    found = []
    for line in differences(_said(before.settings, language), _said(after.settings, language)):
        name, colon, rest = line.partition(": ")
        first, dot, below = name.partition(".")
        label = labels.get(first, first)
        found.append(f"{label}{f' ({below})' if dot else ''}{colon}{rest}")
    return found


def _labels(campaign: Campaign, language: Language) -> Mapping[str, str]:
    specs = [*describe_params(campaign.tactic), *describe_values(Around)]
    own = {spec["name"]: language._(spec["label"]) for spec in specs}
    return own | {"status": language._("Status"), "inside_per_day": language._("Of those inside, a day")}


def _said(settings: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return dict(_values(settings, language))


def _values(settings: Mapping[str, Any], language: Language) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name in {"audience", "exclude"} and value is not None:
            yield name, in_words(read_condition(value))
        elif name == "control_share":
            yield name, language.percent(value)
        elif name == "status":
            yield name, language._(words.STATUSES[CampaignStatus(value)])
        elif isinstance(value, bool):
            yield name, language._("yes") if value else language._("no")
        else:
            yield name, value
