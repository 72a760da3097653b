"""A client that takes little of the machine that it measures."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Connection:
    """One connection that is kept open, for one request after the other."""

    def __init__(self, address: str):
        self.host, self.port = address.removeprefix("http://").split(":")

    async def __aenter__(self) -> Connection:
        await self._open()
        return self

    async def _open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.host, int(self.port), limit=2**20)

    async def __aexit__(self, *_) -> None:
        self.writer.close()

    async def _send(self, method: str, path: str, body: bytes = b"") -> None:
        if self.reader.at_eof():  # the server closes what was idle for seconds, and a browser opens another
            self.writer.close()
            await self._open()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\naccept-encoding: gzip, deflate, br\r\n"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.writer.write(f"{head}\r\n".encode() + body)

    async def _read_head(self, path: str) -> dict[str, str]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        if " 200 " not in f"{head[0]} ":
            raise RuntimeError(f"{path}: {head[0]}")
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}

    async def ask(self, path: str, method: str = "GET", body: bytes = b"") -> bytes:
        """The body of the answer, as it is sent."""
        await self._send(method, path, body)
        headers = await self._read_head(path)
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        parts = []
        while size := int(await self.reader.readline(), 16):
            parts.append((await self.reader.readexactly(size + 2))[:-2])
        await self.reader.readline()
        return b"".join(parts)

    async def stay(self, path: str) -> None:
        """Begin an answer that has no end."""
        await self._send("GET", path)
        await self._read_head(path)

    async def events(self, path: str) -> AsyncIterator[bytes]:
        """What comes after each `data: ` of a stream of events, until the server ends it."""
        await self._send("GET", path)
        await self._read_head(path)
        waiting = b""
        while size := int(await self.reader.readline(), 16):
            waiting += (await self.reader.readexactly(size + 2))[:-2]
            *whole, waiting = waiting.split(b"\n\n")
            for each in whole:
                if each.startswith(b"data: "):
                    yield each.removeprefix(b"data: ")
        await self.reader.readline()


def processor_seconds(process: int) -> float:
    """What all threads of a process have used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
