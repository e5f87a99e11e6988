"""Forms made from the descriptions of values: what is shown, and what was typed, as it was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from admin_ui import words
from admin_ui.language import Language
from admin_ui.picker import WHATS, Choice, as_stored
from plugin.domain.value_kinds import ValueKind

#: What `plugin.domain.tactic.describe_values` says of one value.
Spec = Mapping[str, Any]
#: Value → how a person calls it.
Options = Mapping[str, str]
_TABLES = {ValueKind.TABLE, ValueKind.NESTED_TABLE}
_NUMBERS = {ValueKind.INTEGER, ValueKind.NUMBER, ValueKind.MONEY}

#: Choices that a field cannot take although its type has them: kind of choice → value.
_NOT_HERE = {"public_gift"}


@dataclass(frozen=True, slots=True)
class Known:
    """What the shop has, by what a value can be the name of: channel, segment, currency and so on."""

    options: Mapping[str, Options] = field(default_factory=dict)

    def of(self, spec: Spec, axis: int = 0) -> Options | None:
        """None where anything can be named."""
        names = spec["names"]
        return self.options.get(names[axis]) if len(names) > axis else None


@dataclass(frozen=True, slots=True)
class Field:
    """One control with its label; `value` is as it was typed, or as it is stored."""

    name: str
    spec: Spec
    label: str
    help: str
    value: Any
    error: str
    #: It means nothing beside what another one says.
    hidden: bool
    #: The control that decides that.
    needs: str
    #: What can be chosen; None where anything can be typed.
    options: Options | None = None
    #: The second key of a nested table.
    columns: Options | None = None

    @property
    def id(self) -> str:
        return self.name.replace(".", "-").replace("_", "-")

    @property
    def control(self) -> str:
        """The macro of form.html that draws it."""
        kind = self.spec["kind"]
        if picks(self.spec):
            return "pick" if kind == ValueKind.LIST else "pick_one"
        if kind == ValueKind.TABLE and self.options is None:
            return "months" if by_month(self.spec) else "texts"
        if kind == ValueKind.LIST:
            return "list" if self.options is None else "several"
        if kind == ValueKind.TEXT and self.options is not None:
            return "choice"
        return "line" if kind in _NUMBERS | {ValueKind.TEXT} else str(kind)

    @property
    def inputmode(self) -> str:
        modes = {ValueKind.INTEGER: "numeric", ValueKind.NUMBER: "decimal", ValueKind.MONEY: "decimal"}
        return modes.get(self.spec["item"] or self.spec["kind"], "text")

    @property
    def described_by(self) -> str:
        parts = [f"{self.id}-help" if self.help else "", f"{self.id}-error" if self.error else ""]
        return " ".join(filter(None, parts))

    @property
    def wide(self) -> bool:
        """A group of controls, with a legend in place of a label."""
        return self.control in {"texts", "months", "table", "nested_table", "several", "moment", "pick", "pick_one"}

    @property
    def picked(self) -> list[Choice]:
        """What is chosen of the catalogue, by what is stored."""
        return as_stored([str(one) for one in (self.value or ())] if self.control == "pick" else [self.value or ""])

    @property
    def by_country(self) -> bool:
        """A nested table with a row for each channel, and one for each country of it that is named."""
        return bool(self.spec["names"]) and self.spec["names"][0] == "market"

    def channels(self) -> Options:
        """The rows that are no country's."""
        return {key: said for key, said in (self.options or {}).items() if not (self.by_country and "/" in key)}

    def countries(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Channel, country and what is said of it."""
        said = self.value or {}
        split = [(key.partition("/"), row) for key, row in said.items() if self.by_country and "/" in key]
        return [(channel, country, row) for (channel, _, country), row in split]

    @property
    def long(self) -> bool:
        """Of a table with keys of any name: its texts are of several lines."""
        return self.spec["item"] == ValueKind.LONG_TEXT or any("\n" in said for _, said in self.rows())

    def rows(self) -> list[tuple[str, str]]:
        """Of a table with keys of any name: what is there, and a free one."""
        return [*((str(key), str(said)) for key, said in (self.value or {}).items()), ("", "")]


def show(
    specs: Sequence[Spec],
    values: Mapping[str, Any],
    prefix: str,
    language: Language,
    known: Known,
    errors: Mapping[str, str],
) -> list[Field]:
    return [_field(spec, values, prefix, language, known, errors) for spec in specs]


def picks(spec: Spec) -> bool:
    """Its value is chosen of what the shop sells."""
    return bool(spec["names"]) and spec["names"][0] in WHATS and spec["kind"] in {ValueKind.LIST, ValueKind.TEXT}


def by_month(spec: Spec) -> bool:
    """A table with a product for each month."""
    return bool(spec["names"]) and spec["names"][0] == "month"


def _field(
    spec: Spec, values: Mapping[str, Any], prefix: str, language: Language, known: Known, errors: Mapping[str, str]
) -> Field:
    value = values.get(spec["name"], spec["default"])
    nested = spec["kind"] == ValueKind.NESTED_TABLE
    columns = known.of(spec, 1) if nested else None
    options = _options(spec, value, language, known)
    if nested:
        columns = {
            **(columns or {}),
            **{key: key for inner in (value or {}).values() for key in inner if key not in (columns or {})},
        }
    return Field(
        name=f"{prefix}.{spec['name']}",
        spec=spec,
        label=words.label_of(spec, language),
        help=language._(spec["help"]),
        value=value,
        error=errors.get(spec["name"], ""),
        hidden=not words.says_something(spec, values),
        needs=f"{prefix}.{spec['needs']}" if spec["needs"] else "",
        options=options,
        columns=columns,
    )


def _options(spec: Spec, value: Any, language: Language, known: Known) -> Options | None:
    """With what is stored and is not there any more, so that saving loses nothing unseen."""
    if spec["kind"] == ValueKind.CHOICE:
        found = {
            one: words.choice_said(one, language) for one in spec["choices"] if one not in _NOT_HERE or one == value
        }
    elif (of_shop := known.of(spec)) is None:
        return None
    else:
        chosen = value if spec["kind"] in {ValueKind.LIST, *_TABLES} else [value]
        found = dict(of_shop) | {str(one): str(one) for one in chosen or () if one and str(one) not in of_shop}
    if spec["kind"] in {ValueKind.LIST, *_TABLES}:
        return found
    return {"": language._("None"), **found} if spec["optional"] and "" not in found else found


def read(specs: Sequence[Spec], form: FormData, prefix: str, known: Known) -> dict[str, Any]:
    """What was typed, by name, in the shape of the values; what means nothing beside the rest has its default."""
    typed = {spec["name"]: _typed(spec, form, f"{prefix}.{spec['name']}", known) for spec in specs}
    return {
        spec["name"]: typed[spec["name"]] if words.says_something(spec, typed) else spec["default"] for spec in specs
    }


def _typed(spec: Spec, form: FormData, name: str, known: Known) -> Any:
    kind = spec["kind"]
    if kind == ValueKind.YES_NO:
        return name in form
    if kind == ValueKind.MOMENT:
        day, time = _text(form, f"{name}.day"), _text(form, f"{name}.time")
        return f"{day}T{time}" if time else day
    if kind == ValueKind.LIST and picks(spec):
        return list(dict.fromkeys(said for one in form.getlist(name) if (said := str(one).strip())))
    if kind == ValueKind.LIST:
        return _list(form, name, chosen=known.of(spec) is not None)
    if kind == ValueKind.NESTED_TABLE:
        found: dict[str, dict[str, str]] = {}
        for path, said in _below(form, name):
            row, _, column = path.rpartition("/")  # a row may be one country of a channel, as us/CA
            found.setdefault(row, {})[column] = _number(said)
        return found | _countries(form, name)
    if kind == ValueKind.TABLE and known.of(spec) is not None:
        return {key: _number(said) if spec["item"] in _NUMBERS else said for key, said in _below(form, name)}
    if kind == ValueKind.TABLE and by_month(spec):
        said_by = {month: _text(form, f"{name}.value/{row}") for row, month in _below(form, f"{name}.key", empty=True)}
        return {month: product for month, product in said_by.items() if month or product}
    if kind == ValueKind.TABLE:
        pairs = zip(form.getlist(f"{name}.key"), form.getlist(f"{name}.value"), strict=False)
        said_by = {str(key).strip(): str(said).strip().replace("\r\n", "\n") for key, said in pairs}
        return {key: said for key, said in said_by.items() if key or said}
    said = _text(form, name)
    return _number(said) if kind in _NUMBERS else said


def _countries(form: FormData, name: str) -> dict[str, dict[str, str]]:
    """The rows of one country, as us/CA; one without amounts keeps the shop's own rates there."""
    columns = sorted({key.rpartition("/")[2] for key in form if key.startswith(f"{name}.country/")})
    cells = [[_number(str(said).strip()) for said in form.getlist(f"{name}.country/{column}")] for column in columns]
    markets = zip(form.getlist(f"{name}.channel"), form.getlist(f"{name}.country"), strict=False)
    found = dict[str, dict[str, str]]()
    for (channel, country), row in zip(markets, zip(*cells, strict=False), strict=False):
        said = {column: cell for column, cell in zip(columns, row, strict=True) if cell}
        named = str(country).strip().upper()
        if said or named:
            found[f"{channel}/{named}"] = said
    return found


def _list(form: FormData, name: str, *, chosen: bool) -> list[str]:
    if chosen:
        return [str(one) for one in form.getlist(name) if one]
    return [one.strip() for line in _text(form, name).splitlines() for one in line.split(",") if one.strip()]


def _below(form: FormData, name: str, *, empty: bool = False) -> list[tuple[str, str]]:
    """What was typed into the cells of a table, without the empty ones."""
    cells = ((key, str(said).strip()) for key, said in form.multi_items() if key.startswith(f"{name}/"))
    return [(key.removeprefix(f"{name}/"), said) for key, said in cells if said or empty]


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip().replace("\r\n", "\n")


def _number(said: str) -> str:
    """A comma as many languages write it."""
    return said.replace(",", ".") if "." not in said and said.count(",") == 1 else said
