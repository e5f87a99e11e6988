"""A replay as JSON values, as a paragraph for a merchant, and on a terminal."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from plugin.domain.decide import Outcome
from plugin.domain.money import Money
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.replay_figures import Anyway, Cost, Figures, Replay
from plugin.domain.replay_values import MESSAGE_LASTS, Asked
from plugin.domain.tactic import by_stays
from plugin.report import words
from plugin.store.baskets import LEFT_ALONE

NO_CAUSE = phrase(
    "This is arithmetic on the past and no causal estimate: who came anyway is known, who would have come because of the offer is not, and only a control group proves it."
)
#: The widest bar of a week, and what stands beside it.
BAR, BESIDE_BAR = 40, 60
SHOWN = (Outcome.GIVEN, Outcome.TOLD, Outcome.CONTROL, Outcome.NOTHING, Outcome.LATER)


def as_data(replay: Replay) -> dict[str, Any]:
    figures, anyway = replay.figures, replay.figures.anyway
    return {
        "campaign": replay.campaign.name,
        "version": replay.campaign.version,
        "begins": replay.begins.isoformat(),
        "ends": replay.ends.isoformat(),
        "model_from": None if replay.learnt_from is None else replay.learnt_from.isoformat(),
        "models": len(replay.seasons),
        "customers": replay.customers,
        "inside": replay.inside,
        "asked": figures.customers,
        "outcomes": dict(figures.outcomes),
        "reasons": dict(figures.reasons),
        "later": dict(figures.later),
        "limits": {limit.value: count for limit, count in figures.limits.items()},
        "waited": figures.waited,
        "beside": {replay.others[campaign_id]: count for campaign_id, count in figures.beside.items()},
        "weeks": [{"week": week.isoformat(), **counts} for week, counts in figures.weeks.items()],
        "rate": {
            "likely": figures.rate.likely,
            "range": [figures.rate.low, figures.rate.high],
            "source": figures.rate.source,
        },
        "ordered_anyway": _anyway_data(anyway),
        "ordered_anyway_of_told": _anyway_data(figures.told_anyway),
        "baskets_from": None if replay.baskets_from is None else replay.baskets_from.isoformat(),
        "cost": {currency: _cost_data(cost, currency) for currency, cost in figures.cost.items()},
        "margin": replay.margin,
        "says": paragraph(replay),
        "decisions": [_asked_data(one) for one in replay.asked],
    }


def _anyway_data(anyway: Anyway) -> dict[str, Any]:
    return {
        "came": anyway.came,
        "of": anyway.of,
        "share": anyway.share if anyway.of else None,
        "interval_95": [anyway.low, anyway.high],
        "unknown": anyway.unknown,
    }


def _cost_data(cost: Cost, currency: str) -> dict[str, Any]:
    amounts = {
        name: str(_rounded(getattr(cost, name), currency))
        for name in ("full", "expected", "low", "high", "subsidy", "mean_order")
    }
    needed = cost.break_even
    return {
        "given": cost.given,
        "came": cost.came,
        **amounts,
        "break_even": None if needed is None else {"likely": needed[0], "range": [needed[1], needed[2]]},
    }


def _asked_data(one: Asked) -> dict[str, Any]:
    return {
        "customer": one.customer_id,
        "at": one.at.isoformat(),
        "outcome": one.outcome.value,
        "reason": one.reason,
        "by": None if one.by is None else one.by.value,
        "cost": None if one.cost is None else [str(one.cost.rounded().amount), one.cost.currency],
        "until": None if one.until is None else one.until.isoformat(),
        "next_order_at": None if one.next_order_at is None else one.next_order_at.isoformat(),
    }


def paragraph(replay: Replay) -> str:
    """For a merchant, ending with what this is not."""
    return joined((*_sentences(replay), NO_CAUSE))


def _sentences(replay: Replay) -> Iterator[str]:
    figures = replay.figures
    given, told, control = (figures.outcomes[one.value] for one in (Outcome.GIVEN, Outcome.TOLD, Outcome.CONTROL))
    of = {"begins": _day(replay.begins), "ends": _day(replay.ends), "campaign": replay.campaign.name}
    if not given and not told and not control:
        nothing = N_("From {begins} to {ends}, “{campaign}” would have given nothing to anybody.")
        nobody = N_("From {begins} to {ends}, “{campaign}” would have told nobody of anything.")
        yield phrase(nothing if replay.baskets_from is None else nobody, **of)
        yield from _of_baskets(replay)
        return
    reached = {"customers": figures.customers, "all": replay.customers, "offers": given, "control": control, **of}
    if told:
        yield phrase(
            "From {begins} to {ends}, “{campaign}” would have reached {customers} of {all} customers: {offers} offers,"
            " {messages} messages without one, and {control} times nothing for the control group.",
            messages=told,
            **reached,
        )
    else:
        yield phrase(
            "From {begins} to {ends}, “{campaign}” would have reached {customers} of {all} customers: {offers} offers,"
            " and {control} times nothing for the control group.",
            **reached,
        )
    if replay.learnt_from is not None and replay.learnt_from > replay.begins:
        yield phrase(
            "Until {day} there was too little to learn a model from, and the plain rhythm stood in.",
            day=_day(replay.learnt_from),
        )
    yield from _anyway(figures)
    yield from _of_baskets(replay)
    for currency, cost in figures.cost.items():
        yield from _money(cost, currency, replay)


def _anyway(figures: Figures) -> Iterator[str]:
    if figures.anyway.of:
        yield phrase(
            "Of the {of} offers whose time is over, {came} ({share}; 95 % interval {low} to {high}) would have gone to"
            " somebody who ordered within that time without any.",
            **_shares(figures.anyway),
        )
    if figures.told_anyway.of:
        yield phrase(
            "Of the {of} who would have been written to without an offer, {came} ({share}; 95 % interval {low} to"
            " {high}) ordered within {days} days without it, each need counted once, from its first message on.",
            days=MESSAGE_LASTS.days,
            **_shares(figures.told_anyway),
        )


def _shares(anyway: Anyway) -> dict[str, Any]:
    shares = {name: words.share(getattr(anyway, name)) for name in ("share", "low", "high")}
    return {"of": anyway.of, "came": anyway.came, **shares}


def _of_baskets(replay: Replay) -> Iterator[str]:
    if replay.baskets_from is not None:
        yield phrase(
            "Baskets are known from {day} on, each as it was left for {minutes} minutes or longer; those from before,"
            " and what was changed sooner, are not. Who is promised free shipping from where, and who may be written"
            " to, is taken as it is today.",
            day=_day(replay.baskets_from),
            minutes=LEFT_ALONE.seconds // 60,
        )


def _money(cost: Cost, currency: str, replay: Replay) -> Iterator[str]:
    rate = replay.figures.rate

    def said(amount: Decimal) -> str:
        return words.money(amount, currency)

    yield phrase(
        "If every offer is used, they cost {full}, and {subsidy} of that goes to who would have ordered anyway. At a"
        " rate of {rate} they cost {expected} ({low} to {high}; {source}).",
        rate=words.share(rate.likely),
        source=rate.source,
        **{name: said(getattr(cost, name)) for name in ("full", "subsidy", "expected", "low", "high")},
    )
    if replay.margin is None:
        return
    margin = words.share(replay.margin)
    if cost.break_even is None:
        yield phrase(
            "With a margin of {margin} an order of {order} brings in less than the offer costs, so no number of further"
            " orders pays for it.",
            margin=margin,
            order=said(cost.mean_order),
        )
        return
    likely, low, high = (round(Decimal(100 * needed), 1) for needed in cost.break_even)
    yield phrase(
        "With a margin of {margin}, each hundred offers have to bring {likely} orders ({low} to {high}) that would not"
        " have come, or they lose money.",
        margin=margin,
        likely=likely,
        low=low,
        high=high,
    )


def print_replay(replay: Replay, console: Console) -> None:
    figures = replay.figures
    console.print(Text(f"{replay.campaign.name}, {_day(replay.begins)} to {_day(replay.ends)}", style="bold"))
    if replay.inside:
        already = "in it" if by_stays(replay.campaign.tactic, replay.campaign.params) else "silent"
        console.print(
            f"{words.number(replay.inside)} customers were {already} already when it began; they are not asked."
        )
    _weeks(figures.weeks, console)
    _counts("Why nothing", figures.reasons, console)
    _counts("Why later", figures.later, console)
    beside = {replay.others[campaign_id]: count for campaign_id, count in figures.beside.items()}
    _counts("Given while an offer of another campaign was valid", beside, console)
    if figures.waited:
        console.print(f"{words.number(figures.waited)} were given on a later day, because a day's budget was used up.")
    console.print()
    console.print(Text(paragraph(replay)))


def _weeks(weeks: Mapping[date, Mapping[str, int]], console: Console) -> None:
    """From the first week with a decision to the last."""
    busy = [week for week, counts in weeks.items() if counts]
    if not busy:
        return
    most = max(sum(counts.values()) for counts in weeks.values())
    widest = max(0, min(BAR, console.width - BESIDE_BAR))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("week of", "given", "told", "control", "nothing", "later"):
        table.add_column(name, justify="left" if name == "week of" else "right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for week, counts in weeks.items():
        if busy[0] <= week <= busy[-1]:
            shown = [counts.get(outcome.value, 0) for outcome in SHOWN]
            widths = (round(widest * count / most) for count in shown)
            parts = zip("█▓▒░░", widths, ("green", "green", "cyan", "dim", "dim"), strict=True)
            bar = Text.assemble(*((mark * width, style) for mark, width, style in parts))
            table.add_row(week.isoformat(), *map(str, shown), bar)
    console.print(table)


def _counts(title: str, counts: Mapping[str, int], console: Console) -> None:
    if counts:
        console.print(Text(title, style="bold"))
        for name, count in counts.items():
            console.print(Padding(Text(f"{words.number(count)}  {name}"), (0, 0, 0, 2)))


def _day(moment: datetime) -> str:
    return words.day(moment.date().isoformat())


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return Money(amount, currency).rounded().amount
