"""The app as a server sees it: Starlette, with a short way for what is asked for thousands of times a second."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send


class Express(Starlette):
    """These methods of these paths go straight to their endpoint; its routes and middleware serve all others.

    Measured with `retention bench webhooks` and `decisions`: routing and middleware were a fifth of an answer's time.
    """

    def __init__(self, *, straight: Mapping[tuple[str, str], ASGIApp], **starlette: Any) -> None:
        super().__init__(**starlette)
        self._straight = straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (endpoint := self._straight.get((scope["method"], scope["path"]))):
            await endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
