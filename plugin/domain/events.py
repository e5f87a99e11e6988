"""What can arrive, in the shop's words.

An event carries the state of an object as it was when the payload was rendered, which can be later
than the event itself. So an event is a hint to look and a version to compare, never an increment.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.domain.ledger import Account, Checkout, Order


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """Any event about one order or one of its fulfilments."""

    name: str
    issued_at: datetime
    order: Order
    #: The merchant's own anonymizer marked this order; believed only from staff or an app.
    anonymized: bool = False


@dataclass(frozen=True, slots=True)
class OrdersImported:
    """History: changes state, never triggers."""

    name: str
    issued_at: datetime
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class CustomerSeen:
    name: str
    issued_at: datetime
    account: Account
    #: Caused by a call of this app: state, never a reason to act.
    ours: bool = False


@dataclass(frozen=True, slots=True)
class CustomerGone:
    name: str
    issued_at: datetime
    user_id: str
    email: str | None
    #: The e-mail was proven to be theirs.
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutSeen:
    name: str
    issued_at: datetime
    checkout: Checkout


@dataclass(frozen=True, slots=True)
class VoucherSeen:
    name: str
    issued_at: datetime
    voucher_id: str
    gone: bool
    ours: bool = False


@dataclass(frozen=True, slots=True)
class CodesSeen:
    name: str
    issued_at: datetime
    #: (Saleor's id of the code, the code).
    codes: tuple[tuple[str, str], ...]
    gone: bool
    ours: bool = False


@dataclass(frozen=True, slots=True)
class GiftCardSeen:
    name: str
    issued_at: datetime
    card_id: str
    #: It pays nothing any more: deleted, or switched off.
    gone: bool
    #: What is left on it, in the card's currency.
    left: Decimal
    ours: bool = False


@dataclass(frozen=True, slots=True)
class StockSeen:
    """A variant ran out of stock, or is there again."""

    name: str
    issued_at: datetime
    variant_id: str
    #: Its product's id and slug; empty where it has none any more.
    product: frozenset[str]
    #: No warehouse has a piece of it.
    missing: bool


@dataclass(frozen=True, slots=True)
class AppSeen:
    """This app's own life at the shop: installed, updated, switched on or off, deleted."""

    name: str
    issued_at: datetime
    app_id: str
    active: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class NothingSeen:
    """What it was about was gone by the time that its state was read."""

    name: str
    issued_at: datetime


Event = (
    OrderSeen
    | OrdersImported
    | CustomerSeen
    | CustomerGone
    | CheckoutSeen
    | VoucherSeen
    | CodesSeen
    | GiftCardSeen
    | StockSeen
    | AppSeen
    | NothingSeen
)
