"""Whole runs on tiny data: resuming, stopping, diverging, the command line."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from explorer import data
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results, load_trained
from explorer.training import run as runs
from explorer.training.recipe import Recipe

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch_size=8, peak_lr=0.05, flip=True, crop_padding=2, clip_norm=1.0, label_smoothing=0.1)
ROOT = Path(__file__).parents[2]


def random_split(count: int, seed: int = 0) -> runs.Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    return runs.Split(images, torch.arange(count) % 10)


TRAINING, VALIDATION = random_split(36), random_split(20, 1)  # 5 steps an epoch, the last of 4 images


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
def test_resumed_run_equals_an_uninterrupted_one(name, recipe, stop_at, tmp_path):
    whole = runs.new_run(name, recipe, 3, CPU)
    runs.train(whole, TRAINING, VALIDATION)

    path = tmp_path / "state.safetensors"
    first = runs.new_run(name, recipe, 3, CPU)
    with pytest.raises(runs.Interrupted):
        runs.train(first, TRAINING, VALIDATION, save_state=lambda r: runs.write_state(r, path),
                   should_stop=lambda: first.step == stop_at)  # fmt: skip
    torch.manual_seed(stop_at)  # whatever the new process has drawn must not matter
    second = runs.read_state(path, CPU)
    assert second.step == stop_at
    runs.train(second, TRAINING, VALIDATION)

    assert second.step == whole.step == 10
    assert without_seconds(second.curve) == without_seconds(whole.curve)
    for key, tensor in whole.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[key], tensor), key


def test_state_of_a_crash_in_mid_epoch_is_the_last_one_saved(tmp_path):
    """An exception outside the loop's control: the run goes on from its last regular save."""
    path = tmp_path / "state.safetensors"
    run = runs.new_run("softmax", RECIPE, 3, CPU)
    saves = []

    def save(run):
        runs.write_state(run, path)
        saves.append(run.step)

    def crash():
        if run.step == 8:
            raise OSError("power cut")
        return False

    with pytest.raises(OSError, match="power cut"):
        runs.train(run, TRAINING, VALIDATION, save_state=save, should_stop=crash, save_every=0.0)
    assert saves == [1, 2, 3, 4, 5, 5, 6, 7]
    resumed, whole = runs.read_state(path, CPU), runs.new_run("softmax", RECIPE, 3, CPU)
    assert resumed.step == 7 and len(resumed.curve) == 1
    runs.train(resumed, TRAINING, VALIDATION)
    runs.train(whole, TRAINING, VALIDATION)
    assert torch.equal(resumed.model.classifier.weight, whole.model.classifier.weight)


