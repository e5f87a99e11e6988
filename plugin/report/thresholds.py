"""What the threshold finder found: as JSON values, as sections with curves, and on a terminal."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from plugin.domain.money import Money
from plugin.domain.past_baskets import Group
from plugin.domain.threshold_finder import Answer, Best, Curve, Found, Point
from plugin.domain.threshold_sums import Ranged
from plugin.report import words
from plugin.report.page import Heading, write
from plugin.report.section import Section, Table
from plugin.report.terminal import print_section

NO_CAUSE = (
    "This is arithmetic on past orders under these assumptions and no forecast: who would come because of free"
    " shipping, or stay away without it, is not in it. Only an experiment tells."
)
NAMES = {
    None: "Everybody",
    Group.NEW: "New customers",
    Group.REGULAR: "Regular customers",
    Group.LOYAL: "Loyal customers",
    Group.AT_RISK: "Customers at risk",
    Group.GUEST: "Guests",
}
COLUMNS = (
    "Free from",
    "Orders that reach it",
    "Topped up",
    "Shipping given away",
    "Extra margin",
    "Net",
    "Net, range",
    "Further orders needed",
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
    span = f"{words.day(answer.begins.date().isoformat())} to {words.day(answer.ends.date().isoformat())}"
    said = f"Free-shipping thresholds, looked for in the orders from {span}."
    if answer.elsewhere:
        orders = "1 order is" if answer.elsewhere == 1 else f"{words.number(answer.elsewhere)} orders are"
        said += f" {orders} left out, because they are from a file or their channel is gone."
    if not answer.found:
        said += " Not enough data yet: there is no order in any channel."
    return said


def sections(answer: Answer) -> list[Section]:
    """For each channel what it goes by, and a curve for everybody together and each segment."""
    return [section for found in answer.found for section in (_basis(found), *_curves(found))]


def _basis(found: Found) -> Section:
    terms = found.terms
    key = f"basis-{terms.channel}"
    if found.missing:
        return Section(key, terms.channel, " ".join(found.left_out), missing=found.missing)
    return Section(key, f"{terms.channel}: what it goes by", " ".join(found.left_out), findings=tuple(_assumed(found)))


def _assumed(found: Found) -> Iterator[str]:
    terms, top_up = found.terms, found.top_up
    yield f"Of each further {terms.currency} in a basket {words.share(terms.margin)} is left after its costs."
    yield f"Shipping of one order: {words.money(found.shipping, terms.currency)}, {found.shipping_source}."
    yield (
        f"Of the orders that lack up to {words.share(top_up.reach)} of a threshold, {words.share(top_up.central)}"
        f" ({words.share(top_up.low)} to {words.share(top_up.high)}) are topped up to it. {top_up.source}"
    )
    free_from = terms.free_from
    if free_from is None:
        yield "The shop's own rates ship free from no basket."
    else:
        yield (
            f"The shop's own rates ship free from {words.money(free_from, terms.currency)}, so nothing above it is looked"
            " at: a personal threshold never takes that away."
        )
    yield "A segment is the customer's just before the order. Guests hear of the shop's own rates alone."
    yield NO_CAUSE


def _curves(found: Found) -> Iterator[Section]:
    for curve in found.curves:
        key = f"{'all' if curve.group is None else curve.group.value}-{found.terms.channel}"
        title = f"{found.terms.channel}: {NAMES[curve.group].lower()}"
        says = _says(curve, found.terms.currency)
        if curve.missing:
            yield Section(key, title, says, missing=curve.missing)
            continue
        caption = f"{NAMES[curve.group]}, against what holds now"
        rows = tuple(_row(point, found.terms.currency) for point in curve.points)
        yield Section(key, title, says, (Table(caption, COLUMNS, rows),), (verdict(curve, found.terms.currency),))


def _says(curve: Curve, currency: str) -> str:
    said = f"{words.number(curve.orders)} orders of {words.number(curve.customers)} customers."
    if curve.now is not None:
        return f"{said} What holds now: free from {words.money(curve.now, currency)}."
    if curve.group is None:
        return f"{said} One threshold for all of them, against what holds for each segment now."
    return f"{said} What holds now: no free shipping."


def verdict(curve: Curve, currency: str) -> str:
    """The best threshold with its range, or why there is none."""
    best = curve.best
    if best is None:
        return curve.missing
    if best.threshold is None or best.net is None:
        return f"No threshold is better than what holds now by topped-up orders alone.{_cheapest(curve, currency)}"
    said = f"Best: free from {words.money(best.threshold, currency)}, net {ranged(best.net, currency)} {currency}."
    if best.lowest != best.highest:
        said += f" As good as it, for all that is known: {best.lowest:f} to {best.highest:f} {currency}."
    if best.taken:
        said += (
            f" But it takes free shipping from {words.number(best.taken)} orders that have it now, and holds only if at"
            f" most {best.to_spare:,.0f} of them stay away because of it."
        )
    if best.now_as_good:
        said += " That it is better than what holds now cannot be told for sure."
    return said


def _cheapest(curve: Curve, currency: str) -> str:
    """What the least generous of those below what holds now would have to bring."""
    open_to = [point for point in curve.points if point.net.central < 0 and point.threshold != curve.now]
    if not open_to:
        return ""
    point = max(open_to, key=lambda one: one.net.central)
    lost = f" Free from {words.money(point.threshold, currency)} loses least, {amount(-point.net.central, currency)} {currency}"
    if point.needed is None:
        return f"{lost}, and no further order would earn its own shipping."
    number = math.ceil(point.needed.central)
    orders = (
        "1 further order that reaches it" if number == 1 else f"{words.number(number)} further orders that reach it"
    )
    return f"{lost}: it takes {orders} to make up for it."


def _row(point: Point, currency: str) -> tuple[str, ...]:
    needed = point.needed
    return (
        f"{point.threshold:,f}",
        words.number(point.reaching),
        f"{point.topped_up:,.0f}",
        ranged(point.cost, currency),
        ranged(point.margin, currency),
        amount(point.net.central, currency),
        f"{amount(point.net.low, currency)} to {amount(point.net.high, currency)}",
        words.NOT_KNOWN if needed is None else f"{needed.central:,.0f}",
    )


def ranged(value: Ranged, currency: str) -> str:
    return f"{amount(value.central, currency)} ({amount(value.low, currency)} to {amount(value.high, currency)})"


def amount(value: float, currency: str) -> str:
    """Whole units from a hundred on, as nobody reads more of an estimate."""
    shown = f"{value:,.0f}" if abs(value) >= 99.5 else f"{_rounded(value, currency):,}"
    return "0" if not any(digit in shown for digit in "123456789") else shown.replace("-", MINUS)


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
    return {
        "kind": "curve",
        "label": (
            f"Net of {len(points)} thresholds for {NAMES[curve.group].lower()}, with its range."
            f" {verdict(curve, found.terms.currency)} The table below has the same numbers."
        ),
        "name": "Free from",
        "unit": found.terms.currency,
        "at": at,
        "mark": now,
        "best": place,
        "series": [
            {
                "name": "Net, with its range",
                "tone": "good",
                "values": line([point.net.central for point in points]),
                "low": line([point.net.low for point in points]),
                "high": line([point.net.high for point in points]),
            },
            {
                "name": "Shipping given away",
                "tone": "bad",
                "values": line([point.cost.central for point in points]),
            },
            {"name": "Extra margin", "tone": "quiet", "values": line([point.margin.central for point in points])},
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
