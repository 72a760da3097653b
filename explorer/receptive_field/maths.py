"""Receptive fields: how large a region of the image one unit of a layer depends on, and where it lies.

Coordinates are those of pixel centres: pixel 0 of a row lies at 0, pixel 1 at 1. All layers here are square, so
that one number stands for height and width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from explorer.checks import check_choice, check_whole
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.trace import Layer, trace_catalogue

LAYER_TYPES = ("conv", "pool")
COLUMN_LIMITS: Mapping[str, tuple[int, int]] = {
    "kernel": (1, 31),
    "stride": (1, 16),
    "padding": (0, 31),
    "dilation": (1, 16),
}
COLUMN_DEFAULTS: Mapping[str, int] = {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1}
COLUMN_TERMS: Mapping[str, str] = {
    "type": "receptive_field.type",
    "kernel": "terms.kernel_size",
    "stride": "terms.stride",
    "padding": "terms.padding",
    "dilation": "terms.dilation",
}
# Layers of a traced network that widen the field, and those behind which every unit sees everything.
LOCAL_KINDS: Mapping[str, str] = {"Conv2d": "conv", "MaxPool2d": "pool", "AvgPool2d": "pool"}
GLOBAL_KINDS = ("Linear",)
MAX_LAYERS = 64
MAX_INPUT_SIZE = 1024
MAX_FIELD_SIZE = 1_000_000


@dataclass(frozen=True)
class LayerRow:
    """Where the units of one layer look.

    Attributes:
        name: name of the layer; "" for the image itself.
        kind: "input", "conv", "pool" or "global" (sees everything by construction: linear, global pooling).
        size: side of the field in input pixels; of a global layer the image's side.
        jump: distance in input pixels between the fields of two neighbouring units.
        start: centre of the first unit's field, in input pixels; half pixels occur behind even kernels.
        num_units: units along one side.
        reach: the layer sees pixels 0 to reach - 1; fewer than there are where a stride leaves a rest at the edge.
    """

    name: str
    kind: str
    size: int
    jump: int
    start: float
    num_units: int
    reach: int

    @property
    def first_pixel(self) -> int:
        """First pixel of the first unit's field; negative in the padding."""
        return round(self.start - (self.size - 1) / 2)


@dataclass(frozen=True)
class FieldBox:
    """The region that one unit sees, as [top, left, bottom, right] in input pixels, bottom and right exclusive.

    Attributes:
        box: the whole field, also where it leaves the image.
        clipped: its part on the image.
        padding_share: share of its area where there is no pixel to see, 0 to 1.
    """

    box: tuple[int, int, int, int]
    clipped: tuple[int, int, int, int]
    padding_share: float


@dataclass(frozen=True)
class StackSummary:
    """What a stack of convolutions costs and sees.

    Attributes:
        layers: its layers, as `calculate_receptive_field` takes them.
        size: side of its receptive field.
        jump: product of the strides.
        weights_per_pair: weights for each pair of a channel in and a channel out.
        num_params: weights when every layer has `channels` channels in and out, without biases.
        num_nonlinearities: activations, one behind each convolution.
        path_counts: (size, size) number of paths from each pixel of the field to the unit.
        seen_share: share of the field's pixels that any path reaches; below 1 the field has holes.
    """

    layers: tuple[Mapping[str, Any], ...]
    size: int
    jump: int
    weights_per_pair: int
    num_params: int
    num_nonlinearities: int
    path_counts: np.ndarray
    seen_share: float


def calculate_receptive_field(layers: Sequence[Mapping[str, Any]]) -> list[int]:
    """Side of the receptive field after each layer of a chain (the tutorial's section 4.1).

    With the effective kernel k' = d (k - 1) + 1 and the product j of the strides so far, each layer adds
    (k' - 1) j pixels.

    Args:
        layers: mappings with "kernel", "stride" and "dilation", 1 where absent; "type" is not needed.

    Returns:
        1 for the image itself, then one size a layer, in pixels.

    Raises:
        InputError: a value is not a whole number of at least 1.

    >>> calculate_receptive_field([{"kernel": 5}, {"kernel": 2, "stride": 2}])
    [1, 5, 6]
    """
    size, jump, sizes = 1, 1, [1]
    for layer in layers:
        kernel_size = check_whole("terms.kernel_size", layer.get("kernel", 1), 1)
        dilation = check_whole("terms.dilation", layer.get("dilation", 1), 1)
        size += dilation * (kernel_size - 1) * jump
        jump *= check_whole("terms.stride", layer.get("stride", 1), 1)
        sizes.append(size)
    return sizes


