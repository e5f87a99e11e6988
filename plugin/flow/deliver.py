"""Effects, carried out: lease, look again under the customer's lock, call, write the end.

The call happens outside of any transaction. Whoever is killed in the middle leaves a lease that runs
out; who comes next looks at the platform before doing it again.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import anyio
import structlog
from sqlalchemy import Connection

from plugin import metrics
from plugin.domain.effects import EffectStatus
from plugin.domain.phrases import phrase
from plugin.engine.port import Lane, LaneKind
from plugin.errors import GiveUp, Gone, Rejected, TokenRefused, TryLater, sentence_of
from plugin.flow import calls, carry
from plugin.flow.calls import Ending, Ready
from plugin.flow.carry import Hold
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.flow.send import park_lost
from plugin.flow.tick import tick
from plugin.saleor.vouchers import CODES_A_CALL
from plugin.store import effects, leases, shops
from plugin.store.effects import Effect
from plugin.store.leases import Lease
from plugin.store.shops import Shop, ShopStatus
from plugin.store.statements import for_many

log = structlog.get_logger(__name__)

#: Calls in one drain; what is behind them is leased in the next.
CALLS = 16
#: Codes of one batch that are looked at together, and put there call by call, well before the lease runs out.
TOGETHER = 3 * CODES_A_CALL
#: Renewed just before each call, so longer than most calls take. After it somebody else takes over from who
#: was killed; a call that is still under way then meets its own doing at the platform.
LEASE = timedelta(minutes=1)
#: Seconds before an effect that failed is tried again; then it is dead.
WAITS = (5, 15, 60, 300, 900, 3600, 3600, 3600)
#: How long effects of a paused campaign wait before they are looked at again.
PAUSE = timedelta(minutes=5)


async def deliver(house: House, shop_id: int) -> bool:
    """One batch of the shop's effects; whether there may be more."""
    taken = await anyio.to_thread.run_sync(_take, house, shop_id)
    if taken is None:
        return False
    shop, groups = taken
    outcomes = _Outcomes(house, shop)
    await outcomes.carry_out_all(groups, outcomes.look_again)
    return bool(groups) and not outcomes.resting


async def decide_and_deliver(house: House, shop_id: int) -> bool:
    """One batch of what time has made true, and its codes at the platform; whether there may be more.

    They go out at once where their voucher is there: nothing has to be read or looked at again, as it does when
    somebody comes for them later. Whoever is killed before the call leaves them to those who do.
    """
    ticked = await anyio.to_thread.run_sync(tick, house, shop_id, Lease(secrets.token_hex(8), LEASE))
    if ticked.ready:
        known = {one.effect.effect_id: one for one in ticked.ready}
        groups = _grouped([one.effect for one in ticked.ready])
        outcomes = _Outcomes(house, ticked.shop)
        await outcomes.carry_out_all(groups, lambda group: [known[effect.effect_id] for effect in group])
    return ticked.more


def take_over(house: House) -> None:
    """What an earlier process left leased is free at once; only for whoever is alone with the database."""
    with house.database.write() as connection:
        left = leases.let_all_go(connection)
    if left:
        log.info("effects_taken_over", effects=left)
    park_lost(house, all_of_them=True)


def _take(house: House, shop_id: int) -> tuple[Shop, list[list[Effect]]] | None:
    now = house.clock()
    holder = secrets.token_hex(8)
    with house.database.read() as connection:
        if not leases.any_due(connection, shop_id, now):
            return None  # as often when this is woken: what nobody writes for holds up no writer
    with house.database.write() as connection:
        shop = shops.get(connection, shop_id)
        if shop.rests(now):
            return None
        leased = list(leases.lease(connection, shop_id, now, holder, LEASE, CALLS))
        for batch, held in _sizes(leased).items():
            if held < TOGETHER:
                leased += leases.lease_batch(connection, shop_id, batch, now, holder, LEASE, TOGETHER - held)
    return shop, _grouped(leased)


def _sizes(leased: Sequence[Effect]) -> Counter[str]:
    sizes = Counter[str]()
    for effect in leased:
        if effect.batch:
            sizes[effect.batch] += effects.size_of(effect.payload)
    return sizes


def _grouped(leased: Sequence[Effect]) -> list[list[Effect]]:
    """Those of one batch together."""
    groups: list[list[Effect]] = []
    latest: dict[str, tuple[list[Effect], int]] = {}
    for effect in leased:
        group, held = latest.get(effect.batch or "", ([], TOGETHER))
        size = effects.size_of(effect.payload)
        if not effect.batch or held + size > TOGETHER:
            group, held = [], 0
            groups.append(group)
        group.append(effect)
        if effect.batch:
            latest[effect.batch] = group, held + size
    return groups


