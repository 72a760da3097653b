"""What a person does: open each tab, change something, see the picture change, go on after a mistake."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image

from explorer.classifier.outcome import available
from explorer.interface import WINGS
from explorer.models.catalogue import MODELS
from explorer.models.torchvision_models import TORCHVISION_CLASSIFIERS
from explorer.text import LANGUAGES, text_in
from tests.browser.barriers import ALL_BUT_CONTRAST, find_barriers
from tests.browser.slow_server import AT_ONCE, QUEUED, hold_calls, release_calls, wait_for_held

PATHS = {language: about.path for language, about in LANGUAGES.items()}

# Everything that is drawn in the tab that is shown: canvases, charts, and what wings draw as HTML.
PICTURES = """() => {
  const shown = (element) => element.getClientRects().length > 0;
  const of = (selector, read) => [...document.querySelectorAll(selector)].filter(shown).map(read);
  return JSON.stringify([
    of(".maps canvas", (canvas) => canvas.toDataURL()),
    of(".js-plotly-plot", ({ data = [] }) => data.map(({ x, y, z }) => [x, y, z].map((v) => v && [...v].map(String)))),
    of(".picture .html-container, .picture .prose", (part) => part.querySelector(".look-for") ? "" : part.innerHTML),
  ]);
}"""
HAS_PICTURE = """() => [...document.querySelectorAll(".picture :is(.maps canvas, .js-plotly-plot .trace, svg)")]
  .some((element) => element.getClientRects().length > 0 && element.getBoundingClientRect().width > 5)"""


# What stands beyond the right edge, where no box around it can be scrolled.
OUT_OF_REACH = """() => {
  const beyond = (element) => {
    const { width, right } = element.getBoundingClientRect();
    return width > 0 && right > document.documentElement.clientWidth + 1;
  };
  const scrolls = (element) =>
    element && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return [...document.querySelectorAll(".tabitem *")].filter((element) => beyond(element) && !scrolls(element))
    .map((element) => element.textContent.trim().slice(0, 60));
}"""


def open_tab(page, wing: str, language: str) -> None:
    """Click the tab, which no menu hides even on a phone, and wait for its main picture."""
    page.get_by_role("tab", name=text_in(language)(f"{wing}.tab"), exact=True).locator("visible=true").click()
    page.wait_for_function(HAS_PICTURE)
    settle(page)


def settle(page) -> str:
    """Wait until nothing is drawn any more; returns what is shown."""
    before = None
    while (now := page.evaluate(PICTURES)) != before:
        before = now
        page.wait_for_timeout(250)
    return now


def see_change(page, act) -> None:
    """Do something and wait until the pictures are others."""
    before = settle(page)
    act()
    page.wait_for_function(f"(before) => ({PICTURES})() !== before", arg=before)


def slide(page, label: str, value: int) -> None:
    page.locator(f'input[type=range][aria-label*="{label}"]:visible').first.fill(str(value))


def choose(page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).locator("visible=true").first.click()
    page.get_by_role("option", name=option, exact=True).click()


def change_convolution(page, text) -> None:
    choose(page, text("terms.kernel"), text("convolution.kernel_sobel_x"))


def change_receptive_field(page, text) -> None:
    slide(page, text("receptive_field.layer_number"), 4)


def change_shapes(page, text) -> None:
    choose(page, text("terms.model"), "ResNet-18")


def change_gradient_flow(page, text) -> None:
    slide(page, text("gradient_flow.depth"), 10)


def change_classifier(page, text) -> None:
    page.locator(".sample-picker .thumbnail:visible").nth(9).click()


def change_claims(page, text) -> None:
    page.get_by_label(text("claims.conditions"), exact=True).locator("visible=true").first.check()


CHANGES = {
    "convolution": change_convolution,
    "receptive_field": change_receptive_field,
    "shapes": change_shapes,
    "gradient_flow": change_gradient_flow,
    "classifier": change_classifier,
    "claims": change_claims,
}


def look_for(page):
    """The look-for line of the tab that is shown (its first one)."""
    return page.locator(".look-for:visible").first


def choose_source(page, source: str, language: str) -> None:
    """Where the classifier's picture comes from. Until a link has opened its tab, another one has a choice of that name."""
    page.get_by_role("tab", name=text_in(language)("classifier.tab"), exact=True, selected=True).first.wait_for()
    page.get_by_label(text_in(language)(f"classifier.source_{source}"), exact=True).locator("visible=true").check()


def wait_for_problem(page, *parts: str) -> None:
    """Wait for a sentence that says what is wrong."""
    problem = page.locator(".look-for.problem:visible").first
    problem.wait_for()
    for part in parts:
        page.wait_for_function("([part]) => [...document.querySelectorAll('.look-for.problem')]"
                               ".some((line) => line.innerText.includes(part))", arg=[part])  # fmt: skip


