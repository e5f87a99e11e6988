"""The description says what is answered: its examples, and live answers, hold to its schemas, and no route is left out."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from plugin.domain.effects import Slot
from plugin.domain.segments import Segment
from plugin.errors import TryLater
from plugin.flow import fronts
from plugin.store import shops
from plugin.storefront.allowance import Allowance
from plugin.storefront.answers import openapi
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import ORIGIN, Stage
from tests.storefront.test_offer_links import give

pytestmark = pytest.mark.anyio

DOCUMENT: dict[str, Any] = json.loads(openapi())
V1 = "/storefront/v1"


def found(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for."""
    while "$ref" in part:
        place: Any = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        part = place
    return part


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def check(schema: Mapping[str, Any], value: Any) -> None:
    validator = Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(value)] == []


def test_every_route_is_described_and_no_other(stage: Stage) -> None:
    served = {
        (route.path, method.lower())
        for route in stage.app.routes
        if isinstance(route, Route) and route.path.startswith(V1)
        for method in (route.methods or set()) - {"OPTIONS", "HEAD"}
    }
    later = set(DOCUMENT["x-not-described-yet"])
    assert {one for one in served if one[0] not in later} == {(path, method) for path, method, _ in operations()}


def test_every_example_is_as_its_schema_says() -> None:
    checked = 0
    for _, _, operation in operations():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for status, response in operation["responses"].items():
            bodies.append(found(response))
            for content in found(response).get("content", {}).values():
                assert all(
                    example["value"]["status"] == int(status)
                    for example in content.get("examples", {}).values()
                    if int(status) >= 400
                )
        for body in bodies:
            for kind, content in body.get("content", {}).items():
                examples = content.get("examples", {})
                assert examples or "openapi" in content["schema"]["required"], kind
                for example in examples.values():
                    check(content["schema"], example["value"])
                    checked += 1
    assert checked > 30


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema({**schema, "components": DOCUMENT["components"]})
    assert DOCUMENT["openapi"].startswith("3.1.")


def hold(answer: Any, path: str, method: str = "get") -> None:
    """The answer is one that is described, in status, type, headers and body; an error is one of the examples."""
    responses = DOCUMENT["paths"][f"{V1}/{path}"][method]["responses"]
    assert str(answer.status_code) in responses
    response = found(responses[str(answer.status_code)])
    for name, header in response.get("headers", {}).items():
        check(header["schema"], answer.headers[name])
    if not answer.content:
        assert "content" not in response
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    content = response["content"][kind]
    check(content["schema"], answer.json())
    if answer.status_code >= 400:  # its title is Python's own, which is not the same in every version
        examples = [example["value"] for example in content["examples"].values()]
        assert answer.json()["detail"] in [example["detail"] for example in examples]


async def test_live_answers_are_as_described(both: Stage) -> None:
    stage = both
    stage.rules({"us": {"loyal": 40}})
    stage.customer(
        Segment.LOYAL,
        shown={
            Slot.FREE_SHIPPING: {
                "channels": {"us": {"amount": "30", "currency": "USD", "until": (NOW + days(3)).isoformat()}}
            },
            Slot.BANNER: {"code": "ABC", "until": (NOW + days(3)).isoformat()},
        },
    )
    stage.customer(Segment.LOYAL, "U2", "bob@tea.example")
    with stage.database.write() as connection:
        shops.set_test_mode(connection, stage.shop_id, True)
    key = stage.key()
    test = {"Authorization": "Bearer test:at_risk"}
    statuses = set()
    for path in ("free-shipping", "banner"):
        ask = {"channel": "us", "subtotal": "28.50"}
        first = await stage.get(path, user="U1", **ask)
        answers = [
            first,
            await stage.get(path, user="U1", headers={"If-None-Match": first.headers["ETag"]}, **ask),
            await stage.get(path, user="U2", **ask),
            await stage.get(path, headers=test, **ask),
            await stage.by_server(path, key, **ask),
            await stage.by_server(path, key, headers={"Origin": ORIGIN}, **ask),
            await stage.get(path, headers={"Authorization": "Bearer x"}, **ask),
            await stage.get(path, shop="x", **ask),
        ]
        if path == "free-shipping":
            answers += [
                await stage.get(path, **ask),
                await stage.get(path, channel="pl"),
                await stage.get(path, user="U1", channel="us", subtotal="1000"),
                await stage.get(path, channel="us", subtotal="-1"),
                await stage.get(path, channel="nowhere"),
            ]
        for answer in answers:
            hold(answer, path)
            statuses.add((path, answer.status_code))
    shown = {"channel": "us", "slot": "announcement"}
    first = await stage.get("content", user="U1", **shown)
    for answer in (
        first,
        await stage.get("content", user="U1", headers={"If-None-Match": first.headers["ETag"]}, **shown),
        await stage.get("content", headers=test, **shown),
        await stage.get("content", **shown),
        await stage.get("content", channel="us", slot="footer"),
        await stage.get("content", headers={"Authorization": "Bearer x"}, **shown),
        await stage.by_server("content", key, headers={"Origin": ORIGIN}, **shown),
        await stage.get("content", channel="nowhere", slot="home"),
    ):
        hold(answer, "content")
        statuses.add(("content", answer.status_code))
    for answer in (
        await stage.follow(give(stage)),
        await stage.follow("x"),
        await stage.follow(1),
        await stage.follow("", raw=b"{"),
        await stage.follow("", raw=b" " * 40_000),
    ):
        hold(answer, "offer", "post")
        statuses.add(("offer", answer.status_code))
    for told in (
        await stage.tell(stage.event(), user="U1"),
        await stage.tell(stage.event(), headers={"Origin": "https://evil.example"}),
        await stage.tell(stage.event(), token="x"),
        await stage.tell(stage.event(), token=1),
        await stage.tell(stage.event(), address="x"),
        await stage.tell(stage.event(), shop="x"),
        await stage.tell(*[1] * 51),
        await stage.tell(raw=b"{"),
        await stage.tell(raw=b"1"),
        await stage.tell(raw=b" " * 40_000),
        await stage.tell(headers={"Authorization": f"Retention-Key {key}", "Origin": ORIGIN}),
    ):
        hold(told, "events", "post")
        statuses.add(("events", told.status_code))
    hold(await stage.get("openapi.json"), "openapi.json")
    described = {
        (path.removeprefix(f"{V1}/"), int(status))
        for path, _, operation in operations()
        for status in operation["responses"]
        if not path.endswith(".json")
    }
    assert {one for one in described - statuses if one[1] not in {429, 503}} == set()


@pytest.mark.parametrize("path", ["free-shipping", "content", "banner", "events"])
async def test_so_are_those_of_a_bad_day(stage: Stage, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> Any:
        return await (stage.tell() if path == "events" else stage.get(path, channel="us", slot="home"))

    def gone(*_: object) -> None:
        raise TryLater("The database did not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(fronts, "_front", gone)
        answer = await ask()
        assert answer.status_code == 503
        hold(answer, path, "post" if path == "events" else "get")
    stage.allowance = Allowance(per_address=0)
    stage.open()
    answer = await ask()
    assert answer.status_code == 429
    hold(answer, path, "post" if path == "events" else "get")


async def test_the_description_may_be_kept_and_read_by_anybody(stage: Stage) -> None:
    answer = await stage.get("openapi.json")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = await stage.get("openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
