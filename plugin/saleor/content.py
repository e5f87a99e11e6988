"""What is for everyone, on the pages that storefronts read. What a merchant wrote there is never overwritten."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from plugin.domain.phrases import phrase
from plugin.errors import AlreadyExists, Gone, Rejected, TryLater, sentence_of
from plugin.saleor.client import Saleor
from plugin.saleor.page_models import IN_WORDS, Kind, Model, Value, Values

#: Where a value is read, by the attribute's kind; of all others it is the name.
_READ = {Kind.PLAIN_TEXT.value: "plainText", Kind.BOOLEAN.value: "boolean"}


class Made(StrEnum):
    """What of a page is ours, and so ours to take away."""

    PAGE = "page"
    VALUES = "values"
    #: It said so already.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Written:
    """What we last wrote to a page; kept, so that what the merchant changes since is seen."""

    model: Model
    channel: str
    page_id: str
    values: Values
    made: Made

    @property
    def slug(self) -> str:
        return self.model.slug(self.channel)


@dataclass(frozen=True, slots=True)
class Page:
    """What the shop has of a channel's page now; None for what is missing."""

    model: Model
    channel: str
    page_id: str | None
    #: Of the model's attributes; those that are empty are left out.
    values: Values
    #: Nobody added anything to the page that we made.
    untouched: bool
    #: The page is of the page type that storefronts look for.
    fits: bool
    #: There is a page for all channels, which one for this channel would hide.
    general: bool
    page_type: str | None
    #: Ids of the attributes that the page type has.
    assigned: frozenset[str]
    #: Slug → id, for those that the shop has.
    attributes: Mapping[str, str]
    #: The first attribute that is there and of another kind.
    unusable: str | None

    @property
    def slug(self) -> str:
        return self.model.slug(self.channel)


def page_title(slug: str) -> str:
    """Tells the merchant whose page it is, and us after an answer that was lost."""
    return f"{slug} (written by Saleor Retention)"


async def write_page(saleor: Saleor, model: Model, channel: str, values: Values, written: Written | None) -> Written:
    """Writes the channel's page and whatever of page type, attributes and page is missing.

    written: what this returned last time. Raises `Rejected` when the merchant changed the page since, had
    written another one before us, or says it for all channels.
    """
    page = await read_page(saleor, model, channel)
    refuse_kept(page, values, written)
    if page.page_id is not None and model.same(page.values, values):
        return _found(page, page.page_id, values, written)
    try:
        return await _write(saleor, page, values, written)
    except AlreadyExists as error:
        raise TryLater(
            phrase(
                "{slug}: somebody created it at this moment; it is read again. ({error})",
                slug=page.slug,
                error=sentence_of(error),
            )
        ) from error


def refuse_kept(page: Page, values: Values, written: Written | None) -> None:
    slug, model = page.slug, page.model
    if page.unusable is not None:
        kind = phrase(IN_WORDS[model.attributes[page.unusable].kind])
        raise Rejected(
            phrase(
                "The attribute {unusable} of this shop is not {kind} on models; rename it to let us write.",
                unusable=page.unusable,
                kind=kind,
            )
        )
    if page.page_id is not None and not page.fits:
        raise Rejected(
            phrase(
                "The page {slug} is kept by the merchant: it is not of the page type {page_type}.",
                slug=slug,
                page_type=model.page_type,
            )
        )
    if written is not None and page.page_id != written.page_id:
        raise Rejected(phrase("The page {slug} is kept by the merchant, who removed the one we wrote.", slug=slug))
    if model.same(page.values, values) and page.page_id is not None:
        return
    if written is not None and (other := model.differs(page.values, written.values)) is not None:
        before, now = (_said(said.get(other)) for said in (written.values, page.values))
        raise Rejected(
            phrase(
                "The page {slug} is kept by the merchant, who changed {before} to {now}.",
                slug=slug,
                before=before,
                now=now,
            )
        )
    if written is None and page.values.get(model.first) is not None:
        raise Rejected(
            phrase(
                "The page {slug} is kept by the merchant: it says {said} already.",
                slug=slug,
                said=_said(page.values[model.first]),
            )
        )
    if page.page_id is None and page.general:
        raise Rejected(
            phrase(
                "The page {page} is kept by the merchant, for all channels, and {slug} would hide it; make a page {slug} of the same model and leave its {first} empty to let us write there.",
                page=model.page,
                slug=slug,
                first=model.first,
            )
        )


def _found(page: Page, page_id: str, values: Values, written: Written | None) -> Written:
    if written is not None:
        return replace(written, values=values)
    made = Made.PAGE if page.untouched else Made.NOTHING
    return Written(page.model, page.channel, page_id, values, made)


async def _write(saleor: Saleor, page: Page, values: Values, written: Written | None) -> Written:
    model = page.model
    page_type, attributes = await _ensure_model(saleor, page)
    if page.page_id is not None:
        await saleor.call("PageSetValues", page=page.page_id, attributes=model.inputs(values, attributes))
        if written is not None:
            return replace(written, values=values)
        made = Made.PAGE if page.untouched else Made.VALUES
        return Written(model, page.channel, page.page_id, values, made)
    filled = {slug: value for slug, value in values.items() if value is not None}
    data = await saleor.call(
        "PageCreate",
        title=page_title(page.slug),
        slug=page.slug,
        pageType=page_type,
        attributes=model.inputs(filled, attributes),
    )
    return Written(model, page.channel, str(data["pageCreate"]["page"]["id"]), values, Made.PAGE)


