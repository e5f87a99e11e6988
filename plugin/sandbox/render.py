"""Subscription queries, compiled once to closures: an order's payload costs some tens of microseconds.

The same resolvers answer the API through graphql-core; a test holds the two equal.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values

from plugin.sandbox.access import Context, Resolver
from plugin.sandbox.schema import serializer, snake, typename_of

Render = Callable[[Any, Context], Any]


def _is_list(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _value: ()
    only = attrgetter(names[0])
    return lambda value: (only(value),)


class Compiler:
    """Turns the selections of one document into closures."""

    def __init__(
        self, schema: GraphQLSchema, fields: Mapping[tuple[str, str], Resolver], fragments: dict[str, Any]
    ) -> None:
        self._schema, self._fields, self._fragments = schema, fields, fragments

    def _collect(self, kind: GraphQLObjectType, sets: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        for node in (node for selections in sets for node in selections.selections):
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            inner: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if self._applies(inner, kind):
                for key, nodes in self._collect(kind, [inner.selection_set]).items():
                    found.setdefault(key, []).extend(nodes)
        return found

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, kind: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self._schema.type_map[fragment.type_condition.name.value]
        return condition is kind or (is_abstract_type(condition) and self._schema.is_sub_type(condition, kind))

    def selection(self, kind: GraphQLObjectType, sets: list[SelectionSetNode]) -> Render:
        """Plain attributes of a record are read in one go; what needs more has a closure each."""
        collected = self._collect(kind, sets)
        plain = {key: nodes[0].name.value for key, nodes in collected.items() if self._is_plain(kind, nodes[0])}
        renders = {key: self._field(kind, nodes) for key, nodes in collected.items()}
        others = [(key, render) for key, render in renders.items() if key not in plain]
        keys, read = tuple(plain), _reader([snake(name) for name in plain.values()])

        def run(value: Any, context: Context) -> dict[str, Any]:
            if type(value) is dict:
                return {key: render(value, context) for key, render in renders.items()}
            found = dict(zip(keys, read(value), strict=True))
            for key, render in others:
                found[key] = render(value, context)
            return found

        return run

    def _is_plain(self, kind: GraphQLObjectType, node: FieldNode) -> bool:
        name = node.name.value
        if name == "__typename" or self._resolver(kind, name) is not None:
            return False
        named = get_named_type(kind.fields[name].type)
        return is_leaf_type(named) and serializer(named.name) is None and not _is_list(kind.fields[name].type)

    def _resolver(self, kind: GraphQLObjectType, name: str) -> Resolver | None:
        own = self._fields.get((kind.name, name))
        return own or (self._fields.get(("ObjectWithMetadata", name)) if "metadata" in kind.fields else None)

    def _field(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> Render:
        name = nodes[0].name.value
        if name == "__typename":
            return lambda _value, _context: kind.name
        definition = kind.fields[name]
        get = self._getter(kind, name, get_argument_values(definition, nodes[0]))
        sets = [node.selection_set for node in nodes if node.selection_set]
        complete = self._completion(definition.type, sets)
        if complete is None:
            return get

        def run(value: Any, context: Context) -> Any:
            found = get(value, context)
            return None if found is None else complete(found, context)

        return run

    def _getter(self, kind: GraphQLObjectType, name: str, arguments: dict[str, Any]) -> Render:
        resolver = self._resolver(kind, name)
        if resolver is not None:
            return lambda value, context: resolver(value, context, **arguments)
        attribute = attrgetter(snake(name))
        return lambda value, _context: value.get(name) if type(value) is dict else attribute(value)

    def _completion(self, kind: Any, sets: list[SelectionSetNode]) -> Render | None:
        if isinstance(kind, GraphQLNonNull):
            return self._completion(kind.of_type, sets)
        if isinstance(kind, GraphQLList):
            each = self._completion(kind.of_type, sets)
            if each is None:
                return lambda values, _context: list(values)
            return lambda values, context: [each(value, context) for value in values]
        if is_leaf_type(kind):
            write = serializer(kind.name)
            return None if write is None else lambda value, _context: write(value)
        if is_abstract_type(kind):
            return self.by_type(sets)
        return self.selection(kind, sets)

    def by_type(self, sets: list[SelectionSetNode]) -> Render:
        compiled: dict[str, Render] = {}

        def run(value: Any, context: Context) -> Any:
            typename = typename_of(value)
            if typename not in compiled:
                compiled[typename] = self.selection(self._schema.type_map[typename], sets)  # type: ignore[arg-type]
            return compiled[typename](value, context)

        return run


def compile_subscription(schema: GraphQLSchema, fields: Mapping[tuple[str, str], Resolver], source: str) -> Render:
    """The payload of `subscription { event { … } }`, whose fields come flat; GraphQLError where it is not one."""
    document = parse(source)
    errors = validate(schema, document)
    if errors:
        raise errors[0]
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.SUBSCRIPTION:
        raise GraphQLError("A webhook needs exactly one subscription.")
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    roots = operations[0].selection_set.selections
    if len(roots) != 1 or not isinstance(roots[0], FieldNode) or roots[0].selection_set is None:
        raise GraphQLError("A subscription must select exactly one top level field.")
    compiler = Compiler(schema, fields, fragments)
    return compiler.by_type([roots[0].selection_set])
