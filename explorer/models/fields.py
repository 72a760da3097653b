"""Receptive fields: which pixels of the input a unit of a feature map can see, as intervals on each axis.

Along a path (Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks", Distill):
size <- size + (k_eff - 1) jump, start <- start + ((k_eff - 1) / 2 - padding) jump, jump <- jump stride, with
k_eff = dilation (k - 1) + 1. Where branches meet, the field is the union of theirs.

Beside these three numbers every axis can tell its spans: first and last pixel of each unit, one by one, with zeros and
leftover pixels at the borders taken into account. Units that lie on no regular grid (uneven pooling bins, windows of
attention, branches of different jumps) have spans only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

UNEVEN = "uneven"
FLATTENED = "flattened"
UNALIGNED = "unaligned"
TRANSPOSED = "transposed"
WINDOWS = "window_attention"
RESIZED = "resized"

# First and last pixel of each unit, both int64 arrays; a unit that sees padding alone has the last before the first.
Spans = tuple[np.ndarray, np.ndarray]
Box = tuple[tuple[int, int], tuple[int, int]]

MAX_UNITS = 4096  # along one side of a map: each has its span

_NOTHING = (np.iinfo(np.int64).max, np.iinfo(np.int64).min)


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit of a layer's output can see of the input, in input pixels, as (height, width).

    The field is the smallest box that holds every pixel that can reach the unit. It may have holes (dilation, a
    1x1 convolution of stride 2) and may hang over the border of the image, where zeros are.

    Attributes:
        size: side of the box. Where units see regions of different sizes, that of the largest.
        jump: distance between the boxes of neighbouring units, or None where units lie on no regular grid.
        start: centre of the first unit's box; 0 is the centre of the first pixel.
        is_global: every unit sees what the whole feature map before it saw, which is the whole input unless the
            layers before skip pixels (fully connected layers, global pooling).
        note: None, UNEVEN (adaptive pooling whose bins differ), FLATTENED (units in one long row),
            UNALIGNED (branches of different jumps met), TRANSPOSED (units put between others) or WINDOWS
            (attention inside windows) or RESIZED (units between those before, weighted by their distance).
        is_upper_bound: whether units may see less than this: an operation was not followed place by place.
        axes: the two axes, which know every unit by itself; see `box`.
    """

    size: tuple[int, int]
    jump: tuple[int, int] | None
    start: tuple[float, float]
    is_global: bool = False
    note: str | None = None
    is_upper_bound: bool = field(default=False, repr=False)
    axes: tuple[Axis, Axis] = field(repr=False, compare=False, kw_only=True)

    def box(self, unit: tuple[int, int]) -> Box | None:
        """The pixels of the image that the unit at (row, column) sees: ((top, left), (bottom, right)), inclusive.

        Exact also at the borders, and for units on no regular grid. None where it sees padding alone. Rows and
        columns are followed apart; so where branches meet behind units that see nothing at all (gaps that a
        transposed convolution leaves, padding wider than the kernel), the box may be larger than what is seen.

        Raises:
            IndexError: there is no such unit.
        """
        (top, bottom), (left, right) = (axis.span(index) for axis, index in zip(self.axes, unit, strict=True))
        return None if bottom < top or right < left else ((top, left), (bottom, right))


def follow_window(
    size: int, jump: int, start: float, kernel_size: int, stride: int, padding: int, dilation: int
) -> tuple[int, int, float]:
    """Size, jump and start of a field, in pixels of the image, after a window that slides over one axis.

    Args:
        size, jump, start: those of the units that the window reads.
        kernel_size, stride, padding, dilation: of the window, in units of what it reads.

    >>> follow_window(5, 1, 0.0, kernel_size=2, stride=2, padding=0, dilation=1)
    (6, 2, 0.5)
    """
    span = dilation * (kernel_size - 1)
    return size + span * jump, jump * stride, start + (span / 2 - padding) * jump


class MapTooLargeError(ValueError):
    """A map would have more than MAX_UNITS units along one side."""


