"""Which pixels of the image reach a unit, found by autograd: the witness against which a traced field is checked.

What is asked is whether a path exists, not how much comes through it. So the network's operations are replayed with
PyTorch's own kernels, but transparently: every weight is the same positive number, the maximum of a window becomes
its average, activations and normalisations become the identity, products become sums. Then nothing saturates,
vanishes or cancels, and a pixel's gradient is positive exactly where a path leads from it to the unit.

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
from explorer.models.calls import find_all
from explorer.models.fields import Box
from explorer.models.rules import POINTWISE_FUNCTIONS, POINTWISE_MODULES
from explorer.models.trace import Layer, Recording, Step, UnsupportedLayerError, record

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
    return _replay(recording, tuple(input_shape)[-3:], found, unit)


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
    if layer.receptive_field.is_global:
        return FieldCheck("not_checked", "trace.check_global")
    if layer.map_axes is None:
        return FieldCheck("not_checked", "trace.check_no_grid")
    if unit is None:
        shape, layer = _make_room(recording, shape, layer)
        unit = tuple(layer.output_shape[axis] // 2 for axis in layer.map_axes)
    _check_unit(layer, unit)
    traced = layer.receptive_field.box(unit)
    covers = traced == ((0, 0), (shape[1] - 1, shape[2] - 1))
    if max(shape[1:]) > MAX_CHECK_SIZE or (covers and max(layer.receptive_field.size) > MAX_CHECK_SIZE):
        return FieldCheck("not_checked", "trace.check_too_large")
    try:
        measured = _replay(recording, shape, layer, unit).box
    except UnsupportedLayerError:
        return FieldCheck("not_checked", "trace.check_unsupported")
    verdict = "confirmed" if traced == measured else "differs"
    return FieldCheck(verdict, None, traced, measured, unit=unit, input_shape=shape)


def _find_layer(recording: Recording, shape: Sequence[int], name: str) -> Layer:
    for layer in recording.trace(shape, last_layer=name).layers:
        if layer.name == name:
            return layer
    raise InputError("trace.no_layer", layer=str(name)[:80])


def _check_unit(layer: Layer, unit: tuple[int, int]) -> None:
    if layer.map_axes is None:
        raise InputError("trace.no_map", layer=layer.name, kind=layer.kind)
    rows, columns = (layer.output_shape[axis] for axis in layer.map_axes)
    if not (0 <= unit[0] < rows and 0 <= unit[1] < columns):
        raise InputError("trace.no_unit", layer=layer.name, rows=rows, columns=columns)


def _make_room(recording: Recording, shape: tuple[int, ...], layer: Layer) -> tuple[tuple[int, ...], Layer]:
    """An image in which the field of a central unit touches no border, unless the layer depends on the size."""
    field = layer.receptive_field
    if field.jump is None:
        return shape, layer
    larger = (shape[0], *(max(size, side + 4 * jump) for size, side, jump in zip(shape[1:], field.size, field.jump)))
    if larger == shape or max(larger[1:]) > MAX_CHECK_SIZE:
        return shape, layer
    try:
        found = _find_layer(recording, larger, layer.name)
    except InputError:
        return shape, layer
    same = (found.receptive_field.size, found.receptive_field.jump) == (field.size, field.jump)
    return (larger, found) if same else (shape, layer)


def _replay(recording: Recording, shape: tuple[int, ...], layer: Layer, unit: tuple[int, int]) -> Footprint:
    with torch.enable_grad():
        image = torch.ones(1, 1, *shape[1:], dtype=torch.float64, requires_grad=True)
        output = _Replay(recording, shape[0]).run(image, layer.name)
        # From the last dimension to the first, so that the places of those before do not move.
        at_unit = _narrow(output)
        for axis, index in sorted(zip(layer.map_axes, unit, strict=True), reverse=True):
            at_unit = at_unit.select(axis + 1, index)
        if not at_unit.requires_grad:
            return Footprint(torch.zeros(shape[1:], dtype=torch.bool))
        (gradient,) = torch.autograd.grad(at_unit.sum(), image)
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
                values[step.node] = _stand_in(step.weight.tensor)
            elif step.node.op != "output":
                values[step.node] = self._call(step, tuple(args), dict(kwargs))
            if step.name == name:
                return values[step.node]
        raise InputError("trace.no_layer", layer=name)

    def _call(self, step: Step, args: tuple, kwargs: dict):
        if step.module is not None:
            replay = _MODULES.get(type(step.module)) or _BLOCKS.get(step.kind)
            args = (step.module, *args)
        elif step.node.target in _CONCATENATIONS:
            replay = self._concatenate
        elif step.asks_for_shape or not find_all((args, kwargs), torch.Tensor):
            replay = _as_it_is(step.node.target)
        else:
            replay = _FUNCTIONS.get(step.node.target) or _NAMED_FUNCTIONS.get(step.kind)
        if replay is None:
            raise UnsupportedLayerError("trace.check_no_counterpart", step.name, step.kind)
        return replay(*args, **kwargs)

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
    summed = _narrow(x)
    if summed.shape[1] > groups:
        summed = summed.unflatten(1, (groups, -1)).mean(2)
    if isinstance(conv, nn.ConvTranspose2d):
        moves = (conv.stride, conv.padding, conv.output_padding, groups, conv.dilation)
        spread = F.conv_transpose2d(summed, _equal_weights(conv, groups), None, *moves)
    elif conv.kernel_size == conv.stride == (1, 1) and conv.padding in ((0, 0), "same", "valid"):
        spread = summed
    elif _is_box(conv):
        spread = F.avg_pool2d(summed, conv.kernel_size, conv.stride, conv.padding) * sqrt(prod(conv.kernel_size))
    else:
        weights = _equal_weights(conv, groups)
        spread = F.conv2d(summed, weights, None, conv.stride, conv.padding, conv.dilation, groups)
    if groups == 1:
        return _widen(spread, conv.out_channels)
    return spread.repeat_interleave(conv.out_channels // groups, 1)


def _equal_weights(conv: nn.Conv2d | nn.ConvTranspose2d, groups: int) -> torch.Tensor:
    """Between 1 and a mean, so that neither the values nor their gradients run out of range in deep networks."""
    return torch.full((groups, 1, *conv.kernel_size), 1 / sqrt(prod(conv.kernel_size)), dtype=torch.float64)


def _is_box(conv: nn.Conv2d) -> bool:
    """Whether average pooling does the same; PyTorch does it several times faster in double precision."""
    if isinstance(conv.padding, str) or conv.dilation != (1, 1):
        return False
    return all(2 * zeros <= side for zeros, side in zip(conv.padding, conv.kernel_size, strict=True))


def _average_windows(
    x: torch.Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
) -> torch.Tensor:
    """In place of max pooling: its windows, averaged."""
    if dilation in (1, (1, 1)):
        return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode)
    size = F.max_pool2d(x.detach(), kernel_size, stride, padding, dilation, ceil_mode).shape[2:]
    kernel, step, margin, gap = (
        nn.modules.utils._pair(value) for value in (kernel_size, stride or kernel_size, padding, dilation)
    )
    pad = []
    for axis in (1, 0):
        needed = (size[axis] - 1) * step[axis] + gap[axis] * (kernel[axis] - 1) + 1
        pad += [margin[axis], max(0, needed - x.shape[axis + 2] - margin[axis])]
    weight = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    return F.conv2d(F.pad(x, pad), weight, None, step, 0, gap, x.shape[1])[:, :, : size[0], : size[1]]


def _batch_norm(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
    """A factor and a shift for each channel; without running statistics they depend on all places."""
    return x if norm.running_mean is not None or x.dim() < 3 else _mix(x, range(2, x.dim()))


def _max_pool(pool: nn.MaxPool2d, x: torch.Tensor) -> torch.Tensor:
    return _by_channel(_average_windows)(x, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode)


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


def _pad(x: torch.Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> torch.Tensor:
    """Zeros; padding that adds channels must see them all."""
    return _by_channel(F.pad)(x, pad) if len(pad) <= 4 else F.pad(x, pad)


def _attend(attention: nn.MultiheadAttention, query: torch.Tensor, *_, **__) -> tuple[torch.Tensor, None]:
    return _mix(query, (1, 2)), None


def _convolve_with(x: torch.Tensor, weight: torch.Tensor, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """F.conv2d, through the module that does the same."""
    channels, (out_channels, _, *kernel_size) = x.shape[1], weight.shape
    settings = (tuple(kernel_size), stride, padding, dilation, groups)
    return _convolve(nn.Conv2d(channels, out_channels, *settings, bias=False, device="meta"), x)


def _as_it_is(target: Callable | str) -> Callable:
    if isinstance(target, str):
        return lambda x, *args, **kwargs: getattr(x, target)(*args, **kwargs)
    return target


def _average(x: torch.Tensor, dim, keepdim: bool = False) -> torch.Tensor:
    return x.mean(dim, keepdim)


_SPLITS = {"chunk", "split", "getitem"}
_CONCATENATIONS = {torch.cat, torch.concat}

_MODULES: Mapping[type[nn.Module], Callable] = {
    nn.Conv2d: _convolve,
    nn.ConvTranspose2d: _convolve,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _avg_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.AdaptiveMaxPool2d: _adaptive_pool,
    nn.Linear: _linear,
    nn.MultiheadAttention: _attend,
    nn.Flatten: lambda flatten, x: x.flatten(flatten.start_dim, flatten.end_dim),
    nn.Unflatten: lambda unflatten, x: x.unflatten(unflatten.dim, unflatten.unflattened_size),
    nn.Upsample: lambda module, x: _by_channel(F.interpolate)(x, module.size, module.scale_factor, module.mode),
    nn.LayerNorm: lambda norm, x: _mix(x, range(-len(norm.normalized_shape), 0)),
    nn.GroupNorm: lambda norm, x: _mix(x, range(1, x.dim())),
    nn.InstanceNorm2d: lambda norm, x: _mix(x, (2, 3)),
    nn.Softmax: lambda softmax, x: _mix(x, (1 if softmax.dim is None else softmax.dim,)),
    nn.LogSoftmax: lambda softmax, x: _mix(x, (1 if softmax.dim is None else softmax.dim,)),
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d), _batch_norm),
    **dict.fromkeys(POINTWISE_MODULES, lambda module, x: x),
}

# torchvision's own blocks and functions, by the names that `Layer.kind` has for them.
_BLOCKS: Mapping[str, Callable] = {"StochasticDepth": lambda block, x: x, "LayerNorm2d": lambda block, x: x}


def _merge_patches(x: torch.Tensor) -> torch.Tensor:
    padded = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
    return torch.cat([padded[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1)


_NAMED_FUNCTIONS: Mapping[str, Callable] = {"patch_merging": _merge_patches, "stochastic_depth": _identity}

# What only moves numbers about, or averages them, is replayed as it is.
_MOVES = (
    torch.flatten, torch.reshape, torch.permute, torch.transpose, torch.swapaxes, torch.squeeze, torch.unsqueeze,
    torch.chunk, torch.split, operator.getitem, "flatten", "reshape", "permute", "transpose", "swapaxes",
    "squeeze", "unsqueeze", "unflatten", "chunk", "split", "expand", "size", "dim",
)  # fmt: skip

_FUNCTIONS: Mapping[Callable | str, Callable] = {
    **{move: _as_it_is(move) for move in _MOVES},
    "view": _as_it_is("reshape"),
    **dict.fromkeys((operator.add, operator.iadd, torch.add, operator.sub, operator.isub, torch.sub), _add),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul, operator.truediv, torch.div), _add),
    **dict.fromkeys((torch.maximum, torch.minimum), _add),
    **dict.fromkeys(("add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_"), _add),
    **dict.fromkeys((torch.mean, torch.sum, torch.amax, "mean", "sum", "amax"), _average),
    **dict.fromkeys((F.max_pool2d, torch.max_pool2d), _by_channel(_average_windows)),
    F.avg_pool2d: _by_channel(F.avg_pool2d),
    **dict.fromkeys((F.adaptive_avg_pool2d, F.adaptive_max_pool2d), _by_channel(F.adaptive_avg_pool2d)),
    F.interpolate: _by_channel(F.interpolate),
    F.pad: _pad,
    F.conv2d: _convolve_with,
    F.linear: lambda x, weight, bias=None: x.mean(-1, keepdim=True).expand(*x.shape[:-1], weight.shape[0]),
    F.layer_norm: lambda x, shape, *_, **__: _mix(x, range(-len(shape), 0)),
    **dict.fromkeys((F.softmax, torch.softmax, F.log_softmax, "softmax"), lambda x, dim, *_, **__: _mix(x, (dim,))),
    **dict.fromkeys(POINTWISE_FUNCTIONS, _identity),
}
