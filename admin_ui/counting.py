"""Counting who fits a condition in turns, a request each: what was counted so far goes along with the page.

It is signed for the shop and the condition, so that nobody writes a size that was never counted; what was forged, is
of another condition or has lain for long begins anew.
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.domain.conditions import Condition, write_condition
from plugin.errors import NotVerified
from plugin.secrets import Keyring
from plugin.store import segments
from plugin.store.shops import Shop

#: Seconds after which a request ends its counting; the page then asks on.
TURN = 0.08
EXAMPLES = 5
PURPOSE = "segment size"
#: The next turn is asked for at once; a page that waited for longer counts people who have changed.
LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counting:
    """How far the counting of one condition has come."""

    #: Of so many ids so many; the same number once it is done.
    done: int = 0
    ids: int = 1
    found: int = 0
    #: Of so many customers.
    customers: int = 0
    #: Ids of some of whom it is true.
    some: tuple[int, ...] = ()

    @property
    def whole(self) -> bool:
        return self.done >= self.ids


def count(connection: Connection, shop: Shop, condition: Condition, now: datetime, far: Counting) -> Counting:
    """Goes on for one turn, and says where it stands."""
    until = time.monotonic() + TURN
    for portion in segments.counted(connection, shop, condition, now, far.done, EXAMPLES):
        some = (*far.some, *portion.examples)[:EXAMPLES]
        found, of = far.found + portion.found, far.customers + portion.customers
        far = Counting(portion.done, portion.ids, found, of, some)
        if time.monotonic() > until:
            return far
    return replace(far, ids=far.done)


def sign(keyring: Keyring, shop: Shop, condition: Condition, far: Counting) -> str:
    """Where it stands, for the request that goes on with it."""
    counted = [far.done, far.found, far.customers, *far.some]
    return keyring.sign(PURPOSE, [shop.shop_id, _digest(condition), counted])


def stood(keyring: Keyring, shop: Shop, condition: Condition, token: object) -> Counting:
    """The inverse of `sign`; the beginning for anything else."""
    try:
        signed = keyring.unsign(PURPOSE, str(token or ""), LIFE)
    except NotVerified:
        return Counting()
    match signed:
        case [int(shop_id), str(digest), [int(done), int(found), int(of), *some]] if (
            shop_id == shop.shop_id and digest == _digest(condition)
        ):
            return Counting(done, done + 1, found, of, tuple(map(int, some)))
        case _:
            return Counting()


def _digest(condition: Condition) -> str:
    said = json.dumps(write_condition(condition), sort_keys=True, default=str)
    return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