def parse_layers(table: Any) -> list[dict[str, Any]]:
    """Layers out of what a reader typed: a list of rows whose cells may be text.

    Args:
        table: a list of mappings with "type", "kernel", "stride", "padding" and "dilation". An absent cell has
            its default (type "conv", padding 0, else 1); an empty one is refused.

    Returns:
        the same rows with checked types and whole numbers.

    Raises:
        InputError: naming the row, the column and what is wrong.
    """
    if not isinstance(table, Sequence) or isinstance(table, str) or not table:
        raise InputError("receptive_field.no_layers")
    if len(table) > MAX_LAYERS:
        raise InputError("receptive_field.too_many_layers", number=len(table), maximum=MAX_LAYERS)
    return [_parse_row(number, row) for number, row in enumerate(table, start=1)]


def _parse_row(number: int, row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise InputError("receptive_field.bad_row", row=number)
    kind = row.get("type", "conv")
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        raise InputError("receptive_field.bad_type", row=number, value=_shorten(kind))
    layer = {"type": kind, **{name: _parse_cell(number, name, row) for name in COLUMN_LIMITS}}
    if kind == "pool" and 2 * layer["padding"] > layer["kernel"]:
        raise InputError("receptive_field.pool_padding", row=number, padding=layer["padding"], kernel=layer["kernel"])
    return layer


def _parse_cell(number: int, column: str, row: Mapping[str, Any]) -> int:
    value = row.get(column, COLUMN_DEFAULTS[column])
    minimum, maximum = COLUMN_LIMITS[column]
    said = {"row": number, "name": COLUMN_TERMS[column], "minimum": minimum, "maximum": maximum}
    if value is None or str(value).strip() == "":
        raise InputError("receptive_field.empty_cell", **said)
    try:
        value_read = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError):
        value_read = math.nan
    if not minimum <= value_read <= maximum or value_read != int(value_read):
        raise InputError("receptive_field.bad_cell", value=_shorten(value), **said)
    return int(value_read)


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:20]}…"


def trace_layer_table(layers: Sequence[Mapping[str, Any]], input_size: int = 28) -> tuple[LayerRow, ...]:
    """Size, jump, start and number of units after each layer of a chain.

    r <- r + (k' - 1) j; start <- start + ((k' - 1) / 2 - p) j; j <- j s, with k' = d (k - 1) + 1 (Dumoulin and
    Visin 2016, "A guide to convolution arithmetic"; Araujo et al. 2019, "Computing receptive fields", Distill).

    Args:
        layers: rows as `parse_layers` takes them.
        input_size: side of the image in pixels.

    Returns:
        the image's own row, then one row a layer.

    Raises:
        InputError: a cell is not what it must be, a kernel does not fit on its map, or the image's size is not
            1 to 1024.

    >>> [row.size for row in trace_layer_table([{"type": "conv", "kernel": 5}, {"type": "pool", "kernel": 2}])]
    [1, 5, 6]
    """
    rows = [_image_row(check_whole("terms.input_size", input_size, 1, MAX_INPUT_SIZE))]
    counts = dict.fromkeys(LAYER_TYPES, 0)
    for number, layer in enumerate(parse_layers(layers), start=1):
        counts[layer["type"]] += 1
        rows.append(_trace_row(rows[-1], layer, number, f"{layer['type']}{counts[layer['type']]}"))
    return tuple(rows)


def _image_row(input_size: int) -> LayerRow:
    return LayerRow("", "input", 1, 1, 0.0, input_size, input_size)


