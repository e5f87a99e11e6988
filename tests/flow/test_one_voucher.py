"""A customer never holds two codes of which a checkout takes one, whichever campaigns they come from."""

from decimal import Decimal

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.offers import OfferKind
from plugin.flow.trial import give_trial
from plugin.store import campaigns
from plugin.store.campaigns import Limits
from tests.bodies import account_body
from tests.flow.conftest import Home
from tests.flow.silence import outcomes, silent_customer
from tests.shop import account, days

pytestmark = pytest.mark.anyio


async def with_second(home: Home, **params: object) -> None:
    """Eight days after the first campaign gave a code for fourteen, a second takes those who are inside."""
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    await home.deliver()
    home.now += days(8)
    switch_second_on(home, **params)
    home.tick()
    await home.deliver()


def switch_second_on(home: Home, **params: object) -> None:
    tactic = home.house.tactics["win_back"]
    with home.database.write() as connection:
        draft = campaigns.create(
            connection, home.shop_id, "second", tactic, tactic.params(**params), Limits(0, 60, 9), home.now
        )
        campaigns.change_status(connection, home.shop_id, draft, CampaignStatus.ON, "test", home.now)


async def test_the_second_waits_until_the_first_has_run_out(home: Home) -> None:
    await with_second(home)
    assert (len(home.codes()), sorted(outcomes(home))) == (1, [Outcome.GIVEN, Outcome.LATER])
    home.now += days(7)
    home.tick()
    await home.deliver()
    assert sorted(outcomes(home)) == [Outcome.GIVEN, Outcome.GIVEN, Outcome.LATER]


async def test_store_credit_fits_beside_a_voucher(home: Home) -> None:
    await with_second(home, offer=OfferKind.STORE_CREDIT, value=Decimal(5), currency="USD")
    assert outcomes(home) == [Outcome.GIVEN, Outcome.GIVEN]


async def test_a_trial_stands_in_nobodys_way(home: Home) -> None:
    user_id = await silent_customer(home)
    home.take("customer_updated", account_body(account(user_id, email="ann@example.com")))
    await give_trial(home.house, home.shop_id, "win-back", "ann@example.com", "merchant")
    switch_second_on(home)
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN, Outcome.GIVEN]
