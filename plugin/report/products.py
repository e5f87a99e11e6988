"""The report's part about what is bought."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.report import words
from plugin.report.section import Body, Section, Table, one_table


def bright_spots(body: Body) -> Section:
    spots, horizon = body["bright_spots"], body["horizon_days"]
    tables = [
        *_favourites("What loyal customers buy", spots["favourites"]),
        *_favourites("Product types that loyal customers buy", _typed(spots["favourite_kinds"])),
        *_favourites("In the second purchase of loyal customers", spots["next"]),
        *one_table(
            f"In the first purchase, and back within {horizon} days (all: {words.share(spots['came_back'])})",
            ("Product", "Came back", "Customers"),
            tuple(
                (row["name"], words.share(row["came_back"]), words.number(row["customers"]))
                for row in spots["beginnings"]
            ),
        )[0],
        *_intervals("Bought again after: products", spots["products"]),
        *_intervals("Bought again after: product types", _typed(spots["kinds"])),
    ]
    missing = "" if tables else "Not enough data yet: too few customers have bought again."
    says = f"{words.number(spots['loyal'])} loyal customers, {words.number(spots['others'])} others."
    if often := spots["loyal_gaps"]:
        says += (
            f" Loyal customers buy every {words.days(often['median'])} (median; quartiles {often['lower']:g} and "
            f"{often['upper']:g})."
        )
    return Section("bright_spots", "Bright spots", says, tuple(tables), missing=missing)


def _favourites(caption: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    cells = tuple(
        (row["name"], words.share(row["loyal"]), words.share(row["others"]), words.number(row["customers"]))
        for row in rows
    )
    return one_table(caption, ("What", "Loyal customers", "Others", "Customers"), cells)[0]


def _intervals(caption: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    cells = tuple(
        (
            row["name"],
            f"{row['days']['median']:g}",
            f"{row['days']['lower']:g} to {row['days']['upper']:g}",
            words.number(row["days"]["count"]),
            words.number(row["customers"]),
        )
        for row in rows
    )
    return one_table(caption, ("What", "Median, days", "Quartiles", "Gaps", "Customers"), cells)[0]


def _typed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Product types are known by their slugs: soft-drinks is Soft drinks."""
    return [{**row, "name": row["name"].replace("-", " ").capitalize()} for row in rows]
