"""How far the reading of what was before the install has come, as a merchant reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin_ui.language import Language, plurals
from plugin.store.backfills import Backfill, Kind, Status

#: What is read once, in this order: so many of it, and so far of so many.
READ_ONCE = {
    Kind.CUSTOMERS: (
        plurals("{n} customer", "{n} customers"),
        plurals("{done} of {n} customer", "{done} of {n} customers"),
    ),
    Kind.ORDERS: (plurals("{n} order", "{n} orders"), plurals("{done} of {n} order", "{done} of {n} orders")),
}


@dataclass(frozen=True, slots=True)
class Past:
    tone: str
    word: str
    sentence: str
    #: Whether it stands still until somebody looks, or its next turn comes.
    failed: bool = False
    #: Whether the page's figures grow by themselves until it is read.
    reading: bool = False


def past(walks: Mapping[Kind, Backfill], language: Language, *, by_itself: bool) -> Past:
    """`by_itself`: whether the app reads the past unasked, after an install and every day."""
    _ = language._
    failed = next((walk for walk in walks.values() if walk.status is Status.FAILED), None)
    if failed is not None:
        why = failed.error or _("No reason was given.")
        told = _("{why} It is tried again, and goes on where it stands.", why=why)
        return Past("critical", _("Trouble"), told, failed=True)
    once = [(walks[kind], kind) for kind in READ_ONCE if kind in walks]
    if not once:
        how = _("What was before the install is not known yet; the command “retention backfill” reads it.")
        if by_itself:
            how = _("What was before the install is not known yet; it is read in a moment.")
        return Past("neutral", _("Not read"), how)
    if any(walk.status is Status.RUNNING for walk, _kind in once):
        parts = _and([_so_far(walk, kind, language) for walk, kind in once], language)
        return Past("info", _("Reading"), _("{parts} of before the install read so far.", parts=parts), reading=True)
    whole = _and([_counted(walk.done, kind, language) for walk, kind in once], language)
    left_out = "".join(f" {language.said(walk.error)}" for walk, _kind in once if walk.error)
    return Past("success", _("Fine"), _("{parts} of before the install read.", parts=whole) + left_out)


def _and(parts: list[str], language: Language) -> str:
    return parts[0] if len(parts) == 1 else language._("{first} and {second}", first=parts[0], second=parts[1])


def _counted(number: int, kind: Kind, language: Language) -> str:
    whole, _part = READ_ONCE[kind]
    return language.plural(number, *whole)


def _so_far(walk: Backfill, kind: Kind, language: Language) -> str:
    if walk.total is None or walk.done >= walk.total:
        return _counted(walk.done, kind, language)
    _whole, part = READ_ONCE[kind]
    return language.plural(walk.total, *part, done=language.number(walk.done))
