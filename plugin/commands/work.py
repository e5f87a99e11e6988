"""What every command begins with: the house, and the shop that is meant."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import httpx

from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.settings import load_settings
from plugin.store import shops
from plugin.store.database import PATIENT_SECONDS
from plugin.store.shops import Shop


@contextmanager
def open_house() -> Iterator[House]:
    """The house of a command: its wake-ups are left in the database for the process that drains."""
    from plugin.main import build_house, open_database

    settings = load_settings(os.environ)
    database = open_database(settings, PATIENT_SECONDS)
    # Each job of a command has an event loop of its own, so no connection is kept for the next one.
    http = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))
    try:
        yield build_house(settings, database, http)
    finally:
        anyio.run(http.aclose)
        database.close()


def pick_shop(house: House, named: str | None) -> Shop:
    """By API URL or number; without a name the only one there is. Raises `Rejected`."""
    with house.database.read() as connection:
        known = shops.everyone(connection)
    if named is None and len(known) == 1:
        return known[0]
    for shop in known:
        if named in {shop.api_url, str(shop.shop_id)}:
            return shop
    if not known:
        raise Rejected("No shop has installed the app yet; see the README for how to install it.")
    listed = ", ".join(f"{shop.shop_id} {shop.api_url}" for shop in known)
    raise Rejected(f"Say with --shop which one is meant: {listed}.")
