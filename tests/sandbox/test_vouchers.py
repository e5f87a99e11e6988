from typing import Any

import pytest

from tests.sandbox.talk import Talk

CREATE = "mutation($i: VoucherInput!) { voucherCreate(input: $i) { voucher { id code usageLimit singleUse } errors { field code voucherCodes } } }"
UPDATE = (
    "mutation($id: ID!, $i: VoucherInput!) { voucherUpdate(id: $id, input: $i) { errors { field code voucherCodes } } }"
)
LISTING = """mutation($id: ID!, $c: [VoucherChannelListingAddInput!]) { voucherChannelListingUpdate(id: $id,
  input: {addChannels: $c}) { voucher { channelListings { channel { slug } discountValue currency minSpent { amount } } }
  errors { field code channels } } }"""
CODES = """query($id: ID!, $after: String) { voucher(id: $id) { used codes(first: 2, after: $after) {
  edges { node { id code used isActive } } pageInfo { hasNextPage endCursor } } } }"""


def _channel(shop: Talk, slug: str = "default-channel") -> str:
    return next(channel.id for channel in shop.sandbox.shop.channels.values() if channel.slug == slug)


def _create(shop: Talk, *codes: str, **more: Any) -> Any:
    return shop.ask(CREATE, i={"addCodes": list(codes), "name": "V", **more})["voucherCreate"]


def test_needs_a_code(shop: Talk) -> None:
    for given in ({"name": "x"}, {"name": "x", "addCodes": []}):
        assert shop.ask(CREATE, i=given)["voucherCreate"]["errors"][0]["code"] == "REQUIRED"


def test_one_existing_code_rejects_the_batch_and_is_named(shop: Talk) -> None:
    voucher = _create(shop, "ONE", "TWO")["voucher"]
    refused = _create(shop, "THREE", "TWO")
    assert refused["voucher"] is None
    assert refused["errors"] == [{"field": "addCodes", "code": "ALREADY_EXISTS", "voucherCodes": ["TWO"]}]
    more = shop.ask(UPDATE, id=voucher["id"], i={"addCodes": ["FOUR", "ONE"]})["voucherUpdate"]["errors"]
    assert more[0]["voucherCodes"] == ["ONE"]
    assert {"THREE", "FOUR"}.isdisjoint(shop.sandbox.shop.codes)


def test_found_by_a_code_and_listed_by_the_control(shop: Talk) -> None:
    voucher = _create(shop, "FIND-ME-1234")["voucher"]
    query = '{ vouchers(first: 5, filter: {search: "FIND-ME-1234"}) { edges { node { id } } } }'
    assert shop.ask(query)["vouchers"]["edges"] == [{"node": {"id": voucher["id"]}}]
    listed = shop.client.get("/sandbox/vouchers").json()
    assert next(row for row in listed if row["code"] == "FIND-ME-1234")["voucher"]["id"] == voucher["id"]


def test_value_and_minimum_are_per_channel(shop: Talk) -> None:
    voucher = _create(shop, "CHANNELS", discountValueType="PERCENTAGE")["voucher"]
    both = [
        {"channelId": _channel(shop), "discountValue": "10", "minAmountSpent": "30"},
        {"channelId": _channel(shop, "channel-pln"), "discountValue": 15},
    ]
    listings = shop.ask(LISTING, id=voucher["id"], c=both)["voucherChannelListingUpdate"]["voucher"]["channelListings"]
    assert listings == [
        {
            "channel": {"slug": "default-channel"},
            "discountValue": 10.0,
            "currency": "USD",
            "minSpent": {"amount": 30.0},
        },
        {"channel": {"slug": "channel-pln"}, "discountValue": 15.0, "currency": "PLN", "minSpent": None},
    ]


@pytest.mark.parametrize(("entry", "code"), [({}, "REQUIRED"), ({"discountValue": 101}, "INVALID")])
def test_a_channel_listing_that_is_refused(shop: Talk, entry: dict[str, Any], code: str) -> None:
    voucher = _create(shop, f"REFUSED-{code}", discountValueType="PERCENTAGE")["voucher"]
    answer = shop.ask(LISTING, id=voucher["id"], c=[{"channelId": _channel(shop), **entry}])
    assert answer["voucherChannelListingUpdate"]["errors"][0]["code"] == code


def test_codes_come_in_pages_and_are_revoked_by_id(shop: Talk) -> None:
    voucher = _create(shop, "P1", "P2", "P3")["voucher"]
    first = shop.ask(CODES, id=voucher["id"])["voucher"]["codes"]
    rest = shop.ask(CODES, id=voucher["id"], after=first["pageInfo"]["endCursor"])["voucher"]["codes"]
    assert [edge["node"]["code"] for edge in first["edges"] + rest["edges"]] == ["P1", "P2", "P3"]
    revoke = "mutation($ids: [ID!]!) { voucherCodeBulkDelete(ids: $ids) { count errors { code } } }"
    gone = [edge["node"]["id"] for edge in first["edges"]]
    assert shop.ask(revoke, ids=gone)["voucherCodeBulkDelete"] == {"count": 2, "errors": []}
    assert {"P1", "P2"}.isdisjoint(shop.sandbox.shop.codes)
    assert shop.ask(revoke, ids=gone * 51)["voucherCodeBulkDelete"]["errors"] == [{"code": "INVALID"}]


def test_deleted_vouchers_free_their_codes(shop: Talk) -> None:
    one, two = _create(shop, "FREE-1")["voucher"]["id"], _create(shop, "FREE-2")["voucher"]["id"]
    shop.ask("mutation($id: ID!) { voucherDelete(id: $id) { errors { code } } }", id=one)
    bulk = "mutation($ids: [ID!]!) { voucherBulkDelete(ids: $ids) { count } }"
    assert shop.ask(bulk, ids=[one, two])["voucherBulkDelete"]["count"] == 1
    assert _create(shop, "FREE-1", "FREE-2")["errors"] == []
