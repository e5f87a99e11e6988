"""What each free-shipping threshold would cost and bring: the shop's past is read once, and each channel worked out."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from plugin.domain.channels import Channel
from plugin.domain.past_baskets import Basket, Group, baskets_of
from plugin.domain.phrases import joined, phrase
from plugin.domain.segments import Segment
from plugin.domain.threshold_finder import Answer, Terms, find
from plugin.domain.top_up import ASSUMED, ASSUMPTION, TopUp
from plugin.errors import NotFound, Rejected
from plugin.flow.house import House
from plugin.flow.thresholds import rules_of
from plugin.store import channels, numbers, shops
from plugin.store.database import Database
from plugin.store.past_baskets import past_orders
from plugin.store.shops import Shop

#: What is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]
MOST_DAYS = 3650
#: Nobody ships one order for more, in whatever currency.
MOST_SHIPPING = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a merchant wants to know, and what they say themselves; None: as the shop has it."""

    channel: str | None = None
    segment: str | None = None
    #: The share of an order that is left after its costs.
    margin: float | None = None
    #: What shipping costs the shop for one order, in the channel's currency.
    shipping: float | None = None
    #: Shares of the orders within reach that are topped up: low, central, high.
    top_up: tuple[float, float, float] | None = None
    #: Within reach is what lacks at most this share of the threshold.
    reach: float = ASSUMED.reach
    days: int = 365


def find_thresholds(house: House, shop_id: int, asked: Asked, progress: Progress = lambda *_: None) -> Answer:
    """Raises `Rejected` and `NotFound` with a sentence for what cannot be."""
    return find_in(house.database, shop_id, asked, house.clock(), progress)


def find_in(
    database: Database, shop_id: int, asked: Asked, now: datetime, progress: Progress = lambda *_: None
) -> Answer:
    """The same without a house, as in a process of its own."""
    _check(asked)
    begins = now - timedelta(days=asked.days)
    with database.read() as connection:
        shop = shops.get(connection, shop_id)
        known = _channels(connection, shop_id, asked)
        margin = _margin(shop, asked)
        rules = rules_of(connection, shop_id)
        number = numbers.extent(connection, shop_id, now).orders
        baskets = _baskets(connection, shop, begins, now, lambda done: progress("Orders", done, number))
    only = None if asked.segment is None else Group(asked.segment)
    wanted = [channel for channel in known if baskets[channel.slug] or asked.channel is not None]
    found = []
    for channel in wanted:
        personal = {Group(one.value): rules.rule(one, channel, now) for one in Segment}
        terms = _terms(channel, asked, margin, shop.shipping_costs)
        terms = replace(terms, personal={group: rule.amount for group, rule in personal.items() if rule is not None})
        what = "Customers" if len(wanted) == 1 else channel.slug
        found.append(find(baskets[channel.slug], terms, only, partial(progress, what)))
    read = {channel.slug for channel in known} if asked.channel is None else set(baskets)
    return Answer(
        shop.name or shop.api_url,
        begins,
        now,
        found,
        sum(len(theirs) for slug, theirs in baskets.items() if slug not in read),
    )


def _check(asked: Asked) -> None:
    if not 1 <= asked.days <= MOST_DAYS:
        raise Rejected(
            phrase(
                "Thresholds are looked for in the last 1 to {most} days, not {days}.", most=MOST_DAYS, days=asked.days
            )
        )
    if asked.margin is not None and not 0 < asked.margin <= 1:
        raise Rejected(phrase("The margin is the share of an order that is left after its costs: above 0, at most 1."))
    if asked.shipping is not None and not 0 < asked.shipping <= MOST_SHIPPING:
        raise Rejected(phrase("What shipping costs for one order is above 0, and at most {most}.", most=MOST_SHIPPING))
    if asked.segment is not None and asked.segment not in set(Group):
        raise Rejected(
            phrase("There is no segment “{name}”; there are {known}.", name=asked.segment, known=tuple(Group))
        )
    if not 0 < asked.reach < 1:
        raise Rejected(phrase("The reach is the share of a threshold that an order may lack: above 0 and below 1."))
    if asked.top_up is not None and not 0 <= asked.top_up[0] <= asked.top_up[1] <= asked.top_up[2] <= 1:
        raise Rejected(
            phrase("The shares of topped-up orders are low, central and high, from 0 to 1, none below the one before.")
        )


def _channels(connection: Connection, shop_id: int, asked: Asked) -> Sequence[Channel]:
    known = channels.of_shop(connection, shop_id)
    if not known:
        raise Rejected(
            phrase("The shop's channels are not read yet; `retention serve` or `worker` does it within minutes.")
        )
    if asked.channel is not None:
        chosen = [channel for channel in known if channel.slug == asked.channel]
        if not chosen:
            raise NotFound(
                phrase(
                    "There is no channel “{name}”; there are {known}.",
                    name=asked.channel,
                    known=tuple(one.slug for one in known),
                )
            )
        return chosen
    if asked.shipping is not None and len({channel.currency for channel in known}) > 1:
        named = tuple(f"{channel.slug} ({channel.currency})" for channel in known)
        raise Rejected(
            phrase(
                "A shipping cost is in one currency: say with --channel which channel is meant: {named}.", named=named
            )
        )
    return known


def _margin(shop: Shop, asked: Asked) -> float:
    if asked.margin is not None:
        return asked.margin
    if not shop.guardrails.default_margin:
        raise Rejected(
            phrase(
                "What is left of an order after its costs is not known: say --margin 0.4, or once for all `retention guardrails set default_margin=0.4`."
            )
        )
    return float(shop.guardrails.default_margin)


def _terms(channel: Channel, asked: Asked, margin: float, costs: Mapping[str, Decimal]) -> Terms:
    said = costs.get(channel.currency)
    shipping = asked.shipping if asked.shipping is not None or said is None else float(said)
    top_up = replace(ASSUMED, reach=asked.reach)
    if asked.top_up is not None:
        top_up = TopUp(*asked.top_up, asked.reach, joined((phrase("As you said."), ASSUMPTION)))
    return Terms(
        channel=channel.slug,
        currency=channel.currency,
        margin=margin,
        shipping=shipping,
        free_from=channel.free_from,
        top_up=top_up,
        given=asked.top_up is not None,
    )


def _baskets(
    connection: Connection, shop: Shop, begins: datetime, now: datetime, progress: Callable[[int], None]
) -> Mapping[str, list[Basket]]:
    """By channel, customer by customer."""
    found: dict[str, list[Basket]] = defaultdict(list)
    outlook, done = shop.outlook, 0
    progress(0)
    for _, rows in groupby(past_orders(connection, shop.shop_id, now), key=attrgetter("customer_id")):
        orders = list(rows)
        for basket in baskets_of(orders, outlook, shop.zone, begins):
            found[basket.channel].append(basket)
        if done // numbers.CHUNK != (done := done + len(orders)) // numbers.CHUNK:
            progress(done)
    progress(done)
    return found
