"""Segments: their sizes, the builder, and who is inside."""

import html
import json
import re
import threading
from typing import Any

import pytest
from hypothesis import given
from starlette.datastructures import FormData, UploadFile

from admin_ui import beside, builder, counting
from admin_ui.counting import Counting
from plugin.domain.conditions import AllOf, Condition, read_condition
from plugin.errors import Rejected
from plugin.secrets import Keyring
from plugin.store import campaigns, segment_sizes, segments, shops
from plugin.store.campaigns import Limits
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_overview import plain, silent
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.shop import ago, days, order
from tests.somebody import conditions

REPEAT = {"n/kind": "all", "n.0/kind": "test", "n.0/field": "orders", "n.0/operator": "at_least", "n.0/value": "2"}


def fields(node: builder.Node) -> list[tuple[str, str | UploadFile]]:
    """What a browser would send of this node."""
    if node.group:
        return [(f"{node.path}/kind", node.kind), *(pair for part in node.parts for pair in fields(part))]
    told = [
        ("kind", node.kind),
        ("field", node.field),
        ("operator", node.operator),
        ("value", node.value),
        ("high", node.high),
        ("currency", node.currency),
        ("days", node.days),
        *(("chosen", one) for one in node.chosen),
    ]
    return [(f"{node.path}/{name}", said) for name, said in told]


def typed(page: str) -> dict[str, str]:
    """What a browser would send of the builder's form."""
    form = page.split('id="segment"', 1)[1].split("</form>", 1)[0]
    sent = dict[str, str]()
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: html.unescape(value) for name, value in re.findall(r'(\S+?)="([^"]*)"', tag)}
        if said.get("type") != "checkbox" or " checked" in tag:
            sent[said["name"]] = said.get("value", "")
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
        sent[name] = html.unescape(chosen[0])
    return sent


@given(conditions())
def test_a_condition_comes_back_from_its_form(condition: Condition) -> None:
    node = builder.from_condition(condition)
    again = builder.from_form(FormData(fields(node)))
    assert again == node
    assert builder.as_data(again) == builder.as_data(node)


@pytest.mark.parametrize(
    "said",
    [
        {"all": [{"field": "orders", "at_least": 2}, {"not": {"segment": "loyal"}}]},
        {"any": [{"bought": {"type": "coffee", "within_days": 90}}, {"field": "country", "in": ["DE", "AT"]}]},
        {"not": {"any": [{"field": "spent", "between": [10, 20.5], "currency": "EUR"}, {"segment": "new"}]}},
        {"all": [{"field": "activity", "in": ["at_risk", "dormant"]}, {"field": "guest", "is": False}]},
        {"all": [{"field": "last_order", "before": "2026-01-31T00:00:00+00:00"}]},
    ],
)
def test_what_the_builder_says_is_the_same_condition(said: Any) -> None:
    condition = read_condition(said)
    node = builder.from_form(FormData(fields(builder.from_condition(condition))))
    assert builder.condition_of(node) == condition


def test_one_test_alone_stands_in_a_group() -> None:
    node = builder.from_condition(read_condition({"field": "orders", "is": 1}))
    assert builder.condition_of(node) == AllOf((read_condition({"field": "orders", "is": 1}),))


@pytest.mark.parametrize(
    ("do", "expected", "focus"),
    [
        ("add n", ["n", "n.0", "n.1"], "n.1"),
        ("group n", ["n", "n.0", "n.1", "n.1.0"], "n.1"),
        ("remove n.0", ["n"], "n"),
        ("remove n.7", ["n", "n.0"], "n"),
        ("add n.0", ["n", "n.0"], "n"),
        ("nonsense", ["n", "n.0"], ""),
        ("", ["n", "n.0"], ""),
    ],
)
def test_buttons_of_the_builder(do: str, expected: list[str], focus: str) -> None:
    node, looked_at = builder.edited(builder.from_form(FormData(REPEAT)), do)
    assert [one.path for one in node.everywhere()] == expected
    assert looked_at == focus


def test_what_is_no_condition_is_marked_where_it_stands() -> None:
    node = builder.checked(builder.from_form(FormData(REPEAT | {"n.0/value": "a few"})))
    assert node.parts[0].error == "'a few' is not a number."
    assert builder.checked(builder.from_form(FormData(REPEAT | {"n.0/value": ""}))).parts[0].error == "Say a value."
    assert builder.condition_of(node) is None


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"n/kind": "odd"},
        {"n/kind": "all", "n.x/kind": "test"},
        {"n/kind": "all", "n.0/kind": "test", "n.0/field": "nobody", "n.0/operator": "eval"},
        {"n/kind": "all", "n.0/kind": "test", "n.0/field": "segment", "n.0/operator": "", "n.0/value": "\0"},
        {"n/kind": "any"},
    ],
)
def test_a_form_that_somebody_made_up(form: dict[str, str]) -> None:
    builder.checked(builder.from_form(FormData(form)))


