"""One customer as a person asks: how likely to come back, how sure that is, what they are worth, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.domain.churn import Outlook
from plugin.domain.prediction import Model, expected_orders, expected_value, interval, probability
from plugin.domain.signals import Signal, signals_of
from plugin.domain.stages import Activity, Step, step_of
from plugin.store import customers
from plugin.store.customers import Customer
from plugin.store.evidence import evidence
from plugin.store.shops import Shop


@dataclass(frozen=True, slots=True)
class Score:
    """Of the next `horizon_days`, from now."""

    horizon_days: int
    #: P(at least one order), with its 90 % interval.
    probability: float
    low: float
    high: float
    orders: float
    #: By currency.
    value: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    customer: Customer
    step: Step
    activity: Activity
    #: None where the shop has too little data, or the customer no order.
    score: Score | None
    #: Empty as long as the silence is a usual one.
    signals: tuple[Signal, ...]


def explain(connection: Connection, shop: Shop, customer: Customer, now: datetime) -> Explanation:
    history, activity = customer.state.history, customer.turns.activity(now)
    signals: tuple[Signal, ...] = ()
    if activity is not Activity.ACTIVE:
        known = evidence(connection, shop.shop_id, {customer.customer_id: history.last_order_id})
        signals = signals_of(history, shop.outlook, known[customer.customer_id], now)
    return Explanation(
        customer, step_of(history, shop.limits), activity, score_of(customer, shop.outlook, now), signals
    )


def score_of(customer: Customer, outlook: Outlook, now: datetime) -> Score | None:
    history, model = customer.state.history, outlook.model
    if history.last_at is None or model is None or not model.usable:
        return None
    return _score(model, customer, max(0.0, (now - history.last_at) / timedelta(days=1)))


def _score(model: Model, customer: Customer, silence: float) -> Score:
    history = customer.state.history
    low, high = interval(model, history, silence)
    return Score(
        model.horizon_days,
        probability(model, history, silence),
        low,
        high,
        expected_orders(model, history, silence),
        expected_value(model, history, silence),
    )


def at_risk(connection: Connection, shop: Shop, now: datetime, limit: int) -> list[Explanation]:
    """Who is at risk or dormant, those who became so last first."""
    found = customers.at_risk(connection, shop.shop_id, now, limit)
    return [explain(connection, shop, customer, now) for customer in found]
