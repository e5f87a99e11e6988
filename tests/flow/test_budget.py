"""The books of what gifts cost: kept with each code, and right whatever becomes of it."""

from decimal import Decimal

import pytest

from plugin.domain.money import Money
from plugin.flow.budget import LATE, expire
from plugin.store import budgets, codes
from plugin.store.replay import Redeemed, codes_used
from tests.bodies import gone_body, order_body, voucher_body
from tests.flow.conftest import Home
from tests.flow.silence import silent_customer
from tests.shop import days, order

pytestmark = pytest.mark.anyio


def books(home: Home) -> tuple[str, str]:
    """Reserved and settled of all campaigns, in USD."""
    with home.database.read() as connection:
        found = budgets.totals(connection, home.shop_id, (budgets.TOTAL,))
    sums = [f"{s.reserved.normalize():f} {s.settled.normalize():f}" for s in found if s.campaign_id == budgets.ALL]
    assert len(sums) <= 1
    return tuple(sums[0].split()) if sums else ("0", "0")  # type: ignore[return-value]


async def given(home: Home) -> tuple[str, str]:
    """A customer whose one order was of 20 USD, and the code of 10 % that they were given."""
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    assert books(home) == ("2", "0")
    return user_id, home.codes()[0]


async def test_an_order_settles_what_was_given(home: Home) -> None:
    user_id, code = await given(home)
    bought = order("O2", home.now, user_id=user_id, voucher_code=code, discount=Decimal("3.5"))
    home.take("order_created", order_body(bought))
    assert books(home) == ("0", "3.5")
    edited = order("O2", bought.placed_at, updated_at=home.now + days(1), user_id=user_id, voucher_code=code)
    home.take("order_updated", order_body(edited))
    assert books(home) == ("0", "0")


async def test_a_cancelled_order_gave_nothing(home: Home) -> None:
    user_id, code = await given(home)
    bought = order("O2", home.now, user_id=user_id, voucher_code=code, discount=Decimal("3.5"))
    home.take("order_created", order_body(bought))
    gone = order(
        "O2",
        bought.placed_at,
        updated_at=home.now + days(1),
        status="CANCELED",
        user_id=user_id,
        voucher_code=code,
        discount=Decimal("3.5"),
    )
    home.take("order_cancelled", order_body(gone))
    assert books(home) == ("0", "0")
    home.take("order_updated", order_body(bought, home.now + days(2)))  # an older version, told late
    assert books(home) == ("0", "0")


async def test_another_order_that_names_the_code_settles_nothing(home: Home) -> None:
    user_id, code = await given(home)
    for number, discount in (("O2", "3.5"), ("O3", "9")):
        bought = order(number, home.now, user_id=user_id, voucher_code=code, discount=Decimal(discount))
        home.take("order_created", order_body(bought))
    assert books(home) == ("0", "3.5")


async def test_an_unused_code_is_given_up_two_days_after_its_end(home: Home) -> None:
    user_id, code = await given(home)
    with home.database.read() as connection:
        ends = codes.by_code(connection, home.shop_id, code)
    assert ends is not None
    home.now = ends.expires_at + LATE
    assert expire(home.house, home.shop_id) == 0
    assert books(home) == ("2", "0")
    home.now += days(1)
    assert expire(home.house, home.shop_id) == 1
    assert expire(home.house, home.shop_id) == 0
    assert books(home) == ("0", "0")
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"expired": 1}
        assert codes_used(connection, home.shop_id, home.now) == Redeemed(0, 1)
    late = order("O2", ends.expires_at, user_id=user_id, voucher_code=code, discount=Decimal("3.5"))
    home.take("order_created", order_body(late))
    assert books(home) == ("0", "3.5")


async def test_a_code_that_never_went_out_counts_as_never_given(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    home.now += days(20)
    assert expire(home.house, home.shop_id) == 1
    assert books(home) == ("0", "0")
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"withdrawn": 1}
        assert codes_used(connection, home.shop_id, home.now) == Redeemed(0, 0)


async def test_what_the_merchant_removes_is_free_again(home: Home) -> None:
    await given(home)
    (voucher,) = home.sandbox.shop.vouchers.values()
    home.take("voucher_deleted", voucher_body(voucher.id, home.now))
    assert books(home) == ("0", "0")


async def test_a_customer_who_moved_on_costs_nothing(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await home.deliver()
    assert books(home) == ("0", "0")


async def test_an_erased_customer_leaves_the_money_that_was_given(home: Home) -> None:
    user_id, code = await given(home)
    bought = order("O2", home.now, user_id=user_id, voucher_code=code, discount=Decimal("3.5"))
    home.take("order_created", order_body(bought))
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    assert books(home) == ("0", "3.5")


async def test_an_erased_customer_s_code_is_free_again(home: Home) -> None:
    user_id, _ = await given(home)
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    assert books(home) == ("0", "0")


async def test_liability_is_what_is_out(home: Home) -> None:
    await given(home)
    with home.database.read() as connection:
        assert budgets.liability(connection, home.shop_id) == {"USD": Money(Decimal(2), "USD").amount}
