"""Win back does nothing while a silence is usual, and gives one code when it is not."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.customer import CustomerState, fold
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, Wish
from plugin.domain.messages import Medium
from plugin.domain.offer_params import ladder_of
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.signals import Evidence, signals_of
from plugin.domain.tactic import Given, Trigger, TriggerKind, View, read_params
from plugin.errors import Rejected
from plugin.tactics.win_back import TACTIC, WinBack
from tests.shop import NOW, ago, days, order

OUTLOOK = Outlook(Rhythm(mean_gap=30, slack=2))


def view(*days_ago: float, user_id: str | None = "U1") -> View:
    history = fold([order(f"O{n}", ago(n)) for n in days_ago], UTC)
    return View(
        CustomerState(1, user_id, "Ann", None, confirmed=True, history=history),
        OUTLOOK,
        turns_of(history, OUTLOOK),
        NOW,
        signals_of(history, OUTLOOK, Evidence(), NOW),
    )


def wishes(seen: View, params: WinBack | None = None) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(TriggerKind.MOMENT, NOW), params or WinBack()))


def test_does_nothing_for_somebody_who_never_bought() -> None:
    assert wishes(view()) == []


def test_looks_again_at_the_moment_the_silence_becomes_unusual() -> None:
    assert wishes(view(10)) == [CheckAgain(ago(10 - 60))]


def test_gives_one_code_when_the_silence_is_unusual() -> None:
    (wish,) = wishes(view(61))
    assert isinstance(wish, GiveCode)
    assert wish.episode == "O61"
    assert wish.offer == Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)
    assert wish.banner is not None
    assert wish.banner.text == "We miss you, Ann: 10 % off with code {code} until {until}."
    assert "silent for 61 days" in wish.reason


def test_whose_name_is_not_known_is_not_called_by_another() -> None:
    seen = view(61)
    (wish,) = wishes(replace(seen, state=replace(seen.state, first_name="")))
    assert isinstance(wish, GiveCode)
    assert wish.banner is not None
    assert wish.banner.text == "We miss you: 10 % off with code {code} until {until}."


def test_says_why_a_guest_gets_nothing() -> None:
    (wish,) = wishes(view(61, user_id=None))
    assert isinstance(wish, Nothing)
    assert "guest" in wish.reason


def test_an_order_begins_a_new_episode() -> None:
    first, second = wishes(view(200)), wishes(view(200, 140))
    assert isinstance(first[0], GiveCode)
    assert isinstance(second[0], GiveCode)
    assert first[0].episode != second[0].episode


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"offer": "gift"},
            "must be one of: percentage, amount, free_shipping, store_credit, personal_gift, public_gift",
        ),
        ({"value": "150"}, "at most 100"),
        ({"value": "NaN"}, "finite"),
        ({"value": "ten"}, "must be a number"),
        ({"offer": "amount", "value": "5"}, "Name the currency"),
        ({"minimum": "20"}, "Name the currency"),
        ({"offer": "public_gift", "products": "tea"}, "use the tactic public_gift"),
        ({"offer": "personal_gift"}, "the one product that is the gift"),
        ({"offer": "store_credit", "value": 5}, "Name the currency"),
        ({"offer": "free_shipping", "products": "tea"}, "narrow a percentage"),
        ({"last_offer": "amount", "currency": "USD"}, "without a second"),
        ({"second_offer": "percentage", "second_value": "101"}, "at most 100"),
        ({"valid_days": 0}, "must be 1 or more"),
        ({"valid_days": "1.5"}, "whole number"),
        ({"text": "Hello"}, "{code}"),
        ({"colour": "red"}, "no parameter “colour”"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said.replace("{", r"\{").replace("}", r"\}")):
        read_params(TACTIC, given)


def test_an_amount_with_its_currency() -> None:
    params = read_params(TACTIC, {"offer": "amount", "value": "5.50", "currency": "USD", "minimum": 30})
    assert params == replace(
        WinBack(), offer=OfferKind.AMOUNT, value=Decimal("5.50"), currency="USD", minimum=Decimal(30)
    )


def test_a_gift_is_the_product_named_and_not_the_scope_of_the_percentage() -> None:
    params = read_params(
        TACTIC,
        {"products": "tea, cup", "second_offer": "personal_gift", "gift": "scarf", "minimum": 20, "currency": "USD"},
    )
    first, second = ladder_of(params)
    assert first.offer.products == ("tea", "cup")
    assert second.offer == Offer(OfferKind.PERSONAL_GIFT, Decimal(15), Decimal(20), 14, "USD", ("scarf",))


def test_a_later_step_is_given_when_the_one_before_is_over_and_brought_no_order() -> None:
    params = WinBack(second_offer=OfferKind.PERCENTAGE, second_after=21)
    seen = view(100)
    first = wishes(seen, params)
    assert first[0] == CheckAgain(NOW + days(21))
    assert isinstance(first[1], GiveCode)
    before = Given(1, "O100", first[1].offer, NOW - days(21), NOW - days(7))
    (second,) = wishes(replace(seen, given=[before]), params)
    assert isinstance(second, GiveCode)
    assert (second.episode, second.offer.value, second.since) == ("O100#2", Decimal(15), NOW)
    assert second.reason.startswith("Offer 2, because the one before brought no order.")
    assert second.banner is not None
    assert second.banner.text == "We miss you, Ann: 15 % off with code {code} until {until}."


def test_a_message_tells_of_it_where_the_merchant_says_so() -> None:
    params = read_params(TACTIC, {"message_by": "mail"})
    (wish,) = wishes(view(61), params)
    assert isinstance(wish, GiveCode)
    assert wish.message is not None
    assert wish.message.media == (Medium.MAIL,)
    (silent,) = wishes(view(61))
    assert isinstance(silent, GiveCode)
    assert silent.message is None


def test_a_guest_is_given_one_where_a_message_tells_of_it() -> None:
    (wish,) = wishes(view(61, user_id=None), read_params(TACTIC, {"message_by": "mail"}))
    assert isinstance(wish, GiveCode)
    assert wish.banner is None
    credit = {"message_by": "mail", "offer": "store_credit", "currency": "USD"}
    (nothing,) = wishes(view(61, user_id=None), read_params(TACTIC, credit))
    assert isinstance(nothing, Nothing)


@pytest.mark.parametrize("text", ["Hello {nme}", "Hello {", "Hello {code!r}", "Hello {name}"])
def test_a_message_that_cannot_be_filled_in_or_tells_no_code_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        read_params(TACTIC, {"message_by": "mail", "message_texts": {"en": text}})