def test_seed_decides_everything_and_training_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    weights = []
    for seed in (1, 1, 2):
        run = runs.new_run("alexnet_small", replace(RECIPE, epochs=1), seed, CPU)
        runs.train(run, TRAINING, VALIDATION)
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


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A working directory with a data set of 70 training and 40 test images; checkpoints/ lies in it too."""
    counts = {"train": 70, "test": 40}
    monkeypatch.setattr(data, "_COUNT", counts)
    monkeypatch.setattr(runs, "VALIDATION_SIZE", 20)
    monkeypatch.setattr(runs, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.chdir(tmp_path)
    data.load_split.cache_clear()
    folder = tmp_path / "fashion"
    folder.mkdir()
    for prefix, count in (("train", 70), ("t10k", 40)):
        split = random_split(count, 5)
        images = struct.pack(">4I", 2051, count, 28, 28) + split.images.numpy().tobytes()
        labels = struct.pack(">2I", 2049, count) + split.labels.to(torch.uint8).numpy().tobytes()
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)
    yield tmp_path
    data.load_split.cache_clear()


def call(*arguments: str) -> int:
    return runs.main([*arguments, "--data-dir", "fashion", "--device", "cpu"])


def test_command_line_trains_records_and_reports(workplace, capsys):
    assert call("--models", "lenet5,softmax", "--epochs", "2", "--seed", "5") == 0
    output = capsys.readouterr().out
    assert output.index("softmax  ") < output.index("lenet5   ")
    results = json.loads((workplace / "checkpoints" / "results.json").read_text())["models"]
    record = results["lenet5"]
    model = load_trained("lenet5", workplace / "checkpoints")
    images, labels = data.load_split("test", "fashion")
    with torch.no_grad():
        predicted = model((images.float() / 255 - 0.2860) / 0.3530).argmax(1)
    assert record["test_correct"] == (predicted == labels).sum().item()
    assert record["test_accuracy"] == record["test_correct"] / 40
    assert record["validation_accuracy"] == record["curve"][-1]["validation_accuracy"]
    assert (record["epochs"], record["seed"], record["num_params"]) == (2, 5, 61_706)
    assert record["recipe"]["epochs"] == len(record["curve"]) == 2
    assert set(record["curve"][0]) == {
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds",
    }  # fmt: skip
    for value in ("61,706", f"{record['test_accuracy']:.2%}", record["hardware"]):
        assert value in output


def test_interrupted_command_goes_on_and_leaves_finished_models_alone(workplace, monkeypatch, capsys):
    assert call("--models", "mlp,lenet5", "--epochs", "3") == 0
    expected = load_results(workplace / "checkpoints")

    step, seen = runs.Run.__setattr__, []

    def press_ctrl_c(self, key, value):
        step(self, key, value)
        if key == "step" and self.name == "mlp" and value == 2 and not seen:
            seen.append(value)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(runs.Run, "__setattr__", press_ctrl_c)
    assert call("--models", "mlp,lenet5", "--epochs", "3") == 130
    assert "python train_all.py --resume --models mlp,lenet5 --data-dir fashion" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert call("--models", "mlp,lenet5", "--resume") == 0
    output = capsys.readouterr().out
    assert "lenet5: finished already" in output and "going on after step 2, in epoch" in output
    results = load_results(workplace / "checkpoints")
    for name in ("mlp", "lenet5"):
        assert results[name]["files"] == expected[name]["files"]
        assert without_seconds(results[name]["curve"]) == without_seconds(expected[name]["curve"])


@pytest.mark.parametrize("option", [("--epochs", "4"), ("--seed", "9")])
def test_resuming_with_other_settings_is_refused(workplace, option, capsys):
    run = runs.new_run("softmax", RECIPE, 3, CPU)
    (workplace / "runs").mkdir()
    runs.write_state(run, workplace / "runs" / "softmax.safetensors")
    assert call("--models", "softmax", "--resume", *option) == 1
    assert f"{option[0]} {option[1]} cannot resume" in capsys.readouterr().err


def test_damaged_state_is_named(workplace, capsys):
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "softmax.safetensors"
    path.write_bytes(b"damaged")
    assert call("--models", "softmax", "--resume") == 1
    assert "softmax.safetensors: not a saved run" in capsys.readouterr().err
    assert call("--models", "softmax", "--epochs", "1") == 0  # afresh, it does not matter


def test_a_model_that_diverges_does_not_stop_the_others(workplace, monkeypatch, capsys):
    recipe_for = runs.recipe_for
    wild = Recipe(epochs=3, peak_lr=1e30)
    monkeypatch.setattr(runs, "recipe_for", lambda name: wild if name == "lenet5" else recipe_for(name))
    assert call("--models", "softmax,lenet5,mlp", "--epochs", "3") == 1
    assert "lenet5: not trained. the loss became" in capsys.readouterr().err
    assert set(load_results(workplace / "checkpoints")) == {"softmax", "mlp"}


def test_smoke_trains_and_keeps_away_from_checkpoints(workplace, capsys):
    assert call("--smoke", "--models", "softmax,alexnet_small,resnet20") == 0
    assert not (workplace / "checkpoints").exists()
    assert set(load_results(workplace / "runs" / "smoke" / "checkpoints")) == {"softmax", "alexnet_small", "resnet20"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "vgg"], "--models must be all or names out of softmax, .*got 'vgg'"),
        (["--epochs", "0"], "--epochs must be >= 1, got 0"),
        (["--device", "tpu"], "--device must be auto, cpu or cuda, got 'tpu'"),
        (["--smoke", "--resume"], "do not go together"),
        (["--data-dir", "nowhere", "--models", "softmax"], "nowhere does not hold Fashion-MNIST"),
    ],
)
def test_bad_arguments_give_one_sentence(workplace, arguments, message, capsys):
    assert runs.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and re.search(message, error)


def test_cheapest_first():
    wanted = ("softmax", "lenet5", "mlp", "alexnet_small", "resnet20", "resnet18", "resnet50", "resnet152")
    order = runs.cheapest_first(MODELS)
    assert tuple(name for name in order if name in wanted) == wanted and sorted(order) == sorted(MODELS)


def test_help_reads_well():
    done = subprocess.run([sys.executable, "train_all.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("--models", "--epochs", "--seed", "--device", "--data-dir", "--resume", "--smoke"):
        assert option in done.stdout


def test_training_needs_no_interface_and_no_plotting():
    code = (
        "import sys, explorer.training.run; "
        "print([name for name in ('gradio', 'plotly', 'matplotlib', 'torchvision', 'captum') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
