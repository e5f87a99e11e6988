"""Which sender each medium has, by the operator's settings."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from plugin.domain.messages import Medium
from plugin.errors import SettingsError
from plugin.messaging.port import Sender

FILE = "file://"
WEBHOOKS = ("https://", "http://")


def senders_of(
    urls: Mapping[Medium, str | None], http: httpx.AsyncClient, secret: str | None, *, check_domains: bool
) -> dict[Medium, Sender]:
    """Media without an address have none. Raises `SettingsError`."""
    return {medium: _sender(medium, url, http, secret, check_domains) for medium, url in urls.items() if url}


def _sender(medium: Medium, url: str, http: httpx.AsyncClient, secret: str | None, check_domains: bool) -> Sender:
    """What is not used is not imported."""
    if url.startswith(FILE):
        from plugin.messaging.sink import Sink

        return Sink(Path(url.removeprefix(FILE)))
    if medium is Medium.MAIL:
        from plugin.messaging.addresses import Domains
        from plugin.messaging.smtp import Smtp, read_server

        return Smtp(read_server(url), Domains() if check_domains else None)
    from plugin.messaging.provider import AppriseService, SignedWebhook

    if not url.startswith(WEBHOOKS):
        return AppriseService(url)
    if secret is None:
        raise SettingsError(
            "RETENTION_WEBHOOK_SECRET is missing: a provider that is called at an address checks our signature with it; "
            "`retention keys webhook` makes one."
        )
    return SignedWebhook(http, url, secret)
