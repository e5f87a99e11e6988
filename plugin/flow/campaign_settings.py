"""All that a merchant says of a campaign, as plain values: files, the command line and pages say it alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from plugin.domain.budgets import read_budgets, write_budgets
from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import read_condition, write_condition
from plugin.domain.phrases import joined, phrase
from plugin.domain.schedule import read_end, read_start, write_end, write_start
from plugin.domain.tactic import Tactic, param, read_params, read_values, write_params
from plugin.errors import Rejected, sentence_of
from plugin.store import campaigns
from plugin.store.campaigns import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    params: Any
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Simple:
    """What is one value each."""

    priority: int = param(0, "Priority")
    control_share: float = param(Limits().control_share, "Control group")
    pause_days: int = param(Limits().pause_days, "Days between two")
    inside_per_day: int = param(0, "Of those inside, a day")
    channels: tuple[str, ...] = param((), "Channels")
    reissue_after_cancel: bool = param(False, "A new code after an order was cancelled")


def write_settings(campaign: Campaign, zone: tzinfo) -> dict[str, Any]:
    """As JSON values, always in this order; times on the shop's clock."""
    limits = campaigns.limits_of(campaign)
    return {
        "params": write_params(campaign.params),
        "audience": limits.audience,
        "exclude": limits.exclude,
        "priority": limits.priority,
        "starts_at": write_start(limits.starts_at, zone),
        "ends_at": write_end(limits.ends_at, zone),
        "control_share": limits.control_share,
        "pause_days": limits.pause_days,
        "inside_per_day": limits.inside_per_day,
        "budgets": write_budgets(limits.budgets),
        "channels": list(limits.channels),
        "reissue_after_cancel": limits.reissue_after_cancel,
    }


def read_settings(tactic: Tactic[Any], said: Mapping[str, Any], zone: tzinfo) -> Settings:
    """The inverse; what is not said has its default. Raises `Rejected` with a sentence for each problem."""
    rest = {"pause_days": tactic.pause_days, **said}
    problems: list[str] = []

    def read(name: str, how: Callable[[Any], Any], without: Any) -> Any:
        value = rest.pop(name, None)
        if value is None or value == "":
            return without
        try:
            return how(value)
        except Rejected as error:
            problems.append(
                sentence_of(error)
                if name in {"params", "budgets"}
                else phrase("{key}: {problem}", key=name, problem=sentence_of(error))
            )
            return without

    params = read("params", lambda value: read_params(tactic, _table(value)), None) or tactic.params()
    values = {
        "audience": read("audience", read_audience, None),
        "exclude": read("exclude", read_audience, None),
        "starts_at": read("starts_at", lambda value: read_start(value, zone), None),
        "ends_at": read("ends_at", lambda value: read_end(value, zone), None),
        "budgets": read("budgets", read_budgets, Limits().budgets),
    }
    try:
        said_of_it = {name: value for name, value in rest.items() if value is not None}
        simple = read_values(_Simple, phrase("A campaign"), {"pause_days": tactic.pause_days, **said_of_it})
        limits = Limits(**values, **{name: getattr(simple, name) for name in _Simple.__dataclass_fields__})
    except Rejected as error:
        problems.append(sentence_of(error))
    if problems:
        raise Rejected(joined(problems))
    return Settings(params, limits)


def read_audience(said: Any) -> dict[str, Any]:
    """A condition as it is kept; a text is the name of a segment."""
    return write_condition(read_condition({"segment": said} if isinstance(said, str) else said))


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Rejected(
            phrase("The parameters (params) are a table of names and values, not {given}.", given=repr(value))
        )
    return value
