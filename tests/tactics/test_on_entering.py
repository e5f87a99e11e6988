"""On entering gives one code for one stay in a segment, and does nothing for who is in none."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import GiveCode, Nothing, Wish
from plugin.domain.membership import UNSEEN
from plugin.domain.offers import OfferKind
from plugin.domain.stages import Turns
from plugin.domain.tactic import Trigger, TriggerKind, View, read_params
from plugin.errors import Rejected
from plugin.tactics.on_entering import TACTIC, OnEntering
from tests.shop import NOW, ago


def view(inside: dict[str, datetime], *, user_id: str | None = "U1") -> View:
    state = CustomerState(1, user_id, "Ann", None, confirmed=True, history=History())
    return View(state, Outlook(), Turns(), NOW, inside=inside)


def wishes(seen: View, params: OnEntering | None = None, kind: TriggerKind = TriggerKind.ENTERED) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(kind, NOW), params or OnEntering()))


def given(seen: View, kind: TriggerKind = TriggerKind.ENTERED) -> GiveCode:
    (wish,) = wishes(seen, kind=kind)
    assert isinstance(wish, GiveCode)
    return wish


def test_does_nothing_for_who_is_in_no_segment_of_the_audience() -> None:
    assert wishes(view({})) == []


def test_gives_one_code_for_a_stay() -> None:
    wish = given(view({"loyal": NOW}))
    assert (wish.since, wish.offer.kind) == (NOW, OfferKind.PERCENTAGE)
    assert wish.banner is not None
    assert wish.banner.text == "For you, Ann: 10 % off with code {code} until {until}."
    assert wish.reason == "In “loyal” since 2026-06-01 12:00 UTC."


@pytest.mark.parametrize("kind", [TriggerKind.ENTERED, TriggerKind.INSIDE, TriggerKind.MOMENT])
def test_the_same_stay_is_the_same_episode_whatever_asks(kind: TriggerKind) -> None:
    seen = view({"loyal": ago(3)})
    assert given(replace(seen, now=ago(-9)), kind).episode == given(seen).episode


def test_the_next_stay_is_another_episode() -> None:
    assert given(view({"loyal": ago(3)})).episode != given(view({"loyal": NOW})).episode


def test_of_several_segments_the_one_entered_last_counts() -> None:
    assert given(view({"loyal": ago(3), "dormant": ago(1)})).since == ago(1)


def test_who_was_inside_already_has_no_new_need() -> None:
    wish = given(view({"loyal": UNSEEN}), TriggerKind.INSIDE)
    assert (wish.since, wish.reason) == (UNSEEN, "In “loyal” already.")


def test_says_why_a_guest_gets_nothing() -> None:
    (wish,) = wishes(view({"loyal": NOW}, user_id=None))
    assert isinstance(wish, Nothing)
    assert "guest" in wish.reason
    assert wish.episode == given(view({"loyal": NOW})).episode


def test_the_longest_name_makes_an_episode_that_is_kept() -> None:
    longest = datetime(2026, 6, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    assert len(given(view({"s" * 60: longest})).episode) <= 100


AUDIENCES: list[tuple[Any, set[str]]] = [
    (None, set()),
    ({"segment": "loyal"}, {"loyal"}),
    ({"field": "orders", "at_least": 2}, set()),
    ({"not": {"segment": "loyal"}}, set()),
    ({"all": [{"segment": "loyal"}, {"not": {"segment": "new"}}, {"any": [{"segment": "vip"}]}]}, {"loyal", "vip"}),
]


@pytest.mark.parametrize(("audience", "names"), AUDIENCES)
def test_it_sees_the_stays_in_segments_that_its_audience_asks_for(audience: Any, names: set[str]) -> None:
    one = Campaign(7, "c", TACTIC, OnEntering(), CampaignStatus.ON, 1, "salt", 0.1, 60, 0, audience_said=audience)
    every = dict.fromkeys(("loyal", "new", "vip", "other"), NOW)
    assert one.segments == names
    assert one.seen(view(every)).inside.keys() == names


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"offer": "amount", "value": "5"}, "Name the currency"),
        ({"text": "Hello"}, "must hold"),
        ({"offer": "public_gift", "products": "tea"}, "use the tactic public_gift"),
        ({"second_offer": "amount"}, "no parameter"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(said: dict[str, object], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read_params(TACTIC, said)
