"""Tactics, found through the entry points of installed packages; the built-in ones come by the same door."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from plugin.domain.tactic import Tactic, TriggerKind
from plugin.errors import SettingsError

GROUP = "saleor_retention.tactics"


def load_tactics() -> Mapping[str, Tactic[Any]]:
    """Key → tactic, from every module that an entry point of `GROUP` names or holds.

    Raises `SettingsError` for two tactics of one key, and for one that is not a tactic.
    """
    found: dict[str, Tactic[Any]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        for module in _modules(importlib.import_module(point.value)):
            tactic = _tactic(module)
            if tactic is None:
                continue
            if tactic.key in found:
                raise SettingsError(f"Two installed tactics have the key “{tactic.key}”; uninstall one of them.")
            found[tactic.key] = tactic
    return found


def _modules(named: ModuleType) -> Iterator[ModuleType]:
    """The module itself, and those in it when it is a package."""
    yield named
    for module in pkgutil.iter_modules(getattr(named, "__path__", ())):
        yield importlib.import_module(f"{named.__name__}.{module.name}")


def _tactic(module: ModuleType) -> Tactic[Any] | None:
    tactic = getattr(module, "TACTIC", None)
    if tactic is not None and not isinstance(tactic, Tactic):
        raise SettingsError(f"{module.__name__}.TACTIC is not a Tactic; see docs/tactics.md.")
    if tactic is not None and TriggerKind.HISTORY in tactic.listens_to:
        raise SettingsError(f"{module.__name__}: no tactic may listen to history, which never triggers anything.")
    return tactic
