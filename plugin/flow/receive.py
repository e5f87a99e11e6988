"""The inbox, emptied: ledger, state, decisions, effects and the row's end in one transaction."""

from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin import metrics
from plugin.domain.customer import History, extend, fold
from plugin.errors import NotFound, RetentionError, TryLater
from plugin.flow.apply import apply
from plugin.flow.erase import Eraser
from plugin.flow.house import House
from plugin.flow.reconsider import reconsider
from plugin.flow.scene import Scene, set_scene
from plugin.flow.touch import Touch
from plugin.saleor.decode import decode
from plugin.store import customers, inbox, ledger, shops
from plugin.store.customers import Customer
from plugin.store.inbox import InboxRow

log = structlog.get_logger(__name__)

#: Rows of one transaction. One row that fails is undone by itself; a kill undoes them all, and they come again.
BATCH = 50
#: A transaction is ended after so long, so that the way in and other lanes get their turn.
LONGEST = timedelta(milliseconds=60)
#: Waits before an event that failed is tried again; then it is dead and a person looks at it.
WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))


def receive(house: House, shop_id: int) -> bool:
    """One batch of the shop's inbox; whether there may be more."""
    began = house.clock()
    with house.database.write() as connection:
        shop = shops.get(connection, shop_id)
        rows = inbox.take(connection, shop_id, began, BATCH)
        if not rows:
            return False
        scene = set_scene(connection, shop, house.tactics, began)
        eraser = Eraser(house.keyring.decrypt(shop.pepper), house.grace)
        for row in rows:
            _one(connection, scene, eraser, row)
            if row.event.startswith("app_"):
                scene = set_scene(connection, shops.get(connection, shop_id), house.tactics, began)
            if house.clock() - began > LONGEST:
                break
    return True


def _one(connection: Connection, scene: Scene, eraser: Eraser, row: InboxRow) -> None:
    """One event in a savepoint: done, to be tried again, or dead."""
    try:
        with connection.begin_nested():
            inbox.done(connection, scene.shop_id, row.row_id)
            event = decode(row.event, row.body, scene.shop.app_id)
            for touch in apply(connection, scene, eraser, event):
                _look_again(connection, scene, touch)
    except TryLater:
        raise
    except NotFound:
        return  # An erasure earlier in this transaction wiped the row.
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _failed(connection, scene, row, error)
    except (RetentionError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        _failed(connection, scene, row, error)
    else:
        metrics.received.labels(row.event, "done").inc()


def _failed(connection: Connection, scene: Scene, row: InboxRow, error: Exception) -> None:
    said = f"{type(error).__name__}: {error}"
    log.warning("event_failed", shop=scene.shop.api_url, saleor_event=row.event, row=row.row_id, error=said)
    if isinstance(error, RetentionError) or row.attempts >= len(WAITS):
        inbox.dead(connection, scene.shop_id, row.row_id, said)
        metrics.received.labels(row.event, "dead").inc()
    else:
        inbox.retry(connection, scene.shop_id, row.row_id, scene.now + WAITS[row.attempts], said)
        metrics.received.labels(row.event, "again").inc()


def _look_again(connection: Connection, scene: Scene, touch: Touch) -> None:
    customer = customers.lock(connection, scene.shop_id, touch.customer_id)
    if customer is not None:
        reconsider(connection, scene, customer, _history(connection, scene, customer, touch), touch.trigger)


def _history(connection: Connection, scene: Scene, customer: Customer, touch: Touch) -> History:
    """Extended by the one new order where that is the same as a fold over all of them."""
    if touch.new_order is not None:
        extended = extend(customer.state.history, touch.new_order, scene.zone)
        if extended is not None:
            return extended
    return fold(ledger.purchases(connection, scene.shop_id, customer.customer_id), scene.zone)
