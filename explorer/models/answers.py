"""What each trained network answers to every test image, packed beside its weights, for tests that need the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from explorer.models import checkpoints
from explorer.models.checkpoints import write_atomically

FILE = "answers.safetensors"
_LABELS = "labels"


@dataclass(frozen=True)
class Answers:
    """Classes of the test images, in the order of the data set.

    Attributes:
        labels: (N,) uint8, as the data set names them.
        predicted: model name -> (N,) uint8, as the shipped weights answer.
    """

    labels: torch.Tensor
    predicted: Mapping[str, torch.Tensor]

    def of_records(self, records: Mapping[str, Mapping]) -> dict[str, torch.Tensor]:
        """The answers of those networks whose recorded confusion matrix they make: those of its present weights.

        Args:
            records: model name -> record of results.json.
        """
        return {
            name: each
            for name, each in self.predicted.items()
            if records.get(name, {}).get("confusion") == count_answers(self.labels, each)
        }


def count_answers(labels: torch.Tensor, predicted: torch.Tensor, num_classes: int = 10) -> list[list[int]]:
    """How often each class is taken for each class; rows are true classes, columns predicted ones.

    Args:
        labels: (N,) true classes.
        predicted: (N,) answers.
        num_classes: rows and columns.
    """
    pairs = labels.long() * num_classes + predicted.long()
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).tolist()


def save_answers(answers: Answers, folder: Path | None = None) -> None:
    """Write them beside the weights."""
    tensors = {_LABELS: answers.labels, **{f"predicted.{name}": each for name, each in answers.predicted.items()}}
    tensors = {key: tensor.to(torch.uint8).contiguous() for key, tensor in tensors.items()}
    write_atomically({(folder or checkpoints.CHECKPOINTS) / FILE: save(tensors)})


def load_answers(folder: Path | None = None) -> Answers | None:
    """The packed answers, or None where there are none or the file is damaged: the app goes on without them."""
    try:
        tensors = load(((folder or checkpoints.CHECKPOINTS) / FILE).read_bytes())
        labels = tensors.pop(_LABELS)
    except (OSError, SafetensorError, KeyError):
        return None
    predicted = {key.removeprefix("predicted."): each for key, each in tensors.items()}
    every = (labels, *predicted.values())
    fits = labels.ndim == 1 and len(labels) and all(each.shape == labels.shape for each in every)
    return Answers(labels, predicted) if fits and all(int(each.max()) < 10 for each in every) else None
