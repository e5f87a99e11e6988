"""What an operator meets: an app switched off, webhooks out of line, deliveries while it is down, and leaving."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from plugin.store.schema import campaigns, codes, customers, shops
from tests.live.api import until
from tests.live.app import App
from tests.live.people import Street
from tests.live.test_installation import installed_webhooks, manifest_webhooks
from tests.live.test_win_back import BANNER, SILENT, decide_now, known, new_vouchers, vouchers_of
from tests.live.traces import Traces, look_for_traces


@pytest.fixture
def no_campaign_on(app: App) -> Iterator[None]:
    yield
    for campaign in app.rows(select(campaigns.c.name).where(campaigns.c.status == "on")):
        app.run("campaign", "end", campaign["name"])


def status(app: App) -> str:
    (row,) = app.rows(select(shops.c.status))
    return str(row["status"])


@pytest.mark.parametrize("noticed", ["by the event", "by a call that is refused"])
def test_switched_off_it_writes_nothing_and_goes_on_when_it_is_back(
    app: App, street: Street, no_campaign_on: None, noticed: str
) -> None:
    shopper = street.register("pia")
    street.bought({shopper.user_id: SILENT})
    before = vouchers_of(street.staff)
    name = f"off {noticed}"
    app.run("campaign", "new", "win_back", name, "--control", "0")
    app.run("campaign", "on", name)
    until("the customer to be silent", lambda: (row := known(app, shopper)) and row["segment"] == "at_risk")
    app.run("stop", "--all")
    decide_now(app, shopper)
    if noticed == "by the event":
        app.switch(on=False)
        until("the shop to be known as switched off", lambda: status(app) == "deactivated")
        app.run("start", "--all")
    else:
        app.stop()  # nobody hears of it
        app.switch(on=False)
        app.run("start", "--all")
        app.start()
        until("the token to be refused", lambda: "token_refused" in app.log())
        assert status(app) in {"refused", "deactivated"}
    assert new_vouchers(street.staff, before) == []
    assert BANNER not in street.metadata(shopper.user_id)

    app.switch(on=True)
    until("the shop to be back", lambda: status(app) == "active")
    banner = until("the banner", lambda: street.metadata(shopper.user_id).get(BANNER))
    (voucher,) = new_vouchers(street.staff, before)
    assert voucher["codes"] == [json.loads(banner)["code"]]


def test_upgrade_brings_the_webhooks_in_line(app: App) -> None:
    hooks = app.staff.call("query($id: ID!) { app(id: $id) { webhooks { id name } } }", id=app.app_id())["app"][
        "webhooks"
    ]
    ids = {hook["name"]: hook["id"] for hook in hooks}
    app.staff.call(
        "mutation($id: ID!) { webhookDelete(id: $id) { errors { code message } } }", id=ids["Vouchers and codes"]
    )
    app.staff.call(
        "mutation($id: ID!, $input: WebhookUpdateInput!) { webhookUpdate(id: $id, input: $input)"
        " { errors { code message } } }",
        id=ids["Checkouts"],
        input={"query": "subscription { event { issuedAt ... on CheckoutCreated { checkout { id } } } }"},
    )
    assert installed_webhooks(app) != manifest_webhooks(app)
    said = app.run("upgrade")
    assert "made: Vouchers and codes" in said
    assert "changed: Checkouts" in said
    assert "Needs a reinstall" not in said
    assert installed_webhooks(app) == manifest_webhooks(app)
    assert "The webhooks are up to date." in app.run("upgrade")


@pytest.mark.long
def test_what_happened_while_it_was_down_arrives(app: App, street: Street) -> None:
    app.stop()
    shopper = street.register("vera")
    order_id = street.buy(street.fill(["cap"], shopper))
    app.start()
    # The account's and the order's event come in any order, each after a pause of its own.
    until(
        "the deliveries that Saleor tries again",
        lambda: [
            row
            for row in app.rows(select(customers).where(customers.c.user_id == shopper.user_id))
            if (row["last_order_id"], row["email"]) == (order_id, shopper.email)
        ],
        within=180,
    )
    assert app.said("letters", "list") == []


def test_it_leaves_the_shop_as_it_was(app: App, street: Street, traces: Traces) -> None:
    shopper = street.register("zoe")
    street.bought({shopper.user_id: SILENT})
    until("the customer to be silent", lambda: (row := known(app, shopper)) and row["segment"] == "at_risk")
    thresholds = {street.corner.channel: {"at_risk": "10"}}
    app.run("campaign", "new", "free_shipping", "short", "--set", f"thresholds={json.dumps(thresholds)}")
    app.run("campaign", "on", "short", "--inside-per-day", "10")
    app.run("campaign", "new", "win_back", "last", "--control", "0")
    app.run("campaign", "on", "last", "--inside-per-day", "10")
    keys = {BANNER, "retention.free_shipping"}
    until("all that can be written", lambda: keys <= street.metadata(shopper.user_id).keys())
    written = look_for_traces(street.staff)
    assert all(written[kind] > traces[kind] for kind in ("vouchers", "pages", "apps", "customers' metadata"))

    app.run("disconnect", "--yes")
    assert status(app) == "uninstalled"
    assert {row["status"] for row in app.rows(select(codes.c.status))} <= {"withdrawn", "redeemed"}
    app.uninstall()
    assert look_for_traces(street.staff) == traces
