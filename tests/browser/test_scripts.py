"""How the scripts of the page come into it."""

from __future__ import annotations

import time

import pytest

from explorer.text import LANGUAGES, text_in

TRANSFERRED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/scripts/"))
  .map(({ transferSize }) => transferSize)"""

# Addresses of what was not taken from the browser's own store.
ASKED_AGAIN = """() => performance.getEntriesByType("resource")
  .filter(({ name, transferSize }) => transferSize > 0 && !name.includes("/gradio_api/"))
  .map(({ name }) => new URL(name).pathname)"""


def test_a_browser_asks_once_for_all_that_it_needs(visit):
    opened = visit("/", is_first=True)
    page = opened.page
    look_at_requests(opened)
    (size,) = page.evaluate(TRANSFERRED)
    assert size > 10_000
    page.locator(".katex:visible").first.wait_for()
    page.evaluate("() => document.fonts.ready.then(() => true)")  # what it has not got yet it may ask for again
    counter = start_counting(page)
    page.reload()
    page.locator(".look-for:visible").first.wait_for()
    again = page.evaluate(ASKED_AGAIN)
    assert set(again) <= {"/favicon.ico", "/static/js/iframeResizer.contentWindow.min.js"}  # no hash in their names
    (status,) = page.evaluate("() => performance.getEntriesByType('navigation').map((each) => each.responseStatus)")
    assert status in (200, 304)
    look_at_calls(page, counter)
    page.goto(f"{opened.server}/zh")
    page.locator(".look-for:visible").first.wait_for()
    assert page.evaluate(TRANSFERRED) == [0], "the script of both pages"


def look_at_requests(opened) -> None:
    """What the page needs of Gradio stands in its head, and is asked for once."""
    ahead = opened.page.locator("link[rel=modulepreload]").evaluate_all("links => links.map((link) => link.href)")
    asked = [url for _, url in opened.requests if "/assets/" in url and url.endswith(".js")]
    assert len(asked) == len(set(asked)) > 30
    # Formulas come when a formula is there; of the components, one or two are not drawn.
    assert len(set(asked) - set(ahead)) <= 2 and len(ahead) < len(asked) + 4


def start_counting(page):
    """Count the calls of each function of the page from now on."""
    counter = page.context.new_cdp_session(page)
    counter.send("Profiler.enable")
    counter.send("Profiler.startPreciseCoverage", {"callCount": True})
    return counter


def look_at_calls(page, counter) -> None:
    """Gradio builds its components once. It would build them twice, and look for each target of an event among them all."""
    called = {
        each["functionName"]: each["ranges"][0]["count"]
        for script in counter.send("Profiler.takePreciseCoverage")["result"]
        if "/assets/core-" in script["url"]
        for each in script["functions"]
    }
    counter.send("Profiler.stopPreciseCoverage")
    components = page.evaluate("() => window.gradio_config.components.length")
    assert components < called["create_node"] < 1.1 * components  # and their frame
    assert called["get_state"] < 50


def test_gradio_mounts_nothing_before_the_scripts_are_there(browser, server):
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    def hold(route) -> None:
        time.sleep(3)
        problems.extend(page.locator(".gradio-container .block").all_inner_texts())
        route.continue_()

    page.route("**/scripts/*/interface.js", hold)
    page.goto(server)
    page.locator("#convolution-maps canvas").nth(3).wait_for()
    page.locator(".kernel-grid input").first.wait_for()
    page.close()
    assert problems == []


def test_a_script_that_does_not_come_is_asked_for_once_more(browser, server):
    page = browser.new_page()
    lost = []

    def lose_first(route) -> None:
        lost.append(route.request.url)
        route.abort() if len(lost) == 1 else route.continue_()

    page.route("**/scripts/*/interface.js", lose_first)
    page.goto(f"{server}/?tab=convolution&stride=2")
    page.locator("#convolution-maps canvas").nth(3).wait_for()
    assert len(lost) == 2 and "stride=2" in page.url
    assert page.get_by_role("alert").count() == 0
    page.close()


@pytest.mark.parametrize(
    ("language", "script"),
    [*((language, "scripts/*/interface") for language in LANGUAGES), ("zh", "assets/core-*"), ("en", "assets/index-*")],
)
def test_scripts_that_never_come_are_told_of(browser, server, language, script):
    page = browser.new_page()
    lost = []
    page.route(f"**/{script}.js", lambda route: lost.append(route.abort()))
    page.goto(f"{server}{LANGUAGES[language].path}")
    page.get_by_role("alert").filter(has_text=text_in(language)("app.no_scripts")).wait_for()
    assert len(lost) > 1 and page.get_by_role("alert").count() == 1
    page.close()


def test_a_library_that_does_not_come_is_asked_for_once_more_and_then_told_of(browser, server):
    page = browser.new_page()
    page.route("**/vendor/dagre.min.js", lambda route: route.abort())
    page.goto(f"{server}/?tab=shapes&view=graph")
    page.get_by_role("alert").filter(has_text=text_in("en")("app.no_scripts")).wait_for()
    page.close()
