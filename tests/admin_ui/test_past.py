"""How far the reading of the past has come, in a sentence."""

from collections.abc import Mapping

import pytest

from admin_ui.language import language_of
from admin_ui.pages.past import past
from plugin.store import backfills
from plugin.store.backfills import Backfill, Kind, Status
from tests.admin_ui.conftest import Desk
from tests.admin_ui.test_overview import plain
from tests.bodies import account_body
from tests.shop import NOW, account


def walk(kind: Kind, status: Status, done: int, total: int | None = None, error: str | None = None) -> Backfill:
    return Backfill(kind, status, None, done, total, None, NOW, NOW, None, error)


def walks(*each: Backfill) -> Mapping[Kind, Backfill]:
    return {one.kind: one for one in each}


CUSTOMERS, ORDERS, RUNNING, DONE, FAILED = Kind.CUSTOMERS, Kind.ORDERS, Status.RUNNING, Status.DONE, Status.FAILED


@pytest.mark.parametrize(
    ("known", "tone", "said"),
    [
        ([], "neutral", "What was before the install is not known yet; it is read in a moment."),
        (
            [walk(CUSTOMERS, DONE, 1, 1), walk(ORDERS, RUNNING, 4_200, 10_260)],
            "info",
            "1 customer and 4,200 of 10,260 orders of before the install read so far.",
        ),
        ([walk(CUSTOMERS, RUNNING, 100)], "info", "100 customers of before the install read so far."),
        (
            [walk(CUSTOMERS, DONE, 2_020, 2_020), walk(ORDERS, DONE, 1, 1), walk(Kind.SWEEP, RUNNING, 3)],
            "success",
            "2,020 customers and 1 order of before the install read.",
        ),
        (
            [walk(CUSTOMERS, DONE, 9), walk(ORDERS, DONE, 9, 9, "Orders of one channel were left out.")],
            "success",
            "9 customers and 9 orders of before the install read. Orders of one channel were left out.",
        ),
        (
            [walk(CUSTOMERS, DONE, 9), walk(ORDERS, FAILED, 9, 20, "Saleor refuses the token.")],
            "critical",
            "Saleor refuses the token. It is tried again, and goes on where it stands.",
        ),
        (
            [walk(CUSTOMERS, DONE, 9), walk(ORDERS, DONE, 9), walk(Kind.OPEN, FAILED, 0)],
            "critical",
            "No reason was given. It is tried again, and goes on where it stands.",
        ),
    ],
)
def test_what_is_said(known: list[Backfill], tone: str, said: str) -> None:
    found = past(walks(*known), language_of("en"), by_itself=True)
    assert (found.tone, found.sentence) == (tone, said)
    assert found.reading == (tone == "info")
    assert found.failed == (tone == "critical")


def test_whoever_reads_it_themselves_is_told_how() -> None:
    assert "the command “retention backfill” reads it" in past({}, language_of("en"), by_itself=False).sentence


@pytest.mark.anyio
async def test_figures_that_still_grow_are_called_so(desk: Desk) -> None:
    def begin() -> None:
        with desk.home.database.write() as connection:
            for kind in (CUSTOMERS, ORDERS):
                backfills.begin(connection, desk.home.shop_id, kind, desk.home.now)

    growing = "These figures are whole when it is done."
    begin()
    assert "Reading 0 customers" not in plain(await desk.look())
    desk.home.take("customer_updated", account_body(account("U1", "u1@example.com")))
    said = plain(await desk.look())
    assert "Reading 0 customers and 0 orders of before the install read so far." in said
    assert growing in said
    with desk.home.database.write() as connection:
        for found in backfills.of_shop(connection, desk.home.shop_id).values():
            backfills.advance(connection, desk.home.shop_id, found, cursor=None, read=1, now=desk.home.now)
    assert growing not in plain(await desk.look())
    said = plain(await desk.look(path="/admin/health"))
    assert "Fine The past 1 customer and 1 order of before the install read." in said


@pytest.mark.anyio
async def test_what_failed_is_tried_again_where_it_stands(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        backfills.begin(connection, desk.home.shop_id, ORDERS, desk.home.now)
        walk = backfills.of_shop(connection, desk.home.shop_id)[ORDERS]
        backfills.fail(connection, desk.home.shop_id, walk, "Saleor refuses the token.", desk.home.now)
    page = await desk.look(path="/admin/health")
    assert "Trouble The past Saleor refuses the token." in plain(page)
    assert 'hx-post="/admin/letters/retry"' in page
    answer = await desk.press("/admin/letters/retry")
    assert "1 failure tried again" in plain(answer.text)
    with desk.home.database.read() as connection:
        assert backfills.of_shop(connection, desk.home.shop_id)[ORDERS].status is RUNNING
