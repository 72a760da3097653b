"""From the finished runs of a network, one for each seed, to what is shipped.

Shipped are the weights of the median run, one record, and the images that no network gets right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch

from explorer.models.always_wrong import FILE, AlwaysWrong, save_always_wrong
from explorer.models.answers import Answers, load_answers, save_answers
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import (
    CheckpointError,
    checkpoint_problem,
    load_results,
    load_trained,
    save_checkpoint,
    save_record,
)
from explorer.training.evaluation import predict_logits
from explorer.training.finished import Finished
from explorer.training.recipe import Recipe, first_difference
from explorer.training.splits import Split

# These fields are kept for every seed; the other fields of a record are those of the shipped run.
_RUN_FIELDS = (
    "seed", "test_correct", "test_accuracy", "flip_accuracy", "validation_accuracy", "epochs", "kept_epoch", "seconds",
    "hardware", "trained_on",
)  # fmt: skip


def choose_median(runs: Sequence[Finished]) -> Finished:
    """Choose the run in the middle by test accuracy; of an even number, the lower of the two in the middle.

    Args:
        runs: at least one. Runs with the same accuracy are in the order of their seeds.
    """
    ordered = sorted(runs, key=lambda run: (run.record["test_correct"], run.record["seed"]))
    return ordered[(len(ordered) - 1) // 2]


def combine(runs: Sequence[Finished]) -> dict:
    """Make one record of several runs.

    Args:
        runs: finished runs of one network by one recipe, with different seeds, at least one.

    Returns:
        The record of the median run, with `runs`, what each seed reached, and `always_wrong`, the indices of the test
        images that all seeds get wrong.
    """
    by_seed = sorted(runs, key=lambda run: run.record["seed"])
    always = set.intersection(*(set(run.wrong) for run in by_seed))
    return {
        **choose_median(runs).record,
        "runs": [{field: run.record[field] for field in _RUN_FIELDS} for run in by_seed],
        "always_wrong": sorted(always),
    }


@dataclass(frozen=True)
class Published:
    """A network's record as results.json holds it now, and the seeds that were replaced there, ascending."""

    name: str
    record: Mapping
    replaced: tuple[int, ...]


def publish(name: str, recipe: str, runs: Sequence[Finished], folder: Path) -> Published:
    """Write what was measured to results.json, and the weights of the median run beside it.

    With the tutorial's recipe no weights are written.

    Args:
        name: a key of MODELS.
        recipe: one of RECIPES.
        runs: as in `combine`.
        folder: where to write.

    Raises:
        ValueError: no model has that name, or a measured number is not finite.
        CheckpointError: (a ValueError) results.json is damaged.
        OSError: a file cannot be written; what was stored before is still there.
    """
    section, record = section_of(recipe), combine(runs)
    before = load_results(folder, section).get(name, {})
    if section == "models":
        save_checkpoint(name, choose_median(runs).model, record, folder)
    else:
        save_record(name, record, folder, section)
    return Published(name, record, tuple(sorted(_seeds_of(before) - _seeds_of(record))))


def section_of(recipe: str) -> str:
    """The section of results.json for a recipe: "tutorial" or "models", as `load_results` takes it."""
    return "tutorial" if recipe == "tutorial" else "models"


def is_published(name: str, recipe: str, runs: Sequence[Finished], folder: Path) -> bool:
    """Whether the runs were published before, and what is stored now is from them or from later runs.

    Args:
        name: a key of MODELS.
        recipe: one of RECIPES.
        runs: finished runs of that network, at least one.
        folder: where results.json and the weights lie.

    Raises:
        CheckpointError: results.json is damaged.
    """
    section = section_of(recipe)
    is_whole = section == "tutorial" or checkpoint_problem(name, folder) is None
    record = load_results(folder, section).get(name)
    if record is None or not is_whole or _add_seeds(runs, record):
        return False
    return all(run.is_published for run in runs)


def _add_seeds(runs: Sequence[Finished], record: Mapping) -> bool:
    """Whether a record has the recipe of the runs, and they have all its seeds and more."""
    is_same = "cycles" not in record and first_difference(record.get("recipe", {}), runs[0].record["recipe"]) is None
    return is_same and _seeds_of(record) < {run.record["seed"] for run in runs}


def _seeds_of(record: Mapping) -> set[int]:
    return {run["seed"] for run in record.get("runs", [])}


def pack_always_wrong(test: Split, folder: Path) -> int:
    """Write the test images that no trained network gets right with any seed, and what each network answers instead.

    Args:
        test: all test images.
        folder: where results.json and the weights lie; the images are written there too.

    Returns:
        How many there are. If there are none, a file from earlier networks is deleted; if no record lists such
        images, nothing is changed.

    Raises:
        CheckpointError: results.json is damaged.
        OSError: the file cannot be written.
    """
    recorded = {
        name: record for name, record in load_results(folder).items() if name in MODELS and "always_wrong" in record
    }
    if not recorded:
        return 0
    indices = torch.tensor(sorted(set.intersection(*(set(each["always_wrong"]) for each in recorded.values()))))
    if not len(indices):
        (folder / FILE).unlink(missing_ok=True)  # from earlier networks; one of the present ones is right
        return 0
    images, labels = test.images.cpu()[indices], test.labels.cpu()[indices]
    split, order = Split(images, labels), Recipe(epochs=1)
    predicted = {}
    for name in recorded:
        try:
            predicted[name] = predict_logits(load_trained(name, folder), split, order).argmax(1)
        except CheckpointError:  # its weights are damaged, so its answers are not known
            continue
    save_always_wrong(AlwaysWrong(images[:, 0], labels, indices, predicted), folder)
    return len(indices)


def pack_answers(test: Split, folder: Path) -> None:
    """Write what each shipped network answers to every test image. Answers that are packed already are kept.

    Args:
        test: all test images.
        folder: where results.json and the weights lie; the answers are written there too.

    Raises:
        CheckpointError: results.json is damaged.
        OSError: the file cannot be written.
    """
    records, labels, before = load_results(folder), test.labels.cpu().to(torch.uint8), load_answers(folder)
    kept = before.of_records(records) if before is not None and torch.equal(before.labels, labels) else {}
    predicted = {}
    for name in filter(MODELS.__contains__, records):
        try:
            predicted[name] = kept[name] if name in kept else _answer_all(name, test, folder)
        except CheckpointError:  # its weights are damaged, so its answers are not known
            continue
    if predicted.keys() != kept.keys():
        save_answers(Answers(labels, predicted), folder)


def _answer_all(name: str, test: Split, folder: Path) -> torch.Tensor:
    model = deepcopy(load_trained(name, folder)).to(
        test.images.device
    )  # the loaded one is shared and stays where it is
    return predict_logits(model, test, Recipe(epochs=1)).argmax(1).to(torch.uint8)
