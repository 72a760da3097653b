"""The networks that the wing can show, their rows, and the check of a field."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from torch import nn

from explorer.caches import remember
from explorer.checks import check_whole
from explorer.errors import InputError
from explorer.models.between import trace_between
from explorer.models.footprint import check_field, measure_footprint
from explorer.models.networks import find_network
from explorer.models.operations import BY_KIND
from explorer.models.trace import Layer, Recording, UnsupportedLayerError
from explorer.receptive_field.maths import (
    CLAIMED_DEPTHS,
    VGG16,
    FieldBox,
    LayerRow,
    compute_field_box,
    find_conv_sizes,
    limit_reach,
    make_image_row,
    make_source_row,
    trace_layer_table,
)

MAX_IMAGE_SIZE = 512
PHOTO_SIZE = 224  # pixels a side, of the photographs for which the networks of ImageNet are made


def record_network(name: str) -> Recording:
    """The recording of a network, built for images with the number of channels that it is made for.

    Args:
        name: a key of NETWORKS, or a former name.

    Raises:
        InputError: no network has that name, or it cannot be recorded.
    """
    return find_network(name).record()


def trace_model(name: str, input_size: int = 28) -> tuple[LayerRow, ...]:
    """The rows of a network along the path on which fields grow most: its convolutions and poolings.

    Layers on a shortcut or another branch are left out. The last row is the
    first layer that combines all positions: from there on every unit sees everything that the network sees.

    Args:
        name: a key of NETWORKS, or a former name.
        input_size: side of the image in pixels, 1 to MAX_IMAGE_SIZE.

    Returns:
        The image's own row, then one row for each layer. The last one has the kind "global", if a layer combines all
        positions.

    Raises:
        InputError: no network has that name, or it cannot take an image of that size.
    """
    network = find_network(name)
    input_size = check_whole("terms.input_size", input_size, 1, MAX_IMAGE_SIZE)
    return _trace_network(network.name, input_size)


@remember(megabytes=32)
def _trace_network(name: str, input_size: int) -> tuple[LayerRow, ...]:
    network = find_network(name)
    if network.fixed_size and input_size != network.input_size:
        raise InputError("receptive_field.fixed_size", model=network.title, size=network.input_size, value=input_size)
    return _trace_rows(record_network(network.name), network.channels, input_size)


def _trace_rows(recording: Recording, channels: int, input_size: int) -> tuple[LayerRow, ...]:
    layers = recording.trace((channels, input_size, input_size)).layers
    last = _find_joint(layers)
    rows = [make_image_row(input_size)]
    for row in _choose_path(layers[:last], input_size):
        sides = [replace(side, reach=before.reach) for side, before in zip(row.sides, rows[-1].sides)]
        rows.append(limit_reach(_join_sides([replace(sides[0], width=None), sides[1]])))
    if last < len(layers):
        rows.append(_read_joint(layers[last]))
    return tuple(rows)


def trace_large_stem(name: str, input_size: int = PHOTO_SIZE) -> tuple[LayerRow, ...]:
    """As `trace_model`, for a network of the catalogue that is built for photographs: its first layers are large.

    Args:
        name: a key of NETWORKS of which `has_stems` holds.
        input_size: side of the image in pixels, as many as the network's strides can take.

    Raises:
        InputError: no network has that name.
    """
    network = find_network(name)
    return _trace_rows(network.record(stem="large"), network.channels, input_size)


def find_depth_sizes() -> dict[str, list[int | None]]:
    """Side of the field after as many convolutions as the tutorial's sketch names, for PHOTO_SIZE pixels a side.

    Returns:
        "stack_depth" (3x3 layers at stride 1), "vgg16" and "resnet34_large" (large first layers) -> sizes in the order of
        CLAIMED_DEPTHS, None beyond the last convolution.
    """
    stack = [{"type": "conv", "kernel": 3, "padding": 1}] * max(CLAIMED_DEPTHS)
    rows = {
        "stack_depth": trace_layer_table(stack, PHOTO_SIZE),
        "vgg16": trace_layer_table(VGG16, PHOTO_SIZE),
        "resnet34_large": trace_large_stem("resnet34"),
    }
    return {name: find_conv_sizes(each, CLAIMED_DEPTHS) for name, each in rows.items()}


def trace_model_within(name: str, input_size: int, number: int) -> tuple[LayerRow, ...]:
    """The rows of a network from a layer on, measured in units of that layer instead of pixels.

    Args:
        name: a key of NETWORKS, or a former name.
        input_size: side of the image in pixels.
        number: of the layer, as `trace_model` counts them, at least 1 and less than the last one.

    Returns:
        The layer's own row, in which each unit sees itself, then one for each row behind it.

    Raises:
        InputError: as `trace_model`, there is no such layer, or its map is not square.
    """
    rows, name = trace_model(name, input_size), find_network(name).name
    return _trace_within(name, input_size, check_whole("receptive_field.seen_in", number, 1, len(rows) - 2))


@remember(megabytes=32)
def _trace_within(name: str, input_size: int, number: int) -> tuple[LayerRow, ...]:
    rows = _trace_network(name, input_size)
    source = make_source_row(rows[number])
    shape = (find_network(name).channels, input_size, input_size)
    layers: dict[str, Layer] = {}
    for layer in trace_between(record_network(name), shape, source.name).layers:
        layers.setdefault(layer.name, layer)
    within = [source]
    for row in rows[number + 1 :]:
        within.append(_read_within(layers[row.name], row, rows[number], within[-1]))
    return tuple(within)


def _read_within(layer: Layer, row: LayerRow, source: LayerRow, before: LayerRow) -> LayerRow:
    if row.kind == "global":
        return _read_joint(layer)
    field = layer.receptive_field
    sides = []
    for axis, side, own, last in zip(field.axes, row.sides, source.sides, before.sides, strict=True):
        # Where branches do not meet on a grid, units still lie as far apart as in the image.
        jump = side.jump / own.jump if axis.jump is None else axis.jump
        sides.append(
            replace(
                side, size=axis.size, jump=jump, start=axis.start, reach=last.reach, note=layer.field_note, width=None
            )
        )
    return limit_reach(_join_sides(sides))


def _read_joint(layer: Layer) -> LayerRow:
    """The row of a layer that combines all positions: one unit. If strides skip pixels, it sees less than the image."""
    spans = [axis.span(0) for axis in layer.receptive_field.axes]
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    size = last - first + 1
    return LayerRow(layer.name, "global", size, size, (first + last) / 2, 1, last + 1, layer.field_note)


def _find_joint(layers: Sequence[Layer]) -> int:
    """Index of the first layer from which on every unit of the main path sees everything.

    That is where a branch that saw everything meets the path (squeeze and excitation), or else the last layer that
    still reads from one with a field of its own.
    """

    def is_global(source: int) -> bool:
        return source >= 0 and layers[source].receptive_field.is_global

    joints = [
        index for index, layer in enumerate(layers)
        if layer.receptive_field.is_global and not all(map(is_global, layer.inputs))
    ]  # fmt: skip
    meetings = [index for index in joints if any(map(is_global, layers[index].inputs))]
    return (meetings[:1] or joints[-1:] or [len(layers)])[0]


def _choose_path(layers: Sequence[Layer], reach: int) -> list[LayerRow]:
    """The rows along the path on which fields grow most. Each layer reads from the one before, directly or not."""
    sources = _find_sources(layers)
    rows = {index: row for index, layer in enumerate(layers) if (row := _read_layer(layer, reach)) is not None}
    path: list[LayerRow] = []
    left = rows
    while left:
        largest = max(sum(row.sizes) for row in left.values())
        widest = [index for index, row in left.items() if sum(row.sizes) == largest]
        # Branches of equal size lie side by side. Take the first one, and the layers that read from it at that size.
        last = next(index for index in reversed(widest) if index == widest[0] or sources[index] >> widest[0] & 1)
        path.append(rows[last])
        left = {index: row for index, row in left.items() if sources[last] >> index & 1}
    return path[::-1]


def _find_sources(layers: Sequence[Layer]) -> list[int]:
    """For each layer, all layers that it reads from, directly or through others, as the bits of a number."""
    found: list[int] = []
    for layer in layers:
        found.append(reduce(or_, (found[source] | 1 << source for source in layer.inputs if source >= 0), 0))
    return found


def _read_layer(layer: Layer, reach: int) -> LayerRow | None:
    """The row of a traced layer; None if it slides no window, or if its units lie on no grid."""
    field, operation = layer.receptive_field, BY_KIND[layer.kind]
    if not operation.is_row or field.is_global or field.jump is None or layer.map_axes is None:
        return None
    counts = (layer.output_shape[axis] for axis in layer.map_axes)
    return _join_sides([
        LayerRow(layer.name, operation.role, size, jump, start, count, reach, layer.field_note)
        for size, jump, start, count in zip(field.size, field.jump, field.start, counts, strict=True)
    ])  # fmt: skip


def _join_sides(sides: Sequence[LayerRow]) -> LayerRow:
    """One row, from what is so along the height and along the width."""
    down, across = sides
    return down if down == across else replace(down, width=across)


@dataclass(frozen=True)
class UnitCheck:
    """What autograd found for the field of a unit, compared with the computed field.

    Attributes:
        verdict: "confirmed", "differs" or "not_checked".
        reason: key of the sentence that says why it was not checked, or None.
        field: the field with the mask that autograd found; without a mask where it was not checked.
        milliseconds: time of the check.
    """

    verdict: str
    reason: str | None
    field: FieldBox
    milliseconds: float


def check_unit(name: str, input_size: int, row: LayerRow, unit: tuple[int, int]) -> UnitCheck:
    """Check the box of a unit in one of the NETWORKS, and find which pixels of the box reach the unit.

    If holes of the field lie at the border of the image, the pixels that reach the unit do not fill the box. Then the
    same layer is checked once more, in an image that has room for its whole field.

    Args:
        name: a key of NETWORKS.
        input_size: side of the image in pixels.
        row: the layer's row, as `trace_model` gives it for that size.
        unit: (row, column) of the unit on the layer's map.

    Raises:
        InputError: no network has that name, or the layer has no such unit.
    """
    network = find_network(name)
    return _check_unit(record_network(name), (network.channels, input_size, input_size), row, unit)


def check_unit_within(name: str, input_size: int, source: str, row: LayerRow, unit: tuple[int, int]) -> UnitCheck:
    """Check the box of a unit in the map of an earlier layer, and find which units of that layer reach it.

    Args:
        name: a key of NETWORKS.
        input_size: side of the image in pixels.
        source: name of the earlier layer.
        row: the layer's row, as `trace_model_within` gives it.
        unit: (row, column) of the unit on the layer's map.

    Raises:
        InputError: no network has that name, or one of the layers has no such unit.
    """
    start = time.perf_counter()
    network, recording = find_network(name), record_network(name)
    shape = (network.channels, input_size, input_size)
    layers = trace_between(recording, shape, source).layers
    field = next(layer for layer in layers if layer.name == row.name).receptive_field
    sides = next(layer for layer in layers if layer.name == source).output_shape[1]
    box = compute_field_box(row, unit, sides)
    if row.kind == "global":
        return UnitCheck("not_checked", "trace.check_global", box, 0.0)
    try:
        mask = measure_footprint(recording, shape, row.name, unit, source).mask.numpy()
    except UnsupportedLayerError:
        return UnitCheck("not_checked", "trace.check_unsupported", box, 0.0)
    traced, bounds = field.box(unit), find_bounds(mask)
    inclusive = None if bounds is None else ((bounds[0], bounds[1]), (bounds[2] - 1, bounds[3] - 1))
    verdict = "confirmed" if traced == inclusive else "differs"
    return UnitCheck(verdict, None, replace(box, mask=mask), 1000 * (time.perf_counter() - start))


def check_chain_unit(
    layers: Sequence[Mapping[str, Any]], input_size: int, row: LayerRow, unit: tuple[int, int], field: FieldBox
) -> UnitCheck:
    """Check the field of a unit of a chain, which is built from PyTorch's own modules: every pixel must agree.

    Args:
        layers: rows as `parse_layers` gives them, up to the layer that is checked; empty for the image.
        input_size: side of the image in pixels.
        row: row of the last layer.
        unit: (row, column) of the unit.
        field: what `compute_chain_field` gave.

    Raises:
        InputError: the layer has no such unit.
    """
    start = time.perf_counter()
    if not layers:
        return UnitCheck("not_checked", "receptive_field.check_image", field, 0.0)
    shape, last = (1, input_size, input_size), str(len(layers) - 1)
    try:
        mask = measure_footprint(build_chain(layers), shape, last, unit).mask.numpy()
    except UnsupportedLayerError:
        return UnitCheck("not_checked", "trace.check_unsupported", field, 0.0)
    verdict = "confirmed" if np.array_equal(mask, field.mask) else "differs"
    return UnitCheck(verdict, None, replace(field, mask=mask), 1000 * (time.perf_counter() - start))


def build_chain(layers: Sequence[Mapping[str, Any]], device: str = "meta") -> nn.Sequential:
    """Build a chain from PyTorch's modules, for one channel and without biases; poolings take the maximum.

    Args:
        layers: rows as `parse_layers` gives them, each with all its cells.
        device: where the weights lie; on "meta" they have no numbers.

    Returns:
        The modules in order.
    """
    kinds = {"conv": nn.Conv2d, "transposed": nn.ConvTranspose2d}
    modules: list[nn.Module] = []
    for layer in layers:
        window = {name: layer[name] for name in ("stride", "padding", "dilation")}
        if layer["type"] == "pool":
            modules.append(nn.MaxPool2d(layer["kernel"], **window))
        else:
            modules.append(kinds[layer["type"]](1, 1, layer["kernel"], bias=False, device=device, **window))
    return nn.Sequential(*modules)


def _check_unit(recording: Recording, shape: tuple[int, int, int], row: LayerRow, unit: tuple[int, int]) -> UnitCheck:
    start = time.perf_counter()
    field = compute_field_box(row, unit, shape[-1])
    reason = "receptive_field.check_image" if row.kind == "input" else "trace.check_global"
    if row.kind in ("input", "global"):
        return UnitCheck("not_checked", reason, field, 0.0)
    try:
        mask = measure_footprint(recording, shape, row.name, unit).mask.numpy()
    except UnsupportedLayerError:
        return UnitCheck("not_checked", "trace.check_unsupported", field, 0.0)
    verdict, reason = ("confirmed", None) if find_bounds(mask) == field.clipped else ("differs", None)
    if verdict == "differs" and _is_traced(recording, shape, row):  # at the border the pixels need not fill the box
        check = check_field(recording, shape, row.name)
        verdict, reason = check.verdict, check.reason
    return UnitCheck(verdict, reason, replace(field, mask=mask), 1000 * (time.perf_counter() - start))


def _is_traced(recording: Recording, shape: tuple[int, int, int], row: LayerRow) -> bool:
    """Whether the row has exactly the field that the trace gives for its layer."""
    layer = next(each for each in recording.trace(shape).layers if each.name == row.name)
    traced = _read_layer(layer, row.reach)
    return traced is not None and all(
        (one.size, one.jump, one.start) == (other.size, other.jump, other.start)
        for one, other in zip(traced.sides, row.sides)
    )


def find_bounds(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """Find the smallest box around all pixels that are set.

    Args:
        mask: (H, W) bool.

    Returns:
        (top, left, bottom, right), bottom and right exclusive; None if no pixel is set.
    """
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
