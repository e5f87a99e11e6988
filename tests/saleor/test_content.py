"""The page that Paper reads, against a shop with at most one such page, and a merchant who edits it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from plugin.domain.channels import Channel
from plugin.errors import OutcomeUnknown, Rejected, TryLater
from plugin.saleor.content import (
    ATTRIBUTE,
    PAGE_TYPE,
    Made,
    Written,
    refuse_unkept,
    withdraw_default,
    withdraw_model,
    write_default,
)
from tests.saleor.shop import Answer, Shop, connection, failed

pytestmark = pytest.mark.anyio

US = Channel("us", "C1", "USD", active=True, gross=False, free_from=Decimal(50))
SLUG = "storefront-policy-us"
OURS = f"{SLUG} (written by Saleor Retention)"


@dataclass
class Pages:
    shop: Shop
    attribute: dict[str, Any] | None = None
    page_type: dict[str, Any] | None = None
    page: dict[str, Any] | None = None
    values: dict[str, str] = field(default_factory=dict)
    #: One more page type, of the merchant's own making.
    other_type: dict[str, Any] | None = None
    #: The page is created, and the answer lost.
    lose_answer: bool = False

    def __post_init__(self) -> None:
        self.shop.answers |= {
            "PolicyRead": self._read,
            "PolicyAttributeCreate": self._create_attribute,
            "PolicyTypeCreate": self._create_type,
            "PolicyTypeExtend": self._extend,
            "PageCreate": self._create,
            "PageSetValue": self._set,
            "PageDelete": self._delete,
            "PolicyModel": self._model,
            "PolicyTypeDelete": self._delete_type,
            "PolicyAttributeDelete": self._delete_attribute,
        }

    def merchant_has(self, value: str | None, **values: str) -> None:
        """A page of the merchant's own making."""
        self._create_attribute({})
        self._create_type({"attribute": "A"})
        self.page = {"id": "P7", "title": "Policies", "content": None, "pageType": {"slug": PAGE_TYPE}}
        self.values = values if value is None else {ATTRIBUTE: value, **values}

    def _read(self, given: dict[str, Any]) -> Answer:
        values = [{"attribute": {"slug": slug}, "values": [{"name": name}]} for slug, name in self.values.items()]
        empty = {"attribute": {"slug": "returns-window-days"}, "values": []}
        return {
            "page": self.page and {**self.page, "attributes": [*values, empty]},
            "pageTypes": connection([self.page_type] if self.page_type else []),
            "attribute": self.attribute,
        }

    def _create_attribute(self, given: dict[str, Any]) -> Answer:
        self.attribute = {
            "id": "A",
            "type": "PAGE_TYPE",
            "inputType": "NUMERIC",
            "name": given.get("name", "Free from"),
        }
        return {"attributeCreate": {"attribute": {"id": "A"}, "errors": []}}

    def _create_type(self, given: dict[str, Any]) -> Answer:
        self.page_type = {
            "id": "T",
            "slug": PAGE_TYPE,
            "name": given.get("name", "Policies"),
            "attributes": [{"id": given["attribute"]}],
        }
        return {"pageTypeCreate": {"pageType": {"id": "T"}, "errors": []}}

    def _extend(self, given: dict[str, Any]) -> Answer:
        assert self.page_type
        self.page_type["attributes"].append({"id": given["attribute"]})
        return {"pageAttributeAssign": {"errors": []}}

    def _create(self, given: dict[str, Any]) -> Answer:
        self.page = {"id": "P1", "title": given["title"], "content": None, "pageType": {"slug": PAGE_TYPE}}
        self.values = {ATTRIBUTE: given["value"]}
        if self.lose_answer:
            return httpx.ReadTimeout("silence")
        return {"pageCreate": {"page": {"id": "P1"}, "errors": []}}

    def _set(self, given: dict[str, Any]) -> Answer:
        if given["value"] is None:
            del self.values[ATTRIBUTE]
        else:
            self.values[ATTRIBUTE] = given["value"]
        return {"pageUpdate": {"errors": []}}

    def _delete(self, given: dict[str, Any]) -> Answer:
        assert self.page
        assert self.page["id"] == given["id"]
        self.page, self.values = None, {}
        return {"pageDelete": {"errors": []}}

    def _model(self, given: dict[str, Any]) -> Answer:
        types = [{**item, "hasPages": item is self.page_type and self.page is not None} for item in self._types()]
        return {"pageTypes": connection(types), "attribute": self.attribute}

    def _types(self) -> list[dict[str, Any]]:
        return [item for item in (self.page_type, self.other_type) if item is not None]

    def _delete_type(self, given: dict[str, Any]) -> Answer:
        assert self.page is None
        self.page_type = None
        return {"pageTypeDelete": {"errors": []}}

    def _delete_attribute(self, given: dict[str, Any]) -> Answer:
        self.attribute = None
        return {"attributeDelete": {"errors": []}}

    async def write(self, threshold: int, written: Written | None = None) -> Written:
        async with self.shop.client() as saleor:
            return await write_default(saleor, US, Decimal(threshold), written)

    async def withdraw(self, written: Written) -> None:
        async with self.shop.client() as saleor:
            await withdraw_default(saleor, written)
            await withdraw_model(saleor)


