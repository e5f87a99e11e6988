"""Mail by SMTP: what is known not to have been taken, and what nobody knows."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.messages import Medium
from plugin.errors import GiveUp, NoMailbox, NotReached, OutcomeUnknown, RetentionError, SettingsError, TryLater
from plugin.messaging.port import Letter
from plugin.messaging.smtp import Server, Smtp, read_server
from tests.messaging.certificate import of_its_own
from tests.messaging.server import Mailbox, mail_server

pytestmark = pytest.mark.anyio

LETTER = Letter(
    "ref1",
    Medium.MAIL,
    "ann@example.com",
    "Ann",
    "Tea & Co",
    "shop@example.com",
    "help@example.com",
    "For you, Ann",
    "Hello",
    "<p>Hello</p>",
    unsubscribe="https://retention.example/messages/unsubscribe/t",
)


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mail_server() as made:
        yield made


@pytest.fixture
async def smtp(box: Mailbox) -> AsyncIterator[Smtp]:
    made = Smtp(Server("127.0.0.1", box.port, None, None, tls=False))
    yield made
    await made.close()


async def test_a_mail_arrives_with_both_parts_and_its_way_out(box: Mailbox, smtp: Smtp) -> None:
    await smtp.send(LETTER)
    (mail,) = box.mails
    assert (mail["To"], mail["From"]) == ("Ann <ann@example.com>", "Tea & Co <shop@example.com>")
    assert (mail["Reply-To"], mail["Message-ID"]) == ("help@example.com", "<ref1@example.com>")
    assert mail["List-Unsubscribe"] == "<https://retention.example/messages/unsubscribe/t>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]


async def test_what_is_no_marketing_has_no_unsubscribe_header(box: Mailbox, smtp: Smtp) -> None:
    await smtp.send(replace(LETTER, unsubscribe=None))
    assert box.mails[0]["List-Unsubscribe"] is None


async def test_one_connection_serves_many(box: Mailbox, smtp: Smtp) -> None:
    for number in range(5):
        await smtp.send(replace(LETTER, ref=f"ref{number}"))
    assert (len(box.mails), box.connections) == (5, 1)


async def test_neither_names_nor_subjects_add_headers(box: Mailbox, smtp: Smtp) -> None:
    evil = "x\r\nBcc: all@example.com\r\n\r\nbody"
    await smtp.send(replace(LETTER, to_name=evil, subject=evil, sender_name=evil))
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert "Bcc: all@example.com" in mail["Subject"]


async def test_letters_of_all_languages_arrive(box: Mailbox, smtp: Smtp) -> None:
    await smtp.send(replace(LETTER, to_name="Żółw", subject="Zażółć 🎁", text="gęślą\n.\njaźń"))
    (mail,) = box.mails
    assert mail["Subject"] == "Zażółć 🎁"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["gęślą", ".", "jaźń"]


@pytest.mark.parametrize(
    ("rcpt", "data", "error"),
    [
        ("450 greylisted", "", TryLater),
        ("550 5.1.1 unknown", "", NoMailbox),
        ("554 5.7.1 relay denied", "", GiveUp),
        ("", "451 try later", TryLater),
        ("", "554 spam", GiveUp),
        ("", "close", OutcomeUnknown),
    ],
)
async def test_what_a_refusal_means(
    box: Mailbox, smtp: Smtp, rcpt: str, data: str, error: type[RetentionError]
) -> None:
    box.rcpt, box.data = [rcpt] if rcpt else [], [data] if data else []
    with pytest.raises(error) as raised:
        await smtp.send(LETTER)
    assert type(raised.value) is error
    assert box.mails == []
    await smtp.send(replace(LETTER, ref="next"))  # the next one is none the worse
    assert len(box.mails) == 1


async def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(NotReached, match="does not let us in"):
        await Smtp(Server("127.0.0.1", port, None, None, tls=False)).send(LETTER)


async def test_a_certificate_that_nobody_vouches_for_is_said_to_be_one(tmp_path: Path) -> None:
    async with mail_server(of_its_own(tmp_path)) as box:
        with pytest.raises(
            NotReached, match=r"certificate of the mail server 127\.0\.0\.1 is not accepted: .*self.signed"
        ):
            await Smtp(Server("127.0.0.1", box.port, None, None, tls=False)).send(LETTER)
    assert box.mails == []


async def test_tls_from_the_first_byte_where_there_is_none(box: Mailbox) -> None:
    with pytest.raises(NotReached, match=r"does not speak TLS as it was asked to: .*smtp://"):
        await Smtp(Server("127.0.0.1", box.port, None, None, tls=True)).send(LETTER)


async def test_a_kept_connection_that_is_gone_is_made_anew(box: Mailbox, smtp: Smtp) -> None:
    await smtp.send(LETTER)
    (kept,) = smtp._idle
    assert kept.transport is not None
    kept.transport.close()
    await smtp.send(replace(LETTER, ref="ref2"))
    assert (len(box.mails), box.connections) == (2, 2)


async def test_an_address_that_no_header_holds(smtp: Smtp) -> None:
    with pytest.raises(NoMailbox):
        await smtp.send(replace(LETTER, to="a@b\r\nBcc: c@example.com"))


def test_what_an_address_of_a_server_says() -> None:
    assert read_server("smtp://us%40er:p%3Aw@mail.example") == Server("mail.example", 587, "us@er", "p:w", tls=False)
    assert read_server("smtps://mail.example:4650").port == 4650
    with pytest.raises(SettingsError):
        read_server("http://mail.example")
