"""What trained networks still know when blocks are taken out of them.

`python -m explorer.gradient_flow.removal` measures it over the test images and stores the raw counts in checkpoints/removal.json,
part after part: after an interruption it goes on where it was, and what is stored so far counts. A test measures some of it anew.

Source: Veit, Wilber and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", section 4.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from explorer.caches import remember
from explorer.checks import check_choice
from explorer.data import load_sample, load_split, normalise
from explorer.errors import InputError
from explorer.models import checkpoints
from explorer.models.ablation import list_removable_blocks, without_blocks
from explorer.models.catalogue import DEGRADATION
from explorer.models.checkpoints import DAMAGED, load_results, load_trained, read_stored, weights_of, write_atomically
from explorer.models.resnet import BasicBlock
from explorer.patience import go_on

FILE = "removal.json"
MODELS = (DEGRADATION["residual"][56], DEGRADATION["plain"][56])
NUM_IMAGES = 10_000  # all of the test set
BATCH = 200
SEEDS = (0, 1, 2)  # of the random orders
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
    """What was measured of one network on the first test images, NUM_IMAGES once the command has done all of them.

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


def check_blocks(gone, blocks: Sequence[str]) -> tuple[str, ...]:
    """The blocks that are to go, in the order of the network.

    Raises:
        InputError: it is no list, or something of it is none of these blocks.
    """
    if not isinstance(gone, list):
        raise InputError("errors.not_a_choice", name="gradient_flow.removal_blocks", value=gone, choices=list(blocks))
    for path in gone:
        check_choice("gradient_flow.removal_blocks", path, tuple(blocks))
    return tuple(path for path in blocks if path in gone)


@remember(megabytes=2)
def measure_cut(name: str, gone: tuple[str, ...], index: int) -> Cut:
    """Take blocks out of a trained network for a moment; what it gives then is remembered.

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


class Walk:
    """One batch on its way through a network in eval mode, with what each step of the whole network got.

    What blocks at the back give does not matter to those before them: without some blocks, the walk begins at the first of
    them. Single blocks cost half of a forward pass this way, and all orders together less than half.

    Args:
        model: of the family of `CifarResNet`: its stages follow one another.
        images: (N, 1, 28, 28), normalised.
    """

    def __init__(self, model: nn.Module, images: torch.Tensor):
        self._steps = list(_list_steps(model))
        self._inputs = [images]
        for _, step in self._steps:
            self._inputs.append(step(self._inputs[-1]))

    def compute_logits(self, gone: Collection[str], moved: Mapping[str, str] | None = None) -> torch.Tensor:
        """Logits (N, classes) without the blocks at these paths, and with others in the places of some.

        Args:
            gone: paths of blocks that keep the shape.
            moved: path -> path of the block of the same shapes that works there instead.
        """
        moved = moved or {}
        steps = dict(self._steps)
        paths = [path for path, _ in self._steps]
        first = next((index for index, path in enumerate(paths) if path in gone or path in moved), len(paths))
        x = self._inputs[first]
        for path in paths[first:]:
            x = x if path in gone else steps[moved.get(path, path)](x)
        return x


def _list_steps(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The stem, block after block, and the head: each takes what the one before gives."""
    for name, module in model.named_children():
        if isinstance(module, nn.Linear):
            yield "flatten", nn.Flatten()
        if name.startswith("layer"):
            yield from ((f"{name}.{place}", block) for place, block in module.named_children())
        else:
            yield name, module


def fold_normalisation(model: nn.Module) -> nn.Module:
    """A copy of a network in eval mode whose kernels hold the normalisation behind them: the same numbers, a third sooner.

    Args:
        model: of basic blocks.
    """
    folded = copy.deepcopy(model)
    for block in folded.modules():
        if isinstance(block, BasicBlock):
            block.conv1, block.conv2 = (
                fuse_conv_bn_eval(block.conv1, block.bn1),
                fuse_conv_bn_eval(block.conv2, block.bn2),
            )
            block._modules |= {"bn1": nn.Identity(), "bn2": nn.Identity()}
    return folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub lacks this form


