"""A schedule is said on the shop's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.schedule import read_end, read_start, write_end, write_start
from plugin.errors import Rejected

WARSAW = ZoneInfo("Europe/Warsaw")


def test_a_date_is_the_whole_day() -> None:
    assert read_start("2026-07-01", WARSAW) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert read_end("2026-07-01", WARSAW) == datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("said", ["2026-07-01T09:30", "2026-07-01 09:30:00", "2026-07-01T07:30Z"])
def test_a_time_is_the_shops_unless_it_says_another(said: str) -> None:
    assert read_start(said, WARSAW) == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)


def test_none_is_no_bound() -> None:
    assert (read_start(None, WARSAW), read_end("", WARSAW), write_end(None, WARSAW)) == (None, None, None)


@pytest.mark.parametrize("said", ["soon", "2026-13-01", "01.07.2026", "0001-01-01", True])
def test_what_is_no_date_is_a_sentence(said: object) -> None:
    with pytest.raises(Rejected, match="is no date"):
        read_start(said, WARSAW)


@given(st.integers(0, 400 * 86_400))
def test_what_is_written_is_read_back_to_the_second(seconds: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert read_start(write_start(at, WARSAW), WARSAW) == at
    assert read_end(write_end(at, WARSAW), WARSAW) == at
