"""Orders from before Saleor: email, ordered_at, total, currency, and optionally number, voucher, refunded, items."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path

from plugin.domain.ledger import Order
from plugin.imports.table import Columns, Reading, Unreadable, amount_of, moment_of, pieces_of, read_table

REQUIRED = ("email", "ordered_at", "total", "currency")
OPTIONAL = ("number", "voucher", "refunded", "items")
#: Of no channel of the shop, so that none's currency or rules are taken for theirs.
CHANNEL = "import"
#: Done long ago: it counts, and nobody waits for its parcel.
STATUS = "FULFILLED"
LONGEST = {"email": 320, "number": 60, "voucher": 255}


def read_history(path: Path, zone: tzinfo, now: datetime) -> Reading[Order]:
    """Guests' orders, whose ids come from what the rows say, so that the same file brings nothing twice.

    `zone` is that of moments that name none. Raises `Rejected` where the file as a whole cannot be read.
    """
    return read_table(path, Columns(REQUIRED, OPTIONAL), _Rows(zone, now))


@dataclass
class _Rows:
    zone: tzinfo
    now: datetime
    #: Where each number was first, and how often each row without one has been.
    numbers: dict[str, int] = field(default_factory=dict)
    alike: dict[str, int] = field(default_factory=dict)

    def __call__(self, line: int, cells: Mapping[str, str]) -> Order:
        email = cells["email"].casefold()
        if not email or "@" not in email or " " in email:
            raise Unreadable(f"email is “{cells['email'][:40]}”, which is no address")
        currency = cells["currency"].upper()
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            raise Unreadable(f"currency is “{cells['currency'][:40]}”, where three letters such as EUR are understood")
        for name, longest in LONGEST.items():
            if len(cells.get(name, "").casefold()) > longest:
                raise Unreadable(f"{name} has more than {longest} letters")
        placed_at = moment_of(cells["ordered_at"], self.zone, self.now)
        total = amount_of("total", cells["total"])
        refunded = amount_of("refunded", cells.get("refunded") or "0")
        if total < 0:
            raise Unreadable("total is below zero: what was paid back belongs into “refunded” of its order")
        if not 0 <= refunded <= total:
            raise Unreadable(f"refunded is {refunded}, which is not between 0 and the total")
        number = cells.get("number", "")
        return Order(
            order_id=self._id(line, number, f"{email}|{placed_at.isoformat()}|{total.normalize()}|{currency}"),
            number=number,
            status=STATUS,
            user_id=None,
            email=email,
            channel=CHANNEL,
            currency=currency,
            total=total,
            shipping=Decimal(0),
            refunded=refunded,
            placed_at=placed_at,
            updated_at=placed_at,
            voucher_code=cells.get("voucher") or None,
            pieces=pieces_of(cells.get("items") or "1"),
        )

    def _id(self, line: int, number: str, said: str) -> str:
        """An order's number names it; rows without one that are alike are several purchases."""
        if number:
            if (first := self.numbers.setdefault(number, line)) != line:
                raise Unreadable(f"number {number} is in line {first} already")
            return _digest(f"number|{number}")
        self.alike[said] = self.alike.get(said, 0) + 1
        return _digest(f"row|{said}|{self.alike[said]}")


def _digest(text: str) -> str:
    return f"import:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
