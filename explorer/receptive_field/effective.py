"""The effective receptive field: how much each pixel of the theoretical field matters to a unit.

Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks" (NIPS): the
gradient of a unit with respect to the pixels, averaged over images. The sides that hold a share of its mass follow
Ding et al. 2022, "Scaling up your kernels to 31x31" (RepLKNet, table 10).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from explorer.checks import check_whole
from explorer.data import fit_samples
from explorer.errors import InputError
from explorer.models.gradient_mass import measure_gradient_mass, share_out
from explorer.models.networks import find_network
from explorer.models.real_run import copy_with_numbers
from explorer.randomness import seeded
from explorer.receptive_field.networks import record_network

SHARES = (0.2, 0.5, 0.9, 0.99)
MAX_IMAGES = 200
MAX_PARAMS = 60_000_000
MAX_MULT_ADDS = 10_000_000_000  # of one image
PART_MULT_ADDS = 1e9
"""Multiply-adds of all forward passes of a part. With the backward passes a part takes 0.2 to 0.5 s on one core."""


@dataclass(frozen=True)
class EffectiveField:
    """What was measured so far.

    Attributes:
        mass: (H, W) share of the gradient's magnitude that falls on each pixel; the sum is 1. It is a mean over images
            that all count the same. If no image had a gradient, it is 0 everywhere.
        sides: for each of SHARES, the side in pixels of the smallest square around the field's centre that holds this
            share; 0 if no image had a gradient.
        num_images: images in the mean.
        num_silent: images that were left out because no finite gradient came through, for example because all ReLUs of
            the unit give 0.
    """

    mass: np.ndarray
    sides: tuple[int, ...]
    num_images: int
    num_silent: int


def compute_side(mass: np.ndarray, centre: tuple[float, float], share: float) -> int:
    """Side of the smallest square around a centre that holds a share of the mass.

    If the centre is a pixel, sides are odd. If it is the border between two pixels, sides are even. There is no mass
    outside the array.

    Args:
        mass: (H, W), each at least 0; a share of its sum is looked for.
        centre: (row, column) in pixels; multiples of a half.
        share: 0 to 1.

    Returns:
        The side in pixels.

    Source: Ding et al. 2022, "Scaling up your kernels to 31x31", table 10.

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
    """Measure the images in parts. A caller can stop between two parts.

    Args:
        draw_model: gives the network for part 0, 1, ...: always the same one, or new random weights each time.
        images: (N, C, H, W), as the network takes them.
        layer: path of the module.
        unit: (row, column) on its map.
        centre: (row, column) of the centre of the theoretical field, in pixels.
        part_size: images in a part, at least 1.

    Yields:
        After each part, the field as all images so far give it.

    Raises:
        InputError: the layer gives no map that has this unit.
    """
    total, count, silent = np.zeros(images.shape[2:]), 0, 0
    for number, part in enumerate(images.split(part_size)):
        masses = measure_gradient_mass(draw_model(number), part, layer, unit)
        shares = share_out(masses)
        total += shares.sum(dim=0).numpy()
        count, silent = count + len(shares), silent + len(masses) - len(shares)
        yield summarise(total, count, silent, centre)


def summarise(total: np.ndarray, count: int, silent: int, centre: tuple[float, float]) -> EffectiveField:
    """The mean over images, and the sides that hold each of SHARES.

    Args:
        total: (H, W) sum over images; each image has a sum of 1.
        count: number of images in the sum; if it is 0, all sides are 0.
        silent: number of images that were left out.
        centre: (row, column) of the centre of the theoretical field, in pixels.
    """
    mass = total / max(count, 1)
    sides = tuple(compute_side(mass, centre, share) if count else 0 for share in SHARES)
    return EffectiveField(mass, sides, count, silent)


# ---- networks and images -----------------------------------------------------------------------------------------


def has_module(name: str, layer: str) -> bool:
    """Whether a layer is a module, so that its output can be caught. Some poolings are function calls.

    Args:
        name: a key of NETWORKS.
        layer: name of the layer, as in its row.

    Raises:
        InputError: no network has that name, or it cannot be recorded.
    """
    return layer in dict(record_network(name).model.named_modules())


def check_cost(name: str, input_size: int) -> int:
    """Check that a network is small enough to run while someone waits, and choose the size of a part.

    Args:
        name: a key of NETWORKS.
        input_size: side of the images in pixels.

    Returns:
        How many images make a part, 1 to 25.

    Raises:
        InputError: no network has that name, it cannot take such an image, or it has more parameters than MAX_PARAMS or
            more multiply-adds than MAX_MULT_ADDS.
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
    """Draw fresh weights for a network, by its own initialisation. Torch's generator is left as found.

    Args:
        name: a key of NETWORKS.
        seed: decides the weights.

    Returns:
        The network on the processor, in eval mode.

    Raises:
        InputError: no network has that name.
    """
    with seeded(seed):
        return find_network(name).draw()


def copy_with_weights(name: str) -> nn.Module:
    """A copy of a network with the weights that there are of it: other readers can use the shared one meanwhile.

    Args:
        name: a key of NETWORKS.

    Raises:
        ValueError: there are no weights of it, or no network has that name.
        CheckpointError: (a ValueError) its weights are missing or damaged.
    """
    with find_network(name).borrow() as network:
        return copy_with_numbers(network)


def prepare_images(images: torch.Tensor, name: str, input_size: int) -> torch.Tensor:
    """Resize and normalise samples for a network.

    Args:
        images: (N, 28, 28) uint8, 0..255.
        name: a key of NETWORKS; it decides the number of channels.
        input_size: side of the result in pixels, at least 1.

    Returns:
        (N, C, input_size, input_size) float, normalised; all channels are the same.

    Raises:
        InputError: no network has that name, or the size is not a whole number of at least 1.
    """
    return fit_samples(images, find_network(name).channels, input_size)


def choose_images(count: int, total: int) -> list[int]:
    """Choose samples at equal distances: where they are sorted by class, all classes count about the same.

    Args:
        count: how many to choose, 1 to MAX_IMAGES.
        total: how many there are.

    Returns:
        `count` different indices, ascending.

    Raises:
        InputError: count is not a whole number from 1 to the smaller of MAX_IMAGES and total.
    """
    count = check_whole("receptive_field.num_images", count, 1, min(MAX_IMAGES, total))
    return [index * total // count for index in range(count)]
