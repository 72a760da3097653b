"""What the convolution wing shows: maps for the canvas, tables and formulas as HTML and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from explorer.convolution.kernels import write_cells
from explorer.convolution.maths import (
    CLOSE,
    Experiment,
    ParameterCount,
    Pooling,
    ShiftCheck,
    conv_output_size,
    pad_map,
)
from explorer.page.canvas import Map, draw_maps, format_number, make_sheet
from explorer.text import Text, join_sentences

PICTURE_HEIGHT = 300  # px, so that arithmetic and formula stand below it on one screen
POOLING_HEIGHT = 300
KERNEL_CELL = 24  # px, so that its numbers can be read beside a picture with small cells
FILTER_HEIGHT = 104
_ROUNDING = 1e-6  # of all that is added up: what float32 may miss
FILTER_COLUMNS = 44  # cells in a row of learned filters: 11 filters of 3 x 3, 7 of 5 x 5


def draw_experiment(experiment: Experiment, text: Text) -> dict:
    """Input with its frame of zeros, kernel, result of the loop and of F.conv2d, in cells of one size."""
    comparison = experiment.comparison
    height, width = experiment.picture.shape
    padding = experiment.padding
    frame = [(padding, padding, padding + height, padding + width, "input")] if padding else []
    size_key = "convolution.size_padded" if padding else "convolution.size"
    result = {
        "scale": "grey" if _is_bright(experiment) else "signed",
        "limit": float(comparison.torch_result.abs().max()) or 1.0,
    }
    if result["scale"] == "grey":
        result["limit"] = max(1.0, result["limit"])
    maps = [
        Map(
            pad_map(experiment.picture, padding),
            text("convolution.map_input"),
            text(size_key, height=height, width=width, padding=padding),
            scale="grey",
            boxes=frame,
        ),
        Map(
            experiment.kernel,
            text("convolution.map_kernel"),
            text("convolution.size", height=experiment.kernel.shape[0], width=experiment.kernel.shape[1]),
            numbers=True,
            least_cell=KERNEL_CELL,
        ),
        Map(
            comparison.manual,
            text("convolution.map_manual"),
            _caption_result(comparison.manual, comparison.manual_seconds, text),
            **result,
        ),
        Map(
            comparison.torch_result,
            text("convolution.map_torch"),
            _caption_result(comparison.torch_result, comparison.torch_seconds, text),
            **result,
        ),
    ]
    return draw_maps(maps, max_height=PICTURE_HEIGHT, label=text("convolution.label"))


def draw_window(experiment: Experiment, text: Text) -> dict:
    """What window.js needs to outline a window and write out its sum, and the cell that it starts with."""
    result = experiment.comparison.torch_result
    strongest = int(result.abs().argmax())
    return {
        "padded": _rounded(pad_map(experiment.picture, experiment.padding)),
        "kernel": _rounded(experiment.kernel),
        "result": _rounded(result),
        "stride": experiment.stride,
        "padding": experiment.padding,
        "dilation": experiment.dilation,
        "cell": [strongest // result.shape[1], strongest % result.shape[1]],
        "words": {name: text(f"convolution.window_{name}") for name in ("hint", "keys", "more")},
    }


def say_factor(factor: float) -> str:
    """How many times as much: in whole numbers, below 10 in two digits."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"


def draw_comparison(experiment: Experiment, text: Text) -> str:
    """Greatest difference and the times of the two, in one line."""
    comparison = experiment.comparison
    key = "convolution.same" if comparison.greatest_difference == 0 else "convolution.different"
    return text(
        key,
        difference=f"{comparison.greatest_difference:.1e}",
        factor=say_factor(comparison.manual_seconds / comparison.torch_seconds),
        manual=format_time(comparison.manual_seconds),
        torch=format_time(comparison.torch_seconds),
    )


