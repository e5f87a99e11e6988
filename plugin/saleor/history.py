"""Orders and accounts that are at the shop already, page by page, as the values that webhooks bring.

Pages are sorted by a moment and begin after a cursor that holds it, so that what comes or goes meanwhile
shifts nothing. Draft orders are not among `orders`: Saleor keeps them apart. Members of the staff are
among `customers` only once they have bought, and then they are buyers as others are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from plugin.domain.ledger import Account, Order
from plugin.domain.phrases import phrase
from plugin.errors import TryLater, sentence_of
from plugin.saleor import payloads
from plugin.saleor.answers import ObjectFailed, ObjectRefused
from plugin.saleor.client import Saleor
from plugin.saleor.decode import account_of, order_of

#: The most that Saleor gives at once. A page of orders costs 1,000 of the 50,000 that a query may.
PAGE = 100
#: Where Saleor cannot say more objects of a page than these, it is not the objects that are broken.
FEW = 10

P = TypeVar("P", bound=BaseModel)
V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[V_co]):
    items: Sequence[V_co]
    #: Where the next page begins; None after the last.
    cursor: str | None
    #: How many there are in all, where that was asked for.
    total: int | None
    #: A sentence for each object that is not what was asked for.
    left_out: Sequence[str]

    @property
    def read(self) -> int:
        return len(self.items) + len(self.left_out)


@dataclass(frozen=True, slots=True)
class _List(Generic[P, V_co]):
    """What is walked over, and how."""

    field: str
    #: The documents that ask for whole objects, and for their names alone.
    whole: str
    names: str
    model: type[P]
    value: Callable[[P], V_co]


_ORDERS = _List("orders", "OrdersPage", "OrdersNames", payloads.Order, order_of)
_ACCOUNTS = _List("customers", "CustomersPage", "CustomersNames", payloads.User, account_of)


async def orders_page(
    saleor: Saleor, after: str | None, *, since: datetime | None = None, ids: Sequence[str] | None = None
) -> Page[Order]:
    """since: those that changed from then on, by that moment; else all, by the moment they were placed."""
    return await _walk(saleor, _ORDERS, after, since, {} if ids is None else {"ids": list(ids)})


async def accounts_page(saleor: Saleor, after: str | None, *, since: datetime | None = None) -> Page[Account]:
    return await _walk(saleor, _ACCOUNTS, after, since, {})


async def missing_accounts(saleor: Saleor, user_ids: Sequence[str]) -> list[str]:
    """Which of these (a page at most) are not among the customers any more."""
    await saleor.budget.room()
    asked = {"first": PAGE, "where": {"ids": list(user_ids)}, "by": "CREATED_AT"}
    found = _found((await saleor.call("CustomersNames", **asked))["customers"])
    there = {edge["node"]["id"] for edge in found["edges"]}
    return [user_id for user_id in user_ids if user_id not in there]


async def _walk(
    saleor: Saleor, listed: _List[P, V_co], after: str | None, since: datetime | None, where: dict[str, Any]
) -> Page[V_co]:
    if since is not None:
        where["updatedAt"] = {"gte": since.isoformat()}
    by = "CREATED_AT" if since is None else "LAST_MODIFIED_AT"
    return await _read(saleor, listed, after, {"where": where or None, "by": by})


async def _read(saleor: Saleor, listed: _List[P, V_co], after: str | None, asked: Mapping[str, Any]) -> Page[V_co]:
    """The next `PAGE`; where Saleor cannot say one of them, in parts around that one."""
    count, parts, left_out = after is None, list[Page[V_co]](), 0
    left = first = PAGE
    while left:
        await saleor.budget.room()
        try:
            data = await saleor.call(listed.whole, first=first, after=after, count=count, **asked)
            part = _page(data[listed.field], listed.model, listed.value)
        except (ObjectRefused, ObjectFailed) as error:
            if first > 1:
                first = max(1, min(error.at, first - 1))
                continue
            left_out += 1
            if left_out > FEW:
                raise
            part = await _pass_over(saleor, listed, after, asked, sentence_of(error))
        parts.append(part)
        if part.cursor is None:
            break
        left, after = left - first, part.cursor
        first = left
    return _joined(parts)


def _joined(parts: Sequence[Page[V_co]]) -> Page[V_co]:
    return Page(
        [item for part in parts for item in part.items],
        parts[-1].cursor,
        next((part.total for part in parts if part.total is not None), None),
        [sentence for part in parts for sentence in part.left_out],
    )


async def _pass_over(
    saleor: Saleor, listed: _List[P, V_co], after: str | None, asked: Mapping[str, Any], why: str
) -> Page[V_co]:
    """The next one by its name alone, left out."""
    data = await saleor.call(listed.names, first=1, after=after, **asked)
    found = _found(data[listed.field])
    return Page(
        [],
        _cursor(found),
        None,
        [phrase("{name} was left out: {why}", name=str(_named(edge["node"])), why=why) for edge in found["edges"]],
    )


def _page(given: Mapping[str, Any] | None, model: type[P], value: Callable[[P], V_co]) -> Page[V_co]:
    found = _found(given)
    items, left_out = list[V_co](), list[str]()
    for edge in found["edges"]:
        node = edge["node"]
        try:
            items.append(value(model.model_validate(node)))
        except ValidationError as error:
            left_out.append(_sentence(node, error))
    return Page(items, _cursor(found), found.get("totalCount"), left_out)


def _found(given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if given is None:
        raise TryLater(phrase("Saleor answered without the page that was asked for."))
    return given


def _cursor(found: Mapping[str, Any]) -> str | None:
    cursor: str | None = found["pageInfo"]["endCursor"]
    return cursor if found["pageInfo"]["hasNextPage"] and found["edges"] else None


def _sentence(node: Any, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole of it"
    return phrase("{name} was left out: {why}", name=str(_named(node)), why=f"{where}: {first['msg']}.")


def _named(node: Any) -> Any:
    return (node.get("number") or node.get("id")) if isinstance(node, Mapping) else node
