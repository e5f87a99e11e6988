"""/sandbox/…: what tests and demos do to the shop from outside. Loopback only."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from plugin.sandbox.events import ASYNC_PERMISSIONS
from plugin.sandbox.faults import read_fault
from plugin.sandbox.history import BadHistory, take
from plugin.sandbox.people_control import PEOPLE_ROUTES
from plugin.sandbox.resolve.customers import change_email, remove_user

if TYPE_CHECKING:
    from plugin.sandbox.app import Sandbox

LOOPBACK = {"127.0.0.1", "::1", "localhost", "testclient"}
#: how many deliveries a replay lets wait before it takes more history
BACKLOG = 2000

Endpoint = Callable[["Sandbox", Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def run(request: Request) -> Response:
        if request.client is not None and request.client.host not in LOOPBACK:
            return JSONResponse({"error": "The controls answer on this machine only."}, 403)
        try:
            return await endpoint(request.app, request)
        except (KeyError, ValueError, BadHistory) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return run


async def said(request: Request) -> dict[str, Any]:
    body = await request.body()
    found = json.loads(body) if body else {}
    if not isinstance(found, dict):
        raise ValueError("send a JSON object")
    return found


async def _state(sandbox: "Sandbox", _request: Request) -> Response:
    shop, deliveries = sandbox.shop, sandbox.deliveries
    return JSONResponse(
        {
            "orders": len(shop.orders),
            "customers": sum(not user.is_staff for user in shop.users.values()),
            "customer_metadata": dict(Counter(key for user in shop.users.values() for key in user.public_meta)),
            "checkouts": len(shop.checkouts),
            "products": len(shop.products),
            "vouchers": len(shop.vouchers),
            "codes": len(shop.codes),
            "pages": len(shop.pages),
            "problems": sum(len(app.own_problems) for app in shop.apps.values()),
            "apps": [
                {"id": app.id, "name": app.name, "isActive": app.is_active, "appUrl": app.text("appUrl")}
                for app in shop.apps.values()
            ],
            "installations": [
                {"id": each.id, "status": each.status, "message": each.message} for each in shop.installations.values()
            ],
            "statuses": dict(Counter(order.status for order in shop.orders.values())),
            "deliveries": {
                "pending": deliveries.pending,
                "ok": deliveries.counts["SUCCESS"],
                "failed": deliveries.counts["FAILED"],
                "attempts": deliveries.counts["attempts"],
            },
            "sync_requests": sandbox.shipping.asked,
            "faults": len(sandbox.faults.waiting),
        }
    )


async def _vouchers(sandbox: "Sandbox", _request: Request) -> Response:
    rows = [
        {
            "code": code.code,
            "id": code.id,
            "used": code.used,
            "isActive": code.is_active,
            "voucher": {
                "id": voucher.id,
                "name": voucher.name,
                "type": voucher.type,
                "discountValueType": voucher.discount_value_type,
                "singleUse": voucher.single_use,
                "startDate": voucher.start_date.isoformat(),
                "endDate": voucher.end_date.isoformat() if voucher.end_date else None,
                "metadata": voucher.public_meta,
                "channels": {
                    listing.channel.slug: {
                        "value": str(listing.amount),
                        "minimum": None if listing.minimum is None else str(listing.minimum),
                        "currency": listing.currency,
                    }
                    for listing in voucher.channel_listings
                },
            },
        }
        for voucher in sandbox.shop.vouchers.values()
        for code in voucher.own_codes.values()
    ]
    return JSONResponse(rows)


async def _deliveries(sandbox: "Sandbox", request: Request) -> Response:
    status, event = request.query_params.get("status"), request.query_params.get("event")
    rows = [
        {
            "event": each.event.name,
            "webhook": each.webhook.name,
            "status": each.status,
            "attempts": each.attempts,
            "answers": each.answers,
            "issuedAt": each.event.issued_at.isoformat(),
        }
        for each in sandbox.deliveries.log
        if status in (None, each.status) and event in (None, each.event.name)
    ]
    return JSONResponse(rows)


async def _faults(sandbox: "Sandbox", request: Request) -> Response:
    sandbox.faults.waiting += [read_fault(each) for each in (await said(request)).get("graphql") or []]
    return JSONResponse({"faults": len(sandbox.faults.waiting)})


async def _no_faults(sandbox: "Sandbox", _request: Request) -> Response:
    sandbox.faults.waiting.clear()
    return JSONResponse({"faults": 0})


async def _manner(sandbox: "Sandbox", request: Request) -> Response:
    given, manner = await said(request), sandbox.deliveries.manner
    manner.duplicate = float(given.get("duplicate", manner.duplicate))
    manner.shuffle = bool(given.get("shuffle", manner.shuffle))
    manner.paused = bool(given.get("paused", manner.paused))
    manner.retry_factor = float(given.get("retry_factor", manner.retry_factor))
    sandbox.deliveries.set_concurrency(max(1, int(given.get("concurrency", manner.concurrency))))
    return JSONResponse({name: getattr(manner, name) for name in type(manner).__dataclass_fields__})


async def _redeliver(sandbox: "Sandbox", _request: Request) -> Response:
    return JSONResponse({"redelivered": sandbox.deliveries.redeliver()})


async def _settle(sandbox: "Sandbox", request: Request) -> Response:
    seconds = float((await said(request)).get("timeout", 60))
    try:
        async with asyncio.timeout(seconds):
            await sandbox.installed()
            await sandbox.deliveries.settled()
    except TimeoutError:
        return JSONResponse({"settled": False, "pending": sandbox.deliveries.pending}, 503)
    return JSONResponse({"settled": True, "pending": 0})


async def _history(sandbox: "Sandbox", request: Request) -> Response:
    """JSON lines; `?event=ORDER_CONFIRMED` chooses the one event of each order, `none` tells nobody."""
    event: str | None = request.query_params.get("event", "ORDER_CREATED")
    if event == "none":
        event = None
    elif event not in ASYNC_PERMISSIONS:
        raise ValueError(f"no event {event!r}")
    orders = lines = 0
    for number, line in enumerate((await request.body()).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            orders += take(sandbox.shop, json.loads(line), event)
        except (BadHistory, ValueError) as error:
            raise BadHistory(f"line {number}: {error} ({orders} orders before it were taken)") from error
        lines += 1
        await sandbox.deliveries.settled(BACKLOG)
    if request.query_params.get("wait"):
        await sandbox.deliveries.settled()
    return JSONResponse({"lines": lines, "orders": orders, "pending": sandbox.deliveries.pending})


async def _emit(sandbox: "Sandbox", request: Request) -> Response:
    """Any event for an object of the shop, for those that nothing else here brings about."""
    given, shop = await said(request), sandbox.shop
    event, id_ = given["event"], given["id"]
    if event not in ASYNC_PERMISSIONS:
        raise ValueError(f"no event {event!r}")
    places: list[tuple[str, dict[str, Any]]] = [
        ("order", shop.orders), ("fulfillment", shop.fulfillments), ("user", shop.users), ("checkout", shop.checkouts),
        ("voucher", shop.vouchers), ("giftCard", shop.gift_cards), ("productVariant", shop.variants), ("app", shop.apps),
    ]  # fmt: skip
    name, found = next(((name, place[id_]) for name, place in places if id_ in place), ("", None))
    if found is None:
        raise ValueError(f"no object {id_!r}")
    body = {name: found, **({"order": found.order} if name == "fulfillment" else {})}
    if event == "ORDER_EXPIRED":
        found.status = "EXPIRED"
    shop.emit(event, None, **body)
    return JSONResponse({"event": event, "id": id_})


async def _accounts(sandbox: "Sandbox", request: Request) -> Response:
    """What a shopper does to their own account: `delete`, or `change_email` to `new_email`."""
    given, shop = await said(request), sandbox.shop
    user = shop.users_by_email[given["email"].lower()]
    if given["action"] == "delete":
        remove_user(shop, user)
        shop.emit("ACCOUNT_DELETED", user, user=user)
    elif given["action"] == "change_email":
        change_email(shop, user, given["new_email"])
        user.updated_at = shop.now()
        shop.emit("ACCOUNT_EMAIL_CHANGED", user, user=user, newEmail=user.email)
    else:
        raise ValueError("action must be delete or change_email")
    return JSONResponse({"id": user.id, "email": user.email})


async def _settings(sandbox: "Sandbox", request: Request) -> Response:
    given = await said(request)
    if "confirm_by_email" in given:
        sandbox.shop.confirm_by_email = bool(given["confirm_by_email"])
    if "rate_limit" in given:
        sandbox.rate.per_minute = int(given["rate_limit"])
    return JSONResponse({"confirm_by_email": sandbox.shop.confirm_by_email, "rate_limit": sandbox.rate.per_minute})


def control_routes() -> list[BaseRoute]:
    table: list[tuple[str, str, Endpoint]] = [
        ("GET", "/sandbox/state", _state),
        ("GET", "/sandbox/vouchers", _vouchers),
        ("GET", "/sandbox/deliveries", _deliveries),
        ("POST", "/sandbox/faults", _faults),
        ("DELETE", "/sandbox/faults", _no_faults),
        ("POST", "/sandbox/delivery", _manner),
        ("POST", "/sandbox/redeliver", _redeliver),
        ("POST", "/sandbox/settle", _settle),
        ("POST", "/sandbox/history", _history),
        ("POST", "/sandbox/emit", _emit),
        ("POST", "/sandbox/accounts", _accounts),
        ("POST", "/sandbox/settings", _settings),
        *PEOPLE_ROUTES,
    ]
    return [Route(path, guarded(endpoint), methods=[method]) for method, path, endpoint in table]
