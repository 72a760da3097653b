"""What a proxy says of a request counts only where the settings name it."""

from __future__ import annotations

import pytest

from explorer.server.proxies import ProxyMiddleware
from tests.coroutines import run

SAID = [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-proto", b"https"), (b"x-forwarded-host", b"evil.example"),
        (b"x-gradio-server", b"http://evil.example"), (b"forwarded", b"host=evil.example"), (b"host", b"here")]  # fmt: skip


def seen_through(trusted: str, peer: str) -> dict:
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)

    scope = {"type": "http", "client": (peer, 5000), "scheme": "http", "headers": list(SAID)}
    run(ProxyMiddleware(app, trusted)(scope, None, None))
    return seen


@pytest.mark.parametrize("trusted", ["", "10.0.0.2", "10.1.0.0/16"])
def test_a_stranger_is_not_believed(trusted):
    seen = seen_through(trusted, "10.0.0.1")
    assert seen["headers"] == [(b"host", b"here")]
    assert seen["client"] == ("10.0.0.1", 5000) and seen["scheme"] == "http"


@pytest.mark.parametrize("trusted", ["10.0.0.1", "10.9.9.9,10.0.0.0/24", "*"])
def test_a_named_proxy_is_believed(trusted):
    seen = seen_through(trusted, "10.0.0.1")
    assert seen["headers"] == SAID
    assert seen["client"][0] == "1.2.3.4" and seen["scheme"] == "https"
