"""A gift of the month: from the month's first day to its last, within stock, for each customer or for everybody; once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.conditions import read_condition
from plugin.domain.content import Place
from plugin.domain.decide import Outcome
from plugin.domain.ledger import Line
from plugin.domain.stages import Limits
from plugin.errors import Rejected
from plugin.flow import calls
from plugin.flow import deliver as delivering
from plugin.flow.campaign_edits import change, make
from plugin.flow.chores import chores
from plugin.flow.dry_run import dry_run
from plugin.flow.fronts import Fronts, nobody
from plugin.flow.gift_stock import LOOK_EVERY
from plugin.flow.leave import disconnect
from plugin.flow.preview import preview
from plugin.flow.replay import replay
from plugin.flow.switch import switch_off, switch_on
from plugin.flow.trial import give_trial
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.catalogue import Product
from plugin.sandbox.records.promotions import Promotion
from plugin.store import campaigns, customers, decisions, segments, shops
from plugin.storefront.content import content_for
from tests.bodies import account_body, bulk_body, order_body, shelf_body
from tests.flow.conftest import API_URL, Home
from tests.flow.post import open_post, post
from tests.flow.silence import metadata, outcomes, statuses, user_of
from tests.flow.test_schedule import KEEP
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

NAME = "monthly"
JULY, JULY_ENDS = datetime(2026, 7, 1, 9, tzinfo=UTC), datetime(2026, 7, 31, 23, 59, 59, tzinfo=UTC)
AUGUST = datetime(2026, 8, 1, 9, tzinfo=UTC)


def products(home: Home) -> list[Product]:
    """Two of the shop's, whose pieces are counted."""
    found = list(home.sandbox.shop.products.values())[:2]
    for product in found:
        for variant in product.own_variants:
            variant.track_inventory = True
    return found


async def on(home: Home, whom: str, *, inside: int = 0, params: dict[str, Any] | None = None, **settings: Any) -> None:
    """The first product in June and July, the second one in August."""
    first, second = products(home)
    said = {
        "whom": whom,
        "gifts": {"2026-06": first.slug, "2026-07": first.slug, "2026-08": second.id},
        "currency": "USD",
        "minimum": 20,
        **(params or {}),
    }
    make(home.house, home.shop_id, NAME, "gift_with_purchase", {"control_share": 0, "params": said, **settings}, "test")
    await switch_on(home.house, home.shop_id, NAME, inside, "test", confirmed=True)


async def live(home: Home, at: datetime) -> None:
    """As the chores and the clock do."""
    home.now = at
    home.receive()
    (gifts,) = (chore for chore in chores(home.house, KEEP) if chore.name == "gifts")
    await gifts.job()
    home.tick()
    await home.deliver()
    await post(home)


def buyer(home: Home) -> str:
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=NOW)))
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    return user_id


def left(home: Home, product: Product, quantity: int) -> None:
    """So many of each of its variants; Saleor tells of it."""
    for variant in product.own_variants:
        for stock in variant.stocks:
            stock.quantity = quantity
    event = "product_variant_back_in_stock" if quantity else "product_variant_out_of_stock"
    home.arrive(event, shelf_body(product.id, product.slug, home.now))


def reasons(home: Home) -> Sequence[str]:
    with home.database.read() as connection:
        return [one.reason for one in decisions.latest(connection, home.shop_id, 100)]


def promotions(home: Home) -> list[Promotion]:
    return list(home.sandbox.shop.promotions.values())


async def shown(home: Home) -> str | None:
    """What a guest sees in the announcement bar."""
    front = await Fronts(home.house).named(API_URL)
    assert front is not None
    found = content_for(
        front, nobody(front), "default-channel", [Place.ANNOUNCEMENT], "en", home.now, lambda name: name
    )
    return None if found is None else found["slots"]["announcement"]["text"]


async def test_each_customer_has_one_code_a_month(home: Home) -> None:
    user_id = buyer(home)
    await on(home, "each")
    await live(home, JULY - timedelta(seconds=1))
    assert home.codes() == []
    for at in (JULY, JULY + days(3), JULY + days(29)):
        await live(home, at)
    (voucher,) = home.sandbox.shop.vouchers.values()
    assert (voucher.type, voucher.own_products, voucher.end_date) == ("SPECIFIC_PRODUCT", products(home)[:1], JULY_ENDS)
    said = json.loads(metadata(home, user_id)["retention.banner"])
    assert (said["code"], said["until"]) == (home.codes()[0], JULY_ENDS.isoformat())
    assert said["text"].endswith("until 2026-07-31.")
    await live(home, JULY_ENDS + timedelta(minutes=1))
    assert "retention.banner" not in metadata(home, user_id)
    await live(home, AUGUST)
    assert len(home.codes()) == 2
    assert [voucher.own_products for voucher in home.sandbox.shop.vouchers.values()] == [
        [one] for one in products(home)
    ]
    assert outcomes(home) == [Outcome.GIVEN] * 2


