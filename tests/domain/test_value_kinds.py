"""What a form is told of each parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from plugin.domain.tactic import describe_params, describe_values, param, unfit_values
from plugin.domain.value_kinds import ValueKind
from plugin.extensions import load_tactics


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class All:
    number: int = param(1, "Number", least=1)
    share: float = param(0.5, "Share")
    exact: Decimal = param(Decimal(1), "Exact")
    price: Decimal = param(Decimal(1), "Price", kind=ValueKind.MONEY)
    yes: bool = param(False, "Yes")
    colour: Colour = param(Colour.RED, "Colour")
    other: Colour | None = param(None, "Other colour")
    text: str = param("", "Text", needs="colour", when=("red",))
    letter: str = param("", "Letter", kind=ValueKind.LONG_TEXT)
    at: datetime | None = param(None, "At")
    some: tuple[str, ...] = param((), "Some", names=("product",))
    words: Mapping[str, str] = param(dict, "Words", kind=ValueKind.LONG_TEXT, names=("language",))
    rules: Mapping[str, Mapping[str, Decimal]] = param(dict, "Rules", kind=ValueKind.MONEY, names=("channel", "step"))


EXPECTED: dict[str, tuple[Any, ...]] = {
    "number": ("integer", None, False),
    "share": ("number", None, False),
    "exact": ("number", None, False),
    "price": ("money", None, False),
    "yes": ("yes_no", None, False),
    "colour": ("choice", None, False),
    "other": ("choice", None, True),
    "text": ("text", None, False),
    "letter": ("long_text", None, False),
    "at": ("moment", None, True),
    "some": ("list", "text", False),
    "words": ("table", "long_text", False),
    "rules": ("nested_table", "money", False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_kinds(name: str) -> None:
    spec = next(spec for spec in describe_values(All) if spec["name"] == name)
    assert (spec["kind"], spec["item"], spec["optional"]) == EXPECTED[name]
    assert spec["choices"] == (["red", "blue"] if spec["kind"] == "choice" else [])


def test_what_stands_beside_the_kind() -> None:
    specs = {spec["name"]: spec for spec in describe_values(All)}
    assert (specs["text"]["needs"], specs["text"]["when"]) == ("colour", ["red"])
    assert specs["rules"]["names"] == ["channel", "step"]
    assert specs["number"]["least"] == 1


def test_each_value_says_what_is_wrong_with_it_alone() -> None:
    given = {"number": "0", "exact": "x", "colour": "green", "yes": "perhaps", "price": "3", "rules": "none"}
    assert unfit_values(All, given) == {
        "number": "must be 1 or more",
        "exact": "must be a number",
        "colour": "must be one of: red, blue",
        "yes": "must be yes or no",
        "rules": "must be a table of names and values",
    }


def test_every_tactic_tells_what_each_parameter_needs_of_the_others() -> None:
    for tactic in load_tactics().values():
        specs = {spec["name"]: spec for spec in describe_params(tactic)}
        for spec in specs.values():
            assert spec["needs"] == "" or spec["needs"] in specs
            if spec["when"]:
                assert set(spec["when"]) <= set(specs[spec["needs"]]["choices"])
