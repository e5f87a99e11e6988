"""What each free-shipping threshold would cost and bring, from a channel's own past orders, under stated assumptions.

For a threshold T, a margin share m, a share p of the orders within reach below T that are topped up to it, and for
each order its value v and what free shipping for it costs:

    shipping given away = cost of the orders with v >= T  +  p x cost of the orders within reach
    extra margin        = p x m x what the orders within reach lack (T - v)
    net                 = extra margin - shipping given away

each less the same at the threshold that holds now, so that what holds now is zero. Orders that free shipping alone
would bring, or that would stay away without it, are in none of it: the past does not know them. How many it would
take is `Point.needed`, how many it could bear `Point.to_spare`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import groupby
from statistics import median
from typing import NamedTuple, TypeVar

from plugin.domain.money import Money
from plugin.domain.past_baskets import Basket, Group
from plugin.domain.phrases import N_, phrase, phrases
from plugin.domain.quantiles import quantile
from plugin.domain.threshold_sums import Costed, Effects, Ranged, Sums, against, effects, sums_for
from plugin.domain.top_up import ASSUMED, TopUp, around, topped_up

N = TypeVar("N", int, float)

#: A curve is drawn of at least so many orders, by at least so many customers.
ENOUGH_ORDERS, ENOUGH_CUSTOMERS = 100, 20
#: Candidates lie between these shares of the orders, by value, and are at most so many.
LOWEST, HIGHEST, MOST = 0.10, 0.95, 25
#: Customers between two reports of progress.
EVERY = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """What is given, not learnt."""

    channel: str
    currency: str
    #: The share of the gross price that is left after its costs.
    margin: float
    #: What free shipping costs the shop for one order; None: what each shopper paid.
    shipping: float | None = None
    #: The basket from which everybody ships free now; None where nobody does.
    free_from: Decimal | None = None
    #: By segment: the personal threshold that the shop's campaign says now.
    personal: Mapping[Group, Decimal] | None = None
    top_up: TopUp = ASSUMED
    #: The merchant gave `top_up`: it is not to be replaced by what the past shows.
    given: bool = False

    def now(self, group: Group) -> Decimal | None:
        """The lowest of what holds for this group: a personal threshold never takes away what everyone gets."""
        return min((one for one in (self.free_from, (self.personal or {}).get(group)) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Needed:
    """Further orders at the threshold or above that would make up for a loss."""

    central: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    threshold: Decimal
    #: Orders that reach it as they are; orders within reach below it that pay for shipping, and of them topped up.
    reaching: int
    in_reach: int
    topped_up: float
    cost: Ranged
    margin: Ranged
    net: Ranged
    #: None where a further order would not earn its own shipping. Zero where nothing has to be made up for.
    needed: Needed | None
    #: Orders that ship free now and would not any more; and how many of them may stay away before the net is gone.
    taken: int = 0
    to_spare: float = 0.0


@dataclass(frozen=True, slots=True)
class Best:
    #: None: none is better than what holds now.
    threshold: Decimal | None
    net: Ranged | None
    #: What the past cannot tell from it, or is the best with the low or the high share.
    lowest: Decimal | None = None
    highest: Decimal | None = None
    #: What holds now is among what cannot be told from it.
    now_as_good: bool = True
    #: Some ship free now who would not any more: how many orders, and how many of them may stay away.
    taken: int = 0
    to_spare: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    #: None: everybody together, one threshold for all.
    group: Group | None
    orders: int
    customers: int
    #: What holds now; None where nothing does, or, for everybody together, not the same for all.
    now: Decimal | None
    points: Sequence[Point] = ()
    best: Best | None = None
    #: Why there is no curve.
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    terms: Terms
    top_up: TopUp
    #: What an order's shipping is counted at, the middle one, and a sentence on where it is from.
    shipping: Decimal | None
    shipping_source: str
    #: Everybody together first.
    curves: Sequence[Curve]
    #: Sentences on orders that were left out.
    left_out: Sequence[str]
    #: Why there is nothing at all.
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is found of a whole shop."""

    shop: str
    begins: datetime
    ends: datetime
    #: One for each channel with orders, or of the one that was asked about.
    found: Sequence[Found]
    #: Orders of the span in channels that are not there any more, or from a file.
    elsewhere: int


class _Order(NamedTuple):
    customer_id: int
    group: Group
    costed: Costed


