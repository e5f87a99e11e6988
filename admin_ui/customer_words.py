"""What is said of one customer: their stage, what is next for them and what happened, as sentences."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from admin_ui import words
from admin_ui.language import N_, Language
from plugin.domain.deeds import Deed
from plugin.domain.messages import Medium, fill
from plugin.domain.offers import Offer, OfferKind
from plugin.flow.compose import link_to, sender_name
from plugin.flow.profile import NextAction, Step
from plugin.messaging.render import one_line
from plugin.store.said import Sent, Shown
from plugin.store.shops import Shop
from plugin.store.suppressions import Why

WHYS = {
    Why.ASKED: N_("They asked for it"),
    Why.COMPLAINT: N_("They complained"),
    Why.OTHER: N_("Another reason"),
}
#: Saleor's states of an order, and of a parcel.
ORDERS = {
    "UNFULFILLED": N_("not sent yet"),
    "PARTIALLY_FULFILLED": N_("sent in part"),
    "FULFILLED": N_("sent"),
    "PARTIALLY_RETURNED": N_("returned in part"),
    "RETURNED": N_("returned"),
    "CANCELED": N_("cancelled"),
    "EXPIRED": N_("expired"),
    "UNCONFIRMED": N_("not confirmed"),
    "DRAFT": N_("draft"),
}
PARCELS = {
    "FULFILLED": N_("sent"),
    "CANCELED": N_("cancelled"),
    "REFUNDED": N_("refunded"),
    "RETURNED": N_("returned"),
    "REPLACED": N_("replaced"),
    "REFUNDED_AND_RETURNED": N_("returned and refunded"),
    "WAITING_FOR_APPROVAL": N_("waits for approval"),
}
_DEEDS = {
    Deed.SEEN: N_("Saw “{what}”"),
    Deed.CLICKED: N_("Clicked “{what}”"),
    Deed.DISMISSED: N_("Put “{what}” away"),
    Deed.PRODUCT_VIEWED: N_("Looked at a product"),
    Deed.BASKET_ADDED: N_("Put a product into the basket"),
}
MEDIA = {
    Medium.MAIL: N_("A mail was sent"),
    Medium.SMS: N_("An SMS was sent"),
    Medium.PUSH: N_("A push message was sent"),
}
#: Stands where what somebody saw is kept no longer.
UNKNOWN = "…"
#: A tone and a word for what is next.
NEXT = {
    Step.STOPPED: ("warning", N_("Stopped")),
    Step.SUPPRESSED: ("neutral", N_("Nothing")),
    Step.OPTED_OUT: ("neutral", N_("Nothing")),
    Step.HAS_CODE: ("success", N_("Has a code")),
    Step.PUT_OFF: ("info", N_("Put off")),
    Step.CONTROL: ("info", N_("Left alone")),
    Step.NOTHING: ("neutral", N_("Nothing")),
    Step.GIVEN: ("success", N_("Given")),
    Step.NOT_BOUGHT: ("neutral", N_("Nothing")),
    Step.IN_RHYTHM: ("neutral", N_("Nothing")),
    Step.NO_CAMPAIGN: ("warning", N_("Nothing")),
    Step.UNDECIDED: ("neutral", N_("Nothing yet")),
}
#: What is said where no decision says it.
_WHY = {
    Step.STOPPED: N_("Everything is stopped in the whole shop."),
    Step.OPTED_OUT: N_("The customer does not want offers."),
    Step.NOT_BOUGHT: N_("There is no order yet to tell a rhythm from."),
    Step.NO_CAMPAIGN: N_("At risk, and no campaign is on."),
    Step.UNDECIDED: N_("At risk; no campaign that is on has decided anything since the last order."),
}


def why_next(action: NextAction, language: Language, zone: tzinfo) -> str:
    """The sentence behind what is next."""
    _ = language._
    if action.decision is not None:
        return language.said(action.decision.reason, zone)
    if action.code is not None and action.until is not None:
        until = language.day(action.until.astimezone(zone).date())
        return _(
            "{offer} with the code {code}, until {until}.",
            offer=gift_of(action.code.offer, language),
            code=action.code.code,
            until=until,
        )
    if action.step is Step.SUPPRESSED:
        if action.until is None:
            return _("On the list of those who get nothing.")
        until = language.day(action.until.astimezone(zone).date())
        return _("On the list of those who get nothing, until {until}.", until=until)
    if action.step is Step.IN_RHYTHM:
        if action.until is None:
            return _("The silence is a usual one.")
        day = language.day(action.until.astimezone(zone).date())
        return _("The silence is a usual one; it becomes unusual on {day} if no order comes.", day=day)
    return _(_WHY[action.step])


def gift_of(offer: Offer | None, language: Language) -> str:
    """What an offer gives, beginning a sentence."""
    _ = language._
    if offer is None:
        return _("An offer")
    match offer.kind:
        case OfferKind.PERCENTAGE:
            said = _("{share} off", share=language.percent(offer.value / 100, 0 if offer.value % 1 == 0 else 1))
        case OfferKind.AMOUNT:
            said = _("{amount} off", amount=language.money(offer.value, offer.currency or ""))
        case OfferKind.FREE_SHIPPING:
            said = _("Free shipping")
        case OfferKind.STORE_CREDIT:
            said = _("{amount} of store credit", amount=language.money(offer.value, offer.currency or ""))
        case OfferKind.PERSONAL_GIFT | OfferKind.PUBLIC_GIFT:
            said = _("A gift")
    return _("{offer} of selected products", offer=said) if offer.scoped else said


def chance(probability: float, language: Language) -> str:
    """Never 0 % or 100 % of what may or may not happen."""
    return language.share(round(1000 * min(0.999, max(0.001, probability))), 1000)


def deed_said(deed: Deed, campaign: str | None, language: Language) -> str:
    return language._(_DEEDS[deed], what=campaign or language._("their offer"))


def banner_said(shown: Shown, language: Language, zone: tzinfo) -> str:
    """A banner's text as the shopper saw it, of free shipping with an empty basket."""
    text = shown.text or ""
    if shown.until is not None:  # a notice of its last hours has its day in it already
        day = shown.until.astimezone(zone).date()
        text = text.replace(day.isoformat(), language.day(day))
    amounts = [language.money(Decimal(one["amount"]), one["currency"]) for one in shown.thresholds.values()]
    threshold = " / ".join(dict.fromkeys(amounts)) or UNKNOWN
    values = {**_of_code(shown.code, shown.until, language, zone), "threshold": threshold, "left": threshold}
    for token, value in values.items():
        text = text.replace(f"{{{token}}}", value)
    return text


