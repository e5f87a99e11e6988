"""Pages and parts of pages, and refusals as sentences in them."""

import json
from collections.abc import Callable
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, Response

from admin_ui import picker, words
from admin_ui.language import FIRST, N_, Language, language_of
from admin_ui.visit import Visit
from plugin.domain.phrases import Phrase
from plugin.errors import NotAllowed, NotVerified, RetentionError, TryLater, sentence_of

HERE = Path(__file__).parent
#: Where a sentence goes that answers an action: into the open dialog, else into the page's notice.
WHERE_ACTIONS_ANSWER = "dialog[open] .problem, #notice"


class _Compiled(BytecodeCache):
    """Templates are compiled once for all languages, which look their texts up later."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def _in(language: Language) -> Callable[[Context, Any], Any]:
    """A sentence of the domain is said in the page's language wherever it stands, moments as of the visitor's shop."""

    @pass_context
    def said(context: Context, value: Any) -> Any:
        if not isinstance(value, Phrase):
            return value
        visit = context.get("visit")
        return language.said(value, UTC if visit is None else visit.zone)

    return said


@lru_cache(maxsize=32)
def _templates(tag: str) -> Environment:
    """One for each language: a template's texts are looked up in the catalogue of its environment."""
    language = language_of(tag)
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
        finalize=_in(language),
    )
    made.install_gettext_translations(language.texts, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    filled: Any = made.globals["gettext"]

    @pass_context
    def said(context: Context, text: str, /, **values: object) -> str:
        """A text without values is as it stands: a unit or a tactic's pitch may hold a per cent sign."""
        told: str = filled(context, text, **values) if values else language._(text)
        return told

    made.globals |= {
        "_": said,
        "language": language,
        "plural": language.plural,
        "words": words,
        "picker": picker,
    }
    written: dict[str, Callable[..., str]] = {
        "number": language.number,
        "money": language.money,
        "percent": language.percent,
        "said": language.said,
        "moment": language.moment,
        "day": language.day,
    }
    made.filters |= {name: _not_compiled(write) for name, write in written.items()}
    made.filters["begin"] = lambda text: text[:1].upper() + text[1:]
    return made


def _not_compiled(write: Callable[..., str]) -> Callable[..., str]:
    """What is compiled holds for all languages, so that no written number may be part of it."""

    @pass_context
    def written(_: Context, /, *values: Any) -> str:
        return write(*values)

    return written


def compile_first(*beginnings: str) -> None:
    """Templates whose names begin like this, so that nobody waits for it."""
    made = _templates(FIRST)
    for name in made.list_templates(filter_func=lambda name: name.startswith(beginnings)):
        made.get_template(name)


def render(template: str, language: Language, **values: Any) -> str:
    return _templates(language.tag).get_template(template).render(values)


def part(visit: Visit, template: str, **values: Any) -> Response:
    """A page or part of one, for whoever proved to be allowed to see it; kept nowhere."""
    body = render(template, visit.language, visit=visit, **values)
    return HTMLResponse(body, headers={"Cache-Control": "no-store"})


def go(path: str, notice: str = "") -> Response:
    """Leads to another page, once something is done; `notice` is said there."""
    told = json.dumps({"go": {"path": path, "notice": notice}})
    return Response(status_code=204, headers={"HX-Trigger": told, "Cache-Control": "no-store"})


def refuse(error: RetentionError, language: Language, *, in_page: bool) -> Response:
    """The sentence, in place of the page, or beside it where an action was refused."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, NotVerified):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TryLater):
        headers["Retry-After"] = str(max(1, round(error.after or 5)))
    if not in_page:
        headers |= {"HX-Retarget": WHERE_ACTIONS_ANSWER, "HX-Reswap": "innerHTML"}
    title = language._(N_("You may not see this") if isinstance(error, NotAllowed) else N_("This did not work"))
    body = render("refusal.html", language, title=title, error=language.said(sentence_of(error)), in_page=in_page)
    return HTMLResponse(body, error.status, headers)
