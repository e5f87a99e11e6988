"""A gift of the month is one for each customer or for everybody, ends with its month, and needs something in stock."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.churn import Outlook
from plugin.domain.content import Kind, Place
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, Wish
from plugin.domain.messages import Medium
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.stages import Turns
from plugin.domain.tactic import Given, Trigger, TriggerKind, View, read_params, write_params
from plugin.domain.today import PublicOffer, Today
from plugin.errors import Rejected
from plugin.tactics.gift_with_purchase import TACTIC, GiftWithPurchase, Whom, content, public, sample
from tests.shop import NOW, ago

GIFTS = {"2026-06": "scarf", "2026-08": "mug"}
EACH = GiftWithPurchase(gifts=GIFTS, currency="USD")
EVERYBODY = replace(EACH, whom=Whom.EVERYBODY)
BEGINS = datetime(2026, 6, 1, 9, tzinfo=UTC)
AUGUST = CheckAgain(datetime(2026, 8, 1, 9, tzinfo=UTC))


def view(now: datetime = NOW, *, user_id: str | None = "U1", **more: Any) -> View:
    return View(
        CustomerState(1, user_id, "Ann", None, confirmed=True, history=History()), Outlook(), Turns(), now, **more
    )


def wishes(seen: View, params: GiftWithPurchase = EACH) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(TriggerKind.MOMENT, seen.now), params))


def answer(seen: View, params: GiftWithPurchase = EACH) -> GiveCode | Nothing:
    (wish,) = (wish for wish in wishes(seen, params) if not isinstance(wish, CheckAgain))
    assert isinstance(wish, GiveCode | Nothing)
    return wish


def test_gives_one_code_that_ends_with_the_month() -> None:
    wish = answer(view())
    assert isinstance(wish, GiveCode)
    assert (wish.episode, wish.since) == ("2026-06", BEGINS)
    assert wish.offer == Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(50), 29, "USD", ("scarf",))
    assert wish.banner is not None
    assert wish.banner.text == "This month there is a gift for you, Ann: code {code} until {until}."
    assert wish.message is None


@pytest.mark.parametrize("now", [datetime(2026, 6, 1, 8, 59, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)])
def test_does_nothing_before_its_hour_and_in_a_month_without_a_gift(now: datetime) -> None:
    assert all(isinstance(wish, CheckAgain) for wish in wishes(view(now)))


def test_looks_again_when_the_next_gift_begins() -> None:
    assert AUGUST in wishes(view())
    assert wishes(view(datetime(2026, 5, 1, tzinfo=UTC))) == [CheckAgain(BEGINS)]
    assert wishes(view(datetime(2026, 9, 1, tzinfo=UTC))) == []


def test_months_are_those_of_the_shop_s_clock() -> None:
    seen = view(datetime(2026, 6, 30, 23, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo"))
    assert wishes(seen) == [CheckAgain(datetime(2026, 8, 1, 0, tzinfo=UTC))]


def test_one_month_is_one_need_whoever_asks_when() -> None:
    assert answer(view(datetime(2026, 6, 20, tzinfo=UTC))).episode == answer(view()).episode == "2026-06"
    assert answer(view(datetime(2026, 8, 20, tzinfo=UTC))).episode == "2026-08"


def test_who_comes_into_the_segment_within_the_month_has_a_need_since_then() -> None:
    entered = datetime(2026, 6, 20, tzinfo=UTC)
    assert answer(view(entered, inside={"loyal": entered})).since == entered
    assert answer(view(entered, inside={"loyal": ago(90)})).since == BEGINS


NOTHING: list[tuple[View, str]] = [
    (view(out_of_stock=frozenset({"scarf"})), "the gift of 2026-06 is out of stock"),
    (view(user_id=None), "a guest has no account"),
    (view(datetime(2026, 6, 30, 10, tzinfo=UTC)), "less than a day was left of 2026-06"),
]


@pytest.mark.parametrize(("seen", "why"), NOTHING)
def test_says_why_there_is_nothing(seen: View, why: str) -> None:
    wish = answer(seen)
    assert isinstance(wish, Nothing)
    assert wish.episode == "2026-06"
    assert why in wish.reason


def test_another_month_s_gift_that_has_run_out_bars_nothing() -> None:
    assert isinstance(answer(view(out_of_stock=frozenset({"mug"}))), GiveCode)


def test_who_has_it_keeps_it_wished_to_its_last_day() -> None:
    last = datetime(2026, 6, 30, 10, tzinfo=UTC)
    given = Given(7, "2026-06", Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(50), 29), NOW, last)
    assert isinstance(answer(view(last, given=[given])), GiveCode)


def test_a_guest_is_told_by_a_message() -> None:
    wish = answer(view(user_id=None), replace(EACH, message_by=(Medium.MAIL,)))
    assert isinstance(wish, GiveCode)
    assert wish.banner is None
    assert wish.message is not None


def test_for_everybody_nothing_is_decided_for_a_customer() -> None:
    assert wishes(view(), EVERYBODY) == []
    assert sample(view(), EVERYBODY) is None


def test_for_everybody_it_is_an_offer_that_ends_with_the_month() -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    assert public(EVERYBODY, Today(NOW, warsaw)) == PublicOffer(
        Offer(OfferKind.PUBLIC_GIFT, Decimal(0), Decimal(50), 0, "USD", ("scarf",)),
        datetime(2026, 6, 1, tzinfo=warsaw),
        datetime(2026, 6, 30, 23, 59, 59, tzinfo=warsaw),
    )


NOT_PUBLIC: list[tuple[GiftWithPurchase, Today]] = [
    (EACH, Today(NOW)),
    (EVERYBODY, Today(datetime(2026, 7, 1, tzinfo=UTC))),
    (EVERYBODY, Today(NOW, out_of_stock=frozenset({"scarf"}))),
]


@pytest.mark.parametrize(("params", "today"), NOT_PUBLIC)
def test_nothing_is_public_and_nothing_is_shown_when(params: GiftWithPurchase, today: Today) -> None:
    assert public(params, today) is None
    assert content("12", 0, params, today) is None


def test_its_banner_says_when_it_ends() -> None:
    piece = content("12", 5, EVERYBODY, Today(NOW))
    assert piece is not None
    assert (piece.name, piece.place, piece.kind, piece.priority) == ("12", Place.ANNOUNCEMENT, Kind.PROMOTION, 5)
    assert piece.texts == {"en": "A gift in every basket from 50 USD on, until 2026-06-30."}
    assert content("12", 5, replace(EVERYBODY, texts={}), Today(NOW)) is None


@pytest.mark.parametrize(("month", "gift", "days"), [(5, "scarf", 46), (6, "scarf", 15), (7, "mug", 47), (9, "mug", 1)])
def test_a_sample_is_of_this_month_or_the_next_with_a_gift(month: int, gift: str, days: int) -> None:
    wish = sample(view(datetime(2026, month, 15 if month < 8 else 14, tzinfo=UTC)), EACH)
    assert wish is not None
    assert (wish.offer.products, wish.offer.valid_days) == ((gift,), days)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "Name the gift of one month"),
    ({"gifts": {"June": "scarf"}}, "“June” is no month"),
    ({"gifts": {"2026-13": "scarf"}}, "is no month"),
    ({"gifts": {"2026-06": " "}}, "2026-06 has no gift"),
    ({"gifts": GIFTS}, "Name the currency"),
    ({"gifts": GIFTS, "currency": "USD", "text": "Hello"}, "must hold"),
    ({"gifts": GIFTS, "currency": "USD", "whom": "everybody", "minimum": 0}, "needs an amount"),
    ({"gifts": GIFTS, "currency": "USD", "whom": "everybody", "message_by": "mail"}, "told of by its banner"),
    ({"gifts": GIFTS, "currency": "USD", "message_by": "mail", "message_texts": {"en": "Hello"}}, "must hold"),
]


@pytest.mark.parametrize(("said", "sentence"), WRONG)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read_params(TACTIC, said)


def test_its_parameters_are_read_and_written() -> None:
    read = read_params(TACTIC, {"gifts": GIFTS, "currency": "USD", "whom": "everybody"})
    assert read_params(TACTIC, write_params(read)) == read
    assert [offer.products for offer in TACTIC.offers(read)] == [("scarf",), ("mug",)]
