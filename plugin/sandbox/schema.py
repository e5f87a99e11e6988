"""The schema with its resolvers. A field without one reads the attribute of its name in snake case."""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from plugin.sandbox.access import Context, Refused, Resolver

SCHEMA_TEXT = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")

#: what a payload needs beside `errors` where nothing was done
_EMPTY_PAYLOAD = {"count": 0, "confirmationNeeded": False, "deliveries": [], "isValid": False, "results": []}
#: arguments whose Python names would hide a builtin
_RENAMED = {"id": "id_", "input": "input_", "filter": "filter_"}


@cache
def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def argument_name(name: str) -> str:
    return _RENAMED.get(name) or snake(name)


def read(source: Any, name: str) -> Any:
    """The default: a key of a dictionary (payloads, events) or an attribute of a record."""
    return source.get(name) if type(source) is dict else getattr(source, snake(name))


def typename_of(value: Any) -> str:
    return str(value["__typename"]) if type(value) is dict else type(value).__name__


def _adapted(resolver: Resolver) -> Callable[..., Any]:
    def resolve(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        return resolver(source, info.context, **arguments)

    return resolve


def _mutation(resolver: Resolver) -> Resolver:
    """A mutation whose refusals become entries of `errors`; it may be a coroutine."""

    def resolve(source: Any, context: Context, **arguments: Any) -> Any:
        try:
            payload = resolver(source, context, **arguments)
        except Refused as refused:
            return {**_EMPTY_PAYLOAD, "errors": refused.errors}
        return payload if not hasattr(payload, "__await__") else awaited(payload)

    async def awaited(payload: Any) -> Any:
        try:
            return {"errors": [], **(await payload)}
        except Refused as refused:
            return {**_EMPTY_PAYLOAD, "errors": refused.errors}

    def with_errors(source: Any, context: Context, **arguments: Any) -> Any:
        payload = resolve(source, context, **arguments)
        return {"errors": [], **payload} if isinstance(payload, dict) else payload

    return with_errors


def _default(name: str) -> Callable[..., Any]:
    def resolve(source: Any, _info: GraphQLResolveInfo[Context], **_arguments: Any) -> Any:
        return read(source, name)

    return resolve


def _date_time(value: object) -> dt.datetime:
    if not isinstance(value, str):
        raise GraphQLError("DateTime must be a string")
    parsed = dt.datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError(f"{value!r} is not a decimal") from None
    if number < 0:
        raise GraphQLError(f"Value cannot be lower than 0. Unsupported value: {value}")
    return number


def _positive(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise GraphQLError("Value cannot be lower than 1.")
    return value


#: scalar → (to the answer, from the variables)
_SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTime": (lambda value: value.isoformat(), _date_time),
    "Date": (lambda value: value.isoformat(), dt.date.fromisoformat),
    "PositiveDecimal": (float, _decimal),
    "Decimal": (float, lambda value: Decimal(str(value))),
    "PositiveInt": (int, _positive),
    "JSONString": (lambda value: value if isinstance(value, str) else json.dumps(value), str),
    "Float": (float, float),
}


def serializer(scalar: str) -> Callable[[Any], Any] | None:
    """How a scalar is written in a payload; None where it is written as it is."""
    return _SCALARS[scalar][0] if scalar in _SCALARS else None


def _wire_scalar(scalar: GraphQLScalarType) -> None:
    if scalar.name not in _SCALARS or scalar.name == "Float":
        return
    write, read_value = _SCALARS[scalar.name]

    def read_literal(node: Any) -> Any:
        return read_value(int(node.value) if node.kind == "int_value" else node.value)

    scalar.coerce_output_value = write
    scalar.coerce_input_value = read_value
    scalar.coerce_input_literal = read_literal


def _wire_object(kind: GraphQLObjectType, fields: Mapping[tuple[str, str], Resolver]) -> None:
    for name, field in kind.fields.items():
        resolver = fields.get((kind.name, name))
        if resolver is None and "metadata" in kind.fields:
            resolver = fields.get(("ObjectWithMetadata", name))
        field.resolve = _default(name) if resolver is None else _adapted(resolver)
        for argument, definition in field.args.items():
            definition.out_name = argument_name(argument)


def build(
    fields: Mapping[tuple[str, str], Resolver], queries: Mapping[str, Resolver], mutations: Mapping[str, Resolver]
) -> GraphQLSchema:
    schema = build_schema(SCHEMA_TEXT)
    roots = {("Query", name): resolver for name, resolver in queries.items()}
    roots |= {("Mutation", name): _mutation(resolver) for name, resolver in mutations.items()}
    every = {**fields, **roots}
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLScalarType):
            _wire_scalar(kind)
        elif isinstance(kind, GraphQLObjectType):
            _wire_object(kind, every)
        elif isinstance(kind, GraphQLInputObjectType):
            for name, definition in kind.fields.items():
                definition.out_name = snake(name)
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = lambda value, _info, _kind: typename_of(value)
    missing = {(root, name) for root in ("Query", "Mutation") for name in schema.type_map[root].fields} - set(every)  # type: ignore[attr-defined]
    if missing:
        raise LookupError(f"Nothing answers {sorted(missing)}")
    return schema
