"""A local mail server for one measurement, in a process of its own: takes every mail, and writes down which.

`python -m plugin.bench.mailbox FILE` prints its port.
"""

import asyncio
import sys
from pathlib import Path
from typing import IO

from aiosmtpd.smtp import SMTP, Envelope, Session

MESSAGE_ID = b"\r\nMessage-ID: <"


class Ledger:
    """One line a mail: what its Message-ID begins with."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 nothing came"
        ref = content.partition(MESSAGE_ID)[2].partition(b"@")[0]
        self._file.write(ref + b"\n")
        return "250 OK"


async def serve(path: Path) -> None:
    loop = asyncio.get_running_loop()
    with path.open("ab", buffering=0) as file:
        ledger = Ledger(file)
        server = await loop.create_server(lambda: SMTP(ledger, hostname="localhost", loop=loop), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- what the measurement reads
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
