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
from plugin.domain.replay_figures import Anyway, Cost, Figures, Replay
from plugin.domain.replay_values import MESSAGE_LASTS, Asked
from plugin.domain.tactic import by_stays
from plugin.report import words
from plugin.store.baskets import LEFT_ALONE

NO_CAUSE = (
    "This is arithmetic on the past and no causal estimate: who came anyway is known, who would have come because of"
    " the offer is not, and only a control group proves it."
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
    return " ".join((*_sentences(replay), NO_CAUSE))


def _sentences(replay: Replay) -> Iterator[str]:
    figures = replay.figures
    given, told, control = (figures.outcomes[one.value] for one in (Outcome.GIVEN, Outcome.TOLD, Outcome.CONTROL))
    span = f"From {_day(replay.begins)} to {_day(replay.ends)}"
    if not given and not told and not control:
        nothing = "given nothing to anybody" if replay.baskets_from is None else "told nobody of anything"
        yield f"{span}, “{replay.campaign.name}” would have {nothing}."
        yield from _of_baskets(replay)
        return
    messages = f", {words.number(told)} messages without one" if told else ""
    yield (
        f"{span}, “{replay.campaign.name}” would have reached {words.number(figures.customers)} of"
        f" {words.number(replay.customers)} customers: {words.number(given)} offers{messages}, and {words.number(control)} times"
        " nothing for the control group."
    )
    if replay.learnt_from is not None and replay.learnt_from > replay.begins:
        yield f"Until {_day(replay.learnt_from)} there was too little to learn a model from, and the plain rhythm stood in."
    yield from _anyway(figures)
    yield from _of_baskets(replay)
    for currency, cost in figures.cost.items():
        yield from _money(cost, currency, replay)


def _anyway(figures: Figures) -> Iterator[str]:
    anyway = figures.anyway
    if anyway.of:
        yield (
            f"Of the {words.number(anyway.of)} offers whose time is over, {words.number(anyway.came)}"
            f" ({words.share(anyway.share)}; 95 % interval {words.share(anyway.low)} to {words.share(anyway.high)})"
            " would have gone to somebody who ordered within that time without any."
        )
    told = figures.told_anyway
    if told.of:
        yield (
            f"Of the {words.number(told.of)} who would have been written to without an offer, {words.number(told.came)}"
            f" ({words.share(told.share)}; 95 % interval {words.share(told.low)} to {words.share(told.high)}) ordered"
            f" within {MESSAGE_LASTS.days} days without it, each need counted once, from its first message on."
        )


def _of_baskets(replay: Replay) -> Iterator[str]:
    if replay.baskets_from is not None:
        yield (
            f"Baskets are known from {_day(replay.baskets_from)} on, each as it was left for {LEFT_ALONE.seconds // 60} minutes or"
            " longer; those from before, and what was changed sooner, are not. Who is promised free shipping from where,"
            " and who may be written to, is taken as it is today."
        )


def _money(cost: Cost, currency: str, replay: Replay) -> Iterator[str]:
    rate = replay.figures.rate

    def said(amount: Decimal) -> str:
        return words.money(amount, currency)

    yield (
        f"If every offer is used, they cost {said(cost.full)}, and {said(cost.subsidy)} of that goes to who would have"
        f" ordered anyway. At a rate of {words.share(rate.likely)} they cost {said(cost.expected)}"
        f" ({said(cost.low)} to {said(cost.high)}; {rate.source})."
    )
    if replay.margin is None:
        return
    if cost.break_even is None:
        yield (
            f"With a margin of {words.share(replay.margin)} an order of {said(cost.mean_order)} brings in less than the"
            " offer costs, so no number of further orders pays for it."
        )
        return
    likely, low, high = (f"{100 * needed:.1f}" for needed in cost.break_even)
    yield (
        f"With a margin of {words.share(replay.margin)}, each hundred offers have to bring {likely} orders ({low} to"
        f" {high}) that would not have come, or they lose money."
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
