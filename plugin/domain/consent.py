"""What customers have said about being written to and being measured: in their account's metadata and with orders.

A shopper writes both, so a no always counts: it harms nobody else. A yes counts only of whom it comes from for
certain, since anybody can order with a stranger's address.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from plugin.domain.values import light_dataclass

#: Do not market to me.
OPT_OUT = "retention.opt_out"
#: Do not measure me: nothing that a score or a segment says may decide for me.
NO_PROFILING = "retention.no_profiling"
#: What the official storefront asks at the checkout, and when it was answered.
PAPER_OPT_IN, PAPER_OPT_IN_AT = "paper.marketing_opt_in", "paper.marketing_opt_in_at"

#: Of a yes that nobody knows the moment of: older than any other word.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@light_dataclass(frozen=True, slots=True)
class Consent:
    opted_out: bool = False
    objects: bool = False
    #: When an account said yes; None where it did not, or nobody knows when.
    opted_in_at: datetime | None = None
    #: Since when a yes stands, whoever of account and orders said it last; None where none does.
    agreed_at: datetime | None = None
    #: The account itself says yes, dated or not.
    agrees: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """What an order says of being written to."""

    placed_at: datetime
    yes: bool
    #: Placed by the signed-in customer, and not by somebody who typed their address.
    signed_in: bool


def consent_of(metadata: Mapping[str, str], changed_at: datetime) -> Consent:
    """Of an account that was last changed at that moment, so nothing in it was said later.

    What is not said is no objection; one no outweighs every yes.
    """
    yes = marketing_of(metadata)
    said_at = _moment(metadata.get(PAPER_OPT_IN_AT, "")) if yes else None
    opted_in_at = min(said_at, changed_at) if said_at else None
    objects = metadata.get(NO_PROFILING, "").strip().casefold() in YES
    return Consent(yes is False, objects, opted_in_at, agrees=yes is True)


def marketing_of(metadata: Mapping[str, str]) -> bool | None:
    """Whether this allows or forbids being written to; None where it says nothing."""
    said = {key: value.strip().casefold() for key, value in metadata.items()}
    if said.get(OPT_OUT) in YES or said.get(PAPER_OPT_IN) in NO:
        return False
    return True if said.get(PAPER_OPT_IN) in YES else None


@dataclass(frozen=True, slots=True)
class Stand:
    """What all words come to."""

    opted_out: bool = False
    #: As of `Consent`.
    agreed_at: datetime | None = None


def stand_of(account: Consent, words: Iterable[Word], *, confirmed: bool) -> Stand:
    """What the account and its orders come to: the newest word wins, and a no where two are of one moment.

    An account's no has no moment and stands until the account itself takes it back. A yes counts only of a confirmed
    account: its own, or with an order placed signed in. The account's undated yes takes no order's no back.
    """
    if account.opted_out:
        return Stand(opted_out=True)
    heard = [(word.placed_at, not word.yes) for word in words if not word.yes or (confirmed and word.signed_in)]
    if confirmed and account.opted_in_at:
        heard.append((account.opted_in_at, False))
    if confirmed and account.agrees and not heard:
        heard.append((UNDATED, False))
    if not heard:
        return Stand()
    at, no = max(heard)
    return Stand(no, None if no else at)


def _moment(written: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(written.strip())
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None
