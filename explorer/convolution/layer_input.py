"""A convolution inside a trained network: what it gets of a picture, its weights and what it makes of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import torch
from torch import nn

from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_trained, model_lock

LAYERS: Mapping[str, str] = MappingProxyType({
    "lenet5": "features.3", "resnet20": "layer1.0.conv1", "alexnet_small": "features.3",
})  # fmt: skip
"""Network -> its second convolution: the first that gets several channels."""
MOST_FILTERS = 16  # that are sent


@dataclass(frozen=True)
class LayerInput:
    """One convolution at work.

    Attributes:
        maps: (C, H, W), what it gets.
        weights: (O, C, kH, kW).
        bias: (O,); zeros where it has none.
        output: (O, H_out, W_out), what it makes of them.
        stride, padding: in pixels.
        has_bias: whether it has one.
    """

    maps: torch.Tensor
    weights: torch.Tensor
    bias: torch.Tensor
    output: torch.Tensor
    stride: int
    padding: int
    has_bias: bool


@lru_cache(maxsize=32)
def take_layer(name: str, sample: int) -> LayerInput:
    """The second convolution of a trained network while it looks at one of the sample clothes.

    Args:
        name: a key of LAYERS.
        sample: index of the image.

    Raises:
        InputError: the trained weights are not here.
    """
    try:
        network = load_trained(name)
    except CheckpointError as error:
        raise InputError("convolution.no_weights", model=MODELS[name].title) from error
    layer = network.get_submodule(LAYERS[name])
    if not isinstance(layer, nn.Conv2d):
        raise ValueError(f"{LAYERS[name]} of {name} must be a convolution, got {type(layer).__name__}")
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    with model_lock(name), torch.no_grad():
        hook = layer.register_forward_hook(
            lambda _, inputs, output: seen.append((inputs[0][0].clone(), output[0].clone()))
        )
        try:
            network(normalise(load_sample().images[sample])[None, None])
        finally:
            hook.remove()
    maps, output = seen[0]
    bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias.detach().clone()
    moves = (layer.stride[0], int(layer.padding[0]))
    return LayerInput(maps, layer.weight.detach().clone(), bias, output, *moves, layer.bias is not None)