def test_a_form_that_is_too_deep() -> None:
    paths = ["n" + ".0" * depth for depth in range(30)]
    with pytest.raises(Rejected, match="deep"):
        builder.from_form(FormData({f"{path}/kind": "all" for path in paths}))


def sized(page: str) -> str:
    """What stands in the row of those who came back."""
    found = re.search(r"Repeat customers.*?</th>\s*<td[^>]*>(.*?)</td>", page, flags=re.DOTALL)
    assert found is not None
    return plain(found[1]).strip()


@pytest.mark.anyio
async def test_sizes_stand_for_some_minutes_and_say_when_they_were_counted(desk: Desk) -> None:
    silent(desk.home, 80)
    page = await desk.look(path="/admin/segments")
    assert sized(page) == "1"
    assert "Counted Jun 1, 2026" in page
    assert "counting…" not in page
    again = html.unescape(re.findall(r'hx-get="(/admin/segments/table\?newer=[^"]+)"', page)[0])
    desk.home.take("order_updated", order_body(order("O9", ago(1), user_id="U9", email="u9@example.com")))
    desk.home.now += days(0.001)
    assert "1 of 2 customers" in plain(await desk.look(path="/admin/segments/size?name=new"))
    assert sized(await desk.look(path="/admin/segments")) == "1"
    assert "Counted from " in await desk.look(path="/admin/segments"), "one of them was counted by itself"
    newer = await desk.look(path=again)
    assert "Counted from " not in newer
    assert len(set(re.findall('Counted [^<"]+', newer))) == 1
    desk.home.now += days(0.01)
    assert sized(await desk.look(path="/admin/segments")) == "1"
    assert (await desk.ask("/admin/segments/table?newer=odd", desk.headers(READER))).status_code == 200


@pytest.mark.anyio
async def test_old_sizes_of_a_large_shop_are_shown_with_their_time_until_they_are_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(desk.home, 80)
    going_on, sizes = threading.Event(), segments.sizes

    def slowly(*asked: Any) -> dict[str, int]:
        assert going_on.wait(20)
        return sizes(*asked)

    monkeypatch.setattr(segments, "sizes", slowly)
    monkeypatch.setattr(beside, "PATIENCE", 0.05)
    page = await desk.look(path="/admin/segments")
    assert sized(page) == "counting…"
    assert "Counted" not in plain(page)
    going_on.set()
    while "hx-trigger" in (page := await desk.look(path="/admin/segments/table")):
        pass
    assert sized(page) == "1"
    going_on.clear()
    desk.home.now += days(1.1)
    page = await desk.look(path="/admin/segments")
    assert sized(page) == "1"
    assert re.search(r"Counted Jun 1, 2026, [^·]+ · counting…", plain(page)), plain(page)
    assert 'hx-get="/admin/segments/table" hx-trigger="load delay:500ms"' in page
    going_on.set()
    while "hx-trigger" in (page := await desk.look(path="/admin/segments/table")):
        pass
    assert "Counted Jun 2, 2026" in page


@pytest.mark.anyio
async def test_each_ready_segment_can_be_where_another_begins(desk: Desk) -> None:
    with desk.home.database.read() as connection:
        ready = segments.ready(shops.get(connection, desk.home.shop_id))
    for segment in ready:
        assert 'id="builder"' in await desk.look(path=f"/admin/segments/new?like={segment.name}")
    assert '<span class="soft">%</span>' in await desk.look(path="/admin/segments/new?like=discount-only")


