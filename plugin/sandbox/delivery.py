"""Webhooks on their way: rendered when first sent, signed, sent by many workers, tried again as Saleor does."""

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from plugin.sandbox.access import Context
from plugin.sandbox.events import ASYNC_PERMISSIONS, Event
from plugin.sandbox.records.apps import App, Webhook
from plugin.sandbox.render import Render
from plugin.sandbox.shop import SCHEMA_VERSION, VERSION, Shop
from plugin.sandbox.wire import Answer, NoAnswer, Wire

RETRY_SECONDS = (10, 20, 40, 80, 160)
USER_AGENT = f"Saleor/{SCHEMA_VERSION}"
#: how far a shuffled queue looks for the next delivery
SHUFFLE_WINDOW = 64
LOG_LENGTH = 2000


@dataclass(slots=True, eq=False)
class Delivery:
    webhook: Webhook
    event: Event
    body: bytes | None = None
    attempts: int = 0
    status: str = "PENDING"
    #: HTTP statuses of the attempts; 0 where no answer came
    answers: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Manner:
    """How deliveries are made, changed by `POST /sandbox/delivery`."""

    concurrency: int = 16
    duplicate: float = 0.0
    shuffle: bool = False
    #: 1 keeps Saleor's 10 to 160 seconds
    retry_factor: float = 1.0
    paused: bool = False


def signed_headers(shop: Shop, event: str, body: bytes, extra: dict[str, str]) -> dict[str, str]:
    signature, name = shop.keys.sign(body), event.lower()
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Saleor-Event": name,
        "Saleor-Domain": shop.domain,
        "Saleor-Api-Url": shop.api_url,
        "Saleor-Signature": signature,
        "X-Saleor-Event": name,
        "X-Saleor-Domain": shop.domain,
        "X-Saleor-Signature": signature,
        **extra,
    }


def render_body(shop: Shop, render: Render, event: Event, app: App) -> bytes:
    context = Context(shop, app=app, permissions=frozenset(permission for permission in app.codes))
    return json.dumps(render(event.root(app, VERSION), context)).encode()


class Deliveries:
    """The queue of asynchronous webhooks and its workers. Lives on one event loop."""

    def __init__(
        self, shop: Shop, render_of: Callable[[Webhook], Render], manner: Manner, wire: Callable[[], Wire]
    ) -> None:
        self._shop, self._render_of, self._new_wire = shop, render_of, wire
        self.manner = manner
        self.counts: Counter[str] = Counter()
        self.log: deque[Delivery] = deque(maxlen=LOG_LENGTH)
        self._queue: deque[Delivery] = deque()
        self._given_up: list[Delivery] = []
        self._open = 0
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._workers: dict[int, asyncio.Task[None]] = {}

    @property
    def pending(self) -> int:
        return self._open

    def take(self, event: Event) -> None:
        """The shop's listener: one delivery for each webhook that subscribes and may."""
        subject = event.body.get("app")
        for app in [*self._shop.apps.values(), *([subject] if subject and subject.id not in self._shop.apps else [])]:
            own = app is subject
            if not (own or (app.is_active and ASYNC_PERMISSIONS[event.name] in app.codes)):
                continue
            for webhook in app.webhooks:
                if webhook.is_active and event.name in webhook.asynchronous:
                    self._enqueue(Delivery(webhook, event))

    def _enqueue(self, delivery: Delivery) -> None:
        if self.manner.duplicate and random.random() < self.manner.duplicate:
            twin = Delivery(delivery.webhook, delivery.event)
            self._queue.append(twin)
            self.log.append(twin)
            self._open += 1
        self._queue.append(delivery)
        self.log.append(delivery)
        self._open += 1
        self._wake.set()

    def start(self) -> None:
        self.set_concurrency(self.manner.concurrency)

    def set_concurrency(self, count: int) -> None:
        self.manner.concurrency = count
        for number in range(count):
            if number not in self._workers or self._workers[number].done():
                self._workers[number] = asyncio.get_running_loop().create_task(self._work(number))
        self.wake()

    def wake(self) -> None:
        self._wake.set()

    async def stop(self) -> None:
        tasks = list(self._workers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._workers.clear()

    async def settled(self, at_most: int = 0) -> None:
        """Returns when no more than so many deliveries are pending, retries included."""
        while self._open > at_most:
            self._changed.clear()
            await self._changed.wait()

    async def _work(self, number: int) -> None:
        wire = self._new_wire()
        try:
            while number < self.manner.concurrency:
                while self._queue and not self.manner.paused:
                    await self._attempt(self._next(), wire)
                self._wake.clear()
                await self._wake.wait()
        finally:
            wire.close()

    def _next(self) -> Delivery:
        if self.manner.shuffle and len(self._queue) > 1:
            self._queue.rotate(-random.randrange(min(len(self._queue), SHUFFLE_WINDOW)))
        return self._queue.popleft()

    async def _attempt(self, delivery: Delivery, wire: Wire) -> None:
        shop, webhook = self._shop, delivery.webhook
        if delivery.body is None:
            delivery.body = render_body(shop, self._render_of(webhook), delivery.event, webhook.app)
        headers = signed_headers(shop, delivery.event.name, delivery.body, webhook.headers)
        delivery.attempts += 1
        try:
            answer = await wire.send("POST", webhook.target_url, headers, delivery.body)
        except NoAnswer:
            answer = Answer(0, b"")
        delivery.answers.append(answer.status)
        self.counts["attempts"] += 1
        if 200 <= answer.status < 300:
            self._end(delivery, "SUCCESS")
        elif 300 <= answer.status < 500 or delivery.attempts > len(RETRY_SECONDS):
            self._end(delivery, "FAILED")
        else:
            delay = RETRY_SECONDS[delivery.attempts - 1] * self.manner.retry_factor
            asyncio.get_running_loop().call_later(delay, self._again, delivery)

    def _again(self, delivery: Delivery) -> None:
        self._queue.append(delivery)
        self._wake.set()

    def redeliver(self) -> int:
        """What was given up begins anew with the body that it had, as staff have it in the Dashboard; how many."""
        again, self._given_up = self._given_up, []
        for delivery in again:
            delivery.status, delivery.attempts = "PENDING", 0
            self._open += 1
            self._again(delivery)
        return len(again)

    def _end(self, delivery: Delivery, status: str) -> None:
        delivery.status = status
        if status == "FAILED":
            self._given_up.append(delivery)
        else:
            delivery.body = None
        self.counts[status] += 1
        self._open -= 1
        self._changed.set()
