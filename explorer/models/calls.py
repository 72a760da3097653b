"""What a rule sees and gives: a call with its signals in, an output out; and the questions that rules share.

Shapes are those of one image, without the batch dimension. Beside its size, every dimension of a signal carries what
it counts: channels, rows, columns, or several of them multiplied together, so that a feature map can be permuted,
flattened and folded up again without losing its place.

A rule takes a `Call` and returns an `Output`. It raises a ShapeError where the layer cannot take what it is given, and an
UnsupportedLayerError where it cannot tell what would come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import prod
from typing import Any, TypeVar

import torch
from torch import nn

from explorer.models.fields import Field
from explorer.models.records import LayerSettings, Shape, ShapeError, UnsupportedLayerError

# A dimension is a product of factors, each with what it counts and its size: (("h", 7), ("w", 7)) after flattening.
# "c" stands for channels, "h" for rows, "w" for columns, "x" for places in no order that can be told (tokens).
Dimension = tuple[tuple[str, int], ...]
Kind = TypeVar("Kind", bound=nn.Module)
PLACES = frozenset("hwx")


def make_map(shape: Shape) -> tuple[Dimension, ...]:
    """The dimensions of a feature map (C, H, W)."""
    return tuple(((what, size),) for what, size in zip("chw", shape))


def broadcast_shapes(*shapes: Sequence[int]) -> Shape:
    """The shape of what tensors of these shapes give together, as torch.broadcast_shapes says; that imports sympy.

    Raises:
        RuntimeError: they do not fit.

    >>> broadcast_shapes((8, 1, 3), (4, 1))
    (8, 4, 3)
    """
    sizes = [{*places} - {1} or {1} for places in zip_longest(*map(reversed, shapes), fillvalue=1)]
    if any(len(found) > 1 for found in sizes):
        raise RuntimeError(f"shapes must be equal or 1 at each place from the last one on, got {shapes}")
    return tuple(size for (size,) in reversed(sizes))


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
        batch: size of the batch dimension; more than 1 where a forward made a part of the image a part of the batch.
    """

    shape: Shape
    field: Field
    source: int
    grid: Shape
    dimensions: tuple[Dimension, ...]
    batch: int = 1


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
        batch: size of the batch dimension; None where it stays.
    """

    shape: Shape
    field: Field
    settings: LayerSettings = LayerSettings()
    dimensions: tuple[Dimension, ...] | None = None
    mult_adds: int | None = None
    parts: tuple[Output | None, ...] | None = None
    batch: int | None = None

    def count_dimensions(self) -> tuple[Dimension, ...]:
        """What each dimension counts; those of a feature map or of features where the rule left them out."""
        if self.dimensions is not None:
            return self.dimensions
        return make_map(self.shape) if len(self.shape) == 3 else make_features(self.shape)


@dataclass(frozen=True)
class Call:
    """One operation with its inputs: what a rule sees.

    Attributes:
        real: shapes of what the operation gave when the network ran, the batch counted; None where that was not recorded.
    """

    name: str
    kind: str
    signals: tuple[Signal, ...]
    args: tuple
    kwargs: Mapping
    module: nn.Module | None = None
    weights: tuple[Weight, ...] = ()
    real: tuple[Shape | None, ...] | None = None

    @property
    def first(self) -> Signal:
        """The first input."""
        return self.signals[0]

    def built_as(self, *kinds: type[Kind]) -> Kind:
        """The module that is called, where the rule is one of these classes.

        Raises:
            TypeError: it is none of them: the rule stands in the record of another class or of a function.
        """
        if not isinstance(self.module, kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"the rule of {self.kind} is one for {names}: explorer/models/operations.py")
        return self.module

    @property
    def block(self) -> Any:
        """The module that is called, whatever its class: one of torchvision, say, which need not be loaded here."""
        return self.built_as(nn.Module)

    def misfit(self, key: str, **values) -> ShapeError:
        """The error to raise where the layer cannot take what it is given; `key` is one of `trace`'s sentences."""
        return ShapeError(key, self.name, self.kind, **values)

    def unsupported(self, key: str = "unsupported", **values) -> UnsupportedLayerError:
        """The error to raise where the rule cannot follow the operation; `key` is one of `trace`'s sentences."""
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
        position = self.position(dim)
        if position == 0:
            raise self.unsupported("unsupported_setting", setting=f"dim={dim}")
        return position - 1

    def position(self, dim: int, more: int = 0) -> int:
        """A dimension counted from the batch, which is 0, where it may have been counted from the end.

        Args:
            dim: as torch takes it.
            more: dimensions that the result has more than the input.
        """
        rank = len(self.first.shape) + 1 + more
        if not isinstance(dim, int) or not -rank <= dim < rank:
            raise self.misfit("no_dimension", dim=dim, shape=by(self.first.shape))
        return dim % rank


