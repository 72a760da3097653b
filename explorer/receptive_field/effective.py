"""The effective receptive field: how much each pixel of the theoretical field matters to a unit.

Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks" (NIPS): the
gradient of a unit with respect to the pixels, averaged over images. The sides that hold a share of its mass follow
Ding et al. 2022, "Scaling up your kernels to 31x31" (RepLKNet, table 10).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_whole
from explorer.data import normalise
from explorer.errors import InputError
from explorer.models.checkpoints import checkpoint_problem, load_trained, model_lock
from explorer.models.networks import find_network
from explorer.randomness import seeded
from explorer.receptive_field.networks import record_network

SHARES = (0.2, 0.5, 0.9, 0.99)
MAX_IMAGES = 200
MAX_PARAMS = 60_000_000
MAX_MULT_ADDS = 10_000_000_000  # of one image
PART_MULT_ADDS = 1e9
"""Forward passes of a part: with their backward passes 0.2 to 0.5 s on one core."""


@dataclass(frozen=True)
class EffectiveField:
    """What was measured so far.

    Attributes:
        mass: (H, W) share of the gradient's magnitude that falls on each pixel, summing to 1; the mean over images,
            each of which counts alike.
        sides: for each of SHARES the side in pixels of the smallest square around the field's centre that holds it.
        num_images: images in the mean.
        num_silent: images left out because no gradient came through, such as when the unit's ReLUs are all at 0.
    """

    mass: np.ndarray
    sides: tuple[int, ...]
    num_images: int
    num_silent: int


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
    """
    with _eval_mode(model), torch.inference_mode(False), torch.enable_grad():
        pixels = images.detach().clone().requires_grad_()
        feature_map = _run_to(model, layer, pixels)
        if feature_map.dim() != 4 or not all(0 <= i < n for i, n in zip(unit, feature_map.shape[2:])):
            raise InputError("receptive_field.no_unit", layer=layer)
        at_unit = feature_map[:, :, unit[0], unit[1]].sum()
        (gradient,) = torch.autograd.grad(at_unit, pixels)
    return gradient.abs().sum(dim=1).double()


class _Reached(Exception):
    """The layer has given its output; what comes behind it need not run."""


def _run_to(model: nn.Module, layer: str, images: torch.Tensor) -> torch.Tensor:
    found: list[torch.Tensor] = []

    def keep(_module, _inputs, output) -> None:
        found.append(output)
        raise _Reached

    hook = model.get_submodule(layer).register_forward_hook(keep)
    try:
        model(images)
    except _Reached:
        pass
    finally:
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


def compute_side(mass: np.ndarray, centre: tuple[float, float], share: float) -> int:
    """Side of the smallest square around a centre that holds a share of the mass.

    Around a pixel sides are odd, around the border of two pixels even. What lies outside the array counts as nothing.

    Args:
        mass: (H, W), summing to 1.
        centre: (row, column) in pixels; multiples of a half.
        share: 0 to 1.

    >>> compute_side(np.ones((1, 4)) / 4, (0.0, 1.5), 0.5)
    2
    """
    rows = np.abs(np.arange(mass.shape[0]) - centre[0])[:, None]
    columns = np.abs(np.arange(mass.shape[1]) - centre[1])[None]
    sides = np.rint(2 * np.maximum(rows, columns) + 1).astype(int)
    held = np.cumsum(np.bincount(sides.ravel(), weights=mass.ravel()))
    return int(np.searchsorted(held, share * held[-1] - 1e-9))


