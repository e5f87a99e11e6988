"""What operators and orchestrators ask: is it up, can it work, how is it doing."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from plugin import metrics
from plugin.engine.port import Engine
from plugin.errors import RetentionError, TryLater
from plugin.store import inbox
from plugin.store.database import Database
from plugin.store.migrate import is_current

#: Who may read metrics where no token is set.
THIS_MACHINE = {"127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Health:
    database: Database
    engine: Engine
    inbox_limit: int
    metrics_token: str | None = None
    #: What the engine has counted, where it is a process of its own.
    elsewhere: Callable[[], Awaitable[metrics.Counted]] | None = None

    def routes(self) -> Sequence[BaseRoute]:
        return (
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.measured),
        )

    async def alive(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(self, _: Request) -> Response:
        checks = {**await to_thread.run_sync(self._check_database), "engine": self._check_engine()}
        ready = set(checks.values()) == {"ok"}
        return JSONResponse({"ready": ready, **checks}, status_code=200 if ready else 503)

    async def measured(self, request: Request) -> Response:
        if not self._may_read_metrics(request):
            return PlainTextResponse("Send RETENTION_METRICS_TOKEN as a bearer token.", status_code=403)
        try:
            await to_thread.run_sync(self._count_inbox)
        except RetentionError:  # the rest is worth reading all the more
            metrics.inbox_rows.clear()
        return Response(metrics.exposition(await self._elsewhere()), media_type=metrics.CONTENT_TYPE)

    async def _elsewhere(self) -> metrics.Counted | None:
        try:
            return None if self.elsewhere is None else await self.elsewhere()
        except TryLater:
            return None

    def _check_database(self) -> dict[str, str]:
        try:
            if not is_current(self.database):
                return {"database": "tables of another version: run `retention migrate`"}
            with self.database.read() as connection:
                full = inbox.open_rows(connection) >= self.inbox_limit
        except RetentionError:
            return {"database": "does not answer"}
        return {"database": "ok", "inbox": "full" if full else "ok"}

    def _check_engine(self) -> str:
        return "ok" if self.engine.running else "does not run"

    def _may_read_metrics(self, request: Request) -> bool:
        if self.metrics_token is None:
            return request.client is not None and request.client.host in THIS_MACHINE
        sent = request.headers.get("authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {self.metrics_token}".encode())

    def _count_inbox(self) -> None:
        with self.database.read() as connection:
            metrics.inbox_rows.labels("open").set(inbox.open_rows(connection))
            metrics.inbox_rows.labels("dead").set(inbox.dead_count(connection))
