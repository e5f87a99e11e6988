"""What the sandbox tells of gift cards, to an app that may know."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.talk import Receiver, Talk

QUERY = (Path(__file__).parents[2] / "webhooks/subscriptions/gift_cards.graphql").read_text(encoding="utf-8")
EVENTS = ("GIFT_CARD_UPDATED", "GIFT_CARD_STATUS_CHANGED", "GIFT_CARD_DELETED")
CREATE = """mutation($i: GiftCardCreateInput!) { giftCardCreate(input: $i) { giftCard { id } errors { code } } }"""


def made(shop: Talk, code: str) -> str:
    given = {"code": code, "balance": {"amount": "7.5", "currency": "USD"}, "isActive": True}
    return str(shop.ask(CREATE, i=given)["giftCardCreate"]["giftCard"]["id"])


def do(shop: Talk, name: str, card_id: str, more: str = "") -> Any:
    return shop.ask(f"mutation($id: ID!) {{ {name}(id: $id{more}) {{ errors {{ code }} }} }}", id=card_id)[name][
        "errors"
    ]


@pytest.mark.parametrize(
    ("mutation", "more", "event", "active", "left"),
    [
        ("giftCardUpdate", ", input: {balanceAmount: 5}", "gift_card_updated", True, 5.0),
        ("giftCardActivate", "", "gift_card_status_changed", True, 7.5),
        ("giftCardDeactivate", "", "gift_card_status_changed", False, 7.5),
        ("giftCardDelete", "", "gift_card_deleted", True, 7.5),
    ],
)
def test_each_change_is_told(
    shop: Talk, receiver: Receiver, mutation: str, more: str, event: str, active: bool, left: float
) -> None:
    receiver.is_app(webhooks=[receiver.hears(*EVENTS, query=QUERY)], permissions=["MANAGE_GIFT_CARD"])
    shop.install(receiver)
    card_id = made(shop, f"{mutation}-1")
    assert do(shop, mutation, card_id, more) == []
    shop.settle()
    (heard,) = receiver.at("/webhook")
    assert heard.headers["Saleor-Event"] == event
    assert heard.json["giftCard"] == {
        "id": card_id,
        "isActive": active,
        "currentBalance": {"amount": left, "currency": "USD"},
    }
    assert heard.json["issuingPrincipal"] == {}


def test_who_did_it_is_told_of_an_app(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears(*EVENTS, query=QUERY)], permissions=["MANAGE_GIFT_CARD"])
    app = shop.install(receiver).json()["app"]
    token = receiver.at("/register")[-1].json["auth_token"]
    card_id = made(shop, "BY-AN-APP")
    shop.ask("mutation($id: ID!) { giftCardDeactivate(id: $id) { errors { code } } }", token=token, id=card_id)
    shop.settle()
    (heard,) = receiver.at("/webhook")
    assert heard.json["issuingPrincipal"] == {"id": app}


def test_one_that_is_gone_cannot_be_changed_and_nobody_without_permission_hears(shop: Talk, receiver: Receiver) -> None:
    receiver.is_app(webhooks=[receiver.hears(*EVENTS, query=QUERY)], permissions=["MANAGE_ORDERS"])
    shop.install(receiver)
    card_id = made(shop, "GONE-SOON")
    assert do(shop, "giftCardDelete", card_id) == []
    assert do(shop, "giftCardDelete", card_id) == [{"code": "NOT_FOUND"}]
    shop.settle()
    assert receiver.at("/webhook") == []
