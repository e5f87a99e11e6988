"""Both sides of a conversation with the sandbox: a client of its API, and an app that it calls."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

from plugin.sandbox.app import Sandbox
from plugin.sandbox.seed import STAFF_EMAIL, STAFF_PASSWORD

ORDER_QUERY = """subscription { event { issuedAt version recipient { id } issuingPrincipal { ... on User { id } }
  ... on OrderCreated { order { ...Whole } } ... on OrderConfirmed { order { ...Whole } } } }
  fragment Whole on Order { id number userEmail voucherCode total { gross { amount currency } }
    lines { quantity variant { product { productType { name } } } } }"""

_SIGN_IN = "mutation($e: String!, $p: String!) { tokenCreate(email: $e, password: $p) { token errors { code } } }"


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """A small app over real HTTP. `answers` are given in turn to POSTs of a path, then 200 for ever."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: dict[str, list[tuple[int, Any]]] = {}
        self.standing: dict[str, tuple[int, Any]] = {}
        self.manifest: dict[str, Any] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                receiver.take(self)

            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.standing["/manifest"] = (200, self.manifest)

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.heard.append(Heard(handler.command, handler.path, dict(handler.headers.items()), body))
        waiting = self.answers.get(handler.path)
        status, said = waiting.pop(0) if waiting else self.standing.get(handler.path, (200, {}))
        text = json.dumps(said).encode()
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", f"{self.url}/elsewhere")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def at(self, path: str) -> list[Heard]:
        return [each for each in self.heard if each.path == path]

    def is_app(self, **more: Any) -> None:
        self.manifest.clear()
        self.manifest.update(
            {
                "id": "test.app",
                "name": "Test app",
                "version": "1.0.0",
                "appUrl": f"{self.url}/app",
                "tokenTargetUrl": f"{self.url}/register",
                "permissions": ["MANAGE_ORDERS", "MANAGE_DISCOUNTS", "MANAGE_USERS", "MANAGE_SHIPPING"],
                "webhooks": [],
                **more,
            }
        )

    def hears(self, *events: str, query: str = ORDER_QUERY) -> dict[str, Any]:
        return {"name": events[0], "targetUrl": f"{self.url}/webhook", "query": query, "asyncEvents": list(events)}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Talk:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = httpx.Client(base_url=sandbox.shop.origin, timeout=10)
        self.token = self.sign_in(STAFF_EMAIL, STAFF_PASSWORD)

    def sign_in(self, email: str, password: str) -> str:
        return str(self.ask(_SIGN_IN, token="", e=email, p=password)["tokenCreate"]["token"])

    def post(self, query: str, token: str | None = None, **variables: Any) -> httpx.Response:
        used = getattr(self, "token", "") if token is None else token
        headers = {"Authorization": f"Bearer {used}"} if used else {}
        return self.client.post("/graphql/", json={"query": query, "variables": variables}, headers=headers)

    def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        answer = self.post(query, token, **variables).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def error_code(self, query: str, token: str | None = None, **variables: Any) -> str:
        answer = self.post(query, token, **variables).json()
        return str(answer["errors"][0]["extensions"]["exception"]["code"])

    def install(self, receiver: Receiver) -> httpx.Response:
        return self.client.post("/sandbox/install", json={"manifestUrl": f"{receiver.url}/manifest"})

    def app_token(self, receiver: Receiver) -> str:
        receiver.is_app(**{k: v for k, v in receiver.manifest.items() if k in {"webhooks", "permissions"}})
        assert self.install(receiver).status_code == 200
        return str(receiver.at("/register")[-1].json["auth_token"])

    def settle(self) -> None:
        assert self.client.post("/sandbox/settle", json={"timeout": 20}).json()["settled"]

    def tell(self, *entries: dict[str, Any], **params: str) -> Any:
        body = "\n".join(json.dumps(entry) for entry in entries)
        return self.client.post("/sandbox/history", params=params, content=body).json()

    def state(self) -> Any:
        return self.client.get("/sandbox/state").json()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()


def past_order(email: str = "old@example.com", **more: Any) -> dict[str, Any]:
    line = {"product": "Rye Bread", "product_type": "Bakery", "sku": "RYE", "quantity": 2, "unit_price": "4.50"}
    order = {"created": "2025-03-01T10:00:00+00:00", "lines": [line], "shipping": "7.99", **more}
    return {"customer": {"email": email, "first_name": "Old"}, "orders": [order]}
