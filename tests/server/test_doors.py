"""What is the same for everybody is answered before Gradio's layers, and is what Gradio answers."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import gradio as gr
import pytest
from gradio.routes import BUILD_PATH_LIB, App
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from explorer.page.scripts import ADDRESSES
from explorer.server import doors
from explorer.server.answers import ASKED_AGAIN, KEPT
from explorer.server.doors import MOST_PAGES, stand_before
from explorer.text import LANGUAGES
from tests.coroutines import run

ASSETS = sorted(path.name for path in Path(BUILD_PATH_LIB).glob("*"))
PROXIED = {"x-forwarded-host": "class.example", "x-forwarded-proto": "https"}


class Count:
    """ASGI: counts what comes to Gradio's layers."""

    paths: list[str]

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.paths.append(scope["path"])
        await self.app(scope, receive, send)


def start(trusted: str = "*", root_path: str = "", behind: bool = True) -> TestClient:
    """A page in each language, behind the doors or as Gradio serves it.

    What Gradio's layers were asked for stands in `.inside`; `.own` asks them past the doors.
    """
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.Textbox()
    for about in list(LANGUAGES.values())[1:]:
        with demo.route(about.name, about.path):
            gr.Textbox()
    counting = type("Counting", (Count,), {"paths": []})
    demo.theme = gr.themes.Base(font="sans-serif")
    demo.css = demo.css_paths = demo.head = demo.head_paths = demo.js = None  # as `launch` would
    demo._set_html_css_theme_variables()
    app = App.create_app(demo, app_kwargs={"middleware": [Middleware(counting)]})
    demo.config = demo.get_config_file()
    app.root_path = root_path
    layers = app.middleware_stack = app.build_middleware_stack()
    if behind:
        stand_before(app, trusted)
    client = TestClient(app, follow_redirects=False)
    client.inside = counting.paths

    async def ask_past_the_doors(scope, receive, send):
        await layers({**scope, "app": app}, receive, send)

    client.own = TestClient(ask_past_the_doors)
    return client


@pytest.fixture(scope="module")
def plain() -> TestClient:
    return start(behind=False)


@pytest.fixture
def client() -> TestClient:
    return start()


# ---- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["js", "css", "woff2", "svg"])
def test_a_file_is_read_once_and_is_the_one_that_gradio_has(client, plain, kind):
    names = [name for name in ASSETS if name.endswith(kind)][:5]
    for path in (f"/assets/{name}" for name in names):
        first, again, own = client.get(path), client.get(path), plain.get(path)
        assert first.content == again.content == own.content
        assert first.headers["content-type"] == own.headers["content-type"]
        assert first.headers["cache-control"] == KEPT
        assert client.inside.count(path) == 1
        known = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")


def test_names_of_gradios_files_still_change_with_their_content():
    """Else they may not be kept for a year."""
    assert [name for name in ASSETS if not doors._HASHED.fullmatch(f"/assets/{name}")] == []


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/js/iframeResizer.contentWindow.min.js", "/theme.css"])
def test_what_has_no_hash_in_its_name_is_asked_for_again(client, plain, path):
    assert client.get(path).headers["cache-control"] == ASKED_AGAIN
    assert client.get(path).content == plain.get(path).content and client.inside.count(path) == 1


def test_the_theme_is_kept_under_the_hash_that_it_has_now(client):
    now = client.app.get_blocks().theme_hash
    assert client.get(f"/theme.css?v={now}").headers["cache-control"] == KEPT
    for other in ("/theme.css?v=4567", f"/theme.css?v={now}&v=1", "/theme.css"):
        assert client.get(other).headers["cache-control"] == ASKED_AGAIN


def test_what_is_no_file_is_gradios_affair_and_is_not_kept(client):
    found = client.app.middleware_stack
    client.get("/theme.css")
    before = dict(found._kept)
    for path in ("/assets/nothing.js", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets//", "/static/",
                 f"/assets//{ASSETS[0]}", "/scripts/x/interface.js"):  # fmt: skip
        asked = len(client.inside)
        client.get(path)
        assert len(client.inside) == asked + 1
    assert found._kept == before
    assert client.post(f"/assets/{ASSETS[0]}").status_code == 405


def test_the_script_of_the_page_needs_nobody_inside(client):
    for address, body in ADDRESSES.items():
        answer = client.get(address)
        assert (answer.status_code, answer.content) == (200, body)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == KEPT
    assert client.inside == []


def test_a_file_larger_than_all_others_is_not_kept(client, monkeypatch):
    assert "/static/ffmpeg/ffmpeg-core.wasm" not in doors._list_files()
    assert sum(1 for path in doors._list_files() if path.startswith("/assets/")) == len(ASSETS)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "http://localhost:3000"])
@pytest.mark.parametrize("path", ["/", f"/assets/{ASSETS[0]}"])
def test_another_origin_may_read_what_gradio_lets_it_read(client, plain, origin, path):
    for host in ("localhost:7860", "class.example"):
        sent = {"origin": origin, "host": host}
        ours, own = client.get(path, headers=sent).headers, plain.get(path, headers=sent).headers
        names = [name for name in own if name.startswith("access-control-")]
        assert names and all(ours.get(name) == own[name] for name in names)
        assert ours.get("access-control-allow-origin") == own.get("access-control-allow-origin")
        assert ("Origin" in ours.get("vary", "")) == ("Origin" in own.get("vary", ""))


# ---- pages -------------------------------------------------------------------------------------------------------


