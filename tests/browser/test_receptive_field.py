"""The receptive-field wing as a reader uses it: layers clicked in the chart, units on their maps, broken cells."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image

from explorer.text import LANGUAGES, text_in
from tests.browser.slow_server import AT_ONCE, LATE, QUEUED, hold_calls, release_calls, wait_for_held
from tests.browser.test_tour import choose, look_for, see_change, wait_for_no_problem, wait_for_problem

PATHS = {language: f"{about.path}?tab=receptive_field" for language, about in LANGUAGES.items()}
FIELD = "#receptive-field-canvas"
CHART = "#receptive-field-chart .js-plotly-plot"
PAYLOAD = f"""() => [...document.querySelectorAll("{FIELD} canvas")].map((canvas) => canvas.toDataURL()).join()"""
IS_DRAWN = f"""() =>
  document.querySelector("{CHART}")?.calcdata && document.querySelector("{FIELD} canvas").width > 50"""
# Where a point of a line stands in the page; the plot's own axes say.
POINT = """([chart, network, layer]) => {
  const plot = document.querySelector(chart);
  const line = plot.data.find(({ meta }) => meta === network);
  const { xaxis, yaxis } = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  const y = line.y._inputArray ?? line.y;
  const value = ArrayBuffer.isView(y) || Array.isArray(y) ? y[layer] : plot.calcdata[plot.data.indexOf(line)][layer].y;
  return [box.x + xaxis._offset + xaxis.c2p(plot.calcdata[plot.data.indexOf(line)][layer].x), box.y + yaxis._offset + yaxis.c2p(value)];
}"""


IS_UNDER_POINTER = """([chart, network, layer]) => document.querySelector(chart)._hoverdata?.some(
  ({ data, pointNumber }) => data.meta === network && pointNumber === layer)"""
COUNT_CLICKS = """(chart) => {
  window.clicksHeard = 0;
  document.querySelector(chart).once("plotly_click", () => (window.clicksHeard += 1));
}"""


def open_wing(visit, language: str, **settings):
    page = visit(PATHS[language], **settings).page
    page.wait_for_function(IS_DRAWN)
    wait_for_check(page)
    return page


def wait_for_check(page) -> None:
    """Wait until autograd has looked at what is shown."""
    page.locator("#receptive-field-canvas .field-badge.confirmed").wait_for()


def wait_for_pixels(page, number: int) -> None:
    """Wait until autograd has found that so many pixels reach the unit."""
    found = """(number) => {
      const badge = document.querySelector("#receptive-field-canvas .field-badge.confirmed");
      return badge !== null && (badge.innerText.match(/[0-9]+/g) ?? []).includes(String(number));
    }"""
    page.wait_for_function(found, arg=number)


def click_layer(page, network: str, layer: int) -> None:
    page.evaluate(COUNT_CLICKS, CHART)
    for _ in range(5):
        x, y = page.evaluate(POINT, [CHART, network, layer])
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y)
        # A click counts for the point that plotly knows to be under it, and it looks only now and then: between this look and
        # the click it may have looked again.
        page.wait_for_function(IS_UNDER_POINTER, arg=[CHART, network, layer])
        page.mouse.click(x, y)
        if page.evaluate("window.clicksHeard") > 0:
            return
    raise AssertionError(f"plotly heard no click on layer {layer} of {network}")


def title(language: str, name: str, unit) -> str:
    return text_in(language)("receptive_field.field_title", name=name, row=unit[0], column=unit[1])


def name_layer(language: str, name: str, kind: str) -> str:
    text = text_in(language)
    return text("receptive_field.layer_with_kind", name=name, kind=text(f"receptive_field.kind_{kind}"))


def test_clicks_on_layers_and_units_show_their_fields_and_bring_another_network_to_the_front(visit):
    language = "en"
    page, text = open_wing(visit, language), text_in(language)
    conv, pool = name_layer(language, "features.0", "conv"), name_layer(language, "features.5", "pool")
    before = page.evaluate(PAYLOAD)
    click_layer(page, "lenet5", 1)
    page.get_by_text(title(language, conv, (14, 14))).first.wait_for()
    assert page.evaluate(PAYLOAD) != before
    assert page.locator("#receptive-field-layer input[type=number]").input_value() == "1"
    wait_for_pixels(page, 25)
    # The chart was drawn again; it still listens.
    click_layer(page, "lenet5", 4)
    page.get_by_text(title(language, pool, (2, 2))).first.wait_for()
    canvas = page.locator(f"{FIELD} .field-map canvas")
    canvas.click(position={"x": 3, "y": 3})
    page.get_by_text(title(language, pool, (0, 0))).first.wait_for()
    # 16 x 16 pixels around 5.5: 14 x 14 of them lie on the image, 23 % in the padding.
    wait_for_pixels(page, 14 * 14)
    assert "23%" in page.locator(f"{FIELD} .field-image .map-caption").inner_text()
    canvas.press("ArrowRight")
    page.get_by_text(title(language, pool, (0, 1))).first.wait_for()
    page.locator(f"{FIELD} .field-image canvas").click(position={"x": 4, "y": 4})
    page.get_by_text(title(language, pool, (0, 0))).first.wait_for()
    # A layer of another network brings it to the front, and a stack says how.
    page.get_by_role("button", name=text("receptive_field.story_resnet50")).click()
    look_for(page).filter(has_text="225 × 225").wait_for()
    wait_for_check(page)
    model = page.get_by_label(text("terms.model"), exact=True).locator("visible=true").first
    number = page.locator("#receptive-field-layer input[type=number]")
    assert (model.input_value(), page.locator("#receptive-field-layer input[type=range]").get_attribute("max")) == (
        "ResNet-50",
        "50",
    )
    click_layer(page, "resnet34", 33)
    look_for(page).filter(has_text="layer4.2.conv2").wait_for()
    slider = page.locator("#receptive-field-layer input[type=range]")
    assert (model.input_value(), number.input_value(), slider.input_value()) == ("ResNet-34", "33", "33")
    assert slider.get_attribute("max") == "34"
    compared = page.locator("#receptive-field-compared")
    assert "ResNet-50" in compared.inner_text() and "ResNet-34" not in compared.inner_text()
    page.get_by_role("button", name=text("receptive_field.story_kernels")).click()
    look_for(page).filter(has_text="28%").wait_for()
    wait_for_check(page)
    click_layer(page, "stack5x5", 1)
    look_for(page).filter(has_text=text("receptive_field.look_stack")).wait_for()


@pytest.mark.parametrize("language", ["zh"])
def test_nonsense_in_a_layer_table_is_told_and_rows_come_and_go(visit, language):
    page, text = open_wing(visit, language), text_in(language)
    page.get_by_role("button", name=text("receptive_field.network_table")).click()
    kernel, stride = (page.locator(".layer-table:visible tbody tr:nth-child(2) input").nth(column) for column in (0, 1))
    kernel.fill("abc")
    wait_for_problem(page, "2", text("terms.kernel_size"), "abc")
    kernel.fill("")
    empty = text("receptive_field.empty_cell", row=2, name=text("terms.kernel_size"), minimum=1, maximum=31)
    wait_for_problem(page, empty)
    kernel.fill("2")
    stride.fill("0")
    wait_for_problem(page, text("terms.stride"))
    see_change(page, lambda: stride.fill("1"))
    wait_for_no_problem(page)
    see_change(page, lambda: page.locator(".layer-table:visible .remove-layer").first.click())
    assert page.locator(".layer-table:visible .remove-layer").count() == 3
    focused = "() => document.activeElement.getAttribute('aria-label')"
    assert "1" in page.evaluate(focused)  # the row that took the place of the one that is gone
    see_change(page, lambda: page.locator(".layer-table:visible .add-layer").click())
    assert "4" in page.evaluate(focused)
    chart = page.locator("#receptive-field-chart .js-plotly-plot[role=img]")
    assert text("receptive_field.axis_layer") in chart.get_attribute("aria-label")
    see_broken_cells_of_a_story(page, language)


def see_broken_cells_of_a_story(page, language: str) -> None:
    """A story fills the table; cells that are wrong are marked where they stand, until they are right."""
    text = text_in(language)
    page.get_by_role("button", name=text("receptive_field.story_gridding")).click()
    look_for(page).filter(has_text="29%").wait_for()
    wait_for_pixels(page, 49)
    rows = page.locator(".layer-table:visible tbody tr:not(.cell-problem)")
    marks = page.locator(".layer-table:visible .cell-problem")
    page.wait_for_function("() => document.querySelectorAll('.layer-table tbody tr').length === 3")
    kernel, padding = rows.nth(1).locator("input").nth(0), rows.nth(2).locator("input").nth(2)
    kernel.fill("abc")
    wanted = text("receptive_field.bad_cell_here", minimum=1, maximum=31, value="abc")
    marks.filter(has_text=wanted).wait_for()
    assert kernel.get_attribute("aria-invalid") == "true" and kernel.input_value() == "abc"
    padding.fill("99")
    page.wait_for_function("() => document.querySelectorAll('.layer-table .cell-problem').length === 2")
    assert padding.get_attribute("aria-invalid") == "true"
    kernel.fill("3")
    padding.fill("1")
    page.wait_for_function("() => document.querySelectorAll('.layer-table .cell-problem').length === 0")
    assert page.locator(".layer-table [aria-invalid]").count() == 0
    rows.nth(1).locator("select").select_option("transposed")
    page.get_by_text("transposed1").first.wait_for()
    wait_for_check(page)


def test_the_effective_field_streams_and_can_be_stopped(visit):
    page, text = open_wing(visit, "en"), text_in("en")
    page.get_by_role("button", name=text("receptive_field.story_whole")).click()
    look_for(page).filter(has_text="layer3.0.conv1").wait_for()
    assert page.locator("#receptive-field-layer input[type=number]").input_value() == "10"
    page.locator("#receptive-field-measure").click()
    stop = page.locator("#receptive-field-stop")
    stop.wait_for()
    stop.wait_for(state="hidden")  # all images are done
    captions = page.locator("#receptive-field-effective .map-caption")
    done = re.compile(r"ResNet-18, layer3\.0\.conv1.*, unit \(\d+, \d+\); 20 images")
    captions.filter(has_text=done).nth(1).wait_for()
    assert captions.count() == 2
    page.locator("#receptive-field-measure").click()
    stop.wait_for()
    page.get_by_text("of 20 images").first.wait_for()
    stop.evaluate("button => button.click()")  # at once: the images that are left take less time than a patient click
    page.get_by_text(text("receptive_field.stopped")).first.wait_for()
    stop.wait_for(state="hidden")


def test_a_network_of_one_size_comes_to_the_front_at_that_size(visit):
    page = visit("/?tab=receptive_field&model=resnet18&size=112&compared=lenet5").page
    page.locator("#receptive-field-table", has_text="109 × 109").wait_for()
    wait_for_check(page)
    click_layer(page, "lenet5", 4)
    page.get_by_text(title("en", name_layer("en", "features.5", "pool"), (2, 2))).first.wait_for()
    assert page.locator("#receptive-field-size input[type=number]").input_value() == "28"
    wait_for_check(page)


def test_the_readers_own_picture_and_a_classifier_of_torchvision(visit, tmp_path):
    Image.radial_gradient("L").save(tmp_path / "own.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    page, text = open_wing(visit, "en"), text_in("en")
    page.get_by_role("button", name=text("receptive_field.own_picture")).click()
    before = page.evaluate(PAYLOAD)
    page.locator("#receptive-field-upload input[type=file]").set_input_files(tmp_path / "own.png")
    page.wait_for_function(f"(before) => ({PAYLOAD})() !== before", arg=before)
    page.locator(".sample-picker:visible .thumbnail").nth(2).click()
    page.locator("#receptive-field-upload .image-frame").wait_for(state="detached")
    page.locator("#receptive-field-upload input[type=file]").set_input_files(tmp_path / "broken.png")
    page.locator(".look-for.problem:visible").first.wait_for()
    model = page.get_by_label(text("terms.model"), exact=True).locator("visible=true").first
    model.click()
    model.fill("EfficientNet-B0")
    page.get_by_role("option", name="torchvision EfficientNet-B0", exact=True).click()
    page.wait_for_function("() => document.querySelector('#receptive-field-size input[type=number]').value === '224'")
    page.get_by_text("features.1.0.block.1.mul").first.wait_for()


# ---- a slow server ------------------------------------------------------------------------------------------------


def click_unit(page, row: int, column: int, units: int = 10) -> None:
    box = page.locator("#receptive-field-canvas .field-map canvas").bounding_box()
    page.mouse.click(box["x"] + (column + 0.5) * box["width"] / units, box["y"] + (row + 0.5) * box["height"] / units)


def unit_title(row: int, column: int) -> str:
    return title("en", name_layer("en", "features.3", "conv"), (row, column))


def wait_for_unit(page, row: int, column: int) -> None:
    page.locator(".field-image .map-title").filter(has_text=unit_title(row, column)).wait_for()


def test_clicks_keys_and_settings_count_though_what_was_asked_before_is_not_answered_yet(visit):
    page, text = open_wing(visit, "en"), text_in("en")
    held = hold_calls(page, AT_ONCE, 1)
    click_unit(page, 1, 2)
    wait_for_held(page, held, 1)
    click_unit(page, 7, 8)  # of two clicks the second counts
    release_calls(page, held, AT_ONCE)
    wait_for_unit(page, 7, 8)
    wait_for_check(page)
    click_unit(page, 1, 2)
    wait_for_unit(page, 1, 2)
    wait_for_check(page)
    held = hold_calls(page, AT_ONCE, 1)
    page.locator("#receptive-field-canvas .field-map canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):  # they add up
        page.keyboard.press(key)
    wait_for_held(page, held, 1)
    release_calls(page, held, AT_ONCE)
    wait_for_unit(page, 2, 4)
    wait_for_check(page)
    # What is set while another network is awaited waits for it.
    held = hold_calls(page, AT_ONCE)
    model = page.get_by_label(text("terms.model"), exact=True).locator("visible=true").first
    model.click()
    model.fill("ResNet-18")
    page.get_by_role("option", name="ResNet-18", exact=True).click()
    wait_for_held(page, held)
    page.locator("#receptive-field-size input[type=number]").fill("40")
    page.locator("#receptive-field-layer input[type=number]").fill("2")
    page.wait_for_timeout(300)
    assert all(json.loads(route.request.post_data)["data"][2] == 28 for route in held), "the size waits"
    release_calls(page, held, AT_ONCE)
    page.locator(".field-image .map-title").filter(has_text="layer1.0.conv1").wait_for()
    page.locator("#receptive-field-table", has_text="40 × 40").wait_for()
    slider = page.locator("#receptive-field-layer input[type=range]")
    assert (slider.input_value(), slider.get_attribute("max")) == ("2", "18")
    wait_for_check(page)


def test_a_late_check_changes_nothing_that_is_shown_since_and_tells_no_problem_that_is_over(visit):
    page = open_wing(visit, "en")
    held = hold_calls(page, QUEUED, 2)
    for place in ((1, 2), (7, 8)):
        click_unit(page, *place)
        wait_for_unit(page, *place)
    wait_for_held(page, held, 2)
    badge, words = page.locator("#receptive-field-canvas .field-badge"), text_in("en")("receptive_field.checking")
    with page.expect_response("**/gradio_api/queue/data*"):
        held[0].continue_()
    page.wait_for_timeout(1500)
    assert unit_title(7, 8) in page.locator(".field-image .map-title").inner_text() and words in badge.inner_text()
    held[1].continue_()
    wait_for_check(page)
    assert unit_title(7, 8) in page.locator(".field-image .map-title").inner_text()
    page.unroute(QUEUED)

    number, problem = (
        page.locator("#receptive-field-layer input[type=number]"),
        page.locator(".look-for.problem:visible"),
    )
    held = hold_calls(page, QUEUED, 1)
    number.fill("-3")
    wait_for_held(page, held)
    number.fill("2")
    problem.first.wait_for(state="hidden")
    release_calls(page, held, QUEUED)
    page.wait_for_timeout(LATE)
    assert problem.count() == 0


@pytest.mark.parametrize("language", ["zh"])
def test_a_link_opens_at_a_layer_and_a_unit_and_follows_both(visit, language):
    page = visit(PATHS[language] + "&model=resnet18&layer=14&place=0.9%3B0.1").page
    shown = page.locator(".field-image .map-title")
    shown.filter(has_text=title(language, "layer4.0.conv1", (3, 0))).wait_for()
    slider = page.locator("#receptive-field-layer input[type=range]")
    assert [slider.input_value(), slider.get_attribute("max")] == ["14", "18"]
    slider.press("ArrowRight")
    click_unit(page, 0, 2, units=4)
    shown.filter(has_text=title(language, "layer4.0.conv2", (0, 2))).wait_for()
    page.wait_for_function("() => /layer=15/.test(location.search) && !/place=0.9/.test(location.search)")
    again = visit("/" + page.url.split("/", 3)[3]).page
    again.locator(".field-image .map-title").filter(has_text=title(language, "layer4.0.conv2", (0, 2))).wait_for()


# ---- the way forward ----------------------------------------------------------------------------------------------

REACH = "#receptive-field-reach"


def open_forward(visit, language: str, query: str = "&direction=forward", **settings):
    page = visit(PATHS[language] + query, **settings).page
    wait_for_changes(page, language)
    return page


def wait_for_changes(page, language: str) -> None:
    """Wait until the network has said what changed."""
    page.locator(f"{REACH} .reach-legend", has_text=text_in(language)("receptive_field.legend_changed")).wait_for()
    page.wait_for_function(
        f"""() => [...document.querySelectorAll("{REACH} .reach-strip button span:last-child")].every((each) => each.innerText)"""
    )


def pixel_title(language: str, pixel) -> str:
    return text_in(language)("receptive_field.pixel_title", row=pixel[0], column=pixel[1])


@pytest.mark.parametrize("language", ["en"])
def test_a_pixel_fans_out_layer_by_layer(visit, language):
    page, text = open_wing(visit, language), text_in(language)
    question = page.locator("#receptive-field-direction")
    question.get_by_text(text("receptive_field.direction_forward")).click()
    look_for(page).filter(has_text="7 × 7").wait_for()
    wait_for_changes(page, language)
    assert page.locator("#receptive-field-chart").is_hidden() and page.locator("#receptive-field-table").is_hidden()
    assert page.locator("#receptive-field-compared").is_hidden()
    small = page.locator(f"{REACH} .reach-strip button")
    counts = [text("receptive_field.small_caption", count=each, total=total) for each, total in
              ((1, 784), (25, 784), (9, 196), (49, 100), (16, 25), (1, 1))]  # fmt: skip
    assert [small.nth(number).locator("span").nth(1).inner_text() for number in range(small.count())] == counts
    assert small.nth(3).get_attribute("aria-pressed") == "true"
    assert "features.3" in small.nth(3).get_attribute("aria-label")
    small.nth(2).click()
    page.locator(f"{REACH} .reach-map .map-title", has_text="features.2").wait_for()
    assert page.locator("#receptive-field-layer input[type=number]").input_value() == "2"
    image = page.locator(f"{REACH} .reach-image canvas")
    image.click(position={"x": 3, "y": 3})
    page.locator(f"{REACH} .map-title", has_text=pixel_title(language, (0, 0))).wait_for()
    page.locator("#receptive-field-row input").wait_for()
    page.wait_for_function("""() => document.querySelector("#receptive-field-row input").value === "0" """)
    image.press("ArrowDown")
    image.press("ArrowDown")
    image.press("ArrowRight")
    page.locator(f"{REACH} .map-title", has_text=pixel_title(language, (2, 1))).wait_for()
    page.locator("#receptive-field-row input").fill("20")
    page.locator(f"{REACH} .map-title", has_text=pixel_title(language, (20, 1))).wait_for()
    page.wait_for_url(lambda address: "direction=forward" in address and "place=" in address)
    page.locator("#receptive-field-row input").fill("28")
    page.locator(".look-for.problem:visible", has_text="(28, 1)").wait_for()
    page.locator("#receptive-field-row input").fill("27")
    page.locator(f"{REACH} .map-title", has_text=pixel_title(language, (27, 1))).wait_for()
    wait_for_changes(page, language)
    question.get_by_text(text("receptive_field.direction_back")).click()
    page.locator("#receptive-field-chart").wait_for()
    wait_for_check(page)
    assert page.locator(REACH).is_hidden()
    click_layer(page, "lenet5", 4)  # the chart still listens
    page.get_by_text("features.5").first.wait_for()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("en", 390), ("zh", 390)])
def test_a_tab_that_is_opened_later_shows_one_question_and_the_way_forward_fits(visit, language, width):
    text = text_in(language)
    page = visit(LANGUAGES[language].path, width=width).page
    page.get_by_role("tab", name=text("receptive_field.tab")).click()
    page.locator("#receptive-field-chart .main-svg").first.wait_for()
    assert page.locator(REACH).is_hidden() and page.locator("#receptive-field-row").is_hidden()
    switch = page.locator("#receptive-field-direction label")
    boxes = [switch.nth(number).bounding_box() for number in range(2)]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    first = page.locator(".stories button:visible").first.bounding_box()
    assert max(box["y"] for box in boxes) < first["y"], "on a phone the questions stand above the picture"
    switch.nth(1).click()
    page.locator(f"{REACH} .reach-strip button").first.wait_for()
    assert page.locator("#receptive-field-chart").is_hidden() and page.locator("#receptive-field-design").is_hidden()

    choose(page, text("terms.model"), "ResNet-18")
    small = page.locator(f"{REACH} .reach-strip button")
    small.nth(8).wait_for()
    page.locator("#receptive-field-size input[type=number]").fill("64")
    page.locator("#receptive-field-layer input[type=number]").fill("5")
    page.locator(f"{REACH} .reach-strip", has_text="4,096").wait_for()
    page.locator(f"{REACH} .reach-map .map-title", has_text="layer1.1.conv2").wait_for()
    wait_for_changes(page, language)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [small.nth(number).bounding_box() for number in range(9)]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    if width == 1280:
        page.evaluate("() => window.scrollTo(0, 0)")
        assert len({round(box["y"]) for box in boxes}) == 1, "one row"
        assert page.locator(f"{REACH} .reach-map canvas").bounding_box()["y"] < 720


def test_a_link_opens_the_way_forward_and_a_story_leads_back_to_layers_that_reach_forward_as_well(visit):
    text = text_in("en")
    page = open_forward(visit, "en", "&direction=forward&model=resnet18&layer=10&place=0.1;0.9")
    row, column = 2, 25
    assert pixel_title("en", (row, column)) in page.locator(f"{REACH} .reach-image .map-title").inner_text()
    assert page.locator("#receptive-field-row input").input_value() == "2"
    assert page.locator("#receptive-field-column input").input_value() == "25"
    assert page.locator(f"{REACH} .reach-strip button").count() == 9
    assert page.locator(f"{REACH} .reach-table tbody tr").count() == 19
    assert "ResNet-18" in page.locator(f"{REACH} .reach-badge").inner_text()
    page.get_by_role("button", name=text("receptive_field.story_gridding")).click()
    look_for(page).filter(has_text="29%").wait_for()
    wait_for_pixels(page, 49)
    assert page.locator(REACH).is_hidden()
    page.locator("#receptive-field-direction").get_by_text(text("receptive_field.direction_forward")).click()
    page.wait_for_url(lambda address: all(part in address for part in ("direction=forward", "model=table", "layers=")))
    page.locator(f"{REACH} .reach-strip button").nth(8).wait_for(state="detached")  # the network of before
    wait_for_changes(page, "en")
    assert (
        text("receptive_field.reached_holes").strip() in page.locator(f"{REACH} .reach-map .map-caption").inner_text()
    )
    assert "ReLU" in page.locator(f"{REACH} .reach-badge").inner_text()  # of which there is none


@pytest.mark.parametrize("language", ["zh"])
def test_a_field_is_seen_in_an_earlier_layer(visit, language):
    page, text = visit(PATHS[language] + "&layer=4&seen_in=2").page, text_in(language)
    page.wait_for_function(IS_DRAWN)
    wait_for_pixels(page, 36)
    assert page.locator("#receptive-field-layer input[type=range]").get_attribute("max") == "5"
    seen_in = page.locator("#receptive-field-seen-in input[type=number]")
    assert seen_in.input_value() == "2" and seen_in.is_visible(), "the link opens what it sets"
    look_for(page).filter(has_text="6 × 6").wait_for()
    pool = name_layer(language, "features.5", "pool")
    page.locator(f"{FIELD} .field-image canvas").click(position={"x": 40, "y": 40})
    page.get_by_text(title(language, pool, (0, 0))).first.wait_for()
    page.locator(f"{FIELD} .field-map canvas").press("ArrowRight")
    page.get_by_text(title(language, pool, (0, 1))).first.wait_for()
    click_layer(page, "lenet5", 1)  # the first point behind features.2
    page.get_by_text(title(language, name_layer(language, "features.3", "conv"), (1, 3))).first.wait_for()
    seen_in.fill("0")
    look_for(page).filter(has_text="14 × 14").wait_for()
    assert page.locator("#receptive-field-design", has_text=text("receptive_field.design")).is_visible()
