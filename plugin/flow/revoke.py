"""One code taken back by a person: it stops working at the platform, its money is free again, its banner goes."""

from dataclasses import dataclass

from sqlalchemy import Connection

from plugin.domain.phrases import N_, joined, phrase
from plugin.engine.port import Lane, LaneKind
from plugin.errors import NotFound, Rejected
from plugin.flow import asks
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.store import codes, shops
from plugin.store.codes import Code, CodeKind, CodeStatus


@dataclass(frozen=True, slots=True)
class Revoked:
    code: Code
    #: Its name, as long as its tactic is installed.
    campaign: str
    #: False where it had been taken back before.
    changed: bool
    #: The shop is stopped or has switched the app off, so that the platform hears of it later.
    waits: bool


def revoke(house: House, shop_id: int, said: str) -> Revoked:
    """A trial's code likewise; said again, nothing changes. Raises `Rejected` for one that is unknown, used or over."""
    with house.database.write() as connection:
        scene = set_scene(connection, house, shops.hold(connection, shop_id), house.clock())
        code = codes.by_code(connection, shop_id, said.strip().upper())
        if code is None:
            raise NotFound(
                phrase(
                    "There is no code “{code}” of this app; `retention codes` shows those there are.", code=said.strip()
                )
            )
        changed = code.status is not CodeStatus.WITHDRAWN
        if changed:
            _refuse_over(code)
            _take_back(connection, scene, code)
        campaign = next((one.name for one in scene.campaigns if one.campaign_id == code.campaign_id), "")
    house.wake([Lane(LaneKind.DELIVER, shop_id)])
    return Revoked(code, campaign, changed, scene.rests)


def _refuse_over(code: Code) -> None:
    if code.status is CodeStatus.REDEEMED:
        used = N_("The code {code} was used in the order {order}: nothing can be taken back.")
        said = [phrase(used, code=code.code, order=code.order_id)]
        if code.kind is CodeKind.GIFT_CARD:
            said.append(phrase("What is left on it is the customer's; the Dashboard can switch the card off."))
        raise Rejected(joined(said))
    if code.status is CodeStatus.EXPIRED:
        over = N_("The code {code} ran out on {ended}: nobody can use it any more.")
        raise Rejected(phrase(over, code=code.code, ended=code.expires_at))


def _take_back(connection: Connection, scene: Scene, code: Code) -> None:
    """One that is on its way at this moment is taken back when it has arrived: see `flow.arrival`."""
    codes.give_up(connection, scene.shop_id, [code])
    asks.take_back(connection, scene, code)
    asks.take_down(connection, scene, code)
