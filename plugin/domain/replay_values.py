"""What a replay is told of one customer and of the shop, and what it says of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from plugin.domain.baskets import Basket
from plugin.domain.budgets import Usual
from plugin.domain.campaigns import Campaign
from plugin.domain.churn import Outlook
from plugin.domain.conditions import Condition
from plugin.domain.customer import CustomerState
from plugin.domain.decide import Outcome
from plugin.domain.fields import BoughtLine
from plugin.domain.guardrails import Guardrails, Limit, Suppression
from plugin.domain.messages import Medium, Purpose
from plugin.domain.money import Money
from plugin.domain.needs import NeedModel
from plugin.domain.offers import Offer
from plugin.domain.parcels import Shipment


@dataclass(frozen=True, slots=True)
class Remembered:
    """An order as the ledger has it now (`customer.Purchase`), and what it was before its newest version."""

    order_id: str
    counts: bool
    #: Whether it counted before it was cancelled, if it was.
    counted: bool
    user_id: str | None
    currency: str
    total: Decimal
    shipping: Decimal
    refunded: Decimal
    placed_at: datetime
    #: From when on its newest version was known.
    updated_at: datetime
    voucher_code: str | None
    items: int
    channel: str
    country: str | None
    #: From a file: such an order does not say whether its buyer had an account.
    imported: bool = False
    number: str = ""
    #: What it says of its parcel; None where nothing is to be shipped, or nobody looks at parcels.
    shipment: Shipment | None = None

    @property
    def changed(self) -> bool:
        return self.updated_at > self.placed_at and (self.counts is not self.counted or self.refunded > 0)

    def known_at(self, now: datetime) -> "Remembered":
        if not self.changed or self.updated_at <= now:
            return self
        return replace(self, counts=self.counted, refunded=Decimal(0))


@dataclass(frozen=True, slots=True)
class Spell:
    """From `given_at` to `until` the customer really had a code of ours, or had just been written to.

    What they ordered then says nothing.
    """

    given_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A basket as it was left: from its change on, until it was changed again or became an order."""

    basket: Basket
    #: None where it is as it was.
    until: datetime | None
    #: Else an e-mail was typed, and who that is was not known before their first order.
    signed_in: bool

    def open(self, now: datetime) -> bool:
        return self.basket.changed_at <= now and (self.until is None or now < self.until)


#: For each purpose, the media by which a message may go.
Reach = Mapping[Purpose, frozenset[Medium]]


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer with all their orders and baskets, also those that are later than the replay's moments."""

    #: As they are today; the replay has histories of its own.
    state: CustomerState
    orders: Sequence[Remembered]
    spells: Sequence[Spell] = ()
    #: From when on they were on the list of those who get nothing.
    barred: Sequence[tuple[datetime, Suppression]] = ()
    #: Order id → its lines; read only where an audience looks at lines, or a tactic at what is bought again.
    lines: Mapping[str, Sequence[BoughtLine]] = field(default_factory=dict)
    #: Read only where a campaign listens to checkouts, and only those of the days for which baskets are kept.
    baskets: Sequence[Begun] = ()
    #: By their word of today, before their first order and after it; None where no campaign sends messages.
    reach: tuple[Reach, Reach] | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """By what the shop measured its customers from `begins` on, learnt from orders before it alone."""

    begins: datetime
    outlook: Outlook
    #: What the shop's orders came to, by currency.
    usual: Mapping[str, Usual] = field(default_factory=dict)
    #: By currency, what the top fifth of the customers had spent.
    high_value: Mapping[str, Decimal] = field(default_factory=dict)
    #: Currency and products of a personal gift → what one piece of it cost at most.
    gifts: Mapping[tuple[str, ...], Decimal] = field(default_factory=dict)
    #: Of what is bought again and again; None where no campaign asks for it, or too little is.
    needs: NeedModel | None = None
    #: The setting's campaigns with their audiences as segments were then; empty where they are always the same.
    campaigns: Sequence[Campaign] = ()
    #: The segments that campaigns hear of, resolved, by name.
    watched: Mapping[str, Condition] = field(default_factory=dict)


def _no_clock(country: str | None, now: datetime) -> None:
    """Nobody's but the shop's."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for everybody."""

    #: The earliest first; the first begins the replay.
    seasons: Sequence[Season]
    ends: datetime
    zone: tzinfo
    #: The one that is asked about and those beside it, each as if it had been on from the beginning.
    campaigns: Sequence[Campaign]
    #: Channel → currency.
    currencies: Mapping[str, str] = field(default_factory=dict)
    rules: Guardrails = Guardrails()
    #: Whose clock a country goes by; asked only where hours are quiet.
    clock: Callable[[str | None, datetime], tzinfo | None] = _no_clock

    @property
    def begins(self) -> datetime:
        return self.seasons[0].begins

    @property
    def asks_who(self) -> bool:
        """One of them is for some customers only."""
        return any(one.audience is not None or one.exclude is not None for one in self.campaigns)


#: An order may be due to a message without a gift for so long.
MESSAGE_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one campaign would have decided for one customer at one moment, and what really came after."""

    customer_id: int
    campaign_id: int
    at: datetime
    outcome: Outcome
    reason: str
    offer: Offer | None = None
    #: What the offer costs at most if it is used; None where nothing was wished, or it cannot be said in money.
    cost: Money | None = None
    #: The customer's mean order by then, in the currency of the cost.
    mean_order: Decimal | None = None
    #: The end of the offer's validity; of a message without a gift, of the days in which an order may be due to it.
    until: datetime | None = None
    #: Their first order that counts after it, whenever that was.
    next_order_at: datetime | None = None
    #: They really had a code or a message of ours within it, so that their order is no proof of anything.
    had_ours: bool = False
    #: Another campaign whose offer to them was still valid.
    beside: int | None = None
    #: What refused it, or put it off.
    by: Limit | None = None
    #: A day's budget had put it off before.
    waited: bool = False
    #: What began it, the same for all steps of a ladder; empty for banners.
    need: str = ""

    @property
    def came(self) -> bool:
        """They ordered by then."""
        return self.until is not None and self.next_order_at is not None and self.next_order_at <= self.until


@dataclass(frozen=True, slots=True)
class Walked:
    customer_id: int
    #: Silent already when the replay began; nobody is asked for a silence from before.
    inside: bool
    asked: tuple[Asked, ...]
    #: The watched segments that they were in when it began; nobody is said to have entered those.
    began_in: frozenset[str] = frozenset()
