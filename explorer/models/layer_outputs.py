"""What every layer of a network gives for one image: a recording, run with numbers instead of shapes.

The recording knows what each operation reads. So one operation can be run once more by itself, with other numbers in
the place of what a layer before it gave.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch
from torch import fx, nn

from explorer.models.real_recording import CallNode
from explorer.models.records import Layer, Shape, UnsupportedLayerError
from explorer.models.trace import Recording, Step

IMAGE = -1  # in the place of a layer's index: the picture that the network is given


@dataclass(frozen=True)
class Plan:
    """Which recorded operation computes which layer.

    Attributes:
        recording: of the network, or of one of the same architecture without numbers.
        layers: as `Trace.layers`.
        steps: the operation of each layer.
        places: operation -> index of its layer, IMAGE for the image.
    """

    recording: Recording
    layers: tuple[Layer, ...]
    steps: tuple[Step, ...]
    places: Mapping[Any, int]


def plan_layers(recording: Recording, input_shape: Shape) -> Plan:
    """Find the operation of each layer.

    Args:
        recording: of a network.
        input_shape: (C, H, W) of the image.

    Raises:
        InputError: as `Recording.trace` does.
    """
    recording = recording.at(input_shape)
    layers = recording.trace(input_shape).layers
    steps: list[Step] = []
    places: dict[Any, int] = {}
    for step in recording.steps:
        if step.node.op == "placeholder":
            places[step.node] = IMAGE
        elif len(steps) < len(layers) and (step.name, step.kind) == _name(layers[len(steps)]):
            places[step.node] = len(steps)
            steps.append(step)
    return Plan(recording, layers, tuple(steps), places)


def _name(layer: Layer) -> tuple[str, str]:
    return layer.name, layer.kind


@dataclass(frozen=True)
class LayerOutputs:
    """All that a network computed of one image.

    Attributes:
        plan: which operation computes which layer.
        image: (C, H, W), normalised.
        values: what each layer gave, on the processor, without the batch dimension; in the order of the layers.
        others: operation -> what it gave, of those that are no layers: sizes, parameters.
    """

    plan: Plan
    image: torch.Tensor
    values: tuple[torch.Tensor, ...]
    others: Mapping[Any, Any]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """As `Trace.layers`."""
        return self.plan.layers

    def of(self, index: int) -> torch.Tensor:
        """What a layer gave, or the image."""
        return self.image if index == IMAGE else self.values[index]


def run_layers(plan: Plan, model: nn.Module, image: torch.Tensor) -> LayerOutputs:
    """Run a network, operation by operation, and keep what each layer gives. The network is left as found.

    Args:
        plan: of the network, at the shape of the image.
        model: the network in eval mode. If others use it too, hold its lock.
        image: (1, C, H, W), normalised.

    Raises:
        UnsupportedLayerError: a layer gives several tensors, or makes a part of the image a part of the batch.
    """
    device = next(model.parameters()).device
    results: dict[Any, Any] = {}
    values: dict[int, torch.Tensor] = {}
    with torch.no_grad():
        for step in plan.recording.steps:
            if step.node.op == "output":
                break
            place = plan.places.get(step.node)
            if place == IMAGE:
                results[step.node] = image.to(device)
                continue
            results[step.node] = _run(step, model, *_fill(step, results))
            if place is not None:
                values[place] = _keep(results[step.node], plan.layers[place])
    others = {node: result for node, result in results.items() if node not in plan.places}
    return LayerOutputs(plan, image[0].detach().cpu(), tuple(values[place] for place in range(len(values))), others)


def run_again(outputs: LayerOutputs, model: nn.Module, index: int, changed: Mapping[int, torch.Tensor]) -> torch.Tensor:
    """Run one layer by itself, in double precision, with other numbers in the place of what it reads.

    Args:
        outputs: of the network for the image.
        model: the network.
        index: of the layer.
        changed: index of each layer that it reads, or IMAGE -> (1, ...) float64 tensor on the processor, as that layer gives it.

    Returns:
        (1, ...) float64; gradients flow through it.
    """
    step = outputs.plan.steps[index]
    inputs = {node: changed[place] for node, place in outputs.plan.places.items() if place in changed}
    args, kwargs = _fill(step, {**outputs.others, **inputs})
    if step.node.op == "call_module":
        return copy.deepcopy(model.get_submodule(step.name)).cpu().double()(*args, **kwargs)
    args, kwargs = fx.node.map_aggregate((args, kwargs), _as_double)
    return _run(step, model, args, kwargs)


def _fill(step: Step, results: Mapping) -> tuple[tuple, dict]:
    """The arguments of an operation, with what the operations before it gave."""
    return fx.node.map_aggregate(
        (step.node.args, step.node.kwargs),
        lambda each: results[each] if isinstance(each, (fx.Node, CallNode)) else each,
    )


def _run(step: Step, model: nn.Module, args: tuple, kwargs: dict) -> Any:
    node = step.node
    if node.op == "call_module":
        return model.get_submodule(step.name)(*args, **kwargs)
    if node.op == "call_function":
        return node.target(*args, **kwargs)
    if node.op == "call_method":
        return getattr(args[0], node.target)(*args[1:], **kwargs)
    return attrgetter(step.name)(model)


def _keep(result: Any, layer: Layer) -> torch.Tensor:
    """A copy, on the processor: a later operation may overwrite it."""
    if not isinstance(result, torch.Tensor) or tuple(result.shape) != (1, *layer.output_shape):
        raise UnsupportedLayerError("trace.unsupported", layer.name, layer.kind)
    return result[0].detach().float().cpu().clone()


def _as_double(value: Any) -> Any:
    return value.detach().cpu().double() if isinstance(value, nn.Parameter) else value
