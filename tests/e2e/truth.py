"""What the sandbox holds against what the app holds: every sentence that comes out of here is a failure."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from plugin.demo.check import everyone_asked
from plugin.domain.customer import fold
from plugin.domain.ledger import NOT_COUNTING
from plugin.errors import TryLater
from plugin.store import customers, ledger, schema
from plugin.store.database import Database
from tests.e2e.processes import wait_until
from tests.e2e.sandbox import Sandbox

ORDER = (
    "id number status created updatedAt userEmail user { id } total { gross { amount currency } }"
    " totalRefunded { amount } fulfillments { id status } lines { id }"
)
ACCOUNT = "id email metadata { key value }"
BANNER, THRESHOLD = "retention.banner", "retention.free_shipping"
UNDONE = ("open", "leased", "failed")


@dataclass(frozen=True)
class Truth:
    """The sandbox's own, read when all is quiet."""

    orders: Mapping[str, Mapping[str, Any]]
    #: Saleor's id → metadata.
    accounts: Mapping[str, Mapping[str, str]]
    #: code → voucher's id, once for each voucher that has it.
    codes: Sequence[tuple[str, str]]
    #: Voucher's id → name.
    vouchers: Mapping[str, str]
    #: (Saleor's id, e-mail).
    deleted: Sequence[tuple[str, str]]


def read(sandbox: Sandbox, deleted: Sequence[tuple[str, str]] = ()) -> Truth:
    return Truth(
        {order["id"]: order for order in sandbox.pages("orders", ORDER)},
        {
            user["id"]: {item["key"]: item["value"] for item in user["metadata"]}
            for user in sandbox.pages("customers", ACCOUNT)
        },
        [(row["code"], row["voucher"]["id"]) for row in sandbox.look("vouchers")],
        {voucher["id"]: voucher["name"] for voucher in sandbox.pages("vouchers", "id name")},
        deleted,
    )


def problems(truth: Truth, database: Database, shop_id: int = 1) -> list[str]:
    with database.read() as connection:
        return [
            *_orders(connection, shop_id, truth),
            *_customers(connection, shop_id, truth),
            *_decisions(connection, shop_id),
            *_codes(connection, shop_id, truth),
            *_banners(connection, shop_id, truth),
            *_left_over(connection, shop_id),
            *_erased(connection, shop_id, truth),
        ]


def _orders(connection: Connection, shop_id: int, truth: Truth) -> Iterator[str]:
    """Lost: in the shop and not in the ledger. Each is there once by its key; its version must be the newest."""
    gone = {email for _, email in truth.deleted}
    wanted = {id_: order for id_, order in truth.orders.items() if order["userEmail"] not in gone}
    rows = {row.order_id: row for row in connection.execute(_of(schema.orders, shop_id))}
    lines = Counter(connection.execute(_of(schema.order_lines, shop_id, "order_id")).scalars())
    parcels = {row.fulfilment_id: row.status for row in connection.execute(_of(schema.fulfilments, shop_id))}
    yield from (f"lost: order {id_}" for id_ in wanted.keys() - rows.keys())
    yield from (f"unwanted: order {id_}" for id_ in rows.keys() - wanted.keys())
    for id_ in wanted.keys() & rows.keys():
        order, row = wanted[id_], rows[id_]
        said = (order["status"], *_money(order), datetime.fromisoformat(order["updatedAt"]), order["userEmail"].lower())
        kept = (row.status, row.total, row.refunded, row.updated_at, row.email)
        if said != kept:
            yield f"order {id_} is {kept}, not {said}"
        if lines[id_] != len(order["lines"]):
            yield f"order {id_} has {lines[id_]} lines, not {len(order['lines'])}"
        for parcel in order["fulfillments"]:
            if parcels.get(parcel["id"]) != parcel["status"]:
                yield f"parcel {parcel['id']} is {parcels.get(parcel['id'])}, not {parcel['status']}"


def _customers(connection: Connection, shop_id: int, truth: Truth) -> Iterator[str]:
    """Applied twice: a state that is more than the orders add up to, by our own fold or by the shop's count."""
    counted: dict[str, list[Mapping[str, Any]]] = {}
    for order in truth.orders.values():
        if order["status"] not in NOT_COUNTING:
            counted.setdefault(order["user"]["id"] if order["user"] else order["userEmail"].lower(), []).append(order)
    seen = set()
    for row in connection.execute(_of(schema.customers, shop_id)).all():
        name = row.user_id or row.email
        seen.add(name)
        history = fold(ledger.purchases(connection, shop_id, row.id), UTC)
        kept = (row.orders, row.purchase_days, row.first_at, row.last_at, row.last_order_id)
        folded = (history.orders, history.purchase_days, history.first_at, history.last_at, history.last_order_id)
        spent = {currency: Decimal(amount) for currency, amount in row.spent.items()}
        if kept != folded or spent != history.spent:
            yield f"customer {name} is {kept} {spent}, but the orders add up to {folded} {history.spent}"
        theirs = counted.get(name, [])
        worth = sum((total - refunded for total, refunded in map(_money, theirs)), Decimal(0))
        if row.orders != len(theirs) or spent.get("USD", Decimal(0)) != worth:
            yield f"customer {name} has {row.orders} orders worth {spent}, the shop counts {len(theirs)} worth {worth}"
    gone = {email for _, email in truth.deleted}
    yield from (f"customer {name} is missing" for name in counted.keys() - seen - gone)


def _decisions(connection: Connection, shop_id: int) -> Iterator[str]:
    given = Counter(
        (row.campaign_id, row.customer_id, row.episode)
        for row in connection.execute(_of(schema.decisions, shop_id))
        if row.outcome == "given"
    )
    yield from (f"given {times} times: {which}" for which, times in given.items() if times > 1)