async def test_duplicates_and_lost_answers_give_no_second_one(home: Home) -> None:
    user_id = buyer(home)
    await on(home, "each")
    for operation in ("voucherCreate", "updateMetadata"):
        lost = {"status": 500, "times": 1, "operation": operation, "after_commit": True}
        home.sandbox.faults.waiting.append(read_fault(lost))
    for minutes in range(5):
        home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
        home.take("customer_updated", account_body(account(user_id, updated_at=JULY)))
        await live(home, JULY + timedelta(minutes=minutes))
    assert len(home.codes()) == 1
    assert outcomes(home) == [Outcome.GIVEN]


async def test_a_kill_between_the_call_and_its_end_makes_no_second_one(home: Home) -> None:
    buyer(home)
    await on(home, "each")
    home.now = JULY
    home.tick()
    shop, groups = delivering._take(home.house, home.shop_id) or (None, [])
    assert shop is not None
    ready = delivering._Outcomes(home.house, shop).look_again(groups[0])
    await calls.call(home.house.connect(shop), ready)  # and then the process is killed
    for minutes in range(4):
        await live(home, JULY + timedelta(minutes=minutes))
    assert len(home.sandbox.shop.vouchers) == 1
    assert len(home.codes()) == 1


async def test_who_comes_into_the_segment_within_the_month_has_one_too(home: Home) -> None:
    condition = {"field": "last_total", "at_least": 100, "currency": "USD"}
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "big", read_condition(condition), home.now)
    await on(home, "each", audience="big")
    user_id = buyer(home)
    await live(home, JULY)
    assert outcomes(home) == []
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, total=Decimal(150))))
    await live(home, JULY + days(1))
    assert len(home.codes()) == 1
    for number, total in enumerate((20, 150), start=3):
        home.take("order_created", order_body(order(f"O{number}", home.now, user_id=user_id, total=Decimal(total))))
    await live(home, JULY + days(2))
    assert len(home.codes()) == 1


async def test_a_gift_out_of_stock_is_given_to_nobody_and_the_reason_kept(home: Home) -> None:
    buyer(home)
    await on(home, "each")
    left(home, products(home)[0], 0)
    await live(home, JULY)
    assert home.codes() == []
    assert reasons(home) == ["Nothing, because the gift of 2026-07 is out of stock."]
    await live(home, AUGUST)
    assert len(home.codes()) == 1


async def test_one_that_runs_out_before_it_is_delivered_is_not_given(home: Home) -> None:
    buyer(home)
    await on(home, "each")
    home.now = JULY
    home.tick()
    left(home, products(home)[0], 0)
    await live(home, JULY + timedelta(minutes=1))
    assert home.codes() == []
    assert statuses(home)["withdrawn"] > 0


async def test_a_campaign_that_begins_without_stock_says_so_to_those_inside(home: Home) -> None:
    buyer(home)
    for variant in products(home)[0].own_variants:
        for stock in variant.stocks:
            stock.quantity = stock.quantity_allocated
    await on(home, "each", inside=10)
    home.tick()
    assert reasons(home) == ["Nothing, because the gift of 2026-06 is out of stock."]


async def test_everybody_has_it_from_the_first_day_to_the_last(home: Home) -> None:
    await on(home, "everybody")
    await live(home, NOW)
    (june,) = promotions(home)
    assert june.end_date == datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert await shown(home) == "A gift in every basket from 20 USD on, until 2026-06-30."
    await live(home, datetime(2026, 7, 1, tzinfo=UTC))
    (july,) = promotions(home)
    assert (july.end_date, {gift.product.id for gift in july.rules[0].gifts}) == (JULY_ENDS, {products(home)[0].id})
    assert await shown(home) == "A gift in every basket from 20 USD on, until 2026-07-31."
    await live(home, datetime(2026, 8, 1, tzinfo=UTC))
    (august,) = promotions(home)
    assert {gift.product.id for gift in august.rules[0].gifts} == {products(home)[1].id}
    await live(home, datetime(2026, 9, 1, tzinfo=UTC))
    assert promotions(home) == []
    assert await shown(home) is None
    assert outcomes(home) == []


async def test_what_everybody_has_is_made_once(home: Home) -> None:
    lost = {"status": 500, "times": 1, "operation": "promotionCreate", "after_commit": True}
    home.sandbox.faults.waiting.append(read_fault(lost))
    await on(home, "everybody")
    for minutes in range(6):
        await live(home, NOW + timedelta(minutes=minutes))
        assert len(promotions(home)) == 1
    assert statuses(home) == {"done": 1}


