"""A shop's model: fitted to everything that is known, and chosen by what would have been right before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from plugin.domain.model import gamma_gamma, mbg_nbd
from plugin.domain.model.backtest import Trial, try_out
from plugin.domain.model.counts import count
from plugin.domain.model.evaluate import area_gain, brier, roc_area
from plugin.domain.model.layering import SHORTEST_WINDOW, Past, learn_layer, past_of
from plugin.domain.model.purchases import Purchases, chosen, histories, typical_orders, until
from plugin.domain.phrases import N_, phrase, phrases
from plugin.domain.prediction import Backtest, GammaGamma, Model

#: Fewer than so many customers, purchases after the first, or days of history are too little data.
FEWEST_CUSTOMERS, FEWEST_REPEATS, FEWEST_DAYS = 20, 10, 28
#: Past windows on which the layer has to win, the latest first.
MOST_TRIALS = 3
#: The layer learns from so many customers at most: more make it slower and hardly better.
MOST_LEARNT_FROM = 20_000
#: The history in windows: one at least to test the layer on, the others to learn from. Where it has fewer
#: windows of the horizon, shorter ones are taken, and as many tests as there can be.
TRIAL_PARTS = 4
#: The layer has to gain so many standard errors in Brier score and area under the curve together, and to lose
#: as many in neither.
SURE = 1.0
#: The horizon: this share of customers' gaps is shorter, each customer weighing the same; in days.
USUAL_SHARE, SHORTEST_HORIZON, LONGEST_HORIZON, NO_RHYTHM = 0.7, 14, 180, 60


@dataclass(frozen=True, slots=True)
class Verdict:
    layered: bool
    #: A sentence.
    reason: str
    #: The latest window; None where the history is too short for any.
    backtest: Backtest | None


def learn(purchases: Purchases, today: date, horizon_days: int) -> Model:
    """The model of all orders by the end of `today`; what is later is not looked at.

    A layer on MBG/NBD is used only where it would have done better on the shop's own last windows, each
    scored by models that knew nothing of it.
    """
    known = until(purchases, today.toordinal())
    model = fit_plain(known, today.toordinal(), horizon_days)
    reason = _too_little(model, known, today)
    if reason:
        return replace(model, choice="too_little_data", reason=reason)
    past = past_of(_sample(known))
    verdict = judge(past, today.toordinal(), horizon_days)
    model = replace(model, reason=verdict.reason, backtest=verdict.backtest)
    if not verdict.layered or model.repeat is None:
        return model
    layer = learn_layer(past, model.repeat, today.toordinal(), horizon_days)
    return model if layer is None else replace(model, choice="layered", layer=layer)


def fit_plain(known: Purchases, today: int, horizon: int) -> Model:
    """MBG/NBD and Gamma-Gamma of all orders by the end of that day, without a layer."""
    found = histories(known, today)
    age = today - found.last_day + found.recency
    fit = mbg_nbd.fit(count(found.frequency, found.recency, age))
    return Model(
        horizon_days=horizon,
        choice="mbg_nbd" if fit.problem is None else "too_little_data",
        reason=fit.problem or "",
        repeat=fit.params,
        value=_value(until(known, today)),
        typical=typical_orders(until(known, today)),
        covariance=tuple(tuple(float(cell) for cell in row) for row in fit.covariance),
        customers=len(found),
        repeat_purchases=int(found.frequency.sum()),
        fitted_on=date.fromordinal(today),
    )


_COMPARED = {
    (True, True): N_(
        "The learned layer did better than MBG/NBD alone on this shop's own past: Brier score {brier} against"
        " {brier_alone}, AUC {auc} against {auc_alone} on the last {days} days."
    ),
    (True, False): N_(
        "The learned layer did better than MBG/NBD alone on this shop's own past: Brier score {brier} against"
        " {brier_alone}, AUC {auc} against {auc_alone} on the last {windows} windows of {days} days."
    ),
    (False, True): N_(
        "A learned layer was not surely better than MBG/NBD alone on this shop's own past: Brier score {brier} against"
        " {brier_alone}, AUC {auc} against {auc_alone} on the last {days} days."
    ),
    (False, False): N_(
        "A learned layer was not surely better than MBG/NBD alone on this shop's own past: Brier score {brier} against"
        " {brier_alone}, AUC {auc} against {auc_alone} on the last {windows} windows of {days} days."
    ),
}


def judge(past: Past, today: int, horizon: int) -> Verdict:
    """Whether the layer would have won on the windows that were over by the end of `today`."""
    length = past.longest(today, horizon, parts=TRIAL_PARTS)
    if length < horizon:
        length = past.longest(today, horizon, parts=TRIAL_PARTS + MOST_TRIALS - 1)
    if length < SHORTEST_WINDOW:
        of_horizon = N_("The horizon is too short to learn a layer, so MBG/NBD stands alone.")
        of_history = N_("The history is too short to learn a layer, so MBG/NBD stands alone.")
        return Verdict(False, phrase(of_horizon if horizon < SHORTEST_WINDOW else of_history), None)
    cutoffs = [today - number * length for number in range(1, MOST_TRIALS + 1)]
    trials = [_trial(past, cutoff, length) for cutoff in cutoffs if past.span(cutoff) >= (TRIAL_PARTS - 1) * length]
    backtest = trials[0].measured()
    compared = [trial for trial in trials if "layered" in trial.scores]
    if not compared:
        return Verdict(
            False, phrase("The past windows are too poor to learn a layer from, so MBG/NBD stands alone."), backtest
        )
    closer, better = _closer(compared), _better(compared)
    wins = closer + better > SURE and min(closer, better) > -SURE
    figures = {
        "brier": f"{_mean_brier(compared, 'layered'):.4f}",
        "brier_alone": f"{_mean_brier(compared, 'mbg_nbd'):.4f}",
        "auc": f"{_mean_area(compared, 'layered'):.3f}",
        "auc_alone": f"{_mean_area(compared, 'mbg_nbd'):.3f}",
        "days": length,
    }
    return Verdict(wins, phrase(_COMPARED[wins, len(compared) == 1], windows=len(compared), **figures), backtest)


def default_horizon(purchases: Purchases) -> int:
    """Days within which most customers who come back come back: a horizon in the shop's own rhythm."""
    new_day = purchases.new_day
    customer, day = purchases.customer[new_day], purchases.day[new_day]
    gaps, whose = np.diff(day), customer[1:]
    same = whose == customer[:-1]
    gaps, whose = gaps[same], whose[same]
    if len(gaps) < FEWEST_REPEATS:
        return NO_RHYTHM
    weight = 1 / np.bincount(whose)[whose]
    order = np.argsort(gaps, kind="stable")
    passed = np.cumsum(weight[order])
    usual = gaps[order][np.searchsorted(passed, USUAL_SHARE * passed[-1])]
    return int(np.clip(usual, SHORTEST_HORIZON, LONGEST_HORIZON))


