"""How often networks are right where they are that sure: the diagram behind the expected calibration error.

`python -m explorer.training.reliability` counts it anew on all test images, in about five minutes on one core, and stores the counts
in checkpoints/reliability.json; what is stored already is not counted again. A test counts some of them anew.

Source: Guo et al. 2017, "On calibration of modern neural networks", section 2 (reliability diagrams).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn

from explorer.data import load_split, normalise
from explorer.models import checkpoints
from explorer.models.checkpoints import (
    DAMAGED,
    available_models,
    load_results,
    load_trained,
    read_stored,
    weights_of,
    write_atomically,
)
from explorer.training.evaluation import ECE_BINS

FILE = "reliability.json"
BATCH = 250


@dataclass(frozen=True)
class Bins:
    """Images by how sure the network was of its answer: bin i holds confidences above i / bins, up to (i + 1) / bins.

    Attributes:
        counts: images in each bin.
        right: how many of them were answered right.
        confidence: sum of the confidences of each bin.
    """

    counts: tuple[int, ...]
    right: tuple[int, ...]
    confidence: tuple[float, ...]

    @property
    def error(self) -> float:
        """The expected calibration error, 0 to 1."""
        gaps = (abs(sure - right) for sure, right in zip(self.confidence, self.right, strict=True))
        return sum(gaps) / sum(self.counts)


@dataclass(frozen=True)
class Reliability:
    """Of one network on the test images.

    Attributes:
        before: as it answers.
        after: with the temperature that was fitted on the validation images; None where there is none.
    """

    before: Bins
    after: Bins | None


def count_bins(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = ECE_BINS) -> Bins:
    """Sort images by the confidence of the answer.

    Args:
        probabilities: (N, num_classes).
        labels: (N,) int64.
        bins: number of bins of width 1 / bins.
    """
    confidence, predicted = probabilities.double().max(1)
    number = (confidence * bins).ceil().long().clamp(1, bins) - 1
    sums = torch.zeros(bins, dtype=torch.float64).index_add_(0, number, confidence)
    right = torch.bincount(number[predicted == labels], minlength=bins)
    counts = torch.bincount(number, minlength=bins)
    return Bins(tuple(counts.tolist()), tuple(right.tolist()), tuple(round(each, 6) for each in sums.tolist()))


def measure_reliability(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, temperature: float | None
) -> Reliability:
    """Ask a network about images, and sort them by how sure it is, without and with a temperature.

    Args:
        model: in eval mode.
        images: (N, 1, 28, 28) uint8.
        labels: (N,) int64.
        temperature: divides the logits; None for none.
    """
    with torch.inference_mode():
        logits = torch.cat([model(normalise(each.float() / 255)) for each in images.split(BATCH)]).double()
    after = None if temperature is None else count_bins((logits / temperature).softmax(1), labels)
    return Reliability(count_bins(logits.softmax(1), labels), after)


def load_reliability(name: str, folder: Path | None = None) -> Reliability | None:
    """What is stored of the weights of a network in a folder, or None. Without a folder it is that which the app opens."""
    return _load(folder or checkpoints.CHECKPOINTS).get(name)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Mapping[str, Reliability]:
    stored, records = read_stored(folder / FILE), load_results(folder)
    fresh = {name: each for name, each in stored.items() if each.get("weights") == weights_of(records.get(name))}
    try:
        return {name: Reliability(_read(each["before"]), _read(each.get("after"))) for name, each in fresh.items()}
    except DAMAGED:
        return {}


def _read(stored: Mapping[str, Sequence] | None) -> Bins | None:
    return None if stored is None else Bins(*(tuple(stored[name]) for name in ("counts", "right", "confidence")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names of trained networks; all of them where none is named")
    wanted = parser.parse_args().models or available_models()
    folder, records, (images, labels) = checkpoints.CHECKPOINTS, load_results(), load_split("test")
    for name in wanted:
        weights, stored = weights_of(records[name]), read_stored(folder / FILE)
        if stored.get(name, {}).get("weights") == weights:
            continue
        temperature = records[name].get("calibration", {}).get("temperature")
        found = asdict(measure_reliability(load_trained(name), images, labels, temperature))
        stored[name] = {"weights": weights, **{part: each for part, each in found.items() if each}}
        write_atomically({folder / FILE: (json.dumps(dict(sorted(stored.items()))) + "\n").encode()})
        print(name, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
