"""Shoppers: they register, have bought before, fill baskets and buy."""

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import click

from tests.live.api import Api, Refused, Staff, sign_in, until
from tests.live.corner import ADDRESS, PRICES, RATE, Corner

PASSWORD = "a-Password-for-tests-1"


@dataclass(frozen=True)
class Shopper:
    user_id: str
    email: str
    token: str


@dataclass(frozen=True)
class Basket:
    checkout_id: str
    token: str | None


def as_method(rate_id: str) -> str:
    """A rate's id as checkouts and imports name it: the same number under another type."""
    number = base64.b64decode(rate_id).decode().partition(":")[2]
    return base64.b64encode(f"ShippingMethod:{number}".encode()).decode()


@dataclass
class Street:
    """The corner and who comes there; everybody made here is deleted in the end."""

    api: Api
    staff: Staff
    corner: Corner
    everyone: list[str]
    orders: list[str]

    def register(self, name: str) -> Shopper:
        email = f"{name}-{secrets.token_hex(4)}@retention-live.example"
        self.api.call(
            "mutation($input: AccountRegisterInput!) { accountRegister(input: $input) { errors { code message } } }",
            input={
                "email": email,
                "password": PASSWORD,
                "firstName": name.capitalize(),
                "lastName": "Live",
                "channel": self.corner.channel,
                "languageCode": "EN",
            },
        )
        user_id = until(f"the account of {email}", lambda: self._user(email))
        self.everyone.append(user_id)
        return Shopper(user_id, email, sign_in(self.api, email, PASSWORD))

    def _user(self, email: str) -> str | None:
        found = self.staff.call("query($email: String!) { user(email: $email) { id } }", email=email)["user"]
        return found and str(found["id"])

    def confirm(self, shopper: Shopper) -> None:
        self.staff.call(
            "mutation($id: ID!) { customerUpdate(id: $id, input: { isConfirmed: true }) { errors { code message } } }",
            id=shopper.user_id,
        )

    def delete(self, user_id: str) -> None:
        self.staff.call("mutation($id: ID!) { customerDelete(id: $id) { errors { code message } } }", id=user_id)
        self.everyone.remove(user_id)

    def bought(self, past: Mapping[str, Sequence[float]], *, sent: bool = False) -> list[str]:
        """Orders of the past: user id → days ago, in one import; their parcels leave with it, or not at all."""
        moments = [
            (user, datetime.now(UTC) - timedelta(days=days)) for user, all_days in past.items() for days in all_days
        ]
        answer = self.staff.call(
            "mutation($orders: [OrderBulkCreateInput!]!) {"
            " orderBulkCreate(orders: $orders, errorPolicy: REJECT_FAILED_ROWS, stockUpdatePolicy: SKIP) {"
            " count results { order { id } errors { code message path } } errors { code message } } }",
            orders=[{**self._past_order(user, at), **(self._all_sent() if sent else {})} for user, at in moments],
        )["orderBulkCreate"]
        assert answer["count"] == len(moments), answer
        made = [result["order"]["id"] for result in answer["results"]]
        self.orders += made
        return made

    def _all_sent(self) -> dict[str, Any]:
        line = {
            "variantId": self.corner.variants["tee"],
            "quantity": 1,
            "warehouse": self.corner.ids["warehouse"],
            "orderLineIndex": 0,
        }
        return {"status": "FULFILLED", "fulfillments": [{"lines": [line]}]}

    def _past_order(self, user_id: str, at: datetime) -> dict[str, Any]:
        price = {"gross": str(PRICES["tee"]), "net": str(PRICES["tee"])}
        ids = self.corner.ids
        return {
            "channel": self.corner.channel,
            "createdAt": at.isoformat(),
            "status": "UNFULFILLED",
            "user": {"id": user_id},
            "billingAddress": ADDRESS,
            "shippingAddress": ADDRESS,
            "currency": self.corner.currency,
            "languageCode": "EN",
            "lines": [
                {
                    "variantId": self.corner.variants["tee"],
                    "createdAt": at.isoformat(),
                    "isShippingRequired": True,
                    "isGiftCard": False,
                    "quantity": 1,
                    "totalPrice": price,
                    "undiscountedTotalPrice": price,
                    "warehouse": ids["warehouse"],
                    "taxRate": "0",
                    "taxClassId": ids["taxes"],
                }
            ],
            "deliveryMethod": {
                "shippingMethodId": as_method(ids["parcel"]),
                "shippingMethodName": "parcel",
                "shippingPrice": {"gross": str(RATE), "net": str(RATE)},
                "shippingTaxRate": "0",
                "shippingTaxClassId": ids["taxes"],
            },
        }

    def fill(
        self,
        what: Iterable[str],
        shopper: Shopper | None = None,
        email: str | None = None,
        address: Mapping[str, str] = ADDRESS,
    ) -> Basket:
        """A basket of a signed-in shopper, or of a guest who types an e-mail."""
        token = shopper.token if shopper else None
        counts: dict[str, int] = {}
        for kind in what:
            counts[kind] = counts.get(kind, 0) + 1
        answer = self.api.call(
            "mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input)"
            " { checkout { id } errors { code message } } }",
            token,
            input={
                "channel": self.corner.channel,
                "email": email or (shopper and shopper.email),
                "lines": [{"variantId": self.corner.variants[kind], "quantity": n} for kind, n in counts.items()],
                "shippingAddress": address,
                "billingAddress": address,
            },
        )
        return Basket(answer["checkoutCreate"]["checkout"]["id"], token)

    def methods(self, basket: Basket) -> dict[str, tuple[str, Decimal]]:
        """Delivery methods offered now: name → (id to choose it by, price)."""
        answer = self.api.call(
            "mutation($id: ID!) { deliveryOptionsCalculate(id: $id)"
            " { deliveries { id shippingMethod { id name price { amount } } } errors { code message } } }",
            basket.token,
            id=basket.checkout_id,
        )["deliveryOptionsCalculate"]["deliveries"]
        return {
            one["shippingMethod"]["name"]: (one["id"], Decimal(str(one["shippingMethod"]["price"]["amount"])))
            for one in answer
        }

    def choose(self, basket: Basket, method: str) -> None:
        self.api.call(
            "mutation($id: ID!, $method: ID!) { checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $method)"
            " { errors { code message } } }",
            basket.token,
            id=basket.checkout_id,
            method=self.methods(basket)[method][0],
        )

    def enter_code(self, basket: Basket, code: str) -> None:
        """Raises `Refused` when the shop does not take it."""
        self.api.call(
            "mutation($id: ID!, $code: String!) { checkoutAddPromoCode(id: $id, promoCode: $code)"
            " { errors { code message } } }",
            basket.token,
            id=basket.checkout_id,
            code=code,
        )

    def takes_code(self, basket: Basket, code: str) -> bool:
        try:
            self.enter_code(basket, code)
        except Refused as refused:
            click.echo(f"  {code} refused: {refused}")
            return False
        return True

    def sums(self, basket: Basket) -> dict[str, Decimal]:
        """subtotal, shipping, total and discount."""
        found = self.staff.call(
            "query($id: ID!) { checkout(id: $id) { discount { amount } subtotalPrice { gross { amount } }"
            " shippingPrice { gross { amount } } totalPrice { gross { amount } } } }",
            id=basket.checkout_id,
        )["checkout"]
        gross = {
            name: Decimal(str(found[f"{name}Price"]["gross"]["amount"])) for name in ("subtotal", "shipping", "total")
        }
        return {**gross, "discount": Decimal(str((found["discount"] or {"amount": 0})["amount"]))}

    def buy(self, basket: Basket, method: str = "parcel") -> str:
        """The id of the order, confirmed by the shop."""
        self.choose(basket, method)
        answer = self.api.call(
            "mutation($id: ID!) { checkoutComplete(id: $id) { order { id } errors { code message } } }",
            basket.token,
            id=basket.checkout_id,
        )
        order_id: str = answer["checkoutComplete"]["order"]["id"]
        self.orders.append(order_id)
        self.order_mutation("orderConfirm", order_id)
        return order_id

    def order_mutation(self, name: str, order_id: str) -> None:
        self.staff.call(f"mutation($id: ID!) {{ {name}(id: $id) {{ errors {{ code message }} }} }}", id=order_id)

    def metadata(self, user_id: str) -> dict[str, str]:
        found = self.staff.call("query($id: ID!) { user(id: $id) { metadata { key value } } }", id=user_id)["user"]
        return {item["key"]: item["value"] for item in found["metadata"]} if found else {}


@contextmanager
def voucher(street: Street, off: str) -> Iterator[str]:
    """The code of a voucher that the merchant made: so much off the whole order, for a while."""
    code = f"LIVE{secrets.token_hex(6).upper()}"
    made = street.staff.call(
        "mutation($input: VoucherInput!) { voucherCreate(input: $input) { voucher { id } errors { code message } } }",
        input={"name": street.corner.name, "type": "ENTIRE_ORDER", "discountValueType": "FIXED", "addCodes": [code]},
    )["voucherCreate"]["voucher"]["id"]
    try:
        street.staff.call(
            "mutation($id: ID!, $input: VoucherChannelListingInput!) {"
            " voucherChannelListingUpdate(id: $id, input: $input) { errors { code message } } }",
            id=made,
            input={"addChannels": [{"channelId": street.corner.ids["channel"], "discountValue": off}]},
        )
        yield code
    finally:
        street.staff.call("mutation($id: ID!) { voucherDelete(id: $id) { errors { code message } } }", id=made)
