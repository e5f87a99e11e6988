"""The command: its frame, the servers it starts, and the subcommands that operators use."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx
import psycopg
import pytest
from click.testing import CliRunner, Result

from plugin.cli import COMMANDS, Retention, retention
from plugin.commands.keys import rotate_all
from plugin.engine.install import install
from plugin.errors import GiveUp
from plugin.secrets import Keyring
from plugin.store import shops
from plugin.store.database import Database
from plugin.store.migrate import is_current, migrate

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD, NEW = "old-" * 8, "new-" * 8
PATIENCE = 30.0

Run = Callable[..., Result]


def environ_of(database_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
    return kept | {
        "RETENTION_DATABASE_URL": database_url,
        "RETENTION_PUBLIC_URL": "https://retention.example",
        "RETENTION_SECRET_KEYS": OLD,
        "RETENTION_ALLOWED_SHOPS": "shop.example",
    }


@pytest.fixture
def environ(database_url: str) -> dict[str, str]:
    return environ_of(database_url)


@pytest.fixture
def one_environ(tmp_path: Path) -> dict[str, str]:
    """For what does not depend on the database."""
    return environ_of(f"sqlite:///{tmp_path / 'one.db'}")


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "DROP SCHEMA IF EXISTS procrastinate CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        )
    return postgres


@pytest.fixture
def run(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> Result:
        return CliRunner().invoke(retention, arguments, catch_exceptions=False)

    return run_command


@pytest.fixture
def migrated(database_url: str) -> Iterator[Database]:
    db = Database(database_url, pool_size=2)
    migrate(db)
    if not db.sqlite:
        install(database_url)
    yield db
    db.close()


def add_shop(db: Database, host: str, keyring: Keyring) -> int:
    with db.write() as conn:
        return shops.install(
            conn,
            api_url=f"https://{host}/graphql/",
            app_id="QXBwOjE=",
            token=keyring.encrypt(f"token of {host}"),
            jwks={"keys": []},
            name=host,
            saleor_version="3.24.0",
            pepper=keyring.encrypt(f"pepper of {host}"),
            now=NOW,
        )


def read_shop(db: Database, shop_id: int) -> shops.Shop:
    with db.read() as conn:
        return shops.get(conn, shop_id)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_is_there_and_says_what_it_does(name: str) -> None:
    group = retention
    assert isinstance(group, Retention)
    command = group.get_command(click.Context(group), name)
    assert isinstance(command, click.Command)
    assert command.help
    assert CliRunner().invoke(retention, [name, "--help"]).exit_code == 0


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(retention, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert name in said
        assert entry.help.endswith(".")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from plugin.cli import retention;"
        " assert CliRunner().invoke(retention, ['--help']).exit_code == 0;"
        " print({'sqlalchemy', 'starlette', 'httpx', 'pydantic', 'structlog', 'rich', 'alembic'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


def test_an_error_of_ours_is_its_sentence_and_exit_2(one_environ: dict[str, str]) -> None:
    one_environ["RETENTION_PORT"] = "many"
    done = command(one_environ, "serve")
    assert done.returncode == 2
    assert done.stderr == "RETENTION_PORT is not understood: set it to the port to listen on, 1 to 65535.\n"
    assert done.stdout == ""


def test_what_nobody_expected_is_one_line_and_exit_1(one_environ: dict[str, str]) -> None:
    script = (
        "import sys, plugin.cli, plugin.commands.keys as keys\n"
        "def fail(): raise RuntimeError('a bug')\n"
        "keys.new_key = fail; sys.argv = ['retention', 'keys', 'new']; plugin.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=one_environ, check=False)
    assert done.returncode == 1
    assert done.stderr == "Unexpected: RuntimeError: a bug. RETENTION_LOG_LEVEL=DEBUG shows where.\n"
    one_environ["RETENTION_LOG_LEVEL"] = "DEBUG"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=one_environ, check=False)
    assert "Traceback" in done.stderr


def test_migrate_makes_the_tables(run: Run, database_url: str) -> None:
    assert run("migrate").exit_code == 0
    assert run("migrate").exit_code == 0
    db = Database(database_url, pool_size=2)
    assert is_current(db)
    db.close()


def test_on_postgresql_nothing_starts_before_migrate(empty_postgres: str) -> None:
    environ = environ_of(empty_postgres)
    for name in ("serve", "worker", "shops"):
        done = command(environ, name)
        assert done.returncode == 2
        assert "run `retention migrate`" in done.stderr
    migrate(db := Database(empty_postgres, pool_size=2))
    db.close()
    done = command(environ, "serve")  # the tables are there, the engine's are not
    assert done.returncode == 2
    assert "run `retention migrate`" in done.stderr


def test_a_database_that_does_not_answer_is_said(one_environ: dict[str, str]) -> None:
    one_environ["RETENTION_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    done = command(one_environ, "shops")
    assert done.returncode == 2
    assert done.stderr.startswith("The database did not answer")


def test_a_worker_refuses_sqlite(one_environ: dict[str, str]) -> None:
    done = command(one_environ, "worker")
    assert done.returncode == 2
    assert done.stderr.startswith("A worker needs PostgreSQL")


def test_shops_are_listed_stopped_and_started(run: Run, migrated: Database) -> None:
    first, second = (add_shop(migrated, host, Keyring([OLD])) for host in ("a.example", "b.example"))
    assert [row["stopped"] for row in json.loads(run("shops", "--json").stdout)] == [False, False]
    assert "a.example" in run("shops").stdout
    assert run("stop", "https://b.example/graphql/").stdout == "https://b.example/graphql/ is stopped.\n"
    assert (read_shop(migrated, first).stopped, read_shop(migrated, second).stopped) == (False, True)
    assert run("stop", "--all").exit_code == 0
    assert (read_shop(migrated, first).stopped, read_shop(migrated, second).stopped) == (True, True)
    assert run("start", str(first)).exit_code == 0
    assert (read_shop(migrated, first).stopped, read_shop(migrated, second).stopped) == (False, True)


@pytest.mark.parametrize("arguments", [("stop",), ("start",), ("stop", "1", "--all"), ("stop", "nobody")])
def test_stop_wants_to_know_whom(run: Run, migrated: Database, arguments: tuple[str, ...]) -> None:
    shop = add_shop(migrated, "a.example", Keyring([OLD]))
    assert run(*arguments).exit_code == 2
    assert not read_shop(migrated, shop).stopped


def test_keys_are_rotated(run: Run, migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = add_shop(migrated, "a.example", Keyring([OLD]))
    monkeypatch.setenv("RETENTION_SECRET_KEYS", f"{NEW},{OLD}")
    assert run("keys", "rotate").exit_code == 0
    kept = read_shop(migrated, shop)
    assert Keyring([NEW]).decrypt(kept.token) == "token of a.example"
    assert Keyring([NEW]).decrypt(kept.pepper) == "pepper of a.example"


def test_keys_are_rotated_for_all_shops_or_none(migrated: Database) -> None:
    first = add_shop(migrated, "a.example", Keyring([OLD]))
    add_shop(migrated, "b.example", Keyring(["lost" * 8]))
    before = read_shop(migrated, first).token
    with pytest.raises(GiveUp), migrated.write() as conn:
        rotate_all(conn, Keyring([NEW, OLD]))
    assert read_shop(migrated, first).token == before


def test_a_new_key_can_be_used(run: Run) -> None:
    assert len(run("keys", "new").stdout.strip()) >= 32


def test_prune_says_how_much_is_gone(run: Run, migrated: Database) -> None:
    assert run("prune").stdout == "0 rows are gone.\n"


def test_the_server_starts_answers_and_ends_in_good_order(environ: dict[str, str], migrated: Database) -> None:
    environ["RETENTION_PORT"] = str(free_port())
    server = subprocess.Popen([sys.executable, "-m", "plugin.cli", "serve"], env=environ, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{environ['RETENTION_PORT']}"
    try:
        answer = until_ready(f"{address}/readyz", server)
        assert answer.json() == {"ready": True, "database": "ok", "inbox": "ok", "engine": "ok"}
        manifest = httpx.get(f"{address}/api/manifest")
        assert manifest.json()["tokenTargetUrl"].startswith("https://retention.example/")
        assert httpx.get(f"{address}/api/manifest/").status_code == 404, "Saleor follows no redirect"
        assert httpx.post(f"{address}/api/register/").status_code == 404
        assert resident_mib(server.pid) < 150
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()


def test_a_worker_starts_and_ends_in_good_order(empty_postgres: str) -> None:
    environ = environ_of(empty_postgres)
    assert command(environ, "migrate").returncode == 0
    environ["RETENTION_WORKER_PORT"] = str(free_port())
    worker = subprocess.Popen([sys.executable, "-m", "plugin.cli", "worker"], env=environ, stderr=subprocess.DEVNULL)
    try:
        until_ready(f"http://127.0.0.1:{environ['RETENTION_WORKER_PORT']}/readyz", worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()
    with psycopg.connect(environ["RETENTION_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate.procrastinate_workers").fetchone() == (0,)


def command(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "plugin.cli", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_ready(address: str, process: "subprocess.Popen[bytes]") -> httpx.Response:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        try:
            answer = httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code == 200:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{address} was not ready in time, or its process ended with {process.poll()}.")


def resident_mib(pid: int) -> float:
    """0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 -- not a file of anybody's
            (line,) = [line for line in status if line.startswith("VmRSS")]
    except FileNotFoundError:
        return 0.0
    return int(line.split()[1]) / 1024
