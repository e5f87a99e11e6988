"""One GraphQL request over a client that all shops share, and what each way to fail means.

Once a request is on its way, only a refusal (429, 4xx) proves that nothing was done. Everything else
that is no answer raises `OutcomeUnknown`; for a query that is the same as trying later.
"""

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import anyio
import httpx
from gql import GraphQLRequest
from gql.transport import AsyncTransport
from graphql import ExecutionResult, GraphQLError

from plugin.domain.phrases import phrase
from plugin.errors import GiveUp, OutcomeUnknown, TokenRefused, TryLater

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
#: No shop can make us wait longer than this with one header.
LONGEST_REST = 3600.0


class TooMany(TryLater):
    """429: the whole shop rests, not only this call."""


class SharedTransport(AsyncTransport):
    """gql's own httpx transport opens a connection pool for each shop and hides the HTTP status."""

    def __init__(self, http: httpx.AsyncClient, api_url: str, token: str) -> None:
        self._http = http
        self._url = api_url
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)

    async def connect(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def subscribe(self, request: GraphQLRequest) -> AsyncGenerator[ExecutionResult, None]:
        raise NotImplementedError("Subscriptions come as webhooks.")

    async def execute(self, request: GraphQLRequest) -> ExecutionResult:
        response = await self._post(request)
        refuse_status(response, self._url)
        answer = _read(response)
        if answer is None:
            raise OutcomeUnknown(
                phrase(
                    "{url} answered {status} with something that is not GraphQL.",
                    url=self._url,
                    status=response.status_code,
                )
            )
        errors = [_error(item) for item in answer.get("errors") or ()]
        if response.status_code >= 400 and not errors:
            raise GiveUp(phrase("{url} refused the request with {status}.", url=self._url, status=response.status_code))
        return ExecutionResult(answer.get("data"), errors or None, answer.get("extensions"))

    async def _post(self, request: GraphQLRequest) -> httpx.Response:
        try:
            with anyio.fail_after(TOTAL_SECONDS):
                return await self._http.post(
                    self._url,
                    json=request.payload,
                    headers=self._headers,
                    timeout=self._timeout,
                    follow_redirects=False,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryLater(phrase("{url} cannot be reached: {said}.", url=self._url, said=_said(error))) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise OutcomeUnknown(phrase("{url} did not answer: {said}.", url=self._url, said=_said(error))) from error
        except httpx.InvalidURL as error:
            raise GiveUp(
                phrase("{url} is not a URL that can be called: {said}.", url=self._url, said=_said(error))
            ) from error
        except TimeoutError as error:
            raise OutcomeUnknown(
                phrase(
                    "{url} did not answer within {seconds} seconds.",
                    url=self._url,
                    seconds=round(TOTAL_SECONDS),
                )
            ) from error


def refuse_status(response: httpx.Response, url: str) -> None:
    """Raises for every HTTP status that is no answer to a GraphQL request."""
    status = response.status_code
    if status == 429:
        raise TooMany(phrase("{url} takes no more calls for now (429).", url=url), after=retry_after(response))
    if status >= 500:
        raise OutcomeUnknown(phrase("{url} answered {status}.", url=url, status=status), after=retry_after(response))
    if status == 401 or (status == 403 and _read(response) is not None):
        raise TokenRefused(
            phrase(
                "{url} does not take this app's token any more ({status}); install the app again.",
                url=url,
                status=status,
            )
        )
    if status in {403, 404, 408, 425}:  # a wall or a gateway in front of the shop, not the shop
        raise TryLater(phrase("{url} answered {status}.", url=url, status=status), after=retry_after(response))
    if 300 <= status < 400:
        where = response.headers.get("Location", "elsewhere")
        raise GiveUp(
            phrase(
                "{url} redirects to {where}: the shop's API has moved, install the app again there.",
                url=url,
                where=where,
            )
        )


def retry_after(response: httpx.Response) -> float | None:
    """The header in seconds, whichever of its two forms it has; None where it says nothing usable."""
    said = response.headers.get("Retry-After", "")
    with suppress(ValueError):
        seconds = float(said) if said.replace(".", "", 1).isdigit() else _until(said)
        return min(max(seconds, 0.0), LONGEST_REST)
    return None


def _until(said: str) -> float:
    moment = parsedate_to_datetime(said)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _read(response: httpx.Response) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    if not isinstance(answer, dict) or not {"data", "errors"} & answer.keys():
        return None
    return answer


def _error(item: Any) -> GraphQLError:
    if not isinstance(item, dict):
        return GraphQLError(str(item))
    return GraphQLError(str(item.get("message", "")), path=item.get("path"), extensions=item.get("extensions"))


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
