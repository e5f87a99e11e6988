"""A shop without customers, for one measurement."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from plugin.bench.databases import fresh_database
from plugin.bench.letters import API_URL, APP_ID
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.churn import Rhythm
from plugin.domain.prediction import MbgNbd, Model
from plugin.errors import GiveUp
from plugin.extensions import load_tactics
from plugin.flow.house import House
from plugin.flow.settle import settle
from plugin.saleor.client import Saleor
from plugin.secrets import Keyring, new_key, new_pepper
from plugin.store import campaigns, shops
from plugin.store.database import Database
from plugin.store.migrate import migrate

MODEL = Model(60, "mbg_nbd", "For the benchmark.", repeat=MbgNbd(0.6, 30, 0.8, 2), customers=1, repeat_purchases=1)


@contextmanager
def open_shop(postgres: str | None, path: Path) -> Iterator[tuple[House, int]]:
    """A house with one shop, in which win back is on."""
    with fresh_database(postgres, path) as url, house_at(url, new_key()) as house:
        migrate(house.database)
        with house.database.write() as connection:
            shop_id = settled(connection, house, {"keys": []})
        yield house, shop_id


@contextmanager
def house_at(url: str, key: str) -> Iterator[House]:
    """A house that asks no shop anything."""

    def nobody(_: object) -> Saleor:
        raise GiveUp("The benchmark asks no shop.")

    database, grace = Database(url, pool_size=2), timedelta(days=30)
    try:
        yield House(database, Keyring([key]), load_tactics(), nobody, lambda _: None, lambda: datetime.now(UTC), grace)
    finally:
        database.close()


def settled(connection: Connection, house: House, jwks: Mapping[str, Any]) -> int:
    """The shop of the benchmark's letters, in which win back is on."""
    now = house.clock()
    shop_id = shops.install(
        connection,
        api_url=API_URL,
        app_id=APP_ID,
        token=house.keyring.encrypt("bench"),
        jwks=jwks,
        name="Bench",
        saleor_version="3.24.0",
        pepper=house.keyring.encrypt(new_pepper()),
        now=now,
    )
    settle(connection, shop_id, house.tactics, now)
    shops.save_learnt(connection, shop_id, Rhythm(mean_gap=30, slack=2, gaps=1_000), MODEL, now)
    campaign = campaigns.get(connection, shop_id, "win-back", house.tactics)
    campaigns.change_status(connection, shop_id, campaign, CampaignStatus.ON, "bench", now)
    return shop_id
