"""The report as one file of HTML: it loads nothing, and runs no script but its own."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plugin.report import words
from plugin.report.charts import charts
from plugin.report.section import Section
from plugin.report.sections import sections
from plugin.report.terminal import headline

HERE = Path(__file__).parent
FOOTER = "Every number with its definition: docs/numbers.md of Saleor Retention. No customer is named here."
SCRIPTS = ("echarts.min.js", "charts.js", "page.js")


@dataclass(frozen=True, slots=True)
class Heading:
    name: str
    #: Of the window.
    title: str
    #: What the page is of.
    says: str
    footer: str


def render(body: Mapping[str, Any]) -> str:
    """The whole page."""
    name = body["shop"]["name"] or body["shop"]["api_url"]
    heading = Heading(name, f"{name}: retention report", headline(body), FOOTER)
    return write(heading, sections(body), charts(body), body["figures"])


def write(
    heading: Heading,
    sections: Sequence[Section],
    drawn: Mapping[str, Any],
    figures: Sequence[Mapping[str, Any]] | None = None,
) -> str:
    """A page of sections with their charts, by section; None: without a part of figures."""
    return (
        _pages()
        .get_template("report.html")
        .render(
            heading=heading,
            figures=figures,
            sections=sections,
            charts=drawn,
            data=_data(drawn),
            style=Markup(_static("report.css")),  # noqa: S704 -- a file of ours
            scripts=[Markup(_static(name)) for name in SCRIPTS],  # noqa: S704 -- files of ours
            policy=_policy(),
        )
    )


def _data(drawn: Mapping[str, Any]) -> Markup:
    """JSON that cannot end the element it stands in."""
    return Markup(json.dumps(drawn, allow_nan=False).replace("<", "\\u003c"))  # noqa: S704 -- has no <


def _policy() -> str:
    hashes = (hashlib.sha256(_static(name).encode()).digest() for name in SCRIPTS)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _static(name: str) -> str:
    """Without the line break at its end, so that the element holds exactly what is hashed."""
    return (HERE / "static" / name).read_text(encoding="utf-8").strip()


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(figure=words.figure, basis=words.basis)
    return pages
