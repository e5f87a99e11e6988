"""An app's own webhooks."""

import json
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError

from plugin.sandbox.access import Context, Resolver, denied, not_found, refusal
from plugin.sandbox.records.apps import App, Webhook


def _app(context: Context, id_: str | None) -> App:
    if context.app is not None and id_ in (None, context.app.id):
        return context.app
    if "MANAGE_APPS" not in context.permissions:
        raise denied("MANAGE_APPS", "AUTHENTICATED_APP")
    app = context.shop.apps.get(id_ or "")
    if app is None:
        raise not_found("app")
    return app


def _apply(context: Context, webhook: Webhook, given: dict[str, Any]) -> None:
    query = given.get("query")
    if query is not None:
        try:
            context.shop.check_query(query)
        except GraphQLError as error:
            raise refusal("query", f"Unable to parse query: {error.message}", "UNABLE_TO_PARSE") from None
        webhook.subscription_query = query
    target = given.get("target_url")
    if target is not None:
        if urlsplit(target).scheme not in {"http", "https"}:
            raise refusal("targetUrl", "Enter a valid URL.", "INVALID")
        webhook.target_url = target
    webhook.name = given.get("name") or webhook.name
    webhook.identifier = given.get("identifier") or webhook.identifier
    if given.get("is_active") is not None:
        webhook.is_active = given["is_active"]
    if given.get("async_events") is not None:
        webhook.asynchronous = frozenset(given["async_events"])
    if given.get("sync_events") is not None:
        webhook.synchronous = frozenset(given["sync_events"])
    if given.get("custom_headers"):
        webhook.headers = json.loads(given["custom_headers"])


def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    app = _app(context, input_.get("app"))
    if not input_.get("target_url"):
        raise refusal("targetUrl", "This field is required.", "REQUIRED")
    if not input_.get("async_events") and not input_.get("sync_events"):
        raise refusal("asyncEvents", "At least one event is required.", "MISSING_EVENT")
    if not input_.get("query"):
        raise refusal("query", "A subscription query is required.", "MISSING_SUBSCRIPTION")
    if input_.get("identifier") and any(w.identifier == input_["identifier"] for w in app.webhooks):
        raise refusal("identifier", "Webhook with this identifier already exists.", "UNIQUE")
    webhook = Webhook(id="", app=app, name=input_.get("name") or "", target_url="", subscription_query="")
    _apply(context, webhook, input_)
    webhook.id = context.shop.numbers.next_id("Webhook")
    app.webhooks.append(webhook)
    return {"webhook": webhook}


def _find(context: Context, id_: str | None, identifier: str | None) -> Webhook:
    apps = [context.app] if context.app is not None else list(context.shop.apps.values())
    if context.app is None and "MANAGE_APPS" not in context.permissions:
        raise denied("MANAGE_APPS", "AUTHENTICATED_APP")
    for webhook in (webhook for app in apps for webhook in app.webhooks):
        if webhook.id == id_ or (identifier and webhook.identifier == identifier):
            return webhook
    raise not_found()


def _update(
    _source: object, context: Context, input_: dict[str, Any], id_: str | None = None, identifier: str | None = None
) -> dict[str, Any]:
    webhook = _find(context, id_, identifier)
    _apply(context, webhook, input_)
    return {"webhook": webhook}


def _delete(_source: object, context: Context, id_: str | None = None, identifier: str | None = None) -> dict[str, Any]:
    webhook = _find(context, id_, identifier)
    webhook.app.webhooks.remove(webhook)
    return {"webhook": webhook}


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Webhook", "customHeaders"): lambda webhook, _: json.dumps(webhook.headers),
}
MUTATIONS: dict[str, Resolver] = {"webhookCreate": _create, "webhookUpdate": _update, "webhookDelete": _delete}
