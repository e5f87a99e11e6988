"""The form of the three questions: on the first page until they are answered, in the settings for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from admin_ui.language import N_, Language
from plugin.domain.voices import Voice
from plugin.flow.basics import Basics

#: Nobody ships one order for more, in whatever currency.
MOST_SHIPPING = Decimal(1_000_000)
VOICES = {
    Voice.WARM: (N_("Warm"), N_("“We miss you, Ann: 10 % off with code …”")),
    Voice.PLAIN: (N_("Plain"), N_("“10 % off with code …, until 1 June.”")),
    Voice.PLAYFUL: (N_("Playful"), N_("“Long time no see, Ann! 10 % off with …, but only until 1 June.”")),
}
MARGIN, SHIPPING, VOICE = "margin", "shipping_", "voice"


@dataclass(frozen=True, slots=True)
class BasicsForm:
    #: What stands in the fields.
    margin: str
    #: By currency.
    shipping: Mapping[str, str]
    voice: str
    #: Field → what is wrong with it.
    problems: Mapping[str, str] = field(default_factory=dict)


def written(known: Basics, currencies: Sequence[str]) -> BasicsForm:
    margin = "" if known.margin is None else _plain(100 * known.margin)
    costs = {currency: known.shipping_costs.get(currency) for currency in currencies}
    shipping = {currency: "" if cost is None else _plain(cost) for currency, cost in costs.items()}
    return BasicsForm(margin, shipping, known.voice or "")


def read(given: Mapping[str, str], currencies: Sequence[str], language: Language) -> Basics | BasicsForm:
    """The answers; or the form as it was sent, with what is wrong in it. An empty answer is “not known”."""
    _, problems = language._, dict[str, str]()
    said = BasicsForm(
        given.get(MARGIN, "").strip(),
        {currency: given.get(SHIPPING + currency, "").strip() for currency in currencies},
        given.get(VOICE, ""),
        problems,
    )
    margin = _number(said.margin)
    if said.margin and (margin is None or not 0 < margin <= 100):
        problems[MARGIN] = _("The margin is a per cent above 0 and at most 100; leave it empty if you do not know it.")
    costs = {currency: _number(text) for currency, text in said.shipping.items()}
    for currency, text in said.shipping.items():
        cost = costs[currency]
        if text and (cost is None or not 0 < cost <= MOST_SHIPPING):
            told = _("What one parcel costs is an amount above 0; leave it empty if you do not know it.")
            problems[SHIPPING + currency] = told
    if said.voice and said.voice not in set(Voice):
        problems[VOICE] = _("Choose one of the voices.")
    if problems:
        return said
    known = {currency: cost for currency, cost in costs.items() if cost is not None}
    return Basics(None if margin is None else margin / 100, known, Voice(said.voice) if said.voice else None)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
