"""What the wing shows of a trace: layers gathered into steps and stages, formulas with their numbers, a CSV table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, prod

from explorer.models.operations import BY_KIND
from explorer.models.trace import Layer, LayerSettings, Shape, Trace

_STEP_ROLES = ("conv", "pool", "linear")
BLOCK_ROLES = ("residual", "plain", "block")
MOST_STAGES = 14  # a picture has room for so many


@dataclass(frozen=True)
class Step:
    """Layers that are drawn as one slab: a residual or plain block, or a layer with the pointwise ones after it.

    Attributes:
        name: "layer1.0" for a block, else the name of the first layer.
        role: what it is, which decides its colour: a key of `explorer.page.style.ROLES`. For a block, one of
            BLOCK_ROLES: "residual" if a shortcut goes around all of it, "plain" if nothing branches, "block" for any
            other.
        layers: its layers, in order.
    """

    name: str
    role: str
    layers: tuple[Layer, ...]

    @property
    def output_shape(self) -> Shape:
        """Shape of what comes out of its last layer, without N."""
        return self.layers[-1].output_shape

    @property
    def drawn_shape(self) -> Shape:
        """The same as (C, H, W), see `order_axes`."""
        return order_axes(self.layers[-1])

    @property
    def changes_shape(self) -> bool:
        """Whether what comes out differs in shape from what went in: a shortcut must then be more than identity."""
        return self.layers[0].input_shape != self.output_shape

    @property
    def num_params(self) -> int:
        return sum(layer.num_params for layer in self.layers)

    @property
    def mult_adds(self) -> int:
        return sum(layer.mult_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers)


@dataclass(frozen=True)
class Stage:
    """Steps that belong together: all blocks of `layer1`, or one step alone.

    Attributes:
        name: "layer1", or the name of its only step.
        steps: its steps, in order.
    """

    name: str
    steps: tuple[Step, ...]

    @property
    def is_blocks(self) -> bool:
        """Whether its steps are blocks."""
        return self.steps[0].role in BLOCK_ROLES

    @property
    def is_group(self) -> bool:
        """Whether it has a name of its own: blocks, or several steps of one module."""
        return self.is_blocks or len(self.steps) > 1

    @property
    def output_shape(self) -> Shape:
        """Shape of what comes out of its last layer, without N."""
        return self.steps[-1].output_shape

    @property
    def num_params(self) -> int:
        return sum(step.num_params for step in self.steps)

    @property
    def mult_adds(self) -> int:
        return sum(step.mult_adds for step in self.steps)

    @property
    def activation_bytes(self) -> int:
        return sum(step.activation_bytes for step in self.steps)


def find_role(layer: Layer) -> str:
    """The layer's role, which decides its colour: a key of `explorer.page.style.ROLES`."""
    return BY_KIND[layer.kind].role


def order_axes(layer: Layer) -> Shape:
    """The shape of a layer's output, with the channels first if it is a map.

    Transformers keep maps as (H, W, C), and lists of tokens as (tokens, C).

    Args:
        layer: a layer of a trace.

    Returns:
        (C, H, W) for a map; any other shape as it is. N is left out.
    """
    shape, axes = layer.output_shape, layer.map_axes
    if len(shape) != 3 or axes in ((1, 2), None):
        return shape
    channels = next(axis for axis in range(3) if axis not in axes)
    return shape[channels], shape[axes[0]], shape[axes[1]]


