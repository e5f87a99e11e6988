"""What a message is once it is ready, and who takes it: mail, SMS and push behind one Protocol."""

from dataclasses import dataclass
from typing import Protocol

from plugin.domain.messages import Medium


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person, with nothing left to fill in."""

    #: Drawn at random; the same whenever it is tried again.
    ref: str
    medium: Medium
    #: An e-mail, a telephone number, or Saleor's id of the account (push).
    to: str
    to_name: str
    sender_name: str
    sender_address: str
    reply_to: str | None
    subject: str
    text: str
    #: Of mails only.
    html: str = ""
    #: Where one click ends it (RFC 8058); None for what is no marketing.
    unsubscribe: str | None = None
    #: Shown beside the words by push services that can.
    link: str | None = None


class Sender(Protocol):
    """Takes messages of one medium. Returns when the other side has taken it; then it is theirs.

    Raises `NotReached` (nothing happened, and the next one would fare the same), `TryLater` (this one was
    certainly not taken), `OutcomeUnknown` (it may have been), `NoMailbox` (there is nobody at this address) or
    `GiveUp` (this one is never taken).
    """

    async def send(self, letter: Letter) -> None: ...

    async def close(self) -> None:
        """Called in the event loop in which it sent."""
