"""Which pixels of the image reach a unit, found by autograd: the witness against which a traced field is checked.

The network's own forward runs, in a copy, and not the recording, which might have lost something. What is asked is
whether a path exists, not how much comes through it. So its operations are done with PyTorch's own kernels, but
transparently: every weight is the same positive number, the maximum of a window becomes
its average, activations and normalisations become the identity, products become sums. Then nothing saturates,
vanishes or cancels, and a pixel's gradient is positive exactly where a path leads from it to the unit.

All channels of such a network carry the same map, so one channel is enough, unless the network sends some of its
channels another way; then as many are kept as there are. A test compares this with the whole network in double
precision.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from explorer.errors import InputError
from explorer.models import replays
from explorer.models.calls import find_all
from explorer.models.fields import Box
from explorer.models.joining_rules import pointwise_rule
from explorer.models.operations import Named, find_operation
from explorer.models.real_recording import FORGET, MAY_CONVERT, READ_SHAPES, find_written, gives_its_input
from explorer.models.real_run import RealRun, copy_structure
from explorer.models.replays import Replay, is_narrow, narrow, widen
from explorer.models.trace import Layer, Recording, Step, UnsupportedLayerError, record

MAX_CHECK_SIZE = 1024


@dataclass(frozen=True)
class Footprint:
    """The pixels that reach one unit.

    Attributes:
        mask: (H, W) bool tensor.
    """

    mask: torch.Tensor

    @property
    def box(self) -> Box | None:
        """((top, left), (bottom, right)), all inclusive, of the smallest box around them; None if there are none."""
        rows, columns = self.mask.any(1).nonzero().flatten(), self.mask.any(0).nonzero().flatten()
        if len(rows) == 0:
            return None
        return (int(rows[0]), int(columns[0])), (int(rows[-1]), int(columns[-1]))


@dataclass(frozen=True)
class FieldCheck:
    """Whether autograd agrees with a traced field.

    Attributes:
        verdict: "confirmed", "differs" or "not_checked".
        reason: key of a sentence that says why it was not checked, or None.
        traced: box that the trace gives for the unit, as `Footprint.box`, or None.
        measured: box that autograd gives, or None.
        seconds: how long the check took.
        unit: (row, column) of the unit that was looked at, or None.
        input_shape: (C, H, W) of the image in which it was looked at; larger than the reader's where a field has
            no room in that.
    """

    verdict: str
    reason: str | None = None
    traced: Box | None = None
    measured: Box | None = None
    seconds: float = 0.0
    unit: tuple[int, int] | None = None
    input_shape: tuple[int, ...] | None = None


def measure_footprint(
    model: nn.Module | Recording,
    input_shape: Sequence[int],
    layer: str,
    unit: tuple[int, int],
    source: str | None = None,
) -> Footprint:
    """Which pixels of the image reach a unit of a layer, found by autograd; the network is left as found.

    Args:
        model: the network, or its recording, which saves recording it again.
        input_shape: (C, H, W).
        layer: name of the layer, as in `Layer.name`; the first use of one that is used several times.
        unit: (row, column) on the layer's feature map. All its channels are looked at together.
        source: name of an earlier layer whose units are asked for in the place of the image's pixels.

    Raises:
        InputError: there is no such layer or unit, or the layer's output is not a feature map.
        ShapeError: a layer on the way cannot take the shape that reaches it.
        UnsupportedLayerError: an operation on the way has no transparent counterpart.

    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2))
    >>> measure_footprint(network, (1, 8, 8), "1", (0, 0)).box
    ((0, 0), (3, 3))
    """
    recording = model if isinstance(model, Recording) else record(model)
    layers = _trace_to(recording, input_shape, layer)
    _check_unit(layers[-1], unit)
    return _replay(recording, tuple(input_shape)[-3:], layers, unit, source)


def check_field(
    model: nn.Module | Recording,
    input_shape: Sequence[int],
    layer: str,
    unit: tuple[int, int] | None = None,
) -> FieldCheck:
    """Compare a traced field with autograd's footprint.

    Args:
        model: as in `measure_footprint`.
        input_shape: (C, H, W).
        layer: name of the layer.
        unit: (row, column) to look at, in the image of that shape. Without it, a central unit, in an image that is
            made larger where the field has no room.

    Raises:
        InputError, ShapeError: as `measure_footprint` does.
    """
    start = time.perf_counter()
    recording = model if isinstance(model, Recording) else record(model)
    check = _check(recording, tuple(input_shape)[-3:], layer, unit)
    return FieldCheck(**{**vars(check), "seconds": time.perf_counter() - start})


def _check(recording: Recording, shape: tuple[int, ...], name: str, unit: tuple[int, int] | None) -> FieldCheck:
    layers = _trace_to(recording, shape, name)
    layer = layers[-1]
    if layer.receptive_field.is_upper_bound:
        return FieldCheck("not_checked", "trace.check_upper_bound")
    if layer.receptive_field.is_global:
        return FieldCheck("not_checked", "trace.check_global")
    if layer.map_axes is None:
        return FieldCheck("not_checked", "trace.check_no_grid")
    if unit is None:
        shape, layers = _make_room(recording, shape, layers)
        layer = layers[-1]
        rows, columns = (layer.output_shape[axis] // 2 for axis in _find_axes(layer))
        unit = rows, columns
    _check_unit(layer, unit)
    traced = layer.receptive_field.box(unit)
    covers = traced == ((0, 0), (shape[1] - 1, shape[2] - 1))
    if max(shape[1:]) > MAX_CHECK_SIZE or (covers and max(layer.receptive_field.size) > MAX_CHECK_SIZE):
        return FieldCheck("not_checked", "trace.check_too_large")
    try:
        measured = _replay(recording, shape, layers, unit).box
    except UnsupportedLayerError:
        return FieldCheck("not_checked", "trace.check_unsupported")
    verdict = "confirmed" if traced == measured else "differs"
    return FieldCheck(verdict, None, traced, measured, unit=unit, input_shape=shape)


def _trace_to(recording: Recording, shape: Sequence[int], name: str) -> tuple[Layer, ...]:
    """The layers up to the first of that name."""
    layers = recording.trace(shape, last_layer=name).layers
    for number, layer in enumerate(layers, 1):
        if layer.name == name:
            return layers[:number]
    raise InputError("trace.no_layer", layer=str(name)[:80])


def _find_axes(layer: Layer) -> tuple[int, int]:
    """Where height and width stand in its output's shape."""
    if layer.map_axes is None:
        raise InputError("trace.no_map", layer=layer.name, kind=layer.kind)
    return layer.map_axes