Rule = Callable[[Call], Output]


def by(sizes: Sequence[int]) -> str:
    """Sizes joined by a sign of multiplication, as sentences write them: "16 × 6 × 6"."""
    return " × ".join(map(str, sizes))


def product(sizes: Sequence[int]) -> str:
    """`576 = 16 × 6 × 6`, or just the number when there is one factor."""
    return str(prod(sizes)) if len(sizes) < 2 else f"{prod(sizes)} = {by(sizes)}"


def pair(value) -> tuple[int, int]:
    """A setting as (height, width), from one whole number, or from one or two of them in a list."""
    return (value, value) if isinstance(value, int) else tuple(value) * (2 // len(value))


def count_places(dimensions: Iterable[Dimension]) -> set[str]:
    """What dimensions count, channels and single places aside."""
    return {what for dimension in dimensions for what, size in dimension if what in PLACES and size > 1}


def forget_places(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """The same sizes, of which none counts rows, columns or places any more."""
    return tuple((("c", prod(size for _, size in dimension)),) for dimension in dimensions)


def need_map(call: Call) -> Shape:
    """(C, H, W) of the first input.

    Raises:
        ShapeError: it does not have three dimensions.
        UnsupportedLayerError: its last two dimensions are not rows and columns.
    """
    shape, dimensions = call.first.shape, call.first.dimensions
    if len(shape) != 3:
        raise call.misfit("needs_map", shape=by(shape))
    in_order = dimensions[1][0][0] == "h" and dimensions[2][0][0] == "w" and len(dimensions[1] + dimensions[2]) == 2
    if not in_order and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")
    return shape


def leave_shape(call: Call, settings: LayerSettings = LayerSettings()) -> Output:
    """What changes values only."""
    return Output(call.first.shape, call.first.field, settings, call.first.dimensions)


def refuse(call: Call) -> Output:
    """The rule of what is known for weights, and not for feature maps."""
    raise call.unsupported()


def bound_rule(call: Call) -> Output:
    """What is not followed place by place: the shape is PyTorch's own, and every unit sees all that was seen, or less."""
    if call.real is None:
        raise call.unsupported()
    field = call.first.field
    for signal in call.signals[1:]:
        field = field.unite(signal.field, "trace.note_upper_bound")
    field = field.bound("trace.note_upper_bound")
    parts = tuple(
        None
        if shape is None or not shape
        else Output(shape[1:], field, dimensions=make_features(shape[1:]), batch=shape[0])
        for shape in call.real
    )
    first = next((part for part in parts if part is not None), None)
    if first is None:
        raise call.unsupported()
    return replace(first, parts=parts if len(parts) > 1 else None)


def join_places(field: Field, dimensions: Iterable[Dimension], reason: str) -> Field:
    """The field after an operation that joins everything along some dimensions."""
    counted = count_places(dimensions)
    if "x" in counted or {"h", "w"} <= counted:
        return field.join(reason)
    rows, columns = "h" in counted, "w" in counted
    if not rows and not columns:
        return field
    height = field.height.join() if rows else field.height
    width = field.width.join() if columns else field.width
    became = height.is_global and width.is_global and not field.is_global
    return replace(field, height=height, width=width, reason=reason if became else field.reason)


def find_all(value, kind: type | tuple[type, ...]) -> list:
    """Everything of a kind in an argument, lists and tuples included."""
    found: list = []
    _gather(value, kind, found)
    return found


def _gather(value, kind: type | tuple[type, ...], found: list) -> None:
    if isinstance(value, kind):
        found.append(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _gather(item, kind, found)
    elif isinstance(value, dict):
        for item in value.values():
            _gather(item, kind, found)
