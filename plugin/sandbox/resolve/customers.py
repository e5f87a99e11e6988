"""Customers as staff and apps see and change them."""

from typing import Any

from plugin.sandbox.access import Context, Refused, Resolver, denied, needs, not_found, refusal
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import contains, matches
from plugin.sandbox.records.apps import Permission
from plugin.sandbox.records.people import User
from plugin.sandbox.shop import Shop

_PLAIN = ["first_name", "last_name", "is_active", "is_confirmed", "note", "language_code", "external_reference"]
_READERS = {
    "email": lambda user: user.email,
    "is_active": lambda user: user.is_active,
    "date_joined": lambda user: user.date_joined,
    "updated_at": lambda user: user.updated_at,
}


def find_user(shop: Shop, id_: str | None, external_reference: str | None) -> User:
    user = shop.users.get(id_ or "")
    if user is None and external_reference:
        user = next((each for each in shop.users.values() if each.external_reference == external_reference), None)
    if user is None or user.is_staff:
        raise not_found()
    return user


def change_email(shop: Shop, user: User, email: str) -> None:
    shop.users_by_email.pop(user.email.lower(), None)
    user.email = email
    shop.users_by_email[email.lower()] = user


def _apply(shop: Shop, user: User, given: dict[str, Any]) -> None:
    for name in _PLAIN:
        if given.get(name) is not None:
            setattr(user, name, given[name])
    for name, target in (("metadata", user.public_meta), ("private_metadata", user.private_meta)):
        target.update({entry["key"]: entry["value"] for entry in given.get(name) or []})
    for name in ("default_shipping_address", "default_billing_address"):
        address = shop.address(given.get(name))
        if address is not None:
            setattr(user, name, address)
            user.addresses.append(address)
    email = given.get("email")
    if email and email.lower() != user.email.lower():
        change_email(shop, user, email)
    user.updated_at = shop.now()


def _check_email(shop: Shop, email: str | None, user: User | None) -> None:
    if email is not None and "@" not in email:
        raise refusal("email", "Enter a valid email address.", "INVALID")
    if email and shop.users_by_email.get(email.lower(), user) is not user:
        raise refusal("email", "User with this Email already exists.", "UNIQUE")