def _codes(connection: Connection, shop_id: int, truth: Truth) -> Iterator[str]:
    rows = connection.execute(_of(schema.codes, shop_id)).all()
    issued = {row.code for row in rows if row.status in {"issued", "redeemed"}}
    there = Counter(code for code, _ in truth.codes)
    yield from (f"code {code} is issued and not in the shop" for code in issued - there.keys())
    for code in there.keys() - issued:
        known = next((row.status for row in rows if row.code == code), "unknown")
        yield f"code {code} is in the shop and {known} here"
    yield from (f"code {code} is in {times} vouchers" for code, times in there.items() if times > 1)
    held = Counter(row.customer_id for row in rows if row.status in {"issued", "redeemed"})
    yield from (f"customer {id_} has {times} codes" for id_, times in held.items() if times > 1)
    names = Counter(truth.vouchers.values())
    yield from (f"voucher twice: {name}" for name, times in names.items() if times > 1)
    made = {row.voucher_id for row in connection.execute(_of(schema.vouchers, shop_id)) if row.status == "made"}
    if made != set(truth.vouchers):
        yield f"vouchers made: {made}, in the shop: {set(truth.vouchers)}"


def _banners(connection: Connection, shop_id: int, truth: Truth) -> Iterator[str]:
    """A code's banner is shown, unless it was withdrawn before it could be; and no other is."""
    users = {row.id: row.user_id for row in connection.execute(_of(schema.customers, shop_id))}
    statuses = {row.key: row.status for row in connection.execute(_of(schema.effects, shop_id))}
    wanted = {
        users.get(row.customer_id): row.code
        for row in connection.execute(_of(schema.codes, shop_id))
        if row.status == "issued" and statuses.get(f"banner:{row.decision_id}") == "done"
    }
    shown = {id_: json.loads(data[BANNER])["code"] for id_, data in truth.accounts.items() if BANNER in data}
    for user_id in wanted.keys() | shown.keys():
        if wanted.get(user_id) != shown.get(str(user_id)):
            yield f"account {user_id} is shown {shown.get(str(user_id))}, not {wanted.get(user_id)}"
    for row in connection.execute(_of(schema.customers, shop_id)):
        if row.user_id is None:
            continue
        promised = row.shown.get("free_shipping", {}).get("data")
        said = truth.accounts.get(row.user_id, {}).get(THRESHOLD)
        if promised != (None if said is None else {"channels": json.loads(said)["channels"]}):
            yield f"account {row.user_id} is promised {promised} and shown {said}"


def _left_over(connection: Connection, shop_id: int) -> Iterator[str]:
    now = datetime.now(UTC)
    for row in connection.execute(_of(schema.effects, shop_id)):
        if row.status in {"dead", "leased"} or (row.status in UNDONE and row.due_at <= now):
            yield f"effect {row.key} is {row.status}: {row.error}"
    for row in connection.execute(_of(schema.inbox, shop_id)):
        if row.status != "done" or row.body:
            yield f"inbox row {row.id} ({row.event}) is {row.status} with {len(row.body)} bytes: {row.error}"


def _erased(connection: Connection, shop_id: int, truth: Truth) -> Iterator[str]:
    """Nothing names them, and nothing hangs on a customer who is not there."""
    names = {name for pair in truth.deleted for name in pair}
    for table in (schema.customers, schema.orders, schema.checkouts):
        for row in connection.execute(_of(table, shop_id)):
            if {row.user_id, row.email} & names:
                yield f"{table.name} names {row.user_id} {row.email}, who is deleted"
    alive = set(connection.execute(_of(schema.customers, shop_id, "id")).scalars())
    for table in (schema.orders, schema.effects, schema.decisions, schema.codes, schema.arms):
        whose = set(connection.execute(_of(table, shop_id, "customer_id")).scalars()) - {None}
        yield from (f"{table.name} has rows of customer {id_}, who is not there" for id_ in whose - alive)


def _of(table: Any, shop_id: int, column: str | None = None) -> Any:
    return select(table if column is None else table.c[column]).where(table.c.shop_id == shop_id)


def _money(order: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    return Decimal(str(order["total"]["gross"]["amount"])), Decimal(str(order["totalRefunded"]["amount"]))


def wait_quiet(sandbox: Sandbox, database: Database, seconds: float = 120, shop_id: int = 1) -> None:
    """Every webhook acknowledged and worked off, and everything delivered."""
    for _ in range(2):  # what is delivered makes webhooks, too
        sandbox.settle(seconds)
        wait_until(lambda: quiet(database, shop_id), seconds, "all is quiet", every=0.5)


def quiet(database: Database, shop_id: int) -> bool:
    """Nothing waits in the inbox, nobody is left to ask about, and no effect is left but banners that end one day.

    A database in use is not quiet. Pauses between attempts grow to an hour; here they are cut short, as if that
    hour had passed.
    """
    now = datetime.now(UTC)
    of_shop = schema.effects.c.shop_id == shop_id
    failed = schema.effects.c.status == "failed"
    inbox = select(func.count()).where(schema.inbox.c.shop_id == shop_id, schema.inbox.c.status == "open")
    undone = select(func.count()).where(of_shop, schema.effects.c.status.in_(UNDONE), schema.effects.c.kind != "clear")
    try:
        with database.read() as connection:
            # In this order: each makes what comes after it.
            if (
                not connection.execute(inbox).scalar_one()
                and not customers.any_due(connection, shop_id, now)
                and everyone_asked(connection, shop_id, now)
                and not connection.execute(undone).scalar_one()
            ):
                return True
        with database.write() as connection:
            connection.execute(update(schema.effects).where(of_shop, failed).values(due_at=now))
    except TryLater:
        pass
    return False
