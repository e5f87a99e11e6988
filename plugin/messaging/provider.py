"""SMS and push by the merchant's own provider: a signed webhook (Standard Webhooks), or any service of Apprise."""

import base64
import json
import secrets
from datetime import UTC, datetime
from urllib.parse import quote

import apprise
import httpx
from standardwebhooks import Webhook

from plugin.domain.phrases import phrase
from plugin.errors import GiveUp, NotReached, OutcomeUnknown, TryLater
from plugin.messaging.port import Letter

SECONDS = 15.0
_SERVER_ERROR = 500
_TOO_MANY = 429


class SignedWebhook:
    """POSTs each message; 2xx: taken. `webhook-id` is the message's own and stays when it is tried again."""

    def __init__(self, http: httpx.AsyncClient, url: str, secret: str) -> None:
        self._http, self._url, self._webhook = http, url, Webhook(secret)

    async def send(self, letter: Letter) -> None:
        body = json.dumps(
            {
                "type": "message.send",
                "timestamp": datetime.now(UTC).isoformat(),
                "data": {
                    "message_id": letter.ref,
                    "medium": letter.medium.value,
                    "to": letter.to,
                    "subject": letter.subject,
                    "text": letter.text,
                    "link": letter.link,
                    "unsubscribe": letter.unsubscribe,
                },
            }
        )
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": letter.ref,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(letter.ref, now, body),
        }
        try:
            answer = await self._http.post(
                self._url, content=body, headers=headers, timeout=SECONDS, follow_redirects=False
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotReached(phrase("The provider cannot be reached: {error}.", error=type(error).__name__)) from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(phrase("The provider did not answer: {error}.", error=type(error).__name__)) from error
        _read(answer)

    async def close(self) -> None:
        """The client is the process's."""


def _read(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    if answer.status_code == _TOO_MANY:
        raise TryLater(phrase("The provider asks us to wait (429)."))
    if answer.status_code >= _SERVER_ERROR:
        raise OutcomeUnknown(phrase("The provider failed ({status}); it may have sent it.", status=answer.status_code))
    raise GiveUp(phrase("The provider does not take this message ({status}).", status=answer.status_code))


class AppriseService:
    """The address of a service as Apprise reads it, with {to} where the recipient stands."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, letter: Letter) -> None:
        service = apprise.Apprise()
        if not service.add(self._url.replace("{to}", quote(letter.to, safe=""))):
            raise GiveUp(
                phrase("No service of Apprise has such an address; look at RETENTION_SMS_URL and RETENTION_PUSH_URL.")
            )
        taken = await service.async_notify(body=letter.text, title=letter.subject)
        if not taken:  # it says no more than that
            raise OutcomeUnknown(phrase("The service did not take it, or did not say so; it may have been sent."))

    async def close(self) -> None:
        """Nothing is kept open."""


def new_secret() -> str:
    """For both sides of a signed webhook."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
