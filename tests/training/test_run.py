"""Whole runs on tiny data: what a run is, and that it can be stopped anywhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from explorer.training import packing, splits
from explorer.training import run as runs
from explorer.training.finished import finish
from explorer.training.machine import adapt_to_device
from explorer.training.recipe import TUTORIAL, Recipe
from explorer.training.splits import Split
from explorer.training.state import StateError, read_facts, read_finished, read_state, write_finished, write_state

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch_size=8, peak_lr=0.05, flip=True, crop_padding=2, clip_norm=1.0, label_smoothing=0.1)


def without_seconds(curve: list[dict]) -> list[dict]:
    return [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in curve]


SIDES = {"resnet20": 14}  # smaller images where the network takes them: most processors emulate bfloat16


def cut(split: Split, name: str) -> Split:
    """A corner of each image, as large as a network is trained with here."""
    side = SIDES.get(name, 28)
    return Split(split.images[..., :side, :side].contiguous(), split.labels)


@pytest.fixture(scope="module")
def train_whole(training, validation):
    """`train_whole("lenet5", recipe)` trains without being stopped, each network once."""

    @cache
    def train_once(name: str, recipe: Recipe) -> runs.Run:
        whole = runs.new_run(name, recipe, 3, CPU)
        runs.train(whole, cut(training, name), cut(validation, name))
        return whole

    return train_once


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("alexnet_small", RECIPE),  # dropout
        ("resnet20", replace(RECIPE, autocast=True, channels_last=True)),  # batch normalisation
        ("lenet5", replace(RECIPE, erase=0.5, cutmix=0.5, average=0.9, keep_best=True, augment_validation=True)),
    ],
)
@pytest.mark.parametrize("stop_at", [1, 5, 7])
def test_resumed_run_equals_an_uninterrupted_one(name, recipe, stop_at, training, validation, train_whole, tmp_path):
    whole = train_whole(name, recipe)
    training, validation = cut(training, name), cut(validation, name)
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
    for key, tensor in whole.measured.state_dict().items():
        assert torch.equal(second.measured.state_dict()[key], tensor), key
    assert (whole.best is None) == (second.best is None)
    assert all(torch.equal(second.best[key], tensor) for key, tensor in (whole.best or {}).items())


def test_an_unfinished_run_of_the_version_before_goes_on(training, validation, tmp_path):
    """It has words for the machines instead of records."""
    path = tmp_path / "state.safetensors"
    whole, first = (runs.new_run("lenet5", RECIPE, 3, CPU) for _ in range(2))
    runs.train(whole, training, validation)
    with pytest.raises(runs.Interrupted):
        runs.train(first, training, validation, save_state=lambda r: write_state(r, path),
                   should_stop=lambda: first.step == 7)  # fmt: skip
    facts = {**read_facts(path), "format": 2, "hardware": ["abacus, 2 threads", "bier, compiled"]}
    save_file(load_file(path), path, metadata={"run": json.dumps(facts)})
    second = read_state(path, CPU)
    runs.train(second, training, validation)
    assert [machine.name for machine in second.hardware[:2]] == ["abacus, 2 threads", "bier, compiled"]
    assert second.hardware[2:] == whole.hardware and without_seconds(second.curve) == without_seconds(whole.curve)


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
    split = Split(images, labels)
    run = runs.new_run("lenet5", Recipe(epochs=5, batch_size=8, peak_lr=0.05), 0, CPU)
    runs.train(run, split, split)
    assert run.curve[-1]["validation_accuracy"] == 1.0 and run.curve[-1]["train_loss"] < run.curve[0]["train_loss"]


def test_weight_decay_spares_vectors():
    run = runs.new_run("resnet20", RECIPE, 0, CPU)
    for group in run.optimizer.param_groups:
        assert all((p.ndim > 1) == (group["weight_decay"] > 0) for p in group["params"])
    assert sum(len(group["params"]) for group in run.optimizer.param_groups) == len(list(run.model.parameters()))


def test_the_tutorials_recipe_decays_vectors_too():
    run = runs.new_run("resnet20", TUTORIAL, 0, CPU)
    assert [group["weight_decay"] for group in run.optimizer.param_groups] == [1e-4, 1e-4]


def test_the_tutorials_split_is_torchs(monkeypatch):
    """Its `random_split(full_train, [54000, 6000], generator=manual_seed(42))`."""
    monkeypatch.setattr(splits, "load_split", lambda *_: (torch.zeros(60_000, 1), torch.arange(60_000)))
    learn, validate = torch.utils.data.random_split(
        range(60_000), [54_000, 6_000], generator=torch.Generator().manual_seed(42)
    )
    ours = splits.split_training_images(CPU, None)
    assert ours[0].labels.tolist() == list(learn) and ours[1].labels.tolist() == list(validate)


@pytest.mark.parametrize(("name", "key"), [("softmax", "classifier.weight"), ("resnet20", "layer1.0.bn1.running_var")])
def test_moving_average_against_its_formula(name, key, training, validation):
    """w_avg <- d w_avg + (1 - d) w after each step, beginning with the weights after the first; so do statistics."""
    run = runs.new_run(name, replace(RECIPE, epochs=1, average=0.8), 0, CPU)
    seen = []

    def look() -> bool:
        seen.append(run.model.state_dict()[key].clone())
        return False

    runs.train(run, training, validation, should_stop=look)
    expected = seen[0]
    for tensor in seen[1:5]:
        expected = 0.8 * expected + 0.2 * tensor
    torch.testing.assert_close(run.measured.state_dict()[key], expected)
    assert not torch.allclose(run.measured.state_dict()[key], run.model.state_dict()[key])


def test_a_slow_disk_does_not_make_every_step_save(training, validation, monkeypatch):
    """A step takes a second here, a save 20: with one asked for every 10 seconds, there is one an epoch of 5 steps."""
    clock, saves = [0.0], []
    monkeypatch.setattr(runs.time, "perf_counter", lambda: clock[0])

    def step() -> bool:
        clock[0] += 1
        return False

    def save(run) -> None:
        saves.append(run.step)
        clock[0] += 20

    run = runs.new_run("softmax", replace(RECIPE, epochs=3), 0, CPU)
    runs.train(run, training, validation, save_state=save, should_stop=step, save_every=10)
    assert saves == [5, 10, 15]


def test_early_stopping_keeps_the_best_epoch(training, validation, monkeypatch):
    accuracies = iter([0.3, 0.5, 0.4, 0.5, 0.2, 0.9])
    weights = []

    def validate(run, _):
        weights.append(run.model.classifier.weight.detach().clone())
        return 1.0, next(accuracies)

    monkeypatch.setattr(runs, "_validate", validate)
    run = runs.new_run("softmax", replace(RECIPE, epochs=20, patience=3, keep_best=True), 0, CPU)
    assert not run.is_over
    runs.train(run, training, validation)
    assert (len(run.curve), run.best_epoch, run.kept_epoch, run.is_over) == (5, 2, 2, True)
    assert torch.equal(run.best["classifier.weight"], weights[1])
    finished = finish(run, validation, validation, CPU)
    assert torch.equal(finished.model.classifier.weight, weights[1].half().float())
    assert (finished.record["epochs"], finished.record["kept_epoch"]) == (5, 2)
    assert finished.record["validation_accuracy"] == 0.5


@pytest.mark.parametrize(("features", "fast"), [({}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True)])
def test_bfloat16_only_where_the_processor_computes_in_it(features, fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    assert adapt_to_device(replace(RECIPE, autocast=True), CPU) == replace(RECIPE, autocast=fast)
    assert adapt_to_device(RECIPE, CPU) == RECIPE


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("features", [{"avx512_bf16": True}, {"amx_bf16": True}])
def test_small_maps_are_packed_where_a_run_computes_in_tiles(features, autocast, training, validation, monkeypatch):
    packed = []
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    monkeypatch.setattr(packing, "MIN_CHANNELS", 16)
    whole = packing.pack_row
    monkeypatch.setattr(
        packing, "pack_row", lambda images, period: packed.append(images.shape) or whole(images, period)
    )
    run = runs.new_run("resnet20", replace(RECIPE, epochs=1, autocast=autocast, channels_last=True), 0, CPU)
    runs.train(run, training, validation)
    assert bool(packed) == (autocast and "amx_bf16" in features)
    # The third stage, seven wide: six convolutions, and the one that leads there; 36 images in batches of 8, then 20.
    assert len(packed) in (0, 6 * (5 + 1))
    assert not run.model.layer3[0].conv1._forward_pre_hooks


def test_a_finished_run_is_measured_with_its_stored_weights(training, validation, tmp_path):
    run = runs.new_run("lenet5", replace(RECIPE, epochs=1), 0, CPU)
    runs.train(run, training, validation)
    finished = finish(run, validation, training, CPU)
    with torch.no_grad():
        pixels = (training.images.float() / 255 - 0.2860) / 0.3530
        logits = finished.model(pixels)
        both = logits.softmax(1) + finished.model(pixels.flip(-1)).softmax(1)
    assert torch.equal(finished.model.features[0].weight, run.model.features[0].weight.half().float())
    assert finished.wrong == (logits.argmax(1) != training.labels).nonzero().flatten().tolist()
    record = finished.record
    assert record["test_correct"] == 36 - len(finished.wrong) and record["test_accuracy"] == record["test_correct"] / 36
    assert record["flip_accuracy"] == pytest.approx((both.argmax(1) == training.labels).float().mean().item())
    write_finished(finished, "lenet5", tmp_path / "run")
    again = read_finished(tmp_path / "run")
    assert again.wrong == finished.wrong and again.record == finished.record and not again.model.training
    for key, tensor in finished.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], tensor)


def rewrite_facts(path, change) -> None:
    """Store the same tensors with other facts."""
    with safe_open(path, framework="pt") as stored:
        facts = json.loads(stored.metadata()["run"])
        tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - it is not a mapping
    save_file(tensors, path, metadata={"run": json.dumps(change(facts))})


def without(name: str):
    return lambda facts: {key: value for key, value in facts.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        *(without(name) for name in ("name", "recipe", "seed", "step", "curve", "totals", "seconds")),
        lambda facts: {**facts, "name": "nothing"},
        lambda facts: {**facts, "totals": 5},
        lambda facts: [],
        lambda facts: None,
    ],
)
def test_a_saved_run_that_lacks_something_is_refused_by_its_name(tmp_path, change):
    path = tmp_path / "run.safetensors"
    write_state(runs.new_run("softmax", RECIPE, 3, CPU), path)
    rewrite_facts(path, change)
    with pytest.raises(StateError, match=re.escape(str(path))):
        read_state(path, CPU)
