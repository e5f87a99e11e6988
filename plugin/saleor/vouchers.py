"""Vouchers and their codes: each function can be run again after an outcome that nobody knows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.phrases import phrase
from plugin.errors import AlreadyExists, GiveUp, Gone, OutcomeUnknown
from plugin.saleor.client import Saleor
from plugin.saleor.scope import collection_ids, product_ids

#: Codes in one voucherUpdate, and code ids in one voucherCodeBulkDelete (Saleor's own limit since 3.24).
CODES_A_CALL = 200
IDS_A_CALL = 100
#: More codes than this are found faster by reading the whole voucher.
SEARCHED_ONE_BY_ONE = 10


@dataclass(frozen=True, slots=True)
class AddedCodes:
    #: In this voucher now, whether by this call or by an earlier one.
    added: tuple[str, ...]
    #: Somewhere else in the shop: draw others.
    taken: tuple[str, ...]


async def make_voucher(
    saleor: Saleor, *, name: str, offer: Offer, ends_at: datetime, code: str, look_first: bool = False
) -> str:
    """Saleor's id of the voucher that has exactly this name and holds this code; created where it is missing.

    look_first: an earlier attempt may have created it. `AlreadyExists` means that the code is somebody
    else's: draw another. After `OutcomeUnknown`, call again with `look_first`.
    """
    if look_first and (found := await _find(saleor, name, code)):
        return found
    scope = await _scope(saleor, offer)
    try:
        data = await saleor.call("VoucherCreate", input={**_voucher_input(name, offer, ends_at, code), **scope})
    except (AlreadyExists, OutcomeUnknown) as error:
        if found := await _find(saleor, name, code):
            return found
        if isinstance(error, OutcomeUnknown):
            raise
        raise AlreadyExists(
            phrase("The code {code} is in use elsewhere in this shop.", code=code), names=(code,)
        ) from error
    return str(data["voucherCreate"]["voucher"]["id"])


async def _scope(saleor: Saleor, offer: Offer) -> dict[str, list[str]]:
    """What a SPECIFIC_PRODUCT voucher holds for; nothing for one that holds for the whole basket."""
    if not _for_products(offer):
        return {}
    return {
        "products": await product_ids(saleor, offer.products),
        "collections": await collection_ids(saleor, offer.collections),
    }


def _for_products(offer: Offer) -> bool:
    return offer.scoped or offer.kind is OfferKind.PERSONAL_GIFT


def _voucher_input(name: str, offer: Offer, ends_at: datetime, code: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": _type_of(offer),
        "discountValueType": "FIXED" if offer.kind is OfferKind.AMOUNT else "PERCENTAGE",
        "addCodes": [code],
        "singleUse": True,
        # Of a gift one piece is free, however many are in the basket.
        "applyOncePerOrder": offer.kind is OfferKind.PERSONAL_GIFT,
        "endDate": ends_at.isoformat(),
    }


def _type_of(offer: Offer) -> str:
    if offer.kind is OfferKind.FREE_SHIPPING:
        return "SHIPPING"
    return "SPECIFIC_PRODUCT" if _for_products(offer) else "ENTIRE_ORDER"


async def _find(saleor: Saleor, name: str, code: str) -> str | None:
    """The search matches parts of names and codes, whatever their case, so both are compared again."""
    async for voucher in saleor.pages("VouchersFound", "vouchers", search=code):
        if voucher["name"] == name and code in await _ids_of(saleor, voucher["id"], {code}):
            return str(voucher["id"])
    return None


async def list_voucher(saleor: Saleor, voucher_id: str, offer: Offer, channels: Sequence[Channel]) -> None:
    """Sets value and minimum in every channel that the offer fits; the same again changes nothing."""
    fitting = [channel for channel in channels if offer.currency in {None, channel.currency}]
    if not fitting:
        raise GiveUp(
            phrase(
                "No channel sells in {currency}, so the offer of {offer} holds nowhere; change the campaign's currency or add a channel.",
                currency=offer.currency,
                offer=offer.label,
            )
        )
    listings = [_listing(offer, channel) for channel in fitting]
    await saleor.call("VoucherList", id=voucher_id, input={"addChannels": listings})


def _listing(offer: Offer, channel: Channel) -> dict[str, Any]:
    match offer.kind:
        case OfferKind.PERCENTAGE:
            value = offer.value
        case OfferKind.AMOUNT:
            value = Money(offer.value, channel.currency).rounded().amount
        case _:
            value = Decimal(100)
    minimum = Money(offer.minimum, channel.currency).rounded().amount
    return {
        "channelId": channel.channel_id,
        "discountValue": str(value),
        "minAmountSpent": str(minimum) if minimum > 0 else None,
    }


async def add_codes(saleor: Saleor, voucher_id: str, codes: Sequence[str]) -> AddedCodes:
    """Puts codes into a voucher; those that are in it already count as added.

    Raises `Gone` when the merchant has removed the voucher.
    """
    added: list[str] = []
    taken: list[str] = []
    rest = iter(dict.fromkeys(codes))
    while batch := tuple(islice(rest, CODES_A_CALL)):
        done = await _add_batch(saleor, voucher_id, batch)
        added += done.added
        taken += done.taken
    return AddedCodes(tuple(added), tuple(taken))


async def _add_batch(saleor: Saleor, voucher_id: str, codes: Sequence[str]) -> AddedCodes:
    """One existing code rejects a whole batch, so the ones that exist are sorted out and the rest is sent again."""
    missing = list(codes)
    existing: set[str] = set()
    while missing:
        try:
            await saleor.call("VoucherAddCodes", id=voucher_id, codes=missing)
            break
        except AlreadyExists as error:
            named = set(error.names) & set(missing)
            if not named:
                raise
            existing |= named
            missing = [code for code in missing if code not in named]
    ours = await _held(saleor, voucher_id, existing)
    taken = tuple(code for code in codes if code in existing and code not in ours)
    return AddedCodes(tuple(code for code in codes if code not in taken), taken)


async def _held(saleor: Saleor, voucher_id: str, codes: set[str]) -> set[str]:
    """Which of these codes are in this voucher.

    Its codes come newest first and cannot be filtered: what a lost attempt added is on the first
    pages. The few that are left are searched for in the shop, so that a foreign code costs one call
    and not a walk through all of a large voucher.
    """
    if not codes:
        return set()
    held = set(await _ids_of(saleor, voucher_id, codes, at_most=len(codes) + 2 * IDS_A_CALL))
    left = codes - held
    if len(left) <= SEARCHED_ONE_BY_ONE:
        left = {code for code in left if await _may_hold(saleor, voucher_id, code)}
    return held | set(await _ids_of(saleor, voucher_id, left)) if left else held


async def _may_hold(saleor: Saleor, voucher_id: str, code: str) -> bool:
    async for voucher in saleor.pages("VouchersFound", "vouchers", search=code):
        if voucher["id"] == voucher_id:
            return True
    return False


async def _ids_of(saleor: Saleor, voucher_id: str, codes: set[str], at_most: int | None = None) -> dict[str, str]:
    """Code → Saleor's id, for those of `codes` that are among the voucher's newest `at_most`."""
    found: dict[str, str] = {}
    seen = 0
    async for node in saleor.pages("VoucherCodes", "voucher.codes", id=voucher_id):
        if node["code"] in codes:
            found[node["code"]] = node["id"]
        seen += 1
        if len(found) == len(codes) or seen == at_most:
            break
    return found


async def remove_codes(saleor: Saleor, voucher_id: str, codes: Sequence[str], *, ids: Sequence[str] = ()) -> None:
    """Takes codes back, by Saleor's ids where they are known; what is gone already is no error."""
    wanted = set(codes)
    try:
        found = await _ids_of(saleor, voucher_id, wanted) if wanted else {}
    except Gone:
        return
    rest: Iterator[str] = iter([*ids, *found.values()])
    while batch := list(islice(rest, IDS_A_CALL)):
        await saleor.call("VoucherCodesDelete", ids=batch)


async def remove_voucher(saleor: Saleor, voucher_id: str) -> None:
    """Takes a voucher and all of its codes back; one that is gone already is no error."""
    try:
        await saleor.call("VoucherDelete", id=voucher_id)
    except Gone:
        return
    except OutcomeUnknown:
        # Saleor 3.24 fails inside for a voucher whose codes are all gone; its bulk mutation does not.
        await _remove_left_over(saleor, voucher_id)


async def _remove_left_over(saleor: Saleor, voucher_id: str) -> None:
    try:
        await _ids_of(saleor, voucher_id, {""}, at_most=1)
    except Gone:
        return
    await saleor.call("VouchersDelete", ids=[voucher_id])
