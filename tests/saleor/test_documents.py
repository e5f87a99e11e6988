"""Every document that is sent to Saleor, held against Saleor's schema and the sandbox's."""

import os
from importlib.resources import files
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, validate

from plugin.saleor.operations import operation

ROOT = Path(__file__).parents[2]
SALEOR = Path(os.environ.get("RETENTION_SALEOR_SCHEMA", ROOT.parent / "shared" / "saleor" / "schema.graphql"))
SANDBOX = ROOT / "plugin" / "sandbox" / "schema.graphql"
NAMES = sorted(
    Path(path.name).stem for path in (files("plugin.saleor") / "documents").iterdir() if path.name.endswith(".graphql")
)


@pytest.fixture(scope="module", params=[SALEOR, SANDBOX], ids=["saleor", "sandbox"])
def schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    path: Path = request.param
    if not path.exists():
        pytest.skip(f"{path.name} is not here; name Saleor's schema in RETENTION_SALEOR_SCHEMA to run this test.")
    return build_schema(path.read_text())


def test_there_are_documents() -> None:
    assert "VoucherCreate" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_knows_everything_a_document_asks_for(name: str, schema: GraphQLSchema) -> None:
    assert [error.message for error in validate(schema, operation(name).document)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_mutation_asks_for_what_went_wrong(name: str) -> None:
    asked = operation(name)
    assert not asked.mutation or "errors {" in (files("plugin.saleor") / "documents" / f"{name}.graphql").read_text()


@pytest.mark.parametrize(("name", "mutation"), [("VoucherCreate", True), ("VoucherCodes", False)])
def test_what_changes_something_is_known_as_such(name: str, mutation: bool) -> None:
    assert operation(name).mutation is mutation


def test_a_document_is_parsed_once() -> None:
    assert operation("WhoAmI") is operation("WhoAmI")
