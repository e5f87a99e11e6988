from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from plugin.engine.port import Lane
from plugin.headers import HEADERS, SecurityHeaders
from plugin.health import Health
from plugin.store import inbox
from plugin.store.database import Database
from plugin.store.inbox import Arrival
from plugin.store.migrate import migrate

NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.anyio


class FakeEngine:
    running = True

    def wake(self, lanes: Iterable[Lane]) -> None: ...
    def every(self, period: timedelta, name: str, job: Callable[[], Awaitable[None]]) -> None: ...
    async def run(self) -> None: ...
    async def stop(self) -> None: ...


@pytest.fixture
def migrated(database_url: str) -> Database:
    db = Database(database_url, pool_size=2)
    migrate(db)
    return db


async def ask(
    health: Health, path: str, headers: dict[str, str] | None = None, client: tuple[str, int] = ("127.0.0.1", 1)
) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=list(health.routes())), client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        return await http.get(path, headers=headers)


def arrive(db: Database, number: int) -> None:
    with db.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO shops (id, api_url, app_id, token, jwks, status, status_since, rhythm, limits, guardrails,"
            " high_value, origins, sending, pepper, installed_at) VALUES (1, 'https://a/graphql/', 'A', '', '{}', 'active',"
            " '2026-01-01', '{}', '{}', '{}', '{}', '[]', '{}', '', '2026-01-01')"
        )
        inbox.add(conn, [Arrival(1, bytes([n]) * 16, "order_created", b"{}", NOW) for n in range(number)])


async def test_a_process_that_answers_is_alive(migrated: Database) -> None:
    engine = FakeEngine()
    engine.running = False
    assert (await ask(Health(migrated, engine, 10), "/healthz")).status_code == 200
    migrated.close()


async def test_ready(migrated: Database) -> None:
    answer = await ask(Health(migrated, FakeEngine(), 10), "/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "inbox": "ok", "engine": "ok"}
    migrated.close()


async def test_not_ready_without_an_engine(migrated: Database) -> None:
    engine = FakeEngine()
    engine.running = False
    answer = await ask(Health(migrated, engine, 10), "/readyz")
    assert answer.status_code == 503
    assert answer.json()["engine"] == "does not run"
    migrated.close()


@pytest.mark.parametrize(("limit", "status", "said"), [(3, 503, "full"), (4, 200, "ok")])
async def test_not_ready_with_a_full_inbox(migrated: Database, limit: int, status: int, said: str) -> None:
    arrive(migrated, 3)
    answer = await ask(Health(migrated, FakeEngine(), limit), "/readyz")
    assert answer.status_code == status
    assert answer.json()["inbox"] == said
    migrated.close()


async def test_not_ready_with_tables_of_another_version(migrated: Database) -> None:
    with migrated.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
    answer = await ask(Health(migrated, FakeEngine(), 10), "/readyz")
    assert answer.status_code == 503
    assert "retention migrate" in answer.json()["database"]
    migrated.close()


async def test_a_database_that_is_gone() -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    answer = await ask(Health(gone, FakeEngine(), 10), "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "does not answer", "engine": "ok"}
    measured = await ask(Health(gone, FakeEngine(), 10), "/metrics")
    assert measured.status_code == 200
    assert "retention_inbox_rows{" not in measured.text


async def test_metrics_count_the_inbox(migrated: Database) -> None:
    arrive(migrated, 3)
    answer = await ask(Health(migrated, FakeEngine(), 10), "/metrics")
    assert 'retention_inbox_rows{status="open"} 3.0' in answer.text
    assert 'retention_inbox_rows{status="dead"} 0.0' in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    migrated.close()


@pytest.mark.parametrize(
    ("token", "sent", "client", "status"),
    [
        (None, None, "127.0.0.1", 200),
        (None, None, "::1", 200),
        (None, None, "10.0.0.7", 403),
        (None, "Bearer None", "10.0.0.7", 403),
        ("t0ken", "Bearer t0ken", "10.0.0.7", 200),
        ("t0ken", "Bearer other", "127.0.0.1", 403),
        ("t0ken", "t0ken", "127.0.0.1", 403),
        ("t0ken", None, "127.0.0.1", 403),
    ],
)
async def test_who_may_read_metrics(
    database: Database, token: str | None, sent: str | None, client: str, status: int
) -> None:
    headers = {"authorization": sent} if sent else {}
    health = Health(database, FakeEngine(), 10, token)
    assert (await ask(health, "/metrics", headers, (client, 1))).status_code == status


async def test_every_answer_has_the_security_headers() -> None:
    async def framed(_: object) -> Response:
        return PlainTextResponse("ok", headers={"content-security-policy": "frame-ancestors https://dashboard.example"})

    async def plain(_: object) -> Response:
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[Route("/framed", framed), Route("/plain", plain)], middleware=[Middleware(SecurityHeaders, https=True)]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as http:
        answers = {path: await http.get(path) for path in ("/plain", "/framed", "/nothing")}
    for path in ("/plain", "/nothing"):
        assert answers[path].headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert answers["/framed"].headers["content-security-policy"] == "frame-ancestors https://dashboard.example"
    for answer in answers.values():
        assert answer.headers["strict-transport-security"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] != "no-referrer"
