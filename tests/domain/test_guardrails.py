"""The shop's limits around every campaign, one by one and over random lives of a customer."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.buying import MbgNbd
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.churn import Outlook
from plugin.domain.consent import Consent
from plugin.domain.customer import CustomerState, History, fold
from plugin.domain.decide import Decision, Outcome, Past, Standing, decide
from plugin.domain.effects import Banner, GiveCode, Slot, Wish
from plugin.domain.experiments import Arm
from plugin.domain.guardrails import (
    Guardrails,
    Limit,
    Suppression,
    describe_guardrails,
    disturbed,
    never,
    quiet,
    quiet_until,
    read_guardrails,
    suppressed,
    too_much,
    too_often,
    write_guardrails,
)
from plugin.domain.messages import Purpose
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.prediction import Model, probability
from plugin.domain.stages import Turns
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View
from plugin.errors import Rejected
from tests.shop import NOW, ago, days, order

TEN = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)
FIVE = Offer(OfferKind.AMOUNT, Decimal(5), Decimal(0), 14, "USD")
BUYER = History(orders=4, bought={"USD": 4}, spent={"USD": Decimal(200)}, currency="USD")
WARSAW = ZoneInfo("Europe/Warsaw")


def test_what_is_written_is_what_is_read() -> None:
    rules = Guardrails(gifts=None, ceiling={"USD": Decimal(25)}, default_margin=Decimal("0.4"), quiet_from="22:00")
    rules = replace(rules, quiet_to="08:00")
    assert read_guardrails(write_guardrails(rules)) == rules
    assert read_guardrails({}) == Guardrails()
    assert {told["name"] for told in describe_guardrails()} == set(write_guardrails(rules)) - {"budgets"}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], "Guardrails are a table of names and values, not []."),
        ({"presents": 3}, "The set of guardrails has no parameter “presents”."),
        ({"gifts": 0}, "Gifts to one customer (gifts): 0 must be 1 or more."),
        ({"quiet_from": "25:00", "quiet_to": "08:00"}, "“25:00” is no time of day; write it as 22:00."),
        ({"quiet_from": "22:00"}, "Quiet hours need both ends: set quiet_from and quiet_to, or neither."),
        (
            {"quiet_from": "22:00", "quiet_to": "22:00"},
            "Quiet hours that end when they begin would be the whole day; leave a time at which to speak.",
        ),
        (
            {"default_margin": "0.1", "margin_floor": "0.2"},
            "The margin that must be left is above the margin there is, so that nothing could be given.",
        ),
        ({"ceiling": {"usd": "5"}}, "“usd” is no currency; write it as USD."),
    ],
)
def test_a_mistake_is_one_sentence(said: Any, sentence: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_guardrails(said)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("gave", "again"),
    [
        ([], None),
        ([ago(6)], ago(6) + days(7)),
        ([ago(7)], None),
        ([ago(29), ago(10)], ago(29) + days(30)),
        ([ago(30), ago(10)], None),
        ([ago(29), ago(1)], ago(1) + days(7)),
        ([ago(90), ago(60), ago(10)], None),
    ],
)
def test_two_in_thirty_days_and_a_week_between(gave: list[datetime], again: datetime | None) -> None:
    refusal = too_often(Guardrails(), gave, NOW)
    assert (refusal and refusal.again) == again


@pytest.mark.parametrize(
    ("rules", "offer", "by"),
    [
        (Guardrails(), TEN, None),
        (Guardrails(ceiling={"USD": Decimal(5)}), TEN, None),
        (Guardrails(ceiling={"USD": Decimal("4.99")}), TEN, Limit.CEILING),
        (Guardrails(ceiling={"EUR": Decimal(1)}), TEN, None),
        (Guardrails(ceiling={"USD": Decimal(4)}), FIVE, Limit.CEILING),
        (Guardrails(default_margin=Decimal("0.3"), margin_floor=Decimal("0.2")), TEN, None),
        (Guardrails(default_margin=Decimal("0.3"), margin_floor=Decimal("0.21")), TEN, Limit.MARGIN),
        (Guardrails(default_margin=Decimal("0.3"), margin_floor=Decimal("0.2")), FIVE, None),
        (
            Guardrails(default_margin=Decimal("0.3"), margin_floor=Decimal("0.2")),
            replace(FIVE, minimum=Decimal(40)),
            Limit.MARGIN,
        ),
    ],
)
def test_ceiling_and_margin_go_by_the_usual_basket_of_fifty(rules: Guardrails, offer: Offer, by: Limit | None) -> None:
    refusal = too_much(rules, offer, BUYER)
    assert (refusal and refusal.by) == by


@pytest.mark.parametrize(
    ("default", "own", "refused"),
    [
        ("0.3", "0.6", False),
        ("0.6", "0.3", True),
        ("0.3", None, True),
        ("0.6", None, False),
        ("0.6", "-0.1", True),
        (None, "0.1", False),
    ],
)
def test_the_margin_of_what_they_buy_stands_for_the_default(
    default: str | None, own: str | None, refused: bool
) -> None:
    rules = Guardrails(default_margin=Decimal(default) if default else None, margin_floor=Decimal("0.25"))
    refusal = too_much(rules, TEN, BUYER, Decimal(own) if own else None)
    assert (refusal is not None) is refused


def test_what_costs_are_known_for_may_be_allowed_to_somebody() -> None:
    rules = Guardrails(default_margin=Decimal("0.3"), margin_floor=Decimal("0.25"))
    assert [*never(rules, TEN)] != []
    assert [*never(rules, TEN, costs_known=True)] == []
    assert [*never(replace(rules, margin_floor=Decimal("0.95")), TEN, costs_known=True)] != []


def test_only_what_is_certain_is_said_before_saving() -> None:
    rules = Guardrails(ceiling={"USD": Decimal(4)}, default_margin=Decimal("0.3"), margin_floor=Decimal("0.25"))
    (said,) = never(rules, FIVE)
    assert said.endswith(
        "always refuse this: 5 USD off would be 5.00 USD, above the ceiling of 4.00 USD for one order."
    )
    assert "leaves a margin of 20 %" in next(never(rules, TEN))
    assert [*never(Guardrails(ceiling={"USD": Decimal(4)}), TEN)] == []


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 6, 1, 21, 59, tzinfo=WARSAW), None),
        (datetime(2026, 6, 1, 22, 0, tzinfo=WARSAW), datetime(2026, 6, 2, 8, 0, tzinfo=WARSAW)),
        (datetime(2026, 6, 2, 7, 59, tzinfo=WARSAW), datetime(2026, 6, 2, 8, 0, tzinfo=WARSAW)),
        (datetime(2026, 6, 2, 8, 0, tzinfo=WARSAW), None),
        (datetime(2026, 3, 28, 23, 0, tzinfo=WARSAW), datetime(2026, 3, 29, 8, 0, tzinfo=WARSAW)),
    ],
)
def test_quiet_hours_go_by_their_clock(at: datetime, until: datetime | None) -> None:
    assert quiet_until(time(22), time(8), WARSAW, at.astimezone(UTC)) == until


def test_quiet_hours_of_one_day_and_none() -> None:
    assert quiet_until(time(12), time(14), UTC, NOW) == NOW + timedelta(hours=2)
    assert quiet_until(time(13), time(14), UTC, NOW) is None
    assert quiet(Guardrails(), UTC, NOW) is None


def test_refunds_and_suppression_end() -> None:
    assert disturbed(Guardrails(), None, NOW) is None
    refusal = disturbed(Guardrails(), ago(13), NOW)
    assert refusal is not None
    assert refusal.again == NOW + days(1)
    assert disturbed(Guardrails(), ago(14), NOW) is None
    assert suppressed(Suppression("asked", NOW), NOW) is None
    for_good = suppressed(Suppression("complaint", None), NOW)
    assert for_good is not None
    assert for_good.reason == "Nothing, because the customer is on the suppression list: the customer complained."


@dataclass(frozen=True, slots=True)
class NoParams:
    pass


def wishing(campaign_id: int, episode: str, since: datetime, **changes: Any) -> Campaign:
    def answer(view: View, trigger: Trigger, params: NoParams) -> Iterable[Wish]:
        yield GiveCode(episode, since, TEN, Banner(Slot.BANNER, "{code}"), "Silent.")

    kinds = frozenset(TriggerKind) - {TriggerKind.HISTORY}
    tactic = Tactic(f"test_{campaign_id}", "Test", "Tests.", NoParams, kinds, answer)
    made = Campaign(campaign_id, f"c{campaign_id}", tactic, NoParams(), CampaignStatus.ON, 1, "salt", 0.0, 0, 0)
    return replace(made, **changes)


def view(now: datetime = NOW, consent: Consent = Consent(), history: History = BUYER) -> View:  # noqa: B008 -- frozen
    return View(CustomerState(1, "U1", "Ann", None, True, history, consent), Outlook(), Turns(), now)


MOMENT = Trigger(TriggerKind.MOMENT, NOW)


@pytest.mark.parametrize(
    ("consent", "standing", "by", "outcome"),
    [
        (Consent(opted_out=True), Standing({}, {}), Limit.OPTED_OUT, Outcome.NOTHING),
        (Consent(objects=True), Standing({}, {}), Limit.OBJECTS, Outcome.NOTHING),
        (Consent(), Standing({}, {}, Suppression("asked", None)), Limit.SUPPRESSED, Outcome.NOTHING),
        (Consent(), Standing({}, {}, Suppression("asked", NOW + days(3))), Limit.SUPPRESSED, Outcome.LATER),
        (Consent(), Standing({}, {}, refunded_at=ago(1)), Limit.DO_NOT_DISTURB, Outcome.LATER),
        (Consent(), Standing({9: [Past("P", Outcome.GIVEN, ago(1))]}, {}), Limit.FREQUENCY, Outcome.LATER),
        (Consent(), Standing({}, {}), None, Outcome.GIVEN),
    ],
)
def test_what_stands_in_the_way(consent: Consent, standing: Standing, by: Limit | None, outcome: Outcome) -> None:
    verdict = decide(view(consent=consent), MOMENT, [wishing(7, "O1", NOW)], standing)
    (made,) = verdict.decisions
    assert (made.by, made.outcome, made.arm is None) == (by, outcome, by is not None)
    assert (verdict.check_again is not None) == (outcome is Outcome.LATER)


def test_one_gift_in_one_verdict_goes_to_the_higher_priority() -> None:
    both = [wishing(1, "O1", NOW), wishing(2, "O1", NOW, priority=5)]
    first, second = decide(view(), MOMENT, both, Standing({}, {}), Guardrails(days_between=0)).decisions
    assert (first.campaign.campaign_id, first.outcome) == (2, Outcome.GIVEN)
    assert (second.by, second.outcome, second.again) == (Limit.ONE_AT_A_TIME, Outcome.LATER, NOW + days(14))


def test_what_was_put_off_is_asked_again_though_the_need_is_old() -> None:
    put_off = Standing({7: [Past("O1", Outcome.LATER, ago(9), NOW)]}, {})
    (made,) = decide(view(), MOMENT, [wishing(7, "O1", ago(10))], put_off).decisions
    assert made.outcome is Outcome.GIVEN
    assert decide(view(), MOMENT, [wishing(7, "O1", ago(10))], Standing({}, {})).decisions == ()


def test_the_moment_of_what_was_put_off_outlives_every_look() -> None:
    put_off = Standing({7: [Past("O1", Outcome.LATER, ago(1), NOW + days(4))]}, {})
    for trigger in (Trigger(TriggerKind.HISTORY, NOW), Trigger(TriggerKind.MOMENT, ago(9))):
        assert decide(view(), trigger, [wishing(7, "O1", ago(2))], put_off).check_again == NOW + days(4)


def test_quiet_hours_are_for_what_time_has_woken() -> None:
    rules = Guardrails(quiet_from="11:00", quiet_to="13:00")
    for kind, outcome in ((TriggerKind.MOMENT, Outcome.LATER), (TriggerKind.ORDER, Outcome.GIVEN)):
        (made,) = decide(view(), Trigger(kind, NOW), [wishing(7, "O1", NOW)], Standing({}, {}), rules).decisions
        assert made.outcome is outcome


MODEL = Model(30, "mbg_nbd", "It is a test.", repeat=MbgNbd(2.0, 20.0, 1.0, 4.0))
WEEKLY = fold([order(f"O{n}", ago(7 * n + 1)) for n in range(10)], UTC)


def likely_buyer(rules: Guardrails, now: datetime = NOW, model: Model | None = MODEL) -> Decision:
    known = replace(view(now, history=WEEKLY), outlook=Outlook(model=model))
    put_off = {7: [Past("O1", Outcome.LATER, ago(1), now)]}
    (made,) = decide(
        known, Trigger(TriggerKind.MOMENT, now), [wishing(7, "O1", NOW)], Standing(put_off, {}), rules
    ).decisions
    return made


def test_who_would_buy_anyway_waits_until_that_has_become_less_likely() -> None:
    rules = Guardrails(explore_share=0.0)
    made = likely_buyer(rules)
    assert (made.by, made.outcome) == (Limit.BUY_ANYWAY, Outcome.LATER)
    assert "% likely anyway; asked again on" in made.reason
    looks = 0
    while made.outcome is Outcome.LATER:
        assert made.again is not None
        now, looks = made.again, looks + 1
        made = likely_buyer(rules, now)
    assert made.outcome is Outcome.GIVEN
    assert looks <= 3
    silence = (now - ago(1)) / days(1)
    assert probability(MODEL, WEEKLY, silence) < 0.6 <= probability(MODEL, WEEKLY, silence - 2)


def test_some_of_them_are_explored_and_nobody_is_refused_without_a_model() -> None:
    explored = likely_buyer(Guardrails(explore_share=1.0))
    assert explored.outcome is Outcome.GIVEN
    assert explored.reason.startswith("Explored, though an order within 30 days is ")
    for rules, model in ((Guardrails(buy_anyway=None), MODEL), (Guardrails(explore_share=0.0), None)):
        assert likely_buyer(rules, model=model).reason == "Silent."


@pytest.mark.parametrize(
    ("purpose", "outcome"), [(Purpose.MARKETING, Outcome.LATER), (Purpose.TRANSACTIONAL, Outcome.GIVEN)]
)
def test_what_is_owed_is_given_whoever_would_buy_anyway(purpose: Purpose, outcome: Outcome) -> None:
    def answer(view: View, trigger: Trigger, params: NoParams) -> Iterable[Wish]:
        yield GiveCode("O1", NOW, TEN, Banner(Slot.BANNER, "{code}"), "Late.", purpose=purpose)

    campaign = wishing(7, "O1", NOW)
    campaign = replace(campaign, tactic=replace(campaign.tactic, decide=answer))
    known = replace(view(history=WEEKLY), outlook=Outlook(model=MODEL))
    (made,) = decide(known, MOMENT, [campaign], Standing({}, {}), Guardrails(explore_share=0.0)).decisions
    assert made.outcome is outcome


@dataclass
class Life:
    """What the store would keep of one customer."""

    now: datetime = NOW
    need: int = 1
    since: datetime = NOW
    consent: Consent = Consent()
    suppression: Suppression | None = None
    stopped: set[int] = field(default_factory=set)
    past: dict[int, list[Past]] = field(default_factory=dict)
    kept: dict[tuple[int, str], Outcome] = field(default_factory=dict)
    gifts: list[datetime] = field(default_factory=list)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "order", "stop", "go", "opt_out", "opt_in", "suppress", "unlist"]),
        st.integers(0, 200),
        st.sampled_from([TriggerKind.MOMENT, TriggerKind.INSIDE, TriggerKind.ACCOUNT, TriggerKind.HISTORY]),
        st.sampled_from([1, 2, 3]),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 3), st.integers(1, 40), st.integers(1, 9))
def test_no_life_breaks_a_limit(
    steps: list[tuple[str, int, TriggerKind, int]], gifts: int, gifts_days: int, between: int
) -> None:
    rules = Guardrails(gifts=gifts, gifts_days=gifts_days, days_between=between)
    life = Life()
    for step, hours, kind, number in steps:
        life.now += timedelta(hours=hours)
        _happens(life, step, number)
        campaigns = [
            wishing(
                one,
                f"O{life.need}",
                life.since,
                status=CampaignStatus.PAUSED if one in life.stopped else CampaignStatus.ON,
                control_share=1.0 if one == 3 else 0.0,
                priority=one % 2,
            )
            for one in (1, 2, 3)
        ]
        for _ in range(2):  # everything is told twice
            standing = Standing(life.past, {}, life.suppression)
            verdict = decide(view(life.now, life.consent), Trigger(kind, life.now), campaigns, standing, rules)
            for made in verdict.decisions:
                _keep(life, made.campaign.campaign_id, made.episode, made.outcome, made.again, made.arm)
    for start in life.gifts:
        assert sum(start <= at < start + days(gifts_days) for at in life.gifts) <= gifts
    pairs = zip(life.gifts, life.gifts[1:], strict=False)
    assert all(later - earlier >= days(between) for earlier, later in pairs)


def _happens(life: Life, step: str, number: int) -> None:
    match step:
        case "order":
            life.need, life.since = life.need + 1, life.now
        case "stop":
            life.stopped.add(number)
        case "go":
            life.stopped.discard(number)
        case "opt_out" | "opt_in":
            life.consent = Consent(opted_out=step == "opt_out")
        case "suppress":
            life.suppression = Suppression("asked", None if number == 1 else life.now + days(number))
        case "unlist":
            life.suppression = None


def _keep(
    life: Life, campaign_id: int, episode: str, outcome: Outcome, again: datetime | None, arm: Arm | None
) -> None:
    life.past.setdefault(campaign_id, []).append(Past(episode, outcome, life.now, again))
    if outcome is Outcome.LATER:
        assert again is not None
        assert again > life.now
        return
    assert (campaign_id, episode) not in life.kept
    life.kept[campaign_id, episode] = outcome
    if outcome is Outcome.GIVEN:
        listed = life.suppression is not None and (life.suppression.until is None or life.suppression.until > life.now)
        assert (listed, life.consent.opted_out, campaign_id in life.stopped) == (False, False, False)
        assert (arm, campaign_id) != (Arm.CONTROL, 3)
        assert arm is Arm.TREATED
        life.gifts.append(life.now)
