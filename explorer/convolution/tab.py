"""The convolution tab: a picture, a kernel, and everything that comes of the two."""

from __future__ import annotations

import html
import inspect
import json
from collections.abc import Callable, Sequence
from functools import partial

import gradio as gr

from explorer.checks import check_choice
from explorer.convolution.backward_tab import build_backward
from explorer.convolution.channels_tab import build_channels
from explorer.convolution.figures import (
    choose_sentence,
    describe_shift,
    draw_comparison,
    draw_experiment,
    draw_filters,
    draw_formula,
    draw_parameters,
    draw_pooling,
    draw_window,
    fill_article,
    say_factor,
)
from explorer.convolution.kernels import DECIMAL, MAX_KERNEL_SIZE, MAX_KERNEL_VALUE, PRESETS, is_preset, preset_cells
from explorer.convolution.learn_tab import build_learn
from explorer.convolution.maths import compute_pooling, conv2d_manual
from explorer.convolution.session import (
    FIRST_KERNEL,
    LEARNED,
    MAX_CHANNELS,
    MAX_DILATION,
    MAX_PADDING,
    MAX_POOL,
    MAX_SIDE,
    MAX_STRIDE,
    OWN,
    SOURCES,
    UPLOAD_SIDE,
    Cells,
    Settings,
    State,
    choose_kernel,
    find_shift,
    is_blank,
    read_cells,
    read_layers,
    read_pool_size,
    read_state,
    run,
    shift_over_samples,
    thaw,
)
from explorer.convolution.shifts_tab import build_shifts
from explorer.convolution.ways_tab import build_ways
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.page.canvas import build_canvas
from explorer.page.drawings import SHOWN, Drawing, build_shown, make_all
from explorer.page.events import PRIVATE, Components, draw_look_for, draw_problem, wire
from explorer.page.handing import Taker
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.samples import build_sample_picker
from explorer.page.scripts import mount
from explorer.page.sketch import build_sketch
from explorer.page.style import DIVERGING
from explorer.text import Text, text_in
from explorer.uploads import build_upload

# ---- what the page calls ----------------------------------------------------------------------------------------


def on_setup(kernel: str, *, language: str, **values) -> dict:
    """Everything for what is set: the sentence, all pictures, the matrix, and the place where the picture comes from.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.

    Args:
        kernel: the chosen one, of `CHOICES`.
        language: of the page.
        **values: those of `Settings`.
    """
    cells, filters, number = choose_kernel(kernel, values["cells"])
    settings = Settings(**{**values, "cells": cells})
    source = check_choice("convolution.source", settings.source, SOURCES)
    controls = {
        "filters": Drawing((kernel, number), partial(draw_filters, filters, number)) if filters is not None else None,
        "filters_place": gr.update(visible=filters is not None),
        **{f"{each}_place": gr.update(visible=source == each) for each in SOURCES[1:]},
    }
    if cells != values["cells"]:  # cells that stay are not sent back: more may have been typed meanwhile
        controls["cells"] = cells
    try:
        return {**draw_pictures(settings, text_in(language)), **controls}
    except InputError as error:
        # The controls follow all the same, or they would tell of other numbers than those computed with later.
        return {**_say_problem(error.sentence(language), is_blank(settings)), **controls}


def on_open(kernel: str, *, language: str, **values) -> dict:
    """As on_setup, for a link, and the kernel's name: a link that only gives numbers means the reader's own."""
    if kernel == FIRST_KERNEL and not is_preset(values["cells"], FIRST_KERNEL):
        kernel = OWN
    return {**on_setup(kernel, language=language, **values), "kernel": kernel}


def _say_problem(sentence: str, is_blank: bool) -> dict:
    """Without a picture nothing is wrong yet, for its place has only just appeared; nor is there one to pool."""
    if not is_blank:
        return {"look_for": gr.update(value=draw_problem(sentence))}
    line = gr.update(value=draw_look_for(html.escape(sentence), stale=True))
    return {"look_for": line, "pool_look": line}


# ---- what it shows ----------------------------------------------------------------------------------------------


def draw_pictures(settings: Settings, text: Text) -> dict:
    """The sentence and all pictures for what is set.

    Raises:
        InputError: there is nothing to convolve.
    """
    state = read_state(settings)
    experiment = run(state)
    shown = {
        "maps": partial(draw_experiment, experiment, text),
        "window": partial(draw_window, experiment, text),
        "compared": partial(draw_comparison, experiment, text),
        "formula": partial(draw_formula, experiment),
    }
    return {
        "look_for": choose_sentence(experiment, text),
        **{name: Drawing(state, make) for name, make in shown.items()},
        **_say_there("pool_look", partial(_draw_pooling, settings, state, text), text),
        **_say_there("count_look", partial(_draw_counts, settings, state, text), text),
    }


