"""The shipped accuracies, measured again from the data set's own files without this project's reader or loop."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.data import DatasetError, find_dataset
from explorer.models.answers import load_answers
from explorer.models.checkpoints import load_results, load_trained

# ResNet-18 takes minutes on two cores: it answers some images only.
QUICK = ("softmax", "mlp", "lenet5", "alexnet_small", "plain20", "resnet20", "plain56", "resnet56")


def read_idx(folder: Path, name: str, header: int) -> np.ndarray:
    packed, plain = folder / f"{name}.gz", folder / name
    content = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
    return np.frombuffer(content, np.uint8, offset=header)


@pytest.fixture(scope="module")
def test_set(monkeypatch_module):
    try:
        folder = find_dataset()
    except DatasetError as error:
        pytest.skip(f"no Fashion-MNIST here: {error}")
    images = read_idx(folder, "t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = read_idx(folder, "t10k-labels-idx1-ubyte", 8)
    return (torch.tensor(images) / 255 - 0.2860) / 0.3530, torch.tensor(labels.astype(np.int64))


@pytest.fixture(scope="module")
def monkeypatch_module():
    """No download for a test: where the data set is not on this machine, it is not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("explorer.data._download", _refuse, raising=False)
        yield patch


def _refuse(*_):
    raise DatasetError("downloads are not for tests")


@pytest.mark.parametrize("name", [name for name in QUICK if name in load_results()])
def test_accuracy_and_confusion_to_the_image(name, test_set):
    pixels, labels = test_set
    record, model = load_results()[name], load_trained(name)
    with torch.inference_mode():
        predicted = torch.cat([model(batch).argmax(1) for batch in pixels.split(100)])
    assert (predicted == labels).sum().item() == record["test_correct"]
    assert record["test_accuracy"] == record["test_correct"] / 10_000
    confusion = torch.zeros(10, 10, dtype=torch.int64)
    for truth, answer in zip(labels.tolist(), predicted.tolist(), strict=True):
        confusion[truth, answer] += 1
    assert confusion.tolist() == record["confusion"]
    assert torch.equal(load_answers().predicted[name].long(), predicted)
    wrong = (predicted != labels).nonzero().flatten().tolist()
    if len(record.get("runs", ())) <= 1:
        assert record["always_wrong"] == wrong
    else:
        assert set(record["always_wrong"]) <= set(wrong)


def test_resnet18_answers_as_it_is_packed(test_set):
    """Every 50th image; its accuracy follows from the packed answers (test_results_tab.py)."""
    pixels, labels = test_set
    packed, model = load_answers(), load_trained("resnet18")
    assert torch.equal(packed.labels.long(), labels)
    with torch.inference_mode():
        predicted = torch.cat([model(batch).argmax(1) for batch in pixels[::50].split(50)])
    assert torch.equal(packed.predicted["resnet18"][::50].long(), predicted)
