"""Fixed shoppers, for who builds a storefront: always the same answers, marked as a test, and nothing is written.

They exist where the operator has switched the shop's test mode on; elsewhere they are wrong tokens.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.content import Kind, Place
from plugin.domain.free_shipping import Threshold
from plugin.domain.money import Money
from plugin.domain.segments import Segment
from plugin.flow.fronts import Front
from plugin.flow.thresholds import Rules
from plugin.storefront.free_shipping import Basket, personal_offer, tell

#: What stands for a token → whom it is. No JWT has a colon.
SHOPPERS = {
    f"test:{segment.value}": segment for segment in (Segment.NEW, Segment.REGULAR, Segment.LOYAL, Segment.AT_RISK)
}
#: In the currency of whatever channel is asked about.
THRESHOLDS = {Segment.NEW: 60, Segment.REGULAR: 50, Segment.LOYAL: 30, Segment.AT_RISK: 40}
#: Names nothing: events about it are taken and dropped.
REF = "test"
BANNER = {
    "ref": REF,
    "text": "We miss you: 10% off your next order with TEST-WELCOME-BACK.",
    "code": "TEST-WELCOME-BACK",
    "until": "2099-12-31T23:00:00+00:00",
}


def free_shipping(front: Front, channel: Channel, shopper: Segment, basket: Basket, now: datetime) -> dict[str, Any]:
    money = Money(Decimal(THRESHOLDS[shopper]), channel.currency)
    told = tell(replace(front, rules=Rules()), personal_offer(Threshold(money), basket), now)
    return marked({**told, "ref": REF})


def banner(shopper: Segment) -> dict[str, Any] | None:
    return marked(BANNER) if shopper is Segment.AT_RISK else None


def content(places: Sequence[Place]) -> dict[str, Any]:
    """Every place that is asked for has something."""
    piece = {
        "ref": REF,
        "kind": Kind.STORY.value,
        "title": "Who we are",
        "text": "A text of the test mode.",
        "href": "/about",
        "link": "Read on",
        "image": None,
        "dismissible": True,
        "code": None,
        "until": None,
    }
    return marked({"slots": {place.value: {"id": f"test-{place.value}", **piece} for place in places}})


def marked(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "test": True}
