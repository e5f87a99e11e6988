"""Saleor's API of one shop.

A call returns data, or raises what the caller does next: `TryLater`, `OutcomeUnknown` (look first),
`GiveUp`, `AlreadyExists`, `Gone`, `TokenRefused`.
"""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx
import structlog
from gql import GraphQLRequest
from graphql import ExecutionResult

from plugin.domain.phrases import phrase
from plugin.errors import Gone, OutcomeUnknown, TokenRefused, TryLater, sentence_of
from plugin.saleor.answers import NotPermitted, data_of
from plugin.saleor.bucket import Budget
from plugin.saleor.operations import Operation, operation
from plugin.saleor.transport import SharedTransport, TooMany

log = structlog.get_logger(__name__)

TRIES = 3
#: Longer than this is not waited for here: the effect's row waits, and its lease is free.
LONGEST_PAUSE = 5.0
FIRST_PAUSE = 0.5


class Saleor:
    def __init__(
        self,
        api_url: str,
        token: str,
        http: httpx.AsyncClient,
        *,
        budget: Budget | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.api_url = api_url
        self.budget = budget or Budget()
        #: What Saleor counted for the last call; it refuses a query above 50,000.
        self.last_cost: int | None = None
        self._transport = SharedTransport(http, api_url, token)
        self._sleep = sleep

    async def call(self, operation_name: str, /, **variables: Any) -> dict[str, Any]:
        """Runs `documents/<operation_name>.graphql` and returns its data.

        Tried again here up to `TRIES` times where that is safe: queries, and mutations that were
        certainly not carried out. A mutation whose outcome is unknown is the caller's to look for.
        """
        asked = operation(operation_name)
        for attempt in range(1, TRIES + 1):
            try:
                return await self._once(asked, variables)
            except TryLater as error:
                pause = _pause(attempt) if error.after is None else error.after
                if isinstance(error, TooMany):
                    self.budget.rest(pause)
                if isinstance(error, OutcomeUnknown) or attempt == TRIES or pause > LONGEST_PAUSE:
                    raise
                await self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, asked: Operation, variables: dict[str, Any]) -> dict[str, Any]:
        await self.budget.acquire()
        started = time.monotonic()
        request = GraphQLRequest(asked.document, variable_values=variables, operation_name=asked.name)
        try:
            result = await self._transport.execute(request)
            self._note_cost(asked, result, time.monotonic() - started)
            return data_of(asked, result)
        except OutcomeUnknown as error:
            if asked.mutation:
                raise
            raise TryLater(sentence_of(error), error.after) from error
        except NotPermitted as error:
            # To Saleor an unknown token, or that of an app switched off, is nobody's: every permission is
            # missing then, and an app's own right to read itself too.
            if asked.name == "WhoAmI":
                raise TokenRefused(
                    phrase(
                        "{url} does not know this app's token any more; activate or install the app again.",
                        url=self.api_url,
                    )
                ) from error
            await self.call("WhoAmI")
            raise

    def _note_cost(self, asked: Operation, result: ExecutionResult, seconds: float) -> None:
        cost = (result.extensions or {}).get("cost") or {}
        self.last_cost = cost.get("requestedQueryCost")
        log.debug(
            "saleor_call", shop=self.api_url, operation=asked.name, cost=self.last_cost, seconds=round(seconds, 3)
        )

    async def pages(self, operation_name: str, path: str, /, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The nodes of a connection, page by page.

        `path` leads to the connection with dots (`voucher.codes`); the operation takes `$after`.
        Raises `Gone` where something on the way is not there any more.
        """
        after: str | None = None
        while True:
            found: Any = await self.call(operation_name, **variables, after=after)
            for step in path.split("."):
                found = found.get(step)
                if found is None:
                    raise Gone(phrase("{call}: there is no “{step}” any more.", call=operation_name, step=step))
            for edge in found["edges"]:
                yield edge["node"]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]


def _pause(attempt: int) -> float:
    return FIRST_PAUSE * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)
