"""Pages and parts of pages, and refusals as sentences in them."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from admin_ui import words
from plugin.errors import NotAllowed, NotVerified, RetentionError, TryLater

HERE = Path(__file__).parent
#: Where a sentence goes that answers an action: into the open dialog, else into the page's notice.
WHERE_ACTIONS_ANSWER = "dialog[open] .problem, #notice"

_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters.update(number=words.number, plural=words.plural, moment=words.moment)


def render(template: str, **values: Any) -> str:
    return _pages.get_template(template).render(values)


def part(template: str, **values: Any) -> Response:
    """Part of a page, for whoever proved to be allowed to see it; kept nowhere."""
    return HTMLResponse(render(template, **values), headers={"Cache-Control": "no-store"})


def refuse(error: RetentionError, *, in_page: bool) -> Response:
    """The sentence, in place of the page, or beside it where an action was refused."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, NotVerified):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TryLater):
        headers["Retry-After"] = str(max(1, round(error.after or 5)))
    if not in_page:
        headers |= {"HX-Retarget": WHERE_ACTIONS_ANSWER, "HX-Reswap": "innerHTML"}
    title = "You may not see this" if isinstance(error, NotAllowed) else "This did not work"
    return HTMLResponse(render("refusal.html", title=title, error=str(error), in_page=in_page), error.status, headers)
