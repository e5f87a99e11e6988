"""A threshold by segment, kept at the checkout of who earned it and of nobody else."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from plugin.store.schema import customers, pages
from tests.live.api import Staff, until
from tests.live.app import App
from tests.live.corner import ABROAD, FREE_FROM, PRICES, RATE, SECOND
from tests.live.people import Shopper, Street, voucher
from tests.live.test_win_back import SILENT

#: The basket that is compared, and what it comes to.
BASKET = ("tee", "cap", "cap")
COMES_TO = PRICES["tee"] + 2 * PRICES["cap"]
CENT = Decimal("0.01")
#: For who is at risk, to the cent; for who is new, one cent more than that basket.
AT_RISK, NEW = COMES_TO, COMES_TO + CENT
METHOD = "Free shipping"
#: As the campaign has it without being told.
PROMISE_DAYS = 7
#: Rules are believed for three seconds after they were read.
BELIEVED = 10


@dataclass(frozen=True)
class Two:
    """Who earned it and who did not, with the same basket."""

    silent: Shopper
    new: Shopper


@pytest.fixture(scope="module")
def two(app: App, street: Street) -> Iterator[Two]:
    two = Two(street.register("mara"), street.register("nils"))
    street.bought({two.silent.user_id: SILENT})
    excluded = f"excluded_products={street.corner.second_product}"
    app.run("campaign", "edit", "free-shipping", "--set", thresholds_of(street), "--set", excluded)
    until("the customers", lambda: segments(app, two) == ["at_risk", "new"])
    app.run("campaign", "on", "free-shipping", "--inside-per-day", "10")
    yield two
    app.run("campaign", "end", "free-shipping")


def thresholds_of(street: Street, **more: dict[str, str]) -> str:
    """As the command line takes them; more: by country."""
    channel = street.corner.channel
    said = {channel: {"at_risk": str(AT_RISK), "new": str(NEW)}}
    return f"thresholds={json.dumps({**said, **{f'{channel}/{country}': one for country, one in more.items()}})}"


def segments(app: App, two: Two) -> list[str]:
    ids = (two.silent.user_id, two.new.user_id)
    found = app.rows(select(customers.c.segment).where(customers.c.user_id.in_(ids)).order_by(customers.c.segment))
    return [row["segment"] for row in found]


def test_the_same_basket_in_two_segments(app: App, street: Street, two: Two) -> None:
    earned = street.fill(BASKET, two.silent)
    (choice, price) = until("the free method", lambda: street.methods(earned).get(METHOD), within=BELIEVED)
    assert choice
    assert price == 0
    assert street.sums(earned)["subtotal"] == AT_RISK
    assert set(street.methods(street.fill(BASKET, two.new))) == {"parcel"}
    assert set(street.methods(street.fill(BASKET, email=two.silent.email))) == {"parcel"}
    assert set(street.methods(street.fill(["tee", "cap"], two.silent))) == {"parcel"}
    assert METHOD in street.methods(street.fill([*BASKET, "cap"], two.new))


def test_a_code_takes_the_basket_below_and_the_rate_is_the_shops_again(app: App, street: Street, two: Two) -> None:
    basket = street.fill(["coat"], two.silent)
    assert METHOD in street.methods(basket)
    with voucher(street, "60.01") as code:
        street.choose(basket, "parcel")
        street.enter_code(basket, code)
        assert street.sums(basket)["subtotal"] < AT_RISK
        assert METHOD not in street.methods(basket)


def test_the_storefront_is_told_the_same(app: App, street: Street, two: Two) -> None:
    def told(shopper: Shopper | None, subtotal: Decimal = COMES_TO) -> dict[str, Any]:
        said = ask(app, street, shopper, subtotal=subtotal)
        return {name: said[name] for name in ("threshold", "left", "earned", "personal")}

    assert told(two.silent) == {"threshold": str(AT_RISK), "left": "0.00", "earned": True, "personal": True}
    assert told(two.new) == {"threshold": str(NEW), "left": "0.01", "earned": False, "personal": True}
    left = str(FREE_FROM - COMES_TO)
    assert told(None) == {"threshold": f"{FREE_FROM:.2f}", "left": left, "earned": False, "personal": False}


def ask(app: App, street: Street, shopper: Shopper | None, **about: Any) -> dict[str, Any]:
    """What the storefront is answered."""
    query = {name: str(value) for name, value in about.items()}
    answer = httpx.get(
        f"{app.url}/storefront/v1/free-shipping",
        params={"shop": app.api_url, "channel": street.corner.channel, **query},
        headers={"Authorization": f"Bearer {shopper.token}"} if shopper else {},
    ).raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def test_what_is_excluded_does_not_count(app: App, street: Street, two: Two) -> None:
    scarf, without = SECOND["scarf"], PRICES["tee"] + PRICES["cap"]
    said = ask(app, street, two.silent, subtotal=without + scarf, excluded=scarf)
    assert (said["left"], said["excluded"]["products"]) == (str(AT_RISK - without), [street.corner.second_product])
    basket = street.fill(["tee", "cap", "scarf"], two.silent)
    assert street.sums(basket)["subtotal"] > AT_RISK
    assert set(street.methods(basket)) == {"parcel"}
    assert METHOD in street.methods(street.fill([*BASKET, "scarf"], two.silent))


def test_it_is_in_the_customers_metadata(app: App, street: Street, two: Two) -> None:
    for shopper, threshold in ((two.silent, AT_RISK), (two.new, NEW)):
        written = until("the metadata", partial(shown, street, shopper))
        channel = json.loads(written)["channels"][street.corner.channel]
        assert channel == {"amount": str(threshold), "currency": street.corner.currency}


def shown(street: Street, shopper: Shopper) -> str | None:
    return street.metadata(shopper.user_id).get("retention.free_shipping")


def test_chosen_it_costs_nothing_and_the_order_completes(app: App, street: Street, two: Two) -> None:
    basket = street.fill([*BASKET, "cap"], two.new)
    street.choose(basket, METHOD)
    sums = street.sums(basket)
    assert (sums["shipping"], sums["total"]) == (Decimal(0), sums["subtotal"])
    order_id = street.buy(basket, METHOD)
    order = street.staff.call(
        "query($id: ID!) { order(id: $id) { shippingMethodName shippingPrice { gross { amount } }"
        " total { gross { amount } } } }",
        id=order_id,
    )["order"]
    assert (order["shippingMethodName"], order["shippingPrice"]["gross"]["amount"]) == (METHOD, 0)
    assert Decimal(str(order["total"]["gross"]["amount"])) == sums["subtotal"]


def test_another_country_has_a_threshold_of_its_own(app: App, street: Street, two: Two) -> None:
    abroad = NEW + PRICES["cap"]
    app.run("campaign", "edit", "free-shipping", "--set", thresholds_of(street, CA={"new": str(abroad)}))
    olaf = street.register("olaf")  # who has been promised nothing before Canada was named
    usual = [*BASKET, "cap"]

    def told(shopper: Shopper, **about: Any) -> str:
        return str(ask(app, street, shopper, **about)["threshold"])

    until("the customer", lambda: app.rows(select(customers.c.id).where(customers.c.user_id == olaf.user_id)))
    until("the rule", lambda: told(olaf, country="CA") == str(abroad), within=BELIEVED)
    assert [told(olaf, country="US"), told(olaf)] == [str(NEW), str(abroad)]
    assert METHOD in street.methods(street.fill(usual, olaf))
    assert set(street.methods(street.fill(usual, olaf, address=ABROAD))) == {"parcel"}
    assert METHOD in street.methods(street.fill([*usual, "cap"], olaf, address=ABROAD))
    assert told(two.new, country="CA") == str(NEW)  # who was shown it keeps it
    assert METHOD in street.methods(street.fill(usual, two.new, address=ABROAD))


def test_everyones_threshold_is_on_the_page_and_a_merchants_change_stays(app: App, street: Street, two: Two) -> None:
    slug = f"storefront-policy-{street.corner.channel}"
    page = until("the page", lambda: policy(street.staff, slug))
    assert Decimal(page["value"]) == FREE_FROM
    assert page["type"] == "storefront-policies"
    assert slug in {row["slug"] for row in app.rows(select(pages))}
    write_policy(street.staff, page, "450")
    try:
        for _ in range(2):
            app.run("campaign", "pause", "free-shipping")
            app.run("campaign", "on", "free-shipping", "--inside-per-day", "10")
            assert Decimal(policy(street.staff, slug)["value"]) == 450
    finally:
        write_policy(street.staff, page, str(FREE_FROM))


def test_without_the_app_the_checkout_goes_on(app: App, street: Street, two: Two) -> None:
    basket = street.fill([*BASKET, "coat"], two.silent)
    app.stop()
    try:
        began = time.monotonic()
        assert street.methods(basket)["parcel"][1] == RATE
        assert METHOD not in street.methods(basket)
        street.choose(basket, "parcel")
        assert time.monotonic() - began < 10
        assert street.sums(basket)["shipping"] == RATE
    finally:
        app.start()
    until("the free method to be back", lambda: METHOD in street.methods(basket), within=BELIEVED)


def test_it_ends_with_its_schedule_and_a_promise_lives_on(app: App, street: Street, two: Two) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=40)
    app.run("campaign", "edit", "free-shipping", "--ends", ends_at.isoformat())
    end = (ends_at + timedelta(days=PROMISE_DAYS)).isoformat()
    until("the end", lambda: ask(app, street, two.silent, country="US").get("until") == end, within=120)
    petra = street.register("petra")
    until("the customer", lambda: app.rows(select(customers.c.id).where(customers.c.user_id == petra.user_id)))
    basket = [*BASKET, "cap"]
    assert METHOD in street.methods(street.fill(basket, two.silent))
    assert set(street.methods(street.fill(basket, petra))) == {"parcel"}
    assert ask(app, street, petra)["personal"] is False
    market = f"{street.corner.channel}/*"
    until("the metadata", lambda: json.loads(shown(street, two.silent) or "{}")["channels"][market].get("until") == end)


def policy(staff: Staff, slug: str) -> Any:
    """The page's threshold, as a storefront reads it: without any token."""
    page = staff.api.call(
        "query($slug: String!) { page(slug: $slug) { id pageType { slug }"
        " attributes { attribute { id slug } values { name } } } }",
        slug=slug,
    )["page"]
    if page is None:
        return None
    (found,) = (one for one in page["attributes"] if one["attribute"]["slug"] == "free-shipping-threshold")
    return {
        "id": page["id"],
        "type": page["pageType"]["slug"],
        "attribute": found["attribute"]["id"],
        "value": found["values"][0]["name"],
    }


def write_policy(staff: Staff, page: dict[str, str], value: str) -> None:
    staff.call(
        "mutation($id: ID!, $attribute: ID!, $value: String!) {"
        " pageUpdate(id: $id, input: { attributes: [{ id: $attribute, numeric: $value }] })"
        " { errors { code message } } }",
        id=page["id"],
        attribute=page["attribute"],
        value=value,
    )
