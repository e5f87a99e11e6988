"""Five tactics in one shop, each with customers of its own, and what really happens to bring it about."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.processes import App
from tests.e2e.sandbox import Sandbox

#: Customers of each kind.
EACH = 12
#: Parcels become late, and what is bought every week is due again, so long after it is told of.
AHEAD = timedelta(seconds=75)
#: Hours that a basket rests before the reminder, and before the offer; what the campaign takes at least.
WAIT = "0.01"
WEEKS = 14
#: Each offer that expires is worth this, and so many are paid for.
WORTH, PAID_FOR = 10, EACH - 4
#: Before its end an offer is told of once more.
NOTICE_HOURS = 12
#: At any moment one of them is not on the last day of a month.
ZONES = ("UTC", "Etc/GMT+12", "Pacific/Kiritimati")
EVERYBODY = ("--inside-per-day", "100000", "--yes")
SMALL, BIG, RICH = "20", "120", "600"

CHECKOUT = (
    "mutation($i: CheckoutCreateInput!) { checkoutCreate(input: $i) { checkout { id } errors { field code message } } }"
)
OPTIONS = "mutation($id: ID!) { deliveryOptionsCalculate(id: $id) { deliveries { id shippingMethod { name } } } }"
CHOOSE = "mutation($id: ID!, $m: ID!) { checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $m) { errors { code message } } }"
COMPLETE = "mutation($id: ID!) { checkoutComplete(id: $id) { order { id } errors { code message } } }"
ADDRESS = {"firstName": "A", "streetAddress1": "1 Dock Street", "city": "Brooklyn", "country": "US"}


def email(kind: str, number: int) -> str:
    return f"{kind}-{number}@e2e.example"


def _order(at: datetime, price: str, *, status: str = "FULFILLED", product: str = "Tea") -> dict[str, Any]:
    line = {"product": product, "sku": product.upper(), "unit_price": price, "quantity": 1}
    return {"created": at.isoformat(), "lines": [line], "shipping": "4.90", "status": status}


def _bought(kind: str, number: int, orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    person = {"email": email(kind, number), "first_name": f"{kind.title()}{number}"}
    return {"customer": person, "orders": list(orders)}


def past() -> list[dict[str, Any]]:
    """Of everybody whose tactic waits for something that happens later; those who are rich are given a gift at once."""
    long_ago = datetime.now(UTC) - timedelta(days=60)
    small = [_bought(kind, n, [_order(long_ago, SMALL)]) for kind in ("basket", "big", "waits") for n in range(EACH)]
    return [*small, *(_bought("rich", n, [_order(long_ago, RICH)]) for n in range(EACH))]


def regulars() -> list[dict[str, Any]]:
    """They buy tea every week, and the next is due in a moment."""
    last = datetime.now(UTC) - timedelta(days=7) + AHEAD
    placed = [last - timedelta(days=7 * week) for week in reversed(range(WEEKS))]
    return [_bought("regular", n, [_order(at, SMALL) for at in placed]) for n in range(EACH)]


def switch_on(app: App, sandbox: Sandbox) -> None:
    app.command(
        "messages", "set", "sender_address=shop@e2e.example", "storefront=https://shop.example", "needs_opt_in=no"
    )
    for name, (low, high) in {"big": (100, 500), "rich": (500, 10_000)}.items():
        within = {"all": [_last_total("at_least", low), _last_total("less_than", high)]}
        file = app.folder / f"{name}.json"
        file.write_text(json.dumps(within))
        app.command("segment", "save", name, str(file))
    gifts = json.dumps(dict.fromkeys(_months(), _gift(sandbox)))
    amount = {"offer": "amount", "value": str(WORTH), "currency": "USD"}
    _edit(app, "late-parcel", {**amount, "days": "1", "grace_days": "0"})
    _edit(
        app, "abandoned-checkout", {"remind_after": WAIT, "shipping_after": WAIT, "offer_after": WAIT}, "--control", "0"
    )
    _edit(app, "replenishment", {"days_before": "0", "parcel_days": "0"}, "--control", "0")
    expiring = {**amount, "minimum": "50", "valid_days": "2", "message_by": "mail", "notice_hours": str(NOTICE_HOURS)}
    _new(app, "expiring_offer", "expiring", expiring, "--audience", "big", "--budget", f"total:USD={WORTH * PAID_FOR}")
    _new(
        app,
        "gift_with_purchase",
        "gift-each",
        {"gifts": gifts, "currency": "USD", "minimum": "20", "hour": "0", "message_by": "mail"},
        "--audience",
        "rich",
    )
    _new(
        app, "gift_with_purchase", "gift-all", {"gifts": gifts, "currency": "USD", "minimum": "25", "whom": "everybody"}
    )
    for name in ("late-parcel", "abandoned-checkout", "replenishment", "expiring"):
        app.command("campaign", "on", name, "--yes")
    for name in ("gift-each", "gift-all"):
        app.command("campaign", "on", name, *EVERYBODY)


def _last_total(operator: str, value: int) -> dict[str, Any]:
    return {"field": "last_total", operator: value, "currency": "USD"}


def set_clock(app: App) -> None:
    """One on which it is not the last day of a month, when no gift of that month is given any more."""
    soon = datetime.now(UTC) + timedelta(minutes=10)
    app.command("configure", "--time-zone", next(zone for zone in ZONES if not _is_last(soon, zone)))


def _is_last(moment: datetime, zone: str) -> bool:
    return (moment.astimezone(ZoneInfo(zone)) + timedelta(days=1)).day == 1


def _months() -> Sequence[str]:
    """This one and the next: the test may run over midnight, and shops' clocks differ."""
    now = datetime.now(UTC)
    return sorted({f"{now + timedelta(days=days):%Y-%m}" for days in (-1, 0, 1)})