def wait_for_no_problem(page) -> None:
    page.locator(".look-for.problem:visible").first.wait_for(state="hidden")


# Words that stay as they are in Chinese: names of networks, methods, people and libraries, file formats, code.
PROPER = set(
    """CNN LeNet AlexNet ResNet Plain MLP Small thin VGG ReLU GELU SiLU Tanh Sigmoid LeakyReLU Leaky Softmax softmax
    regression McNemar conv pool Conv BatchNorm PyTorch torch Gradio API GitHub Sobel Scharr Laplacian PNG JPEG WebP GIF BMP TIFF
    SVG PDF Letter CSV Flatten Linear Grad-CAM CAM LayerCAM Kernel Gradient SHAP LRP Shapley Yeh SmoothGrad DeepLift English Fashion-MNIST MNIST Fashion captum CPU GPU
    px ms KB MB GB B py CIFAR He Xavier NaN seed float bf SGD T tanh Dropout CutMix FGSM Goodfellow NumPy SqueezeNet MobileNet
    EfficientNet ConvNeXt ImageNet LeCun Bau Network Dissection autograd torchvision inplace True RuntimeError hook sigmoid""".split()
)
LATIN = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, style, code, pre, sub, .katex, .explanation, .cnn-table td, select, footer")) continue;
    const words = walker.currentNode.data;
    if (parent.getClientRects().length && /[A-Za-z]{2}/.test(words)) found.push(words);
  }
  return found;
}"""


def find_english(sentences: list[str]) -> list[str]:
    """The sentences with a Latin word that is neither a proper term nor the path of a layer."""
    left = []
    for sentence in sentences:
        sentence = re.sub(r"\b\w+(\.\w+)+\b|\b\w*\d\w*\b|\b\w+_\w+\b|https?://\S+", " ", sentence)
        words = re.findall(r"[A-Za-z][A-Za-z-]+", sentence)
        if any(word not in PROPER and word.split("-")[0] not in PROPER for word in words):
            left.append(sentence.strip())
    return left


def wait_for_chinese_only(page) -> list[str]:
    """English that stays; while an answer is awaited, Gradio's hidden line on its queue is among the words."""
    for _ in range(60):
        left = [words for words in find_english(page.evaluate(LATIN)) if words != "Click to Access Webcam"]
        if not left:
            break
        page.wait_for_timeout(500)
    return left


COUNT_FRAMES = """
    window.asked = [];
    const ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) => { window.asked.push(performance.now()); return ask(draw); };
"""
AT_REST = "() => window.asked.filter((time) => time > performance.now() - 1000).length < 8"


@pytest.mark.parametrize("language", PATHS)
def test_the_page_opens_and_rests_without_a_call_and_each_tab_bars_nobody_and_follows_a_control(visit, language):
    opened = visit(PATHS[language], before=COUNT_FRAMES)
    page = opened.page
    page.wait_for_timeout(1000)
    page.wait_for_function(AT_REST, polling=200)  # nothing is drawn 60 times a second for ever
    calls = [url for method, url in opened.requests if method != "GET" or re.search(r"/queue/join|/run/|/call/", url)]
    assert not calls
    for wing in WINGS:
        open_tab(page, wing, language)
        assert look_for(page).inner_text().strip()
        if language == "zh":
            assert wait_for_chinese_only(page) == [], wing
        assert find_barriers(page, ALL_BUT_CONTRAST if language == "zh" else {}) == [], wing
        see_change(page, lambda wing=wing: CHANGES[wing](page, text_in(language)))
        assert page.locator(".look-for.problem:visible").count() == 0
    if language == "zh":
        look_at_the_sources_in_chinese(page)


def look_at_the_sources_in_chinese(page) -> None:
    open_tab(page, "classifier", "zh")
    for source in ("upload", "drawing", "camera"):
        choose_source(page, source, "zh")
        assert wait_for_chinese_only(page) == [], source
    # Gradio's English words are there, at no size; ours are painted in their place.
    button = page.locator(".camera button .wrap:visible").first
    assert button.evaluate("(wrap) => getComputedStyle(wrap).fontSize") == "0px"
    painted = button.evaluate("(wrap) => getComputedStyle(wrap, '::after').content")
    assert painted.strip('"') == text_in("zh")("images.camera_on")


