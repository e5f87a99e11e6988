"""Mail by SMTP, over connections that are kept for the next one.

What a server refused was not taken, and neither was what was cut off before its words were under way. From then on,
without an answer, nobody knows.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from plugin.domain.phrases import phrase
from plugin.errors import GiveUp, NoMailbox, NotReached, OutcomeUnknown, SettingsError, TryLater, sentence_of
from plugin.messaging.addresses import Domains
from plugin.messaging.mime import mail_of
from plugin.messaging.port import Letter

#: Seconds for a connection and for each answer.
SECONDS = 15.0
#: Connections that are kept; as many as are sent over at once.
KEPT = 8
#: What RCPT is answered with where the mailbox is not there; other permanent refusals are about us.
NO_MAILBOX = frozenset({550, 551, 553})
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    username: str | None
    password: str | None
    #: smtps: TLS from the first byte. smtp: STARTTLS where the server offers it; needed where there is a password.
    tls: bool


def read_server(url: str) -> Server:
    """smtp://user:password@host:587 or smtps://…; raises `SettingsError`."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError("RETENTION_MAIL_URL is not understood: set it to smtp://user:password@host:587.")
    tls = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Server(parts.hostname, parts.port or (465 if tls else 587), username, password, tls)


class Smtp:
    def __init__(self, server: Server, domains: Domains | None = None) -> None:
        """domains: asked before each mail; None for no question."""
        self._server = server
        self._domains = domains
        self._idle: list[SMTP] = []

    async def send(self, letter: Letter) -> None:
        try:
            mail = mail_of(letter, datetime.now(UTC))
        except ValueError as error:
            raise NoMailbox(phrase("No mail can be addressed to this: {error}", error=sentence_of(error))) from None
        if self._domains is not None and (why := await self._domains.why_not(letter.to)) is not None:
            raise NoMailbox(why)
        client = await self._ready(letter)
        await self._hand_over(client, mail)
        if len(self._idle) < KEPT:
            self._idle.append(client)
        else:
            client.close()

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _ready(self, letter: Letter) -> SMTP:
        """A connection on which sender and recipient were taken; a kept one may be gone, so a new one is tried once."""
        while self._idle:
            client = self._idle.pop()
            try:
                await self._address(client, letter)
            except NotReached:
                continue
            else:
                return client
        client = await self._connect()
        await self._address(client, letter)
        return client

    async def _connect(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            start_tls=None if server.tls or server.password is None else True,
            timeout=SECONDS,
        )
        try:
            await client.connect()
        except (SMTPException, OSError, ssl.SSLError) as error:
            client.close()
            raise NotReached(_why_not_in(server, error)) from error
        return client

    async def _address(self, client: SMTP, letter: Letter) -> None:
        """Raises with the connection closed, or in order and kept."""
        try:
            await client.mail(letter.sender_address)
            await client.rcpt(letter.to)
        except SMTPResponseException as error:
            self._keep_or_close(client, await _reset(client))
            raise _refusal(error) from error
        except (SMTPException, OSError) as error:
            client.close()
            raise NotReached(phrase("The mail server does not answer: {said}", said=_said(error))) from error
        except UnicodeEncodeError as error:
            self._keep_or_close(client, await _reset(client))
            raise NoMailbox(
                phrase("The address has letters that this mail server takes only of others (SMTPUTF8).")
            ) from error

    async def _hand_over(self, client: SMTP, mail: bytes) -> None:
        try:
            await client.data(mail)
        except SMTPResponseException as error:
            self._keep_or_close(client, await _reset(client))
            if error.code < _PERMANENT:
                raise TryLater(phrase("The mail server put it off: {said}", said=_said(error))) from error
            raise GiveUp(phrase("The mail server does not take this mail: {said}", said=_said(error))) from error
        except (SMTPException, OSError) as error:
            client.close()
            raise OutcomeUnknown(
                phrase("The connection ended before the mail server's answer: {said}", said=_said(error))
            ) from error

    def _keep_or_close(self, client: SMTP, in_order: bool) -> None:
        if in_order and len(self._idle) < KEPT:
            self._idle.append(client)
        else:
            client.close()


def _why_not_in(server: Server, error: Exception) -> str:
    """What happened, and where it is about TLS what to do: nobody else can, and every mail waits for it."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    match cause:
        case ssl.SSLCertVerificationError(verify_message=said):
            return phrase(
                "The certificate of the mail server {host} is not accepted: {said}. Nothing is sent until RETENTION_MAIL_URL has the name that the certificate is for, the certificate is renewed, or, where it is of an authority of your own, SSL_CERT_FILE names that authority's.",
                host=server.host,
                said=said,
            )
        case ssl.SSLError():
            return phrase(
                "The mail server {host} does not speak TLS as it was asked to: {said}. Set RETENTION_MAIL_URL to smtp://… where TLS begins by STARTTLS, as on port 587, and to smtps://… where it begins with the first byte, as on port 465.",
                host=server.host,
                said=_said(cause),
            )
        case _:
            return phrase("The mail server {host} does not let us in: {said}", host=server.host, said=_said(error))


async def _reset(client: SMTP) -> bool:
    """Whether the connection can be used for another mail."""
    try:
        await client.rset()
    except (SMTPException, OSError):
        return False
    return True


def _refusal(error: SMTPResponseException) -> TryLater | GiveUp:
    """Of MAIL or RCPT: nothing was taken."""
    said = _said(error)
    if error.code < _PERMANENT:
        return TryLater(phrase("The mail server put it off: {said}", said=said))
    if isinstance(error, aiosmtplib.SMTPRecipientRefused) and error.code in NO_MAILBOX:
        return NoMailbox(phrase("The mail server takes nothing for this address: {said}", said=said))
    return GiveUp(phrase("The mail server does not take this mail: {said}", said=said))


def _said(error: Exception) -> str:
    """Short, and without line ends."""
    said = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error)
    return " ".join((said or type(error).__name__).split())[:300]