async def test_a_kill_while_the_promotion_is_made_leaves_one(home: Home) -> None:
    await on(home, "everybody")
    shop, groups = delivering._take(home.house, home.shop_id) or (None, [])
    assert shop is not None
    ready = delivering._Outcomes(home.house, shop).look_again(groups[0])
    await calls.call(home.house.connect(shop), ready)  # and then the process is killed
    assert len(promotions(home)) == 1
    for minutes in range(4):
        await live(home, NOW + timedelta(minutes=minutes))
        assert len(promotions(home)) == 1
    assert statuses(home) == {"done": 1}


async def test_out_of_stock_it_is_taken_down_and_back_in_stock_it_is_there_again(home: Home) -> None:
    await on(home, "everybody")
    await live(home, NOW)
    gift = products(home)[0]
    for minutes, quantity in enumerate((0, 5, 0, 0, 7), start=1):
        left(home, gift, quantity)
        await live(home, NOW + timedelta(minutes=minutes))
        assert len(promotions(home)) == (1 if quantity else 0)
        assert (await shown(home) is not None) is bool(quantity)


async def test_one_variant_that_is_left_is_enough(home: Home) -> None:
    await on(home, "everybody")
    await live(home, NOW)
    gift = products(home)[0]
    gift.own_variants.append(replace(gift.own_variants[0], id="UHJvZHVjdFZhcmlhbnQ6OTk5", stocks=[]))
    gift.own_variants.reverse()
    home.arrive("product_variant_out_of_stock", shelf_body(gift.id, gift.slug, home.now))
    await live(home, NOW + timedelta(minutes=1))
    assert len(promotions(home)) == 1


async def test_a_webhook_that_was_lost_is_made_up_for_within_the_hour(home: Home) -> None:
    await on(home, "everybody")
    await live(home, NOW)
    for variant in products(home)[0].own_variants:
        variant.stocks[0].quantity = 0
    await live(home, NOW + LOOK_EVERY / 2)
    assert len(promotions(home)) == 1
    await live(home, NOW + LOOK_EVERY)
    assert promotions(home) == []


async def test_without_stock_it_is_not_made(home: Home) -> None:
    for variant in products(home)[0].own_variants:
        variant.stocks[0].quantity = 0
    await on(home, "everybody")
    await live(home, NOW)
    assert promotions(home) == []
    assert await shown(home) is None


async def test_paused_edited_and_left_it_follows(home: Home) -> None:
    await on(home, "everybody")
    await live(home, NOW)
    switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
    await live(home, NOW + timedelta(minutes=1))
    assert promotions(home) == []
    await switch_on(home.house, home.shop_id, NAME, None, "test", confirmed=True)
    await live(home, NOW + timedelta(minutes=2))
    assert len(promotions(home)) == 1
    change(home.house, home.shop_id, NAME, {"params": {"whom": "each"}}, "test")
    await live(home, NOW + timedelta(minutes=3))
    assert promotions(home) == []
    change(home.house, home.shop_id, NAME, {"params": {"whom": "everybody"}}, "test")
    await live(home, NOW + timedelta(minutes=4))
    assert len(promotions(home)) == 1
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert promotions(home) == []


async def test_a_public_gift_without_months_follows_its_stock_too(home: Home) -> None:
    gift = products(home)[0]
    said = {"products": [gift.slug], "minimum": 40, "currency": "USD"}
    make(home.house, home.shop_id, "always", "public_gift", {"params": said}, "test")
    await switch_on(home.house, home.shop_id, "always", 0, "test", confirmed=True)
    await live(home, NOW)
    assert len(promotions(home)) == 1
    left(home, gift, 0)
    await live(home, NOW + timedelta(minutes=1))
    assert promotions(home) == []


async def test_a_message_tells_of_it(home: Home) -> None:
    box = open_post(home)
    buyer(home)
    await on(home, "each", params={"message_by": "mail"})
    for minutes in range(3):
        await live(home, JULY + timedelta(minutes=minutes))
    (letter,) = box.taken
    assert letter.subject == "A gift for you, Ann"
    assert home.codes()[0] in letter.text
    assert "until July 31, 2026" in letter.text


async def test_its_budget_holds(home: Home) -> None:
    gift = products(home)[0]
    bought = Line("L", 1, Decimal(15), "Scarf", product_id=gift.id)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_of(home), lines=(bought,))))
    other = order("O2", NOW, user_id=None, email="guest@example.com", lines=(bought,))
    home.take("order_created", order_body(other))
    gifts = {"2026-07": gift.id}
    await on(home, "each", params={"gifts": gifts, "message_by": "mail"}, budgets={"total": {"USD": 20}})
    open_post(home)
    await live(home, JULY)
    assert sorted(outcomes(home)) == [Outcome.GIVEN, Outcome.NOTHING]
    assert any("the budget of this campaign is 20" in reason for reason in reasons(home))


