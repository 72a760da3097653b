"""The scripts of the page: each is served once, under an address that changes with their content, so that browsers keep it.

They are ES modules as they lie here: no build step. interface.js imports those of the wings, as interface.py does; it
stands in the page's HTML before Gradio's own module, and browsers run modules in that order, so that everything is there
when Gradio mounts the first component. What Python may call is `window.cnnExplorer`, which interface.js fills.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PACKAGE = Path(__file__).parents[1]
_ENTRY = "interface.js"
_FALLBACK = PACKAGE / "page" / "fallback.js"
FALLBACK = _FALLBACK.read_text(encoding="utf-8")  # what stands in the page itself, for the others may not come
_LATER = "vendor/"  # libraries that are loaded when something needs them
_KEPT = "public, max-age=31536000, immutable"  # what changes gets another address


@dataclass(frozen=True)
class Script:
    """What is sent for one file."""

    body: bytes
    compressed: bytes
    tag: str


def _read(path: Path) -> Script:
    body = path.read_bytes()
    return Script(body, gzip.compress(body, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:16]}"')


# Name below this package, such as "shapes/graph.js" -> the script.
SCRIPTS: Mapping[str, Script] = MappingProxyType({
    path.relative_to(PACKAGE).as_posix(): _read(path) for path in sorted(PACKAGE.rglob("*.js")) if path != _FALLBACK
})  # fmt: skip
_VERSION = hashlib.sha256("".join(name + each.tag for name, each in SCRIPTS.items()).encode()).hexdigest()[:12]
_BASE = f"scripts/{_VERSION}/"  # relative imports stay below it
# Path below the root of the app -> the script that it is the address of; there is nothing else to read.
ADDRESSES: Mapping[str, Script] = MappingProxyType({f"/{_BASE}{name}": each for name, each in SCRIPTS.items()})


def mount(name: str) -> str:
    """The `js_on_load` by which a component hands itself to the `mount` of a script.

    >>> mount("shapes/rows.js")
    'cnnExplorer.mount("shapes/rows.js", element, props, watch, trigger)'
    """
    if name not in SCRIPTS:
        raise ValueError(f"script must be one of {', '.join(SCRIPTS)}, got {name}")
    return f"cnnExplorer.mount({json.dumps(name)}, element, props, watch, trigger)"


def draw_script_links() -> str:
    """What loads the scripts, for the head of a page; the imported ones are asked for at once, not one after the other."""
    names = [name for name in SCRIPTS if name != _ENTRY and not name.startswith(_LATER)]
    ahead = "".join(f'<link rel="modulepreload" href="./{_BASE}{name}">' for name in names)
    return (
        f'{ahead}<script type="module" src="./{_BASE}{_ENTRY}" onerror="cnnExplorerScripts.failed(\'page\')"></script>'
    )


class ScriptMiddleware:
    """ASGI middleware: serves the scripts of `ADDRESSES`."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        script = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            script = ADDRESSES.get(scope["path"].removeprefix(scope.get("root_path", "")))
        answer = self.app if script is None else _answer(script, Request(scope))
        await answer(scope, receive, send)


def _answer(script: Script, request: Request) -> Response:
    headers = {
        "cache-control": _KEPT, "etag": script.tag, "vary": "Accept-Encoding", "x-content-type-options": "nosniff",
    }  # fmt: skip
    if script.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = script.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = script.compressed
        headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    sent = b"" if request.method == "HEAD" else body
    return Response(sent, headers=headers, media_type="text/javascript")
