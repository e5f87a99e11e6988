"""Pages, their types and attributes."""

import datetime as dt
from dataclasses import dataclass, field

from plugin.sandbox.records.metadata import WithMetadata

CHOICE_TYPES = {"DROPDOWN", "MULTISELECT", "SWATCH"}


@dataclass(slots=True, kw_only=True, eq=False)
class AttributeValue:
    id: str
    name: str
    slug: str
    input_type: str
    value: str = ""
    reference: str | None = None
    rich_text: str | None = None
    plain_text: str | None = None
    boolean: bool | None = None
    date: dt.date | None = None
    date_time: dt.datetime | None = None
    external_reference: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Attribute(WithMetadata):
    id: str
    name: str
    slug: str
    type: str
    input_type: str = "DROPDOWN"
    entity_type: str | None = None
    value_required: bool = False
    visible_in_storefront: bool = True
    external_reference: str | None = None
    own_choices: list[AttributeValue] = field(default_factory=list)

    @property
    def with_choices(self) -> bool:
        return self.input_type in CHOICE_TYPES


@dataclass(slots=True, kw_only=True, eq=False)
class PageType(WithMetadata):
    id: str
    name: str
    slug: str
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SelectedAttribute:
    attribute: Attribute
    values: list[AttributeValue]


@dataclass(slots=True, kw_only=True, eq=False)
class Page(WithMetadata):
    id: str
    title: str
    slug: str
    page_type: PageType
    created: dt.datetime
    content: str | None = None
    is_published: bool = False
    published_at: dt.datetime | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    #: attribute id → values
    values: dict[str, list[AttributeValue]] = field(default_factory=dict)

    @property
    def attributes(self) -> list[SelectedAttribute]:
        return [SelectedAttribute(a, self.values.get(a.id, [])) for a in self.page_type.attributes]
