"""A condition in SQL: the customers of whom it is true. `plugin.domain.conditions` is what it must equal.

No comparison may come to NULL, or NOT would not turn it round: a column that can be empty is asked for first.
Shares and averages are compared as products of whole numbers, never divided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from plugin.domain.conditions import AllOf, AnyOf, Bought, By, Condition, FieldTest, Named, Not, comparable
from plugin.domain.fields import Operator
from plugin.domain.stages import Activity, Limits, Step
from plugin.store.schema import customers, order_lines, orders
from plugin.store.statements import in_one_scan
from plugin.store.types import BETWEEN_NAMES

Truth: TypeAlias = ColumnElement[bool]

_C = customers.c


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a test is asked with."""

    test: FieldTest
    now: datetime
    limits: Limits


def where(condition: Condition, limits: Limits, now: datetime) -> Truth:
    """True of the rows of `customers` of whom the condition holds; names must have been resolved."""
    match condition:
        case AllOf(parts):
            return and_(true(), *(where(part, limits, now) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(where(part, limits, now) for part in parts))
        case Not(part):
            return not_(where(part, limits, now))
        case Bought():
            return _bought(condition, now)
        case FieldTest(field):
            return SAID[field](_Asked(condition, now, limits))
        case Named(segment):
            raise ValueError(f"“{segment}” has not been resolved.")


class _DaysBetween(GenericFunction[int]):
    """Days from the second date to the first."""

    type = Integer()
    inherit_cache = True


@compiles(_DaysBetween, "sqlite")
def _by_julian_day(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"


@compiles(_DaysBetween, "postgresql")
def _by_minus(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({later} - {earlier})"


_COMPARE: Mapping[Operator, Callable[[Any, Any], Truth]] = {
    Operator.IS: lambda column, value: column == value,
    Operator.IN: lambda column, value: column.in_(value),
    Operator.STARTS_WITH: lambda column, value: func.substr(column, 1, len(value)) == value,
    Operator.AT_LEAST: lambda column, value: column >= value,
    Operator.AT_MOST: lambda column, value: column <= value,
    Operator.MORE_THAN: lambda column, value: column > value,
    Operator.LESS_THAN: lambda column, value: column < value,
    Operator.BETWEEN: lambda column, ends: and_(column >= ends[0], column <= ends[1]),
    Operator.BEFORE: lambda column, value: column < value,
    Operator.AFTER: lambda column, value: column >= value,
}


def _plain(column: ColumnElement[Any]) -> Callable[[_Asked], Truth]:
    """A column that is compared as it is; where it can be empty, that is asked for first."""

    def say(asked: _Asked) -> Truth:
        return and_(column.is_not(None), _COMPARE[asked.test.operator](column, asked.test.value))

    return say


def _since(column: ColumnElement[datetime | None]) -> Callable[[_Asked], Truth]:
    """Days since: the longer ago, the smaller the moment."""
    turned = {
        Operator.AT_LEAST: Operator.AT_MOST,
        Operator.AT_MOST: Operator.AT_LEAST,
        Operator.MORE_THAN: Operator.LESS_THAN,
        Operator.LESS_THAN: Operator.MORE_THAN,
    }

    def say(asked: _Asked) -> Truth:
        wanted, operator = comparable(asked.test), asked.test.operator
        if operator is Operator.BETWEEN:
            shortest, longest = wanted
            return and_(column.is_not(None), column <= asked.now - shortest, column >= asked.now - longest)
        return and_(column.is_not(None), _COMPARE[turned[operator]](column, asked.now - wanted))

    return say


def _share(part: ColumnElement[Any], whole: ColumnElement[Any], times: int = 1) -> Callable[[_Asked], Truth]:
    """`times * part / whole`, known where there is a whole."""

    def say(asked: _Asked) -> Truth:
        return and_(whole.is_not(None), whole > 0, part.is_not(None), _quotient(asked, part, whole, times * 1000))

    return say


def _quotient(asked: _Asked, part: ColumnElement[Any], whole: ColumnElement[Any], times: int) -> Truth:
    """The value in whole thousandths, multiplied up: exact, and within 64 bits for every value that is read."""
    wide = cast(whole, BigInteger)

    def product(value: Any) -> ColumnElement[int]:
        return wide * literal(int(value * 1000), BigInteger)

    value = asked.test.value
    ends = [product(end) for end in value] if isinstance(value, tuple) else product(value)
    return _COMPARE[asked.test.operator](cast(part, BigInteger) * literal(times, BigInteger), ends)


def _money(column: ColumnElement[Decimal | None]) -> Callable[[_Asked], Truth]:
    def say(asked: _Asked) -> Truth:
        return and_(_in_currency(asked), column.is_not(None), _COMPARE[asked.test.operator](column, asked.test.value))

    return say


def _average(asked: _Asked) -> Truth:
    thousandths = type_coerce(_C.value, BigInteger)
    known = and_(_in_currency(asked), _C.value.is_not(None), _C.value_orders > 0)
    return and_(known, _quotient(asked, thousandths, _C.value_orders, 1))


def _in_currency(asked: _Asked) -> Truth:
    return and_(_C.currency.is_not(None), _C.currency == asked.test.currency)


def _yes(truth: Callable[[datetime], Truth], *known: ColumnElement[Any]) -> Callable[[_Asked], Truth]:
    """What is yes or no where these columns are known."""

    def say(asked: _Asked) -> Truth:
        told = truth(asked.now)
        return and_(*(column.is_not(None) for column in known), told if asked.test.value else not_(told))

    return say


def _choices(test: FieldTest) -> tuple[Any, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _activity(asked: _Asked) -> Truth:
    now = asked.now
    at_risk, dormant = _C.at_risk_from <= now, _C.dormant_from <= now
    said: Mapping[str, Truth] = {
        Activity.ACTIVE: and_(_C.at_risk_from > now, _C.dormant_from > now),
        Activity.AT_RISK: and_(at_risk, _C.dormant_from > now),
        Activity.DORMANT: dormant,
    }
    known = and_(_C.at_risk_from.is_not(None), _C.dormant_from.is_not(None))
    return and_(known, or_(*(said[choice] for choice in _choices(asked.test))))


def _step(asked: _Asked) -> Truth:
    loyal = asked.limits.loyal_from
    said: Mapping[str, Truth] = {
        Step.PROSPECT: _C.purchase_days == 0,
        Step.FIRST: _C.purchase_days == 1,
        Step.REPEAT: and_(_C.purchase_days > 1, _C.purchase_days < loyal),
        Step.LOYAL: and_(_C.purchase_days > 1, _C.purchase_days >= loyal),
    }
    return or_(*(said[choice] for choice in _choices(asked.test)))


#: By key of `plugin.domain.fields.FIELDS`.
SAID: Mapping[str, Callable[[_Asked], Truth]] = {
    "orders": _plain(_C.orders),
    "purchase_days": _plain(_C.purchase_days),
    "first_order": _plain(_C.first_at),
    "last_order": _plain(_C.last_at),
    "days_since_first_order": _since(_C.first_at),
    "days_since_last_order": _since(_C.last_at),
    "spent": _money(_C.value),
    "average_order": _average,
    "last_total": _money(_C.last_total),
    "discounted_share": _share(_C.discounted, _C.orders, times=100),
    "used_voucher": _yes(lambda _: _C.discounted > 0),
    "refunded_orders": _plain(_C.refunded),
    "items_per_order": _share(_C["items"], _C.orders),
    "usual_gap": _share(_DaysBetween(_C.last_day, _C.first_day), _C.purchase_days - 1),
    "last_gap": _plain(_C.last_gap),
    "activity": _activity,
    "step": _step,
    "due": _yes(lambda now: _C.due_from <= now, _C.due_from),
    "likely_to_buy": _yes(lambda now: _C.likely_until > now, _C.likely_until),
    "offers_since_order": _plain(_C.offers_since_order),
    "channel": _plain(_C.channel),
    "country": _plain(_C.country),
    "currency": _plain(_C.currency),
    "language": _plain(_C.language),
    "confirmed": _yes(lambda _: _C.confirmed.is_(True)),
    "guest": _yes(lambda _: _C.user_id.is_(None)),
    "opted_out": _yes(lambda _: _C.opted_out.is_(True)),
    "objects": _yes(lambda _: _C.objects.is_(True)),
}


class _Position(GenericFunction[int]):
    """Where the second text begins in the first, in small and capital letters as they are; 0 where it does not."""

    type = Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _by_instr(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_Position, "postgresql")
def _by_strpos(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


def _is_among(name: str, names: ColumnElement[tuple[str, ...] | None]) -> Truth:
    wanted = name.replace(BETWEEN_NAMES, 2 * BETWEEN_NAMES)  # two side by side are nowhere, and so is such a name
    return _Position(type_coerce(names, Text), literal(f"{BETWEEN_NAMES}{wanted}{BETWEEN_NAMES}", Text)) > 0


_LINE_SAYS: Mapping[By, Callable[[str], Truth]] = {
    By.PRODUCT: lambda value: or_(order_lines.c.product_id == value, order_lines.c.name == value),
    By.TYPE: lambda value: order_lines.c.product_type == value,
    By.SKU: lambda value: order_lines.c.sku == value,
    By.COLLECTION: lambda value: _is_among(value, order_lines.c.collections),
}


def _bought(bought: Bought, now: datetime) -> Truth:
    lines = select(literal(1)).where(
        orders.c.shop_id == _C.shop_id,
        orders.c.customer_id == _C.id,
        orders.c.counts,
        # Hides from SQLite that it is one shop, so that it begins with the customer's orders and not with all lines.
        order_lines.c.shop_id == in_one_scan(orders.c.shop_id),
        order_lines.c.order_id == orders.c.order_id,
        _LINE_SAYS[bought.by](bought.value),
    )
    if bought.within_days is not None:
        lines = lines.where(orders.c.placed_at >= now - timedelta(days=bought.within_days))
    return lines.correlate(customers).exists()
