"""An expiring offer on a real Saleor: an order brings a customer into the segment; code, mail, and its last hours."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import select

from plugin.flow.deliver import deliver
from plugin.flow.send import send
from plugin.flow.tick import tick
from plugin.main import build_house
from plugin.settings import load_settings
from plugin.store.schema import decisions, shops
from tests.live.api import until
from tests.live.app import App, app_on
from tests.live.people import Shopper, Street
from tests.live.test_win_back import BANNER, delivered, known, new_vouchers, vouchers_of

NOTICE_HOURS = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, street: Street, host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """With a folder that mails are written to."""
    folder = tmp_path_factory.mktemp("app")
    mails = folder / "mails"
    with app_on(request.param, folder, street.staff, host, RETENTION_MAIL_URL=f"file://{mails}") as app:
        app.start()
        try:
            app.install()
            app.run(
                *("messages", "set", "sender_address=shop@retention-live.example", "needs_opt_in=no"),
                "storefront=https://shop.example",
            )
            yield app
        finally:
            app.leave()


def mails(app: App, shopper: Shopper) -> list[EmailMessage]:
    folder = Path(app.environment["RETENTION_MAIL_URL"].removeprefix("file://"))
    read = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]
    mine = [mail for mail in read if shopper.email in str(mail["To"])]
    return sorted(mine, key=lambda mail: "Last" in mail["Subject"])


def banner(street: Street, shopper: Shopper) -> dict[str, Any] | None:
    said = street.metadata(shopper.user_id).get(BANNER)
    return None if said is None else dict(json.loads(said))


def at(app: App, moment: datetime) -> None:
    """What the app would do at that moment: decided, delivered to Saleor, and sent."""

    async def live(shop_id: int) -> None:
        with app.database() as database:
            async with httpx.AsyncClient() as http:
                house = replace(build_house(load_settings(app.environment), database, http), clock=lambda: moment)
                while tick(house, shop_id).more:
                    pass
                while await deliver(house, shop_id):
                    pass
                while await send(house, shop_id):
                    pass

    for row in app.rows(select(shops.c.id)):
        anyio.run(live, row["id"])


def test_code_mail_and_last_hours(app: App, street: Street, tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    big.write_text(json.dumps({"field": "last_total", "at_least": 80, "currency": "USD"}))
    app.run("segment", "save", "big", str(big))
    app.run(
        *("campaign", "new", "expiring_offer", "two-days", "--audience", "big", "--control", "0"),
        *("--set", "currency=USD", "--set", "minimum=50", "--set", "value=25", "--set", "valid_days=2"),
        *("--set", "message_by=mail", "--set", f"notice_hours={NOTICE_HOURS}"),
    )
    app.run("campaign", "on", "two-days", "--yes")
    before = vouchers_of(street.staff)
    shopper = street.register("iris")
    street.confirm(shopper)
    street.buy(delivered(street, ("coat",), shopper))

    shown = until("the banner", lambda: banner(street, shopper))
    (voucher,) = new_vouchers(street.staff, before)
    assert voucher["codes"] == [shown["code"]]
    assert shown["text"].startswith("For a short time, Iris: 25 % off")
    (first,) = until("the mail", lambda: mails(app, shopper))
    assert shown["code"] in first.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    until_ = datetime.fromisoformat(shown["until"])
    assert ends_at(street, voucher["id"]) == until_

    due = until_ - timedelta(hours=NOTICE_HOURS)
    until("the notice to be awaited", lambda: known(app, shopper)["next_moment"] == due, within=60)
    for _ in range(2):
        at(app, due + timedelta(minutes=1))
    assert [mail["Subject"] for mail in mails(app, shopper)][1:] == ["Last chance, Iris: 25 % off"]
    assert shown["code"] in mails(app, shopper)[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    changed = banner(street, shopper)
    assert changed is not None
    assert changed["text"].startswith("Last chance, Iris")
    assert (changed["code"], changed["until"]) == (shown["code"], shown["until"])
    assert not street.takes_code(delivered(street, ("tee",), shopper), shown["code"])
    assert street.takes_code(delivered(street, ("coat",), shopper), shown["code"])
    of_them = select(decisions.c.outcome).where(decisions.c.customer_id == known(app, shopper)["id"])
    assert sorted(row["outcome"] for row in app.rows(of_them)) == ["given", "shown", "told"]
    assert new_vouchers(street.staff, before) == [voucher]
    app.run("campaign", "end", "two-days")


def ends_at(street: Street, voucher_id: str) -> datetime:
    found = street.staff.call("query($id: ID!) { voucher(id: $id) { endDate } }", id=voucher_id)["voucher"]["endDate"]
    return datetime.fromisoformat(found)