def _check_unit(layer: Layer, unit: tuple[int, int]) -> None:
    rows, columns = (layer.output_shape[axis] for axis in _find_axes(layer))
    if not (0 <= unit[0] < rows and 0 <= unit[1] < columns):
        raise InputError("trace.no_unit", layer=layer.name, rows=rows, columns=columns)


def _make_room(
    recording: Recording, shape: tuple[int, ...], layers: tuple[Layer, ...]
) -> tuple[tuple[int, ...], tuple[Layer, ...]]:
    """An image in which the field of a central unit of the last layer touches no border, unless it depends on the size."""
    field = layers[-1].receptive_field
    if field.jump is None:
        return shape, layers
    larger = (shape[0], *(max(size, side + 4 * jump) for size, side, jump in zip(shape[1:], field.size, field.jump)))
    if larger == shape or max(larger[1:]) > MAX_CHECK_SIZE:
        return shape, layers
    try:
        found = _trace_to(recording, larger, layers[-1].name)
    except InputError:
        return shape, layers
    there = found[-1].receptive_field
    return (larger, found) if (there.size, there.jump) == (field.size, field.jump) else (shape, layers)


def _replay(
    recording: Recording,
    shape: tuple[int, ...],
    layers: tuple[Layer, ...],
    unit: tuple[int, int],
    source: str | None = None,
) -> Footprint:
    """Of a unit of the last of these layers."""
    layer, index = layers[-1], len(layers) - 1
    with torch.enable_grad():
        image = torch.ones(1, 1, *shape[1:], dtype=torch.float64, requires_grad=True)
        recording = recording.at(shape, layer.name)
        if source is not None:
            return _replay_from(recording, shape, layers, index, unit, source)
        output = TransparentRun(recording, shape[0], index).reach(image)
        at_unit = _select(output, layer, unit)
        if not at_unit.requires_grad:
            return Footprint(torch.zeros(shape[1:], dtype=torch.bool))
        (gradient,) = torch.autograd.grad(at_unit.sum(), image)
    return Footprint(gradient[0, 0] > 0)


def _select(output: torch.Tensor, layer: Layer, unit: tuple[int, int]) -> torch.Tensor:
    """The values of a unit; from the last dimension to the first, so that the places of those before do not move."""
    at_unit = narrow(output)
    for axis, index in sorted(zip(_find_axes(layer), unit, strict=True), reverse=True):
        at_unit = at_unit.select(axis + 1, index)
    return at_unit


