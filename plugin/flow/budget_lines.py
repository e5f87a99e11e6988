"""Each budget with what is left of it, as people read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.budgets import Budgets
from plugin.store import budgets, campaigns
from plugin.store.budgets import ALL, TOTAL, Spent
from plugin.store.campaigns import Tactics
from plugin.store.shops import Shop


@dataclass(frozen=True, slots=True)
class Line:
    #: None for all campaigns together.
    campaign: str | None
    #: total or day.
    period: str
    currency: str
    limit: Decimal | None
    reserved: Decimal
    settled: Decimal

    @property
    def left(self) -> Decimal | None:
        """Never below zero: an order that took off more than was expected has used up what there was."""
        return None if self.limit is None else max(Decimal(0), self.limit - self.reserved - self.settled)


def lines_of(connection: Connection, shop: Shop, tactics: Tactics, now: datetime) -> list[Line]:
    """The shop's and each campaign's, in all and today, where there is a limit or something was given."""
    today = now.astimezone(shop.zone).date().isoformat()
    spent = {
        (found.campaign_id, found.period, found.currency): found
        for found in budgets.totals(connection, shop.shop_id, (TOTAL, today))
    }
    whose: list[tuple[int, str | None, Budgets]] = [(ALL, None, shop.guardrails.budgets)]
    whose += [(one.campaign_id, one.name, one.budgets) for one in campaigns.of_shop(connection, shop.shop_id, tactics)]
    lines = list[Line]()
    for campaign_id, name, limits in whose:
        lines += _lines(spent, campaign_id, name, (("total", TOTAL, limits.total), ("day", today, limits.day)))
    return lines


def _lines(
    spent: Mapping[tuple[int, str, str], Spent],
    campaign_id: int,
    name: str | None,
    periods: tuple[tuple[str, str, Mapping[str, Decimal]], ...],
) -> Iterator[Line]:
    for period, key, limits in periods:
        given = {currency for whose, of, currency in spent if (whose, of) == (campaign_id, key)}
        for currency in sorted(given | set(limits)):
            found = spent.get((campaign_id, key, currency))
            reserved, settled = (found.reserved, found.settled) if found else (Decimal(0), Decimal(0))
            yield Line(name, period, currency, limits.get(currency), reserved, settled)
