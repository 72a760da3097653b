"""What a page does when it is left while an answer is awaited, and when it is shown again."""

from __future__ import annotations

import re

import pytest

from explorer.text import text_in
from tests.browser.conftest import FLAGS, Visit
from tests.browser.test_tour import choose, choose_source, see_change

STREAM = "**/gradio_api/queue/data*"  # over which answers come
MAPS = "#classifier-comparison canvas"
AFTERMATH = 700  # ms in which a page would log what goes wrong while it is left


def open_classifier(visit):
    """The classifier with AlexNet-Small, whose maps of all methods take some time."""
    page = visit("/?tab=classifier&model=alexnet_small").page
    wait_for_classifier(page)
    return page


def wait_for_classifier(page) -> None:
    page.locator("html:not(.opening-link) .look-for", has_text="AlexNet-Small").locator("visible=true").first.wait_for()


def await_comparison(page) -> None:
    """Ask for the maps of all methods, and go on as soon as the answer has a stream to come over."""
    with page.expect_response(STREAM):
        page.locator(".classifier-compare:visible").click()
    assert page.locator(f"{MAPS}:visible").count() == 0, "the answer must still be awaited"


def click_language(page) -> None:
    page.locator("header a[hreflang=zh-CN]:visible").click()
    page.wait_for_url(re.compile("/zh"))


def start_download(page) -> None:
    page.route("**/file.bin", lambda route: route.fulfill(body="x", headers={"Content-Disposition": "attachment"}))
    with page.expect_download():
        page.evaluate("() => window.location.assign('/file.bin')")


def test_a_page_that_is_left_while_an_answer_is_awaited_logs_nothing_and_a_download_does_not_leave_it(visit):
    page = open_classifier(visit)
    await_comparison(page)
    page.reload()
    page.wait_for_timeout(AFTERMATH)  # the fixture looks at what was logged
    wait_for_classifier(page)
    await_comparison(page)
    start_download(page)
    page.locator(MAPS).nth(5).wait_for()
    choose_sample(page, 9)
    page.locator(MAPS).first.wait_for(state="hidden")
    await_comparison(page)
    click_language(page)
    page.wait_for_timeout(AFTERMATH)
    wait_for_classifier(page)
    await_comparison(page)
    page.goto("about:blank")
    page.wait_for_timeout(AFTERMATH)


def test_a_lost_connection_of_a_page_that_stays_is_told_and_heals(visit):
    opened = visit("/zh?tab=classifier")
    page, text = opened.page, text_in("zh")
    draw_a_stroke(page)
    page.evaluate("() => { window.isOld = true; }")
    lost = page.locator(".connection-line", has_text=text("app.connection_lost"))
    page.route("**/gradio_api/**", lambda route: route.abort())
    page.locator(".classifier-compare:visible").click()
    lost.wait_for()
    assert page.locator(".toast-body").count() == 0
    page.unroute("**/gradio_api/**")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")  # it tries at once
    page.locator(MAPS).nth(5).wait_for()  # what was asked last was asked again
    lost.wait_for(state="detached")
    assert page.evaluate("() => window.isOld"), "the page must not be loaded anew"
    # The browser itself logs each request that does not arrive.
    assert all("ERR_FAILED" in problem for problem in opened.problems)
    opened.problems.clear()


def draw_a_stroke(page) -> None:
    """What only this page has."""
    choose_source(page, "drawing", "zh")
    box = page.locator(".sketch canvas:visible").bounding_box()

    def draw() -> None:
        page.mouse.move(box["x"] + 50, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 90, box["y"] + 150, steps=5)
        page.mouse.up()

    see_change(page, draw)  # the answers may all come before the mouse is let go


OTHERS = 3  # of the six connections that a browser has for a server; a page that works needs no more than three
TAKE_CONNECTIONS = """async (number) => {
  const ask = (_, each) => fetch(`/gradio_api/heartbeat/another-page-${each}`);
  window.taken = await Promise.all(Array.from({ length: number }, ask)); // what nobody holds might be let go
}"""


@pytest.fixture
def page_that_is_kept(browser, whole_chromium, server):
    """The classifier's tab in a browser of its own that keeps pages which are left, as browsers do unless they are told not to.

    Another page of the server holds the connections that this one does not need: if a page that is kept held one, there would
    be too few.
    """
    own = browser.browser_type.launch(
        executable_path=whole_chromium, args=list(FLAGS), ignore_default_args=["--disable-back-forward-cache"]
    )
    visit = Visit(own.new_context(), server, 1280, 720)
    another = visit.context.new_page()
    another.goto(server + "/favicon.ico")
    another.evaluate(TAKE_CONNECTIONS, OTHERS)
    visit.page.add_init_script("window.addEventListener('pageshow', (event) => (window.isKept = event.persisted));")
    visit.page.goto(server + "/?tab=classifier&method=gradient")  # a map that takes no time
    text = text_in("en")
    visit.page.locator("html:not(.opening-link)").wait_for(state="attached")
    visit.page.wait_for_function(
        "(name) => [...document.querySelectorAll('.picture .map-title')].some((title) => title.innerText === name)",
        arg=text("methods.name_gradient"),
    )
    yield visit.page
    own.close()
    assert not visit.problems, "\n".join(visit.problems)


def leave_and_come_back(page) -> None:
    click_language(page)
    page.locator(".look-for:visible").first.wait_for()
    page.evaluate("() => { window.setTimeout(() => history.back()); }")
    page.wait_for_url(re.compile(r"\d/\?"), wait_until="commit")  # a page that was kept is not loaded
    page.locator(".look-for:visible").first.wait_for()


def choose_sample(page, number: int) -> None:
    see_change(page, lambda: page.locator(".sample-picker .thumbnail:visible").nth(number).click())


def test_a_page_that_is_shown_again_works_and_one_that_is_kept_leaves_the_connections_to_others(page_that_is_kept):
    page = page_that_is_kept
    choose_sample(page, 9)
    leave_and_come_back(page)
    page.wait_for_function("() => window.isKept")
    see_change(page, lambda: choose(page, text_in("en")("terms.model"), "ResNet-18"))  # whose maps take seconds
    page.evaluate("() => { window.isOld = true; }")
    await_comparison(page)
    leave_and_come_back(page)
    page.wait_for_function("() => !window.isOld")  # loaded again: the answer was lost
    page.locator(".look-for:visible").first.wait_for()
    choose_sample(page, 5)
