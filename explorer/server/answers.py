"""Answers that are the same for everybody: compressed once in each of the ways that browsers read, and kept in memory.

What HTTP says of compression, of what a browser has already, and of requests for the head alone is RFC 9110.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import brotli
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

KEPT = "public, max-age=31536000, immutable"  # for an address that changes with the content
ASKED_AGAIN = "no-cache"  # kept, but only shown once the server has said that it is still the same

# By preference. Of higher settings the last would take seconds for a page, and save a twentieth.
_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=9),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
_AS_IT_IS = "identity"
_LEAST = 400  # bytes from which on compression is worth it
_COMPRESSIBLE = re.compile(r"text/|application/(?:javascript|json|wasm)|image/svg\+xml|font/ttf")


@dataclass(frozen=True)
class _Form:
    """What is sent of an answer in one coding."""

    body: bytes
    tag: str
    headers: list[tuple[bytes, bytes]]


class Answer:
    """What is said to everybody who asks for something.

    Args:
        body: all of it, not compressed.
        media_type: its type, with the character set of a text.
        cache_control: how long browsers may keep it: KEPT or ASKED_AGAIN.
        headers: what else is said.
    """

    def __init__(self, body: bytes, media_type: str, cache_control: str, headers: Mapping[str, str] | None = None):
        self.body = body
        self._tag = hashlib.sha256(body).hexdigest()[:20]
        self._headers = {
            "content-type": media_type, "cache-control": cache_control, "x-content-type-options": "nosniff", **(headers or {}),
        }  # fmt: skip
        self.is_compressible = len(body) >= _LEAST and _COMPRESSIBLE.match(media_type) is not None
        if self.is_compressible:
            self._headers["vary"] = "Accept-Encoding"
        self._forms: dict[str, _Form] = {}
        self._packing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD."""
        asked = Headers(scope=scope)
        coding = choose_coding(asked.get("accept-encoding", "")) if self.is_compressible else _AS_IT_IS
        form = self._forms.get(coding) or await self._pack(coding)
        if has_already(asked.get("if-none-match"), form.tag):
            headers = [each for each in form.headers if not each[0].startswith(b"content-")]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": form.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else form.body})

    async def _pack(self, coding: str) -> _Form:
        async with self._packing:  # thirty who come at once wait for one
            if coding not in self._forms:
                body = self.body
                if coding in _CODINGS:
                    body = await asyncio.to_thread(_CODINGS[coding], self.body)
                self._forms[coding] = self._form(body, coding)
        return self._forms[coding]

    def _form(self, body: bytes, coding: str) -> _Form:
        tag = f'"{self._tag}-{coding}"'  # one for each coding: they differ byte by byte
        headers = {**self._headers, "etag": tag, "content-length": str(len(body))}
        if coding != _AS_IT_IS:
            headers["content-encoding"] = coding
        return _Form(body, tag, [(name.encode(), value.encode("latin-1")) for name, value in headers.items()])


@lru_cache(maxsize=256)  # browsers say it in few ways
def choose_coding(accepted: str) -> str:
    """The encoding of the answer for a client that accepts these, by the header Accept-Encoding.

    >>> choose_coding("gzip, deflate, br"), choose_coding("br;q=0, gzip;q=0.5"), choose_coding("")
    ('br', 'gzip', 'identity')
    """
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _read_weight(parameters)
    anything = weights.get("*", 0.0)
    wanted = {each: weights.get(each, anything) for each in _CODINGS}
    best = max(wanted, key=lambda each: wanted[each])  # of equals the first
    return best if wanted[best] > 0 and wanted[best] >= weights.get(_AS_IT_IS, 0) else _AS_IT_IS


def _read_weight(parameters: str) -> float:
    found = re.search(r"\bq=(\d(?:\.\d*)?)", parameters)
    return float(found[1]) if found else 1.0


def has_already(if_none_match: str | None, tag: str) -> bool:
    """Whether a browser already has the content with this tag, by the header If-None-Match.

    Proxies that compress by themselves mark tags as weak; then the content is the same all the same.
    """
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in re.findall(r'"[^"]*"', if_none_match)
