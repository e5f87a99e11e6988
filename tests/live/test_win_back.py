"""The main path: who is about to leave gets exactly one voucher and one banner, and the checkout takes the code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.customer import fold
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.engine.port import Lane, LaneKind
from plugin.flow.reconsider import Look, reconsider
from plugin.flow.scene import set_scene
from plugin.store import customers as people
from plugin.store import effects as asked
from plugin.store import ledger, shops
from plugin.store.schema import codes, customers, decisions, effects, reservations
from tests.live.api import Staff, until
from tests.live.app import App
from tests.live.corner import PRICES, RATE
from tests.live.people import Basket, Shopper, Street

#: Days ago, and silent ever since; and a rhythm that goes on.
SILENT = (330, 300, 270, 240)
USUAL = (65, 35, 5)
#: The banner's key, as storefronts read it.
BANNER = "retention.banner"


@dataclass(frozen=True)
class Case:
    campaign: str
    settings: Sequence[str]
    voucher: Mapping[str, Any]
    #: Too small for the offer; None where every basket will do.
    below: Sequence[str] | None
    enough: Sequence[str]
    #: Of the basket that is enough: subtotal, shipping and total with the code.
    sums: tuple[Decimal, Decimal, Decimal]
    #: The voucher's channels are those with the offer's currency.
    currency: str | None = None


TEE, CAP = PRICES["tee"], PRICES["cap"]
CASES = (
    Case(
        "win-back",
        (),
        {"type": "ENTIRE_ORDER", "discountValueType": "PERCENTAGE"},
        None,
        ("tee", "cap"),
        (Decimal("26.99"), RATE, Decimal("36.99")),
    ),
    Case(
        "five-off",
        ("offer=amount", "value=5", "currency=USD", "minimum=29.99"),
        {"type": "ENTIRE_ORDER", "discountValueType": "FIXED"},
        ("tee",),
        ("tee", "cap"),
        (TEE + CAP - 5, RATE, TEE + CAP - 5 + RATE),
        "USD",
    ),
    Case(
        "no-postage",
        ("offer=free_shipping", "currency=USD", "minimum=29.99"),
        {"type": "SHIPPING", "discountValueType": "PERCENTAGE"},
        ("tee",),
        ("tee", "cap"),
        (TEE + CAP, Decimal(0), TEE + CAP),
        "USD",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.campaign)
def test_one_voucher_one_banner_and_the_checkout_takes_the_code(app: App, street: Street, case: Case) -> None:
    silent, usual = street.register("iris"), street.register("otto")
    street.bought({silent.user_id: SILENT, usual.user_id: USUAL})
    before = vouchers_of(street.staff)
    switch_on(app, case)

    code = the_code(app, street, silent)
    (voucher,) = new_vouchers(street.staff, before)
    assert {key: voucher[key] for key in case.voucher} == case.voucher
    assert voucher["name"].startswith(f"{case.campaign} until 20")
    assert voucher["singleUse"] is True
    assert voucher["codes"] == [code]
    assert voucher["channels"] == channels_with(street.staff, case.currency)
    assert the_code(app, street, silent) == code

    look_again(app)
    assert new_vouchers(street.staff, before) == [voucher]
    assert BANNER not in street.metadata(usual.user_id)
    assert decided(app, usual) == []
    assert [row["outcome"] for row in decided(app, silent)] == ["given"]

    spend(app, street, silent, code, case)
    app.run("campaign", "end", case.campaign)


def test_who_is_deleted_before_the_delivery_gets_nothing(app: App, street: Street) -> None:
    leaving = street.register("nora")
    street.bought({leaving.user_id: SILENT})
    before = vouchers_of(street.staff)
    app.run("stop", "--all")
    app.run("campaign", "new", "win_back", "too-late", "--control", "0")
    app.run("campaign", "on", "too-late", "--inside-per-day", "10")
    until("the customer to be silent", lambda: known(app, leaving)["segment"] == "at_risk")
    decide_now(app, leaving)
    assert [row["status"] for row in drawn_for(app, leaving)] == ["drawn"]
    street.delete(leaving.user_id)
    until("the customer to be forgotten", lambda: known(app, leaving) is None)
    app.run("start", "--all")
    look_again(app)
    assert new_vouchers(street.staff, before) == []
    assert app.rows(select(codes.c.code).where(codes.c.status == "issued")) == []
    app.run("campaign", "end", "too-late")


def switch_on(app: App, case: Case) -> None:
    if case.settings:
        settings = [word for setting in case.settings for word in ("--set", setting)]
        app.run("campaign", "new", "win_back", case.campaign, "--control", "0", *settings)
    else:
        app.run("campaign", "edit", case.campaign, "--control", "0")
    app.run("campaign", "on", case.campaign, "--inside-per-day", "10")


def the_code(app: App, street: Street, shopper: Shopper) -> str:
    """What the shopper's own banner says, as a storefront reads it with their token."""

    def read() -> dict[str, Any] | None:
        answer = street.api.call(f'{{ me {{ banner: metafield(key: "{BANNER}") }} }}', shopper.token)["me"]["banner"]
        banner: dict[str, Any] | None = answer and json.loads(answer)
        return banner

    banner = until("the banner", read)
    assert banner["code"] in banner["text"]
    assert banner["text"].startswith("We miss you, Iris")
    assert datetime.fromisoformat(banner["until"]) > datetime.now(UTC)
    (row,) = app.rows(select(codes).where(codes.c.customer_id == known(app, shopper)["id"]))
    assert (row["code"], row["status"]) == (banner["code"], "issued")
    return str(banner["code"])


