"""What is saved of a customer on request is everything that is kept of them."""

import json

import pytest

from plugin.flow.profile import subjects_of
from plugin.store import customers, personal, shops
from plugin.store.schema import metadata
from tests.flow.conftest import Home, home
from tests.store.test_timeline import lived

__all__ = ["home"]
pytestmark = pytest.mark.anyio
#: The list of those who get nothing is looked up by hashes.
BY_HASH = {"suppressions"}


def test_every_table_that_names_a_customer_is_saved() -> None:
    naming = {name for name, table in metadata.tables.items() if "customer_id" in table.c} - BY_HASH
    assert naming | {"customers"} == {table.name for table in personal.BY_NUMBER.values()}


async def test_all_of_one_and_nothing_of_another(home: Home) -> None:
    customer_id = lived(home)
    with home.database.read() as connection:
        shop = shops.get(connection, home.shop_id)
        customer = customers.by_id(connection, home.shop_id, customer_id)
        assert customer is not None
        kept = personal.everything(connection, home.shop_id, customer, subjects_of(home.house, shop, customer))
    counted = {name: len(rows) for name, rows in kept.items()}
    assert (counted["orders"], counted["order_lines"], counted["parcels"], counted["decisions"]) == (4, 4, 4, 1)
    assert (counted["seen_and_clicked"], counted["codes"], counted["cost_of_gifts"]) == (3, 1, 1)
    text = json.dumps(kept)
    assert "ann@example.com" in text
    assert "shop_id" not in text
    other = home.install("http://elsewhere.test/graphql/")
    with home.database.read() as connection:
        elsewhere = personal.everything(connection, other, customer, [])
    assert not any(elsewhere.values())
