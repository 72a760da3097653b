"""A page that opens another stream of answers takes the place of the one whose connection broke without a word."""

from __future__ import annotations

import asyncio

from gradio.server_messages import CloseStreamMessage

from explorer.server.streams import Streams
from tests.coroutines import run


async def never() -> dict:
    await asyncio.Event().wait()
    return {}


async def nowhere(message: dict) -> None:
    return None


def test_a_newer_stream_ends_the_older_one_and_waits_for_its_end():
    order = []

    async def read(streams: Streams, name: str) -> None:
        await streams.end("page")
        with streams.reading("page", never, nowhere) as (receive, _):
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

        with streams.reading("page", receive, nowhere) as (receive_on, _):
            await streams.end("another page")
            assert await receive_on() is message

    run(meet())


def test_a_stream_that_has_said_its_last_words_ends_by_itself():
    """Or Gradio would drop the calls that came since: for it the reader had left."""

    async def read(streams: Streams, body: bytes, ended: list[str]) -> None:
        with streams.reading("page", never, nowhere) as (receive, send):
            await send({"type": "http.response.body", "body": body, "more_body": True})
            try:
                await asyncio.wait_for(receive(), 0.05)
                ended.append("by another")
            except asyncio.TimeoutError:
                ended.append("by itself")

    async def meet(body: bytes) -> list[str]:
        streams, ended = Streams(), []
        stream = asyncio.create_task(read(streams, body, ended))
        await asyncio.sleep(0.01)
        await streams.end("page")
        assert ended  # it was waited for
        await stream
        return ended

    said = run(meet(CloseStreamMessage().model_dump_json().encode()))
    assert said == ["by itself"] and run(meet(b"data: {}")) == ["by another"]
