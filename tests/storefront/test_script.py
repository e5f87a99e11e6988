"""The script as it is served; tests/storefront/test_script_browser.py is about what it does."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from plugin.headers import SecurityHeaders
from plugin.storefront.script import ADDRESS, SOURCE, read_script, routes

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs"
#: What a page pays for it.
LARGEST = 6 * 1024


async def get(path: str = ADDRESS, **headers: str) -> httpx.Response:
    app = SecurityHeaders(Starlette(routes=list(routes())), https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://retention.example") as client:
        return await client.get(path, headers={"Accept-Encoding": "identity", **headers})


def test_it_is_small() -> None:
    script = read_script()
    assert len(script.zipped) <= LARGEST
    assert gzip.decompress(script.zipped) == script.plain


def test_only_comments_and_indentation_are_left_out() -> None:
    kept = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    assert read_script().plain.decode().splitlines() == [
        line for line in kept if line and not line.startswith(("//", "/**"))
    ]


async def test_any_shops_page_may_load_it() -> None:
    answer = await get(Origin="https://tea.example")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"].startswith("public, max-age=300")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
async def test_who_has_it_is_not_sent_it_again(encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    first = await get(**headers)
    again = await get(**headers, **{"If-None-Match": first.headers["etag"]})
    assert first.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
    assert first.content == read_script().plain
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_version_stays_as_it_is_and_an_older_one_leads_to_the_newest() -> None:
    named = (await get()).headers["content-location"]
    assert (await get(named)).headers["cache-control"].endswith("immutable")
    older = await get(ADDRESS.replace(".js", f".{'0' * 16}.js"))
    assert (older.status_code, older.headers["location"]) == (307, ADDRESS)
    assert older.headers["access-control-allow-origin"] == "*"


def test_all_that_a_storefront_can_set_or_hear_is_documented() -> None:
    source, said = SOURCE.read_text(encoding="utf-8"), (DOCS / "storefront.md").read_text(encoding="utf-8")
    api = source.split("const retention = {")[1].split("\n  };")[0]
    parts = re.findall(r'make\("\w+", [`"](\w+)', source) + re.findall(r'press\("(\w+)"', source)
    named = {
        *re.findall(r"--retention-[a-z-]+", source),
        *(f"<{name}" for name in re.findall(r'customElements\.define\("([a-z-]+)"', source)),
        *(f"`retention:{name}`" for name in re.findall(r'\btell\("(\w+)"', source)),
        *(f"`{name}(" for name in re.findall(r"^    (\w+)[(:,]", api, re.MULTILINE)),
        *(f"`data-{name}`" for name in re.findall(r"script\.dataset\.(\w+)", source)),
        *(
            f"`{name}`"
            for names in re.findall(r"observedAttributes = \[(.+)\]", source)
            for name in re.findall(r"\w+", names)
        ),
        *(f"`{name}`" for name in re.findall(r'hasAttribute\("(\w+)"', source)),
        *(f"`{part}`" for part in parts),
        *(f"`{name}`" for name in re.findall(r'track\("(\w+)"', source)),
    }
    assert len(named) > 40
    assert sorted(name for name in named if name not in said) == []


def test_what_is_to_be_copied_into_paper_is_named_there() -> None:
    said, copied = (DOCS / "paper.md").read_text(encoding="utf-8"), sorted((DOCS / "paper").iterdir())
    assert [path.name for path in copied] == [
        "retention-api.ts",
        "retention-banner.tsx",
        "retention-bar.tsx",
        "retention-free-shipping.tsx",
    ]
    assert [path.name for path in copied if f"(paper/{path.name})" not in said] == []
    foreign = {name for path in copied for name in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8"))}
    assert foreign == {
        "@/lib/auth/server",
        "@/ui/atoms/nav-href-link",
        "react",
        "./retention-api",
        "./retention-bar",
    }
