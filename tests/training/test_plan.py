"""What a plan decides from the folders alone: how a run begins, and what is left as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from explorer.models import catalogue
from explorer.models.catalogue import MODELS, ModelEntry
from explorer.models.checkpoints import save_record
from explorer.training.finished import Finished
from explorer.training.plan import (
    Beginning,
    Plan,
    RunError,
    cheapest_first,
    find_refused,
    is_trained_further,
    plan_start,
)
from explorer.training.recipe import recipe_for
from explorer.training.run import new_run
from explorer.training.state import StateError, write_finished, write_state

CPU = torch.device("cpu")


@pytest.fixture
def plan(tmp_path):
    return Plan(
        names=("softmax",), recipe="best", epochs=None, seeds=(42, 43), device=CPU, data_dir=None, resume=True,
        warm_start=False, smoke=False, compiled=False, bfloat16=False,
        checkpoints=tmp_path / "checkpoints", runs=tmp_path / "runs",
    )  # fmt: skip


def save_run(plan: Plan, seed: int, is_finished: bool = False, **changes) -> None:
    """The saved run of softmax regression by its own recipe, except for the changes."""
    run = new_run("softmax", replace(recipe_for("softmax"), **changes), seed, CPU)
    if not is_finished:
        write_state(run, plan.state_path("softmax", seed))
        return
    record = {"seed": seed, "recipe": vars(run.recipe), "test_correct": 8000 + seed, "seconds": 60.0}
    write_finished(Finished(record, [], run.model, is_published=True), "softmax", plan.state_path("softmax", seed))


def test_how_a_run_begins(plan):
    def beginning(**changes) -> Beginning:
        return plan_start("softmax", 42, replace(plan, **changes)).beginning

    assert beginning() is Beginning.NOTHING_SAVED and beginning(resume=False) is Beginning.FRESH
    save_run(plan, 42)
    assert beginning() is Beginning.RESUMES and beginning(resume=False) is Beginning.REPLACES
    assert beginning(resume=False, smoke=True) is Beginning.FRESH
    save_run(plan, 42, is_finished=True)
    assert beginning() is Beginning.FINISHED
    start = plan_start("softmax", 42, plan)
    assert (start.path, start.recipe) == (plan.runs / "softmax-best-42.safetensors", recipe_for("softmax"))


def test_the_recipe_follows_the_options(plan):
    own = recipe_for("softmax")
    assert replace(plan, epochs=3).recipe_of("softmax") == replace(own, epochs=3)
    assert replace(plan, smoke=True).recipe_of("softmax") == replace(own, epochs=1, batch_size=8)
    assert replace(plan, warm_start=True).recipe_of("softmax").peak_lr < own.peak_lr


def test_saved_runs_that_cannot_be_gone_on_with_are_found_before_anything_is_trained(plan):
    save_run(plan, 42, peak_lr=0.7)
    assert find_refused(replace(plan, resume=False)) == {}
    plan.state_path("softmax", 43).write_bytes(b"damaged")
    refused = find_refused(plan)
    assert {seed: type(error) for (_, seed), error in refused.items()} == {42: RunError, 43: StateError}
    assert "was started with peak_lr 0.7" in str(refused["softmax", 42])


def test_a_network_is_trained_further_only_while_no_other_run_of_it_was_begun(plan):
    save_run(plan, 42, is_finished=True)
    first = {"seed": 42, "recipe": vars(recipe_for("softmax")), "test_correct": 8042, "seconds": 60.0}
    save_record("softmax", first, plan.checkpoints)
    assert not is_trained_further("softmax", plan)
    save_record("softmax", {**first, "cycles": [first, {**first, "test_correct": 8100}]}, plan.checkpoints)
    assert is_trained_further("softmax", plan)
    for changes in ({"resume": False}, {"warm_start": True}, {"recipe": "tutorial"}, {"seeds": (43,)}, {"epochs": 3}):
        assert not is_trained_further("softmax", replace(plan, **changes)), changes
    save_run(plan, 43)
    assert not is_trained_further("softmax", plan)


def test_cheapest_first():
    wanted = ("softmax", "lenet5", "mlp", "alexnet_small", "resnet20", "resnet18", "resnet50", "resnet152")
    order = cheapest_first(MODELS)
    assert tuple(name for name in order if name in wanted) == wanted and sorted(order) == sorted(MODELS)


def test_a_network_that_looks_at_numbers_while_it_is_built_is_refused_before_it_is_trained(monkeypatch):
    class LooksAtNumbers(torch.nn.Linear):
        def __init__(self):
            super().__init__(int(torch.tensor(3).item()), 2)

    own = {**MODELS, "own": ModelEntry("own", "Own", LooksAtNumbers, 1, lends_filters=False, is_compared=False)}
    monkeypatch.setattr(catalogue, "MODELS", own)
    with pytest.raises(RunError, match="own cannot be trained: its constructor looks at numbers"):
        cheapest_first(["softmax", "own"])
