"""Which segments are watched: they are filled at once, and everybody is looked at again for what time will do."""

from plugin.flow.house import House
from plugin.flow.learn import measure_again
from plugin.flow.membership import follow
from plugin.flow.scene import set_scene
from plugin.store import members, shops


def follow_campaigns(house: House, shop_id: int) -> None:
    """After campaigns have changed: when customers enter and leave by time alone is worked out where that is new."""
    now = house.clock()
    with house.database.write() as connection:
        new = follow(connection, set_scene(connection, house, shops.get(connection, shop_id), now))
    if new:
        measure_again(house, shop_id, now)


def watch(house: House, shop_id: int, name: str) -> int:
    """For the merchant; how many are inside. Raises `NotFound`."""
    now = house.clock()
    with house.database.write() as connection:
        members.watch(connection, shops.get(connection, shop_id), name, now, asked=True)
        inside = members.count(connection, shop_id, name)
    measure_again(house, shop_id, now)
    return inside


def unwatch(house: House, shop_id: int, name: str) -> None:
    """For the merchant; what a campaign hears of stays watched."""
    with house.database.write() as connection:
        members.unwatch(connection, shop_id, name)
        follow(connection, set_scene(connection, house, shops.get(connection, shop_id), house.clock()))


def refill(house: House, shop_id: int) -> None:
    """After a segment says something else: who is inside of those that are watched is found anew."""
    now = house.clock()
    with house.database.write() as connection:
        shop, known = shops.get(connection, shop_id), members.names(connection, shop_id)
        for name, asked in known.items():
            members.watch(connection, shop, name, now, asked=asked)
    if known:
        measure_again(house, shop_id, now)
