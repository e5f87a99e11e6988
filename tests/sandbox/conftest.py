from collections.abc import Iterator

import pytest

from plugin.sandbox.app import Sandbox
from plugin.sandbox.serve import running
from tests.sandbox.talk import Receiver, Talk


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """One server for a module's tests: they share its shop."""
    with running(retry_factor=0.0005, connect_seconds=0.5, answer_seconds=0.5) as sandbox:
        yield sandbox


@pytest.fixture
def shop(server: Sandbox) -> Iterator[Talk]:
    """A staff member who speaks to the API and to the controls."""
    with Talk(server) as talk:
        yield talk
        talk.client.request("DELETE", "/sandbox/faults")
        talk.client.post("/sandbox/delivery", json={"duplicate": 0, "shuffle": False})
        server.shop.apps.clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as app:
        yield app