@needs("MANAGE_USERS")
def _create(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, email = context.shop, (input_.get("email") or "").strip()
    if not email:
        raise refusal("email", "This field cannot be blank.", "REQUIRED")
    _check_email(shop, email, None)
    user = shop.add_user(email)
    _apply(shop, user, input_)
    shop.emit("CUSTOMER_CREATED", context.principal, user=user)
    return {"user": user}


def _changed(context: Context, user: User, given: dict[str, Any]) -> None:
    _check_email(context.shop, given.get("email"), user)
    _apply(context.shop, user, given)
    context.shop.emit("CUSTOMER_UPDATED", context.principal, user=user)
    if given.get("metadata"):
        context.shop.emit("CUSTOMER_METADATA_UPDATED", context.principal, user=user)


@needs("MANAGE_USERS")
def _update(
    _source: object,
    context: Context,
    input_: dict[str, Any],
    id_: str | None = None,
    external_reference: str | None = None,
) -> dict[str, Any]:
    user = find_user(context.shop, id_, external_reference)
    _changed(context, user, input_)
    return {"user": user}


def _bulk_one(context: Context, number: int, entry: dict[str, Any]) -> dict[str, Any]:
    try:
        user = find_user(context.shop, entry.get("id"), entry.get("external_reference"))
        _changed(context, user, entry["input"])
    except Refused as refused:
        path = f"customers.{number}"
        return {
            "customer": None,
            "errors": [{"path": path, "message": e["message"], "code": e["code"]} for e in refused.errors],
        }
    return {"customer": user, "errors": []}


@needs("MANAGE_USERS")
def _bulk_update(
    _source: object,
    context: Context,
    customers: list[dict[str, Any]],
    error_policy: str | None = None,  # noqa: ARG001 - the sandbox always ignores failed fields' rows
) -> dict[str, Any]:
    results = [_bulk_one(context, number, entry) for number, entry in enumerate(customers)]
    errors = [error for result in results for error in result["errors"]]
    return {"count": sum(result["customer"] is not None for result in results), "results": results, "errors": errors}


def remove_user(shop: Shop, user: User) -> None:
    """Orders survive their customer, with `userEmail` intact."""
    del shop.users[user.id]
    shop.users_by_email.pop(user.email.lower(), None)
    for order in shop.orders.values():
        if order.user is user:
            order.user = None
    for checkout in shop.checkouts.values():
        if checkout.user is user:
            checkout.user = None


@needs("MANAGE_USERS")
def _delete(
    _source: object, context: Context, id_: str | None = None, external_reference: str | None = None
) -> dict[str, Any]:
    user = find_user(context.shop, id_, external_reference)
    remove_user(context.shop, user)
    context.shop.emit("CUSTOMER_DELETED", context.principal, user=user)
    return {"user": user}


@needs("MANAGE_ORDERS", "MANAGE_USERS")
def _customers(
    _source: object,
    context: Context,
    filter_: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    sort_by: dict[str, str] | None = None,
    search: str | None = None,
    **page: Any,
) -> Connection:
    given, sort = dict(filter_ or {}), sort_by or {"field": "EMAIL", "direction": "ASC"}
    text = search or given.pop("search", None)
    joined = given.pop("date_joined", None) or {}
    found = [
        user
        for user in context.shop.users.values()
        if not user.is_staff
        and contains(text, user.email, user.first_name, user.last_name)
        and matches(user, given, _READERS)
        and matches(user.date_joined.date(), {"day": joined}, {"day": lambda day: day})
        and matches(user, where, _READERS)
    ]
    keys = {
        "EMAIL": lambda user: (user.email, user.id),
        "CREATED_AT": lambda user: (user.date_joined.timestamp(), user.id),
        "LAST_MODIFIED_AT": lambda user: (user.updated_at.timestamp(), user.id),
    }
    return connection("customers", found, keys[sort["field"]], descending=sort["direction"] == "DESC", **page)


@needs("MANAGE_STAFF", "MANAGE_USERS", "MANAGE_ORDERS")
def _user(_source: object, context: Context, **by: str | None) -> User | None:
    shop = context.shop
    if by.get("id_"):
        return shop.users.get(by["id_"] or "")
    if by.get("email"):
        return shop.users_by_email.get((by["email"] or "").lower())
    reference = by.get("external_reference")
    return next((user for user in shop.users.values() if reference and user.external_reference == reference), None)


def _own_or(user: User, context: Context, *permissions: str) -> None:
    if user is not context.user and not context.permissions.intersection(permissions):
        raise denied(*permissions)


def _orders(user: User, context: Context, **page: Any) -> Connection:
    _own_or(user, context, "MANAGE_USERS", "MANAGE_ORDERS")
    page.pop("where", None)
    own = [order for order in context.shop.orders.values() if order.user is user]
    return connection("orders", own, lambda order: (order.created.timestamp(), order.id), descending=True, **page)


def _checkouts(user: User, context: Context, channel: str | None = None, **page: Any) -> Connection:
    _own_or(user, context, "MANAGE_USERS", "MANAGE_CHECKOUTS")
    own = [c for c in context.shop.checkouts.values() if c.user is user and channel in (None, c.channel.slug)]
    return connection("checkouts", own, lambda checkout: (checkout.updated_at.timestamp(), checkout.id), **page)


def _checkout_ids(user: User, context: Context, channel: str | None = None) -> list[str]:
    return [c.id for c in context.shop.checkouts.values() if c.user is user and channel in (None, c.channel.slug)]


FIELDS: dict[tuple[str, str], Resolver] = {
    ("User", "orders"): _orders,
    ("User", "checkouts"): _checkouts,
    ("User", "checkoutIds"): _checkout_ids,
    ("User", "userPermissions"): lambda user, _context: [Permission(code) for code in sorted(user.permissions)],
}
QUERIES: dict[str, Resolver] = {
    "customers": _customers,
    "user": _user,
    "me": lambda _source, context: context.user,
}
MUTATIONS: dict[str, Resolver] = {
    "customerCreate": _create,
    "customerUpdate": _update,
    "customerDelete": _delete,
    "customerBulkUpdate": _bulk_update,
}
