"""The frame of the page: nothing of a shop, nothing inline, and files that browsers may keep."""

import gzip
import re
from typing import Any

import httpx
import pytest
from jinja2 import nodes
from starlette.applications import Starlette

from admin_ui import answers
from admin_ui.routes import routes
from admin_ui.shell import SHEETS, STATIC, VERSION
from plugin.saleor.jwks import Keys
from tests.admin_ui.conftest import READER, Desk
from tests.flow.conftest import Home

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/admin", "/admin/campaigns"])
async def test_shell_holds_nothing_of_a_shop(desk: Desk, path: str) -> None:
    answer = await desk.client.get(path, params={"saleorApiUrl": "http://sandbox.test/graphql/", "id": "QXBwOjE="})
    assert answer.status_code == 200
    assert "sandbox.test" not in answer.text
    assert "win-back" not in answer.text


async def test_shell_is_strict_and_can_be_framed(desk: Desk) -> None:
    answer = await desk.client.get("/admin")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "*"
    assert answer.headers["referrer-policy"] != "no-referrer"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:", answer.text)


async def test_only_the_dashboards_that_the_operator_names_may_frame_it(home: Home) -> None:
    async def save(shop_id: int, jwks: Any) -> None:
        """Nothing is looked up for a shell."""

    routed = routes(home.house, Keys(home.http, save), ("https://a.example", "https://*.saleor.cloud"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routed))) as client:
        answer = await client.get("http://app.test/admin")
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; frame-ancestors https://a.example https://*.saleor.cloud")


@pytest.mark.parametrize(
    ("given", "theme"),
    [("dark", "dark"), ("light", "light"), ("defaultDark", "dark"), ("", "light"), ('"><script>', "light")],
)
async def test_shell_begins_in_the_dashboards_theme(desk: Desk, given: str, theme: str) -> None:
    answer = await desk.client.get("/admin", params={"theme": given})
    assert f'data-theme="{theme}"' in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("path", ["/admin", "/admin/campaigns"])
async def test_every_file_the_shell_names_is_there_and_kept(desk: Desk, path: str) -> None:
    shell = await desk.client.get(path)
    names = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', shell.text)
    assert len(names) == 6
    for name in names:
        answer = await desk.client.get(shell.url.join(name))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_styles_are_one_file_and_scripts_and_styles_are_made_small(desk: Desk) -> None:
    whole = "\n".join((STATIC / name).read_text("utf-8") for name in SHEETS)
    for name, kind, body in [("all.css", "text/css", whole), ("page.js", "text/javascript", _text("page.js"))]:
        for accepted, encoding in [("gzip, br", "gzip"), ("identity", None)]:
            path = f"/static/v-{VERSION}/{name}"
            async with desk.client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers.get("content-encoding") == encoding
            assert answer.headers["content-type"].startswith(kind)
            assert answer.headers["vary"] == "Accept-Encoding"
            assert (gzip.decompress(raw) if encoding else raw).decode() == body


async def test_a_font_and_a_picture_come_as_they_are(desk: Desk) -> None:
    for name, kind in [("inter-latin-wght-normal.woff2", "font/woff2"), ("logo.png", "image/png")]:
        answer = await desk.client.get(f"/static/v-{VERSION}/{name}")
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-type"] == kind
        assert answer.content == (STATIC / name).read_bytes()


def _text(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


async def test_charts_are_made_small_too(desk: Desk) -> None:
    answer = await desk.client.get(f"/static/v-{VERSION}/charts/charts.js")
    assert answer.headers["content-encoding"] == "gzip"


async def test_pages_are_made_small_and_told_apart(desk: Desk) -> None:
    for headers in ({}, desk.headers(READER) | {"HX-Request": "true"}):
        answer = await desk.client.get("/admin", headers=headers)
        assert answer.headers["content-encoding"] == "gzip"
        assert {one.strip() for one in answer.headers["vary"].split(",")} == {"HX-Request", "Accept-Encoding"}


@pytest.mark.parametrize("name", ["number", "money", "percent", "moment", "day"])
def test_no_number_is_compiled_into_a_template_as_one_language_writes_it(name: str) -> None:
    """A compiled template is every language's."""
    made = answers._templates("pl")
    [output] = made.parse(f"{{{{ 1 | {name} }}}}").body
    assert isinstance(output, nodes.Output)
    with pytest.raises(nodes.Impossible):
        output.nodes[0].as_const(nodes.EvalContext(made))


async def test_a_file_of_another_version_is_not_kept_for_ever(desk: Desk) -> None:
    for path in ("/static/v-000000000000/page.js", "/static/logo.png"):
        answer = await desk.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=3600"
    assert VERSION != "000000000000"


async def test_files_do_not_lead_out(desk: Desk) -> None:
    for path in ("/static/..%2f__init__.py", "/static/v-x/..%2f..%2froutes.py", "/static/"):
        assert (await desk.client.get(path)).status_code == 404


def test_scripts_are_small() -> None:
    bridge = (STATIC / "app_bridge.js").read_text("utf-8")
    assert len(bridge.splitlines()) <= 120
    assert sum(file.stat().st_size for file in STATIC.glob("*.js")) <= 150_000


def test_what_is_not_ours_names_its_licence() -> None:
    notes = (STATIC / "README.md").read_text("utf-8")
    for name in ("htmx.min.js", "tokens.css"):
        assert name in notes
        assert re.search("BSD|CC BY", (STATIC / name).read_text("utf-8")[:500])
    assert "Open Font License" in (STATIC / "inter-LICENSE.txt").read_text("utf-8")
