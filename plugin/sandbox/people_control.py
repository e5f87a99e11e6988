"""Controls that the pages use: who signs in, with which token, and which app is installed."""

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugin.sandbox.filtering import contains
from plugin.sandbox.records.apps import App, AppInstallation
from plugin.sandbox.resolve.accounts import access_token
from plugin.sandbox.seed import STAFF_EMAIL
from plugin.sandbox.shop import Shop

if TYPE_CHECKING:
    from plugin.sandbox.app import Sandbox

#: how long the Dashboard's token for an app lives
DASHBOARD_LIFETIME = dt.timedelta(minutes=5)
_MOST_SHOWN = 50


def dashboard_token(shop: Shop, app: App, lifetime: dt.timedelta = DASHBOARD_LIFETIME) -> str:
    """What the Dashboard hands an embedded app: the user's permissions as far as the app has them too."""
    user = shop.users_by_email[STAFF_EMAIL]
    claims = {
        "iss": shop.api_url,
        "owner": "saleor",
        "type": "thirdparty",
        "app": app.id,
        "user_id": user.id,
        "is_staff": True,
        "email": user.email,
        "token": user.id,
        "permissions": sorted(user.permissions & app.codes),
        "user_permissions": sorted(user.permissions),
    }
    return shop.keys.token(claims, shop.now(), lifetime)


async def _customers(sandbox: "Sandbox", request: Request) -> Response:
    text = request.query_params.get("search")
    found = []
    for user in sandbox.shop.users.values():
        if not user.is_staff and contains(text, user.email, user.first_name, user.last_name):
            name = f"{user.first_name} {user.last_name}".strip() or user.email
            found.append({"id": user.id, "email": user.email, "name": name})
            if len(found) == _MOST_SHOWN:
                break
    return JSONResponse(found)


async def _sign_in(sandbox: "Sandbox", request: Request) -> Response:
    user = sandbox.shop.users_by_email[json.loads(await request.body())["email"].lower()]
    return JSONResponse({"token": access_token(sandbox.shop, user), "id": user.id, "email": user.email})


async def _dashboard_token(sandbox: "Sandbox", request: Request) -> Response:
    app = sandbox.shop.apps[json.loads(await request.body())["app"]]
    return JSONResponse({"token": dashboard_token(sandbox.shop, app)})


async def _install(sandbox: "Sandbox", request: Request) -> Response:
    """Installs with the permissions given, by default all that the manifest asks for, and waits."""
    given: dict[str, Any] = json.loads(await request.body())
    shop, url = sandbox.shop, given["manifestUrl"]
    manifest = await sandbox.read_manifest(url)
    codes = given.get("permissions", manifest.get("permissions") or [])
    installation = AppInstallation(
        id=shop.numbers.next_id("AppInstallation"),
        app_name=given.get("appName") or manifest.get("name") or "App",
        manifest_url=url,
        codes=frozenset(codes),
        activate=True,
        created_at=shop.now(),
        updated_at=shop.now(),
    )
    shop.installations[installation.id] = installation
    shop.install(installation)
    await sandbox.installed()
    failed = installation.status == "FAILED"
    apps = [app for app in shop.apps.values() if app.manifest_url == url]
    body = {"app": apps[-1].id if apps and not failed else None, "error": installation.message}
    return JSONResponse(body, 502 if failed else 200)


PEOPLE_ROUTES: list[tuple[str, str, Callable[["Sandbox", Request], Awaitable[Response]]]] = [
    ("GET", "/sandbox/customers", _customers),
    ("POST", "/sandbox/sign-in", _sign_in),
    ("POST", "/sandbox/dashboard-token", _dashboard_token),
    ("POST", "/sandbox/install", _install),
]
