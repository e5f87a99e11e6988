"""Messages, sent at most once: marked as in flight in a committed row before anybody is handed one.

What is known not to have been taken is tried again; of what nobody knows, after a kill or a lost connection, a person
decides. A mail server that cannot be reached costs no message an attempt.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import anyio
import structlog
from sqlalchemy import Connection

from plugin import metrics
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.messages import Medium
from plugin.domain.phrases import phrase
from plugin.domain.reach import Choice, Source
from plugin.errors import GiveUp, NoMailbox, NotReached, OutcomeUnknown, RetentionError, TryLater, sentence_of
from plugin.flow import compose
from plugin.flow.compose import Later, Ready
from plugin.flow.house import House
from plugin.flow.scene import set_scene
from plugin.messaging.port import Letter
from plugin.saleor.customers import telephone_of
from plugin.store import contacts, leases, messages, shops
from plugin.store.effects import Effect
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)

#: In flight together: as many as a kill leaves unknown at most.
BATCH = 50
#: Of them, handed over at the same time.
AT_ONCE = 8
#: Longer than a message can take; whoever is not heard of until then was killed.
LEASE = timedelta(minutes=5)
#: Seconds after which no more of a batch are begun.
LONGEST = 60.0
#: Seconds before a message that was not taken is tried again; then it is dead.
WAITS = (15, 60, 300, 900, 3600, 3600, 3600)
#: How long messages of a paused campaign wait, and all of them where nobody answers.
PAUSE, SILENCE = timedelta(minutes=5), timedelta(seconds=30)


@dataclass(slots=True)
class _Batch:
    """One drain: what became of each message."""

    house: House
    shop: Shop
    ready: Sequence[Ready]
    begun: set[str] = field(default_factory=set)
    #: By ref; None: taken.
    ended: dict[str, RetentionError | None] = field(default_factory=dict)


async def send(house: House, shop_id: int) -> bool:
    """One batch of the shop's messages; whether there may be more."""
    taken = await anyio.to_thread.run_sync(_take, house, shop_id)
    if taken is None:
        return False
    batch, more = taken
    try:
        await _hand_over(batch)
    finally:  # also when it is cut short, by SIGTERM or by a fault of ours
        with anyio.CancelScope(shield=True):
            reached = await anyio.to_thread.run_sync(_write_down, batch)
    return more and reached


def park_lost(house: House, *, all_of_them: bool = False) -> int:
    """Messages that were in flight when their process ended; all: for whoever is alone with the database."""
    with house.database.read() as connection:
        if not messages.any_in_flight(connection):
            return 0
    with house.database.write() as connection:
        lost = messages.park_lost(connection, house.clock(), all_of_them=all_of_them)
    if lost:
        log.warning("messages_parked", messages=lost)
        metrics.effects.labels(EffectKind.MESSAGE.value, EffectStatus.PARKED.value).inc(lost)
    return lost


def _take(house: House, shop_id: int) -> tuple[_Batch, bool] | None:
    """Leased, looked at again and marked as in flight, in one transaction."""
    now, holder = house.clock(), secrets.token_hex(8)
    with house.database.read() as connection:
        if not leases.any_message_due(connection, shop_id, now):
            return None  # as nearly every time that this is woken: what nobody writes for holds up no writer
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        if not shop.active or shop.stopped:
            return None
        leased = leases.lease_messages(connection, shop_id, now, holder, LEASE, BATCH)
        if not leased:
            return None
        scene = set_scene(connection, house, shop, now)
        ready: list[Ready] = []
        for due in compose.by_campaign(leased).values():
            try:
                with connection.begin_nested():
                    prepared = compose.prepare(connection, scene, due)
            except Exception:  # a tactic's fault is its campaign's own
                log.exception("messages_broke", shop=shop.api_url, campaign=due[0].campaign_id)
                for effect in due:
                    _again(connection, effect, house, phrase("The message could not be prepared; the log says why."))
                continue
            for effect, found in zip(due, prepared, strict=True):
                match found:
                    case Ready():
                        ready.append(found)
                    case Later(at):
                        leases.give_back(connection, effect, at or now + PAUSE)
                    case str() as why:
                        leases.end(connection, effect, EffectStatus.WITHDRAWN, now, error=why)
                        metrics.effects.labels(effect.kind.value, EffectStatus.WITHDRAWN.value).inc()
        messages.begin(connection, shop_id, [one.begun for one in ready], now + LEASE, now)
    return _Batch(house, shop, ready), len(leased) == BATCH


def _again(connection: Connection, effect: Effect, house: House, error: str) -> None:
    """Of one that is leased and not in flight."""
    now = house.clock()
    if effect.attempts > len(WAITS):
        leases.end(connection, effect, EffectStatus.DEAD, now, error=error)
    else:
        due = now + timedelta(seconds=WAITS[effect.attempts - 1])
        leases.end(connection, effect, EffectStatus.FAILED, now, error=error, due_at=due)


