"""On entering a segment: a code when a customer comes into the segment that the campaign's audience names."""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.domain.effects import Nothing, Wish
from plugin.domain.message_params import MessageParams
from plugin.domain.offer_params import OfferParams, can_be_told, check_offer, give, no_account, offers_of, sample
from plugin.domain.stays import latest_stay
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View
from plugin.domain.voices import Voice


@dataclass(frozen=True, slots=True)
class OnEntering(MessageParams, OfferParams):
    """What is given; whom to, the audience says."""


def decide(view: View, trigger: Trigger, params: OnEntering) -> Iterator[Wish]:
    stay = latest_stay(view)
    if stay is None:
        return
    if not can_be_told(view, params):
        yield Nothing(stay.need, stay.since, no_account(stay.reason))
        return
    yield from give(view, params, stay.need, stay.since, stay.reason)


TACTIC = Tactic(
    key="on_entering",
    title="On entering a segment",
    pitch="Gives a customer one code when they enter the segment that the campaign's audience names.",
    params=OnEntering,
    listens_to=frozenset({TriggerKind.ENTERED, TriggerKind.INSIDE, TriggerKind.MOMENT}),
    decide=decide,
    needs_segment=True,
    check=check_offer,
    offers=offers_of,
    sample=sample,
    voices={
        Voice.WARM: {"text": "A little something for you, {name}: {offer} with code {code} until {until}."},
        Voice.PLAIN: {"text": "{offer} with code {code}, until {until}."},
        Voice.PLAYFUL: {"text": "Psst, {name}: {offer} with {code}. Gone after {until}!"},
    },
)
