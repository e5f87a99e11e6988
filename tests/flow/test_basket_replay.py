"""Abandoned checkouts over the past: as life decided, with nothing of what came later, and who ordered anyway."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.domain.decide import Outcome
from plugin.domain.replay_values import Asked
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits
from plugin.errors import Rejected
from plugin.flow.replay import replay
from plugin.report.replay import paragraph
from plugin.store import decisions, shops
from plugin.store.schema import checkouts, customers, left_baskets
from tests.bodies import account_body, checkout_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import Postbox, open_post, post
from tests.flow.test_replay import known_by
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

PEOPLE, SPAN = 24, 20
FROM_60 = {"default-channel": {segment.value: Decimal(60) for segment in Segment}}
#: When, what, and its body.
Event = tuple[datetime, str, bytes]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def basket(who: int, at: datetime, number: int = 1, **changes: Any) -> Event:
    told: dict[str, Any] = {"subtotal": "40", "shipping": "12", "created": NOW, **changes}
    email = f"u{who}@example.com"
    return at, "checkout_updated", checkout_body(f"C{who}-{number}", f"U{who}", at, email=email, **told)


def bought(who: int, at: datetime, number: int | None = 1, **changes: Any) -> Event:
    """number: the basket's; None for an order that was made of none of theirs."""
    of = None if number is None else f"C{who}-{number}"
    values: dict[str, Any] = {"user_id": f"U{who}", "email": f"u{who}@example.com", **changes}
    made = order(f"O{who}-{at:%d%H%M}", at, checkout_id=of, **values)
    return at, "order_created", order_body(made, at)


def a_life(who: int, seed: int = 1) -> Iterator[Event]:
    """Baskets that are changed at once, after a while and after days, emptied, forgotten and ordered."""
    chance = random.Random(f"{seed} {who}")
    at = NOW + hours(chance.uniform(0, 60))
    for number in (1, 2):
        for _ in range(chance.randint(1, 4)):
            said = {"subtotal": chance.choice(["0", "30", "50", "70"]), "shipping": chance.choice(["0", "5", "30"])}
            yield basket(who, at, number, **said, marketing=chance.choice([None, None, True, False]))
            at += hours(chance.choice([0.05, 0.1, 3, 12, 30, 60]) * chance.uniform(0.7, 1.3))
        if chance.random() < 0.6:
            yield bought(who, at, chance.choice([number, number, None]))
        at += days(chance.uniform(1, 5))


def on(home: Home) -> Postbox:
    """The campaign and free shipping from 60, and everybody has bought before."""
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=90, dormant_days=200))
    box = open_post(home)
    home.switch_on("free-shipping", thresholds=FROM_60)
    home.switch_on("abandoned-checkout", pause=3)
    for who in range(PEOPLE):
        seen = account(f"U{who}", f"u{who}@example.com", updated_at=NOW)
        home.take("account_confirmed", account_body(seen))
        if who % 6:
            home.take(*bought(who, ago(20 + who), None)[1:])
    return box


async def live(home: Home, events: Sequence[Event], until: datetime) -> None:
    """From event to event, and to each moment in between; what is decided is sent at once."""
    for at, event, body in [*sorted(events), (until, "", b"")]:
        while (moment := next_moment(home)) is not None and moment <= at:
            home.now = moment
            home.tick()
            await post(home)
        home.now = at
        if event:
            home.take(event, body)


def next_moment(home: Home) -> datetime | None:
    with home.database.read() as connection:
        found: datetime | None = connection.execute(select(func.min(customers.c.next_moment))).scalar_one()
    return found


def asked_of(home: Home, number: int | None = None) -> Sequence[Asked]:
    return replay(home.house, home.shop_id, "abandoned-checkout", number).asked


async def test_a_replay_decides_what_life_decided(home: Home) -> None:
    on(home)
    await live(home, [one for who in range(PEOPLE) for one in a_life(who)], NOW + days(SPAN))
    with home.database.read() as connection:
        told = decisions.latest(connection, home.shop_id, 1_000)
    left = {Outcome.SHOWN, Outcome.LATER}  # what life puts off is one row, with what became of it in the end
    lived = sorted(
        (one.customer_id, one.decided_at, one.outcome, one.reason) for one in told if one.outcome not in left
    )
    asked = [one for one in asked_of(home) if one.outcome not in left]
    found = sorted((one.customer_id, one.at, one.outcome, one.reason) for one in asked)
    assert found == lived
    counted = {outcome: sum(one[2] is outcome for one in lived) for outcome in Outcome}
    assert counted[Outcome.TOLD] > 15
    assert counted[Outcome.GIVEN] > 5
    assert counted[Outcome.NOTHING] > 3, "in the pause"
    assert any("with shipping at" in one[3] for one in lived)


