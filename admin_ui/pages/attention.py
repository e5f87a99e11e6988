"""What a merchant should look at: each in a sentence, with the way there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.flow.budget_lines import Line

#: Of fewer customers, nobody having agreed says nothing.
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Notice:
    tone: str
    sentence: str
    href: str
    link: str


def attention(
    visit: Visit,
    dead: int,
    known: Sequence[Campaign],
    lines: Sequence[Line],
    report: Mapping[str, Any] | None,
    *,
    past_failed: bool,
) -> list[Notice]:
    """The worst first."""
    found = [*_failed(visit, dead, past_failed), *_campaigns(visit, known, lines), *_budgets(visit, known, lines)]
    return found + list(_unanswered(visit)) + list(_consent(visit, report))


def _failed(visit: Visit, dead: int, past_failed: bool) -> Iterator[Notice]:
    _, health = visit.language._, "/admin/health"
    if dead:
        told = visit.language.plural(
            dead, "{n} webhook or effect was given up.", "{n} webhooks or effects were given up."
        )
        yield Notice("critical", told, health, _("See why"))
    if past_failed:
        yield Notice("critical", _("Reading your history has failed; it is tried again."), health, _("See why"))


def _campaigns(visit: Visit, known: Sequence[Campaign], lines: Sequence[Line]) -> Iterator[Notice]:
    _, language = visit.language._, visit.language
    for campaign in known:
        path = f"/admin/campaigns/{campaign.campaign_id}"
        if campaign.on and campaign.rests:
            yield Notice("critical", f"“{campaign.name}”: {language.said(campaign.rests)}", path, _("Edit it"))
        if campaign.status is CampaignStatus.PAUSED:
            open_ = [
                line for line in lines if (line.campaign, line.period) == (campaign.name, "total") and line.reserved
            ]
            for line in open_:
                amount = language.money(line.reserved, line.currency)
                told = _(
                    "“{name}” is paused, and its codes may still cost {amount}.", name=campaign.name, amount=amount
                )
                yield Notice("warning", told, path, _("Look at it"))


def _budgets(visit: Visit, known: Sequence[Campaign], lines: Sequence[Line]) -> Iterator[Notice]:
    _, by_name = visit.language._, {campaign.name: campaign for campaign in known}
    for line in lines:
        if line.left is None or line.left > 0 or line.limit is None:
            continue
        limit = visit.language.money(line.limit, line.currency)
        if line.campaign is None:
            told = _("The budget of the whole shop is used up: {limit}.", limit=limit)
            if line.period == "day":
                told = _("Today's budget of the whole shop is used up: {limit}.", limit=limit)
            yield Notice("warning", told, "/admin/settings#guardrails", _("Settings"))
        elif by_name[line.campaign].on:
            told = _("The budget of “{name}” is used up: {limit}.", name=line.campaign, limit=limit)
            if line.period == "day":
                told = _("Today's budget of “{name}” is used up: {limit}.", name=line.campaign, limit=limit)
            path = f"/admin/campaigns/{by_name[line.campaign].campaign_id}"
            yield Notice("warning", told, path, _("Change it"))


def _unanswered(visit: Visit) -> Iterator[Notice]:
    _, shop, path = visit.language._, visit.shop, "/admin/settings"
    if shop.asked_at is None:
        return  # they stand on this very page
    if shop.guardrails.default_margin is None:
        told = _("Your margin is not known, so no gift is checked against it and no threshold can be worked out.")
        yield Notice("info", told, path, _("Say it"))
    if shop.time_zone == "UTC":
        told = _("Days and quiet hours are in UTC, because Saleor knows no time zone of your shop.")
        yield Notice("info", told, path, _("Choose one"))


def _consent(visit: Visit, report: Mapping[str, Any] | None) -> Iterator[Notice]:
    if report is None or report["customers"] < ENOUGH or report["consents"]["opted_in"]:
        return
    told = visit.language._(
        "No customer has agreed to marketing yet: your storefront has to ask them, or messages reach nobody."
    )
    yield Notice("info", told, "/admin/settings", visit.language._("Settings"))