def measure_in_parts(
    draw_model: Callable[[int], nn.Module],
    images: torch.Tensor,
    layer: str,
    unit: tuple[int, int],
    centre: tuple[float, float],
    part_size: int,
) -> Iterator[EffectiveField]:
    """Measure a few images at a time; each result holds all images so far. A caller can stop between two.

    Args:
        draw_model: the network for part 0, 1, ...: always the same one, or new random weights each time.
        images: (N, C, H, W), as the network takes them.
        layer: path of the module.
        unit: (row, column) on its map.
        centre: of the theoretical field, in pixels.
        part_size: images in a part.
    """
    total, count, silent = np.zeros(images.shape[2:]), 0, 0
    for number, part in enumerate(images.split(part_size)):
        masses = measure_gradient_mass(draw_model(number), part, layer, unit)
        sums = masses.sum(dim=(1, 2))
        heard = (sums > 0) & sums.isfinite()
        total += (masses[heard] / sums[heard, None, None]).sum(dim=0).numpy()
        count, silent = count + int(heard.sum()), silent + int((~heard).sum())
        yield summarise(total, count, silent, centre)


def summarise(total: np.ndarray, count: int, silent: int, centre: tuple[float, float]) -> EffectiveField:
    """The mean over `count` images and its sides; all sides are 0 where no image had a gradient."""
    mass = total / max(count, 1)
    sides = tuple(compute_side(mass, centre, share) if count else 0 for share in SHARES)
    return EffectiveField(mass, sides, count, silent)


# ---- networks and images -----------------------------------------------------------------------------------------


def has_trained_weights(name: str) -> bool:
    """Whether trained weights of this network are shipped, unaltered."""
    return find_network(name).is_ours and checkpoint_problem(name) is None


def has_module(name: str, layer: str) -> bool:
    """Whether a layer of a network is a module, whose output can be caught; some poolings are function calls."""
    return layer in dict(record_network(name).model.named_modules())


def check_cost(name: str, input_size: int) -> int:
    """How many images make a part.

    Raises:
        InputError: the network is too large to be run while someone waits.
    """
    network = find_network(name)
    trace = record_network(name).trace((network.channels, input_size, input_size))
    if trace.num_params > MAX_PARAMS or trace.mult_adds > MAX_MULT_ADDS:
        raise InputError(
            "receptive_field.too_heavy", model=network.title, params=f"{trace.num_params / 1e6:.0f}",
            mult_adds=f"{trace.mult_adds / 1e9:.1f}", max_params=MAX_PARAMS // 10**6, max_adds=MAX_MULT_ADDS // 10**9,
        )  # fmt: skip
    return min(max(1, math.floor(PART_MULT_ADDS / trace.mult_adds)), 25)


def draw_random_network(name: str, seed: int) -> nn.Module:
    """The network with fresh weights of its own initialisation; torch's generator is left as found."""
    with seeded(seed):
        return find_network(name).draw()


def copy_trained_network(name: str) -> nn.Module:
    """A copy of the trained network, so that nobody has to wait for it."""
    with model_lock(name):
        return copy.deepcopy(load_trained(name))


def prepare_images(images: torch.Tensor, name: str, input_size: int) -> torch.Tensor:
    """Samples (N, 28, 28) uint8 as the network takes them: resized, normalised, (N, C, input_size, input_size)."""
    channels = find_network(name).channels
    pixels = fit_images(images.float() / 255, input_size)
    return normalise(pixels)[:, None].expand(-1, channels, -1, -1).contiguous()


def fit_images(images: torch.Tensor, input_size: int) -> torch.Tensor:
    """Square images (N, H, H) at another size: pixels are repeated when enlarged, averaged when made smaller.

    Raises:
        InputError: the size is not a whole number of at least 1.
    """
    input_size = check_whole("receptive_field.image_size", input_size, 1)
    if input_size >= images.shape[-1]:
        return F.interpolate(images[:, None], size=(input_size, input_size), mode="nearest-exact")[:, 0]
    return F.interpolate(images[:, None], size=(input_size, input_size), mode="bilinear", antialias=True)[:, 0]


def choose_images(count: int, total: int) -> list[int]:
    """Indices of `count` samples, spread evenly over all classes.

    Raises:
        InputError: count is not 1 to MAX_IMAGES.
    """
    count = check_whole("receptive_field.num_images", count, 1, min(MAX_IMAGES, total))
    return [index * total // count for index in range(count)]
