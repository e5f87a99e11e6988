"""Whether an address can be written to at all: its form, throw-away mailboxes, domains that take no mail."""

import anyio
import dns.asyncresolver
import dns.exception
import dns.resolver
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from plugin.domain.phrases import phrase
from plugin.errors import sentence_of

#: Seconds for a question about a domain; what is not answered in time counts as fine.
SECONDS = 3.0


def why_not(address: str) -> str | None:
    """A sentence where this address is never written to; nothing is asked of the network."""
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return phrase("The address cannot be written to: {error}", error=sentence_of(error))
    if is_disposable(checked.domain):
        return phrase("The address is a throw-away mailbox.")
    return None


def is_disposable(domain: str) -> bool:
    """The domain, or one that it is below."""
    labels = domain.casefold().rstrip(".").split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


class Domains:
    """Which domains take mail, asked once each; a process forgets them when they become many."""

    MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    async def why_not(self, address: str) -> str | None:
        """A sentence where the domain is not there, or says that it takes no mail; no answer is no reason."""
        domain = address.rpartition("@")[2].casefold()
        if domain not in self._known:
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[domain] = await _ask(domain)
        return self._known[domain]


async def _ask(domain: str) -> str | None:
    try:
        with anyio.fail_after(SECONDS):
            found = await dns.asyncresolver.resolve(domain, "MX", lifetime=SECONDS)
    except dns.resolver.NXDOMAIN:
        return phrase("There is no domain {domain}.", domain=domain)
    except (dns.exception.DNSException, TimeoutError, OSError):
        return None  # it may be there: mail servers look for themselves
    if [str(one.exchange) for one in found] == ["."]:
        return phrase("The domain {domain} takes no mail.", domain=domain)
    return None