def needs_basket(shown: Shown) -> bool:
    """What was shown depended on what was in the basket."""
    return "{left}" in (shown.text or "") and bool(shown.thresholds)


def message_said(sent: Sent, customer: str, shop: Shop, language: Language) -> tuple[str, str]:
    """The subject, of a mail, and the text of a message as the customer read it. customer: their first name."""
    if sent.words is None:
        return "", ""
    own = language._("(their own link)")
    code, offer = (None, None) if sent.code is None else (sent.code.code, sent.code.offer)
    until = None if sent.code is None else sent.code.expires_at
    values = {
        **sent.values,
        **_of_code(code, until, language, shop.zone),
        "offer": offer.label if offer is not None else UNKNOWN,
        "name": one_line(customer),
        "shop": sender_name(shop),
        "link": link_to(shop, sent.link),
        "unsubscribe": own,
        "preferences": own,
    }
    subject = fill(sent.words.subject, values) if sent.medium is Medium.MAIL else ""
    return subject.strip(), fill(sent.words.text, values).strip()


def _of_code(code: str | None, until: datetime | None, language: Language, zone: tzinfo) -> Mapping[str, str]:
    day = language.day(until.astimezone(zone).date()) if until is not None else UNKNOWN
    return {"code": code or UNKNOWN, "until": day}


def stage_title(segment: object, language: Language) -> str:
    return next(language._(title) for known, (title, _meaning) in words.SEGMENTS.items() if known == segment)


def silence_said(at_risk_from: datetime, now: datetime, language: Language, zone: tzinfo) -> str:
    """When the silence becomes unusual, or since when it is."""
    day = language.day(at_risk_from.astimezone(zone).date())
    return language._("since {day}", day=day) if at_risk_from <= now else language._("from {day}", day=day)
