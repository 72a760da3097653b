"""The doors of a running server: what strangers send is refused in words, and the next visitor notices nothing."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import json
import os
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from inspect import signature
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from explorer.gradient_flow.api import train_here
from explorer.text import text_in
from tests.serving import Running, start_app

QUICK = 1.0  # seconds within which a visitor wants an answer
PATIENT = 10.0  # seconds after which a call counts as stuck
SECRET = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
UNEXPECTED = ("Something went wrong here", "这里出了问题")


class Caller:
    """Calls the events of the page and the functions of the API as a page would, with any values."""

    def __init__(self, running: Running):
        self.running = running
        self.client = httpx.Client(base_url=running.address, timeout=PATIENT)
        config = self.client.get("/config").json()
        self.values = {each["id"]: each["props"].get("value") for each in config["components"]}
        self.kinds = {each["id"]: each["type"] for each in config["components"]}
        self.labels = {each["id"]: each["props"].get("label") for each in config["components"]}
        self.choices = {each["id"]: each["props"].get("choices") for each in config["components"]}
        self.events = [each for each in config["dependencies"] if each["backend_fn"]]
        self.seconds: dict[int, float] = {}  # number of an event -> how long its first call took
        last = next(place for place, each in enumerate(self.events) if each["api_name"] == "explain")
        self.of_one_page = self.events[
            : last + 1
        ]  # the English one and the functions; the other is built by the same code

    def first_values(self, event: dict) -> list:
        """What the page would send of an event before anything was changed; a training of one epoch."""
        values = [self.values.get(each) for each in event["inputs"]]
        if event["api_name"] == "train_here":
            values[[*signature(train_here).parameters].index("epochs")] = 1
        return values

    def post(self, path: str, body, **settings) -> httpx.Response:
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = {"content-type": "application/json", **settings.pop("headers", {})}
        return self.client.post(f"/gradio_api/{path}", content=content, headers=headers, **settings)

    def call(self, event: dict, values: list, session: str = "visitor") -> str:
        """The text of the answer; what takes its turn is waited for."""
        body = {"data": values, "fn_index": event["id"], "session_hash": session}
        if not event["queue"]:
            answer = self.post("run/predict", body)
            assert answer.status_code == 200, answer.text
            return answer.text
        joined = self.post("queue/join", body)
        assert joined.status_code == 200, joined.text
        return self._read_answer(joined.json()["event_id"], session)

    def _read_answer(self, number: str, session: str) -> str:
        found = ""
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("event_id") == number and message["msg"] == "process_completed":
                    found = json.dumps(message["output"], ensure_ascii=False)
        assert found, "no answer came"
        return found

    def upload(self, name: str, content: bytes) -> str:
        """The path that the server gives to a file."""
        return self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with start_app(tmp_path_factory.mktemp("doors") / "log.txt") as running:
        yield running
        assert upload_folders(running)
    assert not upload_folders(running)  # nothing that was brought stays


def upload_folders(running: Running) -> list[Path]:
    return [*Path(tempfile.gettempdir()).glob(f"cnn-explorer-{running.process.pid}-*")]


@pytest.fixture(scope="module")
def caller(server) -> Caller:
    return Caller(server)


@pytest.fixture(scope="module")
def usual_megabytes(caller) -> float:
    """Memory once everything that is computed at the first call has been, and letters of both languages are drawn."""
    caller.client.timeout = 60  # the handout of the whole app computes what all tabs open with
    others = [each for each in caller.events if each not in caller.of_one_page]
    chinese = next(each for each in others if each["api_name"].startswith("on_whole"))
    for event in [*caller.of_one_page, chinese]:
        values = caller.first_values(event)
        if event["api_name"] == "on_start":  # a training of one epoch
            values[[caller.labels[each] for each in event["inputs"]].index(text_in("en")("live.epochs"))] = 1
        start = time.monotonic()
        caller.call(event, values)
        caller.seconds[event["id"]] = time.monotonic() - start
    caller.client.timeout = PATIENT
    return caller.running.megabytes()


@pytest.fixture(autouse=True)
def nobody_else_notices(caller, usual_megabytes):
    """After each test a normal visitor is answered at once, and the log holds no traceback and nothing long."""
    yield
    start = time.monotonic()
    answer = caller.call(find_event(caller, "on_source"), caller.first_values(find_event(caller, "on_source")), "next")
    assert time.monotonic() - start < QUICK and "Shirt" in answer
    log = caller.running.log.read_text()
    assert "Traceback" not in log and len(log) < 5000, log[-3000:]


def find_event(caller: Caller, name: str) -> dict:
    return next(each for each in caller.events if each["api_name"] == name)


def without_times(answer: str) -> str:
    """An answer without what differs from call to call."""
    read = json.loads(answer)
    return json.dumps(read.get("data", read.get("error")), ensure_ascii=False)


# ---- pictures ---------------------------------------------------------------------------------------------------


def png(pixels: np.ndarray, tmp_path) -> bytes:
    path = tmp_path / "made.png"
    Image.fromarray(pixels).save(path)
    return path.read_bytes()


def picture_events(caller: Caller) -> list[tuple[dict, int]]:
    """Every event of one page that takes a picture, with the position of the picture."""
    return [
        (event, position)
        for event in caller.of_one_page
        for position, each in enumerate(event["inputs"])
        if caller.kinds.get(each) == "image"
    ]


def ask_for(caller: Caller, event: dict, position: int, payload) -> str:
    """Call a picture event for that picture, from the source that means it."""
    values = caller.first_values(event)
    values[position] = payload
    uploads = [index for index, each in enumerate(event["inputs"]) if caller.kinds.get(each) == "image"]
    wanted = "upload" if position == uploads[0] else "camera"
    for index, each in enumerate(event["inputs"]):
        if wanted in [value for _, value in caller.choices.get(each) or []]:
            values[index] = wanted
    return without_times(caller.call(event, values, f"picture{next(NUMBERS)}"))


NUMBERS = itertools.count()
LATE = ("show_late", "_show_trial")
METAS = ({}, {"meta": {"_type": "gradio.FileData"}}, {"meta": {"_type": "other"}}, {"meta": 5})


def test_every_picture_event_is_known(caller):
    names = {event["api_name"].rstrip("_1234567890") for event, _ in picture_events(caller)}
    assert names == {
        "on_setup", "on_upload", "on_source", "on_compare", "on_open", "on_layers", "on_trial", "on_examine", "on_measure",
        "on_film", "on_layer", "on_offer", "on_other_layer", "on_place", "on_save", "on_shift", "on_similar", "on_unlike", "on_view", *LATE,
    }  # fmt: skip


def test_no_picture_of_the_server_is_opened(caller, tmp_path):
    """Whatever is there, and whether anything is there, the answer is the same, and quick."""
    for name in ("there.png", "linked.png"):
        Image.fromarray(SECRET).save(tmp_path / name)
    os.mkfifo(tmp_path / "pipe")
    received = caller.upload("mine.png", png(SECRET, tmp_path))
    folder = os.path.dirname(os.path.dirname(received))
    link = os.path.join(os.path.dirname(received), "link.png")
    os.symlink(tmp_path / "linked.png", link)
    mine = received.lstrip("/")
    paths = [
        tmp_path / "there.png", tmp_path / "pipe", tmp_path, "/dev/ptmx", "/dev/zero", "/proc/self/environ", "/etc/passwd",
        link, folder, os.path.dirname(received), f"{folder}/../{tmp_path.name}/there.png", "checkpoints/results.json",
        f"{received}/../../../{tmp_path}/there.png", f"/etc/../{mine}", f"/nowhere/../{mine}", f"//{mine}", f"{folder}/./{mine}",
        "", "\x00", "a" * 5000, "http://127.0.0.1:9/x.png", "file:///etc/passwd",
    ]  # fmt: skip
    seen: Counter[int] = Counter()
    for event, position in picture_events(caller):
        seen[event["inputs"][position]] += 1
        step = 1 if seen[event["inputs"][position]] == 1 else 3  # all events read it by `receive_upload`
        missing = ask_for(caller, event, position, {"path": str(tmp_path / "missing.png")})
        for number, path in enumerate(paths[::step]):
            start = time.monotonic()
            answer = ask_for(caller, event, position, {"path": str(path), **METAS[number % len(METAS)]})
            assert answer == missing, (event["api_name"], path)
            assert time.monotonic() - start < QUICK
        for payload in (
            {"path": 5},
            {"path": None},
            {"path": [str(paths[0])]},
            {},
            [],
            7,
            str(paths[0]),
            {"url": "data:,x"},
        ):
            assert ask_for(caller, event, position, payload) == missing, (event["api_name"], payload)
    os.unlink(link)


def test_a_picture_that_was_uploaded_is_opened(caller, tmp_path):
    """Or the test above would pass where nothing is ever opened."""
    path = caller.upload("mine.png", png(SECRET, tmp_path))
    missing = {"path": str(tmp_path / "missing.png")}
    for event, position in picture_events(caller):
        if event["api_name"].startswith(
            ("on_compare", "on_examine", "on_measure", "on_save", *LATE)
        ):  # whose answers stay on the server until LATE show them, or that are asked for no figure
            continue
        for meta in METAS:
            assert ask_for(caller, event, position, {"path": path, **meta}) != ask_for(caller, event, position, missing)


def test_a_picture_of_another_visitor_cannot_be_guessed(caller, tmp_path):
    """Its path holds a checksum, which whoever has the same picture could compute, except for a secret of the process."""
    content = png(SECRET[::-1].copy(), tmp_path)
    path = caller.upload("theirs.png", content)
    folder, given = os.path.dirname(os.path.dirname(path)), os.path.basename(os.path.dirname(path))
    guess = hashlib.sha256(content).hexdigest()
    assert guess != given and len(given) == 64
    event, position = picture_events(caller)[0]
    missing = ask_for(caller, event, position, {"path": f"{folder}/{'0' * 64}/theirs.png"})
    assert ask_for(caller, event, position, {"path": f"{folder}/{guess}/theirs.png"}) == missing
    assert caller.client.get(f"/gradio_api/file={folder}/{guess}/theirs.png").status_code == 404
    assert caller.client.get(f"/gradio_api/file={path}").content == content


def test_no_file_but_an_upload_is_served(caller, tmp_path):
    Image.fromarray(SECRET).save(tmp_path / "there.png")
    folder = os.path.dirname(os.path.dirname(caller.upload("mine.png", png(SECRET, tmp_path))))
    mine = caller.upload("mine.png", png(SECRET, tmp_path))
    link = os.path.join(os.path.dirname(mine), "link.png")
    os.symlink(tmp_path / "there.png", link)
    paths = [
        tmp_path / "there.png", tmp_path / "missing.png", "app.py", "http://127.0.0.1:9/x", folder, "/dev/zero", "//x", link,
        f"http://127.0.0.1:9/../../..{mine}", f"http://127.0.0.1:9/..%2f..%2f..{mine}", f"/etc/..{mine}", f"{mine}/../mine.png",
    ]  # fmt: skip
    answers = {ask_raw(caller, f"/gradio_api/file={path}") for path in paths}
    os.unlink(link)
    assert answers == {(404, '{"detail":"There is no such file here."}')}
    assert ask_raw(caller, f"/gradio_api/file={mine}")[0] == 200


def ask_raw(caller: Caller, path: str) -> tuple[int, str]:
    """As httpx, which would tidy the path up, does not."""
    connection = http.client.HTTPConnection(caller.running.address.removeprefix("http://"), timeout=PATIENT)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("latin-1")


# ---- values -----------------------------------------------------------------------------------------------------

DEEP: list = []
for _ in range(10):
    DEEP = [DEEP]
FORGED = (
    None, True, -1, 1e308, float("nan"), float("inf"), 10**30, "", "abc", "\ud800", [], {}, [[]], [None], DEEP,
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, {"a": 1}, [[1, [2]]], "x" * 20_000,
)  # fmt: skip


TELLING = (None, float("nan"), "abc", "\ud800", [None], {"a": 1})  # of each kind one


def test_forged_values_get_a_sentence(caller, usual_megabytes):
    """Each value at each place: all of them at the quickest event that takes a component, one of each kind at two more.

    Many events read the same, by the same functions; tests/*/test_forged.py give all values to the handlers themselves.
    """
    forged_before: Counter[int] = Counter()
    for event in sorted(caller.of_one_page, key=lambda each: caller.seconds[each["id"]]):
        first = caller.first_values(event)
        for place, component in enumerate(event["inputs"]):
            if event["api_name"].startswith("on_save") and place > 2:  # what is set, read as by its on_offer
                continue
            forged_before[component] += 1
            if forged_before[component] > 3:
                continue
            for forged in FORGED if forged_before[component] == 1 else TELLING:
                answer = caller.call(event, [*first[:place], forged, *first[place + 1 :]], "forger")
                assert not any(words in answer for words in UNEXPECTED), (event["api_name"], place, forged)
                assert len(answer) < 2_000_000


def test_all_values_forged_at_once(caller):
    for event in caller.of_one_page:
        for forged in FORGED:
            answer = caller.call(event, [forged] * len(event["inputs"]), "forger")
            assert not any(words in answer for words in UNEXPECTED), (event["api_name"], forged)


def test_wrong_numbers_of_values_are_told(caller):
    for event in caller.events:
        values = caller.first_values(event)
        for wrong in (values[:-1], [*values, 1], [1] * 1000, "abc", {"a": 1}, None):
            if wrong == values:  # it takes none, so there is none too few
                continue
            for path in ("run/predict", "queue/join"):
                answer = caller.post(path, {"data": wrong, "fn_index": event["id"], "session_hash": "s"})
                assert answer.status_code == 422 and "data must" in answer.json()["detail"]


def test_what_takes_its_turn_cannot_be_had_without_it(caller):
    for event in caller.events:
        if event["queue"]:
            body = {"data": caller.first_values(event), "fn_index": event["id"], "session_hash": "s"}
            assert caller.post("run/predict", body).status_code == 404


# ---- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "run/predict", {"data": [], "fn_index": 100_000}),
        ("POST", "run/predict", {"data": [], "fn_index": -1}),
        ("POST", "run/predict", {"data": [], "fn_index": "0"}),
        ("POST", "run/predict", {"data": [], "fn_index": True}),
        ("POST", "run/nothing", {"data": []}),
        ("POST", "api/nothing", {"data": []}),
        ("POST", "call/nothing", {"data": []}),
        ("POST", "call/v2/nothing", {}),
        ("POST", "queue/join", {"data": [], "fn_index": 100_000, "session_hash": "s"}),
        (
            "POST",
            "component_server",
            {"data": 1, "component_id": 100_000, "session_hash": "s", "fn_name": "run"},
        ),
        ("POST", "component_server", {"data": 1, "component_id": 1, "session_hash": "s", "fn_name": "__init__"}),
        ("POST", "process_recording", {}),
        ("POST", "vibe-edit", {"prompt": "x"}),
        ("POST", "stream/unknown", {"data": []}),
        ("GET", "call/classify/unknown", None),
        ("GET", "call/nothing/unknown", None),
        ("GET", "stream/s/r/1/playlist.m3u8", None),
        ("GET", "deep_link?session_hash=s", None),
        ("GET", "proxy=https://example.com", None),
        ("GET", "nothing", None),
        ("GET", "../monitoring/summary", None),
        ("GET", "../monitoring", None),
        ("GET", "../monitoring/key", None),
        ("GET", "../login_check", None),
        ("POST", "../login", {}),
    ],
)
def test_what_is_not_here_is_not_found(caller, method, path, body):
    answer = caller.client.request(method, f"/gradio_api/{path}", content=None if body is None else json.dumps(body))
    assert answer.status_code == 404 and len(answer.json()["detail"]) > 20, answer.text


def test_a_reader_of_nothing_is_told_so_in_the_way_that_the_page_knows(caller):
    answer = caller.client.get("/gradio_api/queue/data?session_hash=unknown")
    assert answer.status_code == 200 and '"session_not_found": true' in answer.text


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "5", "null", '"x"', "[" * 100_000, '{"data": ' + "[" * 50 + "]" * 50 + "}", "\xff"]
)
def test_what_is_no_call_is_told_so(caller, body):
    for path in ("run/predict", "queue/join", "call/classify", "call/v2/classify", "cancel", "component_server"):
        answer = caller.post(path, body.encode("latin-1"))
        assert 400 <= answer.status_code < 500 and answer.json()["detail"], (path, answer.text)


def test_too_deep_values_are_told(caller):
    event = find_event(caller, "on_view")
    for depth, status in ((10, 200), (30, 422)):
        value = json.loads("[" * depth + "]" * depth)
        body = {"data": [value, *caller.first_values(event)[1:]], "fn_index": event["id"], "session_hash": "s"}
        assert caller.post("run/predict", body).status_code == status


@pytest.mark.parametrize(
    "path", ["cancel", "reset", "component_server", "upload_progress", "upload_progress?upload_id=a+b"]
)
def test_missing_names_are_told(caller, path):
    answer = (
        caller.client.get(f"/gradio_api/{path}") if "progress" in path else caller.post(path, {"session_hash": "s"})
    )
    assert answer.status_code == 422 and isinstance(answer.json()["detail"], str)


def test_the_values_are_those_of_the_function_that_is_called(caller):
    body = {"data": ["SECRET"], "fn_index": find_event(caller, "on_upload")["id"]}
    answer = caller.post("call/classify", {**body, "data": ["SECRET", 1, 2, 3, 4]})
    assert answer.status_code == 422 and "data must contain 4 values" in answer.json()["detail"]


def test_odd_headers_are_no_trouble(caller):
    for referer in ("http://[::1", "http://[x]/", "zh", "\x00" * 3):
        assert ask_with(caller, {"Referer": referer}).startswith("HTTP/1.1 4")
    joined = caller.post("queue/join", {"data": caller.first_values(find_event(caller, "on_source")),
                                        "fn_index": find_event(caller, "on_source")["id"], "session_hash": "known"})  # fmt: skip
    assert joined.status_code == 200
    answer = caller.client.get("/gradio_api/queue/data?session_hash=known&session_hash=unknown")
    assert '"session_not_found": true' in answer.text


def ask_with(caller: Caller, headers: dict[str, str]) -> str:
    host, port = caller.running.address.removeprefix("http://").split(":")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((host, int(port)), timeout=PATIENT) as connection:
        connection.sendall(f"GET /gradio_api/nothing HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        return connection.recv(4096).decode("latin-1")


def test_nobody_writes_another_address_into_the_page_for_programs(caller):
    assert (
        "evil.example" in caller.client.get("/gradio_api/info", headers={"host": "evil.example"}).text
    )  # his own affair
    assert "evil.example" not in caller.client.get("/gradio_api/info").text


@pytest.mark.parametrize("session", ["", "x" * 65, "a b", "../x", "中", 5, ["s"], {"a": 1}])
def test_a_session_has_a_plain_name(caller, session):
    event = find_event(caller, "on_source")
    body = {"data": caller.first_values(event), "fn_index": event["id"], "session_hash": session}
    assert caller.post("queue/join", body).status_code == 422
    assert caller.post("run/predict", body).status_code == 422


def test_unknown_and_missing_names_are_told(caller):
    answer = caller.post("call/v2/classify", {"sampel": 3})
    assert answer.status_code == 422 and "sampel" in answer.json()["detail"] and "sample" in answer.json()["detail"]
    answer = caller.post("call/v2/convolve", {"image": [[1]]})
    assert answer.status_code == 422 and "kernel" in answer.json()["detail"]
    read = caller.client.get(
        f"/gradio_api/call/classify/{caller.post('call/v2/classify', {'sample': 3}).json()['event_id']}"
    )
    assert '"model": "lenet5"' in read.text


def test_uploads_that_are_none_are_refused(caller):
    field = {"files": (None, "text")}
    for query in ("", "?upload_id=x"):
        assert caller.client.post(f"/gradio_api/upload{query}", files=field).status_code == 400
    assert caller.client.post("/gradio_api/upload", content=b"abc").status_code == 400
    assert caller.post("upload", {}).status_code == 400
    parts = {"content-type": "multipart/form-data; boundary=x"}
    assert caller.client.post("/gradio_api/upload", content=b"--x\r\nnothing", headers=parts).status_code == 400
    several = [("files", (f"{number}.png", b"abc")) for number in range(5)]
    assert caller.client.post("/gradio_api/upload", files=several).status_code == 400
    assert (
        caller.client.post(f"/gradio_api/upload?upload_id={'x' * 100}", files={"files": ("a.png", b"abc")}).status_code
        == 422
    )


def test_no_upload_makes_the_others_wait(caller):
    """Names in punycode take a time that grows with the square of their length."""
    name = ("a" * 300_000 + "é").encode("punycode") + b"a" * 9000
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + name[:200] + b'"\r\n\r\n' + name
    form = {"content-type": "multipart/form-data; charset=punycode; boundary=x"}
    start = time.monotonic()
    caller.client.post("/gradio_api/upload", content=head + b"\r\n--x--\r\n", headers=form)
    assert time.monotonic() - start < QUICK


def test_uploads_that_break_off_leave_nothing(caller):
    before = count_descriptors(caller)
    host, port = caller.running.address.removeprefix("http://").split(":")
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    for length in ("Content-Length: 100000", "Content-Length: 10\r\nTransfer-Encoding: chunked"):
        with socket.create_connection((host, int(port))) as connection:
            head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
            connection.sendall(head.encode() + part * 100)
            time.sleep(0.3)
            assert count_descriptors(caller) < before + 5
    (folder,) = upload_folders(caller.running)
    assert [path for path in folder.iterdir() if path.is_file()] == []


def count_descriptors(caller: Caller) -> int:
    return len(os.listdir(f"/proc/{caller.running.process.pid}/fd"))


# ---- sizes ------------------------------------------------------------------------------------------------------


def test_long_requests_are_refused_before_they_are_read(caller):
    before = caller.running.megabytes()
    event = find_event(caller, "on_source")
    body = json.dumps({"data": ["x" * 10_000_000], "fn_index": event["id"], "session_hash": "s"})
    numbers = json.dumps({"data": [[0] * 4_000_000]})
    for path, content in (("run/predict", body), ("queue/join", body), ("call/classify", numbers)):
        start = time.monotonic()
        answer = caller.post(path, content)
        assert answer.status_code == 413 and "6 MB" in answer.json()["detail"]
        assert time.monotonic() - start < QUICK
    answer = caller.post("run/predict", body, headers={"referer": f"{caller.running.address}/zh"})
    assert "最多 6 MB" in answer.json()["detail"]
    assert caller.client.post("/gradio_api/upload", files={"files": ("a.png", bytes(6_000_000))}).status_code == 413
    for values in ("[],", "{},", "0,", '"",'):
        start = time.monotonic()
        answer = caller.post("queue/join", f'{{"data": [{values * (5_000_000 // len(values))}0]}}')
        assert answer.status_code == 413 and "too many values" in answer.json()["detail"]
        assert time.monotonic() - start < QUICK
    assert caller.post("cancel", {"session_hash": "s" * 100_000}).status_code == 413
    many = [("files", (f"{number}.png", bytes(1_000_000))) for number in range(20)]
    assert caller.client.post("/gradio_api/upload", files=many).status_code == 413
    assert caller.running.megabytes() - before < 60


def test_a_body_whose_length_nobody_says_is_cut_off(caller):
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield bytes(1_000_000)

    before = caller.running.megabytes()
    for path, status in (("run/predict", 411), ("upload", 411)):
        with suppress(httpx.WriteError):  # the server hung up, as it may
            assert caller.client.post(f"/gradio_api/{path}", content=endless()).status_code == status
    assert caller.running.megabytes() - before < 60


# ---- whom to believe --------------------------------------------------------------------------------------------

FORGED_HEADERS = {
    "x-forwarded-host": "evil.example", "x-gradio-server": "http://evil.example", "x-forwarded-proto": "https",
    "x-forwarded-for": "1.2.3.4", "forwarded": "host=evil.example",
}  # fmt: skip


def test_headers_of_a_proxy_are_not_believed(caller):
    for path in ("/", "/zh", "/config"):
        page = caller.client.get(path, headers=FORGED_HEADERS).text
        assert "evil.example" not in page
        assert f'"root":"{caller.running.address}' in page.replace('": "', '":"')


# ---- whose turn it is -------------------------------------------------------------------------------------------

LONG = {"depth": 20, "width": 16, "block": "conv", "seeds": 40}  # more than half a minute


def start_long(caller: Caller) -> httpx.Response:
    return caller.post("call/v2/gradient_norms", LONG)


@contextmanager
def reading(caller: Caller, number: str) -> Iterator[socket.socket]:
    """While somebody reads the answer to a call, which does not come; then the connection is cut."""
    host, port = caller.running.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET /gradio_api/call/gradient_norms/{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        yield connection
        connection.settimeout(0.1)
        heard = b""
        with suppress(TimeoutError):
            while part := connection.recv(4096):
                heard += part
        assert b"200 OK" in heard and b"complete" not in heard and b"error" not in heard, heard


def explain(caller: Caller) -> float:
    """Seconds until an explanation is there."""
    start = time.monotonic()
    number = caller.post("call/v2/explain", {"sample": 3, "method": "gradient"}).json()["event_id"]
    answer = caller.client.get(f"/gradio_api/call/explain/{number}").text
    assert "event: complete" in answer
    return time.monotonic() - start


def wait_until(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_the_largest_image_makes_nobody_wait(caller):
    image = (255 * np.random.default_rng(0).random((512, 512))).tolist()
    waits, done = [], threading.Event()

    def look() -> None:
        with httpx.Client(base_url=caller.running.address) as client:
            while not done.is_set():
                start = time.monotonic()
                client.get("/gradio_api/app_id")
                waits.append(time.monotonic() - start)

    other = threading.Thread(target=look)
    other.start()
    number = caller.post("call/v2/classify", {"image": image}).json()["event_id"]
    assert "complete" in caller.client.get(f"/gradio_api/call/classify/{number}").text
    done.set()
    other.join()
    assert max(waits) < QUICK


def test_a_call_ends_when_its_reader_leaves(caller):
    number = start_long(caller).json()["event_id"]
    with reading(caller, number):
        time.sleep(1.5)  # it is under way
    assert wait_until(lambda: explain(caller) < QUICK, PATIENT)


def test_a_call_that_waits_goes_when_its_reader_leaves(caller):
    first, second = (start_long(caller).json()["event_id"] for _ in range(2))
    with reading(caller, first):
        time.sleep(1)
        with reading(caller, second):
            time.sleep(1)
    assert wait_until(lambda: explain(caller) < QUICK, PATIENT)


def test_many_sessions_leave_those_that_wait_alone(caller):
    """One who calls with a session of its own each time, and reads nothing."""
    number = start_long(caller).json()["event_id"]
    event = find_event(caller, "on_source")
    values = caller.first_values(event)
    with reading(caller, number):
        for each in range(300):
            caller.post("queue/join", {"data": values, "fn_index": event["id"], "session_hash": f"flood{each}"})
        time.sleep(1)
    body = {"data": values, "fn_index": event["id"], "session_hash": "after"}
    assert wait_until(lambda: caller.post("queue/join", body).status_code == 200, 10)


def test_calls_that_nobody_reads_keep_nobody_waiting_and_are_few(caller):
    answers = [start_long(caller) for _ in range(20)]
    refused = [each for each in answers if each.status_code == 429]
    assert len(refused) == 17 and "calls are waiting" in refused[0].json()["detail"]
    number = caller.post("call/v2/explain", {"sample": 3, "method": "gradient"})
    assert number.status_code == 429  # of this visitor; others have room, see below
    event = find_event(caller, "on_compare")
    start = time.monotonic()
    caller.call(event, caller.first_values(event), "other")
    assert time.monotonic() - start < PATIENT


# ---- what is kept -----------------------------------------------------------------------------------------------


def test_sessions_cost_little(caller):
    event = find_event(caller, "on_view")
    values = caller.first_values(event)
    caller.call(event, values)
    before = caller.running.megabytes()
    for number in range(200):
        caller.call(event, values, f"session{number}")
    assert (caller.running.megabytes() - before) / 200 < 0.2


def test_at_last_the_memory_is_as_before(caller, usual_megabytes):
    """The last test of the file: after all of the above."""
    assert wait_until(lambda: caller.running.megabytes() - usual_megabytes < 200, 60)


# ---- trainings --------------------------------------------------------------------------------------------------


def see_training(caller: Caller, session: str) -> bool:
    """Start a training as a page does, wait for its second part, and leave."""
    start = find_event(caller, "on_start")
    caller.call(start, caller.first_values(start), session)
    runs = [each for each in caller.events if each["api_name"].startswith("on_run")]
    run = next(each for each in runs if each["inputs"][0] in start["inputs"])
    body = {"data": [None], "fn_index": run["id"], "session_hash": session}
    assert caller.post("queue/join", body).status_code == 200
    parts = 0
    with caller.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            parts += '"msg":"process_generating"' in line
            if parts == 2:
                return True
    return False


def test_a_training_ends_when_its_reader_leaves(caller):
    """One runs at a time: the second starts only because the first is not awaited any more."""
    assert see_training(caller, "trainsfirst")
    left = time.monotonic()
    assert see_training(caller, "trainssecond")
    assert time.monotonic() - left < PATIENT