def test_a_shared_link_opens_its_tab_with_its_setting_and_a_story_told_there_is_shared_as_well(visit):
    page, text = visit("/?tab=receptive_field&model=resnet18&direction=sideways").page, text_in("en")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].some((plot) =>"
        " plot.getClientRects().length > 0 && plot.data?.some(({ name }) => name === 'ResNet-18'))"
    )
    tab = page.get_by_role("tab", name=text("receptive_field.tab"), exact=True)
    assert tab.get_attribute("aria-selected") == "true"
    model = page.get_by_label(text("terms.model"), exact=True).locator("visible=true").first
    assert model.input_value() == "ResNet-18"
    page.wait_for_url(re.compile("tab=receptive_field&model=resnet18$"))  # there is no such direction
    page.get_by_role("button", name=text("receptive_field.story_gridding"), exact=True).click()
    page.wait_for_url(re.compile("layers=conv%2C3%2C1%2C2%2C2%3B"))
    again = visit("/" + page.url.split("/", 3)[3]).page
    again.wait_for_function("() => document.querySelectorAll('.layer-table tbody tr').length === 3")
    again.locator("#receptive-field-table", has_text="13 × 13").wait_for()


SEE_DIMMED = """
    window.seen = [];
    const look = () => {
        const picture = document.querySelector(".opening-link .stage > .picture");
        const style = picture && getComputedStyle(picture, "::before");
        if (picture) window.seen.push([getComputedStyle(picture.firstElementChild).opacity, style.content]);
        requestAnimationFrame(look);
    };
    look();
"""


def test_the_first_picture_is_dimmed_until_that_of_the_link_is_there(visit):
    page = visit("/?tab=classifier&model=softmax", before=SEE_DIMMED).page
    page.locator("html:not(.opening-link) .look-for", has_text=MODELS["softmax"].title).locator(
        "visible=true"
    ).wait_for()
    seen = page.evaluate("window.seen")
    assert min(float(opacity) for opacity, _ in seen) < 1
    assert any(text_in("en")("app.opening") in words for _, words in seen)


CELLS = "() => [...document.querySelectorAll('.kernel-grid input')].map((input) => input.value).join()"


def kernel_shown(page) -> tuple[str, str]:
    """What the dropdown says and what stands in the matrix."""
    return page.get_by_label(text_in("en")("terms.kernel"), exact=True).first.input_value(), page.evaluate(CELLS)


def test_what_is_set_while_an_answer_is_awaited_counts_as_well(visit):
    page, text = visit("/?tab=convolution").page, text_in("en")
    page.locator("#convolution-maps canvas").nth(3).wait_for()
    held = hold_calls(page, AT_ONCE)
    choose(page, text("terms.kernel"), text("convolution.kernel_sobel_x"))
    wait_for_held(page, held)
    page.wait_for_timeout(500)  # for the second call of the same choice
    page.get_by_label(f"number input for {text('terms.stride')}").first.fill("2")
    page.locator(".kernel-grid input").nth(4).fill("3")  # which no late answer may undo
    # The page has drawn all of it by itself: nothing of the server is there yet.
    assert page.locator("#convolution-maps .map-caption").nth(3).inner_text() == "2 × 2"
    assert page.locator("#convolution-maps .compared").get_attribute("class") == "compared of-before"
    page.wait_for_timeout(300)
    assert all(json.loads(route.request.post_data)["data"][6] == 1 for route in held), "the stride waits"
    release_calls(page, held, AT_ONCE)
    page.locator("#convolution-maps .compared:not(.of-before)").wait_for()
    page.wait_for_function("() => new URLSearchParams(location.search).get('kernel') === 'own'")
    assert kernel_shown(page) == (text("convolution.kernel_own"), "-1,0,1,-2,3,2,-1,0,1")
    choose(page, text("terms.kernel"), text("convolution.kernel_sobel_x"))
    page.wait_for_function("() => document.querySelectorAll('.kernel-grid input')[4].value === '0'")
    assert kernel_shown(page) == (text("convolution.kernel_sobel_x"), "-1,0,1,-2,0,2,-1,0,1")


def test_a_drag_is_drawn_at_each_step_and_told_once(visit):
    page = visit("/?tab=convolution&input=sample").page
    page.locator("#convolution-maps .compared:not(.of-before)").wait_for()
    held = hold_calls(page, AT_ONCE)
    # Twenty steps, each of which must be there when the event is over, whatever Gradio does after it.
    drawn = page.evaluate("""async () => {
      const slider = document.querySelector("#convolution-padding input[type=range]");
      const caption = () => document.querySelectorAll("#convolution-maps .map-caption")[3].textContent;
      const sizes = [];
      for (let step = 0; step < 20; step++) {
        slider.value = step % 5;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        sizes.push(caption());
        await new Promise((done) => setTimeout(done, 20));
      }
      return sizes;
    }""")
    assert drawn == [f"{26 + 2 * (step % 5)} × {26 + 2 * (step % 5)}" for step in range(20)]
    wait_for_held(page, held)
    page.wait_for_timeout(500)
    assert len(held) <= 2, "a class of thirty drags at once"
    release_calls(page, held, AT_ONCE)
    page.locator("#convolution-maps .compared:not(.of-before)").wait_for()
    assert page.locator(".look-for:visible").first.inner_text().startswith("The padding is")