def _trace_row(before: LayerRow, layer: Mapping[str, Any], number: int, name: str) -> LayerRow:
    span = layer["dilation"] * (layer["kernel"] - 1)
    padded = before.num_units + 2 * layer["padding"]
    if padded < span + 1:
        raise InputError("receptive_field.kernel_too_large", row=number, span=span + 1, padded=padded)
    size, jump = before.size + span * before.jump, before.jump * layer["stride"]
    if max(size, jump) > MAX_FIELD_SIZE:
        raise InputError("receptive_field.field_too_large", row=number, maximum=f"{MAX_FIELD_SIZE:,}")
    row = LayerRow(
        name=name,
        kind=layer["type"],
        size=size,
        jump=jump,
        start=before.start + (span / 2 - layer["padding"]) * before.jump,
        num_units=(padded - span - 1) // layer["stride"] + 1,
        reach=before.reach,
    )
    return _limit_reach(row)


def _limit_reach(row: LayerRow) -> LayerRow:
    """Beyond the last unit's field, and beyond what the layers before reach, nothing is seen."""
    end = row.first_pixel + (row.num_units - 1) * row.jump + row.size
    return replace(row, reach=min(row.reach, max(end, 0)))


@lru_cache(maxsize=64)
def trace_model(name: str, input_size: int = 28) -> tuple[LayerRow, ...]:
    """The rows of a network of the catalogue along its longest path: its convolutions and poolings.

    A layer that sees less than one before it stands on a shortcut and is left out, as is adaptive pooling into
    bins of different sizes. The last row is the first layer that joins all positions.

    Args:
        name: a key of the catalogue.
        input_size: side of the image in pixels.

    Returns:
        the image's own row, then one row a layer, the last one of kind "global".

    Raises:
        InputError: no model has that name, or it cannot take an image of that size.
    """
    if name not in MODELS:
        raise InputError("errors.not_a_choice", name="terms.model", value=name, choices=", ".join(MODELS))
    entry = MODELS[name]
    input_size = check_whole("terms.input_size", input_size, 1, MAX_INPUT_SIZE)
    if entry.fixed_size and input_size != entry.input_shape[-1]:
        raise InputError("receptive_field.fixed_size", model=entry.title, size=entry.input_shape[-1], value=input_size)
    rows = [_image_row(input_size)]
    for layer in trace_catalogue(name, (entry.input_shape[0], input_size, input_size)).layers:
        row = _read_traced_layer(layer, rows[-1].reach, input_size)
        if row is not None and row.kind == "global":
            return (*rows, row)
        if row is not None and row.size >= rows[-1].size:
            rows.append(row)
    return tuple(rows)


def _read_traced_layer(layer: Layer, reach: int, input_size: int) -> LayerRow | None:
    """The row of a traced layer, or None for one that moves no field (activation, normalisation, addition)."""
    field = layer.receptive_field
    if layer.kind in GLOBAL_KINDS or (field.is_global and layer.kind.startswith("Adaptive")):
        return LayerRow(layer.name, "global", input_size, input_size, (input_size - 1) / 2, 1, reach)
    if layer.kind not in LOCAL_KINDS or field.jump is None:
        return None
    kind = LOCAL_KINDS[layer.kind]
    row = LayerRow(layer.name, kind, field.size[0], field.jump[0], field.start[0], layer.output_shape[-1], reach)
    return _limit_reach(row)