def score_logits(logits: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """A part of a score, as it is stored: right answers, and mean cross-entropy in nats."""
    return [int((logits.argmax(1) == labels).sum()), round(float(F.cross_entropy(logits, labels)), 4)]


def measure_part(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, dict[str, list]]:
    """Measure one batch: "single", path or "" -> part; "ordered", order -> a part after 0, 1, 2, ... blocks went.

    Args:
        model: in eval mode.
        images: (BATCH, 1, 28, 28), normalised.
        labels: (BATCH,).
    """
    blocks = list_removable_blocks(model)
    with torch.inference_mode():
        walk = Walk(model, images)

        def measure_gone(gone: Collection[str]) -> list[float]:
            return score_logits(walk.compute_logits(gone), labels)

        single = {path: measure_gone([path] if path else []) for path in ("", *blocks)}
        ordered = {
            order: [measure_gone(order_blocks(blocks, order)[:count]) for count in range(len(blocks) + 1)]
            for order in ORDERS
        }
    return {"single": single, "ordered": ordered}


def add_part(entry: dict, part: Mapping[str, Mapping[str, list]]) -> None:
    """Add a part to what is stored of a network."""
    for path, numbers in part["single"].items():
        entry["single"].setdefault(path, []).append(numbers)
    for order, rows in part["ordered"].items():
        stored = entry["ordered"].setdefault(order, [[] for _ in rows])
        for parts, numbers in zip(stored, rows, strict=True):
            parts.append(numbers)


def count_parts(entry: Mapping) -> int:
    """How many parts are stored of a network."""
    return len(entry["single"].get("", ()))


def _unpack(parts: Sequence[Sequence[float]]) -> Score:
    return Score(tuple((int(correct), loss) for correct, loss in parts), BATCH * len(parts))


def load_removals() -> dict[str, Removal]:
    """What is stored of the weights that are here: name of the network -> what was measured, on the same images of each."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> dict[str, Removal]:
    try:
        return _read(folder)
    except DAMAGED:
        return {}


def _read(folder: Path) -> dict[str, Removal]:
    stored, records = read_stored(folder / FILE), load_results(folder)
    known = {name: entry for name, entry in stored.items() if _is_of(entry, records.get(name)) and count_parts(entry)}
    num_parts = min((count_parts(entry) for entry in known.values()), default=0)
    found = {}
    for name, entry in known.items():
        single = {path: _unpack(parts[:num_parts]) for path, parts in entry["single"].items()}
        whole = single.pop("")
        ordered = {
            order: tuple(_unpack(parts[:num_parts]) for parts in rows) for order, rows in entry["ordered"].items()
        }
        found[name] = Removal(tuple(single), whole, single, ordered)
    return found


def _is_of(entry: Mapping, record: Mapping | None) -> bool:
    """Whether an entry was measured with these weights and in this way."""
    is_alike = entry.get("batch") == BATCH and set(entry["ordered"]) in (set(), set(ORDERS))
    return is_alike and entry["weights"] == weights_of(record)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), help="names of trained networks")
    parser.add_argument("--images", type=int, default=NUM_IMAGES, help="stop after so many (default: all)")
    arguments = parser.parse_args()
    folder, records = checkpoints.CHECKPOINTS, load_results()
    images, labels = load_test_images(min(arguments.images, NUM_IMAGES))
    batches = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
    models = {name: fold_normalisation(load_trained(name)) for name in arguments.models}
    for number, (batch, wanted) in enumerate(batches, 1):
        for name, model in models.items():
            entry = read_stored(folder / FILE).get(name, {"weights": None, "ordered": {}})
            if not _is_of(entry, records[name]):
                entry = {"weights": weights_of(records[name]), "batch": BATCH, "single": {}, "ordered": {}}
            if count_parts(entry) >= number:
                continue
            add_part(entry, measure_part(model, batch, wanted))
            text = json.dumps({**read_stored(folder / FILE), name: entry}) + "\n"
            write_atomically({folder / FILE: text.encode()})
            print(name, number, "of", len(batches), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