def test_another_block_comes_with_its_seeds_and_a_story_waits_for_the_answer_before_it(visit):
    page, text = visit("/?tab=gradient_flow").page, text_in("en")
    number = {
        name: page.get_by_label(f"number input for {text(f'gradient_flow.{name}')}").first
        for name in ("depth", "seeds")
    }
    held = hold_calls(page, QUEUED)
    choose(page, text("gradient_flow.block"), text("gradient_flow.block_conv"))
    wait_for_held(page, held, 2)
    assert number["seeds"].input_value() == "8"
    page.get_by_role("button", name=text("gradient_flow.story_sigmoid"), exact=True).click()
    slide(page, text("gradient_flow.depth"), 7)
    page.wait_for_timeout(300)
    assert all(json.loads(route.request.post_data)["data"][1] == "conv" for route in held), "the story waits"
    release_calls(page, held, QUEUED)
    look_for = page.locator(".look-for:visible").first
    look_for.filter(has_text="With 7 blocks").wait_for()
    assert (number["depth"].input_value(), number["seeds"].input_value()) == ("7", "100")
    activation = page.get_by_label(text("gradient_flow.activation"), exact=True).first
    assert activation.input_value() == text("gradient_flow.activation_sigmoid")
    assert page.evaluate("() => Math.max(...document.querySelector('.js-plotly-plot').data[0].x)") == 7


def test_what_is_set_while_the_pictures_of_a_link_are_awaited_counts_as_well(visit):
    held, text = [], text_in("en")
    page = visit(
        "/?tab=convolution&padding=1", prepare=lambda opened: held.append(hold_calls(opened.page, QUEUED))
    ).page
    (held,) = held
    wait_for_held(page, held)
    page.get_by_label(f"number input for {text('terms.stride')}").first.fill("9")
    wait_for_problem(page, text("terms.stride"), "9")
    held.pop().continue_()  # what was asked first is answered last: the pictures are asked for once more
    wait_for_held(page, held)
    release_calls(page, held, QUEUED)
    page.wait_for_timeout(500)
    wait_for_problem(page, text("errors.too_large", name=text("terms.stride"), maximum=4, value=9))
    assert page.get_by_label(f"number input for {text('terms.padding')}").first.input_value() == "1"


def see_other_cells(page, act) -> None:
    """Do something and wait until other numbers stand in the matrix."""
    before = page.evaluate(CELLS)
    act()
    page.wait_for_function(f"(before) => ({CELLS})() !== before", arg=before)


def play_windows(page, text) -> None:
    """One window at a time, with the line of the loop that runs; then the window is at the bottom."""
    page.get_by_role("button", name=text("convolution.code")).click()
    player = page.get_by_role("group", name=text("convolution.player"))
    player.get_by_label(text("convolution.speed")).select_option("1")
    player.get_by_role("button", name=text("convolution.play"), exact=True).click()
    page.locator(".loop-code .lit:visible").first.wait_for()
    player.get_by_role("button", name=text("convolution.pause"), exact=True).click()
    assert page.locator(".window-sum b").inner_text() == "0", "it begins with the first window"
    player.get_by_role("slider").fill("5")
    assert page.locator(".window-sum b").inner_text() == "−3"
    assert player.get_by_role("slider").get_attribute("aria-valuetext") == "Window 6 of 16"
    player.get_by_role("button", name=text("convolution.step_back"), exact=True).click()
    page.get_by_role("img", name=text("convolution.weight_keys"), exact=True).focus()
    page.locator(".map-title", has_text="−1 × input").wait_for()
    page.keyboard.press("ArrowDown")
    page.locator(".map-title", has_text="0 × input").wait_for()
    player.get_by_role("slider").fill("13")


def test_a_player_and_arrow_keys_move_the_window_and_keys_and_clicks_choose_learned_filters(visit):
    page, text = visit("/?tab=convolution").page, text_in("en")
    play_windows(page, text)
    result = page.get_by_role("img", name=text("convolution.window_keys"), exact=True).locator("visible=true")
    result.focus()
    before = page.locator(".window-sum").inner_text()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_function("(before) => document.querySelector('.window-sum').innerText !== before", arg=before)
    name = text("convolution.learned", model="LeNet-5")
    choose(page, text("terms.kernel"), name)
    sheet = page.locator(".controls .maps.clickable canvas:visible").first
    sheet.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.kernel-grid input').length === 25")
    _, first = kernel_shown(page)
    sheet.focus()
    see_other_cells(page, lambda: page.keyboard.press("ArrowRight"))
    see_other_cells(page, lambda: page.keyboard.press("ArrowLeft"))
    assert kernel_shown(page) == (name, first)
    box = sheet.bounding_box()
    see_other_cells(page, lambda: sheet.click(position={"x": box["width"] - 4, "y": 4}))
    assert kernel_shown(page)[0] == name
    kernel = page.locator("#convolution-maps canvas").nth(1)
    before = kernel.evaluate("(canvas) => canvas.toDataURL()")
    sheet.click(position={"x": 4, "y": 4})
    page.wait_for_function(
        "(before) => document.querySelectorAll('#convolution-maps canvas')[1].toDataURL() !== before", arg=before
    )
    assert kernel_shown(page) == (name, first)


