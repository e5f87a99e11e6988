"""What the Dashboard shows of ours beside a customer, an order and a voucher, and on its home page."""

import re

import pytest
from sqlalchemy import select

from plugin.store import customers, reports
from plugin.store.schema import codes, vouchers
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_overview import plain, silent
from tests.bodies import order_body
from tests.shop import days, order

pytestmark = pytest.mark.anyio


async def given(desk: Desk) -> str:
    """A silent customer with a code that is at the platform."""
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    await desk.home.deliver()
    with desk.home.database.read() as connection:
        return str(connection.execute(select(codes.c.code)).scalar_one())


async def test_widgets_have_no_navigation_and_a_frame_of_their_own(desk: Desk) -> None:
    for name in ("customer", "order", "voucher", "home"):
        shell = await desk.client.get(f"/admin/widgets/{name}?customerId=VXNlcjox")
        assert 'class="widget"' in shell.text
        assert "<nav" not in shell.text


async def test_beside_a_customer(desk: Desk) -> None:
    code = await given(desk)
    page = await desk.look(READER, "/admin/widgets/customer?customerId=U1")
    said = plain(page)
    assert "At risk" in said
    assert "Usually buys every 30 days; silent for 61 days since the last order." in said
    assert f"10 % off with the code {code}" in said
    with desk.home.database.read() as connection:
        customer = customers.glance(connection, desk.home.shop_id, "U1")
    assert customer is not None
    assert f'data-dashboard="/extensions/app/QXBwOjE%3D/customers/{customer.customer_id}"' in page


async def test_beside_an_order_the_code_and_what_gave_it(desk: Desk) -> None:
    code = await given(desk)
    used = order("O1", desk.home.now, user_id="U1", email="u1@example.com", voucher_code=code)
    desk.home.take("order_created", order_body(used))
    said = plain(await desk.look(READER, "/admin/widgets/order?orderId=O1"))
    assert f"{code} 10 % off Given by “win-back”" in said
    assert "It was given to another customer." not in said
    other = order("O2", desk.home.now, user_id="U2", email="u2@example.com", voucher_code=code)
    desk.home.take("order_created", order_body(other))
    assert "It was given to another customer." in plain(await desk.look(READER, "/admin/widgets/order?orderId=O2"))
    strange = order("O3", desk.home.now, user_id="U2", email="u2@example.com", voucher_code="SPRING")
    desk.home.take("order_created", order_body(strange))
    assert "SPRING This app did not give it." in plain(await desk.look(READER, "/admin/widgets/order?orderId=O3"))
    assert "It was made without a code." in plain(await desk.look(READER, "/admin/widgets/order?orderId=O59"))


async def test_beside_a_voucher_what_it_gave_and_may_still_cost(desk: Desk) -> None:
    code = await given(desk)
    with desk.home.database.read() as connection:
        voucher_id = connection.execute(select(vouchers.c.voucher_id)).scalar_one()
    path = f"/admin/widgets/voucher?voucherId={voucher_id}"
    said = plain(await desk.look(READER, path))
    assert "Given by “win-back” 10 % off · version 2 · until" in said
    assert "Issued, not used 1 Redeemed 0" in said
    assert "May still cost $2.00" in said
    used = order("O1", desk.home.now, user_id="U1", email="u1@example.com", voucher_code=code, discount="3")
    desk.home.take("order_created", order_body(used))
    said = plain(await desk.look(READER, path))
    assert "Issued, not used 0 Redeemed 1" in said
    assert "Did cost $3.00" in said
    assert "May still cost" not in said


async def test_on_the_home_page(desk: Desk) -> None:
    assert "No customers yet" in plain(await desk.look(READER, "/admin/widgets/home"))
    code = await given(desk)
    said = plain(await desk.look(READER, "/admin/widgets/home"))
    assert "Active 1 campaign is on." in said
    assert "New 0 Regular 0 Loyal 0 At risk 1" in said
    assert "Codes that are out may still cost $2.00" in said
    used = order("O1", desk.home.now, user_id="U1", email="u1@example.com", voucher_code=code, discount="3")
    desk.home.take("order_created", order_body(used))
    said = plain(await desk.look(READER, "/admin/widgets/home"))
    assert "Orders with its codes, in 30 days 1 · $20.00" in said
    assert "Codes given in 30 days did cost $3.00" in said
    desk.home.arrive("order_updated", b"{}")
    desk.home.receive()
    assert "1 thing failed and waits for somebody" in plain(await desk.look(READER, "/admin/widgets/home"))


async def test_stages_are_those_of_the_daily_report(desk: Desk) -> None:
    stages = {
        "prospect": {"active": 5, "at_risk": 0, "dormant": 0},
        "first": {"active": 2, "at_risk": 1, "dormant": 1},
        "repeat": {"active": 3, "at_risk": 0, "dormant": 4},
        "loyal": {"active": 6, "at_risk": 1, "dormant": 0},
    }
    with desk.home.database.write() as connection:
        reports.save(connection, desk.home.shop_id, {"stages": stages}, desk.home.now)
    assert "New 7 Regular 3 Loyal 6 At risk 7" in plain(await desk.look(READER, "/admin/widgets/home"))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("customer?customerId=VXNlcjo5OQ==", "This customer is not known here"),
        ("customer", "This customer is not known here"),
        ("order?orderId=x", "This order is not known here"),
        ("voucher?voucherId=x", "This voucher is not one of Retention's"),
    ],
)
async def test_what_is_not_known_is_said(desk: Desk, path: str, sentence: str) -> None:
    assert sentence in plain(await desk.look(READER, f"/admin/widgets/{path}"))


async def test_nothing_of_another_shop(desk: Desk) -> None:
    await given(desk)
    other = desk.home.install("http://elsewhere.test/graphql/")
    desk.home.shop_id = other
    with desk.home.database.write() as connection:
        from plugin.store import shops
        from tests.saleor import signing

        shops.save_jwks(connection, other, signing.jwks("other"))
    headers = desk.headers(READER, name="other", iss="http://elsewhere.test/graphql/")
    theirs = headers | {"Saleor-Api-Url": "http://elsewhere.test/graphql/"}
    for path in ("customer?customerId=U1", "order?orderId=O59"):
        answer = await desk.ask(f"/admin/widgets/{path}", theirs)
        assert re.search("is not known here", answer.text)
