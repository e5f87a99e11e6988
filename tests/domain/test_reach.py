"""By what a customer may be written to: a table of words and choices."""

from datetime import datetime

import pytest

from plugin.domain.consent import UNDATED, Consent
from plugin.domain.messages import Medium, Purpose
from plugin.domain.reach import Choice, Contact, Source, reach
from tests.shop import ago

ANN = Contact(has_address=True, has_account=True, has_bought=True)
MAIL, SMS = Medium.MAIL, Medium.SMS


def chose(about: Medium, yes: bool, at: datetime, source: Source = Source.PAGE) -> dict[str, Choice]:
    return {about.value: Choice(yes, source, at)}


@pytest.mark.parametrize(
    ("consent", "choices", "contact", "needs_opt_in", "marketing"),
    [
        (Consent(), {}, ANN, True, set()),
        (Consent(), {}, ANN, False, {MAIL}),
        (Consent(), {}, Contact(True, True, has_bought=False), False, set()),
        (Consent(agreed_at=UNDATED), {}, ANN, True, {MAIL}),
        (Consent(agreed_at=ago(5)), chose(MAIL, False, ago(9)), ANN, True, {MAIL}),
        (Consent(agreed_at=ago(5)), chose(MAIL, False, ago(5)), ANN, True, set()),
        (Consent(agreed_at=ago(5)), chose(MAIL, False, ago(1)), ANN, True, set()),
        (Consent(), chose(MAIL, False, ago(1)), ANN, False, set()),
        (Consent(), chose(MAIL, True, ago(1)), ANN, True, {MAIL}),
        (Consent(opted_out=True), chose(MAIL, True, ago(1)), ANN, False, set()),
        (Consent(agreed_at=ago(1)), chose(MAIL, False, ago(9), Source.BOUNCE), ANN, True, set()),
        (Consent(agreed_at=ago(1)), {}, Contact(has_address=False, has_account=True, has_bought=True), True, set()),
        (Consent(), chose(SMS, True, ago(1)), ANN, True, {SMS}),
        (Consent(), chose(SMS, True, ago(1)), Contact(True, has_account=False, has_bought=True), True, set()),
    ],
)
def test_marketing_needs_the_customer_s_word(
    consent: Consent, choices: dict[str, Choice], contact: Contact, needs_opt_in: bool, marketing: set[Medium]
) -> None:
    found = reach(consent, choices, contact, [MAIL, SMS], needs_opt_in=needs_opt_in)
    assert found[Purpose.MARKETING] == marketing


@pytest.mark.parametrize(
    ("source", "left"),
    [(Source.PAGE, {MAIL}), (Source.ONE_CLICK, {MAIL}), (Source.BOUNCE, set()), (Source.COMPLAINT, set())],
)
def test_what_is_owed_goes_to_whoever_did_not_bounce_or_complain(source: Source, left: set[Medium]) -> None:
    found = reach(Consent(opted_out=True), chose(MAIL, False, ago(1), source), ANN, [MAIL], needs_opt_in=True)
    assert found[Purpose.TRANSACTIONAL] == left


def test_nothing_goes_by_what_there_is_no_sender_for() -> None:
    assert reach(Consent(agreed_at=ago(1)), {}, ANN, [], needs_opt_in=True)[Purpose.TRANSACTIONAL] == set()
