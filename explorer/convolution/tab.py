"""The convolution tab: a picture, a kernel, and everything that comes of the two."""

from __future__ import annotations

import html
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import gradio as gr
import numpy as np
import torch
from PIL import Image

from explorer.caches import remember
from explorer.checks import check_choice, check_flag, check_whole
from explorer.convolution.figures import (
    choose_sentence,
    draw_comparison,
    draw_experiment,
    draw_filters,
    draw_formula,
    draw_parameters,
    draw_pooling,
    draw_window,
    say_factor,
)
from explorer.convolution.kernels import (
    DECIMAL,
    MAX_IMAGE_SIZE,
    MAX_KERNEL_SIZE,
    MAX_KERNEL_VALUE,
    PRESETS,
    first_filters,
    is_preset,
    parse_image,
    parse_kernel,
    preset_cells,
    write_cells,
)
from explorer.convolution.maths import (
    Experiment,
    compute_pooling,
    conv2d_manual,
    count_conv_params,
    count_linear_params,
    measure_shift,
    run_experiment,
)
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.images import check_path, open_image
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_trained
from explorer.page.canvas import build_canvas
from explorer.page.events import PRIVATE, draw_look_for, draw_problem, wire
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.samples import build_sample_picker, check_sample
from explorer.page.scripts import mount
from explorer.page.sketch import build_sketch, read_sketch
from explorer.page.style import DIVERGING
from explorer.text import Text, text_in
from explorer.uploads import build_upload

SOURCES = ("tutorial", "sample", "upload", "drawing")
LEARNED = tuple(name for name, entry in MODELS.items() if entry.lends_filters)
OWN = "own"
FIRST_KERNEL = "horizontal"
CHOICES = (*PRESETS, *LEARNED, OWN)
MAX_STRIDE = 4
MAX_PADDING = 6
MAX_DILATION = 4
MAX_POOL = 4
MAX_CHANNELS = 64
MAX_SIDE = 224  # px, of the picture in the comparison of parameters
UPLOAD_SIDE = 56  # px, so that the loop in Python answers within 0.1 s
DRAWING_SIDE = 28  # px, as the clothes
DEFAULT_SAMPLE = 180  # an ankle boot

Cells = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Settings:
    """All that the reader has set, in the order of the components; as it came from the page until checked."""

    source: str = "tutorial"
    sample: int = DEFAULT_SAMPLE
    upload: str | None = None
    drawing: str | None = None
    cells: Cells = tuple(map(tuple, preset_cells(FIRST_KERNEL)))
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    flip: bool = False
    pool_size: int = 2
    in_channels: int = 3
    out_channels: int = 16
    side: int = 28


# ---- what the page calls ----------------------------------------------------------------------------------------


def on_convolve(*values, language: str) -> list:
    """The sentence and all pictures for what is set."""
    settings, text = Settings(*values), text_in(language)
    picture = read_picture(settings)
    experiment = _run(picture, settings)
    return [
        choose_sentence(experiment, text),
        draw_experiment(experiment, text),
        draw_window(experiment, text),
        draw_comparison(experiment, text),
        draw_formula(experiment),
        *_draw_section(_pool, picture, settings, text),
        *_draw_section(_count_parameters, experiment, settings, text),
    ]


def on_setup(choice: str, *values, language: str) -> list:
    """As on_convolve for the chosen kernel; fills the matrix, and shows its filters and the place for the picture.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.
    """
    settings = Settings(*values)
    cells, filters = choose_kernel(choice, settings.cells)
    # Cells that stay are not sent back: more may have been typed meanwhile.
    written = gr.skip() if cells == settings.cells else cells
    settings = replace(settings, cells=cells)
    source = check_choice("convolution.source", settings.source, SOURCES)
    shown = [gr.update(visible=source == each) for each in SOURCES[1:]]
    extras = [written, filters, gr.update(visible=filters is not None), *shown]
    try:
        return [*on_convolve(*_in_order(settings), language=language), *extras]
    except InputError as error:
        # The controls follow all the same, or they would tell of other numbers than those computed with later.
        sentence = error.sentence(language)
        # Without a picture nothing is wrong yet: the place for it has only just appeared.
        is_new = source in ("upload", "drawing") and _is_blank(settings)
        line = gr.update(value=draw_look_for(html.escape(sentence), stale=True) if is_new else draw_problem(sentence))
        pictures = [line, *[gr.skip() for _ in range(NUM_PICTURES - 1)]]
        if is_new:  # nor is there one to pool
            pictures[POOL_LOOK] = line
        return [*pictures, *extras]


