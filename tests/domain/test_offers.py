"""Offers: what fits together, what is said of what does not, and that old rows stay readable."""

from dataclasses import replace
from decimal import Decimal

import pytest

from plugin.domain.offers import Offer, OfferKind, problems, read_offer, write_offer

TEN = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)


@pytest.mark.parametrize(
    "offer",
    [
        TEN,
        replace(TEN, minimum=Decimal(30), currency="USD"),
        replace(TEN, products=("tea",), collections=("winter",)),
        Offer(OfferKind.AMOUNT, Decimal(5), Decimal(0), 14, "USD", ("tea",)),
        Offer(OfferKind.FREE_SHIPPING, Decimal(0), Decimal(30), 14, "USD"),
        Offer(OfferKind.STORE_CREDIT, Decimal(5), Decimal(0), 90, "USD"),
        Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(30), 14, "USD", ("tea",)),
        Offer(OfferKind.PUBLIC_GIFT, Decimal(0), Decimal(50), 14, "USD", ("tea", "cup")),
        Offer(OfferKind.PERCENTAGE, Decimal(5), Decimal(0), 14, ships_free=True),
    ],
    ids=lambda offer: offer.label,
)
def test_an_offer_that_can_be(offer: Offer) -> None:
    assert list(problems(offer)) == []
    assert read_offer(write_offer(offer)) == offer


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        (replace(TEN, value=Decimal(101)), "at most 100"),
        (replace(TEN, value=Decimal(0)), "above 0"),
        (replace(TEN, minimum=Decimal(20)), "Name the currency"),
        (Offer(OfferKind.AMOUNT, Decimal(5), Decimal(0), 14), "Name the currency"),
        (Offer(OfferKind.AMOUNT, Decimal("1e30"), Decimal(0), 14, "USD"), "at most 1,000,000,000"),
        (replace(TEN, minimum=Decimal("1e30"), currency="USD"), "at most 1,000,000,000"),
        (Offer(OfferKind.STORE_CREDIT, Decimal(0), Decimal(0), 14, "USD"), "above 0"),
        (Offer(OfferKind.STORE_CREDIT, Decimal(5), Decimal(10), 14, "USD"), "has no minimum"),
        (
            Offer(OfferKind.STORE_CREDIT, Decimal(5), Decimal(0), 14, "USD", ("tea",)),
            "store credit holds for the whole",
        ),
        (
            Offer(OfferKind.FREE_SHIPPING, Decimal(0), Decimal(0), 14, None, ("tea",)),
            "free shipping holds for the whole",
        ),
        (Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(0), 14), "the one product"),
        (Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(0), 14, None, ("tea", "cup")), "the one product"),
        (Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(0), 14, None, ("tea",), ("winter",)), "not a collection"),
        (Offer(OfferKind.PUBLIC_GIFT, Decimal(0), Decimal(0), 14), "the product that is the gift"),
    ],
)
def test_what_cannot_be_is_a_sentence(offer: Offer, said: str) -> None:
    found = list(problems(offer))
    assert any(said in sentence for sentence in found)
    assert all(sentence.endswith(".") for sentence in found)


def test_a_row_from_before_there_were_scopes() -> None:
    old = {"kind": "amount", "value": "5.50", "minimum": "20", "valid_days": 14, "currency": "USD"}
    read = read_offer(old)
    assert read == Offer(OfferKind.AMOUNT, Decimal("5.50"), Decimal(20), 14, "USD")
    assert write_offer(read) == old


def test_a_scope_is_named_where_there_is_one() -> None:
    assert TEN.label == "10 % off"
    assert replace(TEN, products=("tea",)).label == "10 % off selected products"
    assert Offer(OfferKind.STORE_CREDIT, Decimal("5.50"), Decimal(0), 14, "USD").label == "5.5 USD of store credit"
