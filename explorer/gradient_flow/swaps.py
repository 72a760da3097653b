"""What trained networks still know when some of their blocks have changed places.

`python -m explorer.gradient_flow.swaps` measures it over test images and stores it in checkpoints/swaps.json; a test measures
some of it anew.

Source: Veit, Wilber and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", section 4.3.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import torch
from torch import nn

from explorer.gradient_flow.removal import BATCH, MODELS, Walk, fold_normalisation, load_test_images, score_logits
from explorer.models import checkpoints
from explorer.models.ablation import list_removable_blocks
from explorer.models.checkpoints import DAMAGED, load_results, load_trained, read_stored, weights_of, write_atomically

FILE = "swaps.json"
NUM_IMAGES = 2_000  # the first ones of the test set
COUNTS = (1, 2, 4, 8, 16, 32)  # swaps, one after another
SEEDS = range(5)


@dataclass(frozen=True)
class Swapped:
    """One order of the blocks.

    Attributes:
        count: random swaps that led to it.
        tau: Kendall's rank correlation with the trained order, 1 for the same.
        accuracy: share of right answers, 0 to 1.
    """

    count: int
    tau: float
    accuracy: float


@dataclass(frozen=True)
class Swaps:
    """What was measured of one network.

    Attributes:
        whole: accuracy in the trained order.
        orders: the others.
        num_images: how many test images.
    """

    whole: float
    orders: tuple[Swapped, ...]
    num_images: int


def draw_order(blocks: Sequence[str], count: int, seed: int) -> list[int]:
    """Which block stands at each place after some random swaps of two blocks of the same stage.

    Args:
        blocks: paths "STAGE.NUMBER" of the blocks that keep the shape.
        count: swaps.
        seed: of Python's generator.
    """
    pairs = [
        pair for pair in combinations(range(len(blocks)), 2) if len({_stage_of(blocks[each]) for each in pair}) == 1
    ]
    order, generator = list(range(len(blocks))), random.Random(seed)
    for first, second in generator.choices(pairs, k=count):
        order[first], order[second] = order[second], order[first]
    return order


def _stage_of(path: str) -> str:
    return path.rpartition(".")[0]


def compute_kendall_tau(order: Sequence[int]) -> float:
    """Kendall's rank correlation of an order without ties with the ascending one: 1 minus twice the share of turned pairs.

    >>> compute_kendall_tau([0, 1, 2]), compute_kendall_tau([2, 1, 0])
    (1.0, -1.0)
    """
    pairs = list(combinations(order, 2))
    return 1 - 2 * sum(first > second for first, second in pairs) / len(pairs)


def measure_part(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> list[int]:
    """Right answers on one batch: in the trained order, then in that of each of COUNTS and each of SEEDS.

    Args:
        model: in eval mode.
        images: (N, 1, 28, 28), normalised.
        labels: (N,).
    """
    blocks = list_removable_blocks(model)
    with torch.inference_mode():
        walk = Walk(model, images)
        orders = [list(range(len(blocks))), *(draw_order(blocks, count, seed) for count in COUNTS for seed in SEEDS)]
        return [int(score_logits(walk.compute_logits((), _moves_of(blocks, order)), labels)[0]) for order in orders]


def _moves_of(blocks: Sequence[str], order: Sequence[int]) -> dict[str, str]:
    """Place -> the block that works there, where it is another one."""
    return {blocks[place]: blocks[block] for place, block in enumerate(order) if place != block}


def load_swaps() -> dict[str, Swaps]:
    """What is stored of the weights that are here: name of the network -> what was measured."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> dict[str, Swaps]:
    stored, records = read_stored(folder / FILE), load_results(folder)
    try:
        return {
            name: _unpack(stored[name])
            for name in MODELS
            if name in stored and stored[name]["weights"] == weights_of(records.get(name))
        }
    except DAMAGED:
        return {}


def _unpack(entry: Mapping) -> Swaps:
    num_images = BATCH * len(entry["parts"])
    whole, *accuracies = (sum(column) / num_images for column in zip(*entry["parts"], strict=True))
    drawn = [(count, draw_order(entry["blocks"], count, seed)) for count in COUNTS for seed in SEEDS]
    orders = tuple(
        Swapped(count, compute_kendall_tau(order), accuracy)
        for (count, order), accuracy in zip(drawn, accuracies, strict=True)
    )
    return Swaps(whole, orders, num_images)


def main() -> None:
    folder, records = checkpoints.CHECKPOINTS, load_results()
    images, labels = load_test_images(NUM_IMAGES)
    batches = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
    for name in MODELS:
        model, weights = fold_normalisation(load_trained(name)), weights_of(records[name])
        entry = read_stored(folder / FILE).get(name, {})
        parts = list(entry["parts"]) if entry.get("weights") == weights else []
        for batch, wanted in batches[len(parts) :]:
            parts.append(measure_part(model, batch, wanted))
            new = {"weights": weights, "blocks": list_removable_blocks(model), "parts": parts}
            text = json.dumps({**read_stored(folder / FILE), name: new}) + "\n"
            write_atomically({folder / FILE: text.encode()})
            print(name, len(parts), "of", len(batches), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
