"""The images for training, for validation and for the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from explorer.data import load_split

VALIDATION_SIZE = 6_000
SPLIT_SEED = 42  # the tutorial's; it does not depend on the run's seed, so that all runs validate on the same images


@dataclass(frozen=True)
class Split:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64, on the device that trains."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class Images:
    """The three splits, on the device that trains."""

    training: Split
    validation: Split
    test: Split


def load_images(device: torch.device, data_dir: str | Path | None, smoke: bool) -> Images:
    """Load all images of the data set, or a few for a smoke run.

    Args:
        device: where the images go.
        data_dir: folder of Fashion-MNIST; None searches as `find_dataset` does.
        smoke: take only 16 images for training, 16 for validation and 32 for the test.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    training, validation = split_training_images(device, data_dir)
    test = Split(*(tensor.to(device) for tensor in load_split("test", data_dir)))
    if not smoke:
        return Images(training, validation, test)
    return Images(*(Split(s.images[:n], s.labels[:n]) for s, n in ((training, 16), (validation, 16), (test, 32))))


def split_training_images(device: torch.device, data_dir: str | Path | None) -> tuple[Split, Split]:
    """Split the training images of the data set: always the same 54,000 to learn from and 6,000 to validate on.

    Args:
        device: where the images go.
        data_dir: as in `load_images`.

    Returns:
        The images to learn from, and the images to validate on.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    images, labels = load_split("train", data_dir)
    learn, validate = split_indices(len(images))
    return (
        Split(images[learn].to(device), labels[learn].to(device)),
        Split(images[validate].to(device), labels[validate].to(device)),
    )


def split_indices(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions of the images to learn from, and of those to validate on, among `count` training images, in a random order."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(SPLIT_SEED))
    return order[:-VALIDATION_SIZE], order[-VALIDATION_SIZE:]
