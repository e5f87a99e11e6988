"""How well it is known who buys which kind of product again: all baskets of the Complete Journey data.

A pair is a household and a product type that it bought on two days or more by the end of the cutoff day. Every rule
knows nothing of the days after it: what it learns, it learns from windows before.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from plugin.demo.history import data_table
from plugin.domain.model import logistic, needs
from plugin.domain.model.evaluate import grouped_area, grouped_gain
from plugin.domain.model.needs import Buys, Pairs
from plugin.domain.model.purchases import Flags, Floats, Ints
from plugin.domain.needs import WINDOW_DAYS, NeedModel, Seen, by_chance, layered, usual_gap
from plugin.errors import Rejected

SCORED = 200_000
MOST_OF_ONE = 5
SEED = 20_171_231
#: Standard errors to either side that hold 95 %.
NINETY_FIVE_PERCENT = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Bench:
    cutoffs: Sequence[date]
    runs: int
    say: Callable[[str], None]


def measure(bench: Bench) -> dict[str, Any]:
    buys = read()
    bench.say(f"{len(buys.day):,} purchases of a product type on a day, {len(np.unique(buys.customer)):,} households")
    cuts = []
    for cutoff in bench.cutoffs:
        cuts.append(_cut(buys, cutoff))
        bench.say(f"{cutoff}: ours {cuts[-1]['candidates']['ours']['auc']:.4f}")
    return {"window_days": WINDOW_DAYS, "cutoffs": cuts, **_speed(buys, bench.runs)}


def read() -> Buys:
    """Product types stand for products, and product categories for their types."""
    kinds = {
        row["product_id"]: (row["product_type"], row["product_category"] or "")
        for row in data_table("products", "product_id", "product_type", "product_category").to_pylist()
        if row["product_type"]
    }
    sold = data_table("transactions", "household_id", "product_id", "transaction_timestamp").to_pydict()
    rows = zip(*sold.values(), strict=True)
    return needs.buys_of(
        (household, at.toordinal(), *kinds[product]) for household, product, at in rows if product in kinds
    )


def _cut(buys: Buys, cutoff: date) -> dict[str, Any]:
    today = cutoff.toordinal()
    started = time.perf_counter()
    model = needs.learn(buys, today)
    learnt = time.perf_counter() - started
    pairs = needs.again(needs.pairs_at(buys, today))
    bought = needs.came(buys, pairs, today, WINDOW_DAYS)
    if model is None or model.layer is None or not 0 < bought.sum() < len(bought):
        raise Rejected(f"{cutoff} leaves too little before it, or nothing after it: the data are of the year 2017.")
    scores = {
        "ours": needs.scores(model, buys, pairs, today),
        "logistic_on_shrunk_gaps": _logistic(model, buys, pairs, today),
        "poisson_gamma": np.log(by_chance(needs.seen_by(model, buys, pairs, today), model.shape, WINDOW_DAYS)),
        "own_gap": _own_gap(pairs, today),
    }
    gain, error = grouped_gain(scores["ours"], scores["logistic_on_shrunk_gaps"], bought, pairs.customer)
    return {
        "cutoff": cutoff.isoformat(),
        "pairs": len(pairs),
        "base_rate": float(bought.mean()),
        "mean_score": float(scores["ours"].mean()),
        "learn_seconds": learnt,
        "candidates": {name: _measured(score, bought, pairs.customer) for name, score in scores.items()},
        "gain_over_logistic": [gain, gain - NINETY_FIVE_PERCENT * error, gain + NINETY_FIVE_PERCENT * error],
    }


def _measured(score: Floats, bought: Flags, household: Ints) -> dict[str, float | None]:
    area = grouped_area(score, bought, household)
    precision = precision_at(MOST_OF_ONE, score, bought, household)
    return {"auc": area.auc, "low": area.low, "high": area.high, "precision_at_5": precision}


def precision_at(most: int, score: Floats, bought: Flags, household: Ints) -> float:
    """Of the likeliest so many of each household, the share that was bought; ties are broken at random."""
    chance = np.random.default_rng(SEED).random(len(score))
    order = np.lexsort((chance, -score, household))
    whose = household[order]
    starts = np.flatnonzero(np.append(True, whose[1:] != whose[:-1]))
    place = np.arange(len(whose)) - np.repeat(starts, np.diff(np.append(starts, len(whose))))
    return float(bought[order][place < most].mean())


def _own_gap(pairs: Pairs, today: int) -> Floats:
    """How near the middle of the window is to where the pair's own mean gap ends."""
    expected = pairs.last + (pairs.last - pairs.first) / (pairs.times - 1)
    near: Floats = -np.abs(expected - today - WINDOW_DAYS / 2)
    return near


def _logistic(model: NeedModel, buys: Buys, pairs: Pairs, today: int) -> Floats:
    """Shrunk gap, silence, their ratio and the number of purchases, learnt from the windows that ours is learnt from."""
    found, outcomes = [], []
    for number in range(1, needs.WINDOWS + 1):
        then = today - number * WINDOW_DAYS
        before = needs.learn_paces(needs.until(buys, then), then, WINDOW_DAYS)
        if before is not None:
            past = needs.again(needs.pairs_at(buys, then))
            found.append(_shrunk_gaps(needs.seen_by(before, buys, past, then)))
            outcomes.append(needs.came(buys, past, then, WINDOW_DAYS))
    names = ("usual", "silence", "ratio", "times")
    layer = logistic.fit(np.concatenate(found), np.concatenate(outcomes), names, [0] * len(names), needs.RIDGE)
    if layer is None:
        raise Rejected("There is nothing to learn before this cutoff.")
    odds: Floats = layered(layer, list(_shrunk_gaps(needs.seen_by(model, buys, pairs, today)).T))
    return odds


def _shrunk_gaps(seen: Seen) -> Floats:
    usual = usual_gap(seen.times, seen.span, seen.gap)
    ratio = np.log((seen.silence + 0.5) / usual)
    return np.column_stack([np.log(usual), np.log1p(seen.silence), ratio, np.log(seen.times)])


def _speed(buys: Buys, runs: int) -> dict[str, Any]:
    """Seconds to score so many pairs at the end of the data, their figures counted before."""
    today = int(buys.day.max())
    model = needs.learn(buys, today)
    if model is None:
        raise Rejected("The data are not those of the Complete Journey.")
    counting = time.perf_counter()
    pairs = needs.again(needs.pairs_at(buys, today))
    counted = time.perf_counter() - counting
    many = pairs.where(np.arange(SCORED) % len(pairs))
    took = []
    for _ in range(runs):
        started = time.perf_counter()
        needs.scores(model, buys, many, today)
        took.append(time.perf_counter() - started)
    return {
        "scored_pairs": SCORED,
        "score_seconds": statistics.median(took),
        "count_seconds": counted,
        "runs": took,
    }
