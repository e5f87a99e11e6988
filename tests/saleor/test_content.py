"""The pages that Paper reads, against a shop with at most one of a kind, and a merchant who edits it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from plugin.errors import OutcomeUnknown, Rejected, TryLater
from plugin.saleor.content import Made, Written, page_title, withdraw_model, withdraw_page, write_page
from plugin.saleor.page_models import CHROME, DISMISSIBLE, FIELDS, HREF, LINK, MESSAGE, POLICIES, THRESHOLD, Model
from tests.saleor.shop import Answer, Shop, connection, failed

pytestmark = pytest.mark.anyio

SLUG = "storefront-policy-us"
SALE = {MESSAGE: "Sale", HREF: "/sale", LINK: None, DISMISSIBLE: True}


def said(threshold: Any) -> dict[str, Any]:
    return {THRESHOLD: str(threshold)}


@dataclass
class Pages:
    shop: Shop
    model: Model = POLICIES
    #: Slug → what the shop has under it.
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    page_type: dict[str, Any] | None = None
    page: dict[str, Any] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    #: The page for all channels.
    general: dict[str, Any] | None = None
    #: One more page type, of the merchant's own making.
    other_type: dict[str, Any] | None = None
    #: The page is created, and the answer lost.
    lose_answer: bool = False

    def __post_init__(self) -> None:
        self.shop.answers |= {
            "PageRead": self._read,
            "PageAttributeCreate": self._create_attribute,
            "PageTypeCreate": self._create_type,
            "PageTypeExtend": self._extend,
            "PageCreate": self._create,
            "PageSetValues": self._set,
            "PageDelete": self._delete,
            "PageTypes": self._model,
            "PageTypeDelete": self._delete_type,
            "PageAttributeDelete": self._delete_attribute,
        }

    def merchant_has(self, value: Any, **values: str) -> None:
        """A page of the merchant's own making."""
        for slug, attribute in self.model.attributes.items():
            self._create_attribute({"slug": slug, "name": "Own", "kind": attribute.kind.value})
        self._create_type({"name": "Own", "attributes": [item["id"] for item in self.attributes.values()]})
        self.page = {"id": "P7", "title": "Own", "content": None, "pageType": {"slug": self.model.page_type}}
        self.values = values if value is None else {self.model.first: value, **values}

    def _read(self, given: dict[str, Any]) -> Answer:
        assert given["general"] == self.model.page
        values = [
            {
                "attribute": {"slug": slug, "inputType": self.attributes.get(slug, {}).get("inputType", "PLAIN_TEXT")},
                "values": [_as_read(value)],
            }
            for slug, value in self.values.items()
        ]
        empty = {"attribute": {"slug": "returns-window-days", "inputType": "NUMERIC"}, "values": []}
        return {
            "page": self.page and {**self.page, "attributes": [*values, empty]},
            "general": self.general,
            "pageTypes": connection([self.page_type] if self.page_type else []),
            "attributes": connection(
                [item for item in self.attributes.values() if item["slug"] in given["attributes"]]
            ),
        }

    def _create_attribute(self, given: dict[str, Any]) -> Answer:
        made = {
            "id": f"A:{given['slug']}",
            "slug": given["slug"],
            "type": "PAGE_TYPE",
            "inputType": given["kind"],
            "name": given["name"],
        }
        self.attributes[given["slug"]] = made
        return {"attributeCreate": {"attribute": {"id": made["id"]}, "errors": []}}

    def _create_type(self, given: dict[str, Any]) -> Answer:
        self.page_type = {
            "id": "T",
            "slug": self.model.page_type,
            "name": given["name"],
            "attributes": [{"id": one} for one in given["attributes"]],
        }
        return {"pageTypeCreate": {"pageType": {"id": "T"}, "errors": []}}

    def _extend(self, given: dict[str, Any]) -> Answer:
        assert self.page_type
        self.page_type["attributes"] += [{"id": one} for one in given["attributes"]]
        return {"pageAttributeAssign": {"errors": []}}

    def _create(self, given: dict[str, Any]) -> Answer:
        self.page = {"id": "P1", "title": given["title"], "content": None, "pageType": {"slug": self.model.page_type}}
        self._fill(given)
        if self.lose_answer:
            return httpx.ReadTimeout("silence")
        return {"pageCreate": {"page": {"id": "P1"}, "errors": []}}

    def _set(self, given: dict[str, Any]) -> Answer:
        self._fill(given)
        return {"pageUpdate": {"errors": []}}

    def _fill(self, given: dict[str, Any]) -> None:
        assert self.page_type
        for entry in given["attributes"]:
            (slug,) = [slug for slug, item in self.attributes.items() if item["id"] == entry["id"]]
            assert {"id": entry["id"]} in self.page_type["attributes"]
            value = entry[FIELDS[self.model.attributes[slug].kind]]
            self.values.pop(slug, None)
            if value is not None:
                self.values[slug] = value

    def _delete(self, given: dict[str, Any]) -> Answer:
        assert self.page
        assert self.page["id"] == given["id"]
        self.page, self.values = None, {}
        return {"pageDelete": {"errors": []}}

    def _model(self, given: dict[str, Any]) -> Answer:
        types = [{**item, "hasPages": item is self.page_type and self.page is not None} for item in self._types()]
        return {"pageTypes": connection(types), "attributes": connection(list(self.attributes.values()))}

    def _types(self) -> list[dict[str, Any]]:
        return [item for item in (self.page_type, self.other_type) if item is not None]

    def _delete_type(self, given: dict[str, Any]) -> Answer:
        assert self.page is None
        self.page_type = None
        return {"pageTypeDelete": {"errors": []}}

    def _delete_attribute(self, given: dict[str, Any]) -> Answer:
        (slug,) = [slug for slug, item in self.attributes.items() if item["id"] == given["id"]]
        del self.attributes[slug]
        return {"attributeDelete": {"errors": []}}

    async def write(self, values: dict[str, Any], written: Written | None = None) -> Written:
        async with self.shop.client() as saleor:
            return await write_page(saleor, self.model, "us", values, written)

    async def withdraw(self, written: Written) -> None:
        async with self.shop.client() as saleor:
            await withdraw_page(saleor, written)
            await withdraw_model(saleor, self.model)


