"""How far the reading of what was before the install has come, as a merchant reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin_ui.words import number, plural
from plugin.store.backfills import Backfill, Kind, Status

#: What is read once, in this order, with the word for one of it.
READ_ONCE = {Kind.CUSTOMERS: "customer", Kind.ORDERS: "order"}


@dataclass(frozen=True, slots=True)
class Past:
    tone: str
    word: str
    sentence: str
    #: Whether it stands still until somebody looks, or its next turn comes.
    failed: bool = False
    #: Whether the page's figures grow by themselves until it is read.
    reading: bool = False


def past(walks: Mapping[Kind, Backfill], *, by_itself: bool) -> Past:
    """`by_itself`: whether the app reads the past unasked, after an install and every day."""
    failed = next((walk for walk in walks.values() if walk.status is Status.FAILED), None)
    if failed is not None:
        why = failed.error or "No reason was given."
        return Past("critical", "Trouble", f"{why} It is tried again, and goes on where it stands.", failed=True)
    once = [(walks[kind], word) for kind, word in READ_ONCE.items() if kind in walks]
    if not once:
        how = "it is read in a moment" if by_itself else "the command “retention backfill” reads it"
        return Past("neutral", "Not read", f"What was before the install is not known yet; {how}.")
    if any(walk.status is Status.RUNNING for walk, _ in once):
        so_far = " and ".join(_so_far(walk, word) for walk, word in once)
        return Past("info", "Reading", f"{so_far} of before the install read so far.", reading=True)
    whole = " and ".join(plural(walk.done, word) for walk, word in once)
    left_out = "".join(f" {walk.error}" for walk, _ in once if walk.error)
    return Past("success", "Fine", f"{whole} of before the install read.{left_out}")


def _so_far(walk: Backfill, word: str) -> str:
    if walk.total is None or walk.done >= walk.total:
        return plural(walk.done, word)
    return f"{number(walk.done)} of {plural(walk.total, word)}"
