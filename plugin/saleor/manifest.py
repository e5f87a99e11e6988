"""The manifest: what a merchant reads and grants before the app is installed."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

DISTRIBUTION = "saleor-retention"


def build_manifest(public_url: str, queries: Mapping[str, str]) -> dict[str, Any]:
    """`manifest.json` with the base URL, the version and the subscriptions filled in.

    queries: the subscriptions by file name, as the template's webhooks name them.
    """
    filled: dict[str, Any] = _filled(template(), {"{base}": public_url.rstrip("/"), "{version}": version(DISTRIBUTION)})
    for webhook in filled["webhooks"]:
        webhook["query"] = queries[webhook["query"]]
    return filled


def template() -> dict[str, Any]:
    """From the wheel, where it lies in the package, or from the repository, where it lies on top."""
    inside = files("plugin") / "manifest.json"
    source = inside if inside.is_file() else Path(__file__).parents[2] / "manifest.json"
    read: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return read


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if isinstance(part, str):
        for name, value in values.items():
            part = part.replace(name, value)
    return part
