"""What the shell works with, put together once in `plugin.main`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from plugin.domain.messages import Medium
from plugin.engine.port import Lane
from plugin.messaging.port import Sender
from plugin.secrets import Keyring
from plugin.store.campaigns import Tactics
from plugin.store.database import Database
from plugin.store.shops import Shop

if TYPE_CHECKING:  # gql takes a fifth of a second to load; who only reads the store need not wait for it
    from plugin.saleor.client import Saleor


@dataclass(frozen=True, slots=True)
class Keep:
    """How long ended rows stay."""

    inbox: timedelta
    decisions: timedelta
    effects: timedelta
    front_events: timedelta


@dataclass(frozen=True, slots=True)
class House:
    database: Database
    keyring: Keyring
    tactics: Tactics
    #: A client for one shop, with its token decrypted.
    connect: "Callable[[Shop], Saleor]"
    #: Say that there may be something to do; never blocks, never needed for correctness.
    wake: Callable[[Iterable[Lane]], None]
    clock: Callable[[], datetime]
    #: How long the data of a shop that left is kept.
    grace: timedelta
    #: Whether what was before the install is read by itself, and healed every day.
    reads_history: bool = True
    #: What the operator has set, to be shown; None in a house that shows nothing.
    keeps: Keep | None = None
    #: What messages go by, as the operator has set it up.
    senders: Mapping[Medium, Sender] = field(default_factory=dict)
    #: The address at which browsers reach this app, without a slash at its end.
    public_url: str = ""
