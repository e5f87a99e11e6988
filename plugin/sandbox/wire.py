"""HTTP/1.1 as a sender of webhooks needs it: keep-alive, no redirects, two time-outs, little time per request."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 18.0


class NoAnswer(Exception):
    """Not connected, cut off or too late."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def close(self) -> None:
        self.writer.close()


class Wire:
    """Connections kept alive for one worker, one per origin."""

    def __init__(self, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._connect_seconds, self._answer_seconds = connect_seconds, answer_seconds
        self._kept: dict[tuple[str, str], _Connection] = {}

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        parts = urlsplit(url)
        origin = (parts.scheme, parts.netloc)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        kept = self._kept.pop(origin, None)
        if kept is not None:
            try:
                return await self._exchange(origin, kept, request)
            except NoAnswer:  # the other side closed a connection that it had kept: a fresh one decides
                if not kept.reader.at_eof():
                    raise
        return await self._exchange(origin, await self._connect(parts.scheme, parts.netloc), request)

    async def _connect(self, scheme: str, netloc: str) -> _Connection:
        parts = urlsplit(f"{scheme}://{netloc}")
        context = ssl.create_default_context() if scheme == "https" else None
        port = parts.port or (443 if context else 80)
        try:
            async with asyncio.timeout(self._connect_seconds):
                return _Connection(*await asyncio.open_connection(parts.hostname, port, ssl=context))
        except (OSError, TimeoutError) as error:
            raise NoAnswer(f"{netloc}: {error!r}") from error

    async def _exchange(self, origin: tuple[str, str], connection: _Connection, request: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._answer_seconds):
                connection.writer.write(request)
                answer, keep = await _read_answer(connection.reader)
        except (OSError, TimeoutError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            connection.close()
            raise NoAnswer(f"{origin[1]}: {error!r}") from error
        except asyncio.CancelledError:
            connection.close()
            raise
        if keep:
            self._kept[origin] = connection
        else:
            connection.close()
        return answer


async def _read_answer(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    keep = headers.get("connection", "").lower() != "close" and head[0].startswith("HTTP/1.1")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, await _read_chunks(reader)), keep
    if "content-length" in headers:
        return Answer(status, await reader.readexactly(int(headers["content-length"]))), keep
    if status in {204, 304}:
        return Answer(status, b""), keep
    return Answer(status, await reader.read()), False


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        continue
    return body
