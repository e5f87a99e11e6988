"""The demo checks itself: what was sent is what was taken in, what was decided is what is there, and nothing twice."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import Connection, func, select

from plugin.demo.stage import Stage
from plugin.domain.tactic import TriggerKind
from plugin.extensions import load_tactics
from plugin.store import campaigns, codes, customers, decisions, effects, inbox
from plugin.store.database import Database
from plugin.store.schema import orders


@dataclass(frozen=True, slots=True)
class Figures:
    orders_sent: int
    orders_in_ledger: int
    customers: dict[str, int]
    decisions: dict[str, dict[str, int]]
    codes_issued: int
    codes_in_saleor: int
    codes_twice: int
    vouchers_in_saleor: int
    banners_in_saleor: int
    thresholds_in_saleor: int
    dead_letters: int
    webhooks_delivered: int
    webhooks_failed: int

    @property
    def given(self) -> int:
        return self.decisions.get("win-back", {}).get("given", 0)

    @property
    def control(self) -> int:
        return self.decisions.get("win-back", {}).get("control", 0)

    def problems(self) -> list[str]:
        """A sentence for each figure that does not match."""
        pairs = (
            ("orders sent", self.orders_sent, "orders in the ledger", self.orders_in_ledger),
            ("codes in the shop", self.codes_in_saleor, "decisions that gave one", self.given),
            ("codes issued", self.codes_issued, "decisions that gave one", self.given),
            ("banners in the shop", self.banners_in_saleor, "decisions that gave a code", self.given),
            ("customers with a code twice", self.codes_twice, "expected", 0),
            ("dead letters", self.dead_letters, "expected", 0),
            ("webhooks that failed", self.webhooks_failed, "expected", 0),
        )
        found = [f"{left}: {a}, {right}: {b}." for left, a, right, b in pairs if a != b]
        return found if self.given else [*found, "No code was given at all."]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "problems": self.problems()}


def take_stock(stage: Stage, database: Database, shop_id: int, sent: int) -> Figures:
    with httpx.Client(base_url=stage.sandbox, timeout=60) as http:
        state = http.get("/sandbox/state").json()
        there = http.get("/sandbox/vouchers").json()
    metadata = state["customer_metadata"]
    with database.read() as connection:
        whose = Counter(codes.customers_with_codes(connection, shop_id))
        return Figures(
            orders_sent=sent,
            orders_in_ledger=connection.execute(
                select(func.count()).select_from(orders).where(orders.c.shop_id == shop_id)
            ).scalar_one(),
            customers=customers.counts_by_segment(connection, shop_id),
            decisions=decisions.counts_by_outcome(connection, shop_id),
            codes_issued=codes.counts(connection, shop_id).get("issued", 0),
            codes_in_saleor=len({row["code"] for row in there}),
            codes_twice=sum(count > 1 for count in whose.values()),
            vouchers_in_saleor=len({row["voucher"]["id"] for row in there}),
            banners_in_saleor=metadata.get("retention.banner", 0),
            thresholds_in_saleor=metadata.get("retention.free_shipping", 0),
            dead_letters=effects.counts(connection, shop_id).get("dead", 0)
            + len(inbox.dead_rows(connection, shop_id, 1000)),
            webhooks_delivered=state["deliveries"]["ok"],
            webhooks_failed=state["deliveries"]["failed"],
        )


def everyone_asked(connection: Connection, shop_id: int, since: datetime) -> bool:
    """Whether each campaign has asked about all who were inside, or has given what the day allows."""
    for campaign in campaigns.of_shop(connection, shop_id, load_tactics()):
        if not campaign.on or not campaign.inside_per_day:
            continue
        reached = campaigns.walk_of(connection, shop_id, campaign.campaign_id, since.date()).reached
        acted = decisions.counted_since(connection, shop_id, campaign.campaign_id, TriggerKind.INSIDE, since)
        if acted < campaign.inside_per_day and customers.any_after(connection, shop_id, reached):
            return False
    return True
