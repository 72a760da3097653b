"""Is a picture unlike the data set? Its distance to the nearest training images says so, in pixels and in features.

Each distance is divided by its standard deviation over the validation images, and the two are added. What is farther away
than all but 5 per cent of the validation images is called unlike. How often this happens on test images, and on pictures
that are no clothes, was measured: checkpoints/unlike.safetensors holds all distances, and
`python -m explorer.classifier.measure_features` measures them anew.

Source: Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors": distances in the last features, which
are scaled to the length 1. The distance in pixels is added here: with it more was found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open

from explorer.classifier.keyed_files import read_keyed, write_keyed
from explorer.classifier.references import (
    References,
    find_nearest,
    load_references,
    to_directions,
    to_pixel_directions,
)
from explorer.models import checkpoints

FILE = "unlike.safetensors"
PASSING = 0.95  # share of the validation images that are not called unlike
VALIDATION, TEST, PIXELS = "validation", "test", "pixels"
_SETS = "sets"


@dataclass(frozen=True)
class Likeness:
    """How far a picture is from the training images.

    Attributes:
        score: sum of the two distances, each in standard deviations.
        threshold: the score that a share PASSING of the validation images does not exceed.
        false_alarms: share of the test images that exceed it as well, 0 to 1.
    """

    score: float
    threshold: float
    false_alarms: float

    @property
    def is_unlike(self) -> bool:
        return self.score > self.threshold


@dataclass(frozen=True)
class Distances:
    """What was measured for one network: set of pictures -> (N,) distances to the nearest reference.

    Attributes:
        pixels: in the directions of the pixels.
        features: in the directions of the last features.
    """

    pixels: Mapping[str, torch.Tensor]
    features: Mapping[str, torch.Tensor]

    def add_up(self, pixels: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """The scores (N,) of such distances (N,)."""
        return pixels / self.pixels[VALIDATION].std() + features / self.features[VALIDATION].std()

    def scores_of(self, pictures: str) -> torch.Tensor:
        """(N,) of a set that was measured."""
        return self.add_up(self.pixels[pictures], self.features[pictures])

    @property
    def threshold(self) -> float:
        """The score that a share PASSING of the validation images does not exceed."""
        return float(self.scores_of(VALIDATION).quantile(PASSING))

    def find_unlike(self, pictures: str) -> torch.Tensor:
        """(N,) bool: which pictures of a set are called unlike."""
        return self.scores_of(pictures) > self.threshold


def measure_distances(references: References, pixels: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """Distances to the nearest reference.

    Args:
        references: of the network.
        pixels: (N, 28, 28), uint8 or 0 to 1.
        features: (N, D), what the last layer of the network gets for these pictures.

    Returns:
        (2, N): in pixels and in features.
    """
    in_pixels, _ = find_nearest(references.pixels, to_pixel_directions(pixels))
    in_features, _ = find_nearest(references.features, to_directions(features))
    return torch.stack([in_pixels[:, 0], in_features[:, 0]])


def judge_picture(name: str, pixels: torch.Tensor, features: torch.Tensor) -> Likeness | None:
    """Compare a picture with the training images.

    Args:
        name: of a network.
        pixels: (28, 28), 0 to 1.
        features: (D,), what its last layer gets for this picture.

    Returns:
        None where nothing was measured for the weights of this network.
    """
    scale, references = _load_scale(checkpoints.CHECKPOINTS, name), load_references(name)
    if scale is None or references is None:
        return None
    distances = measure_distances(references, pixels[None], features[None])[:, 0]
    return Likeness(float((distances / scale.deviations).sum()), scale.threshold, scale.false_alarms)


@dataclass(frozen=True)
class _Scale:
    """What is needed of the distances for one more picture; `deviations` (2,) are those of both distances."""

    deviations: torch.Tensor
    threshold: float
    false_alarms: float


@lru_cache(maxsize=32)
def _load_scale(folder: Path, name: str) -> _Scale | None:
    """`folder` tells apart what is remembered: it is the folder of the weights."""
    found = read_keyed(FILE, name, lambda file: _read(file, name, (VALIDATION, TEST)))
    if found is None:
        return None
    deviations = torch.stack([found.pixels[VALIDATION].std(), found.features[VALIDATION].std()])
    return _Scale(deviations, found.threshold, float(found.find_unlike(TEST).float().mean()))


def load_distances(name: str) -> Distances | None:
    """All that was measured for a network, or None where nothing was for the weights that are here."""
    return read_keyed(FILE, name, lambda file: _read(file, name, json.loads(file.metadata()[_SETS])))


def _read(file: safe_open, name: str, sets: Sequence[str]) -> Distances:
    keys = [*file.keys()]
    pixels = {each: file.get_tensor(f"{PIXELS}.{each}").float() for each in sets}
    if f"{name}.{VALIDATION}" not in keys:  # a network that gets the pixels themselves
        return Distances(pixels, pixels)
    return Distances(pixels, {each: file.get_tensor(f"{name}.{each}").float() for each in sets})


def save_distances(
    pixels: Mapping[str, torch.Tensor],
    features: Mapping[str, Mapping[str, torch.Tensor]],
    weights: Mapping[str, list[str]],
) -> None:
    """Write them beside the weights.

    Args:
        pixels: set of pictures -> (N,) distances.
        features: network -> the same in its features, for each network but those that get the pixels themselves.
        weights: network -> checksums of its weights, also for those.
    """
    tensors = {
        f"{name}.{each}": values.half()
        for name, sets in {PIXELS: pixels, **features}.items()
        for each, values in sets.items()
    }
    write_keyed(FILE, tensors, weights, **{_SETS: json.dumps([*pixels])})
