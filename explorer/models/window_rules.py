"""Rules for windows that slide over height and width: convolution, pooling, upsampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from explorer.models.calls import Call, Output, Rule, Weight, by, need_map, pair
from explorer.models.fields import MAX_UNITS, MapTooLargeError
from explorer.models.records import LayerSettings, Shape, ShapeError


def _slide(call: Call, settings: LayerSettings, channels: int, mult_adds: int | None = None) -> Output:
    """A window that slides over height and width: convolution and pooling."""
    _, *sizes = need_map(call)
    each = settings.window
    window = list(zip(sizes, each.kernel_size, each.stride, each.padding, each.padding_after, each.dilation))
    outputs = tuple(_window_outputs(*axis, ceil_mode=settings.ceil_mode) for axis in window)
    if min(outputs) < 1:
        raise _too_large(call, window)
    arguments = [
        (kernel, stride, before, dilation, count)
        for (_, kernel, stride, before, _, dilation), count in zip(window, outputs)
    ]
    field = call.first.field.map("slide", arguments)
    return Output((channels, *outputs), field, settings, mult_adds=mult_adds)


def _too_large(call: Call, window: list[tuple[int, ...]]) -> ShapeError:
    spans = [dilation * (kernel - 1) + 1 for _, kernel, _, _, _, dilation in window]
    room = [size + before + after for size, _, _, before, after, _ in window]
    sums = " × ".join(
        f"({size} + 2·{before})" if before == after else f"({size} + {before} + {after})"
        for size, _, _, before, after, _ in window
    )
    padded = any(before + after for _, _, _, before, after, _ in window)
    return call.misfit("kernel_too_large", kernel=by(spans), padded=f"{by(room)} = {sums}" if padded else by(room))


def _window_outputs(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int, *, ceil_mode: bool
) -> int:
    """Positions of a window; with `ceil_mode` one that hangs over counts, if it begins on the input or before it."""
    room = size + before + after - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + before else count


def conv_rule(call: Call) -> Output:
    """nn.Conv2d: (C_in, H, W) -> (C_out, H', W') (Dumoulin and Visin 2016, relationship 15)."""
    conv = call.built_as(nn.Conv2d)
    if conv.padding_mode != "zeros":
        raise call.unsupported("unsupported_setting", setting=f"padding_mode={conv.padding_mode!r}")
    window = (conv.stride, conv.padding, conv.dilation)
    return _convolve(call, conv.in_channels, conv.out_channels, conv.kernel_size, *window, conv.groups, conv.bias)


def conv_function_rule(call: Call) -> Output:
    """F.conv2d with weights that are parameters."""
    weight, bias = call.argument(1, "weight"), call.argument(2, "bias")
    if not isinstance(weight, Weight) or weight.tensor.dim() != 4:
        raise call.unsupported("unsupported_setting", setting="weight")
    out_channels, group_channels, *kernel_size = weight.tensor.shape
    if isinstance(bias, Weight) and tuple(bias.tensor.shape) != (out_channels,):
        raise call.misfit("weight_shape", wanted=str(out_channels), got=by(tuple(bias.tensor.shape)))
    groups = call.argument(6, "groups", 1)
    stride, padding, dilation = (
        call.argument(3, "stride", 1),
        call.argument(4, "padding", 0),
        call.argument(5, "dilation", 1),
    )
    return _convolve(
        call, group_channels * groups, out_channels, tuple(kernel_size), stride, padding, dilation, groups, bias
    )


def _convolve(call: Call, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias) -> Output:
    channels = need_map(call)[0]
    if channels != in_channels:
        raise call.misfit("channels", expected=in_channels, got=channels)
    dilation = pair(dilation)
    before, after = _conv_padding(padding, kernel_size, dilation)
    settings = LayerSettings(
        kernel_size=kernel_size,
        stride=pair(stride),
        padding=before,
        padding_after=after,
        dilation=dilation,
        groups=groups,
        in_channels=in_channels,
        out_channels=out_channels,
        bias=bias is not None,
    )
    output = _slide(call, settings, out_channels)
    if groups == 1:
        output = replace(output, field=output.field.blend())
    num_params = out_channels * (in_channels // groups * prod(kernel_size) + (bias is not None))
    return replace(output, mult_adds=num_params * prod(output.shape[1:]))


def _conv_padding(padding, kernel_size: Shape, dilation: Shape) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Zeros before and after; "same" puts an odd one at the end (torch.nn.Conv2d, `_reversed_padding...`)."""
    if padding == "valid":
        return (0, 0), None
    if padding != "same":
        return pair(padding), None
    totals = [gap * (kernel - 1) for kernel, gap in zip(kernel_size, dilation)]
    before = (totals[0] // 2, totals[1] // 2)
    after = (totals[0] - before[0], totals[1] - before[1])
    return before, None if after == before else after


def transposed_rule(call: Call) -> Output:
    """nn.ConvTranspose2d: H' = (H - 1) s - 2 p + d (k - 1) + output_padding + 1; `output_size` asks for H' itself."""
    conv = call.built_as(nn.ConvTranspose2d)
    channels, *sizes = need_map(call)
    if channels != conv.in_channels:
        raise call.misfit("channels", expected=conv.in_channels, got=channels)
    settings = LayerSettings(
        kernel_size=pair(conv.kernel_size),
        stride=pair(conv.stride),
        padding=pair(conv.padding),
        dilation=pair(conv.dilation),
        output_padding=pair(conv.output_padding),
        groups=conv.groups,
        in_channels=conv.in_channels,
        out_channels=conv.out_channels,
        bias=conv.bias is not None,
    )
    each = settings.window
    window = list(zip(each.kernel_size, each.stride, each.padding, each.dilation))
    asked = call.argument(1, "output_size")
    if asked is not None:
        least = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, (k, s, p, d) in zip(sizes, window)]
        extra = tuple(size - smallest for size, smallest in zip(tuple(asked)[-2:], least))
        if any(more < 0 or more >= max(s, d) for more, (_, s, _, d) in zip(extra, window)):
            raise call.unsupported("unsupported_setting", setting=f"output_size={tuple(asked)}")
        settings = replace(settings, output_padding=extra)
    elif any(more >= max(s, d) for more, (_, s, _, d) in zip(pair(conv.output_padding), window)):
        raise call.misfit("output_padding", extra=by(pair(conv.output_padding)))
    extras = settings.output_padding or (0, 0)
    outputs = tuple(
        (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
        for size, (kernel, stride, padding, dilation), extra in zip(sizes, window, extras)
    )
    if min(outputs) < 1:
        raise call.misfit("transposed_too_small", output=by(outputs))
    field = call.first.field.map("spread", [(*axis, count) for axis, count in zip(window, outputs)])
    field = field.blend() if conv.groups == 1 else field
    bias = conv.out_channels * prod(outputs) if settings.bias else 0
    weights = conv.in_channels * conv.out_channels // conv.groups * prod(conv.kernel_size)
    return Output((conv.out_channels, *outputs), field, settings, mult_adds=weights * prod(sizes) + bias)


def pool_rule(call: Call, **arguments) -> Output:
    """Pooling by a module's attributes or a function's arguments."""
    options = arguments or vars(call.module)
    if options.get("return_indices"):
        raise call.unsupported("unsupported_setting", setting="return_indices=True")
    kernel_size = pair(options["kernel_size"])
    stride = options.get("stride")
    settings = LayerSettings(
        kernel_size=kernel_size,
        stride=kernel_size if stride in (None, []) else pair(stride),
        padding=pair(options.get("padding", 0)),
        dilation=pair(options.get("dilation", 1)),
        ceil_mode=bool(options.get("ceil_mode", False)),
    )
    for kernel, padding in zip(kernel_size, settings.window.padding):
        if padding > kernel // 2:  # PyTorch leaves the dilation out of account
            raise call.misfit("pool_padding", padding=padding, kernel=by(kernel_size))
    return _slide(call, settings, call.first.shape[0])


def _pool_function_rule(*names: str) -> Rule:
    """The rule of a pooling function, from the names of its arguments after the input."""

    def rule(call: Call) -> Output:
        given = {name: value for name, value in call.kwargs.items() if name != "input"}
        return pool_rule(call, **dict(zip(names, call.args[1:])), **given)

    return rule


max_pool_function_rule = _pool_function_rule(
    "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"
)
avg_pool_function_rule = _pool_function_rule(
    "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"
)


def adaptive_rule(call: Call, output_size=None) -> Output:
    """Adaptive pooling to `output_size`: (C, H, W) -> (C, *output_size), where None keeps a side."""
    channels, height, width = need_map(call)
    asked = _pair_or_none(output_size if call.module is None else call.block.output_size)
    target = (height if asked[0] is None else asked[0], width if asked[1] is None else asked[1])
    field = call.first.field.map("adapt", [(size,) for size in target], "trace.note_global_pool")
    return Output((channels, *target), field, LayerSettings(output_size=target))


def _pair_or_none(value) -> tuple[int | None, int | None]:
    return (value, value) if value is None or isinstance(value, int) else tuple(value)


def adaptive_function_rule(call: Call) -> Output:
    """F.adaptive_avg_pool2d and F.adaptive_max_pool2d, as `adaptive_rule`."""
    return adaptive_rule(call, call.argument(1, "output_size"))


def upsample_rule(call: Call) -> Output:
    """Resizing by any factor: nearest, bilinear or bicubic; which units are read is PyTorch's own answer."""
    settings = read_resize(call.module, call.args[1:], call.kwargs)
    channels, height, width = need_map(call)
    if settings.get("antialias") or settings["mode"] not in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        raise call.unsupported("unsupported_setting", setting=f"mode={settings['mode']!r}")
    outputs = find_resized(settings, (height, width))
    factors = [new // old for new, old in zip(outputs, (height, width))]
    if settings["mode"] == "nearest" and _repeats(settings, (height, width), outputs):
        field = call.first.field.map("spread", [(factor, factor, 0, 1, new) for factor, new in zip(factors, outputs)])
        return Output((channels, *outputs), field, LayerSettings(output_size=outputs))
    if max(outputs) > MAX_UNITS:
        raise MapTooLargeError(max(outputs))
    rows, columns = (_find_taps(settings, (height, width), axis) for axis in (0, 1))
    field = call.first.field
    field = replace(field, height=field.height.tap(rows), width=field.width.tap(columns))
    return Output((channels, *outputs), field, LayerSettings(output_size=outputs))


def _repeats(settings: dict[str, Any], sizes: Sequence[int], outputs: Sequence[int]) -> bool:
    """Whether every unit comes as often as all others. Of a factor of 3.02, PyTorch reads 3 times as many units otherwise."""
    scale = settings.get("scale_factor")
    if any(new % old for new, old in zip(outputs, sizes)):
        return False
    if scale is None or settings.get("recompute_scale_factor"):
        return True
    scales = scale if isinstance(scale, (list, tuple)) else (scale, scale)
    return all(each * old == new for each, old, new in zip(scales, sizes, outputs))


def read_resize(module: nn.Module | None, args: tuple, kwargs) -> dict[str, Any]:
    """The arguments of F.interpolate behind its input, by their names."""
    names = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
    if module is not None:
        given = {name: getattr(module, name) for name in names[:-1]}
    else:
        given = {**dict(zip(names, args)), **{name: value for name, value in kwargs.items() if name != "input"}}
    return {"mode": "nearest", **given}


def find_resized(settings: dict[str, Any], sizes: tuple[int, int]) -> tuple[int, int]:
    """Height and width after resizing, which PyTorch's own kernel gives."""
    return tuple(F.interpolate(torch.empty(0, 1, *sizes), **settings).shape[2:])  # type: ignore[return-value]


def weigh_resize(settings: dict[str, Any], sizes: tuple[int, int], axis: int) -> torch.Tensor:
    """(outputs, units) of one axis: how much of each unit an output holds, the signs left out."""
    return _resize_axis(settings, torch.eye(sizes[axis], dtype=torch.float64), axis).abs().T


_FARTHEST = 8  # units; a cubic through four points reads none that is half as far away


def _find_taps(settings: dict[str, Any], sizes: tuple[int, int], axis: int) -> list[np.ndarray]:
    """For each of eight that an output of one axis may read, the number of the unit, -1 where it reads none.

    Every eighth unit is lit at once, so that the work grows with the side and not with its square. Which of those that
    are lit an output reads is told by its place: the mean of the numbers of the units that it reads.
    """
    units = torch.arange(sizes[axis])
    combs = (units % _FARTHEST == torch.arange(_FARTHEST)[:, None]).double()
    reads = (_resize_axis(settings, combs, axis) != 0).numpy()
    places = _resize_axis(settings, units.double()[None], axis)[0].numpy()
    nearest = (first + _FARTHEST * np.rint((places - first) / _FARTHEST).astype(int) for first in range(_FARTHEST))
    return [np.where(each, unit, -1) for each, unit in zip(reads, nearest)]


def _resize_axis(settings: dict[str, Any], rows: torch.Tensor, axis: int) -> torch.Tensor:
    """Every row, (rows, units), resized as an axis of a map is: (rows, outputs)."""
    given = dict(settings)
    for name in ("size", "scale_factor"):
        if given.get(name) is not None:
            both = given[name] if isinstance(given[name], (list, tuple)) else (given[name], given[name])
            given[name] = (both[axis], 1)  # axes are resized one by one, and the other need not be
    return F.interpolate(rows[None, :, :, None], **given)[0, :, :, 0]
