"""Answers before Gradio and its layers everything that is the same for everybody: the pages' HTML and all files.

Gradio writes each page again for each visitor, reads each file again, and compresses both again, behind eight layers of Python. Here
that is done once. A request goes

    files -> proxies (whom to believe) -> pages -> Gradio's layers, with `RequestMiddleware` among them

and each of the three hands on what it has no answer to. What is kept was answered by Gradio itself, to a request that carries
nothing of a visitor; so it cannot hold anything of one.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from gradio.route_utils import CustomCORSMiddleware, get_root_url
from gradio.routes import BUILD_PATH_LIB, STATIC_PATH_LIB
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.page.language import localise, page_language
from explorer.page.scripts import ADDRESSES
from explorer.server.answers import ASKED_AGAIN, KEPT, Answer
from explorer.server.builds import name_build
from explorer.server.proxies import ProxyMiddleware
from explorer.text import LANGUAGES

MOST_PAGES = 8  # kept: one for each language and each address by which the server is reached
MOST_BYTES = 8 * 1024**2  # of a file that is kept; one is larger, for videos

_FOLDERS = {"/assets/": Path(BUILD_PATH_LIB), "/static/": Path(STATIC_PATH_LIB)}  # of Gradio
_SINGLE = ("/theme.css", "/favicon.ico")
_HASHED = re.compile(r"/assets/.*-[\w-]{8,9}\.\w+")  # names that change with the content, as Vite gives them
# All that Gradio looks at to know the address of a page.
_OF_ADDRESS = {b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"}


def stand_before(app: Starlette, trusted: str) -> None:
    """Put the doors before all layers of an app that is being started.

    Args:
        app: Gradio's application.
        trusted: addresses of proxies that are believed, as for `ProxyMiddleware`.
    """
    assert app.middleware_stack is not None  # starting an app has built it
    app.middleware_stack = FileDoor(ProxyMiddleware(PageDoor(app.middleware_stack), trusted))


class FileDoor:
    """ASGI: the scripts of the page, and the files that come with Gradio, each asked for once of the next application."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self._kept = {path: Answer(body, "text/javascript; charset=utf-8", KEPT) for path, body in ADDRESSES.items()}
        self._known = _list_files()
        self._asking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._find(scope) if _is_reading(scope) else None
        await _say(answer or self.app, scope, receive, send)

    async def _find(self, scope: Scope) -> ASGIApp | None:
        path = path_below_root(scope)
        address = path + _version(path, scope)
        if address in self._kept:
            return self._kept[address]
        if path not in self._known:
            return None
        async with self._asking:
            if address not in self._kept:
                answer = await collect(self.app, scope)
                if answer.status != 200:
                    return answer
                is_kept = address != path or _HASHED.fullmatch(path) is not None
                self._kept[address] = answer.keep(KEPT if is_kept else ASKED_AGAIN)
        return self._kept[address]


def _list_files() -> frozenset[str]:
    """The paths of what comes with Gradio and may be kept; their number bounds the memory."""
    files = {
        prefix + path.relative_to(folder).as_posix()
        for prefix, folder in _FOLDERS.items()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size <= MOST_BYTES
    }
    return frozenset({*files, *_SINGLE})


def _version(path: str, scope: Scope) -> str:
    """What an address says of the content: the style sheet of the theme has its hash behind the path."""
    query = f"?{scope['query_string'].decode('latin-1')}"
    return query if path == "/theme.css" and query == f"?v={scope['app'].get_blocks().theme_hash}" else ""


class PageDoor:
    """ASGI: the pages' HTML in their languages, written once for each address by which the server is reached.

    With a slash behind its address a page redirects to that without, below which Gradio finds its files.
    """

    def __init__(self, app: ASGIApp):
        self.app = app
        self._kept: OrderedDict[tuple, Answer] = OrderedDict()  # the last one is the one that was asked for last
        self._writing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = page_language(path_below_root(scope)) if _is_reading(scope) else None
        await _say(self.app if language is None else await self._find(language, scope), scope, receive, send)

    async def _find(self, language: str, scope: Scope) -> ASGIApp:
        about = LANGUAGES[language]
        if path_below_root(scope).endswith("/") and about.path != "/":  # Gradio's redirect would lose the settings
            return RedirectResponse(f"..{about.path}?{scope['query_string'].decode('latin-1')}".rstrip("?"))
        try:
            key = (language, *_address_of_page(about.path, scope))
        except Exception:  # the header Host holds no host: Gradio has an answer, and it is not kept
            return self.app
        if key not in self._kept:
            async with self._writing:  # thirty who come at once wait for one
                if key not in self._kept:
                    page = await collect(self.app, scope)
                    if page.status != 200:
                        return page
                    page.body = localise(page.body, language, name_build(scope["app"].get_blocks()))
                    self._keep(key, page, language)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: tuple, page: Collected, language: str) -> None:
        self._kept[key] = page.keep(ASKED_AGAIN, {"content-language": LANGUAGES[language].tag})
        while len(self._kept) > MOST_PAGES:
            self._kept.popitem(last=False)


def _address_of_page(path: str, scope: Scope) -> tuple[str, ...]:
    """What of a request gets into a page: the address at which the visitor has it, and which app it is of."""
    app, below = scope["app"], scope.get("root_path", "")
    blocks = app.get_blocks()
    root = get_root_url(Request(scope), path, app.root_path or below or blocks.custom_mount_path)
    return (root, below, str(blocks.app_id))


# ---- asking the next application ----------------------------------------------------------------------------------


class Collected:
    """An answer that was collected, to be sent as it is or to be kept."""

    def __init__(self):
        self.messages: list[Message] = []
        self.body = b""

    async def take(self, message: Message) -> None:
        """Collect a message of the answer."""
        self.messages.append(message)
        self.body += message.get("body", b"")

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    def keep(self, cache_control: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer for everybody else."""
        said = Headers(raw=self.messages[0]["headers"])
        given = {"content-disposition": said["content-disposition"]} if "content-disposition" in said else {}
        return Answer(self.body, said["content-type"], cache_control, {**given, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for message in self.messages:
            await send(message)


async def collect(app: ASGIApp, scope: Scope) -> Collected:
    """The answer at the path of this request for an unknown visitor."""
    headers = [each for each in scope["headers"] if each[0] in _OF_ADDRESS]
    answer = Collected()
    plain = {**scope, "method": "GET", "query_string": b"", "headers": headers, "extensions": {}}
    await app(plain, _receive_nothing, answer.take)
    return answer


async def _receive_nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def path_below_root(scope: Scope) -> str:
    """The path of a request inside the app, without the prefix of a proxy."""
    return scope["path"].removeprefix(scope.get("root_path", ""))


def _is_reading(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


async def _say(answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer; a page of another origin gets the headers by which Gradio lets it read."""
    if isinstance(answer, Answer) and any(name == b"origin" for name, _ in scope["headers"]):
        answer = CustomCORSMiddleware(answer)
    await answer(scope, receive, send)
