"""What happened with one customer, page by page: everything once, the newest first."""

from datetime import datetime
from typing import Any

import pytest

from plugin.domain.deeds import Deed
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.ledger import Fulfilment
from plugin.store import effects, front_events, leases, timeline
from plugin.store.effects import Wanted
from plugin.store.front_events import FrontEvent
from plugin.store.said import Shown
from plugin.store.timeline import Decided, Did, Happening, Ordered, Parcel, Place
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home, home
from tests.shop import account, ago, days, order

__all__ = ["home"]
pytestmark = pytest.mark.anyio


def lived(home: Home) -> int:
    """Four orders with parcels, a decision with a code, a banner put up and taken away, and deeds at one moment."""
    home.switch_on("win-back")
    home.take("customer_updated", account_body(account()))
    for number in (150, 120, 90, 59):
        parcel = Fulfilment(f"F{number}", "FULFILLED", ago(number - 3), tracking_number="T1")
        home.take("order_updated", order_body(order(f"O{number}", ago(number), fulfilments=(parcel,))))
    home.now += days(2)
    home.tick()
    with home.database.write() as connection:
        for number, kind in enumerate((EffectKind.BANNER, EffectKind.CLEAR)):
            payload: dict[str, Any] = {"slot": "banner", "text": "Come back", "code": "X"}
            effects.ask(connection, home.shop_id, Wanted(f"e{number}", kind, payload, customer_id=1), home.now)
        for leased in leases.lease(connection, home.shop_id, home.now, "me", days(1), 9):
            leases.end(connection, leased, EffectStatus.DONE, home.now + days(1))
        told = [
            FrontEvent(bytes([number] * 16), 1, deed, content, product, home.now, home.now.date())
            for number, (deed, content, product) in enumerate(
                [(Deed.SEEN, "1", None), (Deed.CLICKED, "offer", None), (Deed.PRODUCT_VIEWED, None, "P1")]
            )
        ]
        front_events.add(connection, home.shop_id, told)
    home.now += days(2)
    return 1


def read(home: Home, customer_id: int, size: int, at: datetime | None = None) -> list[Happening]:
    found: list[Happening] = []
    place: Place | None = Place(at or home.now)
    with home.database.read() as connection:
        while place is not None:
            page = timeline.page(connection, home.shop_id, customer_id, place, size)
            assert len(page.happenings) <= size
            found += page.happenings
            place = page.after
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_everything_once_the_newest_first(home: Home, size: int) -> None:
    whole = read(home, lived(home), size)
    kinds = [type(one) for one in whole]
    assert {kind: kinds.count(kind) for kind in kinds} == {Ordered: 4, Parcel: 4, Decided: 1, Shown: 2, Did: 3}
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    assert len({(type(one), one.key) for one in whole}) == len(whole)


async def test_what_is_said_of_each(home: Home) -> None:
    whole = read(home, lived(home), 100)
    decided = next(one for one in whole if isinstance(one, Decided))
    assert (decided.campaign, decided.trial) == ("win-back", False)
    assert decided.code is not None
    assert decided.offer is not None
    assert {one.text for one in whole if isinstance(one, Shown)} == {"Come back", None}
    assert {(one.campaign is not None, one.product) for one in whole if isinstance(one, Did)} == {
        (True, None),
        (False, None),
        (False, "P1"),
    }
    assert {one.number for one in whole if isinstance(one, Parcel)} == {"O150", "O120", "O90", "O59"}
    assert [one.voucher_code for one in whole if isinstance(one, Ordered)] == [None] * 4


async def test_nothing_of_another_shop_or_customer(home: Home) -> None:
    customer_id = lived(home)
    other = home.install("http://elsewhere.test/graphql/")
    with home.database.read() as connection:
        assert timeline.page(connection, other, customer_id, Place(home.now), 9).happenings == []
        assert timeline.page(connection, home.shop_id, customer_id + 1, Place(home.now), 9).happenings == []


async def test_contacts_are_what_the_shop_said(home: Home) -> None:
    customer_id = lived(home)
    with home.database.read() as connection:
        found = timeline.contacts(connection, home.shop_id, customer_id, home.now, 2)
    assert [type(one) for one in found] == [Shown, Shown]
