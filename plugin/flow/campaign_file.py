"""Campaigns as a YAML file, to be reviewed in git: the whole of what each says, always in the same order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any

import yaml

from plugin.domain.campaigns import Campaign
from plugin.domain.tactic import Tactic
from plugin.errors import Rejected
from plugin.flow.campaign_settings import Settings, read_settings, write_settings
from plugin.store.campaigns import LONGEST_NAME, Tactics

#: Goes up when a file of before would mean something else.
FORMAT = 1
_HEAD = """\
# Campaigns, for `retention campaign import`. What is left out has its default; whether a campaign is on,
# and how many a day of those inside it takes, is said when it is switched on and not here.
"""
#: Said when a campaign is switched on.
_NOT_IN_FILES = "inside_per_day"
_TOP = frozenset({"retention", "campaigns"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One campaign of a file."""

    #: “campaign 2 (“spring”, line 14)”, for sentences.
    place: str
    name: str
    tactic: Tactic[Any]
    #: Without `inside_per_day`, which is not in files.
    settings: Settings


class _Loader(yaml.SafeLoader):
    """YAML as JSON knows it: no dates, `no` is a word (and Norway) and not false, amounts stay exact."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name) is not read; say it in full")
        return super().compose_node(parent, index)


def _exact(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_PLAIN = (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", "~n\0"),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}$", "-+0123456789"),
)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), ["" if first == "\0" else first for first in _first])
_Loader.add_constructor("tag:yaml.org,2002:float", _exact)


class _Dumper(yaml.SafeDumper):
    pass


def _amount(dumper: yaml.SafeDumper, amount: Decimal) -> yaml.Node:
    text = f"{amount:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(Decimal, _amount)


def write_file(found: Sequence[Campaign], zone: tzinfo) -> str:
    """In the order of their names."""
    items = [_said(campaign, zone) for campaign in sorted(found, key=lambda campaign: campaign.name)]
    written = [yaml.dump([item], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100) for item in items]
    return f"{_HEAD}retention: {FORMAT}\ncampaigns:\n" + "\n".join(written)


def read_file(text: str, tactics: Tactics, zone: tzinfo) -> list[Entry]:
    """Raises `Rejected` with a line for every problem of every campaign, each with its place."""
    node, data = _parse(text)
    _refuse_format(data)
    found = data.get("campaigns")
    if not isinstance(found, list) or not found:
        raise Rejected("The file holds no campaigns; they are a list under `campaigns:`.")
    problems = list(_twice(node))
    problems += [f"“{name}” stands beside `campaigns`, and nothing reads it." for name in data if name not in _TOP]
    entries: list[Entry] = []
    for number, (item, line) in enumerate(zip(found, _lines(node), strict=True), start=1):
        named = item.get("name") if isinstance(item, dict) else None
        place = f"campaign {number} ({f'“{named}”, ' if named else ''}line {line})"
        try:
            entries.append(_entry(place, item, tactics, zone))
        except Rejected as error:
            problems.append(f"{place}: {error}")
    known: set[str] = set()
    for entry in entries:
        if entry.name in known:
            problems.append(f"{entry.place}: the name is there twice.")
        known.add(entry.name)
    if problems:
        raise Rejected("\n".join(problems))
    return entries


def _said(campaign: Campaign, zone: tzinfo) -> dict[str, Any]:
    settings = write_settings(campaign, zone)
    del settings[_NOT_IN_FILES]
    params = settings["params"]
    settings["params"] = {name: _as_number(getattr(campaign.params, name), said) for name, said in params.items()}
    budgets = settings["budgets"].items()
    settings["budgets"] = {name: {of: Decimal(most) for of, most in amounts.items()} for name, amounts in budgets}
    kept = {name: value for name, value in settings.items() if value not in (None, {}, [])}
    return {"name": campaign.name, "tactic": campaign.tactic.key, **kept}


def _as_number(value: Any, said: Any) -> Any:
    """JSON has amounts as text, and people read numbers."""
    if isinstance(value, Mapping):
        return {name: _as_number(part, said[name]) for name, part in zip(said, value.values(), strict=True)}
    return value if isinstance(value, Decimal) else said


def _parse(text: str) -> tuple[yaml.Node, Any]:
    try:
        node = yaml.compose(text, _Loader)
        return node or yaml.MappingNode("", []), None if node is None else _Loader("").construct_document(node)
    except yaml.YAMLError as error:
        raise Rejected(f"The file is not YAML that can be read: {' '.join(str(error).split())}.") from None
    except (RecursionError, ValueError):
        raise Rejected("The file is not YAML that can be read: it holds something no campaign is made of.") from None


def _refuse_format(data: Any) -> None:
    version = data.get("retention") if isinstance(data, dict) else None
    if isinstance(version, bool) or not isinstance(version, int):
        raise Rejected(f"The file does not say its format; it begins with `retention: {FORMAT}`.")
    if version > FORMAT:
        raise Rejected(f"The file is of format {version}, and this version reads up to {FORMAT}: upgrade it first.")
    if version < 1:
        raise Rejected(f"There is no format {version}; the first is 1.")


def _entry(place: str, item: Any, tactics: Tactics, zone: tzinfo) -> Entry:
    if not isinstance(item, Mapping):
        raise Rejected("it must be a table with a name and a tactic.")
    rest = dict(item)
    name, key = rest.pop("name", None), rest.pop("tactic", None)
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Rejected(f"it needs a name of 1 to {LONGEST_NAME} characters.")
    tactic = tactics.get(key) if isinstance(key, str) else None
    if tactic is None:
        raise Rejected(f"There is no tactic {key!r}; there are {', '.join(sorted(tactics))}.")
    if _NOT_IN_FILES in rest:
        raise Rejected(f"{_NOT_IN_FILES} is not said in files: `retention campaign on --inside-per-day` says it.")
    return Entry(place, name.strip(), tactic, read_settings(tactic, rest, zone))


def _lines(node: yaml.Node) -> list[int]:
    """Where each campaign begins, counted from 1."""
    listed = [value for key, value in node.value if key.value == "campaigns"][-1]
    return [item.start_mark.line + 1 for item in listed.value]


def _twice(node: yaml.Node) -> Iterator[str]:
    """YAML takes the last of two equal names in silence, and a person means something by both."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield f"line {key.start_mark.line + 1}: “{key.value}” is there twice."
            if isinstance(key.value, str):
                seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def read_yaml(text: str) -> Any:
    """One value as JSON knows it, numbers exact. Raises `Rejected`, also where a name is there twice."""
    node, data = _parse(text)
    for problem in _twice(node):
        raise Rejected(problem)
    return data
