"""What the script asks, answered by the contract of docs/storefront.md from what a test sets; and a page to be in."""

import json
import time
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from plugin.storefront import script

ENGLISH = ("Only {left} more for free shipping.", "You have free shipping.")
TEXTS = {
    "en": ENGLISH,
    "de": ("Noch {left} bis zum kostenlosen Versand.", "Der Versand ist kostenlos."),
    "ar": ("أضف {left} للحصول على شحن مجاني.", "لديك شحن مجاني."),
}


@dataclass
class FakeApp:
    #: The currency and everyone's threshold by channel; then by e-mail.
    thresholds: dict[str, tuple[str, Decimal]] = field(
        default_factory=lambda: {"default-channel": ("USD", Decimal(60)), "channel-pln": ("PLN", Decimal(200))}
    )
    personal: dict[str, Decimal] = field(default_factory=dict)
    #: Place → content.
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: E-mail → what /banner says.
    banners: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Token of a link → what it is exchanged for.
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: With its amounts filled in, as an app does that sends no `tokens`.
    filled: bool = False
    #: Every answer is this one: the app is away, or there is something wrong with it.
    status: int = 0
    seconds: float = 0
    refused: set[str] = field(default_factory=set)
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: What was asked, in order: "path?query".
    asked: list[str] = field(default_factory=list)
    letters: list[Any] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, str | None]]:
        return [
            (event["type"], event.get("ref") or event.get("product"))
            for letter in self.letters
            for event in letter["events"]
        ]

    def questions(self, path: str) -> list[str]:
        return [asked for asked in self.asked if asked.startswith(path)]

    def app(self) -> Starlette:
        async def answer(request: Request) -> Response:
            return await self._answer(request)

        async def page(_: Request) -> Response:
            return HTMLResponse(self.html, headers=self.headers)

        return Starlette(
            routes=[
                *script.routes(),
                Route("/storefront/v1/{path}", answer, methods=["GET", "POST"]),
                Route("/page", page),
                Route("/favicon.ico", lambda _: Response(status_code=204)),
            ],
            middleware=[
                Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"], allow_headers=["authorization"])
            ],
        )

    async def _answer(self, request: Request) -> Response:
        path, body = request.path_params["path"], await request.body()
        self.asked.append(f"{path}?{request.url.query}")
        self.cookies.extend(request.headers.getlist("cookie"))
        if self.seconds:
            await run_in_threadpool(time.sleep, self.seconds)
        if self.status:
            return Response(status_code=self.status)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.refused:
            return Response(status_code=401)
        email = jwt.decode(token, options={"verify_signature": False})["email"] if token else None
        match path:
            case "free-shipping":
                said = self._free_shipping(request, email)
            case "content":
                said = {"slots": {name: self.slots[name] for name in self._wanted(request)}}
                said = said if said["slots"] else None
            case "banner":
                said = self.banners.get(email) if email else None
            case "offer":
                said = self.offers.get(json.loads(body)["token"])
                return JSONResponse(said) if said else Response(status_code=404)
            case _:
                self.letters.append(json.loads(body))
                return Response(status_code=204)
        return JSONResponse(said) if said else Response(status_code=204)

    def _wanted(self, request: Request) -> list[str]:
        return [name for name in request.query_params.getlist("slot") if name in self.slots]

    def _free_shipping(self, request: Request, email: str | None) -> dict[str, Any] | None:
        if request.query_params["channel"] not in self.thresholds:
            return None
        currency, threshold = self.thresholds[request.query_params["channel"]]
        threshold = self.personal.get(email, threshold) if email else threshold
        subtotal = Decimal(request.query_params["subtotal"])
        left = max(Decimal(0), threshold - subtotal.quantize(Decimal("0.01"), ROUND_HALF_UP))
        tokens = TEXTS.get(request.query_params["lang"].split("-")[0], ENGLISH)[left == 0]
        said = {
            "threshold": f"{threshold:.2f}",
            "currency": currency,
            "left": f"{left:.2f}",
            "share": float(min(Decimal(1), subtotal / threshold)),
            "earned": left == 0,
            "text": tokens.replace("{left}", f"{left:.2f} {currency}"),
            "personal": email in self.personal,
            "ref": "signed-bar",
        }
        return said if self.filled else {**said, "tokens": tokens}
