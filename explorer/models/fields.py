"""Receptive fields: which pixels of the input a unit of a feature map can see, as intervals on each axis.

Along a path (Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks", Distill):
size <- size + (k_eff - 1) jump, start <- start + ((k_eff - 1) / 2 - padding) jump, jump <- jump stride, with
k_eff = dilation (k - 1) + 1. Where branches meet, the field is the union of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

UNEVEN = "uneven"
FLATTENED = "flattened"


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit of a layer's output can see of the input, in input pixels, as (height, width).

    The field is the smallest box that holds every pixel that can reach the unit. It may have holes (dilation, a
    1x1 convolution of stride 2) and may hang over the border of the image, where zeros are.

    Attributes:
        size: side of the box. Where bins are uneven, that of the largest.
        jump: distance between the boxes of neighbouring units, or None where units lie on no regular grid.
        start: centre of the first unit's box; 0 is the centre of the first pixel.
        is_global: every unit sees what the whole feature map before it saw, which is the whole input unless the
            layers before skip pixels (fully connected layers, global pooling).
        note: None, UNEVEN (adaptive pooling whose bins differ in size) or FLATTENED (units in one long row).
    """

    size: tuple[int, int]
    jump: tuple[int, int] | None
    start: tuple[float, float]
    is_global: bool = False
    note: str | None = None


class IrregularGridError(ValueError):
    """The field of this layer has no single size and jump. `key` and `values` say why, see text/en/trace.py."""

    def __init__(self, key: str, **values):
        self.key = key
        self.values = values
        super().__init__(key, values)


@dataclass(frozen=True)
class Axis:
    """Receptive field along one axis.

    Attributes:
        size: pixels from the first to the last that a unit can see.
        jump: pixels between neighbouring units, None where that has no meaning.
        start: centre of the first unit.
        reach: first and last input pixel that any unit can see.
        is_global: every unit sees the same.
    """

    size: int
    jump: int | None
    start: float
    reach: tuple[int, int]
    is_global: bool = False

    def slide(self, kernel_size: int, stride: int, padding: int, dilation: int, num_outputs: int) -> Axis:
        """After a window that slides over this axis; `padding` is that before the first unit."""
        if self.is_global or (kernel_size == 1 and stride == 1 and padding == 0):
            return self
        jump = self._regular_jump()
        span = dilation * (kernel_size - 1)
        size = self.size + span * jump
        start = self.start + (span / 2 - padding) * jump
        last = start + (num_outputs - 1) * jump * stride
        return Axis(size, jump * stride, start, self._within_reach(start - (size - 1) / 2, last + (size - 1) / 2))

    def shift(self, padding: int) -> Axis:
        """After `padding` zeros before the first unit."""
        if self.is_global or padding == 0:
            return self
        return replace(self, start=self.start - padding * self._regular_jump())

    def adapt(self, num_inputs: int, num_outputs: int) -> Axis:
        """After adaptive pooling: bin i runs from floor(i n / m) to ceil((i + 1) n / m) - 1."""
        if num_outputs == 1:
            return self.join()
        if num_inputs % num_outputs == 0:
            window = num_inputs // num_outputs
            return self.slide(window, window, 0, 1, num_outputs)
        if self.is_global:
            return self
        widths = [-(-(i + 1) * num_inputs // num_outputs) - i * num_inputs // num_outputs for i in range(num_outputs)]
        jump = self._regular_jump()
        return replace(
            self,
            size=self.size + (max(widths) - 1) * jump,
            jump=None,
            start=self.start + (widths[0] - 1) / 2 * jump,
        )

    def join(self) -> Axis:
        """After an operation that joins all units of this axis."""
        first, last = self.reach
        return Axis(last - first + 1, None, (first + last) / 2, self.reach, is_global=True)

    def unite(self, other: Axis) -> Axis:
        """Where two branches meet."""
        reach = (min(self.reach[0], other.reach[0]), max(self.reach[1], other.reach[1]))
        if self.is_global or other.is_global:
            return replace(self, reach=reach).join()
        if self.jump != other.jump:
            raise IrregularGridError("jumps_differ", first=self.jump, second=other.jump)
        left = min(self.start - (self.size - 1) / 2, other.start - (other.size - 1) / 2)
        right = max(self.start + (self.size - 1) / 2, other.start + (other.size - 1) / 2)
        return Axis(int(right - left) + 1, self.jump, (left + right) / 2, reach)

    def _regular_jump(self) -> int:
        if self.jump is None:
            raise IrregularGridError("off_grid")
        return self.jump

    def _within_reach(self, first: float, last: float) -> tuple[int, int]:
        """Units beyond the border of the map before are zeros: they see nothing new."""
        return max(int(first), self.reach[0]), min(int(last), self.reach[1])


@dataclass(frozen=True)
class Field:
    """The receptive field of a feature map while the walk goes on: two axes and a note."""

    height: Axis
    width: Axis
    note: str | None = None

    @classmethod
    def of_image(cls, height: int, width: int) -> Field:
        """Each pixel sees itself."""
        return cls(Axis(1, 1, 0.0, (0, height - 1)), Axis(1, 1, 0.0, (0, width - 1)))

    def flatten(self) -> Field:
        """Units in one row: each still sees what it saw, but they lie on no grid."""
        if self.height.is_global and self.width.is_global:
            return self
        return Field(replace(self.height, jump=None), replace(self.width, jump=None), FLATTENED)

    def join(self) -> Field:
        """After an operation that joins all positions."""
        return Field(self.height.join(), self.width.join())

    def unite(self, other: Field) -> Field:
        """Where two branches meet."""
        height, width = self.height.unite(other.height), self.width.unite(other.width)
        note = None if height.is_global and width.is_global else self.note or other.note
        return Field(height, width, note)

    def describe(self) -> ReceptiveField:
        """The record that is handed out."""
        height, width = self.height, self.width
        is_global = height.is_global and width.is_global
        jump = None if height.jump is None or width.jump is None else (height.jump, width.jump)
        return ReceptiveField(
            (height.size, width.size), jump, (height.start, width.start), is_global, None if is_global else self.note
        )
