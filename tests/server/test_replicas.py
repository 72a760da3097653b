"""Two servers of one app behind a proxy with https and a path of its own: what a visitor's page may ask of either."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import gradio as gr
import httpx
import pytest
import uvicorn
from gradio.context import Context
from starlette.requests import Request
from starlette.responses import StreamingResponse

from explorer.interface import launch_settings, take_turns
from explorer.server.builds import BUILD_HEADER, name_build
from explorer.settings import Settings
from tests.serving import find_port

SITE = "class.example"


QUICK, SLOW = 0, 1  # numbers of the functions
GATE = threading.Event()  # until it is set the slow one is not done


def add_to(kept: int, more: float) -> tuple[int, str]:
    return kept + int(more), f"{kept + int(more)}"


def add_late(kept: int, more: float) -> tuple[int, str]:
    GATE.wait(10)
    return add_to(kept, more)


def build_replica(settings: Settings, *, renamed: bool = False) -> gr.Blocks:
    """A page with a button that adds to what is kept for its visitor, in its turn."""
    Context.id = 0  # as in a process of its own
    with gr.Blocks(analytics_enabled=False) as demo:
        kept, more, total = gr.State(0), gr.Number(1), gr.Textbox()
        handler = (lambda kept, more: add_to(kept, more)) if renamed else add_to
        for each in (handler, add_late):
            gr.Button().click(each, [kept, more], [kept, total], preprocess=False)
    return take_turns(demo, settings)


class Proxy:
    """ASGI: sends a visitor to the server that his cookie names, and to the other one where nobody answers there."""

    def __init__(self, ports: list[int]):
        self.clients = [httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) for port in ports]

    async def __call__(self, scope, receive, send) -> None:
        request = Request(scope, receive)
        chosen = int(request.cookies.get("replica", "0"))
        kept = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        headers = {**kept, "host": SITE, "x-forwarded-host": SITE, "x-forwarded-proto": "https"}
        path = scope["path"].removeprefix("/cnn") + ("?" + request.url.query if request.url.query else "")
        body = await request.body()
        for client in (self.clients[chosen], self.clients[1 - chosen]):
            try:
                asked = client.build_request(request.method, path, headers=headers, content=body)
                answer = await client.send(asked, stream=True)
                break
            except httpx.ConnectError:
                continue
        await StreamingResponse(answer.aiter_raw(), answer.status_code, dict(answer.headers))(scope, receive, send)


@pytest.fixture(scope="module")
def replicas() -> Iterator[list[gr.Blocks]]:
    """Two servers, as launched by the app."""
    found = []
    for _ in range(2):
        settings = Settings(port=find_port(), root_path="/cnn", trusted_proxies="127.0.0.1")
        demo = build_replica(settings)
        demo.launch(**launch_settings(settings), prevent_thread_lock=True, quiet=True)
        found.append(demo)
    yield found
    for each in found:
        each.close(verbose=False)


@pytest.fixture(scope="module")
def proxy(replicas) -> Iterator[str]:
    """Address of a proxy before both."""
    port = find_port()
    config = uvicorn.Config(
        Proxy([each.server_port for each in replicas]), port=port, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/cnn"
    server.should_exit = True
    thread.join()


def visit(proxy: str, replica: int) -> httpx.Client:
    return httpx.Client(base_url=proxy, cookies={"replica": str(replica)}, timeout=20)


def ask(client: httpx.Client, more: float, session: str, function: int = QUICK, **headers: str) -> httpx.Response:
    body = {"data": [None, more], "fn_index": function, "session_hash": session}
    return client.post("/gradio_api/queue/join", json=body, headers=headers)


def read(client: httpx.Client, session: str) -> list[dict]:
    """All messages until the stream ends."""
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        return [json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:")]


def read_total(messages: list[dict]) -> str:
    return next(each["output"]["data"][1] for each in messages if each["msg"] == "process_completed")


def test_both_give_the_same_page_at_the_address_of_the_proxy(proxy, replicas):
    pages = [visit(proxy, replica).get("/").text for replica in (0, 1)]
    for page in pages:
        assert f'"root":"https://{SITE}/cnn"' in page
        assert f'"build": "{name_build(replicas[0])}"' in page
    assert re.search(r'src="\./(scripts/[^"]+)"', pages[0])[1] in pages[1]


def test_a_visitor_stays_where_the_cookie_says_and_finds_there_what_is_kept(proxy):
    for replica, session in ((0, "left"), (1, "right")):
        client = visit(proxy, replica)
        for expected in ("2", "4"):
            assert ask(client, 2, session).status_code == 200
            assert read_total(read(client, session)) == expected


def test_a_server_that_knows_nothing_of_a_page_says_so_and_answers_what_is_asked_again(proxy):
    assert ask(visit(proxy, 0), 3, "moved").status_code == 200
    other = visit(proxy, 1)
    assert [each.get("session_not_found") for each in read(other, "moved")] == [True]
    assert ask(other, 3, "moved").status_code == 200
    assert read_total(read(other, "moved")) == "3"


def test_a_page_of_another_build_calls_nothing(proxy, replicas):
    client = visit(proxy, 0)
    refused = ask(client, 1, "old", **{BUILD_HEADER: "another"})
    assert refused.status_code == 409 and "older than the server" in refused.json()["detail"]
    assert ask(client, 1, "old", **{BUILD_HEADER: name_build(replicas[1])}).status_code == 200
    assert read_total(read(client, "old")) == "1"


def test_a_build_is_named_by_what_its_functions_are():
    first, same, other = (build_replica(Settings(), renamed=renamed) for renamed in (False, False, True))
    assert name_build(first) == name_build(same) != name_build(other)


def test_a_newer_stream_ends_the_older_one_of_its_page(proxy):
    """The first reader is still there, as far as the server knows, and would take answers that nobody hears then."""
    client = visit(proxy, 0)
    GATE.clear()
    assert ask(client, 1, "twice", function=SLOW).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "twice"}) as older:
        assert [each.get("session_not_found") for each in read(visit(proxy, 0), "twice")] == [True]
        assert not any("process_completed" in line for line in older.iter_lines())
    GATE.set()
    assert ask(client, 5, "twice").status_code == 200
    assert read_total(read(client, "twice")) in ("5", "6")  # what the slow call kept may be there already
