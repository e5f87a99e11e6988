"""The extension point: what a kind of campaign is.

A tactic is one value in one file. It never sees the store, the clock or the platform: it is asked
about one customer at one moment and answers with wishes.
"""

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from plugin.domain.churn import Outlook
from plugin.domain.conditions import Condition
from plugin.domain.customer import CustomerState
from plugin.domain.effects import Banner, GiveCode, Slot, Wish
from plugin.domain.offers import Offer
from plugin.domain.signals import Signal
from plugin.domain.stages import Turns
from plugin.errors import Rejected


class TriggerKind(StrEnum):
    #: An event changed this customer's orders or account.
    ORDER = "order"
    ACCOUNT = "account"
    CHECKOUT = "checkout"
    #: A moment asked for by `CheckAgain`, or one at which a segment changes.
    MOMENT = "moment"
    #: The campaign was switched on, or edited, with those who are inside already.
    INSIDE = "inside"
    #: A merchant tries a campaign on themselves; no tactic is asked.
    TRIAL = "trial"
    #: The customer is in a segment now, or not any more, that the campaign's audience or exclusions name.
    ENTERED = "entered"
    LEFT = "left"
    #: Something was learnt of the past: it changes the state, and no tactic may listen to it.
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Trigger:
    kind: TriggerKind
    #: When what woke us happened; for old ones only the state changes.
    at: datetime
    #: The one campaign that may act on it; None for all.
    campaign_id: int | None = None
    #: The one that was entered or left.
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A code or a gift card that one campaign gave this customer, and that nobody took back."""

    campaign_id: int
    episode: str
    offer: Offer
    at: datetime
    #: Until when it can be used.
    until: datetime
    #: It is at the platform; before that it is only decided.
    issued: bool = True
    used: bool = False

    def alive(self, now: datetime) -> bool:
        return not self.used and now < self.until


@dataclass(frozen=True, slots=True)
class View:
    """All that a tactic may know: one customer, what the shop measures customers by, and the moment."""

    state: CustomerState
    outlook: Outlook
    #: When silence alone moves this customer on.
    turns: Turns
    now: datetime
    #: Why they may be leaving, the strongest first; empty as long as the silence is a usual one.
    signals: tuple[Signal, ...] = ()
    #: Channel → currency, for what is said in money.
    channels: Mapping[str, str] = field(default_factory=dict)
    #: What each slot shows this customer now, and so has promised.
    shown: Mapping[Slot, Banner] = field(default_factory=dict)
    #: What was given so far, the oldest first; to a tactic, only what its own campaign gave.
    given: Sequence[Given] = ()

    def of_campaign(self, campaign_id: int) -> "View":
        """As that campaign's tactic sees it."""
        given = [one for one in self.given if one.campaign_id == campaign_id]
        return self if len(given) == len(self.given) else replace(self, given=given)


P = TypeVar("P")


def _nothing(_: object) -> tuple[()]:
    """Has a name, so that a tactic can be handed to another process."""
    return ()


@dataclass(frozen=True, slots=True)
class Tactic(Generic[P]):
    #: Lower case and underscores; part of keys, so it never changes.
    key: str
    title: str
    #: One sentence for the merchant: what it does and for whom.
    pitch: str
    #: A frozen dataclass of `param` fields, each with a default.
    params: type[P]
    listens_to: frozenset[TriggerKind]
    decide: Callable[[View, Trigger, P], Iterable[Wish]]
    #: Left out of control groups: an apology or a standing promise is owed to everybody.
    control_group: bool = True
    #: It goes by scores and segments, so that whoever objects to being profiled is left out.
    profiles: bool = True
    #: At most one campaign of it may be on in a shop: two would contradict each other before the shopper.
    only_one: bool = False
    #: Sentences about parameters that do not fit together, before anything is saved.
    check: Callable[[P], Iterable[str]] = _nothing
    #: What it may give, so that it can be looked at before anybody has it.
    offers: Callable[[P], Sequence[Offer]] = _nothing
    #: Who has the need it is about, as a condition, so that they can be counted; None: everybody in the audience.
    need: Condition | None = None
    #: What this customer would be given, needed or not; None where nothing can be tried on one customer.
    sample: Callable[[View, P], GiveCode] | None = None


