"""Work in a process of its own: its answer, its failure, and the end of ours."""

import threading
import time
from pathlib import Path

import pytest

from plugin.errors import GiveUp, TryLater
from plugin.flow.apart import end_all, run_apart
from plugin.store.database import Database


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    for name, code in {
        "echoes": "import sys; print(sys.stdin.read())",
        "breaks": "raise SystemExit(3)",
        "mumbles": "print('hm')",
        "sleeps": "import time; time.sleep(60)",
    }.items():
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Database(f"sqlite:///{tmp_path / 'a.db'}")


def test_it_is_told_where_the_data_are_and_what_is_asked(database: Database) -> None:
    assert run_apart("echoes", database, shop=7) == {"url": str(database.url), "shop": 7}


@pytest.mark.parametrize(
    ("module", "said"), [("breaks", "ended with 3"), ("mumbles", "JSON"), ("nowhere", "ended with 1")]
)
def test_what_fails_is_given_up(database: Database, module: str, said: str) -> None:
    with pytest.raises(GiveUp, match=said):
        run_apart(module, database)


def test_what_takes_too_long_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin.flow.apart.LONGEST", 0.2)
    with pytest.raises(GiveUp, match="not done"):
        run_apart("sleeps", database)


def test_it_ends_with_us(database: Database) -> None:
    raised: list[Exception] = []

    def work() -> None:
        try:
            run_apart("sleeps", database)
        except TryLater as error:
            raised.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(0.5)
    end_all()
    worker.join(20)
    assert not worker.is_alive()
    assert len(raised) == 1
