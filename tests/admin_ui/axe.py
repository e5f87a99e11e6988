"""What axe finds serious in the app's frame."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

#: What hinders somebody, by axe's own weights.
SERIOUS = ("serious", "critical")


def serious(page: Page) -> list[str]:
    """`rule: elements` for each finding."""
    frame = page.main_frame.child_frames[0]  # a mail that it shows has a frame of its own, without scripts
    frame.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = frame.evaluate("axe.run({iframes: false})")
    return [
        f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]
