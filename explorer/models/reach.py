"""Which units of each layer a pixel of the image reaches, and which did change when it changed: the way forward.

The way back, from a unit to the pixels that it sees, is followed in footprint.py. Both ask for the same paths: a unit
is reached by a pixel if, and only if, the pixel lies in the unit's field.

What can be reached is found by one run of the network's own forward on an image in which that pixel alone is 1. As in
the footprint, every operation is replayed with positive weights, so a value is positive exactly where a path leads. What
comes from parameters alone is 0 here, because no path leads to it. After each operation what is positive becomes 1:
so nothing runs out of range, however deep the network is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from explorer.errors import InputError
from explorer.models.calls import find_all
from explorer.models.footprint import Reached, TransparentRun, first_tensor
from explorer.models.operations import Named
from explorer.models.real_recording import find_written
from explorer.models.real_run import RealRun, copy_with_numbers, find_dtype
from explorer.models.replays import is_narrow, narrow, widen
from explorer.models.trace import Layer, Recording, UnsupportedLayerError

Pixel = tuple[int, int]


@dataclass(frozen=True)
class Reach:
    """The units of a layer that a pixel of the image reaches.

    Attributes:
        mask: (rows, columns) bool, all channels together; (1, 1) for a layer whose output is not a map.
        is_exact: False where an operation before was not followed path by path: then no other unit is reached, and
            some of these may not be.
    """

    mask: np.ndarray
    is_exact: bool


@dataclass(frozen=True)
class Change:
    """What changed in a layer when the image changed. Both are (rows, columns), or (1, 1) where the output is not a map.

    Attributes:
        channels: int, how many channels of a unit have another value, however little it differs.
        amount: float64, the largest difference among the channels of a unit.
        num_channels: how many channels a unit has.
    """

    channels: np.ndarray
    amount: np.ndarray
    num_channels: int

    @property
    def mask(self) -> np.ndarray:
        """(rows, columns) bool, the units that changed."""
        return self.channels > 0


def measure_reach(
    recording: Recording, input_shape: Sequence[int], pixel: Pixel, names: Iterable[str]
) -> dict[str, Reach]:
    """Which units of some layers one pixel of the image can reach; the network is left as found.

    Args:
        recording: of the network.
        input_shape: (C, H, W).
        pixel: (row, column) in the image; all its channels are looked at together.
        names: of layers, as in `Layer.name`; the first use of one that is used several times.

    Returns:
        The reach of each of these layers.

    Raises:
        IndexError: there is no such pixel.
        InputError: there is no such layer.
        ShapeError: a layer cannot take the shape that reaches it.

    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2))
    >>> found = measure_reach(Recording(network), (1, 8, 8), (0, 3), ["0", "1"])
    >>> found["0"].mask.nonzero(), found["1"].mask.sum()
    ((array([0, 0, 0]), array([1, 2, 3])), np.int64(2))
    """
    shape = tuple(input_shape)[-3:]
    if not all(0 <= index < side for index, side in zip(pixel, shape[1:], strict=True)):
        raise IndexError(f"pixel must lie in {shape[1]} x {shape[2]} pixels, got {tuple(pixel)}")
    recording = recording.at(shape)
    layers = recording.trace(shape).layers
    wanted = find_places(layers, names)
    image = torch.zeros(1, 1, *shape[1:], dtype=torch.float64)
    image[0, 0, pixel[0], pixel[1]] = 1
    run = _ReachRun(recording, shape[0], wanted.values())
    run.spread(image)
    return {
        name: Reach(_flatten(run.found[place], layers[place]).sum(0) > 0, True) if place in run.found
        else Reach(_read_spans(layers[place], pixel), False)
        for name, place in wanted.items()
    }  # fmt: skip


def read_values(
    model: nn.Module, layers: Sequence[Layer], image: torch.Tensor, names: Iterable[str]
) -> dict[str, torch.Tensor]:
    """What some layers of a network give for an image, as it runs in evaluation; the network is left as found.

    Args:
        model: the network with its numbers.
        layers: those of its trace at this size.
        image: (1, C, H, W).
        names: as in `measure_reach`.

    Raises:
        InputError: there is no such layer.
        UnsupportedLayerError: the forward breaks, or it does something else than the trace tells.
    """
    run = _ValuesRun(
        layers, find_places(layers, names), lambda _, value: value.clone()
    )  # what follows may overwrite it
    return run.follow(model, image)


def measure_change(
    model: nn.Module, layers: Sequence[Layer], before: Mapping[str, torch.Tensor], image: torch.Tensor
) -> dict[str, Change]:
    """Which units of some layers have another value for this image than they had before.

    The two images pass one after the other and not side by side: so PyTorch adds up the same numbers in the same order
    for both, and what does not depend on the change comes out the same, to the last bit.

    Args:
        model, layers, image: as in `read_values`.
        before: what that gave for another image.

    Raises:
        UnsupportedLayerError: as `read_values`.
    """

    def compare(name: str, after: torch.Tensor) -> Change:
        return _compare(layers[places[name]], before[name], after)

    places = find_places(layers, before)
    return _ValuesRun(layers, places, compare).follow(model, image)


def find_places(layers: Sequence[Layer], names: Iterable[str]) -> dict[str, int]:
    """Index of each named layer in a trace.

    Raises:
        InputError: there is no such layer.
    """
    places: dict[str, int] = {}
    for place, layer in enumerate(layers):
        places.setdefault(layer.name, place)
    for name in (names := list(names)):
        if name not in places:
            raise InputError("trace.no_layer", layer=str(name)[:80])
    return {name: places[name] for name in names}


def _flatten(value: torch.Tensor, layer: Layer) -> np.ndarray:
    """What a layer gave for one image, as (channels, rows, columns); of an output that is not a map, (values, 1, 1)."""
    value = value.detach()[0]
    value = value.float() if value.dtype == torch.bfloat16 else value  # which NumPy does not know
    if layer.map_axes is None:
        return value.reshape(-1, 1, 1).numpy()
    value = value.movedim(layer.map_axes, (-2, -1))
    return value.reshape(-1, *value.shape[-2:]).numpy()


def _read_spans(layer: Layer, pixel: Pixel) -> np.ndarray:
    """The units in whose box a pixel lies, as the trace has the boxes."""
    sides = []
    for axis, index in zip(layer.receptive_field.axes, pixel, strict=True):
        first, last = axis.spans
        sides.append((first <= index) & (index <= last))
    seen = np.outer(*sides)
    return seen if layer.map_axes is not None else np.array([[seen.any()]])


class _ReachRun(TransparentRun):
    """Spreads marks from the image through a network, up to the last layer that is asked for.

    Attributes:
        found: what those layers gave; those behind an operation that is not replayed are missing.
    """

    def __init__(self, recording: Recording, channels: int, places: Iterable[int]):
        self.places = set(places)
        super().__init__(recording, channels, max(self.places, default=0))
        self.found: dict[int, torch.Tensor] = {}
        self.place = 0

    def spread(self, image: torch.Tensor) -> None:
        """Run the network on an image of one channel, 0 and 1."""
        if not self.places:
            return
        try:
            with torch.inference_mode(False), torch.enable_grad():
                self.reach(image.requires_grad_())
        except UnsupportedLayerError:
            pass  # what was found before stays

    def stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        return self.make_constant(super().stand_in(tensor))

    def make_constant(self, value: Any) -> Any:
        is_number = isinstance(value, torch.Tensor) and value.dtype.is_floating_point
        return torch.zeros((), dtype=torch.float64).expand(value.shape) if is_number else value

    def take(self, result: Any) -> Any:
        marked = fx.node.map_aggregate(result, _mark)
        if self.place in self.places:
            self.found[self.place] = narrow(first_tensor(marked))
        self.place += 1
        return super().take(marked)


def _mark(value: Any) -> Any:
    """1 where a value is positive, without the way that it came; that it comes from the image stays known."""
    if not isinstance(value, torch.Tensor):
        return value
    marks = (narrow(value).detach() > 0).to(torch.float64).requires_grad_()
    return widen(marks, value.shape[1]) if is_narrow(value) else marks


class _ValuesRun(RealRun):
    """Runs a network as it is, and hands on what some layers give.

    Args:
        layers: of its trace, which tell what comes when.
        places: name of each layer that is asked for, and its index.
        read: gets the name and the layer's output.
    """

    def __init__(self, layers: Sequence[Layer], places: Mapping[str, int], read: Callable[[str, torch.Tensor], Any]):
        super().__init__()
        self.layers = layers
        self.names = {place: name for name, place in places.items()}
        self.read = read
        self.found: dict[str, Any] = {}
        self.place = 0

    def follow(self, model: nn.Module, image: torch.Tensor) -> dict[str, Any]:
        """What `read` made of each layer's output."""
        copied = copy_with_numbers(model).eval()
        try:
            with torch.inference_mode(False), torch.no_grad():
                self.run(copied, _know(image.to(find_dtype(copied, image.dtype), copy=True)))
        except Reached:
            pass
        except Exception as error:
            if isinstance(error, InputError):
                raise
            name = type(model).__name__
            raise UnsupportedLayerError("trace.check_no_counterpart", name, type(error).__name__) from error
        return self.found

    def handle(self, target: Named, call: Callable, args: tuple, kwargs: dict, path: str | None, module) -> Any:
        depends = any(hasattr(each, "of_image") for each in find_all((args, kwargs), torch.Tensor))
        result = call(*args, **kwargs)
        written = find_written(target, args, kwargs)
        given = find_all(result if written is None else written, torch.Tensor)
        if not depends or not given:
            return result
        for each in given:
            _know(each)
        self._check(path, given[0])
        if self.place in self.names:
            name = self.names[self.place]
            self.found[name] = self.read(name, given[0])
        if self.place == max(self.names):
            raise Reached(given[0])
        self.place += 1
        return result

    def _check(self, path: str | None, value: torch.Tensor) -> None:
        """Refuse a call that is not the one that the trace tells of."""
        layer = self.layers[self.place]
        if (path and path != layer.name) or tuple(value.shape) not in (layer.output_shape, (1, *layer.output_shape)):
            raise UnsupportedLayerError("trace.check_no_counterpart", layer.name, layer.kind)


def _know(tensor: torch.Tensor) -> torch.Tensor:
    """Remember of a tensor that it comes from the image: only then does a call on it stand in the trace."""
    tensor.of_image = True  # type: ignore[attr-defined]  # a mark of ours
    return tensor


def _compare(layer: Layer, before: torch.Tensor, after: torch.Tensor) -> Change:
    first, second = _flatten(before, layer), _flatten(after, layer)
    amount = np.abs(np.nan_to_num(second.astype(np.float64)) - np.nan_to_num(first.astype(np.float64)))
    return Change((first != second).sum(0), amount.max(0), len(first))