def see_address_followed(visit, page, language: str, model: str):
    """Choose a network in Shapes: the address follows, and opens the same tab in the same language. Returns that page."""
    path, name = PATHS[language].rstrip("/"), model.replace("-", "").lower()
    choose(page, text_in(language)("terms.model"), model)
    page.wait_for_url(re.compile(rf":\d+{path}/?\?(tab=shapes.*model={name}|model={name}.*tab=shapes)"))
    again = visit("/" + page.url.split("/", 3)[3]).page
    again.get_by_role("tab", name=text_in(language)("shapes.tab"), exact=True, selected=True).wait_for()
    assert again.evaluate("() => document.documentElement.lang") == page.evaluate("() => document.documentElement.lang")
    return again


def test_the_address_follows_what_is_set_and_the_language_link_leads_to_the_same_tab_in_the_other_language(visit):
    page = visit("/").page
    open_tab(page, "shapes", "en")
    page = see_address_followed(visit, page, "en", "ResNet-34")
    page.locator("header a[hreflang=zh-CN]:visible").click()
    page.wait_for_url(re.compile("/zh/?\\?.*tab=shapes"))
    page.get_by_role("tab", name=text_in("zh")("shapes.tab"), exact=True, selected=True).wait_for()
    page.wait_for_function("() => document.documentElement.lang.startsWith('zh')")
    page.locator("header a[hreflang=en]:visible").wait_for()
    model = page.get_by_label(text_in("zh")("terms.model"), exact=True).locator("visible=true").first
    page.wait_for_function("(model) => model.value === 'ResNet-34'", arg=model.element_handle())
    page = see_address_followed(visit, page, "zh", "ResNet-18")
    # Gradio's own panel of the API would say on this page that there is none; our link leads to the page that has it.
    page.locator("footer").wait_for()
    assert not page.locator("footer .show-api").is_visible()
    page.get_by_role("link", name=text_in("zh")("app.api_link")).click()
    page.get_by_role("tab", name=text_in("en")("convolution.tab"), exact=True).wait_for()
    page.locator("footer .show-api").wait_for()


def test_the_address_follows_a_story_and_typed_cells_and_back_returns_to_the_tab(visit):
    page = visit().page
    cell = page.locator(".kernel-grid input:visible").first
    see_change(page, lambda: cell.fill("5"))
    page.wait_for_url(re.compile(r"kernel=own.*cells=5%2C-1%2C-1%3B|cells=5%2C-1%2C-1%3B.*kernel=own"))
    again = visit("/" + page.url.split("/", 3)[3]).page
    again.wait_for_function("() => document.querySelector('.kernel-grid input')?.value === '5'")
    open_tab(page, "gradient_flow", "en")
    story = page.get_by_role("button", name=text_in("en")("gradient_flow.story_he"), exact=True)
    see_change(page, story.click)
    page.wait_for_url(re.compile("tab=gradient_flow.*initialisation=he"))
    see_change(page, page.get_by_role("button", name=text_in("en")("gradient_flow.story_tutorial"), exact=True).click)
    page.wait_for_url(re.compile("tab=gradient_flow$"))  # what stands as at first needs no place
    page.go_back(wait_until="commit")
    page.get_by_role("tab", name=text_in("en")("convolution.tab"), exact=True, selected=True).wait_for()
    page.wait_for_url(re.compile("cells=5%2C-1%2C-1%3B"))
    assert cell.input_value() == "5"
    page.go_forward(wait_until="commit")
    page.get_by_role("tab", name=text_in("en")("gradient_flow.tab"), exact=True, selected=True).wait_for()


