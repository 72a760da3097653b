"""The shapes tab in a real browser: look inside a layer, change one, break one, paste a list, fold the graph, save."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from explorer.models.lenet import LeNet5
from explorer.text import LANGUAGES, text_in
from tests.browser.slow_server import QUEUED, hold_calls, release_calls, wait_for_held
from tests.shapes.pasted_classes import SKIP

PATHS = {language: about.path for language, about in LANGUAGES.items()}
SVG = "{http://www.w3.org/2000/svg}"


def open_shapes(visit, language: str, **settings):
    """The tab with these settings, once its table stands."""
    query = "".join(f"&{name}={value}" for name, value in settings.items())
    page = visit(f"{PATHS[language]}?tab=shapes{query}").page
    page.locator(".layers .line[data-layers]").first.wait_for(state="attached")
    page.locator(".layer-editor .editor-note").wait_for(state="attached")
    if "model" in settings:
        names = {"resnet18": "layer2", "resnet152": "layer4", "own": "0", "alexnet_small": "features.6"}
        name = names[settings["model"]]
        page.wait_for_function("(name) => document.querySelector('.layers').innerText.includes(name)", arg=name)
    return page


def row(page, layer: str):
    return page.locator(f'.layers .line[data-layers=" {layer} "]')


def field(page, setting: str):
    return page.locator(f".layer-editor input[data-setting={setting}]")


def params(page) -> str:
    return page.locator(".totals dd").first.inner_text()


def wait_for_params(page, number: str) -> None:
    page.wait_for_function("(number) => document.querySelector('.totals dd')?.innerText === number", arg=number)


def choose_view(page, text, view: str) -> None:
    page.locator(".view-switch label").filter(has_text=text(f"shapes.view_{view}")).click()


def press_button(page, action: str) -> None:
    page.locator(f".editor-{action}:visible").click()


def test_a_row_that_a_key_or_a_click_chooses_shows_its_maps_and_those_of_another_network_do_not_stay(visit):
    page, text = open_shapes(visit, "en"), text_in("en")
    choose_row_by_the_keyboard(page)
    row(page, "features.3").click()
    page.locator(".view-layer .maps canvas").nth(20).wait_for()  # the image, 16 maps, 6 kernels
    assert "features.3" in page.locator(".view-layer .maps-line").first.inner_text()
    assert text("shapes.field_title") in page.locator(".view-layer .map-title").first.inner_text()
    assert "chosen" in row(page, "features.3").get_attribute("class")
    assert field(page, "kernel_size").input_value() == "5"
    assert page.locator(".view-flow").is_hidden()
    before = page.locator(".view-layer .maps canvas").nth(1).evaluate("(canvas) => canvas.toDataURL()")
    page.locator(".view-layer .sample-picker .thumbnail").nth(9).click()
    page.wait_for_function(
        "(before) => document.querySelectorAll('.view-layer .maps canvas')[1].toDataURL() !== before", arg=before
    )
    page.locator(".view-layer .maps canvas").nth(5).click(position={"x": 3, "y": 3})
    page.wait_for_function(
        "() => /\\b4\\b/.test(document.querySelector('.view-layer .maps-line').innerText.split(/[:：]/).at(-1))"
    )
    page.keyboard.press("PageDown")  # with the keyboard to the next map, from where the arrows go on
    page.wait_for_function(
        "() => /\\b5\\b/.test(document.querySelector('.view-layer .maps-line').innerText.split(/[:：]/).at(-1))"
    )
    focused = "() => [...document.querySelectorAll('.view-layer .maps canvas')].indexOf(document.activeElement)"
    assert page.evaluate(focused) == 6
    choose_view(page, text, "flow")
    page.locator("svg.flow .column").first.wait_for()
    page.locator("svg.flow .column").nth(1).click()  # a slab does what its row does
    page.wait_for_function("() => document.querySelector('.view-layer .maps-line').innerText.includes('features.2')")
    row(page, "classifier.5").click()  # a linear layer: its ten numbers, and no kernels
    page.wait_for_function("() => document.querySelectorAll('.view-layer .maps canvas').length === 2")
    page.get_by_label("Model").locator("visible=true").first.click()
    page.get_by_role("option", name="Softmax regression", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('.view-layer .maps canvas').length === 0")


def choose_row_by_the_keyboard(page) -> None:
    """The keyboard gets into the table, and space does not scroll the page."""
    page.locator(".layers").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('features.0')")
    page.wait_for_function("() => document.activeElement?.dataset.layers === ' features.0 '")
    before = page.evaluate("window.scrollY")
    page.keyboard.press("Space")
    page.wait_for_timeout(400)
    assert page.evaluate("window.scrollY") == before


@pytest.mark.parametrize("language", ["zh"])
def test_a_change_runs_through_and_is_taken_back(visit, language):
    page = open_shapes(visit, language, model="alexnet_small")
    first = params(page)
    row(page, "features.3").click()
    field(page, "out_channels").wait_for()
    field(page, "out_channels").fill("32")
    page.locator(".line.broken").wait_for()
    press_button(page, "mend")
    page.locator(".line.broken").wait_for(state="detached")
    mended = params(page)
    assert mended != first and row(page, "features.6").locator(".name").count() == 1
    assert row(page, "features.3").get_attribute("data-edited") is not None
    assert "32×14×14" in page.locator("svg.flow").inner_html()
    field(page, "kernel_size").fill("5")
    field(page, "padding").fill("2")
    page.wait_for_function("(mended) => document.querySelector('.totals dd')?.innerText !== mended", arg=mended)
    press_button(page, "undo")
    press_button(page, "reset")
    wait_for_params(page, first)
    page.wait_for_function("() => document.querySelector('input[data-setting=out_channels]').value === '64'")


@pytest.mark.parametrize("language", ["en"])
def test_a_change_that_breaks_is_marked_and_told(visit, language):
    page, text = open_shapes(visit, language), text_in(language)
    row(page, "features.3").click()
    field(page, "kernel_size").wait_for()
    field(page, "kernel_size").fill("3")
    problem = page.locator(".look-for.problem:visible")
    problem.wait_for()
    sentence = problem.inner_text()
    assert "400" in sentence and "576" in sentence and "6×6" in sentence and "nn.Linear(576, 120)" in sentence
    assert row(page, "classifier.1").get_attribute("class").split()[:2] == ["line", "broken"]
    assert row(page, "classifier.0").is_visible() and row(page, "classifier.2").count() == 0
    page.locator("svg.flow .column.broken").wait_for()
    choose_view(page, text, "graph")
    page.locator("svg.graph .node.broken").wait_for()
    field(page, "kernel_size").fill("abc")
    problem.filter(has_text="abc").wait_for()
    field(page, "kernel_size").fill("5")
    problem.wait_for(state="hidden")
    page.locator("svg.graph .node.broken").wait_for(state="detached")


@pytest.mark.parametrize("language", ["zh"])
def test_a_pasted_list_is_traced_and_written_as_code(visit, language):
    page, text = open_shapes(visit, language, model="own"), text_in(language)
    paste = page.locator(".layer-list textarea")
    paste.fill("nn.Conv2d(1, 4, 3), nn.ReLU(),\nnn.Flatten(), nn.Linear(4 * 26 * 26, 10)")
    wait_for_params(page, f"{4 * 9 + 4 + 10 * 2704 + 10:,}")
    assert row(page, "0").is_visible()
    page.get_by_text(text("shapes.code")).locator("visible=true").click()
    code = page.locator(".code pre")
    code.wait_for()
    assert "nn.Linear(2704, 10)," in code.inner_text()
    row(page, "0").click()
    field(page, "padding").fill("1")
    page.locator(".line.broken").wait_for()
    press_button(page, "mend")
    page.wait_for_function("() => document.querySelector('.code pre')?.innerText.includes('nn.Linear(3136, 10)')")
    before = params(page)
    paste.fill("nn.ReLU(),\n__import__('os').system('true')")
    page.locator(".look-for.problem:visible").wait_for()
    assert "2" in page.locator(".look-for.problem:visible").inner_text() and params(page) == before
    paste.fill("nn.Flatten(), nn.Linear(784, 3)")
    wait_for_params(page, "2,355")
    page.locator(".look-for.problem:visible").wait_for(state="hidden")


@pytest.mark.parametrize("language", ["en"])
def test_a_pasted_class_and_a_printout_are_traced_and_the_class_is_written_as_code(visit, language):
    page, text = open_shapes(visit, language, model="own"), text_in(language)
    paste = page.locator(".layer-list textarea")
    paste.fill(SKIP)
    wait_for_params(page, "9,674")
    page.get_by_text(text("shapes.code")).locator("visible=true").click()
    code = page.locator(".code pre")
    code.wait_for()
    assert "class SmallResNet(nn.Module):" in code.inner_text() and "= y + x" in code.inner_text()
    row(page, "fc").click()
    field(page, "out_features").fill("3")
    page.wait_for_function("() => document.querySelector('.code pre')?.innerText.includes('nn.Linear(16, 3)')")
    choose_view(page, text, "graph")
    page.locator("svg.graph .node").nth(3).wait_for()
    paste.fill(SKIP.replace("torch.nn as nn", "os"))
    page.locator(".look-for.problem:visible").filter(has_text="os").wait_for()
    paste.fill(repr(LeNet5()))
    wait_for_params(page, "61,706")
    page.locator(".look-for:visible").filter(has_text=text("shapes.list_note_printout")).wait_for()
    assert row(page, "features.3").count() == 1


def press_graph(page, label: str) -> None:
    page.locator(".graph-buttons").get_by_role("button", name=label, exact=True).click()


def shown_nodes(page) -> int:
    return page.locator("svg.graph .node").count()


@pytest.mark.parametrize("language", ["zh"])
def test_the_graph_folds_and_unfolds_and_a_node_chooses_its_layer(visit, language):
    page, text = open_shapes(visit, language, model="resnet18"), text_in(language)
    assert page.evaluate("() => window.dagre === undefined")  # the library comes with the first graph
    choose_view(page, text, "graph")
    page.locator("svg.graph .node").nth(31).wait_for()
    assert page.locator("svg.graph .edge.skip").count() >= 8
    assert "512×4×4" in page.locator("svg.graph").inner_html()
    box, room = page.locator("svg.graph > g").bounding_box(), page.locator("svg.graph").bounding_box()
    assert box["width"] <= room["width"] + 1 and box["height"] <= room["height"] + 1  # all of it is seen
    height = page.locator("svg.graph .node-title").first.evaluate("(title) => title.getBoundingClientRect().height")
    assert height > 11  # and can be read
    press_graph(page, text("shapes.fold_all"))
    page.wait_for_function("() => document.querySelectorAll('svg.graph .node').length < 12")
    folded = shown_nodes(page)
    page.locator("svg.graph .node.folded").filter(has_text="layer1").click()
    page.wait_for_function("(n) => document.querySelectorAll('svg.graph .node').length === n + 1", arg=folded)
    page.locator("svg.graph .frame text").filter(has_text="layer1").click()
    page.wait_for_function("(n) => document.querySelectorAll('svg.graph .node').length === n", arg=folded)
    press_graph(page, text("shapes.unfold_all"))
    page.locator("svg.graph .node").nth(31).wait_for()
    before = page.locator("svg.graph > g").get_attribute("transform")
    press_graph(page, text("shapes.zoom_in"))
    assert page.locator("svg.graph > g").get_attribute("transform") != before
    touch = "() => getComputedStyle(document.querySelector('svg.graph')).touchAction"
    for _ in range(5):
        press_graph(page, text("shapes.zoom_in"))
    assert page.evaluate(touch) == "none"
    press_graph(page, text("shapes.fit"))
    assert page.evaluate(touch) == "pan-y"  # a finger that runs over the whole picture scrolls the page
    still = page.locator("svg.graph > g").get_attribute("transform")
    graph = page.locator("svg.graph").bounding_box()
    page.mouse.move(graph["x"] + 5, graph["y"] + 5)
    page.mouse.down(button="right")  # the menu that it opens keeps the release for itself
    page.mouse.move(graph["x"] + 60, graph["y"] + 60)
    assert page.locator("svg.graph > g").get_attribute("transform") == still
    page.mouse.up(button="right")
    fold_by_the_keyboard(page)
    page.locator('svg.graph .node[data-layers*=" layer2.0.conv1 "]').click()
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('layer2.0.conv1')")


def fold_by_the_keyboard(page) -> None:
    """A group that is folded and unfolded by the keyboard keeps it."""
    group = page.locator('svg.graph [data-item="g:layer4"], svg.graph [data-fold="layer4"] text').first
    group.wait_for()
    was_folded = page.locator('svg.graph [data-item="g:layer4"]').count() == 1
    group.focus()
    for is_folded in (not was_folded, was_folded):
        page.keyboard.press("Enter")
        wanted = '[data-item="g:layer4"]' if is_folded else '[data-fold="layer4"] text'
        page.wait_for_function("(wanted) => document.activeElement?.matches(`svg.graph ${wanted}`)", arg=wanted)


def test_a_deep_network_begins_folded_to_its_stages(visit):
    page = open_shapes(visit, "en", model="resnet152", view="graph")
    page.locator("svg.graph .node").nth(8).wait_for()
    assert shown_nodes(page) == 9 and page.locator("svg.graph .node.folded").count() == 4


def test_each_picture_is_saved_as_it_is_seen(visit):
    page, text = open_shapes(visit, "en"), text_in("en")
    page.locator("#shapes-keeping button.label-wrap").click()
    for view, name in {"flow": "shapes", "graph": "graph"}.items():
        choose_view(page, text, view)
        page.locator(f"svg.{view}:visible text").first.wait_for()
        save_picture(page, name)


def save_picture(page, name: str) -> None:
    """Save what is seen as SVG and as PNG, and look into both files."""
    with page.expect_download() as saved:
        page.locator("[data-save=svg]:visible").click()
    assert saved.value.suggested_filename == f"{name}.svg"
    root = ElementTree.fromstring(saved.value.path().read_bytes())
    words = {"".join(each.itertext()) for each in root.iter(f"{SVG}text")}
    assert "16×10×10" in words and not re.search(r"var\(|url\(", ElementTree.tostring(root, "unicode"))
    with page.expect_download() as saved:
        page.locator("[data-save=png]:visible").click()
    assert saved.value.suggested_filename == f"{name}.png"
    image = Image.open(io.BytesIO(saved.value.path().read_bytes())).convert("RGB")
    assert image.width > 1000 and len(image.getcolors(1_000_000)) > 20


def test_on_a_slow_server_all_that_was_typed_and_chosen_counts(visit):
    page, text = open_shapes(visit, "en"), text_in("en")
    row(page, "features.3").click()
    field(page, "kernel_size").wait_for()
    page.locator(".view-switch label").first.wait_for()
    page.wait_for_timeout(500)
    held = hold_calls(page, QUEUED, 1)
    field(page, "kernel_size").fill("3")
    wait_for_held(page, held)
    field(page, "padding").fill("2")
    row(page, "features.0").click()
    row(page, "features.4").click()
    release_calls(page, held, QUEUED)
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('features.4')")
    row(page, "features.3").click()
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('features.3')")
    assert (field(page, "kernel_size").input_value(), field(page, "padding").input_value()) == ("3", "2")
    page.locator(".editor-undo").click()
    page.wait_for_function("() => document.querySelector('.layer-editor input[data-setting=padding]').value === '0'")
    assert field(page, "kernel_size").input_value() == "3"
    # A view that is chosen while a network is awaited shows that network, at its own size.
    held = hold_calls(page, QUEUED)
    page.get_by_label("Model").locator("visible=true").first.click()
    page.get_by_role("option", name=text("shapes.torchvision", title="ResNet-18"), exact=True).click()
    page.locator(".look-for.stale", has_text=text("shapes.reading")).locator("visible=true").wait_for()
    wait_for_held(page, held)
    choose_view(page, text, "graph")
    page.wait_for_timeout(300)
    assert all("flow" in json.loads(route.request.post_data)["data"] for route in held), "the view waits"
    release_calls(page, held, QUEUED)
    page.locator("svg.graph", has_text="linear, 1000").wait_for()
    assert page.locator("#shapes-size input[type=number]").input_value() == "224"
    assert (
        "3×224×224" in page.locator("svg.graph").text_content()
        and page.locator(".look-for.problem:visible").count() == 0
    )


def test_dense_blocks_that_cannot_be_placed_say_so(visit):
    page = visit("/zh?tab=shapes&model=torchvision/densenet121&size=224&channels=3&view=graph").page
    unfold = page.get_by_role("button", name=text_in("zh")("shapes.unfold_all"), exact=True)
    page.locator("svg.graph [data-item^='g:']").first.wait_for()
    unfold.click()
    told = page.locator(".graph-bar [role=status]")
    told.filter(has_text=text_in("zh")("shapes.too_entangled", groups=["denseblock3", "denseblock4"])).wait_for()
    page.get_by_role("button", name=text_in("zh")("shapes.fold_all"), exact=True).click()
    told.wait_for(state="hidden")


def test_the_keyboard_walks_through_the_table_which_keeps_its_folds_where_numbers_alone_change(visit):
    page = open_shapes(visit, "en", model="resnet18")
    page.locator('details[data-fold="layer2"] > summary').click()
    page.locator('details[data-fold="layer2.0"] > summary').click()
    page.locator('details[data-fold="layer2.0"] > summary').focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('layer2.0.conv1')")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.editor-title')?.innerText.includes('layer2.0.bn1')")
    assert row(page, "layer2.0.bn1").is_visible()
    row(page, "layer2.0.conv1").click()
    chosen = page.locator('.layers .line.chosen[data-layers=" layer2.0.conv1 "]')
    chosen.wait_for()
    size = page.locator("#shapes-size input[type=number]")
    for side in (64, 32):
        size.fill(str(side))
        size.press("Enter")
        chosen.filter(has_text=f"128×{side // 2}×{side // 2}").wait_for()
        page.wait_for_timeout(300)
        assert chosen.is_visible() and page.locator('details[data-fold="layer2"]').get_attribute("open") is not None
