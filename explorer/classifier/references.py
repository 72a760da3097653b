"""Training images with what each network makes of them: with these a picture is compared.

`python -m explorer.classifier.measure_features` writes them to checkpoints/references.safetensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open

from explorer.classifier.keyed_files import read_keyed, write_keyed
from explorer.data import normalise
from explorer.models import checkpoints

FILE = "references.safetensors"
PER_CLASS = 80  # the first ones of each class, of those from which the networks learned


@dataclass(frozen=True)
class References:
    """Training images, and the directions in which they lie.

    Attributes:
        images: (N, 28, 28) uint8.
        labels: (N,) uint8.
        pixels: (N, 784) float32, the normalised pixels of each image, scaled to the length 1.
        features: (N, D) float32, what the last layer of one network gets for each image, scaled to the length 1.
    """

    images: torch.Tensor
    labels: torch.Tensor
    pixels: torch.Tensor
    features: torch.Tensor


def to_directions(values: torch.Tensor) -> torch.Tensor:
    """Scale vectors to the length 1; a vector of zeros stays one.

    Args:
        values: (N, ...).

    Returns:
        (N, D) float32.
    """
    return F.normalize(values.flatten(1).float(), dim=1)


def to_pixel_directions(pixels: torch.Tensor) -> torch.Tensor:
    """The directions of normalised pictures.

    Args:
        pixels: (N, 28, 28), uint8 or 0 to 1.

    Returns:
        (N, 784) float32.
    """
    return to_directions(normalise(pixels))


def find_nearest(
    references: torch.Tensor, directions: torch.Tensor, count: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """The references that are nearest to each direction.

    Args:
        references: (N, D) directions.
        directions: (M, D) directions.
        count: how many.

    Returns:
        Distances (M, count), 0 for the same direction, 1.41 for one at a right angle and 2 for the opposite one, in ascending
        order, and positions (M, count) in the references.
    """
    cosines, places = (directions @ references.T).topk(count, dim=1)
    return (2 - 2 * cosines).clamp(min=0).sqrt(), places


def load_references(name: str) -> References | None:
    """The references of a network, or None where there are none for the weights that are here.

    Args:
        name: of a network.
    """
    return _load(checkpoints.CHECKPOINTS, name)


@lru_cache(maxsize=32)
def _load(folder: Path, name: str) -> References | None:
    """`folder` tells apart what is remembered: it is the folder of the weights."""
    return read_keyed(FILE, name, lambda file: _read(file, name))


def _read(file: safe_open, name: str) -> References:
    images, key = file.get_tensor("images"), f"features.{name}"
    pixels = to_pixel_directions(images)
    features = (
        file.get_tensor(key).float() if key in [*file.keys()] else pixels
    )  # some networks get the pixels themselves
    return References(images, file.get_tensor("labels"), pixels, features)


def save_references(
    images: torch.Tensor, labels: torch.Tensor, features: Mapping[str, torch.Tensor], weights: Mapping[str, list[str]]
) -> None:
    """Write them beside the weights.

    Args:
        images: (N, 28, 28) uint8.
        labels: (N,).
        features: network -> (N, D) directions, for each network but those that get the pixels themselves.
        weights: network -> checksums of its weights, also for those.
    """
    tensors = {"images": images, "labels": labels.to(torch.uint8)}
    write_keyed(FILE, {**tensors, **{f"features.{name}": each.half() for name, each in features.items()}}, weights)