async def _ensure_model(saleor: Saleor, page: Page) -> tuple[str, Mapping[str, str]]:
    """The ids of page type and attributes; what the shop has under these slugs is used."""
    model, ids = page.model, dict(page.attributes)
    for slug, attribute in model.attributes.items():
        if slug not in ids:
            data = await saleor.call("PageAttributeCreate", name=attribute.name, slug=slug, kind=attribute.kind.value)
            ids[slug] = str(data["attributeCreate"]["attribute"]["id"])
    if page.page_type is None:
        data = await saleor.call(
            "PageTypeCreate", name=model.name, slug=model.page_type, attributes=[ids[slug] for slug in model.attributes]
        )
        return str(data["pageTypeCreate"]["pageType"]["id"]), ids
    if missing := [ids[slug] for slug in model.attributes if ids[slug] not in page.assigned]:
        await saleor.call("PageTypeExtend", pageType=page.page_type, attributes=missing)
    return page.page_type, ids


async def withdraw_page(saleor: Saleor, written: Written) -> None:
    """Takes back what is ours and unchanged: the page that we made, or the values that we filled in."""
    model = written.model
    page = await read_page(saleor, model, written.channel)
    if not page.fits or page.page_id != written.page_id or not model.same(page.values, written.values):
        return
    try:
        if written.made is Made.PAGE and page.untouched:
            await saleor.call("PageDelete", id=written.page_id)
        elif written.made is not Made.NOTHING:
            empty = model.inputs(dict.fromkeys(written.values), page.attributes)
            await saleor.call("PageSetValues", page=written.page_id, attributes=empty)
    except Gone:
        return


async def withdraw_model(saleor: Saleor, model: Model) -> None:
    """Takes back page type and attributes as we make them, where nobody put anything more into them."""
    data = await saleor.call("PageTypes", attributes=list(model.attributes))
    attributes = {edge["node"]["id"]: edge["node"] for edge in data["attributes"]["edges"]}
    found = [edge["node"] for edge in data["pageTypes"]["edges"]]
    ours = next((item for item in found if item["slug"] == model.page_type), None)
    if not attributes or data["pageTypes"]["pageInfo"]["hasNextPage"]:
        return
    with suppress(Gone):
        if ours is not None:
            empty = not ours["hasPages"] and {item["id"] for item in ours["attributes"] or ()} == set(attributes)
            if ours["name"] != model.name or not empty:
                return
            await saleor.call("PageTypeDelete", id=ours["id"])
        elsewhere = {item["id"] for other in found if other is not ours for item in other["attributes"] or ()}
        for attribute_id, attribute in attributes.items():
            if attribute["name"] == model.attributes[attribute["slug"]].name and attribute_id not in elsewhere:
                await saleor.call("PageAttributeDelete", id=attribute_id)


async def read_page(saleor: Saleor, model: Model, channel: str) -> Page:
    slug = model.slug(channel)
    data = await saleor.call(
        "PageRead", page=slug, general=model.page, pageType=model.page_type, attributes=list(model.attributes)
    )
    page = data["page"]
    page_type = next((edge["node"] for edge in data["pageTypes"]["edges"]), None)
    attributes = {edge["node"]["slug"]: edge["node"] for edge in data["attributes"]["edges"]}
    values = _values(page)
    ours = {name: value for name, value in values.items() if name in model.attributes}
    titled = page is not None and page["title"] == page_title(slug) and not page["content"]
    return Page(
        model=model,
        channel=channel,
        page_id=None if page is None else page["id"],
        values=ours,
        untouched=titled and len(ours) == len(values),
        fits=page is not None and page["pageType"]["slug"] == model.page_type,
        general=data["general"] is not None and bool(data["general"]["isPublished"]),
        page_type=None if page_type is None else page_type["id"],
        assigned=frozenset(item["id"] for item in (page_type or {}).get("attributes") or ()),
        attributes={name: attribute["id"] for name, attribute in attributes.items()},
        unusable=_unusable(model, attributes),
    )


def _unusable(model: Model, attributes: Mapping[str, Any]) -> str | None:
    for slug, wanted in model.attributes.items():
        found = attributes.get(slug)
        if found is not None and (found["type"], found["inputType"]) != ("PAGE_TYPE", wanted.kind.value):
            return slug
    return None


def _values(page: Mapping[str, Any] | None) -> dict[str, Value]:
    """Attribute → value, for those that have one."""
    selected = () if page is None else page["attributes"]
    found = {
        item["attribute"]["slug"]: _value(item["attribute"]["inputType"], item["values"][0])
        for item in selected
        if item["values"]
    }
    return {slug: value for slug, value in found.items() if value not in {None, ""}}


def _value(kind: str, given: Mapping[str, Any]) -> Value:
    """A text's name is cut short, and that of a yes or no is a sentence."""
    value: Value = given[_READ.get(kind, "name")]
    return value


def _said(value: Value) -> str:
    return "nothing" if value is None else str(value)
