"""A campaign run over one customer's past: each moment is decided with what was known at it, and nothing later.

The ledger holds the newest version of each order and no date of a refund or a cancellation. Both are taken
as known from that version's own time on, which is never too soon: before it the order counted, unrefunded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from plugin.domain.budgets import Usual, cost_of
from plugin.domain.campaigns import Campaign
from plugin.domain.churn import Outlook, is_usual_until, turns_of
from plugin.domain.conditions import Condition
from plugin.domain.customer import CustomerState, History, extend, fold
from plugin.domain.decide import Decision, Outcome, Past, Standing, decide
from plugin.domain.effects import Banner, GiveCode, ShowBanner, Slot
from plugin.domain.fields import BoughtLine, Person
from plugin.domain.guardrails import Guardrails, Limit, Suppression
from plugin.domain.ledger import CANCELLED
from plugin.domain.membership import entered_at, moves, told
from plugin.domain.money import Money
from plugin.domain.needs import MOST_ORDERS, Basket, Need, NeedModel, Thing, bought_of, needs_of
from plugin.domain.offers import Offer, OfferKind, valid_until
from plugin.domain.parcels import Parcel, Shipment, parcel_of, recent
from plugin.domain.replay_costs import mean_order
from plugin.domain.signals import Evidence, Signal, signals_of
from plugin.domain.stages import Activity, Turns
from plugin.domain.tactic import Given, Trigger, TriggerKind, View


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
    """From `given_at` to `until` the customer really had a code of ours: what they ordered then says nothing."""

    given_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer with all their orders, also those that are later than the replay's moments."""

    #: As they are today; the replay has histories of its own.
    state: CustomerState
    orders: Sequence[Remembered]
    spells: Sequence[Spell] = ()
    #: From when on they were on the list of those who get nothing.
    barred: Sequence[tuple[datetime, Suppression]] = ()
    #: Order id → its lines; read only where an audience looks at lines, or a tactic at what is bought again.
    lines: Mapping[str, Sequence[BoughtLine]] = field(default_factory=dict)


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
    #: The end of the offer's validity.
    until: datetime | None = None
    #: Their first order that counts after it, whenever that was.
    next_order_at: datetime | None = None
    #: They really had a code of ours within it, so that their order is no proof of anything.
    had_code: bool = False
    #: Another campaign whose offer to them was still valid.
    beside: int | None = None
    #: What refused it, or put it off.
    by: Limit | None = None
    #: A day's budget had put it off before.
    waited: bool = False

    @property
    def came(self) -> bool:
        """They ordered while the offer was valid."""
        return self.until is not None and self.next_order_at is not None and self.next_order_at <= self.until


@dataclass(frozen=True, slots=True)
class Walked:
    customer_id: int
    #: Silent already when the replay began; nobody is asked for a silence from before.
    inside: bool
    asked: tuple[Asked, ...]
    #: The watched segments that they were in when it began; nobody is said to have entered those.
    began_in: frozenset[str] = frozenset()


def walk(buyer: Buyer, setting: Setting) -> Walked:
    """One customer's way through the span: from order to moment to season, never day by day."""
    way = _Way(buyer, setting)
    stops = _stops(buyer, setting)
    for stop, following in zip(stops, [*(stop.at for stop in stops[1:]), setting.ends], strict=True):
        way.arrive(stop, following)
        while way.next_moment is not None and way.next_moment <= following:
            way.look(TriggerKind.MOMENT, way.next_moment)
    return Walked(buyer.state.customer_id, way.inside, tuple(way.asked), way.began_in)


def walk_all(buyers: Sequence[Buyer], setting: Setting) -> list[Walked]:
    return [walk(buyer, setting) for buyer in buyers]


@dataclass(frozen=True, slots=True)
class _Stop:
    """Something that was not known before: what a season has learnt, or an order or a new version of one."""

    at: datetime
    season: Season | None = None
    order: Remembered | None = None


