"""Degradation (He et al. 2015, section 4.2): how shallow and deep nets, plain and residual, learned by one recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.data import NUM_IMAGES
from explorer.models.catalogue import DEGRADATION, DEGRADATION_NAMES
from explorer.models.seeds import are_comparable, summarise_seeds
from explorer.training.splits import VALIDATION_SIZE

COUNTED = {"train_error": NUM_IMAGES["train"] - VALIDATION_SIZE, "validation_error": VALIDATION_SIZE}  # images
CONFIDENCE = 95  # per cent
_DEVIATIONS = 1.959964  # of a normal distribution, between which CONFIDENCE lies


@dataclass(frozen=True)
class Curve:
    """How one net learned.

    Attributes:
        kind: "plain" or "residual".
        depth: layers with weights.
        num_params: parameters.
        seed: of the run that is drawn.
        is_median: whether that is the one in the middle of several.
        num_seeds: how many runs there were.
        last_errors: lowest and highest validation error of all runs at their ends, as fractions.
        peak_lr: highest learning rate of its recipe.
        train_error: of each epoch, as a fraction, on the images as they were shown (augmented).
        validation_error: after each epoch, as a fraction.
    """

    kind: str
    depth: int
    num_params: int
    seed: int
    is_median: bool
    num_seeds: int
    last_errors: tuple[float, float]
    peak_lr: float
    train_error: tuple[float, ...]
    validation_error: tuple[float, ...]


def read_curves(records: Mapping[str, Mapping[str, Any]]) -> tuple[Curve, ...]:
    """The curves of the four nets out of what was measured; empty unless all four were trained at a stretch, by one recipe.

    Args:
        records: model name -> record of results.json.
    """
    if not are_comparable(DEGRADATION_NAMES, records):
        return ()
    return tuple(
        _read_curve(kind, depth, records[name]) for kind, nets in DEGRADATION.items() for depth, name in nets.items()
    )


def _read_curve(kind: str, depth: int, record: Mapping[str, Any]) -> Curve:
    validation_error = tuple(1 - epoch["validation_accuracy"] for epoch in record["curve"])
    is_median = summarise_seeds(record) is not None
    ends = [1 - run["validation_accuracy"] for run in record["runs"]] if is_median else [validation_error[-1]]
    return Curve(
        kind,
        depth,
        record["num_params"],
        record["seed"],
        is_median,
        len(ends),
        (min(ends), max(ends)),
        record["recipe"]["peak_lr"],
        tuple(1 - epoch["train_accuracy"] for epoch in record["curve"]),
        validation_error,
    )


def compute_interval(share: float, count: int) -> tuple[float, float]:
    """Between which the share lies in the long run, with CONFIDENCE, where it was counted on so many images.

    Args:
        share: what was counted, 0 to 1.
        count: images.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    square = _DEVIATIONS**2 / count
    middle = (share + square / 2) / (1 + square)
    half = _DEVIATIONS / (1 + square) * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return middle - half, middle + half


def pick_pair(curves: tuple[Curve, ...], kind: str) -> tuple[Curve, Curve]:
    """The shallow and the deep net of a kind."""
    shallow, deep = sorted((curve for curve in curves if curve.kind == kind), key=lambda curve: curve.depth)
    return shallow, deep
