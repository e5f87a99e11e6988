"""A stored report as sections with tables: what the terminal, the page and every chart's text alternative show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plugin.domain.cohorts import ENOUGH
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.prediction import Model, to_json
from plugin.report import words
from plugin.report.histogram import histogram, label
from plugin.report.products import bright_spots
from plugin.report.section import Body, Section, one_table

STEPS = {
    "prospect": phrase("Prospect"),
    "first": phrase("First purchase"),
    "repeat": phrase("Repeat"),
    "loyal": phrase("Loyal"),
}
ACTIVITIES = {"active": phrase("Active"), "at_risk": phrase("At risk"), "dormant": phrase("Dormant")}
GROUPS = {
    "champions": (phrase("Champions"), phrase("bought lately, often and for much")),
    "promising": (phrase("Promising"), phrase("bought lately, so far of middling worth")),
    "new": (phrase("New or small"), phrase("bought lately, little so far")),
    "loyal": (phrase("Loyal"), phrase("worth much, a while ago")),
    "middle": (phrase("Middle"), phrase("middling in everything")),
    "passing": (phrase("Passing"), phrase("little, and a while ago")),
    "slipping": (phrase("Slipping"), phrase("worth much, silent for long")),
    "fading": (phrase("Fading"), phrase("of middling worth, silent for long")),
    "lost": (phrase("Lost"), phrase("little, and silent for long")),
}
CANDIDATES = {
    "mbg_nbd": "MBG/NBD",
    "layered": "MBG/NBD and a learned layer",
    "recency": "Recency alone",
    "own_gap": "Own gap alone",
    "bg_nbd_alive": "BG/NBD, P(alive)",
}
PERIODS = {"last_3_months": phrase("Last 3 months"), "last_12_months": phrase("Last 12 months")}


def sections(body: Body) -> list[Section]:
    """All that the report says besides its figures, in its order."""
    makers: Sequence[Callable[[Body], Section]] = (
        _retention,
        _why,
        _risk,
        _stages,
        _cohorts,
        _between,
        _rfm,
        bright_spots,
        _model,
    )
    return [make(body) for make in makers]


def _retention(body: Body) -> Section:
    kept = [row for row in body["retention"] if row["active_at_start"]]
    says = phrase(
        "Active on a day is who bought within the {days} days before. Retention: active at the end less new, divided by"
        " active at the start. Churn: the share of those active at the start who no longer are at the end. They need not"
        " add up to 100 %, because some come back.",
        days=body["limit_days"],
    )
    rows = tuple(
        (
            PERIODS.get(row["period"]["key"]) or words.month(row["period"]["start"]),
            words.share(row["retention"]),
            words.share(row["churn"]),
            words.number(row["active_at_start"]),
            words.number(row["active_at_end"]),
            words.number(row["new"]),
        )
        for row in kept
    )
    columns = (
        phrase("Period"),
        phrase("Retention"),
        phrase("Churn"),
        phrase("Active at start"),
        phrase("At end"),
        phrase("Of them new"),
    )
    return Section("retention", phrase("Who stays"), says, *one_table(phrase("Retention by month"), columns, rows))


def _why(body: Body) -> Section:
    horizon = body["horizon_days"]
    clear = [effect for effect in body["indicators"] if effect["clear"]]
    quiet = [effect for effect in body["indicators"] if not effect["clear"]]
    says: str = phrase(
        "After each purchase in the past: was a signal there, and did no other purchase follow within {days} days?"
        " Compared are customers with as many purchases so far. What goes together need not be the cause: only an"
        " experiment tells.",
        days=horizon,
    )
    if quiet or clear:
        looked = N_(
            "Of {number} signals looked at, those are said that can be told from chance, even though so many were looked at."
        )
        says = joined((says, phrase(looked, number=len(body["indicators"]))))
    rows = tuple(
        (
            effect["title"],
            words.share(effect["present"]),
            words.share(effect["absent"]),
            _points(effect["difference"]),
            phrase("{low} to {high}", low=_points(effect["low"]), high=_points(effect["high"])),
            words.number(effect["present_count"]),
        )
        for effect in [*clear, *quiet]
    )
    columns = (
        phrase("Signal"),
        phrase("Not back"),
        phrase("Others"),
        phrase("Difference, points"),
        "95 % interval",
        phrase("Orders with it"),
    )
    missing = "" if clear else phrase("Not enough data yet: no signal can be told from chance.")
    return Section(
        "indicators",
        phrase("Why customers leave"),
        says,
        one_table(phrase("Signals and leaving"), columns, rows)[0],
        tuple(effect["sentence"] for effect in clear),
        missing,
    )


def _risk(body: Body) -> Section:
    expected, horizon = body["expected"], body["horizon_days"]
    says = phrase(
        "What the model expected customers who are now at risk to spend within {days} days of their last purchase, less"
        " what it expects of them within the next {days} days.",
        days=horizon,
    )
    missing = "" if expected else next((f["missing"] for f in body["figures"] if f["key"] == "revenue_at_risk"), "")
    rows = [
        (currency, STEPS[step], words.money(steps[step], currency))
        for currency, steps in (expected["at_risk"] if expected else {}).items()
        for step in STEPS
        if step in steps
    ]
    tables, *_ = one_table(
        phrase("Revenue at risk"), (phrase("Currency"), phrase("Stage"), phrase("At risk")), tuple(rows), words=2
    )
    if expected and not rows:
        missing = phrase("Nobody is at risk at the moment.")
    return Section(
        "risk",
        phrase("Revenue at risk"),
        says,
        tables,
        missing=missing or ("" if rows else phrase("Not enough data yet.")),
    )


def _stages(body: Body) -> Section:
    says = phrase(
        "Loyal is who bought on at least {days} days. At risk and dormant is who has been silent for unusually long, by"
        " their own rhythm and the shop's, or by the limits that you set.",
        days=body["loyal_from"],
    )
    rows = tuple(
        (STEPS[step], *(words.number(counts[name]) for name in ACTIVITIES), words.number(sum(counts.values())))
        for step, counts in body["stages"].items()
        if sum(counts.values())
    )
    return Section(
        "stages",
        phrase("The life cycle"),
        says,
        *one_table(phrase("Customers by stage"), (phrase("Stage"), *ACTIVITIES.values(), phrase("All")), rows),
    )


def _cohorts(body: Body) -> Section:
    says: str = phrase(
        "Customers by the month of their first purchase, and the per cent of them who bought in each later month."
    )
    cohorts = body["cohorts"]
    widest = max((len(cohort["bought"]) for cohort in cohorts), default=0)
    rows = tuple(
        (words.month(cohort["month"]), words.number(cohort["customers"]), *_cells(cohort, widest)) for cohort in cohorts
    )
    if any(cohort["bought"] for cohort in cohorts):
        marked = N_(
            "An asterisk marks the present month, which is not over; of fewer than {enough} customers no share is said."
        )
        says = joined((says, phrase(marked, enough=ENOUGH)))
    columns = (phrase("First bought"), phrase("Customers"), *(f"+{n}" for n in range(1, widest + 1)))
    return Section(
        "cohorts",
        phrase("Monthly cohorts"),
        says,
        *one_table(phrase("Per cent who bought, by months after"), columns, rows),
    )


def _cells(cohort: Mapping[str, Any], widest: int) -> Iterable[str]:
    shares = cohort["shares"] or [None] * len(cohort["bought"])
    for n in range(widest):
        if n >= len(shares):
            yield ""
        elif shares[n] is None:
            yield words.NOT_KNOWN
        else:
            yield f"{100 * shares[n]:.0f}" + "*" * (n == len(shares) - 1 and cohort["open"])


def _between(body: Body) -> Section:
    bins = histogram(body["gaps"])
    total = sum(count for _, _, count in bins)
    rows = tuple((label(low, high), words.number(count), words.share(count / total)) for low, high, count in bins)
    return Section(
        "gaps",
        phrase("Time between orders"),
        phrase("Days between two successive purchase days of one customer. Who has not come back yet is not in it."),
        *one_table(phrase("Gaps by length"), (phrase("Days"), phrase("Gaps"), phrase("Share")), rows),
    )


def _rfm(body: Body) -> Section:
    says = phrase(
        "Scores of 1 to 5 for recency, frequency and money, by fifths of your customers; money within each currency. "
        "The groups come from recency and the mean of the other two."
    )
    rows = tuple(
        (
            GROUPS[row["group"]][0],
            GROUPS[row["group"]][1],
            words.number(row["customers"]),
            words.days(row["silence"]),
            words.number(row["purchases"]),
            words.monies(row["spent"]),
        )
        for row in body["rfm"]
    )
    columns = (
        phrase("Group"),
        phrase("Who"),
        phrase("Customers"),
        phrase("Silent, middle"),
        phrase("Purchases, middle"),
        phrase("Spent so far"),
    )
    return Section(
        "rfm",
        phrase("Customer groups (RFM)"),
        says,
        *one_table(phrase("Groups by recency, frequency and money"), columns, rows, words=2),
    )


def model_section(model: Model) -> Section:
    """The same of a shop's model as it is now."""
    return _model({"model": to_json(model)})


