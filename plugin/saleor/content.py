"""The free-shipping default for everyone, as the page that Saleor's storefront Paper reads.

Page type `storefront-policies`, page `storefront-policy-<channel>`, attribute
`free-shipping-threshold`. What a merchant wrote there is theirs: it is never overwritten.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.money import Money
from plugin.errors import AlreadyExists, Gone, Rejected, TryLater
from plugin.saleor.client import Saleor

PAGE_TYPE = "storefront-policies"
ATTRIBUTE = "free-shipping-threshold"
#: What we call them where the shop has none; what has another name is the merchant's own.
PAGE_TYPE_NAME = "Storefront policies"
ATTRIBUTE_NAME = "Free shipping threshold"


class Made(StrEnum):
    """What of a page is ours, and so ours to take away."""

    PAGE = "page"
    VALUE = "value"
    #: It said so already.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Written:
    """What we last wrote to a page; kept, so that what the merchant changes since is seen."""

    slug: str
    attribute: str
    page_id: str
    value: Decimal
    made: Made


@dataclass(frozen=True, slots=True)
class Policy:
    """What the shop has of a channel's page now; None for what is missing."""

    slug: str
    page_id: str | None
    value: str | None
    #: Nobody added anything to the page that we made.
    untouched: bool
    #: The page is of the page type that storefronts look for.
    fits: bool
    page_type: str | None
    #: The page type has the attribute.
    assigned: bool
    attribute: str | None
    #: The attribute is a number on pages.
    usable: bool


def page_slug(channel: str) -> str:
    return f"storefront-policy-{channel}"


def page_title(slug: str) -> str:
    """Tells the merchant whose page it is, and us after an answer that was lost."""
    return f"{slug} (written by Saleor Retention)"


def refuse_unkept(channel: Channel, threshold: Decimal) -> None:
    """Raises `Rejected` for a default that no shipping rate of the channel keeps at the checkout."""
    if channel.free_from is None:
        raise Rejected(
            f"No rate of {channel.slug} ships free to everyone, so no threshold can be promised to everyone;"
            " add a price-based rate of 0 with a minimum order value first."
        )
    if threshold < channel.free_from:
        raise Rejected(
            f"{channel.slug} ships free from {Money(channel.free_from, channel.currency)}, so the default of"
            f" {Money(threshold, channel.currency)} would not be kept; change the rate or the default."
        )


async def write_default(saleor: Saleor, channel: Channel, threshold: Decimal, written: Written | None) -> Written:
    """Writes the channel's threshold and whatever of page type, attribute and page is missing.

    written: what this returned last time. Raises `Rejected` when the threshold is not kept by a rate,
    or when the merchant changed the page since (or had written another one before us).
    """
    refuse_unkept(channel, threshold)
    value = Money(threshold, channel.currency).rounded().amount
    policy = await read_policy(saleor, page_slug(channel.slug))
    refuse_kept(policy, value, written)
    if policy.page_id is not None and _number(policy.value) == value:
        return _found(policy, policy.page_id, value, written)
    try:
        return await _write(saleor, policy, value, written)
    except AlreadyExists as error:
        raise TryLater(f"{policy.slug}: somebody created it at this moment; it is read again. ({error})") from error


def refuse_kept(policy: Policy, value: Decimal, written: Written | None) -> None:
    slug = policy.slug
    if not policy.usable:
        raise Rejected(f"The attribute {ATTRIBUTE} of this shop is not a number on models; rename it to let us write.")
    if policy.page_id is not None and not policy.fits:
        raise Rejected(f"The page {slug} is kept by the merchant: it is not of the page type {PAGE_TYPE}.")
    if written is not None and policy.page_id != written.page_id:
        raise Rejected(f"The page {slug} is kept by the merchant, who removed the one we wrote.")
    if _number(policy.value) == value:
        return
    if written is not None and _number(policy.value) != written.value:
        raise Rejected(
            f"The page {slug} is kept by the merchant, who changed {written.value} to {policy.value or 'nothing'}."
        )
    if written is None and policy.value is not None:
        raise Rejected(f"The page {slug} is kept by the merchant: it says {policy.value} already.")


def _found(policy: Policy, page_id: str, value: Decimal, written: Written | None) -> Written:
    if written is not None:
        return replace(written, value=value)
    made = Made.PAGE if policy.untouched else Made.NOTHING
    return Written(policy.slug, ATTRIBUTE, page_id, value, made)


