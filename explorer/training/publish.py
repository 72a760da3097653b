"""From the finished runs of a network, one a seed, to what is shipped: the median run's weights, one record, and the
images that no network gets right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from explorer.models.always_wrong import FILE, AlwaysWrong, save_always_wrong
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_results, load_trained, save_checkpoint, save_record
from explorer.training.evaluation import Split, predict_logits
from explorer.training.recipe import Recipe
from explorer.training.run import Finished

# What is kept of every seed; the rest of a record is that of the shipped run.
_RUN_FIELDS = (
    "seed", "test_correct", "test_accuracy", "flip_accuracy", "validation_accuracy", "epochs", "kept_epoch", "seconds",
    "hardware", "trained_on",
)  # fmt: skip


def choose_median(runs: Sequence[Finished]) -> Finished:
    """The run in the middle by test accuracy; of an even number, the lower of the two in the middle."""
    ordered = sorted(runs, key=lambda run: (run.record["test_correct"], run.record["seed"]))
    return ordered[(len(ordered) - 1) // 2]


def combine(runs: Sequence[Finished]) -> dict:
    """The record of the median run, with what every seed reached and the test images that all of them get wrong.

    Args:
        runs: finished runs of one network by one recipe, with different seeds, at least one.
    """
    by_seed = sorted(runs, key=lambda run: run.record["seed"])
    always = set.intersection(*(set(run.wrong) for run in by_seed))
    return {
        **choose_median(runs).record,
        "runs": [{field: run.record[field] for field in _RUN_FIELDS} for run in by_seed],
        "always_wrong": sorted(always),
    }


def publish(name: str, recipe: str, runs: Sequence[Finished], folder: Path) -> dict:
    """Write what was measured to results.json and, but for the tutorial's recipe, the median run's weights beside it.

    Returns:
        The record.
    """
    record = combine(runs)
    if recipe != "tutorial":
        save_checkpoint(name, choose_median(runs).model, record, folder)
    else:
        save_record(name, record, folder, section=recipe)
    return record


def pack_always_wrong(test: Split, folder: Path) -> int:
    """Pack the test images that no trained network gets right, whatever its seed, with what each says instead.

    Returns:
        How many there are.
    """
    recorded = {
        name: record for name, record in load_results(folder).items() if name in MODELS and "always_wrong" in record
    }
    if not recorded:
        return 0
    indices = torch.tensor(sorted(set.intersection(*(set(each["always_wrong"]) for each in recorded.values()))))
    if not len(indices):
        (folder / FILE).unlink(missing_ok=True)  # the images of earlier networks: one of these gets each right
        return 0
    images, labels = test.images.cpu()[indices], test.labels.cpu()[indices]
    split, order = Split(images, labels), Recipe(epochs=1)
    predicted = {}
    for name in recorded:
        try:
            predicted[name] = predict_logits(load_trained(name, folder), split, order).argmax(1)
        except CheckpointError:  # its weights are damaged; what it says is not known
            continue
    save_always_wrong(AlwaysWrong(images[:, 0], labels, indices, predicted), folder)
    return len(indices)