def param(
    default: Any,
    label: str,
    *,
    unit: str = "",
    help: str = "",  # noqa: A002
    least: Any = None,
    most: Any = None,
    needs: str = "",
) -> Any:
    """A parameter of a tactic. Its label, unit, range and help make the form and its validation.

    `default` can be a callable without arguments for values that cannot be shared. `needs` names the
    parameter without which this one says nothing.
    """
    metadata = {"label": label, "unit": unit, "help": help, "least": least, "most": most, "needs": needs}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def read_params(tactic: Tactic[P], given: Mapping[str, Any]) -> P:
    """The tactic's parameters from text, JSON or YAML values.

    Raises `Rejected` with a sentence for each value that is unknown, of a wrong type or out of range.
    """
    return read_values(tactic.params, tactic.title, given, tactic.check)


def read_values(
    kind: type[P], title: str, given: Mapping[str, Any], check: Callable[[P], Iterable[str]] = _nothing
) -> P:
    """A dataclass of `param` fields; see `read_params`."""
    wanted = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    problems = [f"{title} has no parameter “{name}”." for name in given if name not in wanted]
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, spec in wanted.items():
        if name not in given:
            continue
        try:
            values[name] = _in_range(spec, _read(hints[name], given[name]))
        except (ValueError, TypeError, InvalidOperation) as error:
            said = str(error) if isinstance(error, ValueError) and str(error) else "is not understood"
            problems.append(f"{spec.metadata.get('label', name)} ({name}): {given[name]!r} {said}.")
    if not problems:
        read = kind(**values)
        problems.extend(check(read))
        if not problems:
            return read
    raise Rejected(" ".join(problems))


def write_params(params: Any) -> dict[str, Any]:
    """The parameters as JSON values: the inverse of `read_params`."""
    return {f.name: _plain(getattr(params, f.name)) for f in fields(params)}


def _read(hint: Any, value: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        if value is None or value == "":
            return None
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is Mapping or get_origin(hint) is dict:
        key, item = get_args(hint)
        if not isinstance(value, Mapping):
            raise ValueError("must be a table of names and values")
        return {_read(key, k): _read(item, v) for k, v in value.items()}
    if get_origin(hint) is tuple:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        return tuple(_read(get_args(hint)[0], item) for item in value)
    return _read_plain(hint, value)


def _read_plain(hint: Any, value: Any) -> Any:
    if hint is bool:
        words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        if isinstance(value, bool):
            return value
        if str(value).lower() in words:
            return words[str(value).lower()]
        raise ValueError("must be yes or no")
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise ValueError(f"must be one of: {', '.join(str(item.value) for item in hint)}") from None
    if hint in {int, float, Decimal}:
        return _read_number(hint, value)
    if hint is datetime:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    return str(value)


def _read_number(hint: type[int | float | Decimal], value: Any) -> int | float | Decimal:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("must be a number") from None
    if not number.is_finite():
        raise ValueError("must be a finite number")
    if hint is int and number != int(number):
        raise ValueError("must be a whole number")
    return hint(number)


def _in_range(spec: Field[Any], value: Any) -> Any:
    least, most = spec.metadata.get("least"), spec.metadata.get("most")
    for part in value.values() if isinstance(value, Mapping) else [value]:
        if part is None:
            continue
        if least is not None and part < least:
            raise ValueError(f"must be {least} or more")
        if most is not None and part > most:
            raise ValueError(f"must be {most} or less")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def describe_params(tactic: Tactic[Any]) -> list[dict[str, Any]]:
    """What a form needs of each parameter: name, default and the metadata given to `param`."""
    return describe_values(tactic.params)


def describe_values(kind: type[Any]) -> list[dict[str, Any]]:
    """The same of any dataclass of `param` fields."""
    defaults = kind()
    return [{"name": f.name, "default": _plain(getattr(defaults, f.name)), **f.metadata} for f in fields(defaults)]
