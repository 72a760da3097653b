"""How accuracy falls when test images are moved, turned, blurred, darkened, covered or noisy: for each trained network.

`python -m explorer.classifier.robustness` measures it anew, in about half an hour on one core, and stores the counts in
checkpoints/robustness.json; what is stored already is not measured again. A test measures some of them anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from explorer.classifier.moves import Moves, blur_picture, move_picture, shift_picture
from explorer.data import load_split, normalise
from explorer.models import checkpoints
from explorer.models.checkpoints import (
    available_models,
    load_results,
    load_trained,
    read_stored,
    weights_of,
    write_atomically,
)

FILE = "robustness.json"
NUM_IMAGES = 2000  # the first ones of the test set
SEED = 42
BATCH = 100
# What is done to the images -> how much of it.
AMOUNTS: Mapping[str, tuple[float, ...]] = {
    "shift": (0, 1, 2, 3, 4, 5, 6),  # pixels, to the right, left, up or down
    "rotation": (0, 15, 30, 45, 60, 90, 120, 150, 180),  # degrees, to the right or left
    "scale": (50, 60, 70, 80, 90, 100, 110, 120, 130, 150),  # per cent
    "blur": (0, 0.5, 1, 1.5, 2, 3),  # pixels, standard deviation
    "darken": (0, 20, 40, 60, 80, 90),  # per cent of the brightness that go
    "noise": (0, 5, 10, 20, 30, 50),  # per cent of the range, standard deviation
    "cover": (0, 4, 8, 12, 16),  # pixels a side of a black square at a random place
}


def change_images(pixels: torch.Tensor, kind: str, amount: float, seed: int = SEED) -> torch.Tensor:
    """Change each image by that amount; direction, sense, noise and place are drawn for each.

    Args:
        pixels: (N, 28, 28), 0 black to 1 white.
        kind: a key of AMOUNTS, which says the unit of `amount`.
        amount: how much.
        seed: decides what is drawn; the same for all amounts.

    Returns:
        (N, 28, 28), 0 to 1.

    Raises:
        ValueError: there is no such kind.
    """
    generator = torch.Generator().manual_seed(seed)
    if kind == "shift":
        ways = torch.randint(4, (len(pixels),), generator=generator)
        steps = [(int(amount), 0), (-int(amount), 0), (0, int(amount)), (0, -int(amount))]
        moved = torch.stack([shift_picture(pixels, *step) for step in steps])
        return moved[ways, torch.arange(len(pixels))]
    if kind in ("rotation", "scale"):
        return _turn(pixels, kind, amount, generator)
    if kind == "blur":
        return blur_picture(pixels, amount) if amount else pixels
    if kind == "darken":
        return pixels * (1 - amount / 100)
    if kind == "noise":
        return (pixels + amount / 100 * torch.randn(pixels.shape, generator=generator)).clamp(0, 1)
    if kind == "cover":
        return _cover(pixels, int(amount), generator)
    raise ValueError(f"kind must be one of {', '.join(AMOUNTS)}, got {kind!r}")


def _turn(pixels: torch.Tensor, kind: str, amount: float, generator: torch.Generator) -> torch.Tensor:
    if kind == "scale":
        return move_picture(pixels, Moves(scale=amount / 100))
    is_left = torch.rand(len(pixels), generator=generator) < 0.5
    right, left = (move_picture(pixels, Moves(degrees=each)) for each in (amount, -amount))
    return torch.where(is_left[:, None, None], left, right)


def _cover(pixels: torch.Tensor, side: int, generator: torch.Generator) -> torch.Tensor:
    height, width = pixels.shape[-2:]
    tops, lefts = (torch.rand(len(pixels), generator=generator) for _ in range(2))
    tops, lefts = (tops * (height - side + 1)).long(), (lefts * (width - side + 1)).long()
    rows, columns = torch.arange(height), torch.arange(width)
    within_rows = (rows >= tops[:, None]) & (rows < tops[:, None] + side)
    within_columns = (columns >= lefts[:, None]) & (columns < lefts[:, None] + side)
    return pixels.masked_fill(within_rows[:, :, None] & within_columns[:, None, :], 0.0)


def count_correct(model: nn.Module, pixels: torch.Tensor, labels: torch.Tensor) -> int:
    """Images (N, 28, 28), 0 to 1, that the network in eval mode names as the labels (N,) say."""
    with torch.inference_mode():
        return sum(
            int((model(normalise(each)[:, None]).argmax(1) == wanted).sum())
            for each, wanted in zip(pixels.split(BATCH), labels.split(BATCH), strict=True)
        )


def load_test_images() -> tuple[torch.Tensor, torch.Tensor]:
    """The images that are changed: (NUM_IMAGES, 28, 28), 0 to 1, and their labels.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    images, labels = load_split("test")
    return images[:NUM_IMAGES, 0].float() / 255, labels[:NUM_IMAGES]


@dataclass(frozen=True)
class Robustness:
    """What was measured.

    Attributes:
        num_images: test images of each measurement.
        correct: model name -> kind -> right answers, one for each of AMOUNTS.
    """

    num_images: int
    correct: Mapping[str, Mapping[str, list[int]]]

    def accuracies(self, model: str, kind: str) -> list[float]:
        """Share of right answers for each amount, 0 to 1."""
        return [each / self.num_images for each in self.correct[model][kind]]

    def accuracy_at(self, model: str, kind: str, amount: float) -> float:
        """Share of right answers at an amount that was measured, or on the line between its two neighbours."""
        amounts, measured = AMOUNTS[kind], self.accuracies(model, kind)
        after = next((i for i, each in enumerate(amounts) if each >= amount), len(amounts) - 1)
        before = max(after - 1, 0) if amounts[after] > amount else after
        span = amounts[after] - amounts[before]
        share = (amount - amounts[before]) / span if span else 0.0
        return measured[before] + min(share, 1.0) * (measured[after] - measured[before])


def load_robustness() -> Robustness | None:
    """What is stored of the weights that are here, or None where nothing is."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Robustness | None:
    stored, records = read_stored(folder / FILE), load_results(folder)
    fresh = {name: each["correct"] for name, each in stored.items() if each["weights"] == weights_of(records.get(name))}
    complete = {name: correct for name, correct in fresh.items() if correct.keys() == AMOUNTS.keys()}
    return Robustness(NUM_IMAGES, complete) if complete else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names of trained networks; all of them where none is named")
    wanted = parser.parse_args().models or available_models()
    folder, records, (pixels, labels) = checkpoints.CHECKPOINTS, load_results(), load_test_images()
    for name in wanted:
        weights, model = weights_of(records[name]), load_trained(name)
        for kind, amounts in AMOUNTS.items():
            stored = read_stored(folder / FILE)
            entry = stored.get(name, {})
            correct = entry.get("correct", {}) if entry.get("weights") == weights else {}
            if kind in correct:
                continue
            correct[kind] = [count_correct(model, change_images(pixels, kind, amount), labels) for amount in amounts]
            stored[name] = {"weights": weights, "correct": correct}
            text = json.dumps(dict(sorted(stored.items())), indent=1) + "\n"
            write_atomically({folder / FILE: text.encode()})
            print(f"{name}, {kind}: {correct[kind]} of {len(labels)}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
