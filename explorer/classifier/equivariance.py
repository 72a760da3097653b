"""What moves with the picture: the maps of each layer before and after the picture was shifted by whole pixels.

A convolution with stride 1 gives the same numbers one shift further (equivariance), except where its windows reach over
the border. Behind strides that skip J - 1 of J places a shift of k pixels is one of k / J units: the maps can move exactly
only where this is a whole number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from explorer.models.layer_outputs import LayerOutputs
from explorer.models.trace import Layer

ROUNDING = 1e-5  # of the largest number of a layer: two numbers that differ by less count as equal


@dataclass(frozen=True)
class LayerShift:
    """One layer before and after the picture was shifted.

    Attributes:
        index: of the layer.
        units: (down, right), how far the maps should move, in units of the layer: the shift divided by the jump. None where
            the layer has no rows and columns, or its units see the picture at no regular distance.
        moved: (down, right) in whole units, by which the maps before were moved for the comparison: `units`, where these are
            whole, else the neighbouring whole numbers that fit best; (0, 0) where there are none.
        exact: share of the numbers after, of those that can be compared, that are equal to the number one such move away
            before, 0 to 1.
        num_interior: places of a map whose receptive field lies within the picture, before and after; 0 where `units` are
            not whole.
        exact_interior: as `exact`, of these places alone; None without any.
        difference: norm of the difference, divided by the norm of the numbers before, of those that can be compared.
    """

    index: int
    units: tuple[float, float] | None
    moved: tuple[int, int]
    exact: float
    num_interior: int
    exact_interior: float | None
    difference: float

    @property
    def is_whole(self) -> bool:
        """Whether the maps can move exactly."""
        return self.units is not None and all(float(each).is_integer() for each in self.units)


def compare_layers(before: LayerOutputs, after: LayerOutputs, shift: tuple[int, int]) -> tuple[LayerShift, ...]:
    """Compare every layer.

    Args:
        before, after: of the same network, for the picture and the shifted one.
        shift: (down, right) in pixels, by which the picture was moved.
    """
    return tuple(_compare_layer(before, after, index, shift) for index in range(len(before.layers)))


def _compare_layer(before: LayerOutputs, after: LayerOutputs, index: int, shift: tuple[int, int]) -> LayerShift:
    layer = before.layers[index]
    first, second = (_as_maps(outputs.of(index), layer) for outputs in (before, after))
    units = find_units(layer, shift)
    rows, columns = ({math.floor(each), math.ceil(each)} for each in units or (0.0, 0.0))
    moves = [move for move in itertools.product(sorted(rows), sorted(columns)) if _overlaps(first, move)] or [(0, 0)]
    moved = min(moves, key=lambda move: _measure_difference(*overlap(first, second, move)))
    old, new = overlap(first, second, moved)
    is_equal = (new - old).abs() <= ROUNDING * max(float(first.abs().max()), float(second.abs().max()))
    interior = torch.zeros(is_equal.shape[1:], dtype=torch.bool)
    if units is not None and units == moved:
        interior = _find_interior(layer, first.shape[1:], moved, before.image.shape[1:])
    num_interior = int(interior.sum())
    return LayerShift(
        index, units, moved, _share(is_equal), num_interior, _share(is_equal[:, interior]) if num_interior else None,
        _measure_difference(old, new),
    )  # fmt: skip


def _as_maps(values: torch.Tensor, layer: Layer) -> torch.Tensor:
    """(C, H, W), in double precision; whatever has no rows and columns as (F, 1, 1)."""
    if layer.map_axes is None or values.ndim != 3:
        return values.flatten()[:, None, None].double()
    return values.movedim(layer.map_axes, (1, 2)).double()


def find_units(layer: Layer, shift: tuple[int, int]) -> tuple[float, float] | None:
    """A shift in pixels, (down, right), as one in units of a layer; None where that has no meaning."""
    field = layer.receptive_field
    if layer.map_axes is None or field.is_global or not field.jump or not all(field.jump):
        return None
    return shift[0] / field.jump[0], shift[1] / field.jump[1]


def overlap(before: torch.Tensor, after: torch.Tensor, moved: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The parts (C, h, w) of two maps (C, H, W) that lie over each other once the first was moved (down, right)."""
    rows, columns = (_slices(size, by) for size, by in zip(before.shape[1:], moved, strict=True))
    return before[:, rows[0], columns[0]], after[:, rows[1], columns[1]]


def _slices(size: int, by: int) -> tuple[slice, slice]:
    """What is left of the places before, and where they are after."""
    return slice(max(0, -by), size - max(0, by)), slice(max(0, by), size + min(0, by))


def _overlaps(maps: torch.Tensor, moved: Sequence[int]) -> bool:
    return all(abs(by) < size for size, by in zip(maps.shape[1:], moved, strict=True))


def _measure_difference(old: torch.Tensor, new: torch.Tensor) -> float:
    norm = float(old.norm())
    difference = float((new - old).norm())
    return difference / norm if norm else (0.0 if not difference else math.inf)


def _share(flags: torch.Tensor) -> float:
    return float(flags.double().mean())


def _find_interior(layer: Layer, size: Sequence[int], moved: tuple[int, int], image: Sequence[int]) -> torch.Tensor:
    """(h, w) bool of the overlap: the field of the unit lies within the picture, before and after it moved."""
    field = layer.receptive_field
    if not field.jump or not field.start:
        return torch.zeros([count - abs(by) for count, by in zip(size, moved)], dtype=torch.bool)
    inside = []
    for axis in (0, 1):
        units = torch.arange(size[axis], dtype=torch.float64)
        reach = (field.size[axis] - 1) / 2
        centres = field.start[axis] + field.jump[axis] * units
        within = (centres - reach >= 0) & (centres + reach <= image[axis] - 1)
        old, new = _slices(size[axis], moved[axis])
        inside.append(within[old] & within[new])
    return inside[0][:, None] & inside[1]