def _as_read(value: Any) -> dict[str, Any]:
    """A long text's name is cut short, that of a yes or no is a sentence."""
    if isinstance(value, bool):
        return {"name": f"Own: {'Yes' if value else 'No'}", "plainText": None, "boolean": value}
    return {"name": value[:200], "plainText": value, "boolean": None}


@pytest.fixture
def pages(httpx_mock: HTTPXMock) -> Pages:
    return Pages(Shop(httpx_mock))


async def test_what_is_missing_is_created(pages: Pages) -> None:
    assert await pages.write(said(50)) == Written(POLICIES, "us", "P1", said(50), Made.PAGE)
    assert pages.values == said(50)
    assert pages.shop.names() == ["PageRead", "PageAttributeCreate", "PageTypeCreate", "PageCreate"]


async def test_what_the_shop_has_is_used(pages: Pages) -> None:
    pages.attributes[THRESHOLD] = {"id": "A7", "slug": THRESHOLD, "type": "PAGE_TYPE", "inputType": "NUMERIC"}
    pages.page_type = {"id": "T7", "attributes": [{"id": "OTHER"}]}
    await pages.write(said(50))
    assert pages.page_type["attributes"] == [{"id": "OTHER"}, {"id": "A7"}]
    assert pages.shop.names() == ["PageRead", "PageTypeExtend", "PageCreate"]


async def test_written_again_nothing_is_sent(pages: Pages) -> None:
    written = await pages.write(said(50))
    pages.shop.calls.clear()
    assert await pages.write(said(50), written) == written
    assert pages.shop.names() == ["PageRead"]