def _replay_from(
    recording: Recording,
    shape: tuple[int, ...],
    layers: Sequence[Layer],
    index: int,
    unit: tuple[int, int],
    source: str,
) -> Footprint:
    """The same with the units of an earlier layer in the place of pixels."""
    place = next((place for place, each in enumerate(layers[:index]) if each.name == source), None)
    if place is None:
        raise InputError("trace.no_layer", layer=str(source)[:80])
    rows, columns = _find_axes(layers[place])
    run = _RunFrom(recording, shape[0], index, place)
    output = run.reach(torch.ones(1, 1, *shape[1:], dtype=torch.float64, requires_grad=True))
    units = run.units
    (gradient,) = torch.autograd.grad(_select(output, layers[index], unit).sum(), units, allow_unused=True)
    reached = torch.zeros_like(units) if gradient is None else gradient
    reached = reached[0].movedim((rows, columns), (-2, -1))
    return Footprint((reached > 0).flatten(0, -3).any(0))


class Reached(BaseException):
    """The layer that was asked for gave this; nothing after it is run."""

    def __init__(self, output: torch.Tensor):
        super().__init__()
        self.output = output


class TransparentRun(RealRun):
    """Runs the network's own forward, every call transparently, up to one layer.

    Args:
        recording: of the network, at the shape of the image.
        channels: of the image.
        index: of the layer in its trace: the calls that read something of the image are counted.
    """

    def __init__(self, recording: Recording, channels: int, index: int):
        super().__init__()
        self.recording = recording
        self.channels = channels
        self.left = index
        self.keeps_channels = any(_splits_channels(step) for step in recording.steps)
        self.changed: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # what was overwritten, and with what
        self.converted: dict[int, torch.Tensor] = {}
        self.aliases: dict[int, list[torch.Tensor]] = {}  # tensors that lie in the same place

    def reach(self, image: torch.Tensor) -> torch.Tensor:
        """What the layer gives for one channel of an image."""
        copied = copy_structure(self.recording.model, self.stand_in)
        for name, module in self.recording.replaced.items():
            _set_module(copied, name, copy_structure(module, self.stand_in))
        try:
            self.run(copied, widen(image, self.channels))
        except Reached as reached:
            return reached.output
        except Exception as error:
            if isinstance(error, InputError):
                raise
            model = type(self.recording.model).__name__
            raise UnsupportedLayerError("trace.check_no_counterpart", model, type(error).__name__) from error
        raise InputError("trace.no_layer", layer=type(self.recording.model).__name__)

    def stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        """In place of a parameter or buffer: ones, or its own numbers where they count something."""
        if not tensor.dtype.is_floating_point:
            return torch.zeros(tensor.shape, dtype=tensor.dtype) if tensor.device.type == "meta" else tensor
        return torch.ones((), dtype=torch.float64).expand(tensor.shape)

    def make_constant(self, value: Any) -> Any:
        """In place of what comes from parameters alone: it must not take anything away."""
        is_number = isinstance(value, torch.Tensor) and value.dtype.is_floating_point
        return torch.ones((), dtype=torch.float64).expand(value.shape) if is_number else value

    def take(self, result: Any) -> Any:
        """Hears of what each layer gives, in the order of the trace, and passes it on."""
        if self.left == 0:
            raise Reached(first_tensor(result))
        return result

    def handle(self, target: Named, call: Callable, args: tuple, kwargs: dict, path: str | None, module) -> Any:
        written = find_written(target, args, kwargs)
        kwargs = {name: value for name, value in kwargs.items() if name != "out"}
        newest = fx.node.map_aggregate((args, kwargs), self._find_newest)
        tensors = find_all(newest, torch.Tensor)
        if written is not None and target in FORGET and self._find_newest(written).requires_grad:
            return self._change(written, self.make_constant(written))
        if target in READ_SHAPES or not any(each.requires_grad for each in tensors):
            return fx.node.map_aggregate(call(*newest[0], **newest[1]), self.make_constant)
        with torch.enable_grad():  # a path that a forward keeps from gradients is a path
            result = self._replay(target, call, *newest, path, module)
        if written is None and not find_all(result, torch.Tensor):
            return result  # a size, a type
        result = self.take(result)
        self.left -= 1
        if written is not None:
            return self._change(written, result)
        given = self._give(result, tensors, _is_alias(target, call, args, kwargs, module))
        if target in MAY_CONVERT:  # with numbers it may be the same tensor or another: here all are in double precision
            self.converted.update((id(each), each) for each in (given, *tensors))
        return given

    def _change(self, written: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
        """From now on one tensor stands for the other, for all that lie in the same place."""
        if id(written) in self.converted:
            raise UnsupportedLayerError("trace.overwritten", self.where, "Tensor")
        for each in self.aliases.get(id(written), [written]):
            if each.shape != written.shape:
                raise UnsupportedLayerError("trace.overwritten", self.where, "Tensor")
            if each is not result:
                self.changed[id(each)] = (each, result)
        return written

    def _give(self, result: Any, tensors: list[torch.Tensor], is_alias: bool) -> Any:
        """What a call gives: one and the same tensor only where it does that with numbers too."""
        if not isinstance(result, torch.Tensor):
            return result
        if not is_alias:
            return _as_another(result) if any(result is each for each in tensors) else result
        if result is not tensors[0]:
            group = self.aliases.setdefault(id(tensors[0]), [tensors[0]])
            group.append(result)
            self.aliases[id(result)] = group
        return result

    def _find_newest(self, value: Any) -> Any:
        while isinstance(value, torch.Tensor) and id(value) in self.changed:
            value = self.changed[id(value)][1]
        return value

    def _replay(self, target: Named, call: Callable, args: tuple, kwargs: dict, path: str | None, module) -> Any:
        operation = find_operation(target)
        replay = Replay.NOT_REPLAYED if operation is None else operation.replay
        if operation is None and _only_asks(target):
            return call(*args, **kwargs)
        if replay is Replay.JOINED:
            return self._concatenate(*args, **kwargs)
        if replay in (Replay.AS_IT_IS, Replay.AS_PARTS):
            return call(*args, **kwargs)
        if isinstance(replay, Replay):
            name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
            raise UnsupportedLayerError("trace.check_no_counterpart", path or self.stack[-1] or name, name)
        return replay(*args, **kwargs) if module is None else replay(module, *args, **kwargs)

    def _concatenate(self, tensors: Sequence[torch.Tensor], dim: int = 0) -> torch.Tensor:
        if dim == 1 and not self.keeps_channels and all(map(is_narrow, tensors)):
            return widen(torch.stack(list(map(narrow, tensors))).sum(0), sum(tensor.shape[1] for tensor in tensors))
        return torch.cat(list(tensors), dim)


class _RunFrom(TransparentRun):
    """Starts at a layer: every unit of it gives 1.

    Attributes:
        units: those of the layer, as it gives them; one channel where all are alike.
    """

    def __init__(self, recording: Recording, channels: int, index: int, place: int):
        super().__init__(recording, channels, index)
        self.last_before = index - place
        self.units = torch.empty(0)

    def take(self, result: Any) -> Any:
        if self.left != self.last_before:
            return super().take(result)
        given = first_tensor(result)
        self.units = torch.ones_like(narrow(given), requires_grad=True)
        return widen(self.units, given.shape[1]) if is_narrow(given) else self.units + 0


def _is_alias(target: Named, call: Callable, args: tuple, kwargs: dict, module: nn.Module | None) -> bool:
    """Whether what comes out lies where the first tensor lies that goes in."""
    if target in ("detach", "data", "contiguous"):
        return True
    operation = find_operation(target)
    if operation is None:
        return False
    moves = operation.replay in (Replay.AS_IT_IS, Replay.AS_PARTS, replays.fold)
    return moves or (operation.rule is pointwise_rule and gives_its_input(module, call, args, kwargs))


def _as_another(tensor: torch.Tensor) -> torch.Tensor:
    return widen(narrow(tensor), tensor.shape[1]) if is_narrow(tensor) else tensor.view_as(tensor)


_ASKS = frozenset(
    "size dim numel ndim shape device dtype is_cuda is_floating_point ndimension stride requires_grad layout is_contiguous "
    "element_size is_mps is_quantized is_sparse is_meta is_complex __len__ names grad_fn is_leaf get_device type".split()
)


def _only_asks(target: Named) -> bool:
    """Whether a call asks for a shape or a type, and gives no tensor."""
    name = target if isinstance(target, str) else getattr(target, "__name__", "")
    return name in _ASKS


def _set_module(model: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)


def _splits_channels(step: Step) -> bool:
    """Whether an operation may send some channels another way than others."""
    return step.operation is not None and step.operation.replay is Replay.AS_PARTS


def first_tensor(result: Any) -> torch.Tensor:
    """What a layer gave, the first of several."""
    return result if isinstance(result, torch.Tensor) else find_all(result, torch.Tensor)[0]
