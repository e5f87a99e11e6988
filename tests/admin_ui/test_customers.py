"""The list of customers and one customer's page: what they say is what the store holds."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from admin_ui.pages import customers as page_of_customers
from plugin.domain.conditions import read_condition
from plugin.domain.consent import Stand
from plugin.domain.customer import History
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.store import customer_list, customers, segments, suppressions
from plugin.store.customers import Measured
from plugin.store.suppressions import Listed
from tests.admin_ui.conftest import EDITOR, READER, Desk
from tests.admin_ui.test_overview import plain, silent
from tests.bodies import account_body
from tests.shop import account, ago, days

pytestmark = pytest.mark.anyio
LIST = "/admin/customers"


def many(desk: Desk, number: int) -> None:
    """Accounts, each with one order so many days ago and so many dollars."""
    with desk.home.database.write() as connection:
        for n in range(1, number + 1):
            made = customers.create(connection, desk.home.shop_id, desk.home.now, user_id=f"U{n}")
            seen = account(f"U{n}", f"p{n:02}@example.com", first_name=f"Person {n:02}")
            customers.save_account(connection, desk.home.shop_id, made.customer_id, seen)
            history = History(
                1, 1, ago(n), ago(n), f"O{n}", spent={"USD": Decimal(n)}, bought={"USD": 1}, currency="USD"
            )
            segment = Segment.AT_RISK if n > 60 else Segment.NEW
            turns = Turns(ago(n) + days(60), ago(n) + days(120))
            state = Measured(made.customer_id, history, segment, turns, None)
            customers.save_states(connection, desk.home.shop_id, [state])


def people(page: str) -> list[str]:
    return re.findall(r"<bdi>(Person \d+)</bdi>", page)


def link(page: str, text: str) -> str:
    """Where the link or button with this text leads."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>{text}</a>', page)
    assert found is not None, text
    return html.unescape(found[1])


async def test_a_shop_without_customers_is_told_so(desk: Desk) -> None:
    said = plain(await desk.look(path=LIST))
    assert "No customers yet" in said
    assert plain(await desk.look(path=f"{LIST}/count")).strip() == "0 customers"


async def test_page_by_page_there_and_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_of_customers, "SIZE", 4)
    many(desk, 10)
    first = await desk.look(path=LIST)
    assert people(first) == [f"Person {n:02}" for n in (1, 2, 3, 4)]
    assert "Before" not in first
    second = await desk.look(path=link(first, "After"))
    assert people(second) == [f"Person {n:02}" for n in (5, 6, 7, 8)]
    third = await desk.look(path=link(second, "After"))
    assert people(third) == ["Person 09", "Person 10"]
    assert ">After<" not in third
    assert people(await desk.look(path=link(third, "Before"))) == people(second)
    assert people(await desk.look(path=link(second, "Before"))) == people(first)
    assert plain(await desk.look(path=f"{LIST}/count")).strip() == "10 customers"


async def test_sorted_by_a_column_and_the_other_way_round(desk: Desk) -> None:
    many(desk, 3)
    page = await desk.look(path=link(await desk.look(path=LIST), "Spent"))
    assert people(page) == ["Person 03", "Person 02", "Person 01"]
    assert 'aria-sort="descending"' in page
    page = await desk.look(path=link(page, "Spent"))
    assert people(page) == ["Person 01", "Person 02", "Person 03"]
    assert 'aria-sort="ascending"' in page


async def test_filtered_by_stage_and_segment(desk: Desk) -> None:
    many(desk, 70)
    with desk.home.database.write() as connection:
        rare = read_condition({"field": "spent", "at_least": 66, "currency": "USD"})
        segments.save(connection, desk.home.shop_id, "rare", rare, desk.home.now)
    page = await desk.look(path=f"{LIST}?stage=at_risk")
    assert len(people(page)) == 10
    assert plain(await desk.look(path=f"{LIST}/count?stage=at_risk")).strip() == "10 customers"
    page = await desk.look(path=f"{LIST}?segment=rare&stage=at_risk&sort=value")
    assert people(page) == [f"Person {n}" for n in (70, 69, 68, 67, 66)]
    assert '<option value="rare" selected>' in page
    assert "No customer is like this now" in plain(await desk.look(path=f"{LIST}?segment=loyal"))


async def test_what_is_rare_is_looked_for_bit_by_bit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_list, "LOOKED_AT", 25)
    many(desk, 70)
    page, asked, found = await desk.look(path=f"{LIST}?stage=at_risk"), 0, list[str]()
    while (further := re.search(r'<tr class="further" hx-get="([^"]+)"', page)) is not None:
        assert "Looking through the customers" in page
        found += people(page)
        page, asked = await desk.look(path=html.unescape(further[1])), asked + 1
    assert asked > 1
    assert found + people(page) == [f"Person {n}" for n in range(61, 71)]
    nobody = await desk.look(path=f"{LIST}/rows?segment=loyal&found=0&looked=9")
    assert "No customer is like this now" in nobody or "further" in nobody


