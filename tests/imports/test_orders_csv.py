"""Files as people have them: what can be read is read, and what cannot is named by its line."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.errors import Rejected
from plugin.imports.orders_csv import CsvOrder, read_orders
from plugin.imports.table import Reading

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEAD = "customer_id,ordered_at,total\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def read(path: Path, content: str | bytes, zone: str = "UTC") -> Reading[CsvOrder]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_orders(path, ZoneInfo(zone), NOW)


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "ann,2026-01-31,12.50\n",
        "\ufeff" + HEAD + "ann,2026-01-31,12.50\n",
        "customer_id;ordered_at;total\nann;2026-01-31;12,50\n",
        "customer_id\tordered_at\ttotal\r\nann\t2026-01-31\t12.50\r\n",
        'Total, Customer_ID ,note,ORDERED_AT\n12.5,ann,"a, b\nc",2026-01-31T00:00:00Z',
        "\n\n" + HEAD + "\n ann , 2026-01-31 00:00 , 12.50 \n\n",
        HEAD + "ann,2026-01-31T02:00:00+02:00,+12.50",
        HEAD + "ann,2026-01-31,-12.50\n",
    ],
)
def test_the_same_order_is_read_however_it_is_written(path: Path, content: str) -> None:
    (order,) = read(path, content).complete("orders.csv", skip_broken=False, nothing="")
    assert (order.customer_id, abs(order.total)) == ("ann", Decimal("12.5"))
    assert order.ordered_at == datetime(2026, 1, 31, tzinfo=UTC)


def test_without_a_zone_the_moment_is_in_the_one_asked_for(path: Path) -> None:
    reading = read(path, HEAD + "ann,2026-01-31 00:30,1\nann,2026-01-31 00:30Z,1\n", "Europe/Warsaw")
    assert [order.ordered_at.hour for order in reading.orders] == [23, 0]


def test_what_else_a_file_may_say(path: Path) -> None:
    reading = read(
        path,
        "customer_id,ordered_at,total,currency,discount,refunded,items\n"
        "a,2026-01-31,10,eur,2.50,4,3\nb,2026-01-31,0,,yes,?,\nc,2026-01-31,10,USD,0.00,0,2.0\n",
    )
    assert [(o.currency, o.discounted, o.items) for o in reading.orders] == [
        ("EUR", True, 3),
        ("", True, 0),
        ("USD", False, 2),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",2026-01-31,1", "customer_id is empty"),
        ("ann,31.01.2026,1", "ordered_at is “31.01.2026”"),
        ("ann,2026-02-30,1", "ordered_at is “2026-02-30”"),
        ("ann,,1", "ordered_at is “”"),
        ("ann,2027-01-31,1", "yet to come"),
        ("ann,0026-01-31,1", "in the year 26"),
        ("ann,0001-01-01T00:00:00+14:00,1", "in the year 1"),
        ("ann,2026-01-31,", "total is “”"),
        ("ann,2026-01-31,€12", "total is “€12”"),
        ("ann,2026-01-31,NaN", "total is “NaN”"),
        ("ann,2026-01-31,1e99", "total is “1e99”"),
        ("ann,2026-01-31,1 000", "total is “1 000”"),
        ("ann,2026-01-31", "2 cells where the first line names 3"),
        ("ann,2026-01-31,1,234.50", "4 cells where the first line names 3"),
    ],
)
def test_a_broken_row_is_named_with_its_line(path: Path, row: str, problem: str) -> None:
    content = f"{HEAD}ann,2026-01-30,1\n{row}\nann,2026-01-31,1\n"
    with pytest.raises(Rejected) as error:
        read(path, content).complete("orders.csv", skip_broken=False, nothing="nothing was computed")
    assert "1 of 3 rows cannot be read, so nothing was computed" in str(error.value)
    assert "line 3: " in str(error.value)
    assert problem in str(error.value)
    assert len(read(path, content).complete("orders.csv", skip_broken=True, nothing="")) == 2


def test_of_many_broken_rows_ten_are_told(path: Path) -> None:
    with pytest.raises(Rejected) as error:
        read(path, HEAD + "ann,never,1\n" * 12).complete(
            "orders.csv", skip_broken=False, nothing="nothing was computed"
        )
    assert "12 of 12 rows" in str(error.value)
    assert "line 11: " in str(error.value)
    assert "line 12: " not in str(error.value)
    assert "and 2 more" in str(error.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: its first line has to name the columns customer_id, ordered_at, total"),
        (b"\n \n", "is empty"),
        (b"id,ordered_at,total\n", "has no column customer_id"),
        (b"customer_id\n", "has no column ordered_at and no total"),
        (b"customer_id,ordered_at,total,total\n", "more than one column total"),
        (HEAD.encode() + b"ann,2026-01-31,1\nJos\xe9,2026-01-31,1\n", "is not UTF-8, as line 3 shows"),
        (HEAD.encode("utf-16"), "is not UTF-8"),
        (HEAD.encode() + b'ann,2026-01-31,"' + b"x" * 200_000 + b'"\n', "is no CSV file from line 2 on"),
    ],
)
def test_a_file_that_is_none_is_rejected_with_a_sentence(path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read(path, content)


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(Rejected, match="cannot be read: No such file"):
        read_orders(path, UTC, NOW)
    with pytest.raises(Rejected, match="cannot be read: Is a directory"):
        read_orders(path.parent, UTC, NOW)


def test_columns_and_no_rows_are_no_orders(path: Path) -> None:
    with pytest.raises(Rejected, match="has no orders"):
        read(path, HEAD).complete("orders.csv", skip_broken=True, nothing="")


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode), head=st.booleans())
def test_whatever_is_in_a_file_it_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    try:
        reading = read(path, (HEAD.encode() if head else b"") + content)
    except Rejected as error:
        assert str(error).endswith((".", "?"))  # noqa: PT017 -- both ends are fine
    else:
        assert all(order.total.is_finite() for order in reading.orders)