def gather_stages(trace: Trace) -> tuple[Stage, ...]:
    """Gather the layers of a network into stages; every layer is in exactly one step.

    Layers named "STAGE.NUMBER.REST" make the block "STAGE.NUMBER". Of the others, each convolution, pooling, linear
    layer and change of shape opens a step, and the pointwise layers after it join it.

    Args:
        trace: the layers of the network, in order.

    Returns:
        The stages in order. If there were more than MOST_STAGES, steps whose paths begin alike are joined as well.

    >>> from explorer.models.trace import trace_catalogue
    >>> [stage.name for stage in gather_stages(trace_catalogue("resnet18", (1, 28, 28)))]
    ['stem.0', 'layer1', 'layer2', 'layer3', 'layer4', 'avgpool', 'flatten', 'classifier']
    """
    steps: list[Step] = []
    start = 0
    for block, group in groupby(trace.layers, key=lambda layer: _block_name(layer.name)):
        layers = tuple(group)
        steps += [Step(block, _block_role(layers, start), layers)] if block else _single_steps(layers)
        start += len(layers)
    gathered = groupby(steps, key=lambda step: step.name.split(".")[0] if step.role in BLOCK_ROLES else step)
    stages = tuple(Stage(key if isinstance(key, str) else key.name, tuple(group)) for key, group in gathered)
    return stages if len(stages) <= MOST_STAGES else _gather_by_path(steps)


def _gather_by_path(steps: list[Step]) -> tuple[Stage, ...]:
    """Join the steps whose paths begin alike. The common beginnings are as long as MOST_STAGES allows."""
    for length in (3, 2, 1):
        by_start = groupby(steps, lambda step: _path_start(step.name, length))  # noqa: B023 - it is used up in the next line
        groups = [(key, tuple(group)) for key, group in by_start]
        if len(groups) <= MOST_STAGES:
            break
    return tuple(Stage(key if len(group) > 1 else group[0].name, group) for key, group in groups)


def _path_start(name: str, length: int) -> str:
    """The first parts of the path of the module that holds the layer; the layer's own name if no module holds it."""
    parts = name.split(".")
    return ".".join(parts[: min(length, max(1, len(parts) - 1))])


def _block_name(layer_name: str) -> str:
    parts = layer_name.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 and parts[1].isdigit() else ""


def _block_role(layers: Sequence[Layer], start: int) -> str:
    """Which kind of block these layers are; the first one has the index `start` in its trace."""
    read: list[set[int]] = []  # what each layer reads from within the block, directly or not
    for layer in layers:
        inside = {source - start for source in layer.inputs if source >= start}
        read.append(inside.union(*(read[source] for source in inside)))
    additions = [layer for layer in layers if layer.kind == "add" and len(layer.inputs) == 2]
    if additions:
        first, second = (source - start for source in additions[-1].inputs)
        # A shortcut brings what entered the block, unchanged or through layers that the other way does not use.
        is_around = min(first, second) < 0 or read[first].union({first}).isdisjoint(read[second].union({second}))
        return "residual" if is_around else "block"
    return "block" if any(len(layer.inputs) > 1 for layer in layers) else "plain"


def _single_steps(layers: Iterable[Layer]) -> list[Step]:
    opened: list[list[Layer]] = []
    for layer in layers:
        opens = find_role(layer) in _STEP_ROLES or layer.output_shape != layer.input_shape
        if opens or not opened:
            opened.append([])
        opened[-1].append(layer)
    return [Step(group[0].name, _step_role(group[0]), tuple(group)) for group in opened]


def is_global_average(layer: Layer) -> bool:
    """Whether a layer gives the mean over all positions: not over a window, and not the maximum."""
    if layer.kind == "mean":
        return True
    covers_all = layer.settings.kernel_size in (None, layer.input_shape[1:])
    return "avg" in layer.kind.lower() and layer.output_shape[1:] == (1, 1) and covers_all


def _step_role(layer: Layer) -> str:
    role = find_role(layer)
    return role if role in _STEP_ROLES else "other"


