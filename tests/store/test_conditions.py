"""A condition in SQL is true of exactly those of whom the same condition is true in Python."""

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, select

from plugin.domain.conditions import Condition, Person, holds
from plugin.domain.fields import FIELDS
from plugin.domain.ledger import Line
from plugin.domain.segments import Segment
from plugin.store import conditions as in_sql
from plugin.store.customers import state_values
from plugin.store.database import Database
from plugin.store.ledger import line_values, order_values
from plugin.store.schema import customers, order_lines, orders
from tests.shop import NOW, order
from tests.somebody import LIMITS, condition, field_test, person, seeds
from tests.store.test_shops import install

#: Of one example: each condition is asked of each of the people, and so is each field by itself.
PEOPLE, CONDITIONS, EXAMPLES = 40, 60, 10


def test_every_field_is_said_in_sql_and_no_other() -> None:
    assert list(in_sql.SAID) == list(FIELDS)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds)
def test_the_same_people_are_found(database: Database, seed: int) -> None:
    chance = Random(seed)
    somebody = [person(chance) for _ in range(PEOPLE)]
    asked = [condition(chance) for _ in range(CONDITIONS)]
    asked += [field_test(chance, field) for field in FIELDS.values() for _ in range(6)]
    with database.write() as connection:
        before = connection.begin_nested()
        shop_id = install(connection)
        ids = [_add(connection, shop_id, number, one) for number, one in enumerate(somebody)]
        for said in asked:
            expected = [i for i, one in zip(ids, somebody, strict=True) if holds(said, one, NOW)]
            assert _found(connection, shop_id, said) == expected, said
        before.rollback()


def _found(connection: Connection, shop_id: int, condition: Condition) -> Sequence[int]:
    truth = in_sql.where(condition, LIMITS, NOW)
    rows = select(customers.c.id).where(customers.c.shop_id == shop_id, truth).order_by(customers.c.id)
    return connection.execute(rows).scalars().all()


def _add(connection: Connection, shop_id: int, number: int, one: Person) -> int:
    """The rows that this person would be read from."""
    state = one.state
    values: dict[str, Any] = {
        "shop_id": shop_id,
        "user_id": state.user_id and f"U{number}",
        "email": f"somebody-{number}@example.com",
        "confirmed": state.confirmed,
        "opted_out": state.consent.opted_out,
        "objects": state.consent.objects,
        "language": state.language,
        "shown": {},
        "created_at": NOW,
        **state_values(state.history, Segment.NEW, one.turns, None, one.offers_since_order),
    }
    customer_id = int(connection.execute(customers.insert().returning(customers.c.id), values).scalar_one())
    for n, line in enumerate(one.lines):
        placed = order(f"O{number}-{n}", line.placed_at)
        known: dict[str, Any] = {
            "product_id": line.product_id,
            "product_type": line.product_type,
            "collections": line.collections,
        }
        sold = Line("L1", 1, placed.total, line.name, line.sku, **known)
        connection.execute(orders.insert(), order_values(shop_id, customer_id, placed, NOW))
        connection.execute(order_lines.insert(), line_values(shop_id, placed.order_id, [sold]))
    return customer_id
