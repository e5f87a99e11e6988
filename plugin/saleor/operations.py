"""What is asked of Saleor: one operation a file in `documents/`, named as the operation."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from graphql import DocumentNode, OperationDefinitionNode, OperationType, parse


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    document: DocumentNode
    #: It changes something, so sending it twice is not the same as once.
    mutation: bool


@cache
def operation(name: str) -> Operation:
    document = parse((files("plugin.saleor") / "documents" / f"{name}.graphql").read_text())
    (definition,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    if definition.name is None or definition.name.value != name:
        raise ValueError(f"documents/{name}.graphql must hold one operation called {name}.")
    return Operation(name, document, definition.operation is OperationType.MUTATION)
