"""Whole runs on tiny data: what a run is, and that it can be stopped anywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from explorer.training import run as runs
from explorer.training.recipe import Recipe
from explorer.training.state import read_state, write_state

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch_size=8, peak_lr=0.05, flip=True, crop_padding=2, clip_norm=1.0, label_smoothing=0.1)


def without_seconds(curve: list[dict]) -> list[dict]:
    return [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in curve]


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("alexnet_small", RECIPE),  # dropout
        ("resnet20", replace(RECIPE, autocast=True, channels_last=True)),  # batch normalisation
    ],
)
@pytest.mark.parametrize("stop_at", [1, 5, 7])
def test_resumed_run_equals_an_uninterrupted_one(name, recipe, stop_at, training, validation, tmp_path):
    whole = runs.new_run(name, recipe, 3, CPU)
    runs.train(whole, training, validation)

    path = tmp_path / "state.safetensors"
    first = runs.new_run(name, recipe, 3, CPU)
    with pytest.raises(runs.Interrupted):
        runs.train(first, training, validation, save_state=lambda r: write_state(r, path),
                   should_stop=lambda: first.step == stop_at)  # fmt: skip
    torch.manual_seed(stop_at)  # whatever the new process has drawn must not matter
    second = read_state(path, CPU)
    assert second.step == stop_at
    runs.train(second, training, validation)

    assert second.step == whole.step == 10
    assert without_seconds(second.curve) == without_seconds(whole.curve)
    for key, tensor in whole.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[key], tensor), key


def test_state_of_a_crash_in_mid_epoch_is_the_last_one_saved(training, validation, tmp_path):
    """An exception outside the loop's control: the run goes on from its last regular save."""
    path = tmp_path / "state.safetensors"
    run = runs.new_run("softmax", RECIPE, 3, CPU)
    saves = []

    def save(run):
        write_state(run, path)
        saves.append(run.step)

    def crash():
        if run.step == 8:
            raise OSError("power cut")
        return False

    with pytest.raises(OSError, match="power cut"):
        runs.train(run, training, validation, save_state=save, should_stop=crash, save_every=0.0)
    assert saves == [1, 2, 3, 4, 5, 5, 6, 7]
    resumed, whole = read_state(path, CPU), runs.new_run("softmax", RECIPE, 3, CPU)
    assert resumed.step == 7 and len(resumed.curve) == 1
    runs.train(resumed, training, validation)
    runs.train(whole, training, validation)
    assert torch.equal(resumed.model.classifier.weight, whole.model.classifier.weight)


def test_seed_decides_everything_and_training_leaves_the_random_state_alone(training, validation):
    before = torch.random.get_rng_state()
    weights = []
    for seed in (1, 1, 2):
        run = runs.new_run("alexnet_small", replace(RECIPE, epochs=1), seed, CPU)
        runs.train(run, training, validation)
        weights.append(run.model.classifier[-1].weight)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert torch.equal(before, torch.random.get_rng_state())


def test_training_learns():
    """A task that takes no generalising: which half is bright."""
    images = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    labels = torch.arange(64) % 2
    images[labels == 0, :, :14] = 255
    images[labels == 1, :, 14:] = 255
    split = runs.Split(images, labels)
    run = runs.new_run("lenet5", Recipe(epochs=5, batch_size=8, peak_lr=0.05), 0, CPU)
    runs.train(run, split, split)
    assert run.curve[-1]["validation_accuracy"] == 1.0 and run.curve[-1]["train_loss"] < run.curve[0]["train_loss"]


def test_weight_decay_spares_vectors():
    run = runs.new_run("resnet20", RECIPE, 0, CPU)
    for group in run.optimizer.param_groups:
        assert all((p.ndim > 1) == (group["weight_decay"] > 0) for p in group["params"])
    assert sum(len(group["params"]) for group in run.optimizer.param_groups) == len(list(run.model.parameters()))


def test_confusion_has_true_classes_in_rows():
    class Constant(torch.nn.Module):
        def forward(self, images):
            return torch.nn.functional.one_hot(torch.full((len(images),), 7), 10).float()

    split = runs.Split(torch.zeros(12, 1, 28, 28, dtype=torch.uint8), torch.tensor([2] * 9 + [7] * 3))
    confusion = torch.tensor(runs.measure_confusion(Constant(), split, RECIPE))
    assert confusion[2, 7] == 9 and confusion[7, 7] == 3 and confusion.sum() == 12
