"""Guardrails: once an episode, a pause, the control group, and nothing on a stale trigger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.decide import Outcome, Past, Standing, decide
from plugin.domain.effects import Banner, CheckAgain, GiveCode, Nothing, ShowBanner, Slot, Tell, Wish
from plugin.domain.experiments import Arm, arm_of
from plugin.domain.messages import Medium, Message
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.stages import Turns
from plugin.domain.tactic import Given, Tactic, Trigger, TriggerKind, View
from tests.shop import NOW, ago, days

GIVE = GiveCode(
    "O1",
    NOW,
    Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14),
    Banner(Slot.BANNER, "{code}"),
    "Silent.",
)
TELL = Tell("O1", NOW, Message((Medium.MAIL,), {"en": "Tea"}, {"en": "Tea?"}), "Due.")
SHOW = ShowBanner(Banner(Slot.FREE_SHIPPING, "Free", {"c": {"amount": "10"}}), "Shown.")
VIEW = View(CustomerState(1, "U1", "Ann", None, confirmed=True, history=History()), Outlook(), Turns(), NOW)
MOMENT = Trigger(TriggerKind.MOMENT, NOW)
NONE = Standing({}, {})


@dataclass(frozen=True, slots=True)
class NoParams:
    pass


def campaign(*wishes: Wish, control_group: bool = True, **changes: object) -> Campaign:
    def answer(view: View, trigger: Trigger, params: NoParams) -> Iterable[Wish]:
        return wishes

    tactic = Tactic(
        "test", "Test", "Tests.", NoParams, frozenset({TriggerKind.MOMENT}), answer, control_group=control_group
    )
    made = Campaign(7, "test", tactic, NoParams(), CampaignStatus.ON, 1, "salt", 0.0, 60, 0)
    return replace(made, **changes)  # type: ignore[arg-type]


def past(*earlier: Past) -> Mapping[int, tuple[Past, ...]]:
    return {7: earlier}


@pytest.mark.parametrize(
    ("given", "trigger", "standing", "outcomes"),
    [
        (campaign(GIVE), MOMENT, NONE, [Outcome.GIVEN]),
        (campaign(GIVE, status=CampaignStatus.PAUSED), MOMENT, NONE, []),
        (campaign(GIVE, status=CampaignStatus.DRAFT), MOMENT, NONE, []),
        (campaign(GIVE, starts_at=NOW, ends_at=NOW), MOMENT, NONE, [Outcome.GIVEN]),
        (campaign(GIVE, starts_at=NOW + timedelta(seconds=1)), MOMENT, NONE, []),
        (campaign(GIVE, ends_at=ago(1)), MOMENT, NONE, []),
        (campaign(GIVE), Trigger(TriggerKind.ORDER, NOW), NONE, []),
        (campaign(GIVE), Trigger(TriggerKind.MOMENT, ago(1) - timedelta(seconds=1)), NONE, []),
        (campaign(GIVE), Trigger(TriggerKind.MOMENT, ago(1)), NONE, [Outcome.GIVEN]),
        (campaign(GIVE), MOMENT, Standing(past(Past("O1", Outcome.GIVEN, ago(300))), {}), []),
        (campaign(GIVE), MOMENT, Standing(past(Past("O1", Outcome.NOTHING, ago(300))), {}), []),
        (campaign(GIVE), MOMENT, Standing(past(Past("O0", Outcome.GIVEN, ago(59))), {}), [Outcome.NOTHING]),
        (campaign(GIVE), MOMENT, Standing(past(Past("O0", Outcome.CONTROL, ago(59))), {}), [Outcome.NOTHING]),
        (campaign(GIVE), MOMENT, Standing(past(Past("O0", Outcome.NOTHING, ago(1))), {}), [Outcome.GIVEN]),
        (campaign(GIVE), MOMENT, Standing(past(Past("O0", Outcome.GIVEN, ago(60))), {}), [Outcome.GIVEN]),
        (
            campaign(replace(GIVE, episode="O1#2")),
            MOMENT,
            Standing(past(Past("O1", Outcome.GIVEN, ago(21))), {}),
            [Outcome.GIVEN],
        ),
        (
            campaign(replace(GIVE, episode="O1#2")),
            MOMENT,
            Standing(past(Past("O0#3", Outcome.GIVEN, ago(21))), {}),
            [Outcome.NOTHING],
        ),
        (campaign(GIVE), MOMENT, Standing({}, {7: Arm.CONTROL}), [Outcome.CONTROL]),
        (campaign(GIVE, control_share=1.0), MOMENT, NONE, [Outcome.CONTROL]),
        (campaign(GIVE, control_share=1.0), MOMENT, Standing({}, {7: Arm.TREATED}), [Outcome.GIVEN]),
        (campaign(GIVE, control_share=1.0, control_group=False), MOMENT, NONE, [Outcome.GIVEN]),
        (campaign(Nothing("O1", NOW, "Because.")), MOMENT, NONE, [Outcome.NOTHING]),
        (campaign(TELL, replace(TELL, episode="O2")), MOMENT, NONE, [Outcome.TOLD, Outcome.NOTHING]),
        (campaign(TELL, replace(TELL, episode="O1#2")), MOMENT, NONE, [Outcome.TOLD, Outcome.TOLD]),
        (campaign(TELL, replace(TELL, episode="O2"), pause_days=0), MOMENT, NONE, [Outcome.TOLD, Outcome.TOLD]),
        (campaign(SHOW, control_share=1.0), MOMENT, NONE, [Outcome.SHOWN]),
    ],
)
def test_guardrails(given: Campaign, trigger: Trigger, standing: Standing, outcomes: list[Outcome]) -> None:
    verdict = decide(VIEW, trigger, [given], standing)
    assert [decision.outcome for decision in verdict.decisions] == outcomes
    assert all(decision.reason for decision in verdict.decisions)
    assert all(
        (decision.wish is not None) == (decision.outcome in {Outcome.GIVEN, Outcome.SHOWN, Outcome.TOLD})
        for decision in verdict.decisions
    )


@pytest.mark.parametrize(("kind", "given"), [(TriggerKind.MOMENT, False), (TriggerKind.INSIDE, True)])
def test_a_need_of_before_is_for_the_walk_over_those_inside(kind: TriggerKind, *, given: bool) -> None:
    inside = campaign(replace(GIVE, since=ago(2)))
    tactic = replace(inside.tactic, listens_to=frozenset(TriggerKind) - {TriggerKind.HISTORY})
    verdict = decide(VIEW, Trigger(kind, NOW), [replace(inside, tactic=tactic)], NONE)
    assert bool(verdict.decisions) is given


def test_what_is_shown_already_is_not_shown_again() -> None:
    shown = replace(VIEW, shown={Slot.FREE_SHIPPING: SHOW.banner})
    assert decide(shown, MOMENT, [campaign(SHOW)], NONE).decisions == ()


def test_moments_are_kept_on_a_stale_trigger_and_for_those_who_do_not_listen() -> None:
    asked = campaign(CheckAgain(NOW + days(3)), CheckAgain(NOW + days(2)), CheckAgain(ago(1)))
    for trigger in (MOMENT, Trigger(TriggerKind.MOMENT, ago(9)), Trigger(TriggerKind.HISTORY, NOW)):
        assert decide(VIEW, trigger, [asked], NONE).check_again == NOW + days(2)


def test_the_control_group_has_its_share_and_stays() -> None:
    arms = [arm_of(number, "salt", 0.1) for number in range(20_000)]
    assert arms == [arm_of(number, "salt", 0.1) for number in range(20_000)]
    assert 0.09 < arms.count(Arm.CONTROL) / len(arms) < 0.11
    assert arms != [arm_of(number, "pepper", 0.1) for number in range(20_000)]


def test_a_campaign_that_is_yet_to_start_keeps_the_moments_it_asks_for() -> None:
    later = NOW + timedelta(days=9)
    verdict = decide(VIEW, MOMENT, [campaign(CheckAgain(later), starts_at=NOW + timedelta(days=1))], NONE)
    assert verdict.check_again == later


CREDIT = Offer(OfferKind.STORE_CREDIT, Decimal(5), Decimal(0), 30, "USD")


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (Given(8, "X", GIVE.offer, ago(20), NOW + days(3)), Outcome.LATER),
        (Given(8, "X", GIVE.offer, ago(20), NOW), Outcome.GIVEN),
        (Given(8, "X", GIVE.offer, ago(20), NOW + days(3), used=True), Outcome.GIVEN),
        (Given(8, "X", CREDIT, ago(20), NOW + days(3)), Outcome.GIVEN),
    ],
    ids=["alive", "run out", "used", "store credit"],
)
def test_who_holds_a_code_is_given_no_second_one_that_a_checkout_would_not_take(held: Given, outcome: Outcome) -> None:
    verdict = decide(replace(VIEW, given=[held]), MOMENT, [campaign(GIVE)], NONE)
    assert [decision.outcome for decision in verdict.decisions] == [outcome]
    if outcome is Outcome.LATER:
        assert verdict.check_again == held.until
