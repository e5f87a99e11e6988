"""The tenants: one row for each Saleor API URL that installed the app."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, bindparam, case, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_table

from plugin.domain.churn import Outlook, Rhythm
from plugin.domain.guardrails import Guardrails, read_guardrails, write_guardrails
from plugin.domain.phrases import read_stored, stored
from plugin.domain.prediction import Model, from_json, to_json
from plugin.domain.sending import Sending, read_sending, write_sending
from plugin.domain.stages import Limits
from plugin.domain.voices import Voice
from plugin.errors import NotFound
from plugin.store.schema import guardrail_versions, shops
from plugin.store.statements import insert


class ShopStatus(StrEnum):
    ACTIVE = "active"
    #: Switched off by the merchant; it takes up where it left off when switched on.
    DEACTIVATED = "deactivated"
    #: Erased at `erase_at`, unless it is installed again before.
    UNINSTALLED = "uninstalled"
    #: Saleor does not take our token any more.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Shop:
    shop_id: int
    api_url: str
    #: Saleor's id of this app there; a reinstall makes a new one.
    app_id: str
    #: Encrypted by `plugin.secrets`.
    token: str
    jwks: Mapping[str, Any]
    status: ShopStatus
    status_since: datetime
    erase_at: datetime | None
    name: str
    saleor_version: str
    time_zone: str
    stopped: bool
    rhythm: Rhythm
    #: When rhythm and model were learnt.
    rhythm_at: datetime | None
    #: By currency: what the top fifth of its spenders has spent at least.
    high_value: Mapping[str, Decimal]
    model: Model | None
    limits: Limits
    guardrails: Guardrails
    rest_until: datetime | None
    origins: tuple[str, ...]
    #: Encrypted by `plugin.secrets`.
    pepper: str
    installed_at: datetime
    #: When the newest event about this app itself was issued.
    heard_at: datetime | None = None
    #: The storefront's fixed test shoppers may ask.
    test_mode: bool = False
    #: Currency → what sending one order costs the shop; empty where nobody has said.
    shipping_costs: Mapping[str, Decimal] = field(default_factory=dict)
    #: In which voice texts are written; None where nobody has said.
    voice: Voice | None = None
    #: When the first questions were answered, or put aside.
    asked_at: datetime | None = None
    sending: Sending = Sending()

    @property
    def active(self) -> bool:
        return self.status is ShopStatus.ACTIVE

    def rests(self, now: datetime) -> bool:
        """Nobody calls its platform now."""
        return not self.active or self.stopped or (self.rest_until is not None and self.rest_until > now)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def outlook(self) -> Outlook:
        return Outlook(self.rhythm, self.model, self.limits)


_ONE = select(shops).where(shops.c.id == bindparam("shop"))
_ONE_HELD = _ONE.with_for_update(key_share=True)


def get(conn: Connection, shop_id: int) -> Shop:
    return _found(conn, shop_id, _ONE)


def hold(conn: Connection, shop_id: int) -> Shop:
    """As `get`, held until the transaction's end: for whoever may decide, or write what gifts cost.

    It comes before any customer is locked, so that nobody waits in a circle.
    """
    return _found(conn, shop_id, _ONE_HELD)


def find(conn: Connection, api_url: str) -> Shop | None:
    row = conn.execute(select(shops).where(shops.c.api_url == api_url)).mappings().one_or_none()
    return None if row is None else _shop(row)


def everyone(conn: Connection) -> list[Shop]:
    return [_shop(row) for row in conn.execute(_by_id()).mappings()]


def active(conn: Connection) -> list[Shop]:
    query = _by_id().where(shops.c.status == ShopStatus.ACTIVE)
    return [_shop(row) for row in conn.execute(query).mappings()]


def due_for_erasure(conn: Connection, now: datetime) -> list[Shop]:
    query = _by_id().where(shops.c.status == ShopStatus.UNINSTALLED, shops.c.erase_at <= now)
    return [_shop(row) for row in conn.execute(query).mappings()]


def install(
    conn: Connection,
    *,
    api_url: str,
    app_id: str,
    token: str,
    jwks: Mapping[str, Any],
    name: str,
    saleor_version: str,
    pepper: str,
    now: datetime,
) -> int:
    """A new shop, or the same one again: then its data, pepper and settings stay as they were."""
    values = {
        "app_id": app_id,
        "token": token,
        "jwks": dict(jwks),
        "status": ShopStatus.ACTIVE.value,
        "status_since": now,
        "erase_at": None,
        "rest_until": None,
        "heard_at": None,
        "name": name,
        "saleor_version": saleor_version,
        "installed_at": now,
    }
    first = insert(conn, shops).values(
        **values,
        api_url=api_url,
        pepper=pepper,
        rhythm=asdict(Rhythm()),
        high_value={},
        limits={},
        guardrails={},
        sending={},
        origins=[],
        time_zone="UTC",
        stopped=False,
    )
    statement = first.on_conflict_do_update(index_elements=["api_url"], set_=values).returning(shops.c.id)
    return int(conn.execute(statement).scalar_one())


def set_status(
    conn: Connection, shop_id: int, status: ShopStatus, now: datetime, erase_at: datetime | None = None
) -> None:
    """`status_since` moves only when the status does."""
    since = case((shops.c.status == status, shops.c.status_since), else_=now)
    _change(conn, shop_id, status=status.value, status_since=since, erase_at=erase_at)


def hear(conn: Connection, shop_id: int, issued_at: datetime) -> None:
    _change(conn, shop_id, heard_at=issued_at)


def save_jwks(conn: Connection, shop_id: int, jwks: Mapping[str, Any]) -> None:
    _change(conn, shop_id, jwks=dict(jwks))


def save_token(conn: Connection, shop_id: int, token: str) -> None:
    """The same token, encrypted with another key."""
    _change(conn, shop_id, token=token)


def save_pepper(conn: Connection, shop_id: int, pepper: str) -> None:
    """The same pepper, encrypted with another key."""
    _change(conn, shop_id, pepper=pepper)


def save_learnt(
    conn: Connection, shop_id: int, rhythm: Rhythm, model: Model | None, learnt_at: datetime | None
) -> None:
    written = None if model is None else {**to_json(model), "reason": stored(model.reason)}
    _change(conn, shop_id, rhythm=asdict(rhythm), model=written, rhythm_at=learnt_at)


def save_high_value(conn: Connection, shop_id: int, high_value: Mapping[str, Decimal]) -> None:
    _change(conn, shop_id, high_value={currency: str(level) for currency, level in high_value.items()})


def set_limits(conn: Connection, shop_id: int, limits: Limits) -> None:
    _change(conn, shop_id, limits=asdict(limits))


def set_guardrails(conn: Connection, shop_id: int, rules: Guardrails, who: str, now: datetime) -> None:
    """From the next decision on; who and when are kept."""
    said = write_guardrails(rules)
    _change(conn, shop_id, guardrails=said)
    version = guardrail_versions.insert().values(shop_id=shop_id, guardrails=said, edited_by=who, edited_at=now)
    conn.execute(version)


def set_basics(
    conn: Connection, shop_id: int, shipping_costs: Mapping[str, Decimal], voice: Voice | None, now: datetime
) -> None:
    """The answers to the first questions, but for the margin, which is a guardrail."""
    said = {currency: str(amount) for currency, amount in shipping_costs.items()}
    _change(conn, shop_id, shipping_costs=said, voice=voice and voice.value, asked_at=now)


def set_sending(conn: Connection, shop_id: int, sending: Sending) -> None:
    _change(conn, shop_id, sending=write_sending(sending))


def set_stopped(conn: Connection, shop_id: int, stopped: bool) -> None:
    _change(conn, shop_id, stopped=stopped)


def set_test_mode(conn: Connection, shop_id: int, on: bool) -> None:
    _change(conn, shop_id, test_mode=on)


def rest(conn: Connection, shop_id: int, until: datetime | None) -> None:
    _change(conn, shop_id, rest_until=until)


def set_origins(conn: Connection, shop_id: int, origins: Sequence[str]) -> None:
    _change(conn, shop_id, origins=list(origins))


def learn_again(conn: Connection, shop_id: int) -> None:
    """With the next chance, and so everybody is measured again."""
    _change(conn, shop_id, rhythm_at=None)


def set_time_zone(conn: Connection, shop_id: int, time_zone: str) -> None:
    _change(conn, shop_id, time_zone=time_zone)


def delete(conn: Connection, shop_id: int) -> None:
    """The shop and every row of it."""
    if conn.execute(delete_from(shops).where(shops.c.id == shop_id)).rowcount == 0:
        raise NotFound(f"There is no shop {shop_id}.")


def _change(conn: Connection, shop_id: int, **values: Any) -> None:
    if conn.execute(update_table(shops).where(shops.c.id == shop_id).values(values)).rowcount == 0:
        raise NotFound(f"There is no shop {shop_id}.")


def _found(conn: Connection, shop_id: int, query: Select[Any]) -> Shop:
    row = conn.execute(query, {"shop": shop_id}).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no shop {shop_id}.")
    return _shop(row)


def _by_id() -> Select[Any]:
    return select(shops).order_by(shops.c.id)


def _model(said: Mapping[str, Any]) -> Model:
    return from_json({**said, "reason": read_stored(said["reason"])})


def _shop(row: RowMapping) -> Shop:
    values = dict(row)
    values["shop_id"] = values.pop("id")
    values["status"] = ShopStatus(values["status"])
    values["rhythm"] = Rhythm(**values["rhythm"])
    values["high_value"] = read_high_value(values["high_value"])
    values["model"] = None if values["model"] is None else _model(values["model"])
    values["limits"] = Limits(**values["limits"])
    values["guardrails"] = read_guardrails(values["guardrails"])
    values["sending"] = read_sending(values["sending"])
    values["origins"] = tuple(values["origins"])
    values["shipping_costs"] = read_high_value(values["shipping_costs"] or {})
    values["voice"] = values["voice"] and Voice(values["voice"])
    return Shop(**values)


def read_high_value(stored: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(level) for currency, level in stored.items()}
