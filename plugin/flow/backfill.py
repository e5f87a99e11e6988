"""A shop's history, read page by page; a page's data and the place of the next are one transaction.

Whoever is killed in between asks for the same page again, and what it says is known by then. Webhooks go
on meanwhile: the newest version of each object wins, wherever it comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import anyio
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin.domain.events import CustomerGone, Event, OrdersImported
from plugin.domain.ledger import Account, Order
from plugin.domain.phrases import phrase, shortened
from plugin.errors import GiveUp, Rejected, RetentionError, TokenRefused, TryLater, sentence_of
from plugin.flow.erase import Eraser
from plugin.flow.heal import EVERY, ONCE, OVERLAP, next_step
from plugin.flow.history import NAME, account_seen, one_by_one, take_accounts, take_orders
from plugin.flow.house import House
from plugin.flow.receive import BROKEN
from plugin.flow.scene import Scene, set_scene
from plugin.saleor.client import Saleor
from plugin.saleor.history import PAGE, Page, accounts_page, missing_accounts, orders_page
from plugin.store import backfills, history, shops, tombstones
from plugin.store.backfills import Backfill, Kind, Status
from plugin.store.shops import Shop, ShopStatus

log = structlog.get_logger(__name__)

#: Seconds of one turn; then the next shop has its.
TURN = 2.0
#: Of what was left out, so much is kept to be read.
SAID = 500
#: Somebody else (a command) reads the same history: leave it to them for so long.
LEAVE_IT = 10.0
#: Where so many accounts are asked about and not one is there, it is not they who have gone.
TOO_MANY_GONE = 10

#: An order, an account, or the news that an account is gone.
Item = Order | Account | CustomerGone


class Overtaken(TryLater):
    """The page was taken by somebody else meanwhile; nothing was written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shop's history is read on."""

    shop: Shop
    walk: Backfill


async def backfill(house: House, shop_id: int) -> bool:
    """One turn of the shop's history; whether there is more of it."""
    until = anyio.current_time() + TURN
    saleor: Saleor | None = None
    while anyio.current_time() < until:
        place = await anyio.to_thread.run_sync(find_place, house, shop_id)
        if place is None:
            return False
        saleor = saleor or house.connect(place.shop)
        try:
            await read_page(house, saleor, place)
        except TokenRefused as error:
            await anyio.to_thread.run_sync(_refused, house, shop_id)
            log.warning("token_refused", shop=place.shop.api_url, error=str(error))
            return False
        except (GiveUp, Rejected) as error:
            await anyio.to_thread.run_sync(failed, house, place, sentence_of(error))
    return True


def is_due(connection: Connection, shop: Shop, now: datetime) -> bool:
    return next_step(backfills.of_shop(connection, shop.shop_id), shop.installed_at, now) is not None


def find_place(house: House, shop_id: int) -> Place | None:
    """The walk that is next, begun where it was not; None where nothing is due."""
    now = house.clock()
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        known = backfills.of_shop(connection, shop_id)
    step = None if shop.rests(now) else next_step(known, shop.installed_at, now)
    if step is None:
        return None
    if not step.anew:
        return Place(shop, known[step.kind])
    with house.database.write() as connection:
        before = known.get(step.kind)
        if backfills.begin(connection, shop_id, step.kind, now, step.since, instead_of=before):
            return Place(shop, backfills.of_shop(connection, shop_id)[step.kind])
    return find_place(house, shop_id)


def begin(house: House, shop_id: int, *, again: bool) -> None:
    """Asked for by a person: what failed is tried at once, and where all is read, what changed is looked for.

    again: all of it, from the beginning.
    """
    with house.database.write() as connection:
        known = backfills.of_shop(connection, shop_id)
        if again:
            backfills.forget(connection, shop_id, *ONCE)
        backfills.try_again(connection, shop_id)
        if not again and all(kind in known and known[kind].status is Status.DONE for kind in ONCE):
            started = min(known[kind].started_at for kind in ONCE)
            for kind in EVERY:
                before = known.get(kind)
                if before is None or before.status is Status.DONE:
                    since = (started if before is None else before.started_at) - OVERLAP
                    backfills.begin(connection, shop_id, kind, house.clock(), since, instead_of=before)


async def read_page(house: House, saleor: Saleor, place: Place) -> Backfill:
    """One page, written; how far the walk is then.

    Raises `Overtaken` and other `TryLater`, and what the client raises.
    """
    asked_at = house.clock()
    page = await _fetch(house, saleor, place, asked_at)
    walk = place.walk
    if page.total is not None and walk.kind not in {Kind.OPEN, Kind.GONE}:
        walk = replace(walk, total=page.total)
    place = replace(place, walk=walk)
    try:
        walk = await anyio.to_thread.run_sync(_take, house, place, page, asked_at)
    except (TryLater, Rejected):
        raise
    except BROKEN:
        walk = await anyio.to_thread.run_sync(_take_carefully, house, place, page, asked_at)
    if walk.status is Status.DONE:
        log.info("history_read", shop=place.shop.api_url, kind=walk.kind.value, objects=walk.done)
    return walk


