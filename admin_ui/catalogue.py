"""Brings the catalogues in `locale/` in line with the texts of the pages: `python -m admin_ui.catalogue`.

What is new comes in without a translation, what is gone goes; a translation stays as long as its text does.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import plugin
from admin_ui.campaign_form import Around
from admin_ui.language import FIRST, LOCALES, languages
from plugin.domain.churn import Rhythm
from plugin.domain.fields import FIELDS
from plugin.domain.guardrails import Guardrails
from plugin.domain.library import library
from plugin.domain.message_params import MessageParams, messages_of
from plugin.domain.messages import Medium
from plugin.domain.stages import Limits
from plugin.domain.tactic import describe_params, describe_values
from plugin.extensions import load_tactics

HERE = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {
    "templates/**.html": {
        "extensions": "jinja2.ext.i18n",
        "newstyle_gettext": "true",
        "trimmed": "true",
        "silent": "false",
    }
}
_KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "plural": (2, 3),
    "plurals": (1, 2),
    "phrase": (1,),
    "phrases": (2, 3),
}
#: Where the sentences are that merchants read on the pages, though no page says them.
_SENTENCES = ("domain", "tactics", "flow", "report", "store", "saleor", "messaging", "imports")
#: What is filled in afterwards: `{name}` or `%(name)s`.
_FILLED_IN = re.compile(r"\{(\w+)\}|%\((\w+)\)s")


def texts() -> Catalog:
    """Every text that a page may look up, in English."""
    found = Catalog(project="Saleor Retention", charset="utf-8")
    for _file, _line, text, _comments, context in extract_from_dir(
        HERE, _METHODS, _OPTIONS, _KEYWORDS, directory_filter=None
    ):
        found.add(text, context=context)
    for room in _SENTENCES:
        for _file, _line, text, _comments, context in extract_from_dir(
            Path(plugin.__file__).parent / room, [("**.py", "python")], {}, _KEYWORDS, directory_filter=None
        ):
            found.add(text, context=context)
    for said in _of_the_domain():
        if said:
            found.add(said)
    return found


def _of_the_domain() -> Iterator[str]:
    """What tactics, settings, segments and fields are called, as they say it themselves."""
    specs = [*describe_values(Guardrails), *describe_values(Around)]
    for tactic in load_tactics().values():
        yield from (tactic.title, tactic.pitch)
        specs += describe_params(tactic)
        params = tactic.params()
        if isinstance(params, MessageParams):
            yield from (one.title for one in messages_of(tactic, replace(params, message_by=tuple(Medium))))
    for spec in specs:
        yield from (spec["label"], spec["unit"], spec["help"])
    for field in FIELDS.values():
        yield from (field.label, field.unit, field.help)
    for ready in library(Limits(), Rhythm(), {}):
        yield from (ready.title, ready.says)


def filled_in(text: str) -> set[str]:
    return {one or other for one, other in _FILLED_IN.findall(text)}


def catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    source = texts()
    for language in languages():
        if language == FIRST:
            continue
        kept = catalogue(language)
        kept.update(source, no_fuzzy_matching=True)
        kept.obsolete.clear()
        for message in kept:
            if message.fuzzy:  # It was another kind of text before.
                message.string = ("",) * kept.num_plurals if message.pluralizable else ""
                message.flags.discard("fuzzy")
        with (LOCALES / f"{language}.po").open("wb") as file:
            write_po(file, kept, width=0, no_location=True, omit_header=False, sort_output=True)


if __name__ == "__main__":
    main()