async def test_a_new_threshold_replaces_ours(pages: Pages) -> None:
    written = await pages.write(said(50))
    assert await pages.write(said(60), written) == replace(written, values=said(60))
    assert pages.values == said(60)


async def test_an_update_whose_answer_was_lost_is_still_ours(pages: Pages) -> None:
    written = await pages.write(said(50))
    pages.values |= said("60.00")
    assert await pages.write(said(60), written) == replace(written, values=said(60))


async def test_a_page_whose_creation_was_not_answered_is_ours(pages: Pages) -> None:
    pages.lose_answer = True
    with pytest.raises(OutcomeUnknown):
        await pages.write(said(50))
    assert (await pages.write(said(50))).made is Made.PAGE


async def test_a_page_created_at_the_same_moment_is_read_again(pages: Pages) -> None:
    pages.shop.says("PageCreate", failed("pageCreate", "UNIQUE", "slug"))
    with pytest.raises(TryLater):
        await pages.write(said(50))


@pytest.mark.parametrize(
    ("value", "made"),
    [(None, Made.VALUES), ("50", Made.NOTHING), ("50.0", Made.NOTHING)],
)
async def test_a_page_of_the_merchants_is_filled_or_agreed_with(value: str | None, made: Made, pages: Pages) -> None:
    pages.merchant_has(value)
    assert (await pages.write(said(50))).made is made
    assert float(pages.values[THRESHOLD]) == 50


def _other_value(pages: Pages) -> None:
    pages.values[THRESHOLD] = "75"


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
    pages.values[THRESHOLD] = "ask us"


EDITS = [_other_value, _emptied, _removed, _made_anew, _moved, _words]


@pytest.mark.parametrize("edit", EDITS)
async def test_what_the_merchant_changed_is_never_overwritten(edit: Callable[[Pages], None], pages: Pages) -> None:
    written = await pages.write(said(50))
    edit(pages)
    before = pages.page, dict(pages.values)
    with pytest.raises(Rejected, match="kept by the merchant"):
        await pages.write(said(60), written)
    await pages.withdraw(written)
    assert (pages.page, pages.values) == before


async def test_a_threshold_of_the_merchants_is_never_overwritten(pages: Pages) -> None:
    pages.merchant_has("75")
    with pytest.raises(Rejected, match="it says 75 already"):
        await pages.write(said(50))
    assert pages.values == {THRESHOLD: "75"}


@pytest.mark.parametrize(("type_", "input_type"), [("PRODUCT_TYPE", "NUMERIC"), ("PAGE_TYPE", "PLAIN_TEXT")])
async def test_an_attribute_of_another_kind_is_left_alone(type_: str, input_type: str, pages: Pages) -> None:
    pages.attributes[THRESHOLD] = {"id": "A7", "slug": THRESHOLD, "type": type_, "inputType": input_type}
    with pytest.raises(Rejected, match="not a number"):
        await pages.write(said(50))
    assert pages.shop.names() == ["PageRead"]


async def test_our_page_is_taken_away(pages: Pages) -> None:
    written = await pages.write(said(50))
    await pages.withdraw(written)
    assert (pages.page, pages.page_type, pages.attributes) == (None, None, {})
    await pages.withdraw(written)


def _renamed_type(pages: Pages) -> None:
    assert pages.page_type
    pages.page_type["name"] = "Policies"


def _more_attributes(pages: Pages) -> None:
    assert pages.page_type
    pages.page_type["attributes"].append({"id": "A8"})


def _used_elsewhere(pages: Pages) -> None:
    pages.other_type = {"id": "T8", "slug": "landing", "name": "Landing", "attributes": [{"id": f"A:{THRESHOLD}"}]}


def _renamed_attribute(pages: Pages) -> None:
    pages.attributes[THRESHOLD]["name"] = "Free from"


