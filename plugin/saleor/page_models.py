"""The page types that Saleor's storefront Paper reads, as far as we write them: Paper's contract.

A page is for all channels, as `storefront-chrome`, or for one, as `storefront-chrome-us`; where both are there,
the channel's is read and nothing of the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from plugin.domain.phrases import N_

#: None: the attribute says nothing. A number is a text, as Saleor takes it.
Value = str | bool | None
Values = Mapping[str, Value]


class Kind(StrEnum):
    """Saleor's input types of attributes."""

    NUMERIC = "NUMERIC"
    PLAIN_TEXT = "PLAIN_TEXT"
    BOOLEAN = "BOOLEAN"


#: Where an input for an attribute's value has it.
FIELDS = {Kind.NUMERIC: "numeric", Kind.PLAIN_TEXT: "plainText", Kind.BOOLEAN: "boolean"}
IN_WORDS = {Kind.NUMERIC: "a number", Kind.PLAIN_TEXT: N_("a plain text"), Kind.BOOLEAN: N_("a yes or no")}


@dataclass(frozen=True, slots=True)
class Attribute:
    #: What we call it where the shop has none; what has another name is the merchant's own.
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Model:
    page_type: str
    #: What we call the page type where the shop has none.
    name: str
    #: The page for all channels.
    page: str
    #: By slug. A page whose first one is empty says nothing, and is free to be filled.
    attributes: Mapping[str, Attribute]

    @property
    def first(self) -> str:
        return next(iter(self.attributes))

    def slug(self, channel: str) -> str:
        return f"{self.page}-{channel}"

    def same(self, some: Values, others: Values) -> bool:
        return self.differs(some, others) is None

    def differs(self, some: Values, others: Values) -> str | None:
        """The first attribute of which they say something else."""
        return next((slug for slug in self.attributes if self._plain(slug, some) != self._plain(slug, others)), None)

    def inputs(self, values: Values, ids: Mapping[str, str]) -> list[dict[str, Any]]:
        """As a mutation takes them. ids: by the attributes' slugs."""
        return [{"id": ids[slug], FIELDS[self.attributes[slug].kind]: value} for slug, value in values.items()]

    def _plain(self, slug: str, values: Values) -> Value | Decimal:
        value = values.get(slug)
        if self.attributes[slug].kind is not Kind.NUMERIC or not isinstance(value, str):
            return value
        try:
            return Decimal(value)
        except InvalidOperation:
            return value


THRESHOLD = "free-shipping-threshold"
MESSAGE = "announcement-message"
HREF = "announcement-href"
LINK = "announcement-link-label"
DISMISSIBLE = "announcement-dismissible"

#: What free shipping takes for everyone.
POLICIES = Model(
    "storefront-policies",
    "Storefront policies",
    "storefront-policy",
    {THRESHOLD: Attribute("Free shipping threshold", Kind.NUMERIC)},
)
#: The announcement bar, for everyone.
CHROME = Model(
    "storefront-chrome",
    "Storefront chrome",
    "storefront-chrome",
    {
        MESSAGE: Attribute("Announcement message", Kind.PLAIN_TEXT),
        HREF: Attribute("Announcement href", Kind.PLAIN_TEXT),
        LINK: Attribute("Announcement link label", Kind.PLAIN_TEXT),
        DISMISSIBLE: Attribute("Announcement dismissible", Kind.BOOLEAN),
    },
)
MODELS = {model.first: model for model in (POLICIES, CHROME)}
