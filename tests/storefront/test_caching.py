"""Tags: who has the answer already is not sent it again, and nobody is told another's."""

import pytest

from plugin.domain.effects import Slot
from plugin.domain.segments import Segment
from tests.storefront.stage import ORIGIN, Stage

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("user", [None, "U1"])
@pytest.mark.parametrize("said", ["{tag}", "W/{tag}", '"x", {tag}', '"x" ,W/{tag}', "*"])
async def test_who_has_it_is_not_sent_it_again(stage: Stage, user: str | None, said: str) -> None:
    stage.rules({"us": {"loyal": 25}})
    stage.customer(Segment.LOYAL)
    first = await stage.get("free-shipping", user=user, channel="us", headers={"Origin": ORIGIN})
    asked = {"If-None-Match": said.format(tag=first.headers["ETag"]), "Origin": ORIGIN}
    again = await stage.get("free-shipping", user=user, channel="us", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        assert again.headers[name] == first.headers[name], name
    assert "Content-Type" not in again.headers


@pytest.mark.parametrize("said", ['"x"', "x", "", 'W/"x"'])
async def test_who_has_another_is_sent_it(stage: Stage, said: str) -> None:
    answer = await stage.get("free-shipping", channel="us", headers={"If-None-Match": said})
    assert answer.status_code == 200
    assert answer.json()["threshold"] == "100.00"


async def test_another_basket_customer_or_rule_has_another_tag(stage: Stage) -> None:
    stage.rules({"us": {"loyal": 25, "regular": 40}})
    stage.customer(Segment.LOYAL)
    stage.customer(Segment.REGULAR, "U2", "bob@tea.example")
    tags = [
        (await stage.get("free-shipping", user=user, channel="us", subtotal=subtotal)).headers["ETag"]
        for user, subtotal in ((None, "0"), (None, "1"), ("U1", "0"), ("U2", "0"))
    ]
    stage.rules({"us": {"loyal": 20}})
    tags.append((await stage.get("free-shipping", user="U1", channel="us", subtotal="0")).headers["ETag"])
    assert len(set(tags)) == len(tags)


async def test_a_banner_has_a_tag_and_what_is_not_there_has_none(stage: Stage) -> None:
    stage.customer(shown={Slot.BANNER: {"code": "ABC"}})
    first = await stage.get("banner", user="U1")
    again = await stage.get("banner", user="U1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in (await stage.get("banner", user="U2")).headers


async def test_a_look_that_was_answered_with_nothing_new_is_a_promise_all_the_same(stage: Stage) -> None:
    stage.rules({"us": {"loyal": 25}})
    stage.customer(Segment.LOYAL)
    tag = (await stage.get("free-shipping", user="U1", channel="us")).headers["ETag"]
    stage.clear()
    stage.rules({"us": {"loyal": 25}})
    stage.customer(Segment.LOYAL)
    assert stage.seen() == {}
    again = await stage.get("free-shipping", user="U1", channel="us", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert stage.seen()["us"]["amount"] == "25.00"
