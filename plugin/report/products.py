"""The report's part about what is bought."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.domain.phrases import N_, joined, phrase
from plugin.report import words
from plugin.report.section import Body, Section, Table, one_table


def bright_spots(body: Body) -> Section:
    spots, horizon = body["bright_spots"], body["horizon_days"]
    tables = [
        *_favourites(phrase("What loyal customers buy"), spots["favourites"]),
        *_favourites(phrase("Product types that loyal customers buy"), _typed(spots["favourite_kinds"])),
        *_favourites(phrase("In the second purchase of loyal customers"), spots["next"]),
        *one_table(
            phrase(
                "In the first purchase, and back within {days} days (all: {share})",
                days=horizon,
                share=words.share(spots["came_back"]),
            ),
            (phrase("Product"), phrase("Came back"), phrase("Customers")),
            tuple(
                (row["name"], words.share(row["came_back"]), words.number(row["customers"]))
                for row in spots["beginnings"]
            ),
        )[0],
        *_intervals(phrase("Bought again after: products"), spots["products"]),
        *_intervals(phrase("Bought again after: product types"), _typed(spots["kinds"])),
    ]
    missing = "" if tables else phrase("Not enough data yet: too few customers have bought again.")
    says: str = phrase("{loyal} loyal customers, {others} others.", loyal=spots["loyal"], others=spots["others"])
    if often := spots["loyal_gaps"]:
        gaps = N_("Between two purchases of a loyal customer: {days} (median; quartiles {lower} and {upper}).")
        days = words.days(often["median"])
        says = joined((says, phrase(gaps, days=days, lower=often["lower"], upper=often["upper"])))
    return Section("bright_spots", phrase("Bright spots"), says, tuple(tables), missing=missing)


def _favourites(caption: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    cells = tuple(
        (row["name"], words.share(row["loyal"]), words.share(row["others"]), words.number(row["customers"]))
        for row in rows
    )
    return one_table(
        caption, (phrase("What"), phrase("Loyal customers"), phrase("Others"), phrase("Customers")), cells
    )[0]


def _intervals(caption: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    cells = tuple(
        (
            row["name"],
            words.number(row["days"]["median"]),
            phrase("{low} to {high}", low=row["days"]["lower"], high=row["days"]["upper"]),
            words.number(row["days"]["count"]),
            words.number(row["customers"]),
        )
        for row in rows
    )
    return one_table(
        caption,
        (phrase("What"), phrase("Median, days"), phrase("Quartiles"), phrase("Gaps"), phrase("Customers")),
        cells,
    )[0]


def _typed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Product types are known by their slugs: soft-drinks is Soft drinks."""
    return [{**row, "name": row["name"].replace("-", " ").capitalize()} for row in rows]
