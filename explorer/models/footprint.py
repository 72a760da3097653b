"""Which pixels of the image reach a unit, found by autograd: the witness against which a traced field is checked.

What is asked is whether a path exists, not how much comes through it. So the network's operations are replayed with
PyTorch's own kernels, but transparently: every weight is the same positive number, the maximum of a window becomes
its average, activations and normalisations become the identity, products become sums. Then nothing saturates, vanishes or
cancels, and a pixel's gradient is positive exactly where a path leads from it to the unit.

All channels of such a network carry the same map, so one channel is enough, unless the network sends some of its
channels another way; then as many are kept as there are. A test compares this with the whole network in double
precision.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt

import torch
import torch.nn.functional as F
from torch import fx, nn

from explorer.errors import InputError
from explorer.models.trace import (
    POINTWISE_FUNCTIONS,
    POINTWISE_MODULES,
    Layer,
    Recording,
    Step,
    UnsupportedLayerError,
    record,
)

Box = tuple[tuple[int, int], tuple[int, int]]

MAX_CHECK_SIZE = 1024


@dataclass(frozen=True)
class Footprint:
    """The pixels that reach one unit.

    Attributes:
        mask: (H, W) bool tensor.
    """

    mask: torch.Tensor

    @property
    def box(self) -> Box | None:
        """((top, left), (bottom, right)), all inclusive, of the smallest box around them; None if there are none."""
        rows, columns = self.mask.any(1).nonzero().flatten(), self.mask.any(0).nonzero().flatten()
        if len(rows) == 0:
            return None
        return (int(rows[0]), int(columns[0])), (int(rows[-1]), int(columns[-1]))


@dataclass(frozen=True)
class FieldCheck:
    """Whether autograd agrees with a traced field.

    Attributes:
        verdict: "confirmed", "differs" or "not_checked".
        reason: key of a sentence that says why it was not checked, or None.
        traced: box that the trace gives for the unit, as `Footprint.box`, or None.
        measured: box that autograd gives, or None.
        seconds: how long the check took.
        unit: (row, column) of the unit that was looked at, or None.
        input_shape: (C, H, W) of the image in which it was looked at; larger than the reader's where a field has
            no room in that.
    """

    verdict: str
    reason: str | None = None
    traced: Box | None = None
    measured: Box | None = None
    seconds: float = 0.0
    unit: tuple[int, int] | None = None
    input_shape: tuple[int, ...] | None = None


def measure_footprint(
    model: nn.Module | Recording, input_shape: Sequence[int], layer: str, unit: tuple[int, int]
) -> Footprint:
    """Which pixels of the image reach a unit of a layer, found by autograd; the network is left as found.

    Args:
        model: the network, or its recording, which saves recording it again.
        input_shape: (C, H, W).
        layer: name of the layer, as in `Layer.name`; the first use of one that is used several times.
        unit: (row, column) on the layer's feature map. All its channels are looked at together.

    Raises:
        InputError: there is no such layer or unit, or the layer's output is no feature map.
        ShapeError: a layer on the way cannot take the shape that reaches it.
        UnsupportedLayerError: an operation on the way has no transparent counterpart.

    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2))
    >>> measure_footprint(network, (1, 8, 8), "1", (0, 0)).box
    ((0, 0), (3, 3))
    """
    recording = model if isinstance(model, Recording) else record(model)
    found = _find_layer(recording, input_shape, layer)
    _check_unit(found, unit)
    return _replay(recording, tuple(input_shape)[-3:], layer, unit)


def check_field(
    model: nn.Module | Recording,
    input_shape: Sequence[int],
    layer: str,
    unit: tuple[int, int] | None = None,
) -> FieldCheck:
    """Compare a traced field with autograd's footprint.

    Args:
        model: as in `measure_footprint`.
        input_shape: (C, H, W).
        layer: name of the layer.
        unit: (row, column) to look at, in the image of that shape. Without it, a central unit, in an image that is
            made larger where the field has no room.

    Raises:
        InputError, ShapeError: as `measure_footprint` does.
    """
    start = time.perf_counter()
    recording = model if isinstance(model, Recording) else record(model)
    check = _check(recording, tuple(input_shape)[-3:], layer, unit)
    return FieldCheck(**{**vars(check), "seconds": time.perf_counter() - start})


def _check(recording: Recording, shape: tuple[int, ...], name: str, unit: tuple[int, int] | None) -> FieldCheck:
    layer = _find_layer(recording, shape, name)
    field = layer.receptive_field
    if field.is_global:
        return FieldCheck("not_checked", "trace.check_global")
    if field.jump is None or len(layer.output_shape) != 3:
        return FieldCheck("not_checked", "trace.check_no_grid")
    if unit is None:
        shape, layer = _make_room(recording, shape, layer)
        unit = tuple(size // 2 for size in layer.output_shape[1:])
    _check_unit(layer, unit)
    if max(shape[1:]) > MAX_CHECK_SIZE:
        return FieldCheck("not_checked", "trace.check_too_large")
    try:
        measured = _replay(recording, shape, name, unit).box
    except UnsupportedLayerError:
        return FieldCheck("not_checked", "trace.check_unsupported")
    traced = _predict(layer, unit, shape)
    verdict = "confirmed" if traced == measured else "differs"
    return FieldCheck(verdict, None, traced, measured, unit=unit, input_shape=shape)


def _find_layer(recording: Recording, shape: Sequence[int], name: str) -> Layer:
    for layer in recording.trace(shape, last_layer=name).layers:
        if layer.name == name:
            return layer
    raise InputError("trace.no_layer", layer=str(name)[:80])


def _check_unit(layer: Layer, unit: tuple[int, int]) -> None:
    if len(layer.output_shape) != 3:
        raise InputError("trace.no_map", layer=layer.name, kind=layer.kind)
    rows, columns = layer.output_shape[1:]
    if not (0 <= unit[0] < rows and 0 <= unit[1] < columns):
        raise InputError("trace.no_unit", layer=layer.name, rows=rows, columns=columns)


def _make_room(recording: Recording, shape: tuple[int, ...], layer: Layer) -> tuple[tuple[int, ...], Layer]:
    """An image in which the field of a central unit touches no border, unless the layer depends on the size."""
    field = layer.receptive_field
    sizes = [max(size, side + 4 * jump) for size, side, jump in zip(shape[1:], field.size, field.jump)]
    larger = (shape[0], *sizes)
    if larger == shape:
        return shape, layer
    try:
        found = _find_layer(recording, larger, layer.name)
    except InputError:
        return shape, layer
    same = (found.receptive_field.size, found.receptive_field.jump) == (field.size, field.jump)
    return (larger, found) if same else (shape, layer)


def _predict(layer: Layer, unit: tuple[int, int], shape: tuple[int, ...]) -> Box:
    """The traced box of a unit, cut at the border of the image."""
    field, first, last = layer.receptive_field, [], []
    for axis in (0, 1):
        centre, reach = field.start[axis] + unit[axis] * field.jump[axis], (field.size[axis] - 1) / 2
        first.append(max(0, int(centre - reach)))
        last.append(min(shape[axis + 1] - 1, int(centre + reach)))
    return (first[0], first[1]), (last[0], last[1])


def _replay(recording: Recording, shape: tuple[int, ...], name: str, unit: tuple[int, int]) -> Footprint:
    with torch.enable_grad():
        image = torch.ones(1, 1, *shape[1:], dtype=torch.float64, requires_grad=True)
        output = _Replay(recording, shape[0]).run(image, name)
        at_unit = _narrow(output)[0, :, unit[0], unit[1]].sum()
        if not at_unit.requires_grad:
            return Footprint(torch.zeros(shape[1:], dtype=torch.bool))
        (gradient,) = torch.autograd.grad(at_unit, image)
    return Footprint(gradient[0, 0] > 0)


class _Replay:
    """Runs a recording transparently, up to one layer."""

    def __init__(self, recording: Recording, channels: int):
        self.recording = recording
        self.channels = channels
        self.keeps_channels = any(_splits_channels(step) for step in recording.steps)

    def run(self, image: torch.Tensor, name: str) -> torch.Tensor:
        values: dict[fx.Node, object] = {}
        for step in self.recording.steps:
            args, kwargs = fx.node.map_arg((step.node.args, step.node.kwargs), values.__getitem__)
            if step.node.op == "placeholder":
                values[step.node] = _widen(image, self.channels)
            elif step.node.op == "get_attr":
                values[step.node] = _stand_in(self.recording.get_tensor(step.node))
            elif step.node.op != "output":
                values[step.node] = self._call(step, tuple(args), dict(kwargs))
            if step.name == name:
                return values[step.node]
        raise InputError("trace.no_layer", layer=name)

    def _call(self, step: Step, args: tuple, kwargs: dict):
        if step.module is not None:
            replay = _MODULES.get(type(step.module))
            if replay is None:
                raise UnsupportedLayerError("trace.check_no_counterpart", step.name, step.kind)
            return replay(step.module, args[0])
        target = step.node.target
        if target in _CONCATENATIONS:
            return self._concatenate(*args, **kwargs)
        if target in _FUNCTIONS:
            return _FUNCTIONS[target](*args, **kwargs)
        if isinstance(target, str) and not hasattr(torch.Tensor, target):
            raise UnsupportedLayerError("trace.check_no_counterpart", step.name, step.kind)
        return getattr(args[0], target)(*args[1:], **kwargs) if isinstance(target, str) else target(*args, **kwargs)

    def _concatenate(self, tensors: Sequence[torch.Tensor], dim: int = 0) -> torch.Tensor:
        if dim == 1 and not self.keeps_channels and all(map(_is_narrow, tensors)):
            return _widen(sum(map(_narrow, tensors)), sum(tensor.shape[1] for tensor in tensors))
        return torch.cat(list(tensors), dim)


def _splits_channels(step: Step) -> bool:
    """Whether an operation may send some channels another way than others."""
    return step.node.op in ("call_function", "call_method") and step.kind in _SPLITS


def _stand_in(tensor: torch.Tensor) -> torch.Tensor:
    return torch.ones((), dtype=torch.float64).expand(tensor.shape)


# Maps whose channels are all the same are views of one channel; what is computed is computed once.


# The one channel is kept beside the view: to take it out again would be a slice, whose gradient has all channels.


def _is_narrow(x: torch.Tensor) -> bool:
    return hasattr(x, "one_channel")


def _narrow(x: torch.Tensor) -> torch.Tensor:
    return getattr(x, "one_channel", x)


def _widen(x: torch.Tensor, channels: int) -> torch.Tensor:
    if x.dim() != 4 or x.shape[1] != 1:
        return x
    wide = x.expand(-1, channels, -1, -1)
    wide.one_channel = x
    return wide


def _by_channel(operation: Callable) -> Callable:
    """An operation that treats every channel alike."""

    def replay(x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
        return _widen(operation(_narrow(x), *args, **kwargs), x.shape[1])

    return replay


def _convolve(conv: nn.Conv2d | nn.ConvTranspose2d, x: torch.Tensor) -> torch.Tensor:
    """With equal weights: the sum over a group's channels, spread by the kernel, the same in all channels out."""
    groups = 1 if _is_narrow(x) else conv.groups
    summed = _narrow(x).unflatten(1, (groups, -1)).mean(2)
    kernel = torch.full((groups, 1, *conv.kernel_size), 1 / sqrt(prod(conv.kernel_size)), dtype=x.dtype)
    if isinstance(conv, nn.ConvTranspose2d):
        moves = (conv.stride, conv.padding, conv.output_padding, groups, conv.dilation)
        spread = F.conv_transpose2d(summed, kernel, None, *moves)
    else:
        spread = F.conv2d(summed, kernel, None, conv.stride, conv.padding, conv.dilation, groups)
    if groups == 1:
        return _widen(spread, conv.out_channels)
    return spread.repeat_interleave(conv.out_channels // groups, 1)


def _average_windows(
    x: torch.Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
) -> torch.Tensor:
    """In place of max pooling: its windows, averaged."""
    if dilation in (1, (1, 1)):
        return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode)
    size = F.max_pool2d(x.detach(), kernel_size, stride, padding, dilation, ceil_mode).shape[2:]
    kernel, step, margin, gap = (nn.modules.utils._pair(value) for value in (kernel_size, stride or kernel_size, padding, dilation))
    pad = []
    for axis in (1, 0):
        needed = (size[axis] - 1) * step[axis] + gap[axis] * (kernel[axis] - 1) + 1
        pad += [margin[axis], max(0, needed - x.shape[axis + 2] - margin[axis])]
    weight = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    return F.conv2d(F.pad(x, pad), weight, None, step, 0, gap, x.shape[1])[:, :, : size[0], : size[1]]


