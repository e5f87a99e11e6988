"""Our vouchers at the platform, and whose each code is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from plugin.domain.offers import Offer
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Given, TriggerKind
from plugin.domain.values import light_dataclass
from plugin.store import budgets
from plugin.store.schema import codes, decisions, vouchers
from plugin.store.statements import among, insert_all

#: As text, because SQLite uses a partial index only for what it reads in the statement.
A_GIFT_CARD = text("codes.kind = 'gift_card'")
_IS_ALIVE = text("codes.status IN ('drawn', 'issued')")

#: Sorted here: told to sort, SQLite walks all codes of the shop in that order instead of finding the few it is asked for.
_BY_DECISION = attrgetter("decision_id")


class VoucherStatus(StrEnum):
    OPEN = "open"
    MADE = "made"
    #: Removed by the merchant: noticed, and not fought over.
    GONE = "gone"
    #: Removed by us.
    WITHDRAWN = "withdrawn"


class CodeStatus(StrEnum):
    DRAWN = "drawn"
    ISSUED = "issued"
    REDEEMED = "redeemed"
    WITHDRAWN = "withdrawn"
    #: Nobody used it in time.
    EXPIRED = "expired"


#: As a reason why nothing more is done with it.
WAS = {
    CodeStatus.DRAWN: phrase("The code was drawn."),
    CodeStatus.ISSUED: phrase("The code was issued."),
    CodeStatus.REDEEMED: phrase("The code was redeemed."),
    CodeStatus.WITHDRAWN: phrase("The code was withdrawn."),
    CodeStatus.EXPIRED: phrase("The code was expired."),
}
#: It can still be used.
ALIVE = (CodeStatus.DRAWN.value, CodeStatus.ISSUED.value)


class CodeKind(StrEnum):
    VOUCHER = "voucher"
    GIFT_CARD = "gift_card"


@dataclass(frozen=True, slots=True)
class Voucher:
    row_id: int
    key: str
    campaign_id: int
    expires_at: datetime
    voucher_id: str | None
    first_code: str | None
    status: VoucherStatus


@light_dataclass(frozen=True, slots=True)
class Code:
    code: str
    decision_id: int
    campaign_id: int
    customer_id: int
    #: The row of its voucher; None for a gift card.
    voucher: int | None
    #: Saleor's id of the code or the gift card, once it is known.
    code_id: str | None
    status: CodeStatus
    expires_at: datetime
    kind: CodeKind = CodeKind.VOUCHER
    #: What was promised with it.
    offer: Offer | None = None
    #: The first order that it was used in.
    order_id: str | None = None
    #: The effect that puts it into its voucher; None for a gift card.
    effect_id: int | None = None
    #: What tells the customer of it, as an effect's payload.
    banner: Mapping[str, Any] | None = None
    #: How the customer is told that the next order ships free; None where it does not.
    next_order: str | None = None

    @property
    def alive(self) -> bool:
        """It can still be used."""
        return self.status.value in ALIVE


def voucher_by_key(connection: Connection, shop_id: int, key: str) -> Voucher | None:
    return _voucher(connection, vouchers.c.shop_id == shop_id, vouchers.c.key == key)


def voucher(connection: Connection, shop_id: int, row_id: int) -> Voucher | None:
    return _voucher(connection, vouchers.c.shop_id == shop_id, vouchers.c.id == row_id)


def voucher_by_id(connection: Connection, shop_id: int, voucher_id: str) -> Voucher | None:
    return _voucher(connection, vouchers.c.shop_id == shop_id, vouchers.c.voucher_id == voucher_id)


def vouchers_made(connection: Connection, shop_id: int) -> Sequence[Voucher]:
    """Those that are at the platform now."""
    statement = select(vouchers).where(vouchers.c.shop_id == shop_id, vouchers.c.status == VoucherStatus.MADE.value)
    return [_read_voucher(row) for row in connection.execute(statement.order_by(vouchers.c.id))]


def open_voucher(
    connection: Connection, shop_id: int, key: str, campaign_id: int, version: int, expires_at: datetime
) -> Voucher:
    values = {
        "shop_id": shop_id,
        "key": key,
        "campaign_id": campaign_id,
        "campaign_version": version,
        "expires_at": expires_at,
        "status": VoucherStatus.OPEN.value,
    }
    row_id = connection.execute(vouchers.insert().values(values).returning(vouchers.c.id)).scalar_one()
    return Voucher(row_id, key, campaign_id, expires_at, None, None, VoucherStatus.OPEN)


def open_again(connection: Connection, shop_id: int, row_id: int) -> None:
    """One that was withdrawn is made anew, with a first code that nobody has had."""
    connection.execute(
        update(vouchers)
        .where(vouchers.c.shop_id == shop_id, vouchers.c.id == row_id)
        .values(status=VoucherStatus.OPEN.value, voucher_id=None, first_code=None)
    )


def save_voucher(
    connection: Connection, shop_id: int, row_id: int, status: VoucherStatus, voucher_id: str | None = None
) -> None:
    values = {"status": status.value}
    if voucher_id is not None:
        values["voucher_id"] = voucher_id
    connection.execute(update(vouchers).where(vouchers.c.shop_id == shop_id, vouchers.c.id == row_id).values(values))


def save_first_code(connection: Connection, shop_id: int, row_id: int, code: str | None) -> None:
    connection.execute(
        update(vouchers).where(vouchers.c.shop_id == shop_id, vouchers.c.id == row_id).values(first_code=code)
    )


def draw(connection: Connection, shop_id: int, drawn: Sequence[Code], now: datetime) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "code": code.code,
            "decision_id": code.decision_id,
            "campaign_id": code.campaign_id,
            "customer_id": code.customer_id,
            "kind": code.kind.value,
            "offer": code.offer,
            "voucher": code.voucher,
            "effect_id": code.effect_id,
            "banner": code.banner,
            "next_order": code.next_order,
            "status": code.status.value,
            "drawn_at": now,
            "expires_at": code.expires_at,
        }
        for code in drawn
    ]
    insert_all(connection, _DRAW, rows)


_DRAW = codes.insert()


def redraw(connection: Connection, shop_id: int, taken: str, code: str) -> None:
    """A code that exists elsewhere becomes another, as long as nobody has been given it."""
    connection.execute(
        update(codes)
        .where(codes.c.shop_id == shop_id, codes.c.code == taken, codes.c.status == CodeStatus.DRAWN.value)
        .values(code=code)
    )


def of_decision(connection: Connection, shop_id: int, decision_id: int) -> Code | None:
    return _code(connection, codes.c.shop_id == shop_id, codes.c.decision_id == decision_id)


def of_decisions(connection: Connection, shop_id: int, decision_ids: Sequence[int]) -> dict[int, Code]:
    """Decision → its code."""
    found = _codes(connection, codes.c.shop_id == shop_id, codes.c.decision_id.in_(decision_ids))
    return {code.decision_id: code for code in found}


def of_episode(connection: Connection, shop_id: int, campaign_id: int, customer_id: int, episode: str) -> Code | None:
    decided = select(decisions.c.id).where(
        decisions.c.shop_id == shop_id,
        decisions.c.campaign_id == campaign_id,
        decisions.c.customer_id == customer_id,
        decisions.c.episode == episode,
        decisions.c.put_off_by == "",
    )
    return _code(connection, codes.c.shop_id == shop_id, codes.c.decision_id == decided.scalar_subquery())


def by_code(connection: Connection, shop_id: int, code: str) -> Code | None:
    return _code(connection, codes.c.shop_id == shop_id, codes.c.code == code)


def gift_card(connection: Connection, shop_id: int, card_id: str) -> Code | None:
    """By Saleor's id of the card."""
    return _code(connection, codes.c.shop_id == shop_id, codes.c.code_id == card_id, A_GIFT_CARD)


