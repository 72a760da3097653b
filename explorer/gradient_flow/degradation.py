"""Degradation (He et al. 2015, section 4.2): how shallow and deep nets, plain and residual, learned by one recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.models.catalogue import DEGRADATION, DEGRADATION_NAMES
from explorer.models.seeds import are_comparable, summarise_seeds


@dataclass(frozen=True)
class Curve:
    """How one net learned.

    Attributes:
        kind: "plain" or "residual".
        depth: layers with weights.
        num_params: parameters.
        seed: of the run that is drawn.
        is_median: whether that is the one in the middle of several.
        peak_lr: highest learning rate of its recipe.
        train_error: of each epoch, as a fraction, on the images as they were shown (augmented).
        validation_error: after each epoch, as a fraction.
    """

    kind: str
    depth: int
    num_params: int
    seed: int
    is_median: bool
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
        Curve(
            kind,
            depth,
            records[name]["num_params"],
            records[name]["seed"],
            summarise_seeds(records[name]) is not None,
            records[name]["recipe"]["peak_lr"],
            tuple(1 - epoch["train_accuracy"] for epoch in records[name]["curve"]),
            tuple(1 - epoch["validation_accuracy"] for epoch in records[name]["curve"]),
        )
        for kind, nets in DEGRADATION.items()
        for depth, name in nets.items()
    )


def pick_pair(curves: tuple[Curve, ...], kind: str) -> tuple[Curve, Curve]:
    """The shallow and the deep net of a kind."""
    shallow, deep = sorted((curve for curve in curves if curve.kind == kind), key=lambda curve: curve.depth)
    return shallow, deep
