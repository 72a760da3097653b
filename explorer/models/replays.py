"""How the footprint replays an operation: transparently, so that a gradient is positive exactly where a path leads.

A replay of a class takes the module and its inputs, that of a function or method what the function takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from math import prod, sqrt

import torch
import torch.nn.functional as F
from torch import nn

from explorer.models import window_rules
from explorer.models.calls import find_all, pair


class Replay(Enum):
    """What the footprint does itself, instead of a function."""

    AS_IT_IS = auto()  # run it: it only moves numbers about
    AS_PARTS = auto()  # the same, and it may send some channels another way than others
    JOINED = auto()  # concatenate
    NOT_REPLAYED = auto()  # refuse: fields behind it are not checked


# Maps whose channels are all the same are views of one channel; what is computed is computed once.


# The one channel is kept beside the view: to take it out again would be a slice, whose gradient has all channels.


def is_narrow(x: torch.Tensor) -> bool:
    """Whether all channels of a map are one and the same, of which a single one is kept."""
    return hasattr(x, "one_channel")


def narrow(x: torch.Tensor) -> torch.Tensor:
    """The one channel (N, 1, H, W) of such a map; any other tensor as it is."""
    return getattr(x, "one_channel", x)


def widen(x: torch.Tensor, channels: int) -> torch.Tensor:
    """One channel (N, 1, H, W) as a map with so many channels, (N, channels, H, W); any other tensor as it is."""
    if x.dim() != 4 or x.shape[1] != 1:
        return x
    wide = x.expand(-1, channels, -1, -1)
    wide.one_channel = x  # type: ignore[attr-defined]  # a mark of ours
    return wide


def by_channel(operation: Callable) -> Callable:
    """An operation that treats every channel alike."""

    def replay(x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
        return widen(operation(narrow(x), *args, **kwargs), x.shape[1])

    return replay


def convolve(conv: nn.Conv2d | nn.ConvTranspose2d, x: torch.Tensor, output_size=None) -> torch.Tensor:
    """With equal weights: the sum over a group's channels, spread by the kernel, the same in all channels out."""
    groups = 1 if is_narrow(x) else conv.groups
    summed = narrow(x)
    if summed.shape[1] > groups:
        summed = summed.unflatten(1, (groups, -1)).mean(2)
    if isinstance(conv, nn.ConvTranspose2d):
        sizes = None if output_size is None else list(output_size)
        dims = (conv.stride, conv.padding, conv.kernel_size, 2, conv.dilation)
        moves = (conv.stride, pair(conv.padding), conv._output_padding(x, sizes, *dims))  # type: ignore[arg-type]
        spread = F.conv_transpose2d(summed, _equal_weights(conv, groups), None, *moves, groups, conv.dilation)
    elif conv.kernel_size == conv.stride == (1, 1) and conv.padding in ((0, 0), "same", "valid"):
        spread = summed
    elif _is_box(conv):
        spread = F.avg_pool2d(summed, conv.kernel_size, conv.stride, pair(conv.padding)) * sqrt(prod(conv.kernel_size))
    else:
        weights = _equal_weights(conv, groups)
        spread = F.conv2d(summed, weights, None, conv.stride, conv.padding, conv.dilation, groups)
    if groups == 1:
        return widen(spread, conv.out_channels)
    return spread.repeat_interleave(conv.out_channels // groups, 1)


def _equal_weights(conv: nn.Conv2d | nn.ConvTranspose2d, groups: int) -> torch.Tensor:
    """Between 1 and a mean, so that neither the values nor their gradients run out of range in deep networks."""
    return torch.full((groups, 1, *conv.kernel_size), 1 / sqrt(prod(conv.kernel_size)), dtype=torch.float64)


def _is_box(conv: nn.Conv2d) -> bool:
    """Whether average pooling does the same; PyTorch does it several times faster in double precision."""
    if isinstance(conv.padding, str) or conv.dilation != (1, 1):
        return False
    return all(2 * zeros <= side for zeros, side in zip(conv.padding, conv.kernel_size, strict=True))


def average_windows(
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


average_each_window = by_channel(average_windows)


def normalise_batch(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
    """A factor and a shift for each channel; without running statistics they depend on all places."""
    return x if norm.running_mean is not None or x.dim() < 3 else _mix(x, range(2, x.dim()))


def pool_maxima(pool: nn.MaxPool2d, x: torch.Tensor) -> torch.Tensor:
    """In place of max pooling: averages of the same windows."""
    return by_channel(average_windows)(x, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode)


def pool_averages(pool: nn.AvgPool2d, x: torch.Tensor) -> torch.Tensor:
    """Average pooling of one channel for all."""
    return by_channel(F.avg_pool2d)(x, pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)


def pool_adaptively(pool: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Adaptive average pooling, also instead of adaptive max pooling."""
    return by_channel(F.adaptive_avg_pool2d)(x, pool.output_size)


def _mix(x: torch.Tensor, dims: Sequence[int]) -> torch.Tensor:
    """Every unit with the mean over some dimensions: what normalising over them joins."""
    return x + x.mean(tuple(dims), keepdim=True)


def leave_alone(*args, **kwargs) -> torch.Tensor:
    """In place of activations and whatever else only changes each value: its input."""
    return find_all((args, kwargs), torch.Tensor)[0]


def join_features(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    """In place of a linear layer: the mean of all features, as often as there are features out."""
    return x.mean(-1, keepdim=True).expand(*x.shape[:-1], linear.out_features)


def add(first, second, *_, **__):
    """In place of sums, differences and products; a number beside a branch changes nothing."""
    if not isinstance(first, torch.Tensor):
        return second
    if not isinstance(second, torch.Tensor):
        return first
    if is_narrow(first) and is_narrow(second):
        return widen(narrow(first) + narrow(second), max(first.shape[1], second.shape[1]))
    return first + second


def pad_with_zeros(
    x: torch.Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> torch.Tensor:
    """Zeros, or what lies at the border; padding that adds channels must see them all."""
    if mode != "constant":
        return by_channel(F.pad)(x, pad, mode)
    return by_channel(F.pad)(x, pad) if len(pad) <= 4 else F.pad(x, pad)


def attend(attention: nn.MultiheadAttention, query: torch.Tensor, *_, **__) -> tuple[torch.Tensor, None]:
    """In place of attention: every token with the mean of all of them."""
    return _mix(query, (1, 2)), None


def convolve_with(x: torch.Tensor, weight: torch.Tensor, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """F.conv2d, through the module that does the same."""
    out_channels, _, height, width = weight.shape
    settings = (stride, padding, dilation, groups)
    return convolve(nn.Conv2d(x.shape[1], out_channels, (height, width), *settings, bias=False, device="meta"), x)


def average(x: torch.Tensor, dim, keepdim: bool = False) -> torch.Tensor:
    """In place of means, sums and maxima over some dimensions."""
    return x.mean(dim, keepdim)


def join_features_with(x: torch.Tensor, weight: torch.Tensor, bias=None) -> torch.Tensor:
    """F.linear."""
    return x.mean(-1, keepdim=True).expand(*x.shape[:-1], weight.shape[0])


def merge_patches(x: torch.Tensor) -> torch.Tensor:
    """Swin's patch merging."""
    padded = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
    return torch.cat([padded[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1)


def fold(x: torch.Tensor, *sizes) -> torch.Tensor:
    """`view`, also of what does not lie in one piece."""
    return x.reshape(*sizes)


def upsample(module: nn.Upsample, x: torch.Tensor) -> torch.Tensor:
    """nn.Upsample, of one channel for all."""
    return _resize(x, window_rules.read_resize(module, (), {}))


def resize(x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
    """F.interpolate, with positive weights."""
    return _resize(x, window_rules.read_resize(None, args, kwargs))


def _resize(x: torch.Tensor, settings: dict) -> torch.Tensor:
    if settings["mode"] in ("nearest", "nearest-exact"):
        return by_channel(F.interpolate)(x, **settings)
    sizes = (x.shape[2], x.shape[3])
    rows, columns = (window_rules.weigh_resize(settings, sizes, axis) for axis in (0, 1))
    return widen(rows @ narrow(x) @ columns.T, x.shape[1])


def mix_layer(norm: nn.LayerNorm, x: torch.Tensor) -> torch.Tensor:
    """In place of layer normalisation."""
    return mix_last(x, norm.normalized_shape)


def mix_last(x: torch.Tensor, shape: Sequence[int], *_, **__) -> torch.Tensor:
    """F.layer_norm."""
    return _mix(x, range(-len(shape), 0))


def mix_all(norm: nn.GroupNorm, x: torch.Tensor) -> torch.Tensor:
    """In place of group normalisation: every unit with the mean of all."""
    return _mix(x, range(1, x.dim()))


def mix_places(norm: nn.InstanceNorm2d, x: torch.Tensor) -> torch.Tensor:
    """In place of instance normalisation: every unit with the mean of its channel, unless statistics are kept."""
    return x if norm.track_running_stats else _mix(x, (2, 3))


def mix_softmax(softmax: nn.Softmax | nn.LogSoftmax, x: torch.Tensor) -> torch.Tensor:
    """In place of nn.Softmax and nn.LogSoftmax."""
    return _mix(x, (1 if softmax.dim is None else softmax.dim,))


def mix_along(x: torch.Tensor, dim: int, *_, **__) -> torch.Tensor:
    """F.softmax."""
    return _mix(x, (dim,))


def normalise_batch_with(x: torch.Tensor, running_mean, *_, **__) -> torch.Tensor:
    """F.batch_norm: without running statistics values depend on all places."""
    return x if running_mean is not None or x.dim() < 3 else _mix(x, range(2, x.dim()))


def mix_all_of(x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
    """F.group_norm and F.instance_norm: every unit with the mean of all, unless statistics are kept."""
    if kwargs.get("use_input_stats", args[4] if len(args) > 4 else True) is False:  # of F.instance_norm alone
        return x
    return _mix(x, range(1, x.dim()))


def add_all(*args, **kwargs) -> torch.Tensor:
    """In place of what changes each value by what stands beside it: the sum of all that has numbers."""
    tensors = [each for each in find_all((args, kwargs), torch.Tensor) if each.requires_grad]
    total = tensors[0]
    for each in tensors[1:]:
        total = add(total, each)
    return total