def _too_little(model: Model, known: Purchases, today: date) -> str | None:
    days = past_of(known).span(today.toordinal()) if model.customers else 0
    if model.customers < FEWEST_CUSTOMERS:
        return phrases(
            model.customers,
            "Not enough data yet: {n} customer of the {enough} that a model needs.",
            "Not enough data yet: {n} customers of the {enough} that a model needs.",
            enough=FEWEST_CUSTOMERS,
        )
    if model.repeat_purchases < FEWEST_REPEATS:
        return phrases(
            model.repeat_purchases,
            "Not enough data yet: {n} purchase by customers who came back, of the {enough} that a model needs.",
            "Not enough data yet: {n} purchases by customers who came back, of the {enough} that a model needs.",
            enough=FEWEST_REPEATS,
        )
    if days < FEWEST_DAYS:
        return phrases(
            days,
            "Not enough data yet: {n} day of history, of the {enough} that a model needs.",
            "Not enough data yet: {n} days of history, of the {enough} that a model needs.",
            enough=FEWEST_DAYS,
        )
    if days < model.horizon_days // 2:
        return phrases(
            days,
            "Not enough data yet: {n} day of history say nothing of the next {ahead}; a horizon of {most} days is the most.",
            "Not enough data yet: {n} days of history say nothing of the next {ahead}; a horizon of {most} days is the most.",
            ahead=model.horizon_days,
            most=2 * days,
        )
    return None if model.choice == "mbg_nbd" else phrase("Not enough data yet: {why}", why=model.reason)


