"""The report of a real ledger: what is in it, and that it is sane whatever the shop holds."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.ledger import Fulfilment, Line, Order
from plugin.domain.prediction import GammaGamma, MbgNbd, Model
from plugin.flow.learn import measure_again
from plugin.flow.report import make
from plugin.report.page import render
from plugin.report.sections import sections
from plugin.store import reports, shops
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio


def take(home: Home, orders: Sequence[Order]) -> None:
    for at in range(0, len(orders), 50):
        home.arrive("order_bulk_created", bulk_body(list(orders[at : at + 50]), NOW))
    home.receive()


def of(who: int, number: int, days_ago: float, **changes: Any) -> Order:
    name = f"O{who}-{number}"
    return order(name, ago(days_ago), user_id=f"U{who}", email=f"{who}@example.com", **changes)


def learnt(home: Home) -> None:
    """A model as it would be learnt of more orders than a test has."""
    model = Model(
        60, "mbg_nbd", "It won.", MbgNbd(0.6, 30.0, 0.8, 2.0), value={"USD": GammaGamma(3.0, 4.0, 60.0)}, customers=60
    )
    with home.database.write() as connection:
        shop = shops.get(connection, home.shop_id)
        shops.save_learnt(connection, home.shop_id, shop.rhythm, model, NOW)
    measure_again(home.house, home.shop_id, NOW)


def shop_of_sixty(refund: Decimal = Decimal(0)) -> list[Order]:
    """Half buy tea every 30 days up to now, half bought twice and left."""
    tea = (Line("L", 1, Decimal(15), "Tea", product_id="P1", product_type="Drinks"),)
    stay = [of(who, n, 5 + who + 30 * n, lines=tea, refunded=refund) for who in range(30) for n in range(6)]
    left = [of(who, n, 160 + who + 30 * n, lines=tea) for who in range(30, 60) for n in range(2)]
    return stay + left


async def test_the_report_of_a_shop(home: Home) -> None:
    take(home, shop_of_sixty())
    learnt(home)
    told: list[tuple[str, int, int]] = []
    body = make(home.house, home.shop_id, lambda *said: told.append(said))
    assert (body["orders"], body["customers"], body["currencies"], body["ahead"]) == (240, 60, ["USD"], 0)
    figures = {figure["key"]: figure["value"] for figure in body["figures"]}
    assert figures["repeat_rate"] == 1.0
    assert figures["time_between_orders"] == 30
    assert figures["average_order_value"] == "20.000"
    assert figures["revenue_at_risk"] > 0
    assert figures["predicted_value"] > 0
    assert sum(sum(counts.values()) for counts in body["stages"].values()) == 60
    assert sum(group["customers"] for group in body["rfm"]) == 60
    (tea,) = body["bright_spots"]["products"]
    assert (tea["name"], tea["days"]["median"], tea["customers"]) == ("Tea", 30, 60)
    assert {what for what, _, _ in told} == {"Orders", "Customers", "Lines"}
    assert ("Orders", 240, 240) in told


async def test_it_is_kept_for_pages_that_cannot_wait(home: Home) -> None:
    take(home, shop_of_sixty()[:20])
    body = make(home.house, home.shop_id)
    with home.database.read() as connection:
        kept = reports.latest(connection, home.shop_id)
    assert kept is not None
    assert (kept.made_at, kept.body) == (NOW, body)


async def test_no_customer_is_named_in_it(home: Home) -> None:
    take(home, shop_of_sixty())
    text = json.dumps(make(home.house, home.shop_id))
    assert "example.com" not in text
    assert "U1" not in text


async def test_what_comes_before_leaving_is_said(home: Home) -> None:
    """Half of 160 customers had a late parcel; three in four of them and one in four of the others left."""
    made = []
    for who in range(160):
        late, left = who % 2 == 0, who % 8 in {0, 2, 4, 1}
        sent = Fulfilment(f"F{who}", "FULFILLED", ago(300) + days(9 if late else 1))
        made.append(of(who, 0, 300, fulfilments=(sent,)))
        if not left:
            made.append(of(who, 1, 280))
    take(home, made)
    with home.database.write() as connection:
        shop = shops.get(connection, home.shop_id)
        shops.save_learnt(connection, home.shop_id, with_parcels(shop.rhythm, 3.0), None, NOW)
    (late,) = [effect for effect in make(home.house, home.shop_id)["indicators"] if effect["key"] == "late_parcel"]
    assert late["clear"]
    assert (late["present"], late["absent"], late["difference"]) == (0.75, 0.25, 0.5)
    assert "in 75 % of cases, others with as many purchases in 25 % (difference 50 points" in late["sentence"]


def with_parcels(rhythm: Any, parcel_days: float) -> Any:
    return type(rhythm)(rhythm.mean_gap, rhythm.slack, rhythm.gaps, parcel_days)


def shops_of_all_kinds() -> Iterator[tuple[str, list[Order]]]:
    yield "no orders", []
    yield "one order", [of(1, 0, 5)]
    yield "all on one day", [of(who, n, 3) for who in range(25) for n in range(2)]
    yield "in the future", [of(1, 0, -5), of(1, 1, 5), of(2, 0, -300)]
    yield "only in the future", [of(1, 0, -5)]
    yield "refunds larger than orders", shop_of_sixty(Decimal(90))
    yield "nothing was paid", [of(who, n, 10 + 20 * n, total=Decimal(0)) for who in range(25) for n in range(3)]
    yield (
        "three currencies",
        [of(who, n, 10 + 20 * n, currency=("USD", "EUR", "JPY")[(who + n) % 3]) for who in range(30) for n in range(3)],
    )
    yield "cancelled", [of(1, 0, 5, status="CANCELED")]
    yield "long ago", [of(who, n, 3000 + 9 * n) for who in range(25) for n in range(2)]
    yield "without lines", [of(1, 0, 5, lines=())]


@pytest.mark.parametrize(
    ("kind", "orders"), list(shops_of_all_kinds()), ids=lambda value: value if isinstance(value, str) else ""
)
async def test_whatever_the_shop_holds_the_answers_are_sane(home: Home, kind: str, orders: list[Order]) -> None:
    take(home, orders)
    plain = make(home.house, home.shop_id)
    learnt(home)
    for body in (plain, make(home.house, home.shop_id)):
        check(body)
    if kind == "three currencies":
        assert plain["currencies"] == ["EUR", "JPY", "USD"]
    if kind == "in the future":
        assert (plain["orders"], plain["ahead"]) == (1, 2)


def check(body: dict[str, Any]) -> None:
    """Every number is one, or says what is lacking."""
    json.dumps(body, allow_nan=False)
    for figure in body["figures"]:
        assert (figure["value"] is None) == bool(figure["missing"])
        assert figure["value"] is None or math.isfinite(float(figure["value"]))
        assert not figure["missing"] or figure["missing"].startswith("Not enough data yet")
    assert all(section.tables or section.missing or section.says for section in sections(body))
    assert not re.search(r"\bnan\b|\binf\b", render(body).split("<body>")[1].split("<script")[0].casefold())


async def test_it_is_worked_out_in_the_shops_days(home: Home) -> None:
    with home.database.write() as connection:
        shops.set_time_zone(connection, home.shop_id, "Pacific/Auckland")
    home.now = NOW + timedelta(hours=11, minutes=30)
    take(home, [of(1, 0, 5.1), of(1, 1, 5)])
    body = make(home.house, home.shop_id)
    assert body["today"] == "2026-06-02"
    assert body["gaps"] == [[1, 1]]
