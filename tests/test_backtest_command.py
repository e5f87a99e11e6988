"""`retention backtest`: figures on files as people have them, and never one that is no number."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plugin.cli import retention
from plugin.commands.backtest import _as_purchases
from plugin.domain.model.purchases import Purchases
from plugin.imports.orders_csv import CsvOrder
from tests.domain.model.shops import regulars, shop

HEAD = "customer_id,ordered_at,total,currency\n"
START = date(2025, 1, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def run(path: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(retention, ["backtest", "--orders", str(path), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def figures(path: Path, *arguments: str) -> dict[str, Any]:
    code, out, err = run(path, *arguments, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    assert all(math.isfinite(value) for value in numbers(found))
    return found


def numbers(found: Any) -> list[float]:
    if isinstance(found, dict):
        return [number for value in found.values() for number in numbers(value)]
    return [found] if isinstance(found, int | float) else []


def write(path: Path, purchases: Purchases) -> Path:
    rows = zip(purchases.customer.tolist(), purchases.day.tolist(), purchases.total.tolist(), strict=True)
    path.write_text(HEAD + "".join(f"C{c},{date.fromordinal(day)},{total:.2f},EUR\n" for c, day, total in rows))
    return path


def orders(path: Path, *rows: tuple[str, int, str]) -> Path:
    path.write_text(HEAD + "".join(f"{who},{START + timedelta(days=day)},{total},EUR\n" for who, day, total in rows))
    return path


def test_the_model_and_its_rivals_are_measured(path: Path) -> None:
    found = figures(write(path, regulars(300, 365)), "--horizon-days", "45")
    assert set(found["candidates"]) == {"model", "mbg_nbd", "recency", "own_gap", "bg_nbd_alive"}
    assert found["choice"] in {"layered", "mbg_nbd"}
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["auc"] > 0.9
    assert found["auc"] == found["candidates"]["model"]["auc"]
    assert found["seconds"] > 0
    assert date.fromisoformat(found["scored_until"]) - date.fromisoformat(found["cutoff"]) == timedelta(days=45)


def test_a_table_for_people_says_what_was_chosen_and_why(path: Path) -> None:
    code, out, _ = run(write(path, shop(200, 300)), "--horizon-days", "30", "--cutoff", "2025-09-01")
    assert code == 0
    for words in ("until 2025-09-01", "until 2025-10-01", "recency alone", "MBG/NBD alone", "The model is", "seconds"):
        assert words in out


def test_what_is_after_the_cutoff_changes_the_outcome_and_not_the_model(path: Path) -> None:
    purchases = regulars(150, 300)
    whole = figures(write(path, purchases), "--horizon-days", "28", "--cutoff", "2025-08-01")
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if line.split(",")[1] <= "2025-08-03" or "ordered_at" in line))
    short = figures(path, "--horizon-days", "28", "--cutoff", "2025-08-01")
    assert [whole[key] for key in ("parameters", "weights", "reason")] == [
        short[key] for key in ("parameters", "weights", "reason")
    ]
    assert short["base_rate"] < whole["base_rate"]
    assert "ends on 2025-08-03, before the window does" in short["notes"][0]


@pytest.mark.parametrize(
    "rows",
    [
        [("A", 0, "10"), ("A", 50, "10")],
        [(f"C{n}", n, "10") for n in range(40)],
        [(f"C{n}", day, "10") for n in range(40) for day in (0, 60)],
        [(f"C{n}", day, "10") for n in range(40) for day in (0, 20)] + [("Z", 60, "1")],
        [(f"C{n}", day, total) for n in range(30) for day, total in ((0, "0"), (20 + n, "-500"), (60, "10"))],
        [(f"C{n}", day * (n + 1) % 90, "0") for n in range(30) for day in range(1, 9)],
        [("A", day, "10") for day in range(90)] + [("B", 3, "10")],
    ],
    ids=["one customer", "one order each", "two days", "nobody again", "refunds", "gifts", "every day"],
)
@pytest.mark.parametrize("horizon", ["1", "30", "59"])
def test_a_poor_file_has_honest_figures_or_a_sentence(
    path: Path, rows: list[tuple[str, int, str]], horizon: str
) -> None:
    code, out, err = run(orders(path, *rows), "--horizon-days", horizon, "--json")
    if code:
        assert "Choose --cutoff or --horizon-days" in err
        return
    found = json.loads(out)
    assert all(math.isfinite(value) for value in numbers(found))
    assert 0 <= found["brier"] <= 1
    assert found["auc"] is not None or "no AUC" in found["notes"][0]
    assert run(path, "--horizon-days", horizon)[0] == 0


def test_a_shop_with_too_little_data_is_told_so(path: Path) -> None:
    found = figures(orders(path, ("A", 0, "10"), ("B", 3, "5"), ("A", 50, "10")), "--horizon-days", "30")
    assert found["choice"] == "too_little_data"
    assert found["reason"].startswith("Not enough data yet: 2 customers")


@pytest.mark.parametrize(
    ("rows", "arguments", "sentence"),
    [
        ([("A", 0, "10"), ("B", 0, "10")], [], "nothing to learn from before it"),
        ([("A", 0, "10"), ("B", 9, "10")], ["--cutoff", "2025-01-10"], "nothing to score after it"),
        ([("A", 0, "10"), ("B", 9, "10")], ["--cutoff", "2024-12-31"], "nothing to learn from before it"),
        ([("A", 0, "-10"), ("B", 9, "-10")], [], "refunds only"),
        ([], [], "has no orders"),
    ],
)
def test_what_cannot_be_tested_is_said_in_a_sentence(
    path: Path, rows: list[tuple[str, int, str]], arguments: list[str], sentence: str
) -> None:
    code, out, err = run(orders(path, *rows), "--horizon-days", "7", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err


def test_broken_rows_stop_it_or_are_left_out_as_asked(path: Path) -> None:
    write(path, regulars(60, 200))
    good = figures(path, "--horizon-days", "20", "--cutoff", "2025-06-01")
    path.write_text(path.read_text() + "C1,yesterday,5,EUR\nC2,2025-02-01,five,EUR\n")
    code, out, err = run(path, "--horizon-days", "20")
    assert (code, out) == (2, "")
    assert "2 of " in err
    assert "nothing was computed" in err
    assert "--skip-broken" in err
    left = figures(path, "--horizon-days", "20", "--cutoff", "2025-06-01", "--skip-broken")
    assert left["skipped_rows"] == 2
    assert left["auc"] == good["auc"]


def test_money_that_went_back_is_no_order(path: Path) -> None:
    rows = [(f"C{n}", day, "10") for n in range(30) for day in (0, 20 + n, 60)]
    plain = figures(orders(path, *rows), "--horizon-days", "15")
    refunded = figures(orders(path, *rows, ("C1", 58, "-10"), ("C2", 1, "-25")), "--horizon-days", "15")
    assert plain["orders"] == refunded["orders"]
    assert plain["base_rate"] == refunded["base_rate"]
    assert plain["parameters"] == refunded["parameters"]


def test_a_refund_after_the_cutoff_changes_no_score(path: Path) -> None:
    """Those who do not come back get their money back: who knew of it would know who does not come back."""
    write(path, regulars(300, 300))
    arguments = ("--horizon-days", "28", "--cutoff", "2025-08-01")
    plain = figures(path, *arguments)
    came: dict[str, str] = {}
    for line in path.read_text().splitlines()[1:]:
        who, day, _ = line.split(",", 2)
        came[who] = max(day, came.get(who, ""))
    gone = [who for who, day in came.items() if day <= "2025-08-01"]
    assert len(gone) > 20
    with path.open("a") as file:
        file.writelines(f"{who},2025-08-02,-15.00,EUR\n" for who in gone)
    refunded = figures(path, *arguments)
    assert plain["weights"] is not None
    assert {**refunded, "seconds": 0} == {**plain, "seconds": 0}


def test_a_refund_is_taken_off_an_order_in_its_own_currency() -> None:
    at = [datetime(2025, 2, day, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
    file = [
        CsvOrder(2, "A", at[0], Decimal(30), "EUR", discounted=False, items=0),
        CsvOrder(3, "A", at[1], Decimal(50), "USD", discounted=False, items=0),
        CsvOrder(4, "A", at[2], Decimal(-10), "EUR", discounted=False, items=0),
        CsvOrder(5, "A", at[3], Decimal(-20), "PLN", discounted=False, items=0),
        CsvOrder(6, "B", at[4], Decimal(-20), "EUR", discounted=False, items=0),
    ]
    found = {order.currency: (order.total, order.refunded, order.refund_day) for order in _as_purchases(file, UTC)}
    assert found == {"EUR": (30.0, 10.0, at[2].toordinal()), "USD": (50.0, 0.0, 0)}


def test_a_day_is_the_shops_own(path: Path) -> None:
    """Half past midnight in Warsaw is the evening before in UTC: one purchase there, two here."""
    late, early = datetime(2025, 2, 1, 20, tzinfo=UTC), datetime(2025, 2, 1, 23, 30, tzinfo=UTC)
    rows = "".join(f"C{n},{moment.isoformat()},10,EUR\n" for n in range(5) for moment in (late, early))
    path.write_text(f"{HEAD}{rows}Z,2025-03-20,10,EUR\nZ,2025-01-20,10,EUR\n")
    reasons = [
        figures(path, "--horizon-days", "20", "--time-zone", zone)["candidates"]["own_gap"]
        for zone in ("UTC", "Europe/Warsaw")
    ]
    assert len(reasons) == 2
    assert run(path, "--horizon-days", "20", "--time-zone", "Mars/Base")[0] == 2