def _sample(known: Purchases) -> Purchases:
    """Some customers, in no relation to when they came; all where there are not too many."""
    customers = np.unique(known.customer)
    if len(customers) <= MOST_LEARNT_FROM:
        return known
    mixed = (customers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return chosen(known, customers[np.argsort(mixed, kind="stable")[:MOST_LEARNT_FROM]])


def _trial(past: Past, cutoff: int, length: int) -> Trial:
    plain = fit_plain(until(past.purchases, cutoff), cutoff, length)
    layer = None if plain.repeat is None else learn_layer(past, plain.repeat, cutoff, length)
    models = {"mbg_nbd": plain} | ({"layered": replace(plain, choice="layered", layer=layer)} if layer else {})
    return try_out(past.purchases, cutoff, length, models)


def _closer(trials: list[Trial]) -> float:
    """By how much the layer's Brier score is lower, in standard errors: a customer's windows go together."""
    gains = [(t.scores["mbg_nbd"] - t.came) ** 2 - (t.scores["layered"] - t.came) ** 2 for t in trials]
    gain = np.concatenate(gains)
    by_customer = np.bincount(np.concatenate([trial.customer for trial in trials]), gain - gain.mean())
    return _in_errors(float(gain.sum()), float(np.sqrt(np.sum(by_customer**2))))


def _better(trials: list[Trial]) -> float:
    """By how much the layer's area under the curve is larger, in standard errors."""
    found = [area_gain(trial.scores["layered"], trial.scores["mbg_nbd"], trial.came) for trial in trials]
    told = [(gain, error) for gain, error in found if np.isfinite(error)]
    return _in_errors(sum(gain for gain, _ in told), float(np.sqrt(sum(error**2 for _, error in told))))


def _in_errors(gain: float, error: float) -> float:
    return gain / error if error > 0 else 0.0


def _mean_brier(trials: list[Trial], name: str) -> float:
    return float(np.mean([brier(trial.scores[name], trial.came) for trial in trials]))


def _mean_area(trials: list[Trial], name: str) -> float:
    """Of the windows in which both outcomes came."""
    areas = [roc_area(trial.scores[name], trial.came).auc for trial in trials]
    told = [area for area in areas if area is not None]
    return float(np.mean(told)) if told else 0.5


def _value(known: Purchases) -> Mapping[str, GammaGamma]:
    """By currency: what a purchase day of a customer is worth, less refunds; none where nothing was paid."""
    fits = {}
    for code, currency in enumerate(known.currencies):
        rows = known.currency == code
        customer, total = known.customer[rows], (known.total - known.refunded)[rows]
        if not len(customer):
            continue
        days = np.bincount(customer, _first_of_day(customer, known.day[rows]))
        spent = np.bincount(customer, total)
        bought = days > 0
        fit = gamma_gamma.fit(days[bought].astype(np.int64), spent[bought] / days[bought])
        if fit.customers:
            fits[currency] = fit.params
    return fits


def _first_of_day(
    customer: np.typing.NDArray[np.int64], day: np.typing.NDArray[np.int64]
) -> np.typing.NDArray[np.bool_]:
    changed = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    return np.append(True, changed)
