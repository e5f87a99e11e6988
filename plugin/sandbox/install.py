"""The handshake by which an app comes into the shop."""

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, GraphQLSchema
from graphql.type import GraphQLEnumType

from plugin.sandbox.delivery import USER_AGENT
from plugin.sandbox.ids import read_global_id
from plugin.sandbox.records.apps import App, AppExtension, AppInstallation, Webhook
from plugin.sandbox.resolve.apps import FORBIDDEN_PERMISSIONS
from plugin.sandbox.shop import SCHEMA_VERSION, Shop
from plugin.sandbox.wire import NoAnswer, Wire

_REQUIRED = ("id", "name", "version")
_LIMITS = {"name": 60, "version": 60, "author": 60, "appUrl": 200, "tokenTargetUrl": 200, "homepageUrl": 200}
_TARGETS = {"POPUP", "APP_PAGE", "NEW_TAB", "WIDGET"}


class Unacceptable(Exception):
    """Why the app was not installed; shown in `appsInstallations`."""


def _values(schema: GraphQLSchema, enum: str) -> set[str]:
    kind = schema.type_map[enum]
    return set(kind.values) if isinstance(kind, GraphQLEnumType) else set()


def check_manifest(manifest: Any, schema: GraphQLSchema, check_query: Callable[[str], object]) -> None:
    if not isinstance(manifest, dict):
        raise Unacceptable("Incorrect structure of manifest.")
    lacking = [name for name in _REQUIRED if not manifest.get(name)]
    if lacking:
        raise Unacceptable(f"{', '.join(lacking)}: Field required.")
    for name, most in _LIMITS.items():
        if len(str(manifest.get(name) or "")) > most:
            raise Unacceptable(f"{name}: String should have at most {most} characters.")
    _check_permissions(manifest.get("permissions") or [], schema)
    for extension in manifest.get("extensions") or []:
        if not all(extension.get(name) for name in ("label", "url", "mount")):
            raise Unacceptable("extensions: label, url and mount are required.")
        if extension.get("target", "POPUP") not in _TARGETS:
            raise Unacceptable(f"extensions: incorrect target {extension['target']}.")
        _check_permissions(extension.get("permissions") or [], schema)
    for webhook in manifest.get("webhooks") or []:
        _check_webhook(webhook, schema, check_query)


def _check_permissions(codes: list[str], schema: GraphQLSchema) -> None:
    unknown = [code for code in codes if code not in _values(schema, "PermissionEnum")]
    if unknown:
        raise Unacceptable(f"permissions: Given permissions don't exist: {', '.join(unknown)}.")
    if FORBIDDEN_PERMISSIONS.intersection(codes):
        raise Unacceptable("permissions: MANAGE_APPS is out of scope for apps.")


def _check_webhook(webhook: dict[str, Any], schema: GraphQLSchema, check_query: Callable[[str], object]) -> None:
    name = webhook.get("name") or "?"
    if not webhook.get("query"):
        raise Unacceptable(f"webhooks: {name}: query is required.")
    if urlsplit(webhook.get("targetUrl") or "").scheme not in {"http", "https"}:
        raise Unacceptable(f"webhooks: {name}: Incorrect value for targetUrl.")
    for field, enum in (("asyncEvents", "WebhookEventTypeAsyncEnum"), ("syncEvents", "WebhookEventTypeSyncEnum")):
        unknown = [event for event in webhook.get(field) or [] if event not in _values(schema, enum)]
        if unknown:
            raise Unacceptable(f"webhooks: {name}: Invalid event {', '.join(unknown)}.")
    try:
        check_query(webhook["query"])
    except GraphQLError as error:
        raise Unacceptable(f"webhooks: {name}: Subscription query is not valid: {error.message}") from None


def _make_app(shop: Shop, installation: AppInstallation, manifest: dict[str, Any]) -> App:
    number = shop.numbers.next_id("App")
    app = App(
        id=number,
        key=read_global_id(number)[1],
        name=installation.app_name,
        manifest=manifest,
        manifest_url=installation.manifest_url,
        codes=installation.codes,
        created=shop.now(),
        token=secrets.token_urlsafe(24)[:30],
        is_active=True,
    )
    for given in manifest.get("webhooks") or []:
        app.webhooks.append(
            Webhook(
                id=shop.numbers.next_id("Webhook"),
                app=app,
                name=given["name"],
                target_url=given["targetUrl"],
                subscription_query=given["query"],
                asynchronous=frozenset(given.get("asyncEvents") or []),
                synchronous=frozenset(given.get("syncEvents") or []),
                is_active=given.get("isActive", True),
                identifier=given.get("identifier"),
                headers=given.get("customHeaders") or {},
            )
        )
    for given in manifest.get("extensions") or []:
        app.extensions.append(
            AppExtension(
                id=shop.numbers.next_id("AppExtension"),
                app=app,
                label=given["label"],
                url=given["url"],
                mount_name=given["mount"],
                target_name=given.get("target") or "POPUP",
                identifier=given.get("identifier"),
                codes=tuple(given.get("permissions") or ()),
            )
        )
    return app


async def _fetch_manifest(wire: Wire, url: str) -> Any:
    headers = {"User-Agent": USER_AGENT, "Saleor-Schema-Version": SCHEMA_VERSION, "Accept": "application/json"}
    try:
        answer = await wire.send("GET", url, headers)
        if answer.status != 200:
            raise Unacceptable(f"Unable to fetch manifest: HTTP {answer.status}.")
        return json.loads(answer.body)
    except NoAnswer as error:
        raise Unacceptable(f"Can't fetch manifest data: {error}") from None
    except ValueError:
        raise Unacceptable("The manifest is not JSON.") from None


async def _give_token(shop: Shop, wire: Wire, app: App) -> None:
    target = app.text("tokenTargetUrl")
    if not target:
        return
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Saleor-Domain": shop.domain,
        "Saleor-Api-Url": shop.api_url,
        "Saleor-Schema-Version": SCHEMA_VERSION,
        "X-Saleor-Domain": shop.domain,
    }
    try:
        answer = await wire.send("POST", target, headers, json.dumps({"auth_token": app.token}).encode())
    except NoAnswer as error:
        raise Unacceptable(f"Failed to connect to app: {error}") from None
    # a redirect is no failure to Saleor: the app is installed and never hears its token
    if answer.status >= 400:
        raise Unacceptable(_reason(answer.body) or f"App refused the token: HTTP {answer.status}.")


def _reason(body: bytes) -> str | None:
    try:
        said = json.loads(body)
    except ValueError:
        return None
    error = said.get("error") if isinstance(said, dict) else None
    return str(error["message"]) if isinstance(error, dict) and error.get("message") else None


async def install(shop: Shop, schema: GraphQLSchema, wire: Wire, installation: AppInstallation) -> App | None:
    """The app, or None with the reason in the installation's message."""
    app: App | None = None
    try:
        manifest = await _fetch_manifest(wire, installation.manifest_url)
        check_manifest(manifest, schema, shop.check_query)
        app = _make_app(shop, installation, manifest)
        shop.apps[app.id] = app  # its token works already inside the token handler
        await _give_token(shop, wire, app)
    except Unacceptable as verdict:
        if app is not None:
            del shop.apps[app.id]
        installation.status, installation.message = "FAILED", str(verdict)
        installation.updated_at = shop.now()
        return None
    finally:
        wire.close()
    app.is_active = installation.activate
    shop.installations.pop(installation.id, None)
    shop.emit("APP_INSTALLED", None, app=app)
    return app