def gift_cards_issued(connection: Connection, shop_id: int) -> Sequence[Code]:
    """Those that are at the platform now."""
    return _codes(connection, codes.c.shop_id == shop_id, codes.c.status == CodeStatus.ISSUED.value, A_GIFT_CARD)


def first_drawn(connection: Connection, shop_id: int, row_id: int) -> Code | None:
    """The code that the voucher is made with; there may be very many to choose from."""
    drawn = (codes.c.shop_id == shop_id, codes.c.voucher == row_id, codes.c.status == CodeStatus.DRAWN.value)
    first = connection.execute(select(func.min(codes.c.decision_id)).where(*drawn)).scalar_one()
    return None if first is None else of_decision(connection, shop_id, first)


def of_customer(connection: Connection, shop_id: int, customer_id: int) -> Sequence[Code]:
    return _codes(connection, codes.c.shop_id == shop_id, codes.c.customer_id == customer_id)


_GIVEN = (
    select(
        codes.c.customer_id,
        codes.c.decision_id,
        codes.c.campaign_id,
        decisions.c.episode,
        codes.c.offer,
        codes.c.drawn_at,
        codes.c.expires_at,
        codes.c.status,
        codes.c.code,
    )
    .join(decisions, decisions.c.id == codes.c.decision_id)
    .where(
        codes.c.shop_id == bindparam("shop"),
        codes.c.status != CodeStatus.WITHDRAWN.value,
        codes.c.offer.is_not(None),
        decisions.c.trigger != TriggerKind.TRIAL.value,
    )
)


