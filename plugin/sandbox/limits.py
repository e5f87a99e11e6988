"""What Saleor refuses before it executes anything."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)

MOST_MUTATIONS = 4
MOST_ALIASES = 100
MAXIMUM_COST = 50_000


def root_fields(document: DocumentNode) -> set[str]:
    return {
        node.name.value
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode)
    }


class _Aliases(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.count += node.alias is not None


def refuse_excess(document: DocumentNode) -> GraphQLError | None:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    mutations = sum(
        len(node.selection_set.selections) for node in operations if node.operation is OperationType.MUTATION
    )
    if mutations > MOST_MUTATIONS:
        return GraphQLError(f"Number of mutations exceed the limit of {MOST_MUTATIONS}")
    aliases = _Aliases()
    visit(document, aliases)
    if aliases.count > MOST_ALIASES:
        return GraphQLError(f"Number of aliases exceed the limit of {MOST_ALIASES}")
    return None


def cost(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """An estimate in Saleor's manner: one for each object, times the size of the pages around it."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

    def size(node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                given = variables.get(value.name.value) if isinstance(value, VariableNode) else None
                return given if isinstance(given, int) else 1
        return 1

    def of(selections: SelectionSetNode, factor: int) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                total += of(fragments[node.name.value].selection_set, factor)
            elif isinstance(node, FieldNode):
                if node.selection_set is not None:
                    within = factor * size(node)
                    total += (node.name.value not in {"edges", "node", "pageInfo"}) * factor
                    total += of(node.selection_set, within)
            else:
                total += of(node.selection_set, factor)  # type: ignore[attr-defined]
        return total

    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return sum(of(node.selection_set, 1) for node in operations)


class RateLimit:
    """So many requests in any minute, as hosted sandboxes have it; 0 for no limit."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._times: deque[float] = deque()

    def exceeded(self) -> bool:
        now = time.monotonic()
        while self._times and self._times[0] < now - 60:
            self._times.popleft()
        if self.per_minute and len(self._times) >= self.per_minute:
            return True
        self._times.append(now)
        return False