def test_a_comparison_of_methods_is_shown_unless_another_picture_is_chosen_meanwhile(visit):
    page = visit("/?tab=classifier").page
    # At first there is one probability for each class; the calibrated ones come, and stay, when they are asked for.
    legend, line = page.locator(".bars-legend"), page.locator(".bars .line").first
    assert not legend.is_visible() and not line.is_visible()
    page.get_by_label(text_in("en")("classifier.calibrated")).check()
    legend.wait_for()
    line.wait_for()
    maps, button = page.locator("#classifier-comparison canvas"), page.locator(".classifier-compare:visible")
    button.click()
    maps.nth(5).wait_for()
    see_change(page, lambda: page.locator(".sample-picker .thumbnail:visible").nth(3).click())
    maps.first.wait_for(state="hidden")
    assert legend.is_visible()
    held = []
    page.route("**/gradio_api/queue/join*", lambda route: route.continue_() if held else held.append(route))
    button.click()
    while not held:
        page.wait_for_timeout(50)
    see_change(page, lambda: page.locator(".sample-picker .thumbnail:visible").nth(9).click())
    with page.expect_response("**/gradio_api/run/**"):  # the last step of the comparison, which asks what is set now
        held[0].continue_()
    page.wait_for_timeout(500)
    assert maps.count() == 0 or not maps.first.is_visible()


def look_inside(page, text, unfold) -> None:
    """A map among all of them leads to its number; a score is followed to a pixel and back, a key goes to the number beside
    it, and a shifted picture is compared."""
    unfold("inside.layers")
    page.locator(".classifier-layer_maps canvas:visible").last.click()  # the scores
    here = page.locator(".classifier-anatomy [aria-current]:visible")
    here.wait_for()
    unfold("inside.layers")
    page.locator(".classifier-anatomy .follow:visible").first.click()
    here.filter(has_not_text=text("terms.class_6")).wait_for()
    page.locator(".classifier-anatomy [data-down]:visible").click()
    here.filter(has_text=text("inside.picture")).wait_for()
    steps = page.locator(".classifier-anatomy .trail button:visible")
    steps.last.click()
    here.filter(has_not_text=text("inside.picture")).wait_for()
    before, column = here.inner_text(), page.get_by_label(text("inside.column"), exact=True)
    place = int(column.input_value())
    page.locator("canvas[aria-label^='features.']:visible").press("ArrowLeft" if place else "ArrowRight")
    here.filter(has_not_text=before).wait_for()
    assert abs(int(column.input_value()) - place) == 1
    unfold("inside.anatomy")
    unfold("inside.equivariance")
    page.locator(".look-for:visible").filter(has_text="cannot move exactly").wait_for()


def test_a_picture_is_moved_by_keys_and_its_map_put_on_trial(visit):
    page, text = visit("/?tab=classifier").page, text_in("en")

    def unfold(key: str) -> None:
        page.locator("button.label-wrap:visible").filter(has_text=text(key)).click()

    unfold("classifier.trial")
    names = page.locator(".ladder:visible .network")
    names.first.wait_for()
    assert names.count() == len(available())
    shown = "() => document.querySelector('.pad canvas').toDataURL()"
    before, pad = page.evaluate(shown), page.locator(".pad canvas:visible")
    for _ in range(4):
        pad.press("ArrowRight")
    # Twice in four a reader is quicker than the answer: what is shown at last is that of the last key.
    line = page.locator(".look-for:visible").filter(has_text=text("classifier.trial_measured").split("{")[0].strip())
    line.filter(has_text="percentage points").wait_for()
    moved = page.evaluate(shown)
    assert moved != before
    page.locator("[data-act=reset]:visible").click()
    page.wait_for_function(f"(before) => ({shown})() === before", arg=before)
    page.locator("[data-act=cover]:visible").click()
    pad.press("ArrowDown")
    pad.press(" ")
    page.locator("[data-act=move]:visible").click()  # the square of the space bar goes, the cover stays
    assert page.evaluate(shown) != before
    page.locator("[data-act=reset]:visible").click()
    page.wait_for_function(f"(before) => ({shown})() === before", arg=before)
    unfold("classifier.trust")
    page.get_by_role("button", name=text("classifier.trust_start")).click()
    maps = page.locator("#classifier-randomised canvas:visible")
    maps.nth(5).wait_for()
    page.get_by_role("button", name=text("methods.measure")).click()
    numbers = page.locator(".classifier-trust:visible p b")
    numbers.nth(1).wait_for()
    look_inside(page, text, unfold)
    page.locator(".sample-picker .thumbnail:visible").nth(9).click()
    maps.first.wait_for(state="hidden")
    numbers.first.wait_for(state="hidden")


