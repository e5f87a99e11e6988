"""How values of ours lie in a database, the same on SQLite and on PostgreSQL."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from plugin.domain.offers import Offer, read_offer, write_offer
from plugin.domain.phrases import read_stored, stored

#: An integer key that SQLite numbers by itself.
BigKey = BigInteger().with_variant(Integer(), "sqlite")


def read_json(text: str) -> Any:
    """What a column of JSON holds on SQLite: one value and nothing after it, which `json.loads` takes long to make sure of."""
    return _DECODER.raw_decode(text)[0]


_DECODER = json.JSONDecoder()


def by_code_point(length: int) -> TypeEngine[str]:
    """A text that is compared sign by sign on both databases, so that an index finds what begins with another."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which knows no zones, gets it as text without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | str | None]:
        return _moment_as_text if dialect.name == "sqlite" else _moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _text_as_moment if dialect.name == "sqlite" else _moment


@lru_cache(maxsize=1024)
def _moment(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone.")
    return value.astimezone(UTC)


@lru_cache(maxsize=1024)
def _moment_as_text(value: datetime | None) -> str | None:
    known = _moment(value)
    return None if known is None else known.replace(tzinfo=None).isoformat(" ", "microseconds")


def _text_as_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class Amount(TypeDecorator[Decimal]):
    """A Decimal as whole thousandths, the finest unit that Saleor keeps: exact, summed and compared in SQL."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value * 1000).quantize(Decimal(1), ROUND_HALF_UP))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-3)


class Sentence(TypeDecorator[str]):
    """A text for people; a phrase with what it was made of (`domain.phrases`), so that it can be said in any language."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return _stored

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        return _read_stored


def _stored(text: str | None) -> str | None:
    return None if text is None else stored(text)


def _read_stored(text: str | None) -> str | None:
    return None if text is None else read_stored(text)


class OfferText(TypeDecorator[Offer]):
    """An offer as JSON. Thousands of codes have the same one, so that neither way is gone again for each."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Offer | None, dialect: Dialect) -> str | None:
        return None if value is None else _offer_as_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Offer | None:
        return None if value is None else _text_as_offer(value)


@lru_cache(maxsize=1024)
def _offer_as_text(offer: Offer) -> str:
    return json.dumps(write_offer(offer))


@lru_cache(maxsize=1024)
def _text_as_offer(text: str) -> Offer:
    return read_offer(json.loads(text))


#: Around each name of `Names`; a name that holds it is none, and neither is an empty one.
BETWEEN_NAMES = "\n"


class Names(TypeDecorator[tuple[str, ...]]):
    """A few names as one text with a sign around each, so that one of them is looked for as a piece of the text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return BETWEEN_NAMES.join(("", *(name for name in value if name and BETWEEN_NAMES not in name), ""))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split(BETWEEN_NAMES)[1:-1])
