"""Requests on their way in: what the app has an address for, small enough, and of the right form.

Gradio answers many a malformed request by a traceback. Here it gets a status and a sentence, before Gradio sees it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext
from typing import Any
from weakref import WeakValueDictionary

from gradio.block_function import BlockFunction
from gradio.blocks import Blocks
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.errors import log_defect
from explorer.page.language import page_language
from explorer.patience import IS_CONNECTED
from explorer.server.bodies import FORM_BYTES, MOST_BYTES, SMALL_BYTES, Bodies, GoneError, hand_on, replace_header
from explorer.server.builds import BUILD_HEADER, name_build
from explorer.server.sessions import Visits
from explorer.server.streams import Streams
from explorer.server.values import clean, read_json
from explorer.server.words import RefusedError
from explorer.uploads import forget_uploads, is_received

API = "/gradio_api"
_ANSWERS = f"{API}/queue/data"

_PAGES = {"/config", "/theme.css", "/robots.txt", "/favicon.ico"}
_FILES = ("/assets/", "/static/", "/svelte/")
_READ = {"info", "openapi.json", "startup-events", "app_id", "user", "token", "login_check", "theme.css",
         "queue/status", "queue/data", "upload_progress"}  # fmt: skip
_READ_BELOW = ("heartbeat/", "call/", "file=")
_CALLS = ("run/", "api/", "call/v2/", "call/")  # before the name of a function
_JOIN = "queue/join"
# What else takes JSON, and what it must hold.
_SMALL = {
    "cancel": {"session_hash": str, "fn_index": int, "event_id": str},
    "reset": {"event_id": str},
    "component_server": {"session_hash": str, "component_id": int, "fn_name": str},
}
_LARGE = 256 * 1024  # bytes of a body from which on one at a time is looked at
_PLAIN_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)  # of sessions, calls and uploads


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
        self._bodies = Bodies()
        self._streams = Streams()
        self._large = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        path = path.rstrip("/") or "/"
        blocks = scope["app"].get_blocks()
        hear = receive
        try:
            if scope["method"] == "POST":
                receive = await self._let_in(path, scope, receive, blocks)
            elif scope["method"] in ("GET", "HEAD"):
                if path == _ANSWERS and scope["method"] == "GET":  # a HEAD reads nothing
                    await self._streams.end(_asked_session(scope))
                _check_reading(path, scope, blocks)
        except RefusedError as error:
            await _say(error.answer(scope), scope, receive, send)
        except _NoSuchSessionError:
            await _say(_say_no_such_session(), scope, receive, send)
        except GoneError:  # nobody hears an answer
            return
        else:
            async with _knowing_who_left(path, hear):
                await self._answer(path, scope, receive, send, blocks)

    async def _answer(self, path: str, scope: Scope, receive: Receive, send: Send, blocks: Blocks) -> None:
        """Let Gradio answer; its errors are answered and logged in few words."""
        sender = _Sender(send)
        try:
            async with self._in_order(scope):
                with self._reading(path, scope, receive, sender, blocks) as (receive_on, send_on):
                    await self.app(scope, receive_on, send_on)
            if path == _ANSWERS and sender.is_broken_off:
                # Gradio keeps the numbers of calls that run, and would wait for their end before it closes another stream.
                blocks._queue.forget_session(_asked_session(scope))
                await sender.end()
            if path == f"{API}/upload":
                await asyncio.to_thread(forget_uploads)
        except Exception as error:
            if sender.has_begun or isinstance(error, ClientDisconnect):
                raise
            refused = RefusedError(400, "bad_upload") if path == f"{API}/upload" else RefusedError(500, "unexpected")
            if refused.status == 500:
                log_defect(path[:80], error)
            await _say(refused.answer(scope), scope, receive, send)

    async def _let_in(self, path: str, scope: Scope, receive: Receive, blocks: Blocks) -> Receive:
        """What the request sends, checked; from here on it comes in one piece.

        Raises:
            RefusedError: nothing can be sent to this address, or not this, or not by this page.
            GoneError: the sender hung up.
        """
        build = Headers(scope=scope).get(BUILD_HEADER)
        if build is not None and build != name_build(blocks):
            raise RefusedError(409, "old_page")
        name = path.removeprefix(f"{API}/")
        if name == "upload":
            _check_query(scope, "upload_id")
            return hand_on(
                await self._bodies.read_upload(scope, receive, self.most_upload + FORM_BYTES), scope, receive
            )
        if name == path or not (name in _SMALL or name == _JOIN or name.startswith(_CALLS)):
            raise RefusedError(404, "no_address")
        body = await self._bodies.read_json(scope, receive, SMALL_BYTES if name in _SMALL else MOST_BYTES)
        async with self._large if len(body) > _LARGE else nullcontext():
            read = read_json(body)
            checked = _check_call(name, read, blocks)
            await asyncio.sleep(0)  # others come in between two large ones
        if name.startswith("run/") and "session_hash" in checked:
            scope["asked"] = (checked["session_hash"], checked.get("fn_index"))
        replace_header(scope, b"content-type", b"application/json")
        # An unchanged body is passed on as it came, because it takes long to write an image again.
        return hand_on(body if checked == read else json.dumps(checked).encode(), scope, receive)

    def _in_order(self, scope: Scope) -> AbstractAsyncContextManager:
        """Of the calls of one page to one function that do not wait in the queue, none is answered before an earlier one."""
        asked = scope.pop("asked", None)
        return nullcontext() if asked is None else self._under_way.setdefault(asked, asyncio.Lock())

    @contextmanager
    def _reading(
        self, path: str, scope: Scope, receive: Receive, send: Send, blocks: Blocks
    ) -> Iterator[tuple[Receive, Send]]:
        """While a page is open, or somebody reads the answers of a session, those whom it concerns know of it.

        Gives what takes the places of `receive` and `send`.
        """
        name = path.removeprefix(f"{API}/") if scope["method"] == "GET" else ""
        with ExitStack() as stack:
            if name.startswith("heartbeat/"):
                stack.enter_context(self.visits.staying(name.removeprefix("heartbeat/")))
            elif name == "queue/data":
                session = _asked_session(scope)
                stack.enter_context(blocks._queue.reading(session))
                receive, send = stack.enter_context(self._streams.reading(session, receive, send))
            elif name.startswith("call/"):
                stack.enter_context(blocks._queue.reading(find_session(name.rpartition("/")[2], blocks)))
            yield receive, send


@asynccontextmanager
async def _knowing_who_left(path: str, receive: Receive) -> AsyncIterator[None]:
    """What is computed for a call that does not wait in the queue can find out whether its visitor has hung up.

    Args:
        path: of the request.
        receive: the connection, from which the whole body was read.
    """
    if not path.startswith(f"{API}/run/"):
        yield
        return
    listening = asyncio.create_task(_hear_leaving(receive))
    token = IS_CONNECTED.set(lambda: not listening.done())
    try:
        yield
    finally:
        IS_CONNECTED.reset(token)
        listening.cancel()


async def _hear_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, unless the request was not HTTP: then no answer is possible on this connection."""
    try:
        await answer(scope, receive, send)
    except Exception:
        return


