"""One rule an operation: whether its inputs fit, what shape comes out, what it costs and what it can see.

A rule takes a `Call` and gives an `Output`. Shapes are those of one image, without the batch dimension. Beside its
size, every dimension of a signal carries what it counts: channels, rows, columns, or several of them multiplied
together, so that a feature map can be permuted, flattened and folded up again without losing its place.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from explorer.models.fields import Field
from explorer.models.records import LayerSettings, Shape, ShapeError, UnsupportedLayerError

# A dimension is a product of factors, each with what it counts and its size: (("h", 7), ("w", 7)) after flattening.
# "c" stands for channels, "h" for rows, "w" for columns, "x" for places in no order that can be told (tokens).
Dimension = tuple[tuple[str, int], ...]
_PLACES = frozenset("hwx")


def make_map(shape: Shape) -> tuple[Dimension, ...]:
    """The dimensions of a feature map (C, H, W)."""
    return tuple(((what, size),) for what, size in zip("chw", shape))


def make_features(shape: Shape) -> tuple[Dimension, ...]:
    """Dimensions without places."""
    return tuple((("c", size),) for size in shape)


@dataclass(frozen=True)
class Signal:
    """What flows along an edge of the graph.

    Attributes:
        shape: of one image.
        field: what its units can see.
        source: index of the layer it comes from, -1 for the image.
        grid: shape of the feature map that it is or last was.
        dimensions: what each dimension counts.
    """

    shape: Shape
    field: Field
    source: int
    grid: Shape
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True)
class Weight:
    """A parameter or buffer that a `forward` uses by itself, as a tensor on the meta device, and what it came from."""

    tensor: torch.Tensor
    parameters: tuple[nn.Parameter, ...] = ()


@dataclass(frozen=True)
class Output:
    """What a rule finds.

    Attributes:
        shape: what comes out.
        field: what its units can see.
        settings: the layer's settings.
        dimensions: what each dimension counts; a feature map or features where it is left out.
        mult_adds: multiply-adds, where they are not one for each parameter.
        parts: where the operation gives several tensors, all of them; None for one that cannot be followed.
    """

    shape: Shape
    field: Field
    settings: LayerSettings = LayerSettings()
    dimensions: tuple[Dimension, ...] | None = None
    mult_adds: int | None = None
    parts: tuple[Output | None, ...] | None = None

    def count_dimensions(self) -> tuple[Dimension, ...]:
        if self.dimensions is not None:
            return self.dimensions
        return make_map(self.shape) if len(self.shape) == 3 else make_features(self.shape)


@dataclass(frozen=True)
class Call:
    """One operation with its inputs: what a rule sees."""

    name: str
    kind: str
    signals: tuple[Signal, ...]
    args: tuple
    kwargs: Mapping
    module: nn.Module | None = None

    @property
    def first(self) -> Signal:
        return self.signals[0]

    def misfit(self, key: str, **values) -> ShapeError:
        return ShapeError(f"trace.{key}", self.name, self.kind, **values)

    def unsupported(self, key: str = "unsupported", **values) -> UnsupportedLayerError:
        return UnsupportedLayerError(f"trace.{key}", self.name, self.kind, **values)

    def argument(self, position: int, name: str, default=None):
        """Argument of a function by position (the tensor is 0) or name."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)

    def rest(self, position: int, name: str) -> tuple[int, ...]:
        """Numbers of a method, given one by one or in a list."""
        given = self.args[position:] or (self.kwargs[name],)
        return tuple(given[0]) if isinstance(given[0], (list, tuple)) else tuple(given)

    def place(self, dim: int) -> int:
        """Index in `Signal.shape` of a dimension that is counted with the batch."""
        rank = len(self.first.shape) + 1
        if not isinstance(dim, int) or not -rank <= dim < rank:
            raise self.misfit("no_dimension", dim=dim, shape=by(self.first.shape))
        if dim % rank == 0:
            raise self.unsupported("unsupported_setting", setting=f"dim={dim}")
        return dim % rank - 1


Rule = Callable[[Call], Output]