@pytest.mark.anyio
async def test_a_segment_is_built_saved_edited_and_removed(desk: Desk) -> None:
    silent(desk.home, 80)
    form = typed(await desk.look(path="/admin/segments/new")) | REPEAT | {"name": "Came  back"}
    live = plain((await desk.press("/admin/segments/live", **form)).text)
    assert "Orders at least 2" in live
    assert "1 of 1 customer · 100" in live
    assert "Ann u1@example.com" in live
    answer = await desk.press("/admin/segments/save", **form)
    assert answer.status_code == 204, plain(answer.text)
    assert json.loads(answer.headers["hx-trigger"])["go"]["path"] == "/admin/segments"
    assert "There is a segment “came-back” already" in plain((await desk.press("/admin/segments/save", **form)).text)
    page = await desk.look(path="/admin/segments/of/came-back")
    edit = typed(page)
    assert edit["n.0/value"] == "2"
    edit |= {"n.0/value": "9"}
    assert (await desk.press("/admin/segments/save", **edit)).status_code == 204
    desk.home.now += days(0.01)
    with desk.home.database.read() as connection:
        assert segments.own(connection, desk.home.shop_id)[0].condition == read_condition(
            {"all": [{"field": "orders", "at_least": 9}]}
        )
    assert (await desk.press("/admin/segments/remove", name="came-back")).status_code == 204
    assert (await desk.ask("/admin/segments/of/came-back", desk.headers(READER))).status_code == 404


@pytest.mark.anyio
async def test_the_second_of_two_is_told_and_keeps_what_they_typed(desk: Desk) -> None:
    form = REPEAT | {"name": "tea"}
    await desk.press("/admin/segments/save", **form)
    mine = typed(await desk.look(path="/admin/segments/of/tea")) | {"n.0/value": "5"}
    desk.home.now += days(0.01)
    theirs = typed(await desk.look(path="/admin/segments/of/tea")) | {"n.0/value": "7"}
    await desk.press("/admin/segments/save", **theirs)
    answer = await desk.press("/admin/segments/save", **mine)
    assert "Somebody else has saved “tea” meanwhile; it says now: Orders at least 7." in plain(answer.text)
    again = typed(answer.text)
    assert again["n.0/value"] == "5"
    assert (await desk.press("/admin/segments/save", **again)).status_code == 204


@pytest.mark.anyio
async def test_what_is_not_whole_is_said_and_nothing_typed_is_lost(desk: Desk) -> None:
    form = REPEAT | {"name": "Tea!", "n.0/value": "some", "was": ""}
    answer = await desk.press("/admin/segments/save", **form)
    said = plain(answer.text)
    assert "Some tests are not whole" in said
    assert "'some' is not a number." in said
    assert typed(answer.text)["n.0/value"] == "some"
    answer = await desk.press("/admin/segments/save", **(form | {"n.0/value": "3"}))
    assert "“tea!” is no name for a segment" in plain(answer.text)
    answer = await desk.press("/admin/segments/save", **(form | {"n.0/value": "3", "name": "loyal"}))
    assert "a segment that every shop has" in plain(answer.text)
    nothing = await desk.press("/admin/segments/save", **{"n/kind": "all", "name": "all"})
    assert "A segment without a test is everybody" in plain(nothing.text)


@pytest.mark.anyio
async def test_what_uses_a_segment_is_said_before_it_is_removed(desk: Desk) -> None:
    await desk.press("/admin/segments/save", **(REPEAT | {"name": "tea"}))
    with desk.home.database.write() as connection:
        found = campaigns.get(connection, desk.home.shop_id, "win-back", desk.home.house.tactics)
        limits = Limits(audience={"segment": "tea"})
        campaigns.edit(connection, desk.home.shop_id, found, found.params, limits, "test", desk.home.now)
    page = await desk.look(path="/admin/segments/of/tea")
    assert "Used by campaign “win-back”" in plain(page)
    assert "/admin/segments/remove" not in page
    assert "campaign “win-back”" in plain(await desk.look(path="/admin/segments"))
    answer = await desk.press("/admin/segments/remove", name="tea")
    assert answer.status_code == 400
    assert "is used by campaign “win-back”; change that first." in plain(answer.text)


