"""A condition as a form that grows: groups of tests, with what was typed in them as it was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData

from admin_ui.language import N_
from admin_ui.picker import WHATS
from plugin.domain.condition_form import DEEPEST, MOST_PARTS
from plugin.domain.conditions import (
    AllOf,
    AnyOf,
    Bought,
    By,
    Condition,
    FieldTest,
    Named,
    Not,
    read_condition,
    write_condition,
)
from plugin.domain.fields import FIELDS, OPERATORS, Kind, Operator
from plugin.domain.phrases import Phrase, phrase
from plugin.errors import Rejected, sentence_of
from plugin.saleor.catalogue import Sort
from plugin.saleor.scope import is_id

GROUPS = {"all": N_("All of these"), "any": N_("At least one of these"), "none": N_("None of these")}
OPERATORS_SAID: Mapping[str, str] = {
    Operator.IS: N_("is"),
    Operator.IN: N_("is one of"),
    Operator.STARTS_WITH: N_("begins with"),
    Operator.AT_LEAST: N_("at least"),
    Operator.AT_MOST: N_("at most"),
    Operator.MORE_THAN: N_("more than"),
    Operator.LESS_THAN: N_("less than"),
    Operator.BETWEEN: N_("between"),
    Operator.BEFORE: N_("before"),
    Operator.AFTER: N_("on or after"),
}
BOUGHT = {
    f"bought.{By.PRODUCT}": N_("Bought the product"),
    f"bought.{By.TYPE}": N_("Bought the product type"),
    f"bought.{By.SKU}": N_("Bought the SKU"),
    f"bought.{By.COLLECTION}": N_("Bought from the collection"),
}
#: What is searched for to choose it (admin_ui.picker): what orders are looked through for.
_WHATS = {
    f"bought.{By.PRODUCT}": "product",
    f"bought.{By.TYPE}": "type_slug",
    f"bought.{By.SKU}": "sku",
    f"bought.{By.COLLECTION}": "collection",
}
SEGMENT = "segment"
ROOT = "n"
FIRST_FIELD = "orders"


@dataclass(frozen=True, slots=True)
class Node:
    """A group with its parts, or one test; everything of a test is text, as it was typed."""

    path: str
    kind: str
    parts: tuple["Node", ...] = ()
    field: str = FIRST_FIELD
    operator: str = ""
    value: str = ""
    #: The other end of what lies between.
    high: str = ""
    #: Of a choice that may be several.
    chosen: tuple[str, ...] = ()
    currency: str = ""
    #: Bought within so many days; empty for ever.
    days: str = ""
    error: str = ""

    @property
    def group(self) -> bool:
        return self.kind in GROUPS

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")

    @property
    def shape(self) -> str:
        """What its value is typed into."""
        if self.field in BOUGHT or self.field == SEGMENT:
            return "bought" if self.field in BOUGHT else SEGMENT
        kind = FIELDS[self.field].kind
        if kind is Kind.CHOICE:
            return "several" if self.operator == Operator.IN else "choice"
        shapes = {Kind.YES_NO: "yes_no", Kind.MOMENT: "day", Kind.TEXT: "text"}
        return shapes.get(kind, "between" if self.operator == Operator.BETWEEN else "number")

    @property
    def what(self) -> str:
        return _WHATS[self.field]

    @property
    def operators(self) -> Sequence[str]:
        if self.field not in FIELDS:
            return ()
        return [one.value for one in OPERATORS[FIELDS[self.field].kind]]

    @property
    def unit(self) -> str:
        return FIELDS[self.field].unit if self.field in FIELDS and FIELDS[self.field].kind is not Kind.MONEY else ""

    @property
    def money(self) -> bool:
        return self.field in FIELDS and FIELDS[self.field].kind is Kind.MONEY

    @property
    def choices(self) -> Sequence[str]:
        return FIELDS[self.field].choices if self.field in FIELDS else ()

    @property
    def help(self) -> str:
        return FIELDS[self.field].help if self.field in FIELDS else ""

    def everywhere(self) -> list["Node"]:
        return [self, *(one for part in self.parts for one in part.everywhere())]


def empty() -> Node:
    return Node(ROOT, "all", (Node(f"{ROOT}.0", "test", operator=Operator.AT_LEAST.value),))


def from_condition(condition: Condition) -> Node:
    node = _of(condition, ROOT)
    return node if node.group else Node(ROOT, "all", (_of(condition, f"{ROOT}.0"),))


def _of(condition: Condition, path: str) -> Node:
    match condition:
        case AllOf(parts):
            return Node(path, "all", _parts(parts, path))
        case AnyOf(parts):
            return Node(path, "any", _parts(parts, path))
        case Not(AnyOf(parts)):
            return Node(path, "none", _parts(parts, path))
        case Not(part):
            return Node(path, "none", _parts((part,), path))
        case Bought(by, value, within_days):
            days = "" if within_days is None else str(within_days)
            return Node(path, "test", field=f"bought.{by}", value=value, days=days)
        case Named(segment):
            return Node(path, "test", field=SEGMENT, value=segment)
        case FieldTest():
            return _of_test(condition, path)


def _parts(parts: Sequence[Condition], path: str) -> tuple[Node, ...]:
    return tuple(_of(part, f"{path}.{number}") for number, part in enumerate(parts))


def _of_test(test: FieldTest, path: str) -> Node:
    node = Node(path, "test", field=test.field, operator=test.operator.value, currency=test.currency or "")
    said = write_condition(test)[test.operator.value]
    if test.operator is Operator.BETWEEN:
        return replace(node, value=str(said[0]), high=str(said[1]))
    if test.operator is Operator.IN:
        return replace(node, chosen=tuple(said), value=", ".join(said))
    if isinstance(test.value, bool):
        return replace(node, value="yes" if test.value else "no")
    if isinstance(test.value, datetime):
        return replace(node, value=test.value.date().isoformat())
    return replace(node, value=str(said))


def from_form(form: FormData) -> Node:
    """Raises `Rejected` for more than a condition may have."""
    below: dict[str, list[int]] = {}
    paths = {str(key).partition("/")[0] for key in form if str(key).startswith(ROOT)}
    for path in paths:
        above, _, number = path.rpartition(".")
        if above and number.isascii() and number.isdigit() and len(number) < 5:
            below.setdefault(above, []).append(int(number))
    if len(paths) > MOST_PARTS or any(path.count(".") >= DEEPEST for path in paths):
        raise Rejected(
            phrase(
                "A condition may be {deep} deep and have {parts} parts; this one has more.",
                deep=DEEPEST,
                parts=MOST_PARTS,
            )
        )
    node = _typed(form, ROOT, below)
    return node if node.group else empty()


def _typed(form: FormData, path: str, below: Mapping[str, Sequence[int]]) -> Node:
    def said(name: str) -> str:
        return str(form.get(f"{path}/{name}", "")).strip()

    if said("kind") in GROUPS:
        parts = tuple(_typed(form, f"{path}.{number}", below) for number in sorted(below.get(path, ())))
        return Node(path, said("kind"), parts)
    about = said("field")
    if about not in FIELDS and about not in BOUGHT and about != SEGMENT:
        about = FIRST_FIELD
    node = Node(
        path,
        "test",
        field=about,
        operator=said("operator"),
        value=said("value"),
        high=said("high"),
        chosen=tuple(str(one) for one in form.getlist(f"{path}/chosen")),
        currency=said("currency"),
        days=said("days"),
    )
    if any(is_id(node.value, sort) for sort in Sort) and not _fits(node):
        return replace(node, value="")  # chosen for what was asked before
    if node.operators and node.operator not in node.operators:
        return replace(node, operator=node.operators[0])
    return node


def _fits(node: Node) -> bool:
    return node.field in BOUGHT and is_id(node.value, WHATS[node.what].sort) and not WHATS[node.what].by_slug


def edited(node: Node, do: str) -> tuple[Node, str]:
    """After a button: `add PATH`, `group PATH` or `remove PATH`; with the path that is looked at next."""
    deed, _, path = do.partition(" ")
    if deed == "remove":
        return _numbered(_without(node, path), ROOT), path.rpartition(".")[0] or ROOT
    new = Node("", "test", operator=Operator.AT_LEAST.value)
    if deed == "group":
        new = Node("", "any", (new,))
    if deed not in {"add", "group"}:
        return node, ""
    grown = _numbered(_with(node, path, new), ROOT)
    group = next((one for one in grown.everywhere() if one.path == path), grown)
    return grown, group.parts[-1].path if group.parts else ROOT


def _with(node: Node, path: str, new: Node) -> Node:
    parts = tuple(_with(part, path, new) for part in node.parts)
    return replace(node, parts=(*parts, new) if node.path == path and node.group else parts)


def _without(node: Node, path: str) -> Node:
    return replace(node, parts=tuple(_without(part, path) for part in node.parts if part.path != path))


def _numbered(node: Node, path: str) -> Node:
    parts = tuple(_numbered(part, f"{path}.{number}") for number, part in enumerate(node.parts))
    return replace(node, path=path, parts=parts)


def as_data(node: Node) -> dict[str, Any]:
    """As `read_condition` takes it."""
    if node.group:
        parts = [as_data(part) for part in node.parts]
        if node.kind != "none":
            return {node.kind: parts}
        return {"not": parts[0] if len(parts) == 1 else {"any": parts}}
    if node.field in BOUGHT:
        within = {} if not node.days else {"within_days": _whole(node.days)}
        return {"bought": {node.field.removeprefix("bought."): node.value, **within}}
    if node.field == SEGMENT:
        return {SEGMENT: node.value}
    money = {"currency": node.currency} if node.money else {}
    return {"field": node.field, node.operator: _value(node), **money}


def _whole(said: str) -> int | str:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else said


def _value(node: Node) -> Any:
    if node.operator == Operator.BETWEEN:
        return [_dotted(node.value), _dotted(node.high)]
    if node.operator == Operator.IN:
        if node.choices:
            return list(node.chosen)
        return [one.strip() for one in node.value.split(",") if one.strip()]
    return _dotted(node.value) if node.shape == "number" else node.value


def _dotted(said: str) -> str:
    return said.replace(",", ".") if said.count(",") == 1 and "." not in said else said


def checked(node: Node) -> Node:
    """With a sentence at every test that cannot be, and at every group that says nothing."""
    if node.group:
        parts = tuple(checked(part) for part in node.parts)
        nothing = phrase("Add a test, or remove this group.") if not parts and node.path != ROOT else ""
        return replace(node, parts=parts, error=nothing)
    if _unsaid(node):
        return replace(node, error=phrase("Say a value."))
    try:
        read_condition(as_data(node))
    except Rejected as error:
        return replace(node, error=_without_key(sentence_of(error)))
    return node


def _unsaid(node: Node) -> bool:
    if node.shape == "several":
        return not node.chosen
    return not node.value or (node.shape == "between" and not node.high)


def _without_key(said: str) -> str:
    """The sentence stands beside the field, so that it need not name it."""
    alone = said.parts.values.get("problem") if isinstance(said, Phrase) else None
    return said if alone is None else str(alone) if not isinstance(alone, str) else alone


def condition_of(node: Node) -> Condition | None:
    """None where a part of it cannot be, or nothing is asked at all."""
    if not node.parts or any(one.error for one in checked(node).everywhere()):
        return None
    return read_condition(as_data(node))
