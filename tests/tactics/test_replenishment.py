"""Replenishment asks to be woken when something is due, says so once, and is silent while it is on its way or missing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, Tell, Wish
from plugin.domain.needs import Bought, Need
from plugin.domain.stages import Turns
from plugin.domain.tactic import Trigger, TriggerKind, View, read_params
from plugin.errors import Rejected
from plugin.tactics.replenishment import AT_ONCE, LONGEST_WAIT, LOOK_AGAIN, TACTIC, Replenishment
from tests.shop import NOW, ago, days

LINK = "/basket?add={variants}&for={product}"


def need(product: str = "tea", bought: float = 20, due: float = 0, chance: float = 0.4, **known: object) -> Need:
    """Bought so many days ago, and due so many days ago (below zero: to come)."""
    thing = Bought(product, product.title(), "food", (ago(bought + 20), ago(bought)), f"O-{product}", (f"V-{product}",))
    return Need(replace(thing, **known), 20.0, ago(due), chance)  # type: ignore[arg-type]


def view(*needs: Need, user_id: str | None = "U1", now: datetime = NOW) -> View:
    state = CustomerState(1, user_id, "Ann", None, confirmed=True, history=History())
    return View(state, Outlook(), Turns(), now, needs=needs)


#: Nothing ahead, everything at once, so that moments are easy to read.
PLAIN = Replenishment(days_before=0, together_days=0, message_link=LINK)


def wishes(seen: View, params: Replenishment = PLAIN, kind: TriggerKind = TriggerKind.MOMENT) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(kind, NOW), params))


def told(seen: View, params: Replenishment = PLAIN) -> Tell:
    (wish,) = wishes(seen, params)
    assert isinstance(wish, Tell)
    return wish


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ((), []),
        ((need(chance=0.19, due=-3),), []),
        ((need(due=-3),), [CheckAgain(NOW + days(3))]),
        ((need(due=-3), need("soap", due=-9)), [CheckAgain(NOW + days(9)), CheckAgain(NOW + days(3))]),
        ((need(bought=40, due=14),), []),
        ((need(due=2, waits_since=ago(20)),), [CheckAgain(ago(20) + LONGEST_WAIT)]),
        ((need(due=2, sent_at=ago(1)),), [CheckAgain(NOW + days(2))]),
        ((need(due=2, missing=True),), [CheckAgain(NOW + LOOK_AGAIN)]),
        ((need(due=-2, missing=True),), []),
    ],
    ids=["nothing", "unlikely", "to come", "two", "long ago", "waits", "on its way", "missing", "missing, not due"],
)
def test_says_nothing_and_asks_to_be_woken(needs: Sequence[Need], expected: list[Wish]) -> None:
    assert wishes(view(*needs)) == expected


@pytest.mark.parametrize(
    ("one", "since"),
    [
        (need(due=2), ago(2)),
        (need(due=2, sent_at=ago(10)), ago(2)),
        (need(due=6, sent_at=ago(5)), ago(2)),
        (need(due=6, back_at=ago(1)), ago(1)),
        (need(bought=50, due=25, waits_since=ago(50)), ago(50) + LONGEST_WAIT),
    ],
    ids=["due", "arrived long ago", "arrived now", "back", "sent without a word"],
)
def test_reminds_once_there_is_a_need_and_it_can_be_met(one: Need, since: datetime) -> None:
    wish = told(view(one))
    assert (wish.episode, wish.since) == ("tea O-tea", since)
    assert wish.message.values == {"product": "Tea"}
    assert wish.message.link == "/basket?add=V-tea&for=tea"
    assert wish.reason.startswith("Needs Tea about every 20 days")
    assert "40 % of such needs" in wish.reason


def test_so_many_days_ahead() -> None:
    params = replace(PLAIN, days_before=4)
    assert wishes(view(need(due=-5)), params) == [CheckAgain(NOW + days(1))]
    assert told(view(need(due=-3)), params).since == ago(1)


def test_what_is_due_together_is_named_together_and_the_first_one_leads() -> None:
    params = replace(PLAIN, together_days=3)
    wish = told(view(need("soap", due=-2), need(due=1)), params)
    assert wish.episode == "tea O-tea"
    assert wish.message.values == {"product": "Tea, Soap"}
    assert wish.message.link == "/basket?add=V-tea,V-soap&for=tea"
    ahead, first = wishes(view(need(due=1), need("soap", due=-3)), params)
    assert ahead == CheckAgain(NOW + days(3))
    assert isinstance(first, Tell)
    assert first.message.values == {"product": "Tea"}


def test_buying_it_begins_another_need() -> None:
    before = told(view(need(due=1)))
    again = need(due=1)
    after = told(view(replace(again, bought=replace(again.bought, last_order_id="O9"))))
    assert before.episode != after.episode


def test_what_was_learnt_is_acted_on_as_if_it_had_come_by_itself() -> None:
    seen = view(need(due=0.5))
    assert CheckAgain(NOW + AT_ONCE) in wishes(seen, kind=TriggerKind.HISTORY)
    assert CheckAgain(NOW + AT_ONCE) not in wishes(view(need(due=1.5)), kind=TriggerKind.HISTORY)
    assert TriggerKind.HISTORY not in TACTIC.listens_to


def test_an_offer_goes_with_it_where_the_merchant_says_so() -> None:
    params = replace(PLAIN, with_offer=True)
    (wish,) = wishes(view(need(due=1)), params)
    assert isinstance(wish, GiveCode)
    assert wish.episode == "tea O-tea"
    assert wish.banner is not None
    assert wish.banner.text == "Time for Tea, Ann? 10 % off with code {code} until {until}."
    assert wish.message is not None
    assert wish.message.values == {"product": "Tea"}


def test_a_guest_is_told_by_a_message_or_not_at_all() -> None:
    guest = view(need(due=1), user_id=None)
    assert isinstance(wishes(guest)[0], Tell)
    given = wishes(guest, replace(PLAIN, with_offer=True))[0]
    assert isinstance(given, GiveCode)
    assert given.banner is None
    assert isinstance(wishes(guest, replace(PLAIN, with_offer=True, message_by=()))[0], Nothing)


def test_what_can_be_tried_is_what_is_given() -> None:
    assert TACTIC.sample is not None
    assert TACTIC.sample(view(), PLAIN) is None
    assert TACTIC.offers(PLAIN) == ()
    tried = TACTIC.sample(view(need()), replace(PLAIN, with_offer=True))
    assert tried is not None
    assert tried.banner is not None
    assert tried.banner.text.startswith("Time for Tea, Ann?")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"message_by": ""}, "has to be an offer"),
        ({"message_texts": {"en": "Buy {thing}"}}, "{thing}"),
        ({"message_texts": {"en": "Buy {code}"}}, "{code}"),
        ({"message_link": "/basket?add={sku}"}, "nothing else in braces"),
        ({"message_link": "javascript:{variants}"}, "leads to a path"),
        ({"with_offer": "yes", "value": "150"}, "at most 100"),
        ({"with_offer": "yes", "text": "Tea?"}, "must hold {code}"),
        ({"with_offer": "yes", "message_texts": {"en": "{offer}"}}, "{code} or {link}"),
        ({"least_chance": 0}, "must be 1 or more"),
        ({"days_before": 31}, "must be 30 or less"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said.replace("{", r"\{").replace("}", r"\}")):
        read_params(TACTIC, given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"message_link": "https://shop.example/cart?ids={variants}"},
        {"with_offer": "yes", "message_by": ""},
        {"with_offer": "yes", "message_texts": {"en": "{product}: {offer}, {code}, {until}"}},
    ],
)
def test_parameters_that_can_be(given: dict[str, object]) -> None:
    assert read_params(TACTIC, given).days_before == 2


def test_a_need_lasts_two_weeks_from_when_it_could_be_met() -> None:
    assert isinstance(wishes(view(need(bought=60, due=13.9)))[0], Tell)
    assert wishes(view(need(bought=60, due=14))) == []
    assert isinstance(wishes(view(need(bought=60, due=40, back_at=ago(1))))[0], Tell)