class _Outcomes:
    """One drain: what happened so far decides whether the rest is carried out or given back."""

    def __init__(self, house: House, shop: Shop) -> None:
        self.house = house
        self.shop = shop
        self.saleor = house.connect(shop)
        self.resting = False
        self.woken = False

    async def carry_out_all(
        self, groups: Sequence[Sequence[Effect]], look: Callable[[Sequence[Effect]], Sequence[Ready]]
    ) -> None:
        """look: which of a group are still wanted, just before they are carried out."""
        left = list(groups)
        try:
            while left:
                await self._carry_out(left[0], look)
                left.pop(0)
        finally:
            if left:  # cut short, by SIGTERM or by the database
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._let_go, left)
        if self.woken:
            shop_id = self.shop.shop_id
            self.house.wake([Lane(LaneKind.DELIVER, shop_id), Lane(LaneKind.MESSAGES, shop_id)])

    async def _carry_out(self, group: Sequence[Effect], look: Callable[[Sequence[Effect]], Sequence[Ready]]) -> None:
        if self.resting:
            await anyio.to_thread.run_sync(self._give_back, group)
            return
        ready = await anyio.to_thread.run_sync(look, group)
        if not ready:
            return
        try:
            endings = await calls.call(self.saleor, ready)
        except TokenRefused as error:
            await anyio.to_thread.run_sync(self._refused, ready, error)
        except TryLater as error:
            await anyio.to_thread.run_sync(self._later, ready, error)
        except Gone as error:
            await anyio.to_thread.run_sync(self._gone, ready, error)
        except (GiveUp, Rejected) as error:
            await anyio.to_thread.run_sync(self._end, ready, EffectStatus.DEAD, sentence_of(error))
        else:
            await anyio.to_thread.run_sync(self._finish, ready, endings)

    def _let_go(self, left: Sequence[Sequence[Effect]]) -> None:
        """The first group may have been carried out; the others have not been begun."""
        with self.house.database.write() as connection:
            for effect in left[0]:
                self._again(connection, effect, self.house.clock(), phrase("Cut short; it may have been carried out."))
        for group in left[1:]:
            self._give_back(group)

    def look_again(self, group: Sequence[Effect]) -> list[Ready]:
        """Those that are still wanted, looked at again under the customer's lock; the others end here."""
        ready = []
        with self.house.database.write() as connection:
            scene = self._scene(connection, group[0])
            for effect in group:
                if not leases.hold(connection, effect, scene.now + LEASE):
                    continue
                match carry.prepare(connection, scene, effect):
                    case Ready() as call:
                        ready.append(call)
                    case Hold():
                        leases.give_back(connection, effect, scene.now + PAUSE)
                    case str() as why:
                        self._write(connection, effect, EffectStatus.WITHDRAWN, scene.now, error=why)
        return ready

    def _finish(self, ready: Sequence[Ready], endings: Sequence[Ending]) -> None:
        with self.house.database.write() as connection:
            scene = self._scene(connection, ready[0].effect)
            for call, ending in zip(ready, endings, strict=True):
                if not leases.hold(connection, call.effect, scene.now + LEASE):
                    continue
                if carry.finish(connection, scene, call, ending):
                    self._write(connection, call.effect, EffectStatus.DONE, scene.now)
                    self.woken = True
                else:
                    self._write(connection, call.effect, EffectStatus.FAILED, scene.now, due_at=scene.now)

    def _later(self, ready: Sequence[Ready], error: TryLater) -> None:
        now = self.house.clock()
        if error.after is not None:
            self.resting = True
            with self.house.database.write() as connection:
                shops.rest(connection, self.shop.shop_id, now + timedelta(seconds=error.after))
        with self.house.database.write() as connection:
            for call in ready:
                self._again(connection, call.effect, now, sentence_of(error), error.after)

    def _again(
        self, connection: Connection, effect: Effect, now: datetime, error: str, after: float | None = None
    ) -> None:
        tried = effect.attempts
        if tried > len(WAITS):
            self._write(connection, effect, EffectStatus.DEAD, now, error=error)
            return
        due = now + timedelta(seconds=after if after is not None else WAITS[tried - 1])
        self._write(connection, effect, EffectStatus.FAILED, now, error=error, due_at=due)

    def _gone(self, ready: Sequence[Ready], error: Gone) -> None:
        """What the effect was to change is no longer there."""
        with self.house.database.write() as connection:
            scene = self._scene(connection, ready[0].effect)
            for call in ready:
                self._write(connection, call.effect, EffectStatus.WITHDRAWN, scene.now, error=sentence_of(error))
            carry.lost(connection, scene, ready[0])

    def _refused(self, ready: Sequence[Ready], error: TokenRefused) -> None:
        self.resting = True
        log.warning("token_refused", shop=self.shop.api_url, error=str(error))
        with self.house.database.write() as connection:
            shops.set_status(connection, self.shop.shop_id, ShopStatus.REFUSED, self.house.clock())
        self._give_back([call.effect for call in ready])

    def _end(self, ready: Sequence[Ready], status: EffectStatus, error: str) -> None:
        with self.house.database.write() as connection:
            for call in ready:
                self._write(connection, call.effect, status, self.house.clock(), error=error)

    def _give_back(self, group: Sequence[Effect]) -> None:
        now = self.house.clock()
        with self.house.database.write() as connection:
            for effect in group:
                leases.give_back(connection, effect, now)

    def _write(
        self,
        connection: Connection,
        effect: Effect,
        status: EffectStatus,
        now: datetime,
        *,
        error: str | None = None,
        due_at: datetime | None = None,
    ) -> None:
        if leases.end(connection, effect, status, now, error=error, due_at=due_at):
            metrics.effects.labels(effect.kind.value, status.value).inc()
            if error is not None:
                log.info("effect_ended", shop=self.shop.api_url, kind=effect.kind.value, status=status, error=error)

    def _scene(self, connection: Connection, first: Effect) -> Scene:
        if first.batch:
            for_many(connection)
        shop = shops.hold(connection, self.shop.shop_id)
        return set_scene(connection, self.house, shop, self.house.clock())