@pytest.fixture
def pages(httpx_mock: HTTPXMock) -> Pages:
    return Pages(Shop(httpx_mock))


@pytest.mark.parametrize(
    ("free_from", "threshold", "kept"),
    [(None, 50, False), ("50", 49, False), ("50", 50, True), ("50", 60, True), ("0", 0, True)],
)
def test_only_what_a_rate_keeps_can_be_the_default(free_from: str | None, threshold: int, kept: bool) -> None:
    channel = replace(US, free_from=None if free_from is None else Decimal(free_from))
    if kept:
        refuse_unkept(channel, Decimal(threshold))
    else:
        with pytest.raises(Rejected, match="us"):
            refuse_unkept(channel, Decimal(threshold))


async def test_a_default_that_is_not_kept_is_not_written(pages: Pages) -> None:
    with pytest.raises(Rejected):
        await pages.write(40)
    assert pages.shop.calls == []


async def test_what_is_missing_is_created(pages: Pages) -> None:
    assert await pages.write(50) == Written(SLUG, ATTRIBUTE, "P1", Decimal("50.00"), Made.PAGE)
    assert pages.values == {ATTRIBUTE: "50.00"}
    assert pages.shop.names() == ["PolicyRead", "PolicyAttributeCreate", "PolicyTypeCreate", "PageCreate"]


async def test_what_the_shop_has_is_used(pages: Pages) -> None:
    pages.attribute = {"id": "A7", "type": "PAGE_TYPE", "inputType": "NUMERIC"}
    pages.page_type = {"id": "T7", "attributes": [{"id": "OTHER"}]}
    await pages.write(50)
    assert pages.page_type["attributes"] == [{"id": "OTHER"}, {"id": "A7"}]
    assert pages.shop.names() == ["PolicyRead", "PolicyTypeExtend", "PageCreate"]


async def test_written_again_nothing_is_sent(pages: Pages) -> None:
    written = await pages.write(50)
    pages.shop.calls.clear()
    assert await pages.write(50, written) == written
    assert pages.shop.names() == ["PolicyRead"]


async def test_a_new_threshold_replaces_ours(pages: Pages) -> None:
    written = await pages.write(50)
    assert await pages.write(60, written) == replace(written, value=Decimal("60.00"))
    assert pages.values == {ATTRIBUTE: "60.00"}


async def test_an_update_whose_answer_was_lost_is_still_ours(pages: Pages) -> None:
    written = await pages.write(50)
    pages.values[ATTRIBUTE] = "60.00"
    assert await pages.write(60, written) == replace(written, value=Decimal("60.00"))


async def test_a_page_whose_creation_was_not_answered_is_ours(pages: Pages) -> None:
    pages.lose_answer = True
    with pytest.raises(OutcomeUnknown):
        await pages.write(50)
    assert (await pages.write(50)).made is Made.PAGE


async def test_a_page_created_at_the_same_moment_is_read_again(pages: Pages) -> None:
    pages.shop.says("PageCreate", failed("pageCreate", "UNIQUE", "slug"))
    with pytest.raises(TryLater):
        await pages.write(50)


@pytest.mark.parametrize(
    ("value", "made"),
    [(None, Made.VALUE), ("50", Made.NOTHING), ("50.0", Made.NOTHING)],
)
async def test_a_page_of_the_merchants_is_filled_or_agreed_with(value: str | None, made: Made, pages: Pages) -> None:
    pages.merchant_has(value)
    assert (await pages.write(50)).made is made
    assert Decimal(pages.values[ATTRIBUTE]) == 50


