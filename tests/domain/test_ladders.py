"""Ladders: each step in its turn, never two at once, and none after one that was not given."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from plugin.domain.ladders import Rung, Step, episode_of, need_of, rung_of
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.tactic import Given
from tests.shop import NOW, days

TEN = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)
LADDER = (
    Step(TEN, 0),
    Step(replace(TEN, value=Decimal(15)), 21),
    Step(replace(TEN, value=Decimal(20)), 7),
)


def given(episode: str, at: datetime, *, valid: int = 14, issued: bool = True) -> Given:
    return Given(1, episode, TEN, at, at + days(valid), issued)


def rung(*held: Given) -> Rung:
    return rung_of(LADDER, "O1", NOW - days(1), held, NOW)


def test_nothing_given_is_the_first_step_with_the_needs_own_key() -> None:
    found = rung()
    assert (found.episode, found.number, found.since) == ("O1", 1, NOW - days(1))
    assert found.look_again == NOW + days(21)


@pytest.mark.parametrize(
    ("ago", "number"),
    [(0, 1), (13, 1), (20, 1), (21, 2), (40, 2)],
)
def test_the_second_step_comes_after_its_wait(ago: int, number: int) -> None:
    assert rung(given("O1", NOW - days(ago))).number == number


@pytest.mark.parametrize(("ago", "number"), [(21, 1), (29, 1), (30, 2)])
def test_a_step_waits_for_the_code_before_it_to_run_out(ago: int, number: int) -> None:
    found = rung(given("O1", NOW - days(ago), valid=30))
    assert found.number == number
    if number == 1:
        assert found.look_again == NOW + days(30 - ago)
    else:
        assert found.since == NOW


def test_the_second_step_knows_since_when_it_is_due() -> None:
    found = rung(given("O1", NOW - days(25)))
    assert (found.episode, found.since) == ("O1#2", NOW - days(4))


def test_the_last_step_is_the_last() -> None:
    found = rung(given("O1", NOW - days(60)), given("O1#2", NOW - days(39)))
    assert (found.episode, found.number, found.look_again) == ("O1#3", 3, None)


def test_the_last_step_waits_for_the_second_code_however_short_its_wait() -> None:
    found = rung(given("O1", NOW - days(60)), given("O1#2", NOW - days(10)))
    assert (found.number, found.look_again) == (2, NOW + days(4))


@pytest.mark.parametrize(
    "held",
    [
        [given("O1", NOW - days(90), issued=False)],
        [given("O0", NOW - days(90))],
        [given("O1#2", NOW - days(90))],
    ],
    ids=["decided, not yet issued", "for another need", "only a later one"],
)
def test_no_step_without_the_one_before(held: list[Given]) -> None:
    assert rung(*held).number == 1


def test_one_step_is_no_ladder() -> None:
    found = rung_of(LADDER[:1], "O1", NOW, [given("O1", NOW - days(90))], NOW)
    assert (found.episode, found.look_again) == ("O1", None)


def test_episodes_and_needs() -> None:
    assert [episode_of("T3JkZXI6MQ==", number) for number in (1, 2, 3)] == [
        "T3JkZXI6MQ==",
        "T3JkZXI6MQ==#2",
        "T3JkZXI6MQ==#3",
    ]
    assert {need_of(episode_of("O1", number)) for number in (1, 2, 3)} == {"O1"}
