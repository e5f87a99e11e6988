"""A campaign as a file, and one to oneself before it is on."""

import json
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from plugin.store.schema import codes
from tests.live.api import until
from tests.live.app import App
from tests.live.corner import PRICES, RATE
from tests.live.people import Street
from tests.live.test_win_back import BANNER, delivered, known, new_vouchers, vouchers_of

FILE = """\
retention: 1
campaigns:
- name: to-oneself
  tactic: win_back
  params:
    value: 20           # of a hundred
    text: "For you: {{offer}} with code {{code}} until {{until}}."
  channels: [{channel}]
"""


def test_a_draft_from_a_file_gives_one_to_oneself_in_its_channel(app: App, street: Street, tmp_path: Path) -> None:
    shopper = street.register("iris")
    until("the account to be known", lambda: known(app, shopper))
    file = tmp_path / "campaigns.yaml"
    file.write_text(FILE.format(channel=street.corner.channel))
    assert app.said("campaign", "import", "--dry-run", str(file))[0]["made"] is True
    app.run("campaign", "import", str(file))
    assert app.said("campaign", "dry-run", "to-oneself")["inside"] == 0

    before = vouchers_of(street.staff)
    tried = app.said("campaign", "try", "to-oneself", "--to", shopper.email)
    banner = until("the banner", lambda: street.metadata(shopper.user_id).get(BANNER))
    assert json.loads(banner)["code"] == tried["code"]
    (voucher,) = new_vouchers(street.staff, before)
    assert (voucher["codes"], voucher["channels"]) == ([tried["code"]], {street.corner.channel})
    assert app.said("campaign", "show", "to-oneself")["status"] == "draft"

    basket = delivered(street, ("tee",), shopper)
    street.enter_code(basket, tried["code"])
    assert street.sums(basket)["total"] == (PRICES["tee"] * Decimal("0.8")).quantize(Decimal("0.01")) + RATE
    street.buy(basket)
    mine = select(codes.c.status).where(codes.c.code == tried["code"])
    until("the code to be noted as used", lambda: app.rows(mine)[0]["status"] == "redeemed")
    app.run("campaign", "end", "to-oneself")
