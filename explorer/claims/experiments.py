"""Experiments that take minutes, on the real data set: what they found is stored as it came, in experiments.json.

What is finished is stored at once, so an interrupted series can go on with the names that are left.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from torch import nn

from explorer.models.checkpoints import write_atomically
from explorer.training.loop import TrainingBatches, run_epoch, training_loss
from explorer.training.recipe import Recipe
from explorer.training.run import build_optimizer
from explorer.training.splits import Split

FILE = Path(__file__).with_name("experiments.json")


@cache
def load_experiments() -> dict[str, Any]:
    """What was stored of each experiment, by its name."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def learn(model: nn.Module, training: Split, recipe: Recipe, seed: int) -> tuple[float, float]:
    """Train a network in place by a recipe; the average of the weights and the choice of an epoch are left out.

    Args:
        model: (N, 1, 28, 28) -> (N, 10).
        training: the images to learn from.
        recipe: what decides how.
        seed: of order and augmentation; the weights are there already.

    Returns:
        Loss and accuracy of the last epoch while it learned.
    """
    optimizer, criterion = build_optimizer(model, recipe), training_loss(recipe)
    steps = len(TrainingBatches(training.images, training.labels, recipe, seed, 0))
    done = 0

    def set_rate() -> None:
        nonlocal done
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate(done, recipe.epochs * steps)
        done += 1

    found = (0.0, 0.0)
    for epoch in range(recipe.epochs):
        batches = TrainingBatches(training.images, training.labels, recipe, seed, epoch)
        found = run_epoch(model, batches, criterion, optimizer, clip_norm=recipe.clip_norm, before_step=set_rate)
    return found


def store(name: str, found: Any) -> None:
    """Store what one experiment found, beside the others."""
    stored = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    text = json.dumps({**stored, name: found}, indent=1) + "\n"
    write_atomically({FILE: re.sub(r"\[[^][{}]*\]", lambda row: " ".join(row[0].split()), text).encode("utf-8")})