@pytest.mark.anyio
async def test_why_somebody_is_inside(desk: Desk) -> None:
    silent(desk.home, 80)
    path = "/admin/segments/explain?name=high-value-at-risk&who="
    said = plain(await desk.look(path=path + "u1@example.com"))
    assert "Not inside." in said
    assert "✓ Activity is At risk : yes (At risk)" in said
    assert "There is no customer “x@y.z”" in plain(await desk.look(path=path + "x@y.z"))
    assert "There is no customer" in plain(await desk.look(path=path + "9" * 15))
    assert (await desk.ask("/admin/segments/explain?name=odd&who=1", desk.headers(READER))).status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize(
    "said",
    [
        {"n.0/field": "bought.sku", "n.0/value": "TEA", "n.0/days": "3"},
        {"n.0/field": "days_since_last_order", "n.0/operator": "at_most", "n.0/value": "3"},
    ],
)
async def test_a_large_shop_is_counted_in_turns(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    for number in range(1, 6):
        seen = order(f"O{number}", ago(number), user_id=f"U{number}", email=f"u{number}@example.com")
        desk.home.take("order_updated", order_body(seen))
    for portion in ("PORTION", "PORTION_WITH_LINES"):
        monkeypatch.setattr(segments, portion, 2)
    monkeypatch.setattr(counting, "TURN", 0.0)
    form = said = {"n/kind": "all", "n.0/kind": "test"} | said
    answers = []
    for _ in range(6):
        answers.append((await desk.press("/admin/segments/live", **form)).text)
        going_on = re.search(r"hx-vals='(.*?)'", answers[-1])
        if not going_on:
            break
        form = said | {name: str(value) for name, value in json.loads(going_on[1]).items()}
    assert len(answers) == 3
    assert "so far" in plain(answers[0])
    assert "3 of 5 customers" in plain(answers[-1])
    assert len(re.findall("/admin/customers/", answers[-1])) == 3


TEA, COFFEE = (read_condition({"bought": {"sku": sku}}) for sku in ("TEA", "COFFEE"))
FAR = Counting(50000, 50001, 12, 49000, (1, 7))


@pytest.mark.anyio
async def test_a_counting_goes_on_where_it_stood_and_begins_anew_where_that_was_not_signed_for_it(home: Home) -> None:
    other = home.install("http://elsewhere.test/graphql/")
    with home.database.read() as connection:
        mine, theirs = (shops.get(connection, shop_id) for shop_id in (home.shop_id, other))
    keys = home.house.keyring
    token = counting.sign(keys, mine, TEA, FAR)
    assert counting.stood(keys, mine, TEA, token) == FAR
    assert counting.stood(keys, mine, COFFEE, token) == Counting()
    assert counting.stood(keys, theirs, TEA, token) == Counting()
    assert counting.stood(Keyring(["x" * 40]), mine, TEA, token) == Counting()
    assert counting.stood(keys, mine, TEA, keys.sign(counting.PURPOSE, "odd")) == Counting()
    for forged in (
        None,
        "",
        "odd",
        "50000.12.49000.1.7",
        token[:-1],
        keys.sign("another purpose", [1, "x", [9, 9, 9]]),
    ):
        assert counting.stood(keys, mine, TEA, forged) == Counting(), forged


@pytest.mark.anyio
async def test_nobody_writes_a_size_that_was_never_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        seen = order(f"O{number}", ago(number), user_id=f"U{number}", email=f"u{number}@example.com")
        desk.home.take("order_updated", order_body(seen))
    for portion in ("PORTION", "PORTION_WITH_LINES"):
        monkeypatch.setattr(segments, portion, 2)
    monkeypatch.setattr(counting, "TURN", 0.0)
    with desk.home.database.write() as connection:
        segments.save(connection, desk.home.shop_id, "tea", TEA, desk.home.now)
        segments.save(connection, desk.home.shop_id, "coffee", COFFEE, desk.home.now)
        mine = shops.get(connection, desk.home.shop_id)

    async def count(name: str, stood: str) -> str:
        page = await desk.look(READER, f"/admin/segments/size?name={name}&stood={stood}")
        while (further := re.search(r'hx-get="([^"]+)"', page)) is not None:
            page = await desk.look(READER, html.unescape(further[1]))
        return plain(page)

    tokens = ["9.4000.4000", counting.sign(desk.home.house.keyring, mine, COFFEE, Counting(9, 10, 4000, 4000))]
    for token in tokens:
        assert "5 of 5 customers" in await count("tea", token)
        with desk.home.database.read() as connection:
            assert segment_sizes.of_shop(connection, desk.home.shop_id)["tea"].customers == 5
    assert "0 of 5 customers" in await count("coffee", "")


@pytest.mark.anyio
async def test_who_may_only_look_has_no_builder(desk: Desk) -> None:
    await desk.press("/admin/segments/save", **(REPEAT | {"name": "tea"}))
    for path in ("/admin/segments/of/loyal", "/admin/segments/of/tea", "/admin/segments"):
        page = await desk.look(READER, path)
        assert "hx-post" not in page
        assert "/admin/segments/new" not in page
    answer = await desk.ask("/admin/segments/new", desk.headers(READER))
    assert answer.status_code == 403
    assert "may manage discounts" in answer.text


@pytest.mark.anyio
async def test_ready_segments_are_told_in_the_merchants_language(desk: Desk) -> None:
    spanish = desk.headers(READER) | {"Accept-Language": "es"}
    page = plain((await desk.ask("/admin/segments", spanish)).text)
    assert "Compraron en 5 días o más." in page
    assert "They " not in page
    assert "Silent " not in page
