"""What a page shows is not sent again; where two answers crossed each other, all of it comes once more."""

from __future__ import annotations

import json
import re

from explorer.text import text_in

NOWHERE = "000000000000"  # a mark of nothing


class Answers:
    """The answers to one event of a page; the next one can be changed on its way."""

    def __init__(self, page):
        self.asked: list[dict] = []
        self.given: list[str] = []
        self.twist = None
        page.route("**/gradio_api/run/predict*", self._pass_on)

    def _pass_on(self, route) -> None:
        self.asked.append(json.loads(route.request.post_data))
        response = route.fetch()
        words = response.text()
        self.given.append(words)
        twist, self.twist = self.twist, None
        route.fulfill(response=response, body=twist(words) if twist else words)


def type_number(page, label: str, value: int) -> None:
    number = page.get_by_label(f"number input for {label}", exact=True).locator("visible=true").first
    number.fill(str(value))
    number.press("Enter")


def count_pictures(words: str) -> int:
    return words.count('"codes"')


def wait_for_answers(page, answers: Answers, number: int) -> None:
    """Wait for so many answers; then none may follow."""
    for _ in range(600):
        if len(answers.given) >= number:
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    assert len(answers.asked) == number


def test_a_picture_that_stays_is_not_sent_again_and_all_come_where_one_was_left_out_wrongly(visit):
    page, text = visit("/?tab=convolution").page, text_in("en")
    page.locator(".look-for:visible").first.wait_for()
    page.wait_for_timeout(500)
    answers = Answers(page)
    type_number(page, text("convolution.pool_size"), 3)
    page.locator(".look-for-line", has_text="of 1").first.wait_for()
    wait_for_answers(page, answers, 1)
    assert count_pictures(answers.given[0]) == 4, "the picture and what three poolings make of it"
    type_number(page, text("terms.stride"), 2)
    wait_for_answers(page, answers, 2)
    assert count_pictures(answers.given[1]) == 0, "the page draws the convolution itself"
    # As if the poolings that this answer left out had been replaced meanwhile.
    answers.twist = lambda words: re.sub(r'("pool_maps": ?")[0-9a-f]+"', rf'\g<1>{NOWHERE}"', words)
    type_number(page, text("convolution.side"), 30)
    wait_for_answers(page, answers, 4)
    assert count_pictures(answers.given[2]) == 0 and count_pictures(answers.given[3]) == 4
    type_number(page, text("convolution.side"), 31)
    wait_for_answers(page, answers, 5)
    assert count_pictures(answers.given[4]) == 0, "then it goes on as ever"


def test_a_chart_that_changes_does_not_fetch_the_page_again(visit):
    """Plotly would name its own shapes by the address of the page, which changes with the settings."""
    page, text = visit("/?tab=gradient_flow").page, text_in("en")
    page.locator(".js-plotly-plot:visible").first.wait_for()
    fetched: list[str] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.requestWillBeSent", lambda event: fetched.append(event["request"]["url"]))
    for depth in (30, 31):
        type_number(page, text("gradient_flow.depth"), depth)
        page.locator(".look-for:visible", has_text=f"With {depth} blocks").wait_for()
    page.wait_for_timeout(1000)
    assert "depth=31" in page.url
    assert [address for address in fetched if "/?" in address or address.endswith("/")] == []
