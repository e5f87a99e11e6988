"""What happens in the shop arrives, is believed, and is in the ledger as Saleor has it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.store.schema import checkouts, customers, fulfilments, inbox, order_lines, orders
from tests.live.api import Refused, until
from tests.live.app import App
from tests.live.corner import PRICES, RATE
from tests.live.people import Street


@pytest.fixture(autouse=True)
def nothing_is_dead(app: App) -> Iterator[None]:
    yield
    until("the inbox to be empty", lambda: not app.rows(select(inbox.c.id).where(inbox.c.status == "open")))
    dead = select(inbox.c.event, inbox.c.error, inbox.c.body).where(inbox.c.status == "dead")
    assert app.rows(dead) == []
    assert "refused" not in app.log()


def arrived(app: App) -> set[str]:
    return {row["event"] for row in app.rows(select(inbox.c.event).where(inbox.c.status == "done").distinct())}


def wait_for(app: App, *events: str) -> None:
    until(", ".join(events), lambda: set(events) <= arrived(app), within=60)


def amount(money: Any) -> Decimal:
    return Decimal(str(money["amount"]))


def at_saleor(street: Street, order_id: str) -> dict[str, Any]:
    found = street.staff.call(
        "query($id: ID!) { order(id: $id) { number status total { gross { amount } } shippingPrice { gross { amount } }"
        " totalRefunded { amount } voucherCode user { id } lines { id quantity totalPrice { gross { amount } } }"
        " fulfillments { id status trackingNumber } } }",
        id=order_id,
    )["order"]
    return {
        "number": found["number"],
        "status": found["status"],
        "user": found["user"] and found["user"]["id"],
        "voucher_code": found["voucherCode"],
        "total": amount(found["total"]["gross"]),
        "shipping": amount(found["shippingPrice"]["gross"]),
        "refunded": amount(found["totalRefunded"]),
        "lines": {line["id"]: (line["quantity"], amount(line["totalPrice"]["gross"])) for line in found["lines"]},
        "fulfilments": {one["id"]: (one["status"], one["trackingNumber"]) for one in found["fulfillments"]},
    }


def in_ledger(app: App, order_id: str) -> dict[str, Any] | None:
    found = app.rows(select(orders).where(orders.c.order_id == order_id))
    if not found:
        return None
    (order,) = found
    lines = app.rows(select(order_lines).where(order_lines.c.order_id == order_id))
    parcels = app.rows(select(fulfilments).where(fulfilments.c.order_id == order_id))
    return {
        "number": order["number"],
        "status": order["status"],
        "user": order["user_id"],
        "voucher_code": order["voucher_code"],
        "total": order["total"],
        "shipping": order["shipping"],
        "refunded": order["refunded"],
        "lines": {line["line_id"]: (line["quantity"], line["total"]) for line in lines},
        "fulfilments": {one["fulfilment_id"]: (one["status"], one["tracking_number"]) for one in parcels},
    }


def agree(app: App, street: Street, order_id: str, what: str) -> dict[str, Any]:
    """The order, once the ledger has it as Saleor has."""
    there = at_saleor(street, order_id)
    until(f"the ledger to know the order {what}", lambda: in_ledger(app, order_id) == there)
    return there


def test_an_account_from_its_registration_to_its_end(app: App, street: Street) -> None:
    shopper = street.register("ada")
    row = select(customers).where(customers.c.user_id == shopper.user_id)
    (known,) = until("the customer", lambda: app.rows(row))
    assert (known["email"], known["first_name"], known["confirmed"]) == (shopper.email, "Ada", False)
    street.confirm(shopper)
    until("the account to be confirmed", lambda: app.rows(row)[0]["confirmed"])
    street.delete(shopper.user_id)
    until("the customer to be forgotten", lambda: not app.rows(row))
    wait_for(app, "customer_created", "customer_updated")  # the row of the deletion goes with what it names


def test_an_order_from_the_basket_to_its_refund(app: App, street: Street) -> None:
    shopper = street.register("bea")
    basket = street.fill(["tee", "cap", "cap"], shopper)
    (seen,) = until(
        "the checkout", lambda: app.rows(select(checkouts).where(checkouts.c.checkout_id == basket.checkout_id))
    )
    assert (seen["user_id"], seen["subtotal"]) == (shopper.user_id, PRICES["tee"] + 2 * PRICES["cap"])
    order_id = street.buy(basket)
    placed = agree(app, street, order_id, "confirmed")
    assert (placed["status"], placed["total"]) == ("UNFULFILLED", PRICES["tee"] + 2 * PRICES["cap"] + RATE)
    parcel = fulfil(street, order_id)
    assert agree(app, street, order_id, "fulfilled")["status"] == "FULFILLED"
    track(street, parcel, "TRACK-1")
    assert agree(app, street, order_id, "with a tracking number")["fulfilments"] == {parcel: ("FULFILLED", "TRACK-1")}
    street.order_mutation("orderMarkAsPaid", order_id)
    refund(street, order_id, "5")
    assert agree(app, street, order_id, "refunded in part")["refunded"] == 5
    wait_for(
        app,
        "checkout_created",
        "checkout_updated",
        "order_created",
        "order_confirmed",
        "order_updated",
        "order_fulfilled",
        "fulfillment_created",
        "fulfillment_tracking_number_updated",
        "order_fully_paid",
        "order_refunded",
    )
    (owner,) = app.rows(select(customers).where(customers.c.user_id == shopper.user_id))
    assert (owner["orders"], owner["spent"]) == (1, {"USD": f"{placed['total'] - 5:.3f}"})


def test_a_guests_order_that_is_cancelled(app: App, street: Street) -> None:
    email = "guest@retention-live.example"
    order_id = street.buy(street.fill(["cap"], email=email))
    assert agree(app, street, order_id, "of a guest")["user"] is None
    guest = select(customers).where(customers.c.email == email, customers.c.user_id.is_(None))
    until("the guest's purchase to count", lambda: app.rows(guest)[0]["orders"] == 1)
    street.order_mutation("orderCancel", order_id)
    assert agree(app, street, order_id, "cancelled")["status"] == "CANCELED"
    until("it to count no more", lambda: app.rows(guest)[0]["orders"] == 0)
    wait_for(app, "order_cancelled")


def test_a_cancelled_parcel_and_a_marked_order(app: App, street: Street) -> None:
    order_id = street.buy(street.fill(["cap"], email="second@retention-live.example"))
    parcel = fulfil(street, order_id)
    agree(app, street, order_id, "fulfilled")
    street.staff.call(
        "mutation($id: ID!, $input: FulfillmentCancelInput) { orderFulfillmentCancel(id: $id, input: $input)"
        " { errors { code message } } }",
        id=parcel,
        input={"warehouseId": street.corner.ids["warehouse"]},
    )
    assert agree(app, street, order_id, "with a cancelled parcel")["fulfilments"][parcel][0] == "CANCELED"
    street.staff.call(
        'mutation($id: ID!) { updateMetadata(id: $id, input: [{key: "saleor-anonymized", value: "true"}])'
        " { errors { code message } } }",
        id=order_id,
    )
    until("the anonymised order to be forgotten", lambda: in_ledger(app, order_id) is None)
    wait_for(app, "fulfillment_canceled", "order_metadata_updated")


def test_an_import_is_history(app: App, street: Street) -> None:
    shopper = street.register("cleo")
    made = street.bought({shopper.user_id: [90, 60, 30]})
    for order_id in made:
        agree(app, street, order_id, "of long ago")
    (row,) = app.rows(select(customers).where(customers.c.user_id == shopper.user_id))
    assert (row["orders"], row["purchase_days"]) == (3, 3)
    wait_for(app, "order_bulk_created")
    assert app.said("decisions") == []


def test_nothing_is_in_the_ledger_twice(app: App) -> None:
    twice = select(orders.c.number).group_by(orders.c.shop_id, orders.c.number).having(func.count() > 1)
    assert app.rows(twice) == []
    assert app.said("letters", "list") == []


def fulfil(street: Street, order_id: str) -> str:
    lines = street.staff.call("query($id: ID!) { order(id: $id) { lines { id quantity } } }", id=order_id)["order"][
        "lines"
    ]
    answer = street.staff.call(
        "mutation($order: ID!, $input: OrderFulfillInput!) { orderFulfill(order: $order, input: $input)"
        " { fulfillments { id } errors { code message } } }",
        order=order_id,
        input={
            "lines": [
                {
                    "orderLineId": line["id"],
                    "stocks": [{"quantity": line["quantity"], "warehouse": street.corner.ids["warehouse"]}],
                }
                for line in lines
            ],
            "notifyCustomer": False,
        },
    )
    return str(answer["orderFulfill"]["fulfillments"][0]["id"])


def track(street: Street, parcel: str, number: str) -> None:
    street.staff.call(
        "mutation($id: ID!, $input: FulfillmentUpdateTrackingInput!) {"
        " orderFulfillmentUpdateTracking(id: $id, input: $input) { errors { code message } } }",
        id=parcel,
        input={"trackingNumber": number},
    )


def refund(street: Street, order_id: str, money: str) -> None:
    """Of an order that was marked as paid, by whichever way of paying the channel keeps its books."""
    try:
        street.staff.call(
            "mutation($id: ID!, $amount: PositiveDecimal!) { orderRefund(id: $id, amount: $amount)"
            " { errors { code message } } }",
            id=order_id,
            amount=money,
        )
    except Refused as refused:
        raise AssertionError(f"The order could not be refunded: {refused}") from refused
