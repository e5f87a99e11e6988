"""Replenishment: a word, or an offer, when what a customer buys again and again is about to run out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from string import ascii_letters, digits

from plugin.domain.effects import Banner, CheckAgain, GiveCode, Nothing, Tell, Wish
from plugin.domain.message_params import MessageParams, check_message, message_of
from plugin.domain.messages import OF_A_CODE, Medium, Message
from plugin.domain.needs import WINDOW_DAYS, Need
from plugin.domain.offer_params import OfferParams, can_be_told, check_offer, give, no_account
from plugin.domain.offer_params import offers_of as offers_given
from plugin.domain.offer_params import sample as offer_sample
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.phrases import Percent, phrase, phrases
from plugin.domain.signals import every
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice

#: An order that waits to be sent for longer is taken to have arrived: not every shop tells Saleor of its parcels.
LONGEST_WAIT = timedelta(days=45)
#: What is out of stock is looked at again so soon.
LOOK_AGAIN = timedelta(hours=12)
#: What was learnt tells nobody: a need that it has drawn over this moment is acted on as time alone would have it.
DRAWN_NEAR, AT_ONCE = timedelta(days=1), timedelta(seconds=1)
#: The chance is that of a purchase within so long; then the need is over.
LASTS = timedelta(days=WINDOW_DAYS)
#: What stands for itself in an address (RFC 3986).
UNRESERVED = frozenset(f"{ascii_letters}{digits}-._~")
#: More products are not named.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Replenishment(MessageParams, OfferParams):
    offer: OfferKind = param(OfferKind.PERCENTAGE, "What you give", needs="with_offer")
    with_offer: bool = param(False, "With an offer", help="No: the message alone, without a code.")
    days_before: int = param(
        2,
        "Days ahead",
        unit="days",
        least=0,
        most=30,
        help="So long before half of those like them have bought it again.",
    )
    least_chance: int = param(
        20,
        "Chance of buying it again, at least",
        unit="%",
        least=1,
        most=90,
        help="Within the two weeks after that. Higher: fewer and surer reminders.",
    )
    together_days: int = param(
        5, "In one message", unit="days", least=0, most=30, help="What is due within so many days is named together."
    )
    parcel_days: int = param(
        3, "A parcel takes", unit="days", least=0, most=30, help="Nothing before it can have arrived."
    )
    message_by: tuple[Medium, ...] = param(
        (Medium.MAIL,),
        "Message by",
        help="mail, sms, push: the first by which the customer may be reached is taken; empty for no message.",
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "Time for {product}?"}, "Subject", unit="by language", needs="message_by"
    )
    message_texts: Mapping[str, str] = param(
        lambda: {"en": "Hello {name},\n\nyou may need {product} again soon.\n\n{link}"},
        "Message",
        unit="by language",
        needs="message_by",
        help="{product} is what they buy again and again; with an offer also {offer}, {code} and {until}.",
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "Buy it again"}, "What leads on", unit="by language", needs="message_by"
    )
    message_link: str | None = param(
        None,
        "Where it leads",
        help="A path of the storefront, or a whole https address. {product} becomes the product's id, {variants} the"
        " ids of what they bought, with commas: /basket?add={variants}.",
        needs="message_by",
    )
    text: str = param(
        "Time for {product}, {name}? {offer} with code {code} until {until}.",
        "Banner",
        help="{product}, {name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
        needs="with_offer",
    )


def check(params: Replenishment) -> Iterator[str]:
    unlinked = replace(params, message_link=_linked(params.message_link, "1", ("1",)))
    if unlinked.message_link is not None and "{" in unlinked.message_link:
        yield phrase("Where it leads may hold {product} and {variants}, and nothing else in braces.")
    if params.with_offer:
        yield from check_offer(unlinked, {"product", *OF_A_CODE})
    elif not params.message_by:
        yield phrase("Without a message there has to be an offer: say what it goes by, or give one.")
    else:
        yield from check_message(unlinked, {"product"})


def offers_of(params: Replenishment) -> tuple[Offer, ...]:
    return offers_given(params) if params.with_offer else ()


def decide(view: View, trigger: Trigger, params: Replenishment) -> Iterator[Wish]:
    """One need is one customer's of one product since the last purchase of it; what is due together has the first's."""
    likely = [need for need in view.needs if need.chance * 100 >= params.least_chance]
    yield from (CheckAgain(view.now + LOOK_AGAIN) for need in likely if _is_awaited(need, view.now, params))
    there = [need for need in likely if not need.bought.missing]
    together = _together(sorted(there, key=lambda need: (_ready_at(need, params), need.key)), params)
    for due in reversed(list(together)):
        since = _ready_at(due[0], params)
        if since > view.now:
            yield CheckAgain(since)
        elif view.now < since + LASTS:
            if trigger.kind is TriggerKind.HISTORY and view.now - since <= DRAWN_NEAR:
                yield CheckAgain(view.now + AT_ONCE)
            yield from _remind(view, params, due, since)


def _remind(view: View, params: Replenishment, due: Sequence[Need], since: datetime) -> Iterator[Wish]:
    need, said = due[0], _said(due)
    link = _linked(
        params.message_link, need.bought.product_id, [one for one_due in due for one in one_due.bought.variants]
    )
    message = message_of(replace(params, message_link=link), {"product": said})
    if not params.with_offer:
        if message is not None:
            yield Tell(need.key, since, message, _why(need, since))
        return
    if not can_be_told(view, params):
        yield Nothing(need.key, since, no_account(_why(need, since)))
        return
    for wish in give(view, params, need.key, since, _why(need, since)):
        yield _about(wish, said, message) if isinstance(wish, GiveCode) else wish


def _about(wish: GiveCode, said: str, message: Message | None) -> GiveCode:
    banner = wish.banner
    if banner is not None:
        banner = Banner(banner.slot, banner.text.replace("{product}", said), banner.data)
    return replace(wish, banner=banner, message=message)


def _ready_at(need: Need, params: Replenishment) -> datetime:
    """Some days ahead; never before what they ordered can have arrived, or before it can be bought again."""
    bought = need.bought
    moments = [need.due_at - timedelta(days=params.days_before), need.last_at]
    if bought.sent_at is not None:
        moments.append(bought.sent_at + timedelta(days=params.parcel_days))
    if bought.waits_since is not None:
        moments.append(bought.waits_since + LONGEST_WAIT)
    if bought.back_at is not None:
        moments.append(bought.back_at)
    return max(moments)


def _is_awaited(need: Need, now: datetime, params: Replenishment) -> bool:
    """Due, and out of stock: nobody tells us of each customer when it is back."""
    return need.bought.missing and _ready_at(need, params) <= now < need.due_at + LONGEST_WAIT


def _together(needs: Sequence[Need], params: Replenishment) -> Iterator[list[Need]]:
    """What is due within so many days of the first of them. needs: by when they are ready."""
    held: list[Need] = []
    for need in needs:
        if held and _ready_at(need, params) - _ready_at(held[0], params) > timedelta(days=params.together_days):
            yield held
            held = []
        held.append(need)
    if held:
        yield held


def _said(due: Sequence[Need]) -> str:
    return ", ".join(dict.fromkeys(need.bought.name for need in due[:MOST_NAMED]))


def _linked(link: str | None, product_id: str, variants: Sequence[str]) -> str | None:
    if link is None:
        return None
    ids = ",".join(_quoted(one) for one in dict.fromkeys(variants))
    return link.replace("{product}", _quoted(product_id)).replace("{variants}", ids)


def _quoted(name: str) -> str:
    """As it may stand in an address."""
    return "".join(chr(one) if chr(one) in UNRESERVED else f"%{one:02X}" for one in name.encode())


def _why(need: Need, since: datetime) -> str:
    """The same at each look, so that it can be told apart from another need."""
    passed = (since - need.last_at).days
    return phrases(
        passed,
        "Needs {product} about {every}, and bought it {n} day before this was due;"
        " {chance} of such needs end in a purchase within two weeks.",
        "Needs {product} about {every}, and bought it {n} days before this was due;"
        " {chance} of such needs end in a purchase within two weeks.",
        product=need.bought.name,
        every=every(max(1, round(need.gap))),
        chance=Percent(need.chance),
    )


def sample(view: View, params: Replenishment) -> GiveCode | None:
    """With what they buy again and again, where that is known."""
    if not params.with_offer:
        return None
    said = _said(view.needs[:1]) or "Tea"
    link = _linked(params.message_link, "1", ("1",))
    return _about(offer_sample(view, params), said, message_of(replace(params, message_link=link), {"product": said}))


TACTIC = Tactic(
    key="replenishment",
    title="Replenishment",
    pitch="Reminds a customer of what they buy again and again when they are about to need it.",
    params=Replenishment,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    knows_needs=True,
    pause_days=5,
    check=check,
    offers=offers_of,
    sample=sample,
    voices={
        Voice.WARM: {"text": "We thought of you, {name}: {offer} on your next {product} with {code}, until {until}."},
        Voice.PLAIN: {"text": "{product}: {offer} with code {code}, until {until}."},
        Voice.PLAYFUL: {"text": "Running out of {product}, {name}? {offer} with {code}, gone after {until}!"},
    },
)
