"""What axe finds serious in the app's frame."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

#: What hinders somebody, by axe's own weights.
SERIOUS = ("serious", "critical")


def serious(page: Page) -> list[str]:
    """`rule: elements` for each finding."""
    frame = page.frames[-1]
    frame.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = frame.evaluate("axe.run()")
    return [
        f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]
