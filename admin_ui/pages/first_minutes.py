"""What there is to do after the install, and how far the app has come by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from admin_ui.language import N_, Language
from admin_ui.pages.past import READ_ONCE, Past
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.store.backfills import Backfill, Kind, Status
from plugin.store.shops import Shop

#: Time left is said once so much has been read.
ENOUGH = 0.02
_TO_CAMPAIGNS, _TO_QUESTIONS = "/admin/campaigns", "#questions"


@dataclass(frozen=True, slots=True)
class Step:
    done: bool
    title: str
    says: str
    #: Between 0 and 1, where it goes on by itself and that is known.
    share: float | None = None
    #: What leads to it, and what that is called.
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class FirstMinutes:
    steps: Sequence[Step]
    #: The page's figures grow by themselves, so that it looks again.
    growing: bool

    @property
    def done(self) -> bool:
        return all(step.done for step in self.steps)


def first_minutes(
    shop: Shop,
    walks: Mapping[Kind, Backfill],
    past: Past,
    known: Sequence[Campaign],
    report_made: datetime | None,
    *,
    customers: bool,
    language: Language,
) -> FirstMinutes:
    _, once = language._, [walks[kind] for kind in READ_ONCE if kind in walks]
    whole = len(once) == len(READ_ONCE) and all(walk.status is Status.DONE for walk in once)
    read = whole or report_made is not None
    began = any(campaign.status is not CampaignStatus.DRAFT for campaign in known)
    share, left = _progress(once)
    told = past.sentence if left is None else f"{past.sentence} {_left(left, language)}"
    installed = _("Since {at}. Orders arrive within seconds.", at=language.moment(shop.installed_at, shop.zone))
    steps = [
        Step(True, _("Installed"), installed),
        Step(read, _("Read your history"), told, share if past.reading else None),
        _report(report_made, read, customers, language),
        _questions(shop, language),
        _campaign(began, language),
    ]
    return FirstMinutes(steps, growing=past.reading or (read and report_made is None and customers))


def _report(made: datetime | None, read: bool, customers: bool, language: Language) -> Step:
    _, title = language._, language._("Work out your numbers")
    if made is not None:
        return Step(True, title, _("Retention, revenue at risk and why customers leave, new every day."))
    if read and not customers:
        return Step(False, title, _("There are no customers yet; it begins with the first orders."))
    return Step(False, title, _("By itself, within a minute after your history has been read."))


def _questions(shop: Shop, language: Language) -> Step:
    _, title = language._, language._("Answer three questions")
    if shop.asked_at is not None:
        return Step(True, title, _("They fill every default; you can change them in the settings."))
    says = _("Your margin, what shipping costs you, and how you speak: they fill every default.")
    return Step(False, title, says, href=_TO_QUESTIONS, link=_("Answer"))


def _campaign(began: bool, language: Language) -> Step:
    _, title = language._, language._("Switch on your first campaign")
    if began:
        return Step(True, title, _("It acts by itself, within your guardrails."))
    says = _("Win back is ready: see what it would have done over your own past, then switch it on.")
    return Step(False, title, says, href=_TO_CAMPAIGNS, link=_("Choose a campaign"))


def _progress(once: Sequence[Backfill]) -> tuple[float | None, timedelta | None]:
    """How much of what is counted has been read, and how long the rest takes at the same pace."""
    if not once or any(walk.total is None for walk in once if walk.status is Status.RUNNING):
        return None, None
    of = sum(max(walk.total or 0, walk.done) for walk in once)
    done = sum(walk.done for walk in once)
    share = done / of if of else 0.0
    begun = min(walk.started_at for walk in once)
    running = [walk for walk in once if walk.status is Status.RUNNING]
    if not running or share < ENOUGH or share >= 1:
        return share, None
    return share, (max(walk.updated_at for walk in running) - begun) * ((1 - share) / share)


def _left(left: timedelta, language: Language) -> str:
    minutes = round(left / timedelta(minutes=1))
    if minutes < 1:
        return language._(N_("Less than a minute left."))
    if minutes < 90:
        return language.plural(minutes, "About {n} minute left.", "About {n} minutes left.")
    return language.plural(round(minutes / 60), "About {n} hour left.", "About {n} hours left.")
