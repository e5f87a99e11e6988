"""Numbers, moments and states as a merchant reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_ui.language import N_, Language
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectKind
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits
from plugin.domain.tactic import describe_params, write_params
from plugin.store.codes import CodeStatus
from plugin.store.overview import Trouble, Way
from plugin.store.shops import Shop, ShopStatus

#: Purchases from which on somebody is loyal, where the merchant says nothing else.
LOYAL_FROM = Limits().loyal_from
SEGMENTS = {
    Segment.NEW: (N_("New"), N_("no second purchase yet")),
    Segment.REGULAR: (N_("Regular"), N_("came back, and in rhythm")),
    Segment.LOYAL: (N_("Loyal"), N_("{least} purchases or more, and in rhythm")),
    Segment.AT_RISK: (N_("At risk"), N_("silent for unusually long")),
}
OUTCOMES = {
    Outcome.GIVEN: N_("Given"),
    Outcome.TOLD: N_("Told"),
    Outcome.SHOWN: N_("Shown"),
    Outcome.CONTROL: N_("Control group"),
    Outcome.NOTHING: N_("Nothing"),
    Outcome.LATER: N_("Put off"),
}
STATUSES = {
    CampaignStatus.ON: N_("On"),
    CampaignStatus.PAUSED: N_("Paused"),
    CampaignStatus.DRAFT: N_("Off"),
    CampaignStatus.ENDED: N_("Ended"),
}
CODES = {
    CodeStatus.DRAWN: N_("Drawn, on the way"),
    CodeStatus.ISSUED: N_("Issued, not used"),
    CodeStatus.REDEEMED: N_("Redeemed"),
    CodeStatus.WITHDRAWN: N_("Withdrawn"),
}
#: The values of choices; another one is called by its own name.
CHOICES: Mapping[str, str] = {
    "prospect": N_("Prospect"),
    "first": N_("First purchase"),
    "repeat": N_("Repeat"),
    "percentage": N_("A percentage off"),
    "amount": N_("An amount off"),
    "free_shipping": N_("Free shipping"),
    "store_credit": N_("Store credit"),
    "personal_gift": N_("A gift"),
    "announcement": N_("Announcement, above everything"),
    "home": N_("Home page"),
    "category": N_("Category page"),
    "product": N_("Product page"),
    "basket": N_("Basket"),
    "checkout": N_("Checkout"),
    "account": N_("Account"),
    "order_confirmation": N_("Order confirmation"),
    "promotion": N_("Promotion"),
    "story": N_("Story"),
    "guide": N_("Guide"),
    "look_book": N_("Look book"),
    "community": N_("Community"),
    "help": N_("Help"),
    "everybody": N_("Everybody"),
    "each": N_("Each customer"),
}
_EFFECTS = {
    EffectKind.VOUCHER: N_("Making a voucher"),
    EffectKind.LISTING: N_("Pricing a voucher in a channel"),
    EffectKind.CODE: N_("Adding codes to a voucher"),
    EffectKind.BANNER: N_("Showing a banner"),
    EffectKind.CLEAR: N_("Taking a banner away"),
    EffectKind.REVOKE: N_("Taking codes back"),
    EffectKind.GIFT_CARD: N_("Making a gift card"),
    EffectKind.DEACTIVATE: N_("Switching a gift card off"),
    EffectKind.PROMOTION: N_("Making or ending a promotion"),
    EffectKind.MESSAGE: N_("Sending a message"),
}


def what_failed(trouble: Trouble, language: Language) -> str:
    if trouble.way is Way.IN:
        return language._("Reading the webhook {event}", event=trouble.what)
    return language._(_EFFECTS[EffectKind(trouble.what)])


def settings_of(campaign: Campaign, language: Language) -> list[tuple[str, str]]:
    """What a campaign is set to: the label of each parameter that says something, with its value."""
    values = write_params(campaign.params)
    empty = {name for name, value in values.items() if value is None or value == []}
    return [
        (label_of(spec, language), _said(values[spec["name"]], language))
        for spec in describe_params(campaign.tactic)
        if spec["name"] not in empty and says_something(spec, values)
    ]


def says_something(spec: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a parameter means anything beside the others: what it needs is set, and to one of its values."""
    if not spec["needs"]:
        return True
    other = values.get(spec["needs"])
    return other in spec["when"] if spec["when"] else other is not False and other not in (None, "", [])


def choice_said(choice: str, language: Language) -> str:
    return language._(CHOICES.get(choice, choice.replace("_", " ").capitalize()))


def label_of(spec: Mapping[str, Any], language: Language) -> str:
    label = language._(spec["label"])
    return f"{label} ({language._(spec['unit'])})" if spec["unit"] else label


def _said(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return language._("yes") if value else language._("no")
    if isinstance(value, Mapping):
        parts = (
            f"{key} ({_said(item, language)})" if isinstance(item, Mapping) else f"{key} {_said(item, language)}"
            for key, item in value.items()
        )
        return ", ".join(parts) or language._("none")
    if isinstance(value, list):
        return ", ".join(_said(item, language) for item in value) or language._("none")
    return str(value)


@dataclass(frozen=True, slots=True)
class State:
    """A tone for its mark, a word, a sentence."""

    tone: str
    word: str
    sentence: str


def state_of(shop: Shop, on: int, now: datetime, language: Language) -> State:
    """How the shop stands; `on` campaigns are on."""
    _, since = language._, language.moment(shop.status_since, shop.zone)
    match shop.status:
        case ShopStatus.DEACTIVATED:
            told = _("Switched off in the Dashboard since {since}: nothing is decided or sent.", since=since)
            return State("warning", _("Switched off"), told)
        case ShopStatus.REFUSED:
            text = N_("Saleor refuses this app's token since {since}: nothing can be sent. Install the app again.")
            return State("critical", _("Refused"), _(text, since=since))
        case ShopStatus.UNINSTALLED:
            return State("critical", _("Uninstalled"), _("Uninstalled since {since}.", since=since))
        case ShopStatus.ACTIVE:
            pass
    if shop.stopped:
        return State("warning", _("Stopped"), _("Nothing is decided and nothing goes out until you start again."))
    if shop.rest_until is not None and shop.rest_until > now:
        until = language.moment(shop.rest_until, shop.zone)
        told = _("Saleor asked for a pause; what waits goes out from {until} on.", until=until)
        return State("warning", _("Resting"), told)
    if not on:
        return State("neutral", _("Ready"), _("Orders are read; no campaign is on, so nobody gets anything yet."))
    return State("success", _("Active"), language.plural(on, "{n} campaign is on.", "{n} campaigns are on."))
