"""SMS and push by the merchant's provider: what each answer means, and that it is signed."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pytest_httpx import HTTPXMock
from standardwebhooks import Webhook

from plugin.domain.messages import Medium
from plugin.errors import GiveUp, NotReached, OutcomeUnknown, RetentionError, SettingsError, TryLater
from plugin.messaging.addresses import is_disposable, why_not
from plugin.messaging.choose import senders_of
from plugin.messaging.provider import AppriseService, SignedWebhook, new_secret
from plugin.messaging.sink import Sink
from tests.messaging.test_smtp import LETTER

pytestmark = pytest.mark.anyio
URL, SECRET = "https://provider.example/send", new_secret()
SMS = replace(LETTER, medium=Medium.SMS, to="+48123456789", html="")


async def test_it_is_signed_as_standard_webhooks_has_it(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=URL, status_code=202)
    async with httpx.AsyncClient() as http:
        await SignedWebhook(http, URL, SECRET).send(SMS)
    (sent,) = httpx_mock.get_requests()
    told = Webhook(SECRET).verify(sent.content, dict(sent.headers))
    assert (told["type"], told["data"]["to"], sent.headers["webhook-id"]) == ("message.send", SMS.to, SMS.ref)


@pytest.mark.parametrize(
    ("status", "error"), [(429, TryLater), (400, GiveUp), (302, GiveUp), (500, OutcomeUnknown), (503, OutcomeUnknown)]
)
async def test_what_an_answer_means(httpx_mock: HTTPXMock, status: int, error: type[RetentionError]) -> None:
    httpx_mock.add_response(url=URL, status_code=status)
    async with httpx.AsyncClient() as http:
        with pytest.raises(error) as raised:
            await SignedWebhook(http, URL, SECRET).send(SMS)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ConnectError("refused"), NotReached),
        (httpx.ConnectTimeout("slow"), NotReached),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.RemoteProtocolError("gone"), OutcomeUnknown),
    ],
)
async def test_no_answer(httpx_mock: HTTPXMock, fault: Exception, error: type[RetentionError]) -> None:
    httpx_mock.add_exception(fault)
    async with httpx.AsyncClient() as http:
        with pytest.raises(error):
            await SignedWebhook(http, URL, SECRET).send(SMS)


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # in a module of Apprise
async def test_no_such_service_of_apprise() -> None:
    with pytest.raises(GiveUp, match="No service of Apprise"):
        await AppriseService("nosuch://{to}").send(SMS)


async def test_the_sink_writes_what_would_be_sent(tmp_path: Path) -> None:
    await Sink(tmp_path / "out").send(LETTER)
    await Sink(tmp_path / "out").send(replace(SMS, ref="ref2"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ref1.eml", "ref2.sms.txt"]
    assert b"Subject: For you, Ann" in (tmp_path / "out" / "ref1.eml").read_bytes()


async def test_senders_by_the_operator_s_settings(tmp_path: Path) -> None:
    async with httpx.AsyncClient() as http:
        urls = {Medium.MAIL: "smtp://mail.example", Medium.SMS: None, Medium.PUSH: f"file://{tmp_path}"}
        assert set(senders_of(urls, http, None, check_domains=False)) == {Medium.MAIL, Medium.PUSH}
        with pytest.raises(SettingsError, match="RETENTION_WEBHOOK_SECRET"):
            senders_of({Medium.SMS: URL}, http, None, check_domains=False)


def test_addresses() -> None:
    assert why_not("ann@example.com") is None
    assert "throw-away" in str(why_not("ann@mailinator.com"))
    assert is_disposable("sub.mailinator.com")
    assert not is_disposable("example.com")
