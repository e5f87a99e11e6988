"""Products and their kin, searched by name and chosen: names are shown, ids are stored, and nothing chosen is lost."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import anyio
import pytest
from starlette.datastructures import FormData

from admin_ui import builder, picker
from admin_ui.language import language_of
from admin_ui.picker import WHATS
from plugin.domain.conditions import read_condition
from plugin.errors import GiveUp, TokenRefused, TryLater
from plugin.flow.campaign_edits import change, make
from plugin.saleor.answers import NotPermitted
from plugin.sandbox.faults import read_fault
from plugin.sandbox.ids import global_id
from plugin.sandbox.records.catalogue import Collection
from plugin.store import campaigns, segments
from tests.admin_ui.conftest import EDITOR, READER, Desk
from tests.admin_ui.test_overview import plain
from tests.flow.conftest import Home

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Line:
    value: str
    chosen: bool
    said: str


def lines(page: str) -> list[Line]:
    found = re.findall(
        r'<label class="choice"><input type="\w+" name="n" value="([^"]*)"( checked)?> (.*?)</label>', page
    )
    return [Line(html.unescape(value), bool(ticked), plain(said).strip()) for value, ticked, said in found]


async def pick(
    desk: Desk, what: str, text: str = "", *chosen: str, permissions: list[str] = EDITOR, free: bool = False
) -> str:
    asked: list[tuple[str, str]] = [("what", what), ("name", "n"), ("id", "i"), ("text", text)]
    asked += [("free", "1")] if free else []
    query = urlencode([*asked, *(("n", one) for one in chosen)])
    answer = await desk.ask(f"/admin/pick?{query}", desk.headers(permissions))
    assert answer.status_code == 200
    return answer.text


def product(home: Home, name: str) -> str:
    return next(one.id for one in home.sandbox.shop.products.values() if one.name == name)


def collect(home: Home) -> str:
    made = Collection(id=global_id("Collection", "7"), name="Summer picks", slug="summer-picks")
    home.sandbox.shop.collections[made.id] = made
    return made.id


async def test_a_product_is_found_by_its_name_and_stored_by_its_id(desk: Desk) -> None:
    beans = product(desk.home, "Coffee Beans 1 kg")
    page = await pick(desk, "product", " coffee  ")
    assert lines(page) == [Line(beans, False, "Coffee Beans 1 kg coffee-beans-1-kg-grocery-001")]
    assert "1 found." in plain(page)


async def test_what_is_chosen_stays_on_top_and_is_not_found_again(desk: Desk) -> None:
    beans, milk = (product(desk.home, name) for name in ("Coffee Beans 1 kg", "Oat Milk 1 l"))
    page = await pick(desk, "product", "coffee", milk)
    assert [(one.value, one.chosen) for one in lines(page)] == [(milk, True), (beans, False)]
    page = await pick(desk, "product", "coffee", "coffee-beans-1-kg-grocery-001")
    assert [(one.value, one.chosen) for one in lines(page)] == [("coffee-beans-1-kg-grocery-001", True)]
    assert "What is called like this is chosen already." in plain(page)


async def test_collections_types_and_variants(desk: Desk) -> None:
    made = collect(desk.home)
    [dairy] = [one for one in desk.home.sandbox.shop.product_types.values() if one.slug.startswith("dairy")]
    assert [one.value for one in lines(await pick(desk, "collection", "summer"))] == [made]
    assert [one.value for one in lines(await pick(desk, "product_type", "dairy"))] == [dairy.id]
    assert [one.value for one in lines(await pick(desk, "type_slug", "dairy"))] == [dairy.slug]
    assert lines(await pick(desk, "sku", "oat")) == [Line("GROCERY-003", False, "Oat Milk 1 l GROCERY-003")]
    assert lines(await pick(desk, "sku", "", "GROCERY-003")) == [Line("GROCERY-003", True, "Oat Milk 1 l GROCERY-003")]


async def test_what_is_not_in_the_shop_any_more_keeps_its_id_and_says_so(desk: Desk) -> None:
    gone = global_id("Product", "99999")
    for free in (False, True):
        page = await pick(desk, "product", "", gone, free=free)
        assert lines(page) == [Line(gone, True, f"{gone} not in the shop any more")]
    assert lines(await pick(desk, "product", "", "a-slug")) == [Line("a-slug", True, "a-slug not in the shop any more")]
    old = await pick(desk, "product", "", "An old name", free=True)  # as orders have it: nobody can say that it is gone
    assert lines(old) == [Line("An old name", True, "An old name")]


async def test_nothing_of_this_name(desk: Desk) -> None:
    page = await pick(desk, "product", "teapot")
    assert lines(page) == []
    assert "Nothing is called like this." in plain(page)
    free = await pick(desk, "product", "teapot", free=True)
    assert lines(free) == [Line("teapot", False, "“ teapot ” as it is typed here")]
    assert "Nothing is chosen." in plain(await pick(desk, "product"))


async def test_more_than_are_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin.saleor.catalogue.MOST", 2)
    page = await pick(desk, "product", "grocery")
    assert len(lines(page)) == 2
    assert "The first 2 that are called like this: say more of the name" in plain(page)


async def test_saleor_is_away(desk: Desk) -> None:
    beans = product(desk.home, "Coffee Beans 1 kg")
    desk.home.sandbox.faults.waiting.append(read_fault({"status": 503, "times": 9}))
    page = await pick(desk, "product", "oat", beans)
    assert lines(page) == [Line(beans, True, beans)]
    assert "Saleor does not answer. What is chosen stays; search again in a moment." in plain(page)


async def test_saleor_takes_too_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        async def call(self, _: str, **__: Any) -> None:
            await anyio.sleep(60)

    monkeypatch.setattr(picker, "PATIENCE", 0.05)
    language = language_of("en")
    shown = await picker.look(Slow(), WHATS["product"], "tea", ["x"], language)  # type: ignore[arg-type]
    assert shown.problem.startswith("Saleor does not answer.")
    assert [one.value for one in shown.choices] == ["x"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NotPermitted("no"), "give it the permission to manage products"),
        (TokenRefused("no"), "install the app again"),
        (TryLater("no"), "search again in a moment"),
        (GiveUp("It has moved."), "Saleor could not answer: It has moved."),
    ],
)
async def test_every_refusal_has_a_sentence_and_what_is_chosen_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("plugin.saleor.catalogue.search", refuse)
    page = await pick(desk, "product", "tea", product(desk.home, "Oat Milk 1 l"))
    assert sentence in plain(page)
    assert [one.chosen for one in lines(page)] == [True]


async def test_who_may_not_change_searches_nothing(desk: Desk) -> None:
    page = await pick(desk, "product", "coffee", permissions=READER)
    assert lines(page) == []
    assert "Only people who may manage discounts can search the catalogue" in plain(page)


async def test_what_is_called_by_script_is_text(desk: Desk) -> None:
    evil = "<script>alert(1)</script>"
    assert evil not in await pick(desk, "product", evil, evil, free=True)


@pytest.mark.parametrize("query", ["what=customers", "", "what="])
async def test_addresses_that_nobody_was_given(desk: Desk, query: str) -> None:
    answer = await desk.ask(f"/admin/pick?{query}", desk.headers(EDITOR))
    assert answer.status_code == 404
    assert "There is nothing of this kind to choose from" in plain(answer.text)


async def test_a_month_has_a_row_of_its_own(desk: Desk) -> None:
    rows = [await desk.look(path="/admin/pick/month?name=params.gifts") for _ in range(2)]
    names = [re.search(r'name="params\.gifts\.key/(\w+)"', row) for row in rows]
    assert names[0] is not None
    assert names[1] is not None
    assert names[0][1] != names[1][1]
    assert f"name=params.gifts.value/{names[0][1]}" in html.unescape(rows[0])


async def test_forms_offer_the_search_where_something_of_the_catalogue_is_named(desk: Desk) -> None:
    for tactic, whats in {
        "free_shipping": {"product", "product_type", "collection"},
        "public_gift": {"product"},
        "gift_with_purchase": {"product"},
        "win_back": {"product", "collection"},
    }.items():
        page = await desk.look(path=f"/admin/campaigns/new/{tactic}")
        assert set(re.findall(r'hx-get="/admin/pick\?what=(\w+)', page)) == whats, tactic


def test_another_question_begins_without_what_was_chosen_for_the_one_before() -> None:
    def node(about: str, value: str) -> str:
        form = {"n/kind": "all", "n.0/kind": "test", "n.0/field": about, "n.0/value": value}
        return builder.from_form(FormData(form)).parts[0].value

    chosen = global_id("Product", "1")
    assert node("bought.product", chosen) == chosen
    for about in ("bought.type", "bought.sku", "bought.collection", "orders"):
        assert node(about, chosen) == ""
    assert node("bought.sku", "TEA-1") == "TEA-1"


async def test_a_segment_says_what_a_product_is_called(desk: Desk) -> None:
    beans, gone = product(desk.home, "Coffee Beans 1 kg"), global_id("Product", "99999")
    said = {"any": [{"bought": {"product": beans}}, {"bought": {"product": gone}}, {"bought": {"sku": "GROCERY-003"}}]}
    with desk.home.database.write() as connection:
        segments.save(connection, desk.home.shop_id, "beans", read_condition(said), desk.home.now)
    words = f"Bought “Coffee Beans 1 kg” ever or Bought “{gone}” ever or Bought with the SKU “GROCERY-003” ever"
    assert words in plain(await desk.look(path="/admin/segments"))
    assert words in plain(await desk.look(READER, "/admin/segments/of/beans"))
    form = {"n/kind": "all", "n.0/kind": "test", "n.0/field": "bought.product", "n.0/value": beans}
    assert "Bought “Coffee Beans 1 kg” ever" in plain((await desk.press("/admin/segments/live", **form)).text)
    desk.home.sandbox.faults.waiting.append(read_fault({"status": 503, "times": 99}))
    assert f"Bought “{beans}” ever" in plain(await desk.look(path="/admin/segments"))


async def test_a_campaign_says_what_a_product_is_called_to_who_only_looks(desk: Desk) -> None:
    beans, milk = (product(desk.home, name) for name in ("Coffee Beans 1 kg", "Oat Milk 1 l"))
    make(
        desk.home.house,
        desk.home.shop_id,
        "gift",
        "public_gift",
        {"params": {"products": [beans], "currency": "USD"}},
        "test",
    )
    change(
        desk.home.house, desk.home.shop_id, "gift", {"params": {"products": [beans, milk], "currency": "USD"}}, "test"
    )
    with desk.home.database.read() as connection:
        [made] = [
            one
            for one in campaigns.of_shop(connection, desk.home.shop_id, desk.home.house.tactics)
            if one.name == "gift"
        ]
    for permissions in (READER, EDITOR):
        said = plain(await desk.look(permissions, f"/admin/campaigns/{made.campaign_id}"))
        assert "Oat Milk 1 l" in said.partition("Who changed what")[2]
        assert milk not in said.partition("Who changed what")[2]
    assert "The gift Coffee Beans 1 kg, Oat Milk 1 l" in plain(
        await desk.look(READER, f"/admin/campaigns/{made.campaign_id}")
    )
