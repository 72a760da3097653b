"""The pages' HTML on its way out: their language, also in Gradio's own words, and compression.

Gradio writes lang="en" into every page and follows the browser's language for its own words (upload, clear,
errors). Here the address decides: "/zh" is Chinese for everyone, "/" English (`text.LANGUAGES`). It compresses only addresses with
a file's ending, so that half a megabyte with the first pictures would go out as it is.
"""

from __future__ import annotations

import gzip
import html
import json
import re

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.page.canvas import NOT_FINITE, STEPS
from explorer.page.links import LONGEST_TEXT, SEPARATORS
from explorer.page.scripts import FALLBACK, draw_script_links
from explorer.text import LANGUAGES, translate

# Previews for other sites' cards and the manifest of an installable app: addresses outside, or nothing here.
_OUTSIDE = re.compile(rb'<(?:meta\s+(?:property|name)="(?:og|twitter):[^>]*|link\s+rel="manifest"[^>]*)/?>\s*')

# It changes no address, for the pages lie side by side. But where it stands plotly refers to its own shapes by the address
# of the page, and once that has changed the browser asks for the whole page again at each change of a chart.
_BASE = b'<base href="./" />'


def page_language(path: str) -> str | None:
    """The language of the page at that path below the root; None if there is no page."""
    return next((each for each, about in LANGUAGES.items() if path.rstrip("/") == about.path.rstrip("/")), None)


def tell_scripts(language: str) -> dict:
    """What scripts of every wing know from Python: the language, the limits and the grammar that both sides share."""
    return {
        "language": LANGUAGES[language].tag,
        "title": translate(language, "app.title"),
        "longestText": LONGEST_TEXT,
        "separators": SEPARATORS,
        "noScripts": translate(language, "app.no_scripts"),
        "codes": {"steps": STEPS, "notFinite": NOT_FINITE},
    }


def localise(page: bytes, language: str) -> bytes:
    """Gradio's index.html with the scripts of the page and its language: tag, title, description and Gradio's own words."""
    title, tag = translate(language, "app.title"), LANGUAGES[language].tag
    known = json.dumps(tell_scripts(language)).replace("<", "\\u003c")
    head = (
        f"<title>{html.escape(title)}</title>"
        f'<meta name="description" content="{html.escape(translate(language, "app.tagline"))}">'
        f"<script>window.cnnExplorerPage = {known};\n{FALLBACK}</script>{draw_script_links()}"
    ).encode()
    page = _OUTSIDE.sub(b"", page).replace(_BASE, b"")
    page = page.replace(b'lang="en"', f'lang="{tag}"'.encode(), 1)
    # Before Gradio's module, after its config.
    return page.replace(b'<script type="module"', head + b'<script type="module"', 1)


class PageMiddleware:
    """ASGI middleware: the pages go out localised and compressed, everything else as it is.

    With a slash behind its address a page redirects to that without, below which Gradio finds its files.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            language = page_language(path)
        if language is not None and path.endswith("/") and path != "/":  # Gradio's redirect would lose the settings
            address = f"..{LANGUAGES[language].path}?{scope['query_string'].decode('latin-1')}".rstrip("?")
            await RedirectResponse(address)(scope, receive, send)
            return
        if language is None:
            await self.app(scope, receive, send)
            return
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        await self.app(scope, receive, _PageSender(language, b"gzip" in accepted, send))


class _PageSender:
    """Collects one HTML response and sends it on localised and, where it is wanted, compressed."""

    def __init__(self, language: str, compressed: bool, send: Send):
        self.language = language
        self.compressed = compressed
        self.send = send
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = dict(self.start["headers"])
        if headers.get(b"content-type", b"").startswith(b"text/html"):
            self.body = localise(self.body, self.language)
            headers[b"content-language"] = LANGUAGES[self.language].tag.encode()
            headers[b"vary"] = b"Accept-Encoding"
            if self.compressed:
                self.body = gzip.compress(self.body, compresslevel=5)
                headers[b"content-encoding"] = b"gzip"
            headers[b"content-length"] = str(len(self.body)).encode()
        await self.send({**self.start, "headers": list(headers.items())})
        await self.send({"type": "http.response.body", "body": self.body})
