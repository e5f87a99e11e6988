"""What the threshold finder found: as JSON values, as sections with curves, and on a terminal."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from plugin.domain.money import Money
from plugin.domain.past_baskets import Group
from plugin.domain.phrases import N_, joined, phrase, phrases
from plugin.domain.threshold_finder import Answer, Best, Curve, Found, Point
from plugin.domain.threshold_sums import Ranged
from plugin.report import words
from plugin.report.charts import SEE
from plugin.report.page import Heading, write
from plugin.report.section import Section, Table
from plugin.report.terminal import print_section

NO_CAUSE = phrase(
    "This is arithmetic on past orders under these assumptions and no forecast: who would come because of free"
    " shipping, or stay away without it, is not in it. Only an experiment tells."
)
NAMES = {
    None: phrase("Everybody"),
    Group.NEW: phrase("New customers"),
    Group.REGULAR: phrase("Regular customers"),
    Group.LOYAL: phrase("Loyal customers"),
    Group.AT_RISK: phrase("Customers at risk"),
    Group.GUEST: phrase("Guests"),
}
COLUMNS = (
    phrase("Free from"),
    phrase("Orders that reach it"),
    phrase("Topped up"),
    phrase("Shipping given away"),
    phrase("Extra margin"),
    phrase("Net"),
    phrase("Net, range"),
    phrase("Further orders needed"),
)
FOOTER = "Every formula and assumption: docs/thresholds.md of Saleor Retention. No customer is named here."
MINUS = "\N{MINUS SIGN}"


def as_data(answer: Answer) -> dict[str, Any]:
    return {
        "begins": answer.begins.isoformat(),
        "ends": answer.ends.isoformat(),
        "elsewhere": answer.elsewhere,
        "channels": [_found_data(found) for found in answer.found],
        "says": NO_CAUSE,
    }


def _found_data(found: Found) -> dict[str, Any]:
    terms, top_up = found.terms, found.top_up
    return {
        "channel": terms.channel,
        "currency": terms.currency,
        "margin": terms.margin,
        "shipping": {"usual": _plain(found.shipping), "source": found.shipping_source},
        "top_up": {
            "low": top_up.low,
            "central": top_up.central,
            "high": top_up.high,
            "reach": top_up.reach,
            "estimated": top_up.estimated,
            "source": top_up.source,
        },
        "free_from": _plain(terms.free_from),
        "left_out": list(found.left_out),
        "missing": found.missing,
        "curves": [_curve_data(curve, terms.currency) for curve in found.curves],
    }


def _curve_data(curve: Curve, currency: str) -> dict[str, Any]:
    return {
        "segment": None if curve.group is None else curve.group.value,
        "orders": curve.orders,
        "customers": curve.customers,
        "now": _plain(curve.now),
        "missing": curve.missing,
        "best": None if curve.best is None else _best_data(curve.best, currency),
        "points": [_point_data(point, currency) for point in curve.points],
    }


def _best_data(best: Best, currency: str) -> dict[str, Any]:
    return {
        "threshold": _plain(best.threshold),
        "range": [_plain(best.lowest), _plain(best.highest)],
        "net": None if best.net is None else _ranged_data(best.net, currency),
        "now_as_good": best.now_as_good,
        "taken": best.taken,
        "to_spare": round(best.to_spare, 1),
    }


def _point_data(point: Point, currency: str) -> dict[str, Any]:
    needed = point.needed
    return {
        "threshold": _plain(point.threshold),
        "reaching": point.reaching,
        "in_reach": point.in_reach,
        "topped_up": round(point.topped_up, 1),
        "shipping_given_away": _ranged_data(point.cost, currency),
        "extra_margin": _ranged_data(point.margin, currency),
        "net": _ranged_data(point.net, currency),
        "further_orders": None if needed is None else [round(n, 1) for n in (needed.central, needed.low, needed.high)],
        "taken": point.taken,
        "to_spare": round(point.to_spare, 1),
    }


def _ranged_data(amount: Ranged, currency: str) -> dict[str, str]:
    return {name: str(_rounded(getattr(amount, name), currency)) for name in ("central", "low", "high")}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _rounded(amount: float, currency: str) -> Decimal:
    return Money(Decimal(repr(amount)), currency).rounded().amount + 0


def headline(answer: Answer) -> str:
    begins, ends = (words.day(at.date().isoformat()) for at in (answer.begins, answer.ends))
    looked = N_("Free-shipping thresholds, looked for in the orders from {begins} to {ends}.")
    said = [phrase(looked, begins=begins, ends=ends)]
    if answer.elsewhere:
        left_out = phrases(
            answer.elsewhere,
            "{n} order is left out, because it is from a file or its channel is gone.",
            "{n} orders are left out, because they are from a file or their channel is gone.",
        )
        said.append(left_out)
    if not answer.found:
        said.append(phrase("Not enough data yet: there is no order in any channel."))
    return joined(said)


def sections(answer: Answer) -> list[Section]:
    """For each channel what it goes by, and a curve for everybody together and each segment."""
    return [section for found in answer.found for section in (_basis(found), *_curves(found))]


def _basis(found: Found) -> Section:
    terms = found.terms
    key = f"basis-{terms.channel}"
    left_out = joined(found.left_out)
    if found.missing:
        return Section(key, terms.channel, left_out, missing=found.missing)
    title = phrase("{channel}: what it goes by", channel=terms.channel)
    return Section(key, title, left_out, findings=tuple(_assumed(found)))


def _assumed(found: Found) -> Iterator[str]:
    terms, top_up = found.terms, found.top_up
    left = N_("Of each further {currency} in a basket {share} is left after its costs.")
    yield phrase(left, currency=terms.currency, share=words.share(terms.margin))
    shipping = words.money(found.shipping, terms.currency)
    yield phrase("Shipping of one order: {amount}, {source}.", amount=shipping, source=found.shipping_source)
    shares = {name: words.share(getattr(top_up, name)) for name in ("reach", "central", "low", "high")}
    reached = N_(
        "Of the orders that lack up to {reach} of a threshold, {central} ({low} to {high}) are topped up to it."
    )
    yield joined((phrase(reached, **shares), top_up.source))
    free_from = terms.free_from
    if free_from is None:
        yield phrase("The shop's own rates ship free from no basket.")
    else:
        yield phrase(
            "The shop's own rates ship free from {amount}, so nothing above it is looked at: a personal threshold never"
            " takes that away.",
            amount=words.money(free_from, terms.currency),
        )
    yield phrase("A segment is the customer's just before the order. Guests hear of the shop's own rates alone.")
    yield NO_CAUSE


def _curves(found: Found) -> Iterator[Section]:
    for curve in found.curves:
        key = f"{'all' if curve.group is None else curve.group.value}-{found.terms.channel}"
        title = phrase("{channel}: {whose}", channel=found.terms.channel, whose=NAMES[curve.group])
        says = _says(curve, found.terms.currency)
        if curve.missing:
            yield Section(key, title, says, missing=curve.missing)
            continue
        caption = phrase("{whose}, against what holds now", whose=NAMES[curve.group])
        rows = tuple(_row(point, found.terms.currency) for point in curve.points)
        yield Section(key, title, says, (Table(caption, COLUMNS, rows),), (verdict(curve, found.terms.currency),))


def _says(curve: Curve, currency: str) -> str:
    said = phrase("{orders} orders of {customers} customers.", orders=curve.orders, customers=curve.customers)
    if curve.now is not None:
        now = phrase("What holds now: free from {amount}.", amount=words.money(curve.now, currency))
    elif curve.group is None:
        now = phrase("One threshold for all of them, against what holds for each segment now.")
    else:
        now = phrase("What holds now: no free shipping.")
    return joined((said, now))


def verdict(curve: Curve, currency: str) -> str:
    """The best threshold with its range, or why there is none."""
    best = curve.best
    if best is None:
        return curve.missing
    if best.threshold is None or best.net is None:
        none = phrase("No threshold is better than what holds now by topped-up orders alone.")
        return joined((none, *_cheapest(curve, currency)))
    net = phrase("{range} {currency}", range=ranged(best.net, currency), currency=currency)
    from_best = N_("Best: free from {amount}, net {net}.")
    said = [phrase(from_best, amount=words.money(best.threshold, currency), net=net)]
    if best.lowest != best.highest:
        as_good = N_("As good as it, for all that is known: {low} to {high} {currency}.")
        said.append(phrase(as_good, low=best.lowest, high=best.highest, currency=currency))
    if best.taken:
        taken = phrase(
            "But it takes free shipping from {taken} orders that have it now, and holds only if at most {spare} of them"
            " stay away because of it.",
            taken=best.taken,
            spare=round(best.to_spare),
        )
        said.append(taken)
    if best.now_as_good:
        said.append(phrase("That it is better than what holds now cannot be told for sure."))
    return joined(said)


def _cheapest(curve: Curve, currency: str) -> Iterator[str]:
    """What the least generous of those below what holds now would have to bring."""
    open_to = [point for point in curve.points if point.net.central < 0 and point.threshold != curve.now]
    if not open_to:
        return
    point = max(open_to, key=lambda one: one.net.central)
    lost = {
        "amount": words.money(point.threshold, currency),
        "lost": phrase("{amount} {currency}", amount=amount(-point.net.central, currency), currency=currency),
    }
    if point.needed is None:
        never = N_("Free from {amount} loses least, {lost}, and no further order would earn its own shipping.")
        yield phrase(never, **lost)
        return
    yield phrases(
        math.ceil(point.needed.central),
        "Free from {amount} loses least, {lost}: it takes {n} further order that reaches it to make up for it.",
        "Free from {amount} loses least, {lost}: it takes {n} further orders that reach it to make up for it.",
        **lost,
    )


def _row(point: Point, currency: str) -> tuple[str, ...]:
    needed = point.needed
    return (
        words.number(point.threshold),
        words.number(point.reaching),
        words.number(round(point.topped_up)),
        ranged(point.cost, currency),
        ranged(point.margin, currency),
        amount(point.net.central, currency),
        phrase("{low} to {high}", low=amount(point.net.low, currency), high=amount(point.net.high, currency)),
        words.NOT_KNOWN if needed is None else words.number(round(needed.central)),
    )


def ranged(value: Ranged, currency: str) -> str:
    shown = {name: amount(getattr(value, name), currency) for name in ("central", "low", "high")}
    return phrase("{central} ({low} to {high})", **shown)


def amount(value: float, currency: str) -> str:
    """Whole units from a hundred on, as nobody reads more of an estimate."""
    shown = Decimal(round(value)) if abs(value) >= 99.5 else _rounded(value, currency)
    if not shown:
        return phrase("{number}", number=0)
    return phrase("{number}" if shown > 0 else f"{MINUS}{{number}}", number=abs(shown))


def charts(answer: Answer) -> dict[str, list[dict[str, Any]]]:
    """By section, only where there is something to draw."""
    return {
        f"{'all' if curve.group is None else curve.group.value}-{found.terms.channel}": [_chart(curve, found)]
        for found in answer.found
        for curve in found.curves
        if curve.points
    }


def _chart(curve: Curve, found: Found) -> dict[str, Any]:
    points, best = curve.points, curve.best

    def line(values: Sequence[float]) -> list[float]:
        return [round(value, 2) for value in values]

    at = [float(point.threshold) for point in points]
    place = next((n for n, one in enumerate(points) if best is not None and one.threshold == best.threshold), None)
    now = None if curve.now is None or not at[0] <= float(curve.now) <= at[-1] else float(curve.now)
    net_of = phrase(
        "Net of {number} thresholds, with its range: {whose}.", number=len(points), whose=NAMES[curve.group]
    )
    return {
        "kind": "curve",
        "label": joined((net_of, verdict(curve, found.terms.currency), SEE)),
        "name": phrase("Free from"),
        "unit": found.terms.currency,
        "at": at,
        "mark": now,
        "best": place,
        "series": [
            {
                "name": phrase("Net, with its range"),
                "tone": "good",
                "values": line([point.net.central for point in points]),
                "low": line([point.net.low for point in points]),
                "high": line([point.net.high for point in points]),
            },
            {
                "name": phrase("Shipping given away"),
                "tone": "bad",
                "values": line([point.cost.central for point in points]),
            },
            {
                "name": phrase("Extra margin"),
                "tone": "quiet",
                "values": line([point.margin.central for point in points]),
            },
        ],
    }


def page(answer: Answer) -> str:
    heading = Heading(answer.shop, f"{answer.shop}: free-shipping thresholds", headline(answer), FOOTER)
    return write(heading, sections(answer), charts(answer))


def print_thresholds(answer: Answer, console: Console) -> None:
    """Of each channel the first curve whole, the others in a sentence each; `--segment` shows one of them."""
    console.print(Text(headline(answer), style="bold"))
    for found in answer.found:
        whole, *others = (_basis(found), *_curves(found))[:2], *found.curves[1:]
        for section in whole:
            print_section(section, console)
        for curve in others:
            console.print(Text.assemble("\n", (NAMES[curve.group], "bold"), f": {_says(curve, found.terms.currency)}"))
            console.print(verdict(curve, found.terms.currency))