def trace_uniform_stack(kernel_size: int, least_size: int, input_size: int) -> tuple[LayerRow, ...]:
    """Equal convolutions at stride 1 with padding that keeps the size, as many as see `least_size` pixels."""
    num_layers = max(1, math.ceil((least_size - 1) / (kernel_size - 1)))
    layer = {"type": "conv", "kernel": kernel_size, "padding": kernel_size // 2}
    return trace_layer_table([layer] * num_layers, input_size)


def find_unit(row: LayerRow, pixel: tuple[float, float]) -> tuple[int, int]:
    """The unit (row, column) of a layer whose centre lies nearest to a pixel (row, column) of the image."""
    return tuple(_find_along_side(row, position) for position in pixel)


def _find_along_side(row: LayerRow, position: float) -> int:
    nearest = math.floor((position - row.start) / row.jump + 0.5)
    return min(max(nearest, 0), row.num_units - 1)


def compute_field_box(row: LayerRow, unit: tuple[int, int]) -> FieldBox:
    """The region of the image that a unit depends on; exact where paddings are smaller than their kernels.

    Args:
        row: its layer.
        unit: (row, column) of the unit on its map.

    Raises:
        InputError: the layer has no such unit.
    """
    top, left = (_find_first_pixel(row, index) for index in unit)
    box = (top, left, top + row.size, left + row.size)
    clipped = tuple(min(max(edge, 0), row.reach) for edge in box)
    inside = (clipped[2] - clipped[0]) * (clipped[3] - clipped[1])
    return FieldBox(box, clipped, 1 - inside / row.size**2)


def _find_first_pixel(row: LayerRow, index: int) -> int:
    return row.first_pixel + row.jump * check_whole("receptive_field.unit", index, 0, row.num_units - 1)


def compute_path_counts(layers: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """How many paths lead from each pixel of the field to the unit: all weights 1, one channel.

    What a unit's gradient looks like when all weights are equal; pixels with 0 are holes. A random network's
    gradient has the same spread (Luo et al. 2016, "Understanding the effective receptive field").

    Args:
        layers: mappings with "kernel", "stride" and "dilation", 1 where absent.

    Returns:
        (size, size) float64 array, size as in `calculate_receptive_field`.
    """
    size = calculate_receptive_field(layers)[-1]
    counts, jump = np.ones(1), 1
    for layer in layers:
        step = layer.get("dilation", 1) * jump
        taps = np.zeros(step * (layer.get("kernel", 1) - 1) + 1)
        taps[::step] = 1
        counts = np.convolve(counts, taps)
        jump *= layer.get("stride", 1)
    assert counts.shape == (size,)
    return np.outer(counts, counts)


# What the wing sets side by side: stacks that see the same with different costs, or differ in one setting.
COMPARISONS: Mapping[str, tuple[tuple[Mapping[str, int], ...], ...]] = {
    "kernels": (({"kernel": 3},) * 2, ({"kernel": 5},), ({"kernel": 3},) * 3, ({"kernel": 7},)),
    "dilation": tuple(
        tuple({"kernel": 3, "dilation": dilation} for dilation in dilations)
        for dilations in ((1, 1, 1), (2, 2, 2), (1, 2, 5))
    ),
    "stride": tuple(
        tuple({"kernel": 3, "stride": stride} for stride in strides) for strides in ((1, 1, 1), (2, 1, 1), (2, 2, 2))
    ),
}


def compare_stacks(name: str, channels: int) -> tuple[StackSummary, ...]:
    """The summaries of one of COMPARISONS.

    Raises:
        InputError: there is no such comparison, or channels is not 1 to 4096.
    """
    name = check_choice("receptive_field.comparison", name, tuple(COMPARISONS))
    return tuple(summarise_stack(layers, channels) for layers in COMPARISONS[name])


def summarise_stack(layers: Sequence[Mapping[str, Any]], channels: int = 1) -> StackSummary:
    """What a stack of square convolutions with `channels` channels throughout costs and sees."""
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    weights_per_pair = sum(layer.get("kernel", 1) ** 2 for layer in layers)
    path_counts = compute_path_counts(layers)
    return StackSummary(
        layers=tuple(layers),
        size=calculate_receptive_field(layers)[-1],
        jump=math.prod(layer.get("stride", 1) for layer in layers),
        weights_per_pair=weights_per_pair,
        num_params=weights_per_pair * channels**2,
        num_nonlinearities=len(layers),
        path_counts=path_counts,
        seen_share=float((path_counts > 0).mean()),
    )


def find_first_as_wide(rows: Sequence[LayerRow]) -> LayerRow | None:
    """The first layer whose field has at least the image's side, or None."""
    return next((row for row in rows if row.kind == "global" or row.size >= rows[0].num_units), None)


def find_last_local(rows: Sequence[LayerRow]) -> LayerRow:
    """The last layer whose units still look at different places; the image itself where there is none."""
    return next(row for row in reversed(rows) if row.kind != "global")
