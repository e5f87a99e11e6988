"""Headers of every answer. A route that has set one of them itself knows better."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Strict by default; admin pages name the Dashboards that may frame them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Never no-referrer: the Dashboard's App Bridge compares a message's origin with the page's referrer.
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        headers = HEADERS | ({"strict-transport-security": "max-age=31536000"} if https else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                named = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(new for new in self._headers if new[0] not in named)]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
