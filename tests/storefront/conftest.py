from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.flow import fronts
from plugin.store.database import Database
from plugin.store.schema import metadata
from plugin.storefront import routes
from tests.storefront.stage import Stage


@pytest.fixture(autouse=True)
def _a_machine_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is about being late sets these itself."""
    monkeypatch.setattr(routes, "SECONDS", 30.0)
    monkeypatch.setattr(fronts, "ROUND_SECONDS", 30.0)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """On SQLite; what differs between the databases is asked of `both`."""
    database = Database(f"sqlite:///{tmp_path / 'retention.db'}", pool_size=4)
    with database.write() as connection:
        metadata.create_all(connection)
    yield Stage(database)
    database.close()


@pytest.fixture
def both(database: Database) -> Stage:
    return Stage(database)
