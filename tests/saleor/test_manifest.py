"""The manifest asks for what the app does, and for nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from PIL import Image

from admin_ui.door import TO_READ
from admin_ui.pages import PAGES
from plugin.saleor.decode import DECODERS
from plugin.saleor.manifest import build_manifest
from webhooks.routes import queries

ROOT = Path(__file__).parents[2]
MANIFEST = build_manifest("https://retention.example/", queries())
#: What Saleor asks of an app for each kind of event, beside the app's own life.
NEEDED = {
    "ORDER": "MANAGE_ORDERS",
    "FULFILLMENT": "MANAGE_ORDERS",
    "CUSTOMER": "MANAGE_USERS",
    "ACCOUNT": "MANAGE_USERS",
    "CHECKOUT": "MANAGE_CHECKOUTS",
    "PRODUCT": "MANAGE_PRODUCTS",
    "VOUCHER": "MANAGE_DISCOUNTS",
    "GIFT": "MANAGE_GIFT_CARD",
    "SHIPPING": "MANAGE_SHIPPING",
}


def events(kind: str = "asyncEvents") -> list[str]:
    return [event for webhook in MANIFEST["webhooks"] for event in webhook.get(kind, [])]


def test_every_event_asked_for_is_decoded_and_no_other() -> None:
    assert sorted(event.lower() for event in events()) == sorted(DECODERS)


def test_every_event_has_its_permission() -> None:
    asked = {NEEDED[event.split("_")[0]] for event in [*events(), *events("syncEvents")] if event[:4] != "APP_"}
    assert asked <= set(MANIFEST["permissions"])


def test_every_query_asks_for_the_events_of_its_webhook_and_for_when_they_were_issued() -> None:
    for webhook in MANIFEST["webhooks"]:
        query = webhook["query"]
        assert "issuedAt" in query
        for event in [*webhook.get("asyncEvents", []), *webhook.get("syncEvents", [])]:
            assert f"... on {event.title().replace('_', '')} " in query, event


@pytest.mark.parametrize("name", sorted(queries()))
def test_every_subscription_is_used_and_fits_the_sandboxs_schema(name: str) -> None:
    assert [webhook for webhook in MANIFEST["webhooks"] if webhook["query"] == queries()[name]]
    schema = build_schema((ROOT / "plugin" / "sandbox" / "schema.graphql").read_text("utf-8"))
    assert validate(schema, parse(queries()[name])) == []


def test_the_base_url_is_everywhere_and_no_placeholder_is_left() -> None:
    text = json.dumps({**MANIFEST, "webhooks": [{**w, "query": ""} for w in MANIFEST["webhooks"]]})
    assert "{base}" not in text
    assert "{version}" not in text
    for url in [
        *(MANIFEST[key] for key in MANIFEST if key.endswith("Url")),
        *(w["targetUrl"] for w in MANIFEST["webhooks"]),
    ]:
        assert url.startswith("https://retention.example/")
        assert "//" not in url.removeprefix("https://")
        assert not url.endswith("/"), "nobody follows a redirect from a slash"


LIMITS: list[tuple[str, Any, int]] = [
    *((key, MANIFEST[key], 60) for key in ("id", "name", "version", "author")),
    *((key, MANIFEST[key], 200) for key in MANIFEST if key.endswith("Url")),
    *(("targetUrl", webhook["targetUrl"], 255) for webhook in MANIFEST["webhooks"]),
    *(("name", webhook["name"], 255) for webhook in MANIFEST["webhooks"]),
]


@pytest.mark.parametrize(("key", "value", "most"), LIMITS)
def test_saleors_limits_are_kept(key: str, value: str, most: int) -> None:
    assert 0 < len(value) <= most


EXTENSIONS = MANIFEST["extensions"]
#: Where the Dashboard shows something of ours, and how it opens.
MOUNTS = {
    "NAVIGATION_CUSTOMERS": "APP_PAGE",
    "NAVIGATION_DISCOUNTS": "APP_PAGE",
    "SEARCH_ACTION": "APP_PAGE",
    "CUSTOMER_DETAILS_WIDGETS": "WIDGET",
    "ORDER_DETAILS_WIDGETS": "WIDGET",
    "VOUCHER_DETAILS_WIDGETS": "WIDGET",
    "HOMEPAGE_WIDGETS": "WIDGET",
}


def test_every_mount_has_one_extension_with_an_identifier_of_its_own() -> None:
    assert {one["mount"]: one["target"] for one in EXTENSIONS} == MOUNTS
    assert len({one["identifier"] for one in EXTENSIONS}) == len(EXTENSIONS) == len(MOUNTS)


def test_every_extension_leads_to_a_page_of_ours_and_asks_for_what_the_app_may() -> None:
    known = {path for page in PAGES for path in page.shows}
    for one in EXTENSIONS:
        path = one["url"].removeprefix("https://retention.example")
        assert (path if path.startswith("/admin") else f"/admin{path}") in known
        assert set(one["permissions"]) <= set(MANIFEST["permissions"])
        assert len(one["url"]) <= 200


def test_widgets_are_asked_for_by_get_because_their_token_comes_by_the_app_bridge() -> None:
    for one in EXTENSIONS:
        if one["target"] == "WIDGET":
            option = "homeWidgetTarget" if one["mount"] == "HOMEPAGE_WIDGETS" else "widgetTarget"
            assert one["options"] == {option: {"method": "GET"}}
            assert TO_READ & set(one["permissions"]), "its token allows what the extension asks for, and no more"
            assert next(page for page in PAGES if one["url"].endswith(tuple(page.shows))).widget


def test_the_logo_is_a_square_that_saleor_takes() -> None:
    assert MANIFEST["brand"]["logo"]["default"] == "https://retention.example/static/logo.png"
    with Image.open(ROOT / "admin_ui" / "static" / "logo.png") as logo:
        assert (logo.format, *logo.size) == ("PNG", 512, 512)
