"""A map of test images: the two directions in which the last features of a network vary most (PCA).

`python -m explorer.classifier.measure_features` writes it to checkpoints/feature_map.safetensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors import safe_open

from explorer.classifier.keyed_files import read_keyed, write_keyed

FILE = "feature_map.safetensors"
NUM_IMAGES = 2000  # the first ones of the test set
_LABELS, _PARTS = "labels", ("places", "mean", "components", "shares")


@dataclass(frozen=True)
class FeatureMap:
    """Test images in two dimensions.

    Attributes:
        labels: (N,) their classes.
        places: (N, 2).
        mean: (D,) of the features.
        components: (2, D), at a right angle to each other, each of length 1.
        shares: (2,) of the variance of the features that lie along each component, 0 to 1.
    """

    labels: torch.Tensor
    places: torch.Tensor
    mean: torch.Tensor
    components: torch.Tensor
    shares: torch.Tensor

    def place(self, features: torch.Tensor) -> torch.Tensor:
        """The places (N, 2) of features (N, D)."""
        return (features - self.mean) @ self.components.T


def compute_map(features: torch.Tensor, labels: torch.Tensor) -> FeatureMap:
    """The principal components of features.

    Args:
        features: (N, D).
        labels: (N,) classes.
    """
    mean = features.mean(0)
    _, spreads, directions = torch.linalg.svd((features - mean).double(), full_matrices=False)
    components, shares = directions[:2].float(), (spreads**2 / (spreads**2).sum())[:2].float()
    return FeatureMap(labels, (features - mean) @ components.T, mean, components, shares)


def load_map(name: str) -> FeatureMap | None:
    """The map of a network, or None where there is none for the weights that are here."""
    return read_keyed(FILE, name, lambda file: _read(file, name))


def _read(file: safe_open, name: str) -> FeatureMap:
    parts = (file.get_tensor(f"{name}.{part}").float() for part in _PARTS)
    return FeatureMap(file.get_tensor(_LABELS), *parts)


def save_maps(maps: Mapping[str, FeatureMap], weights: Mapping[str, list[str]]) -> None:
    """Write the maps of the same images beside the weights.

    Args:
        maps: network -> its map.
        weights: network -> checksums of its weights.
    """
    tensors = {_LABELS: next(iter(maps.values())).labels.to(torch.uint8)}
    for name, each in maps.items():
        tensors |= {f"{name}.{part}": getattr(each, part).half() for part in _PARTS}
    write_keyed(FILE, tensors, weights)
