"""Several seeds of one network become one shipped network."""

from __future__ import annotations

import pytest
import torch

from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_results, load_trained
from explorer.training.publish import choose_median, combine, publish
from explorer.training.run import Finished


def finished(seed: int, wrong: list[int]) -> Finished:
    torch.manual_seed(seed)
    record = {
        "seed": seed, "test_correct": 100 - len(wrong), "test_accuracy": 1 - len(wrong) / 100, "flip_accuracy": 0.5,
        "validation_accuracy": 0.6, "epochs": 3, "kept_epoch": 2, "seconds": 1.5, "hardware": "abacus",
        "trained_on": "2026-01-01", "title": "LeNet-5",
    }  # fmt: skip
    return Finished(record, wrong, create_model("lenet5").eval())


@pytest.mark.parametrize(("counts", "median"), [([5], 0), ([5, 7, 6], 2), ([9, 7], 0), ([4, 4, 4], 1)])
def test_the_run_in_the_middle(counts, median):
    runs = [finished(seed, list(range(count))) for seed, count in enumerate(counts)]
    assert choose_median(runs) is runs[median]


def test_record_of_all_seeds():
    runs = [finished(3, [1, 5, 9]), finished(1, [5, 9]), finished(2, [0, 5, 7, 9])]
    record = combine(runs)
    assert record["seed"] == 3 and record["title"] == "LeNet-5"
    assert [run["seed"] for run in record["runs"]] == [1, 2, 3]
    assert [run["test_correct"] for run in record["runs"]] == [98, 96, 97]
    assert record["always_wrong"] == [5, 9]


def test_only_the_best_recipe_ships_weights(tmp_path):
    runs = [finished(seed, list(range(seed))) for seed in (1, 2, 3)]
    publish("lenet5", "tutorial", runs, tmp_path)
    assert load_results(tmp_path) == {} and [path.name for path in tmp_path.iterdir()] == ["results.json"]
    publish("lenet5", "best", runs, tmp_path)
    assert load_results(tmp_path, "tutorial")["lenet5"]["seed"] == load_results(tmp_path)["lenet5"]["seed"] == 2
    loaded = load_trained("lenet5", tmp_path)
    assert torch.equal(loaded.features[0].weight, runs[1].model.features[0].weight.half().float())
