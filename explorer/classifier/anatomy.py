"""One number of a trained network, taken apart: the terms that it is the sum of, down to the pixels.

A number is followed down through what only rescales or bends it (batch normalisation, activation functions) and what only
moves it (flattening), to the operation that adds up many numbers: a convolution, a linear layer, a pooling, an addition.
That operation is linear, or picks a number as max pooling does. So each number that it reads has a weight, which is the
gradient, and its term is the weight times the number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import nn

from explorer.errors import InputError
from explorer.models import joining_rules, order_rules, window_rules
from explorer.models.layer_outputs import IMAGE, LayerOutputs, run_again
from explorer.models.replays import Replay
from explorer.patience import go_on

_WEIGHING = (
    window_rules.conv_rule,
    window_rules.pool_rule,
    window_rules.adaptive_rule,
    joining_rules.linear_rule,
    order_rules.pad_rule,
)
_ADDITIONS = frozenset({"add", "iadd", "add_", "sub", "isub", "sub_"})  # of those that share a rule with products


class Unit(NamedTuple):
    """One number of a layer.

    Attributes:
        layer: index of the layer, IMAGE for a pixel.
        channel: of a flat layer, the place in it.
        row, column: 0 in a flat layer.
    """

    layer: int
    channel: int
    row: int = 0
    column: int = 0


Kind = Literal["channel", "cell", "branch", "bias", "norm", "activation"]


@dataclass(frozen=True)
class Term:
    """One part of a number.

    Attributes:
        kind: "channel", all that one channel brings; "cell", a single number of the layer below; "branch", one of several
            that are added; "bias"; "norm", what batch normalisation adds after it has rescaled all others; "activation",
            what an activation function changes.
        value: what it adds to the number.
        layer: the layer that it comes from: that of `unit`, or the one that adds it.
        unit: the number below that has the greatest share in it, None where there is none.
    """

    kind: Kind
    value: float
    layer: int
    unit: Unit | None = None


@dataclass(frozen=True)
class Window:
    """What the adding layer reads of one layer below. All are (C, h, w).

    Attributes:
        layer: that layer.
        channels: C, the channels that it reads.
        top, left: row and column of the first number that it reads; padding is not part of it.
        inputs: the numbers.
        weights: what each is multiplied by.
        products: their terms.
    """

    layer: int
    channels: tuple[int, ...]
    top: int
    left: int
    inputs: torch.Tensor
    weights: torch.Tensor
    products: torch.Tensor

    def unit(self, channel: int, row: int, column: int) -> Unit:
        """The unit at a place (C, h, w) of the window."""
        return Unit(self.layer, self.channels[channel], self.top + row, self.left + column)


@dataclass(frozen=True)
class Anatomy:
    """A number and its terms.

    Attributes:
        unit: which number.
        value: what the network computed.
        terms: those of the layers below from the largest to the smallest in size, then the bias, then those of the layers
            that it passes; their sum is `value`, but for rounding.
        base: index of the layer that adds up; IMAGE where none does.
        base_unit: the number that this layer gives, before it is rescaled and bent.
        passes: the layers from there up to `unit`, without the adding one.
        factor: what batch normalisation multiplies the terms by; they are given multiplied.
        windows: what the adding layer reads, one for each layer that it reads; none where `base` is IMAGE.
    """

    unit: Unit
    value: float
    terms: tuple[Term, ...]
    base: int
    base_unit: Unit
    passes: tuple[int, ...]
    factor: float
    windows: tuple[Window, ...]

    @property
    def total(self) -> float:
        """Sum of the terms; a pixel has none, and is its own."""
        return self.value if self.unit.layer == IMAGE else math.fsum(term.value for term in self.terms)

    @property
    def scale(self) -> float:
        """The size of the largest part: rounding is relative to that."""
        return max([abs(self.value), *(abs(term.value) for term in self.terms)])


def take_apart(outputs: LayerOutputs, model: nn.Module, unit: Unit) -> Anatomy:
    """The terms of one number.

    Args:
        outputs: of the network for the image.
        model: the network in eval mode, as it was run.
        unit: the number.

    Raises:
        InputError: there is no such unit, or its layer does something else than weigh, add, pick and bend numbers.
    """
    check_unit(outputs, unit)
    below, passes, above, factor = unit, [], [], 1.0
    while below.layer != IMAGE:
        passed = _pass(outputs, model, below)
        if passed is None:
            break
        passes.append(below.layer)
        if passed.term is not None:
            above.append(Term(passed.term, factor * passed.added, below.layer))
        below, factor = passed.unit, factor * passed.factor
    windows: tuple[Window, ...] = ()
    terms: list[Term] = []
    if below.layer != IMAGE:
        windows, bias = _read_windows(outputs, model, below, factor)
        terms += _gather_terms(windows)
        terms += [Term("bias", bias, below.layer)] if bias else []
    elif unit.layer != IMAGE:  # only moved or rescaled on the way from the picture
        terms.append(Term("cell", factor * read_unit(outputs, below), IMAGE, below))
    return Anatomy(
        unit, read_unit(outputs, unit), (*terms, *reversed(above)), below.layer, below, tuple(reversed(passes)), factor,
        windows,
    )  # fmt: skip


def check_unit(outputs: LayerOutputs, unit: Unit) -> Unit:
    """The same unit.

    Raises:
        InputError: there is none.
    """
    if not IMAGE <= unit.layer < len(outputs.layers):
        raise InputError("inside.no_layer", value=unit.layer)
    shape = tuple(as_maps(outputs.of(unit.layer)).shape)
    if any(not 0 <= index < count for index, count in zip(unit[1:], shape)):
        raise InputError("inside.no_unit", place=list(unit[1:]), size=" × ".join(map(str, shape)))
    return unit


def read_unit(outputs: LayerOutputs, unit: Unit) -> float:
    """What the network computed there."""
    return float(as_maps(outputs.of(unit.layer))[unit[1:]])


def as_maps(values: torch.Tensor) -> torch.Tensor:
    """(C, H, W) of what a layer gives for one image: a flat one becomes as many maps of one number.

    Raises:
        InputError: it is neither flat nor a map with channels first.
    """
    if values.ndim not in (1, 3):
        raise InputError("inside.no_map", size=" × ".join(map(str, values.shape)))
    return values if values.ndim == 3 else values[:, None, None]


def find_start(outputs: LayerOutputs) -> Unit:
    """The largest logit."""
    return find_largest(outputs, len(outputs.layers) - 1)


def find_largest(outputs: LayerOutputs, layer: int) -> Unit:
    """The largest number of a layer."""
    maps = as_maps(outputs.of(layer))
    return Unit(layer, *map(int, torch.unravel_index(maps.argmax(), maps.shape)))


def follow_strongest(outputs: LayerOutputs, model: nn.Module, unit: Unit) -> Iterator[Unit]:
    """From a unit down to a pixel, each time to the number with the greatest share in the largest term."""
    while unit.layer != IMAGE:
        go_on()
        terms = [term for term in take_apart(outputs, model, unit).terms if term.unit is not None]
        if not terms:  # a channel that is padded with zeros
            return
        (unit,) = [term.unit for term in terms[:1] if term.unit is not None]
        yield unit


# ---- what a number passes ---------------------------------------------------------------------------------------


class _Passed(NamedTuple):
    """How a number comes out of one below: number = factor * number below + added."""

    unit: Unit
    factor: float
    added: float
    term: Kind | None


def _pass(outputs: LayerOutputs, model: nn.Module, unit: Unit) -> _Passed | None:
    """What a layer does to a number by itself; None where it reads several."""
    layer, step = outputs.layers[unit.layer], outputs.plan.steps[unit.layer]
    operation = step.operation
    if operation is None or len(layer.inputs) != 1:
        return None
    (source,) = layer.inputs
    same = unit._replace(layer=source)
    if operation.replay is Replay.AS_IT_IS:
        return _Passed(_find_moved(outputs, model, unit, source), 1.0, 0.0, None)
    if operation.rule is joining_rules.batch_norm_rule and _is_fixed(step.module):
        zero, one = (_run_on(outputs, model, unit, same, number) for number in (0.0, 1.0))
        return _Passed(same, one - zero, zero, "norm")
    if operation.rule is joining_rules.pointwise_rule:
        number = read_unit(outputs, same)
        added = _run_on(outputs, model, unit, same, number) - number
        return _Passed(same, 1.0, added, "activation" if operation.role == "activation" or added else None)
    return None


def _is_fixed(norm: nn.Module | None) -> bool:
    """Whether batch normalisation uses the statistics of training, and not those of the image."""
    return getattr(norm, "running_mean", None) is not None


def _run_on(outputs: LayerOutputs, model: nn.Module, unit: Unit, source: Unit, number: float) -> float:
    """What a layer that takes each number by itself makes of this one."""
    before = outputs.of(source.layer)
    given = as_maps(torch.zeros(before.shape, dtype=torch.float64))
    given[source[1:]] = number
    with torch.no_grad():
        result = run_again(outputs, model, unit.layer, {source.layer: given.view(1, *before.shape)})
    return float(as_maps(result[0])[unit[1:]])


def _find_moved(outputs: LayerOutputs, model: nn.Module, unit: Unit, source: int) -> Unit:
    """Where a number stood before a layer that only moves numbers about."""
    before = outputs.of(source)
    places = torch.arange(before.numel(), dtype=torch.float64).view(1, *before.shape)
    place = int(as_maps(run_again(outputs, model, unit.layer, {source: places})[0])[unit[1:]])
    return Unit(source, *map(int, torch.unravel_index(torch.tensor(place), as_maps(before).shape)))


# ---- what is added up -------------------------------------------------------------------------------------------


def _read_windows(
    outputs: LayerOutputs, model: nn.Module, unit: Unit, factor: float
) -> tuple[tuple[Window, ...], float]:
    """What the adding layer reads for a number, and its bias, both multiplied by the factor."""
    _check_adds(outputs, unit.layer)
    sources = [_see_through(outputs, model, source) for source in dict.fromkeys(outputs.layers[unit.layer].inputs)]

    def add_up(numbers: Sequence[torch.Tensor]) -> torch.Tensor:
        given = {source.gives: source.carry(number) for source, number in zip(sources, numbers)}
        return as_maps(run_again(outputs, model, unit.layer, given)[0])[unit[1:]]

    numbers = [outputs.of(source.layer).double()[None] for source in sources]
    with torch.enable_grad():
        leaves = [each.clone().requires_grad_() for each in numbers]
        gradients = torch.autograd.grad(add_up(leaves), leaves)
    with torch.no_grad():
        bias = factor * float(add_up([torch.zeros_like(each) for each in numbers]))
    windows = [
        _cut_window(source.layer, as_maps(number[0]), weights, _find_reach(outputs, unit, source, weights))
        for source, number, weights in zip(sources, numbers, (as_maps(factor * each[0]) for each in gradients))
    ]
    return tuple(window for window in windows if window is not None), bias


def _check_adds(outputs: LayerOutputs, index: int) -> None:
    """Whether what a layer gives is a sum of weights times numbers, or one of the numbers."""
    operation, layer = outputs.plan.steps[index].operation, outputs.layers[index]
    adds = operation is not None and (operation.rule in _WEIGHING or layer.kind in _ADDITIONS)
    if not adds:
        raise InputError("inside.no_terms", layer=layer.name, kind=layer.kind)


class _Source(NamedTuple):
    """What an adding layer reads, seen through layers between that change no number.

    Attributes:
        layer: index of the layer that computed the numbers, or IMAGE.
        gives: index of the layer that hands them on.
        carry: brings numbers (1, ...) of the first into the form of the second.
    """

    layer: int
    gives: int
    carry: Callable[[torch.Tensor], torch.Tensor]


def _see_through(outputs: LayerOutputs, model: nn.Module, index: int) -> _Source:
    """Behind flattening, identities and dropout, which in evaluation does nothing."""
    path = [index]
    while path[-1] != IMAGE and only_hands_on(outputs, path[-1]):
        path.append(outputs.layers[path[-1]].inputs[0])

    def carry(numbers: torch.Tensor) -> torch.Tensor:
        for place in range(len(path) - 2, -1, -1):
            numbers = run_again(outputs, model, path[place], {path[place + 1]: numbers})
        return numbers

    return _Source(path[-1], index, carry)


def only_hands_on(outputs: LayerOutputs, index: int) -> bool:
    """Whether a layer gives the numbers that it gets: it flattens them, or is a dropout, which in evaluation does nothing."""
    layer, operation = outputs.layers[index], outputs.plan.steps[index].operation
    if operation is None or len(layer.inputs) != 1 or outputs.of(layer.inputs[0]).ndim not in (1, 3):
        return False
    if operation.replay is Replay.AS_IT_IS:
        return True
    is_quiet = operation.rule is joining_rules.pointwise_rule and operation.role == "other"
    return is_quiet and torch.equal(outputs.of(layer.inputs[0]), outputs.of(index))


def _find_reach(outputs: LayerOutputs, unit: Unit, source: _Source, weights: torch.Tensor) -> torch.Tensor:
    """(C, H, W) bool: the numbers that are read; of a maximum those that lost as well."""
    step = outputs.plan.steps[unit.layer]
    is_pool = step.operation is not None and step.operation.rule in (window_rules.pool_rule, window_rules.adaptive_rule)
    if step.operation is None or isinstance(step.operation.replay, Replay) or not is_pool:
        return weights != 0
    with torch.enable_grad():
        numbers = torch.ones(1, *outputs.of(source.layer).shape, dtype=torch.float64, requires_grad=True)
        average = step.operation.replay(step.module, source.carry(numbers))
        (gradient,) = torch.autograd.grad(as_maps(average[0])[unit[1:]], numbers)
    return as_maps(gradient[0]) > 0


def _cut_window(layer: int, numbers: torch.Tensor, weights: torch.Tensor, reach: torch.Tensor) -> Window | None:
    """The smallest box around what is read, in the channels that are read; None where nothing is."""
    channels, rows, columns = (reach.any(dim=dims).nonzero().flatten() for dims in ((1, 2), (0, 2), (0, 1)))
    if not len(channels):
        return None
    top, left = int(rows[0]), int(columns[0])
    box = (channels, slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1))
    numbers, weights = numbers.detach()[box], weights[box]
    return Window(layer, tuple(channels.tolist()), top, left, numbers, weights, numbers * weights)


def _gather_terms(windows: Sequence[Window]) -> list[Term]:
    """From the largest to the smallest in size: by branch, by channel, or of a single channel by number."""
    terms: list[Term] = []
    for window in windows:
        products = window.products
        if len(windows) > 1:
            terms.append(Term("branch", float(products.sum()), window.layer, _find_strongest(window)))
        elif len(window.channels) > 1:
            terms += [
                Term("channel", float(products[channel].sum()), window.layer, _find_strongest(window, channel))
                for channel in range(len(products))
            ]
        else:
            terms += [
                Term("cell", float(products[0, row, column]), window.layer, window.unit(0, row, column))
                for row in range(products.shape[1])
                for column in range(products.shape[2])
            ]
    return sorted(terms, key=lambda term: -abs(term.value))


def _find_strongest(window: Window, channel: int | None = None) -> Unit:
    """Where the product of greatest size lies, in one channel or in all."""
    sizes = window.products.abs() if channel is None else window.products[channel : channel + 1].abs()
    first, row, column = map(int, torch.unravel_index(sizes.argmax(), sizes.shape))
    return window.unit(first if channel is None else channel, row, column)
