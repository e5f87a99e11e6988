"""A gift of the month on a real Saleor: in every basket, taken down when it runs out, and by a code of each."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin.store.schema import inbox
from tests.live.api import until
from tests.live.app import App
from tests.live.corner import PRICES, RATE, SECOND
from tests.live.people import Street
from tests.live.test_offers import lines, redeemed_by
from tests.live.test_win_back import BANNER, delivered

#: The chore that looks at gifts comes every half minute.
WITHIN = 75
GUEST = "guest@retention-live.example"


def start(app: App, street: Street, name: str, *settings: str) -> None:
    """The second product, in this month and the next: the test may run over midnight."""
    now = datetime.now(UTC)
    months = {f"{day:%Y-%m}" for day in (now, now + timedelta(days=1))}
    gifts = json.dumps(dict.fromkeys(sorted(months), street.corner.second_product))
    words = [word for setting in (f"gifts={gifts}", "currency=USD", *settings) for word in ("--set", setting)]
    app.run("campaign", "new", "gift_with_purchase", name, "--control", "0", *words)
    app.run("campaign", "on", name, "--inside-per-day", "10", "--yes")


def promotions(street: Street, name: str) -> list[Any]:
    found = street.staff.pages("promotions", "id name endDate")
    return [one for one in found if one["name"].startswith(name)]


def has_left(street: Street, quantity: int) -> None:
    street.staff.call(
        "mutation($id: ID!, $stocks: [StockInput!]!) { productVariantStocksUpdate(variantId: $id, stocks: $stocks)"
        " { errors { code message } } }",
        id=street.corner.variants["scarf"],
        stocks=[{"warehouse": street.corner.ids["warehouse"], "quantity": quantity}],
    )


def told(app: App, event: str) -> list[Any]:
    return app.rows(select(inbox.c.status, inbox.c.error, inbox.c.body).where(inbox.c.event == event))


def gift_in_a_basket(street: Street) -> bool:
    return lines(street, street.fill(("coat",), email=GUEST)) == {"scarf": 0}


def test_for_everybody_within_stock(app: App, street: Street) -> None:
    start(app, street, "for-all", "whom=everybody", "minimum=25")
    until("the gift", lambda: gift_in_a_basket(street))
    (promotion,) = promotions(street, "for-all")
    ends = datetime.fromisoformat(promotion["endDate"])
    assert ends > datetime.now(UTC)
    assert (ends + timedelta(seconds=1)).day == 1, "in the shop's zone, UTC here"
    assert lines(street, street.fill(("tee",), email=GUEST)) == {}

    has_left(street, 0)
    until("the promotion to be taken down", lambda: promotions(street, "for-all") == [], within=WITHIN)
    (ran_out,) = told(app, "product_variant_out_of_stock")
    assert ran_out["status"] == "done"
    has_left(street, 100)
    until("the promotion to be there again", lambda: len(promotions(street, "for-all")) == 1, within=WITHIN)
    until("the gift again", lambda: gift_in_a_basket(street))
    app.run("campaign", "end", "for-all")
    until("the gift to be gone", lambda: not gift_in_a_basket(street))
    assert promotions(street, "for-all") == []


def test_for_each_by_a_code_of_their_own(app: App, street: Street) -> None:
    if (datetime.now(UTC) + timedelta(days=1)).day == 1:
        pytest.skip("On the last day of a month nobody is given one: less than a day is left.")
    shopper = street.register("iris")
    street.bought({shopper.user_id: (40,)})
    start(app, street, "for-each", "minimum=20", "hour=0")
    said = until("the banner", lambda: street.metadata(shopper.user_id).get(BANNER))
    code = json.loads(said)["code"]
    assert (datetime.fromisoformat(json.loads(said)["until"]) + timedelta(seconds=1)).day == 1
    basket = delivered(street, ("tee", "scarf", "scarf"), shopper)
    street.enter_code(basket, code)
    assert street.sums(basket)["total"] == PRICES["tee"] + SECOND["scarf"] + RATE
    redeemed_by(app, street, basket, code, SECOND["scarf"])
    app.run("campaign", "end", "for-each")
