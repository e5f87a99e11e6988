"""The settings of a campaign as a form: its tactic's parameters, and what stands around every tactic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from admin_ui import forms, words
from admin_ui.forms import Field, Known
from admin_ui.language import N_, Language
from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import in_words, read_condition
from plugin.domain.tactic import Tactic, describe_params, describe_values, param, unfit_values
from plugin.domain.value_kinds import ValueKind
from plugin.flow.campaign_settings import write_settings
from plugin.store import channels, segments
from plugin.store.campaigns import MOST_DAYS, MOST_NUMBER
from plugin.store.shops import Shop

#: A condition that the form cannot say is left as it is.
AS_IT_IS = "as it is"
PARAMS, AROUND = "params", "around"
BUDGETS = {"total": N_("In all"), "day": N_("A day"), "customer": N_("A customer, in a year")}


@dataclass(frozen=True, slots=True)
class Around:
    """What a merchant says of any campaign."""

    audience: str = param("", "Who it is for", names=("audience",))
    exclude: str = param("", "Of them, who it is not for", names=("exclude",))
    channels: tuple[str, ...] = param((), "Channels", help="None ticked: all of them.", names=("channel",))
    starts_at: str = param("", "Begins", help="Empty: as soon as it is on.", kind=ValueKind.MOMENT)
    ends_at: str = param("", "Ends", help="Empty: when you switch it off. Codes stay valid.", kind=ValueKind.MOMENT)
    budgets: Mapping[str, Mapping[str, Decimal]] = param(
        dict,
        "Budgets",
        help="The most it may give away. Empty for no limit; once one is set, it gives in those currencies alone.",
        kind=ValueKind.MONEY,
        names=("budget", "currency"),
    )
    control_share: Decimal = param(
        Decimal(10),
        "Control group",
        unit="%",
        least=Decimal(0),
        most=Decimal(90),
        help="So many are left alone at random, to see what the campaign really earns.",
    )
    pause_days: int = param(
        60, "At least so long between two", unit="days", least=0, most=MOST_DAYS, help="For one customer."
    )
    priority: int = param(
        0,
        "Priority",
        least=-MOST_NUMBER,
        most=MOST_NUMBER,
        help="Where two campaigns want the same customer, the higher one goes first.",
    )
    reissue_after_cancel: bool = param(
        False, "A new code for whoever used theirs in an order that was cancelled, with the same last day"
    )


#: Of those, what has no meaning where the tactic gives nothing to one customer.
_OF_GIFTS = {"budgets", "pause_days", "reissue_after_cancel"}
#: The parts of the form, in their order, each with its fields of `Around`.
PARTS: Sequence[tuple[str, tuple[str, ...]]] = (
    (N_("Who gets it"), ("audience", "exclude", "channels")),
    (N_("When"), ("starts_at", "ends_at")),
    (N_("Limits"), ("budgets", "control_share", "pause_days", "priority", "reissue_after_cancel")),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody said, stored or not, and what is wrong with it."""

    params: Mapping[str, Any]
    around: Mapping[str, Any]
    errors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        return not any(self.errors.values())


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    fields: Sequence[Field]


def known_of(connection: Connection, shop: Shop, campaign: Campaign, language: Language) -> Known:
    """What the shop has that a campaign can name."""
    _ = language._
    sells = {one.slug: one.currency for one in channels.of_shop(connection, shop.shop_id) if one.active}
    named = {f"segment:{one.name}": _(one.title) for one in segments.ready(shop)}
    named |= {f"segment:{one.name}": one.name for one in segments.own(connection, shop.shop_id)}
    audiences = {
        "audience": {"": _("Everybody"), **named, **_as_it_is(campaign.audience_said, language)},
        "exclude": {"": _("Nobody"), **named, **_as_it_is(campaign.exclude_said, language)},
    }
    currencies = sorted(set(sells.values()))
    return Known(
        {
            "channel": {slug: f"{slug} ({currency})" for slug, currency in sells.items()},
            "market": {slug: f"{slug} ({currency})" for slug, currency in sells.items()},
            "currency": {currency: currency for currency in currencies},
            "segment": {one.value: _(title) for one, (title, _meaning) in words.SEGMENTS.items()},
            "budget": {name: _(said) for name, said in BUDGETS.items()},
            **audiences,
        }
    )


