"""What the shop's model expects of its customers within the horizon, and what silence has taken away."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.churn import Outlook
from plugin.domain.customer import History
from plugin.domain.prediction import expected_value
from plugin.domain.stages import Activity, Step, Turns, step_of


@dataclass(frozen=True, slots=True)
class Expected:
    """All customers together; None where the shop has too little data for a model."""

    #: Gross less refunds within the horizon, by currency.
    value: Mapping[str, float]
    #: Customers who have bought in that currency.
    customers: Mapping[str, int]
    #: Of customers at risk: what was expected at their last purchase less what is now, by currency and step.
    at_risk: Mapping[str, Mapping[Step, float]]
    #: How many those are, by currency.
    at_risk_customers: Mapping[str, int]


class Forecast:
    """Stages and expectations, one customer after another."""

    def __init__(self, outlook: Outlook, now: datetime) -> None:
        self._outlook, self._now = outlook, now
        self._stages: Counter[tuple[Step, Activity]] = Counter()
        self._value: dict[str, float] = {}
        self._customers: Counter[str] = Counter()
        self._at_risk: dict[str, dict[Step, float]] = {}
        self._at_risk_customers: Counter[str] = Counter()

    def add(self, history: History, turns: Turns) -> None:
        step, activity = step_of(history, self._outlook.limits), turns.activity(self._now)
        self._stages[step, activity] += 1
        model = self._outlook.model
        if history.last_at is None or model is None or not model.usable:
            return
        silence = max(0.0, (self._now - history.last_at) / timedelta(days=1))
        value = expected_value(model, history, silence)
        for currency, amount in value.items():
            self._value[currency] = self._value.get(currency, 0.0) + amount
            self._customers[currency] += 1
        if activity is Activity.AT_RISK:
            for currency, amount in expected_value(model, history, 0.0).items():
                steps = self._at_risk.setdefault(currency, {})
                steps[step] = steps.get(step, 0.0) + max(0.0, amount - value[currency])
                self._at_risk_customers[currency] += 1

    def stages(self) -> Mapping[tuple[Step, Activity], int]:
        """Customers by step and activity; who has never bought is a prospect, and active."""
        return dict(self._stages)

    def result(self) -> Expected | None:
        model = self._outlook.model
        if model is None or not model.usable:
            return None
        return Expected(dict(self._value), dict(self._customers), self._at_risk, dict(self._at_risk_customers))
