"""What Saleor's answer means: data, or an error by what the caller does next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError

from plugin.domain.phrases import phrase
from plugin.errors import AlreadyExists, GiveUp, Gone, OutcomeUnknown, TokenRefused, TryLater
from plugin.saleor.operations import Operation

#: Names of the exceptions (PyJWT's) that Saleor gives for a token that it does not take.
TOKEN_ERRORS = frozenset(
    {
        "ExpiredSignatureError",
        "InvalidTokenError",
        "InvalidSignatureError",
        "InvalidAudienceError",
        "InvalidIssuerError",
        "ImmatureSignatureError",
        "DecodeError",
        "PyJWTError",
    }
)
#: Asked the same way again, these answer the same; all others are accidents inside Saleor.
OUR_MISTAKES = frozenset({"GraphQLError", "GraphQLSyntaxError", "ValidationError", "QueryCostError", "ValueError"})
TAKEN = frozenset({"ALREADY_EXISTS", "UNIQUE"})
#: What an error names that says that the object itself is not there; gift cards have a word of their own.
ITSELF = frozenset({"id", "giftCardId", None})


class NotPermitted(GiveUp):
    """A permission is missing, or Saleor does not know the token at all: it answers both alike."""


class ObjectRefused(GiveUp):
    """Objects of a list cannot be said, and never will be; the first is at this place of it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class ObjectFailed(TryLater):
    """Saleor failed inside at objects of a list; the first is at this place of it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def data_of(asked: Operation, result: ExecutionResult) -> dict[str, Any]:
    """The data of an answer that holds no error of any kind."""
    data = result.data or {}
    if result.errors:
        raise _from_errors(asked, result.errors, data)
    if result.data is None:
        raise OutcomeUnknown(phrase("{call}: Saleor answered without data.", call=asked.name))
    if asked.mutation:
        for payload in data.values():
            refuse_payload(asked.name, payload)
    return data


def _from_errors(asked: Operation, errors: Sequence[GraphQLError], data: Mapping[str, Any]) -> Exception:
    codes = {_code(error) for error in errors}
    said = "; ".join(error.message for error in errors)
    if codes & TOKEN_ERRORS:
        return TokenRefused(
            phrase("Saleor does not take this app's token any more ({said}); install the app again.", said=said)
        )
    if asked.mutation and any(payload is not None for payload in data.values()):
        return OutcomeUnknown(
            phrase("{call}: Saleor did it, but could not say what it did ({said}).", call=asked.name, said=said)
        )
    if "PermissionDenied" in codes:
        return NotPermitted(
            phrase("{call}: {said}. Grant the app this permission in the Dashboard.", call=asked.name, said=said)
        )
    at = None if asked.mutation else _first_object(errors)
    if codes <= OUR_MISTAKES:
        said = phrase("{call}: Saleor does not take the request: {said}.", call=asked.name, said=said)
        return GiveUp(said) if at is None else ObjectRefused(said, at)
    said = phrase("{call}: Saleor failed inside: {said}.", call=asked.name, said=said)
    if asked.mutation:
        return OutcomeUnknown(said)
    return TryLater(said) if at is None else ObjectFailed(said, at)


def _first_object(errors: Sequence[GraphQLError]) -> int | None:
    """The place in a connection at which the first of these is; None where one is of something else."""
    places = list[int]()
    for error in errors:
        path = error.path or []
        place = path[path.index("edges") + 1 :][:1] if "edges" in path else []
        if not place or not isinstance(place[0], int):
            return None
        places.append(place[0])
    return min(places)


def _code(error: GraphQLError) -> str:
    exception = (error.extensions or {}).get("exception")
    return str(exception.get("code", "")) if isinstance(exception, Mapping) else "GraphQLError"


def refuse_payload(name: str, payload: Any) -> None:
    """Raises for a mutation that Saleor carried out not at all, and said why in the payload."""
    if payload is None:
        raise OutcomeUnknown(phrase("{call}: Saleor answered with an empty payload.", call=name))
    errors = payload.get("errors") or []
    if not errors:
        return
    said = f"{name}: {'; '.join(_sentence(error) for error in errors)}."
    codes = {error.get("code") for error in errors}
    if codes <= TAKEN:
        raise AlreadyExists(said, names=tuple(_names(errors)))
    if "NOT_FOUND" in codes and all(error.get("field") in ITSELF for error in errors):
        raise Gone(said)
    raise GiveUp(said)


def _sentence(error: Mapping[str, Any]) -> str:
    where = error.get("field") or error.get("path") or "request"
    return f"{where} {error.get('code', '')}: {(error.get('message') or '').rstrip('.')}"


def _names(errors: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for error in errors:
        yield from error.get("voucherCodes") or ()
