"""One to oneself: a code and a banner for one account, apart from everything else."""

import json

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.experiments import Arm
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change
from plugin.flow.trial import Tried, give_trial
from plugin.store import campaigns, codes, customers, decisions, shops
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, silent_customer, user_of
from tests.shop import NOW, account, days, order

pytestmark = pytest.mark.anyio


async def try_it(home: Home, to: str = "ann@example.com", name: str = "win-back") -> Tried:
    tried = await give_trial(home.house, home.shop_id, name, to, "merchant")
    await home.deliver()
    return tried


def known(home: Home) -> str:
    """An account that has never bought, and so has no need."""
    user_id = user_of(home)
    home.take("customer_updated", account_body(account(user_id, email="ann@example.com")))
    return user_id


def status(home: Home) -> CampaignStatus:
    with home.database.read() as connection:
        return campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics).status


async def test_a_draft_gives_one_code_and_one_banner(home: Home) -> None:
    user_id = known(home)
    tried = await try_it(home)
    assert home.codes() == [tried.code]
    banner = json.loads(metadata(home, user_id)["retention.banner"])
    assert (banner["code"], tried.code in banner["text"]) == (tried.code, True)
    assert status(home) is CampaignStatus.DRAFT


async def test_it_is_repeatable_and_by_number_too(home: Home) -> None:
    user_id = known(home)
    first = await try_it(home, "ANN@example.com ")
    second = await try_it(home, str(first.customer_id))
    assert sorted(home.codes()) == sorted([first.code, second.code])
    assert json.loads(metadata(home, user_id)["retention.banner"])["code"] == second.code


async def test_the_books_of_the_campaign_know_nothing_of_it(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    known(home)
    tried = await try_it(home)
    with home.database.read() as connection:
        standing = decisions.standings(connection, home.shop_id, [tried.customer_id])[tried.customer_id]
        assert (dict(standing.past), dict(standing.arms)) == ({}, {})
        assert decisions.counts_by_outcome(connection, home.shop_id) == {}
        tried_on = customers.by_id(connection, home.shop_id, tried.customer_id)
    assert tried_on is not None
    assert tried_on.offers_since_order == 0
    home.tick()
    await home.deliver()
    assert outcomes(home) == [Outcome.GIVEN, Outcome.GIVEN]
    with home.database.read() as connection:
        assert list(
            decisions.standings(connection, home.shop_id, [tried.customer_id])[tried.customer_id].arms.values()
        ) == [Arm.TREATED]
    assert len(home.codes()) == 2


async def test_a_paused_campaign_holds_what_is_real_and_gives_the_trial(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    known(home)
    home.tick()
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.PAUSED, "test", home.now)
    tried = await try_it(home)
    assert home.codes() == [tried.code]


async def test_its_redemption_is_seen(home: Home) -> None:
    user_id = known(home)
    tried = await try_it(home)
    home.now = NOW + days(1)
    used = order("O1", home.now, user_id=user_id, voucher_code=tried.code)
    home.take("order_created", order_body(used, home.now))
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"redeemed": 1}


@pytest.mark.parametrize(
    ("name", "to", "sentence"),
    [
        ("win-back", "nobody@example.com", "There is no customer “nobody@example.com”"),
        ("win-back", "99", "There is no customer “99”"),
        ("win-back", "ann", "There is no customer “ann”"),
        ("win-back", "9" * 30, "There is no customer"),
        ("free-shipping", "ann@example.com", "gives nothing to one customer alone"),
        ("nothing", "ann@example.com", "There is no campaign “nothing”"),
    ],
)
async def test_what_cannot_be_tried_is_a_sentence(home: Home, name: str, to: str, sentence: str) -> None:
    known(home)
    with pytest.raises(Rejected, match=sentence):
        await try_it(home, to, name)
    assert (home.codes(), outcomes(home)) == ([], [])


async def test_a_guest_and_a_stopped_shop_are_refused(home: Home) -> None:
    known(home)
    with home.database.write() as connection:
        guest = customers.create(connection, home.shop_id, NOW, email="guest@example.com")
    with pytest.raises(Rejected, match="is a guest"):
        await try_it(home, str(guest.customer_id))
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=True)
    with pytest.raises(Rejected, match="The shop is stopped"):
        await try_it(home)


async def test_an_account_that_gets_nothing_and_a_product_that_is_not_there_are_said(home: Home) -> None:
    user_id = user_of(home)
    said_no = account(user_id, email="ann@example.com", consent=Consent(opted_out=True))
    home.take("customer_updated", account_body(said_no))
    with pytest.raises(Rejected, match="The customer has opted out"):
        await try_it(home)
    change(home.house, home.shop_id, "win-back", {"params": {"products": ["no-such-tea"]}}, "test")
    with pytest.raises(Rejected, match="This shop has no product “no-such-tea”"):
        await try_it(home)
    assert outcomes(home) == []
