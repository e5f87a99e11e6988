"""Texts, numbers, money and moments in the Dashboard's language."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from admin_ui.catalogue import catalogue, filled_in, texts
from admin_ui.language import FIRST, language_of, languages


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "under 1 %"), (999, 1000, "over 99 %"), (9, 9, "100 %"), (1, 3, "33 %")],
)
def test_share(part: int, whole: int, said: str) -> None:
    assert language_of("en").share(part, whole).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en-GB"),
        ("xx", "en"),
        ("x" * 5000, "en"),
        ("q=;;,", "en"),
        ("en;q=no", "en"),
        ("tlh, en-AU;q=0.5", "en-AU"),
        ("en-XX-nonsense_here", "en"),
    ],
)
def test_the_language_that_is_spoken_and_asked_for(accepted: str, tag: str) -> None:
    assert language_of(accepted).tag == tag


def test_values_as_the_language_writes_them() -> None:
    english = language_of("en")
    assert english.money(Decimal("1234.5"), "EUR") == "€1,234.50"
    assert english.money(Decimal(1234), "JPY") == "¥1,234"
    assert english.moment(datetime(2026, 6, 1, 12, tzinfo=UTC), UTC).replace("\u202f", " ") == "Jun 1, 2026, 12:00 PM"
    assert english.plural(1, "{n} code", "{n} codes") == "1 code"
    assert english.plural(1200, "{n} code", "{n} codes") == "1,200 codes"


def test_english_is_always_spoken() -> None:
    assert languages()[0] == "en"


@pytest.mark.parametrize("language", [language for language in languages() if language != FIRST])
def test_every_text_is_translated_with_what_is_filled_in(language: str) -> None:
    """`python -m admin_ui.catalogue` brings a catalogue in line with the texts; what is new is then translated."""
    known = catalogue(language)
    assert {message.id for message in known if message.id} == {message.id for message in texts() if message.id}
    for message in known:
        assert not message.fuzzy or not message.id, message.id
        said = [str(one) for one in (message.string or () if message.pluralizable else [message.string])]
        asked = [str(one) for one in (message.id or () if message.pluralizable else [message.id])]
        most, least = set.union(*map(filled_in, asked)), set.intersection(*map(filled_in, asked))
        for one in said:
            assert one, message.id
            assert least <= filled_in(one) <= most, message.id


def test_a_page_speaks_the_languages() -> None:
    assert language_of("pl").plural(3, "{n} order", "{n} orders") == "3 zamówienia"
    assert language_of("fr-CA,fr;q=0.9")._("Campaigns") == "Campagnes"
    assert language_of("es").money(Decimal("1234.5"), "EUR").replace("\N{NO-BREAK SPACE}", " ") == "1.234,50 €"
