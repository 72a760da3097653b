"""Test images for the cells of the confusion matrices: some of each mistake of each network, packed so that the app can show them.

`python -m explorer.classifier.mistakes` chooses them anew from the packed answers, in seconds, and writes
checkpoints/mistakes.safetensors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from explorer.data import load_sample, load_split
from explorer.models import checkpoints
from explorer.models.answers import Answers, load_answers
from explorer.models.checkpoints import load_results, write_atomically

FILE = "mistakes.safetensors"
PER_CELL = 4  # images of each mistake, where a network made it so often


@dataclass(frozen=True)
class PackedImages:
    """Test images that are part of the app: the samples, and behind them some mistakes.

    Attributes:
        images: (N, 28, 28) uint8.
        labels: (N,) int64.
        indices: (N,) int64, positions in the test set.
    """

    images: torch.Tensor
    labels: torch.Tensor
    indices: torch.Tensor


def choose_mistakes(answers: Mapping[str, torch.Tensor], labels: torch.Tensor, known: Collection[int]) -> list[int]:
    """Choose images so that every mistake of every network has some, with few images in all.

    Args:
        answers: network -> (N,) predicted classes.
        labels: (N,) true classes.
        known: positions of images that are there in any case.

    Returns:
        Positions of the further images, in ascending order.
    """
    chosen = set(known)
    for predicted in answers.values():
        for truth in range(10):
            for said in range(10):
                cell = ((labels == truth) & (predicted == said)).nonzero()[:, 0].tolist() if truth != said else []
                missing = min(PER_CELL, len(cell)) - sum(index in chosen for index in cell)
                # Those first that most networks take for the same class: they serve them all.
                others = {i: sum(int(each[i]) == said for each in answers.values()) for i in cell if i not in chosen}
                chosen.update(sorted(others, key=lambda index: (-others[index], index))[: max(missing, 0)])
    return sorted(chosen - set(known))


def load_packed_images() -> PackedImages:
    """The test images of the app; only the samples where no mistakes are packed."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> PackedImages:
    sample = load_sample()
    parts = {"images": sample.images, "labels": sample.labels, "indices": sample.indices}
    try:
        packed = load((folder / FILE).read_bytes())
        parts = {name: torch.cat([each, packed[name].to(each.dtype)]) for name, each in parts.items()}
    except (OSError, SafetensorError, KeyError, RuntimeError):
        pass
    return PackedImages(**parts)


def find_cell(answers: Answers, name: str, truth: int, predicted: int) -> tuple[list[int], int]:
    """The images of a cell of the confusion matrix of a network.

    Args:
        answers: of the networks to all test images.
        name: of the network.
        truth, predicted: the classes.

    Returns:
        Positions in `load_packed_images` of those that are part of the app, and how many images the cell has in all.
    """
    is_in_cell = (answers.labels == truth) & (answers.predicted[name] == predicted)
    shown = is_in_cell[load_packed_images().indices].nonzero()[:, 0].tolist()
    return shown, int(is_in_cell.sum())


def main() -> None:
    answers, (images, labels) = load_answers(), load_split("test")
    if answers is None:
        raise SystemExit(f"{checkpoints.CHECKPOINTS / 'answers.safetensors'} is missing; train_all.py writes it")
    chosen = choose_mistakes(answers.of_records(load_results()), answers.labels, load_sample().indices.tolist())
    indices = torch.tensor(chosen)
    tensors = {"images": images[indices, 0].contiguous(), "labels": labels[indices], "indices": indices}
    about = {"source": "Fashion-MNIST test set, Zalando SE, MIT licence"}
    write_atomically({checkpoints.CHECKPOINTS / FILE: save(tensors, about)})
    print(f"{len(chosen)} images")


if __name__ == "__main__":
    main()