@dataclass(frozen=True, eq=False)
class Axis:
    """Receptive field along one axis.

    Attributes:
        size: pixels from the first to the last that a unit can see; of the largest where they differ.
        jump: pixels between neighbouring units, None where that has no meaning.
        start: centre of the first unit.
        count: number of units.
        spans: first and last pixel of each unit.
        is_global: every unit sees the same.
        note: why there is no jump, see `ReceptiveField.note`.
    """

    size: int
    jump: int | None
    start: float
    count: int
    spans: Spans = field(repr=False)
    is_global: bool = False
    note: str | None = None

    @classmethod
    def of_image(cls, count: int) -> Axis:
        """Each pixel sees itself."""
        return cls(1, 1, 0.0, count, (np.arange(count), np.arange(count)))

    @classmethod
    def of_nothing(cls, count: int) -> Axis:
        """Units that see nothing."""
        first, last = (np.full(count, nothing) for nothing in _NOTHING)
        return cls(0, None, 0.0, count, (first, last))

    @property
    def sees_nothing(self) -> bool:
        """Whether no unit sees anything."""
        return self.size == 0

    def span(self, index: int) -> tuple[int, int]:
        """First and last pixel of one unit."""
        if not 0 <= index < self.count:
            raise IndexError(f"unit must be 0 to {self.count - 1}, got {index}")
        first, last = self.spans
        return int(first[index]), int(last[index])

    def slide(self, kernel_size: int, stride: int, padding: int, dilation: int, num_outputs: int) -> Axis:
        """After a window that slides over this axis; `padding` is that before the first unit.

        Raises:
            MapTooLargeError: too many outputs.
        """
        _check_count(num_outputs)
        if kernel_size == 1 and stride == 1 and padding == 0 and num_outputs == self.count:
            return self

        begins = np.arange(num_outputs) * stride - padding
        spans = _gather(self, (begins + tap * dilation for tap in range(kernel_size)))
        if self.is_global:
            return replace(self, count=num_outputs, spans=spans)
        if self.jump is None:
            return self._irregular(spans, num_outputs, self.note)
        moved = follow_window(self.size, self.jump, self.start, kernel_size, stride, padding, dilation)
        return Axis(*moved, num_outputs, spans)

    def spread(self, kernel_size: int, stride: int, padding: int, dilation: int, num_outputs: int) -> Axis:
        """After a transposed convolution: unit i writes to outputs i stride - padding + t dilation.

        Raises:
            MapTooLargeError: too many outputs.
        """
        _check_count(num_outputs)
        if stride == 1:
            return self.slide(kernel_size, 1, dilation * (kernel_size - 1) - padding, dilation, num_outputs)

        ends = np.arange(num_outputs) + padding
        numerators = (ends - tap * dilation for tap in range(kernel_size))
        spans = _gather(self, (np.where(each % stride == 0, each // stride, -1) for each in numerators))
        if self.is_global:
            return replace(self, count=num_outputs, spans=spans)
        return self._irregular(spans, num_outputs, TRANSPOSED)

    def pad(self, before: int, after: int) -> Axis:
        """After zeros before the first unit and after the last; negative numbers cut units off."""
        if before == after == 0:
            return self
        return self.slide(1, 1, before, 1, self.count + before + after)

    def take(self, start: int, step: int, num_outputs: int) -> Axis:
        """Every `step`-th unit from `start` on."""
        return self.slide(1, step, -start, 1, num_outputs)

    def adapt(self, num_outputs: int) -> Axis:
        """After adaptive pooling: bin i runs from floor(i n / m) to ceil((i + 1) n / m) - 1.

        Raises:
            MapTooLargeError: too many outputs.
        """
        _check_count(num_outputs)
        if num_outputs == 1:
            return self.join(1)
        edges = [(i * self.count // num_outputs, -(-(i + 1) * self.count // num_outputs)) for i in range(num_outputs)]
        steps = {after[0] - before[0] for before, after in pairwise(edges)}
        if len(steps) == len({end - begin for begin, end in edges}) == 1:  # the window of a common pooling
            return self.slide(edges[0][1] - edges[0][0], steps.pop(), 0, 1, num_outputs)
        first, last = self.spans
        spans = (
            np.array([first[begin:end].min() for begin, end in edges]),
            np.array([last[begin:end].max() for begin, end in edges]),
        )
        if self.is_global:
            return replace(self, count=num_outputs, spans=spans)
        adapted = self._irregular(spans, num_outputs, self.note or UNEVEN)
        if self.jump is None:
            return adapted
        # The bins' own widths, which the border of the image does not cut.
        widths = [end - begin for begin, end in edges]
        size = self.size + (max(widths) - 1) * self.jump
        return replace(adapted, size=size, start=self.start + (widths[0] - 1) / 2 * self.jump)

    def pick(self, reads: np.ndarray) -> Axis:
        """After an operation of which each unit reads some units of this axis.

        Args:
            reads: (outputs, units) bool.

        Raises:
            MapTooLargeError: too many outputs.
        """
        _check_count(len(reads))
        first, last = self.spans
        if self.is_global:  # all see the same, whatever they read
            return replace(self, count=len(reads), spans=(np.full(len(reads), first[0]), np.full(len(reads), last[0])))
        spans = (
            np.where(reads, first, _NOTHING[0]).min(1, initial=_NOTHING[0]),
            np.where(reads, last, _NOTHING[1]).max(1, initial=_NOTHING[1]),
        )
        return self._irregular(spans, len(reads), self.note or RESIZED)

    def tap(self, taps: Sequence[np.ndarray]) -> Axis:
        """As `pick`, from units rather than from a matrix.

        Args:
            taps: for each that an output may read, (outputs,) int, the number of the unit; -1 where it reads none.

        Raises:
            MapTooLargeError: too many outputs.
        """
        count = len(taps[0])
        _check_count(count)
        spans = _gather(self, taps)
        if self.is_global:  # all see the same, whatever they read
            first, last = (np.full(count, ends[0]) for ends in self.spans)
            return replace(self, count=count, spans=(first, last))
        return self._irregular(spans, count, self.note or RESIZED)

    def regroup(self, groups: np.ndarray) -> Axis:
        """After an operation that joins the units of each group; `groups` has a number for each unit."""
        if self.is_global:
            return self
        first, last = (np.full(groups.max() + 1, nothing) for nothing in _NOTHING)
        np.minimum.at(first, groups, self.spans[0])
        np.maximum.at(last, groups, self.spans[1])
        return self._irregular((first[groups], last[groups]), self.count, WINDOWS)

    def join(self, count: int | None = None) -> Axis:
        """After an operation that combines all units of this axis."""
        return self._global((self.spans,), self.count if count is None else count)

    def unite(self, other: Axis) -> Axis:
        """Where two branches meet; one of a single unit is beside every unit of the other."""
        if self is other:
            return self
        count = max(self.count, other.count)
        for seeing, blind in ((self, other), (other, self)):
            if blind.sees_nothing and seeing.count == count:
                return seeing
        if self._holds(other) or other._holds(self):
            return self._global((self.spans, other.spans), count)

        (first, last), (first_other, last_other) = self.spans, other.spans
        spans = np.minimum(first, first_other), np.maximum(last, last_other)
        if self.jump is None or self.jump != other.jump or self.count != other.count:
            return self._irregular(spans, count, self.note or other.note or UNALIGNED)
        left = min(self.start - (self.size - 1) / 2, other.start - (other.size - 1) / 2)
        right = max(self.start + (self.size - 1) / 2, other.start + (other.size - 1) / 2)
        return Axis(int(right - left) + 1, self.jump, (left + right) / 2, count, spans)

    @classmethod
    def stack(cls, axes: Sequence[Axis]) -> Axis:
        """The units of several axes, one after the other."""
        first, last = zip(*(axis.spans for axis in axes))
        spans = np.concatenate(first), np.concatenate(last)
        count = sum(axis.count for axis in axes)
        if all(axis.is_global for axis in axes) and all(len(set(ends.tolist())) == 1 for ends in spans):
            return cls._global((spans,), count)
        return cls._irregular(spans, count, UNALIGNED)

    def _holds(self, other: Axis) -> bool:
        """Whether every unit of this axis sees all that any of the other sees."""
        if not self.is_global:
            return False
        return other.is_global or (
            self.spans[0][0] <= other.spans[0].min() and self.spans[1][0] >= other.spans[1].max()
        )

    @staticmethod
    def _global(seen: Sequence[Spans], count: int) -> Axis:
        """Every unit sees all that was seen."""
        first = min(int(spans[0].min()) for spans in seen)
        last = max(int(spans[1].max()) for spans in seen)
        spans = np.full(count, first), np.full(count, last)
        if last < first:
            return Axis(0, None, 0.0, count, spans, is_global=True)
        return Axis(last - first + 1, None, (first + last) / 2, count, spans, is_global=True)

    @staticmethod
    def _irregular(spans: Spans, count: int, note: str | None) -> Axis:
        """Units of which only the spans tell anything."""
        first, last = spans
        sees = last >= first
        if not sees.any():
            return Axis(0, None, 0.0, count, spans, note=note)
        size = int((last - first + 1)[sees].max())
        start = (int(first[sees][0]) + int(last[sees][0])) / 2
        return Axis(size, None, start, count, spans, note=note)


def _check_count(count: int) -> None:
    if count > MAX_UNITS:
        raise MapTooLargeError(count)


def _gather(axis: Axis, taps: Iterable[np.ndarray]) -> Spans:
    """Spans of units that each see several units of an axis.

    Args:
        axis: what they see.
        taps: for each place in the window, the unit that every output sees there; one outside the axis meets padding.
    """
    first, last = axis.spans
    # Tap after tap: all at once, a large kernel on a large map would need gigabytes.
    low, high = np.array(_NOTHING[0]), np.array(_NOTHING[1])
    for tap in taps:
        inside = (tap >= 0) & (tap < axis.count)
        tap = np.where(inside, tap, 0)
        low = np.minimum(low, np.where(inside, first[tap], _NOTHING[0]))
        high = np.maximum(high, np.where(inside, last[tap], _NOTHING[1]))
    return low, high


@dataclass(frozen=True, eq=False)
class Field:
    """The receptive field of a feature map during the walk: two axes, and the reasons for their values.

    Attributes:
        height: the vertical axis.
        width: the horizontal axis.
        reason: key of the sentence that says why the field is global; None while it is not.
        is_flat: units stand in one long row.
        is_bound: units may see less than this.
        is_mixed: some channels see less than this, which all channels of a place see together.
    """

    height: Axis
    width: Axis
    reason: str | None = None
    is_flat: bool = False
    is_bound: bool = False
    is_mixed: bool = False

    @classmethod
    def of_image(cls, height: int, width: int) -> Field:
        """Each pixel sees itself."""
        axis = Axis.of_image(height)
        return cls(axis, axis if width == height else Axis.of_image(width))

    @classmethod
    def of_nothing(cls, height: int, width: int) -> Field:
        """Each unit sees nothing."""
        return cls(Axis.of_nothing(height), Axis.of_nothing(width))

    @property
    def sees_nothing(self) -> bool:
        """Whether no unit sees anything."""
        return self.height.sees_nothing or self.width.sees_nothing

    @property
    def is_global(self) -> bool:
        """Whether every unit sees the same, along both axes."""
        return self.height.is_global and self.width.is_global

    def map(self, operation: str, arguments: Sequence[tuple], reason: str | None = None) -> Field:
        """After an operation of `Axis`, with its arguments for the height and for the width."""
        height = getattr(self.height, operation)(*arguments[0])
        alike = self.width is self.height and tuple(arguments[0]) == tuple(arguments[1])
        width = height if alike else getattr(self.width, operation)(*arguments[1])
        return self._become(height, width, reason)

    def regroup(self, rows: np.ndarray, columns: np.ndarray) -> Field:
        """After an operation that joins the units of each window."""
        return self._become(self.height.regroup(rows), self.width.regroup(columns), None)

    def flatten(self) -> Field:
        """Units in one row: each still sees what it saw, but they are not on a grid."""
        if self.is_global:
            return self
        return replace(self, is_flat=True)

    def join(self, reason: str) -> Field:
        """After an operation that combines all positions."""
        return self.map("join", ((), ()), reason)

    def bound(self, reason: str) -> Field:
        """After an operation that is not followed place by place: every unit sees all that was seen, or less."""
        if self.is_global:
            return self
        return replace(self.join(reason), reason=reason, is_flat=False, is_bound=True)

    def mix(self, others: Sequence[Field], reason: str) -> Field:
        """Channels are concatenated: together they see what all of them see."""
        united = self
        for other in others:
            united = united.unite(other, reason)
        alike = all(self.sees_like(other) for other in others)
        return united if alike else replace(united, is_mixed=True)

    def sees_like(self, other: Field) -> bool:
        """Whether every unit sees the same as the unit at the same place of the other field."""
        axes = ((self.height, other.height), (self.width, other.width))
        return all(one is two or all(map(np.array_equal, one.spans, two.spans)) for one, two in axes)

    def part(self) -> Field:
        """Some of the channels alone."""
        return replace(self, is_bound=True) if self.is_mixed else self

    def blend(self) -> Field:
        """After an operation in which every channel sees all channels of its place."""
        return replace(self, is_mixed=False) if self.is_mixed else self

    def unite(self, other: Field, reason: str) -> Field:
        """Where two branches meet; `reason` is why a global one makes the field global."""
        if self is other:
            return self
        if other.sees_nothing and not self.sees_nothing:
            other = replace(other, reason=None, is_flat=False, is_bound=False)
        elif self.sees_nothing and not other.sees_nothing:
            return other.unite(self, reason)
        height = self.height.unite(other.height)
        alike = self.width is self.height and other.width is other.height
        width = height if alike else self.width.unite(other.width)
        is_bound = self.is_bound or other.is_bound
        is_mixed, is_flat = self.is_mixed or other.is_mixed, self.is_flat or other.is_flat
        united = Field(height, width, self.reason or other.reason, is_flat, is_bound, is_mixed)
        met = united.is_global and not (self.is_global and other.is_global)
        return replace(united, reason=reason) if met else united

    def _become(self, height: Axis, width: Axis, reason: str | None) -> Field:
        became_global = height.is_global and width.is_global
        if not became_global:
            return replace(self, height=height, width=width, reason=None)
        reason = self.reason if self.is_global else reason
        return replace(self, height=height, width=width, reason=reason, is_flat=False)

    @property
    def note(self) -> str | None:
        """Why units lie on no grid, see `ReceptiveField.note`."""
        if self.is_global:
            return None
        return FLATTENED if self.is_flat else self.height.note or self.width.note

    @property
    def note_key(self) -> str | None:
        """Key of the sentence that says why the field has no single size and jump."""
        if self.is_bound:
            return "trace.note_upper_bound"
        if self.is_global:
            return self.reason
        return f"trace.note_{self.note}" if self.note else None

    def describe(self) -> ReceptiveField:
        """The record that is handed out."""
        if "described" not in self.__dict__:
            object.__setattr__(self, "described", self._describe())
        return self.__dict__["described"]

    def _describe(self) -> ReceptiveField:
        height, width = self.height, self.width
        jump = None
        if height.jump is not None and width.jump is not None and not self.is_flat:
            jump = (height.jump, width.jump)
        size, start = (height.size, width.size), (height.start, width.start)
        return ReceptiveField(size, jump, start, self.is_global, self.note, self.is_bound, axes=(height, width))