def _as_it_is(said: Any, language: Language) -> dict[str, str]:
    if said is None or set(said) == {"segment"}:
        return {}
    return {AS_IT_IS: language._("As it is: {words}", words=in_words(read_condition(said)))}


def stored(campaign: Campaign, shop: Shop) -> Typed:
    said = write_settings(campaign, shop.zone)
    around = {
        **said,
        "audience": _audience(said["audience"]),
        "exclude": _audience(said["exclude"]),
        "control_share": f"{Decimal(str(said['control_share'])) * 100:f}".rstrip("0").rstrip(".") or "0",
    }
    return Typed(said["params"], around)


def _audience(said: Any) -> str:
    if said is None:
        return ""
    return f"segment:{said['segment']}" if set(said) == {"segment"} else AS_IT_IS


def typed(campaign: Campaign, form: FormData, known: Known, language: Language) -> Typed:
    """What a form says, read value by value; what it does not hold is as it is stored."""
    tactic = campaign.tactic
    params = forms.read(describe_params(tactic), form, PARAMS, known)
    around = forms.read(_specs(tactic), form, AROUND, known)
    unfit = {PARAMS: unfit_values(tactic.params, params), AROUND: unfit_values(Around, around)}
    for spec in describe_params(tactic):
        if spec["kind"] == ValueKind.TABLE and "" in params[spec["name"]]:
            unfit[PARAMS][spec["name"]] = language._("needs a language beside each text")
    return Typed(params, around, {part: _sentences(found, language) for part, found in unfit.items()})


def _sentences(unfit: Mapping[str, str], language: Language) -> dict[str, str]:
    said = {name: language._(text) for name, text in unfit.items()}
    return {name: f"{text[:1].upper()}{text[1:]}." for name, text in said.items()}


def as_settings(campaign: Campaign, said: Typed) -> dict[str, Any]:
    """As `plugin.flow.campaign_edits.change` takes it; only what has no errors of its own."""
    settings: dict[str, Any] = {"params": dict(said.params), **said.around}
    for name, before in (("audience", campaign.audience_said), ("exclude", campaign.exclude_said)):
        chosen = settings[name]
        settings[name] = (
            before if chosen == AS_IT_IS else {"segment": chosen.removeprefix("segment:")} if chosen else ""
        )
    if "control_share" in settings:
        settings["control_share"] = _share(settings["control_share"])
    if "budgets" in settings:
        had = write_settings(campaign, UTC)["budgets"]
        settings["budgets"] = {
            budget: {**dict.fromkeys(had.get(budget, {}), ""), **settings["budgets"].get(budget, {})}
            for budget in BUDGETS
        }
    return settings


def parts(campaign: Campaign, said: Typed, known: Known, language: Language) -> list[Part]:
    given = forms.show(
        describe_params(campaign.tactic), said.params, PARAMS, language, known, said.errors.get(PARAMS, {})
    )
    around = forms.show(_specs(campaign.tactic), said.around, AROUND, language, known, said.errors.get(AROUND, {}))
    by_name = {one.spec["name"]: one for one in around}
    title = language._(N_("What it gives") if gives(campaign.tactic) else N_("What it does"))
    found = [Part(title, _in_order(given))]
    for heading, names in PARTS:
        fields = [by_name[name] for name in names if name in by_name]
        found.append(Part(language._(heading), fields))
    return found


def gives(tactic: Tactic[Any]) -> bool:
    """Something to one customer, and not only shows something to everybody."""
    return tactic.sample is not None or tactic.control_group


def _in_order(fields: Sequence[Field]) -> list[Field]:
    """What another field decides about stands right after it, if it would have come before."""
    names = [one.name for one in fields]
    return sorted(
        fields,
        key=lambda one: (max(names.index(one.name), names.index(one.needs) if one.needs else 0), bool(one.needs)),
    )


def _specs(tactic: Tactic[Any]) -> list[dict[str, Any]]:
    left_out = set() if gives(tactic) else set(_OF_GIFTS)
    if not tactic.control_group:
        left_out.add("control_share")
    return [spec for spec in describe_values(Around) if spec["name"] not in left_out]


def _share(percent: Any) -> str:
    try:
        return str(Decimal(str(percent)) / 100)
    except InvalidOperation:
        return str(percent)
