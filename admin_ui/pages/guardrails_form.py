"""The guardrails as a form: made of their descriptions, with shares in per cent and a field for each currency."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from admin_ui.language import Language
from plugin.domain.guardrails import Guardrails, describe_guardrails, read_guardrails, write_guardrails
from plugin.errors import Rejected, sentence_of

#: Units that are a share of one, and are written in per cent here.
_SHARES = frozenset({"share", "probability", "share of the gross price"})
_CLOCKS = frozenset({"quiet_from", "quiet_to"})
#: They may be left empty: then they do not hold.
_OPTIONAL = frozenset({"gifts", "buy_anyway"}) | _CLOCKS
#: One of the first questions; and a table, with a field of its own for each currency.
_ELSEWHERE = frozenset({"default_margin", "ceiling"})
MOST = Decimal(1_000_000_000)
_WHOLE = frozenset({"gifts", "gifts_days", "days_between", "dnd_days"})


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    unit: str
    help: str
    value: str
    #: Of the input: number, time, or amount.
    kind: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GuardrailsForm:
    limits: Sequence[Field]
    #: By currency: the ceiling of one order, and the budgets of the whole shop.
    money: Sequence[Field]
    #: What does not fit together.
    problem: str = ""

    @property
    def wrong(self) -> bool:
        return bool(self.problem) or any(field.problem for field in (*self.limits, *self.money))


def form_of(
    rules: Guardrails,
    currencies: Sequence[str],
    language: Language,
    given: Mapping[str, str] | None = None,
    problem: str = "",
) -> GuardrailsForm:
    """given: what was sent, in place of what holds, with a sentence for each mistake in it."""
    limits = [_limit(told, rules, language, given) for told in describe_guardrails() if told["name"] not in _ELSEWHERE]
    return GuardrailsForm(limits, list(_money(rules, currencies, language, given)), problem)


def read(
    given: Mapping[str, str], rules: Guardrails, currencies: Sequence[str], language: Language
) -> Guardrails | GuardrailsForm:
    """What holds from now on; or the form with what is wrong in it."""
    form = form_of(rules, currencies, language, given)
    if form.wrong:
        return form
    try:
        return read_guardrails({**write_guardrails(rules), **_said(form)})
    except Rejected as error:
        return form_of(rules, currencies, language, given, sentence_of(error))


def _said(form: GuardrailsForm) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in form.limits:
        share = field.unit == "%" and field.value
        values[field.name] = str(Decimal(field.value) / 100) if share else field.value or None
    tables: dict[str, dict[str, str]] = {"ceiling": {}, "total": {}, "day": {}, "customer": {}}
    for field in form.money:
        table, _, currency = field.name.rpartition("_")
        if field.value:
            tables[table][currency] = field.value
    ceiling = tables.pop("ceiling")
    return {**values, "ceiling": ceiling, "budgets": tables}


def _limit(told: Mapping[str, Any], rules: Guardrails, language: Language, given: Mapping[str, str] | None) -> Field:
    name, share = told["name"], told["unit"] in _SHARES
    value = write_guardrails(rules)[name]
    text = "" if value is None else _percent(value) if share else str(value)
    problem = ""
    if given is not None:
        text = given.get(name, "").strip().replace(",", ".")
        problem = _problem(told, text, language, share=share)
    kind = "time" if name in _CLOCKS else "number"
    unit = "%" if share else "" if name in _CLOCKS else language._(told["unit"])
    return Field(name, language._(told["label"]), unit, language._(told["help"]), text, kind, problem)


def _problem(told: Mapping[str, Any], text: str, language: Language, *, share: bool) -> str:
    _, name = language._, told["name"]
    if not text:
        return "" if name in _OPTIONAL else _("This has to be filled in.")
    if name in _CLOCKS:
        return "" if _is_clock(text) else _("Write a time of day, as 22:00.")
    factor = 100 if share else 1
    least = Decimal(str(told["least"] or 0)) * factor
    most = MOST if told["most"] is None else Decimal(str(told["most"])) * factor
    number = _number(text)
    if number is None or not least <= number <= most:
        said = {"least": language.number(least), "most": language.number(most)}
        return _("Write a number from {least} to {most}.", **said)
    if name in _WHOLE and number != int(number):
        return _("Write a whole number.")
    return ""


def _money(
    rules: Guardrails, currencies: Sequence[str], language: Language, given: Mapping[str, str] | None
) -> Iterator[Field]:
    _, budgets = language._, rules.budgets
    tables = (
        ("ceiling", _("Most for one order"), rules.ceiling),
        ("day", _("Budget of the whole shop, each day"), budgets.day),
        ("total", _("Budget of the whole shop, in all"), budgets.total),
        ("customer", _("Most to one customer in 365 days"), budgets.customer),
    )
    for table, label, known in tables:
        for currency in currencies:
            name = f"{table}_{currency}"
            text, problem = _plain(known.get(currency)), ""
            if given is not None:
                text = given.get(name, "").strip().replace(",", ".")
                amount = _number(text)
                if text and (amount is None or not 0 <= amount <= MOST):
                    problem = _("Write an amount, or leave it empty for no limit.")
            yield Field(name, label, currency, "", text, "amount", problem)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_clock(text: str) -> bool:
    try:
        return time.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _percent(share: Any) -> str:
    return _plain(100 * Decimal(str(share)))


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
