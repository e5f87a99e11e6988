"""The sandbox's schema is a true subset of Saleor's."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    validate_schema,
)

from plugin.sandbox.schema import SCHEMA_TEXT

SALEORS = Path(__file__).parents[3] / "shared" / "saleor" / "schema.graphql"


@pytest.fixture(scope="module")
def ours() -> GraphQLSchema:
    return build_schema(SCHEMA_TEXT)


@pytest.fixture(scope="module")
def theirs() -> GraphQLSchema:
    if not SALEORS.exists():
        pytest.skip(f"Saleor's own schema is not at {SALEORS}: nothing to compare with")
    return build_schema(SALEORS.read_text(encoding="utf-8"), assume_valid=True)


def _fields_differ(ours: object, theirs: object) -> list[str]:
    wrong = []
    assert isinstance(ours, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    for name, field in ours.fields.items():
        other = theirs.fields.get(name)
        if other is None or str(other.type) != str(field.type):
            wrong.append(f"{ours.name}.{name}: {field.type}, Saleor {other and other.type}")
        elif isinstance(ours, GraphQLInputObjectType):
            continue
        else:
            arguments, others = getattr(field, "args", {}), getattr(other, "args", {})
            for argument, definition in arguments.items():
                if argument not in others or str(others[argument].type) != str(definition.type):
                    wrong.append(f"{ours.name}.{name}({argument})")
            for argument, definition in others.items():
                if str(definition.type).endswith("!") and argument not in arguments:
                    wrong.append(f"{ours.name}.{name} lacks the required {argument}")
    return wrong


def test_is_valid(ours: GraphQLSchema) -> None:
    assert validate_schema(ours) == []


def test_every_name_and_type_is_saleors(ours: GraphQLSchema, theirs: GraphQLSchema) -> None:
    wrong: list[str] = []
    for name, kind in ours.type_map.items():
        other = theirs.type_map.get(name)
        if name.startswith("__"):
            continue
        if other is None or type(other) is not type(kind):
            wrong.append(f"{name}: no such type in Saleor")
        elif isinstance(kind, GraphQLEnumType) and isinstance(other, GraphQLEnumType):
            wrong += [f"{name}.{value}" for value in kind.values if value not in other.values]
        elif isinstance(kind, GraphQLUnionType) and isinstance(other, GraphQLUnionType):
            wrong += [f"{name}: {t.name}" for t in kind.types if t.name not in {o.name for o in other.types}]
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            wrong += _fields_differ(kind, other)
            if isinstance(kind, GraphQLObjectType) and isinstance(other, GraphQLObjectType):
                known = {interface.name for interface in other.interfaces}
                wrong += [f"{name} implements {i.name}" for i in kind.interfaces if i.name not in known]
    assert wrong == []


def test_required_input_fields_are_all_there(ours: GraphQLSchema, theirs: GraphQLSchema) -> None:
    lacking = [
        f"{name}.{field}"
        for name, kind in ours.type_map.items()
        if isinstance(kind, GraphQLInputObjectType)
        for field, definition in theirs.type_map[name].fields.items()  # type: ignore[attr-defined]
        if str(definition.type).endswith("!") and field not in kind.fields
    ]
    assert lacking == []
