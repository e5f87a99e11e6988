"""Every error that is ours, split by what the caller does next.

RetentionError
├── Rejected              the input is wrong: answer with the sentence, do not try again
│   ├── NotVerified       a signature or token does not prove what it claims
│   ├── NotAllowed        known who asks, but this is not theirs to do
│   ├── Overtaken         somebody else changed it meanwhile: look at that, then say it again
│   ├── TooLarge          more than is read
│   └── NotFound          nothing here by that name (also: nothing of yours)
├── TryLater              right, but not now: try again after `after` seconds
│   ├── NotReached        nobody answers there: whatever else is for them would fare the same
│   └── OutcomeUnknown    the call may have happened: look before you try again
├── GiveUp                trying again changes nothing: a person has to look
│   ├── NoMailbox         there is nobody at this address
│   ├── AlreadyExists     what was to be created is there already
│   ├── Gone              what was to be changed is no longer there
│   └── TokenRefused      the platform does not take our token any more
└── SettingsError         the process cannot start like this
"""

from collections.abc import Sequence
from typing import ClassVar


class RetentionError(Exception):
    """The root; `str(error)` is a sentence for the person who has to act."""

    #: What a caller over HTTP is answered: Saleor tries again after a 5xx, our own trouble, and never after a 4xx.
    status: ClassVar[int] = 503


def sentence_of(error: Exception) -> str:
    """As `str(error)`, of which a phrase stays one: it can be said in another language (`plugin.domain.phrases`)."""
    return error.args[0] if len(error.args) == 1 and isinstance(error.args[0], str) else str(error)


class Rejected(RetentionError):
    status = 400


class NotVerified(Rejected):
    status = 401


class NotAllowed(Rejected):
    status = 403


class Overtaken(Rejected):
    status = 409


class TooLarge(Rejected):
    status = 413


class NotFound(Rejected):
    status = 404


class TryLater(RetentionError):
    """`after`: seconds to wait, where the other side named them."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class NotReached(TryLater):
    pass


class OutcomeUnknown(TryLater):
    pass


class GiveUp(RetentionError):
    pass


class NoMailbox(GiveUp):
    pass


class AlreadyExists(GiveUp):
    """`names`: which of the things asked for exist already, as far as the platform says."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = tuple(names)


class Gone(GiveUp):
    pass


class TokenRefused(GiveUp):
    pass


class SettingsError(RetentionError):
    pass
