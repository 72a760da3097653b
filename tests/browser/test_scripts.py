"""How the scripts of the page come into it."""

from __future__ import annotations

import time

TRANSFERRED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/scripts/"))
  .map(({ transferSize }) => transferSize)"""


def test_a_browser_asks_once_for_the_scripts_of_both_pages(visit):
    opened = visit("/")
    first = opened.page.evaluate(TRANSFERRED)
    assert len(first) > 30 and min(first) > 0
    opened.page.goto(f"{opened.server}/zh")
    opened.page.locator(".look-for:visible").first.wait_for()
    assert opened.page.evaluate(TRANSFERRED) == [0] * len(first)


def test_gradio_mounts_nothing_before_the_scripts_are_there(browser, server):
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    def hold(route) -> None:
        time.sleep(3)
        problems.extend(page.locator(".gradio-container .block").all_inner_texts())
        route.continue_()

    page.route("**/scripts/*/page/canvas.js", hold)
    page.goto(server)
    page.locator("#convolution-maps canvas").nth(3).wait_for()
    page.locator(".kernel-grid input").first.wait_for()
    page.close()
    assert problems == []
