"""What the app sends and subscribes to is understood here: a demo would find out late."""

from pathlib import Path

import pytest
from graphql import parse, validate

from plugin.sandbox.app import compiled, sandbox_schema

ROOT = Path(__file__).parents[2]
SUBSCRIPTIONS = sorted((ROOT / "webhooks" / "subscriptions").glob("*.graphql"))
DOCUMENTS = sorted((ROOT / "plugin" / "saleor" / "documents").glob("*.graphql"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_an_operation_is_valid(path: Path) -> None:
    assert validate(sandbox_schema(), parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SUBSCRIPTIONS, ids=lambda path: path.stem)
def test_a_subscription_can_be_rendered(path: Path) -> None:
    compiled(path.read_text(encoding="utf-8"))