def _model(body: Body) -> Section:
    model = body["model"]
    if model is None:
        return Section("model", phrase("How it is predicted"), "", missing=phrase("There is no model yet."))
    says = joined((model["reason"], phrase("Fitted on {number} customers.", number=model["customers"])))
    test = model["backtest"]
    if test is None:
        return Section("model", phrase("How it is predicted"), says)
    rows = tuple(
        (
            CANDIDATES.get(name, name),
            _rounded(found["auc"]),
            phrase("{low} to {high}", low=_rounded(found["auc_low"]), high=_rounded(found["auc_high"])),
            _rounded(found["brier"]),
            _rounded(found["decile_error"]),
        )
        for name, found in test["candidates"].items()
    )
    tried = N_("Tried on the {days} days after {day}: {customers} customers, of whom {share} ordered.")
    day, share = words.day(test["cutoff"]), words.share(test["base_rate"])
    said = phrase(tried, days=test["horizon_days"], day=day, customers=test["customers"], share=share)
    says = joined((says, said))
    columns = (phrase("Candidate"), phrase("AUC"), "95 % interval", phrase("Brier"), phrase("Mean decile error"))
    return Section("model", phrase("How it is predicted"), says, one_table(phrase("Back-test"), columns, rows)[0])


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def _rounded(value: float | None) -> str:
    return words.NOT_KNOWN if value is None else f"{value:.3f}"
