"""The codes of vouchers: read in pages, revoked by id."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, needs, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.ids import read_global_id
from plugin.sandbox.records.vouchers import Voucher

#: as many ids as one call takes since Saleor 3.24
MOST_IDS = 100


def _codes(voucher: Voucher, _context: Context, **page: Any) -> Connection:
    return connection(
        "codes", voucher.own_codes.values(), lambda code: (code.created_at.timestamp(), code.code), **page
    )


@needs("MANAGE_DISCOUNTS")
def _bulk_delete(_source: object, context: Context, ids: list[str]) -> dict[str, Any]:
    if len(ids) > MOST_IDS:
        raise refusal(None, f"Cannot delete more than {MOST_IDS} codes at once.", "INVALID")
    shop = context.shop
    by_id = {code.id: code for voucher in shop.vouchers.values() for code in voucher.own_codes.values()}
    invalid = [each for each in ids if read_global_id(each)[0] != "VoucherCode"]
    if invalid:
        raise refusal(None, "Invalid VoucherCode IDs.", "INVALID", voucherCodes=invalid)
    found = [by_id[each] for each in dict.fromkeys(ids) if each in by_id]
    for code in found:
        del shop.codes[code.code]
        del code.voucher.own_codes[code.code]
        for checkout in shop.checkouts.values():
            if checkout.code is code:
                checkout.code = None
    for voucher in {code.voucher.id: code.voucher for code in found}.values():
        shop.emit("VOUCHER_UPDATED", context.principal, voucher=voucher)
    if found:
        shop.emit("VOUCHER_CODES_DELETED", context.principal, voucherCodes=found)
    return {"count": len(found)}


FIELDS: dict[tuple[str, str], Resolver] = {("Voucher", "codes"): _codes}
MUTATIONS: dict[str, Resolver] = {"voucherCodeBulkDelete": _bulk_delete}
