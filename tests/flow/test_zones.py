"""Whose clock a country goes by."""

from datetime import UTC, datetime

import pytest

from plugin.flow.zones import zone_of

SUMMER = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("PL", "Europe/Warsaw"),
        ("DE", "Europe/Berlin"),  # of two zones whose clocks agree
        ("US", None),
        ("ES", None),
        ("XX", None),
        (None, None),
    ],
)
def test_a_country_has_a_zone_where_its_clocks_agree(country: str | None, zone: str | None) -> None:
    found = zone_of(country, SUMMER)
    assert (found and found.key) == zone
