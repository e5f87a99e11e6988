"""A stored report as sections with tables: what the terminal, the page and every chart's text alternative show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plugin.domain.cohorts import ENOUGH
from plugin.domain.prediction import Model, to_json
from plugin.report import words
from plugin.report.histogram import histogram, label
from plugin.report.products import bright_spots
from plugin.report.section import Body, Section, one_table

STEPS = {"prospect": "Prospect", "first": "First purchase", "repeat": "Repeat", "loyal": "Loyal"}
ACTIVITIES = {"active": "Active", "at_risk": "At risk", "dormant": "Dormant"}
GROUPS = {
    "champions": ("Champions", "bought lately, often and for much"),
    "promising": ("Promising", "bought lately, so far of middling worth"),
    "new": ("New or small", "bought lately, little so far"),
    "loyal": ("Loyal", "worth much, a while ago"),
    "middle": ("Middle", "middling in everything"),
    "passing": ("Passing", "little, and a while ago"),
    "slipping": ("Slipping", "worth much, silent for long"),
    "fading": ("Fading", "of middling worth, silent for long"),
    "lost": ("Lost", "little, and silent for long"),
}
CANDIDATES = {
    "mbg_nbd": "MBG/NBD",
    "layered": "MBG/NBD and a learned layer",
    "recency": "Recency alone",
    "own_gap": "Own gap alone",
    "bg_nbd_alive": "BG/NBD, P(alive)",
}
PERIODS = {"last_3_months": "Last 3 months", "last_12_months": "Last 12 months"}


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
    says = (
        f"Active on a day is who bought within the {body['limit_days']} days before. Retention: active at the end less "
        "new, divided by active at the start. Churn: the share of those active at the start who no longer are at the "
        "end. They need not add up to 100 %, because some come back."
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
    columns = ("Period", "Retention", "Churn", "Active at start", "At end", "Of them new")
    return Section("retention", "Who stays", says, *one_table("Retention by month", columns, rows))


def _why(body: Body) -> Section:
    horizon = body["horizon_days"]
    clear = [effect for effect in body["indicators"] if effect["clear"]]
    quiet = [effect for effect in body["indicators"] if not effect["clear"]]
    says = (
        f"After each purchase in the past: was a signal there, and did no other purchase follow within {horizon} days? "
        "Compared are customers with as many purchases so far. What goes together need not be the cause: only an "
        "experiment tells."
    )
    if quiet or clear:
        says += (
            f" Of {len(body['indicators'])} signals looked at, those are said that can be told from chance, even though "
            "so many were looked at."
        )
    rows = tuple(
        (
            effect["title"],
            words.share(effect["present"]),
            words.share(effect["absent"]),
            _points(effect["difference"]),
            f"{_points(effect['low'])} to {_points(effect['high'])}",
            words.number(effect["present_count"]),
        )
        for effect in [*clear, *quiet]
    )
    columns = ("Signal", "Not back", "Others", "Difference, points", "95 % interval", "Orders with it")
    missing = "" if clear else "Not enough data yet: no signal can be told from chance."
    return Section(
        "indicators",
        "Why customers leave",
        says,
        one_table("Signals and leaving", columns, rows)[0],
        tuple(effect["sentence"] for effect in clear),
        missing,
    )


def _risk(body: Body) -> Section:
    expected, horizon = body["expected"], body["horizon_days"]
    says = (
        f"What the model expected customers who are now at risk to spend within {horizon} days of their last purchase, "
        f"less what it expects of them within the next {horizon} days."
    )
    missing = "" if expected else next((f["missing"] for f in body["figures"] if f["key"] == "revenue_at_risk"), "")
    rows = [
        (currency, STEPS[step], words.money(steps[step], currency))
        for currency, steps in (expected["at_risk"] if expected else {}).items()
        for step in STEPS
        if step in steps
    ]
    tables, *_ = one_table("Revenue at risk", ("Currency", "Stage", "At risk"), tuple(rows), words=2)
    if expected and not rows:
        missing = "Nobody is at risk at the moment."
    return Section("risk", "Revenue at risk", says, tables, missing=missing or ("" if rows else "Not enough data yet."))


def _stages(body: Body) -> Section:
    says = (
        f"Loyal is who bought on at least {body['loyal_from']} days. At risk and dormant is who has been silent for "
        "unusually long, by their own rhythm and the shop's, or by the limits that you set."
    )
    rows = tuple(
        (STEPS[step], *(words.number(counts[name]) for name in ACTIVITIES), words.number(sum(counts.values())))
        for step, counts in body["stages"].items()
        if sum(counts.values())
    )
    return Section(
        "stages", "The life cycle", says, *one_table("Customers by stage", ("Stage", *ACTIVITIES.values(), "All"), rows)
    )


def _cohorts(body: Body) -> Section:
    says = "Customers by the month of their first purchase, and the per cent of them who bought in each later month."
    cohorts = body["cohorts"]
    widest = max((len(cohort["bought"]) for cohort in cohorts), default=0)
    rows = tuple(
        (words.month(cohort["month"]), words.number(cohort["customers"]), *_cells(cohort, widest)) for cohort in cohorts
    )
    if any(cohort["bought"] for cohort in cohorts):
        says += f" An asterisk marks the present month, which is not over; of fewer than {ENOUGH} customers no share is said."
    columns = ("First bought", "Customers", *(f"+{n}" for n in range(1, widest + 1)))
    return Section(
        "cohorts", "Monthly cohorts", says, *one_table("Per cent who bought, by months after", columns, rows)
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
        "Time between orders",
        "Days between two successive purchase days of one customer. Who has not come back yet is not in it.",
        *one_table("Gaps by length", ("Days", "Gaps", "Share"), rows),
    )


def _rfm(body: Body) -> Section:
    says = (
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
    columns = ("Group", "Who", "Customers", "Silent, middle", "Purchases, middle", "Spent so far")
    return Section(
        "rfm",
        "Customer groups (RFM)",
        says,
        *one_table("Groups by recency, frequency and money", columns, rows, words=2),
    )


def model_section(model: Model) -> Section:
    """The same of a shop's model as it is now."""
    return _model({"model": to_json(model)})


def _model(body: Body) -> Section:
    model = body["model"]
    if model is None:
        return Section("model", "How it is predicted", "", missing="There is no model yet.")
    says = f"{model['reason']} Fitted on {words.number(model['customers'])} customers."
    test = model["backtest"]
    if test is None:
        return Section("model", "How it is predicted", says)
    rows = tuple(
        (
            CANDIDATES.get(name, name),
            _rounded(found["auc"]),
            f"{_rounded(found['auc_low'])} to {_rounded(found['auc_high'])}",
            _rounded(found["brier"]),
            _rounded(found["decile_error"]),
        )
        for name, found in test["candidates"].items()
    )
    says += (
        f" Tried on the {test['horizon_days']} days after {words.day(test['cutoff'])}: {words.number(test['customers'])} customers, of "
        f"whom {words.share(test['base_rate'])} ordered."
    )
    columns = ("Candidate", "AUC", "95 % interval", "Brier", "Mean decile error")
    return Section("model", "How it is predicted", says, one_table("Back-test", columns, rows)[0])


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def _rounded(value: float | None) -> str:
    return words.NOT_KNOWN if value is None else f"{value:.3f}"
