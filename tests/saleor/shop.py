"""A client with a shop at its other end that answers by operation, and the budget's clock in hand."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from pytest_httpx import HTTPXMock

from plugin.saleor.bucket import Budget
from plugin.saleor.client import Saleor

API = "https://shop.example/graphql/"

Answer = Mapping[str, Any] | httpx.Response | Exception


@dataclass
class Clock:
    """Sleeping moves it; nobody waits."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Shop:
    """Answers what `answers` says for an operation: data, a response, an error, or one of them after another."""

    mock: HTTPXMock
    clock: Clock = field(default_factory=Clock)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mock.add_callback(self._answer, url=API, is_reusable=True, is_optional=True)

    def says(self, operation: str, *answers: Answer) -> None:
        """One after another; the last one again and again."""
        left = list(answers)
        self.answers[operation] = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer token"
        asked = json.loads(request.content)
        self.calls.append((asked["operationName"], asked.get("variables", {})))
        answer = self.answers[asked["operationName"]](asked.get("variables", {}))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json={"data": answer})

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def variables(self, operation: str) -> list[dict[str, Any]]:
        return [variables for name, variables in self.calls if name == operation]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Saleor]:
        budget = Budget(clock=self.clock, sleep=self.clock.sleep)
        async with httpx.AsyncClient() as http:
            yield Saleor(API, "token", http, budget=budget, sleep=self.clock.sleep)


def connection(nodes: Sequence[Mapping[str, Any]], end: str | None = None) -> dict[str, Any]:
    return {
        "edges": [{"node": node} for node in nodes],
        "pageInfo": {"hasNextPage": end is not None, "endCursor": end},
    }


def failed(payload: str, code: str, field: str = "id", **more: Any) -> dict[str, Any]:
    return {payload: {"errors": [{"field": field, "code": code, "message": "No.", **more}]}}


def graphql_error(message: str, code: str, data: Any = None, status: int = 200) -> httpx.Response:
    error = {"message": message, "extensions": {"exception": {"code": code}}}
    return httpx.Response(status, json={"errors": [error], "data": data})
