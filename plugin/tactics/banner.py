"""Banner: a piece of content in a place of the storefront, for everybody or for a segment, in the shopper's language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plugin.domain.content import Kind, Piece, Place
from plugin.domain.effects import Wish
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Tactic, Trigger, View, param
from plugin.domain.today import Today
from plugin.domain.value_kinds import ValueKind

#: A text that is longer is no banner.
LONGEST_TEXT = 500
_HTTPS = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?([/?#]\S*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Banner:
    place: Place = param(Place.ANNOUNCEMENT, "Where it is shown")
    kind: Kind = param(Kind.PROMOTION, "What it is", help="All but a promotion inform: so much of what one sees.")
    texts: Mapping[str, str] = param(
        dict,
        "Text",
        unit="by language",
        help="The first is for all other languages.",
        kind=ValueKind.LONG_TEXT,
        names=("language",),
    )
    titles: Mapping[str, str] = param(dict, "Title", unit="by language", names=("language",))
    links: Mapping[str, str] = param(dict, "What leads on", unit="by language", needs="href", names=("language",))
    href: str | None = param(
        None, "Where it leads", help="A path of the storefront, as /sale, or a whole https address."
    )
    image: str | None = param(None, "Picture", help="A whole https address.")
    dismissible: bool = param(True, "Can be put away")
    times: int | None = param(
        None, "Seen by one shopper", unit="times", least=1, help="At most; empty for any number of times."
    )
    days: int = param(7, "Counted over", unit="days", least=1, most=365, needs="times")


def check(params: Banner) -> Iterator[str]:
    if not any(said.strip() for said in params.texts.values()):
        yield phrase("A banner needs a text in one language at least.")
    if any(
        len(said) > LONGEST_TEXT for words in (params.texts, params.titles, params.links) for said in words.values()
    ):
        yield phrase("A text of a banner has at most {most} letters.", most=LONGEST_TEXT)
    if params.href is not None and not _leads_somewhere(params.href):
        yield phrase("A banner leads to a path, as /sale, or to a whole address that begins with https://.")
    if params.image is not None and not _is_https(params.image):
        yield phrase("A picture is a whole address that begins with https://.")
    if params.links and params.href is None:
        yield phrase("There are words that lead on, and nowhere that they lead to; say where, or leave the words out.")


def _leads_somewhere(href: str) -> bool:
    return (href.startswith("/") and not href.startswith(("//", "/\\"))) or _is_https(href)


def _is_https(address: str) -> bool:
    return _HTTPS.fullmatch(address) is not None


def content(name: str, priority: int, params: Banner, today: Today) -> Piece:
    return Piece(
        name,
        params.place,
        params.kind,
        params.texts,
        params.titles,
        params.links,
        params.href,
        params.image,
        params.dismissible,
        params.times,
        params.days,
        priority,
    )


def decide(view: View, trigger: Trigger, params: Banner) -> Iterator[Wish]:
    """It is chosen when a page asks, so nothing is decided for one customer ahead."""
    return iter(())


TACTIC = Tactic(
    key="banner",
    title="Banner",
    pitch="Shows a text in a place of the storefront, to everybody or to a segment, in the shopper's language.",
    params=Banner,
    listens_to=frozenset(),
    decide=decide,
    control_group=False,
    check=check,
    content=content,
)
