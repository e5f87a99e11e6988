"""A campaign over the shop's own past: what it would have done, with what was known at each moment.

The past is read once to learn from, at cutoffs, and once to walk through, a page of customers at a time, in
other processes where there are many.
"""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from multiprocessing import get_context
from typing import Any, TypeVar

from sqlalchemy import Connection

from plugin.domain.campaign_checks import lacks_segment
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import needs_lines
from plugin.domain.messages import Medium
from plugin.domain.offers import OfferKind
from plugin.domain.phrases import N_, joined, phrase, phrases
from plugin.domain.reach import Contact, reach
from plugin.domain.replay import walk_all
from plugin.domain.replay_budgets import Bounds, within_budgets
from plugin.domain.replay_costs import wilson
from plugin.domain.replay_figures import Rate, Replay, figures
from plugin.domain.replay_segments import as_then
from plugin.domain.replay_values import Buyer, Reach, Season, Setting, Walked
from plugin.domain.tactic import Tactic, TriggerKind, by_stays
from plugin.errors import GiveUp, NotFound, Rejected
from plugin.flow.begun import past_baskets_of
from plugin.flow.fit_needs import LEARN_FROM as NEEDS_FROM
from plugin.flow.guards import sends, subjects_of
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.flow.zones import zone_of
from plugin.store import baskets, contacts, ledger, needs, numbers, segments, shops
from plugin.store import replay as past
from plugin.store.customers import Customer
from plugin.store.evidence import parcel_days

#: What is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]
T = TypeVar("T")

#: How often rhythm and model are learnt again; in life it is every day, and they change little.
LEARN_EVERY = timedelta(days=28)
#: They are learnt from about so many customers; more change them hardly.
LEARN_FROM = 50_000
#: Fewer customers are walked in this process: others would take longer to start.
FEW = 400
#: Parts that are handed out before the first of them is done.
AHEAD = 8
#: What a walk through the past knows of.
REPLAYED = frozenset(
    {TriggerKind.ORDER, TriggerKind.MOMENT, TriggerKind.ENTERED, TriggerKind.LEFT, TriggerKind.CHECKOUT}
)
MOST_DAYS, USUAL_DAYS = 3650, 365
#: Fewer codes that have run their time, or fewer orders with a voucher, say nothing of how many are used.
ENOUGH = 30
#: Taken where nothing is known of this shop.
ASSUMED = (0.15, 0.05, 0.30)


def replay(
    house: House,
    shop_id: int,
    name: str,
    days: int | None = None,
    *,
    margin: float | None = None,
    progress: Progress = lambda *_: None,
    workers: int | None = None,
) -> Replay:
    """The campaign of that name as if it had been switched on that many days ago, at the shop's midnight.

    `days` is a year where it is None, or as long as baskets are kept where it is about them. `margin` is the share of
    an order that is left after its costs; the guardrails' where none is given. Raises `Rejected` where there is no
    past to look at, and `NotFound` for an unknown campaign.
    """
    if margin is not None and not 0 < margin <= 1:
        raise Rejected(phrase("The margin is the share of an order that is left after its costs: above 0, at most 1."))
    now = house.clock()
    with house.database.read() as connection:
        scene = set_scene(connection, house, shops.get(connection, shop_id), now)
        chosen, campaigns = _campaigns(scene, name)
        begins = _begins(scene, chosen, most_days(chosen.tactic, USUAL_DAYS) if days is None else days)
        extent = numbers.extent(connection, shop_id, now)
        if extent.first_at is None:
            raise Rejected(phrase("There is no past yet: no order counts. `retention backfill` reads the shop's own."))
        number = numbers.customer_count(connection, shop_id)
        with _workers(number, campaigns, workers) as pool:
            seasons = _seasons(connection, scene, begins, pool, progress)
            _refuse_too_little(scene, seasons)
            if any(one.tactic.knows_needs for one in campaigns):
                seasons = _with_needs(connection, scene, seasons, pool)
            seasons = [_as_known(connection, scene, season, campaigns) for season in seasons]
            setting = Setting(seasons, now, scene.zone, campaigns, scene.currencies, scene.shop.guardrails, zone_of)
            walked = _walked(
                past.buyers(
                    connection,
                    shop_id,
                    scene.pepper,
                    _wanted(connection, scene, campaigns, seasons),
                ),
                setting,
                pool,
                lambda done: progress("customers", done, number),
            )
        rate = _rate(connection, shop_id, begins, now)
    rules = scene.shop.guardrails
    bounds = {campaign.campaign_id: Bounds(campaign.budgets, campaign.priority) for campaign in campaigns}
    if margin is None and rules.default_margin is not None:
        margin = float(rules.default_margin)
    everything = within_budgets(
        (one for person in walked for one in person.asked), bounds, rules.budgets, scene.zone, now
    )
    asked = [one for one in everything if one.campaign_id == chosen.campaign_id]
    return Replay(
        campaign=chosen,
        begins=begins,
        ends=now,
        customers=len(walked),
        inside=sum(_was_inside(person, chosen) for person in walked),
        seasons=tuple(seasons),
        asked=tuple(asked),
        others={other.campaign_id: other.name for other in campaigns if other is not chosen},
        margin=margin,
        figures=figures(asked, rate=rate, margin=margin, span=(begins, now), zone=scene.zone),
        baskets_from=begins if about_baskets(chosen.tactic) else None,
    )


