"""What gifts cost: row by row, and the totals that are written with each."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from plugin.domain.money import Money
from plugin.store import budgets, customers, shops
from plugin.store.budgets import Reservation
from plugin.store.database import Database
from tests.shop import NOW, days

DAY = date(2026, 6, 1)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.fixture
def shop_id(database: Database) -> int:
    with database.write() as connection:
        return shops.install(
            connection,
            api_url="http://one.test/graphql/",
            app_id="A",
            token="t",
            jwks={},
            name="one",
            saleor_version="3.24",
            pepper="p",
            now=NOW,
        )


def reserve(connection: Connection, shop_id: int, decision_id: int, cost: Money, campaign_id: int = 7) -> None:
    budgets.reserve(connection, shop_id, [Reservation(decision_id, campaign_id, 1, cost)], DAY, NOW)


def totals(connection: Connection, shop_id: int) -> dict[tuple[int, str, str], tuple[str, str]]:
    found = budgets.totals(connection, shop_id, (budgets.TOTAL, DAY.isoformat()))
    return {(s.campaign_id, s.period, s.currency): (f"{s.reserved:f}", f"{s.settled:f}") for s in found}


def everywhere(reserved: str, settled: str, currency: str = "USD") -> dict[tuple[int, str, str], tuple[str, str]]:
    return {(c, p, currency): (reserved, settled) for c in (0, 7) for p in ("2026-06-01", "total")}


def test_a_gift_counts_for_its_campaign_and_the_shop_that_day_and_for_good(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        reserve(connection, shop_id, 2, usd("2.5"))
        assert totals(connection, shop_id) == everywhere("7.500", "0.000")
        assert budgets.liability(connection, shop_id) == {"USD": Decimal("7.5")}


def test_what_it_did_cost_takes_the_place_of_what_was_expected(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        for _ in range(2):
            budgets.settle(connection, shop_id, 1, usd("6.01"))
            assert totals(connection, shop_id) == everywhere("0.000", "6.010")
        budgets.settle(connection, shop_id, 1, usd("0"))
        assert totals(connection, shop_id) == everywhere("0.000", "0.000")


def test_a_gift_used_in_another_currency_costs_that(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        budgets.settle(connection, shop_id, 1, Money(Decimal("19.90"), "PLN"))
        budgets.settle(connection, shop_id, 1, Money(Decimal("18.90"), "PLN"))
        assert totals(connection, shop_id) == everywhere("0.000", "0.000") | everywhere("0.000", "18.900", "PLN")


def test_what_is_released_is_free_again_and_released_once(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        reserve(connection, shop_id, 2, usd("3"))
        budgets.settle(connection, shop_id, 2, usd("4"))
        for _ in range(2):
            budgets.release(connection, shop_id, [1, 2, 99])
            assert totals(connection, shop_id) == everywhere("0.000", "4.000")


def test_a_code_used_after_it_was_released_is_settled_all_the_same(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        budgets.release(connection, shop_id, [1])
        budgets.settle(connection, shop_id, 1, usd("4.50"))
        assert totals(connection, shop_id) == everywhere("0.000", "4.500")


def test_what_one_customer_had_is_known_by_campaign_and_moves_with_them(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        reserve(connection, shop_id, 1, usd("5"))
        reserve(connection, shop_id, 2, usd("3"), campaign_id=8)
        budgets.settle(connection, shop_id, 1, usd("4"))
        budgets.move(connection, shop_id, 1, 2)
        had = budgets.used_for(connection, shop_id, 2, "USD", NOW - days(1))
        assert dict(had) == {7: Decimal(4), 8: Decimal(3), budgets.ALL: Decimal(7)}
        assert budgets.used_for(connection, shop_id, 2, "USD", NOW)[budgets.ALL] == 0
        assert budgets.used_for(connection, shop_id, 1, "USD", NOW - days(1))[budgets.ALL] == 0


def test_of_an_erased_customer_the_money_stays_and_the_name_goes(database: Database, shop_id: int) -> None:
    with database.write() as connection:
        customers.create(connection, shop_id, NOW, user_id="U1")
        reserve(connection, shop_id, 1, usd("5"))
        reserve(connection, shop_id, 2, usd("3"))
        budgets.settle(connection, shop_id, 2, usd("4"))
        budgets.erase(connection, shop_id, 1)
        assert totals(connection, shop_id) == everywhere("0.000", "4.000")
        assert budgets.used_for(connection, shop_id, 1, "USD", NOW - days(1))[budgets.ALL] == 0
