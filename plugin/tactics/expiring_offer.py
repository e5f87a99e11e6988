"""Expiring offer: a strong discount with a true deadline, on a day or on entering a segment, and a last-minute notice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from plugin.domain.effects import CheckAgain, Nothing, ShowBanner, Slot, Tell, Wish
from plugin.domain.ladders import need_of
from plugin.domain.message_params import MessageParams, message_of
from plugin.domain.messages import OF_A_CODE, Message, problems_of
from plugin.domain.offer_params import (
    WITH_MINIMUM,
    WITH_VALUE,
    OfferParams,
    can_be_told,
    check_offer,
    give,
    no_account,
    offers_of,
    sample,
    worded,
)
from plugin.domain.offers import valid_until
from plugin.domain.phrases import phrase, phrases
from plugin.domain.stays import latest_stay
from plugin.domain.tactic import Given, Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice


@dataclass(frozen=True, slots=True)
class ExpiringOffer(MessageParams, OfferParams):
    value: Decimal = param(
        Decimal(20), "How much", unit="% or currency", least=Decimal(0), needs="offer", when=WITH_VALUE
    )
    minimum: Decimal = param(
        Decimal(50),
        "From a basket of",
        unit="currency",
        least=Decimal(0),
        needs="offer",
        when=WITH_MINIMUM,
        kind=ValueKind.MONEY,
    )
    valid_days: int = param(
        2,
        "Code valid for",
        unit="days",
        least=1,
        most=60,
        help="From the day of the offer on, until the end of the last one; it is never made longer.",
    )
    text: str = param(
        "For a short time, {name}: {offer} with code {code}, only until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "{offer}, only until {until}"}, "Subject", unit="by language", needs="message_by"
    )
    message_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nfor a short time there is something for you: {offer} with the code\n\n{code}\n\n"
            "It ends on {until} and will not be made longer.\n\n{link}"
        },
        "Message",
        unit="by language",
        needs="message_by",
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "To the shop"}, "What leads on", unit="by language", needs="message_by"
    )
    day: date | None = param(
        None,
        "The day of the offer",
        help="Of the shop's calendar; empty for the day on which a customer enters the segment of the audience.",
    )
    hour: int = param(9, "From", unit="o'clock", least=0, most=23, help="On the shop's clock.", needs="day")
    notice_hours: int = param(
        12, "Last-minute notice", unit="hours before the end", least=0, most=168, help="0 for none."
    )
    notice_text: str = param(
        "Last chance, {name}: {offer} with code {code} ends on {until}.",
        "Banner from then on",
        help="{name}, {offer}, {code} and {until} are filled in; empty: the banner stays as it is.",
        needs="notice_hours",
        kind=ValueKind.LONG_TEXT,
    )
    notice_subjects: Mapping[str, str] = param(
        lambda: {"en": "Last chance, {name}: {offer}"},
        "Subject of the notice",
        unit="by language",
        needs="message_by",
    )
    notice_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyour code {code} has not been used yet: {offer}. It ends on {until}.\n\n{link}"
        },
        "The notice",
        unit="by language",
        help="In the languages of the message; the way, the button and the link are the same.",
        needs="message_by",
    )


def check(params: ExpiringOffer) -> Iterator[str]:
    yield from check_offer(params)
    if params.offer.value in WITH_MINIMUM and params.minimum == 0:
        yield phrase("A strong discount needs an amount that the basket begins at.")
    if params.notice_hours >= 24 * params.valid_days:
        yield phrase("The last-minute notice comes before the offer: choose fewer hours, or more days.")
    notice = notice_of(params)
    if notice is not None:
        yield from (phrase("Of the notice: {problem}", problem=said) for said in problems_of(notice, OF_A_CODE))


def decide(view: View, trigger: Trigger, params: ExpiringOffer) -> Iterator[Wish]:
    for gift in view.given:
        yield from _last_minute(view, gift, params)
    if params.day is None:
        yield from _on_entering(view, params)
    else:
        yield from _on_the_day(view, params, params.day)


def _on_entering(view: View, params: ExpiringOffer) -> Iterator[Wish]:
    stay = latest_stay(view)
    if stay is not None:
        yield from _offer(view, params, stay.need, stay.since, stay.reason)


def _on_the_day(view: View, params: ExpiringOffer, day: date) -> Iterator[Wish]:
    """The deadline is the same for all, however late somebody is given theirs."""
    begins = datetime.combine(day, time(params.hour), view.zone).astimezone(UTC)
    if begins > view.now:
        yield CheckAgain(begins)
        return
    need = f"day {day}"
    left = (day - view.now.astimezone(view.zone).date()).days + params.valid_days
    if left < 1 and not _has(view, need):
        yield Nothing(need, begins, phrase("Nothing, because less than a day was left of the offer of {day}.", day=day))
        return
    yield from _offer(view, replace(params, valid_days=left), need, begins, phrase("The offer of {day}.", day=day))


def _offer(view: View, params: ExpiringOffer, need: str, since: datetime, why: str) -> Iterator[Wish]:
    if not can_be_told(view, params):
        yield Nothing(need, since, no_account(why))
        return
    if params.notice_hours and not _has(view, need):
        ends = valid_until(offers_of(params)[0], view.now, view.zone)
        yield CheckAgain(ends - timedelta(hours=params.notice_hours))
    yield from give(view, params, need, since, why)


def _has(view: View, need: str) -> bool:
    return any(need_of(gift.episode) == need for gift in view.given)


def _last_minute(view: View, gift: Given, params: ExpiringOffer) -> Iterator[Wish]:
    """By the code's own end, whatever the campaign says by now."""
    if gift.used or params.notice_hours == 0:
        return
    at = gift.until - timedelta(hours=params.notice_hours)
    if at > view.now:
        yield CheckAgain(at)
        return
    if gift.alive(view.now):
        yield from _show_notice(view, gift, params)
    message = notice_of(params)
    if message is None:
        return
    episode = f"{need_of(gift.episode)}#notice"
    if at <= gift.at:
        late = phrases(
            params.notice_hours,
            "No last-minute notice, because the code was given less than {n} hour before its end.",
            "No last-minute notice, because the code was given less than {n} hours before its end.",
        )
        yield Nothing(episode, gift.at, late)
    elif not gift.alive(view.now):
        yield Nothing(episode, at, phrase("No last-minute notice, because the offer ran out before it could go."))
    else:
        why = phrases(
            params.notice_hours,
            "The code ends in less than {n} hour and has not been used.",
            "The code ends in less than {n} hours and has not been used.",
        )
        yield Tell(episode, at, message, why, about=gift.episode)


