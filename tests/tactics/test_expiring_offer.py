"""An expiring offer is given once a day or a stay, keeps its deadline, and is told of once more before it ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import Banner, CheckAgain, GiveCode, Nothing, ShowBanner, Slot, Tell, Wish
from plugin.domain.membership import UNSEEN
from plugin.domain.messages import Medium
from plugin.domain.offers import Offer, OfferKind, last_second
from plugin.domain.stages import Turns
from plugin.domain.tactic import Given, Trigger, TriggerKind, View, by_stays, read_params, write_params
from plugin.errors import Rejected
from plugin.tactics.expiring_offer import TACTIC, ExpiringOffer
from tests.shop import NOW, ago

BY_MAIL = (Medium.MAIL,)
TODAY = ExpiringOffer(currency="USD", day=NOW.date(), message_by=BY_MAIL)
ON_ENTERING = ExpiringOffer(currency="USD", message_by=BY_MAIL)
NEED = f"day {NOW.date()}"
#: Two days from NOW on.
ENDS = last_second(NOW.date() + timedelta(days=2), UTC)
OFFER = Offer(OfferKind.PERCENTAGE, Decimal(20), Decimal(50), 2, "USD")


def view(now: datetime = NOW, *given: Given, user_id: str | None = "U1", **more: Any) -> View:
    state = CustomerState(1, user_id, "Ann", None, confirmed=True, history=History())
    return View(state, Outlook(), Turns(), now, given=given, **more)


def wishes(seen: View, params: ExpiringOffer = TODAY) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(TriggerKind.MOMENT, seen.now), params))


def code_given(**changes: Any) -> Given:
    return replace(Given(7, NEED, OFFER, NOW, ENDS, code="CODE"), **changes)


def one(found: list[Wish], kind: type) -> Any:
    (wish,) = (wish for wish in found if isinstance(wish, kind))
    return wish


def test_waits_for_its_day_on_the_shop_s_clock() -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    (again,) = wishes(view(NOW - timedelta(hours=6), zone=warsaw))
    assert again == CheckAgain(datetime(2026, 6, 1, 7, tzinfo=UTC))


def test_gives_one_code_on_its_day() -> None:
    found = wishes(view())
    wish = one(found, GiveCode)
    assert (wish.episode, wish.since) == (NEED, NOW.replace(hour=9))
    assert wish.offer == OFFER
    assert wish.banner.text == "For a short time, Ann: 20 % off with code {code}, only until {until}."
    assert wish.message.media == BY_MAIL
    assert one(found, CheckAgain) == CheckAgain(ENDS - timedelta(hours=12))


def test_the_deadline_is_the_same_for_who_is_given_it_late() -> None:
    wish = one(wishes(view(NOW + timedelta(days=1))), GiveCode)
    assert wish.offer.valid_days == 1


def test_gives_nothing_when_less_than_a_day_is_left() -> None:
    (wish,) = wishes(view(NOW + timedelta(days=2)))
    assert isinstance(wish, Nothing)
    assert wish.episode == NEED
    assert "less than a day was left" in wish.reason


def test_who_has_it_keeps_it_wished_until_its_end() -> None:
    """Its banner and its message are asked about again before they go."""
    found = wishes(view(ENDS - timedelta(hours=13), code_given()))
    assert one(found, GiveCode).episode == NEED


def test_without_a_day_it_is_a_stay_in_a_segment() -> None:
    assert wishes(view(), ON_ENTERING) == []
    wish = one(wishes(view(inside={"loyal": NOW}), ON_ENTERING), GiveCode)
    assert (wish.episode, wish.since, wish.offer) == (f"loyal {NOW.isoformat()}", NOW, OFFER)
    assert one(wishes(view(inside={"loyal": UNSEEN}), ON_ENTERING), GiveCode).since == UNSEEN
    assert [by_stays(TACTIC, params) for params in (ON_ENTERING, TODAY)] == [True, False]


def test_another_day_and_another_stay_are_other_needs() -> None:
    later = replace(TODAY, day=NOW.date() - timedelta(days=1))
    assert one(wishes(view(), later), GiveCode).episode != NEED
    stays = [one(wishes(view(inside={"loyal": at}), ON_ENTERING), GiveCode).episode for at in (ago(1), NOW)]
    assert stays[0] != stays[1]


@pytest.mark.parametrize(("message_by", "kind"), [((), Nothing), (BY_MAIL, GiveCode)])
def test_a_guest_needs_a_message(message_by: tuple[Medium, ...], kind: type) -> None:
    wish = one(wishes(view(user_id=None), replace(TODAY, message_by=message_by)), kind)
    assert isinstance(wish, Nothing) or wish.banner is None


def test_looks_again_when_the_notice_is_due() -> None:
    found = wishes(view(NOW, code_given()))
    assert one(found, CheckAgain) == CheckAgain(ENDS - timedelta(hours=12))


def test_gives_the_notice_in_the_last_hours() -> None:
    wish = one(wishes(view(ENDS - timedelta(hours=12), code_given())), Tell)
    assert (wish.episode, wish.about, wish.since) == (f"{NEED}#notice", NEED, ENDS - timedelta(hours=12))
    assert wish.message.subjects == {"en": "Last chance, {name}: {offer}"}


def test_the_notice_goes_by_the_code_s_own_end_whatever_was_edited() -> None:
    edited = replace(TODAY, day=date(2026, 8, 1), valid_days=30)
    wish = one(wishes(view(ENDS - timedelta(hours=1), code_given()), edited), Tell)
    assert wish.about == NEED


def test_a_code_in_the_place_of_a_cancelled_one_has_no_second_notice() -> None:
    wish = one(wishes(view(ENDS - timedelta(hours=1), code_given(episode=f"{NEED}~again:2"))), Tell)
    assert (wish.episode, wish.about) == (f"{NEED}#notice", f"{NEED}~again:2")


NO_NOTICE: list[tuple[str, Given, dict[str, Any]]] = [
    ("used", code_given(used=True), {}),
    ("wanted by nobody", code_given(), {"notice_hours": 0}),
    ("without a message", code_given(), {"message_by": ()}),
]


@pytest.mark.parametrize(("_why", "given", "changes"), NO_NOTICE)
def test_gives_no_notice_when(_why: str, given: Given, changes: dict[str, Any]) -> None:
    found = wishes(view(ENDS - timedelta(hours=1), given), replace(TODAY, **changes))
    assert [wish for wish in found if isinstance(wish, Tell)] == []


LATE: list[tuple[datetime, Given, str]] = [
    (ENDS + timedelta(seconds=1), code_given(), "ran out before it could go"),
    (ENDS - timedelta(hours=1), code_given(at=ENDS - timedelta(hours=2)), "given less than 12 hours before its end"),
]


@pytest.mark.parametrize(("now", "given", "why"), LATE)
def test_says_why_a_notice_does_not_fit_any_more(now: datetime, given: Given, why: str) -> None:
    found = [wish for wish in wishes(view(now, given)) if isinstance(wish, Nothing)]
    assert [wish.episode for wish in found if why in wish.reason] == [f"{NEED}#notice"]
    assert not any(isinstance(wish, Tell) for wish in wishes(view(now, given)))


SHOWN = Banner(Slot.BANNER, "For a short time", {"code": "CODE", "until": ENDS.isoformat()})


def test_the_banner_has_other_words_in_the_last_hours() -> None:
    seen = view(ENDS - timedelta(hours=1), code_given(), shown={Slot.BANNER: SHOWN})
    wish = one(wishes(seen), ShowBanner)
    assert wish.banner.text == "Last chance, Ann: 20 % off with code CODE ends on 2026-06-03."
    assert wish.banner.data == SHOWN.data


@pytest.mark.parametrize(
    ("shown", "changes"),
    [
        ({}, {}),
        ({Slot.BANNER: replace(SHOWN, data={"code": "ANOTHER"})}, {}),
        ({Slot.BANNER: SHOWN}, {"notice_text": ""}),
    ],
)
def test_no_banner_is_changed_that_shows_something_else(shown: dict[Slot, Banner], changes: dict[str, Any]) -> None:
    seen = view(ENDS - timedelta(hours=1), code_given(), shown=shown)
    assert not any(isinstance(wish, ShowBanner) for wish in wishes(seen, replace(TODAY, **changes)))


WRONG: list[tuple[dict[str, object], str]] = [
    ({}, "Name the currency"),
    ({"currency": "USD", "minimum": 0}, "needs an amount that the basket begins at"),
    ({"currency": "USD", "notice_hours": 48}, "comes before the offer"),
    ({"currency": "USD", "day": "Monday"}, "must be a day, as 2026-12-01"),
    ({"currency": "USD", "hour": 24}, "must be 23 or less"),
    ({"currency": "USD", "text": "Hello"}, "must hold"),
    ({"currency": "USD", "message_by": "mail", "notice_texts": {"en": "{nonsense}"}}, "Of the notice: .*nonsense"),
    ({"currency": "USD", "message_by": "mail", "notice_texts": {"pl": "Cześć"}}, "Of the notice: .*subject"),
]


@pytest.mark.parametrize(("said", "sentence"), WRONG)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(said: dict[str, object], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read_params(TACTIC, said)


def test_its_day_is_kept_as_it_was_said() -> None:
    read = read_params(TACTIC, {"currency": "USD", "day": "2026-12-01"})
    assert read.day == date(2026, 12, 1)
    assert write_params(read)["day"] == "2026-12-01"
    assert read_params(TACTIC, write_params(read)) == read
