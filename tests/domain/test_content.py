"""Which of several pieces one shopper is shown, and in which language."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.content import Kind, Piece, Place, choose, word
from plugin.domain.deeds import Deed
from tests.shop import NOW, ago

HOME = Place.HOME
SALE = Piece("1", HOME, Kind.PROMOTION, {"en": "Sale"}, {}, {}, None, None, True, None, 7)
NEW = replace(SALE, name="2", priority=5)
STORY = replace(SALE, name="3", kind=Kind.STORY)


@dataclass(frozen=True)
class Told:
    content: str
    type: Deed
    at: datetime


def saw(piece: Piece, *days: float, deed: Deed = Deed.SEEN) -> list[Told]:
    return [Told(piece.name, deed, ago(day)) for day in days]


def shown(pieces: list[Piece], seen: list[Told] | None = None, share: float = 1.0) -> str | None:
    found = choose(pieces, seen or [], share, NOW).get(HOME)
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("why", "pieces", "seen", "share", "expected"),
    [
        ("there is nothing", [], [], 1.0, None),
        ("the higher priority", [SALE, NEW], [], 1.0, "2"),
        ("of equal ones the older", [SALE, replace(NEW, priority=0)], [], 1.0, "1"),
        ("often enough", [replace(NEW, times=2, days=7), SALE], saw(NEW, 1, 2), 1.0, "1"),
        ("not yet often enough", [replace(NEW, times=2, days=7), SALE], saw(NEW, 1), 1.0, "2"),
        ("that was long ago", [replace(NEW, times=2, days=7), SALE], saw(NEW, 8, 9), 1.0, "2"),
        ("a click is no view", [replace(NEW, times=1, days=7)], saw(NEW, 1, deed=Deed.CLICKED), 1.0, "2"),
        ("put away", [NEW, SALE], saw(NEW, 20, deed=Deed.DISMISSED), 1.0, "1"),
        ("put away long ago", [NEW, SALE], saw(NEW, 31, deed=Deed.DISMISSED), 1.0, "2"),
        ("nothing promotes where none may", [NEW, STORY], [], 0.0, "3"),
        ("a promotion where nothing else is there", [NEW], [], 0.0, "2"),
        ("after a promotion, information", [NEW, STORY], saw(NEW, 1), 0.6, "3"),
        ("after information, a promotion", [NEW, STORY], saw(STORY, 1), 0.6, "2"),
        ("what was seen long ago does not count", [NEW, STORY], saw(NEW, 31, 32) + saw(STORY, 1), 0.6, "2"),
    ],
)
def test_what_is_shown(why: str, pieces: list[Piece], seen: list[Told], share: float, expected: str | None) -> None:
    assert shown(pieces, seen, share) == expected, why


def test_each_place_has_its_own() -> None:
    account = replace(STORY, place=Place.ACCOUNT)
    assert {place: piece.name for place, piece in choose([NEW, account], [], 1.0, NOW).items()} == {
        HOME: "2",
        Place.ACCOUNT: "3",
    }


@given(st.lists(st.sampled_from([SALE, STORY]), max_size=40), st.floats(0, 1))
def test_nobody_is_shown_more_promotion_than_the_share_once_there_is_a_choice(
    before: list[Piece], share: float
) -> None:
    """However it began: a promotion is chosen only where it stays within the share."""
    told = [seen for piece in before for seen in saw(piece, 1)]
    promoted = sum(piece is SALE for piece in before)
    if told and shown([SALE, STORY], told, share) == SALE.name:
        assert promoted + 1 <= share * (len(before) + 1) + 1e-9


def test_of_whom_nothing_is_known_the_days_take_turns() -> None:
    days = [NOW + timedelta(days=day) for day in range(400)]
    promoted = sum(choose([NEW, STORY], [], 0.6, day)[HOME] is NEW for day in days)
    assert 0.5 < promoted / len(days) < 0.7
    assert choose([NEW, STORY], [], 0.6, NOW) == choose([NEW, STORY], [], 0.6, NOW)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Tea"), ("EN", "Tea"), ("pt", "Chá"), ("pt-BR", "Chá"), ("pt_br", "Chá"), ("fr", "Tea"), ("", "Tea")],
)
def test_a_word_in_the_shoppers_language(language: str, expected: str) -> None:
    assert word({"en": "Tea", "pt": "Chá"}, language) == expected


def test_where_there_are_no_words_there_is_none() -> None:
    assert word({}, "en") == ""
