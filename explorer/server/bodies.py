"""What a request sends, read whole before anything looks at it: of a known length, in a limited time, not too much at once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from explorer.server.words import RefusedError

MOST_BYTES = 6 * 1024**2  # of JSON: an image of 512 x 512 numbers, written out
SMALL_BYTES = 64 * 1024  # of JSON that holds some names
FORM_BYTES = 64 * 1024  # of an upload, beside the file itself
SECONDS = {"json": 15, "upload": 60}  # until all of a body must be here
MOST_AT_ONCE = 64  # bodies that are being read
SHARE_OF_ADDRESS = 0.5  # of these, for one address
MOST_PARTS = 1  # files in an upload

_BOUNDARY = re.compile(r'multipart/form-data;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)


class GoneError(Exception):
    """Whoever sent this hung up before all of it was here."""


class Bodies:
    """Reads bodies, and knows how many are being read for whom."""

    def __init__(self):
        self._reading: Counter[str] = Counter()  # address -> bodies

    async def read_json(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """The bytes of a request that sends JSON.

        Raises:
            RefusedError: it is longer than `most` bytes, does not say how long, or is too slow.
            GoneError: the sender hung up.
        """
        self._check_length(scope, most)
        return await self._read(scope, receive, SECONDS["json"])

    async def read_upload(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """The bytes of a request that uploads one file; its header then says nothing that makes reading it slow.

        Raises:
            RefusedError: as `read_json`, or it is not a form with one file.
            GoneError: the sender hung up.
        """
        self._check_length(scope, most)
        found = _BOUNDARY.match(Headers(scope=scope).get("content-type", ""))
        if found is None:
            raise RefusedError(400, "bad_upload")
        body = await self._read(scope, receive, SECONDS["upload"])
        boundary = found[1] or found[2]
        if body.count(f"--{boundary}".encode("latin-1")) != MOST_PARTS + 1 or b"filename=" not in body[:2000]:
            raise RefusedError(400, "bad_upload")
        # Not the sender's: a character set in it would say how to read the names, and some take minutes.
        replace_header(scope, b"content-type", f'multipart/form-data; boundary="{boundary}"'.encode("latin-1"))
        return body

    def _check_length(self, scope: Scope, most: int) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
            raise RefusedError(411, "no_length")
        if int(length) > most:
            raise RefusedError(413, "too_large", most=f"{most / 1024**2:.3g}")

    async def _read(self, scope: Scope, receive: Receive, seconds: float) -> bytes:
        address = (scope.get("client") or ("",))[0]
        if self._reading.total() >= MOST_AT_ONCE or self._reading[address] >= SHARE_OF_ADDRESS * MOST_AT_ONCE:
            raise RefusedError(429, "too_many_bodies")
        self._reading[address] += 1
        try:
            return await asyncio.wait_for(_read_all(receive), seconds)
        except asyncio.TimeoutError:
            raise RefusedError(408, "too_slow", seconds=seconds) from None
        finally:
            self._reading[address] -= 1
            if not self._reading[address]:
                del self._reading[address]


async def _read_all(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def replace_header(scope: Scope, name: bytes, value: bytes) -> None:
    """Put this in the place of all headers of that name."""
    scope["headers"] = [*((each, old) for each, old in scope["headers"] if each != name), (name, value)]


def hand_on(body: bytes, scope: Scope, receive: Receive) -> Receive:
    """A body that was read, and what comes after it; `scope` gets its length."""
    replace_header(scope, b"content-length", str(len(body)).encode())
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