def _campaigns(scene: Scene, name: str) -> tuple[Campaign, list[Campaign]]:
    """The one that is asked about, and with it those that are on, each as if it had been on all the time."""
    chosen = next((campaign for campaign in scene.campaigns if campaign.name == name), None)
    if chosen is None:
        raise NotFound(
            phrase("There is no campaign “{name}”; `retention campaign list` shows those there are.", name=name)
        )
    if not can_be_replayed(chosen.tactic):
        told = N_(
            "“{name}” waits for what the past does not tell: only orders, baskets, moments and segments can be replayed."
        )
        raise Rejected(phrase(told, name=name))
    if refused := lacks_segment(chosen):
        raise Rejected(refused)
    campaigns = [
        replace(one, status=CampaignStatus.ON, starts_at=None, ends_at=None)
        for one in scene.campaigns
        if one.on or one is chosen
    ]
    return next(one for one in campaigns if one.campaign_id == chosen.campaign_id), campaigns


def can_be_replayed(tactic: Tactic[Any]) -> bool:
    """The past tells of what it waits for."""
    return bool(tactic.listens_to & REPLAYED)


def about_baskets(tactic: Tactic[Any]) -> bool:
    return TriggerKind.CHECKOUT in tactic.listens_to


def most_days(tactic: Tactic[Any], most: int = MOST_DAYS) -> int:
    """How far back a replay may begin; baskets are not kept for longer."""
    return min(most, baskets.LIFE.days) if about_baskets(tactic) else most


def _begins(scene: Scene, chosen: Campaign, days: int) -> datetime:
    """A midnight of the shop; where it is about baskets, of the day of the install at the earliest."""
    most = most_days(chosen.tactic)
    if not 1 <= days <= most:
        said = [phrase("A replay goes over 1 to {most} days, not {days}.", most=most, days=days)]
        if about_baskets(chosen.tactic):
            said.append(phrases(most, "Baskets are kept for {n} day.", "Baskets are kept for {n} days."))
        raise Rejected(joined(said))
    first = scene.today - timedelta(days=days)
    if about_baskets(chosen.tactic):
        first = max(first, scene.shop.installed_at.astimezone(scene.zone).date())
    return datetime.combine(first, time(0), scene.zone)


def _was_inside(person: Walked, chosen: Campaign) -> bool:
    """The need had begun before the replay did; of baskets, and of what is bought again and again, nobody counts those."""
    if chosen.tactic.knows_needs or about_baskets(chosen.tactic):
        return False
    return bool(person.began_in & chosen.segments) if by_stays(chosen.tactic, chosen.params) else person.inside