async def _fetch(house: House, saleor: Saleor, place: Place, now: datetime) -> Page[Item]:
    walk = place.walk
    match walk.kind:
        case Kind.CUSTOMERS | Kind.ACCOUNTS:
            return await accounts_page(saleor, walk.cursor, since=walk.since)
        case Kind.ORDERS | Kind.SWEEP:
            return await orders_page(saleor, walk.cursor, since=walk.since)
        case Kind.OPEN:
            ids = await anyio.to_thread.run_sync(_open, house, place, now)
            if not ids:
                return Page([], None, None, ())
            page = await orders_page(saleor, None, ids=ids)
            return replace(page, cursor=ids[-1] if len(ids) == PAGE else None)
        case Kind.GONE:
            return await _gone(house, saleor, place, now)


async def _gone(house: House, saleor: Saleor, place: Place, now: datetime) -> Page[Item]:
    """Raises `GiveUp` where nobody at all seems to be there: what erases is not to be believed lightly."""
    ids = await anyio.to_thread.run_sync(_accounts, house, place)
    missing = await missing_accounts(saleor, ids) if ids else []
    if len(missing) == len(ids) >= TOO_MANY_GONE:
        raise GiveUp(
            phrase(
                "Of {number} accounts known here {shop} names none. Nobody was erased; look whether the app may still see customers, or install it anew if this is another shop now.",
                number=len(ids),
                shop=place.shop.api_url,
            )
        )
    gone = [CustomerGone(NAME, now, user_id, None) for user_id in missing]
    return Page(gone, ids[-1] if len(ids) == PAGE else None, None, ())


def _accounts(house: House, place: Place) -> Sequence[str]:
    with house.database.read() as connection:
        return history.accounts_after(connection, place.shop.shop_id, place.walk.cursor or "", PAGE)


def _open(house: House, place: Place, now: datetime) -> Sequence[str]:
    with house.database.read() as connection:
        return history.open_orders(connection, place.shop.shop_id, place.walk.cursor or "", now, PAGE)


def _take(house: House, place: Place, page: Page[Item], asked_at: datetime) -> Backfill:
    with house.database.write() as connection:
        scene, eraser = _scene(house, connection, place)
        orders = [item for item in page.items if isinstance(item, Order)]
        accounts = [item for item in page.items if isinstance(item, Account)]
        if orders:
            take_orders(connection, scene, eraser, orders, asked_at)
        if accounts:
            take_accounts(connection, scene, eraser, accounts, asked_at)
        for item in page.items:
            if isinstance(item, CustomerGone):
                eraser.customer(connection, scene, item)
        return _advance(connection, scene, place, page, page.left_out)


def _take_carefully(house: House, place: Place, page: Page[Item], asked_at: datetime) -> Backfill:
    """One by one, so that what cannot be taken in undoes only itself."""
    left_out = list(page.left_out)
    with house.database.write() as connection:
        scene, eraser = _scene(house, connection, place)
        for item in page.items:
            named = item.number if isinstance(item, Order) else item.user_id
            try:
                with connection.begin_nested():
                    one_by_one(connection, scene, eraser, _event(item, asked_at))
            except TryLater:
                raise
            except BROKEN as error:
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    raise
                left_out.append(phrase("{name} was left out: {why}", name=str(named), why=_why(error)))
        return _advance(connection, scene, place, page, left_out)


def _event(item: Item, asked_at: datetime) -> Event:
    match item:
        case Order():
            return OrdersImported(NAME, asked_at, (item,))
        case Account():
            return account_seen(item, asked_at)
        case CustomerGone():
            return item


def _why(error: Exception) -> str:
    """Of errors that are not ours the name alone: a database repeats what it was given, e-mails too."""
    return sentence_of(error) if isinstance(error, RetentionError) else f"{type(error).__name__}."


def _scene(house: House, connection: Connection, place: Place) -> tuple[Scene, Eraser]:
    """Raises `TryLater` where the shop has left or been stopped since the page was asked for."""
    now = house.clock()
    shop = shops.hold(connection, place.shop.shop_id)
    if shop.rests(now):
        raise TryLater(phrase("{shop} rests.", shop=shop.api_url))
    anybody = tombstones.any_in(connection, shop.shop_id)
    eraser = Eraser(house.keyring.decrypt(shop.pepper), house.grace, anybody=anybody)
    return set_scene(connection, house, shop, now), eraser


def _advance(
    connection: Connection,
    scene: Scene,
    place: Place,
    page: Page[Item],
    left_out: Sequence[str],
) -> Backfill:
    walk = place.walk
    for sentence in left_out:
        log.warning("history_left_out", shop=scene.shop.api_url, kind=walk.kind.value, error=sentence)
    if left_out:
        walk = replace(walk, error=shortened(left_out[-1], SAID))
    elif walk.status is Status.FAILED:
        walk = replace(walk, error=None)
    if not backfills.advance(connection, scene.shop_id, walk, cursor=page.cursor, read=page.read, now=scene.now):
        raise Overtaken(phrase("Somebody else reads the history of {shop}.", shop=scene.shop.api_url), after=LEAVE_IT)
    return backfills.of_shop(connection, scene.shop_id)[walk.kind]


def failed(house: House, place: Place, why: str) -> None:
    """What is written only where nobody else has read that page meanwhile."""
    log.warning("history_failed", shop=place.shop.api_url, kind=place.walk.kind.value, error=why)
    with house.database.write() as connection:
        backfills.fail(connection, place.shop.shop_id, place.walk, shortened(why, SAID), house.clock())


def _refused(house: House, shop_id: int) -> None:
    with house.database.write() as connection:
        shops.set_status(connection, shop_id, ShopStatus.REFUSED, house.clock())
