"""The guardrails in the shop's life: what is put off comes again, and a no between decision and call holds."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Guardrails, Suppression
from plugin.domain.ledger import Line, Order
from plugin.domain.margins import Sold
from plugin.flow.preflight import look
from plugin.flow.scene import set_scene
from plugin.store import codes, costs, customers, decisions, shops, suppressions
from plugin.store.suppressions import Subject
from tests.bodies import account_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, silent_customer, user_of
from tests.shop import NOW, account, days, order

pytestmark = pytest.mark.anyio


def suppress(home: Home, *, email: str | None = None, days_: int | None = None) -> Subject:
    """The one customer there is, or an e-mail."""
    with home.database.write() as connection:
        shop = shops.get(connection, home.shop_id)
        pepper = home.house.keyring.decrypt(shop.pepper)
        (customer_id,) = (one.customer_id for one in customers.lock_after(connection, home.shop_id, 0, 10))
        named = suppressions.of_email(pepper, email) if email else suppressions.of_number(pepper, customer_id)
        until = None if days_ is None else home.now + days(days_)
        suppressions.put(connection, home.shop_id, named, Suppression("asked", until), "test", home.now)
    return named


def guard(home: Home, rules: Guardrails) -> None:
    with home.database.write() as connection:
        shops.set_guardrails(connection, home.shop_id, rules, "test", home.now)


def drawn(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return codes.counts(connection, home.shop_id)


async def test_quiet_hours_put_off_until_their_end(home: Home) -> None:
    guard(home, Guardrails(quiet_from="11:00", quiet_to="13:00"))
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    home.tick()
    assert outcomes(home) == [Outcome.LATER]
    home.now += days(1) / 24
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN, Outcome.LATER]
    assert drawn(home) == {"drawn": 1}


async def test_a_stopped_shop_gives_nothing_that_was_put_off_until_it_goes_on(home: Home) -> None:
    guard(home, Guardrails(quiet_from="11:00", quiet_to="13:00"))
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    for stopped, told in ((True, [Outcome.LATER]), (False, [Outcome.GIVEN, Outcome.LATER])):
        with home.database.write() as connection:
            shops.set_stopped(connection, home.shop_id, stopped)
        home.now += days(1) / 12
        home.tick()
        assert outcomes(home) == told
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=True)
    await home.deliver()
    assert home.codes() == []


@pytest.mark.parametrize("by", ["number", "e-mail"])
async def test_whoever_is_on_the_list_for_a_time_is_given_to_after_it(home: Home, by: str) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.take("customer_updated", account_body(account(user_id, "ann@example.com", updated_at=home.now)))
    suppress(home, email="ann@example.com" if by == "e-mail" else None, days_=5)
    home.tick()
    await home.deliver()
    assert outcomes(home) == [Outcome.LATER]
    assert home.codes() == []
    home.take("customer_updated", account_body(account(user_id, "ann@example.com", updated_at=home.now + days(1))))
    home.now += days(5)
    home.tick()
    await home.deliver()
    assert sorted(outcomes(home)) == [Outcome.GIVEN, Outcome.LATER]
    assert len(home.codes()) == 1


@pytest.mark.parametrize("no", ["opts out", "objects", "is suppressed"])
async def test_a_no_between_decision_and_call_holds(home: Home, no: str) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN]
    if no == "is suppressed":
        suppress(home)
    else:
        consent = Consent(opted_out=no == "opts out", objects=no == "objects")
        seen = account(user_id, "ann@example.com", updated_at=home.now, consent=consent)
        home.take("customer_updated", account_body(seen))
    await home.deliver()
    assert "retention.banner" not in metadata(home, user_id)
    assert drawn(home) == {"withdrawn": 1}
    assert home.codes() == []


async def test_an_opt_out_is_an_answer_and_money_back_a_pause(home: Home) -> None:
    home.switch_on("win-back")
    user_id = user_of(home)
    bought = order("O1", NOW, user_id=user_id)
    home.take("order_created", order_body(bought))
    home.now = NOW + days(59)
    refunded = order("O1", NOW, user_id=user_id, refunded=bought.total / 2, updated_at=home.now)
    home.take("order_refunded", order_body(refunded))
    home.now = NOW + days(60)
    home.tick()
    assert outcomes(home) == [Outcome.LATER]
    opted_out = account(user_id, "ann@example.com", updated_at=home.now, consent=Consent(opted_out=True))
    home.take("customer_updated", account_body(opted_out))
    home.now += days(14)
    home.tick()
    with home.database.read() as connection:
        last, first = decisions.latest(connection, home.shop_id, 10)
    assert (first.outcome, last.outcome) == (Outcome.LATER, Outcome.NOTHING)
    assert last.reason == "Nothing, because the customer has opted out."


async def test_the_list_follows_a_merge_and_a_new_address_and_ends_with_the_customer(home: Home) -> None:
    home.take("order_created", order_body(order("O1", NOW, user_id=None, email="bob@example.com")))
    suppress(home)
    home.take("customer_created", account_body(account("U7", "bob@example.com", updated_at=NOW)))
    listed = entries(home)
    assert len(listed) == 2
    suppress(home, email="bob@example.com", days_=9)
    home.take("customer_updated", account_body(account("U7", "new@example.com", updated_at=NOW + days(1))))
    with home.database.read() as connection:
        pepper = home.house.keyring.decrypt(shops.get(connection, home.shop_id).pepper)
        customer = customers.glance(connection, home.shop_id, "U7")
        assert customer is not None
        subjects = suppressions.subjects_of(pepper, customer.customer_id, customer.email)
        found = suppressions.of_subjects(connection, home.shop_id, {7: subjects})
        assert found == {7: Suppression("asked", None)}
    home.take("customer_deleted", gone_body("U7", "new@example.com", NOW + days(2), confirmed=True))
    assert customer.customer_id not in {row.customer_id for row in entries(home)}


def entries(home: Home) -> list[suppressions.Listed]:
    with home.database.read() as connection:
        return suppressions.listed(connection, home.shop_id, 100)


def bought_at(cost: str | None, order_id: str = "O1", **changes: Any) -> Order:
    known = Decimal(cost) if cost else None
    piece = Line(f"L-{order_id}", 2, Decimal(15), "Tea", product_id="P1", net=Decimal(12), cost=known)
    return order(order_id, NOW, lines=(piece,), **changes)


@pytest.mark.parametrize(
    ("cost", "default", "outcome"),
    [
        ("1", "0.1", Outcome.GIVEN),
        ("5.9", "0.9", Outcome.NOTHING),
        (None, "0.9", Outcome.GIVEN),
        (None, "0.1", Outcome.NOTHING),
    ],
)
async def test_the_margin_is_that_of_what_the_customer_buys(
    home: Home, cost: str | None, default: str, outcome: Outcome
) -> None:
    home.switch_on("win-back")
    guard(home, Guardrails(default_margin=Decimal(default), margin_floor=Decimal("0.05")))
    home.take("order_created", order_body(bought_at(cost, user_id=user_of(home))))
    home.now = NOW + days(60)
    home.tick()
    assert outcomes(home) == [outcome]


async def test_the_margin_goes_by_orders_that_count_in_the_currency_of_the_last(home: Home) -> None:
    for one in (
        bought_at("5", "O1"),
        bought_at("1", "O2", status="CANCELED"),
        bought_at("1", "O3", currency="EUR"),
        bought_at("1", "O4", user_id="U2"),
    ):
        home.take("order_created", order_body(one))
    other = home.install("http://other.test/graphql/")
    with home.database.write() as connection:
        somebody = customers.by_user(connection, home.shop_id, "U1")
        assert somebody is not None
        who = somebody.customer_id
        sold = costs.sold_to(connection, home.shop_id, [who], "USD")
        assert sold == {who: [Sold(Decimal(15), Decimal(12), Decimal(5), 2)]}
        assert costs.sold_to(connection, home.shop_id, [who], "PLN") == {who: []}
        assert costs.any_known(connection, home.shop_id)
        assert not costs.any_known(connection, other)


async def test_a_campaign_that_own_margins_may_allow_can_be_saved(home: Home) -> None:
    guard(home, Guardrails(default_margin=Decimal("0.1"), margin_floor=Decimal("0.05")))

    def stands_against() -> list[str]:
        with home.database.read() as connection:
            scene = set_scene(connection, home.house, shops.get(connection, home.shop_id), home.now)
            (campaign,) = (one for one in scene.campaigns if one.name == "win-back")
            return [found.sentence for found in look(connection, scene, campaign) if "margin" in found.sentence]

    home.switch_on("win-back")
    assert len(stands_against()) == 1
    home.take("order_created", order_body(bought_at("1")))
    assert stands_against() == []
