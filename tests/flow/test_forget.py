"""A customer whom the merchant was asked to forget: gone here, and back only with what is newer."""

import pytest
from sqlalchemy import func, select

from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.effects import Banner, Slot
from plugin.errors import NotFound, RetentionError
from plugin.flow.forget import forget
from plugin.store import customers, decisions
from plugin.store.customers import Customer
from plugin.store.schema import metadata
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.shop import account, ago, days, order

pytestmark = pytest.mark.anyio


def known(home: Home, user_id: str = "U1") -> Customer | None:
    with home.database.read() as connection:
        return customers.glance(connection, home.shop_id, user_id)


def found(home: Home, user_id: str = "U1") -> int:
    customer = known(home, user_id)
    assert customer is not None
    return customer.customer_id


def kept_of(home: Home, customer_id: int) -> dict[str, int]:
    """Table → rows that name the customer."""
    with home.database.read() as connection:
        return {
            name: number
            for name, table in metadata.tables.items()
            if "customer_id" in table.c
            and (
                number := connection.execute(
                    select(func.count()).where(table.c.customer_id == customer_id)
                ).scalar_one()
            )
        }


async def test_everything_of_them_goes_and_their_code_is_taken_back(home: Home) -> None:
    home.switch_on("win-back")
    home.take("customer_updated", account_body(account(updated_at=ago(1))))
    for number in (120, 90, 59):
        home.take("order_updated", order_body(order(f"O{number}", ago(number))))
    home.now += days(2)
    home.tick()
    await home.deliver()
    [code] = home.codes()
    customer_id = found(home)
    assert {"orders", "decisions", "codes"} <= set(kept_of(home, customer_id))
    await forget(home.house, home.shop_id, customer_id)
    assert kept_of(home, customer_id) == {}
    assert known(home) is None
    await home.deliver()
    assert code not in home.codes()
    with pytest.raises(NotFound, match="not here any more"):
        await forget(home.house, home.shop_id, customer_id)


async def test_what_is_older_is_not_taken_in_again_and_what_is_newer_is_somebody_new(home: Home) -> None:
    seen = account(updated_at=ago(1))
    home.take("customer_updated", account_body(seen))
    home.take("order_updated", order_body(order("O1", ago(9))))
    await forget(home.house, home.shop_id, found(home))
    home.now += days(1)
    home.take("order_updated", order_body(order("O1", ago(9), updated_at=home.now)))
    home.take("customer_updated", account_body(seen, home.now))
    assert known(home) is None
    home.take("order_created", order_body(order("O2", home.now, updated_at=home.now)))
    back = known(home)
    assert back is not None
    assert back.state.history.orders == 1
    assert back.email is None
    home.now += days(1)
    home.take("customer_updated", account_body(seen, home.now))  # they are back, so their account is theirs again
    assert getattr(known(home), "email", None) == "ann@example.com"


async def test_an_account_that_changes_later_is_taken_in(home: Home) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(1))))
    await forget(home.house, home.shop_id, found(home))
    home.now += days(1)
    home.take("customer_updated", account_body(account(updated_at=home.now, first_name="New")))
    customer = known(home)
    assert customer is not None
    assert customer.state.first_name == "New"


async def test_who_wanted_nothing_is_given_nothing_when_they_come_back(home: Home) -> None:
    home.switch_on("win-back")
    said = account(updated_at=ago(1), consent=Consent(opted_out=True))
    home.take("customer_updated", account_body(said))
    await forget(home.house, home.shop_id, found(home))
    home.now += days(1)
    home.take("order_created", order_body(order("O9", home.now, updated_at=home.now)))
    home.now += days(61)
    home.tick()
    customer = known(home)
    assert customer is not None
    assert not customer.state.consent.opted_out
    with home.database.read() as connection:
        [decision] = decisions.latest(connection, home.shop_id, 9, customer.customer_id)
    assert decision.outcome is Outcome.NOTHING
    assert "suppression list" in decision.reason


async def test_nobody_is_erased_while_saleor_does_not_answer(home: Home) -> None:
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("customer_updated", account_body(account(user.id, updated_at=ago(1))))
    customer_id = found(home, user.id)
    with home.database.write() as connection:
        customers.save_shown(connection, home.shop_id, {customer_id: {Slot.BANNER: Banner(Slot.BANNER, "Come back")}})
    home.sandbox.shop.apps.clear()  # our token is nobody's any more
    with pytest.raises(RetentionError):
        await forget(home.house, home.shop_id, customer_id)
    assert found(home, user.id) == customer_id


async def test_no_other_customer_gets_the_number_of_an_erased_one(home: Home) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(1))))
    customer_id = found(home)
    await forget(home.house, home.shop_id, customer_id)
    home.take("customer_updated", account_body(account("U2", "other@example.com", updated_at=home.now)))
    assert found(home, "U2") > customer_id


async def test_a_guest_is_forgotten_by_their_address(home: Home) -> None:
    home.take("order_created", order_body(order("O1", ago(9), user_id=None)))
    with home.database.read() as connection:
        guest = customers.guest(connection, home.shop_id, "ann@example.com")
    assert guest is not None
    await forget(home.house, home.shop_id, guest.customer_id)
    home.take("order_updated", order_body(order("O1", ago(9), user_id=None, updated_at=home.now)))
    home.take("order_updated", order_body(order("O0", ago(20), user_id=None, updated_at=home.now)))
    with home.database.read() as connection:
        assert customers.guest(connection, home.shop_id, "ann@example.com") is None


async def test_the_banner_is_taken_out_of_saleor(home: Home) -> None:
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("customer_updated", account_body(account(user.id, updated_at=ago(1))))
    user.public_meta["retention.banner"] = "{}"
    with home.database.write() as connection:
        shown = {Slot.BANNER: Banner(Slot.BANNER, "Come back", {"code": "X"})}
        customers.save_shown(connection, home.shop_id, {found(home, user.id): shown})
    await forget(home.house, home.shop_id, found(home, user.id))
    assert "retention.banner" not in user.public_meta
    assert known(home, user.id) is None
