"""Brings what an install left in Saleor up to the manifest of today.

Saleor copies a manifest once, at install. Webhooks can be changed with the app's own token; for the
rest the merchant has to act, and is told what.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from graphql import GraphQLError, parse, print_ast

from plugin.errors import Gone
from plugin.saleor.client import Saleor


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    #: Names of webhooks.
    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]
    #: A sentence for each thing that only a person can change.
    needs_reinstall: tuple[str, ...]


async def upgrade(saleor: Saleor, manifest: Mapping[str, Any]) -> UpgradeReport:
    """`manifest` as it is served, with the base URL filled in."""
    app = (await saleor.call("AppRead"))["app"]
    wanted = {webhook["name"]: webhook for webhook in manifest.get("webhooks", ())}
    installed: dict[str, Mapping[str, Any]] = {}
    surplus: list[Mapping[str, Any]] = []
    for webhook in app["webhooks"] or ():
        if webhook["name"] in wanted and webhook["name"] not in installed:
            installed[webhook["name"]] = webhook
        else:
            surplus.append(webhook)
    created = [name for name in wanted if name not in installed]
    updated = [name for name, webhook in installed.items() if not _same(webhook, wanted[name])]
    for name in created:
        await saleor.call("WebhookCreate", input=_webhook_input(wanted[name]))
    for name in updated:
        await saleor.call("WebhookUpdate", id=installed[name]["id"], input=_webhook_input(wanted[name]))
    for webhook in surplus:
        await _delete(saleor, webhook["id"])
    return UpgradeReport(
        tuple(created),
        tuple(updated),
        tuple(str(webhook["name"]) for webhook in surplus),
        tuple(_for_a_person(app, manifest)),
    )


async def _delete(saleor: Saleor, webhook_id: str) -> None:
    try:
        await saleor.call("WebhookDelete", id=webhook_id)
    except Gone:
        return


def _webhook_input(webhook: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": webhook["name"],
        "targetUrl": webhook["targetUrl"],
        "query": webhook["query"],
        "asyncEvents": list(webhook.get("asyncEvents", ())),
        "syncEvents": list(webhook.get("syncEvents", ())),
    }


def _same(installed: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    events = {event["eventType"] for event in [*installed["asyncEvents"], *installed["syncEvents"]]}
    asked = {*wanted.get("asyncEvents", ()), *wanted.get("syncEvents", ())}
    return (
        installed["targetUrl"] == wanted["targetUrl"]
        and (not asked or events == asked)  # without a list, Saleor reads the events from the query
        and _normal(installed["subscriptionQuery"] or "") == _normal(wanted["query"])
    )


def _normal(query: str) -> str:
    try:
        return print_ast(parse(query, no_location=True))
    except GraphQLError:
        return query


def _for_a_person(app: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    granted = _codes(app["permissions"])
    for permission in manifest.get("permissions", ()):
        if permission not in granted:
            yield f"The permission {permission} is missing: grant it in the Dashboard, or install the app again."
    if manifest.get("appUrl") != app["appUrl"]:
        yield f"The app's page is at {manifest.get('appUrl')} and Saleor opens {app['appUrl']}: install the app again."
    installed = {_extension(item, app["appUrl"], "mountName", "targetName") for item in app["extensions"]}
    wanted = {_extension(item, manifest.get("appUrl"), "mount", "target") for item in manifest.get("extensions", ())}
    for label, mount, *_ in sorted(wanted - installed):
        yield f"The extension “{label}” ({mount}) is new or changed: install the app again."
    for label, mount in sorted({item[:2] for item in installed} - {item[:2] for item in wanted}):
        yield f"The extension “{label}” ({mount}) is no longer there: install the app again."


def _codes(permissions: Iterable[Mapping[str, Any]] | None) -> set[str]:
    return {permission["code"] for permission in permissions or ()}


def _extension(item: Mapping[str, Any], app_url: str | None, mount: str, target: str) -> tuple[str, ...]:
    permissions = (code if isinstance(code, str) else code["code"] for code in item.get("permissions") or ())
    url = urljoin(app_url or "", item["url"])
    shown_as = (item.get(target) or "POPUP").upper()
    return item["label"], item[mount].upper(), shown_as, url, item.get("identifier") or "", *sorted(permissions)