def test_sections_follow_the_picture_and_a_cell_of_the_confusion_matrix_leads_to_its_images(visit):
    page, text = visit("/zh?tab=classifier").page, text_in("zh")

    def unfold(key: str) -> None:
        page.locator("button.label-wrap:visible").filter(has_text=text(f"garments.{key}")).click()

    for key in ("unlike_title", "channels_title", "similar_title"):
        unfold(key)
    for key in ("kind_stripes", "channels_shares"):
        page.get_by_text(text(f"garments.{key}"), exact=True).first.wait_for()
    line = page.locator(".look-for:visible").filter(
        has_text=text("garments.similar_look").split("}")[1].split("{")[0].strip()
    )
    line.filter(has_text=text("terms.class_6")).wait_for()
    page.locator(".sample-picker .thumbnail:visible").nth(9).click()
    line.filter(has_text=text("terms.class_9")).wait_for()
    assert wait_for_chinese_only(page) == []

    cell = page.locator("#classifier-confusion g.heatmaplayer").first
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    page.mouse.click(
        box["x"] + 0.05 * box["width"], box["y"] + 0.65 * box["height"]
    )  # a shirt that is called a T-shirt
    links = page.locator(".classifier-cell a:visible")
    links.last.click()
    page.wait_for_url("**sample=*")
    verdict = page.locator(".look-for:not(.stale):visible").filter(has_text=text("terms.class_6"))
    verdict.filter(has_text=text("terms.class_0")).first.wait_for()
    assert page.locator(".sample-picker .sample-name:visible").inner_text() == text("app.other_sample")


def test_a_drawing_is_still_there_when_its_square_comes_back(visit):
    page = visit("/?tab=classifier").page
    ink = """() => { const sheet = document.querySelector('.sketch canvas');
      return sheet && sheet.getContext('2d').getImageData(0, 0, sheet.width, sheet.height).data
        .filter((value, index) => index % 4 === 0 && value > 0).length; }"""

    choose_source(page, "drawing", "en")
    sheet = page.locator(".sketch canvas:visible")
    box = sheet.bounding_box()
    corner = "(sheet) => [...sheet.getContext('2d').getImageData(0, 0, 1, 1).data]"
    assert sheet.evaluate(corner) == [0, 0, 0, 255], "white ink shows on black only"
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 22, box["y"] + 150, steps=5)
    page.mouse.up()
    drawn = page.evaluate(ink)
    assert drawn > 0
    steps = page.locator(".maps:visible").first.locator("canvas")
    row = page.locator(".maps:visible").first.element_handle()
    page.wait_for_function("(host) => host.querySelectorAll('canvas').length > 2", arg=row)
    heights = steps.evaluate_all("(all) => all.map((canvas) => canvas.getBoundingClientRect().height)")
    assert max(heights) <= 150, "a tall crop makes the row jump"
    choose_source(page, "sample", "en")
    sheet.wait_for(state="hidden")
    choose_source(page, "drawing", "en")
    sheet.wait_for()
    page.wait_for_function(f"() => ({ink})() === {drawn}")


# ---- bad input --------------------------------------------------------------------------------------------------


def test_bad_numbers_of_the_convolution_are_told_and_mended(visit):
    """On a page that a link opened, which sets or skips each slider, for which Gradio builds it again."""
    page, text = visit("/zh?tab=convolution&padding=1").page, text_in("zh")
    settle(page)
    stride = page.locator(f'input[type=number][aria-label*="{text("terms.stride")}"]:visible').first
    stride.fill("9")
    wait_for_problem(page, text("errors.too_large", name=text("terms.stride"), maximum=4, value=9))
    stride.blur()  # what is left out of bounds is computed as what it then says
    wait_for_no_problem(page)
    assert stride.input_value() == "4"
    stride.fill("0")
    stride.press("Enter")
    wait_for_problem(page, text("errors.too_small", name=text("terms.stride"), minimum=1, value=0))
    stride.fill("")
    stride.press("Enter")
    wait_for_problem(page, text("errors.empty", name=text("terms.stride")))
    see_change(page, lambda: slide(page, text("terms.stride"), 3))
    wait_for_no_problem(page)
    cell = page.locator(".kernel-grid input:visible").first
    for wrong in ("abc", "", "nan", "1e30"):
        cell.fill(wrong)
        wait_for_problem(page)
    see_change(page, lambda: cell.fill("5"))
    wait_for_no_problem(page)


def test_every_model_stands_in_the_list_and_layer_numbers_that_one_does_not_have_are_told(visit):
    page, text = visit().page, text_in("en")
    open_tab(page, "receptive_field", "en")
    canvas = page.locator("#receptive-field-canvas canvas").first
    see_change(page, lambda: canvas.click(position={"x": 4, "y": 4}))  # a click on the image chooses the unit there
    page.get_by_text("unit (0, 0)").locator("visible=true").first.wait_for()
    page.get_by_label(text("terms.model"), exact=True).locator("visible=true").first.click()
    shown = [title.strip("✓ \n") for title in page.get_by_role("option").all_inner_texts()]
    catalogue = [entry.title for entry in MODELS.values()]
    assert shown[: len(catalogue) + 1] == [*catalogue, text("receptive_field.network_table")]
    others = [f"torchvision {entry.title}" for entry in TORCHVISION_CLASSIFIERS.values()]
    assert set(shown[len(catalogue) + 1 :]) <= set(others)
    see_change(page, page.get_by_role("option", name="ResNet-18", exact=True).click)
    number = page.locator("#receptive-field-layer input[type=number]")
    for wrong in ("-3", "2.5", ""):
        number.fill(wrong)
        wait_for_problem(page, text("terms.layer"))
    see_change(page, lambda: number.fill("12"))
    wait_for_no_problem(page)


