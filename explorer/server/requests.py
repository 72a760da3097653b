"""Requests on their way in: what the app has an address for, small enough, and of the right form.

Gradio answers many a malformed request by a traceback. Here it gets a status and a sentence, before Gradio sees it.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, nullcontext
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

from gradio.block_function import BlockFunction
from gradio.blocks import Blocks
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.errors import log_defect
from explorer.language import page_language
from explorer.server.sessions import Visits
from explorer.server.words import RefusedError
from explorer.uploads import is_received

MOST_BYTES = 6 * 1024**2  # of a request's JSON: an image of 1024 x 1024 numbers
MOST_DEPTH = 16  # lists and objects in one another
FORM_BYTES = 64 * 1024  # of an upload, beside the file itself
API = "/gradio_api"

_PAGES = {"/config", "/theme.css", "/robots.txt", "/favicon.ico"}
_FILES = ("/assets/", "/static/", "/svelte/")
_READ = {"info", "openapi.json", "startup-events", "app_id", "user", "token", "login_check", "theme.css",
         "queue/status", "queue/data", "upload_progress"}  # fmt: skip
_READ_BELOW = ("heartbeat/", "call/", "file=")
_CALLS = ("run/", "api/", "call/v2/", "call/")  # before the name of a function
_SESSION = re.compile(r"[\w.-]{1,64}", re.ASCII)
_LEAST, _GREATEST = -(2**63), 2**63 - 1  # whole numbers that an answer can repeat
_MEANT_FOR_GRADIO = "meta"  # by which Gradio knows a file that it should open, copy or fetch


class RequestMiddleware:
    """ASGI middleware: lets in what the app has an answer to, see the module.

    Args:
        app: the next application.
        most_upload: greatest size of an uploaded file in bytes.
        visits: hears which pages are open.
    """

    def __init__(self, app: ASGIApp, most_upload: int, visits: Visits):
        self.app = app
        self.most_upload = most_upload
        self.visits = visits
        # (session, function) -> held while it is answered; gone when nobody holds or awaits it.
        self._under_way: WeakValueDictionary[tuple, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        path = path.rstrip("/") or "/"
        blocks = scope["app"].get_blocks()
        try:
            if scope["method"] == "POST":
                receive = await self._let_in(path, scope, receive, blocks)
            elif scope["method"] in ("GET", "HEAD"):
                _check_reading(path, scope, blocks)
        except RefusedError as error:
            await error.answer(scope)(scope, receive, send)
            return
        except _NoSuchSessionError:
            await _say_no_such_session()(scope, receive, send)
            return
        sender = _Sender(send)
        try:
            with self._reading(path, scope, blocks):
                async with self._in_order(scope):
                    await self.app(scope, receive, sender)
        except Exception as error:
            if sender.has_begun or isinstance(error, ClientDisconnect):
                raise
            refused = RefusedError(400, "bad_upload") if path == f"{API}/upload" else RefusedError(500, "unexpected")
            if refused.status == 500:
                log_defect(path[:80], error)
            await refused.answer(scope)(scope, receive, send)

    async def _let_in(self, path: str, scope: Scope, receive: Receive, blocks: Blocks) -> Receive:
        """What the request sends, checked; from here on it comes in one piece.

        Raises:
            RefusedError: nothing can be sent to this address, or not this.
        """
        if path == f"{API}/upload":
            _check_upload(scope, self.most_upload + FORM_BYTES)
            return receive
        if not _takes_json(path):
            raise RefusedError(404, "no_address")
        body = await _read_body(scope, receive)
        read = _read_json(body)
        checked = _check_call(path, read, blocks)
        if path.startswith(f"{API}/run/") and "session_hash" in checked:
            scope["asked"] = (checked["session_hash"], checked.get("fn_index"))
        # What is as it was goes on as it came: to write an image of a million numbers anew takes long.
        return _replay(body if checked == read else json.dumps(checked).encode(), scope, receive)

    def _in_order(self, scope: Scope) -> AbstractAsyncContextManager:
        """Of the calls of one page to one function that do not wait in the queue, none is answered before an earlier one."""
        asked = scope.pop("asked", None)
        return nullcontext() if asked is None else self._under_way.setdefault(asked, asyncio.Lock())

    @contextmanager
    def _reading(self, path: str, scope: Scope, blocks: Blocks) -> Iterator[None]:
        """While a page is open, or somebody reads the answers of a session, those whom it concerns know of it."""
        name = path.removeprefix(f"{API}/") if scope["method"] == "GET" else ""
        with ExitStack() as stack:
            if name.startswith("heartbeat/"):
                stack.enter_context(self.visits.staying(name.removeprefix("heartbeat/")))
            elif name == "queue/data":
                stack.enter_context(blocks._queue.reading(_asked_session(scope)))
            elif name.startswith("call/"):
                stack.enter_context(blocks._queue.reading(find_session(name.rpartition("/")[2], blocks)))
            yield


class _Sender:
    """Sends on, and knows whether the answer has begun."""

    def __init__(self, send: Send):
        self.send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        self.has_begun = True
        await self.send(message)


# ---- what is read -----------------------------------------------------------------------------------------------


class _NoSuchSessionError(Exception):
    """There is nothing to be said to this session, as after a restart of the server."""


def _check_reading(path: str, scope: Scope, blocks: Blocks) -> None:
    """Whether there is anything to read at an address."""
    if page_language(path) or path in _PAGES or path.startswith(_FILES):
        return
    name = path.removeprefix(f"{API}/")
    if name == path or not (name in _READ or name.startswith(_READ_BELOW)):
        raise RefusedError(404, "no_address")
    if name.startswith("file=") and not is_received(name.removeprefix("file=")):
        raise RefusedError(404, "no_file")
    if name.startswith("heartbeat/") and not _SESSION.fullmatch(name.removeprefix("heartbeat/")):
        raise RefusedError(422, "bad_session")
    if name.startswith("call/") and not find_session(name.rpartition("/")[2], blocks):
        raise RefusedError(404, "no_event")
    if name == "queue/data" and _asked_session(scope) not in blocks._queue.pending_messages_per_session:
        raise _NoSuchSessionError


def _asked_session(scope: Scope) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]


def find_session(event_id: str, blocks: Blocks) -> str | None:
    """The session to which the answer to a call goes; None where there is no such call."""
    queue = blocks._queue
    event = queue.event_ids_to_events.get(event_id)
    if event is not None:
        return event.session_hash
    return next((session for session, ids in queue.pending_event_ids_session.items() if event_id in ids), None)


def _say_no_such_session() -> Response:
    """What Gradio's page understands; Gradio itself would say the same, and log a traceback."""
    message = {"msg": "unexpected_error", "message": "", "session_not_found": True, "success": False}
    return Response(f"data: {json.dumps(message)}\n\n", media_type="text/event-stream")


