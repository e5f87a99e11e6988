"""The inbox, emptied: ledger, state, decisions, effects and the row's end in one transaction."""

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin import metrics
from plugin.domain.customer import History, extend, fold
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.errors import RetentionError, TryLater, sentence_of
from plugin.flow import consents
from plugin.flow.apply import apply
from plugin.flow.erase import Eraser
from plugin.flow.house import House
from plugin.flow.reconsider import Look, reconsider
from plugin.flow.scene import Scene, set_scene
from plugin.flow.touch import Touch
from plugin.saleor.decode import decode
from plugin.store import customers, inbox, ledger, shops, tombstones
from plugin.store.customers import Customer
from plugin.store.inbox import InboxRow

log = structlog.get_logger(__name__)

#: Rows of one transaction; a kill undoes them all, and they come again.
BATCH = 50
#: A transaction is ended after so long, so that the way in and other lanes get their turn.
LONGEST = timedelta(milliseconds=60)
#: Events that end a batch: after them other rows of it may be gone, or the shop another.
ALONE = frozenset(
    {"customer_deleted", "account_deleted", "app_deleted", "app_status_changed", "app_installed", "app_updated"}
)
#: Waits before an event that failed is tried again; then it is dead and a person looks at it.
WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))


#: What an event that is not as it should be can raise.
BROKEN = (RetentionError, ValueError, ArithmeticError, LookupError, TypeError, DBAPIError)


def receive(house: House, shop_id: int) -> bool:
    """One batch of the shop's inbox; whether there may be more.

    Nearly always nothing is wrong with any of it, so it is tried as one; otherwise again, each event
    in a savepoint of its own, so that a broken one undoes only itself.
    """
    try:
        return _batch(house, shop_id, careful=False)
    except TryLater:
        raise
    except BROKEN:
        return _batch(house, shop_id, careful=True)


def _batch(house: House, shop_id: int, *, careful: bool) -> bool:
    began = house.clock()
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        rows = inbox.take(connection, shop_id, began, BATCH)
        if not rows:
            return False
        scene = set_scene(connection, house, shop, began)
        anybody = tombstones.any_in(connection, shop_id)
        eraser = Eraser(scene.pepper, house.grace, anybody=anybody)
        done = []
        baskets: dict[int, Trigger] = {}
        for row in rows:
            if _carefully(connection, scene, eraser, row) if careful else _one(connection, scene, eraser, row, baskets):
                done.append(row.row_id)
            if row.event in ALONE or house.clock() - began > LONGEST:
                break
        _look_at_baskets(connection, scene, baskets)
        inbox.done(connection, shop_id, done)
    for row in rows:
        if row.row_id in done:
            metrics.received.labels(row.event, "done").inc()
    return True


def _one(
    connection: Connection, scene: Scene, eraser: Eraser, row: InboxRow, baskets: dict[int, Trigger] | None = None
) -> bool:
    """baskets: where customers of whom only a basket has changed are left, to be looked at together."""
    event = decode(row.event, row.body, scene.shop.app_id)
    for touch in apply(connection, scene, eraser, event):
        if touch.trigger.kind is TriggerKind.CHECKOUT and baskets is not None:
            baskets[touch.customer_id] = touch.trigger
        else:
            look_again(connection, scene, touch)
    return True


def _look_at_baskets(connection: Connection, scene: Scene, triggers: Mapping[int, Trigger]) -> None:
    """Those who are still there after the whole batch, once each however often their basket has changed."""
    people = customers.lock_all(connection, scene.shop_id, triggers)
    if people:
        looks = [Look(one, one.state.history, triggers[customer_id]) for customer_id, one in people.items()]
        reconsider(connection, scene, looks)


def _carefully(connection: Connection, scene: Scene, eraser: Eraser, row: InboxRow) -> bool:
    """Whether the event is done, or else to be tried again, or dead."""
    try:
        with connection.begin_nested():
            return _one(connection, scene, eraser, row)
    except TryLater:
        raise
    except BROKEN as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        _failed(connection, scene, row, error)
        return False


def _failed(connection: Connection, scene: Scene, row: InboxRow, error: Exception) -> None:
    # What a database says may hold the values that were to be written.
    kind = type(error).__name__
    said = kind if isinstance(error, DBAPIError) else phrase("{kind}: {problem}", kind=kind, problem=sentence_of(error))
    log.warning("event_failed", shop=scene.shop.api_url, saleor_event=row.event, row=row.row_id, error=said)
    if isinstance(error, RetentionError) or row.attempts >= len(WAITS):
        inbox.dead(connection, scene.shop_id, row.row_id, said)
        metrics.received.labels(row.event, "dead").inc()
    else:
        inbox.retry(connection, scene.shop_id, row.row_id, scene.now + WAITS[row.attempts], said)
        metrics.received.labels(row.event, "again").inc()


def look_again(connection: Connection, scene: Scene, touch: Touch) -> None:
    customer = touch.customer or customers.lock(connection, scene.shop_id, touch.customer_id)
    if customer is not None:
        if touch.trigger.kind is not TriggerKind.CHECKOUT and (
            touch.new_order is None or touch.new_order.marketing is not None
        ):
            (customer,) = consents.weigh(connection, scene, [customer])
        history = _history(connection, scene, customer, touch)
        reconsider(connection, scene, [Look(customer, history, touch.trigger)])


def _history(connection: Connection, scene: Scene, customer: Customer, touch: Touch) -> History:
    """Extended by the one new order where that is the same as a fold over all of them; as it was with a basket."""
    if touch.trigger.kind is TriggerKind.CHECKOUT:
        return customer.state.history
    if touch.new_order is not None:
        extended = extend(customer.state.history, touch.new_order, scene.zone)
        if extended is not None:
            return extended
    return fold(ledger.purchases(connection, scene.shop_id, customer.customer_id), scene.zone)
