"""SHIPPING_LIST_METHODS_FOR_CHECKOUT: a shopper waits for this answer.

A free method for exactly the signed-in customers' checkouts that have earned it. Whatever goes wrong,
the answer is that there is none: the checkout goes on with the shop's own rates.
"""

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from plugin import metrics
from plugin.domain.free_shipping import Excluded, progress
from plugin.domain.money import Money
from plugin.errors import Rejected, RetentionError, TryLater
from plugin.flow.fronts import Front, Fronts
from plugin.flow.house import House
from plugin.flow.thresholds import personal_threshold
from plugin.saleor.baskets import basket_total
from webhooks.answers import say, say_error
from webhooks.door import Door, Gone, Knock

log = structlog.get_logger(__name__)

EVENT = "shipping_list_methods_for_checkout"
ADDRESS = "/api/webhooks/shipping"
METHOD_ID = "free-shipping"
#: After so long the answer is that there is none: Saleor itself would wait for eighteen seconds.
SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Basket:
    """What is believed of a checkout: what Saleor says, nothing that a shopper writes."""

    user_id: str
    channel: str
    #: Of what counts, after all discounts.
    net: Decimal
    gross: Decimal
    currency: str
    #: This checkout's prices are shown with tax; None where Saleor does not say.
    shown_gross: bool | None
    #: Where to, by its code; None while no address is given.
    country: str | None
    #: The shop has a rate of its own for this checkout, so it ships to where it goes.
    shipped: bool


class Shipping:
    """An ASGI endpoint."""

    def __init__(self, house: House, door: Door, fronts: Fronts, seconds: float = SECONDS) -> None:
        self._house = house
        self._door = door
        self._fronts = fronts
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                methods = await self._methods(await self._door.verified(scope, receive))
        except Gone:
            return
        except (TimeoutError, TryLater) as error:
            methods = _missed(str(error) or "There was no answer in time.")
        except RetentionError as error:
            log.warning("shipping_not_asked", reason=str(error))
            await say_error(send, error)
            return
        else:
            metrics.shipping_answers.labels("free" if methods else "none").inc()
        await say(send, 200, methods)

    async def _methods(self, knock: Knock) -> list[dict[str, Any]]:
        if knock.event != EVENT:
            raise Rejected(f"This address answers {EVENT} only.")
        front = await self._fronts.named(knock.shop.api_url)
        excluded = Excluded() if front is None else front.rules.excluded(self._house.clock())
        try:
            basket = read_basket(knock.body, excluded)
        except Rejected:
            metrics.shipping_answers.labels("miss").inc()
            raise
        if basket is None or not basket.shipped or front is None or not front.offers:
            return []
        return await self._earned(front, basket)

    async def _earned(self, front: Front, basket: Basket) -> list[dict[str, Any]]:
        channel = front.channels.get(basket.channel)
        if channel is None or channel.currency != basket.currency:
            return []
        customer = await self._fronts.customer(front, basket.user_id)
        now = self._house.clock()
        threshold = personal_threshold(front.rules, customer, channel, now, basket.country)
        gross = channel.gross if basket.shown_gross is None else basket.shown_gross
        subtotal = Money(basket.gross if gross else basket.net, basket.currency)
        if threshold is None or not progress(subtotal, threshold.money).earned:
            return []
        return [{"id": METHOD_ID, "name": front.rules.words(now).method, "amount": 0, "currency": basket.currency}]


def read_basket(body: bytes, excluded: Excluded) -> Basket | None:
    """The checkout of a signed-in customer; None for a guest's. Raises `Rejected` for what cannot be read."""
    try:
        said = json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
        checkout = said["checkout"]
        if checkout["user"] is None:
            return None
        total = basket_total(checkout, excluded)
        shown_gross = checkout.get("displayGrossPrices")
        return Basket(
            user_id=str(checkout["user"]["id"]),
            channel=str(checkout["channel"]["slug"]),
            net=total.net,
            gross=total.gross,
            currency=str(checkout["channel"]["currencyCode"]),
            shown_gross=shown_gross if isinstance(shown_gross, bool) else None,
            country=str(address["country"]["code"]) if (address := checkout.get("shippingAddress")) else None,
            shipped=said.get("shippingMethods") != [],
        )
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Rejected(f"The checkout in this webhook is not understood: {error!r}.") from error


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} is not an amount")


def _missed(reason: str) -> list[dict[str, Any]]:
    log.warning("shipping_answer_missed", reason=reason)
    metrics.shipping_answers.labels("miss").inc()
    return []


def routes(house: House, door: Door, fronts: Fronts, seconds: float = SECONDS) -> list[BaseRoute]:
    """Before `webhooks.routes.routes`, whose pattern would take this address too."""
    return [Route(ADDRESS, Shipping(house, door, fronts, seconds), methods=["POST"])]
