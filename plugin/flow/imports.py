"""History from before the platform, taken in as its own is: state, and never a reason to act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plugin.domain.ledger import Order
from plugin.flow.erase import Eraser
from plugin.flow.history import take_orders
from plugin.flow.house import House
from plugin.flow.scene import set_scene
from plugin.store import shops, tombstones

#: Orders of one transaction.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Imported:
    orders: int
    #: Not in the ledger before. The others were, or their buyer has been erased since.
    new: int


def import_orders(
    house: House, shop_id: int, given: Sequence[Order], progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """The oldest first; a run that was cut short is begun again without harm."""
    ordered = sorted(given, key=lambda order: order.placed_at)
    new = 0
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        with house.database.write() as connection:
            shop = shops.hold(connection, shop_id)
            scene = set_scene(connection, house, shop, house.clock())
            anybody = tombstones.any_in(connection, shop_id)
            eraser = Eraser(scene.pepper, house.grace, anybody=anybody)
            new += len(take_orders(connection, scene, eraser, batch, scene.now))
        progress(len(batch))
    return Imported(len(ordered), new)
