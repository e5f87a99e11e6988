"""Win back: a code when a silence has outgrown the customer's rhythm; a second and a last one where the merchant says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.domain.conditions import read_condition
from plugin.domain.effects import CheckAgain, Nothing, Wish
from plugin.domain.offer_params import LadderParams, check_offer, give, offers_of, sample
from plugin.domain.signals import reason
from plugin.domain.stages import Activity
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param


@dataclass(frozen=True, slots=True)
class WinBack(LadderParams):
    text: str = param(
        "We miss you, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
    )


def decide(view: View, trigger: Trigger, params: WinBack) -> Iterator[Wish]:
    history = view.state.history
    moment = view.turns.at_risk_from
    if moment is None or history.last_order_id is None:
        return
    if moment > view.now:
        yield CheckAgain(moment)
        return
    why = reason(view.signals)
    if not view.state.reachable:
        yield Nothing(
            history.last_order_id, moment, f"Nothing, because a guest has no account to show a code in. {why}"
        )
        return
    yield from give(view, params, history.last_order_id, moment, why)


TACTIC = Tactic(
    key="win_back",
    title="Win back",
    pitch="Gives a customer one code when their silence has outgrown their own rhythm and your shop's.",
    params=WinBack,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    check=check_offer,
    offers=offers_of,
    need=read_condition({"field": "activity", "in": [Activity.AT_RISK.value, Activity.DORMANT.value]}),
    sample=sample,
)