def _say_there(line: str, draw: Callable[[], dict], text: Text) -> dict:
    """A section below; what is wrong there is said there: the convolution is right all the same."""
    try:
        return draw()
    except InputError as error:
        return {line: draw_problem(error.sentence(text.language))}


def _draw_pooling(settings: Settings, state: State, text: Text) -> dict:
    size, picture = read_pool_size(settings, state), state.picture
    sentence = describe_shift(find_shift(picture, size), shift_over_samples(size), text)

    def draw() -> dict:
        return draw_pooling(thaw(picture), compute_pooling(thaw(picture), size), text)

    return {"pool_look": draw_look_for(sentence), "pool_maps": Drawing((picture, size), draw)}


def _draw_counts(settings: Settings, state: State, text: Text) -> dict:
    layers = read_layers(settings, state)
    conv, linear = layers.conv, layers.linear
    factor = say_factor(linear.total / conv.total)
    sentence = text("convolution.look_parameters", factor=factor, side=layers.side)
    channels = (layers.in_channels, layers.out_channels)
    draw = partial(draw_parameters, conv, linear, channels, layers.size, layers.side, text)
    return {"count_look": draw_look_for(sentence), "counts": Drawing(layers, draw)}


# ---- layout -----------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """Lay the tab out in that language and wire it."""
    text, default = text_in(language), Settings()
    drawings = draw_pictures(default, text)
    first = make_all(drawings)
    build_intro("convolution", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls, places = _build_controls(default, text)
        with picture_column():
            pictures = _build_pictures(first)
    _build_heading(text("convolution.pooling"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls["pool_size"] = _slider("convolution.pool_size", 1, MAX_POOL, default.pool_size, text)
        with picture_column():
            pictures["pool_look"] = gr.HTML(first["pool_look"], elem_classes="look-for-line")
            pictures["pool_maps"] = build_canvas(first["pool_maps"])
    _build_heading(text("convolution.parameters"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls |= {
                name: _slider(term, 1, most, getattr(default, name), text)
                for name, term, most in (
                    ("in_channels", "terms.in_channels", MAX_CHANNELS),
                    ("out_channels", "terms.out_channels", MAX_CHANNELS),
                    ("side", "convolution.side", MAX_SIDE),
                )
            }
        with picture_column():
            pictures["count_look"] = gr.HTML(first["count_look"], elem_classes="look-for-line")
            pictures["counts"] = gr.HTML(first["counts"], apply_default_css=False)
    build_learn(language)
    build_backward(language)
    build_channels(language)
    build_shifts(language)
    build_ways(language)
    with gr.Accordion(text("convolution.code"), open=False):
        gr.Markdown(f"```python\n{inspect.getsource(conv2d_manual)}```")
    build_explanation("convolution", language, **_fill_article(default))
    shown = build_shown(drawings)
    inputs, outputs = {**controls, SHOWN: shown}, {**pictures, "cells": controls["cells"], **places, SHOWN: shown}
    _wire_kernel(controls)
    triggers = [each.input for each in inputs.values()]
    wire([*triggers, controls["cells"].submit], on_setup, inputs, outputs, language)
    links = {name: each for name, each in controls.items() if name not in ("source", "upload", "drawing")}
    links = {"input": controls["source"], **links}
    opened = {**outputs, "kernel": controls["kernel"]}
    taker = Taker(controls["kernel"], gr.State(()))
    return Wing("convolution", links, on_open, inputs, opened, {"cells": read_cells}, takes=taker)


def _fill_article(default: Settings) -> dict[str, object]:
    """The article's example is what the tab opens with."""
    layers = read_layers(default, read_state(default))
    settings = {"in_channels": layers.in_channels, "out_channels": layers.out_channels, "side": layers.side}
    return fill_article(layers.conv, layers.linear, kernel=layers.size[0], **settings)


def _build_controls(
    default: Settings, text: Text
) -> tuple[dict[str, gr.components.Component], dict[str, gr.blocks.Block]]:
    """What is set beside the main picture, and what comes and goes with it."""
    sources = _named(SOURCES, "source", text)
    controls = {"source": gr.Radio(sources, value=default.source, label=text("convolution.source"))}
    places = {}
    with gr.Column(visible=False) as places["sample_place"]:
        controls["sample"] = build_sample_picker(text.language, default.sample)
    with gr.Column(visible=False) as places["upload_place"]:
        place = {"placeholder": text("images.drop_here"), "height": 150, "show_label": False}
        controls["upload"] = build_upload(text("images.upload"), **place)
        gr.HTML(f'<p class="intro">{text("convolution.scaled", side=UPLOAD_SIDE)}</p>')
    with gr.Column(visible=False) as places["drawing_place"]:
        controls["drawing"] = build_sketch(text("images.sketch"), text("convolution.clear"))
    controls["kernel"] = gr.Dropdown(
        _kernel_choices(text), value=FIRST_KERNEL, label=text("terms.kernel"), filterable=False
    )
    with gr.Column(visible=False) as places["filters_place"]:
        places["filters"] = build_canvas(None, taker="takeFilter")
    controls["cells"] = _build_editor(default.cells, text)
    with gr.Row():
        controls["stride"] = _slider("terms.stride", 1, MAX_STRIDE, default.stride, text)
        controls["padding"] = _slider("terms.padding", 0, MAX_PADDING, default.padding, text)
    with gr.Row():
        controls["dilation"] = _slider("terms.dilation", 1, MAX_DILATION, default.dilation, text)
        controls["flip"] = gr.Checkbox(default.flip, label=text("convolution.flip"), min_width=120)
    return controls, places


def _build_pictures(first: dict) -> dict[str, gr.components.Component]:
    """The main picture and the sentences around it."""
    pictures = {
        "look_for": build_look_for(first["look_for"]),
        "maps": build_canvas(first["maps"], elem_id="convolution-maps"),
        "window": _build_window(first["window"]),
    }
    with gr.Row(equal_height=True):
        with gr.Column(min_width=320):
            pictures["formula"] = gr.HTML(first["formula"], elem_classes="convolution-formula")
        with gr.Column(min_width=320):
            pictures["compared"] = gr.HTML(first["compared"])
    return pictures


def _wire_kernel(controls: Components) -> None:
    """Let the page itself set what follows from a kernel and from a typed number."""
    kernel, editor = controls["kernel"], controls["cells"]
    # A preset fills the matrix at once, or its late answer would undo what is typed meanwhile.
    fill = "(kernel, cells) => [cnnExplorer.presetOf(kernel) ?? cells]"
    kernel.input(None, [kernel, editor], [editor], js=fill, **PRIVATE)
    # Who types has a kernel of his own; the handler, which Gradio calls after this, hears of it already.
    typed = "(kernel) => cnnExplorer.takeTyped() ? " + json.dumps(OWN) + " : kernel"
    editor.input(None, [kernel], [kernel], js=typed, **PRIVATE)


def _named(names: Sequence[str], kind: str, text: Text) -> list[tuple[str, str]]:
    return [(text(f"convolution.{kind}_{name}"), name) for name in names]


def _kernel_choices(text: Text) -> list[tuple[str, str]]:
    learned = [(text("convolution.learned", model=MODELS[name].title), name) for name in LEARNED]
    return [*_named(tuple(PRESETS), "kernel", text), *learned, *_named((OWN,), "kernel", text)]


def _slider(name: str, least: int, greatest: int, value: int, text: Text) -> gr.Slider:
    return build_slider(least, greatest, value, text(name), min_width=120)


def _build_heading(words: str) -> gr.HTML:
    return gr.HTML(f"<h2>{words}</h2>", elem_classes=["part-heading", "bold"])


def _build_editor(cells: Cells, text: Text) -> gr.HTML:
    """The matrix of numbers; its value is a list of rows of text, as typed."""
    words = {
        "size": text("terms.kernel_size"),
        "rows": text("convolution.rows"),
        "columns": text("convolution.columns"),
        "cell": text("convolution.cell"),
        "scale": DIVERGING,
        "limit": MAX_KERNEL_VALUE,
        "maxSize": MAX_KERNEL_SIZE,
        "decimal": DECIMAL,
        "presets": {name: preset_cells(name) for name in PRESETS},
    }
    words_attribute = html.escape(json.dumps(words, ensure_ascii=False))
    return gr.HTML(
        [list(row) for row in cells],
        # The template holds no property, so that a new value never draws the fields again under the cursor.
        html_template=f'<div class="kernel-editor" data-words="{words_attribute}"></div>',
        js_on_load=mount("convolution/editor.js"),
        elem_classes="convolution-editor",
        apply_default_css=False,
    )


def _build_window(value: dict) -> gr.HTML:
    """The sum of one window, which follows the pointer in the page without asking the server."""
    return gr.HTML(
        value,
        html_template='<p class="window-sum" aria-live="polite"></p>',
        js_on_load=mount("convolution/window.js"),
        elem_classes="convolution-window",
        apply_default_css=False,
    )
