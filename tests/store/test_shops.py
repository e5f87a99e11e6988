from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from plugin.domain.churn import Rhythm
from plugin.errors import NotFound
from plugin.store import shops
from plugin.store.database import Database
from plugin.store.schema import channels
from plugin.store.shops import ShopStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
API = "https://acme.saleor.cloud/graphql/"


def install(conn: Connection, api_url: str = API, app_id: str = "QXBwOjE=", now: datetime = NOW) -> int:
    return shops.install(
        conn,
        api_url=api_url,
        app_id=app_id,
        token=f"sealed {app_id}",
        jwks={"keys": []},
        name="Acme",
        saleor_version="3.23.1",
        pepper=f"pepper {app_id}",
        now=now,
    )


def test_a_new_shop_is_active_and_found_by_its_url(database: Database) -> None:
    with database.write() as conn:
        shop_id = install(conn)
        shop = shops.get(conn, shop_id)
        assert shops.find(conn, API) == shop
        assert shops.find(conn, API.rstrip("/")) is None
    assert (shop.app_id, shop.token, shop.name, shop.saleor_version) == (
        "QXBwOjE=",
        "sealed QXBwOjE=",
        "Acme",
        "3.23.1",
    )
    assert shop.active
    assert not shop.stopped
    assert (shop.rhythm, shop.origins, shop.time_zone, shop.erase_at) == (Rhythm(), (), "UTC", None)
    assert shop.installed_at == shop.status_since == NOW


def test_a_reinstall_keeps_what_is_the_shops_own(database: Database) -> None:
    with database.write() as conn:
        shop_id = install(conn)
        shops.save_learnt(conn, shop_id, Rhythm(mean_gap=12.5, slack=3, gaps=90), None, NOW)
        shops.set_time_zone(conn, shop_id, "Europe/Warsaw")
        shops.set_origins(conn, shop_id, ["https://shop.example"])
        shops.set_stopped(conn, shop_id, stopped=True)
        shops.set_status(conn, shop_id, ShopStatus.UNINSTALLED, NOW, erase_at=LATER)
        assert install(conn, app_id="QXBwOjI=", now=LATER) == shop_id
        shop = shops.get(conn, shop_id)
    assert (shop.app_id, shop.token, shop.pepper) == ("QXBwOjI=", "sealed QXBwOjI=", "pepper QXBwOjE=")
    assert (shop.status, shop.status_since, shop.erase_at) == (ShopStatus.ACTIVE, LATER, None)
    assert shop.rhythm == Rhythm(mean_gap=12.5, slack=3, gaps=90)
    assert (shop.time_zone, shop.origins, shop.stopped) == ("Europe/Warsaw", ("https://shop.example",), True)


def test_only_active_shops_are_active(database: Database) -> None:
    with database.write() as conn:
        ids = {status: install(conn, f"https://{status}.example/graphql/") for status in ShopStatus}
        for status, shop_id in ids.items():
            shops.set_status(conn, shop_id, status, NOW)
        assert [shop.shop_id for shop in shops.active(conn)] == [ids[ShopStatus.ACTIVE]]
        assert [shop.shop_id for shop in shops.everyone(conn)] == sorted(ids.values())


def test_status_since_moves_only_with_the_status(database: Database) -> None:
    with database.write() as conn:
        shop_id = install(conn)
        shops.set_status(conn, shop_id, ShopStatus.ACTIVE, LATER)
        assert shops.get(conn, shop_id).status_since == NOW
        shops.set_status(conn, shop_id, ShopStatus.DEACTIVATED, LATER)
        assert shops.get(conn, shop_id).status_since == LATER


@pytest.mark.parametrize(
    ("status", "erase_at", "due"),
    [
        (ShopStatus.UNINSTALLED, NOW, True),
        (ShopStatus.UNINSTALLED, LATER, False),
        (ShopStatus.UNINSTALLED, None, False),
        (ShopStatus.DEACTIVATED, NOW, False),
    ],
)
def test_erasure_is_due_after_the_grace_period(
    database: Database, status: ShopStatus, erase_at: datetime | None, due: bool
) -> None:
    with database.write() as conn:
        shop_id = install(conn)
        shops.set_status(conn, shop_id, status, NOW, erase_at)
        assert [shop.shop_id for shop in shops.due_for_erasure(conn, NOW)] == ([shop_id] if due else [])


def test_small_settings_are_kept(database: Database) -> None:
    with database.write() as conn:
        shop_id = install(conn)
        shops.rest(conn, shop_id, LATER)
        shops.save_jwks(conn, shop_id, {"keys": [{"kid": "a"}]})
        shops.save_token(conn, shop_id, "sealed anew")
        shops.save_pepper(conn, shop_id, "ground anew")
        shop = shops.get(conn, shop_id)
    assert (shop.rest_until, shop.jwks) == (LATER, {"keys": [{"kid": "a"}]})
    assert (shop.token, shop.pepper) == ("sealed anew", "ground anew")


def test_a_deleted_shop_takes_its_rows_along_and_no_others(database: Database) -> None:
    with database.write() as conn:
        gone, stays = install(conn), install(conn, "https://other.example/graphql/")
        for shop_id in (gone, stays):
            row = {
                "slug": "main",
                "channel_id": "Q2g6MQ==",
                "currency": "USD",
                "active": True,
                "gross": True,
                "free_in": {},
            }
            conn.execute(insert(channels).values(shop_id=shop_id, read_at=NOW, **row))
        shops.delete(conn, gone)
        assert [shop.shop_id for shop in shops.everyone(conn)] == [stays]
        assert conn.execute(select(channels.c.shop_id)).scalars().all() == [stays]


UNKNOWN: list[Callable[[Connection, int], object]] = [
    shops.get,
    shops.delete,
    lambda conn, shop_id: shops.set_status(conn, shop_id, ShopStatus.REFUSED, NOW),
    lambda conn, shop_id: shops.save_jwks(conn, shop_id, {}),
    lambda conn, shop_id: shops.save_token(conn, shop_id, ""),
    lambda conn, shop_id: shops.save_pepper(conn, shop_id, ""),
    lambda conn, shop_id: shops.save_learnt(conn, shop_id, Rhythm(), None, NOW),
    lambda conn, shop_id: shops.set_stopped(conn, shop_id, stopped=True),
    lambda conn, shop_id: shops.rest(conn, shop_id, NOW),
    lambda conn, shop_id: shops.set_origins(conn, shop_id, []),
    lambda conn, shop_id: shops.set_time_zone(conn, shop_id, "UTC"),
]


@pytest.mark.parametrize("call", UNKNOWN)
def test_the_wrong_shop_is_not_found(database: Database, call: Callable[[Connection, int], object]) -> None:
    with database.write() as conn:
        before = shops.get(conn, install(conn))
        with pytest.raises(NotFound, match="no shop 999"):
            call(conn, 999)
        assert shops.everyone(conn) == [before]
