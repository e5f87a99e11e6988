"""What a campaign may cost: by currency, for good, a day and a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.errors import Rejected


@dataclass(frozen=True, slots=True)
class Budgets:
    """Currency → the most that may be given away; a currency that is not named is without bound."""

    total: Mapping[str, Decimal] = field(default_factory=dict)
    #: In a day of the shop's calendar.
    day: Mapping[str, Decimal] = field(default_factory=dict)
    #: To one customer.
    customer: Mapping[str, Decimal] = field(default_factory=dict)


def write_budgets(budgets: Budgets) -> dict[str, dict[str, str]]:
    """As JSON values, without what is not bounded."""
    named = {f.name: getattr(budgets, f.name) for f in fields(budgets)}
    return {name: {of: str(most) for of, most in sorted(amounts.items())} for name, amounts in named.items() if amounts}


def read_budgets(data: Any) -> Budgets:
    """The inverse of `write_budgets`; raises `Rejected` with a sentence for each thing that is wrong."""
    if not isinstance(data, Mapping):
        raise Rejected(f"Budgets are a table of total, day and customer, not {data!r}.")
    names = [f.name for f in fields(Budgets)]
    problems = [f"There is no budget “{name}”; there are {', '.join(names)}." for name in data if name not in names]
    read: dict[str, dict[str, Decimal]] = {}
    for name in names:
        amounts = data.get(name) or {}
        if not isinstance(amounts, Mapping):
            problems.append(f"The budget “{name}” is a table of currency and amount, not {amounts!r}.")
            continue
        read[name] = {}
        for currency, said in amounts.items():
            amount = _amount(said)
            if not _is_currency(currency):
                problems.append(f"{currency!r} in the budget “{name}” is no currency; write it as USD.")
            elif amount is None:
                problems.append(f"The budget “{name}” in {currency} must be a number above 0, not {said!r}.")
            else:
                read[name][currency] = amount
    if problems:
        raise Rejected(" ".join(problems))
    return Budgets(**read)


def _is_currency(name: Any) -> bool:
    return isinstance(name, str) and len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()


def _amount(said: Any) -> Decimal | None:
    if isinstance(said, bool):
        return None
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None