def on_open(choice: str, *values, language: str) -> list:
    """As on_setup, for a link, and the kernel's name: a link that only gives numbers means the reader's own."""
    if choice == FIRST_KERNEL and not is_preset(Settings(*values).cells, FIRST_KERNEL):
        choice = OWN
    return [*on_setup(choice, *values, language=language), choice]


def convolve(
    image: list,
    kernel: list,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    flip: bool = False,
    language: str = "en",
) -> dict:
    """Slide a kernel over an image, by a loop in Python and by PyTorch.

    Args:
        image: rows of numbers, at most 128 x 128.
        kernel: rows of numbers, at most 7 x 7.
        stride: pixels from one window to the next, 1 to 128.
        padding: zeros added on every side, 0 to 6.
        dilation: pixels from one number of the kernel to the next, 1 to 128.
        flip: turn the kernel by 180 degrees first (convolution in the strict sense).
        language: "en" or "zh", of the sentence if something is wrong.

    Returns:
        `output` (rows of numbers), `height`, `width`, `greatest_difference` between the two ways,
        `manual_seconds` and `torch_seconds`.

    Raises:
        InputError: something is no number, out of bounds, or the kernel does not fit.
    """
    stride = check_whole("terms.stride", stride, 1, MAX_IMAGE_SIZE)
    dilation = check_whole("terms.dilation", dilation, 1, MAX_IMAGE_SIZE)
    padding = check_whole("terms.padding", padding, 0, MAX_PADDING)
    flip = check_flag("convolution.flip", flip)
    experiment = run_experiment(parse_image(image), parse_kernel(kernel), stride, padding, dilation, flip)
    comparison = experiment.comparison
    height, width = comparison.torch_result.shape
    return {
        "output": comparison.torch_result.tolist(),
        "height": height,
        "width": width,
        "greatest_difference": comparison.greatest_difference,
        "manual_seconds": comparison.manual_seconds,
        "torch_seconds": comparison.torch_seconds,
    }


# ---- from what is set to what is computed -----------------------------------------------------------------------


def read_picture(settings: Settings) -> torch.Tensor:
    """(H, W) float32 picture on the scale 0..1.

    Raises:
        InputError: there is none yet, or it cannot be read.
    """
    source = check_choice("convolution.source", settings.source, SOURCES)
    if source == "sample":
        return load_sample().images[check_sample(settings.sample)].float() / 255
    if source == "upload":
        return _read_upload(check_path(settings.upload))
    if source == "drawing":
        return _read_drawing(settings.drawing)
    picture = torch.zeros(6, 6)
    picture[:3] = 1
    return picture


@remember(megabytes=4)
def _read_upload(path: str | None) -> torch.Tensor:
    """The upload at no more than UPLOAD_SIDE px a side. The name of an uploaded file holds its checksum."""
    return torch.from_numpy(np.array(open_image(path, UPLOAD_SIDE))).float() / 255


def _read_drawing(drawing: str | None) -> torch.Tensor:
    """The drawing at the size of the clothes."""
    ink = read_sketch(drawing)
    if ink is None:
        raise InputError("convolution.no_drawing")
    image = Image.fromarray(ink).resize((DRAWING_SIDE, DRAWING_SIDE), Image.Resampling.BOX)
    return torch.from_numpy(np.array(image)).float() / 255


def choose_kernel(choice: str, cells: Cells) -> tuple[Cells, dict | None]:
    """The cells of the chosen kernel and, of a network, the picture of its filters.

    Cells that already hold one of the network's filters stay as they are.

    Raises:
        InputError: there is no such kernel, or the network has not been trained here.
    """
    check_choice("terms.kernel", choice, CHOICES)
    if choice == OWN:
        return cells, None
    if choice in PRESETS:
        return preset_cells(choice), None
    filters = learned_filters(choice)
    written = [write_cells(each) for each in filters]
    index = written.index(cells) if cells in written else 0
    return written[index], draw_filters(filters, index)


def learned_filters(name: str) -> torch.Tensor:
    """(N, kH, kW) filters of the first layer of a trained network.

    Raises:
        InputError: its weights are missing or damaged.
    """
    try:
        return first_filters(load_trained(name))
    except CheckpointError as error:
        raise InputError("convolution.no_weights", model=MODELS[name].title) from error