def _max_pool(pool: nn.MaxPool2d, x: torch.Tensor) -> torch.Tensor:
    return _by_channel(_average_windows)(
        x, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode
    )


def _avg_pool(pool: nn.AvgPool2d, x: torch.Tensor) -> torch.Tensor:
    return _by_channel(F.avg_pool2d)(x, pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)


def _adaptive_pool(pool: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return _by_channel(F.adaptive_avg_pool2d)(x, pool.output_size)


def _mix(x: torch.Tensor, dims: Sequence[int]) -> torch.Tensor:
    """Every unit with the mean over some dimensions: what normalising over them joins."""
    return x + x.mean(tuple(dims), keepdim=True)


def _identity(x: torch.Tensor, *_, **__) -> torch.Tensor:
    return x


def _linear(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    return x.mean(-1, keepdim=True).expand(*x.shape[:-1], linear.out_features)


def _add(first, second, *_, **__):
    """In place of sums, differences and products; a number beside a branch changes nothing."""
    if not isinstance(first, torch.Tensor):
        return second
    if not isinstance(second, torch.Tensor):
        return first
    if _is_narrow(first) and _is_narrow(second):
        return _widen(_narrow(first) + _narrow(second), max(first.shape[1], second.shape[1]))
    return first + second


_SPLITS = {"chunk", "split", "unbind", "getitem", "narrow", "select", "tensor_split"}
_CONCATENATIONS = {torch.cat, torch.concat}

_MODULES: Mapping[type[nn.Module], Callable] = {
    nn.Conv2d: _convolve,
    nn.ConvTranspose2d: _convolve,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _avg_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.AdaptiveMaxPool2d: _adaptive_pool,
    nn.Linear: _linear,
    nn.Flatten: lambda flatten, x: x.flatten(flatten.start_dim, flatten.end_dim),
    nn.LayerNorm: lambda norm, x: _mix(x, range(-len(norm.normalized_shape), 0)),
    nn.GroupNorm: lambda norm, x: _mix(x, range(1, x.dim())),
    nn.InstanceNorm2d: lambda norm, x: _mix(x, (2, 3)),
    nn.Softmax: lambda softmax, x: _mix(x, (softmax.dim,)),
    nn.LogSoftmax: lambda softmax, x: _mix(x, (softmax.dim,)),
    **dict.fromkeys((*POINTWISE_MODULES, nn.BatchNorm1d, nn.BatchNorm2d), lambda module, x: x),
}

_FUNCTIONS: Mapping[Callable | str, Callable] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add, operator.sub, operator.isub, torch.sub), _add),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul, "add", "add_", "sub", "sub_", "mul", "mul_"), _add),
    **dict.fromkeys((F.max_pool2d, torch.max_pool2d), _by_channel(_average_windows)),
    F.avg_pool2d: _by_channel(F.avg_pool2d),
    **dict.fromkeys((F.adaptive_avg_pool2d, F.adaptive_max_pool2d), _by_channel(F.adaptive_avg_pool2d)),
    **dict.fromkeys(POINTWISE_FUNCTIONS, _identity),
    F.pad: _by_channel(F.pad),
}
