"""The measurement of mails, small: a worker of its own, a mail server of its own, and a kill in between."""

from pathlib import Path

import pytest

from plugin.bench.mails import Bench, measure
from plugin.flow.send import BATCH


@pytest.mark.long
def test_none_is_sent_twice_and_a_kill_parks_at_most_what_was_in_flight(tmp_path: Path) -> None:
    figures = measure(Bench(4 * BATCH, None, tmp_path, lambda _: None))
    plain, killed = figures["plain"], figures["killed"]
    assert (plain["arrived"], plain["twice"], plain["parked"]) == (4 * BATCH, 0, 0)
    assert killed["twice"] == 0
    assert killed["parked"] == killed["in_flight_at_kill"] <= BATCH
    assert killed["done"] + killed["parked"] == 4 * BATCH
    assert killed["done"] <= killed["arrived"] <= 4 * BATCH