# ---- what is sent -----------------------------------------------------------------------------------------------


def _takes_json(path: str) -> bool:
    name = path.removeprefix(f"{API}/")
    return name != path and (name in ("queue/join", "cancel", "reset", "component_server") or name.startswith(_CALLS))


def _length_of(scope: Scope) -> int | None:
    text = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
    return int(text) if text.isdigit() else None


def _check_upload(scope: Scope, most: int) -> None:
    length = _length_of(scope)
    if length is None:
        raise RefusedError(411, "no_length")
    if length > most:
        raise RefusedError(413, "too_large", most=_megabytes(most))


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    """All of it, as long as it is not too long; what is too long is not read."""
    too_long = RefusedError(413, "too_large", most=_megabytes(MOST_BYTES))
    if (_length_of(scope) or 0) > MOST_BYTES:
        raise too_long
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise too_long
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return b"".join(parts)


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.3g}"


def _replay(body: bytes, scope: Scope, receive: Receive) -> Receive:
    """Hand on a body that was read, and what comes after it; `scope` gets its length."""
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"content-type")]
    scope["headers"] = [*headers, (b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "no_json") from error


def _check_call(path: str, body: Any, blocks: Blocks) -> Any:
    """A call as Gradio takes it, without what it would do on its own."""
    if not isinstance(body, dict):
        raise RefusedError(422, "no_object")
    if "session_hash" in body and not _is_session(body["session_hash"]):
        raise RefusedError(422, "bad_session")
    body = clean(body)
    name = path.removeprefix(f"{API}/")
    if name == "component_server":
        _check_component(body, blocks)
    elif name.startswith("call/v2/"):
        _check_named(find_function(blocks, None, name.removeprefix("call/v2/")), body, blocks)
    elif name not in ("cancel", "reset"):
        api_name = next((name.removeprefix(each) for each in _CALLS if name.startswith(each)), None)
        function = find_function(blocks, body.get("fn_index"), api_name)
        _check_values(function, body.get("data"), simple=name.startswith("call/"))
        return {key: body[key] for key in ("data", "fn_index", "session_hash") if key in body}
    return body


def _is_session(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _SESSION.fullmatch(value) is not None)


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of a value from a request without what no handler should meet.

    Lone surrogates become the sign for an unknown character, as browsers write them, and whole numbers of more than 64 bits,
    which cannot be sent back, the nearest number that browsers have. An object that names a file to
    Gradio loses the sign by which Gradio knows it: no path or address that a visitor names is opened, copied or fetched.

    Raises:
        RefusedError: lists and objects lie too deep in one another.
    """
    if depth > MOST_DEPTH:
        raise RefusedError(422, "too_deep", most=MOST_DEPTH)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not _LEAST <= value <= _GREATEST:
        return float(value) if abs(value) < sys.float_info.max else math.inf if value > 0 else -math.inf
    if isinstance(value, list):
        return value if _is_row(value) else [clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        kept = (key for key in value if not (key == _MEANT_FOR_GRADIO and "path" in value))
        return {clean(key, depth + 1): clean(value[key], depth + 1) for key in kept}
    return value


def _is_row(values: list) -> bool:
    """Whether a list holds ordinary numbers alone, as the rows of a picture do: most of what is long."""
    kinds = set(map(type, values))
    return kinds <= {float} or (kinds == {int} and min(values) >= _LEAST and max(values) <= _GREATEST)


def find_function(blocks: Blocks, number: Any, name: str | None) -> BlockFunction:
    """The function that a call means.

    Raises:
        RefusedError: there is none of that number or name.
    """
    if number is None:
        found = next((each for each in blocks.fns.values() if each.api_name == name), None)
    else:
        found = blocks.fns.get(number) if type(number) is int else None
    if found is None or found.fn is None:
        raise RefusedError(404, "no_function")
    return found


def _check_values(function: BlockFunction, values: Any, simple: bool) -> None:
    """Whether a call gives as many values as its function takes; by name, those that live on the server may be left out."""
    if not isinstance(values, list):
        raise RefusedError(422, "no_values")
    counts = {len(function.inputs)}
    if simple:
        counts.add(sum(not each.skip_api for each in function.inputs))
    if len(values) not in counts:
        raise RefusedError(422, "wrong_count", count=len(values), wanted=max(counts))


def _check_named(function: BlockFunction, values: dict, blocks: Blocks) -> None:
    info = blocks.get_api_info()["named_endpoints"].get(f"/{function.api_name}")
    if info is None:
        raise RefusedError(404, "no_function")
    known = {each["parameter_name"]: each for each in info["parameters"]}
    unknown = [name for name in values if name not in known]
    missing = [name for name, each in known.items() if name not in values and not each["parameter_has_default"]]
    if unknown:
        raise RefusedError(422, "unknown_name", name=unknown[0][:40], known=list(known))
    if missing:
        raise RefusedError(422, "missing_name", name=missing[0])


def _check_component(body: dict, blocks: Blocks) -> None:
    number = body.get("component_id")
    block = blocks.blocks.get(number) if type(number) is int else None
    function = getattr(block, str(body.get("fn_name")), None)
    if not getattr(function, "_is_server_fn", False) or "data" not in body or not isinstance(body.get("session_hash"), str):
        raise RefusedError(404, "no_function")