@cache
def _given(dialect: str) -> Any:
    return among(dialect, _GIVEN, codes.c.customer_id, "customers")


def given_to(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, list[Given]]:
    """What each of these customers was given, the oldest first; what was taken back is left out."""
    found = connection.execute(_given(connection.dialect.name), {"shop": shop_id, "customers": customer_ids})
    given: dict[int, list[Given]] = {customer_id: [] for customer_id in customer_ids}
    for customer_id, _, campaign_id, episode, offer, drawn_at, expires_at, status, code in sorted(
        found, key=_BY_DECISION
    ):
        given[customer_id].append(
            Given(
                campaign_id,
                episode or "",
                offer,
                drawn_at,
                expires_at,
                issued=status != CodeStatus.DRAWN.value,
                used=status == CodeStatus.REDEEMED.value,
                code=code,
            )
        )
    return given


def alive_in(connection: Connection, shop_id: int, row_id: int) -> Sequence[Code]:
    """Codes of one voucher that can still be used."""
    return _codes(
        connection,
        codes.c.shop_id == shop_id,
        codes.c.voucher == row_id,
        codes.c.status.in_(ALIVE),
    )


def drawn_by(connection: Connection, shop_id: int, row_id: int, effect_id: int) -> list[tuple[Code, str | None]]:
    """The codes that this effect still has to put into that voucher, each with the episode it is for."""
    statement = (
        select(codes, decisions.c.episode)
        .join(decisions, decisions.c.id == codes.c.decision_id, isouter=True)
        .where(
            codes.c.shop_id == shop_id,
            codes.c.voucher == row_id,
            codes.c.effect_id == effect_id,
            codes.c.status == CodeStatus.DRAWN.value,
        )
    )
    rows = sorted(connection.execute(statement), key=_BY_DECISION)
    return [(_read_code(row), row.episode) for row in rows]


_ISSUE_CARDS = (
    update(codes)
    .where(
        codes.c.shop_id == bindparam("shop"),
        codes.c.code.in_(bindparam("issued", expanding=True)),
        codes.c.status == CodeStatus.DRAWN.value,
    )
    .values(status=CodeStatus.ISSUED.value)
    .returning(codes.c.code)
)
#: Of one effect, which is an index of its own: PostgreSQL does not look for the codes one by one.
_ISSUE = _ISSUE_CARDS.where(codes.c.voucher == bindparam("of_voucher"), codes.c.effect_id == bindparam("of_effect"))


def issue(connection: Connection, shop_id: int, issued: Sequence[Code]) -> list[Code]:
    """The codes of one effect, or a gift card, are at the platform now; those of them that nobody has taken back."""
    if not issued:
        return []
    asked = {"shop": shop_id, "issued": [code.code for code in issued]}
    if issued[0].effect_id is None:
        still = set(connection.execute(_ISSUE_CARDS, asked).scalars())
    else:
        one = {"of_voucher": issued[0].voucher, "of_effect": issued[0].effect_id}
        still = set(connection.execute(_ISSUE, asked | one).scalars())
    return [code for code in issued if code.code in still]


