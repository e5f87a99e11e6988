"""The shop: the sandbox as a process, spoken to as staff and by its controls."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.processes import Process, free_port

#: A token lives for five minutes.
SIGNED_IN_SECONDS = 240
SIGN_IN = 'mutation { tokenCreate(email: "admin@example.com", password: "admin") { token } }'


class Sandbox:
    def __init__(self, folder: Path, name: str = "sandbox") -> None:
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.process = Process(
            ["plugin.sandbox", "--port", str(port), "--fast-retries"],
            {},
            folder / f"{name}.log",
            f"{self.url}/sandbox/state",
        )
        self._http = httpx.Client(base_url=self.url, timeout=300)
        self._token, self._signed_in = "", float("-inf")

    def start(self) -> None:
        self.process.start()
        self.process.wait_ready()

    def end(self) -> None:
        self._http.close()
        self.process.end()

    def control(self, path: str, content: bytes | None = None, /, **given: Any) -> Any:
        body = json.dumps(given).encode() if content is None else content
        answer = self._http.post(f"/sandbox/{path}", content=body)
        assert answer.is_success, answer.text
        return answer.json()

    def look(self, path: str) -> Any:
        return self._http.get(f"/sandbox/{path}").raise_for_status().json()

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """As staff; a refusal of a mutation is in its own `errors`."""
        if time.monotonic() - self._signed_in > SIGNED_IN_SECONDS:
            said = self._http.post("/graphql/", json={"query": SIGN_IN}).json()
            self._token, self._signed_in = said["data"]["tokenCreate"]["token"], time.monotonic()
        return self._ask(self._token, query, variables)

    def ask_as(self, email: str, query: str, /, **variables: Any) -> dict[str, Any]:
        """As this shopper, signed in."""
        return self._ask(self.control("sign-in", email=email)["token"], query, variables)

    def _ask(self, token: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._http.post("/graphql/", json={"query": query, "variables": variables}, headers=headers).json()
        assert not answer.get("errors"), answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def pages(self, field: str, selection: str) -> Iterator[dict[str, Any]]:
        nodes = f"edges {{ node {{ {selection} }} }} pageInfo {{ hasNextPage endCursor }}"
        query = f"query($after: String) {{ {field}(first: 100, after: $after) {{ {nodes} }} }}"
        after = None
        while True:
            found = self.ask(query, after=after)[field]
            yield from (edge["node"] for edge in found["edges"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def install(self, app_url: str) -> None:
        answer = self.control("install", manifestUrl=f"{app_url}/api/manifest")
        assert answer["app"], answer

    def tell(self, history: Sequence[Mapping[str, Any]], event: str = "ORDER_CREATED") -> None:
        self.control(f"history?event={event}", "\n".join(json.dumps(line) for line in history).encode())

    def manner(self, **changes: Any) -> None:
        self.control("delivery", **changes)

    def faults(self, *faults: Mapping[str, Any]) -> None:
        self.control("faults", graphql=list(faults))

    def no_faults(self) -> None:
        self._http.delete("/sandbox/faults").raise_for_status()

    def settle(self, seconds: float = 120) -> None:
        """Every webhook acknowledged; those that were given up while nobody answered are sent again."""
        while True:
            self.control("settle", timeout=seconds)
            if not self.control("redeliver")["redelivered"]:
                return