def _run(picture: torch.Tensor, settings: Settings) -> Experiment:
    stride = check_whole("terms.stride", settings.stride, 1, MAX_STRIDE)
    padding = check_whole("terms.padding", settings.padding, 0, MAX_PADDING)
    dilation = check_whole("terms.dilation", settings.dilation, 1, MAX_DILATION)
    flip = check_flag("convolution.flip", settings.flip)
    kernel = parse_kernel(settings.cells)
    return _run_cached(_freeze(picture), _freeze(kernel), stride, padding, dilation, flip)


@remember(megabytes=16)
def _run_cached(picture: tuple, kernel: tuple, *rest) -> Experiment:
    """Cached so that a setting that does not concern the loop does not run it, and measure it, again."""
    return run_experiment(_thaw(picture), _thaw(kernel), *rest)


def _freeze(matrix: torch.Tensor) -> tuple[tuple[int, ...], bytes]:
    """A matrix of float32 as what can be looked up."""
    return tuple(matrix.shape), matrix.numpy().tobytes()


def _thaw(frozen: tuple[tuple[int, ...], bytes]) -> torch.Tensor:
    shape, values = frozen
    return torch.frombuffer(bytearray(values), dtype=torch.float32).view(shape)


def _draw_section(draw: Callable, subject: torch.Tensor | Experiment, settings: Settings, text: Text) -> list:
    """Line and picture of a section below; what is wrong there is said there: the convolution is right all the same."""
    try:
        return draw(subject, settings, text)
    except InputError as error:
        return [draw_problem(error.sentence(text.language)), gr.skip()]


def _pool(picture: torch.Tensor, settings: Settings, text: Text) -> list:
    size = check_whole("terms.kernel_size", settings.pool_size, 1, MAX_POOL)
    if size > min(picture.shape):
        height, width = picture.shape
        raise InputError("convolution.window_too_large", size=size, height=height, width=width)
    check, overall = measure_shift(picture, size), _shift_over_samples(size)
    sentence = text(
        "convolution.look_pooling" if check.windows else "convolution.look_pooling_blank",
        unchanged=check.unchanged,
        windows=check.windows,
        overall=f"{overall:.0%}",
    )
    return [draw_look_for(sentence), draw_pooling(picture, compute_pooling(picture, size), text)]


@lru_cache(maxsize=MAX_POOL)
def _shift_over_samples(size: int) -> float:
    """Share of the maxima that stay when a picture moves by one pixel, over all sample clothes."""
    checks = [measure_shift(image.float(), size) for image in load_sample().images]
    return sum(check.unchanged for check in checks) / sum(check.windows for check in checks)


def _count_parameters(experiment: Experiment, settings: Settings, text: Text) -> list:
    channels = (
        check_whole("terms.in_channels", settings.in_channels, 1, MAX_CHANNELS),
        check_whole("terms.out_channels", settings.out_channels, 1, MAX_CHANNELS),
    )
    side = check_whole("terms.input_size", settings.side, 1, MAX_SIDE)
    size = tuple(experiment.kernel.shape)
    conv = count_conv_params(*channels, *size)
    linear = count_linear_params(*(each * side**2 for each in channels))
    sentence = text("convolution.look_parameters", factor=say_factor(linear.total / conv.total), side=side)
    return [draw_look_for(sentence), draw_parameters(conv, linear, channels, size, side, text)]


def read_cells(words: str) -> list[list[str]] | None:
    """The cells of a kernel as a link writes them, "1,0,-1;2,0,-2", or None where that is no matrix of at most 7 x 7.

    What stands in a cell is not looked at here: a wrong one is said where all wrong cells are said.
    """
    rows = [row.split(",") for row in words.split(";")]
    fits = len(rows) <= MAX_KERNEL_SIZE and len({len(row) for row in rows}) == 1 and len(rows[0]) <= MAX_KERNEL_SIZE
    return rows if fits and words else None


def _in_order(settings: Settings) -> list:
    return [getattr(settings, name) for name in Settings.__dataclass_fields__]


def _is_blank(settings: Settings) -> bool:
    return (settings.upload if settings.source == "upload" else settings.drawing) is None


# ---- layout -----------------------------------------------------------------------------------------------------

NUM_PICTURES = 9  # what on_convolve returns
POOL_LOOK = 5  # which of them is the line above the pooled pictures