def draw_formula(experiment: Experiment) -> str:
    """The output-size formula with this setting's numbers, as HTML: drawn at once while a slider moves."""
    (height, width), (kernel_height, kernel_width) = experiment.picture.shape, experiment.kernel.shape
    if (height, kernel_height) == (width, kernel_width):
        return _fill_formula("HW", height, kernel_height, experiment)
    down = _fill_formula("H", height, kernel_height, experiment)
    return down + _fill_formula("W", width, kernel_width, experiment)


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
    named = [
        ("convolution.map_input", picture),
        ("convolution.map_max", pooling.maximum),
        ("convolution.map_average", pooling.average),
        ("convolution.map_global", pooling.overall),
    ]
    maps = [
        Map(values, text(key), text("convolution.size", height=values.shape[0], width=values.shape[1]), scale="grey")
        for key, values in named
    ]
    return draw_maps(maps, max_height=POOLING_HEIGHT)


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
        f"<tr><td>{name}</td><td>{arithmetic}</td>"
        + "".join(f"<td class=number>{number:,}</td>" for number in (count.weights, count.biases, count.total))
        + "</tr>"
        for name, arithmetic, count in rows
    )
    table = f'<table class="cnn-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="cnn-table-scroll">{table}</div>'


def choose_sentence(experiment: Experiment, text: Text) -> str:
    """What to look at in this picture: at most two things that are set, else what the values say."""
    parts = [
        _describe_flip(experiment, text) if experiment.flip else None,
        _describe_stride(experiment, text) if experiment.stride > 1 else None,
        _describe_dilation(experiment, text) if experiment.dilation > 1 and experiment.kernel.numel() > 1 else None,
        _describe_padding(experiment, text) if experiment.padding else None,
    ]
    said = [part for part in parts if part] or [_describe_values(experiment, text)]
    return join_sentences(said[:2], text)


def _describe_stride(experiment: Experiment, text: Text) -> str:
    height, width = experiment.comparison.torch_result.shape
    full = [
        conv_output_size(size, kernel_size, 1, experiment.padding, experiment.dilation)
        for size, kernel_size in zip(experiment.picture.shape, experiment.kernel.shape, strict=True)
    ]
    return text(
        "convolution.look_stride",
        stride=experiment.stride, height=height, width=width, full=f"{full[0]} × {full[1]}",
    )  # fmt: skip


def _describe_dilation(experiment: Experiment, text: Text) -> str:
    sizes = experiment.kernel.shape
    return text(
        "convolution.look_dilation",
        dilation=experiment.dilation,
        kernel=" × ".join(str(size) for size in sizes),
        reach=" × ".join(str(experiment.dilation * (size - 1) + 1) for size in sizes),
        count=experiment.kernel.numel(),
    )


def _describe_padding(experiment: Experiment, text: Text) -> str:
    cells = experiment.comparison.torch_result.numel()
    return text("convolution.look_padding", border=experiment.border_cells, cells=cells)


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
    if abs(total - 1) < 1e-3 and experiment.kernel.count_nonzero() > 1 and _is_bright(experiment):
        return text("convolution.look_average", low=low, high=high)
    key = "look_sum_grey" if _is_bright(experiment) else "look_sum"
    return text(f"convolution.{key}", sum=format_number(total), low=low, high=high)


def format_time(seconds: float) -> str:
    """A short time with its unit, three digits at most."""
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _is_bright(experiment: Experiment) -> bool:
    """No negative number anywhere: the result is a picture again and is shown as one."""
    return bool((experiment.kernel >= 0).all() and (experiment.picture >= 0).all())


def _clean_sum(kernel: torch.Tensor) -> float:
    """Sum of the kernel's numbers; 0 or 1 where float32 misses that by no more than it must."""
    total, size = float(kernel.double().sum()), float(kernel.double().abs().sum())
    return next((float(whole) for whole in (0, 1) if abs(total - whole) <= _ROUNDING * size), total)


def _caption_result(result: torch.Tensor, seconds: float, text: Text) -> str:
    return text("convolution.size_time", height=result.shape[0], width=result.shape[1], time=format_time(seconds))


def _fill_formula(sides: str, size: int, kernel_size: int, experiment: Experiment) -> str:
    stride, padding, dilation = experiment.stride, experiment.padding, experiment.dilation
    result = conv_output_size(size, kernel_size, stride, padding, dilation)
    names = "".join(f"<i>{side}</i><sub>out</sub> = " for side in sides)
    above = f"{size} + 2·{padding} − {dilation}·({kernel_size} − 1) − 1"
    fraction = f'<span class="fraction"><span>{above}</span><span>{stride}</span></span>'
    return f'<p class="formula">{names}<span class="floor">{fraction}</span> + 1 = <b>{result}</b></p>'


def _rounded(values: torch.Tensor) -> Sequence[Sequence[float]]:
    return [[float(f"{value:.7g}") for value in row] for row in values.tolist()]  # the page rounds what it writes
