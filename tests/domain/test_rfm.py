"""RFM groups."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.rfm import Group, Rfm, group_of
from tests.domain.purchases import TODAY, bought


def scored(*customers: tuple[tuple[int, ...], dict[str, Decimal]]) -> Rfm:
    rfm = Rfm(TODAY.toordinal())
    for ago, spent in customers:
        currency = next(iter(spent))
        rfm.add(bought(*ago, currency=currency), spent)
    return rfm


@pytest.mark.parametrize(
    ("recency", "frequency", "money", "group"),
    [
        (5, 5, 5, Group.CHAMPIONS),
        (4, 3, 4, Group.CHAMPIONS),
        (4, 3, 3, Group.PROMISING),
        (5, 1, 1, Group.NEW),
        (3, 5, 4, Group.LOYAL),
        (3, 2, 2, Group.MIDDLE),
        (3, 1, 1, Group.PASSING),
        (2, 4, 4, Group.SLIPPING),
        (1, 1, 2, Group.FADING),
        (1, 1, 1, Group.LOST),
    ],
)
def test_groups(recency: int, frequency: int, money: int, group: Group) -> None:
    assert group_of(recency, frequency, money) is group


def test_fifths_of_a_shop() -> None:
    people = [((10 * n, 10 * n + 5)[: 1 + n % 2], {"USD": Decimal(100 * n)}) for n in range(1, 11)]
    sizes = scored(*people).result()
    assert sum(size.customers for size in sizes) == 10
    assert sum(size.spent["USD"] for size in sizes) == Decimal(5500)


def test_equal_customers_are_in_one_group() -> None:
    (size,) = scored(*[((5,), {"USD": Decimal(20)})] * 12).result()
    assert (size.customers, size.silence, size.purchases) == (12, 5, 1)


def test_money_is_compared_within_a_currency() -> None:
    yen = [((5, 4), {"JPY": Decimal(amount)}) for amount in (1000, 2000, 3000, 4000, 5000)]
    dollars = [((5, 4), {"USD": Decimal(amount)}) for amount in (10, 20, 30, 40, 50)]
    rich_yen = next(size for size in scored(*yen, *dollars).result() if size.spent.get("JPY", 0) >= 5000)
    assert rich_yen.spent["USD"] >= 50


def test_what_was_spent_in_other_currencies_counts_too() -> None:
    (size,) = scored(*[((5,), {"EUR": Decimal(10), "USD": Decimal(500)})] * 2, ((5,), {"EUR": Decimal(10)})).result()
    assert size.spent == {"EUR": Decimal(30), "USD": Decimal(1000)}


def test_nobody_is_in_no_group() -> None:
    assert scored().result() == []


purses = st.dictionaries(st.sampled_from(["USD", "EUR", "JPY"]), st.integers(-100, 900).map(Decimal), min_size=1)


@given(st.lists(st.tuples(st.lists(st.integers(0, 300), min_size=1, max_size=5), purses), min_size=1))
def test_everybody_is_in_one_group_and_no_money_is_lost(people: list[tuple[list[int], dict[str, Decimal]]]) -> None:
    sizes = scored(*[(tuple(ago), spent) for ago, spent in people]).result()
    assert sum(size.customers for size in sizes) == len(people)
    for currency in ("USD", "EUR", "JPY"):
        spent = sum(purse.get(currency, Decimal(0)) for _, purse in people)
        assert sum(size.spent.get(currency, Decimal(0)) for size in sizes) == spent
    assert [size.group for size in sizes] == [group for group in Group if group in {size.group for size in sizes}]
