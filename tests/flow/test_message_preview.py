"""How a message looks, and one to oneself."""

import pytest

from plugin.domain.messages import Medium
from plugin.errors import NotReached, OutcomeUnknown, Rejected
from plugin.flow.message_preview import CODE, preview, send_test
from plugin.store import decisions
from tests.flow.conftest import Home
from tests.flow.post import open_post
from tests.flow.test_send import BY_MAIL, reminds

pytestmark = pytest.mark.anyio


async def test_it_is_shown_with_a_sample(home: Home) -> None:
    open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    made = preview(home.house, home.shop_id, "win-back")
    assert made.subject == "For you, Ann: 10 % off"
    assert CODE in made.text
    assert CODE in made.html
    assert made.missing == ()


async def test_a_tactic_s_own_tokens_and_other_languages(home: Home) -> None:
    open_post(home)
    reminds(home)
    assert preview(home.house, home.shop_id, "remind").text.startswith("Hello Ann, [product]?")
    assert preview(home.house, home.shop_id, "remind", language="pl").text.startswith("Cześć")
    assert preview(home.house, home.shop_id, "remind", medium=Medium.SMS).html == ""


async def test_what_is_missing_is_said(home: Home) -> None:
    home.switch_on("win-back", message_by=BY_MAIL)
    missing = " ".join(preview(home.house, home.shop_id, "win-back").missing)
    assert "RETENTION_MAIL_URL" in missing
    assert "sender_address" in missing
    with pytest.raises(Rejected, match="RETENTION_MAIL_URL"):
        await send_test(home.house, home.shop_id, "win-back", "me@example.com")


async def test_a_campaign_without_messages_is_refused_with_what_to_do(home: Home) -> None:
    with pytest.raises(Rejected, match="message_by=mail"):
        preview(home.house, home.shop_id, "win-back")


async def test_one_to_oneself_is_in_no_books(home: Home) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    await send_test(home.house, home.shop_id, "win-back", "me@example.com")
    (letter,) = box.taken
    assert (letter.to, letter.subject) == ("me@example.com", "[Test] For you, Ann: 10 % off")
    with home.database.read() as connection:
        assert decisions.latest(connection, home.shop_id, 10) == []


@pytest.mark.parametrize("to", ["nobody", "a@b\r\nBcc: c@example.com", "me@mailinator.com"])
async def test_not_to_just_anything(home: Home, to: str) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    with pytest.raises(Rejected):
        await send_test(home.house, home.shop_id, "win-back", to)
    assert box.taken == []


@pytest.mark.parametrize("error", [NotReached("refused"), OutcomeUnknown("lost")])
async def test_a_server_that_fails_is_told(home: Home, error: Exception) -> None:
    box = open_post(home)
    home.switch_on("win-back", message_by=BY_MAIL)
    box.fails = [error]
    with pytest.raises(Rejected, match=str(error)):
        await send_test(home.house, home.shop_id, "win-back", "me@example.com")
