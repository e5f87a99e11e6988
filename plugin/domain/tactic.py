"""The extension point: what a kind of campaign is.

A tactic is one value in one file. It never sees the store, the clock or the platform: it is asked
about one customer at one moment and answers with wishes.
"""

import json
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from plugin.domain.baskets import Basket
from plugin.domain.churn import Outlook
from plugin.domain.conditions import Condition
from plugin.domain.content import Piece
from plugin.domain.customer import CustomerState
from plugin.domain.effects import Banner, GiveCode, Slot, Wish
from plugin.domain.messages import Message
from plugin.domain.needs import Need
from plugin.domain.offers import Offer
from plugin.domain.parcels import Parcel
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.signals import Signal
from plugin.domain.stages import Turns
from plugin.domain.today import PublicOffer, Today
from plugin.domain.value_kinds import ValueKind, describe_hint
from plugin.domain.values import light_dataclass
from plugin.domain.voices import Voices
from plugin.errors import Rejected, sentence_of


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


@light_dataclass(frozen=True, slots=True)
class Trigger:
    kind: TriggerKind
    #: When what woke us happened; for old ones only the state changes.
    at: datetime
    #: The one campaign that may act on it; None for all.
    campaign_id: int | None = None
    #: The one that was entered or left.
    segment: str | None = None


@light_dataclass(frozen=True, slots=True)
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
    #: As banners show it; empty where that is not known, as in a replay.
    code: str = ""

    def alive(self, now: datetime) -> bool:
        return not self.used and now < self.until


@light_dataclass(frozen=True, slots=True)
class Notice:
    """A message without a gift that one campaign sent to this customer."""

    campaign_id: int
    episode: str
    at: datetime


@light_dataclass(frozen=True, slots=True)
class View:
    """All that a tactic may know: one customer, what the shop measures customers by, and the moment."""

    state: CustomerState
    outlook: Outlook
    #: When silence alone moves this customer on.
    turns: Turns
    now: datetime
    #: Why they may be leaving, the strongest first; empty as long as the silence is a usual one. To be told and not
    #: to be decided by: nobody looks for them where it is only asked whether a wish still stands.
    signals: tuple[Signal, ...] = ()
    #: Channel → currency, for what is said in money.
    channels: Mapping[str, str] = field(default_factory=dict)
    #: What each slot shows this customer now, and so has promised.
    shown: Mapping[Slot, Banner] = field(default_factory=dict)
    #: What was given so far, the oldest first; to a tactic, only what its own campaign gave.
    given: Sequence[Given] = ()
    #: The watched segments that the customer is in → since when (`membership.UNSEEN` where nobody saw it); to a
    #: tactic, only those that the audience of its campaign asks for.
    inside: Mapping[str, datetime] = field(default_factory=dict)
    #: The parcels of the last `parcels.PARCEL_DAYS` days, the oldest first; read where a tactic that is on sees them.
    parcels: Sequence[Parcel] = ()
    #: Whose days and months count: the shop's.
    zone: tzinfo = UTC
    #: Products that are given away, as merchants name them, of which nothing is left.
    out_of_stock: frozenset[str] = frozenset()
    #: What they buy again and again, the first that is due first; read only where a tactic `knows_needs`.
    needs: Sequence[Need] = ()
    #: What was begun at the checkout and not ordered; only where a campaign that is on listens to checkouts.
    baskets: Sequence[Basket] = ()
    #: Messages without a gift that were sent so far; to a tactic, only those of its own campaign.
    told: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Ids or slugs of the shop's catalogue that a merchant names."""

    products: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


P = TypeVar("P")

#: Days between two for one customer, where neither tactic nor campaign says otherwise.
PAUSE_DAYS = 60


def _nothing(_: object) -> tuple[()]:
    """Has a name, so that a tactic can be handed to another process."""
    return ()


@dataclass(frozen=True, slots=True, eq=False)  # each is only itself
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
    #: It is about stays in a segment (`View.inside`): without one in the audience it would hear of nobody. A function
    #: where that depends on the parameters.
    needs_segment: bool | Callable[[P], bool] = False
    #: It looks at `View.parcels`, which is read for such tactics alone.
    sees_parcels: bool = False
    #: It goes by `View.needs`, which takes reading what customers bought.
    knows_needs: bool = False
    #: Sentences about parameters that do not fit together, before anything is saved.
    check: Callable[[P], Iterable[str]] = _nothing
    #: What it may give, so that it can be looked at before anybody has it.
    offers: Callable[[P], Sequence[Offer]] = _nothing
    #: What else it names of the catalogue, so that a name that is not there is refused.
    names: Callable[[P], Sequence[Named]] = _nothing
    #: Who has the need it is about, as a condition, so that they can be counted; None: everybody in the audience.
    need: Condition | None = None
    #: What it shows in a place of the storefront, by the campaign's name, its priority and its parameters; None for
    #: nothing on this day.
    content: Callable[[str, int, P, Today], Piece | None] | None = None
    #: What everybody is offered on this day by a promotion in Saleor; None for nothing.
    public: Callable[[P, Today], PublicOffer | None] | None = None
    #: What this customer would be given, needed or not; None where nothing can be tried on one customer.
    sample: Callable[[View, P], GiveCode | None] | None = None
    #: What it may send, in the order of its steps, where that is more than the one message of its parameters; each with
    #: its title, and a sample of the tactic's own values.
    messages: Callable[[P], Sequence[Message]] = _nothing
    #: Days between two for one customer, unless the campaign says otherwise.
    pause_days: int = PAUSE_DAYS
    #: What its texts are by default in a voice; a voice or a text left out is as the parameters have it.
    voices: Voices = field(default_factory=dict)


