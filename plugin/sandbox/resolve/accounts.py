"""Shoppers and staff as they register and sign in."""

import datetime as dt
from typing import Any

import jwt

from plugin.sandbox.access import Context, Resolver, refusal
from plugin.sandbox.records.people import User
from plugin.sandbox.shop import Shop

#: Saleor's own life of an access token
ACCESS_LIFETIME = dt.timedelta(minutes=5)
_SHORTEST_PASSWORD = 8


def access_token(shop: Shop, user: User, lifetime: dt.timedelta = ACCESS_LIFETIME) -> str:
    claims = {
        "iss": shop.api_url,
        "owner": "saleor",
        "token": user.id,
        "email": user.email,
        "type": "access",
        "user_id": user.id,
        "is_staff": user.is_staff,
    }
    return shop.keys.token(claims, shop.now(), lifetime)


def _token_create(
    _source: object, context: Context, email: str, password: str, audience: str | None = None
) -> dict[str, Any]:
    shop = context.shop
    user = shop.users_by_email.get(email.lower())
    if user is None or user.password is None or user.password != password or not user.is_active:
        raise refusal("email", "Please, enter valid credentials", "INVALID_CREDENTIALS")
    user.last_login = shop.now()
    if audience:
        raise refusal("audience", "The sandbox knows no audiences.", "INVALID")
    return {"token": access_token(shop, user), "user": user, "csrfToken": None, "refreshToken": None}


def _token_verify(_source: object, context: Context, token: str) -> dict[str, Any]:
    try:
        claims = context.shop.keys.read_token(token, context.shop.api_url)
    except jwt.ExpiredSignatureError:
        raise refusal("token", "Signature has expired", "JWT_SIGNATURE_EXPIRED") from None
    except jwt.PyJWTError:
        raise refusal("token", "Invalid token", "JWT_INVALID_TOKEN") from None
    return {"isValid": True, "payload": claims, "user": context.shop.users.get(claims.get("user_id", ""))}


def _register(_source: object, context: Context, input_: dict[str, Any]) -> dict[str, Any]:
    shop, email = context.shop, input_["email"].strip()
    if "@" not in email:
        raise refusal("email", "Enter a valid email address.", "INVALID")
    if len(input_["password"]) < _SHORTEST_PASSWORD:
        raise refusal("password", "This password is too short.", "PASSWORD_TOO_SHORT")
    if shop.confirm_by_email and not input_.get("redirect_url"):
        raise refusal("redirectUrl", "This field is required.", "REQUIRED")
    known = shop.users_by_email.get(email.lower())
    if known is not None and known.password is not None:
        # Saleor keeps to itself who is registered
        return {"user": None, "requiresConfirmation": shop.confirm_by_email}
    user = known or shop.add_user(email)
    user.password = input_["password"]
    user.first_name, user.last_name = input_.get("first_name") or "", input_.get("last_name") or ""
    user.language_code = input_.get("language_code") or "EN"
    user.public_meta.update({entry["key"]: entry["value"] for entry in input_.get("metadata") or []})
    if shop.confirm_by_email:
        user.is_confirmed, user.confirmation_token = False, f"confirm-{email}"
    shop.emit("CUSTOMER_CREATED", context.principal, user=user)
    return {"user": user, "requiresConfirmation": shop.confirm_by_email}


def _confirm(_source: object, context: Context, email: str, token: str, password: str | None = None) -> dict[str, Any]:
    shop = context.shop
    user = shop.users_by_email.get(email.lower())
    if user is None or user.confirmation_token is None or user.confirmation_token != token:
        raise refusal("token", "Invalid or expired token.", "INVALID")
    user.is_confirmed, user.confirmation_token, user.updated_at = True, None, shop.now()
    if password:
        user.password = password
    for order in shop.orders.values():
        # a bare UPDATE in Saleor: guest orders become theirs without an event and without a newer updatedAt
        if order.user is None and order.user_email.lower() == user.email.lower():
            order.user = user
    shop.emit("ACCOUNT_CONFIRMED", context.principal, user=user)
    return {"user": user}


MUTATIONS: dict[str, Resolver] = {
    "tokenCreate": _token_create,
    "tokenVerify": _token_verify,
    "accountRegister": _register,
    "confirmAccount": _confirm,
}
