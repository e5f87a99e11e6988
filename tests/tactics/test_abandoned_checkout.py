"""Abandoned checkout: a table of what it does for whom, step by step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.baskets import Basket, WayBack
from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.customer import CustomerState, fold
from plugin.domain.effects import CheckAgain, GiveCode, Tell, Wish
from plugin.domain.messages import Medium, Purpose
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.tactic import Given, Notice, Trigger, TriggerKind, View, read_params, write_params
from plugin.errors import Rejected
from plugin.tactics.abandoned_checkout import TACTIC, AbandonedCheckout
from tests.shop import NOW, ago, order

OUTLOOK = Outlook(Rhythm(mean_gap=30, slack=2))
SHIPPED_FROM_60 = Money(Decimal(60), "USD")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def basket(left: float, **changes: Any) -> Basket:
    """Of 40 USD and 12 for the shipping, and as it is for so many hours."""
    made = Basket("C1", "web", "USD", Decimal(40), Decimal(12), NOW - hours(left), ("V1:2", "V2:1"), SHIPPED_FROM_60)
    return replace(made, **changes)


def view(*baskets: Basket, user_id: str | None = "U1", told: dict[str, float] | None = None) -> View:
    """told: episode → hours ago."""
    history = fold([order("O1", ago(40))], UTC)
    return View(
        CustomerState(1, user_id, "Ann", None, confirmed=True, history=history),
        OUTLOOK,
        turns_of(history, OUTLOOK),
        NOW,
        baskets=baskets,
        told=[Notice(1, episode, NOW - hours(since)) for episode, since in (told or {}).items()],
    )


def wishes(seen: View, **params: Any) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(TriggerKind.MOMENT, NOW), replace(AbandonedCheckout(), **params)))


def test_does_nothing_where_no_basket_was_left() -> None:
    assert wishes(view()) == []


def test_looks_again_when_the_basket_has_been_quiet_for_long_enough() -> None:
    assert wishes(view(basket(1))) == [CheckAgain(NOW + hours(3))]


def test_reminds_of_a_quiet_basket_with_a_way_back_to_it() -> None:
    again, told = wishes(view(basket(4)))
    assert again == CheckAgain(NOW + hours(20))
    assert isinstance(told, Tell)
    assert (told.episode, told.since, told.purpose) == ("C1", NOW, Purpose.MARKETING)
    assert told.message.media == (Medium.MAIL,)
    assert told.message.values == {"basket": "40.00 USD"}
    way = WayBack("C1", "/checkout?checkout={checkout}", "/?variants={variants}", ("V1:2", "V2:1"))
    assert told.message.way_back == way
    assert told.reason == "The basket over 40.00 USD was left at 2026-06-01 08:00 UTC."


def test_says_what_free_shipping_takes_where_shipping_was_the_shock() -> None:
    again, told = wishes(view(basket(30), told={"C1": 20}))
    assert again == CheckAgain(NOW + hours(24))
    assert isinstance(told, Tell)
    assert (told.episode, told.since) == ("C1#shipping", NOW)
    assert told.message.values == {"basket": "40.00 USD", "threshold": "60.00 USD", "left": "20.00 USD"}
    assert "shipping at 23 % of the total" in told.reason


@pytest.mark.parametrize(
    "other",
    [
        {"shipping": Decimal(0)},
        {"shipping": Decimal(9)},
        {"free_from": None},
        {"free_from": Money(Decimal(60), "EUR")},
        {"free_from": Money(Decimal(40), "USD")},
    ],
    ids=["no delivery chosen", "cheap", "nothing promised", "in another currency", "earned already"],
)
def test_goes_on_to_the_offer_where_free_shipping_is_no_answer(other: dict[str, Any]) -> None:
    (waits,) = wishes(view(basket(30, **other), told={"C1": 20}))
    assert waits == CheckAgain(NOW + hours(4))
    (gift,) = wishes(view(basket(30, **other), told={"C1": 24}))
    assert isinstance(gift, GiveCode)
    assert gift.episode == "C1#offer"


def test_gives_the_offer_in_the_end() -> None:
    (gift,) = wishes(view(basket(60), told={"C1": 50, "C1#shipping": 24}))
    assert isinstance(gift, GiveCode)
    assert (gift.episode, gift.since, gift.offer) == (
        "C1#offer",
        NOW,
        Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14),
    )
    assert gift.message is not None
    assert gift.message.subjects == {"en": "For your basket: {offer}"}
    assert gift.message.way_back is not None
    assert gift.banner is not None


def test_no_step_comes_before_the_one_before_it_was_sent() -> None:
    """Decided on is not sent: as long as it waits it is wished for, and nothing else is."""
    told = [wish for wish in wishes(view(basket(100))) if not isinstance(wish, CheckAgain)]
    assert [one.episode for one in told if isinstance(one, Tell)] == ["C1"]
    assert len(told) == 1


def test_the_offer_can_be_left_out() -> None:
    assert wishes(view(basket(100), told={"C1": 90, "C1#shipping": 60}), with_offer=False) == []


def test_a_changed_basket_begins_a_new_quiet_time_and_no_new_episode() -> None:
    assert wishes(view(basket(1), told={"C1": 30})) == [CheckAgain(NOW + hours(19))]
    _, told = wishes(view(basket(20), told={"C1": 30}))
    assert isinstance(told, Tell)
    assert told.episode == "C1#shipping"


def test_a_code_that_is_there_is_told_of_though_the_basket_was_changed() -> None:
    seen = view(basket(1), told={"C1": 50, "C1#shipping": 24})
    given = Given(1, "C1#offer", Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14), NOW, NOW + hours(99))
    again, gift = wishes(replace(seen, given=[given]))
    assert again == CheckAgain(NOW + hours(23))
    assert isinstance(gift, GiveCode)


def test_gives_up_in_the_end() -> None:
    assert wishes(view(basket(24 * 7))) == []
    assert wishes(view(basket(24 * 7), told={"C1": 100})) == []
    assert len(wishes(view(basket(24 * 7 - 1)))) == 2


def test_of_several_baskets_the_last_is_the_one() -> None:
    older = basket(50, checkout_id="C0")
    _, told = wishes(view(older, basket(5)))
    assert isinstance(told, Tell)
    assert told.episode == "C1"


def test_what_was_told_of_another_basket_does_not_count() -> None:
    _, told = wishes(view(basket(5), told={"C0": 2, "C0#shipping": 1}))
    assert isinstance(told, Tell)
    assert told.episode == "C1"


def test_a_guest_is_given_a_code_by_message_alone() -> None:
    (gift,) = wishes(view(basket(60), user_id=None, told={"C1": 50, "C1#shipping": 24}))
    assert isinstance(gift, GiveCode)
    assert gift.banner is None
    credit = wishes(
        view(basket(60), user_id=None, told={"C1": 50, "C1#shipping": 24}),
        offer=OfferKind.STORE_CREDIT,
        currency="USD",
    )
    assert credit == []


def test_the_sample_is_the_offer_and_leads_to_no_basket() -> None:
    assert TACTIC.sample is not None
    gift = TACTIC.sample(view(), AbandonedCheckout())
    assert gift is not None
    assert gift.message is not None
    assert gift.message.texts == AbandonedCheckout().offer_texts
    assert (gift.message.way_back, gift.message.link) == (None, None)
    theirs = TACTIC.sample(view(basket(1)), AbandonedCheckout())
    assert theirs is not None
    assert theirs.message is not None
    assert theirs.message.way_back is not None
    assert TACTIC.sample(view(), AbandonedCheckout(with_offer=False)) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"message_by": ""}, "said by a message"),
        ({"message_link": "/checkout"}, r"needs \{checkout\}"),
        ({"message_link": "javascript:{checkout}"}, "leads to a path"),
        ({"gone_link": "//elsewhere.example"}, "begins anew is a path"),
        ({"message_texts": {"en": "{code}"}}, r"\{code\}, which nothing fills in"),
        ({"message_texts": {"en": "{left}"}}, r"\{left\}, which nothing fills in"),
        ({"shipping_texts": {"en": "{code}"}}, r"About free shipping: .*\{code\}"),
        ({"offer_texts": {"en": "Hello"}}, "nobody learns of it"),
        ({"offer_texts": {"en": "{left} {code}"}}, r"Of the offer: .*\{left\}"),
        ({"offer_subjects": {"pl": "Dla Ciebie"}}, "subject in each language"),
        ({"offer": "amount", "value": 5}, "Name the currency"),
        ({"offer": "public_gift", "products": "tea"}, "use the tactic public_gift"),
        ({"text": "Hello"}, r"The banner must hold \{code\}"),
        ({"remind_after": 0}, "must be 0.01 or more"),
        ({"shock_from": 101}, "must be 100 or less"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_params(TACTIC, given)


def test_what_is_not_given_is_not_checked() -> None:
    params = read_params(TACTIC, {"with_offer": False, "offer_texts": {"en": "Hello"}})
    assert TACTIC.offers(params) == ()


def test_the_defaults_are_good_and_written_as_they_are_read() -> None:
    assert read_params(TACTIC, write_params(AbandonedCheckout())) == AbandonedCheckout()
    assert [offer.kind for offer in TACTIC.offers(AbandonedCheckout())] == [OfferKind.PERCENTAGE]


def test_moments_are_aware() -> None:
    (again,) = wishes(view(basket(0)))
    assert isinstance(again, CheckAgain)
    assert again.at == datetime(2026, 6, 1, 16, tzinfo=UTC)
