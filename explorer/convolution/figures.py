"""What the convolution wing shows: maps for the canvas, tables and formulas as HTML and Markdown."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from explorer.convolution.kernels import DECIMAL, MAX_KERNEL_VALUE, write_cells
from explorer.convolution.maths import (
    CLOSE,
    Experiment,
    ParameterCount,
    Pooling,
    ShiftCheck,
    output_sizes,
)
from explorer.convolution.session import SIDES
from explorer.page.canvas import MOST_NUMBERED, SCALES, Map, draw_maps, format_number, make_sheet
from explorer.page.style import ROLES
from explorer.page.unbroken import keep_whole
from explorer.text import LANGUAGES, Text, join_sentences

PICTURE_HEIGHT = 300  # px, so that the sum and the formula stand below it on one screen
KERNEL_CELL = 24  # px, so that its numbers can be read beside a picture with small cells
POOLING_HEIGHT = 300
# Name in playground.js -> key of the sentence.
_WORDS = {
    "label": "label", "input": "map_input", "kernel": "map_kernel", "products": "map_products", "result": "map_result",
    "back": "map_back", "share": "map_share", "sum": "sum", "size": "size", "sizePadded": "size_padded", "dropped": "dropped",
    "keys": "window_keys", "weightKeys": "weight_keys", "hint": "window_hint", "more": "window_more",
    "same": "same", "different": "different",
    "apart": "apart", "backLine": "back_line",
    "player": "player", "play": "play", "pause": "pause", "on": "step_on", "time": "time", "place": "place",
    "speed": "speed", "perSecond": "per_second", "stepBack": "step_back",
    "cellEmpty": "cell_empty", "cellNotANumber": "cell_not_a_number", "cellTooLarge": "cell_too_large",
    "doesNotFit": "does_not_fit", "doesNotFitApart": "does_not_fit_apart",
    "tooMuchReflect": "padding_reflect", "tooMuchCircular": "padding_circular",
}  # fmt: skip
# Settings whose controls bear the id "convolution-NAME", and which the page hears of before Gradio tells them.
HEARD_AT_ONCE = ("source", "sample", "drawing", "cells", "stride", "padding", "dilation", "flip", "mode", "transposed")
_ERRORS = {
    "empty": "empty",
    "notANumber": "not_a_number",
    "tooSmall": "too_small",
    "tooLarge": "too_large",
    "notWhole": "not_whole",
}
FILTER_HEIGHT = 104
_ROUNDING = 1e-6  # of all that is added up: what float32 may miss
FILTER_COLUMNS = 44  # cells in a row of learned filters: 11 filters of 3 x 3, 7 of 5 x 5


def tell_page(
    first: Mapping[str, object], tutorial: Sequence[Sequence[int]], limits: Mapping, own: str, text: Text
) -> dict:
    """What playground.js must know: the first state, limits, the grammar of a cell, colours and sentences.

    Args:
        first: the state that the tab opens with.
        tutorial: the pixels of the built-in picture, 0 or 1.
        limits: least and greatest number of each setting, and under "sides" of those for single sides.
        own: the name that the reader's own kernel has.
        text: sentences in the page's language.
    """
    words = {name: text(f"convolution.{key}") for name, key in _WORDS.items()}
    words |= {name: text(f"errors.{key}").replace("!r", "") for name, key in _ERRORS.items()}
    return {
        "first": first,
        "tutorial": tutorial,
        "limits": limits,
        "controls": {f"convolution-{name}": name for name in HEARD_AT_ONCE},
        "own": own,
        "decimal": DECIMAL,
        "limit": MAX_KERNEL_VALUE,
        "names": {name: text(f"terms.{name}") for name in ("stride", "padding", "dilation", "kernel")},
        "words": words,
        "scales": {name: SCALES[name] for name in ("grey", "signed")},
        "roles": ROLES,
        "joiner": LANGUAGES[text.language].sentence_joiner,
        "listJoiner": LANGUAGES[text.language].list_joiner,
        "sides": {name: [text(f"convolution.side_{side}") for side in sides] for name, (sides, *_) in SIDES.items()},
        "height": PICTURE_HEIGHT,
        "kernelCell": KERNEL_CELL,
        "mostNumbered": MOST_NUMBERED,
    }


def draw_confirmed(of: Mapping[str, object], experiment: Experiment, back: torch.Tensor | None, text: Text) -> dict:
    """What the server says of a setting that the page has computed already, for playground.js.

    Args:
        of: the setting, as the page sent it.
        experiment: what came out.
        back: the transposed convolution of the result, or None where it is not asked for.
        text: sentences in the page's language.
    """
    comparison = experiment.comparison
    return {
        "of": of,
        "shape": list(comparison.torch_result.shape),
        "result": encode_floats(comparison.torch_result),
        "back": None if back is None else encode_floats(back),
        "difference": comparison.greatest_difference,
        "times": text(
            "convolution.times",
            factor=say_factor(comparison.manual_seconds / comparison.torch_seconds),
            manual=format_time(comparison.manual_seconds),
            torch=format_time(comparison.torch_seconds),
        ),
    }


def encode_floats(values: torch.Tensor) -> str:
    """Base64 of little-endian float32, row by row."""
    return base64.b64encode(values.numpy().astype("<f4").tobytes()).decode("ascii")


def encode_pixels(picture: torch.Tensor) -> dict:
    """A picture on the scale 0..1 as the bytes that it was made from."""
    pixels = (picture * 255).round().to(torch.uint8)
    return {"shape": list(picture.shape), "pixels": base64.b64encode(pixels.numpy().tobytes()).decode("ascii")}


def say_factor(factor: float) -> str:
    """How many times as much: in whole numbers, below 10 in two digits."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"


