"""One code, taken back by a person: gone at the platform, free in the books, and no banner; whenever it is said."""

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest

from plugin.domain.offers import OfferKind
from plugin.errors import NotFound, Rejected
from plugin.flow import calls
from plugin.flow.budget import LATE, expire
from plugin.flow.calls import Ending, Ready
from plugin.flow.revoke import Revoked, revoke
from plugin.flow.trial import give_trial
from plugin.saleor.client import Saleor
from plugin.store import campaigns, codes, shops
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, silent_customer, user_of
from tests.flow.test_budget import books
from tests.shop import account, days, order

pytestmark = pytest.mark.anyio


async def given(home: Home, offer: OfferKind = OfferKind.PERCENTAGE) -> tuple[str, str]:
    """A customer and what they were given."""
    user_id = await decided(home, offer)
    await home.deliver()
    return user_id, str(json.loads(metadata(home, user_id)["retention.banner"])["code"])


async def decided(home: Home, offer: OfferKind = OfferKind.PERCENTAGE) -> str:
    home.sandbox.shop.now = lambda: home.now
    home.switch_on("win-back", offer=offer, value=Decimal(5), currency="USD")
    user_id = await silent_customer(home)
    home.tick()
    return user_id


def take_back(home: Home, code: str) -> Revoked:
    return revoke(home.house, home.shop_id, code)


def usable(home: Home) -> list[str]:
    """Codes and cards that a checkout would take."""
    cards = [card.code for card in home.sandbox.shop.gift_cards.values() if card.is_active]
    return [*home.codes(), *cards]


