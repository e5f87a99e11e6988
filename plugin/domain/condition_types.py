"""What a condition is made of: plain values, kept as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from plugin.domain.condition_values import Given, near
from plugin.domain.fields import Operator
from plugin.domain.phrases import joined, phrase
from plugin.errors import Rejected


@dataclass(frozen=True, slots=True)
class AllOf:
    """Without parts: everyone."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One field against one value, both of the field's kind; `read_condition` sees to that."""

    #: A key of `fields.FIELDS`.
    field: str
    operator: Operator
    value: Given
    #: Of money alone.
    currency: str | None = None


class By(StrEnum):
    #: Saleor's id of the product, or its name as it was on the order.
    PRODUCT = "product"
    #: The slug of the product's type.
    TYPE = "type"
    SKU = "sku"
    #: Saleor's id of a collection or its slug: of those that the product was in at the time of the order.
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of an order that counts."""

    by: By
    value: str
    #: None: ever.
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Another segment by its name; `resolve` puts that segment's condition in its place."""

    segment: str


Condition: TypeAlias = AllOf | AnyOf | Not | FieldTest | Bought | Named

#: Everybody.
EVERYONE = AllOf(())


def needs_lines(condition: Condition) -> bool:
    return any(isinstance(leaf, Bought) for leaf in leaves(condition))


def leaves(condition: Condition) -> Iterator[FieldTest | Bought | Named]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def names_in(condition: Condition) -> Iterator[str]:
    """Segments that it names, also those that somebody must not be in."""
    yield from (leaf.segment for leaf in leaves(condition) if isinstance(leaf, Named))


def names_wanted(condition: Condition) -> Iterator[str]:
    """Of them, those that it asks somebody to be in."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from names_wanted(part)
        case Named(segment):
            yield segment


def resolve(condition: Condition, named: Mapping[str, Condition]) -> Condition:
    """The condition with every `Named` replaced by what it names.

    Raises `Rejected` for a name that nobody has and for segments that need each other.
    """
    return _resolved(condition, named, ())


def _resolved(condition: Condition, named: Mapping[str, Condition], within: tuple[str, ...]) -> Condition:
    match condition:
        case AllOf(parts):
            return AllOf(tuple(_resolved(part, named, within) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_resolved(part, named, within) for part in parts))
        case Not(part):
            return Not(_resolved(part, named, within))
        case Named(segment):
            if segment in within:
                raise Rejected(
                    phrase(
                        "Segments go round in a circle: {names}. Leave one of them out.",
                        names=" → ".join((*within, segment)),
                    )
                )
            if segment not in named:
                raise Rejected(
                    joined((phrase("There is no segment “{name}”.", name=segment), near(segment, sorted(named))))
                )
            return _resolved(named[segment], named, (*within, segment))
        case _:
            return condition
