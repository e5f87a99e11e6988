"""Vouchers and codes against a shop that keeps Saleor's rules about them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from plugin.domain.channels import Channel
from plugin.domain.offers import Offer, OfferKind
from plugin.errors import AlreadyExists, GiveUp, Gone, OutcomeUnknown, TryLater
from plugin.saleor.vouchers import AddedCodes, add_codes, list_voucher, make_voucher, remove_codes, remove_voucher
from tests.saleor.shop import Answer, Shop, connection, failed, graphql_error

pytestmark = pytest.mark.anyio

ENDS = datetime(2026, 12, 6, 23, 59, tzinfo=UTC)
TEN_PERCENT = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)
USD = Channel("us", "C1", "USD", active=True, gross=False, free_from=None)
PLN = Channel("pl", "C2", "PLN", active=True, gross=True, free_from=None)
JPY = Channel("jp", "C3", "JPY", active=True, gross=True, free_from=None)


@dataclass
class Vouchers:
    """Codes are unique in the whole shop; one that exists rejects the batch; newest codes come first."""

    shop: Shop
    names: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    #: The next change is made, and its answer lost.
    lose_answer: bool = False

    def __post_init__(self) -> None:
        self.shop.answers |= {
            "VoucherCreate": self._create,
            "VoucherAddCodes": self._add,
            "VouchersFound": self._found,
            "VoucherCodes": self._codes,
            "VoucherDelete": self._delete,
            "VouchersDelete": self._delete_all,
            "VoucherCodesDelete": self._delete_codes,
            "VoucherList": lambda given: self._known(given["id"], "voucherChannelListingUpdate"),
        }

    def has(self, voucher: str, name: str, *codes: str) -> None:
        self.names[voucher], self.codes[voucher] = name, list(codes)

    def _refused(self, payload: str, codes: list[str]) -> Answer | None:
        existing = [code for code in codes if any(code in held for held in self.codes.values())]
        return failed(payload, "ALREADY_EXISTS", "codes", voucherCodes=existing) if existing else None

    def _known(self, voucher: str, payload: str) -> dict[str, Any]:
        return (
            {payload: {"voucher": {"id": voucher}, "errors": []}}
            if voucher in self.names
            else failed(payload, "NOT_FOUND")
        )

    def _answer(self, answer: Answer) -> Answer:
        lost, self.lose_answer = self.lose_answer, False
        return httpx.ReadTimeout("silence") if lost else answer

    def _create(self, given: dict[str, Any]) -> Answer:
        codes = given["input"]["addCodes"]
        if refused := self._refused("voucherCreate", codes):
            return refused
        voucher = f"V{len(self.names) + 1}"
        self.has(voucher, given["input"]["name"], *codes)
        return self._answer({"voucherCreate": {"voucher": {"id": voucher}, "errors": []}})

    def _add(self, given: dict[str, Any]) -> Answer:
        if given["id"] not in self.names:
            return failed("voucherUpdate", "NOT_FOUND")
        assert len(given["codes"]) <= 200
        if refused := self._refused("voucherUpdate", given["codes"]):
            return refused
        self.codes[given["id"]] = given["codes"] + self.codes[given["id"]]
        return self._answer({"voucherUpdate": {"voucher": {"id": given["id"]}, "errors": []}})

    def _found(self, given: dict[str, Any]) -> Answer:
        part = given["search"].lower()
        hits = [v for v, codes in self.codes.items() if any(part in code.lower() for code in [*codes, self.names[v]])]
        return {"vouchers": connection([{"id": v, "name": self.names[v]} for v in hits])}

    def _codes(self, given: dict[str, Any]) -> Answer:
        if given["id"] not in self.codes:
            return {"voucher": None}
        start = int(given["after"] or 0)
        codes = self.codes[given["id"]]
        nodes = [{"id": f"id-{code}", "code": code} for code in codes[start : start + 100]]
        return {"voucher": {"codes": connection(nodes, str(start + 100) if len(codes) > start + 100 else None)}}

    def _delete(self, given: dict[str, Any]) -> Answer:
        if given["id"] not in self.names:
            return failed("voucherDelete", "NOT_FOUND")
        if not self.codes[given["id"]]:
            return graphql_error("'NoneType' object has no attribute 'code'", "AttributeError")
        del self.names[given["id"]], self.codes[given["id"]]
        return self._answer({"voucherDelete": {"errors": []}})

    def _delete_all(self, given: dict[str, Any]) -> Answer:
        for voucher in given["ids"]:
            del self.names[voucher], self.codes[voucher]
        return {"voucherBulkDelete": {"count": len(given["ids"]), "errors": []}}

    def _delete_codes(self, given: dict[str, Any]) -> Answer:
        assert 0 < len(given["ids"]) <= 100
        for voucher, codes in self.codes.items():
            self.codes[voucher] = [code for code in codes if f"id-{code}" not in given["ids"]]
        return {"voucherCodeBulkDelete": {"count": 0, "errors": []}}


@pytest.fixture
def vouchers(httpx_mock: HTTPXMock) -> Vouchers:
    return Vouchers(Shop(httpx_mock))


async def _make(vouchers: Vouchers, *, look_first: bool = False, offer: Offer = TEN_PERCENT) -> str:
    async with vouchers.shop.client() as saleor:
        return await make_voucher(
            saleor, name="Win back", offer=offer, ends_at=ENDS, code="AAAA", look_first=look_first
        )


async def test_a_voucher_is_created_with_its_first_code(vouchers: Vouchers) -> None:
    assert await _make(vouchers) == "V1"
    assert vouchers.codes == {"V1": ["AAAA"]}
    assert vouchers.shop.names() == ["VoucherCreate"]
    (given,) = vouchers.shop.variables("VoucherCreate")
    assert given["input"]["singleUse"] is True
    assert given["input"]["endDate"] == "2026-12-06T23:59:00+00:00"


@pytest.mark.parametrize(
    ("kind", "type_", "value_type"),
    [
        (OfferKind.PERCENTAGE, "ENTIRE_ORDER", "PERCENTAGE"),
        (OfferKind.AMOUNT, "ENTIRE_ORDER", "FIXED"),
        (OfferKind.FREE_SHIPPING, "SHIPPING", "PERCENTAGE"),
    ],
)
async def test_an_offer_as_a_voucher(kind: OfferKind, type_: str, value_type: str, vouchers: Vouchers) -> None:
    await _make(vouchers, offer=Offer(kind, Decimal(5), Decimal(0), 14, "USD"))
    (given,) = vouchers.shop.variables("VoucherCreate")
    assert (given["input"]["type"], given["input"]["discountValueType"]) == (type_, value_type)


@pytest.mark.parametrize("look_first", [False, True])
async def test_made_again_it_is_the_same_voucher(look_first: bool, vouchers: Vouchers) -> None:
    first = await _make(vouchers)
    assert await _make(vouchers, look_first=look_first) == first
    assert len(vouchers.names) == 1


async def test_a_lost_answer_is_looked_for(vouchers: Vouchers) -> None:
    vouchers.lose_answer = True
    assert await _make(vouchers) == "V1"
    assert len(vouchers.names) == 1


async def test_nothing_found_after_a_lost_answer_stays_unknown(vouchers: Vouchers) -> None:
    """It may still be on its way: the next attempt looks again."""
    vouchers.shop.says("VoucherCreate", httpx.ReadTimeout("silence"))
    with pytest.raises(OutcomeUnknown):
        await _make(vouchers)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Somebody else's", "AAAA"),
        ("Win back", "aaaa"),
        ("Win back", "AAAAB"),
        ("Win back AAAA", "BBBB"),
    ],
)
@pytest.mark.parametrize("look_first", [False, True])
async def test_what_only_looks_like_our_voucher_is_not_ours(
    look_first: bool, name: str, code: str, vouchers: Vouchers
) -> None:
    vouchers.has("V9", name, code)
    if code == "AAAA":
        with pytest.raises(AlreadyExists) as raised:
            await _make(vouchers, look_first=look_first)
        assert raised.value.names == ("AAAA",)
    else:
        assert await _make(vouchers, look_first=look_first) != "V9"


async def test_a_code_that_a_gift_card_has_is_taken(vouchers: Vouchers) -> None:
    vouchers.shop.says("VoucherCreate", failed("voucherCreate", "ALREADY_EXISTS", "codes", voucherCodes=["AAAA"]))
    with pytest.raises(AlreadyExists):
        await _make(vouchers)


@pytest.mark.parametrize(
    ("offer", "listed"),
    [
        (
            TEN_PERCENT,
            [("C1", "10", None), ("C2", "10", None), ("C3", "10", None)],
        ),
        (Offer(OfferKind.AMOUNT, Decimal(5), Decimal(20), 14, "USD"), [("C1", "5.00", "20.00")]),
        (Offer(OfferKind.AMOUNT, Decimal("499.6"), Decimal(0), 14, "JPY"), [("C3", "500", None)]),
        (Offer(OfferKind.PERCENTAGE, Decimal(15), Decimal("99.999"), 14, "PLN"), [("C2", "15", "100.00")]),
        (Offer(OfferKind.FREE_SHIPPING, Decimal(0), Decimal(30), 14, "USD"), [("C1", "100", "30.00")]),
    ],
)
async def test_where_and_how_a_voucher_is_listed(
    offer: Offer, listed: list[tuple[str, str, str | None]], vouchers: Vouchers
) -> None:
    vouchers.has("V1", "Win back", "AAAA")
    async with vouchers.shop.client() as saleor:
        await list_voucher(saleor, "V1", offer, [USD, PLN, JPY])
    (given,) = vouchers.shop.variables("VoucherList")
    added = given["input"]["addChannels"]
    assert [(item["channelId"], item["discountValue"], item["minAmountSpent"]) for item in added] == listed


async def test_an_offer_in_a_currency_that_no_channel_has(vouchers: Vouchers) -> None:
    async with vouchers.shop.client() as saleor:
        with pytest.raises(GiveUp, match="No channel sells in EUR"):
            await list_voucher(saleor, "V1", Offer(OfferKind.AMOUNT, Decimal(5), Decimal(0), 14, "EUR"), [USD])
    assert vouchers.shop.calls == []


Doing = Callable[[Any], Any]


@pytest.mark.parametrize(
    "doing",
    [
        lambda saleor: add_codes(saleor, "V1", ["AAAA"]),
        lambda saleor: list_voucher(saleor, "V1", TEN_PERCENT, [USD]),
    ],
)
async def test_a_voucher_removed_by_the_merchant_is_gone(doing: Doing, vouchers: Vouchers) -> None:
    async with vouchers.shop.client() as saleor:
        with pytest.raises(Gone):
            await doing(saleor)


CASES = {
    "new ones": (["B", "C"], ("B", "C"), ()),
    "named twice": (["B", "B"], ("B",), ()),
    "here already": (["A1", "B"], ("A1", "B"), ()),
    "all here already": (["A1", "A2"], ("A1", "A2"), ()),
    "elsewhere": (["B", "X1"], ("B",), ("X1",)),
    "here and elsewhere": (["X1", "A2", "B"], ("A2", "B"), ("X1",)),
    "here, but written differently": (["a1"], ("a1",), ()),
    "none": ([], (), ()),
}


@pytest.mark.parametrize(("codes", "added", "taken"), CASES.values(), ids=CASES)
async def test_codes_are_added_or_known_to_be_taken(
    codes: list[str], added: tuple[str, ...], taken: tuple[str, ...], vouchers: Vouchers
) -> None:
    vouchers.has("V1", "Win back", "A1", "A2")
    vouchers.has("V2", "Somebody else's", "X1")
    async with vouchers.shop.client() as saleor:
        assert await add_codes(saleor, "V1", codes) == AddedCodes(added, taken)
    assert set(added) <= set(vouchers.codes["V1"])
    assert len(vouchers.codes["V1"]) == len(set(vouchers.codes["V1"]))


async def test_many_codes_go_in_batches_and_a_second_time_change_nothing(vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back", "A1")
    codes = [f"N{n:04}" for n in range(450)]
    async with vouchers.shop.client() as saleor:
        first = await add_codes(saleor, "V1", codes)
    assert [len(given["codes"]) for given in vouchers.shop.variables("VoucherAddCodes")] == [200, 200, 50]
    vouchers.shop.calls.clear()
    async with vouchers.shop.client() as saleor:
        assert await add_codes(saleor, "V1", codes) == first == AddedCodes(tuple(codes), ())
    assert len(vouchers.codes["V1"]) == 451
    assert len(vouchers.shop.calls) < 20


async def test_an_old_code_of_a_large_voucher_is_found(vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back", *(f"N{n:04}" for n in range(600)))
    async with vouchers.shop.client() as saleor:
        assert await add_codes(saleor, "V1", ["N0599"]) == AddedCodes(("N0599",), ())


async def test_after_a_lost_answer_the_codes_are_there(vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back", "A1")
    vouchers.lose_answer = True
    async with vouchers.shop.client() as saleor:
        with pytest.raises(OutcomeUnknown):
            await add_codes(saleor, "V1", ["B", "C"])
        assert await add_codes(saleor, "V1", ["B", "C"]) == AddedCodes(("B", "C"), ())
    assert vouchers.codes["V1"] == ["B", "C", "A1"]


async def test_codes_are_taken_back_by_their_ids(vouchers: Vouchers) -> None:
    codes = [f"N{n:04}" for n in range(250)]
    vouchers.has("V1", "Win back", *codes, "KEPT")
    async with vouchers.shop.client() as saleor:
        await remove_codes(saleor, "V1", codes[:240], ids=[f"id-{code}" for code in codes[240:]])
    assert vouchers.codes["V1"] == ["KEPT"]
    assert [len(given["ids"]) for given in vouchers.shop.variables("VoucherCodesDelete")] == [100, 100, 50]


@pytest.mark.parametrize("codes", [[], ["B"]])
async def test_taking_back_what_is_gone_is_done(codes: list[str], vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back", "A")
    async with vouchers.shop.client() as saleor:
        await remove_codes(saleor, "V1", codes)
        await remove_codes(saleor, "V2", codes)
        await remove_voucher(saleor, "V1")
        await remove_voucher(saleor, "V1")
    assert vouchers.names == {}
    assert vouchers.shop.variables("VoucherCodesDelete") == []


async def test_a_shop_that_does_not_answer_is_tried_later(vouchers: Vouchers) -> None:
    vouchers.shop.says("VouchersFound", httpx.Response(502))
    with pytest.raises(TryLater) as raised:
        await _make(vouchers, look_first=True)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert "VoucherCreate" not in vouchers.shop.names()


async def test_a_voucher_whose_codes_were_all_taken_back_is_removed_too(vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back")
    async with vouchers.shop.client() as saleor:
        await remove_voucher(saleor, "V1")
    assert vouchers.names == {}


async def test_a_voucher_whose_removal_was_never_answered_is_looked_for(vouchers: Vouchers) -> None:
    vouchers.has("V1", "Win back", "A")
    vouchers.lose_answer = True
    async with vouchers.shop.client() as saleor:
        await remove_voucher(saleor, "V1")
    assert vouchers.names == {}
    assert vouchers.shop.variables("VouchersDelete") == []
