"""The banners that codes keep until they are at the platform, made effects inside the database."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, literal, select

from plugin.domain.effects import EffectKind, EffectStatus
from plugin.store.schema import codes, effects
from plugin.store.statements import insert_on

#: Codes of one statement.
PORTION = 500


def ask(connection: Connection, shop_id: int, told: Sequence[str], key: str, now: datetime) -> None:
    """The banner that each of these codes keeps, as an effect; key: what its key begins with, before the decision."""
    for start in range(0, len(told), PORTION):
        asked = {"shop": shop_id, "codes": told[start : start + PORTION], "key": key, "now": now}
        connection.execute(_asked_by_codes(connection.dialect.name), asked)


@cache
def _asked_by_codes(dialect: str) -> Any:
    now = bindparam("now", type_=effects.c.due_at.type)
    values = {
        "shop_id": codes.c.shop_id,
        "key": bindparam("key", type_=String) + cast(codes.c.decision_id, String),
        "kind": literal(EffectKind.BANNER.value),
        "status": literal(EffectStatus.OPEN.value),
        "payload": codes.c.banner,
        "campaign_id": codes.c.campaign_id,
        "decision_id": codes.c.decision_id,
        "customer_id": codes.c.customer_id,
        "due_at": now,
        "created_at": now,
    }
    whose = (codes.c.shop_id == bindparam("shop"), codes.c.code.in_(bindparam("codes", expanding=True)))
    chosen = select(*values.values()).where(*whose, codes.c.banner.is_not(None)).order_by(codes.c.decision_id)
    return insert_on(dialect, effects).from_select(list(values), chosen).on_conflict_do_nothing()