def by(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _product(sizes: Sequence[int]) -> str:
    """`576 = 16 × 6 × 6`, or just the number when there is one factor."""
    return str(prod(sizes)) if len(sizes) < 2 else f"{prod(sizes)} = {by(sizes)}"


def _pair(value) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value) * (2 // len(value))


def _counts(dimensions: Iterable[Dimension]) -> set[str]:
    """What dimensions count, channels and single places aside."""
    return {what for dimension in dimensions for what, size in dimension if what in _PLACES and size > 1}


def _forget_places(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    return tuple((("c", prod(size for _, size in dimension)),) for dimension in dimensions)


# Windows: convolution and pooling


def _need_map(call: Call) -> Shape:
    shape, dimensions = call.first.shape, call.first.dimensions
    if len(shape) != 3:
        raise call.misfit("needs_map", shape=by(shape))
    in_order = dimensions[1][0][0] == "h" and dimensions[2][0][0] == "w" and len(dimensions[1] + dimensions[2]) == 2
    if not in_order and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")
    return shape


def _slide(call: Call, settings: LayerSettings, channels: int, mult_adds: int | None = None) -> Output:
    """A window that slides over height and width: convolution and pooling."""
    _, *sizes = _need_map(call)
    after = settings.padding_after or settings.padding
    window = list(zip(sizes, settings.kernel_size, settings.stride, settings.padding, after, settings.dilation))
    outputs = tuple(_window_outputs(*axis, settings.ceil_mode) for axis in window)
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
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int, ceil_mode: bool
) -> int:
    """Positions of a window; with `ceil_mode` one that hangs over counts, if it begins on the input or before it."""
    room = size + before + after - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + before else count


def _conv_rule(call: Call) -> Output:
    conv = call.module
    if conv.padding_mode != "zeros":
        raise call.unsupported("unsupported_setting", setting=f"padding_mode={conv.padding_mode!r}")
    window = (conv.stride, conv.padding, conv.dilation)
    return _convolve(call, conv.in_channels, conv.out_channels, conv.kernel_size, *window, conv.groups, conv.bias)


def _conv_function_rule(call: Call) -> Output:
    """F.conv2d with weights that are parameters."""
    weight, bias = call.argument(1, "weight"), call.argument(2, "bias")
    if not isinstance(weight, Weight) or weight.tensor.dim() != 4:
        raise call.unsupported("unsupported_setting", setting="weight")
    out_channels, group_channels, *kernel_size = weight.tensor.shape
    groups = call.argument(6, "groups", 1)
    stride, padding, dilation = call.argument(3, "stride", 1), call.argument(4, "padding", 0), call.argument(5, "dilation", 1)
    return _convolve(
        call, group_channels * groups, out_channels, tuple(kernel_size), stride, padding, dilation, groups, bias
    )


def _convolve(call: Call, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias) -> Output:
    channels = _need_map(call)[0]
    if channels != in_channels:
        raise call.misfit("channels", expected=in_channels, got=channels)
    dilation = _pair(dilation)
    before, after = _conv_padding(padding, kernel_size, dilation)
    settings = LayerSettings(
        kernel_size=kernel_size,
        stride=_pair(stride),
        padding=before,
        padding_after=after,
        dilation=dilation,
        groups=groups,
        in_channels=in_channels,
        out_channels=out_channels,
        bias=bias is not None,
    )
    output = _slide(call, settings, out_channels)
    num_params = out_channels * (in_channels // groups * prod(kernel_size) + (bias is not None))
    return replace(output, mult_adds=num_params * prod(output.shape[1:]))


def _conv_padding(padding, kernel_size: Shape, dilation: Shape) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Zeros before and after; "same" puts an odd one at the end (torch.nn.Conv2d, `_reversed_padding...`)."""
    if padding == "valid":
        return (0, 0), None
    if padding != "same":
        return _pair(padding), None
    totals = [gap * (kernel - 1) for kernel, gap in zip(kernel_size, dilation)]
    before = (totals[0] // 2, totals[1] // 2)
    after = (totals[0] - before[0], totals[1] - before[1])
    return before, None if after == before else after


def _transposed_rule(call: Call) -> Output:
    conv = call.module
    channels, *sizes = _need_map(call)
    if channels != conv.in_channels:
        raise call.misfit("channels", expected=conv.in_channels, got=channels)
    settings = LayerSettings(
        kernel_size=conv.kernel_size,
        stride=conv.stride,
        padding=_pair(conv.padding),
        dilation=conv.dilation,
        output_padding=_pair(conv.output_padding),
        groups=conv.groups,
        in_channels=conv.in_channels,
        out_channels=conv.out_channels,
        bias=conv.bias is not None,
    )
    window = list(zip(conv.kernel_size, conv.stride, settings.padding, conv.dilation))
    outputs = tuple(
        (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
        for size, (kernel, stride, padding, dilation), extra in zip(sizes, window, settings.output_padding)
    )
    if min(outputs) < 1:
        raise call.misfit("transposed_too_small", output=by(outputs))
    field = call.first.field.map("spread", [(*axis, count) for axis, count in zip(window, outputs)])
    bias = conv.out_channels * prod(outputs) if settings.bias else 0
    weights = conv.in_channels * conv.out_channels // conv.groups * prod(conv.kernel_size)
    return Output((conv.out_channels, *outputs), field, settings, mult_adds=weights * prod(sizes) + bias)


def _pool_rule(call: Call, **arguments) -> Output:
    """Pooling by a module's attributes or a function's arguments."""
    options = arguments or vars(call.module)
    if options.get("return_indices"):
        raise call.unsupported("unsupported_setting", setting="return_indices=True")
    kernel_size = _pair(options["kernel_size"])
    stride = options.get("stride")
    settings = LayerSettings(
        kernel_size=kernel_size,
        stride=kernel_size if stride in (None, []) else _pair(stride),
        padding=_pair(options.get("padding", 0)),
        dilation=_pair(options.get("dilation", 1)),
        ceil_mode=bool(options.get("ceil_mode", False)),
    )
    for kernel, padding, dilation in zip(kernel_size, settings.padding, settings.dilation):
        if padding > (dilation * (kernel - 1) + 1) // 2:
            raise call.misfit("pool_padding", padding=padding, kernel=by(kernel_size))
    return _slide(call, settings, call.first.shape[0])


def _pool_function_rule(*names: str) -> Rule:
    """The rule of a pooling function, from the names of its arguments after the input."""

    def rule(call: Call) -> Output:
        given = {name: value for name, value in call.kwargs.items() if name != "input"}
        return _pool_rule(call, **dict(zip(names, call.args[1:])), **given)

    return rule


def _adaptive_rule(call: Call, output_size=None) -> Output:
    channels, height, width = _need_map(call)
    asked = _pair_or_none(call.module.output_size if call.module is not None else output_size)
    target = (height if asked[0] is None else asked[0], width if asked[1] is None else asked[1])
    field = call.first.field.map("adapt", [(size,) for size in target], "trace.note_global_pool")
    return Output((channels, *target), field, LayerSettings(output_size=target))


def _pair_or_none(value) -> tuple[int | None, int | None]:
    return (value, value) if value is None or isinstance(value, int) else tuple(value)


def _adaptive_function_rule(call: Call) -> Output:
    return _adaptive_rule(call, call.argument(1, "output_size"))


def _upsample_rule(call: Call) -> Output:
    module = call.module
    size, scale = (module.size, module.scale_factor) if module else (call.argument(1, "size"), call.argument(2, "scale_factor"))
    mode = module.mode if module else call.argument(3, "mode", "nearest")
    channels, height, width = _need_map(call)
    if size is None:
        size = [int(side * factor) for side, factor in zip((height, width), _floats(scale))]
    outputs = _pair(size) if isinstance(size, int) else tuple(size)
    whole = all(new % old == 0 for new, old in zip(outputs, (height, width)))
    if mode != "nearest" or not whole:
        raise call.unsupported("unsupported_setting", setting=f"mode={mode!r}, {height} × {width} → {by(outputs)}")
    factors = [new // old for new, old in zip(outputs, (height, width))]
    field = call.first.field.map("spread", [(factor, factor, 0, 1, new) for factor, new in zip(factors, outputs)])
    return Output((channels, *outputs), field, LayerSettings(output_size=outputs))


def _floats(scale) -> tuple[float, float]:
    return tuple(scale) if isinstance(scale, (list, tuple)) else (scale, scale)


# Layers that join channels, or places


def _linear_rule(call: Call) -> Output:
    linear = call.module
    return _join_features(call, linear.in_features, linear.out_features, linear.bias)


def _linear_function_rule(call: Call) -> Output:
    weight = call.argument(1, "weight")
    if not isinstance(weight, Weight):
        raise call.unsupported("unsupported_setting", setting="weight")
    out_features, in_features = weight.tensor.shape
    return _join_features(call, in_features, out_features, call.argument(2, "bias"))


def _join_features(call: Call, in_features: int, out_features: int, bias) -> Output:
    """A matrix over the last dimension, the same at every position of the others."""
    shape, dimensions = call.first.shape, call.first.dimensions
    if shape[-1] != in_features:
        if len(shape) == 3:
            raise call.misfit("needs_vector", shape=by(shape))
        grid = call.first.grid
        got = _product(grid) if len(shape) == 1 and prod(grid) == shape[0] else str(shape[-1])
        raise call.misfit("features", expected=in_features, got=got)
    settings = LayerSettings(in_features=in_features, out_features=out_features, bias=bias is not None)
    field = call.first.field if len(shape) > 1 else call.first.field.join("trace.note_linear")
    field = _join_places(field, dimensions[-1:], "trace.note_linear")
    mult_adds = prod(shape[:-1]) * out_features * (in_features + (bias is not None))
    return Output((*shape[:-1], out_features), field, settings, (*dimensions[:-1], (("c", out_features),)), mult_adds)


def _join_places(field: Field, dimensions: Iterable[Dimension], reason: str) -> Field:
    """The field after an operation that joins everything along some dimensions."""
    counted = _counts(dimensions)
    if "x" in counted or {"h", "w"} <= counted:
        return field.join(reason)
    rows, columns = "h" in counted, "w" in counted
    if not rows and not columns:
        return field
    height = field.height.join() if rows else field.height
    width = field.width.join() if columns else field.width
    became = height.is_global and width.is_global and not field.is_global
    return replace(field, height=height, width=width, reason=reason if became else field.reason)


def _batch_norm_rule(call: Call) -> Output:
    norm, shape = call.module, call.first.shape
    if isinstance(norm, nn.BatchNorm2d):
        if len(shape) != 3:
            raise call.misfit("needs_map", shape=by(shape))
    elif len(shape) > 2:
        raise call.misfit("needs_vector", shape=by(shape))
    _need_channels(call, norm.num_features)
    return _same(call, LayerSettings(in_channels=shape[0], out_channels=shape[0], bias=norm.affine))


def _need_channels(call: Call, expected: int) -> None:
    if call.first.shape[0] != expected:
        raise call.misfit("channels", expected=expected, got=call.first.shape[0])


def _channel_norm_rule(call: Call) -> Output:
    """torchvision's LayerNorm2d: over the channels of each position."""
    channels = _need_map(call)[0]
    _need_channels(call, prod(call.module.normalized_shape))
    return _same(call, LayerSettings(in_channels=channels, out_channels=channels, bias=True))


def _place_norm_rule(call: Call) -> Output:
    """Group and instance normalisation: mean and deviation over all positions."""
    norm = call.module
    _need_channels(call, norm.num_channels if isinstance(norm, nn.GroupNorm) else norm.num_features)
    if getattr(norm, "track_running_stats", False):
        return _same(call)
    field = _join_places(call.first.field, call.first.dimensions, "trace.note_normalisation")
    channels = call.first.shape[0]
    return replace(_same(call, LayerSettings(in_channels=channels, out_channels=channels)), field=field)


def _layer_norm_rule(call: Call, normalized_shape: Sequence[int] | None = None) -> Output:
    expected = tuple(call.module.normalized_shape if normalized_shape is None else normalized_shape)
    rank = len(expected)
    if call.first.shape[-rank:] != expected:
        raise call.misfit("normalized_shape", expected=by(expected), got=by(call.first.shape))
    field = _join_places(call.first.field, call.first.dimensions[-rank:], "trace.note_normalisation")
    return replace(_same(call), field=field)


def _layer_norm_function_rule(call: Call) -> Output:
    return _layer_norm_rule(call, call.argument(1, "normalized_shape"))


def _softmax_rule(call: Call) -> Output:
    dim = call.module.dim if call.module is not None else call.argument(1, "dim")
    place = call.place(1 if dim is None else dim)
    joined = call.first.dimensions[place : place + 1]
    return replace(_same(call), field=_join_places(call.first.field, joined, "trace.note_normalisation"))


def _same(call: Call, settings: LayerSettings = LayerSettings()) -> Output:
    """What changes values only."""
    return Output(call.first.shape, call.first.field, settings, call.first.dimensions)


_PLAIN, _INPLACE = LayerSettings(), LayerSettings(inplace=True)


def _pointwise_rule(call: Call) -> Output:
    inplace = getattr(call.module, "inplace", False) or call.kwargs.get("inplace", False)
    return _same(call, _INPLACE if inplace else _PLAIN)


def _attention_rule(call: Call) -> Output:
    """Multi-head attention over a list of tokens (Vaswani et al. 2017, section 3.2.2)."""
    attention = call.module
    signals = call.signals
    if not attention.batch_first or not attention._qkv_same_embed_dim or len(signals) != 3:
        raise call.unsupported("unsupported_setting", setting="batch_first=False, kdim, vdim or masks")
    (queries, width), (keys, _) = (_need_tokens(call, signal) for signal in signals[:2])
    if width != attention.embed_dim:
        raise call.misfit("features", expected=attention.embed_dim, got=width)
    field = call.first.field
    for signal in signals:
        field = field.unite(signal.field, "trace.note_attention")
    bias = attention.in_proj_bias is not None
    projections = (2 * queries + 2 * keys) * width * (width + bias)
    output = Output(
        call.first.shape,
        field.join("trace.note_attention"),
        LayerSettings(in_features=width, out_features=width, bias=bias),
        _forget_places(call.first.dimensions),
        mult_adds=projections + 2 * queries * keys * width,
    )
    return replace(output, parts=(output, None))


def _need_tokens(call: Call, signal: Signal) -> Shape:
    if len(signal.shape) != 2:
        raise call.misfit("needs_tokens", shape=by(signal.shape))
    return signal.shape


def _window_attention_rule(call: Call) -> Output:
    """Swin's attention inside windows, shifted in every second block (Liu et al. 2021, section 3.2)."""
    attention = call.module
    height, width, channels = call.first.shape
    heads, windows = attention.num_heads, attention.window_size
    _need_rows_and_columns(call)
    sizes = [_swin_axis(size, window, shift) for size, window, shift in zip((height, width), windows, attention.shift_size)]
    field = call.first.field.regroup(*(groups for _, groups in sizes))
    padded = prod(size for size, _ in sizes)
    products = 2 * padded * prod(windows) * channels
    linear = padded * sum(_linear_work(layer) for layer in (attention.qkv, attention.proj))
    table = 0
    if hasattr(attention, "cpb_mlp"):  # version 2 computes the biases of its positions
        entries = prod(2 * window - 1 for window in windows)
        table = entries * sum(_linear_work(layer) for layer in attention.cpb_mlp if isinstance(layer, nn.Linear))
    settings = LayerSettings(in_channels=channels, out_channels=channels, groups=heads, kernel_size=None)
    return Output(call.first.shape, field, settings, call.first.dimensions, mult_adds=products + linear + table)


def _linear_work(linear: nn.Linear) -> int:
    return linear.out_features * (linear.in_features + (linear.bias is not None))


def _need_rows_and_columns(call: Call) -> None:
    """For channels-last maps (H, W, C)."""
    dimensions = call.first.dimensions
    in_order = len(dimensions) == 3 and dimensions[0][0][0] == "h" and dimensions[1][0][0] == "w"
    if not in_order and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")


def _swin_axis(size: int, window: int, shift: int) -> tuple[int, np.ndarray]:
    """Padded size of an axis, and the number of the window of each unit; masked units of a window count apart."""
    padded = -(-size // window) * window
    shift = 0 if window >= padded else shift
    rolled = (np.arange(size) - shift) % padded
    region = np.where(rolled < padded - window, 0, np.where(rolled < padded - shift, 1, 2)) if shift else 0 * rolled
    return padded, 3 * (rolled // window) + region


def _patch_merging_rule(call: Call) -> Output:
    """Swin's patch merging: four neighbours become channels of one (section 3.1)."""
    _need_rows_and_columns(call)
    height, width, channels = call.first.shape
    sizes = (-(-height // 2), -(-width // 2))
    field = call.first.field.map("slide", [(2, 2, 0, 1, size) for size in sizes])
    dimensions = ((("h", sizes[0]),), (("w", sizes[1]),), (("c", 4 * channels),))
    return Output((*sizes, 4 * channels), field, dimensions=dimensions)


def _partition_attention_rule(call: Call) -> Output:
    """MaxViT's attention in blocks and on a grid, with its feed-forward part (Tu et al. 2022, section 3.2)."""
    layer = call.module
    channels, height, width = _need_map(call)
    if (height, width) != tuple(layer.grid_size):
        raise call.misfit("fixed_map", expected=by(layer.grid_size), got=by((height, width)))
    groups = [
        np.arange(size) // layer.p if layer.partition_type == "window" else np.arange(size) % (size // layer.g)
        for size in (height, width)
    ]
    field = call.first.field.regroup(*groups)
    attention = layer.attn_layer[1]
    linear = [module for module in layer.modules() if isinstance(module, nn.Linear)]
    products = 2 * attention.max_seq_len * attention.n_heads * attention.head_dim
    norms = [module for module in layer.modules() if isinstance(module, nn.LayerNorm)]
    once = sum(parameter.numel() for norm in norms for parameter in norm.parameters())
    work = height * width * (sum(map(_linear_work, linear)) + products) + once
    return Output(call.first.shape, field, dimensions=call.first.dimensions, mult_adds=work)


# Branches that meet


def _sum_rule(call: Call) -> Output:
    """Sum, difference or product of branches; a number or a weight beside a branch changes no field."""
    shapes = [(1, *signal.shape) for signal in call.signals]
    weights = [tuple(weight.tensor.shape) for weight in find_all(call.args, Weight)]
    try:
        if len(set(map(len, shapes))) != 1 or any(len(weight) > len(shapes[0]) for weight in weights):
            raise RuntimeError
        batch, *shape = torch.broadcast_shapes(*shapes, *weights)
    except RuntimeError:
        shapes = [signal.shape for signal in call.signals] + weights
        raise call.misfit("branches", shapes=", ".join(map(by, shapes))) from None
    if batch != 1:
        raise call.misfit("branches", shapes=", ".join(map(by, [signal.shape for signal in call.signals] + weights)))
    dimensions = tuple(_meet_dimensions(call, place, size) for place, size in enumerate(shape))
    field, reason = call.first.field, _meeting_reason(call)
    for signal in call.signals[1:]:
        field = field.unite(signal.field, reason)
    if field.is_global and reason == "trace.note_squeeze_excitation":
        field = replace(field, reason=reason)
    return Output(tuple(shape), field, dimensions=dimensions)


def _meet_dimensions(call: Call, place: int, size: int) -> Dimension:
    """What a dimension of the result counts: places, where any branch has them."""
    found = [signal.dimensions[place] for signal in call.signals if signal.shape[place] == size]
    placed = [dimension for dimension in found if any(what in _PLACES for what, _ in dimension)]
    if len({tuple(what for what, _ in dimension) for dimension in placed}) > 1 and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")
    return (placed or found or [(("c", size),)])[0]


def _meeting_reason(call: Call) -> str:
    if call.kind == "mul" and any(signal.shape[1:] == (1, 1) for signal in call.signals):
        return "trace.note_squeeze_excitation"
    return "trace.note_global_branch"


def _cat_rule(call: Call) -> Output:
    tensors = call.argument(0, "tensors")
    place = call.place(call.argument(1, "dim", 0))
    sizes = [tensor.shape if isinstance(tensor, Signal) else tuple(tensor.tensor.shape[1:]) for tensor in tensors]
    if len({shape[:place] + shape[place + 1 :] for shape in sizes}) != 1 or len(set(map(len, sizes))) != 1:
        raise call.misfit("branches", shapes=", ".join(map(by, sizes)))
    shape = (*sizes[0][:place], sum(size[place] for size in sizes), *sizes[0][place + 1 :])
    field = call.first.field
    for signal in call.signals[1:]:
        field = field.unite(signal.field, "trace.note_global_branch")
    dimensions = list(call.first.dimensions)
    counted = _counts(signal.dimensions[place] for signal in call.signals)
    dimensions[place] = (("x" if counted else "c", shape[place]),)
    if counted & {"h", "w"} and not field.is_global:
        field = field.flatten()
    return Output(shape, field, dimensions=tuple(dimensions))


# The same numbers in another order


def _flatten_rule(call: Call) -> Output:
    if call.module is not None:
        first, last = call.module.start_dim, call.module.end_dim
    else:
        first, last = call.argument(1, "start_dim", 0), call.argument(2, "end_dim", -1)
    rank = len(call.first.shape) + 1
    if first % rank == 0 or last % rank < first % rank:
        raise call.unsupported("unsupported_setting", setting=f"start_dim={first}, end_dim={last}")
    first, last = first % rank - 1, last % rank - 1
    shape = call.first.shape
    return _fold(call, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


def _view_rule(call: Call) -> Output:
    """A new shape of the same numbers."""
    sizes = call.rest(1, "shape" if "shape" in call.kwargs else "size")
    before = (1, *call.first.shape)
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known == 0 or prod(before) % known or (-1 not in sizes and known != prod(before)):
        raise call.misfit("view", input=_product(call.first.shape), output=by(sizes))
    after = tuple(prod(before) // known if size == -1 else size for size in sizes)
    if after[0] != 1:
        raise call.misfit("batch_lost", input=_product(call.first.shape), output=by(after))
    return _fold(call, after[1:])


def _unflatten_rule(call: Call) -> Output:
    module = call.module
    place = call.place(module.dim if module else call.argument(1, "dim"))
    sizes = tuple(module.unflattened_size if module else call.argument(2, "sizes"))
    shape = call.first.shape
    known = prod(size for size in sizes if size != -1)
    sizes = tuple(shape[place] // known if size == -1 else size for size in sizes)
    if prod(sizes) != shape[place]:
        raise call.misfit("view", input=str(shape[place]), output=by(sizes))
    return _fold(call, (*shape[:place], *sizes, *shape[place + 1 :]))


def _fold(call: Call, shape: Shape) -> Output:
    """The same numbers in the same order, in another shape."""
    if shape == call.first.shape:
        return _same(call)
    dimensions = _split_factors(call, shape)
    field = call.first.field
    kept = {what for dimension in dimensions for what, _ in dimension}
    # An axis of one unit has no places to tell apart: it is dropped, and what is left sees all that it saw.
    for what, name in (("h", "height"), ("w", "width")):
        if what not in kept and "x" not in kept and not getattr(field, name).is_global:
            field = replace(field, **{name: getattr(field, name).join(1)}, reason="trace.note_single_unit")
    if field.is_global:
        return Output(shape, field, dimensions=dimensions)
    in_order = all(len(dimension) == 1 for dimension in dimensions if _counts((dimension,)))
    return Output(shape, replace(field, is_flat="x" in kept or not in_order), dimensions=dimensions)


def _split_factors(call: Call, shape: Shape) -> tuple[Dimension, ...]:
    """The factors of the old dimensions, dealt out to the new ones."""
    factors = [factor for dimension in call.first.dimensions for factor in dimension if factor[1] > 1][::-1]
    dimensions = []
    for size in shape:
        dimension, left = [], size
        while left > 1:
            what, have = factors.pop()
            take = have if left % have == 0 else left
            if have % take:
                raise call.unsupported("unsupported_setting", setting=f"shape={(1, *shape)}")
            if take < have:
                if what in _PLACES and not call.first.field.is_global:
                    raise call.unsupported("unsupported_setting", setting=f"shape={(1, *shape)}")
                factors.append((what, have // take))
            dimension.append((what, take))
            left //= take
        dimensions.append(tuple(dimension) or (("c", 1),))
    return tuple(dimensions)


def _reorder(call: Call, order: Sequence[int]) -> Output:
    first = call.first
    shape, dimensions = (tuple(values[place] for place in order) for values in (first.shape, first.dimensions))
    return Output(shape, first.field, dimensions=dimensions)


def _permute_rule(call: Call) -> Output:
    order = call.rest(1, "dims")
    rank = len(call.first.shape) + 1
    if sorted(dim % rank for dim in order) != list(range(rank)):
        raise call.misfit("no_dimension", dim=str(order), shape=by(call.first.shape))
    if order[0] % rank:
        raise call.unsupported("unsupported_setting", setting=f"dims={order}")
    return _reorder(call, [call.place(dim) for dim in order[1:]])


def _transpose_rule(call: Call) -> Output:
    first = call.place(call.args[1] if len(call.args) > 1 else call.kwargs.get("dim0", call.kwargs.get("axis0")))
    second = call.place(call.args[2] if len(call.args) > 2 else call.kwargs.get("dim1", call.kwargs.get("axis1")))
    order = list(range(len(call.first.shape)))
    order[first], order[second] = second, first
    return _reorder(call, order)


def _squeeze_rule(call: Call) -> Output:
    dim = call.argument(1, "dim")
    if dim is None:
        raise call.unsupported("unsupported_setting", setting="dim=None")
    place, shape = call.place(dim), call.first.shape
    return _fold(call, shape if shape[place] != 1 else (*shape[:place], *shape[place + 1 :]))


def _unsqueeze_rule(call: Call) -> Output:
    dim, rank = call.argument(1, "dim"), len(call.first.shape) + 2
    place, shape = dim % rank - 1, call.first.shape
    if place < 0:
        raise call.unsupported("unsupported_setting", setting=f"dim={dim}")
    dimensions = call.first.dimensions
    dimensions = (*dimensions[:place], (("c", 1),), *dimensions[place:])
    return Output((*shape[:place], 1, *shape[place:]), call.first.field, dimensions=dimensions)


# A part of the numbers


def _chunk_rule(call: Call) -> Output:
    place = call.place(call.argument(2, "dim", 0))
    chunks, size = call.argument(1, "chunks"), call.first.shape[call.place(call.argument(2, "dim", 0))]
    return _split(call, place, -(-size // chunks))


def _split_rule(call: Call) -> Output:
    place = call.place(call.argument(2, "dim", 0))
    size = call.argument(1, "split_size_or_sections" if "split_size_or_sections" in call.kwargs else "split_size")
    return _split(call, place, size)


def _split(call: Call, place: int, sizes: int | Sequence[int]) -> Output:
    total = call.first.shape[place]
    if isinstance(sizes, int):
        sizes = [min(sizes, total - begin) for begin in range(0, total, sizes)]
    if sum(sizes) != total:
        raise call.misfit("view", input=str(total), output=" + ".join(map(str, sizes)))
    begins = np.cumsum([0, *sizes]).tolist()
    parts = tuple(_take(call, {place: (begin, 1, size)}) for begin, size in zip(begins, sizes))
    return replace(parts[0], parts=parts)


def _take(call: Call, taken: Mapping[int, tuple[int, int, int]]) -> Output:
    """Start, step and number along some dimensions."""
    shape, dimensions, field = list(call.first.shape), list(call.first.dimensions), call.first.field
    for place, (start, step, count) in taken.items():
        if (start, step, count) == (0, 1, shape[place]):
            continue
        (what, _), *more = dimensions[place]
        if more and _counts(dimensions[place : place + 1]) and not field.is_global:
            raise call.unsupported("unsupported_setting", setting=f"{start}:{start + step * count}:{step}")
        shape[place] = count
        if not more and what in "hw":
            name = {"h": "height", "w": "width"}[what]
            field = replace(field, **{name: getattr(field, name).take(start, step, count)})
        dimensions[place] = (("c" if more else what, count),)
    return Output(tuple(shape), field, dimensions=tuple(dimensions))


def _getitem_rule(call: Call) -> Output:
    index = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
    rank = len(call.first.shape) + 1
    if any(not isinstance(item, (int, slice, type(Ellipsis))) for item in index) or len(index) > rank + 1:
        raise call.unsupported("unsupported_setting", setting=f"[{', '.join(map(str, index))}]"[:80])
    if Ellipsis in index:
        at = index.index(Ellipsis)
        index = (*index[:at], *[slice(None)] * (rank - len(index) + 1), *index[at + 1 :])
    if not isinstance(index[0], slice) or index[0] != slice(None):
        raise call.unsupported("unsupported_setting", setting=f"[{index[0]}, …]")
    taken, dropped = {}, []
    for place, item in enumerate(index[1:]):
        size = call.first.shape[place]
        if isinstance(item, int):
            if not -size <= item < size:
                raise call.misfit("no_dimension", dim=item, shape=by(call.first.shape))
            taken[place] = (item % size, 1, 1)
            dropped.append(place)
        else:
            start, stop, step = item.indices(size)
            taken[place] = (start, step, len(range(start, stop, step)))
    part = _take(call, taken)
    shape = tuple(size for place, size in enumerate(part.shape) if place not in dropped)
    whole = replace(call, signals=(replace(call.first, shape=part.shape, field=part.field, dimensions=part.dimensions),))
    return _fold(whole, shape)


def _reduce_rule(call: Call) -> Output:
    """Mean, sum or maximum over some dimensions."""
    dims = call.argument(1, "dim")
    if dims is None or isinstance(dims, bool):
        raise call.unsupported("unsupported_setting", setting="dim=None")
    places = sorted({call.place(dim) for dim in (dims if isinstance(dims, (list, tuple)) else (dims,))})
    shape, dimensions = call.first.shape, call.first.dimensions
    field = _join_places(call.first.field, [dimensions[place] for place in places], "trace.note_global_pool")
    singles = {what for place in places for what, _ in dimensions[place]}
    for what, name in (("h", "height"), ("w", "width")):
        if what in singles:
            field = replace(field, **{name: getattr(field, name).join(1)})
    if field.is_global and field.reason is None:
        field = replace(field, reason="trace.note_global_pool")
    settings = LayerSettings(output_size=(1, 1)) if len(shape) == 3 and places == [1, 2] else _PLAIN
    if call.argument(2, "keepdim", False):
        kept = tuple(1 if place in places else size for place, size in enumerate(shape))
        dimensions = tuple(
            ((dimension[0][0] if len(dimension) == 1 else "c", 1),) if place in places else dimension
            for place, dimension in enumerate(dimensions)
        )
        return Output(kept, field, settings, dimensions)
    left = [place for place in range(len(shape)) if place not in places]
    return Output(
        tuple(shape[place] for place in left), field, settings, tuple(dimensions[place] for place in left)
    )


def _pad_rule(call: Call) -> Output:
    pad, mode = tuple(call.argument(1, "pad")), call.argument(2, "mode", "constant")
    shape = call.first.shape
    rank = len(shape)
    if mode != "constant" or any(pad[2 * rank :]):
        raise call.unsupported("unsupported_setting", setting=f"pad={pad}, mode={mode!r}")
    field, dimensions, sizes = call.first.field, list(call.first.dimensions), list(shape)
    for number in range(min(rank, len(pad) // 2)):
        before, after = pad[2 * number : 2 * number + 2]
        place = rank - 1 - number
        sizes[place] += before + after
        if sizes[place] < 1:
            raise call.unsupported("unsupported_setting", setting=f"pad={pad}")
        (what, _), *more = dimensions[place]
        if more or what == "x":
            raise call.unsupported("unsupported_setting", setting=f"pad={pad}")
        if what in "hw":
            name = {"h": "height", "w": "width"}[what]
            field = replace(field, **{name: getattr(field, name).pad(before, after)})
        dimensions[place] = ((what, sizes[place]),)
    return Output(tuple(sizes), field, LayerSettings(pad=pad), tuple(dimensions))


def find_all(value, kind: type):
    """Everything of a kind in an argument, lists and tuples included."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from find_all(item, kind)
    elif isinstance(value, dict):
        for item in value.values():
            yield from find_all(item, kind)


POINTWISE_MODULES = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
    nn.Tanh, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.LogSigmoid,
    nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.Identity, nn.LocalResponseNorm,
)  # fmt: skip

POINTWISE_FUNCTIONS = (
    F.relu, F.relu_, torch.relu, F.relu6, F.gelu, F.silu, F.leaky_relu, F.elu, F.selu, F.mish, F.softplus, F.dropout,
    F.dropout2d, F.sigmoid, F.tanh, F.hardswish, F.hardsigmoid, F.hardtanh, torch.sigmoid, torch.tanh, operator.neg,
    "relu", "relu_", "sigmoid", "sigmoid_", "tanh", "contiguous", "clone", "float", "detach", "neg", "clamp",
)  # fmt: skip

# torchvision's own blocks, by name, so that torchvision need not be loaded to know them.
LEAF_RULES: Mapping[str, Rule] = {
    "torchvision.ops.stochastic_depth.StochasticDepth": _pointwise_rule,
    "torchvision.models.convnext.LayerNorm2d": _channel_norm_rule,
    "torchvision.models.swin_transformer.ShiftedWindowAttention": _window_attention_rule,
    "torchvision.models.swin_transformer.ShiftedWindowAttentionV2": _window_attention_rule,
    "torchvision.models.maxvit.PartitionAttentionLayer": _partition_attention_rule,
}
NAMED_FUNCTION_RULES: Mapping[str, Rule] = {
    "torchvision.models.swin_transformer._patch_merging_pad": _patch_merging_rule,
    "torchvision.ops.stochastic_depth.stochastic_depth": _pointwise_rule,
}

MODULE_RULES: Mapping[type[nn.Module], Rule] = {
    nn.Conv2d: _conv_rule,
    nn.ConvTranspose2d: _transposed_rule,
    nn.MaxPool2d: _pool_rule,
    nn.AvgPool2d: _pool_rule,
    nn.AdaptiveAvgPool2d: _adaptive_rule,
    nn.AdaptiveMaxPool2d: _adaptive_rule,
    nn.Upsample: _upsample_rule,
    nn.BatchNorm2d: _batch_norm_rule,
    nn.BatchNorm1d: _batch_norm_rule,
    nn.LayerNorm: _layer_norm_rule,
    nn.GroupNorm: _place_norm_rule,
    nn.InstanceNorm2d: _place_norm_rule,
    nn.Flatten: _flatten_rule,
    nn.Unflatten: _unflatten_rule,
    nn.Linear: _linear_rule,
    nn.MultiheadAttention: _attention_rule,
    nn.Softmax: _softmax_rule,
    nn.LogSoftmax: _softmax_rule,
    **dict.fromkeys(POINTWISE_MODULES, _pointwise_rule),
}

_MAX_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")

FUNCTION_RULES: Mapping[Callable, Rule] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add), _sum_rule),
    **dict.fromkeys((operator.sub, operator.isub, torch.sub), _sum_rule),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul, operator.truediv, torch.div), _sum_rule),
    **dict.fromkeys((torch.maximum, torch.minimum), _sum_rule),
    torch.cat: _cat_rule,
    torch.concat: _cat_rule,
    torch.flatten: _flatten_rule,
    torch.reshape: _view_rule,
    torch.permute: _permute_rule,
    **dict.fromkeys((torch.transpose, torch.swapaxes), _transpose_rule),
    torch.squeeze: _squeeze_rule,
    torch.unsqueeze: _unsqueeze_rule,
    torch.chunk: _chunk_rule,
    torch.split: _split_rule,
    operator.getitem: _getitem_rule,
    **dict.fromkeys((torch.mean, torch.sum, torch.amax), _reduce_rule),
    F.pad: _pad_rule,
    F.conv2d: _conv_function_rule,
    F.linear: _linear_function_rule,
    F.layer_norm: _layer_norm_function_rule,
    **dict.fromkeys((F.softmax, torch.softmax, F.log_softmax), _softmax_rule),
    F.max_pool2d: _pool_function_rule(*_MAX_POOL_ARGUMENTS),
    torch.max_pool2d: _pool_function_rule(*_MAX_POOL_ARGUMENTS),
    F.avg_pool2d: _pool_function_rule(*_AVG_POOL_ARGUMENTS),
    F.adaptive_avg_pool2d: _adaptive_function_rule,
    F.adaptive_max_pool2d: _adaptive_function_rule,
    F.interpolate: _upsample_rule,
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if callable(name)), _pointwise_rule),
}

METHOD_RULES: Mapping[str, Rule] = {
    "flatten": _flatten_rule,
    "view": _view_rule,
    "reshape": _view_rule,
    "permute": _permute_rule,
    **dict.fromkeys(("transpose", "swapaxes"), _transpose_rule),
    "squeeze": _squeeze_rule,
    "unsqueeze": _unsqueeze_rule,
    "unflatten": _unflatten_rule,
    "chunk": _chunk_rule,
    "split": _split_rule,
    **dict.fromkeys(("mean", "sum", "amax"), _reduce_rule),
    "softmax": _softmax_rule,
    **dict.fromkeys(("add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_"), _sum_rule),
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if isinstance(name, str)), _pointwise_rule),
}
