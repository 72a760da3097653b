"""The command line on tiny data: training, stopping, resuming, diverging, and what it says to mistakes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from explorer import data
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results, load_trained
from explorer.training import command
from explorer.training import run as runs
from explorer.training.recipe import TUTORIAL, Recipe
from explorer.training.state import write_state

ROOT = Path(__file__).parents[2]


def call(*arguments: str) -> int:
    return command.main([*arguments, "--data-dir", "fashion", "--device", "cpu"])


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
    assert [run["seed"] for run in record["runs"]] == [5]
    assert record["always_wrong"] == (predicted != labels).nonzero().flatten().tolist()
    assert sum(map(sum, record["confusion"])) == 40
    assert set(record["curve"][0]) == {
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds",
    }  # fmt: skip
    for value in ("61,706", f"{record['test_accuracy']:.2%}", record["hardware"]):
        assert value in output


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
def test_compiled_training_gives_the_same_network_up_to_rounding(workplace, monkeypatch):
    compiled = []
    whole = torch.nn.Module.compile
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, **options: (compiled.append(self), whole(self, **options))
    )
    logits = []
    for options in ((), ("--compile",)):
        assert call("--models", "lenet5", "--epochs", "2", *options) == 0
        images, _ = data.load_split("test", "fashion")
        with torch.no_grad():
            logits.append(load_trained("lenet5", workplace / "checkpoints")(images.float() / 255))
    assert len(compiled) == 1 and compiled[0]._compiled_call_impl is not None
    assert torch.allclose(*logits, atol=0.01)  # the weights are stored in half precision


def test_a_missing_compiler_is_said_before_anything_is_read(workplace, monkeypatch, capsys):
    def refuse(function):
        raise RuntimeError("No working C++ compiler found\nin 3 places")

    monkeypatch.setattr(torch, "compile", refuse)
    assert call("--models", "softmax", "--compile") == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "--compile needs a compiler" in message and "No working C++" in message


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
    told = capsys.readouterr().err
    again = "--models mlp,lenet5 --recipe best --epochs 3 --seed 42 --device cpu --data-dir fashion"
    assert f"python train_all.py --resume {again}" in told
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert call("--models", "mlp,lenet5", "--resume") == 0
    output = capsys.readouterr().out
    assert "lenet5, seed 42: finished already" in output and "going on after step 2, in epoch" in output
    results = load_results(workplace / "checkpoints")
    for name in ("mlp", "lenet5"):
        assert results[name]["files"] == expected[name]["files"]
        for new, old in zip(results[name]["curve"], expected[name]["curve"], strict=True):
            assert {**new, "seconds": 0} == {**old, "seconds": 0}


def test_several_seeds_ship_the_median_and_say_how_far_they_lie_apart(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2,3") == 0
    record = load_results(workplace / "checkpoints")["softmax"]
    correct = sorted(run["test_correct"] for run in record["runs"])
    assert [run["seed"] for run in record["runs"]] == [1, 2, 3] and record["test_correct"] == correct[1]
    spread = torch.tensor(correct, dtype=torch.float64) / 40 * 100
    assert f"{spread.mean():.2f} +- {spread.std():.2f} %" in capsys.readouterr().out
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2,3", "--resume") == 0
    assert capsys.readouterr().out.count("finished already") == 3
    assert load_results(workplace / "checkpoints")["softmax"] == record


def test_the_tutorials_protocol_is_recorded_beside_and_ships_nothing(workplace, capsys):
    assert call("--models", "softmax", "--recipe", "tutorial", "--epochs", "2") == 0
    assert load_results(workplace / "checkpoints") == {}
    record = load_results(workplace / "checkpoints", "tutorial")["softmax"]
    assert record["recipe"] == {**asdict(TUTORIAL), "epochs": 2}
    assert not list((workplace / "checkpoints").glob("*.safetensors"))
    assert f"{record['test_accuracy']:.2%}" in capsys.readouterr().out


@pytest.mark.parametrize("option", [("--epochs", "4")])
def test_resuming_with_other_settings_is_refused(workplace, option, capsys):
    run = runs.new_run("softmax", Recipe(epochs=2), 42, torch.device("cpu"))
    (workplace / "runs").mkdir()
    write_state(run, workplace / "runs" / "softmax-best-42.safetensors")
    assert call("--models", "softmax", "--resume", *option) == 1
    assert f"{option[0]} {option[1]} cannot resume" in capsys.readouterr().err


def test_damaged_state_is_named(workplace, capsys):
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "softmax-best-42.safetensors"
    path.write_bytes(b"damaged")
    assert call("--models", "softmax", "--resume") == 1
    assert "softmax-best-42.safetensors: not a saved run" in capsys.readouterr().err
    assert call("--models", "softmax", "--epochs", "1") == 0  # afresh, it does not matter


def test_a_model_that_diverges_does_not_stop_the_others(workplace, monkeypatch, capsys):
    recipe_for = command.recipe_for
    wild = Recipe(epochs=3, peak_lr=1e30)
    monkeypatch.setattr(command, "recipe_for", lambda name, recipe: wild if name == "lenet5" else recipe_for(name))
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
        (["--recipe", "fast"], "--recipe must be one of best, tutorial, got 'fast'"),
        (["--seed", "1,b"], "--seed must be whole numbers with commas between, got '1,b'"),
        (["--epochs", "0"], "--epochs must be >= 1, got 0"),
        (["--device", "tpu"], "--device must be auto, cpu or cuda, got 'tpu'"),
        (["--smoke", "--resume"], "do not go together"),
        (["--data-dir", "nowhere", "--models", "softmax"], "nowhere does not hold Fashion-MNIST"),
    ],
)
def test_bad_arguments_give_one_sentence(workplace, arguments, message, capsys):
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and re.search(message, error)


def test_cheapest_first():
    wanted = ("softmax", "lenet5", "mlp", "alexnet_small", "resnet20", "resnet18", "resnet50", "resnet152")
    order = command.cheapest_first(MODELS)
    assert tuple(name for name in order if name in wanted) == wanted and sorted(order) == sorted(MODELS)


def test_help_reads_well():
    order = [sys.executable, "train_all.py", "--help"]
    done = subprocess.run(order, cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("--models", "--recipe", "--epochs", "--seed", "--device", "--data-dir", "--resume", "--smoke"):
        assert option in done.stdout


def test_training_needs_no_interface_and_no_plotting():
    code = (
        "import sys, explorer.training.command; "
        "print([name for name in ('gradio', 'plotly', 'matplotlib', 'torchvision', 'captum') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
