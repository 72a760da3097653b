"""How strongly each pixel acts on one unit of a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from explorer.errors import InputError
from explorer.models.real_run import find_dtype
from explorer.patience import go_on


def measure_gradient_mass(model: nn.Module, images: torch.Tensor, layer: str, unit: tuple[int, int]) -> torch.Tensor:
    """How strongly each pixel acts on a unit: |d unit / d pixel|, the unit summed over its layer's channels.

    The network runs in eval mode; its mode, gradients and hooks are left as found, also after an exception.

    Args:
        model: any network with a module of that name.
        images: (N, C, H, W), as the network takes them.
        layer: path of a module that gives a feature map.
        unit: (row, column) on that map.

    Returns:
        (N, H, W) float64, summed over the image's channels.

    Raises:
        InputError: the layer gives no map that has this unit.
        AttributeError: the network has no module of that name.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.

    Source: Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks".
    """
    with _eval_mode(model), torch.inference_mode(False), torch.enable_grad():
        pixels = images.detach().to(find_dtype(model, images.dtype), copy=True).requires_grad_()
        feature_map = _run_to(model, layer, pixels)
        if feature_map.dim() != 4 or not all(0 <= i < n for i, n in zip(unit, feature_map.shape[2:])):
            raise InputError("receptive_field.no_unit", layer=layer)
        at_unit = feature_map[:, :, unit[0], unit[1]].sum()
        (gradient,) = torch.autograd.grad(at_unit, pixels)
    return gradient.abs().sum(dim=1).double()


class _Reached(Exception):
    """The layer has given its output: the layers after it need not run."""


def _run_to(model: nn.Module, layer: str, images: torch.Tensor) -> torch.Tensor:
    found: list[torch.Tensor] = []

    def keep(_module, _inputs, output) -> None:
        found.append(output)
        raise _Reached

    hooks = [model.get_submodule(layer).register_forward_hook(keep)]
    hooks += [each.register_forward_pre_hook(lambda _module, _inputs: go_on()) for each in model.modules()]
    try:
        model(images)
    except _Reached:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return found[0]


@contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def mean_gradient_mass(model: nn.Module, images: torch.Tensor, layer: str, unit: tuple[int, int]) -> torch.Tensor:
    """The mean of `measure_gradient_mass` over images that all count the same.

    Args:
        model: as there, and so the other arguments.
        images: (N, C, H, W).
        layer: path of a module.
        unit: (row, column).

    Returns:
        (H, W) float64 that sums to 1. Images without a finite gradient are left out; if all are, it is 0 everywhere.
    """
    shares = share_out(torch.cat([measure_gradient_mass(model, part, layer, unit) for part in images.split(25)]))
    return shares.sum(dim=0) / max(len(shares), 1)


def share_out(masses: torch.Tensor) -> torch.Tensor:
    """Let all images count the same.

    Args:
        masses: (N, H, W), as `measure_gradient_mass` gives them.

    Returns:
        (M, H, W), each with a sum of 1: without the images through which no finite gradient came.
    """
    sums = masses.sum(dim=(1, 2))
    heard = (sums > 0) & sums.isfinite()
    return masses[heard] / sums[heard, None, None]
