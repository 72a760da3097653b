"""The training images that ship with the app, so that a reader can train a network without the data set.

`python -m explorer.training.packed_sample` chooses them anew from Fashion-MNIST and writes the file, in seconds. They come
from the 54,000 training images from which the shipped networks learned and from the 6,000 on which these were validated;
none is a test image.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from explorer.data import CLASSES, SAMPLE_FILE, DatasetError, load_split
from explorer.training.splits import Split, split_indices

FILE = SAMPLE_FILE.with_name("fashion_mnist_training_sample.safetensors")
PER_CLASS = {"training": 500, "validation": 100}
_COLUMNS = 100  # images in a row of the picture that holds them all
_SIDE = 28


@dataclass(frozen=True)
class TrainingSample:
    """Real training images of Fashion-MNIST, class by class.

    Attributes:
        training: 5,000 images (N, 1, 28, 28) uint8 and labels (N,) int64, to learn from.
        validation: 1,000 others.
        indices: (6000,) int64, positions in the data set's training file: first of those to learn from.
    """

    training: Split
    validation: Split
    indices: torch.Tensor


@lru_cache(maxsize=1)
def load_training_sample() -> TrainingSample:
    """The images that ship with the app. Cached: do not change what it returns.

    Raises:
        DatasetError: its file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    count = len(CLASSES) * PER_CLASS["training"]
    try:
        tensors = load(FILE.read_bytes())
        images = _unpack(tensors["picture"])
        labels, indices = tensors["labels"].long(), tensors["indices"].long()
        if not len(images) == len(labels) == len(indices) == len(CLASSES) * sum(PER_CLASS.values()):
            raise ValueError(f"{len(images)} images, {len(labels)} labels and {len(indices)} indices")
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise DatasetError(f"{FILE}: the packed training images are missing or damaged ({error})") from error
    return TrainingSample(Split(images[:count], labels[:count]), Split(images[count:], labels[count:]), indices)


def choose_indices(labels: torch.Tensor) -> torch.Tensor:
    """Positions of the images to learn from, class by class, and behind them of those to validate on.

    Args:
        labels: (60000,) of the training file.
    """
    chosen = []
    for part, order in zip(PER_CLASS, split_indices(len(labels))):
        chosen += [order[labels[order] == number][: PER_CLASS[part]] for number in range(len(CLASSES))]
    return torch.cat(chosen)


def write_training_sample(data_dir: str | Path | None = None) -> None:
    """Write the file again.

    Args:
        data_dir: as in `explorer.data.load_split`.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    from safetensors.torch import save_file

    images, labels = load_split("train", data_dir)
    indices = choose_indices(labels)
    tensors = {
        "picture": _pack(images[indices, 0]),
        "labels": labels[indices].to(torch.uint8),
        "indices": indices.to(torch.int32),
    }
    save_file(tensors, FILE, metadata={"source": "Fashion-MNIST training set, Zalando SE, MIT licence"})


def _pack(images: torch.Tensor) -> torch.Tensor:
    """Images (N, 28, 28) as the bytes of one lossless WebP picture, row by row; N must be a multiple of 100."""
    rows = images.view(-1, _COLUMNS, _SIDE, _SIDE).permute(0, 2, 1, 3).reshape(-1, _COLUMNS * _SIDE)
    buffer = io.BytesIO()
    Image.fromarray(rows.numpy()).save(buffer, format="WEBP", lossless=True, quality=100, method=6)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def _unpack(packed: torch.Tensor) -> torch.Tensor:
    """(N, 1, 28, 28) uint8 from what `_pack` gave.

    Raises:
        ValueError, OSError: it is no such picture.
    """
    with Image.open(io.BytesIO(packed.numpy().tobytes()), formats=["WEBP"]) as picture:
        rows = torch.from_numpy(np.array(picture.convert("RGB"))[..., 0].copy())  # three equal channels
    tiles = rows.view(-1, _SIDE, _COLUMNS, _SIDE).permute(0, 2, 1, 3)
    return tiles.reshape(-1, 1, _SIDE, _SIDE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="folder of Fashion-MNIST")
    write_training_sample(parser.parse_args().data_dir)
