"""What is said at the checkout counts for the customer whose order it becomes."""

import random
from datetime import datetime
from typing import Any

import pytest

from plugin.domain.consent import Consent
from plugin.domain.ledger import Order
from plugin.store import customers
from plugin.store.customers import Customer
from tests.bodies import account_body, bulk_body, gone_body, metadata_body, order_body
from tests.flow.conftest import Home
from tests.shop import NOW, account, ago, order

pytestmark = pytest.mark.anyio

STAFF = {"__typename": "User", "isStaff": True}


def said(order_id: str, at: datetime, word: bool | None, **changes: Any) -> Order:
    return order(order_id, at, marketing=word, **changes)


def ann(home: Home) -> Customer:
    with home.database.write() as connection:
        found = customers.by_user(connection, home.shop_id, "U1")
    assert found is not None
    return found


def guest(home: Home, email: str = "ann@example.com") -> Customer | None:
    with home.database.write() as connection:
        return customers.guest(connection, home.shop_id, email)


def out(home: Home) -> bool:
    return ann(home).state.consent.opted_out


async def test_the_newest_word_wins_in_whatever_order_it_comes(home: Home) -> None:
    told = [
        ("account_confirmed", account_body(account(updated_at=ago(400)))),
        ("order_created", order_body(said("O1", ago(50), False))),
        ("order_created", order_body(said("O2", ago(40), True))),
        ("order_created", order_body(said("O3", ago(30), False, user_id=None))),
        ("order_created", order_body(said("O4", ago(20), True, user_id=None))),
        ("order_created", order_body(said("O5", ago(10), None))),
    ]
    for seed in range(6):
        home.shop_id = home.install(f"http://shop-{seed}.test/graphql/")
        random.Random(seed).shuffle(told)
        for event, body in [*told, *told]:
            home.take(event, body)
        assert out(home)
        home.take("order_created", order_body(said("O6", ago(5), True)))
        assert not out(home)


async def test_a_stranger_opts_nobody_in_and_their_no_counts(home: Home) -> None:
    home.take("account_confirmed", account_body(account(updated_at=ago(400))))
    home.take("order_created", order_body(said("G1", ago(9), False, user_id=None)))
    assert out(home)
    home.take("order_created", order_body(said("G2", ago(8), True, user_id=None)))
    assert out(home)
    agreed = account(updated_at=ago(1), consent=Consent(opted_in_at=ago(2)))
    home.take("customer_updated", account_body(agreed))
    assert not out(home)


async def test_an_account_s_no_stands_until_it_takes_it_back_and_leaves_the_orders_words(home: Home) -> None:
    home.take("order_created", order_body(said("O1", ago(9), False)))
    home.take("customer_updated", account_body(account(updated_at=ago(8), consent=Consent(opted_out=True))))
    home.take("order_created", order_body(said("O2", ago(7), True)))
    assert out(home)
    home.take("customer_updated", account_body(account(updated_at=ago(6))))
    assert not out(home)
    home.take("order_cancelled", order_body(said("O3", ago(5), False, status="CANCELED")))
    home.take("customer_updated", account_body(account(updated_at=ago(4), first_name="Anne")))
    assert out(home)


async def test_a_yes_waits_until_the_address_is_proven(home: Home) -> None:
    home.take("customer_created", account_body(account(updated_at=ago(50), confirmed=False)))
    home.take("order_bulk_created", bulk_body([said("O1", ago(9), False), said("O2", ago(8), True)], NOW))
    assert out(home)
    home.take("account_confirmed", account_body(account(updated_at=ago(7))))
    assert not out(home)


async def test_a_guest_s_word_goes_along_when_they_are_known(home: Home) -> None:
    home.take("order_created", order_body(said("G1", ago(9), False, user_id=None)))
    alone = guest(home)
    assert alone is not None
    assert alone.state.consent.opted_out
    home.take("account_confirmed", account_body(account(updated_at=ago(1))))
    assert guest(home) is None
    assert out(home)


async def test_a_corrected_address_takes_its_word_along(home: Home) -> None:
    home.take("account_confirmed", account_body(account(updated_at=ago(400))))
    home.take("order_created", order_body(said("G1", ago(9), False, user_id=None)))
    assert out(home)
    bobs = said("G1", ago(9), False, user_id=None, email="bob@example.com", updated_at=ago(8))
    home.take("order_updated", order_body(bobs))
    assert not out(home)
    bob = guest(home, "bob@example.com")
    assert bob is not None
    assert bob.state.consent.opted_out


async def test_a_word_changed_later_counts_and_an_erased_order_s_does_not(home: Home) -> None:
    bought = said("O1", ago(9), None)
    home.take("order_created", order_body(bought))
    home.take("order_metadata_updated", order_body(said("O1", ago(9), False), ago(5)))
    assert out(home)
    home.take("order_created", order_body(bought, ago(8)))
    assert out(home)
    home.take("order_metadata_updated", metadata_body(said("O1", ago(9), False), ago(4), STAFF))
    assert not out(home)


async def test_who_comes_back_after_an_erasure_has_said_nothing(home: Home) -> None:
    home.take("account_confirmed", account_body(account(updated_at=ago(400))))
    home.take("order_created", order_body(said("O1", ago(9), False)))
    home.now = ago(5)
    home.take("account_deleted", gone_body("U1", "ann@example.com", ago(5), confirmed=True))
    home.now = NOW
    home.take("order_updated", order_body(said("O1", ago(9), False, user_id=None, updated_at=ago(4))))
    home.take("order_created", order_body(said("G2", ago(3), None, user_id=None)))
    back = guest(home)
    assert back is not None
    assert (back.state.history.orders, back.state.consent) == (1, Consent())