def _wanted(
    connection: Connection, scene: Scene, campaigns: Sequence[Campaign], seasons: Sequence[Season]
) -> past.Wanted:
    wanted = past.Wanted(_looks_at_lines(campaigns, seasons), _looks_at_parcels(campaigns))
    if any(about_baskets(one.tactic) for one in campaigns):
        wanted = replace(wanted, baskets=lambda people: past_baskets_of(connection, scene, people))
    if any(sends(one) for one in campaigns):
        wanted = replace(wanted, messages=True, reach=lambda people: _reach_of(connection, scene, people))
    return wanted


def _reach_of(connection: Connection, scene: Scene, people: Sequence[Customer]) -> Mapping[int, tuple[Reach, Reach]]:
    """By their word of today, as if there were a sender for each: before their first order and after it."""
    chosen = contacts.of_subjects(connection, scene.shop_id, subjects_of(scene, people))

    def said(one: Customer, *, bought: bool) -> Reach:
        contact = Contact(bool(one.email), one.state.user_id is not None, bought)
        needs_opt_in = scene.shop.sending.needs_opt_in
        return reach(one.state.consent, chosen[one.customer_id], contact, list(Medium), needs_opt_in=needs_opt_in)

    return {one.customer_id: (said(one, bought=False), said(one, bought=True)) for one in people}


def _looks_at_lines(campaigns: Iterable[Campaign], seasons: Sequence[Season]) -> bool:
    conditions = [condition for one in campaigns for condition in (one.audience, one.exclude)]
    conditions += seasons[-1].watched.values()
    asked = any(condition is not None and needs_lines(condition) for condition in conditions)
    return asked or any(one.tactic.knows_needs for one in campaigns)


def _looks_at_parcels(campaigns: Iterable[Campaign]) -> bool:
    return any(one.tactic.sees_parcels for one in campaigns)


def _as_known(connection: Connection, scene: Scene, season: Season, campaigns: Sequence[Campaign]) -> Season:
    """With what segments said then, what personal gifts cost and in how many days parcels left."""
    own = {segment.name: segment.condition for segment in segments.own(connection, scene.shop_id)}
    offers = [offer for one in campaigns for offer in one.tactic.offers(one.params)]
    gifts = {offer.products for offer in offers if offer.kind is OfferKind.PERSONAL_GIFT}
    prices = {
        (currency, *products): ledger.highest_price(connection, scene.shop_id, currency, products, season.begins)
        for products in gifts
        for currency in season.usual
    }
    known = {key: price for key, price in prices.items() if price is not None}
    if _looks_at_parcels(campaigns):
        usual = parcel_days(connection, scene.shop_id, season.begins)
        outlook = season.outlook
        season = replace(season, outlook=replace(outlook, rhythm=replace(outlook.rhythm, parcel_days=usual)))
    return replace(as_then(season, campaigns, own), gifts=known)


