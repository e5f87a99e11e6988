"""Abandoned checkout: a reminder, what free shipping takes where its cost was the shock, then an offer; an order ends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from plugin.domain.baskets import CHECKOUT, Basket, WayBack, newest
from plugin.domain.effects import CheckAgain, GiveCode, Tell, Wish
from plugin.domain.free_shipping import Progress, progress
from plugin.domain.ladders import need_of
from plugin.domain.message_params import MessageParams, message_of
from plugin.domain.messages import OF_A_CODE, Medium, Message, leads_somewhere, problems_of
from plugin.domain.money import Money
from plugin.domain.offer_params import OfferParams, banner_of, can_be_told, check_code, offers_of
from plugin.domain.offers import Offer
from plugin.domain.phrases import N_, Percent, phrase
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind

#: Of each message how its problems are told, and its tokens beside those of every message.
_TOKENS = (
    ("{problem}", frozenset({"basket"})),
    (N_("About free shipping: {problem}"), frozenset({"basket", "threshold", "left"})),
    (N_("Of the offer: {problem}"), OF_A_CODE | {"basket"}),
)
#: What a basket comes to, where its messages are only looked at.
SAMPLE = {"basket": "40.00 USD", "threshold": "60.00 USD", "left": "20.00 USD"}


@dataclass(frozen=True)  # without slots, as `MessageParams`
class Waits:
    remind_after: Decimal = param(
        Decimal(4),
        "Remind after",
        unit="hours",
        least=Decimal("0.01"),
        most=Decimal(240),
        help="Since the basket was changed last.",
    )
    shipping_after: Decimal = param(
        Decimal(20),
        "Tell of free shipping after",
        unit="hours",
        least=Decimal("0.01"),
        most=Decimal(240),
        help="Since the reminder; only where the shipping was the shock.",
    )
    shock_from: Decimal = param(
        Decimal(20),
        "Shipping is a shock from",
        unit="% of the total",
        least=Decimal(1),
        most=Decimal(100),
        help="What the delivery that was chosen costs, of basket and delivery together.",
    )
    with_offer: bool = param(True, "Then give something", help="When the messages before brought no order.")
    offer_after: Decimal = param(
        Decimal(24),
        "Give it after",
        unit="hours",
        least=Decimal("0.01"),
        most=Decimal(240),
        help="Since the message before.",
        needs="with_offer",
    )
    give_up_after: int = param(
        7, "Give up after", unit="days", least=1, most=30, help="Since the basket was changed last."
    )


@dataclass(frozen=True, slots=True)
class AbandonedCheckout(OfferParams, MessageParams, Waits):
    text: str = param(
        "Your basket is waiting, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    message_by: tuple[Medium, ...] = param(
        (Medium.MAIL,),
        "Message by",
        help="mail, sms, push: the first by which the customer may be reached is taken.",
    )
    message_subjects: Mapping[str, str] = param(
        lambda: {"en": "You left something in your basket"}, "Subject of the reminder", unit="by language"
    )
    message_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyour basket over {basket} is still there. You can go on where you stopped:\n\n{link}"
        },
        "The reminder",
        unit="by language",
        help="{name}, {basket} (what it comes to) and {link} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    message_buttons: Mapping[str, str] = param(
        lambda: {"en": "Back to my basket"}, "What leads back", unit="by language", help="In all of these messages."
    )
    message_link: str | None = param(
        "/checkout?checkout={checkout}",
        "Where the checkout goes on",
        help="A path of the storefront or a whole https address, with {checkout} for the checkout's id.",
    )
    gone_link: str = param(
        "/?variants={variants}",
        "Where it begins anew",
        help="When the checkout is not there any more; {variants} is what was in it, as id:2,id:1.",
    )
    shipping_subjects: Mapping[str, str] = param(
        lambda: {"en": "{left} to free shipping"}, "Subject about free shipping", unit="by language"
    )
    shipping_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyour basket comes to {basket}. From {threshold} on it ships free: {left} more and"
            " the shipping is on us.\n\n{link}"
        },
        "About free shipping",
        unit="by language",
        help="{basket}, {threshold} and {left} (what the basket lacks) are filled in.",
        kind=ValueKind.LONG_TEXT,
    )
    offer_subjects: Mapping[str, str] = param(
        lambda: {"en": "For your basket: {offer}"}, "Subject of the offer", unit="by language", needs="with_offer"
    )
    offer_texts: Mapping[str, str] = param(
        lambda: {
            "en": "Hello {name},\n\nyour basket over {basket} is still there, and here is something for it: {offer} with"
            " the code\n\n{code}\n\nuntil {until}.\n\n{link}"
        },
        "The offer",
        unit="by language",
        help="{basket}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
        needs="with_offer",
    )


@dataclass(frozen=True, slots=True)
class _Step:
    wish: Tell | GiveCode
    #: After the message before it, and after the basket's last change.
    wait: Decimal


def decide(view: View, trigger: Trigger, params: AbandonedCheckout) -> Iterator[Wish]:
    """The first step that was not told yet, when its wait is over; so each comes only after the one before it."""
    basket = newest(view.baskets)
    if basket is None or view.now >= basket.changed_at + timedelta(days=params.give_up_after):
        return
    told = {one.episode: one.at for one in view.told if need_of(one.episode) == basket.checkout_id}
    waiting = [step for step in _steps(view, basket, params) if step.wish.episode not in told]
    if not waiting:
        return
    step, *later = waiting
    due = max([basket.changed_at, *told.values()]) + _hours(step.wait)
    if due > view.now:
        yield CheckAgain(due)
    elif later:
        yield CheckAgain(view.now + _hours(later[0].wait))
    # A code that is there is told of, though the basket was changed meanwhile.
    if due <= view.now or any(one.episode == step.wish.episode for one in view.given):
        yield replace(step.wish, since=min(due, view.now))


def _steps(view: View, basket: Basket, params: AbandonedCheckout) -> Iterator[_Step]:
    left = {"amount": Money(basket.subtotal, basket.currency), "at": basket.changed_at}
    reminder = _reminder(basket, params)
    if reminder is None:
        return
    need, now = basket.checkout_id, view.now
    yield _Step(
        Tell(need, now, reminder, phrase("The basket over {amount} was left at {at}.", **left)), params.remind_after
    )
    lacking = _free_shipping(basket, params)
    if lacking is not None:
        said = {**reminder.values, "threshold": str(lacking.threshold), "left": str(lacking.left)}
        words = replace(reminder, subjects=params.shipping_subjects, texts=params.shipping_texts, values=said)
        why = phrase(
            "The basket over {amount} was left at {at}, with shipping at {share} of the total.",
            **left,
            share=Percent(float(basket.shipping_share)),
        )
        yield _Step(Tell(f"{need}#shipping", now, words, why), params.shipping_after)
    if params.with_offer and can_be_told(view, params):
        words = replace(reminder, subjects=params.offer_subjects, texts=params.offer_texts)
        why = phrase("The basket over {amount} was left at {at}; no message brought an order.", **left)
        yield _Step(_gift(view, f"{need}#offer", params, words, why), params.offer_after)


def _free_shipping(basket: Basket, params: AbandonedCheckout) -> Progress | None:
    """How far it is to what the customer was promised; None where nothing was, or where shipping was no shock."""
    promised = basket.free_from
    if promised is None or promised.currency != basket.currency or basket.shipping_share < params.shock_from / 100:
        return None
    found = progress(Money(basket.subtotal, basket.currency), promised)
    return None if found.earned else found


def _gift(view: View, episode: str, params: AbandonedCheckout, words: Message | None, reason: str) -> GiveCode:
    (offer,) = offers_of(params)
    banner = banner_of(params, offer, view.state.first_name) if view.state.reachable else None
    return GiveCode(episode, view.now, offer, banner, reason, message=words)


def _reminder(basket: Basket, params: AbandonedCheckout) -> Message | None:
    message = message_of(params, {"basket": _comes_to(basket)})
    if message is None:
        return None
    way = WayBack(basket.checkout_id, params.message_link or "/", params.gone_link, basket.variants)
    return replace(message, way_back=way)


def _comes_to(basket: Basket) -> str:
    return str(Money(basket.subtotal, basket.currency))


def _hours(number: Decimal) -> timedelta:
    return timedelta(hours=float(number))


def sample(view: View, params: AbandonedCheckout) -> GiveCode | None:
    """The offer for the basket that they have, else with words about none; None where nothing is given."""
    if not params.with_offer:
        return None
    basket = newest(view.baskets)
    message = _reminder(basket, params) if basket is not None else message_of(params, {"basket": "…"})
    words = message and replace(message, subjects=params.offer_subjects, texts=params.offer_texts)
    if words is not None and basket is None:
        words = replace(words, link=None)
    return _gift(view, "", params, words, "")


def messages(params: AbandonedCheckout) -> Sequence[Message]:
    """The words of each step; none where nothing is sent."""
    plain = message_of(params, SAMPLE)
    if plain is None:
        return ()
    reminder = replace(plain, title="Reminder")
    words = replace(plain, subjects=params.shipping_subjects, texts=params.shipping_texts)
    shipping = replace(words, title="About free shipping")
    words = replace(plain, subjects=params.offer_subjects, texts=params.offer_texts)
    offer = replace(words, title="Offer")
    return (reminder, shipping, offer) if params.with_offer else (reminder, shipping)


def offers(params: AbandonedCheckout) -> Sequence[Offer]:
    return offers_of(params) if params.with_offer else ()


def check(params: AbandonedCheckout) -> Iterator[str]:
    yield from dict.fromkeys(_problems(params))


def _problems(params: AbandonedCheckout) -> Iterator[str]:
    said = messages(params)
    if not said:
        yield phrase("Everything here is said by a message: choose by what it goes.")
        return
    if CHECKOUT not in (params.message_link or ""):
        yield phrase(
            "Where the checkout goes on needs {checkout} in it, or nobody finds their basket there.", checkout=CHECKOUT
        )
    if not leads_somewhere(params.gone_link):
        yield phrase("Where it begins anew is a path, as /, or a whole address that begins with https://.")
    for (which, tokens), message in zip(_TOKENS, said, strict=False):
        yield from (phrase(which, problem=problem) for problem in problems_of(message, tokens))
    if params.with_offer:
        yield from check_code(params)
        if not all("{code}" in text or "{link}" in text for text in params.offer_texts.values()):
            yield phrase("Each text of the offer must hold {code} or {link}, or nobody learns of it.")


TACTIC = Tactic(
    key="abandoned_checkout",
    title="Abandoned checkout",
    pitch="Reminds customers of the basket they left, says what free shipping still takes, and gives something in the end.",
    params=AbandonedCheckout,
    listens_to=frozenset({TriggerKind.CHECKOUT, TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    check=check,
    offers=offers,
    sample=sample,
    messages=messages,
)
