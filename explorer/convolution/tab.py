"""The convolution tab: a picture, a kernel, and everything that comes of the two."""

from __future__ import annotations

import html
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import gradio as gr

from explorer.convolution.backward_tab import build_backward
from explorer.convolution.channels_tab import build_channels
from explorer.convolution.figures import (
    choose_sentence,
    describe_shift,
    draw_confirmed,
    draw_filters,
    draw_parameters,
    draw_pooling,
    encode_pixels,
    fill_article,
    say_factor,
    tell_page,
)
from explorer.convolution.kernels import DECIMAL, MAX_KERNEL_SIZE, MAX_KERNEL_VALUE, PRESETS, is_preset, preset_cells
from explorer.convolution.learn_tab import build_learn
from explorer.convolution.maths import MODES, Experiment, Moves, compute_pooling, conv2d_manual
from explorer.convolution.prints import gather_prints
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
    SIDES,
    SOURCES,
    TUTORIAL,
    UPLOAD_SIDE,
    Cells,
    Settings,
    State,
    bring_back,
    choose_kernel,
    find_shift,
    is_blank,
    read_cells,
    read_layers,
    read_pool_size,
    read_sides,
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
from explorer.prints.keeping import build_keeping
from explorer.text import Text, join_sentences, text_in
from explorer.uploads import build_upload

# What the page computes with, in the order of `echoOf` in playground.js.
FOLLOWED = (
    "source", "sample", "upload", "drawing", "kernel", "cells", "stride", "padding", "dilation", "flip", "mode", "sides", "transposed",
)  # fmt: skip
# Part of a turn of the loop -> how the line begins that computes it; player.js lights them one after the other.
LOOP_PARTS = {"place": "top, left =", "window": "window =", "sum": "output[row, column] ="}

# ---- what the page calls ----------------------------------------------------------------------------------------


def on_setup(kernel: str, *, language: str, **values) -> dict:
    """What the page cannot compute by itself for what is set: PyTorch's numbers, the sentence, and the sections below.

    The page asks when the hand rests. It has drawn the setting by then, and takes an answer only if it is about what is set now.

    Args:
        kernel: the chosen one, of `CHOICES`.
        language: of the page.
        **values: those of `Settings`.
    """
    cells, filters, number = choose_kernel(kernel, values["cells"])
    settings = Settings(**{**values, "cells": cells})
    controls = {
        "filters": Drawing((kernel, number), partial(draw_filters, filters, number)) if filters is not None else None,
        "filters_place": gr.update(visible=filters is not None),
    }
    if cells != values["cells"]:  # cells that stay are not sent back: more may have been typed meanwhile
        controls["cells"] = cells
    try:
        return {**draw_pictures(settings, kernel, text_in(language)), **controls}
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
        return {"look_for": gr.update(value=draw_problem(sentence)), "stage": {"problem": True}}
    line = gr.update(value=draw_look_for(html.escape(sentence), stale=True))
    return {"look_for": line, "pool_look": line, "stage": {"problem": True}}


# ---- what it shows ----------------------------------------------------------------------------------------------


def draw_pictures(settings: Settings, kernel: str, text: Text) -> dict:
    """The sentence, what confirms the page's numbers, and the pictures of the sections below.

    Raises:
        InputError: there is nothing to convolve.
    """
    state = read_state(settings)
    experiment = run(state)
    confirmed = draw_confirmed(
        echo(settings, kernel), experiment, bring_back(state) if state.transposed else None, text
    )
    if settings.source == "upload":
        confirmed["picture"] = {"path": settings.upload, **encode_pixels(experiment.picture)}
    return {
        "look_for": join_sentences([choose_sentence(experiment, text), _invite(experiment, text)], text),
        "stage": confirmed,
        **_say_there("pool_look", partial(_draw_pooling, settings, state, text), text),
        **_say_there("count_look", partial(_draw_counts, settings, state, text), text),
    }


