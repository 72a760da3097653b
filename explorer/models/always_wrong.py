"""The test images that every trained network gets wrong, with every seed, packed so that the app can show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from explorer.models import checkpoints
from explorer.models.checkpoints import write_atomically

FILE = "always_wrong.safetensors"


@dataclass(frozen=True)
class AlwaysWrong:
    """Images of the test set that no trained network classifies rightly, in the order of the test set.

    Attributes:
        images: (N, 28, 28) uint8.
        labels: (N,) int64, the classes that the data set names.
        indices: (N,) int64, places in the test set.
        predicted: model name -> (N,) int64, what the shipped weights say.
    """

    images: torch.Tensor
    labels: torch.Tensor
    indices: torch.Tensor
    predicted: Mapping[str, torch.Tensor]


def save_always_wrong(found: AlwaysWrong, folder: Path | None = None) -> None:
    """Write them beside the weights."""
    tensors = {"images": found.images, "labels": found.labels, "indices": found.indices}
    tensors |= {f"predicted.{name}": classes for name, classes in found.predicted.items()}
    tensors = {key: tensor.cpu().clone().contiguous() for key, tensor in tensors.items()}
    write_atomically({(folder or checkpoints.CHECKPOINTS) / FILE: save(tensors)})


def load_always_wrong(folder: Path | None = None) -> AlwaysWrong | None:
    """The packed images, or None where there are none or the file is damaged: the app goes on without them."""
    try:
        tensors = load(((folder or checkpoints.CHECKPOINTS) / FILE).read_bytes())
        predicted = {
            key.removeprefix("predicted."): each for key, each in tensors.items() if key.startswith("predicted.")
        }
        found = AlwaysWrong(tensors["images"], tensors["labels"], tensors["indices"], predicted)
    except (OSError, SafetensorError, KeyError):
        return None
    count = len(found.labels)
    shapes = [
        tuple(found.images.shape),
        tuple(found.indices.shape),
        *(tuple(each.shape) for each in predicted.values()),
    ]
    fits = shapes == [(count, 28, 28), *[(count,)] * (1 + len(predicted))] and count > 0
    return found if fits else None
