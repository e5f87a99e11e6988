"""What shoppers did goes the way they go: moved, erased, forgotten when they object and when it is old."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.consent import Consent
from plugin.domain.deeds import Deed
from plugin.flow.chores import prune
from plugin.flow.front_events import Call, Told, write
from plugin.flow.house import Keep
from plugin.store import customers, front_events
from plugin.store.front_events import Seen
from tests.bodies import account_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

SEEN = Told(Deed.SEEN, "banner", None, NOW, NOW.date())
KEEP = Keep(inbox=days(30), decisions=days(730), effects=days(180), front_events=days(90))


def tell(home: Home, *told: Told, user_id: str | None = "U1") -> None:
    write(home.house, home.shop_id, [Call(home.shop_id, user_id, told)])


def seen(home: Home, user_id: str = "U1") -> list[Seen]:
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, user_id)
        if customer is None:
            return []
        return front_events.seen(connection, home.shop_id, customer.customer_id, ago(999))


def times(home: Home) -> int:
    with home.database.read() as connection:
        return sum(count.times for count in front_events.counts(connection, home.shop_id, ago(999).date()))


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("customer_deleted", gone_body("U1", "ann@example.com", NOW)),
        ("customer_updated", account_body(account(updated_at=NOW, consent=Consent(objects=True)))),
        ("customer_updated", account_body(account(updated_at=NOW, consent=Consent(opted_out=True)))),
        ("order_created", order_body(order("O2", ago(1), marketing=False))),
    ],
    ids=["erased", "objects", "opts out", "opts out with an order"],
)
async def test_what_is_personal_goes_and_the_counts_stay(home: Home, event: str, body: bytes) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(9))))
    tell(home, SEEN)
    assert len(seen(home)) == 1
    home.take(event, body)
    assert seen(home) == []
    tell(home, replace(SEEN, deed=Deed.CLICKED))
    assert seen(home) == []
    assert times(home) == 2


async def test_an_account_keeps_its_own_when_it_takes_a_guest_in(home: Home) -> None:
    home.take("order_created", order_body(order("G1", ago(9), user_id=None)))
    home.take("order_created", order_body(order("O1", ago(5))))
    tell(home, SEEN)
    with home.database.write() as connection:  # a guest has none of their own, but nothing may hang on that
        guest = customers.guest(connection, home.shop_id, "ann@example.com")
        account_ = customers.by_user(connection, home.shop_id, "U1")
        assert guest is not None
        assert account_ is not None
        front_events.move(connection, home.shop_id, account_.customer_id, guest.customer_id)
    home.take("account_confirmed", account_body(account(updated_at=ago(1))))
    assert len(seen(home)) == 1


async def test_what_is_old_goes_and_the_counts_stay(home: Home) -> None:
    home.take("customer_updated", account_body(account(updated_at=ago(9))))
    tell(home, SEEN, replace(SEEN, deed=Deed.DISMISSED, at=NOW + timedelta(hours=1)))
    tell(home, SEEN, user_id=None)
    home.now = NOW + days(90)
    prune(home.house, KEEP)
    assert len(seen(home)) == 2
    home.now += timedelta(minutes=1)
    prune(home.house, KEEP)
    assert [one.type for one in seen(home)] == [Deed.DISMISSED]
    assert times(home) == 3
