"""A message about a gift is decided on only while its code holds, and put off only as long as that lasts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.decide import Decision, Outcome, Past, Standing, decide
from plugin.domain.effects import Tell, Wish
from plugin.domain.guardrails import Guardrails, Limit
from plugin.domain.messages import Medium, Message
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.stages import Turns
from plugin.domain.tactic import Given, Tactic, Trigger, TriggerKind, View
from tests.shop import NOW, ago

SAID = Message((Medium.MAIL,), {"en": "Soon"}, {"en": "{code}"})
OFFER = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 2)
GIVEN = Given(7, "need", OFFER, ago(1), NOW + timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Params:
    about: str | None = "need"


def tell(view: View, trigger: Trigger, params: Params) -> Iterator[Wish]:
    yield Tell("need#notice", NOW, SAID, "It ends.", about=params.about)


TACTIC = Tactic("notice", "Notice", "Tells.", Params, frozenset({TriggerKind.MOMENT}), tell)


def decided(*given: Given, past: tuple[Past, ...] = (), about: str | None = "need", **rules: Any) -> Decision:
    state = CustomerState(1, "U1", "Ann", None, confirmed=True, history=History())
    view = View(state, Outlook(), Turns(), NOW, given=given)
    campaign = Campaign(7, "c", TACTIC, Params(about), CampaignStatus.ON, 1, "salt", 0, 60, 0)
    verdict = decide(
        view, Trigger(TriggerKind.MOMENT, NOW), [campaign], Standing({7: past} if past else {}, {}), Guardrails(**rules)
    )
    (decision,) = verdict.decisions
    return decision


def test_it_is_told_of_a_code_that_holds() -> None:
    assert decided(GIVEN).outcome is Outcome.TOLD


def test_words_about_no_gift_need_none() -> None:
    assert decided(about=None).outcome is Outcome.TOLD


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((), "there is no code that it could be about"),
        ((replace(GIVEN, episode="another"),), "there is no code that it could be about"),
        ((replace(GIVEN, campaign_id=8),), "there is no code that it could be about"),
        ((replace(GIVEN, used=True),), "the code has been used"),
        ((replace(GIVEN, until=NOW),), "the offer has run out"),
    ],
)
def test_it_is_not_told_of_a_code_that_does_not_hold(given: tuple[Given, ...], why: str) -> None:
    decision = decided(*given)
    assert (decision.outcome, decision.by) == (Outcome.NOTHING, Limit.NO_CODE)
    assert decision.reason == f"Nothing, because {why}."


@pytest.mark.parametrize(("hours", "outcome"), [(2, Outcome.LATER), (3, Outcome.NOTHING), (9, Outcome.NOTHING)])
def test_it_is_put_off_only_while_the_code_still_holds_then(hours: int, outcome: Outcome) -> None:
    quiet_to = f"{(NOW + timedelta(hours=hours)).hour:02}:00"
    decision = decided(GIVEN, quiet_from="10:00", quiet_to=quiet_to)
    assert (decision.outcome, decision.by) == (outcome, Limit.QUIET_HOURS)
    assert decision.reason.endswith("the offer would have run out.") is (outcome is Outcome.NOTHING)


def test_the_pause_of_the_campaign_does_not_stand_between_a_gift_and_its_notice() -> None:
    assert decided(GIVEN, past=(Past("need", Outcome.GIVEN, ago(1)),)).outcome is Outcome.TOLD
    assert decided(GIVEN, past=(Past("other", Outcome.GIVEN, ago(1)),)).by is Limit.PAUSE
