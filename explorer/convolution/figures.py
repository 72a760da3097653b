"""What the convolution wing shows: maps for the canvas, tables and formulas as HTML and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from explorer.canvas import Map, draw_maps, format_number
from explorer.convolution.maths import Experiment, ParameterCount, Pooling, conv_output_size, pad_map
from explorer.text import Text

PICTURE_HEIGHT = 300  # px, so that arithmetic and formula stand below it on one screen
POOLING_HEIGHT = 300


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
        Map(experiment.kernel, text("convolution.map_kernel"), _caption_kernel(experiment, text)),
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
        "dilation": experiment.dilation,
        "cell": [strongest // result.shape[1], strongest % result.shape[1]],
        "words": {"hint": text("convolution.window_hint"), "more": text("convolution.window_more")},
    }


def draw_comparison(experiment: Experiment, text: Text) -> str:
    """Greatest difference and the times of the two, in one line."""
    comparison = experiment.comparison
    key = "convolution.same" if comparison.greatest_difference == 0 else "convolution.different"
    return text(
        key,
        difference=f"{comparison.greatest_difference:.1e}",
        factor=f"{comparison.manual_seconds / comparison.torch_seconds:,.0f}",
        manual=format_time(comparison.manual_seconds),
        torch=format_time(comparison.torch_seconds),
    )


def draw_formula(experiment: Experiment) -> str:
    """The output-size formula with this setting's numbers, as Markdown with LaTeX."""
    (height, width), (kernel_height, kernel_width) = experiment.picture.shape, experiment.kernel.shape
    if (height, kernel_height) == (width, kernel_width):
        return f"${_fill_formula('H_{out} = W_{out}', height, kernel_height, experiment)}$"
    down = _fill_formula("H_{out}", height, kernel_height, experiment)
    right = _fill_formula("W_{out}", width, kernel_width, experiment)
    return f"${down}$\n\n${right}$"


def draw_filters(filters: torch.Tensor, chosen: int) -> dict:
    """The (N, kH, kW) first-layer filters of a network, the chosen one outlined."""
    height, width = filters.shape[1:]
    limit = float(filters.abs().max())
    boxes = [(0, 0, height, width, "kernel")]
    maps = [
        Map(each, limit=limit, numbers=False, boxes=boxes if index == chosen else ())
        for index, each in enumerate(filters)
    ]
    cell = 26 / max(height, width) if len(filters) > 8 else 40 / max(height, width)
    return draw_maps(maps, cell=cell, max_height=240)


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
    """What to look at in this picture: of what is set, the thing that changes it most."""
    result = experiment.comparison.torch_result
    height, width = result.shape
    kernel_height, kernel_width = experiment.kernel.shape
    if experiment.flip:
        return _describe_flip(experiment, text)
    if experiment.dilation > 1 and experiment.kernel.numel() > 1:
        return text(
            "convolution.look_dilation",
            dilation=experiment.dilation,
            kernel=f"{kernel_height} × {kernel_width}",
            reach=" × ".join(str(experiment.dilation * (size - 1) + 1) for size in experiment.kernel.shape),
            count=experiment.kernel.numel(),
        )
    if experiment.stride > 1:
        full = [
            conv_output_size(size, kernel_size, 1, experiment.padding, experiment.dilation)
            for size, kernel_size in zip(experiment.picture.shape, experiment.kernel.shape, strict=True)
        ]
        return text(
            "convolution.look_stride",
            stride=experiment.stride, height=height, width=width, full=f"{full[0]} × {full[1]}",
        )  # fmt: skip
    if experiment.padding:
        return text("convolution.look_padding", border=experiment.border_cells, cells=result.numel())
    return _describe_values(experiment, text)


def _describe_flip(experiment: Experiment, text: Text) -> str:
    turned_back = experiment.kernel.flip(0, 1)
    if experiment.flip_difference == 0:
        return text("convolution.look_flip_same")
    if torch.equal(turned_back, -experiment.kernel):
        return text("convolution.look_flip_sign")
    return text("convolution.look_flip_differs", difference=format_number(experiment.flip_difference))


def _describe_values(experiment: Experiment, text: Text) -> str:
    result = experiment.comparison.torch_result
    total = clean_sum(experiment.kernel)
    low, high = format_number(float(result.min())), format_number(float(result.max()))
    if low == high:
        return text("convolution.look_constant", value=low)
    if total == 0:
        strongest = result.flatten()[int(result.abs().argmax())]
        zeros = int((result.abs() < 1e-6).sum())
        return text(
            "convolution.look_zero_sum", zeros=zeros, cells=result.numel(), strongest=format_number(float(strongest))
        )
    if abs(total - 1) < 1e-3 and _is_bright(experiment):
        return text("convolution.look_average", low=low, high=high)
    return text("convolution.look_sum", sum=format_number(total), low=low, high=high)


def format_time(seconds: float) -> str:
    """A short time with its unit, three digits at most."""
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _is_bright(experiment: Experiment) -> bool:
    """No negative number anywhere: the result is a picture again and is shown as one."""
    return bool((experiment.kernel >= 0).all() and (experiment.picture >= 0).all())


def _caption_kernel(experiment: Experiment, text: Text) -> str:
    height, width = experiment.kernel.shape
    return text(
        "convolution.size_kernel", height=height, width=width, sum=format_number(clean_sum(experiment.kernel))
    )


def clean_sum(kernel: torch.Tensor) -> float:
    """Sum of the kernel's numbers without the rounding of float32."""
    return round(float(kernel.double().sum()), 4)


def _caption_result(result: torch.Tensor, seconds: float, text: Text) -> str:
    return text(
        "convolution.size_time", height=result.shape[0], width=result.shape[1], time=format_time(seconds)
    )


def _fill_formula(symbol: str, size: int, kernel_size: int, experiment: Experiment) -> str:
    stride, padding, dilation = experiment.stride, experiment.padding, experiment.dilation
    result = conv_output_size(size, kernel_size, stride, padding, dilation)
    return (
        rf"{symbol} = \left\lfloor \dfrac{{{size} + 2 \cdot {padding} - {dilation} \cdot ({kernel_size} - 1) - 1}}"
        rf"{{{stride}}} \right\rfloor + 1 = \mathbf{{{result}}}"
    )


def _rounded(values: torch.Tensor) -> Sequence[Sequence[float]]:
    return [[float(f"{value:.4g}") for value in row] for row in values.tolist()]