class _Sender:
    """Sends on, and knows whether the answer has begun and ended."""

    def __init__(self, send: Send):
        self.send = send
        self.has_begun = False
        self.has_ended = False

    async def __call__(self, message: Message) -> None:
        self.has_begun = True
        self.has_ended = message["type"] == "http.response.body" and not message.get("more_body")
        await self.send(message)

    @property
    def is_broken_off(self) -> bool:
        """Whether there was to be more of the answer."""
        return self.has_begun and not self.has_ended

    async def end(self) -> None:
        """End an answer, so that a reader who is still there learns of it."""
        await self({"type": "http.response.body", "body": b""})


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
    if name.startswith("heartbeat/") and not _PLAIN_NAME.fullmatch(name.removeprefix("heartbeat/")):
        raise RefusedError(422, "bad_session")
    if name.startswith("call/") and not find_session(name.rpartition("/")[2], blocks):
        raise RefusedError(404, "no_event")
    if name == "upload_progress":
        _check_query(scope, "upload_id", needed=True)
    if name == "queue/data" and _asked_session(scope) not in blocks._queue.pending_messages_per_session:
        raise _NoSuchSessionError
    if name == "info":
        scope["app"].api_info = None  # Gradio would keep it with the address that the first visitor used


def _check_query(scope: Scope, name: str, needed: bool = False) -> None:
    """Whether a name in the address is a plain one."""
    given = QueryParams(scope["query_string"]).getlist(name)
    if (needed and not given) or not all(map(_PLAIN_NAME.fullmatch, given)):
        raise RefusedError(422, "bad_name", name=name)


def _asked_session(scope: Scope) -> str:
    return QueryParams(scope["query_string"]).get("session_hash", "")  # the last one, as Gradio reads it


def find_session(event_id: str, blocks: Blocks) -> str | None:
    """The session that gets the answer to a call; None if there is no such call."""
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


def _check_call(name: str, body: Any, blocks: Blocks) -> Any:
    """A call in Gradio's form, without the things that Gradio would do by itself."""
    if not isinstance(body, dict):
        raise RefusedError(422, "no_object")
    if not _is_session(body.get("session_hash")):
        raise RefusedError(422, "bad_session")
    body = clean(body)
    if name in _SMALL:
        for key, kind in _SMALL[name].items():
            if type(body.get(key)) is not kind:
                raise RefusedError(422, "missing_name", name=key)
        if name == "component_server":
            _check_component(body, blocks)
        return body
    api_name = next((name.removeprefix(each) for each in _CALLS if name.startswith(each)), None)
    if name.startswith("call/v2/"):
        _check_named(find_function(blocks, None, api_name), body, blocks)
        return body
    by_name = name.startswith("call/")  # Gradio then looks at nothing else
    function = find_function(blocks, None if by_name else body.get("fn_index"), api_name)
    _check_values(function, body.get("data"), simple=by_name)
    kept = ("data", "session_hash") if by_name else ("data", "fn_index", "session_hash")
    return {key: body[key] for key in kept if key in body}


def _is_session(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _PLAIN_NAME.fullmatch(value) is not None)


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
    function = getattr(blocks.blocks.get(body["component_id"]), body["fn_name"], None)
    if not getattr(function, "_is_server_fn", False) or "data" not in body:
        raise RefusedError(404, "no_function")
