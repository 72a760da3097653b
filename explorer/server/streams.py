"""Streams of answers: of each session one at a time.

A page whose connection broke opens another stream, often long before the server learns that nobody reads the first. Until then
both would take answers out of the same queue, and half of them would go where nobody is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Send

LONGEST_END = 5.0  # seconds that the end of a stream may take
_LAST_WORDS = b'"msg":"close_stream"'  # as Gradio writes them


class _Stream:
    def __init__(self, receive: Receive, send: Send):
        self.receive = receive
        self._send = send
        self.is_ending = False  # by itself: it has said its last words
        self.is_to_end = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def receive_until_end(self) -> Message:
        """What comes from the reader, who is said to have left when the stream is to end."""
        coming, ending = asyncio.ensure_future(self.receive()), asyncio.ensure_future(self.is_to_end.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() else {"type": "http.disconnect"}
        finally:
            coming.cancel()
            ending.cancel()

    async def send(self, message: Message) -> None:
        self.is_ending = self.is_ending or _LAST_WORDS in message.get("body", b"")
        await self._send(message)


class Streams:
    """The streams that are open."""

    def __init__(self):
        self._latest: dict[str, _Stream] = {}  # session -> its stream

    async def end(self, session: str) -> None:
        """End the stream of a session, if there is one, as if its reader had left.

        One that ends by itself is waited for only: Gradio takes a reader who leaves for one who wants no answers any more,
        also to calls that came since.
        """
        stream = self._latest.get(session)
        if stream is None:
            return
        if not stream.is_ending:
            stream.is_to_end.set()
        try:
            await asyncio.wait_for(stream.has_ended.wait(), LONGEST_END)
        except asyncio.TimeoutError:
            return

    @contextmanager
    def reading(self, session: str, receive: Receive, send: Send) -> Iterator[tuple[Receive, Send]]:
        """While the stream of a session is open; gives what takes the places of `receive` and `send`."""
        stream = self._latest[session] = _Stream(receive, send)
        try:
            yield stream.receive_until_end, stream.send
        finally:
            stream.has_ended.set()
            if self._latest.get(session) is stream:
                del self._latest[session]