def output_arithmetic(layer: Layer) -> str:
    """Write how the size of a layer's output follows from its input, as a formula with its numbers.

    Args:
        layer: a layer of a trace.

    Returns:
        The formula, or "" where the layer has none to show. Where rows and columns differ, two formulas with "; "
        between.

    >>> from explorer.models.trace import trace_catalogue
    >>> output_arithmetic(trace_catalogue("lenet5", (1, 28, 28)).layers[3])
    '⌊(14 − 5)/1⌋ + 1 = 10'
    """
    settings, before, after = layer.settings, layer.input_shape, layer.output_shape
    if settings.kernel_size is not None and len(before) == len(after) == 3:
        write = _transposed_sum if "Transpose" in layer.kind else _window_sum
        sums = [write(before[axis + 1], after[axis + 1], settings, axis) for axis in (0, 1)]
        return sums[0] if sums[0] == sums[1] else "; ".join(sums)
    if settings.output_size is not None and len(before) == 3:
        return _bin_sum(before, after)
    if settings.pad is not None and len(before) == 3:
        front, back = (*settings.pad, 0, 0, 0, 0, 0, 0)[4:6]
        return f"{before[0]} + {front} + {back} = {after[0]}" if front or back else ""
    if len(before) > 1 and len(after) == 1 and prod(before) == after[0]:
        return f"{_times(before)} = {after[0]:,}"
    if settings.in_features is not None:
        return f"{settings.in_features:,} → {settings.out_features:,}"
    return ""


def _window_sum(size: int, result: int, settings: LayerSettings, axis: int) -> str:
    window = settings.window
    kernel, stride, dilation = window.kernel_size[axis], window.stride[axis], window.dilation[axis]
    padding, after = window.padding[axis], window.padding_after[axis]
    span = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    both = f" + 2·{padding}" if padding == after else f" + {padding} + {after}"
    room = f"{size}{both}" if padding or after else f"{size}"
    left, right = "⌈⌉" if settings.ceil_mode else "⌊⌋"
    # In ceil mode, a last window that would begin beyond the input does not count.
    quotient = (size + padding + after - dilation * (kernel - 1) - 1) / stride
    beyond = settings.ceil_mode and ceil(quotient) + 1 > result
    return f"{left}({room} − {span})/{stride}{right}{'' if beyond else ' + 1'} = {result}"


def _transposed_sum(size: int, result: int, settings: LayerSettings, axis: int) -> str:
    window = settings.window
    kernel, dilation, padding = window.kernel_size[axis], window.dilation[axis], window.padding[axis]
    more = (settings.output_padding or (0, 0))[axis]
    cut = f" − 2·{padding}" if padding else ""
    return f"({size} − 1)·{window.stride[axis]}{cut} + {dilation}·({kernel} − 1) + {more} + 1 = {result}"


def _bin_sum(before: Shape, after: Shape) -> str:
    """The sum for adaptive pooling, which takes the whole map, equal windows, or bins of different widths."""
    if after[1:] == (1, 1) or after == (before[0],):
        return f"{_times(before[1:])} → 1"
    if len(after) != 3:
        return f"{_times(before[:2])} → 1" if after == (before[2],) else ""
    size, bins = before[1], after[1]
    if before[1] != before[2] or after[1] != after[2] or size == bins:
        return f"{_times(before[1:])} → {_times(after[1:])}" if before != after else ""
    return f"{size} → {bins} ({' | '.join(map(str, bin_widths(size, bins)))})"


