"""Messages as files in a folder instead of sent: for development and the demo."""

from datetime import UTC, datetime
from pathlib import Path

import anyio

from plugin.domain.messages import Medium
from plugin.domain.phrases import phrase
from plugin.errors import NoMailbox, sentence_of
from plugin.messaging.mime import mail_of
from plugin.messaging.port import Letter


class Sink:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, letter: Letter) -> None:
        await anyio.to_thread.run_sync(self._write, letter)

    async def close(self) -> None:
        """Nothing is open."""

    def _write(self, letter: Letter) -> None:
        """A mail as mail programs open it; the others as text."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if letter.medium is Medium.MAIL:
            try:
                (self._folder / f"{letter.ref}.eml").write_bytes(mail_of(letter, datetime.now(UTC)))
            except ValueError as error:
                raise NoMailbox(phrase("No mail can be addressed to this: {error}", error=sentence_of(error))) from None
        else:
            path = self._folder / f"{letter.ref}.{letter.medium}.txt"
            path.write_text(f"To: {letter.to}\n\n{letter.text}\n", encoding="utf-8")