async def _write(saleor: Saleor, policy: Policy, value: Decimal, written: Written | None) -> Written:
    page_type, attribute = await _ensure_model(saleor, policy)
    if policy.page_id is not None:
        await saleor.call("PageSetValue", page=policy.page_id, attribute=attribute, value=str(value))
        if written is not None:
            return replace(written, value=value)
        made = Made.PAGE if policy.untouched else Made.VALUE
        return Written(policy.slug, ATTRIBUTE, policy.page_id, value, made)
    data = await saleor.call(
        "PageCreate",
        title=page_title(policy.slug),
        slug=policy.slug,
        pageType=page_type,
        attribute=attribute,
        value=str(value),
    )
    return Written(policy.slug, ATTRIBUTE, str(data["pageCreate"]["page"]["id"]), value, Made.PAGE)


async def _ensure_model(saleor: Saleor, policy: Policy) -> tuple[str, str]:
    """The ids of page type and attribute; what the shop has under these slugs is used."""
    attribute = policy.attribute
    if attribute is None:
        data = await saleor.call("PolicyAttributeCreate", name=ATTRIBUTE_NAME, slug=ATTRIBUTE)
        attribute = str(data["attributeCreate"]["attribute"]["id"])
    if policy.page_type is None:
        data = await saleor.call("PolicyTypeCreate", name=PAGE_TYPE_NAME, slug=PAGE_TYPE, attribute=attribute)
        return str(data["pageTypeCreate"]["pageType"]["id"]), attribute
    if not policy.assigned:
        await saleor.call("PolicyTypeExtend", pageType=policy.page_type, attribute=attribute)
    return policy.page_type, attribute


async def withdraw_default(saleor: Saleor, written: Written) -> None:
    """Takes back what is ours and unchanged: the page that we made, or the value that we filled in."""
    policy = await read_policy(saleor, written.slug)
    ours = policy.fits and policy.page_id == written.page_id and _number(policy.value) == written.value
    if not ours:
        return
    try:
        if written.made is Made.PAGE and policy.untouched:
            await saleor.call("PageDelete", id=written.page_id)
        elif written.made is not Made.NOTHING:
            await saleor.call("PageSetValue", page=written.page_id, attribute=policy.attribute, value=None)
    except Gone:
        return


async def withdraw_model(saleor: Saleor) -> None:
    """Takes back page type and attribute as we make them, where nobody put anything more into them."""
    data = await saleor.call("PolicyModel", attribute=ATTRIBUTE)
    attribute, found = data["attribute"], [edge["node"] for edge in data["pageTypes"]["edges"]]
    ours = next((item for item in found if item["slug"] == PAGE_TYPE), None)
    if attribute is None or data["pageTypes"]["pageInfo"]["hasNextPage"]:
        return
    with suppress(Gone):
        if ours is not None:
            empty = not ours["hasPages"] and [item["id"] for item in ours["attributes"] or ()] == [attribute["id"]]
            if ours["name"] != PAGE_TYPE_NAME or not empty:
                return
            await saleor.call("PolicyTypeDelete", id=ours["id"])
        elsewhere = any(
            item["id"] == attribute["id"] for other in found if other is not ours for item in other["attributes"] or ()
        )
        if attribute["name"] == ATTRIBUTE_NAME and not elsewhere:
            await saleor.call("PolicyAttributeDelete", id=attribute["id"])


async def read_policy(saleor: Saleor, slug: str) -> Policy:
    data = await saleor.call("PolicyRead", page=slug, pageType=PAGE_TYPE, attribute=ATTRIBUTE)
    page, attribute = data["page"], data["attribute"]
    page_type = next((edge["node"] for edge in data["pageTypes"]["edges"]), None)
    values = _values(page)
    return Policy(
        slug=slug,
        page_id=None if page is None else page["id"],
        value=values.pop(ATTRIBUTE, None),
        untouched=page is not None and page["title"] == page_title(slug) and not page["content"] and not values,
        fits=page is not None and page["pageType"]["slug"] == PAGE_TYPE,
        page_type=None if page_type is None else page_type["id"],
        assigned=_assigned(page_type, attribute),
        attribute=None if attribute is None else attribute["id"],
        usable=attribute is None or (attribute["type"], attribute["inputType"]) == ("PAGE_TYPE", "NUMERIC"),
    )


def _assigned(page_type: Mapping[str, Any] | None, attribute: Mapping[str, Any] | None) -> bool:
    if page_type is None or attribute is None:
        return False
    return any(item["id"] == attribute["id"] for item in page_type["attributes"] or ())


def _values(page: Mapping[str, Any] | None) -> dict[str, str]:
    """Attribute → value, for those that have one."""
    selected = () if page is None else page["attributes"]
    return {item["attribute"]["slug"]: item["values"][0]["name"] for item in selected if item["values"]}


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
