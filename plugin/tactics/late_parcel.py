"""Late parcel: an apology with a code when an order has not left in time, and the next order ships free."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.domain.content import word
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, Wish
from plugin.domain.message_params import MessageParams, message_of
from plugin.domain.messages import OF_A_CODE, Medium, Message, Purpose
from plugin.domain.offer_params import OfferParams, banner_of, can_be_told, check_offer, offers_of
from plugin.domain.offers import Offer
from plugin.domain.parcels import Parcel
from plugin.domain.phrases import N_, phrase, phrases
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice

#: Filled in by this tactic, beside what tells of a code: the order's number, and that the next one ships free.
TOKENS = OF_A_CODE | {"order", "shipping"}

#: Of an order that is made up, where the campaign is tried.
A_NUMBER = "1001"


@dataclass(frozen=True, slots=True)
class LateParcel(MessageParams, OfferParams):
    days: int | None = param(
        None,
        "Late after",
        unit="days",
        least=1,
        most=90,
        help="After the order. Empty: what the delivery method promises, else what is usual in your shop.",
    )
    grace_days: int = param(1, "Beyond that", unit="days", least=0, most=30)
    needs_tracking: bool = param(
        False, "It has left only with a tracking number", help="Else as soon as it is fulfilled in Saleor."
    )
    next_order_free: bool = param(
        True, "Their next order ships free", help="For as long as the code is valid, for who has an account."
    )
    next_order_texts: Mapping[str, str] = param(
        lambda: {"en": "Your next order ships free: signed in, choose “Free shipping” at the checkout."},
        "How that is said",
        unit="by language",
        needs="next_order_free",
        names=("language",),
    )
    text: str = param(
        "We are sorry that your parcel is late, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    first_text: str = param(
        "Your very first parcel is late, {name}, and we are sorry: {offer} with code {code} until {until}.",
        "Banner of a first-time customer",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    message_by: tuple[Medium, ...] = param(
        (Medium.MAIL,),
        "Message by",
        help="mail, sms, push: the first by which the customer may be reached is taken; empty for no message.",
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "Your order {order} is late, and we are sorry"},
        "Subject",
        unit="by language",
        needs="message_by",
    )
    message_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyour order {order} should have left by now, and it has not. We are sorry, and we are "
            "seeing to it.\n\nFor your next order: {offer} with the code\n\n{code}\n\nuntil {until}. {shipping}\n\n{link}"
        },
        "Message",
        unit="by language",
        help="Beside the common tokens: {order}, {offer}, {code}, {until} and {shipping}.",
        needs="message_by",
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "To the shop"}, "What leads on", unit="by language", needs="message_by"
    )
    first_subjects: Mapping[str, str] = param(
        lambda: {"en": "Your first order is late, and we are sorry"},
        "Subject for a first-time customer",
        unit="by language",
        needs="message_by",
    )
    first_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyou ordered from us for the first time, and your order {order} has not even left yet. "
            "That is not how we wanted to begin. We are sorry, and we are seeing to it.\n\nFor your next order: {offer} "
            "with the code\n\n{code}\n\nuntil {until}. {shipping}\n\n{link}"
        },
        "Message to a first-time customer",
        unit="by language",
        help="Empty: what everybody is told.",
        needs="message_by",
    )


def check(params: LateParcel) -> Iterator[str]:
    yield from dict.fromkeys([*check_offer(params, TOKENS), *check_offer(_for_a_first(params), TOKENS)])
    if params.next_order_free and not any(text.strip() for text in params.next_order_texts.values()):
        yield phrase("Say in one language at least that the next order ships free, or nobody learns of it.")


def _for_a_first(params: LateParcel) -> LateParcel:
    """In the words for who has ordered for the first time."""
    if not params.first_texts:
        return replace(params, text=params.first_text)
    return replace(
        params, text=params.first_text, message_subjects=params.first_subjects, message_texts=params.first_texts
    )


def decide(view: View, trigger: Trigger, params: LateParcel) -> Iterator[Wish]:
    """One order is one need, and only as long as it has not left."""
    for parcel in view.parcels:
        found = None if _is_on_its_way(parcel, params) else _days(view, parcel, params)
        if found is None:
            continue
        days, whose = found
        moment = parcel.late_from(days, timedelta(days=params.grace_days))
        if moment > view.now:
            yield CheckAgain(moment)
        elif not can_be_told(view, params):
            why = phrase("Nothing, because a guest has no account, and no message is to tell of it.")
            yield Nothing(parcel.order_id, moment, why)
        else:
            not_left = phrases(
                (view.now - parcel.placed_at).days,
                "Order {number} has not left after {n} day; {usual}.",
                "Order {number} has not left after {n} days; {usual}.",
                number=parcel.number,
                usual=phrase(whose, days=round(days)),
            )
            yield _apology(view, params, parcel, not_left, moment)


def _is_on_its_way(parcel: Parcel, params: LateParcel) -> bool:
    """It has left, or money went back, so that nobody waits for it."""
    return parcel.refunded or not (parcel.waiting or (params.needs_tracking and not parcel.tracked))


def _days(view: View, parcel: Parcel, params: LateParcel) -> tuple[float, str] | None:
    """In how many days it should have come, and who says so; None where nobody does.

    What is usual was learnt of first parcels, so it says nothing of an order of which a part has left.
    """
    if params.days is not None:
        return params.days, N_("late is from day {days}")
    if parcel.promised_days is not None:
        return parcel.promised_days, N_("the days promised are {days}")
    usual = view.outlook.rhythm.parcel_days
    if usual is None or parcel.left_at is not None:
        return None
    return usual, N_("the days in which nine in ten leave are {days}")


def _apology(view: View, params: LateParcel, parcel: Parcel | None, reason: str, since: datetime) -> GiveCode:
    """parcel: None where one is only tried."""
    account = view.state.reachable
    first = parcel is not None and parcel.placed_at == view.state.history.first_at
    spoken = _for_a_first(params) if first else params
    free = params.next_order_free and account
    told = word(params.next_order_texts, view.state.language or "") if free else ""
    offer = replace(offers_of(params)[0], ships_free=free)
    values = {"order": A_NUMBER if parcel is None else parcel.number, "shipping": told}
    return GiveCode(
        parcel.order_id if parcel is not None else "",
        since,
        offer,
        banner_of(spoken, offer, view.state.first_name) if account else None,
        reason,
        message=message_of(spoken, values),
        purpose=Purpose.TRANSACTIONAL,
        next_order=told,
    )


def sample(view: View, params: LateParcel) -> GiveCode:
    """What this customer would be given, were a parcel late."""
    return _apology(view, params, None, "", view.now)


def messages(params: LateParcel) -> Sequence[Message]:
    """The apology, and the one to who has ordered for the first time where that is another."""
    told = word(params.next_order_texts, "") if params.next_order_free else ""
    values = {"order": A_NUMBER, "shipping": told}
    titled = ((message_of(params, values), "Apology"), (_first_of(params, values), "Apology for a first order"))
    return [replace(one, title=title) for one, title in titled if one is not None]


def _first_of(params: LateParcel, values: Mapping[str, str]) -> Message | None:
    return message_of(_for_a_first(params), values) if params.first_texts else None


def offers(params: LateParcel) -> tuple[Offer, ...]:
    return tuple(replace(offer, ships_free=params.next_order_free) for offer in offers_of(params))


TACTIC = Tactic(
    key="late_parcel",
    title="Late parcel",
    pitch="Apologises with a code before anybody complains when an order has not left in time.",
    params=LateParcel,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.ORDER}),
    decide=decide,
    control_group=False,
    profiles=False,
    sees_parcels=True,
    check=check,
    offers=offers,
    sample=sample,
    messages=messages,
    voices={
        Voice.PLAIN: {"text": "Your parcel is late. {offer} with code {code}, until {until}."},
        Voice.PLAYFUL: {
            "text": "Your parcel is taking its time, {name}, and we are sorry: {offer} with {code} until {until}."
        },
    },
)