def arrange_filters(filters: torch.Tensor) -> tuple[int, int]:
    """Filters in a row of the picture of (N, kH, kW) filters, and cells from one filter to the next."""
    pitch = filters.shape[2] + 1
    return min(len(filters), FILTER_COLUMNS // pitch), pitch


def draw_filters(filters: torch.Tensor, chosen: int) -> dict:
    """The (N, k, k) first-layer filters of a network side by side in one map, the chosen one outlined."""
    per_row, pitch = arrange_filters(filters)
    sheet, top, left = make_sheet(filters, per_row), chosen // per_row * pitch, chosen % per_row * pitch
    box = (top, left, top + pitch - 1, left + pitch - 1, "kernel")
    # What editor.js needs to take the filter that is clicked.
    taken = {"cells": [write_cells(each) for each in filters], "perRow": per_row, "pitch": pitch}
    return {**draw_maps([Map(sheet, numbers=False, boxes=[box])], max_height=FILTER_HEIGHT), "filters": taken}


def fill_article(conv: ParameterCount, linear: ParameterCount, **settings: int) -> dict[str, object]:
    """What the placeholders of the explanation stand for: two layers between the same maps.

    Args:
        conv: the convolution.
        linear: the fully connected layer.
        **settings: `in_channels`, `out_channels`, `side` of the maps, side of the `kernel`.
    """
    counts = {"conv": conv.total, "weights": linear.weights, "biases": linear.biases, "linear": linear.total}
    return {**settings, **{name: f"{count:,}" for name, count in counts.items()}}


def describe_shift(check: ShiftCheck, overall: ShiftCheck, text: Text) -> str:
    """How max pooling takes a shift of one picture, and how steady it is beside average pooling over all samples.

    Args:
        check: of the picture.
        overall: of all sample clothes, with the same windows.
        text: sentences in the page's language.
    """
    here = "look_pooling" if check.windows else "look_pooling_blank"
    steady = (overall.max_change > overall.average_change) - (overall.max_change < overall.average_change)
    said = [
        text(f"convolution.{here}", unchanged=check.unchanged, windows=check.windows),
        text(
            "convolution.look_pooling_overall",
            unchanged=f"{overall.unchanged / overall.windows:.0%}",
            close=f"{overall.close / overall.windows:.0%}",
            tolerance=f"{CLOSE:.0%}",
            max=f"{overall.max_change:.3f}",
            average=f"{overall.average_change:.3f}",
            pixels=f"{overall.pixel_change:.3f}",
        ),
    ]
    verdict = {1: "look_pooling_average", -1: "look_pooling_max"}.get(steady)
    return join_sentences([*said, text(f"convolution.{verdict}") if verdict else ""], text)


def draw_pooling(picture: torch.Tensor, pooling: Pooling, text: Text) -> dict:
    """The picture and its pooled versions, in cells of one size."""
    return draw_maps(list_pooling_maps(picture, pooling, text), max_height=POOLING_HEIGHT)


def list_pooling_maps(picture: torch.Tensor, pooling: Pooling, text: Text) -> list[Map]:
    """The maps of a pooling."""
    named = [
        ("convolution.map_input", picture),
        ("convolution.map_max", pooling.maximum),
        ("convolution.map_average", pooling.average),
        ("convolution.map_global", pooling.overall),
    ]
    return [
        Map(values, text(key), text("convolution.size", height=values.shape[0], width=values.shape[1]), scale="grey")
        for key, values in named
    ]


def draw_parameters(
    conv: ParameterCount,
    linear: ParameterCount,
    channels: tuple[int, int],
    kernel_size: tuple[int, int],
    side: int,
    text: Text,
) -> str:
    """The two counts with the arithmetic that gives them, as an HTML table."""
    in_channels, out_channels = channels
    in_features, out_features = (each * side**2 for each in channels)
    rows = [
        (
            text("convolution.row_conv", in_channels=in_channels, out_channels=out_channels),
            f"{out_channels} × {in_channels} × {kernel_size[0]} × {kernel_size[1]}",
            conv,
        ),
        (
            text("convolution.row_linear", in_features=f"{in_features:,}", out_features=f"{out_features:,}"),
            f"({in_channels} × {side} × {side}) × ({out_channels} × {side} × {side})",
            linear,
        ),
    ]
    heads = "".join(
        f"<th{' class=number' if index > 1 else ''}>{text(f'convolution.head_{name}')}</th>"
        for index, name in enumerate(("layer", "arithmetic", "weights", "biases", "total"))
    )
    body = "".join(
        f"<tr><td>{name}</td><td>{keep_whole(arithmetic)}</td>"
        + "".join(f"<td class=number>{number:,}</td>" for number in (count.weights, count.biases, count.total))
        + "</tr>"
        for name, arithmetic, count in rows
    )
    table = f'<table class="cnn-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="cnn-table-scroll">{table}</div>'


def choose_sentence(experiment: Experiment, text: Text) -> str:
    """What to look at in this picture: at most two things that are set, else what the values say."""
    moves = experiment.moves
    parts = [
        _describe_flip(experiment, text) if experiment.flip else None,
        _describe_stride(experiment, text) if max(moves.stride) > 1 else None,
        _describe_dilation(experiment, text) if max(moves.dilation) > 1 and experiment.kernel.numel() > 1 else None,
        _describe_padding(experiment, text) if any(moves.padding) else None,
    ]
    said = [part for part in parts if part] or [_describe_values(experiment, text)]
    return join_sentences(said[:2], text)


def _describe_stride(experiment: Experiment, text: Text) -> str:
    height, width = experiment.comparison.torch_result.shape
    down, across = experiment.moves.stride
    full = output_sizes(experiment.picture.shape, experiment.kernel.shape, replace(experiment.moves, stride=(1, 1)))
    key, settings = (
        ("look_stride", {"stride": down}) if down == across else ("look_stride_apart", {"down": down, "across": across})
    )
    return text(f"convolution.{key}", **settings, height=height, width=width, full=f"{full[0]} × {full[1]}")


def _describe_dilation(experiment: Experiment, text: Text) -> str:
    sizes, dilation = experiment.kernel.shape, experiment.moves.dilation
    return text(
        "convolution.look_dilation",
        dilation=dilation[0] if dilation[0] == dilation[1] else f"{dilation[0]} × {dilation[1]}",
        kernel=" × ".join(str(size) for size in sizes),
        reach=" × ".join(str(step * (size - 1) + 1) for size, step in zip(sizes, dilation, strict=True)),
        count=experiment.kernel.numel(),
    )


def _describe_padding(experiment: Experiment, text: Text) -> str:
    cells = experiment.comparison.torch_result.numel()
    key = "look_padding" if experiment.moves.mode == "zeros" else f"look_padding_{experiment.moves.mode}"
    return text(f"convolution.{key}", border=experiment.border_cells, cells=cells)


def _describe_flip(experiment: Experiment, text: Text) -> str:
    turned_back = experiment.kernel.flip(0, 1)
    if experiment.flip_difference == 0:
        return text("convolution.look_flip_same")
    if torch.equal(turned_back, -experiment.kernel):
        return text("convolution.look_flip_sign")
    return text("convolution.look_flip_differs", difference=format_number(experiment.flip_difference))


def _describe_values(experiment: Experiment, text: Text) -> str:
    result = experiment.comparison.torch_result
    total = _clean_sum(experiment.kernel)
    least, greatest = float(result.min()), float(result.max())
    low, high = format_number(least), format_number(greatest)
    if greatest - least <= _ROUNDING * max(abs(least), abs(greatest)):
        return text("convolution.look_constant", value=low)
    if total == 0:
        strongest = result.flatten()[int(result.abs().argmax())]
        zeros = int((result.abs() <= _ROUNDING * experiment.kernel.abs().sum()).sum())
        return text(
            "convolution.look_zero_sum", zeros=zeros, cells=result.numel(), strongest=format_number(float(strongest))
        )
    if total == 1 and experiment.kernel.count_nonzero() == 1:
        return text("convolution.look_copy", low=low, high=high)
    if abs(total - 1) < 1e-3 and experiment.kernel.count_nonzero() > 1 and is_bright(experiment):
        return text("convolution.look_average", low=low, high=high)
    key = "look_sum_grey" if is_bright(experiment) else "look_sum"
    return text(f"convolution.{key}", sum=format_number(total), low=low, high=high)


def format_time(seconds: float) -> str:
    """A short time with its unit, three digits at most."""
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def is_bright(experiment: Experiment) -> bool:
    """No negative number anywhere: the result is a picture again and is shown as one."""
    return bool((experiment.kernel >= 0).all() and (experiment.picture >= 0).all())


def _clean_sum(kernel: torch.Tensor) -> float:
    """Sum of the kernel's numbers; 0 or 1 where float32 misses that by no more than it must."""
    total, size = float(kernel.double().sum()), float(kernel.double().abs().sum())
    return next((float(whole) for whole in (0, 1) if abs(total - whole) <= _ROUNDING * size), total)
