"""What loyal customers buy, what they began with, and when things run out."""

from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.bright_spots import ENOUGH_CUSTOMERS, ENOUGH_GAPS, MOST, Basket, BrightSpots, Products
from tests.domain.purchases import TODAY

NOW = TODAY.toordinal()
TEA, CUP = "P1", "P2"
NAMES = {TEA: "Tea", CUP: "Cup"}


def customer(*visits: tuple[int, str]) -> list[Basket]:
    """Days ago, and the products bought, by letter: T, C."""
    ids = {"T": TEA, "C": CUP}
    return [
        Basket(
            NOW - ago, {ids[letter]: NAMES[ids[letter]] for letter in letters}, {"Drinks"} if "T" in letters else set()
        )
        for ago, letters in visits
    ]


def counted(*customers: list[Basket]) -> BrightSpots:
    products = Products(3, NOW, 30)
    for baskets in customers:
        products.add(baskets)
    return products.result()


LOYAL = customer((100, "TC"), (90, "T"), (76, "T"))
ONCE = customer((100, "C"))
YOUNG = customer((10, "T"))


def test_what_loyal_customers_buy_against_others() -> None:
    spots = counted(*[LOYAL] * 10, *[ONCE] * 15, *[YOUNG] * 5)
    assert (spots.loyal, spots.others) == (10, 20)
    assert [(f.name, f.loyal, f.others, f.customers) for f in spots.favourites] == [
        ("Tea", 1.0, 0.25, 10),
        ("Cup", 1.0, 0.75, 10),
    ]
    assert [(f.name, f.loyal) for f in spots.favourite_kinds] == [("Drinks", 1.0)]
    assert [(f.name, f.loyal, f.others) for f in spots.next] == [("Tea", 1.0, None)]


def test_what_they_began_with_counts_who_had_the_time_to_come_back() -> None:
    spots = counted(*[LOYAL] * 10, *[ONCE] * 15, *[YOUNG] * 50)
    assert (spots.beginners, spots.came_back) == (25, 0.4)
    assert [(b.name, b.came_back, b.customers) for b in spots.beginnings] == [("Cup", 0.4, 25)]


def test_intervals_are_of_the_same_product_and_the_same_customer() -> None:
    spots = counted(*[LOYAL] * 10)
    (tea,) = spots.products
    assert (tea.name, tea.days.median, tea.days.lower, tea.days.upper) == ("Tea", 12, 10, 14)
    assert (tea.days.count, tea.customers) == (20, 10)
    assert spots.loyal_gaps == tea.days
    assert [kind.name for kind in spots.kinds] == ["Drinks"]


def test_of_too_few_nothing_is_said() -> None:
    spots = counted(*[LOYAL] * (ENOUGH_CUSTOMERS - 1))
    assert not any((spots.favourites, spots.next, spots.products, spots.kinds))
    assert counted(customer(*[(ago, "T") for ago in range(0, 90, 2)])).products == ()


def test_a_shop_without_lines() -> None:
    spots = counted()
    assert (spots.loyal, spots.others, spots.came_back, spots.beginnings) == (0, 0, None, ())


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["T", "C", "TC"])), min_size=1, max_size=6), max_size=8
    )
)
def test_shares_are_shares_and_counts_are_enough(people: list[list[tuple[int, str]]]) -> None:
    baskets = [customer(*sorted(dict(visits).items(), reverse=True)) for visits in people]
    spots = counted(*baskets * 7)
    assert spots.loyal + spots.others == 7 * len(people)
    for favourite in (*spots.favourites, *spots.favourite_kinds, *spots.next):
        assert 0 < favourite.loyal <= 1
        assert favourite.others is None or 0 <= favourite.others <= 1
    for interval in (*spots.products, *spots.kinds):
        assert interval.days.count >= ENOUGH_GAPS
        assert 1 <= interval.days.lower <= interval.days.median <= interval.days.upper
    assert len(spots.beginnings) <= MOST