def by_stays(tactic: Tactic[P], params: P) -> bool:
    """Whether it is about stays in a segment, with these parameters."""
    return tactic.needs_segment(params) if callable(tactic.needs_segment) else tactic.needs_segment


def param(
    default: Any,
    label: str,
    *,
    unit: str = "",
    help: str = "",  # noqa: A002
    least: Any = None,
    most: Any = None,
    needs: str = "",
    when: Sequence[str] = (),
    kind: ValueKind | None = None,
    names: Sequence[str] = (),
) -> Any:
    """A parameter of a tactic. Its label, unit, range and help make the form and its validation.

    `default` can be a callable without arguments for values that cannot be shared. `needs` names the
    parameter without which this one says nothing, `when` the values of it with which alone it does. `kind` is
    said where the type does not tell it: money, or a text of several lines; of a list or a table it is an item's.
    `names`: what a text, or the keys of a table, are names of: channel, segment, currency, language, month, product,
    collection or product_type; a form offers what the shop has of them, and searches the last three by name.
    """
    metadata = {
        "label": label,
        "unit": unit,
        "help": help,
        "least": least,
        "most": most,
        "needs": needs,
        "when": list(when),
        "kind": kind,
        "names": list(names),
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def read_params(tactic: Tactic[P], given: Mapping[str, Any]) -> P:
    """The tactic's parameters from text, JSON or YAML values.

    Raises `Rejected` with a sentence for each value that is unknown, of a wrong type or out of range.
    """
    return read_values(tactic.params, tactic.title, given, tactic.check)


def read_stored(tactic: Tactic[P], given: Mapping[str, Any]) -> P:
    """As `read_params`, of the JSON values that a database holds: the same ones are read once, not at every look."""
    read: P = _read_stored(tactic, json.dumps(given))
    return read


@lru_cache(maxsize=1024)
def _read_stored(tactic: Tactic[Any], given: str) -> Any:
    return read_params(tactic, json.loads(given))


def read_values(
    kind: type[P], title: str, given: Mapping[str, Any], check: Callable[[P], Iterable[str]] = _nothing
) -> P:
    """A dataclass of `param` fields; see `read_params`."""
    wanted = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    said = N_("{title} has no parameter “{name}”.")
    problems: list[str] = [phrase(said, title=phrase(title), name=str(name)) for name in given if name not in wanted]
    values, unfit = _read_each(kind, given)
    for name in unfit:
        label = phrase(wanted[name].metadata.get("label", name))
        problems.append(
            phrase(
                "{label} ({name}): {given} {problem}.",
                label=label,
                name=name,
                given=repr(given[name]),
                problem=unfit[name],
            )
        )
    if not problems:
        read = kind(**values)
        problems.extend(check(read))
        if not problems:
            return read
    raise Rejected(joined(problems))


def unfit_values(kind: type[Any], given: Mapping[str, Any]) -> dict[str, str]:
    """Name → what is wrong with its value alone, as “must be 1 or more”; empty where each can be read."""
    return _read_each(kind, given)[1]


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_each(kind: type[Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    values: dict[str, Any] = {}
    unfit: dict[str, str] = {}
    for spec in fields(kind):
        if spec.name not in given:
            continue
        try:
            values[spec.name] = _in_range(spec, _read(hints[spec.name], given[spec.name]))
        except (ValueError, TypeError, InvalidOperation) as error:
            told = isinstance(error, ValueError) and str(error)
            unfit[spec.name] = sentence_of(error) if told else phrase("is not understood")
    return values, unfit


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
            raise ValueError(phrase("must be a table of names and values"))
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
        raise ValueError(phrase("must be yes or no"))
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise ValueError(phrase("must be one of: {names}", names=tuple(str(item.value) for item in hint))) from None
    if hint in {int, float, Decimal}:
        return _read_number(hint, value)
    if hint is date:
        return _read_day(value)
    if hint is datetime:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    return str(value)


def _read_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(phrase("must be a day, as 2026-12-01")) from None


def _read_number(hint: type[int | float | Decimal], value: Any) -> int | float | Decimal:
    if isinstance(value, bool):
        raise ValueError(phrase("must be a number"))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(phrase("must be a number")) from None
    if not number.is_finite():
        raise ValueError(phrase("must be a finite number"))
    if hint is int and number != int(number):
        raise ValueError(phrase("must be a whole number"))
    return hint(number)


def _in_range(spec: Field[Any], value: Any) -> Any:
    least, most = spec.metadata.get("least"), spec.metadata.get("most")
    for part in value.values() if isinstance(value, Mapping) else [value]:
        if part is None:
            continue
        if least is not None and part < least:
            raise ValueError(phrase("must be {least} or more", least=least))
        if most is not None and part > most:
            raise ValueError(phrase("must be {most} or less", most=most))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):  # or a moment, which is one, too
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def describe_params(tactic: Tactic[Any]) -> list[dict[str, Any]]:
    """What a form needs of each parameter: name, default, its kind of value and the metadata given to `param`."""
    return describe_values(tactic.params)


def describe_values(kind: type[Any]) -> list[dict[str, Any]]:
    """The same of any dataclass of `param` fields."""
    defaults, hints = kind(), _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    return [
        {
            "name": f.name,
            "default": _plain(getattr(defaults, f.name)),
            **f.metadata,
            **describe_hint(hints[f.name], f.metadata.get("kind")),
        }
        for f in fields(defaults)
    ]
