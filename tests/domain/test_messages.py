"""The words of a message: what is refused when it is saved, and how tokens are filled in."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from plugin.domain.messages import OF_A_CODE, Medium, Message, fill, problems_of, words_in, write_message

GOOD = Message((Medium.MAIL,), {"en": "For you, {name}"}, {"en": "Hello {name},\n\n{code}"}, {"en": "Go"}, "/basket")


def test_what_is_in_order_is_not_complained_of() -> None:
    assert list(problems_of(GOOD, OF_A_CODE)) == []
    assert list(problems_of(replace(GOOD, texts={"en": "{{a brace}} {product}"}), {"product"})) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"texts": {}}, "has no text"),
        ({"texts": {"en": " "}}, "is empty"),
        ({"texts": {"en": "Hi", "pl": "Cześć"}}, "a subject in each language"),
        ({"subjects": {}}, "a subject in each language"),
        ({"subjects": {"": "Hi"}, "texts": {"": "Hi"}, "buttons": {}}, "has no language"),
        ({"buttons": {"pl": "Dalej"}}, "The button needs its words in each language"),
        ({"texts": {"en": "Hello {nme}"}}, "The text in en has {nme}, which nothing fills in here"),
        ({"texts": {"en": "Hello {}"}}, "has {}, which nothing fills in here"),
        ({"texts": {"en": "Hello {name"}}, "cannot be filled in"),
        ({"texts": {"en": "Hello name}"}}, "cannot be filled in"),
        ({"texts": {"en": "{name!r}"}}, "more between its braces"),
        ({"texts": {"en": "{name:>1000000}"}}, "more between its braces"),
        ({"texts": {"en": "{name.__class__}"}}, "which nothing fills in here"),
        ({"subjects": {"en": "Hi\r\nBcc: x@example.com"}}, "The subject in en must be one line"),
        ({"subjects": {"en": "x" * 151}}, "too long"),
        ({"link": "javascript:alert(1)"}, "leads to a path"),
        ({"link": "//elsewhere.example"}, "leads to a path"),
        ({"link": "http://shop.example"}, "leads to a path"),
    ],
)
def test_what_would_go_wrong_is_refused_with_a_sentence(changes: Mapping[str, object], said: str) -> None:
    assert any(said in problem for problem in problems_of(replace(GOOD, **changes), OF_A_CODE))  # type: ignore[arg-type]


def test_an_sms_needs_no_subject() -> None:
    assert list(problems_of(Message((Medium.SMS,), {}, {"en": "{code}"}), OF_A_CODE)) == []


@pytest.mark.parametrize(
    ("text", "name", "filled"),
    [
        ("For you, {name}: tea", "Ann", "For you, Ann: tea"),
        ("For you, {name}: tea", "", "For you: tea"),
        ("Hello {name},", "", "Hello,"),
        ("{{{name}}}", "Ann", "{Ann}"),
        ("Hello {name}", "{code}", "Hello {code}"),
    ],
)
def test_tokens_are_filled_in_once(text: str, name: str, filled: str) -> None:
    assert fill(text, {"name": name, "code": "SECRET"}) == filled


def test_words_are_in_the_customer_s_language_else_in_the_first() -> None:
    said = Message((Medium.MAIL,), {"en": "Hi", "pl": "Cześć"}, {"en": "Tea", "pl": "Herbata"})
    assert [words_in(said, language).text for language in ("PL", "pl_PL", "de", None)] == ["Herbata"] * 2 + ["Tea"] * 2
    assert write_message(said, "PL")["subject"] == "Cześć"
