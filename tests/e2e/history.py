"""A shop's past and what its staff do with it: enough kinds of customers and of changes that versions matter."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.sandbox import Sandbox

GOODS = (("Tea", "TEA", "4.50"), ("Coffee", "COFFEE", "9.25"), ("Cocoa", "COCOA", "6.05"))
#: Of the customers: silent for months, without an account.
SILENT, GUESTS = 0.6, 0.06


def history(customers: int, orders: int, chance: random.Random) -> list[dict[str, Any]]:
    """One line a customer, so many orders each."""
    now = datetime.now(UTC)
    return [_customer(number, orders, now, chance) for number in range(customers)]


def _customer(number: int, orders: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    last = now - timedelta(days=chance.uniform(150, 300) if chance.random() < SILENT else chance.uniform(1, 15))
    gaps = [timedelta(days=chance.uniform(1, 30)) for _ in range(orders)]
    placed = [last - sum(gaps[:n], timedelta()) for n in range(orders)]
    person = {"email": f"person-{number}@e2e.example", "first_name": f"Person{number}"}
    if number % 10 and chance.random() < GUESTS:  # every tenth is an account that others' orders are moved to
        person["guest"] = True  # type: ignore[assignment]
    return {"customer": person, "orders": [_order(at, chance) for at in placed]}


def _order(at: datetime, chance: random.Random) -> dict[str, Any]:
    lines = [
        {"product": name, "sku": sku, "unit_price": price, "quantity": chance.randint(1, 4)}
        for name, sku, price in chance.sample(GOODS, chance.randint(1, 3))
    ]
    status = "UNFULFILLED" if chance.random() < 0.3 else "FULFILLED"
    return {"created": at.isoformat(), "lines": lines, "shipping": "4.90", "status": status}


@dataclass(frozen=True, slots=True)
class Changes:
    """How many of each the staff make."""

    cancelled: int
    refunded: int
    fulfilled: int
    noted: int
    renamed: int
    moved: int
    deleted: int


class Staff:
    """Changes orders and customers while their webhooks are still on their way."""

    def __init__(self, sandbox: Sandbox, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._chance = chance
        self._warehouse = sandbox.ask("{ warehouses(first: 1) { edges { node { id } } } }")["warehouses"]["edges"][0][
            "node"
        ]["id"]
        #: Accounts that orders are moved to; they stay.
        self._takers: list[str] = []
        #: (Saleor's id, e-mail) of customers who are gone.
        self.deleted: list[tuple[str, str]] = []

    def work(self, wanted: Changes) -> None:
        people = [user for user in self._sandbox.pages("customers", "id email") if user["email"].startswith("person-")]
        self._takers = [user["email"] for user in people if user["email"].endswith("0@e2e.example")]
        orders = self._orders()
        for order, kind in zip(self._chance.sample(orders, len(orders)), self._kinds(wanted), strict=False):
            getattr(self, f"_{kind}")(order)
        others = [person for person in people if person["email"] not in self._takers]
        chosen = self._chance.sample(others, wanted.renamed + wanted.deleted)
        for person in chosen[: wanted.renamed]:
            self._sandbox.ask(
                "mutation($id: ID!, $n: String!) { customerUpdate(id: $id, input: {firstName: $n}) { errors { code } } }",
                id=person["id"],
                n=f"Renamed{self._chance.randrange(1000)}",
            )
        for person in chosen[wanted.renamed :]:
            self._sandbox.ask("mutation($id: ID!) { customerDelete(id: $id) { errors { code } } }", id=person["id"])
            self.deleted.append((person["id"], person["email"]))

    def _orders(self) -> Sequence[dict[str, Any]]:
        gone = {email for _, email in self.deleted}
        found = self._sandbox.pages("orders", "id status userEmail total { gross { amount } } lines { id quantity }")
        return [order for order in found if order["userEmail"] not in gone]

    @staticmethod
    def _kinds(wanted: Changes) -> Iterator[str]:
        for kind in ("cancelled", "refunded", "fulfilled", "noted", "moved"):
            yield from [kind] * getattr(wanted, kind)

    # What Saleor refuses, since the order is not in the state for it, changes nothing.

    def _cancelled(self, order: dict[str, Any]) -> None:
        self._sandbox.ask("mutation($id: ID!) { orderCancel(id: $id) { errors { code } } }", id=order["id"])

    def _refunded(self, order: dict[str, Any]) -> None:
        self._sandbox.ask(
            "mutation($id: ID!, $a: PositiveDecimal!) { orderRefund(id: $id, amount: $a) { errors { code } } }",
            id=order["id"],
            a=round(order["total"]["gross"]["amount"] / 3, 2),
        )

    def _fulfilled(self, order: dict[str, Any]) -> None:
        lines = [
            {"orderLineId": line["id"], "stocks": [{"quantity": line["quantity"], "warehouse": self._warehouse}]}
            for line in order["lines"]
        ]
        self._sandbox.ask(
            "mutation($id: ID!, $i: OrderFulfillInput!) { orderFulfill(order: $id, input: $i) { errors { code } } }",
            id=order["id"],
            i={"lines": lines},
        )

    def _noted(self, order: dict[str, Any]) -> None:
        self._sandbox.ask(
            "mutation($id: ID!, $r: String!) { orderUpdate(id: $id, input: {externalReference: $r}) { errors { code } } }",
            id=order["id"],
            r=f"note-{self._chance.randrange(10**9)}",
        )

    def _moved(self, order: dict[str, Any]) -> None:
        """To another account."""
        self._sandbox.ask(
            "mutation($id: ID!, $e: String!) { orderUpdate(id: $id, input: {userEmail: $e}) { errors { code } } }",
            id=order["id"],
            e=self._chance.choice(self._takers),
        )
