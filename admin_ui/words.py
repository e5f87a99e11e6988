"""Numbers, moments and states as a merchant reads them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectKind
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits
from plugin.domain.tactic import describe_params, write_params
from plugin.store.codes import CodeStatus
from plugin.store.overview import Trouble, Way
from plugin.store.shops import Shop, ShopStatus

SEGMENTS = {
    Segment.NEW: ("New", "no second purchase yet"),
    Segment.REGULAR: ("Regular", "came back, and in rhythm"),
    Segment.LOYAL: ("Loyal", f"{Limits().loyal_from} purchases or more, and in rhythm"),
    Segment.AT_RISK: ("At risk", "silent for unusually long"),
}
OUTCOMES = {
    Outcome.GIVEN: "Given",
    Outcome.SHOWN: "Shown",
    Outcome.CONTROL: "Control group",
    Outcome.NOTHING: "Nothing",
    Outcome.LATER: "Put off",
}
CODES = {
    CodeStatus.DRAWN: "Drawn, on the way",
    CodeStatus.ISSUED: "Issued, not used",
    CodeStatus.REDEEMED: "Redeemed",
    CodeStatus.WITHDRAWN: "Withdrawn",
}
_EFFECTS = {
    EffectKind.VOUCHER: "Making a voucher",
    EffectKind.LISTING: "Pricing a voucher in a channel",
    EffectKind.CODE: "Adding codes to a voucher",
    EffectKind.BANNER: "Showing a banner",
    EffectKind.CLEAR: "Taking a banner away",
    EffectKind.REVOKE: "Taking codes back",
    EffectKind.GIFT_CARD: "Making a gift card",
    EffectKind.DEACTIVATE: "Switching a gift card off",
    EffectKind.PROMOTION: "Making or ending a promotion",
}


def number(value: int) -> str:
    return f"{value:,}"


def plural(value: int, one: str, many: str = "") -> str:
    """`3 codes`: the number with its noun."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def what_failed(trouble: Trouble) -> str:
    if trouble.way is Way.IN:
        return f"Reading the webhook {trouble.what}"
    return _EFFECTS[EffectKind(trouble.what)]


def share(part: int, whole: int) -> str:
    """A percentage that never says 0 % of something or 100 % of almost all."""
    percent = 100 * part / whole if whole else 0
    if 0 < percent < 1:
        return "under 1 %"
    if 99 < percent < 100:
        return "over 99 %"
    return f"{percent:.0f} %"


def settings_of(campaign: Campaign) -> list[tuple[str, str]]:
    """What a campaign is set to: the label of each parameter that says something, with its value."""
    values = write_params(campaign.params)
    empty = {name for name, value in values.items() if value is None or value == []}
    return [
        (f"{spec['label']} ({spec['unit']})" if spec["unit"] else spec["label"], _said(values[spec["name"]]))
        for spec in describe_params(campaign.tactic)
        if not empty & {spec["name"], spec["needs"]}
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return (
            ", ".join(
                f"{key} ({_said(item)})" if isinstance(item, Mapping) else f"{key} {_said(item)}"
                for key, item in value.items()
            )
            or "none"
        )
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    return str(value)


def state_of(shop: Shop, on: int, now: datetime) -> tuple[str, str, str]:
    """How the shop stands: a tone for its mark, a word, a sentence."""
    since = moment(shop.status_since, ZoneInfo(shop.time_zone))
    match shop.status:
        case ShopStatus.DEACTIVATED:
            return (
                "warning",
                "Switched off",
                f"Switched off in the Dashboard since {since}: nothing is decided or sent.",
            )
        case ShopStatus.REFUSED:
            sentence = f"Saleor refuses this app's token since {since}: nothing can be sent. Install the app again."
            return "critical", "Refused", sentence
        case ShopStatus.UNINSTALLED:
            return "critical", "Uninstalled", f"Uninstalled since {since}."
        case ShopStatus.ACTIVE:
            pass
    if shop.stopped:
        return "warning", "Stopped", "Nothing is decided and nothing goes out until you start again."
    if shop.rest_until is not None and shop.rest_until > now:
        until = moment(shop.rest_until, ZoneInfo(shop.time_zone))
        return "warning", "Resting", f"Saleor asked for a pause; what waits goes out from {until} on."
    if not on:
        return "neutral", "Ready", "Orders are read; no campaign is on, so nobody gets anything yet."
    return "success", "Active", f"{plural(on, 'campaign')} {'is' if on == 1 else 'are'} on."