@pytest.mark.parametrize(
    ("edit", "type_stays"),
    [(_renamed_type, True), (_more_attributes, True), (_used_elsewhere, False), (_renamed_attribute, False)],
)
async def test_a_model_that_the_merchant_uses_stays(
    edit: Callable[[Pages], None], type_stays: bool, pages: Pages
) -> None:
    written = await pages.write(said(50))
    edit(pages)
    await pages.withdraw(written)
    assert pages.page is None
    assert (pages.page_type is not None) == type_stays
    assert pages.attributes


@pytest.mark.parametrize(
    ("change", "values"),
    [("title", {}), ("content", {}), ("value", {"returns-window-days": "30"})],
)
async def test_a_page_that_the_merchant_added_to_loses_our_value_only(
    change: str, values: dict[str, str], pages: Pages
) -> None:
    written = await pages.write(said(50))
    assert pages.page
    pages.page |= {} if change == "value" else {change: "Ours now"}
    pages.values |= values
    await pages.withdraw(written)
    assert pages.page is not None
    assert pages.values == values


@pytest.mark.parametrize(("value", "left"), [(None, {}), ("50", {THRESHOLD: "50"})])
async def test_a_page_of_the_merchants_stays(value: str | None, left: dict[str, str], pages: Pages) -> None:
    pages.merchant_has(value)
    written = await pages.write(said(50))
    await pages.withdraw(written)
    assert pages.page is not None
    assert pages.values == left


def test_the_title_tells_whose_page_it_is() -> None:
    assert "Saleor Retention" in page_title(SLUG)


@pytest.mark.parametrize("published", [True, False])
async def test_a_page_for_all_channels_is_not_hidden_by_one_of_ours(published: bool, pages: Pages) -> None:
    pages.general = {"isPublished": published}
    if published:
        with pytest.raises(Rejected, match="make a page storefront-policy-us"):
            await pages.write(said(50))
        assert pages.shop.names() == ["PageRead"]
    else:
        await pages.write(said(50))


async def test_one_that_came_after_ours_hides_nothing(pages: Pages) -> None:
    written = await pages.write(said(50))
    pages.general = {"isPublished": True}
    assert (await pages.write(said(60), written)).values == said(60)


@pytest.fixture
def bar(httpx_mock: HTTPXMock) -> Pages:
    return Pages(Shop(httpx_mock), CHROME)


async def test_an_announcement_is_written_changed_and_taken_back(bar: Pages) -> None:
    written = await bar.write(SALE)
    assert bar.values == {MESSAGE: "Sale", HREF: "/sale", DISMISSIBLE: True}
    long = {**SALE, MESSAGE: "S" * 400, HREF: None, DISMISSIBLE: False}
    written = await bar.write(long, written)
    assert bar.values == {MESSAGE: "S" * 400, DISMISSIBLE: False}
    bar.shop.calls.clear()
    assert await bar.write(long, written) == written
    assert bar.shop.names() == ["PageRead"]
    await bar.withdraw(written)
    assert (bar.page, bar.page_type, bar.attributes) == (None, None, {})


@pytest.mark.parametrize(("slug", "value"), [(MESSAGE, "Mine"), (HREF, "/mine"), (LINK, "Mine"), (DISMISSIBLE, False)])
async def test_whatever_the_merchant_changes_of_it_is_left_alone(slug: str, value: str | bool, bar: Pages) -> None:
    written = await bar.write(SALE)
    bar.values[slug] = value
    before = dict(bar.values)
    with pytest.raises(Rejected, match=f"to {value}"):
        await bar.write({**SALE, MESSAGE: "New"}, written)
    await bar.withdraw(written)
    assert bar.values == before


async def test_a_merchants_page_with_no_announcement_is_filled_and_emptied_again(bar: Pages) -> None:
    bar.merchant_has(None, **{"nav-all-products-label": "All"})
    written = await bar.write(SALE)
    assert written.made is Made.VALUES
    await bar.withdraw(written)
    assert bar.values == {"nav-all-products-label": "All"}
