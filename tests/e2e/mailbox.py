"""A mail server in the test's own process: slow enough that a kill finds mails on their way."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.processes import free_port

#: Between what came and the answer to it.
SECONDS = (0.2, 1.5)
MESSAGE_ID = b"\r\nMessage-ID: <"


@dataclass
class Mailbox:
    """What arrived, by the ref that the Message-ID begins with."""

    port: int
    arrived: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        """Taken first and answered then, so that a kill in between leaves a mail that arrived and nobody knows of."""
        content = envelope.content
        assert isinstance(content, bytes)
        with self._lock:
            self.arrived[content.partition(MESSAGE_ID)[2].partition(b"@")[0].decode()] += 1
        await asyncio.sleep(random.uniform(*SECONDS))
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