async def test_no_information_from_after_a_moment_is_used_at_it(home: Home) -> None:
    """Baskets that are changed, ordered, emptied and begun later."""
    on(home)
    cut = NOW + days(6)
    events = [one for who in range(PEOPLE) for one in a_life(who)]
    await live(home, [one for one in events if one[0] <= cut], cut)
    before = known_by(asked_of(home), cut)
    assert len(before) > 20
    later = [one for who in range(PEOPLE) for one in a_life(who, seed=2) if one[0] > cut]
    later += [basket(who, cut + hours(who + 1), 1, subtotal="99") for who in range(PEOPLE)]
    later += [bought(who, cut + hours(40), 1, user_id=f"U{who + 1}") for who in range(0, PEOPLE, 2)]
    await live(home, later, NOW + days(SPAN))
    again = asked_of(home)
    assert known_by(again, cut) == before
    assert len(known_by(again, home.now)) > len(before) + 5


async def test_who_ordered_anyway_is_counted_once_a_basket_within_a_week(home: Home) -> None:
    on(home)
    home.switch_on("abandoned-checkout", control=0, pause=3)
    with home.database.write() as connection:  # it was never on, as far as customers noticed
        connection.execute(customers.update().values(next_moment=None))
    comes_back = [basket(1, NOW), basket(1, NOW + hours(30), shipping="5"), bought(1, NOW + hours(30.1))]
    late = [basket(2, NOW), bought(2, NOW + days(8), None)]
    never = [basket(3, NOW)]
    at_once = [basket(4, NOW), bought(4, NOW + hours(1))]
    for at, event, body in sorted([*comes_back, *late, *never, *at_once]):
        home.now = at
        home.take(event, body)
    home.now = NOW + days(SPAN)
    found = replay(home.house, home.shop_id, "abandoned-checkout", margin=0.5)
    told = found.figures.told_anyway
    assert (told.came, told.of, told.unknown) == (1, 3, 0), "who ordered after an hour would have been told nothing"
    assert (found.figures.anyway.came, found.figures.anyway.of) == (1, 2)
    assert found.figures.outcomes["told"] == 6, "a reminder and what free shipping takes for each"
    assert found.figures.cost["USD"].given == 2
    said = paragraph(found)
    assert "2 offers, 6 messages without one" in said
    assert "Of the 3 who would have been written to without an offer, 1 (33" in said
    assert "Baskets are known from 1 Jun 2026 on" in said, "since the install, and not for 60 days"


async def test_a_message_that_was_really_sent_says_nothing_of_who_came_anyway(home: Home) -> None:
    box = on(home)
    await live(home, [basket(1, NOW), bought(1, NOW + hours(10))], NOW + days(SPAN))
    assert len(box.taken) == 1
    told = replay(home.house, home.shop_id, "abandoned-checkout").figures.told_anyway
    assert (told.of, told.unknown) == (0, 1)


async def test_who_may_not_be_written_to_is_told_nothing(home: Home) -> None:
    on(home)
    open_post(home, needs_opt_in=True)
    home.take(*basket(1, NOW)[1:])
    home.now = NOW + days(3)
    (one,) = asked_of(home)
    assert (one.outcome, "agreed to" in one.reason) == (Outcome.NOTHING, True)


async def test_baskets_from_before_it_began_are_left_alone(home: Home) -> None:
    on(home)
    home.take(*basket(1, NOW)[1:])
    home.now = NOW + days(4)
    assert asked_of(home, 3) == ()
    assert len(asked_of(home, 4)) == 3


@pytest.mark.parametrize("number", [0, 61, 365])
async def test_baskets_are_kept_for_sixty_days(home: Home, number: int) -> None:
    on(home)
    with pytest.raises(Rejected, match=f"goes over 1 to 60 days, not {number}. Baskets are kept for 60 days"):
        replay(home.house, home.shop_id, "abandoned-checkout", number)


async def test_what_was_left_and_ordered_is_erased_with_its_customer(home: Home) -> None:
    on(home)
    theirs = [basket(1, NOW), basket(1, NOW + hours(5)), bought(1, NOW + hours(6))]
    others = [basket(2, NOW, 7), bought(1, NOW + hours(7), None)]
    for at, event, body in sorted([*theirs, *others]):
        home.now = at
        home.take(event, body)
    assert kept(home) == {"checkouts": 2, "left_baskets": 1}
    home.take("customer_deleted", gone_body("U1", "u1@example.com", home.now, confirmed=True))
    assert kept(home) == {"checkouts": 1}
    home.take("order_created", order_body(order("O8", home.now, user_id="U3", checkout_id="C2-7")))
    home.take("customer_deleted", gone_body("U3", "u3@example.com", home.now, confirmed=True))
    assert kept(home) == {}, "another's basket that has become an order of theirs"


def kept(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        tables = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (checkouts, left_baskets)
        }
    return {name: number for name, number in tables.items() if number}