async def test_found_by_e_mail_name_and_order(desk: Desk) -> None:
    silent(desk.home, 5)
    for text in ("u1@ex", "ann", "O150", "%23O5"):
        assert "1 found among everybody" in plain(await desk.look(path=f"{LIST}?q={text}"))
    said = plain(await desk.look(path=f"{LIST}?q=<script>alert(1)</script>"))
    assert "Nobody's e-mail or first name begins with this" in said
    assert "<script>alert" not in await desk.look(path=f"{LIST}?q=<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("segment=nothing", 404, "There is no segment “nothing”"),
        ("after=x", 400, "address of this page of the list is broken"),
        ("after=2026-01-01~1", 400, "address of this page of the list is broken"),
        ("sort=value&after=NaN~1", 400, "address of this page of the list is broken"),
        ("sort=value&after=1e400~1", 400, "address of this page of the list is broken"),
        (f"after=~{2**63}", 400, "address of this page of the list is broken"),
        ("before=~-1", 400, "address of this page of the list is broken"),
        ("sort=x&stage=y&order=z&found=x&looked=²", 200, ""),
    ],
)
async def test_addresses_that_nobody_was_given(desk: Desk, query: str, status: int, sentence: str) -> None:
    for path in (LIST, f"{LIST}/rows"):
        answer = await desk.ask(f"{path}?{query}", desk.headers(EDITOR))
        assert answer.status_code == status
        assert sentence in html.unescape(answer.text)


async def test_the_table_for_other_programs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_list, "PORTION", 7)
    many(desk, 20)
    desk.home.take("customer_updated", account_body(account("UX", "=cmd@example.com", first_name="@SUM(A1)")))
    assert "Save as CSV" in await desk.look(READER, LIST)
    assert "Save as CSV" not in await desk.look(EDITOR, LIST)
    refused = await desk.ask(f"{LIST}/file", desk.headers(EDITOR))
    assert refused.status_code == 403
    answer = await desk.ask(f"{LIST}/file?sort=value", desk.headers(READER))
    assert answer.headers["content-disposition"] == 'attachment; filename="customers.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 21
    assert [row["email"] for row in rows[:2]] == ["p01@example.com", "p02@example.com"]
    assert (rows[-1]["email"], rows[-1]["first_name"]) == ("'=cmd@example.com", "'@SUM(A1)")
    some = await desk.ask(f"{LIST}/file?stage=at_risk", desk.headers(READER))
    assert list(csv.DictReader(io.StringIO(some.text))) == []


# One customer.


async def number(desk: Desk, user_id: str = "U1") -> int:
    with desk.home.database.read() as connection:
        found = customers.glance(connection, desk.home.shop_id, user_id)
        assert found is not None
        return found.customer_id


def listed(desk: Desk) -> list[Listed]:
    with desk.home.database.read() as connection:
        return suppressions.listed(connection, desk.home.shop_id, 9)


