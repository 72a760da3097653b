"""Tiny data for training: random images on disk and in memory."""

from __future__ import annotations

import gzip
import os
import struct

import pytest
import torch

from explorer import data
from explorer.training import command, splits


def random_split(count: int, seed: int) -> splits.Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    return splits.Split(images, torch.arange(count) % 10)


@pytest.fixture(scope="session")
def training():
    """With batches of 8: five steps an epoch, the last of four images."""
    return random_split(36, 0)


@pytest.fixture(scope="session")
def validation():
    return random_split(20, 1)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A working directory with a data set of 70 training and 40 test images; runs/ and checkpoints/ lie in it too."""
    counts = {"train": 70, "test": 40}
    monkeypatch.setattr(data, "NUM_IMAGES", counts)
    monkeypatch.setattr(data, "_MEAN_TOLERANCE", 1)  # any image will do
    monkeypatch.setattr(splits, "VALIDATION_SIZE", 20)
    monkeypatch.setattr(command, "SHIPPED", tmp_path / "checkpoints")
    monkeypatch.setattr(os, "fsync", lambda file: None)  # what no test can see: only a power cut can tell
    monkeypatch.chdir(tmp_path)
    data.load_split.cache_clear()
    folder = tmp_path / "fashion"
    folder.mkdir()
    for prefix, count in (("train", 70), ("t10k", 40)):
        split = random_split(count, 5)
        labels = torch.randperm(count, generator=torch.Generator().manual_seed(5)) % 10
        images = struct.pack(">4I", 2051, count, 28, 28) + split.images.numpy().tobytes()
        packed = struct.pack(">2I", 2049, count) + labels.to(torch.uint8).numpy().tobytes()
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(packed)
    yield tmp_path
    data.load_split.cache_clear()