def build_tab(language: str) -> Wing:
    """Lay the tab out in that language and wire it."""
    text = text_in(language)
    default = Settings()
    first = on_convolve(*_in_order(default), language=language)
    build_intro("convolution", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            source = gr.Radio(_named(SOURCES, "source", text), value=default.source, label=text("convolution.source"))
            with gr.Column(visible=False) as sample_place:
                sample = build_sample_picker(language, default.sample)
            with gr.Column(visible=False) as upload_place:
                place = {"placeholder": text("images.drop_here"), "height": 150, "show_label": False}
                upload = build_upload(text("images.upload"), **place)
                gr.HTML(f'<p class="intro">{text("convolution.scaled", side=UPLOAD_SIDE)}</p>')
            with gr.Column(visible=False) as drawing_place:
                drawing = build_sketch(text("images.sketch"), text("convolution.clear"))
            choices = _kernel_choices(text)
            kernel = gr.Dropdown(choices, value=FIRST_KERNEL, label=text("terms.kernel"), filterable=False)
            with gr.Column(visible=False) as filters_place:
                filters = build_canvas(None, taker="takeFilter")
            editor = _build_editor(default.cells, text)
            with gr.Row():
                stride = _slider("terms.stride", 1, MAX_STRIDE, default.stride, text)
                padding = _slider("terms.padding", 0, MAX_PADDING, default.padding, text)
            with gr.Row():
                dilation = _slider("terms.dilation", 1, MAX_DILATION, default.dilation, text)
                flip = gr.Checkbox(default.flip, label=text("convolution.flip"), min_width=120)
        with picture_column():
            look_for = build_look_for(first[0])
            maps = build_canvas(first[1], elem_id="convolution-maps")
            window = _build_window(first[2])
            with gr.Row(equal_height=True):
                with gr.Column(min_width=320):
                    formula = gr.HTML(first[4], elem_classes="convolution-formula")
                with gr.Column(min_width=320):
                    compared = gr.HTML(first[3])
    _build_heading(text("convolution.pooling"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            pool_size = _slider("convolution.pool_size", 1, MAX_POOL, default.pool_size, text)
        with picture_column():
            pool_look = gr.HTML(first[5], elem_classes="look-for-line")
            pool_maps = build_canvas(first[6])
    _build_heading(text("convolution.parameters"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            in_channels = _slider("terms.in_channels", 1, MAX_CHANNELS, default.in_channels, text)
            out_channels = _slider("terms.out_channels", 1, MAX_CHANNELS, default.out_channels, text)
            side = _slider("convolution.side", 1, MAX_SIDE, default.side, text)
        with picture_column():
            count_look = gr.HTML(first[7], elem_classes="look-for-line")
            counts = gr.HTML(first[8], apply_default_css=False)
    with gr.Accordion(text("convolution.code"), open=False):
        gr.Markdown(f"```python\n{inspect.getsource(conv2d_manual)}```")
    build_explanation("convolution", language)

    inputs = [
        source, sample, upload, drawing, editor, stride, padding, dilation, flip,
        pool_size, in_channels, out_channels, side,
    ]  # fmt: skip
    pictures = [look_for, maps, window, compared, formula, pool_look, pool_maps, count_look, counts]
    setup = [*pictures, editor, filters, filters_place, sample_place, upload_place, drawing_place]
    changed = [sample, upload, drawing, stride, padding, dilation, flip, pool_size, in_channels, out_channels, side]
    # A preset fills the matrix at once, or its late answer would undo what is typed meanwhile.
    fill = "(kernel, cells) => [cnnExplorer.presetOf(kernel) ?? cells]"
    kernel.input(None, [kernel, editor], [editor], js=fill, **PRIVATE)
    # Who types has a kernel of his own; the handler below, which Gradio calls after this, hears of it already.
    typed = "(kernel) => cnnExplorer.takeTyped() ? " + json.dumps(OWN) + " : kernel"
    editor.input(None, [kernel], [kernel], js=typed, **PRIVATE)
    triggers = [source.input, kernel.input, editor.input, editor.submit, *(each.input for each in changed)]
    wire(triggers, on_setup, [kernel, *inputs], setup, language)
    links = {
        "input": source, "sample": sample, "kernel": kernel, "cells": editor,
        "stride": stride, "padding": padding, "dilation": dilation, "flip": flip,
        "pool_size": pool_size, "in_channels": in_channels, "out_channels": out_channels, "side": side,
    }  # fmt: skip
    return Wing("convolution", links, on_open, [kernel, *inputs], [*setup, kernel], {"cells": read_cells})


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
        # The template holds no property, so that a new value never draws the fields anew under the cursor.
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