def counted(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return codes.counts(connection, home.shop_id)


BOTH = pytest.mark.parametrize("offer", [OfferKind.PERCENTAGE, OfferKind.STORE_CREDIT])


@BOTH
async def test_it_stops_working_and_costs_nothing(home: Home, offer: OfferKind) -> None:
    user_id, code = await given(home, offer)
    done = take_back(home, f" {code.lower()} ")
    assert (done.code.code, done.campaign, done.changed, done.waits) == (code, "win-back", True, False)
    assert books(home) == ("0", "0")
    await home.deliver()
    assert usable(home) == []
    assert "retention.banner" not in metadata(home, user_id)
    assert counted(home) == {"withdrawn": 1}


@BOTH
async def test_said_again_nothing_changes(home: Home, offer: OfferKind) -> None:
    _, code = await given(home, offer)
    take_back(home, code)
    await home.deliver()
    again = take_back(home, code)
    assert not again.changed
    await home.deliver()
    assert (usable(home), books(home), counted(home)) == ([], ("0", "0"), {"withdrawn": 1})


async def test_no_other_is_given_for_the_same_need(home: Home) -> None:
    _, code = await given(home)
    take_back(home, code)
    for _ in range(3):
        home.now += days(10)
        home.tick()
        await home.deliver()
    assert usable(home) == []


async def test_others_of_the_same_voucher_stay(home: Home) -> None:
    users = [user.id for user in home.sandbox.shop.users.values() if not user.is_staff][:2]
    home.switch_on("win-back")
    for number, user_id in enumerate(users):
        home.take("order_created", order_body(order(f"O{number}", home.now, user_id=user_id)))
    home.now += days(60)
    home.tick()
    await home.deliver()
    first, second = (json.loads(metadata(home, user_id)["retention.banner"])["code"] for user_id in users)
    take_back(home, first)
    await home.deliver()
    assert usable(home) == [second]
    assert "retention.banner" in metadata(home, users[1])


@BOTH
async def test_one_that_has_not_gone_out_never_does(home: Home, offer: OfferKind) -> None:
    user_id = await decided(home, offer)
    with home.database.read() as connection:
        (code,) = [one for who in range(1, 9) for one in codes.of_customer(connection, home.shop_id, who)]
    take_back(home, code.code)
    await home.deliver()
    home.now += days(1)
    await home.deliver()
    assert (usable(home), books(home)) == ([], ("0", "0"))
    assert "retention.banner" not in metadata(home, user_id)


@pytest.mark.parametrize(
    ("offer", "on_its_way"),
    [
        (OfferKind.PERCENTAGE, "voucher"),
        (OfferKind.PERCENTAGE, "code"),
        (OfferKind.PERCENTAGE, "banner"),
        (OfferKind.STORE_CREDIT, "gift_card"),
        (OfferKind.STORE_CREDIT, "banner"),
    ],
)
async def test_one_that_is_on_its_way_is_taken_back_when_it_has_arrived(
    home: Home, offer: OfferKind, on_its_way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for meanwhile is carried out first, as by another worker, and finds nothing there yet."""
    user_id = await decided(home, offer)
    with home.database.read() as connection:
        (code,) = [one for who in range(1, 9) for one in codes.of_customer(connection, home.shop_id, who)]
    really, seen = calls.call, list[str]()

    async def call(saleor: Saleor, ready: Sequence[Ready]) -> list[Ending]:
        kind = ready[0].effect.kind.value
        if kind == on_its_way and kind not in seen:
            seen.append(kind)
            take_back(home, code.code)
            await home.deliver()
        return await really(saleor, ready)

    monkeypatch.setattr(calls, "call", call)
    for _ in range(3):
        await home.deliver()
        home.now += days(0.1)
    assert seen == [on_its_way]
    assert (usable(home), books(home), counted(home)) == ([], ("0", "0"), {"withdrawn": 1})
    assert "retention.banner" not in metadata(home, user_id)


async def test_a_trial_s_code_likewise(home: Home) -> None:
    user_id = user_of(home)
    home.take("customer_updated", account_body(account(user_id, email="ann@example.com")))
    tried = await give_trial(home.house, home.shop_id, "win-back", "ann@example.com", "merchant")
    await home.deliver()
    assert take_back(home, tried.code).changed
    await home.deliver()
    assert usable(home) == []
    assert "retention.banner" not in metadata(home, user_id)


@BOTH
async def test_one_that_was_used_is_refused(home: Home, offer: OfferKind) -> None:
    user_id, code = await given(home, offer)
    cards = tuple(card.id for card in home.sandbox.shop.gift_cards.values())
    used = order("O2", home.now, user_id=user_id, voucher_code=None if cards else code, gift_cards=cards)
    home.take("order_created", order_body(used))
    with pytest.raises(Rejected, match=f"The code {code} was used in the order O2"):
        take_back(home, code)
    assert usable(home) == [code]


async def test_one_that_ran_out_is_refused(home: Home) -> None:
    _, code = await given(home)
    home.now += days(15) + LATE
    assert expire(home.house, home.shop_id) == 1
    with pytest.raises(Rejected, match=f"The code {code} ran out on"):
        take_back(home, code)


@pytest.mark.parametrize("said", ["WELCOME10", "", "' OR 1=1 --"])
async def test_one_that_is_not_ours_is_not_found(home: Home, said: str) -> None:
    await given(home)
    with pytest.raises(NotFound, match="There is no code"):
        take_back(home, said)
    assert len(usable(home)) == 1


async def test_a_stopped_shop_hears_of_it_when_it_goes_on(home: Home) -> None:
    _, code = await given(home)
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=True)
    assert take_back(home, code).waits
    await home.deliver()
    assert usable(home) == [code]
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=False)
    await home.deliver()
    assert usable(home) == []


async def test_one_whose_order_came_first_is_used_and_not_given_again(home: Home) -> None:
    """The order had been placed, and was heard of late."""
    user_id, code = await given(home)
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        limits = campaigns.Limits(0, 60, reissue_after_cancel=True)
        campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", home.now)
    take_back(home, code)
    bought = order("O2", home.now, user_id=user_id, voucher_code=code, discount=Decimal(2), status="CANCELED")
    home.take("order_cancelled", order_body(bought))
    await home.deliver()
    assert (usable(home), books(home), counted(home)) == ([], ("0", "0"), {"redeemed": 1})
