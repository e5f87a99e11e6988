"""Thousands of codes of one campaign arrive at a real Saleor in few calls, each of them once, though the app is killed."""

import time
from collections.abc import Iterator

import click
import pytest
from sqlalchemy import Integer, String, cast, func, literal, select

from plugin.bench.state import copy_orders, insert_copies
from plugin.store.schema import codes, customers, decisions, effects
from tests.live.api import Staff, until
from tests.live.app import App
from tests.live.people import Shopper, Street
from tests.live.test_win_back import SILENT, known

MANY, KILLS = 3_000, 4
#: Seconds. What a killed worker held is somebody else's after a minute.
PATIENCE = 600
CODES = """
query($id: ID!, $after: String) {
  voucher(id: $id) { codes(first: 100, after: $after) { edges { node { code } } pageInfo { hasNextPage endCursor } } }
}
"""


@pytest.mark.timeout(900)
def test_thousands_of_codes_arrive_in_batches_and_each_of_them_once(app: App, street: Street) -> None:
    """The app is killed again and again meanwhile. All but one of the customers are copies in our database alone: their codes are real, nobody has to use them."""
    silent = street.register("iris")
    street.bought({silent.user_id: SILENT})
    until("the customer to be silent", lambda: known(app, silent)["segment"] == "at_risk")
    copy(app, silent, MANY - 1)
    app.run("campaign", "new", "win_back", "everybody", "--control", "0")
    began = time.monotonic()
    app.run("campaign", "on", "everybody", "--inside-per-day", str(2 * MANY), "--yes")
    kills = 0
    while (there := issued(app)) < MANY:
        assert time.monotonic() - began < PATIENCE, f"{there} of {MANY} codes are there after {kills} kills"
        if kills < KILLS and there > MANY * (kills + 1) / (KILLS + 2):
            app.kill()
            app.start()
            kills += 1
        time.sleep(0.1)
    assert kills == KILLS
    click.echo(f"{MANY} codes were decided and at Saleor after {time.monotonic() - began:.0f} s and {kills} kills")
    app.run("campaign", "end", "everybody")

    (voucher,) = (one for one in street.staff.pages("vouchers", "id name") if one["name"].startswith("everybody "))
    ours = sorted(row["code"] for row in app.rows(select(codes.c.code).where(codes.c.status == "issued")))
    assert sorted(codes_of(street.staff, voucher["id"])) == ours
    # Nobody has these accounts, so no banner can be shown; Saleor says so of each.
    dead = select(effects.c.kind, effects.c.error).where(effects.c.status == "dead", effects.c.kind != "banner")
    assert app.rows(dead) == []
    twice = select(decisions.c.customer_id).group_by(decisions.c.customer_id).having(func.count() > 1)
    assert app.rows(twice) == []
    assert len(app.rows(select(effects.c.id).where(effects.c.kind == "code"))) <= MANY / 100


def copy(app: App, shopper: Shopper, times: int) -> None:
    numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < times))
    nobody = {"user_id": literal("nobody-") + cast(numbers.c.n, String), "email": literal(None, String)}
    with app.database() as database, database.write() as connection:
        theirs = customers.c.user_id == shopper.user_id
        insert_copies(connection, customers, numbers, nobody, theirs, without="id")
        first = connection.execute(select(customers.c.id).where(theirs)).scalar_one()
        copy_orders(connection, first)


def issued(app: App) -> int:
    (row,) = app.rows(select(func.count().label("n")).where(codes.c.status == "issued"))
    return int(row["n"])


def codes_of(staff: Staff, voucher_id: str) -> Iterator[str]:
    after, more = None, True
    while more:
        page = staff.call(CODES, id=voucher_id, after=after)["voucher"]["codes"]
        yield from (edge["node"]["code"] for edge in page["edges"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
