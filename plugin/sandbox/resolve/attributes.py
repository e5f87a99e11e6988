"""Attributes, and the values that pages give them."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import contains, matches
from plugin.sandbox.records.content import Attribute, AttributeValue
from plugin.sandbox.resolve.shop import by_name
from plugin.sandbox.shop import Shop
from plugin.sandbox.slugs import slugify


def find_attribute(shop: Shop, given: dict[str, Any]) -> Attribute | None:
    if given.get("id"):
        return shop.attributes.get(given["id"])
    reference = given.get("external_reference")
    return next((a for a in shop.attributes.values() if reference and a.external_reference == reference), None)


def _choice(shop: Shop, attribute: Attribute, given: dict[str, Any]) -> AttributeValue:
    """A choice by id, or by its text, which is added where it is new."""
    for value in attribute.own_choices:
        if given.get("id") == value.id or (given.get("value") and given["value"] == value.name):
            return value
    name = given.get("value")
    if not name:
        raise refusal("attributes", "Attribute value is unknown.", "NOT_FOUND", attributes=[attribute.id])
    value = AttributeValue(
        id=shop.numbers.next_id("AttributeValue"), name=name, slug=slugify(name), input_type=attribute.input_type
    )
    attribute.own_choices.append(value)
    return value


def values_from(shop: Shop, attribute: Attribute, page_id: str, given: dict[str, Any]) -> list[AttributeValue]:
    """What an AttributeValueInput says, by the attribute's own kind; no value where it says nothing."""
    kind = attribute.input_type
    if attribute.with_choices:
        if given.get("dropdown"):
            return [_choice(shop, attribute, given["dropdown"])]
        return [_choice(shop, attribute, {"value": text}) for text in given.get("values") or [] if text]
    field = {"RICH_TEXT": "rich_text", "PLAIN_TEXT": "plain_text", "DATE_TIME": "date_time"}.get(kind, kind.lower())
    said = given.get(field)
    if said is None and given.get("values"):
        said = given["values"][0]
    if said is None or said == "":
        return []
    value = AttributeValue(
        id=shop.numbers.next_id("AttributeValue"),
        name=f"{attribute.name}: {'Yes' if said else 'No'}" if kind == "BOOLEAN" else str(said)[:200],
        slug=f"{page_id}_{attribute.id}",
        input_type=kind,
    )
    if kind != "NUMERIC":
        setattr(value, field, said)
    return [value]


@needs("MANAGE_PAGE_TYPES_AND_ATTRIBUTES", "MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop = context.shop
    slug = input_.get("slug") or slugify(input_["name"])
    if any(attribute.slug == slug for attribute in shop.attributes.values()):
        raise refusal("slug", "Attribute with this Slug already exists.", "UNIQUE")
    attribute = Attribute(
        id=shop.numbers.next_id("Attribute"),
        name=input_["name"],
        slug=slug,
        type=input_["type"],
        input_type=input_.get("input_type") or "DROPDOWN",
        entity_type=input_.get("entity_type"),
        value_required=bool(input_.get("value_required")),
        visible_in_storefront=input_.get("visible_in_storefront") is not False,
        external_reference=input_.get("external_reference"),
    )
    for each in input_.get("values") or []:
        _choice(shop, attribute, {"value": each["name"]})
    shop.attributes[attribute.id] = attribute
    return {"attribute": attribute}


@needs("MANAGE_PAGE_TYPES_AND_ATTRIBUTES", "MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES")
def _delete(_source: object, context: Context, **by: str | None) -> dict[str, Any]:
    attribute = find_attribute(context.shop, {"id": by.get("id_"), **by})
    if attribute is None:
        raise not_found()
    del context.shop.attributes[attribute.id]
    for page_type in context.shop.page_types.values():
        if attribute in page_type.attributes:
            page_type.attributes.remove(attribute)
    for page in context.shop.pages.values():
        page.values.pop(attribute.id, None)
    return {"attribute": attribute}


def _attributes(
    _source: object,
    context: Context,
    filter_: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    search: str | None = None,
    channel: str | None = None,  # noqa: ARG001 - Saleor's
    **page: Any,
) -> Connection:
    given = filter_ or {}
    readers = {"slug": lambda item: item.slug, "name": lambda item: item.name}
    found = [
        attribute
        for attribute in context.shop.attributes.values()
        if matches(attribute, where, readers)
        and contains(search or given.get("search"), attribute.name, attribute.slug)
        and (given.get("ids") is None or attribute.id in given["ids"])
        and (given.get("slugs") is None or attribute.slug in given["slugs"])
        and (given.get("type") is None or attribute.type == given["type"])
    ]
    return connection("attributes", found, by_name, **page)


def _attribute(_source: object, context: Context, slug: str | None = None, **by: str | None) -> Attribute | None:
    if slug:
        return next((a for a in context.shop.attributes.values() if a.slug == slug), None)
    return find_attribute(context.shop, {"id": by.get("id_"), **by})


def _choices(attribute: Attribute, _context: Context, **page: Any) -> Connection | None:
    if not attribute.with_choices:
        return None
    page.pop("search", None)
    return connection("choices", attribute.own_choices, by_name, **page)


FIELDS: dict[tuple[str, str], Resolver] = {("Attribute", "choices"): _choices}
QUERIES: dict[str, Resolver] = {"attributes": _attributes, "attribute": _attribute}
MUTATIONS: dict[str, Resolver] = {"attributeCreate": _create, "attributeDelete": _delete}
