"""What the reader is told of a file that is refused stays, whatever answers to earlier requests come after it."""

from __future__ import annotations

import pytest
from PIL import Image

from explorer.text import text_in
from tests.browser.slow_server import AT_ONCE, LATE, QUEUED, hold_calls, release_calls, wait_for_held
from tests.browser.test_receptive_field import PAYLOAD
from tests.browser.test_tour import (
    choose_source,
    clear_upload,
    look_for,
    see_change,
    settle,
    slide,
    wait_for_no_problem,
)

TEXT = text_in("en")
CALLS = {"convolution": AT_ONCE, "receptive_field": AT_ONCE, "classifier": QUEUED}


@pytest.fixture
def files(tmp_path):
    """A picture, and files that the server and the page refuse."""
    Image.radial_gradient("L").save(tmp_path / "own.png")
    Image.linear_gradient("L").save(tmp_path / "other.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    (tmp_path / "words.txt").write_text("no picture")
    return tmp_path


def open_upload(visit, wing: str):
    """The tab with the place for a picture in sight."""
    page = visit(f"/?tab={wing}").page
    settle(page)
    if wing == "receptive_field":
        page.get_by_role("button", name=TEXT("receptive_field.own_picture")).click()
    elif wing == "classifier":
        choose_source(page, "upload", "en")
    else:
        page.get_by_label(TEXT("convolution.source_upload"), exact=True).locator("visible=true").check()
    return page


def chooser(page):
    return page.locator(".tabitem:visible input[type=file]").first


def change_setting(page, wing: str, value: int) -> None:
    """A change of something else than the picture, which Gradio tells once (it tells one of a dropdown twice)."""
    if wing == "convolution":
        slide(page, TEXT("terms.stride"), value)
    elif wing == "receptive_field":
        slide(page, TEXT("receptive_field.layer_number"), value)
    else:
        if not page.get_by_label(TEXT("classifier.window")).locator("visible=true").count():
            page.get_by_role("button", name=TEXT("classifier.settings")).click()
        slide(page, TEXT("classifier.window"), value + 1)


@pytest.mark.parametrize("wing", CALLS)
def test_a_refusal_outlives_the_answer_to_what_came_before_it(visit, files, wing):
    page = open_upload(visit, wing)
    for value, name in ((2, "broken.png"), (3, "words.txt")):
        refuse_late(page, files / name, wing, lambda value=value: change_setting(page, wing, value))
    for own, name in (("own.png", "broken.png"), ("other.png", "words.txt")):
        see_change(page, lambda own=own: chooser(page).set_input_files(files / own))
        settle(page)
        refuse_late(page, files / name, wing, lambda: clear_upload(page))


def refuse_late(page, file, wing: str, act) -> None:
    """Choose a file that is refused while the answer to something else is awaited; then take it away again."""
    held = hold_calls(page, CALLS[wing], 1)
    act()
    wait_for_held(page, held)
    chooser(page).set_input_files(file)
    page.wait_for_timeout(LATE)  # the refusal may have to wait for the answer before it
    release_calls(page, held, CALLS[wing])
    refusal = page.locator(".look-for.problem:visible").filter(has_text=TEXT("images.unknown"))
    refusal.wait_for()
    page.wait_for_timeout(LATE)
    assert refusal.count() == 1
    if file.name == "words.txt":  # the page's own refusal ends with the next thing that the reader does
        look_for(page).click()
    else:
        clear_upload(page)
    wait_for_no_problem(page)
    settle(page)


def test_a_refusal_of_the_server_ends_with_the_next_thing_and_a_file_is_forgotten_when_a_sample_is_chosen(visit, files):
    page = open_upload(visit, "receptive_field")
    refusal = page.locator(".look-for.problem:visible")
    for _ in range(2):  # the same file is refused again
        chooser(page).set_input_files(files / "broken.png")
        refusal.wait_for()
        clear_upload(page)
        refusal.wait_for(state="hidden")
    assert refusal.count() == 0
    for number, name in ((2, "own.png"), (3, "broken.png")):
        held = hold_calls(page, AT_ONCE, 1)
        chooser(page).set_input_files(files / name)
        wait_for_held(page, held)  # while it is read
        sample = page.locator(".sample-picker:visible .thumbnail").nth(number)
        see_change(page, sample.click)
        settle(page)
        shown = page.evaluate(PAYLOAD)
        release_calls(page, held, AT_ONCE)
        page.wait_for_timeout(LATE)
        assert page.evaluate(PAYLOAD) == shown
        assert refusal.count() == 0


LENT_LATE = """
Object.defineProperty(navigator, "mediaDevices", {
  value: { getUserMedia: () => new Promise((_, deny) => (window.denyCamera = deny)) },
});
"""


def test_a_camera_denied_after_another_source_was_chosen_is_no_problem_there(visit):
    page = visit("/?tab=classifier", before=LENT_LATE).page
    choose_source(page, "camera", "en")
    button = page.locator(".camera button:visible").first
    button.click()
    page.wait_for_function("() => window.denyCamera")
    choose_source(page, "sample", "en")
    settle(page)
    page.evaluate("() => window.denyCamera(new Error('denied'))")
    page.wait_for_timeout(LATE)
    assert page.locator(".look-for.problem:visible").count() == 0
