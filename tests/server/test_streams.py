"""A page that opens another stream of answers takes the place of the one whose connection broke without a word."""

from __future__ import annotations

import asyncio

from explorer.server.streams import Streams
from tests.coroutines import run


async def never() -> dict:
    await asyncio.Event().wait()
    return {}


def test_a_newer_stream_ends_the_older_one_and_waits_for_its_end():
    order = []

    async def read(streams: Streams, name: str) -> None:
        await streams.end("page")
        with streams.reading("page", never) as receive:
            order.append(f"{name} begins")
            assert await receive() == {"type": "http.disconnect"}
            await asyncio.sleep(0.01)  # what the end of a stream takes
            order.append(f"{name} ends")

    async def meet() -> None:
        streams = Streams()
        first = asyncio.create_task(read(streams, "first"))
        await asyncio.sleep(0)
        second = asyncio.create_task(read(streams, "second"))
        await first
        await asyncio.sleep(0.01)
        await streams.end("page")
        await second
        await streams.end("page")  # there is none any more

    run(meet())
    assert order == ["first begins", "first ends", "second begins", "second ends"]


def test_what_the_reader_sends_comes_through_and_other_pages_are_left_alone():
    async def meet() -> None:
        streams, message = Streams(), {"type": "http.request", "body": b""}

        async def receive() -> dict:
            return message

        with streams.reading("page", receive) as receive_on:
            await streams.end("another page")
            assert await receive_on() is message

    run(meet())