def spend(app: App, street: Street, shopper: Shopper, code: str, case: Case) -> None:
    if case.below is not None:
        assert not street.takes_code(delivered(street, case.below, shopper), code)
    basket = delivered(street, case.enough, shopper)
    street.enter_code(basket, code)
    sums = street.sums(basket)
    assert (sums["subtotal"], sums["shipping"], sums["total"]) == case.sums
    order_id = street.buy(basket)
    mine = select(codes).where(codes.c.code == code)
    until("the code to be noted as used", lambda: app.rows(mine)[0]["status"] == "redeemed")
    assert app.rows(mine)[0]["order_id"] == order_id
    assert settled(app, code) == sum(PRICES[kind] for kind in case.enough) + RATE - case.sums[2]
    until("the banner to be taken down", lambda: BANNER not in street.metadata(shopper.user_id))
    assert not street.takes_code(delivered(street, case.enough, shopper), code)
    assert known(app, shopper)["segment"] != "at_risk"


def settled(app: App, code: str) -> Decimal:
    """What our books say that it took off."""
    mine = select(reservations).join(codes, codes.c.decision_id == reservations.c.decision_id)
    (row,) = app.rows(mine.where(codes.c.code == code))
    assert row["status"] == "settled"
    given: Decimal = row["settled"]
    return given


def delivered(street: Street, what: Sequence[str], shopper: Shopper) -> Basket:
    """A basket with a delivery method: without one Saleor takes no voucher for shipping."""
    basket = street.fill(what, shopper)
    street.choose(basket, "parcel")
    return basket


def known(app: App, shopper: Shopper) -> Any:
    return next(iter(app.rows(select(customers).where(customers.c.user_id == shopper.user_id))), None)


def decided(app: App, shopper: Shopper) -> list[Mapping[str, Any]]:
    return app.rows(select(decisions).where(decisions.c.customer_id == known(app, shopper)["id"]))


def drawn_for(app: App, shopper: Shopper) -> list[Mapping[str, Any]]:
    return app.rows(select(codes).where(codes.c.customer_id == known(app, shopper)["id"]))


def look_again(app: App) -> None:
    """Every lane is drained once more, and nothing is left to be done now."""
    with app.house() as house:
        for shop_id in {row["id"] for row in app.rows(select(customers.c.shop_id.label("id")).distinct())}:
            house.wake(Lane(kind, shop_id) for kind in LaneKind)
    due = select(effects.c.id).where(
        effects.c.status.in_(["open", "leased", "failed"]), effects.c.due_at <= datetime.now(UTC)
    )
    until("all that was asked for to be done", lambda: not app.rows(due))


def decide_now(app: App, shopper: Shopper) -> None:
    """What the clock would do, for one customer, while the shop is stopped."""
    with app.house() as house, house.database.write() as connection:
        customer = people.lock(connection, known(app, shopper)["shop_id"], known(app, shopper)["id"])
        assert customer is not None
        shop = replace(shops.active(connection)[0], stopped=False)
        scene = set_scene(connection, house, shop, house.clock())
        history = fold(ledger.purchases(connection, scene.shop_id, customer.customer_id), scene.zone)
        look = Look(customer, history, Trigger(TriggerKind.INSIDE, scene.now))
        (made,) = reconsider(connection, scene, [look])
        assert [decision.outcome.value for decision in made] == ["given"]
        assert asked.counts(connection, scene.shop_id)["open"] > 0


VOUCHER = (
    "id name type discountValueType singleUse codes(first: 10) { edges { node { code } } }"
    " channelListings { channel { slug } }"
)


def vouchers_of(staff: Staff) -> dict[str, dict[str, Any]]:
    return {
        voucher["id"]: {
            **voucher,
            "codes": [edge["node"]["code"] for edge in voucher["codes"]["edges"]],
            "channels": {listing["channel"]["slug"] for listing in voucher["channelListings"]},
        }
        for voucher in staff.pages("vouchers", VOUCHER)
    }


def new_vouchers(staff: Staff, before: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [voucher for voucher_id, voucher in vouchers_of(staff).items() if voucher_id not in before]


def channels_with(staff: Staff, currency: str | None) -> set[str]:
    channels = staff.call("{ channels { slug currencyCode isActive } }")["channels"]
    return {one["slug"] for one in channels if one["isActive"] and currency in {None, one["currencyCode"]}}