def _edit(app: App, name: str, params: Mapping[str, str], *others: str) -> None:
    app.command("campaign", "edit", name, *_set(params), *others)


def _new(app: App, tactic: str, name: str, params: Mapping[str, str], *others: str) -> None:
    app.command("campaign", "new", tactic, name, "--control", "0", *_set(params), *others)


def _set(params: Mapping[str, str]) -> Iterator[str]:
    for name, value in params.items():
        yield from ("--set", f"{name}={value}")


def _gift(sandbox: Sandbox) -> str:
    products = sandbox.pages("products", "id name")
    return str(next(one["id"] for one in products if one["name"].startswith("Olive")))


@dataclass
class Street:
    """Shoppers and staff, while the app is killed."""

    sandbox: Sandbox
    #: Checkout's id of each basket, by who began it.
    baskets: dict[str, str]

    def order(self) -> datetime:
        """Parcels that are promised in a day and a moment short of it; when they become late."""
        late = datetime.now(UTC) + AHEAD
        placed = late - timedelta(days=1)
        for kind in ("late", "sent"):
            self.sandbox.tell([_bought(kind, n, [_order(placed, SMALL, status="UNFULFILLED")]) for n in range(EACH)])
        return late

    def send(self) -> None:
        """Half of the parcels leave in time."""
        warehouse = next(self.sandbox.pages("warehouses", "id"))["id"]
        query = "mutation($id: ID!, $i: OrderFulfillInput!) { orderFulfill(order: $id, input: $i) { errors { code message } } }"
        for order in list(self.sandbox.pages("orders", "id userEmail lines { id quantity }")):
            if not order["userEmail"].startswith("sent-"):
                continue
            lines = [
                {"orderLineId": line["id"], "stocks": [{"quantity": line["quantity"], "warehouse": warehouse}]}
                for line in order["lines"]
            ]
            assert not self.sandbox.ask(query, id=order["id"], i={"lines": lines})["orderFulfill"]["errors"]

    def enter(self) -> None:
        """An order brings them into the segment."""
        now = datetime.now(UTC)
        self.sandbox.tell([_bought("big", n, [_order(now, BIG, product="Coffee")]) for n in range(EACH)])

    def fill_baskets(self) -> None:
        variant = next(self.sandbox.pages("products", "variants { id }"))["variants"][0]["id"]
        for number in range(EACH):
            given = {
                "channel": "default-channel",
                "email": email("basket", number),
                "lines": [{"variantId": variant, "quantity": 2}],
                "shippingAddress": ADDRESS,
                "billingAddress": ADDRESS,
            }
            made = self.sandbox.ask_as(email("basket", number), CHECKOUT, i=given)["checkoutCreate"]
            assert not made["errors"], made
            self.baskets[email("basket", number)] = made["checkout"]["id"]

    def buy(self, number: int) -> None:
        who = email("basket", number)
        basket = self.baskets[who]
        options = self.sandbox.ask(OPTIONS, id=basket)["deliveryOptionsCalculate"]["deliveries"]
        standard = next(one["id"] for one in options if one["shippingMethod"]["name"] == "Standard delivery")
        for query, given in ((CHOOSE, {"m": standard}), (COMPLETE, {})):
            (answer,) = self.sandbox.ask_as(who, query, id=basket, **given).values()
            assert not answer["errors"], answer
