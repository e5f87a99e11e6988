"""Pages and their types: what a storefront reads."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import contains, matches
from plugin.sandbox.records.content import Page, PageType, SelectedAttribute
from plugin.sandbox.resolve.attributes import find_attribute, values_from
from plugin.sandbox.resolve.shop import by_name
from plugin.sandbox.shop import Shop
from plugin.sandbox.slugs import unique_slug


def _assign(shop: Shop, page_type: PageType, ids: list[str]) -> None:
    unknown = [each for each in ids if each not in shop.attributes]
    if unknown:
        raise refusal("attributeIds", "Couldn't resolve to a node.", "NOT_FOUND", attributes=unknown)
    wrong = [each for each in ids if shop.attributes[each].type != "PAGE_TYPE"]
    if wrong:
        raise refusal("attributeIds", "Only page attributes can be assigned.", "INVALID", attributes=wrong)
    assigned = [each for each in ids if shop.attributes[each] in page_type.attributes]
    if assigned:
        raise refusal(
            "attributeIds",
            "Some of the attributes have been already assigned to this page type.",
            "ATTRIBUTE_ALREADY_ASSIGNED",
            attributes=assigned,
        )
    page_type.attributes.extend(shop.attributes[each] for each in dict.fromkeys(ids))


@needs("MANAGE_PAGE_TYPES_AND_ATTRIBUTES")
def _type_create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, name = context.shop, (input_.get("name") or "").strip()
    if not name:
        raise refusal("name", "This field cannot be blank.", "REQUIRED")
    slugs = {page_type.slug for page_type in shop.page_types.values()}
    slug = input_.get("slug") or unique_slug(name, slugs)
    if slug in slugs:
        raise refusal("slug", "Page type with this Slug already exists.", "UNIQUE")
    page_type = PageType(id=shop.numbers.next_id("PageType"), name=name, slug=slug)
    _assign(shop, page_type, input_.get("add_attributes") or [])
    shop.page_types[page_type.id] = page_type
    return {"pageType": page_type}


@needs("MANAGE_PAGE_TYPES_AND_ATTRIBUTES")
def _type_delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    page_type = context.shop.page_types.pop(id_, None)
    if page_type is None:
        raise not_found()
    for page in [page for page in context.shop.pages.values() if page.page_type is page_type]:
        del context.shop.pages[page.id]
    return {"pageType": page_type}


@needs("MANAGE_PAGE_TYPES_AND_ATTRIBUTES")
def _attribute_assign(_source: object, context: Context, page_type_id: str, attribute_ids: list[str]) -> dict[str, Any]:
    page_type = context.shop.page_types.get(page_type_id)
    if page_type is None:
        raise not_found("pageTypeId")
    _assign(context.shop, page_type, attribute_ids)
    return {"pageType": page_type}


def _fill(shop: Shop, page: Page, given: dict[str, Any], *, new: bool) -> None:
    for entry in given.get("attributes") or []:
        attribute = find_attribute(shop, entry)
        if attribute is None or attribute not in page.page_type.attributes:
            raise refusal(
                "attributes", "Given attributes are not supported for the given page type.", "INVALID",
                attributes=[entry["id"]] if entry.get("id") else [],
            )  # fmt: skip
        page.values[attribute.id] = values_from(shop, attribute, page.id, entry)
    lacking = [a.id for a in page.page_type.attributes if a.value_required and not page.values.get(a.id)]
    if lacking and (new or given.get("attributes")):
        raise refusal("attributes", "Attribute expects a value but none were given.", "REQUIRED", attributes=lacking)
    for name in ("title", "content", "is_published"):
        if given.get(name) is not None:
            setattr(page, name, given[name])
    if "published_at" in given:
        page.published_at = given["published_at"]
    if page.is_published and page.published_at is None:
        page.published_at = shop.now()


def _slug(shop: Shop, given: dict[str, Any], page: Page | None) -> str:
    """Slugs of pages are unique in the whole shop."""
    taken = {other.slug for other in shop.pages.values() if other is not page}
    slug = (given.get("slug") or "").strip() or (page.slug if page else unique_slug(given["title"], taken))
    if slug in taken:
        raise refusal("slug", "Page with this Slug already exists.", "UNIQUE")
    return slug


@needs("MANAGE_PAGES")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop = context.shop
    page_type = shop.page_types.get(input_["page_type"])
    if page_type is None:
        raise not_found("pageType")
    title = (input_.get("title") or "").strip()
    if not title:
        raise refusal("title", "This field cannot be blank.", "REQUIRED")
    slug = _slug(shop, input_, None)
    page = Page(id=shop.numbers.next_id("Page"), title=title, slug=slug, page_type=page_type, created=shop.now())
    _fill(shop, page, input_, new=True)
    shop.pages[page.id] = page
    return {"page": page}


@needs("MANAGE_PAGES")
def _update(_source: object, context: Context, id_: str, input_: dict[str, Any]) -> dict[str, Any]:
    page = context.shop.pages.get(id_)
    if page is None:
        raise not_found()
    slug = _slug(context.shop, input_, page)
    _fill(context.shop, page, input_, new=False)
    page.slug = slug
    return {"page": page}


@needs("MANAGE_PAGES")
def _delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    page = context.shop.pages.pop(id_, None)
    if page is None:
        raise not_found()
    return {"page": page}


def _visible(page: Page, context: Context) -> bool:
    """Only those who manage pages see what is not published, or not yet."""
    if "MANAGE_PAGES" in context.permissions:
        return True
    return page.is_published and (page.published_at is None or page.published_at <= context.shop.now())


def _page(_source: object, context: Context, id_: str | None = None, slug: str | None = None, **_: Any) -> Page | None:
    found = (page for page in context.shop.pages.values() if page.id == id_ or (slug and page.slug == slug))
    return next((page for page in found if _visible(page, context)), None)


def _pages(
    _source: object,
    context: Context,
    filter_: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    search: str | None = None,
    channel: str | None = None,  # noqa: ARG001 - Saleor's
    **page: Any,
) -> Connection:
    given = filter_ or {}
    readers = {"slug": lambda item: item.slug, "page_type": lambda item: item.page_type.id}
    found = [
        each
        for each in context.shop.pages.values()
        if _visible(each, context)
        and matches(each, where, readers)
        and contains(search or given.get("search"), each.title, each.slug)
        and (given.get("ids") is None or each.id in given["ids"])
        and (given.get("slugs") is None or each.slug in given["slugs"])
        and (given.get("page_types") is None or each.page_type.id in given["page_types"])
    ]
    return connection("pages", found, lambda item: (item.slug,), **page)


def _page_types(_source: object, context: Context, filter_: dict[str, Any] | None = None, **page: Any) -> Connection:
    given = filter_ or {}
    found = [
        each
        for each in context.shop.page_types.values()
        if contains(given.get("search"), each.name, each.slug)
        and (given.get("slugs") is None or each.slug in given["slugs"])
    ]
    return connection("pageTypes", found, by_name, **page)


def _page_attribute(page: Page, _context: Context, slug: str) -> SelectedAttribute | None:
    return next((selected for selected in page.attributes if selected.attribute.slug == slug), None)


def _has_pages(page_type: PageType, context: Context) -> bool:
    return any(page.page_type is page_type for page in context.shop.pages.values())


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Page", "attribute"): _page_attribute,
    ("PageType", "hasPages"): _has_pages,
}
QUERIES: dict[str, Resolver] = {
    "page": _page,
    "pages": _pages,
    "pageTypes": _page_types,
    "pageType": lambda _source, context, id_: context.shop.page_types.get(id_),
}
MUTATIONS: dict[str, Resolver] = {
    "pageTypeCreate": _type_create,
    "pageTypeDelete": _type_delete,
    "pageAttributeAssign": _attribute_assign,
    "pageCreate": _create,
    "pageUpdate": _update,
    "pageDelete": _delete,
}
