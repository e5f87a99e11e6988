from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.budgets import Budgets, read_budgets, write_budgets
from plugin.errors import Rejected


def test_what_is_written_is_read_back() -> None:
    budgets = Budgets({"USD": Decimal("100.50"), "EUR": Decimal(7)}, {}, {"USD": Decimal(5)})
    assert read_budgets(write_budgets(budgets)) == budgets
    assert write_budgets(Budgets()) == {}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "Budgets are a table"),
        ({"week": {"USD": 1}}, "There is no budget “week”"),
        ({"day": 5}, "The budget “day” is a table"),
        ({"day": {"dollars": 5}}, "'dollars' in the budget “day” is no currency"),
        ({"day": {"USD": 0}}, "The budget “day” in USD must be a number above 0"),
        ({"day": {"USD": True}}, "must be a number above 0"),
        ({"day": {"USD": "NaN"}}, "must be a number above 0"),
    ],
)
def test_what_is_wrong_is_said(data: Any, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read_budgets(data)