def give_up(
    connection: Connection, shop_id: int, given_up: Sequence[Code], status: CodeStatus = CodeStatus.WITHDRAWN
) -> None:
    """They will not be used any more: what was reserved for them is free again. The caller holds the shop."""
    for start in range(0, len(given_up), budgets.PORTION):
        some = [code.code for code in given_up[start : start + budgets.PORTION]]
        connection.execute(
            update(codes).where(codes.c.shop_id == shop_id, codes.c.code.in_(some)).values(status=status.value)
        )
    budgets.release(connection, shop_id, [code.decision_id for code in given_up])


def expired(connection: Connection, shop_id: int, before: datetime, limit: int) -> Sequence[Code]:
    """Codes that could still be used and whose last moment was before that one."""
    statement = (
        select(codes)
        .where(codes.c.shop_id == shop_id, _IS_ALIVE, codes.c.expires_at < before)
        .order_by(codes.c.expires_at)
        .limit(limit)
    )
    return [_read_code(row) for row in connection.execute(statement)]


def redeem(connection: Connection, shop_id: int, code: Code, order_id: str, at: datetime) -> Code:
    """The code with the order that used it first."""
    if code.order_id is not None:
        return code
    connection.execute(
        update(codes)
        .where(codes.c.shop_id == shop_id, codes.c.code == code.code)
        .values(status=CodeStatus.REDEEMED.value, order_id=order_id, redeemed_at=at)
    )
    return replace(code, status=CodeStatus.REDEEMED, order_id=order_id)


def save_code_id(connection: Connection, shop_id: int, code: str, code_id: str) -> None:
    connection.execute(update(codes).where(codes.c.shop_id == shop_id, codes.c.code == code).values(code_id=code_id))


def customers_with_codes(connection: Connection, shop_id: int) -> Sequence[int]:
    """Whose each code is, of those that were not taken back."""
    statement = select(codes.c.customer_id).where(
        codes.c.shop_id == shop_id, codes.c.status != CodeStatus.WITHDRAWN.value
    )
    return connection.execute(statement).scalars().all()


def counts(connection: Connection, shop_id: int) -> dict[str, int]:
    """Status → codes."""
    statement = select(codes.c.status, func.count()).where(codes.c.shop_id == shop_id).group_by(codes.c.status)
    return dict(connection.execute(statement).all())


def move(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    connection.execute(
        update(codes).where(codes.c.shop_id == shop_id, codes.c.customer_id == from_id).values(customer_id=into_id)
    )


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    connection.execute(delete(codes).where(codes.c.shop_id == shop_id, codes.c.customer_id == customer_id))


def _voucher(connection: Connection, *conditions: Any) -> Voucher | None:
    row = connection.execute(select(vouchers).where(*conditions)).one_or_none()
    return None if row is None else _read_voucher(row)


def _read_voucher(row: Any) -> Voucher:
    return Voucher(
        row.id,
        row.key,
        row.campaign_id,
        row.expires_at,
        row.voucher_id,
        row.first_code,
        VoucherStatus(row.status),
    )


def _code(connection: Connection, *conditions: Any) -> Code | None:
    found = _codes(connection, *conditions)
    return found[0] if found else None


def _codes(connection: Connection, *conditions: Any) -> list[Code]:
    return [_read_code(row) for row in sorted(connection.execute(select(codes).where(*conditions)), key=_BY_DECISION)]


#: By place, because there may be very many rows: the fields of a code in their order.
_AT = itemgetter(*([column.name for column in codes.columns].index(field.name) for field in fields(Code)))
_STATUS, _KIND = (next(n for n, field in enumerate(fields(Code)) if field.name == name) for name in ("status", "kind"))


def _read_code(row: Any) -> Code:
    """From a row that begins with the whole table."""
    values = list(_AT(row))
    values[_STATUS], values[_KIND] = CodeStatus(values[_STATUS]), CodeKind(values[_KIND])
    return Code(*values)
