"""What trained networks still know when blocks are taken out of them.

`python -m explorer.gradient_flow.removal` measures it anew over the test images and stores the raw counts in
checkpoints/removal.json; what is stored of the weights that are here is not measured again. A test measures some of it anew.

Source: Veit, Wilber and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", section 4.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_choice
from explorer.data import load_sample, load_split, normalise
from explorer.models import checkpoints
from explorer.models.ablation import list_removable_blocks, without_blocks
from explorer.models.catalogue import DEGRADATION
from explorer.models.checkpoints import load_results, load_trained, read_stored, weights_of, write_atomically
from explorer.patience import go_on

FILE = "removal.json"
MODELS = (DEGRADATION["residual"][56], DEGRADATION["plain"][56])
NUM_IMAGES = 2_000  # the first ones of the test set
BATCH = 100
SEEDS = (0,)  # of the random orders
ORDERS = ("front", "back", *(f"random{seed}" for seed in SEEDS))

_LOCKS = {name: threading.Lock() for name in MODELS}


@dataclass(frozen=True)
class Score:
    """Of one network on a number of images, in parts of BATCH images: a test measures one part of what is stored anew.

    Attributes:
        parts: right answers and mean cross-entropy in nats of each part.
        count: images in all.
    """

    parts: tuple[tuple[int, float], ...]
    count: int

    @property
    def correct(self) -> int:
        """Right answers."""
        return sum(correct for correct, _ in self.parts)

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1."""
        return self.correct / self.count

    @property
    def loss(self) -> float:
        """Mean cross-entropy, nats; all parts have the same number of images."""
        return sum(loss for _, loss in self.parts) / len(self.parts)


@dataclass(frozen=True)
class Removal:
    """What was measured of one network on NUM_IMAGES images.

    Attributes:
        blocks: paths of the blocks that can go, in the order in which they are called.
        whole: nothing taken out.
        single: path -> without this block alone.
        ordered: order, one of ORDERS -> after 0, 1, 2, ... blocks went in this order.
    """

    blocks: tuple[str, ...]
    whole: Score
    single: Mapping[str, Score]
    ordered: Mapping[str, tuple[Score, ...]]


def order_blocks(blocks: Sequence[str], order: str) -> list[str]:
    """The blocks in the order in which they go, one of ORDERS."""
    if order == "front":
        return list(blocks)
    if order == "back":
        return list(reversed(blocks))
    return random.Random(int(order.removeprefix("random"))).sample(list(blocks), len(blocks))


def measure_without(model: nn.Module, gone: Sequence[str], images: torch.Tensor, labels: torch.Tensor) -> Score:
    """What a network in eval mode answers without some of its blocks.

    Args:
        model: a copy of one's own: others must not use it meanwhile.
        gone: paths of blocks.
        images: (N, 1, 28, 28), normalised.
        labels: (N,).
    """
    parts = []
    with torch.inference_mode(), without_blocks(model, gone) as cut:
        for batch, wanted in zip(images.split(BATCH), labels.split(BATCH), strict=True):
            go_on()
            logits = cut(batch)
            parts.append((int((logits.argmax(1) == wanted).sum()), round(float(F.cross_entropy(logits, wanted)), 4)))
    return Score(tuple(parts), len(labels))


@dataclass(frozen=True)
class Cut:
    """One network without some of its blocks, on the sample images.

    Attributes:
        model: its name.
        whole: with all blocks.
        cut: without them.
        maps: stage -> (whole, cut), each (H, W): mean magnitude over the channels of what the stage gives for one picture.
    """

    model: str
    whole: Score
    cut: Score
    maps: Mapping[str, tuple[torch.Tensor, torch.Tensor]]


