"""A banner says what it shows and decides nothing."""

from typing import Any

import pytest

from plugin.domain.content import Kind, Place
from plugin.domain.tactic import read_params, write_params
from plugin.domain.today import Today
from plugin.errors import Rejected
from plugin.tactics.banner import TACTIC
from tests.shop import NOW

TEXTS = {"en": "New in", "pl": "Nowości"}


def test_its_parameters_are_read_and_written() -> None:
    said = {"place": "basket", "kind": "guide", "texts": TEXTS, "href": "/new", "links": {"en": "Look"}, "times": "3"}
    params = read_params(TACTIC, said)
    assert read_params(TACTIC, write_params(params)) == params
    assert TACTIC.content is not None
    piece = TACTIC.content("12", 5, params, Today(NOW))
    assert piece is not None
    assert (piece.name, piece.place, piece.kind, piece.priority) == ("12", Place.BASKET, Kind.GUIDE, 5)
    assert (piece.texts, piece.times, piece.days) == (TEXTS, 3, 7)


@pytest.mark.parametrize(
    "href", ["/sale", "/", "/sale?q=1#a", "https://tea.example/sale", "https://tea.example:8443/sale"]
)
def test_it_leads_somewhere(href: str) -> None:
    read_params(TACTIC, {"texts": TEXTS, "href": href})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "text in one language"),
        ({"texts": {"en": "  "}}, "text in one language"),
        ({"texts": {"en": "x" * 501}}, "at most 500"),
        ({"texts": TEXTS, "href": "javascript:alert(1)"}, "leads to a path"),
        ({"texts": TEXTS, "href": "//evil.example"}, "leads to a path"),
        ({"texts": TEXTS, "href": "/\\evil.example"}, "leads to a path"),
        ({"texts": TEXTS, "href": "http://tea.example"}, "leads to a path"),
        ({"texts": TEXTS, "href": "https://"}, "leads to a path"),
        ({"texts": TEXTS, "href": "https://[x"}, "leads to a path"),
        ({"texts": TEXTS, "image": "/a.png"}, "A picture"),
        ({"texts": TEXTS, "links": {"en": "Look"}}, "nowhere that they lead"),
        ({"texts": TEXTS, "place": "footer"}, "must be one of"),
        ({"texts": TEXTS, "times": 0}, "must be 1 or more"),
        ({"texts": "New in"}, "must be a table"),
    ],
)
def test_what_cannot_be_is_a_sentence(said: dict[str, Any], why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_params(TACTIC, said)
