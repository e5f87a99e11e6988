"""What the shop said to one customer, in banners and messages: the words as they are kept, and what stood in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from plugin.domain.effects import EffectKind, EffectStatus, Slot
from plugin.domain.messages import Medium, Words
from plugin.store import codes
from plugin.store.codes import Code
from plugin.store.schema import campaigns, effects, messages


@dataclass(frozen=True, slots=True)
class Shown:
    """What was written to, or taken away from, a place of the storefront."""

    at: datetime
    key: str
    campaign: str | None
    #: None where it was taken away, empty where it is kept no longer; `{code}` and `{until}` stand for those of the
    #: code that it tells of, `{threshold}` and `{left}` for amounts of free shipping.
    text: str | None
    code: str | None = None
    until: datetime | None = None
    #: Of free shipping: market → what is shown there (domain.free_shipping.Threshold.as_data).
    thresholds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a sender took."""

    at: datetime
    key: str
    campaign: str | None
    medium: Medium
    #: In the language that it went in, with its tokens; None once the message itself is kept no longer.
    words: Words | None
    #: The tactic's own tokens.
    values: Mapping[str, str]
    #: Where it leads, as `Message.link`.
    link: str | None
    #: The code that it tells of; None where it tells of none, and where that one is kept no longer.
    code: Code | None
    #: It came back, or was complained of.
    failed: bool


def shown(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Shown]:
    """The latest up to that moment, the newest first."""
    statement = (
        select(effects, campaigns.c.name)
        .outerjoin(campaigns, campaigns.c.id == effects.c.campaign_id)
        .where(
            effects.c.shop_id == shop_id,
            effects.c.customer_id == customer_id,
            effects.c.kind.in_((EffectKind.BANNER.value, EffectKind.CLEAR.value)),
            effects.c.status == EffectStatus.DONE.value,
            effects.c.ended_at <= at,
        )
        .order_by(effects.c.ended_at.desc(), effects.c.id.desc())
        .limit(most)
    )
    rows = connection.execute(statement).all()
    known = codes.of_decisions(connection, shop_id, [one for row in rows if (one := _decision(row)) is not None])
    return [_shown(row, known.get(_decision(row) or 0)) for row in rows]


def _decision(row: Row[Any]) -> int | None:
    """Whose code it tells of. A promise about the next order is asked for by no decision, and names it in its key."""
    name, _, number = row.key.partition(":")
    if name == Slot.NEXT_ORDER and number.isdecimal():
        return int(number)
    decision: int | None = row.decision_id
    return decision


def _shown(row: Row[Any], code: Code | None) -> Shown:
    slot, text, data = row.payload.get("slot"), row.payload.get("text"), row.payload.get("data", {})
    until = None if data.get("until") is None else datetime.fromisoformat(data["until"])
    gone = row.kind == EffectKind.CLEAR.value or (slot == Slot.FREE_SHIPPING and not data)
    if slot == Slot.NEXT_ORDER:
        gone = gone or _decision(row) is None
        text = code.next_order if code is not None else None
    return Shown(
        row.ended_at,
        f"{row.id:020}",
        row.name,
        None if gone else str(text or ""),
        code.code if code is not None else data.get("code"),
        code.expires_at if code is not None else until,
        data.get("channels", {}) if slot == Slot.FREE_SHIPPING else {},
    )


def sent(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Sent]:
    """The latest up to that moment, the newest first."""
    statement = (
        select(messages, campaigns.c.name, effects.c.payload)
        .outerjoin(campaigns, campaigns.c.id == messages.c.campaign_id)
        .outerjoin(effects, effects.c.id == messages.c.effect_id)
        .where(messages.c.shop_id == shop_id, messages.c.customer_id == customer_id, messages.c.sent_at <= at)
        .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
        .limit(most)
    )
    rows = connection.execute(statement).all()
    known = codes.of_decisions(connection, shop_id, [row.decision_id for row in rows if row.decision_id is not None])
    return [_sent(row, _told_of(connection, row, known)) for row in rows]


def _told_of(connection: Connection, row: Row[Any], known: Mapping[int, Code]) -> Code | None:
    """Its own decision's code, or that of the earlier gift which it reminds of."""
    about = None if row.payload is None else row.payload.get("about")
    if about is None or row.campaign_id is None:
        return known.get(row.decision_id)
    return codes.of_episode(connection, row.shop_id, row.campaign_id, row.customer_id, about)


def _sent(row: Row[Any], code: Code | None) -> Sent:
    kept: Mapping[str, Any] = row.payload or {}
    words = Words(kept["subject"], kept["text"], kept["button"]) if kept else None
    failed = row.bounced_at is not None or row.complained_at is not None
    values, link = kept.get("values", {}), kept.get("link")
    return Sent(row.sent_at, f"{row.id:020}", row.name, Medium(row.medium), words, values, link, code, failed)
