"""Parcels: sent, tracked, taken back."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, not_found, refusal
from plugin.sandbox.ids import fresh_id
from plugin.sandbox.records.orders import Fulfillment, FulfillmentLine, Order, OrderLine
from plugin.sandbox.resolve.orders import find_order, touched


def _status(order: Order) -> str:
    sent = sum(line.quantity_fulfilled for line in order.lines)
    if sent == 0:
        return "UNFULFILLED"
    return "FULFILLED" if sent == sum(line.quantity for line in order.lines) else "PARTIALLY_FULFILLED"


def _parts(context: Context, order: Order, given: list[dict[str, Any]]) -> tuple[list[tuple[OrderLine, int]], str]:
    """What goes into the parcel, and the warehouse that it leaves from."""
    parts, warehouse = [], ""
    for entry in given:
        line = next((line for line in order.lines if line.id == entry.get("order_line_id")), None)
        if line is None:
            raise refusal("orderLineId", "Order line does not exist.", "NOT_FOUND")
        quantity = sum(stock["quantity"] for stock in entry["stocks"])
        if quantity > line.quantity_to_fulfill:
            raise refusal("orderLineId", "Only the missing quantity can be fulfilled.", "FULFILL_ORDER_LINE", orderLines=[line.id])  # fmt: skip
        for stock in entry["stocks"]:
            warehouse = stock["warehouse"]
            if warehouse not in context.shop.warehouses:
                raise refusal("warehouse", "Couldn't resolve to a node.", "NOT_FOUND")
        if quantity:
            parts.append((line, quantity))
    if not parts:
        raise refusal("lines", "Total quantity must be larger than 0.", "ZERO_QUANTITY")
    return parts, warehouse


@needs("MANAGE_ORDERS")
def _fulfill(_source: object, context: Context, input_: dict[str, Any], order: str | None = None) -> dict[str, Any]:
    shop, found = context.shop, find_order(context.shop, order, "order")
    if found.status not in {"UNFULFILLED", "PARTIALLY_FULFILLED"}:
        raise refusal("order", "Order cannot be fulfilled.", "INVALID")
    parts, warehouse = _parts(context, found, input_["lines"])
    fulfillment = Fulfillment(
        id=shop.numbers.next_id("Fulfillment"),
        order=found,
        fulfillment_order=len(found.fulfillments) + 1,
        created=shop.now(),
        lines=[
            FulfillmentLine(id=fresh_id("FulfillmentLine"), order_line=line, quantity=quantity)
            for line, quantity in parts
        ],
        warehouse=shop.warehouses[warehouse],
        tracking_number=input_.get("tracking_number") or "",
    )
    for line, quantity in parts:
        line.quantity_fulfilled += quantity
    found.fulfillments.append(fulfillment)
    shop.fulfillments[fulfillment.id] = fulfillment
    found.status = _status(found)
    shop.emit(
        "FULFILLMENT_CREATED",
        context.principal,
        fulfillment=fulfillment,
        order=found,
        notifyCustomer=bool(input_.get("notify_customer", True)),
    )
    events = ["ORDER_FULFILLED"] if found.status == "FULFILLED" else []
    return {**touched(context, found, *events), "fulfillments": [fulfillment]}


def _find(context: Context, id_: str) -> Fulfillment:
    fulfillment = context.shop.fulfillments.get(id_)
    if fulfillment is None:
        raise not_found()
    return fulfillment


@needs("MANAGE_ORDERS")
def _update_tracking(_source: object, context: Context, id_: str, input_: dict[str, Any]) -> dict[str, Any]:
    """A changed tracking number does not move the order's `updatedAt`."""
    fulfillment = _find(context, id_)
    fulfillment.tracking_number = input_.get("tracking_number") or ""
    order = fulfillment.order
    context.shop.emit("FULFILLMENT_TRACKING_NUMBER_UPDATED", context.principal, fulfillment=fulfillment, order=order)
    return {"fulfillment": fulfillment, "order": order}


@needs("MANAGE_ORDERS")
def _cancel(_source: object, context: Context, id_: str, input_: dict[str, Any] | None = None) -> dict[str, Any]:
    fulfillment = _find(context, id_)
    if fulfillment.status == "CANCELED":
        raise refusal("fulfillment", "This fulfillment can't be canceled", "CANNOT_CANCEL_FULFILLMENT")
    warehouse = (input_ or {}).get("warehouse_id")
    if warehouse is None:
        raise refusal("warehouseId", "This parameter is required for fulfillments which are not awaiting approval.", "REQUIRED")  # fmt: skip
    if warehouse not in context.shop.warehouses:
        raise not_found("warehouseId")
    fulfillment.status = "CANCELED"
    for line in fulfillment.lines:
        line.order_line.quantity_fulfilled -= line.quantity
    order = fulfillment.order
    order.status = _status(order)
    context.shop.emit("FULFILLMENT_CANCELED", context.principal, fulfillment=fulfillment, order=order)
    return {**touched(context, order), "fulfillment": fulfillment}


MUTATIONS: dict[str, Resolver] = {
    "orderFulfill": _fulfill,
    "orderFulfillmentUpdateTracking": _update_tracking,
    "orderFulfillmentCancel": _cancel,
}