def test_two_visitors_get_one_page(client):
    first = client.get("/", headers={"cookie": "access-token=1", "user-agent": "one", "accept-language": "zh"})
    second = client.get("/?tab=shapes&deep_link=x&all_endpoints=1", headers={"user-agent": "two", "authorization": "x"})
    assert first.content == second.content and client.inside == ["/"]
    assert first.headers["etag"] == second.headers["etag"]
    assert client.get("/", headers={"if-none-match": first.headers["etag"]}).status_code == 304


def test_gradio_still_writes_a_page_anew_for_everybody(plain):
    """Once it does not, PageDoor may go: https://github.com/gradio-app/gradio is worth a look then."""
    before = plain.inside.count("/")
    assert all("etag" not in plain.get("/").headers for _ in range(2))
    assert plain.inside.count("/") == before + 2


def test_gradio_still_sends_its_files_without_a_time_to_keep_them(plain):
    """Once it does, FileDoor may go."""
    assert "cache-control" not in plain.get(f"/assets/{ASSETS[0]}").headers


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_the_one_that_gradio_writes_but_for_its_language(client, language):
    about = LANGUAGES[language]
    ours, own = client.get(about.path), client.own.get(about.path)
    assert ours.headers["content-language"] == about.tag and ours.headers["cache-control"] == ASKED_AGAIN
    scripts = re.compile(r"<script>window\.gradio_config = .*?</script><script>window\.gradio_api_info = .*?</script>")
    assert scripts.search(ours.text)[0] == scripts.search(own.text)[0]


def test_a_page_knows_the_address_by_which_it_was_asked_for(client):
    def root_of(**headers: str) -> str:
        return re.search(r'"root":"([^"]*)"', client.get("/", headers=headers).text)[1]

    assert root_of(host="a.example") == "http://a.example"
    assert root_of(host="b.example:8080") == "http://b.example:8080"
    assert root_of(host="a.example", **PROXIED) == "https://class.example"
    assert root_of(host="a.example", **{"x-forwarded-proto": "https"}) == "https://a.example"
    assert root_of(host="a.example") == "http://a.example"


def test_the_header_of_a_stranger_changes_nobodys_page():
    client = start(trusted="10.0.0.1")
    assert client.get("/", headers=PROXIED).text == client.get("/").text
    assert "class.example" not in client.get("/").text and client.inside == ["/"]


@pytest.mark.parametrize("root_path", ["/explorer", "https://class.example/explorer"])
def test_below_the_path_of_a_proxy_everything_is_found(root_path):
    client, own = start(root_path=root_path), start(root_path=root_path, behind=False)
    for about in LANGUAGES.values():
        ours, theirs = client.get(about.path), own.get(about.path)
        roots = [re.search(r'"root":"([^"]*)"', each.text)[1] for each in (ours, theirs)]
        assert roots[0] == roots[1] and roots[0].endswith("/explorer")
    if root_path.startswith("/"):  # a proxy that hands on the whole path
        assert client.get(f"{root_path}/assets/{ASSETS[0]}").headers["cache-control"] == KEPT
        assert client.get(f"{root_path}{next(iter(ADDRESSES))}").status_code == 200
        assert client.get(f"{root_path}/zh").headers["content-language"] == LANGUAGES["zh"].tag


def test_with_a_slash_behind_it_a_page_redirects_and_keeps_the_settings(client):
    moved = client.get("/zh/?tab=shapes&model=resnet34")
    assert moved.status_code == 307 and moved.headers["location"] == "../zh?tab=shapes&model=resnet34"
    assert client.get("/zh/").headers["location"] == "../zh"


@pytest.mark.parametrize("host", ["[", "a:b:c", "a b", "\x00", "a" * 70_000, "[::1", "%zz", ""])
def test_a_host_that_is_none_gets_what_gradio_says_and_is_not_kept(host):
    client = start()
    pages = client.app.middleware_stack.app.believing.app

    def ask(app) -> int:
        sent = []
        scope = {
            "type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "scheme": "http",
            "headers": [(b"host", host.encode())], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
            "http_version": "1.1", "app": client.app,
        }  # fmt: skip

        async def send(message):
            sent.append(message)

        try:
            run(app(scope, None, send))
        except Exception as error:
            return type(error)
        return sent[0]["status"]

    assert ask(client.app.middleware_stack) == ask(pages.app)
    assert len(pages._kept) <= 1


def test_no_more_pages_are_kept_than_are_of_use(client):
    pages = client.app.middleware_stack.app.believing.app
    for number in range(3 * MOST_PAGES):
        client.get("/", headers={"host": f"{number}.example"})
        client.get("/", headers={"host": "often.example"})
    assert len(pages._kept) == MOST_PAGES
    assert sum(path == "/" for path in client.inside) == 3 * MOST_PAGES + 1  # the one that is used stays


def test_a_page_that_cannot_be_written_is_told_and_not_kept(client, monkeypatch):
    monkeypatch.setattr(doors, "page_language", lambda path: "en" if path == "/nowhere" else None)
    assert client.get("/nowhere").status_code == 404
    assert len(client.app.middleware_stack.app.believing.app._kept) == 0


def test_a_head_is_answered_without_a_body(client):
    answer = client.head("/", headers={"accept-encoding": "gzip"})
    page = client.get("/", headers={"accept-encoding": "gzip"})
    assert answer.content == b"" and answer.headers == page.headers
    assert len(gzip.compress(page.content, 9, mtime=0)) == int(page.headers["content-length"])


def test_a_page_is_that_of_the_app_that_runs(client):
    """A notebook that opens another network swaps the app behind an address."""
    client.get("/")
    client.app.get_blocks().app_id += 1
    client.get("/")
    assert client.inside == ["/", "/"]