async def _hand_over(batch: _Batch) -> None:
    waiting = list(reversed(batch.ready))
    until = anyio.current_time() + LONGEST

    async def hand_over_some() -> None:
        while waiting and anyio.current_time() < until and not _unreached(batch):
            ready = waiting.pop()
            batch.ended[ready.begun.ref] = await _one(batch, ready)

    async with anyio.create_task_group() as tasks:
        for _ in range(min(AT_ONCE, len(waiting))):
            tasks.start_soon(hand_over_some)


def _unreached(batch: _Batch) -> bool:
    return any(isinstance(error, NotReached) for error in batch.ended.values())


async def _one(batch: _Batch, ready: Ready) -> RetentionError | None:
    """None where it was taken, or why not."""
    try:
        letter = await _letter(batch, ready)
        batch.begun.add(ready.begun.ref)
        await batch.house.senders[ready.begun.medium].send(letter)
    except RetentionError as error:
        return error
    except Exception:  # a sender that breaks may have sent
        log.exception("sender_broke", medium=ready.begun.medium)
        return OutcomeUnknown(phrase("The sender broke while it sent this; the log says where."))
    return None


async def _letter(batch: _Batch, ready: Ready) -> Letter:
    house, customer = batch.house, ready.customer
    match ready.begun.medium:
        case Medium.MAIL:
            to: str | None = customer.email
        case Medium.PUSH:
            to = customer.state.user_id
        case Medium.SMS:
            try:
                to = await telephone_of(house.connect(batch.shop), customer.state.user_id or "")
            except (TryLater, GiveUp) as error:  # a question: nothing has been sent
                raise TryLater(
                    phrase("The telephone number could not be asked for: {error}", error=sentence_of(error))
                ) from error
    if not to:
        raise NoMailbox(phrase("The customer has no number that this could be sent to."))
    return compose.write(house, batch.shop, ready, to)


def _write_down(batch: _Batch) -> bool:
    """What became of each; whether somebody answers there."""
    house, now = batch.house, batch.house.clock()
    refs = {ref for ref, error in batch.ended.items() if error is None}
    taken = {one.begun.ref: one.begun.effect for one in batch.ready if one.begun.ref in refs}
    with house.database.write() as connection:
        messages.sent(connection, taken, now)
        for ready in batch.ready:
            ref = ready.begun.ref
            if ref in taken:
                continue
            if ref in batch.ended:
                _not_taken(connection, batch, ready, batch.ended[ref])
            elif ref in batch.begun:
                _end(connection, ready, EffectStatus.PARKED, house, messages.UNKNOWN)
            else:  # not begun
                messages.end(
                    connection,
                    ready.begun.effect,
                    EffectStatus.FAILED,
                    now,
                    error=phrase("Its turn did not come."),
                    due_at=now + (SILENCE if _unreached(batch) else timedelta(0)),
                    counts=False,
                )
    metrics.effects.labels(EffectKind.MESSAGE.value, EffectStatus.DONE.value).inc(len(taken))
    return not _unreached(batch)


def _not_taken(connection: Connection, batch: _Batch, ready: Ready, error: RetentionError | None) -> None:
    house, effect, said = batch.house, ready.begun.effect, sentence_of(error) if error is not None else ""
    match error:
        case OutcomeUnknown():
            _end(connection, ready, EffectStatus.PARKED, house, said)
        case NotReached():
            log.warning("sender_not_reached", shop=batch.shop.api_url, medium=ready.begun.medium, error=said)
            now = house.clock()
            messages.end(connection, effect, EffectStatus.FAILED, now, error=said, due_at=now + SILENCE, counts=False)
        case NoMailbox():
            if ready.begun.medium is Medium.MAIL and ready.begun.address is not None:
                bounced = Choice(yes=False, source=Source.BOUNCE, at=house.clock())
                contacts.choose(connection, effect.shop_id, [ready.begun.address], Medium.MAIL, bounced)
            _end(connection, ready, EffectStatus.WITHDRAWN, house, said)
        case TryLater() if effect.attempts <= len(WAITS):
            due = house.clock() + timedelta(seconds=error.after or WAITS[effect.attempts - 1])
            messages.end(connection, effect, EffectStatus.FAILED, house.clock(), error=said, due_at=due)
        case _:
            _end(connection, ready, EffectStatus.DEAD, house, said)


def _end(connection: Connection, ready: Ready, status: EffectStatus, house: House, error: str) -> None:
    messages.end(connection, ready.begun.effect, status, house.clock(), error=error)
    metrics.effects.labels(EffectKind.MESSAGE.value, status.value).inc()
    log.info("message_ended", status=status, medium=ready.begun.medium, error=error)