def _seasons(
    connection: Connection, scene: Scene, begins: datetime, pool: Executor | None, progress: Progress
) -> list[Season]:
    from plugin.domain.model.seasons import Placed, learn_seasons, ledger_of

    every = max(1, past.customers_before(connection, scene.shop_id, begins) // LEARN_FROM)
    placed = ledger_of((Placed(*row) for row in past.learnt_from(connection, scene.shop_id, every)), scene.zone)
    cutoffs = list(_cutoffs(begins, scene.now, scene))
    progress("models", 0, len(cutoffs))
    learnt: list[Season] = []
    parts = [(placed, [cutoff], scene.shop.limits, scene.zone) for cutoff in reversed(cutoffs)]  # the longest first
    for part in _each(pool, learn_seasons, parts):
        learnt += part
        progress("models", len(learnt), len(cutoffs))
    return sorted(learnt, key=lambda season: season.begins)


def _with_needs(connection: Connection, scene: Scene, seasons: Sequence[Season], pool: Executor | None) -> list[Season]:
    """With what would have been known by then of what is bought again and again."""
    from plugin.domain.model.needs import Sold, sales_of
    from plugin.domain.model.seasons import learn_needs

    every = max(1, past.customers_before(connection, scene.shop_id, scene.now) // NEEDS_FROM)
    sales = sales_of((Sold(*row) for row in needs.learnt_from(connection, scene.shop_id, every)), scene.zone)
    parts = [(sales, [season.begins], scene.zone) for season in seasons]
    learnt = [model for part in _each(pool, learn_needs, parts) for model in part]
    if learnt[-1] is None:
        raise Rejected(
            phrase("Hardly anything was ever bought again here, so there is no need that could be foreseen.")
        )
    return [replace(season, needs=model) for season, model in zip(seasons, learnt, strict=True)]


def _cutoffs(begins: datetime, ends: datetime, scene: Scene) -> Iterator[datetime]:
    """Midnights of the shop."""
    day = begins.date()
    while (cutoff := datetime.combine(day, time(0), scene.zone)) < ends:
        yield cutoff
        day += LEARN_EVERY


def _refuse_too_little(scene: Scene, seasons: list[Season]) -> None:
    model = seasons[-1].outlook.model
    if scene.shop.limits.at_risk_days is None and model is not None and not model.usable:
        raise Rejected(joined((model.reason, phrase("A replay needs a past that was enough to learn from."))))


def _walked(
    pages: Iterable[list[Buyer]], setting: Setting, pool: Executor | None, progress: Callable[[int], None]
) -> list[Walked]:
    """Everybody who had ordered or begun a basket, in the order of their ids."""
    found: list[Walked] = []
    done = deque[int]()

    def parts() -> Iterator[tuple[list[Buyer], Setting]]:
        for page in pages:
            done.append(len(page))
            yield [buyer for buyer in page if buyer.orders or buyer.baskets], setting

    seen = 0
    for walked in _each(pool, walk_all, parts()):
        found += walked
        seen += done.popleft()
        progress(seen)
    return found


def _rate(connection: Connection, shop_id: int, since: datetime, now: datetime) -> Rate:
    """How many codes are used: as ours were, else as orders with a voucher are many, else assumed."""
    codes = past.codes_used(connection, shop_id, now)
    if codes.of >= ENOUGH:
        said = phrase("{used} of {of} codes of yours that have run their time were used", used=codes.used, of=codes.of)
        return Rate(codes.used / codes.of, *wilson(codes.used, codes.of), said)
    orders = past.vouchers_used(connection, shop_id, since, now)
    if orders.used >= ENOUGH:
        said = phrase(
            "too few codes of yours have run their time, so the share of orders with a voucher stands in: {used} of {of}",
            used=orders.used,
            of=orders.of,
        )
        return Rate(orders.used / orders.of, *wilson(orders.used, orders.of), said)
    return Rate(*ASSUMED, phrase("an assumption, because too few codes or vouchers were used here"))


@contextmanager
def _workers(customers: int, campaigns: Iterable[Campaign], wanted: int | None) -> Iterator[Executor | None]:
    """Other processes, where they are worth their start; none where a tactic cannot be handed to them."""
    number = wanted or (1 if customers < FEW else os.cpu_count() or 1)
    if number == 1 or not _can_be_sent(list(campaigns)):
        yield None
        return
    with ProcessPoolExecutor(number, get_context("spawn")) as pool:
        try:
            yield pool
        except BrokenProcessPool as error:
            raise GiveUp(phrase("A process of the replay ended: there may be too little memory.")) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _can_be_sent(campaigns: list[Campaign]) -> bool:
    try:
        pickle.dumps(campaigns)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _each(pool: Executor | None, function: Callable[..., T], parts: Iterable[tuple[object, ...]]) -> Iterator[T]:
    """What the function says of each part, in their order; only a few parts are held at once."""
    if pool is None:
        yield from (function(*part) for part in parts)
        return
    waiting = deque[Future[T]]()
    for part in parts:
        waiting.append(pool.submit(function, *part))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
