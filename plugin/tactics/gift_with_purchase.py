"""Gift with purchase: each month its own gift, for everybody by a promotion or for each customer by a code of theirs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from plugin.domain.content import Kind, Piece, Place
from plugin.domain.effects import Banner, CheckAgain, GiveCode, Nothing, Slot, Wish
from plugin.domain.ladders import need_of
from plugin.domain.message_params import MessageParams, check_message, message_of
from plugin.domain.offer_params import no_account, worded
from plugin.domain.offers import Offer, OfferKind, last_second, problems
from plugin.domain.phrases import phrase
from plugin.domain.stays import latest_stay
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.domain.today import PublicOffer, Today
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice

_MONTH = re.compile(r"2[0-9]{3}-(0[1-9]|1[0-2])", re.ASCII)


class Whom(StrEnum):
    #: In every basket from the minimum on.
    EVERYBODY = "everybody"
    #: By a code of their own for each customer of the audience.
    EACH = "each"


_EVERYBODY, _EACH = (Whom.EVERYBODY.value,), (Whom.EACH.value,)


@dataclass(frozen=True, slots=True)
class GiftWithPurchase(MessageParams):
    whom: Whom = param(
        Whom.EACH,
        "For whom",
        help="Everybody: the shop puts it into every basket. Each: a code of their own for each customer in the audience.",
    )
    gifts: Mapping[str, str] = param(
        dict,
        "The gift",
        unit="by month",
        help="As 2026-12 and the id or slug of a product; in a month without one there is none.",
        names=("month",),
    )
    minimum: Decimal = param(Decimal(50), "From a basket of", unit="currency", least=Decimal(0), kind=ValueKind.MONEY)
    currency: str | None = param(
        None, "Currency", help="Of the minimum; only channels that have it.", names=("currency",)
    )
    hour: int = param(
        9,
        "On the first day from",
        unit="o'clock",
        least=0,
        most=23,
        help="On the shop's clock.",
        needs="whom",
        when=_EACH,
    )
    text: str = param(
        "This month there is {offer} for you, {name}: code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        needs="whom",
        when=_EACH,
        kind=ValueKind.LONG_TEXT,
    )
    place: Place = param(Place.ANNOUNCEMENT, "Where it is shown", needs="whom", when=_EVERYBODY)
    texts: Mapping[str, str] = param(
        lambda: {"en": "A gift in every basket from {minimum} on, until {until}."},
        "Banner for everybody",
        unit="by language",
        help="{minimum} and {until} are filled in. The first is for all other languages; empty for no banner.",
        needs="whom",
        when=_EVERYBODY,
        kind=ValueKind.LONG_TEXT,
        names=("language",),
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "A gift for you, {name}"}, "Subject", unit="by language", needs="message_by"
    )
    message_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nthis month there is a gift for you. Put it into your basket and enter the code\n\n"
            "{code}\n\nuntil {until}.\n\n{link}"
        },
        "Message",
        unit="by language",
        needs="message_by",
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "To the shop"}, "What leads on", unit="by language", needs="message_by"
    )


def check(params: GiftWithPurchase) -> Iterator[str]:
    if not params.gifts:
        yield phrase("Name the gift of one month at least, as 2026-12 and the id or slug of a product.")
    for month, product in params.gifts.items():
        if not _MONTH.fullmatch(month):
            yield phrase("“{month}” is no month: write it as 2026-12.", month=month)
        if not product.strip():
            yield phrase("The month {month} has no gift: name a product by its id or its slug.", month=month)
    yield from dict.fromkeys(said for offer in offers_of(params) for said in problems(offer))
    if params.whom is Whom.EVERYBODY:
        if params.minimum == 0:
            yield phrase("A gift in every basket needs an amount that the basket begins at.")
        if params.message_by:
            yield phrase("A gift for everybody is told of by its banner; messages are for codes of their own.")
        return
    if "{code}" not in params.text:
        yield phrase("The banner must hold {code}, or nobody learns of it.")
    yield from check_message(params)
    if params.message_by and not all("{code}" in text or "{link}" in text for text in params.message_texts.values()):
        yield phrase("Each text of the message must hold {code} or {link}, or nobody learns of it.")


def offers_of(params: GiftWithPurchase) -> tuple[Offer, ...]:
    """One of each month, in their order."""
    return tuple(_offer(params, month, 0) for month in sorted(params.gifts))


def _offer(params: GiftWithPurchase, month: str, valid_days: int) -> Offer:
    kind = OfferKind.PUBLIC_GIFT if params.whom is Whom.EVERYBODY else OfferKind.PERSONAL_GIFT
    return Offer(kind, Decimal(0), params.minimum, valid_days, params.currency, (params.gifts[month],))


def public(params: GiftWithPurchase, today: Today) -> PublicOffer | None:
    """The gift of this month, which ends with it by itself."""
    month = _month_of(today.day)
    gift = params.gifts.get(month)
    if params.whom is not Whom.EVERYBODY or gift is None or gift in today.out_of_stock:
        return None
    first, last = _first_day(month), _last_day(month)
    begins = datetime.combine(first, time(0), today.zone)
    return PublicOffer(_offer(params, month, 0), begins, last_second(last, today.zone))


def content(name: str, priority: int, params: GiftWithPurchase, today: Today) -> Piece | None:
    """As long as there is something to give."""
    offered = public(params, today)
    if offered is None or offered.ends_at is None or not any(said.strip() for said in params.texts.values()):
        return None
    minimum = f"{params.minimum.normalize():f} {params.currency}"
    until = offered.ends_at.date().isoformat()
    texts = {
        language: said.replace("{minimum}", minimum).replace("{until}", until)
        for language, said in params.texts.items()
    }
    return Piece(name, params.place, Kind.PROMOTION, texts, {}, {}, None, None, True, None, 7, priority)


def decide(view: View, trigger: Trigger, params: GiftWithPurchase) -> Iterator[Wish]:
    """One episode a month of the shop's calendar, whoever comes into the audience when."""
    if params.whom is Whom.EVERYBODY:
        return
    today = view.now.astimezone(view.zone).date()
    month = _month_of(today)
    starts = {one: _starts(params, one, view) for one in params.gifts}
    following = min((at for at in starts.values() if at > view.now), default=None)
    if following is not None:
        yield CheckAgain(following)
    if month in starts and starts[month] <= view.now:
        stay = latest_stay(view)
        since = starts[month] if stay is None else max(starts[month], stay.since)
        yield _gift(view, params, month, since, (_last_day(month) - today).days)


