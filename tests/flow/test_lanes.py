"""A lane's turn: as many batches as fit into it, and then the next lane's."""

import pytest

from plugin.engine.port import Lane, LaneKind
from plugin.flow.lanes import drain_with
from plugin.flow.receive import BATCH
from plugin.store import inbox
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.shop import ago, order

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("turn", "left"), [(0.0, BATCH), (60.0, 0)])
async def test_a_turn_has_as_many_batches_as_fit(home: Home, turn: float, left: int) -> None:
    for number in range(2 * BATCH):
        home.arrive("order_created", order_body(order(f"O{number}", ago(200 - number))))
    more = await drain_with(home.house, turn)(Lane(LaneKind.RECEIVE, home.shop_id))
    with home.database.read() as connection:
        assert inbox.open_rows(connection) == left
    assert more == bool(left)
    assert (Lane(LaneKind.DELIVER, home.shop_id) in home.woken) == (not more)
