"""What the page's charts draw: small plain values for `static/charts.js`, each with its text alternative."""

from collections.abc import Mapping
from typing import Any

from plugin.domain.phrases import N_, joined, phrase
from plugin.report import words
from plugin.report.histogram import histogram, label
from plugin.report.sections import ACTIVITIES, STEPS

Body = Mapping[str, Any]
SEE = phrase("The table below has the same numbers.")


def charts(body: Body) -> dict[str, list[dict[str, Any]]]:
    """By section, only where there is something to draw."""
    drawn = {
        "retention": _retention(body),
        "indicators": _indicators(body),
        "risk": _risk(body),
        "stages": _stages(body),
        "cohorts": _cohorts(body),
        "gaps": _gaps(body),
    }
    return {key: found for key, found in drawn.items() if found}


def _retention(body: Body) -> list[dict[str, Any]]:
    months = [row for row in body["retention"] if row["retention"] is not None and len(row["period"]["key"]) == 7]
    if not months:
        return []
    return [
        {
            "kind": "columns",
            "label": joined((phrase("Retention and churn of {number} months.", number=len(months)), SEE)),
            "unit": "%",
            "categories": [words.month(row["period"]["start"]) for row in months],
            "series": [
                {"name": phrase("Retention"), "tone": "good", "values": [_percent(row["retention"]) for row in months]},
                {"name": phrase("Churn"), "tone": "bad", "values": [_percent(row["churn"]) for row in months]},
            ],
        }
    ]


def _indicators(body: Body) -> list[dict[str, Any]]:
    rows = [
        {
            "name": effect["title"],
            "difference": _percent(effect["difference"]),
            "low": _percent(effect["low"]),
            "high": _percent(effect["high"]),
            "clear": effect["clear"],
        }
        for effect in body["indicators"]
    ]
    if not rows:
        return []
    clear = sum(row["clear"] for row in rows)
    said = N_("Difference in leaving for {number} signals, with its 95 % interval; {clear} can be told from chance.")
    return [
        {
            "kind": "effects",
            "label": joined((phrase(said, number=len(rows), clear=clear), SEE)),
            "rows": sorted(rows, key=lambda row: (row["clear"], abs(row["difference"]))),
        }
    ]


def _risk(body: Body) -> list[dict[str, Any]]:
    expected = body["expected"]
    found = []
    for currency, steps in (expected["at_risk"] if expected else {}).items():
        shown = [step for step in STEPS if step in steps]
        total = words.money(sum(steps.values()), currency)
        found.append(
            {
                "kind": "bars",
                "label": joined((phrase("Revenue at risk by stage, {total} in all.", total=total), SEE)),
                "unit": currency,
                "categories": [STEPS[step] for step in shown],
                "series": [
                    {"name": phrase("At risk"), "tone": "bad", "values": [round(steps[step], 2) for step in shown]}
                ],
            }
        )
    return found


def _stages(body: Body) -> list[dict[str, Any]]:
    shown = [step for step, counts in body["stages"].items() if sum(counts.values())]
    if not shown:
        return []
    tones = {"active": "good", "at_risk": "bad", "dormant": "quiet"}
    return [
        {
            "kind": "bars",
            "label": joined((phrase("Customers by stage, divided into active, at risk and dormant."), SEE)),
            "unit": phrase("Customers"),
            "categories": [STEPS[step] for step in shown],
            "series": [
                {
                    "name": title,
                    "tone": tones[name],
                    "values": [body["stages"][step][name] for step in shown],
                }
                for name, title in ACTIVITIES.items()
            ],
        }
    ]


def _cohorts(body: Body) -> list[dict[str, Any]]:
    cohorts = [cohort for cohort in body["cohorts"] if cohort["shares"]]
    if not cohorts:
        return []
    cells = [
        [after, row, _percent(share), cohort["open"] and after == len(cohort["shares"]) - 1]
        for row, cohort in enumerate(cohorts)
        for after, share in enumerate(cohort["shares"])
    ]
    return [
        {
            "kind": "heat",
            "label": joined(
                (
                    phrase(
                        "Heat map of {number} monthly cohorts: who bought again in which month.", number=len(cohorts)
                    ),
                    SEE,
                )
            ),
            "rows": [words.month(cohort["month"]) for cohort in cohorts],
            "columns": [f"+{n + 1}" for n in range(max(len(cohort["bought"]) for cohort in cohorts))],
            "cells": cells,
        }
    ]


def _gaps(body: Body) -> list[dict[str, Any]]:
    bins = histogram(body["gaps"])
    if not bins:
        return []
    return [
        {
            "kind": "columns",
            "label": joined((phrase("Gaps between orders by length, in days."), SEE)),
            "unit": phrase("Gaps"),
            "categories": [label(low, high) for low, high, _ in bins],
            "series": [{"name": phrase("Gaps"), "tone": "good", "values": [count for _, _, count in bins]}],
        }
    ]


def _percent(share: float) -> float:
    return round(100 * share, 1)