def bin_widths(size: int, bins: int) -> list[int]:
    """Units in each bin of adaptive pooling: bin i runs from floor(i size / bins) to ceil((i + 1) size / bins) - 1.

    Args:
        size: units along one side of the input.
        bins: units along that side of the output, at least 1.

    Returns:
        One number for each bin. Neighbouring bins may overlap by one unit, so the sum can be larger than `size`.

    >>> bin_widths(7, 4)
    [2, 3, 3, 2]
    """
    return [-(-(i + 1) * size // bins) - i * size // bins for i in range(bins)]


def params_arithmetic(layer: Layer) -> str:
    """Write how the number of a layer's parameters is computed, as a formula with its numbers.

    Args:
        layer: a layer of a trace.

    Returns:
        The formula; "" if the layer has no parameters of its own, or if no such formula gives its `num_params`.

    >>> from explorer.models.trace import trace_catalogue
    >>> params_arithmetic(trace_catalogue("lenet5", (1, 28, 28)).layers[0])
    '6·1·5·5 + 6'
    """
    factors, bias = _parameter_factors(layer)
    # Attention has more parameters than one product gives. A layer that is used again has none of its own.
    if layer.num_params == 0 or prod(factors) + bias != layer.num_params:
        return ""
    return "·".join(f"{factor:,}" for factor in factors) + (f" + {bias:,}" if bias else "")


def _parameter_factors(layer: Layer) -> tuple[tuple[int, ...], int]:
    """The factors and the number of biases. For usual layers, product plus biases is the number of parameters."""
    settings = layer.settings
    if settings.in_features is not None and settings.out_features is not None:
        return (settings.out_features, settings.in_features), settings.out_features if settings.bias else 0
    if settings.in_channels is None or settings.out_channels is None:
        return (), 0
    if settings.kernel_size is not None and settings.groups is not None:
        channels = (settings.out_channels, settings.in_channels // settings.groups)
        return (*channels, *settings.kernel_size), settings.out_channels if settings.bias else 0
    return (2, settings.in_channels), 0


def mult_adds_arithmetic(layer: Layer) -> str:
    """Write how the multiply-adds of a layer are computed: work at one position, times the positions.

    Args:
        layer: a layer of a trace.

    Returns:
        The product; "" for a layer that is not a convolution or linear layer, for a linear layer that is applied only
        once, and where no such product gives its `mult_adds`.

    >>> from explorer.models.trace import trace_catalogue
    >>> mult_adds_arithmetic(trace_catalogue("lenet5", (1, 28, 28)).layers[0])
    '156·28·28'
    """
    if layer.mult_adds == 0 or find_role(layer) not in ("conv", "linear"):
        return ""
    positions = layer.output_shape[1:] if find_role(layer) == "conv" else layer.output_shape[:-1]
    each, rest = divmod(layer.mult_adds, prod(positions))
    return "" if rest or not positions else "·".join([f"{each:,}", *map(str, positions)])


def write_bytes(count: int) -> str:
    """Write a number of bytes for people, with three digits.

    Args:
        count: number of bytes.

    Returns:
        Number and unit. 1 KB is 1,024 bytes, 1 MB is 1,024 KB, 1 GB is 1,024 MB.

    >>> write_bytes(18816), write_bytes(4), write_bytes(3211264)
    ('18.4 KB', '4 B', '3.06 MB')
    """
    size, unit = float(count), "B"
    for larger in ("KB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}"


def write_shape(shape: Iterable[int]) -> str:
    """Write a shape, with the sign of multiplication between the sizes.

    >>> write_shape((6, 28, 28))
    '6×28×28'
    """
    return "×".join(map(str, shape))


def _times(sizes: Iterable[int]) -> str:
    return " × ".join(str(size) for size in sizes)


def spans_image(layer: Layer, trace: Trace) -> bool:
    """Whether a layer combines all positions and sees the whole image.

    Args:
        layer: a layer of the trace.
        trace: the trace of its network.

    Returns:
        True if the box of its receptive field is the whole image; there may be holes in the box.
    """
    return layer.receptive_field.is_global and layer.receptive_field.size == trace.input_shape[1:]


CSV_COLUMNS = (
    "name", "kind", "input_shape", "output_shape", "num_params", "mult_adds", "activation_bytes",
    "receptive_field_height", "receptive_field_width", "spans_image",
)  # fmt: skip


def write_csv(trace: Trace) -> str:
    """Write the table of all layers as CSV text.

    Args:
        trace: the layers of a network.

    Returns:
        A line with CSV_COLUMNS, then one line for each layer. Shapes are like "6x28x28", without N; receptive fields
        are in pixels.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for layer in trace.layers:
        field = layer.receptive_field
        shapes = ("x".join(map(str, shape)) for shape in (layer.input_shape, layer.output_shape))
        numbers = (layer.num_params, layer.mult_adds, layer.activation_bytes)
        writer.writerow([layer.name, layer.kind, *shapes, *numbers, *field.size, spans_image(layer, trace)])
    return lines.getvalue()
