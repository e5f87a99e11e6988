"""The account's word and that of each order, and what they come to."""

from itertools import permutations

import pytest

from plugin.domain.consent import Consent, Word, stand_of
from tests.shop import ago

NO, GUESTS_NO = Word(ago(20), yes=False, signed_in=True), Word(ago(20), yes=False, signed_in=False)
YES, GUESTS_YES = Word(ago(10), yes=True, signed_in=True), Word(ago(10), yes=True, signed_in=False)
LATER_NO = Word(ago(5), yes=False, signed_in=False)
SAME_NO = Word(ago(10), yes=False, signed_in=False)


@pytest.mark.parametrize(
    ("account", "words", "out"),
    [
        (Consent(), (), False),
        (Consent(), (YES,), False),
        (Consent(), (NO,), True),
        (Consent(), (GUESTS_NO,), True),
        (Consent(), (NO, YES), False),
        (Consent(), (GUESTS_NO, YES), False),
        (Consent(), (NO, GUESTS_YES), True),
        (Consent(), (NO, YES, LATER_NO), True),
        (Consent(), (YES, SAME_NO), True),
        (Consent(opted_out=True), (YES,), True),
        (Consent(opted_in_at=ago(15)), (NO,), False),
        (Consent(opted_in_at=ago(15)), (NO, LATER_NO), True),
        (Consent(opted_in_at=ago(20)), (NO,), True),
        (Consent(opted_in_at=ago(30)), (NO,), True),
        (Consent(objects=True), (), False),
    ],
)
def test_the_newest_word_wins(account: Consent, words: tuple[Word, ...], out: bool) -> None:
    for order in permutations(words):
        assert stand_of(account, order, confirmed=True).opted_out is out


@pytest.mark.parametrize("account", [Consent(), Consent(opted_in_at=ago(1))])
def test_a_yes_of_nobody_proven_takes_no_no_back(account: Consent) -> None:
    assert stand_of(account, [NO, YES], confirmed=False).opted_out is True
    assert stand_of(account, [YES], confirmed=False).opted_out is False
