"""What is next for one customer, and why nothing is."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin.domain.consent import Consent
from plugin.domain.guardrails import Suppression
from plugin.flow.profile import Profile, Step, profile
from plugin.store import campaigns, customers, shops, suppressions
from plugin.store.schema import arms
from plugin.store.suppressions import Why
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.shop import account, ago, days, order

pytestmark = pytest.mark.anyio


def told(home: Home) -> Profile:
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, "U1")
        assert customer is not None
        return profile(connection, home.house, shops.get(connection, home.shop_id), customer, home.now)


def silent(home: Home, since: int, **changes: Any) -> None:
    home.take("customer_updated", account_body(account(**changes)))
    for number in (since + 60, since + 30, since):
        home.take("order_updated", order_body(order(f"O{number}", ago(number))))


def at_risk(home: Home) -> None:
    silent(home, 59)
    home.now += days(2)
    home.tick()


def with_campaign(home: Home) -> None:
    home.switch_on("win-back")
    at_risk(home)


def as_control(home: Home) -> None:
    home.switch_on("win-back")
    silent(home, 59)
    with home.database.write() as connection:
        campaign = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        put = {"campaign_id": campaign.campaign_id, "customer_id": told(home).customer.customer_id, "arm": "control"}
        connection.execute(arms.insert().values(**put, shop_id=home.shop_id, at=home.now))
    home.now += days(2)
    home.tick()


def stopped(home: Home) -> None:
    at_risk(home)
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=True)


def suppressed(home: Home) -> None:
    with_campaign(home)
    pepper = home.house.keyring.decrypt(shop_of(home).pepper)
    with home.database.write() as connection:
        subject = suppressions.of_number(pepper, told(home).customer.customer_id)
        suppressions.put(connection, home.shop_id, subject, Suppression(Why.ASKED, None), "me", home.now)


def shop_of(home: Home) -> Any:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


def opted_out(home: Home) -> None:
    silent(home, 70, consent=Consent(opted_out=True))


def ran_out(home: Home) -> None:
    with_campaign(home)
    home.now += days(60)


def unsaid(home: Home) -> None:
    at_risk(home)
    home.switch_on("win-back")


STEPS: list[tuple[Callable[[Home], None], Step]] = [
    (lambda home: home.take("customer_updated", account_body(account())), Step.NOT_BOUGHT),
    (lambda home: silent(home, 5), Step.IN_RHYTHM),
    (at_risk, Step.NO_CAMPAIGN),
    (unsaid, Step.UNDECIDED),
    (with_campaign, Step.HAS_CODE),
    (ran_out, Step.GIVEN),
    (as_control, Step.CONTROL),
    (stopped, Step.STOPPED),
    (suppressed, Step.SUPPRESSED),
    (opted_out, Step.OPTED_OUT),
]


@pytest.mark.parametrize(("make", "step"), STEPS, ids=[step.value for _, step in STEPS])
async def test_what_is_next(home: Home, make: Callable[[Home], None], step: Step) -> None:
    make(home)
    found = told(home).next
    assert found.step is step
    assert (found.code is not None) == (step is Step.HAS_CODE)
    assert (found.decision is not None) == (step in {Step.GIVEN, Step.CONTROL})


async def test_an_order_begins_anew(home: Home) -> None:
    as_control(home)
    home.take("order_created", order_body(order("O1", home.now)))
    assert told(home).next.step is Step.IN_RHYTHM


async def test_the_segments_they_are_in(home: Home) -> None:
    at_risk(home)
    assert told(home).segments == ("repeat", "at-risk", "at-risk-by-days")