def find(
    baskets: Iterable[Basket],
    terms: Terms,
    only: Group | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """One channel's curves: of everybody together and of each group, or of one alone.

    baskets: of that channel, customer by customer. progress: customers that are done, and how many there are.
    """
    known, left_out = _usable(baskets, terms)
    paid = [basket.shipping for basket in known if basket.shipping > 0]
    usual = terms.shipping if terms.shipping is not None else median(paid) if paid else None
    top_up = _top_up(known, terms)
    if usual is None or not known:
        return Found(terms, top_up, None, "", (), left_out, _nothing(known, terms))
    grid = candidates([basket.value for basket in known], terms)
    orders = [_costed(basket, terms, usual, bool(paid)) for basket in known]
    curves = _curves(orders, grid, terms, top_up, usual, only, progress or (lambda *_: None))
    return Found(terms, top_up, _decimal(usual, terms), _source(terms, len(paid)), curves, left_out)


def _usable(baskets: Iterable[Basket], terms: Terms) -> tuple[list[Basket], list[str]]:
    known, foreign, negative = list[Basket](), 0, 0
    for basket in baskets:
        if basket.currency != terms.currency:
            foreign += 1
        elif basket.value < 0 or basket.shipping < 0:
            negative += 1
        else:
            known.append(basket)
    said: list[str] = []
    if foreign:
        said.append(
            phrases(
                foreign,
                "{n} order is in another currency than {currency} and left out: they are never added.",
                "{n} orders are in another currency than {currency} and left out: they are never added.",
                currency=terms.currency,
            )
        )
    if negative:
        said.append(
            phrases(
                negative,
                "{n} order of which the value or the shipping is below 0 is left out.",
                "{n} orders of which the value or the shipping is below 0 are left out.",
            )
        )
    return known, said


def _nothing(known: Sequence[Basket], terms: Terms) -> str:
    if not known:
        nothing = N_("Not enough data yet: 0 of at least {enough} orders in {channel}.")
        return phrase(nothing, enough=ENOUGH_ORDERS, channel=terms.channel)
    return phrase(
        "No order in {channel} shows what was paid for shipping; say with --shipping-cost what shipping costs you for one"
        " order.",
        channel=terms.channel,
    )


def _source(terms: Terms, paid: int) -> str:
    if terms.shipping is not None:
        return phrase("as you said, for every order")
    return phrase(
        "the middle one of {paid} orders that paid for it; each counts what its shopper paid, with tax, as what you no"
        " longer get: an assumption until you say what it costs you",
        paid=paid,
    )


def _top_up(known: Sequence[Basket], terms: Terms) -> TopUp:
    if terms.given or terms.free_from is None or terms.free_from <= 0:
        return terms.top_up
    seen = around(((b.value, b.shipping) for b in known), float(terms.free_from), terms.top_up.reach)
    return topped_up(seen, str(Money(terms.free_from, terms.currency)), terms.top_up)


def _costed(basket: Basket, terms: Terms, usual: float, paid_known: bool) -> _Order:
    """Who paid nothing although the threshold of now does not explain it pays nothing under any: a voucher, say.

    Where no order shows any shipping, every order is taken to pay for it.
    """
    now = terms.now(basket.group)
    explained = not paid_known or (now is not None and basket.value >= float(now))
    if basket.shipping > 0:
        cost = basket.shipping if terms.shipping is None else terms.shipping
    else:
        cost = usual if explained else 0.0
    return _Order(basket.customer_id, basket.group, Costed(basket.value, cost))


def candidates(values: Sequence[float], terms: Terms) -> list[Decimal]:
    """Round numbers between the 10th and the 95th percentile of the values, and what holds now where it lies there.

    Not above what everybody has already: a personal threshold never takes that away.
    """
    counts = Counter(round(value * 1000) for value in values)
    low, high = (Decimal(round(quantile(counts, share))) / 1000 for share in (LOWEST, HIGHEST))
    if terms.free_from is not None:
        high = min(high, terms.free_from)
    if high < low:
        return []
    found = set(_round_numbers(low, high)) or {Money(high, terms.currency).rounded().amount}
    holds = {now for group in Group if (now := terms.now(group)) is not None}
    found |= {now for now in holds if low <= now <= high}
    return sorted(found)


def _round_numbers(low: Decimal, high: Decimal) -> list[Decimal]:
    """Multiples of the smallest of …, 1, 2, 5, 10, 20, … that makes few enough of them."""
    steps = (Decimal(digit).scaleb(power) for power in range(-2, 12) for digit in (1, 2, 5))
    step = next((step for step in steps if (high - low) / step < MOST), None)
    if step is None:
        return []
    first = int((low / step).to_integral_value(ROUND_CEILING))
    return [n * step for n in range(first, int(high / step) + 1)]


def _curves(
    orders: Sequence[_Order],
    grid: Sequence[Decimal],
    terms: Terms,
    top_up: TopUp,
    usual: float,
    only: Group | None,
    progress: Callable[[int, int], None],
) -> list[Curve]:
    holds = {group: terms.now(group) for group in Group}
    ladder = sorted({*grid, *(now for now in holds.values() if now is not None)})
    steps = [float(one) for one in ladder]
    sums: dict[Group | None, Sums] = defaultdict(lambda: sums_for(steps, top_up))
    values: dict[Group | None, list[float]] = defaultdict(list)
    number = len({order.customer_id for order in orders})
    for done, (_, theirs) in enumerate(groupby(orders, key=lambda order: order.customer_id), 1):
        whole: list[Effects] = []
        for group, bought in _by_group(theirs).items():
            now = holds[group]
            found = effects(bought, steps, terms.margin, top_up.reach)
            whole.append(against(found, None if now is None else ladder.index(now)))
            sums[group].add(whole[-1])
            values[group] += [order.value for order in bought]
            values[None] += [order.value for order in bought]
        sums[None].add(_together(whole))
        if done % EVERY == 0 or done == number:
            progress(done, number)
    wanted = [only] if only is not None else [None, *Group]
    return [
        _curve(group, sums[group], values[group], _Frame(ladder, grid, terms, usual, holds))
        for group in wanted
        if group is None or group is only or values[group]
    ]


def _by_group(orders: Iterable[_Order]) -> dict[Group, list[Costed]]:
    found: dict[Group, list[Costed]] = defaultdict(list)
    for order in orders:
        found[order.group].append(order.costed)
    return found


def _together(parts: Sequence[Effects]) -> Effects:
    """One customer's effects of all groups; squares are of single orders and add up, too."""
    if len(parts) == 1:
        return parts[0]
    return Effects(
        _added(part.free for part in parts),
        _added(part.topped_cost for part in parts),
        _added(part.topped_margin for part in parts),
        _added(part.reaching for part in parts),
        _added(part.in_reach for part in parts),
        [(sum(cost), sum(margin), sum(net)) for cost, margin, net in _turned(part.squares for part in parts)],
        _added(part.worth for part in parts),
        _added(part.taken for part in parts),
        _added(part.taken_worth for part in parts),
    )


def _added(rows: Iterable[Sequence[N]]) -> list[N]:
    return [sum(at[1:], at[0]) for at in zip(*rows, strict=True)]


def _turned(rows: Iterable[Sequence[tuple[float, float, float]]]) -> Iterator[Sequence[Sequence[float]]]:
    """For each threshold: the rows' first values, second and third ones."""
    for at in zip(*rows, strict=True):
        yield list(zip(*at, strict=True))


class _Frame(NamedTuple):
    """What all curves of a channel share."""

    ladder: Sequence[Decimal]
    #: The part of the ladder that is shown.
    grid: Sequence[Decimal]
    terms: Terms
    usual: float
    holds: Mapping[Group, Decimal | None]


def _curve(group: Group | None, sums: Sums, values: Sequence[float], frame: _Frame) -> Curve:
    orders, customers = len(values), len(sums.nets)
    everyone = set(frame.holds.values())
    now = frame.holds[group] if group is not None else everyone.pop() if len(everyone) == 1 else None
    if orders < ENOUGH_ORDERS:
        why = phrase("Not enough data yet: {orders} of at least {enough} orders.", orders=orders, enough=ENOUGH_ORDERS)
        return Curve(group, orders, customers, now, missing=why)
    if customers < ENOUGH_CUSTOMERS:
        few = N_("Not enough data yet: orders of {customers} of at least {enough} customers.")
        why = phrase(few, customers=customers, enough=ENOUGH_CUSTOMERS)
        return Curve(group, orders, customers, now, missing=why)
    if not frame.grid:
        free = N_("Shipping is free from {amount} for everybody: nothing is left to give.")
        why = phrase(free, amount=Money(now or Decimal(0), frame.terms.currency))
        return Curve(group, orders, customers, now, missing=why)
    shown = [n for n, one in enumerate(frame.ladder) if one in set(frame.grid)]
    points = [_point(n, sums, frame) for n in shown]
    return Curve(group, orders, customers, now, points, _best(shown, sums, points))


def _point(n: int, sums: Sums, frame: _Frame) -> Point:
    at, threshold = sums.sums[n], frame.ladder[n]
    net = sums.net(n)
    mean = max(float(threshold), at.worth / max(1, at.reaching))
    lost = frame.terms.margin * at.taken_worth / max(1, at.taken)
    return Point(
        threshold=threshold,
        reaching=at.reaching,
        in_reach=at.in_reach,
        topped_up=sums.top_up.central * at.in_reach,
        cost=sums.cost(n),
        margin=sums.margin(n),
        net=net,
        needed=_needed(net, frame.terms.margin * mean - frame.usual),
        taken=at.taken,
        to_spare=max(0.0, net.central / lost) if lost > 0 else 0.0,
    )


def _needed(net: Ranged, worth: float) -> Needed | None:
    """worth: what one further order brings, its margin less its shipping."""
    if net.central >= 0:
        return Needed(0.0, 0.0, 0.0 if worth <= 0 else max(0.0, -net.low / worth))
    if worth <= 0:
        return None
    return Needed(*(max(0.0, -lost / worth) for lost in (net.central, net.high, net.low)))


def _best(shown: Sequence[int], sums: Sums, points: Sequence[Point]) -> Best:
    by_net = max(range(len(shown)), key=lambda n: points[n].net.central)
    if points[by_net].net.central <= 0:
        return Best(None, None)
    as_good = sums.as_good(shown[by_net])
    likely = {n for n in range(len(shown)) if as_good[shown[n]]}
    for share in (sums.top_up.low, sums.top_up.high):
        likely.add(max(range(len(shown)), key=lambda n: sums.expected(shown[n], share)))
    found = [points[n].threshold for n in sorted(likely)]
    best = points[by_net]
    return Best(best.threshold, best.net, found[0], found[-1], best.net.low <= 0, best.taken, best.to_spare)


def _decimal(amount: float, terms: Terms) -> Decimal:
    return Money(Decimal(repr(amount)), terms.currency).rounded().amount
