"""Answers that are kept: what HTTP says of compression, of what a browser has already, and of the head alone."""

from __future__ import annotations

import asyncio
import gzip

import brotli
import pytest
from starlette.testclient import TestClient

from explorer.server import answers
from explorer.server.answers import KEPT, Answer, choose_coding, has_already
from tests.coroutines import run

BODY = b"The same words again and again. " * 100
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.fixture
def client() -> TestClient:
    return TestClient(Answer(BODY, "text/css; charset=utf-8", KEPT))


def raw(client: TestClient, method: str = "GET", **headers: str):
    """Status, headers and the bytes as they are sent."""
    with client.stream(method, "/", headers={"accept-encoding": "", **headers}) as answer:
        return answer.status_code, answer.headers, b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("GZIP", "gzip"), ("", None), ("identity", None),
        ("gzip;q=0", None), ("gzip;q=0.0, br;q=0", None), ("br;q=0, gzip", "gzip"), ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("*", "br"), ("br;q=0, *", "gzip"), ("*;q=0", None), ("gzip;q=0.5, identity", None), ("zstd", None),
        ("gzip; q=0.2", "gzip"), ("gzip;q=nonsense", "gzip"), (",;,", None),
    ],
)  # fmt: skip
def test_who_can_read_it_gets_it_compressed(client, accepted, coding):
    status, headers, body = raw(client, **{"accept-encoding": accepted})
    assert status == 200 and headers.get("content-encoding") == coding
    assert UNPACK[coding](body) == BODY and int(headers["content-length"]) == len(body)
    assert headers["vary"] == "Accept-Encoding" and headers["cache-control"] == KEPT
    assert (len(body) < len(BODY)) is (coding is not None)


def test_codings_differ_in_their_tags(client):
    tags = {raw(client, **{"accept-encoding": each})[1]["etag"] for each in ("br", "gzip", "")}
    assert len(tags) == 3 and all(tag.startswith('"') for tag in tags)
    changed = TestClient(Answer(BODY + b".", "text/css; charset=utf-8", KEPT))
    assert raw(changed)[1]["etag"] not in tags


def test_who_has_it_already_gets_nothing(client):
    _, said, _ = raw(client, **{"accept-encoding": "gzip"})
    for method in ("GET", "HEAD"):
        for known in (said["etag"], f"W/{said['etag']}", f'"other", {said["etag"]}', "*"):
            status, headers, body = raw(client, method, **{"accept-encoding": "gzip", "if-none-match": known})
            assert (status, body) == (304, b"") and headers["etag"] == said["etag"]
            assert headers["cache-control"] == KEPT and headers["vary"] == "Accept-Encoding"
            assert not any(name.startswith("content-") for name in headers)
    for unknown in ('"other"', "", said["etag"].strip('"'), said["etag"]):  # the last is that of another coding
        assert raw(client, **{"accept-encoding": "br", "if-none-match": unknown})[0] == 200


def test_the_head_alone_says_the_same(client):
    for accepted in ("br", ""):
        _, of_all, body = raw(client, "GET", **{"accept-encoding": accepted})
        status, of_head, nothing = raw(client, "HEAD", **{"accept-encoding": accepted})
        assert (status, nothing) == (200, b"") and of_head == of_all and int(of_head["content-length"]) == len(body)


def test_a_part_is_answered_by_the_whole(client):
    """As a server may; what is kept is small."""
    status, headers, body = raw(client, range="bytes=0-9")
    assert (status, body) == (200, BODY) and "content-range" not in headers


@pytest.mark.parametrize(("body", "kind"), [(BODY, "font/woff2"), (BODY, "image/png"), (b"short", "text/css")])
def test_what_would_not_shrink_goes_out_as_it_is(body, kind):
    _, headers, sent = raw(TestClient(Answer(body, kind, KEPT)), **{"accept-encoding": "br, gzip"})
    assert sent == body and "content-encoding" not in headers and "vary" not in headers


def test_it_is_compressed_once_however_many_ask_at_once(monkeypatch):
    packed = []
    monkeypatch.setattr(answers, "_CODINGS", {"gzip": lambda body: packed.append(1) or gzip.compress(body)})
    choose_coding.cache_clear()
    scope = {"type": "http", "method": "GET", "headers": [(b"accept-encoding", b"gzip")]}

    async def ask_often() -> None:
        answer, sent = Answer(BODY, "text/css", KEPT), []

        async def send(message) -> None:
            sent.append(message)

        await asyncio.gather(*[answer(scope, None, send) for _ in range(30)])
        assert len(sent) == 60

    run(ask_often())
    choose_coding.cache_clear()
    assert len(packed) == 1


def test_no_tag_is_found_inside_another():
    assert not has_already('"abc-gzip"', '"c-gzip"') and not has_already(None, '"a"')
