"""Installing, again and again."""

import httpx
from sqlalchemy import select

from plugin.saleor.manifest import build_manifest
from plugin.store.schema import campaigns, customers, shops
from tests.live.api import until
from tests.live.app import App
from tests.live.people import Street
from webhooks.routes import queries

WEBHOOKS = "{ name isActive targetUrl asyncEvents { eventType } syncEvents { eventType } }"


def installed_webhooks(app: App) -> dict[str, tuple[bool, str, set[str]]]:
    found = app.staff.call(f"query($id: ID!) {{ app(id: $id) {{ webhooks {WEBHOOKS} }} }}", id=app.app_id())
    return {
        hook["name"]: (
            hook["isActive"],
            hook["targetUrl"],
            {event["eventType"] for event in [*hook["asyncEvents"], *hook["syncEvents"]]},
        )
        for hook in found["app"]["webhooks"]
    }


def manifest_webhooks(app: App) -> dict[str, tuple[bool, str, set[str]]]:
    return {
        hook["name"]: (True, hook["targetUrl"], {*hook.get("asyncEvents", ()), *hook.get("syncEvents", ())})
        for hook in build_manifest(app.url, queries())["webhooks"]
    }


def test_the_shop_is_there_with_drafts_and_active_webhooks(app: App) -> None:
    (shop,) = app.said("shops")
    assert (shop["api_url"], shop["status"], shop["stopped"]) == (app.api_url, "active", False)
    campaigns = {one["name"]: one["status"] for one in app.said("campaign", "list")}
    assert {"win-back", "free-shipping"} <= campaigns.keys()
    assert set(campaigns.values()) == {"draft"}
    assert installed_webhooks(app) == manifest_webhooks(app)


def test_a_reinstall_keeps_what_is_known_and_takes_the_new_token(app: App, street: Street) -> None:
    shopper = street.register("rhea")
    known = select(customers).where(customers.c.user_id == shopper.user_id)
    (before,) = until("the customer", lambda: app.rows(known))
    app.run("campaign", "edit", "win-back", "--control", "0.25")
    (shop,) = app.rows(select(shops))
    app.uninstall()
    until("the shop to be known as gone", lambda: app.rows(select(shops.c.status))[0]["status"] == "uninstalled")
    app_id = app.install()
    (again,) = app.rows(select(shops))
    assert (again["id"], again["status"], again["app_id"]) == (shop["id"], "active", app_id)
    assert again["app_id"] != shop["app_id"]
    assert again["token"] != shop["token"]
    assert again["pepper"] == shop["pepper"]
    assert [row["id"] for row in app.rows(known)] == [before["id"]]
    assert {row["control_share"] for row in app.rows(select(campaigns))} == {0.1, 0.25}


def test_what_knows_no_token_is_refused(app: App) -> None:
    (before,) = app.rows(select(shops))
    answer = httpx.post(
        f"{app.url}/api/register",
        json={"auth_token": "not-a-token-of-this-shop"},
        headers={"Saleor-Api-Url": app.api_url},
        timeout=20,
    )
    assert answer.status_code == 403
    assert "token" in answer.json()["error"]["message"]
    assert app.rows(select(shops)) == [before]
