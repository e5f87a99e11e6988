"""A small GraphQL client of the tests' own, and how they wait."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import click
import httpx

T = TypeVar("T")

#: Saleor's tokens of staff last five minutes.
TOKEN_SECONDS = 180.0
PAUSE = 0.25


class Refused(AssertionError):
    """Saleor said no; its words are the message."""


@dataclass(frozen=True)
class Api:
    url: str
    http: httpx.Client

    def call(self, document: str, token: str | None = None, **variables: Any) -> Any:
        """The data. Raises `Refused` for GraphQL errors and for those that a mutation answers with."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.http.post(self.url, json={"query": document, "variables": variables}, headers=headers).json()
        if answer.get("errors"):
            raise Refused("; ".join(str(error["message"]) for error in answer["errors"]))
        for payload in answer["data"].values():
            if isinstance(payload, dict) and payload.get("errors"):
                raise Refused("; ".join(f"{error.get('code')}: {error['message']}" for error in payload["errors"]))
        return answer["data"]


class Staff:
    """Somebody who works at the shop, signed in for as long as the tests take."""

    def __init__(self, api: Api, email: str, password: str) -> None:
        self.api = api
        self._who = {"email": email, "password": password}
        self._token = ""
        self._since = float("-inf")

    def call(self, document: str, **variables: Any) -> Any:
        if time.monotonic() - self._since > TOKEN_SECONDS:
            self._token = sign_in(self.api, **self._who)
            self._since = time.monotonic()
        return self.api.call(document, self._token, **variables)

    def pages(self, field: str, selection: str, arguments: str = "") -> Iterator[Any]:
        document = "query($after: String) { %s(first: 100, after: $after%s) { edges { node { %s } } pageInfo { hasNextPage endCursor } } }"  # fmt: skip
        after = None
        while True:
            found = self.call(document % (field, arguments, selection), after=after)[field]
            yield from (edge["node"] for edge in found["edges"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]


SIGN_IN = """
mutation($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token errors { code message } }
}
"""


def sign_in(api: Api, email: str, password: str) -> str:
    """Saleor delays a second log-in from one address; it is then tried again."""

    def tried() -> str | None:
        try:
            token: str = api.call(SIGN_IN, email=email, password=password)["tokenCreate"]["token"]
        except Refused as refused:
            if "LOGIN_ATTEMPT_DELAYED" in str(refused):
                return None
            raise
        return token

    return until(f"{email} to be signed in", tried, within=60, pause=1.0)


def until(what: str, look: Callable[[], T | None], *, within: float = 30, pause: float = PAUSE) -> T:
    """What `look` finds, once that is anything; said aloud, so that a test that hangs tells on what."""
    began = time.monotonic()
    while True:
        found = look()
        took = time.monotonic() - began
        if found:
            click.echo(f"  {what}: {took:.1f} s")
            return found
        assert took < within, f"Waited {took:.0f} s in vain for {what}."
        time.sleep(pause)