def _show_notice(view: View, gift: Given, params: ExpiringOffer) -> Iterator[ShowBanner]:
    """Other words for the code that is shown already; where something else is shown, that stays."""
    shown = view.shown.get(Slot.BANNER)
    if not params.notice_text or shown is None or not gift.code or shown.data.get("code") != gift.code:
        return
    until = gift.until.astimezone(view.zone).date().isoformat()
    text = worded(params.notice_text, gift.offer, view.state.first_name)
    text = text.replace("{code}", gift.code).replace("{until}", until)
    yield ShowBanner(replace(shown, text=text), phrase("The last hours of the offer."))


def notice_of(params: ExpiringOffer) -> Message | None:
    message = message_of(params)
    if message is None or params.notice_hours == 0:
        return None
    return replace(message, subjects=params.notice_subjects, texts=params.notice_texts)


def messages_of(params: ExpiringOffer) -> Sequence[Message]:
    """The one that tells of the code, and the notice."""
    titled = ((message_of(params), "Offer"), (notice_of(params), "Last-minute notice"))
    return [replace(one, title=title) for one, title in titled if one is not None]


def _by_stays(params: ExpiringOffer) -> bool:
    return params.day is None


TACTIC = Tactic(
    key="expiring_offer",
    title="Expiring offer",
    pitch="Gives a strong discount for a short time, on a day or on entering a segment, and reminds of its end.",
    params=ExpiringOffer,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.INSIDE, TriggerKind.ENTERED}),
    decide=decide,
    needs_segment=_by_stays,
    check=check,
    offers=offers_of,
    sample=sample,
    messages=messages_of,
    voices={
        Voice.WARM: {"text": "Something special for a few days, {name}: {offer} with code {code}, until {until}."},
        Voice.PLAIN: {
            "text": "{offer} with code {code}, until {until}.",
            "notice_text": "{offer} with code {code} ends on {until}.",
        },
        Voice.PLAYFUL: {
            "text": "Quick, {name}: {offer} with {code}. Gone after {until}!",
            "notice_text": "Tick, tock, {name}: {offer} with {code}. Gone after {until}!",
        },
    },
)
