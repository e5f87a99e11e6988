"""What one transaction decides, checked against budgets one by one and written all at once."""

from collections.abc import Mapping
from dataclasses import field

from sqlalchemy import Connection

from plugin.domain.decide import Decision
from plugin.domain.effects import GiveCode, ShowBanner
from plugin.domain.money import Money
from plugin.domain.tactic import TriggerKind
from plugin.domain.trials import is_trial
from plugin.domain.values import light_dataclass
from plugin.flow import asks
from plugin.flow.asks import Gift, Show
from plugin.flow.budget import Purse
from plugin.flow.scene import Scene
from plugin.flow.tells import Telling, tell
from plugin.store import budgets, decisions
from plugin.store.budgets import Part, Reservation
from plugin.store.customers import Customer
from plugin.store.decisions import Made
from plugin.store.statements import rows_alike


@light_dataclass(frozen=True, slots=True)
class _Line:
    customer: Customer
    made: Made
    #: What its budget keeps for it, for each part of it.
    costs: Mapping[Part, Money] = field(default_factory=dict)


class Sheet:
    """Decisions of one transaction; nothing of them is in the database before `write`."""

    def __init__(self, connection: Connection, scene: Scene) -> None:
        self._connection, self._scene = connection, scene
        self._purse = Purse(connection, scene)
        self._vouchers = asks.Vouchers(connection, scene)
        self._lines: list[_Line] = []

    def keep(self, customer: Customer, decision: Decision, kind: TriggerKind) -> Decision:
        """The decision as it is kept: a gift may be one that cannot be made any more, or that no budget pays for."""
        costs: Mapping[Part, Money] = {}
        if isinstance(decision.wish, GiveCode):
            decision = self._vouchers.refuse_if_removed(decision)
            decision = self._purse.refuse_if_over(customer, decision)
        if isinstance(decision.wish, GiveCode) and not is_trial(decision.episode):
            costs = self._purse.take(customer, decision, decision.wish.offer)
        self._lines.append(_Line(customer, Made(customer.customer_id, decision, kind), costs))
        return decision

    def write(self) -> None:
        """Decisions, codes, effects and reservations."""
        with rows_alike(self._connection, len(self._lines)):
            self._write()

    def _write(self) -> None:
        connection, scene = self._connection, self._scene
        ids = decisions.save(connection, scene.shop_id, [line.made for line in self._lines], scene.now)
        numbered = list(zip(self._lines, ids, strict=True))
        asked = self._vouchers.give(
            [
                Gift(line.customer, line.made.decision, decision_id, line.made.decision.wish)
                for line, decision_id in numbered
                if isinstance(line.made.decision.wish, GiveCode)
            ]
        )
        budgets.reserve(
            connection,
            scene.shop_id,
            [
                Reservation(decision_id, line.made.decision.campaign.campaign_id, line.made.customer_id, cost, part)
                for line, decision_id in numbered
                for part, cost in line.costs.items()
            ],
            scene.today,
            scene.now,
        )
        asks.show(
            connection,
            scene,
            [
                Show(line.customer, line.made.decision, decision_id, line.made.decision.wish.banner)
                for line, decision_id in numbered
                if isinstance(line.made.decision.wish, ShowBanner)
            ],
        )
        tell(
            connection,
            scene,
            [Telling(line.customer, line.made.decision, decision_id) for line, decision_id in numbered],
            asked,
        )
