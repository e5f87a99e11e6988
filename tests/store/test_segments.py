"""A shop's segments: saved, counted, refused and removed; and what the top fifth has spent."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from plugin.domain.conditions import EVERYONE, holds, read_condition
from plugin.domain.customer import fold
from plugin.domain.ledger import Line, Order
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits, Turns
from plugin.errors import NotFound, Rejected
from plugin.store import customers, ledger, segments, shops
from plugin.store.customers import Measured
from plugin.store.database import Database
from tests.shop import NOW, ago, order
from tests.store.test_shops import install

TEA = read_condition({"bought": {"type": "tea", "within_days": 30}})


def buyer(connection: Connection, shop_id: int, user_id: str, *bought: Order) -> int:
    made = customers.create(connection, shop_id, NOW, user_id=user_id)
    for one in bought:
        ledger.save_order(connection, shop_id, made.customer_id, one, one.placed_at, new=True)
    history = fold(bought, UTC)
    turns = Turns(ago(1), ago(-1)) if history.last_at else Turns()
    customers.save_states(connection, shop_id, [Measured(made.customer_id, history, Segment.NEW, turns, None)])
    return made.customer_id


def tea(order_id: str, days_ago: float, **changes: Any) -> Order:
    line = Line("L-" + order_id, 1, Decimal(5), "Sencha", sku="SEN", product_id="P1", product_type="tea")
    return order(order_id, ago(days_ago), lines=(line,), **changes)


def test_a_segment_is_saved_counted_shown_and_removed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "PORTION", 2)
    with database.write() as connection:
        shop_id = install(connection)
        other = install(connection, "https://other.example/graphql/", "B")
        drinkers = [buyer(connection, shop_id, f"U{n}", tea(f"O{n}", 10 * n)) for n in range(1, 6)]
        buyer(connection, shop_id, "U9", tea("O9", 1, status="CANCELED"))
        buyer(connection, other, "U1", tea("X1", 1))
        shop = shops.get(connection, shop_id)
        segments.save(connection, shop_id, "tea", TEA, NOW)
        segments.save(connection, shop_id, "no-tea", read_condition({"not": {"segment": "tea"}}), NOW)
        assert [own.name for own in segments.own(connection, shop_id)] == ["no-tea", "tea"]
        assert segments.own(connection, other) == []

        drinks = segments.find(connection, shop_id, "tea")
        assert segments.count(connection, shop, drinks, NOW) == 3
        assert segments.examples(connection, shop, drinks, NOW, 2) == drinkers[:2]
        assert segments.count(connection, shop, segments.find(connection, shop_id, "no-tea"), NOW) == 3
        assert segments.count(connection, shop, segments.find(connection, shop_id, "at-risk"), NOW) == 5
        assert segments.count(connection, shop, EVERYONE, NOW) == segments.everyone(connection, shop_id) == 6

        with pytest.raises(Rejected, match="is used by segment “no-tea”"):
            segments.remove(connection, shop_id, "tea")
        segments.remove(connection, shop_id, "no-tea")
        segments.remove(connection, shop_id, "tea")
        with pytest.raises(NotFound, match="There is no segment “tea” of your own"):
            segments.remove(connection, shop_id, "tea")


def test_the_collections_are_those_of_the_time_of_the_order(database: Database) -> None:
    """What is told first stands, also where an older webhook told nothing before."""
    told: list[tuple[tuple[str, ...] | None, tuple[str, ...]]] = [
        (("C1", "summer"), ("C1", "summer")),
        (("C2", "sale"), ("C1", "summer")),
        (None, ("C1", "summer")),
    ]
    with database.write() as connection:
        shop_id = install(connection)
        made = customers.create(connection, shop_id, NOW, user_id="U1")
        shop = shops.get(connection, shop_id)

        def said(order_id: str, version: int, collections: tuple[str, ...] | None) -> tuple[str, ...] | None:
            one = tea(order_id, 9, updated_at=ago(9 - version))
            one = replace(one, lines=(replace(one.lines[0], collections=collections, name=f"Tea {version}"),))
            ledger.save_order(connection, shop_id, made.customer_id, one, one.updated_at, new=version == 0)
            known = segments.lines_of(connection, shop_id, [made.customer_id])[made.customer_id]
            (line,) = (line for line in known if line.placed_at == ago(9))
            assert line.name == f"Tea {version}"
            return line.collections

        for version, (collections, known) in enumerate(told):
            assert said("O1", version, collections) == known
        for name, found in {"C1": 1, "summer": 1, "Summer": 0, "sum": 0, "C2": 0, "C1\nsummer": 0}.items():
            bought = read_condition({"bought": {"collection": name, "within_days": 30}})
            assert segments.count(connection, shop, bought, NOW) == found
        ledger.erase_order(connection, shop_id, "O1")
        assert said("O2", 0, None) is None
        assert said("O2", 1, ()) == ()
        assert said("O2", 2, ("C1", "summer")) == (), "it was in none"


def test_a_line_that_the_order_lost_is_gone(database: Database) -> None:
    with database.write() as connection:
        shop_id = install(connection)
        one = tea("O1", 9)
        made = customers.create(connection, shop_id, NOW, user_id="U1")
        for version, lines in enumerate([one.lines, (replace(one.lines[0], line_id="L2", name="Cup"),), ()]):
            newer = replace(one, lines=lines, updated_at=ago(9 - version))
            ledger.save_order(connection, shop_id, made.customer_id, newer, newer.updated_at, new=version == 0)
            known = segments.lines_of(connection, shop_id, [made.customer_id])[made.customer_id]
            assert [line.name for line in known] == [line.name for line in lines]


def test_a_customer_is_read_as_the_condition_needs_it(database: Database) -> None:
    with database.write() as connection:
        shop_id = install(connection)
        found = customers.lock(connection, shop_id, buyer(connection, shop_id, "U1", tea("O1", 30)))
        assert found is not None
        one = found.customer_id
        assert not segments.persons_of(connection, shop_id, [found], Limits(), EVERYONE, None)[one].lines
        person = segments.persons_of(connection, shop_id, [found], Limits(), EVERYONE, TEA)[one]
    assert [(line.name, line.sku) for line in person.lines] == [("Sencha", "SEN")]
    assert holds(TEA, person, NOW)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("Tea Drinkers", {}, "is no name for a segment"),
        ("loyal", {}, "every shop has"),
        ("mine", {"segment": "mine"}, "go round in a circle: mine → mine"),
        ("old", {"segment": "mine"}, "go round in a circle"),
        ("mine", {"segment": "loyl"}, "There is no segment “loyl”. Did you mean “loyal”"),
    ],
)
def test_what_cannot_be_saved_is_a_sentence(database: Database, name: str, data: dict[str, Any], said: str) -> None:
    with database.write() as connection:
        shop_id = install(connection)
        segments.save(connection, shop_id, "old", EVERYONE, NOW)
        segments.save(connection, shop_id, "mine", read_condition({"segment": "old"}), NOW)
        before = segments.own(connection, shop_id)
        with pytest.raises(Rejected) as refused:
            segments.save(connection, shop_id, name, read_condition(data), NOW)
        assert said in str(refused.value)
        assert segments.own(connection, shop_id) == before


def test_a_name_that_nobody_has_is_not_found(database: Database) -> None:
    with database.write() as connection:
        shop_id = install(connection)
        with pytest.raises(NotFound, match=r"There is no segment “loyl”\. Did you mean “loyal”"):
            segments.find(connection, shop_id, "loyl")


def test_high_value_is_what_the_top_fifth_of_each_currency_has_spent(database: Database) -> None:
    with database.write() as connection:
        shop_id = install(connection)
        for n in range(1, 11):
            buyer(connection, shop_id, f"U{n}", order(f"O{n}", ago(n), total=Decimal(n * 10)))
        buyer(connection, shop_id, "E1", order("E1", ago(1), total=Decimal(7), currency="EUR"))
        buyer(connection, shop_id, "P1", order("P1", ago(1), total=Decimal(0), currency="PLN"))
        buyer(connection, shop_id, "N1")
        found = segments.high_value(connection, shop_id)
        assert found == {"USD": Decimal(90), "EUR": Decimal(7)}
        shops.save_high_value(connection, shop_id, found)
        assert shops.get(connection, shop_id).high_value == found
        much = segments.find(connection, shop_id, "high-value-at-risk")
        assert segments.count(connection, shops.get(connection, shop_id), much, NOW) == 3
