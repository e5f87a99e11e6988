"""POST /graphql/: who asks, what is refused, what is executed, what goes wrong on purpose."""

import inspect
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, execute, parse, validate
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from plugin.sandbox.access import Context
from plugin.sandbox.faults import Fault, Faults
from plugin.sandbox.limits import MAXIMUM_COST, RateLimit, cost, refuse_excess, root_fields
from plugin.sandbox.shop import Shop

#: where the ASGI scope keeps the connection, so that a fault can cut it
TRANSPORT = "sandbox.transport"


class BadToken(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _bearer(request: Request) -> str:
    given = request.headers.get("authorization-bearer") or request.headers.get("authorization", "")
    return given.removeprefix("Bearer ").removeprefix("JWT ").strip()


def context_of(shop: Shop, token: str) -> Context:
    """An opaque token is an app's; an unknown one makes its bearer nobody. A JWT is a person's."""
    if not token:
        return Context(shop)
    if token.count(".") != 2:
        app = shop.app_by_token(token)
        return Context(shop) if app is None else Context(shop, app=app, permissions=app.codes)
    try:
        claims = shop.keys.read_token(token, shop.api_url)
    except jwt.ExpiredSignatureError:
        raise BadToken("ExpiredSignatureError", "Signature has expired") from None
    except jwt.PyJWTError as error:
        raise BadToken("InvalidTokenError", f"Invalid token: {error}") from None
    user = shop.users.get(str(claims.get("user_id")))
    if user is None or not user.is_active or claims.get("type") not in {"access", "thirdparty"}:
        raise BadToken("InvalidTokenError", "Invalid token. User does not exist or is inactive.")
    codes = user.permissions
    if claims["type"] == "thirdparty":
        codes = codes.intersection(claims.get("permissions") or [])
    return Context(shop, user=user, permissions=frozenset(codes))


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """Saleor names the exception in `extensions.exception.code`."""
    said: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    code = "GraphQLError" if original is None else type(original).__name__
    given = (error.extensions or {}).get("exception") or {}
    said["extensions"] = {"exception": {"code": code, **given}}
    return said


class Api:
    """Saleor's one endpoint."""

    def __init__(self, shop: Shop, schema: GraphQLSchema, faults: Faults, rate: RateLimit) -> None:
        self.shop, self.schema, self.faults, self.rate = shop, schema, faults, rate
        self._read = lru_cache(maxsize=512)(self._parse)

    def _parse(self, query: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
        document = parse(query)
        excess = refuse_excess(document)
        return document, (excess,) if excess else tuple(validate(self.schema, document))

    async def __call__(self, request: Request) -> Response:
        if self.rate.exceeded():
            return PlainTextResponse("Too Many Requests", 429, headers={"Retry-After": "60"})
        try:
            said = json.loads(await request.body())
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("query"), str):
            wrong = (
                "Batch GraphQL requests are not enabled." if isinstance(said, list) else "Must provide a query string."
            )
            return _refused(GraphQLError(wrong), spent=0)
        try:
            document, errors = self._read(said["query"])
        except GraphQLError as error:
            return _refused(error, spent=0)
        fault = self.faults.take(root_fields(document)) if self.faults.waiting else None
        if fault is not None and not fault.after_commit:
            return await _broken(request, fault, b'{"data": {"shop": {"name": "half of an ans')
        answer = await self._answer(request, document, errors, said)
        if fault is not None:
            return await _broken(request, fault, bytes(answer.body))
        return answer

    async def _answer(
        self, request: Request, document: DocumentNode, errors: tuple[GraphQLError, ...], said: Mapping[str, Any]
    ) -> Response:
        if errors:
            return _refused(*errors, spent=0)
        variables = said.get("variables") or {}
        spent = cost(document, variables)
        if spent > MAXIMUM_COST:
            return _refused(
                GraphQLError(f"The query exceeds the maximum cost of {MAXIMUM_COST}. Actual cost: {spent}"), spent=spent
            )
        try:
            context = context_of(self.shop, _bearer(request))
        except BadToken as bad:
            return _refused(
                GraphQLError(str(bad), extensions={"exception": {"code": bad.code}}), spent=spent, status=200
            )
        running = execute(
            self.schema,
            document,
            context_value=context,
            variable_values=variables,
            operation_name=said.get("operationName"),
        )
        result = await running if inspect.isawaitable(running) else running
        return _executed(result, spent)


def _cost_of(spent: int) -> dict[str, Any]:
    return {"cost": {"requestedQueryCost": spent, "maximumAvailable": MAXIMUM_COST}}


def _executed(result: ExecutionResult, spent: int) -> JSONResponse:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    bad_request = result.data is None and result.errors and not any(error.path for error in result.errors)
    return JSONResponse({**body, "extensions": _cost_of(spent)}, 400 if bad_request else 200)


def _refused(*errors: GraphQLError, spent: int, status: int = 400) -> JSONResponse:
    return JSONResponse({"errors": [_formatted(error) for error in errors], "extensions": _cost_of(spent)}, status)


async def _broken(request: Request, fault: Fault, body: bytes) -> Response:
    if fault.status == "hang":
        while (await request.receive())["type"] != "http.disconnect":
            continue
        return Response(status_code=504)
    if fault.status == "html":
        return HTMLResponse("<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>")
    if fault.status == "half":
        return Response(body[: len(body) // 2 + 1], media_type="application/json")
    if fault.status == "reset":
        transport = request.scope.get(TRANSPORT)
        if transport is not None:
            transport.abort()
        return Response(status_code=500)
    headers = {"Retry-After": "1"} if fault.status == 429 else {}
    return PlainTextResponse("A fault that was asked for.", int(fault.status), headers=headers)