def _stops(buyer: Buyer, setting: Setting) -> list[_Stop]:
    stops = [_Stop(season.begins, season=season) for season in setting.seasons]
    for order in buyer.orders:
        if setting.begins <= order.placed_at <= setting.ends and order.counted:
            stops.append(_Stop(order.placed_at, order=order))
        if order.changed and setting.begins <= order.updated_at <= setting.ends:
            stops.append(_Stop(order.updated_at, order=order))
        stops += [_Stop(at, order=order) for at in _taken_back(order) if setting.begins <= at <= setting.ends]
    return sorted(stops, key=lambda stop: (stop.at, stop.order is not None))


def _taken_back(order: Remembered) -> Iterator[datetime]:
    """When parts of its parcel were: from then on it waits again."""
    return (part.told_at for part in (order.shipment.parts if order.shipment else ()) if part.status == CANCELLED)


class _Way:
    """What is known and decided of one customer as the replay goes on."""

    def __init__(self, buyer: Buyer, setting: Setting) -> None:
        self._buyer, self._setting = buyer, setting
        self._season, self._turns, self._exact = setting.seasons[0], Turns(), True
        self._history: History = fold(self._known(setting.begins, placed_now=False), setting.zone)
        self._standing = Standing({}, {})
        self._shown: dict[Slot, Banner] = {}
        self._baskets: dict[str, Basket] = {}
        self._needs: tuple[NeedModel | None, History | None, tuple[Need, ...]] = (None, None, ())
        self._gifts: list[Given] = []
        self._stays: Mapping[str, datetime] = {}
        self._by_id = {order.order_id: order for order in buyer.orders}
        self._came = min((order.placed_at for order in buyer.orders), default=setting.ends)
        self._signed_in = min((order.placed_at for order in buyer.orders if order.user_id), default=None)
        self._at_platform = min((order.placed_at for order in buyer.orders if not order.imported), default=None)
        self.next_moment: datetime | None = None
        self.inside = False
        self.began_in: frozenset[str] = frozenset()
        self.asked: list[Asked] = []

    def arrive(self, stop: _Stop, following: datetime) -> None:
        """Take in what is new; nothing else comes before `following`."""
        before, kind = self._turns, TriggerKind.HISTORY
        if stop.order is not None:
            kind = TriggerKind.ORDER
            self._history = self._extended(stop)
        self._season = stop.season or self._season
        self._measure(following)
        begins = stop.season is not None and stop.at == self._setting.begins
        if begins:
            self.inside = self._turns.activity(stop.at) is not Activity.ACTIVE
        elif stop.season is not None and _drawn_over(stop.at, before, self._turns):
            dormant = max(stop.at, self._turns.dormant_from or stop.at)
            self._turns = replace(self._turns, at_risk_from=stop.at, dormant_from=dormant)
            kind = TriggerKind.MOMENT
        self.look(kind, stop.at)
        if begins:
            self.began_in = frozenset(self._stays)

    def look(self, kind: TriggerKind, now: datetime) -> None:
        if not self._exact and self._matters(kind):
            self._turns, self._exact = turns_of(self._history, self._season.outlook), True
        trigger = Trigger(kind, now)
        moments = [self._turns.next_after(now), self._ask(trigger, self._campaigns)]
        if self._season.watched:
            moments += self._hear(trigger)
        self.next_moment = min((at for at in moments if at is not None), default=None)

    def _ask(self, trigger: Trigger, campaigns: Sequence[Campaign]) -> datetime | None:
        """What they decide is kept; when to look again. Before their first order nobody knew of them."""
        now = trigger.at
        if now < self._came:
            return None
        view = self._view(now)
        standing = self._standing_at(now, view) if self._matters(trigger.kind) else self._standing
        verdict = decide(view, trigger, campaigns, standing, self._setting.rules)
        for decision in verdict.decisions:
            self._keep(decision, now)
        return verdict.check_again

    def _hear(self, cause: Trigger) -> Iterator[datetime | None]:
        """Who has entered and left what by now, and the campaigns that hear of it; when to look again."""
        now, given = cause.at, len(self._gifts)
        made = moves(self._season.watched, self._stays, self._seen(now, self._view(now)), now)
        since = entered_at(cause, now)
        stayed = {name: begun for name, begun in self._stays.items() if name not in made.left}
        self._stays = {**stayed, **dict.fromkeys(made.entered, since)}
        yield made.again
        for trigger, hearing in told(self._campaigns, made, cause):
            yield self._ask(trigger, hearing)
        if len(self._gifts) > given:
            yield now  # what was given may itself move the customer

    @property
    def _campaigns(self) -> Sequence[Campaign]:
        return self._season.campaigns or self._setting.campaigns

    def _known(self, now: datetime, *, placed_now: bool) -> Iterator[Remembered]:
        for order in self._buyer.orders:
            if order.placed_at < now or (placed_now and order.placed_at == now):
                yield order.known_at(now)

    def _extended(self, stop: _Stop) -> History:
        if stop.order is not None and stop.at == stop.order.placed_at:
            extended = extend(self._history, stop.order.known_at(stop.at), self._setting.zone)
            if extended is not None:
                return extended
        return fold(self._known(stop.at, placed_now=True), self._setting.zone)

    def _measure(self, following: datetime) -> None:
        """Exact where a turn comes before anything else does; until it matters, just later than that else."""
        self._exact = self._history.last_at is None or not is_usual_until(
            self._history, self._season.outlook, following
        )
        later = following + timedelta.resolution
        self._turns = turns_of(self._history, self._season.outlook) if self._exact else Turns(later, later)

    def _matters(self, kind: TriggerKind) -> bool:
        """Whether a decision could follow, or a moment that hangs on when the silence turns."""
        listened = any(kind in campaign.tactic.listens_to for campaign in self._setting.campaigns)
        return kind is TriggerKind.MOMENT or listened or self._setting.asks_who or bool(self._season.watched)

    def _view(self, now: datetime) -> View:
        state = replace(self._buyer.state, user_id=self._account(now), history=self._history)
        signals: tuple[Signal, ...] = ()
        if self._turns.activity(now) is not Activity.ACTIVE:
            signals = signals_of(self._history, self._season.outlook, self._evidence(), now)
        return View(
            state,
            self._season.outlook,
            self._turns,
            now,
            signals,
            self._setting.currencies,
            self._shown,
            tuple(self._gifts),
            self._stays,
            self._parcels(now),
            zone=self._setting.zone,
            needs=self._needed(now),
        )

    def _needed(self, now: datetime) -> tuple[Need, ...]:
        """What they buy again and again; parcels and stock have no past, so all is taken to have come and to be there."""
        model = self._season.needs
        if model is None:
            return ()
        if self._needs[0] is not model or self._needs[1] is not self._history:
            known = [one for one in self._known(now, placed_now=True) if one.counts]
            bought = bought_of([self._basket(one) for one in known[-MOST_ORDERS:]], {})
            self._needs = model, self._history, needs_of(bought, self._history, model)
        return self._needs[2]

    def _basket(self, order: Remembered) -> Basket:
        if order.order_id not in self._baskets:
            lines = self._buyer.lines.get(order.order_id, ())
            things = [
                Thing(one.product_id, one.name, one.product_type, one.variant_id) for one in lines if one.product_id
            ]
            self._baskets[order.order_id] = Basket(order.order_id, order.placed_at, things)
        return self._baskets[order.order_id]

    def _standing_at(self, now: datetime, view: View) -> Standing:
        setting = self._setting
        refunds = (one.updated_at for one in self._buyer.orders if one.refunded > 0 and one.updated_at <= now)
        barred = (one for since, one in self._buyer.barred if since <= now and (one.until is None or one.until > now))
        clock = None if setting.rules.quiet is None else setting.clock(self._country(now), now)
        return replace(
            self._standing,
            suppression=next(barred, None),
            refunded_at=max(refunds, default=None),
            zone=clock or setting.zone,
            person=self._seen(now, view) if setting.asks_who else None,
        )

    def _country(self, now: datetime) -> str | None:
        return next((one.country for one in reversed(self._buyer.orders) if one.country and one.placed_at <= now), None)

    def _seen(self, now: datetime, view: View) -> Person:
        """As audiences see them."""
        last_at = self._history.last_at
        offers = sum(last_at is None or gift.at > last_at for gift in self._gifts)
        counting = (one for one in self._known(now, placed_now=True) if one.counts) if self._buyer.lines else ()
        lines = [line for one in counting for line in self._buyer.lines.get(one.order_id, ())]
        return Person(view.state, self._turns, view.outlook.limits, offers, lines)

    def _account(self, now: datetime) -> str | None:
        """An account is known by an order that was placed with it; one from a file cannot tell, so today's counts."""
        signed_in = self._signed_in is not None and self._signed_in <= now
        from_files = self._at_platform is None or self._at_platform > now
        return self._buyer.state.user_id if signed_in or from_files else None

    def _parcels(self, now: datetime) -> Sequence[Parcel]:
        known = (one for one in self._known(now, placed_now=True) if one.counts)
        return recent(
            [
                parcel_of(one.order_id, one.number, one.placed_at, one.refunded, one.shipment, now)
                for one in known
                if one.shipment is not None
            ],
            now,
        )

    def _evidence(self) -> Evidence:
        last = self._by_id.get(self._history.last_order_id or "")
        return Evidence() if last is None else Evidence(last.total, last.shipping)

    def _keep(self, decision: Decision, now: datetime) -> None:
        campaign_id = decision.campaign.campaign_id
        if isinstance(decision.wish, ShowBanner):
            self._shown = {**self._shown, decision.wish.banner.slot: decision.wish.banner}
        if decision.episode:
            told = Past(decision.episode, decision.outcome, now, decision.again)
            past = {**self._standing.past, campaign_id: (*self._standing.past.get(campaign_id, ()), told)}
            self._standing = replace(self._standing, past=past)
        if decision.arm is not None:
            self._standing = replace(self._standing, arms={campaign_id: decision.arm, **self._standing.arms})
        asked = Asked(
            self._buyer.state.customer_id, campaign_id, now, decision.outcome, decision.reason, by=decision.by
        )
        if isinstance(decision.wish, GiveCode):
            asked = self._given(asked, decision.wish.offer)
            self._gifts.append(Given(campaign_id, decision.episode, decision.wish.offer, now, asked.until or now))
        self.asked.append(asked)

    def _usual(self, offer: Offer, currency: str) -> Usual:
        usual = self._season.usual.get(currency, Usual())
        if offer.kind is not OfferKind.PERSONAL_GIFT:
            return usual
        return replace(usual, gift=self._season.gifts.get((currency, *offer.products)))

    def _given(self, asked: Asked, offer: Offer) -> Asked:
        until = valid_until(offer, asked.at, self._setting.zone)
        later = [order.placed_at for order in self._buyer.orders if order.counts and order.placed_at > asked.at]
        currency = offer.currency or self._history.currency or next(iter(self._setting.currencies.values()), "")
        cost = cost_of(offer, self._history, self._usual(offer, currency), currency)
        others = (gift.campaign_id for gift in self._gifts if gift.alive(asked.at))
        return replace(
            asked,
            offer=offer,
            cost=cost,
            mean_order=None if cost is None else mean_order(self._history, cost.currency),
            until=until,
            next_order_at=min(later, default=None),
            had_code=any(spell.given_at <= until and spell.until > asked.at for spell in self._buyer.spells),
            beside=next((other for other in others if other != asked.campaign_id), None),
        )


def _drawn_over(now: datetime, before: Turns, after: Turns) -> bool:
    """A new season's model has the silence unusual already.

    In life the model is learnt every day and draws such a moment near little by little, to this one at last.
    """
    was, at = before.at_risk_from, after.at_risk_from
    return was is not None and at is not None and was > now >= at