def measure_cut(name: str, gone: tuple[str, ...], index: int) -> Cut:
    """Take blocks out of a trained network for a moment.

    Args:
        name: a trained network.
        gone: paths of blocks that keep the shape.
        index: of the sample image whose maps are given.

    Raises:
        InputError: one of them is no block that can go.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    for path in gone:
        check_choice("gradient_flow.removal_blocks", path, list_blocks(name))
    with _LOCKS[name]:
        model = _own_copy(name)
        whole, before = _score_whole(name, index)
        go_on()
        with without_blocks(model, gone):
            cut, after = (whole, before) if not gone else _measure_samples(model, index)
    return Cut(name, whole, cut, {stage: (before[stage], after[stage]) for stage in before})


def list_blocks(name: str) -> tuple[str, ...]:
    """Paths of the blocks of a measured network that can go."""
    return load_removals()[name].blocks


@lru_cache(maxsize=len(MODELS))
def _own_copy(name: str) -> nn.Module:
    """A copy of the trained network: others use the shared one meanwhile."""
    return copy.deepcopy(load_trained(name))


@lru_cache(maxsize=32)
def _score_whole(name: str, index: int) -> tuple[Score, dict[str, torch.Tensor]]:
    return _measure_samples(_own_copy(name), index)


def _measure_samples(model: nn.Module, index: int) -> tuple[Score, dict[str, torch.Tensor]]:
    """The score on all sample images, and the maps of one of them behind each stage."""
    sample = load_sample()
    images = normalise(sample.images.float() / 255)[:, None]
    score = measure_without(model, (), images, sample.labels.long())
    maps, x = {}, images[index : index + 1]
    with torch.inference_mode():
        for stage, module in model.named_children():
            x = torch.flatten(x, 1) if isinstance(module, nn.Linear) else x
            x = module(x)
            if stage.startswith("layer"):
                maps[stage] = x[0].abs().mean(0)
    return score, maps


def load_test_images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first test images, normalised (N, 1, 28, 28), and their labels.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    images, labels = load_split("test")
    return normalise(images[:count].float() / 255), labels[:count]


def measure(name: str, stored: Mapping[str, Mapping]) -> Iterator[tuple[str, str, list]]:
    """Measure what is not stored of a network: ("single", path or "", score) and ("ordered", order, scores), as they are stored."""
    model = copy.deepcopy(load_trained(name))
    blocks = list_removable_blocks(model)
    images, labels = load_test_images(NUM_IMAGES)
    for path in ("", *blocks):
        if path not in stored["single"]:
            yield "single", path, _pack(measure_without(model, [path] if path else [], images, labels))
    for order in ORDERS:
        if order in stored["ordered"]:
            continue
        going = order_blocks(blocks, order)
        scores = [measure_without(model, going[:count], images, labels) for count in range(len(going) + 1)]
        yield "ordered", order, [_pack(score) for score in scores]


def _pack(score: Score) -> list[list[float]]:
    return [list(part) for part in score.parts]


def _unpack(parts: Sequence[Sequence[float]]) -> Score:
    return Score(tuple((int(correct), loss) for correct, loss in parts), BATCH * len(parts))


def load_removals() -> dict[str, Removal]:
    """What is stored of the weights that are here and complete: name of the network -> what was measured."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> dict[str, Removal]:
    stored, records = read_stored(folder / FILE), load_results(folder)
    found = {}
    for name, entry in stored.items():
        if entry["weights"] == weights_of(records.get(name)) and set(entry["ordered"]) == set(ORDERS):
            single = {path: _unpack(numbers) for path, numbers in entry["single"].items()}
            whole = single.pop("")
            ordered = {order: tuple(map(_unpack, scores)) for order, scores in entry["ordered"].items()}
            found[name] = Removal(tuple(single), whole, single, ordered)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), help="names of trained networks")
    folder, records = checkpoints.CHECKPOINTS, load_results()
    for name in parser.parse_args().models:
        entry = read_stored(folder / FILE).get(name, {})
        if entry.get("weights") != weights_of(records[name]):
            entry = {"weights": weights_of(records[name]), "single": {}, "ordered": {}}
        for kind, key, numbers in measure(name, entry):
            entry[kind][key] = numbers
            text = json.dumps({**read_stored(folder / FILE), name: entry}) + "\n"
            write_atomically({folder / FILE: text.encode()})
            print(name, kind, key or "(whole)", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