def _gift(view: View, params: GiftWithPurchase, month: str, since: datetime, left: int) -> GiveCode | Nothing:
    """left: whole days of the month after this one."""
    has_it = any(need_of(given.episode) == month for given in view.given)
    if params.gifts[month] in view.out_of_stock:
        return Nothing(month, since, phrase("Nothing, because the gift of {month} is out of stock.", month=month))
    if left < 1 and not has_it:
        return Nothing(month, since, phrase("Nothing, because less than a day was left of {month}.", month=month))
    if not view.state.reachable and not params.message_by:
        return Nothing(month, since, no_account(phrase("The gift of {month}.", month=month)))
    why = phrase("The gift of {month}.", month=month)
    return replace(_given(view, params, month, left), episode=month, since=since, reason=why)


def _given(view: View, params: GiftWithPurchase, month: str, valid_days: int) -> GiveCode:
    offer = _offer(params, month, valid_days)
    banner = Banner(Slot.BANNER, worded(params.text, offer, view.state.first_name)) if view.state.reachable else None
    return GiveCode("", view.now, offer, banner, "", message=message_of(params))


def sample(view: View, params: GiftWithPurchase) -> GiveCode | None:
    """The gift of this month, else of the next that has one, else of the last."""
    if params.whom is Whom.EVERYBODY or not params.gifts:
        return None
    today = view.now.astimezone(view.zone).date()
    month = next((one for one in sorted(params.gifts) if one >= _month_of(today)), max(params.gifts))
    return _given(view, params, month, max(1, (_last_day(month) - today).days))


def _starts(params: GiftWithPurchase, month: str, view: View) -> datetime:
    return datetime.combine(_first_day(month), time(params.hour), view.zone).astimezone(UTC)


def _month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _last_day(month: str) -> date:
    """A month later is at most 31 days later."""
    return (_first_day(month) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


TACTIC = Tactic(
    key="gift_with_purchase",
    title="Gift with purchase",
    pitch="Gives a gift of the month: in every basket from an amount on, or by a code of their own for each customer.",
    params=GiftWithPurchase,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.INSIDE, TriggerKind.ENTERED}),
    decide=decide,
    check=check,
    offers=offers_of,
    content=content,
    public=public,
    sample=sample,
    pause_days=0,
    voices={
        Voice.WARM: {"text": "A little gift for you this month, {name}: code {code} until {until}."},
        Voice.PLAIN: {"text": "A gift with code {code}, until {until}."},
        Voice.PLAYFUL: {"text": "Guess what, {name}? A gift! Code {code}, until {until}."},
    },
)