def write_uploads(folder) -> None:
    """A picture, and files that are none or too large."""
    Image.radial_gradient("L").resize((200, 200)).save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 3])
    (folder / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
    (folder / "large.png").write_bytes(b"\x89PNG" + bytes(6 * 2**20))
    (folder / "words.txt").write_text("no picture")
    Image.radial_gradient("L").resize((200, 200)).save(folder / "whole.png")


LENT = """
Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: () => Promise.reject(new Error("denied")) } });
let copied = [];
Object.defineProperty(navigator, "clipboard", { value: { read: async () => copied } });
window.copy = (type, size) => {
  copied = [{ types: [type], getType: async () => new Blob([new Uint8Array(size)], { type }) }];
};
"""
LENT_NOTHING = (
    "for (const each of ['mediaDevices', 'clipboard']) Object.defineProperty(navigator, each, { value: undefined });"
)


def refuse_files(opened, text, folder) -> None:
    """Choose files: some are refused by the page, some by the server, and a picture ends each refusal."""
    page = opened.page
    chooser = page.locator(".tabitem:visible input[type=file]").first
    for name, sentence in (
        ("large.png", text("images.too_many_bytes", size="5MB")),
        ("words.txt", text("images.unknown")),
    ):
        chooser.set_input_files(folder / name)
        wait_for_problem(page, sentence)
        assert page.locator(".look-for.problem:visible").count() == 1
    assert not [url for _, url in opened.requests if "/upload" in url], "the page itself refuses them"
    see_change(page, lambda: chooser.set_input_files(folder / "whole.png"))
    wait_for_no_problem(page)
    clear_upload(page)
    for name, sentence in (("truncated.jpg", "images.damaged"), ("drawing.svg", "images.svg")):
        chooser.set_input_files(folder / name)
        wait_for_problem(page, text(sentence)[:30])
        clear_upload(page)
    see_change(page, lambda: chooser.set_input_files(folder / "whole.jpg"))
    wait_for_no_problem(page)


def ask_for_pictures(opened, language: str, pasted) -> None:
    """Turn on the camera, which is not lent, and paste: the kind and the size of what is copied, and what is told of it."""
    page, text = opened.page, text_in(language)
    choose_source(page, "camera", language)
    page.locator(".camera button:visible").first.click()
    wait_for_problem(page, text("images.no_camera"))
    choose_source(page, "upload", language)
    wait_for_no_problem(page)
    paste = page.get_by_label("Paste from clipboard").locator("visible=true").first
    for kind, size, key in pasted:
        page.evaluate("(given) => window.copy?.(...given)", [kind, size])
        paste.click()
        wait_for_problem(page, text(f"images.{key}", size="5MB"))
        (line,) = page.locator(".look-for.problem:visible").all()
        box = line.bounding_box()
        assert 0 <= box["y"] <= page.viewport_size["height"] - box["height"], "who needs it does not see it"
    assert not [url for _, url in opened.requests if "/upload" in url]


@pytest.mark.parametrize("language", PATHS)
def test_a_phone_scrolls_downwards_only_and_says_what_a_browser_without_https_does_not_lend(visit, language):
    """Over plain http from another machine, a browser has neither a camera nor a clipboard for a page."""
    opened = visit(PATHS[language], width=390, height=720, before=LENT_NOTHING)
    page = opened.page
    for wing in WINGS:
        open_tab(page, wing, language)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, wing
        assert page.evaluate(OUT_OF_REACH) == [], wing
    open_tab(page, "classifier", language)
    ask_for_pictures(opened, language, [("", 0, "no_clipboard")])


def test_what_the_browser_does_not_lend_and_files_that_are_no_picture_are_told_in_words(visit, tmp_path):
    opened, text = visit(before=LENT), text_in("en")
    page = opened.page
    open_tab(page, "classifier", "en")
    ask_for_pictures(opened, "en", [("text/plain", 9, "no_pasted"), ("image/png", 6 * 2**20, "too_many_bytes")])
    write_uploads(tmp_path)
    page.get_by_label("Upload file").locator("visible=true").first.click()
    refuse_files(opened, text, tmp_path)
    # The place for the file must not lie over the choice of another source.
    choose_source(page, "sample", "en")
    page.locator(".sample-picker:visible").first.wait_for()


def clear_upload(page) -> None:
    """Take the picture away, so that another can be chosen."""
    page.locator(".tabitem:visible .image-container .top-panel button:visible").first.click()
    page.locator(".tabitem:visible .image-frame").first.wait_for(state="detached")