async def test_all_about_one(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    said = plain(await desk.look(READER, f"{LIST}/{await number(desk)}"))
    assert "Has a code 10 % off with the code" in said
    assert "Usually buys every 30 days; silent for 61 days since the last order." in said
    assert "No score yet: the shop's model has not been learnt" in said
    assert "Order O59 $20.00 · not sent yet" in said
    assert "u1@example.com confirmed" in said
    assert "Repeat customers At risk" in said
    assert "Spent $80.00" in said


async def test_why_nothing_is_given_is_said_as_it_was_decided(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    with desk.home.database.write() as connection:
        customers.save_consent(connection, desk.home.shop_id, await number(desk), Stand(opted_out=True, agreed_at=None))
    said = plain(await desk.look(path=f"{LIST}/{await number(desk)}"))
    assert "Nothing The customer does not want offers." in said
    assert "Opted out Does not want offers." in said


async def test_what_happened_is_shown_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from admin_ui.pages import customer

    monkeypatch.setattr(customer, "SIZE", 2)
    silent(desk.home, 5)
    page, seen = await desk.look(path=f"{LIST}/{await number(desk)}"), list[str]()
    while True:
        seen += re.findall(r"<strong>Order (\w+)</strong>", page)
        found = re.search(r'hx-get="([^"]+/timeline[^"]+)"', page)
        if found is None:
            break
        page = await desk.look(path=html.unescape(found[1]))
    assert seen == ["O5", "O90", "O120", "O150"]


async def test_given_nothing_more_and_allowed_again(desk: Desk) -> None:
    silent(desk.home, 5)
    path = f"{LIST}/{await number(desk)}"
    for form, sentence in [
        ({"why": ""}, "Choose why"),
        ({"why": "asked", "days": "0"}, "a whole number of days from 1 to 3,650"),
        ({"why": "asked", "days": "1e3"}, "a whole number of days from 1 to 3,650"),
    ]:
        answer = await desk.press(f"{path}/suppress", READER, **form)
        assert (answer.status_code, sentence in answer.text) == (400, True)
    assert listed(desk) == []
    answer = await desk.press(f"{path}/suppress", READER, why="complaint", days="7")
    assert "Nothing more is given to this customer." in plain(answer.text)
    assert "They complained, until Jun 8, 2026" in plain(answer.text)
    [entry] = listed(desk)
    assert (entry.until, entry.added_by) == (desk.home.now + timedelta(days=7), "staff@example.com")
    answer = await desk.press(f"{path}/allow", READER)
    assert listed(desk) == []
    assert "Give nothing more" in plain(answer.text)


async def test_all_that_is_kept_is_saved(desk: Desk) -> None:
    silent(desk.home, 5)
    path = f"{LIST}/{await number(desk)}/data"
    answer = await desk.ask(path, desk.headers(READER))
    assert re.fullmatch(r'attachment; filename="customer-\d+\.json"', answer.headers["content-disposition"])
    kept = json.loads(answer.text)
    assert len(kept["orders"]) == 4
    assert kept["account"][0]["email"] == "u1@example.com"
    assert (await desk.ask(path, desk.headers(EDITOR))).status_code == 403


async def test_erased_only_by_who_says_it_in_words(desk: Desk) -> None:
    silent(desk.home, 5)
    path = f"{LIST}/{await number(desk)}"
    answer = await desk.press(f"{path}/erase", READER, confirm="yes")
    assert answer.status_code == 400
    assert "type u1@example.com to say that you mean it" in answer.text
    answer = await desk.press(f"{path}/erase", READER, confirm=" U1@example.com ")
    assert json.loads(answer.headers["hx-trigger"])["go"]["path"] == LIST
    assert "No customers yet" in plain(await desk.look(path=LIST))


async def test_a_customer_who_is_erased_while_the_page_is_open(desk: Desk) -> None:
    silent(desk.home, 5)
    path = f"{LIST}/{await number(desk)}"
    await desk.press(f"{path}/erase", READER, confirm="u1@example.com")
    for answer in [
        *[await desk.ask(one, desk.headers(READER)) for one in (path, f"{path}/timeline", f"{path}/data")],
        *[await desk.press(f"{path}/{one}", READER, why="asked") for one in ("suppress", "allow", "erase")],
    ]:
        assert answer.status_code == 404
        assert "This customer is not here any more" in answer.text


@pytest.mark.parametrize("named", ["0", str(2**63), "9" * 60])
async def test_numbers_that_nobody_has(desk: Desk, named: str) -> None:
    answer = await desk.ask(f"{LIST}/{named}", desk.headers(READER))
    assert answer.status_code == 404
    assert "not here any more" in answer.text


async def test_who_may_not_change_is_offered_nothing_to_change(desk: Desk) -> None:
    silent(desk.home, 5)
    page = await desk.look(["MANAGE_ORDERS"], f"{LIST}/{await number(desk)}")
    assert "hx-post" not in page
    assert "Save their data" not in page


async def test_names_are_text_from_right_to_left_and_very_long(desk: Desk) -> None:
    evil: dict[str, Any] = {"first_name": "<img src=x onerror=alert(1)>" + "ש" * 200}
    silent(desk.home, 5, **evil)
    for path in (LIST, f"{LIST}/{await number(desk)}"):
        page = await desk.look(READER, path)
        assert "<img" not in page
        assert "<bdi>&lt;img" in page or "<h1>&lt;img" in page


async def test_another_shops_customer_is_nobody_here(desk: Desk) -> None:
    other = desk.home.install("http://elsewhere.test/graphql/")
    desk.home.arrive("customer_updated", account_body(account("U7", "u7@example.com")), other)
    from plugin.flow.receive import receive

    while receive(desk.home.house, other):
        pass
    with desk.home.database.read() as connection:
        theirs = customers.glance(connection, other, "U7")
    assert theirs is not None
    assert (await desk.ask(f"{LIST}/{theirs.customer_id}", desk.headers(READER))).status_code == 404
    assert "Nobody" in plain(await desk.look(path=f"{LIST}?q=u7"))
