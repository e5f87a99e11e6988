"""Sentences that keep what they were made of, also in a database."""

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from plugin.domain.money import Money
from plugin.domain.phrases import Percent, Phrase, joined, phrase, phrases, read_stored, stored, without_figures
from plugin.domain.segments import Segment

AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (phrase("As it {stands}."), "As it {stands}."),
        (phrase("In “{segment}” since {at}.", segment="{x}", at=AT), "In “{x}” since 2026-06-01 09:30 UTC."),
        (phrase("{n} on {day}", n=1200, day=date(2026, 6, 1)), "1,200 on 2026-06-01"),
        (phrase("{a} of {b}", a=Percent(0.126), b=Money(Decimal("4.5"), "EUR")), "13 % of 4.50 EUR"),
        (phrase("{a} and {b}", a=Decimal("1500.50"), b=2.345), "1,500.50 and 2.35"),
        (phrase("There are {them}.", them=("a", "b", 3)), "There are a, b, 3."),
        (phrase("{stage}", stage=Segment.AT_RISK), "at_risk"),
        (phrase("Nothing, because {because}.", because=phrase("{n} days", n=3)), "Nothing, because 3 days."),
        (phrases(1, "every day", "every {n} days"), "every day"),
        (phrases(12, "{what} every day", "{what} every {n} days", what="Tea"), "Tea every 12 days"),
        (joined((phrase("One."), "Two.", phrases(3, "{n}.", "{n}s."))), "One. Two. 3s."),
    ],
)
def test_a_phrase_is_its_english_text_and_comes_back_whole(made: str, text: str) -> None:
    assert made == text
    assert isinstance(made, Phrase)
    for again in (read_stored(stored(made)), pickle.loads(pickle.dumps(made))):  # noqa: S301
        assert again == text
        assert isinstance(again, Phrase)
        assert again.parts == made.parts


@pytest.mark.parametrize("text", ["", "Plain text.", "{braces}", '{"said": broken', '{"said":"x"}', "new\nline"])
def test_a_text_that_is_no_phrase_comes_back_as_it_was(text: str) -> None:
    assert read_stored(stored(text)) == text


def test_one_part_alone_stays_what_it_is() -> None:
    only = phrase("Only {this}.", this=1)
    assert joined([only]) is only
    assert joined([]) == ""


def test_phrases_alike_are_equal_without_their_figures() -> None:
    def of(name: str, amount: str, days: int) -> str:
        why = phrase("{left} in {days} from {name}", left=Money(Decimal(amount), "EUR"), days=days, name=name)
        return without_figures(phrase("Nothing, because {because}.", because=why))

    assert of("A", "1", 2) == of("A", "3", 4) == "Nothing, because … in … from A."
    assert of("A", "1", 2) != of("B", "1", 2)
    assert without_figures(phrases(1, "one", "{n} of them")) == "… of them"
    assert without_figures("As it is, 12.") == "As it is, 12."
