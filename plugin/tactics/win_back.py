"""Win back: a code when a silence has outgrown the customer's rhythm; a second and a last one where the merchant says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plugin.domain.conditions import read_condition
from plugin.domain.effects import CheckAgain, Nothing, Wish
from plugin.domain.message_params import MessageParams
from plugin.domain.offer_params import LadderParams, can_be_told, check_offer, give, no_account, offers_of, sample
from plugin.domain.signals import reason
from plugin.domain.stages import Activity
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice


@dataclass(frozen=True, slots=True)
class WinBack(MessageParams, LadderParams):
    text: str = param(
        "We miss you, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "For you, {name}: {offer}"}, "Subject", unit="by language", needs="message_by"
    )
    message_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nit has been a while, and we would like to see you again: {offer} with the code\n\n"
            "{code}\n\nuntil {until}.\n\n{link}"
        },
        "Message",
        unit="by language",
        needs="message_by",
        kind=ValueKind.LONG_TEXT,
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "To the shop"}, "What leads on", unit="by language", needs="message_by"
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
    if not can_be_told(view, params):
        yield Nothing(history.last_order_id, moment, no_account(why))
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
    voices={
        Voice.PLAIN: {"text": "{offer} with code {code}, until {until}."},
        Voice.PLAYFUL: {"text": "Long time no see, {name}! {offer} with {code}, but only until {until}."},
    },
)
