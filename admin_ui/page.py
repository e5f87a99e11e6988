"""What a page of the Dashboard is: one module under `admin_ui.pages` with one of these as its `PAGE`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from admin_ui.visit import DISCOUNTS, Permissions, Visit
from plugin.flow.house import House

Answer = Callable[[House, Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that changes: who may, where it is not whoever may manage discounts."""

    answer: Answer
    permissions: Permissions = DISCOUNTS


@dataclass(frozen=True, slots=True)
class Page:
    """Paths are Starlette's, such as `/admin/customers/{customer_id:int}`."""

    #: What the navigation calls it; empty for one that only other pages and the Dashboard lead to.
    title: str
    #: Path → the page's content. The navigation leads to the first. Loaded by a browser, each answers with the
    #: shell, which then asks for the content with the Dashboard's token.
    shows: Mapping[str, Answer]
    #: Path → part of a page, or a file, that is asked for with the token.
    parts: Mapping[str, Answer] = field(default_factory=dict)
    #: Path → what changes something, by POST.
    actions: Mapping[str, Answer | Action] = field(default_factory=dict)
    #: A widget beside something of the Dashboard's: without navigation, as high as its content.
    widget: bool = False

    @property
    def path(self) -> str:
        return next(iter(self.shows))
