"""A campaign run over one customer's past: each moment is decided with what was known at it, and nothing later.

The ledger holds the newest version of each order and no date of a refund or a cancellation. Both are taken
as known from that version's own time on, which is never too soon: before it the order counted, unrefunded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.domain import baskets
from plugin.domain.budgets import Usual, cost_of
from plugin.domain.campaigns import Campaign
from plugin.domain.churn import is_usual_until, turns_of
from plugin.domain.customer import History, extend, fold
from plugin.domain.decide import Decision, Outcome, Past, Standing, decide
from plugin.domain.effects import Banner, GiveCode, ShowBanner, Slot
from plugin.domain.fields import Person
from plugin.domain.ladders import need_of
from plugin.domain.ledger import CANCELLED
from plugin.domain.membership import entered_at, moves, told
from plugin.domain.needs import MOST_ORDERS, Need, NeedModel, Thing, Trip, bought_of, needs_of
from plugin.domain.offers import Offer, OfferKind, valid_until
from plugin.domain.parcels import Parcel, parcel_of, recent
from plugin.domain.replay_costs import mean_order
from plugin.domain.replay_values import MESSAGE_LASTS, Asked, Begun, Buyer, Remembered, Season, Setting, Walked
from plugin.domain.signals import Evidence, Signal, signals_of
from plugin.domain.stages import Activity, Turns
from plugin.domain.tactic import Given, Notice, Trigger, TriggerKind, View


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
    """Something that was not known before: what a season has learnt, a basket, or an order or a new version of one."""

    at: datetime
    season: Season | None = None
    order: Remembered | None = None
    basket: Begun | None = None


def _stops(buyer: Buyer, setting: Setting) -> list[_Stop]:
    stops = [_Stop(season.begins, season=season) for season in setting.seasons]
    for order in buyer.orders:
        if setting.begins <= order.placed_at <= setting.ends and order.counted:
            stops.append(_Stop(order.placed_at, order=order))
        if order.changed and setting.begins <= order.updated_at <= setting.ends:
            stops.append(_Stop(order.updated_at, order=order))
        stops += [_Stop(at, order=order) for at in _taken_back(order) if setting.begins <= at <= setting.ends]
    stops += [_Stop(one.basket.changed_at, basket=one) for one in _begun(buyer, setting)]
    return sorted(stops, key=lambda stop: (stop.at, stop.order is not None, stop.basket is not None))


def _begun(buyer: Buyer, setting: Setting) -> list[Begun]:
    """Since the replay began; those from before are inside already, and left alone."""
    return [one for one in buyer.baskets if setting.begins <= one.basket.changed_at <= setting.ends]


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
        self._trips: dict[str, Trip] = {}
        self._needs: tuple[NeedModel | None, History | None, tuple[Need, ...]] = (None, None, ())
        self._gifts: list[Given] = []
        self._told: list[Notice] = []
        self._stays: Mapping[str, datetime] = {}
        self._by_id = {order.order_id: order for order in buyer.orders}
        self._begun = _begun(buyer, setting)
        accounts = (one.basket.changed_at for one in buyer.baskets if one.signed_in)
        self._came = min([*(order.placed_at for order in buyer.orders), *accounts], default=setting.ends)
        self._signed_in = min((order.placed_at for order in buyer.orders if order.user_id), default=None)
        self._at_platform = min((order.placed_at for order in buyer.orders if not order.imported), default=None)
        self.next_moment: datetime | None = None
        self.inside = False
        self.began_in: frozenset[str] = frozenset()
        self.asked: list[Asked] = []

    def arrive(self, stop: _Stop, following: datetime) -> None:
        """Take in what is new; nothing else comes before `following`."""
        before, kind = self._turns, TriggerKind.HISTORY
        if stop.basket is not None:
            kind = TriggerKind.CHECKOUT
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
        """What they decide is kept; when to look again. Before their first order, or basket with an account, nobody
        knew of them.
        """
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
            baskets=self._left(now),
            told=tuple(self._told),
        )

    def _left(self, now: datetime) -> Sequence[baskets.Basket]:
        """What was begun since their last order, whatever became of that one."""
        found = [one.basket for one in self._begun if one.open(now)]
        if not found:
            return ()
        placed = max((one.placed_at for one in self._buyer.orders if one.placed_at <= now), default=None)
        return [one for one in found if placed is None or one.changed_at > placed]

    def _needed(self, now: datetime) -> tuple[Need, ...]:
        """What they buy again and again; parcels and stock have no past, so all is taken to have come and to be there."""
        model = self._season.needs
        if model is None:
            return ()
        if self._needs[0] is not model or self._needs[1] is not self._history:
            known = [one for one in self._known(now, placed_now=True) if one.counts]
            bought = bought_of([self._trip(one) for one in known[-MOST_ORDERS:]], {})
            self._needs = model, self._history, needs_of(bought, self._history, model)
        return self._needs[2]

    def _trip(self, order: Remembered) -> Trip:
        if order.order_id not in self._trips:
            lines = self._buyer.lines.get(order.order_id, ())
            things = [
                Thing(one.product_id, one.name, one.product_type, one.variant_id) for one in lines if one.product_id
            ]
            self._trips[order.order_id] = Trip(order.order_id, order.placed_at, things)
        return self._trips[order.order_id]

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
            reach=None if self._buyer.reach is None else self._buyer.reach[self._history.orders > 0],
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
            self._buyer.state.customer_id,
            campaign_id,
            now,
            decision.outcome,
            decision.reason,
            by=decision.by,
            need=need_of(decision.episode),
        )
        if decision.outcome is Outcome.TOLD:
            self._told.append(Notice(campaign_id, decision.episode, now))
            asked = self._followed(asked, now + MESSAGE_LASTS)
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
        currency = offer.currency or self._history.currency or next(iter(self._setting.currencies.values()), "")
        cost = cost_of(offer, self._history, self._usual(offer, currency), currency)
        others = (gift.campaign_id for gift in self._gifts if gift.alive(asked.at))
        return replace(
            self._followed(asked, until),
            offer=offer,
            cost=cost,
            mean_order=None if cost is None else mean_order(self._history, cost.currency),
            beside=next((other for other in others if other != asked.campaign_id), None),
        )

    def _followed(self, asked: Asked, until: datetime) -> Asked:
        """With what came after it."""
        later = [order.placed_at for order in self._buyer.orders if order.counts and order.placed_at > asked.at]
        ours = any(spell.given_at <= until and spell.until > asked.at for spell in self._buyer.spells)
        return replace(asked, until=until, next_order_at=min(later, default=None), had_ours=ours)


def _drawn_over(now: datetime, before: Turns, after: Turns) -> bool:
    """A new season's model has the silence unusual already.

    In life the model is learnt every day and draws such a moment near little by little, to this one at last.
    """
    was, at = before.at_risk_from, after.at_risk_from
    return was is not None and at is not None and was > now >= at
