"""Apps: installed, switched on and off, deleted; and the problems that they report."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from plugin.sandbox.access import Context, Resolver, denied, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import contains
from plugin.sandbox.records.apps import App, AppInstallation, AppProblem
from plugin.sandbox.resolve.shop import by_name

#: out of scope for apps since Saleor 3.24
FORBIDDEN_PERMISSIONS = {"MANAGE_APPS"}


def _find(context: Context, id_: str) -> App:
    app = context.shop.apps.get(id_)
    if app is None:
        raise not_found()
    return app


@needs("MANAGE_APPS")
def _install(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, now = context.shop, context.shop.now()
    if urlsplit(input_["manifest_url"]).scheme not in {"http", "https"}:
        raise refusal("manifestUrl", "Enter a valid URL.", "INVALID_URL_FORMAT")
    codes = frozenset(input_.get("permissions") or [])
    outside = sorted(codes & FORBIDDEN_PERMISSIONS)
    if outside:
        raise refusal("permissions", "You can't add permission that you don't have.", "OUT_OF_SCOPE_PERMISSION", permissions=outside)  # fmt: skip
    installation = AppInstallation(
        id=shop.numbers.next_id("AppInstallation"),
        app_name=input_["app_name"],
        manifest_url=input_["manifest_url"],
        codes=codes,
        activate=input_.get("activate_after_installation", True),
        created_at=now,
        updated_at=now,
    )
    shop.installations[installation.id] = installation
    shop.install(installation)
    return {"appInstallation": installation}


@needs("MANAGE_APPS")
def _delete_failed(_source: object, context: Context, id_: str) -> dict[str, Any]:
    installation = context.shop.installations.pop(id_, None)
    if installation is None:
        raise not_found()
    return {"appInstallation": installation}


def _switch(*, on: bool) -> Resolver:
    @needs("MANAGE_APPS")
    def resolve(_source: object, context: Context, id_: str) -> dict[str, Any]:
        app = _find(context, id_)
        app.is_active = on
        context.shop.emit("APP_STATUS_CHANGED", context.principal, app=app)
        return {"app": app}

    return resolve


@needs("MANAGE_APPS")
def _delete(_source: object, context: Context, id_: str) -> dict[str, Any]:
    app = _find(context, id_)
    del context.shop.apps[app.id]
    app.is_active = False
    context.shop.emit("APP_DELETED", context.principal, app=app)
    return {"app": app}


def _problem_create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    """One key within its aggregation period is one problem, counted."""
    if context.app is None:
        raise denied("AUTHENTICATED_APP")
    now, problems = context.shop.now(), context.app.own_problems
    key, message = input_["key"], input_["message"]
    if len(key) < 3 or len(key) > 128:
        raise refusal("key", "String should have between 3 and 128 characters", "INVALID")
    if len(message) < 3:
        raise refusal("message", "String should have at least 3 characters", "INVALID")
    period = dt.timedelta(minutes=input_.get("aggregation_period") or 0)
    known = next((p for p in problems if p.key == key and now - p.updated_at <= period), None)
    if known is None:
        known = AppProblem(
            id=context.shop.numbers.next_id("AppProblem"),
            key=key,
            message=message,
            created_at=now,
            updated_at=now,
            critical_threshold=input_.get("critical_threshold"),
        )
        problems.append(known)
    else:
        known.count, known.updated_at, known.message = known.count + 1, now, message
        known.critical_threshold = input_.get("critical_threshold")
    return {"appProblem": known}


def _problem_dismiss(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    given = [name for name in ("by_app", "by_staff_with_ids", "by_staff_with_keys") if input_.get(name)]
    if len(given) != 1:
        raise refusal("input", "Exactly one of the arguments is required.", "INVALID")
    by = input_[given[0]]
    if given[0] == "by_app":
        if context.app is None:
            raise denied("AUTHENTICATED_APP")
        apps = [context.app]
    else:
        if "MANAGE_APPS" not in context.permissions:
            raise denied("MANAGE_APPS")
        apps = [_find(context, by["app"])] if "app" in by else list(context.shop.apps.values())
    ids, keys = by.get("ids") or [], by.get("keys") or []
    for app in apps:
        app.own_problems[:] = [p for p in app.own_problems if p.id not in ids and p.key not in keys]
    return {}


def _app(_source: object, context: Context, id_: str | None = None) -> App | None:
    if context.app is not None and id_ in (None, context.app.id):
        return context.app
    if "MANAGE_APPS" not in context.permissions and not (context.user and context.user.is_staff):
        raise denied("MANAGE_APPS", "OWNER")
    return context.shop.apps.get(id_ or "")


def _apps(_source: object, context: Context, filter_: dict[str, Any] | None = None, **page: Any) -> Connection:
    if not (context.user and context.user.is_staff) and "MANAGE_APPS" not in context.permissions:
        raise denied("AUTHENTICATED_STAFF_USER", "MANAGE_APPS")
    given = filter_ or {}
    found = [
        app
        for app in context.shop.apps.values()
        if contains(given.get("search"), app.name)
        and given.get("is_active") in (None, app.is_active)
        and given.get("type") in (None, app.type)
    ]
    return connection("apps", found, by_name, **page)


@needs("MANAGE_APPS")
def _installations(_source: object, context: Context) -> list[AppInstallation]:
    return list(context.shop.installations.values())


def _text(name: str) -> Resolver:
    return lambda app, _context: app.text(name)


FIELDS: dict[tuple[str, str], Resolver] = {
    ("App", "identifier"): _text("id"),
    ("App", "aboutApp"): _text("about"),
    ("App", "dataPrivacyUrl"): _text("dataPrivacyUrl"),
    ("App", "homepageUrl"): _text("homepageUrl"),
    ("App", "supportUrl"): _text("supportUrl"),
    ("App", "appUrl"): _text("appUrl"),
    ("App", "version"): _text("version"),
    ("App", "author"): _text("author"),
    ("App", "problems"): lambda app, _context, limit=None: app.own_problems[: limit or None],
}
QUERIES: dict[str, Resolver] = {"app": _app, "apps": _apps, "appsInstallations": _installations}
MUTATIONS: dict[str, Resolver] = {
    "appInstall": _install,
    "appDeleteFailedInstallation": _delete_failed,
    "appActivate": _switch(on=True),
    "appDeactivate": _switch(on=False),
    "appDelete": _delete,
    "appProblemCreate": _problem_create,
    "appProblemDismiss": _problem_dismiss,
}
