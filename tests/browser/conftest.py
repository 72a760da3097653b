"""A real Chromium before the running app. Whatever a page logs or asks for elsewhere fails its test.

A visit takes seconds. What a control does is the same code in every language, so tests of behaviour take the languages in
turn. What differs between languages, words and how they fit, is looked at in all of them. What begins on the same page is one
test, if together it is what a reader might do.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.serving import start_app

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000  # ms until a step fails; a loaded machine is slow, and a good run does not wait
PAUSE = 80  # ms between two looks at what is awaited
# Gradio's own reader of an upload's progress says this of two methods that it has no use for.
KNOWN_WARNING = "Method not implemented."


LONG = (
    "test_tour",
    "test_receptive_field",
    "test_leaving",
    "test_other_apps",
    "test_refusals",
    "test_shapes",
    "test_accessibility",
)  # the longest first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests last: the cheap ones fail first, and Playwright's event loop is in nobody's way.

    Of two workers each takes a whole file: the long files come first, so that at the end none waits long for the other.
    """

    def place_of(item: pytest.Item) -> tuple[bool, int]:
        is_here = Path(__file__).parent in item.path.parents
        return is_here, LONG.index(item.path.stem) if is_here and item.path.stem in LONG else len(LONG)

    items.sort(key=place_of)


WHOLE = ("/usr/bin/chromium", "chromium")
WINDOWLESS = "chromium-headless-shell"  # opens a page in two thirds of the time, and keeps no page that is left


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; without one the tests are skipped, and with CI=true they fail."""
    return find_browser(WINDOWLESS, *WHOLE)


@pytest.fixture(scope="session")
def whole_chromium() -> str:
    """Path of a browser that keeps pages which are left, as those of readers do."""
    return find_browser(*WHOLE)


def find_browser(*names: str) -> str:
    named = os.environ.get("CNN_EXPLORER_CHROMIUM")
    if found := next(filter(None, map(shutil.which, [named] if named else names)), None):
        return found
    sentence = (
        "no Chromium for the browser tests: install Debian's (apt-get install chromium) or name one in "
        "CNN_EXPLORER_CHROMIUM"
    )
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, started as its README says, on a free port."""
    with start_app(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running.address


@pytest.fixture(scope="session")
def browser(chromium: str):
    """One headless Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """An opened page with everything that it logged and asked for."""

    def __init__(self, context, server: str, width: int, height: int):
        self.server = server
        self.problems: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.context = context
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        # Playwright would ask at each frame, and the page would be busy with the answers instead of what is awaited.
        self.page.wait_for_function = partial(self.page.wait_for_function, polling=PAUSE)
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message) -> None:
        if message.type in ("error", "warning") and message.text != KNOWN_WARNING:
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _on_request(self, request) -> None:
        self.requests.append((request.method, request.url))
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.problems.append(f"request to the outside: {request.url}")


@pytest.fixture(scope="session")
def contexts(browser):
    """One for each colour scheme: the second page of a context has the scripts of the first, as a reader's has."""
    opened = {scheme: browser.new_context(color_scheme=scheme) for scheme in ("light", "dark")}
    yield opened
    for context in opened.values():
        context.close()


def forget(context, page, server: str) -> None:
    """What earlier tests left in cookies and storage is gone."""
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": server, "storageTypes": "cookies,local_storage,indexeddb"})
    session.detach()


@pytest.fixture
def visit(browser, contexts, server: str):
    """`visit("/zh?tab=shapes")` opens a page and waits until it stands; at the end nothing may have gone wrong."""
    visits: list[Visit] = []

    def open_page(
        path: str = "/",
        width: int = 1280,
        height: int = 720,
        scheme: str = "light",
        before: str = "",
        prepare: Callable[[Visit], None] = lambda _: None,
        is_first: bool = False,
    ) -> Visit:
        """`before` is a script that runs before those of the page, and `prepare` gets the page before it goes to its address;
        with `is_first` the browser has nothing of the app yet."""
        context = browser.new_context(color_scheme=scheme) if is_first else contexts[scheme]
        each = Visit(context, server, width, height)
        if not visits:
            forget(each.context, each.page, server)
        visits.append(each)
        each.page.add_init_script(before)
        prepare(each)
        each.page.goto(server + path)
        each.page.locator(".look-for:visible").first.wait_for()
        return each

    yield open_page
    problems = [problem for each in visits for problem in each.problems]
    for each in visits:
        each.page.close()
        if each.context not in contexts.values():
            each.context.close()
    assert not problems, "\n".join(problems)
