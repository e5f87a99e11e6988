"""Codes as a merchant finds them: filtered, paged, taken back, saved as a file."""

import csv
import io
import re

import pytest

from admin_ui.pages import offers
from plugin.store import books
from plugin.store.codes import CodeStatus
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_overview import plain
from tests.bodies import account_body, order_body
from tests.shop import account, days, order

pytestmark = pytest.mark.anyio

PATH = "/admin/offers"


def give(desk: Desk, people: int) -> list[str]:
    """Each of them a code, the first drawn first."""
    home = desk.home
    home.switch_on("win-back")
    for who in range(people):
        home.take("customer_updated", account_body(account(f"U{who}", f"u{who}@example.com")))
        home.take(
            "order_created", order_body(order(f"O{who}", home.now, user_id=f"U{who}", email=f"u{who}@example.com"))
        )
    home.now += days(60)
    home.tick()
    with home.database.read() as connection:
        return [told.code for told in reversed(books.latest_codes(connection, home.shop_id, 1000))]


async def test_a_shop_that_has_given_nothing(desk: Desk) -> None:
    said = plain(await desk.look(path=PATH))
    assert "No codes yet" in said
    assert "Nothing was given yet, so nothing is owed." in said
    assert "Issued, not used 0" in plain(await desk.look(path=f"{PATH}/figures"))


async def test_codes_with_their_money(desk: Desk) -> None:
    first, second = give(desk, 2)
    await desk.home.deliver()
    used = order("O9", desk.home.now, user_id="U0", email="u0@example.com", voucher_code=first)
    desk.home.take("order_created", order_body(used))
    page = await desk.look(path=PATH)
    said = plain(page)
    assert re.search(rf"{second} Issued, not used 10 % off win-back \d+ .* \$2\.00", said)
    assert f"{first} Redeemed" in said
    assert 'data-dashboard="/orders/O9"' in page
    assert "win-back USD $0.00 $2.00 no limit" in said
    assert "All together USD $0.00 $2.00" in said
    counted = plain(await desk.look(path=f"{PATH}/figures"))
    assert "Issued, not used 1 Redeemed 1" in counted


async def test_filters_and_search(desk: Desk) -> None:
    first, second = give(desk, 2)
    await desk.press(f"{PATH}/revoke", code=first)
    only = await desk.look(path=f"{PATH}?status=withdrawn")
    assert first in only
    assert second not in only
    found = await desk.look(path=f"{PATH}?code={second.lower()}")
    assert second in found
    assert first not in found
    assert "There is no code “NOTHING-7” of this app" in plain(await desk.look(path=f"{PATH}?code=NOTHING-7"))
    assert "No code is like that." in plain(await desk.look(path=f"{PATH}?status=redeemed"))
    for nonsense in ("status=%27", "campaign=x", "before=-1", "after=99999999999999999999", "campaign=999"):
        assert second in await desk.look(path=f"{PATH}?{nonsense}")


async def test_pages_by_key_lead_there_and_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "ROWS", 2)
    codes = give(desk, 5)[::-1]

    def on(page: str) -> list[str]:
        return re.findall(r'<th scope="row" class="code">(\w+)</th>', page)

    def leads(page: str, word: str) -> str | None:
        found = re.search(rf'href="([^"]+)" data-page data-stay>{word}<', page)
        return found and found[1].replace("&amp;", "&")

    for filtered in ("", "?status=drawn"):
        page, seen, paths = await desk.look(path=PATH + filtered), [], [PATH + filtered]
        assert leads(page, "Before") is None
        while True:
            seen += on(page)
            after = leads(page, "After")
            if after is None:
                break
            paths.append(after)
            page = await desk.look(path=after)
        assert seen == codes
        back = leads(page, "Before")
        assert back is not None
        page = await desk.look(path=back)
        assert on(page) == codes[2:4]
        back = leads(page, "Before")
        assert back is not None
        page = await desk.look(path=back)
        assert on(page) == codes[:2]
        assert leads(page, "Before") is None


async def test_the_file_holds_all_of_the_filter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "CHUNK", 2)
    codes = give(desk, 5)
    await desk.press(f"{PATH}/revoke", code=codes[0])
    answer = await desk.ask(f"{PATH}/codes.csv?status=drawn", desk.headers(READER))
    assert answer.headers["content-disposition"] == 'attachment; filename="codes.csv"'
    heading, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[:3] == ["Code", "Customer", "Campaign"]
    assert [row[0] for row in rows] == codes[:0:-1]
    assert rows[0][3:5] == ["10 % off", "Drawn, on the way"]


async def test_one_is_taken_back(desk: Desk) -> None:
    [code] = give(desk, 1)
    page = await desk.look(path=PATH)
    assert f'name="code" value="{code}"' in page
    assert "/revoke" not in await desk.look(READER, PATH)
    answer = await desk.press(f"{PATH}/revoke", code=code)
    assert f"{code} is taken back." in plain(answer.text)
    with desk.home.database.read() as connection:
        assert books.by_code(connection, desk.home.shop_id, code)[0].status is CodeStatus.WITHDRAWN
    assert "had been taken back before" in plain((await desk.press(f"{PATH}/revoke", code=code)).text)
    assert (await desk.press(f"{PATH}/revoke", code="NOTHING")).status_code == 404
    assert (await desk.press(f"{PATH}/revoke")).status_code == 400
