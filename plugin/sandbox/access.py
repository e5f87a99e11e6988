"""Who asks, and what they may see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from plugin.sandbox.records.apps import App
from plugin.sandbox.records.people import User
from plugin.sandbox.shop import Shop

#: a field's resolver: (source, context, **arguments in snake case)
Resolver = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Context:
    shop: Shop
    app: App | None = None
    user: User | None = None
    #: the app itself when it acts, else the user's own
    permissions: frozenset[str] = frozenset()

    @property
    def principal(self) -> App | User | None:
        return self.app or self.user

    @property
    def is_staff_or_app(self) -> bool:
        return self.app is not None or (self.user is not None and self.user.is_staff)


def denied(*permissions: str) -> GraphQLError:
    need = "one of the following permissions: " + ", ".join(permissions) if permissions else "to be signed in"
    return GraphQLError(f"To access this path, you need {need}", extensions={"exception": {"code": "PermissionDenied"}})


def require(context: Context, *permissions: str) -> None:
    if not context.permissions.intersection(permissions):
        raise denied(*permissions)


def needs(*permissions: str) -> Callable[[Resolver], Resolver]:
    """A resolver behind any one of the permissions."""

    def wrap(resolver: Resolver) -> Resolver:
        def guarded(source: Any, context: Context, **arguments: Any) -> Any:
            require(context, *permissions)
            return resolver(source, context, **arguments)

        return guarded

    return wrap


class Refused(Exception):
    """A mutation that Saleor answers with entries in its `errors`."""

    def __init__(self, *errors: dict[str, Any]) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


def refusal(field: str | None, message: str, code: str, **more: Any) -> Refused:
    return Refused({"field": field, "message": message, "code": code, **more})


def not_found(field: str = "id", message: str = "Couldn't resolve to a node.") -> Refused:
    return refusal(field, message, "NOT_FOUND")
