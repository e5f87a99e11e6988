"""A buyer's past and a shop's seasons, with as few words as possible."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.decide import Outcome
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.replay_values import Asked, Buyer, Remembered, Season, Setting
from plugin.domain.stages import Limits
from plugin.domain.tactic import Tactic
from plugin.tactics.win_back import TACTIC, WinBack

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
#: Silent for twenty days is at risk, so that every figure can be worked out by hand.
TWENTY = Outlook(limits=Limits(at_risk_days=20, dormant_days=90))


def day(number: float) -> datetime:
    return BEGINS + timedelta(days=number)


def order(at: float, total: int = 50, **changes: Any) -> Remembered:
    values: dict[str, Any] = {
        "order_id": f"O{at}",
        "counts": True,
        "counted": True,
        "user_id": "U1",
        "currency": "USD",
        "total": Decimal(total),
        "shipping": Decimal(5),
        "refunded": Decimal(0),
        "placed_at": day(at),
        "updated_at": day(at),
        "voucher_code": None,
        "items": 1,
        "channel": "default-channel",
        "country": "US",
    }
    return Remembered(**(values | changes))


def buyer(*orders: Remembered, customer_id: int = 1, **changes: Any) -> Buyer:
    state = CustomerState(customer_id, "U1", "Ann", None, confirmed=True, history=History())
    return Buyer(state, orders, **changes)


def campaign(tactic: Tactic[Any] = TACTIC, params: Any = None, **changes: Any) -> Campaign:
    values: dict[str, Any] = {
        "campaign_id": 1,
        "name": "win-back",
        "tactic": tactic,
        "params": params or WinBack(),
        "status": CampaignStatus.ON,
        "version": 1,
        "salt": "salt",
        "control_share": 0.0,
        "pause_days": 60,
        "inside_per_day": 0,
    }
    return Campaign(**(values | changes))


def setting(*campaigns: Campaign, ends: float = 100, seasons: Sequence[Season] = (Season(BEGINS, TWENTY),)) -> Setting:
    return Setting(seasons, day(ends), UTC, campaigns or (campaign(),), {"default-channel": "USD"})


def given(at: float, cost: int = 5, customer: int = 1, **changes: Any) -> Asked:
    """10 % for two weeks."""
    values: dict[str, Any] = {
        "customer_id": customer,
        "campaign_id": 1,
        "at": day(at),
        "outcome": Outcome.GIVEN,
        "reason": "",
        "offer": Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14),
        "cost": Money(Decimal(cost), "USD"),
        "mean_order": Decimal(50),
        "until": day(at + 14),
    }
    return Asked(**(values | changes))