def echo(settings: Settings, kernel: str) -> dict:
    """The state as playground.js has it (`echoOf`), so that the page knows what an answer is about."""
    values = {name: kernel if name == "kernel" else getattr(settings, name) for name in FOLLOWED}
    return {name: None if name in SOURCES[1:] and name != settings.source else value for name, value in values.items()}


def _invite(experiment: Experiment, text: Text) -> str:
    """What to do next, where nothing is set yet that is spoken of."""
    moves = experiment.moves
    is_plain = moves == Moves() and not experiment.flip
    return text("convolution.look_point") if is_plain else ""


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
    drawings = draw_pictures(default, FIRST_KERNEL, text)
    first = make_all(drawings)
    build_intro("convolution", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls, places = _build_controls(default, text)
        with picture_column():
            pictures = {"look_for": build_look_for(first["look_for"]), "stage": _build_stage(first["stage"], text)}
            with gr.Accordion(text("convolution.code"), open=False):
                _build_loop()
            with gr.Accordion(text("convolution.take"), open=False):
                _build_take(text)
    _build_heading(text("convolution.pooling"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            sections = {"pool_size": _slider("convolution.pool_size", 1, MAX_POOL, default.pool_size, text)}
        with picture_column():
            pictures["pool_look"] = gr.HTML(first["pool_look"], elem_classes="look-for-line")
            pictures["pool_maps"] = build_canvas(first["pool_maps"])
    _build_heading(text("convolution.parameters"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            sections |= {
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
    keeps = build_keeping(
        "convolution",
        gather_prints,
        {**controls, **sections},
        language,
        more=partial(_say_sections, language),
        tells="cnnExplorer.withSections",
    )
    build_explanation("convolution", language, **_fill_article(default))
    shown = build_shown(drawings)
    _wire_page(controls, places)
    _wire_kernel(controls)
    filters = {name: places[name] for name in ("filters", "filters_place")}
    inputs = {**controls, **sections, SHOWN: shown}
    outputs = {**pictures, "cells": controls["cells"], **filters, SHOWN: shown}
    triggers = [each.input for each in (pictures["stage"], *sections.values(), shown)]
    wire(triggers, on_setup, inputs, outputs, language)
    links = {
        name: each
        for name, each in (*controls.items(), *sections.items())
        if name not in ("source", "upload", "drawing")
    }
    links = {"input": controls["source"], **links}
    opened = {**outputs, "kernel": controls["kernel"]}
    taker = Taker(controls["kernel"], gr.State(()))
    parsers = {"cells": read_cells, "sides": read_sides}
    return Wing("convolution", links, on_open, inputs, opened, parsers, takes=taker, keeps=keeps)


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
    controls = {
        "source": gr.Radio(
            sources, value=default.source, label=text("convolution.source"), elem_id="convolution-source"
        )
    }
    places = {}
    with gr.Column(visible=False) as places["sample_place"]:
        controls["sample"] = build_sample_picker(text.language, default.sample, elem_id="convolution-sample")
    with gr.Column(visible=False) as places["upload_place"]:
        place = {"placeholder": text("images.drop_here"), "height": 150, "show_label": False}
        controls["upload"] = build_upload(text("images.upload"), **place)
        gr.HTML(f'<p class="intro">{text("convolution.scaled", side=UPLOAD_SIDE)}</p>')
    with gr.Column(visible=False) as places["drawing_place"]:
        controls["drawing"] = build_sketch(
            text("images.sketch"), text("convolution.clear"), elem_id="convolution-drawing"
        )
    controls["kernel"] = gr.Dropdown(
        _kernel_choices(text), value=FIRST_KERNEL, label=text("terms.kernel"), filterable=False
    )
    with gr.Column(visible=False) as places["filters_place"]:
        places["filters"] = build_canvas(None, taker="takeFilter")
    controls["cells"] = _build_editor(default.cells, text)
    with gr.Row():
        controls["stride"] = _slider("terms.stride", 1, MAX_STRIDE, default.stride, text, elem_id="convolution-stride")
        controls["padding"] = _slider(
            "terms.padding", 0, MAX_PADDING, default.padding, text, elem_id="convolution-padding"
        )
    with gr.Row():
        controls["dilation"] = _slider(
            "terms.dilation", 1, MAX_DILATION, default.dilation, text, elem_id="convolution-dilation"
        )
        controls["flip"] = gr.Checkbox(
            default.flip, label=text("convolution.flip"), min_width=120, elem_id="convolution-flip"
        )
    with gr.Accordion(text("convolution.more"), open=False):
        controls["mode"] = gr.Radio(
            _named(MODES, "mode", text), value=default.mode, label=text("convolution.mode"), elem_id="convolution-mode"
        )
        controls["sides"] = _build_sides(text)
        controls["transposed"] = gr.Checkbox(
            default.transposed, label=text("convolution.transposed"), elem_id="convolution-transposed"
        )
    return controls, places


def _say_sections(language: str) -> None:
    """The sections that compute in the page tell their numbers only while they are open: keep.js."""
    text = text_in(language)
    words = text("prints.sections", section=text("descent.title"))
    gr.HTML(f'<p class="maps-line muted">{html.escape(words)}</p>', apply_default_css=False)


def _wire_page(controls: Components, places: Mapping[str, gr.blocks.Block]) -> None:
    """Let the page compute what is set, whoever sets it: a reader, a link, a preset or an answer."""
    followed = [controls[name] for name in FOLLOWED]
    tell = f"(...values) => cnnExplorer.follow(Object.fromEntries({json.dumps(FOLLOWED)}.map((name, place) => [name, values[place]])))"
    gr.on([each.change for each in followed], None, followed, None, js=tell, **PRIVATE)
    # The place where a picture comes from appears with its choice.
    shown = ", ".join(f'{{ visible: source === "{each}", __type__: "update" }}' for each in SOURCES[1:])
    controls["source"].change(
        None,
        [controls["source"]],
        [places[f"{each}_place"] for each in SOURCES[1:]],
        js=f"(source) => [{shown}]",
        **PRIVATE,
    )
    # A slider sets all sides, and a button the slider and the sides.
    sides = controls["sides"]
    for name in SIDES:
        join = f'(sides) => [cnnExplorer.joinSides(sides, "{name}")]'
        controls[name].input(None, [sides], [sides], js=join, **PRIVATE)
    sides.submit(None, None, [controls["padding"], sides], js="() => cnnExplorer.takeSides()", **PRIVATE)


def _wire_kernel(controls: Components) -> None:
    """Let the page itself set what follows from a kernel and from a typed number."""
    kernel, editor = controls["kernel"], controls["cells"]
    # A preset fills the matrix at once, or its late answer would undo what is typed meanwhile.
    fill = "(kernel, cells) => [cnnExplorer.fillKernel(kernel, cells)]"
    kernel.input(None, [kernel, editor], [editor], js=fill, **PRIVATE)
    # Who types has a kernel of his own; the handler, which Gradio calls after this, hears of it already.
    typed = "(kernel) => cnnExplorer.takeTyped() ? " + json.dumps(OWN) + " : kernel"
    editor.input(None, [kernel], [kernel], js=typed, **PRIVATE)


def _named(names: Sequence[str], kind: str, text: Text) -> list[tuple[str, str]]:
    return [(text(f"convolution.{kind}_{name}"), name) for name in names]


def _kernel_choices(text: Text) -> list[tuple[str, str]]:
    learned = [(text("convolution.learned", model=MODELS[name].title), name) for name in LEARNED]
    return [*_named(tuple(PRESETS), "kernel", text), *learned, *_named((OWN,), "kernel", text)]


def _slider(name: str, least: int, greatest: int, value: int, text: Text, **settings) -> gr.Slider:
    return build_slider(least, greatest, value, text(name), min_width=120, **settings)


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
        elem_id="convolution-cells",
        elem_classes="convolution-editor",
        apply_default_css=False,
    )


def _build_sides(text: Text) -> gr.HTML:
    """Numbers for single sides; its value is a list of rows, see `Settings.sides`."""
    words = {
        "same": text("convolution.same_size"),
        "valid": text("convolution.valid_size"),
        "noSame": text("convolution.no_same"),
        "sides": {
            name: {
                "title": text(f"terms.{name}"),
                "labels": [text(f"convolution.side_{side}") for side in sides],
                "least": least,
                "most": most,
            }
            for name, (sides, least, most) in SIDES.items()
        },
    }
    return gr.HTML(
        [],
        html_template=f'<div class="sides" data-words="{html.escape(json.dumps(words, ensure_ascii=False))}"></div>',
        js_on_load=mount("convolution/sides.js"),
        elem_classes="convolution-sides",
        apply_default_css=False,
    )


def _build_stage(confirmed: dict, text: Text) -> gr.HTML:
    """The maps, the window that moves over them, its sum, the formula, and what the server confirmed. stage.js draws them.

    Its value is what `draw_confirmed` says; its `input` asks for that.
    """
    limits = {
        "stride": [1, MAX_STRIDE],
        "padding": [0, MAX_PADDING],
        "dilation": [1, MAX_DILATION],
        "sides": {name: [least, most] for name, (_, least, most) in SIDES.items()},
    }
    known = tell_page(confirmed["of"], TUTORIAL, limits, OWN, text)
    template = (
        f'<div class="playground" data-known="{html.escape(json.dumps(known, ensure_ascii=False))}">'
        '<p class="look-for problem page-problem" role="alert" hidden></p>'
        '<div class="maps"></div><div class="player"></div><p class="window-sum" aria-live="polite"></p>'
        '<p class="dropped-line" hidden></p><p class="back-line" hidden></p><div class="formula-and-more">'
        '<div class="convolution-formula"><div class="formula-lines"></div></div><p class="compared"></p></div></div>'
    )
    return gr.HTML(
        confirmed,
        html_template=template,
        js_on_load=mount("convolution/stage.js"),
        elem_id="convolution-maps",
        elem_classes=["canvas", "convolution-playground"],
        apply_default_css=False,
    )


def _build_loop() -> gr.HTML:
    """The loop's code, without the lines of its docstring but the first; stage.js lights the line that runs."""
    source = inspect.getsource(conv2d_manual)
    head, docstring, body = source.split('"""')
    lines = f'{head}"""{docstring.strip().splitlines()[0]}"""{body}'.rstrip().splitlines()
    code = "".join(f"<span{_mark_line(line)}>{html.escape(line)}\n</span>" for line in lines)
    return gr.HTML(
        f'<pre class="loop-code"><code>{code}</code></pre>', elem_classes="convolution-code", apply_default_css=False
    )


def _mark_line(line: str) -> str:
    """Which part of a turn of the loop this line is, of PARTS in player.js."""
    part = next((part for part, start in LOOP_PARTS.items() if line.strip().startswith(start)), None)
    return f' data-part="{part}"' if part else ""


def _build_take(text: Text) -> gr.HTML:
    """The PyTorch code of what is on screen, which take.js writes, with a button that copies it."""
    words = {
        name: html.escape(text(f"convolution.{key}"))
        for name, key in (("folder", "take_folder"), ("flipped", "take_flipped"))
    }
    copy, copied = (html.escape(text(f"convolution.{key}")) for key in ("copy_code", "copied_code"))
    template = (
        f'<div class="take" data-folder="{words["folder"]}" data-flipped="{words["flipped"]}">'
        f'<button type="button" class="text-button" data-copied="{copied}">{copy}</button>'
        "<pre><code></code></pre></div>"
    )
    return gr.HTML(
        None,
        html_template=template,
        js_on_load=mount("convolution/take.js"),
        elem_classes="convolution-code",
        apply_default_css=False,
    )
