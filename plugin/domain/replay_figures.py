"""What a replay adds up to: who would have been asked, what it would have cost, and who came anyway."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Limit
from plugin.domain.phrases import Phrase, first_of, without_figures
from plugin.domain.replay_costs import break_even, wilson
from plugin.domain.replay_values import Asked, Season

_REACHED = frozenset({Outcome.GIVEN, Outcome.TOLD, Outcome.CONTROL})
_NUMBERS = re.compile(r"\d[\d.,:-]*\d|\d")


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of codes that are used."""

    likely: float
    low: float
    high: float
    #: A sentence: where it is from.
    source: str


@dataclass(frozen=True, slots=True)
class Anyway:
    """Of those who would have been given an offer, or told of something: who ordered within its time without it."""

    came: int
    #: Whose time is over, and who had no code or message of ours in it.
    of: int
    share: float
    low: float
    high: float
    #: Its time goes on, or they had something of ours: they say nothing.
    unknown: int


@dataclass(frozen=True, slots=True)
class Cost:
    """In one currency."""

    given: int
    #: If every offer is used, each on an order like the customer's mean one.
    full: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    #: Of that: given to who ordered anyway, if they use it; and of how many.
    subsidy: Decimal
    came: int
    mean_order: Decimal
    #: Orders an offer has to bring in beyond those that come anyway, with the interval of those that do.
    #: None without a margin, and where no number pays.
    break_even: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Figures:
    #: Who would have been given an offer, told of something or left alone as control.
    customers: int
    outcomes: Mapping[str, int]
    #: Why nothing was given, without its numbers, the most frequent first.
    reasons: Mapping[str, int]
    #: Monday → outcome → decisions, every week of the span.
    weeks: Mapping[date, Mapping[str, int]]
    #: Why something was put off to a later moment, in the same way.
    later: Mapping[str, int]
    #: What refused or put off how many: the guardrails' own names.
    limits: Mapping[Limit, int]
    #: Given, but later than it was needed, because a day's budget was used up.
    waited: int
    #: The other campaign → offers given while one of it was still valid.
    beside: Mapping[int, int]
    rate: Rate
    anyway: Anyway
    #: Of messages without a gift: the first for each need, so that nobody is counted for every step.
    told_anyway: Anyway
    cost: Mapping[str, Cost]


@dataclass(frozen=True, slots=True)
class Replay:
    campaign: Campaign
    begins: datetime
    ends: datetime
    #: Who had ordered by the end, or begun a basket, and who was silent (or in the segment) already at the beginning and so is left out.
    customers: int
    inside: int
    seasons: tuple[Season, ...]
    #: Of this campaign, in the order of time.
    asked: tuple[Asked, ...]
    #: Names of the campaigns that are on beside it, by id.
    others: Mapping[int, str]
    margin: float | None
    figures: Figures
    #: Of a campaign about baskets: since when they are known. None of any other.
    baskets_from: datetime | None = None

    @property
    def learnt_from(self) -> datetime | None:
        """When there was enough to learn a model from first; None where there never was."""
        usable = (season.begins for season in self.seasons if season.outlook.model and season.outlook.model.usable)
        return next(usable, None)


def figures(
    asked: Sequence[Asked],
    *,
    rate: Rate,
    margin: float | None,
    span: tuple[datetime, datetime],
    zone: tzinfo,
) -> Figures:
    """Of one campaign's decisions, with those that a budget refused among the nothings already."""
    given = [one for one in asked if one.outcome is Outcome.GIVEN]
    reached = {one.customer_id for one in asked if one.outcome in _REACHED}
    anyway = _anyway(given, span[1])
    return Figures(
        customers=len(reached),
        outcomes={outcome.value: sum(one.outcome is outcome for one in asked) for outcome in Outcome},
        reasons=_reasons(asked, Outcome.NOTHING),
        weeks=_weeks(asked, span, zone),
        later=_reasons(asked, Outcome.LATER),
        limits=dict(Counter(one.by for one in asked if one.by is not None)),
        waited=sum(one.waited for one in given),
        beside=dict(Counter(one.beside for one in given if one.beside is not None)),
        rate=rate,
        anyway=anyway,
        told_anyway=_anyway(_first_told(asked), span[1]),
        cost={
            currency: _cost(theirs, anyway, rate, margin) for currency, theirs in sorted(_by_currency(given).items())
        },
    )


def _reasons(asked: Iterable[Asked], outcome: Outcome) -> dict[str, int]:
    return dict(Counter(kind_of(one.reason) for one in asked if one.outcome is outcome).most_common())


def kind_of(reason: str) -> str:
    """The first sentence without its numbers and dates, so that reasons alike are counted together."""
    if isinstance(reason, Phrase):
        return without_figures(first_of(reason))
    return _NUMBERS.sub("…", reason.split(". ", maxsplit=1)[0]).rstrip(".")


def _anyway(given: Sequence[Asked], ends: datetime) -> Anyway:
    telling = [one for one in given if one.until is not None and one.until <= ends and not one.had_ours]
    came = sum(one.came for one in telling)
    low, high = wilson(came, len(telling))
    return Anyway(came, len(telling), came / len(telling) if telling else 0.0, low, high, len(given) - len(telling))


def _first_told(asked: Iterable[Asked]) -> list[Asked]:
    """asked: in the order of time."""
    found: dict[tuple[int, str], Asked] = {}
    for one in asked:
        if one.outcome is Outcome.TOLD:
            found.setdefault((one.customer_id, one.need), one)
    return list(found.values())


def _by_currency(given: Iterable[Asked]) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for one in given:
        if one.cost is not None:
            found[one.cost.currency].append(one)
    return found


def _cost(given: Sequence[Asked], anyway: Anyway, rate: Rate, margin: float | None) -> Cost:
    amounts = [one.cost.amount for one in given if one.cost is not None]
    orders = [one.mean_order for one in given if one.mean_order is not None]
    full, order = sum(amounts, Decimal(0)), sum(orders, Decimal(0)) / max(1, len(orders))
    came = [one.cost.amount for one in given if one.cost is not None and one.came and not one.had_ours]
    return Cost(
        given=len(given),
        full=full,
        expected=full * Decimal(str(rate.likely)),
        low=full * Decimal(str(rate.low)),
        high=full * Decimal(str(rate.high)),
        subsidy=sum(came, Decimal(0)),
        came=len(came),
        mean_order=order,
        break_even=None if margin is None else _break_even(anyway, full / len(given), order, margin),
    )


def _break_even(anyway: Anyway, cost: Decimal, order: Decimal, margin: float) -> tuple[float, float, float] | None:
    needed = [break_even(share, cost, order, margin) for share in (anyway.share, anyway.low, anyway.high)]
    likely, low, high = needed
    return None if likely is None or low is None or high is None else (likely, low, high)


def _weeks(asked: Iterable[Asked], span: tuple[datetime, datetime], zone: tzinfo) -> dict[date, dict[str, int]]:
    first, last = (_monday(moment, zone) for moment in span)
    weeks = {first + timedelta(days=7 * n): dict[str, int]() for n in range((last - first).days // 7 + 1)}
    for one in asked:
        week = weeks[_monday(one.at, zone)]
        week[one.outcome.value] = week.get(one.outcome.value, 0) + 1
    return weeks


def _monday(moment: datetime, zone: tzinfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())
