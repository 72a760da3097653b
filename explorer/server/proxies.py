"""Whom a request comes from: what a proxy says of it counts only where the settings name that proxy."""

from __future__ import annotations

import os

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

# What Gradio and uvicorn believe of any request: address and protocol of the visitor, and the address of the page.
_SAID_BY_PROXIES = {b"forwarded", b"x-real-ip", b"x-gradio-server", b"x-original-uri"}
_PREFIX = b"x-forwarded-"


def trust_nobody_else() -> None:
    """Keep uvicorn from believing a proxy on its own: it is the middleware here that knows whom to believe."""
    os.environ["FORWARDED_ALLOW_IPS"] = ""


class ProxyMiddleware:
    """ASGI middleware: takes out what a proxy would say of a request unless it comes from a trusted one.

    Args:
        app: the next application.
        trusted: addresses or networks of proxies, with commas; "*" for any, "" for none.
    """

    def __init__(self, app: ASGIApp, trusted: str):
        self.app = app
        self.believing = ProxyHeadersMiddleware(app, trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = (scope.get("client") or ("",))[0]
        if scope["type"] == "lifespan" or peer in self.believing.trusted_hosts:
            await self.believing(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if not _is_said_by_proxies(name)]
        await self.app({**scope, "headers": headers}, receive, send)


def _is_said_by_proxies(name: bytes) -> bool:
    return name in _SAID_BY_PROXIES or name.startswith(_PREFIX)