def _other_value(pages: Pages) -> None:
    pages.values[ATTRIBUTE] = "75"


def _emptied(pages: Pages) -> None:
    pages.values.clear()


def _removed(pages: Pages) -> None:
    pages.page = None
    pages.values.clear()


def _made_anew(pages: Pages) -> None:
    pages.merchant_has("50")


def _moved(pages: Pages) -> None:
    assert pages.page
    pages.page["pageType"] = {"slug": "articles"}


def _words(pages: Pages) -> None:
    pages.values[ATTRIBUTE] = "ask us"


EDITS = [_other_value, _emptied, _removed, _made_anew, _moved, _words]


@pytest.mark.parametrize("edit", EDITS)
async def test_what_the_merchant_changed_is_never_overwritten(edit: Callable[[Pages], None], pages: Pages) -> None:
    written = await pages.write(50)
    edit(pages)
    before = pages.page, dict(pages.values)
    with pytest.raises(Rejected, match="kept by the merchant"):
        await pages.write(60, written)
    await pages.withdraw(written)
    assert (pages.page, pages.values) == before


async def test_a_threshold_of_the_merchants_is_never_overwritten(pages: Pages) -> None:
    pages.merchant_has("75")
    with pytest.raises(Rejected, match="it says 75 already"):
        await pages.write(50)
    assert pages.values == {ATTRIBUTE: "75"}


@pytest.mark.parametrize(("type_", "input_type"), [("PRODUCT_TYPE", "NUMERIC"), ("PAGE_TYPE", "PLAIN_TEXT")])
async def test_an_attribute_of_another_kind_is_left_alone(type_: str, input_type: str, pages: Pages) -> None:
    pages.attribute = {"id": "A7", "type": type_, "inputType": input_type}
    with pytest.raises(Rejected, match="not a number"):
        await pages.write(50)
    assert pages.shop.names() == ["PolicyRead"]


async def test_our_page_is_taken_away(pages: Pages) -> None:
    written = await pages.write(50)
    await pages.withdraw(written)
    assert (pages.page, pages.page_type, pages.attribute) == (None, None, None)
    await pages.withdraw(written)


def _renamed_type(pages: Pages) -> None:
    assert pages.page_type
    pages.page_type["name"] = "Policies"


def _more_attributes(pages: Pages) -> None:
    assert pages.page_type
    pages.page_type["attributes"].append({"id": "A8"})


def _used_elsewhere(pages: Pages) -> None:
    pages.other_type = {"id": "T8", "slug": "landing", "name": "Landing", "attributes": [{"id": "A"}]}


def _renamed_attribute(pages: Pages) -> None:
    assert pages.attribute
    pages.attribute["name"] = "Free from"


@pytest.mark.parametrize(
    ("edit", "type_stays"),
    [(_renamed_type, True), (_more_attributes, True), (_used_elsewhere, False), (_renamed_attribute, False)],
)
async def test_a_model_that_the_merchant_uses_stays(
    edit: Callable[[Pages], None], type_stays: bool, pages: Pages
) -> None:
    written = await pages.write(50)
    edit(pages)
    await pages.withdraw(written)
    assert pages.page is None
    assert (pages.page_type is not None) == type_stays
    assert pages.attribute is not None


@pytest.mark.parametrize(
    ("change", "values"),
    [("title", {}), ("content", {}), ("value", {"returns-window-days": "30"})],
)
async def test_a_page_that_the_merchant_added_to_loses_our_value_only(
    change: str, values: dict[str, str], pages: Pages
) -> None:
    written = await pages.write(50)
    assert pages.page
    pages.page |= {} if change == "value" else {change: "Ours now"}
    pages.values |= values
    await pages.withdraw(written)
    assert pages.page is not None
    assert pages.values == values


@pytest.mark.parametrize(("value", "left"), [(None, {}), ("50", {ATTRIBUTE: "50"})])
async def test_a_page_of_the_merchants_stays(value: str | None, left: dict[str, str], pages: Pages) -> None:
    pages.merchant_has(value)
    written = await pages.write(50)
    await pages.withdraw(written)
    assert pages.page is not None
    assert pages.values == left


def test_the_title_tells_whose_page_it_is() -> None:
    assert "Saleor Retention" in OURS
