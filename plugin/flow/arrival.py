"""What reached the platform: it stands, or goes again, because it was given up while it was on its way.

Between the last look at it and the answer of the platform somebody may have taken the code back, or the
customer may have been erased; what was asked for then may have found nothing there yet.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from plugin.flow import asks, next_orders
from plugin.flow.scene import Scene
from plugin.store import codes, effects
from plugin.store.codes import Code, CodeStatus


def codes_arrived(connection: Connection, scene: Scene, there: Sequence[Code]) -> None:
    """Vouchers' codes or gift cards are there now: their banners may tell of them, and what they promise begins."""
    stand = codes.issue(connection, scene.shop_id, there)
    next_orders.promise(connection, scene, stand)
    effects.ask_for_banners(connection, scene.shop_id, [code.code for code in stand], scene.now)
    standing = {code.code for code in stand}
    for code in there:
        if code.code not in standing:
            _goes_again(connection, scene, code)


def _goes_again(connection: Connection, scene: Scene, code: Code) -> None:
    kept = codes.of_decision(connection, scene.shop_id, code.decision_id)
    if kept is None or kept.status is CodeStatus.WITHDRAWN:
        asks.take_back(connection, scene, kept or code)
        effects.reopen(connection, scene.shop_id, (asks.take_back_key(code),), scene.now)


def banner_arrived(connection: Connection, scene: Scene, code: Code) -> None:
    """The banner of this code is shown now, until the code's last moment, or not any longer."""
    kept = codes.of_decision(connection, scene.shop_id, code.decision_id)
    holds = kept is not None and kept.status is CodeStatus.ISSUED
    asks.clear_banner(connection, scene, code, code.expires_at if holds else scene.now)
    if not holds:
        effects.reopen(connection, scene.shop_id, (asks.clear_key(code.decision_id),), scene.now)