async def test_for_everybody_a_budget_holds_by_what_orders_tell(home: Home) -> None:
    """A scarf is worth 15, so that 40 pay for two."""
    gift = products(home)[0]
    bought = order("O0", ago(1), lines=(Line("L", 1, Decimal(15), "Scarf", product_id=gift.id),))
    home.take("order_created", order_body(bought))
    budgets = {"total": {"USD": 40}}
    await on(home, "everybody", params={"gifts": {"2026-06": gift.id, "2026-07": gift.id}}, budgets=budgets)
    await live(home, NOW)
    free = Line("L", 1, Decimal(0), "Scarf", product_id=gift.id)
    for number, standing in enumerate((1, 0, 0), start=1):
        placed = order(f"O{number}", home.now, lines=(free,))
        for _ in range(2):
            home.take("order_created", order_body(placed))
        by_code = order(f"C{number}", home.now, lines=(free,), voucher_code="SPRING")
        home.take("order_created", order_body(by_code))
        await live(home, NOW + timedelta(minutes=number))
        assert len(promotions(home)) == standing, number
        assert (await shown(home) is not None) is bool(standing)
    await live(home, JULY)
    assert promotions(home) == [], "it is for good"
    change(home.house, home.shop_id, NAME, {"budgets": {"total": {"USD": 90}}}, "test")
    await live(home, JULY + timedelta(minutes=1))
    assert len(promotions(home)) == 1


async def test_for_everybody_a_day_s_budget_ends_at_midnight(home: Home) -> None:
    gift = products(home)[0]
    bought = order("O0", ago(1), lines=(Line("L", 1, Decimal(15), "Scarf", product_id=gift.id),))
    home.take("order_created", order_body(bought))
    await on(home, "everybody", params={"gifts": {"2026-06": gift.id}}, budgets={"day": {"USD": 20}})
    await live(home, NOW)
    assert len(promotions(home)) == 1
    free = Line("L", 1, Decimal(0), "Scarf", product_id=gift.id)
    home.take("order_created", order_body(order("O1", home.now, lines=(free,))))
    await live(home, NOW + timedelta(hours=11))
    assert promotions(home) == []
    await live(home, NOW + timedelta(hours=12))
    assert len(promotions(home)) == 1


@pytest.mark.parametrize(
    ("budgets", "why"),
    [
        ({"customer": {"USD": 50}}, "no budget for one customer"),
        ({"total": {"USD": 50}}, "Nothing tells what the gift costs"),
    ],
)
async def test_for_everybody_a_budget_that_cannot_hold_is_refused(
    home: Home, budgets: dict[str, Any], why: str
) -> None:
    buyer(home)
    with pytest.raises(Rejected, match=why):
        await on(home, "everybody", budgets=budgets)


async def test_it_is_previewed_tried_rehearsed_and_replayed(home: Home) -> None:
    first = products(home)[0]
    people = [order(f"O{u}{n}", ago(n), user_id=f"U{u}") for u in range(5) for n in (90, 60, 40)]
    home.take("order_bulk_created", bulk_body(people, NOW))
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=20, dormant_days=90))
    user_id = buyer(home)
    await on(home, "each", params={"gifts": {"2026-05": first.slug, "2026-06": first.slug}})
    with home.database.read() as connection:
        campaign = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
    texts = [one.text for one in preview(campaign, campaign.params, {}, NOW, UTC).shown]
    assert texts == ["This month there is a gift for you, Ann: code K7WPX3TQ4MHR until 2026-06-30."]
    assert campaign.pause_days == 0
    assert sum(dry_run(home.house, home.shop_id, NAME).outcomes.values()) == 6
    done = replay(home.house, home.shop_id, NAME, 40)
    given = [one.at for one in done.asked if one.outcome is Outcome.GIVEN]
    assert given == [datetime(2026, 5, 1, 9, tzinfo=UTC)] * 5 + [datetime(2026, 6, 1, 9, tzinfo=UTC)] * 5
    tried = await give_trial(home.house, home.shop_id, NAME, str(_number(home, user_id)), "test")
    await home.deliver()
    assert home.codes() == [tried.code]


async def test_what_is_for_everybody_is_shown_and_cannot_be_tried_on_one(home: Home) -> None:
    user_id = buyer(home)
    await on(home, "everybody")
    with home.database.read() as connection:
        campaign = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
    texts = [one.text for one in preview(campaign, campaign.params, {}, NOW, UTC).shown]
    assert texts == ["A gift in every basket from 20 USD on, until 2026-06-30."]
    with pytest.raises(Rejected, match="nothing to one customer alone"):
        await give_trial(home.house, home.shop_id, NAME, str(_number(home, user_id)), "test")


def _number(home: Home, user_id: str) -> int:
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, user_id)
    assert known is not None
    return known.customer_id
