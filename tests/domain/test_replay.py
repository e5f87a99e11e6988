"""One customer's past, decided moment by moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.baskets import Basket
from plugin.domain.campaigns import Campaign
from plugin.domain.churn import Outlook, Rhythm
from plugin.domain.conditions import EVERYONE, AllOf, Bought, By, FieldTest, Not
from plugin.domain.decide import Outcome
from plugin.domain.effects import Nothing
from plugin.domain.fields import BoughtLine, Operator
from plugin.domain.guardrails import Guardrails, Limit, Suppression
from plugin.domain.money import Money
from plugin.domain.offers import OfferKind
from plugin.domain.replay import walk
from plugin.domain.replay_values import Asked, Begun, Remembered, Season, Spell
from plugin.domain.stages import Limits
from plugin.domain.tactic import Trigger, TriggerKind, View
from plugin.tactics import abandoned_checkout, on_entering
from plugin.tactics.win_back import WinBack
from tests.domain.past import BEGINS, TWENTY, buyer, campaign, day, order, setting


def asked(*orders: Remembered, campaigns: Sequence[Campaign] = (), **changes: Any) -> tuple[Asked, ...]:
    return walk(buyer(*orders), setting(*campaigns, **changes)).asked


def test_each_figure_of_one_offer_is_what_the_hand_works_out() -> None:
    (first, second) = asked(order(-30, total=30), order(10, total=70), order(40, total=90))
    assert first.at == day(30), "twenty days after the order of day 10"
    assert first.outcome is Outcome.GIVEN
    assert first.cost == Money(Decimal(7), "USD").rounded(), "10 % of the last order, which is above the mean"
    assert first.mean_order == 50
    assert first.until == datetime(2026, 2, 14, 23, 59, 59, tzinfo=UTC), "the fourteenth day after 31 January"
    assert first.next_order_at == day(40)
    assert first.came
    assert second.at == day(60)
    assert second.outcome is Outcome.NOTHING
    assert "less than 60 days ago" in second.reason


def test_who_was_silent_before_it_began_is_inside_and_not_asked() -> None:
    walked = walk(buyer(order(-25)), setting())
    assert walked.inside
    assert walked.asked == ()
    assert not walk(buyer(order(-19)), setting()).inside


def test_who_orders_in_time_is_never_asked() -> None:
    assert asked(*(order(n) for n in range(0, 100, 15))) == ()


def test_the_control_group_is_left_alone() -> None:
    one = campaign(control_share=0.9, salt="everybody")
    people = [walk(buyer(order(1), customer_id=n), setting(one)).asked[0].outcome for n in range(100)]
    assert set(people) == {Outcome.GIVEN, Outcome.CONTROL}
    assert 80 <= people.count(Outcome.CONTROL) <= 98


def test_a_cancellation_is_known_from_its_own_version_on() -> None:
    before = asked(order(0), order(10, counts=False, updated_at=day(33)))
    assert [one.at for one in before] == [day(30)], "until then it counted"
    early = asked(order(0), order(10, counts=False, updated_at=day(12)))
    assert [one.at for one in early] == [day(20)], "then the silence is that since the order before"
    never = asked(order(0), order(10, counts=False))
    assert [one.at for one in never] == [day(20)]


def test_a_refund_lowers_the_mean_order_only_once_it_is_known() -> None:
    later = asked(order(0, total=100, refunded=Decimal(60), updated_at=day(50)))
    known = asked(order(0, total=100, refunded=Decimal(60), updated_at=day(5)))
    assert [one.mean_order for one in (*later, *known)] == [100, 40]


def test_a_guest_has_no_account_before_an_order_was_placed_with_one() -> None:
    one = campaign(pause_days=0)
    nothing, first = walk(buyer(order(0, user_id=None), order(30)), setting(one)).asked
    assert (nothing.outcome, first.outcome) == (Outcome.NOTHING, Outcome.GIVEN)
    assert "guest" in nothing.reason
    (imported,) = asked(order(0, user_id=None, imported=True))
    assert imported.outcome is Outcome.GIVEN, "a file cannot tell, so the account of today stands"


def test_a_later_model_moves_the_moment_and_never_swallows_it() -> None:
    later = Season(day(40), Outlook(limits=Limits(at_risk_days=10, dormant_days=90)))
    (moved,) = asked(order(25), seasons=[Season(BEGINS, TWENTY), later])
    assert moved.at == day(40), "ten days of silence were over already when it was learnt"
    (ahead,) = asked(order(35), seasons=[Season(BEGINS, TWENTY), later])
    assert ahead.at == day(45)


def test_an_offer_beside_another_campaigns_waits_until_that_one_has_run_out() -> None:
    second = campaign(campaign_id=2, name="later", salt="other")
    given, put_off, *_ = walk(buyer(order(0)), setting(campaign(), second)).asked
    assert [(one.campaign_id, one.outcome) for one in (given, put_off)] == [(1, Outcome.GIVEN), (2, Outcome.LATER)]
    assert "takes one voucher" in put_off.reason


def test_the_guardrails_are_those_of_life() -> None:
    quiet = Guardrails(quiet_from="22:00", quiet_to="08:00")
    late = order(0.625, country="JP")  # midnight in Tokyo
    put_off, first = walk(buyer(late), replace(setting(), rules=quiet, clock=in_tokyo)).asked
    assert (put_off.outcome, put_off.by) == (Outcome.LATER, Limit.QUIET_HOURS)
    assert (put_off.at, first.at) == (day(20.625), day(20) + timedelta(hours=23)), "23:00 UTC is eight in Tokyo"


def in_tokyo(country: str | None, now: datetime) -> ZoneInfo | None:
    return ZoneInfo("Asia/Tokyo") if country == "JP" else None


def test_who_was_listed_gets_nothing_from_then_on() -> None:
    for since, outcome in ((19, Outcome.NOTHING), (21, Outcome.GIVEN)):
        (one,) = walk(buyer(order(0), barred=[(day(since), Suppression("asked", None))]), setting()).asked
        assert one.outcome is outcome


def test_money_that_went_back_is_no_time_to_give() -> None:
    put_off, first = walk(buyer(order(0, refunded=Decimal(50), updated_at=day(15))), setting()).asked
    assert (put_off.by, first.at, first.outcome) == (Limit.DO_NOT_DISTURB, day(29), Outcome.GIVEN)


def test_the_audience_is_who_it_was_then() -> None:
    tea = Bought(By.PRODUCT, "Tea", None)
    lines = {
        f"O{at}": [BoughtLine(day(at), name, None, None, None)] for at, name in ((0, "Tea"), (30, "Cup"), (60, "Tea"))
    }
    past = buyer(order(0), order(30, counts=False, updated_at=day(31)), order(60), lines=lines)
    only = campaign(audience=Not(tea), pause_days=0)
    assert walk(past, setting(only)).asked == ()
    twice = FieldTest("orders", Operator.AT_LEAST, Decimal(2))
    assert [one.at for one in walk(past, setting(campaign(audience=twice, pause_days=0))).asked] == [day(80)]
    unasked = FieldTest("offers_since_order", Operator.AT_LEAST, Decimal(1))
    ladder = WinBack(second_offer=OfferKind.PERCENTAGE, second_value=Decimal(20), second_after=20)
    once = campaign(params=ladder, exclude=unasked, pause_days=0)
    assert [one.at for one in walk(buyer(order(0)), setting(once)).asked] == [day(20)], "no second offer"


def test_who_really_had_a_code_says_nothing_of_coming_anyway() -> None:
    spell = Spell(day(25), day(39))
    (one,) = walk(buyer(order(10), spells=[spell]), setting()).asked
    assert one.had_ours
    (other,) = walk(buyer(order(10), spells=[replace(spell, until=day(29))]), setting()).asked
    assert not other.had_ours


def test_a_ladder_goes_on_while_nobody_comes() -> None:
    params = WinBack(second_offer=OfferKind.PERCENTAGE, second_value=Decimal(20), second_after=20)
    one = campaign(params=params, pause_days=0)
    steps = walk(buyer(order(0)), setting(one)).asked
    assert [(step.at.date(), step.cost) for step in steps] == [
        (day(20).date(), Money(Decimal(5), "USD")),
        (day(40).date(), Money(Decimal(10), "USD")),
    ]


BIG = FieldTest("last_total", Operator.AT_LEAST, Decimal(60), "USD")
WATCHED = {
    "big": BIG,
    "silent": FieldTest("days_since_last_order", Operator.AT_LEAST, Decimal(7)),
    "at-risk": FieldTest("activity", Operator.IN, ("at_risk", "dormant")),
}


def entering(segment: str, **changes: Any) -> Campaign:
    said = {"audience": WATCHED[segment], "audience_said": {"segment": segment}, "pause_days": 20}
    values: dict[str, Any] = {"tactic": on_entering.TACTIC, "params": on_entering.OnEntering(), **said, **changes}
    return campaign(**values)


def told(segment: str, *past: Remembered, **changes: Any) -> list[tuple[datetime, str]]:
    """When what was answered to whoever entered that segment."""
    seasons = [Season(BEGINS, TWENTY, watched={segment: WATCHED[segment]})]
    found = walk(buyer(*past), setting(entering(segment, **changes), seasons=seasons))
    return [(one.at, one.outcome.value) for one in found.asked]


def test_an_order_that_enters_a_segment_is_told_of_once_a_stay() -> None:
    assert told("big", order(5, 50), order(10, 60), order(12, 90)) == [(day(10), "given")]
    again = [order(10, 60), order(15, 20), order(20, 60), order(22, 20), order(40, 60)]
    assert told("big", *again) == [(day(10), "given"), (day(20), "nothing"), (day(40), "given")]
    lowered = order(10, 60, refunded=Decimal(9), updated_at=day(12))
    assert told("big", lowered, order(31, 70)) == [(day(10), "given"), (day(31), "given")], "a refund leaves it"


def test_time_alone_enters_a_segment_at_its_moment() -> None:
    assert told("silent", order(5)) == [(day(12), "given")]
    assert told("at-risk", order(5), order(50)) == [(day(25), "given"), (day(70), "given")]
    both = {"all": [{"segment": "big"}, {"field": "days_since_last_order", "at_least": 3}]}
    rest = FieldTest("days_since_last_order", Operator.AT_LEAST, Decimal(3))
    assert told("big", order(10, 60), audience=AllOf((BIG, rest)), audience_said=both) == [(day(13), "given")]


def test_who_was_in_it_when_it_began_has_not_entered() -> None:
    season = Season(BEGINS, TWENTY, watched=WATCHED)
    found = walk(buyer(order(-2, 60), order(8, 60)), setting(entering("big"), seasons=[season]))
    assert (found.asked, found.began_in) == ((), frozenset({"big"}))


def test_a_campaign_may_hear_of_who_leaves() -> None:
    leaving = replace(on_entering.TACTIC, listens_to=frozenset({TriggerKind.LEFT}), decide=_farewell)
    anybody: dict[str, Any] = {"audience": EVERYONE, "audience_said": {"any": [{}, {"segment": "big"}]}}
    assert told("big", order(10, 60), order(15, 20), tactic=leaving, **anybody) == [(day(15), "nothing")]


def _farewell(view: View, trigger: Trigger, params: object) -> list[Nothing]:
    return [Nothing(f"left {trigger.segment}", trigger.at, "Nothing, but a farewell.")] if trigger.segment else []


def test_what_a_segment_says_in_a_later_season_moves_and_tells_nobody() -> None:
    seasons = [
        Season(BEGINS, TWENTY, watched={"big": BIG}),
        Season(day(28), TWENTY, campaigns=[entering("big", audience=EVERYONE)], watched={"big": EVERYONE}),
    ]
    found = walk(buyer(order(5, 20), order(40, 90)), setting(entering("big"), seasons=seasons))
    assert found.asked == ()


def test_a_personal_gift_costs_what_was_known_of_its_price() -> None:
    gift = WinBack(offer=OfferKind.PERSONAL_GIFT, gift="P1")
    later = Season(day(28), TWENTY, gifts={("USD", "P1"): Decimal(12)})
    seasons = [Season(BEGINS, TWENTY, gifts={("USD", "P1"): Decimal(9), ("EUR", "P1"): Decimal(1)}), later]
    one = campaign(params=gift, pause_days=0)
    found = walk(buyer(order(5), order(30)), setting(one, seasons=seasons)).asked
    assert [(one.at, one.cost) for one in found] == [
        (day(25), Money(Decimal(9), "USD").rounded()),
        (day(50), Money(Decimal(12), "USD").rounded()),
    ]
    assert asked(order(5), campaigns=[one])[0].cost is None, "nobody had bought it"


#: A model of the plain rhythm, and one that was learnt later; and what a gift cost.
SEASONS = [
    Season(BEGINS, Outlook(Rhythm(9, 2, 99)), watched=WATCHED, gifts={("USD", "P1"): Decimal(9)}),
    Season(day(56), Outlook(Rhythm(20, 1.5, 99)), watched=WATCHED, gifts={("USD", "P1"): Decimal(7)}),
]
ENTERED = tuple(enumerate(WATCHED, 3))
moments = st.integers(min_value=-60 * 24, max_value=120 * 24).map(lambda hours: hours / 24)


@st.composite
def orders(draw: st.DrawFn, after: float = -60) -> list[Remembered]:
    found = []
    for at in draw(st.lists(moments.filter(lambda at: at > after), unique=True, max_size=12)):
        changed = at + draw(st.sampled_from([0, 0, 3, 40]))
        fate: dict[str, Any] = draw(st.sampled_from([{}, {}, {"counts": False}, {"refunded": Decimal(10)}]))
        user = draw(st.sampled_from(["U1", "U1", None]))
        found.append(order(at, total=draw(st.integers(0, 99)), updated_at=day(changed), user_id=user, **fate))
    return found


def known_by(found: Sequence[Asked], now: datetime) -> list[Asked]:
    """The decisions until then, without what came after them."""
    return [replace(one, next_order_at=None, had_ours=False) for one in found if one.at <= now]


@st.composite
def baskets(draw: st.DrawFn, after: float = -60) -> list[Begun]:
    found = []
    for at in draw(st.lists(moments.filter(lambda at: at > after), unique=True, max_size=6)):
        subtotal, shipping = draw(st.integers(1, 60)), draw(st.sampled_from([0, 20]))
        free_from = draw(st.sampled_from([None, Money(Decimal(50), "USD")]))
        left = Basket(f"C{at}", "shop", "USD", Decimal(subtotal), Decimal(shipping), day(at), (), free_from)
        ends = draw(st.sampled_from([None, 0.1, 2, 30]))
        found.append(Begun(left, None if ends is None else day(at + ends), signed_in=draw(st.booleans())))
    return found


def basket(at: float, subtotal: int = 40, until: float | None = None, **changes: Any) -> Begun:
    left = Basket("C1", "shop", "USD", Decimal(subtotal), Decimal(20), day(at), (), Money(Decimal(50), "USD"))
    return Begun(left, None if until is None else day(until), **{"signed_in": True, **changes})


ABANDONED = campaign(abandoned_checkout.TACTIC, abandoned_checkout.AbandonedCheckout())


def steps(*begun: Begun, orders: Sequence[Remembered] = ()) -> list[tuple[float, str]]:
    """After how many hours what was decided."""
    found = walk(buyer(*orders, baskets=begun), setting(ABANDONED)).asked
    return [((one.at - BEGINS) / timedelta(hours=1), one.outcome.value) for one in found]


def test_a_basket_is_reminded_of_step_by_step_until_its_order() -> None:
    assert steps(basket(1)) == [(28, "told"), (48, "told"), (72, "given")]
    assert steps(basket(1, until=2)) == [(28, "told")], "at the very moment of the second it was over"
    assert steps(basket(1, until=1.1)) == []
    assert steps(basket(1, subtotal=60)) == [(28, "told"), (52, "given")], "it ships free"
    assert steps(basket(1, until=1.5), basket(1.5)) == [(28, "told"), (56, "told"), (80, "given")], "changed again"
    assert steps(basket(1), orders=[order(2.5)]) == [(28, "told"), (48, "told")], "any order ends it"
    assert steps(basket(-1)) == [], "from before it began"


def test_who_typed_an_address_is_known_from_their_first_order_on() -> None:
    assert steps(basket(1, signed_in=False), orders=[order(9)]) == []
    assert steps(basket(1, signed_in=False), orders=[order(-9)])[0] == (28, "told")


@given(orders(), baskets(), moments, st.data())
def test_nothing_that_comes_later_changes_a_decision(
    past: list[Remembered], begun: list[Begun], at: float, data: st.DataObject
) -> None:
    now = day(at)
    until_then = [one for one in past if one.placed_at <= now]
    other = [one if one.updated_at <= now else data.draw(changed_later(one, at)) for one in until_then]
    later = data.draw(orders(after=at))
    left = [
        one if one.until and one.until <= now else ends_later(data, one, at)
        for one in begun
        if one.basket.changed_at <= now
    ]
    left += data.draw(baskets(after=at))
    gift: dict[str, Any] = {"offer": OfferKind.PERSONAL_GIFT, "gift": "P1"}
    campaigns = (
        campaign(pause_days=20),
        replace(ABANDONED, campaign_id=9, name="baskets", pause_days=3),
        campaign(campaign_id=2, name="b", salt="b", pause_days=0, control_share=0.3, params=WinBack(**gift)),
        *(entering(name, campaign_id=n, name=name, params=on_entering.OnEntering(**gift)) for n, name in ENTERED),
    )
    rules = Guardrails(gifts=None, days_between=0)
    first = walk(
        buyer(*past, baskets=begun), replace(setting(*campaigns, ends=120, seasons=SEASONS), rules=rules)
    ).asked
    other_seasons = [season for season in SEASONS if season.begins <= now]
    unlike: dict[str, Any] = {"watched": {"big": EVERYONE, "silent": BIG}, "gifts": {("USD", "P1"): Decimal(99)}}
    other_seasons += [Season(day(max(at, 0) + 1), Outlook(Rhythm(3, 1, 99)), **unlike)]
    there = replace(setting(*campaigns, ends=120, seasons=other_seasons), rules=rules)
    second = walk(buyer(*other, *later, baskets=left), there).asked
    assert known_by(first, now) == known_by(second, now)


def ends_later(data: st.DataObject, one: Begun, at: float) -> Begun:
    ends = data.draw(st.sampled_from([None, 0.5, 3]))
    return replace(one, until=None if ends is None else day(at + ends))


@st.composite
def changed_later(draw: st.DrawFn, one: Remembered, at: float) -> Remembered:
    """The same order, which another fate met after that moment."""
    fate: dict[str, Any] = draw(st.sampled_from([{}, {"counts": False}, {"refunded": Decimal(7)}]))
    plain = replace(one, counts=True, refunded=Decimal(0), updated_at=day(at + draw(st.integers(1, 30))))
    return replace(plain, **fate)
