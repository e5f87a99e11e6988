"""A link that carries an offer: it gives the code and nothing else, and only as long as the code can be used."""

from datetime import datetime
from decimal import Decimal

import pytest

from plugin.domain.offers import Offer, OfferKind
from plugin.flow.offer_links import PURPOSE, sign_offer
from plugin.store import codes
from plugin.store.codes import Code, CodeKind, CodeStatus
from plugin.store.database import Database
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import ORIGIN, Stage

pytestmark = pytest.mark.anyio
OFFER = Offer(OfferKind.PERCENTAGE, Decimal(15), Decimal(0), 14)
UNTIL = NOW + days(14)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def give(
    stage: Stage,
    status: CodeStatus = CodeStatus.ISSUED,
    kind: CodeKind = CodeKind.VOUCHER,
    until: datetime = UNTIL,
    decision_id: int = 7,
) -> str:
    """The token of its link."""
    code = Code(f"CODE{decision_id}", decision_id, 1, 1, None, None, status, until, kind, OFFER)
    with stage.database.write() as connection:
        codes.draw(connection, stage.shop_id, [code], NOW)
    return sign_offer(stage.house.keyring, stage.shop_id, decision_id)


async def test_it_gives_the_code_and_nothing_of_whose_it_is(stage: Stage) -> None:
    answer = await stage.follow(give(stage))
    assert answer.status_code == 200
    assert answer.json() == {"code": "CODE7", "label": "15 % off", "until": UNTIL.isoformat()}
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("status", [one for one in CodeStatus if one is not CodeStatus.ISSUED])
async def test_a_code_that_cannot_be_used_is_not_told(stage: Stage, status: CodeStatus) -> None:
    await refused(stage, give(stage, status))


async def test_neither_is_one_that_is_over_nor_a_gift_card(stage: Stage) -> None:
    await refused(stage, give(stage, until=NOW - days(1)))
    await refused(stage, give(stage, kind=CodeKind.GIFT_CARD, decision_id=8))


async def test_what_is_not_ours_has_the_same_answer(stage: Stage) -> None:
    token = give(stage)
    keyring = stage.house.keyring
    for wrong in (
        "",
        "x",
        token[:-1],
        token + "x",
        "x" * 10_000,
        sign_offer(keyring, stage.shop_id + 1, 7),
        sign_offer(keyring, stage.shop_id, 99),
        keyring.sign(PURPOSE, "7"),
        keyring.sign("front content", [stage.shop_id, 7]),
    ):
        await refused(stage, wrong)
    assert (await stage.follow(token, shop="https://other.example/graphql/")).status_code == 404


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"shop": 1, "token": "x"}', b"\xff", b"[" * 5000])
async def test_what_is_no_link_is_a_problem(stage: Stage, raw: bytes) -> None:
    answer = await stage.follow("", raw=raw)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


async def refused(stage: Stage, token: str) -> None:
    answer = await stage.follow(token)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no offer behind this link, or not any more."
