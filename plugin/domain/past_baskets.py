"""What was bought in the past, as the threshold finder looks at it: by whom, for how much, and what shipping cost them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from plugin.domain.churn import Outlook, is_usual_until
from plugin.domain.customer import History, extend
from plugin.domain.segments import segment_of
from plugin.domain.stages import Turns


class Group(StrEnum):
    """The segments that thresholds are set for, and those whom no personal threshold reaches."""

    NEW = "new"
    REGULAR = "regular"
    LOYAL = "loyal"
    AT_RISK = "at_risk"
    #: Placed without an account: the shop's own rates alone speak to them.
    GUEST = "guest"


class PastOrder(NamedTuple):
    """An order that counts. A tuple, because millions of them pass by."""

    customer_id: int
    order_id: str
    placed_at: datetime
    #: None where it was placed without an account.
    user_id: str | None
    channel: str
    currency: str
    #: Gross, with shipping, after discounts.
    total: Decimal
    #: Gross: what the shopper paid for it.
    shipping: Decimal
    refunded: Decimal
    voucher_code: str | None
    items: int
    country: str | None

    @property
    def counts(self) -> bool:
        return True


class Basket(NamedTuple):
    """An order, as a threshold sees it. Amounts in units of the channel's currency, with tax."""

    customer_id: int
    group: Group
    channel: str
    currency: str
    #: After discounts, without shipping: what is held against a threshold.
    value: float
    shipping: float


def baskets_of(orders: Iterable[PastOrder], outlook: Outlook, zone: tzinfo, begins: datetime) -> Iterator[Basket]:
    """One customer's baskets from a moment on, from all of their orders, oldest first.

    Each in the segment in which the customer was just before it, because that is whose threshold they were shown;
    with the rhythm and model of `outlook`, which are those of now. Segments of now would put every early order of
    a loyal customer among the loyal, and none among those at risk, who have not ordered since.
    """
    history = History()
    for order in orders:
        if order.placed_at >= begins:
            value = order.total - order.shipping
            yield Basket(
                order.customer_id,
                _group(order, history, outlook),
                order.channel,
                order.currency,
                float(value),
                float(order.shipping),
            )
        history = extend(history, order, zone) or history


def _group(order: PastOrder, before: History, outlook: Outlook) -> Group:
    if order.user_id is None:
        return Group.GUEST
    if not is_usual_until(before, outlook, order.placed_at):
        return Group.AT_RISK
    return Group(segment_of(before, Turns(), outlook.limits, order.placed_at).value)
