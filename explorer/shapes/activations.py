"""What a trained network computes from an image at one layer: feature maps, kernels, and what one unit of it sees."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import torch
from torch import nn

from explorer.models.trace import Layer, Trace

MAX_KERNELS = 16


@dataclass(frozen=True)
class Features:
    """One layer's output for one image.

    Attributes:
        maps: (C, H, W), also where the network orders its maps otherwise, or (F,) after flattening.
        kernels: (out, in / groups, kh, kw) where the layer is a convolution, else None.
    """

    maps: torch.Tensor
    kernels: torch.Tensor | None


def measure_features(model: nn.Module, found: Trace, image: torch.Tensor, name: str) -> Features | None:
    """Run the network once and keep what one layer gives. The network and its hooks are left as found.

    The output of a function (an addition, a flattening) is taken from the module that reads it, or from the module
    whose last operation it is.

    Args:
        model: the network, in eval mode. If others use it too, hold its lock.
        found: its trace at the image's size.
        image: (1, C, H, W), normalised.
        name: the layer's name in its trace.

    Returns:
        The layer's maps and kernels; None if no module reads that layer's output or gives it on, or if it is neither a
        map nor a flat list.

    Raises:
        ValueError: the trace has no layer of that name.
    """
    index = [layer.name for layer in found.layers].index(name)
    seen: list[torch.Tensor] = []
    hook = _listen(model, found, index, seen)
    if hook is None:
        return None
    try:
        with torch.no_grad():
            model(image)
    finally:
        hook.remove()
    output = _order(seen[0], found.layers[index]) if seen else None
    return None if output is None else Features(output, _kernels_of(model, found.layers[index]))


def _order(output: object, layer: Layer) -> torch.Tensor | None:
    """The first image's output with the channels first."""
    if not isinstance(output, torch.Tensor) or tuple(output.shape[1:]) != layer.output_shape:
        return None  # an attention's tuple, heads folded into the batch
    values = output[0].detach().float().clone()
    if values.ndim == 3 and layer.map_axes:
        return values.movedim(layer.map_axes, (1, 2))
    return values if values.ndim in (1, 3) else None


def _listen(model: nn.Module, found: Trace, index: int, seen: list):
    """A hook that appends the output of the layer to `seen`; None where there is no module for it."""
    modules = dict(model.named_modules())
    layer = found.layers[index]
    if layer.name in modules and layer.name:
        return modules[layer.name].register_forward_hook(lambda module, inputs, output: seen.append(output))
    for reader in found.layers[index + 1 :]:
        if reader.inputs == (index,) and reader.name in modules:
            return modules[reader.name].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    parent = layer.name.rpartition(".")[0]
    inside = [i for i, each in enumerate(found.layers) if each.name.startswith(f"{parent}.")]
    if parent in modules and inside and inside[-1] == index:
        return modules[parent].register_forward_hook(lambda module, inputs, output: seen.append(output))
    return None


def _kernels_of(model: nn.Module, layer: Layer) -> torch.Tensor | None:
    if layer.kind != "Conv2d":
        return None
    return model.get_submodule(layer.name).weight.detach().clone()


def find_middle(layer: Layer) -> tuple[int, int]:
    """(row, column) of the unit in the middle of the layer's map; (0, 0) if its output is not a map."""
    return tuple(layer.output_shape[axis] // 2 for axis in layer.map_axes) if layer.map_axes else (0, 0)


def find_field(layer: Layer, unit: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The box of the pixels that reach a unit. There may be holes in it.

    If the units form a regular grid, the box may be partly outside the image; otherwise it ends at the border.

    Args:
        layer: the layer.
        unit: (row, column) on its map; it does not matter if the layer combines all positions.

    Returns:
        (top, left, bottom, right) in pixels, the last two excluded. None for units in one long row, which have no row
        and column, and for units that see only padding.

    Raises:
        IndexError: the units form no regular grid, and there is no such unit.
    """
    field = layer.receptive_field
    if not layer.map_axes and not field.is_global:
        return None
    if field.jump is None:
        seen = field.box((0, 0) if field.is_global else unit)
        return seen and (*seen[0], seen[1][0] + 1, seen[1][1] + 1)
    edges = []
    for axis in (0, 1):
        centre = field.start[axis] + field.jump[axis] * unit[axis]
        edges.append((ceil(centre - (field.size[axis] - 1) / 2), floor(centre + (field.size[axis] - 1) / 2) + 1))
    return edges[0][0], edges[1][0], edges[0][1], edges[1][1]
