"""The command line on tiny data: training, stopping, resuming, diverging, and what it says to mistakes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from explorer import data
from explorer.models import checkpoints
from explorer.models.always_wrong import load_always_wrong
from explorer.models.checkpoints import load_results, load_trained
from explorer.models.seeds import Machine, machines_of
from explorer.training import command, lifecycle, machine, plan
from explorer.training import recipe as recipes
from explorer.training import run as runs
from explorer.training.card import describe_machines, draw_card
from explorer.training.loop import TrainingBatches, derive_seed
from explorer.training.machine import identify_machine
from explorer.training.recipe import TUTORIAL, Recipe, recipe_for, warm_restart
from explorer.training.state import write_state

ROOT = Path(__file__).parents[2]
ABACUS, SLIDE_RULE = Machine("Abacus", 2, False), Machine("Slide rule", 1, False)


def call(*arguments: str) -> int:
    return command.main([*arguments, "--data-dir", "fashion", "--device", "cpu"])


def press_ctrl_c_at(monkeypatch, name: str, number: int) -> None:
    """Once, when a network's run has made that many steps."""
    set_attribute, seen = runs.Run.__setattr__, []

    def press(self, key, value):
        set_attribute(self, key, value)
        if key == "step" and self.name == name and value == number and not seen:
            seen.append(value)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(runs.Run, "__setattr__", press)


def test_command_line_trains_records_and_reports(workplace, capsys):
    assert call("--models", "lenet5,softmax", "--epochs", "2", "--seed", "5") == 0
    output = capsys.readouterr().out
    assert output.index("softmax  ") < output.index("lenet5   ")
    results = json.loads((workplace / "runs" / "checkpoints" / "results.json").read_text())["models"]
    record = results["lenet5"]
    model = load_trained("lenet5", workplace / "runs" / "checkpoints")
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
    for value in ("61,706", f"{record['test_accuracy']:.2%}", describe_machines(machines_of([record]))):
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
            logits.append(load_trained("lenet5", workplace / "runs" / "checkpoints")(images.float() / 255))
        (recorded,) = load_results(workplace / "runs" / "checkpoints")["lenet5"]["hardware"]
        assert recorded == {**asdict(identify_machine(torch.device("cpu"))), "compiled": bool(options)}
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
    expected, handler = load_results(workplace / "runs" / "checkpoints"), signal.getsignal(signal.SIGINT)
    press_ctrl_c_at(monkeypatch, "mlp", 2)
    (workplace / "runs" / "checkpoints" / "README.md").unlink()
    (workplace / "runs" / "checkpoints" / "always_wrong.safetensors").unlink()
    assert call("--models", "mlp,lenet5", "--epochs", "3") == 130
    told = capsys.readouterr().err
    stopped = load_results(workplace / "runs" / "checkpoints")  # with the new lenet5, which was finished
    assert (workplace / "runs" / "checkpoints" / "README.md").read_text() == draw_card(stopped, {})
    indices = set.intersection(*(set(record["always_wrong"]) for record in stopped.values()))
    assert load_always_wrong(workplace / "runs" / "checkpoints").indices.tolist() == sorted(indices)
    again = "--models mlp,lenet5 --recipe best --epochs 3 --device cpu --data-dir fashion"
    assert f"python train_all.py --resume {again}" in told
    assert signal.getsignal(signal.SIGINT) is handler
    assert call("--models", "mlp,lenet5", "--epochs", "3", "--resume") == 0
    output = capsys.readouterr().out
    assert "lenet5, seed 42: finished already" in output and "going on after step 2, in epoch" in output
    results = load_results(workplace / "runs" / "checkpoints")
    for name in ("mlp", "lenet5"):
        assert results[name]["files"] == expected[name]["files"]
        for new, old in zip(results[name]["curve"], expected[name]["curve"], strict=True):
            assert {**new, "seconds": 0} == {**old, "seconds": 0}


def test_several_seeds_ship_the_median_and_say_how_far_they_lie_apart(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2,3") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    correct = sorted(run["test_correct"] for run in record["runs"])
    assert [run["seed"] for run in record["runs"]] == [1, 2, 3] and record["test_correct"] == correct[1]
    spread = torch.tensor(correct, dtype=torch.float64) / 40 * 100
    assert f"{spread.mean():.2f} +- {spread.std():.2f} %" in capsys.readouterr().out
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2,3", "--resume") == 0
    assert capsys.readouterr().out.count("finished already") == 3
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == record


def test_seeds_that_were_trained_one_by_one_are_put_together(workplace, capsys):
    options = ("--models", "softmax", "--epochs", "1", "--seed")
    assert call(*options, "1") == call(*options, "2") == 0
    assert call(*options, "1,2", "--resume") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert [run["seed"] for run in record["runs"]] == [1, 2]
    assert capsys.readouterr().out.count("finished already") == 2


def test_a_warm_start_goes_on_from_the_shipped_weights(workplace, monkeypatch, capsys):
    folder = workplace / "runs" / "checkpoints"
    assert call("--models", "lenet5", "--epochs", "2", "--seed", "3") == 0
    before, weights = load_results(folder)["lenet5"], load_trained("lenet5", folder).state_dict()
    before["seconds"] = before["curve"][-1]["seconds"] = 100.0
    checkpoints.save_record("lenet5", before, folder)
    starts, orders, dropout = [], [], []

    def restart(*arguments):
        run = runs.restart_run(*arguments)
        starts.append({key: tensor.clone() for key, tensor in run.model.state_dict().items()})
        return run

    def shuffle(images, labels, recipe, seed, epoch, first_batch):
        orders.append((seed, epoch))
        return TrainingBatches(images, labels, recipe, seed, epoch, first_batch)

    def derive(seed, purpose, index):
        dropout.extend([seed] if purpose == "dropout" else [])
        return derive_seed(seed, purpose, index)

    monkeypatch.setattr(lifecycle, "restart_run", restart)
    monkeypatch.setattr(runs, "TrainingBatches", shuffle)
    monkeypatch.setattr(runs, "derive_seed", derive)
    assert call("--models", "lenet5", "--epochs", "3", "--warm-start") == 0
    assert all(torch.equal(starts[0][key], tensor) for key, tensor in weights.items())
    assert [epoch for _, epoch in orders] == [0, 1, 2]
    assert set(dropout) == {seed for seed, _ in orders} and orders[0][0] != 3
    after = load_results(folder)["lenet5"]
    first, last = after["cycles"]
    assert (after["seed"], first["seed"], last["seed"]) == (3, 3, 3)
    assert after["recipe"] == last["recipe"] == {**asdict(warm_restart(Recipe(**before["recipe"]))), "epochs": 3}
    assert first == {key: before[key] for key in first} and first["seconds"] == 100.0
    assert after["curve"][:2] == before["curve"] and after["epochs"] == after["kept_epoch"] == len(after["curve"]) == 5
    assert after["seconds"] == after["curve"][-1]["seconds"] == round(100 + last["seconds"], 1) > 99
    assert [cycle["epochs"] for cycle in after["cycles"]] == [2, 3]
    assert " Then one more cycle from these weights: " in (folder / "README.md").read_text()
    assert call("--models", "lenet5", "--epochs", "1", "--warm-start") == 0
    assert [cycle["epochs"] for cycle in load_results(folder)["lenet5"]["cycles"]] == [2, 3, 1]
    assert len({seed for seed, _ in orders}) == 2


def test_a_warm_start_takes_the_seed_that_is_shipped_and_says_which_go(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "7,8,9") == 0
    shipped = load_results(workplace / "runs" / "checkpoints")["softmax"]["seed"]
    others = sorted({7, 8, 9} - {shipped})
    capsys.readouterr()
    assert call("--models", "softmax", "--epochs", "1", "--warm-start") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert record["seed"] == shipped and [run["seed"] for run in record["runs"]] == [shipped]
    assert f"no longer holds seed {others[0]}, {others[1]} of an earlier training" in capsys.readouterr().out


def test_a_warm_start_can_be_interrupted(workplace, monkeypatch, capsys):
    assert call("--models", "softmax", "--epochs", "1") == 0
    shutil.copytree(workplace / "runs" / "checkpoints", workplace / "kept")
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 0
    expected = load_results(workplace / "runs" / "checkpoints")["softmax"]
    shutil.copytree(workplace / "kept", workplace / "runs" / "checkpoints", dirs_exist_ok=True)
    checkpoints._load_cached.cache_clear()
    press_ctrl_c_at(monkeypatch, "softmax", 1)
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 130
    again = "--resume --models softmax --recipe best --epochs 2 --device cpu --data-dir fashion --warm-start"
    assert f"python train_all.py {again}\n" in capsys.readouterr().err
    assert call("--models", "softmax", "--epochs", "2", "--warm-start", "--resume") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert "going on after step 1, in epoch 1 of 2" in capsys.readouterr().out
    assert record["files"] == expected["files"] and len(record["cycles"]) == 2
    assert call("--models", "softmax", "--epochs", "2", "--warm-start", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == record


def test_resuming_does_not_undo_a_warm_start(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "2") == 0
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 0
    further = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == further
    assert "softmax: trained further since, by --warm-start" in capsys.readouterr().out
    assert call("--models", "softmax", "--epochs", "3", "--resume") == 1  # another recipe: its own affair
    shutil.rmtree(workplace / "runs")  # as in a fresh clone, with a record from before there was every setting
    further["cycles"][0]["recipe"].pop("cutmix")
    checkpoints.save_record("softmax", further, workplace / "runs" / "checkpoints")
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == further
    assert call("--models", "softmax", "--epochs", "2", "--seed", "42,43", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == further
    assert call("--models", "softmax", "--epochs", "2", "--seed", "43", "--resume") == 0
    assert "cycles" not in load_results(workplace / "runs" / "checkpoints")["softmax"]


def test_a_fresh_run_after_a_warm_start_can_be_gone_on_with(workplace, monkeypatch, capsys):
    """By the command that is printed when it is interrupted, or when the disk was full as it was to be stored."""
    publish, folder = lifecycle.publish, workplace / "runs" / "checkpoints"
    assert call("--models", "softmax", "--epochs", "2") == 0
    record = load_results(folder)["softmax"]
    checkpoints.save_record("softmax", {**record, "seconds": 100.0}, folder)  # or the new one would be like it
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 0
    press_ctrl_c_at(monkeypatch, "softmax", 1)
    assert call("--models", "softmax", "--epochs", "2") == 130
    assert "To go on: python train_all.py --resume --models softmax" in capsys.readouterr().err
    monkeypatch.setattr(lifecycle, "publish", fill_the_disk)
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 1
    monkeypatch.setattr(lifecycle, "publish", publish)
    assert len(load_results(folder)["softmax"]["cycles"]) == 2
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 0
    assert "cycles" not in load_results(folder)["softmax"]


def test_several_seeds_do_not_undo_a_warm_start_and_can_be_gone_on_with(workplace, monkeypatch):
    seeds, folder = ("--models", "softmax", "--epochs", "2", "--seed", "42,43"), workplace / "runs" / "checkpoints"
    assert call(*seeds) == 0
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 0
    further = load_results(folder)["softmax"]
    first = further["cycles"][0]["seed"]
    assert call(*seeds, "--resume") == 0 and load_results(folder)["softmax"] == further
    press_ctrl_c_at(monkeypatch, "softmax", 1)
    assert call(*seeds) == 130
    assert call(*seeds, "--resume") == 0
    runs_now = load_results(folder)["softmax"]["runs"]
    assert [run["seed"] for run in runs_now] == [42, 43] and first in (42, 43)


def fill_the_disk(*_given):
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


def test_a_card_that_cannot_be_written_is_named(workplace, monkeypatch, capsys):
    monkeypatch.setattr(lifecycle, "write_card", fill_the_disk)
    assert call("--models", "softmax,mlp", "--epochs", "1") == 1
    told = capsys.readouterr()
    assert "The card of the weights is not up to date. somewhere: No space left on device" in told.err
    assert re.search(r"^softmax  .*^mlp  ", told.out, re.MULTILINE | re.DOTALL)
    press_ctrl_c_at(monkeypatch, "mlp", 1)
    assert call("--models", "softmax,mlp", "--epochs", "1") == 130
    assert "not up to date" in (told := capsys.readouterr().err) and "To go on: python train_all.py" in told


def test_a_warm_start_from_weights_that_are_gone_is_not_gone_on_with(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1") == 0
    assert call("--models", "softmax", "--epochs", "2", "--warm-start") == 0
    assert call("--models", "softmax", "--epochs", "1", "--seed", "5") == 0
    fresh = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert call("--models", "softmax", "--epochs", "2", "--warm-start", "--resume") == 1
    assert "softmax-best-warm.safetensors was started from other weights than lie in" in capsys.readouterr().err
    assert load_results(workplace / "runs" / "checkpoints")["softmax"] == fresh


def test_a_warm_start_without_weights_says_so(workplace, capsys):
    assert call("--models", "softmax", "--warm-start") == 1
    assert "softmax: not trained. " in (told := capsys.readouterr().err) and "no trained softmax is recorded" in told
    assert call("--models", "softmax", "--epochs", "1") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    record.pop("versions")
    checkpoints.save_record("softmax", record, workplace / "runs" / "checkpoints")
    assert call("--models", "softmax", "--epochs", "1", "--warm-start") == 1
    assert "the record of softmax lacks 'versions'; train it afresh" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seed", "1,2"), "leave out --seed, got '1,2'"),
        (("--recipe", "tutorial"), "must have --recipe best, medium or short, got 'tutorial'"),
        (("--smoke",), "--smoke and --warm-start do not go together"),
    ],
)
def test_what_does_not_go_with_a_warm_start(options, told, workplace, capsys):
    assert call("--models", "softmax", "--warm-start", *options) == 2
    assert told in capsys.readouterr().err


def test_resuming_fewer_seeds_leaves_the_record_of_all_alone(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "42,43,44") == 0
    expected = (workplace / "runs" / "checkpoints" / "results.json").read_bytes()
    assert call("--models", "softmax", "--epochs", "1", "--resume") == 0
    assert (workplace / "runs" / "checkpoints" / "results.json").read_bytes() == expected
    assert "no longer holds" not in capsys.readouterr().out


def test_resuming_an_older_run_does_not_put_its_weights_back(workplace, monkeypatch):
    monkeypatch.setitem(recipes._RECIPES, "lenet5", recipe_for("resnet18"))
    for recipe in ("short", "medium"):
        assert call("--models", "lenet5", "--epochs", "1", "--recipe", recipe) == 0
    expected = load_results(workplace / "runs" / "checkpoints")
    assert call("--models", "lenet5", "--epochs", "1", "--recipe", "short", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints") == expected
    (weights,) = workplace.glob("runs/checkpoints/lenet5-*.safetensors")
    weights.write_bytes(b"damaged")
    assert call("--models", "lenet5", "--epochs", "1", "--recipe", "short", "--resume") == 0
    assert load_trained("lenet5", workplace / "runs" / "checkpoints")  # then the finished run is better than nothing


def test_a_run_killed_before_its_first_step_can_be_gone_on_with(workplace, monkeypatch):
    """Also where the network that is shipped was trained further since the same run was made before."""
    assert call("--models", "softmax", "--epochs", "1") == 0
    assert call("--models", "softmax", "--epochs", "1", "--warm-start") == 0
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "train", _stop)
        assert call("--models", "softmax", "--epochs", "1") == 130
    assert load_results(workplace / "runs" / "checkpoints")["softmax"]["epochs"] == 2
    assert call("--models", "softmax", "--epochs", "1", "--resume") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert record["epochs"] == 1 and "cycles" not in record


def _stop(*args, **options):
    raise KeyboardInterrupt


def test_damaged_results_are_noticed_before_the_training(workplace, capsys):
    (workplace / "runs" / "checkpoints").mkdir(parents=True)
    (workplace / "runs" / "checkpoints" / "results.json").write_text("<<<<<<< HEAD")
    assert call("--models", "softmax", "--epochs", "1") == 2
    assert "damaged" in capsys.readouterr().err and not list((workplace / "runs").glob("*.safetensors"))


def test_a_network_that_runs_out_of_memory_leaves_the_others(workplace, monkeypatch, capsys):
    train = lifecycle.train

    def train_small(run, *args, **options):
        if run.name == "mlp":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate\n9 GiB")
        train(run, *args, **options)

    monkeypatch.setattr(lifecycle, "train", train_small)
    assert call("--models", "mlp,lenet5,softmax", "--epochs", "1") == 1
    assert set(load_results(workplace / "runs" / "checkpoints")) == {"softmax", "lenet5"}
    assert "mlp, seed 42: not trained. CUDA out of memory. Tried to allocate\n" in capsys.readouterr().err


def test_each_network_is_in_the_card_before_the_next_is_trained(workplace, monkeypatch):
    cards, train = {}, lifecycle.train

    def look(run, *args, **options):
        path = workplace / "runs" / "checkpoints" / "README.md"
        cards[run.name] = path.read_text() if path.is_file() else ""
        train(run, *args, **options)

    monkeypatch.setattr(lifecycle, "train", look)
    assert call("--models", "softmax,lenet5", "--epochs", "1") == 0
    assert cards["softmax"] == "" and "Softmax regression" in cards["lenet5"]


def test_every_machine_that_trained_a_run_is_recorded(workplace, monkeypatch):
    monkeypatch.setattr(runs, "identify_machine", lambda *given: ABACUS)
    press_ctrl_c_at(monkeypatch, "softmax", 2)
    assert call("--models", "softmax", "--epochs", "2") == 130
    monkeypatch.setattr(runs, "identify_machine", lambda *given: SLIDE_RULE)
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 0
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert record["hardware"] == record["runs"][0]["hardware"] == [asdict(ABACUS), asdict(SLIDE_RULE)]
    assert (
        "on Abacus, 2 threads + Slide rule, 1 thread, "
        in (workplace / "runs" / "checkpoints" / "README.md").read_text()
    )


def test_a_run_that_was_not_measured_yet_is_not_trained_again(workplace, monkeypatch, capsys):
    finish = lifecycle.finish
    monkeypatch.setattr(lifecycle, "finish", fill_the_disk)
    monkeypatch.setattr(runs, "identify_machine", lambda *given: ABACUS)
    assert call("--models", "softmax", "--epochs", "2") == 1
    monkeypatch.setattr(lifecycle, "finish", finish)
    monkeypatch.setattr(runs, "identify_machine", lambda *given: SLIDE_RULE)
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 0
    told = capsys.readouterr().out
    assert "softmax: trained to its end already, and measured now" in told and "going on" not in told
    record = load_results(workplace / "runs" / "checkpoints")["softmax"]
    assert (record["hardware"], record["epochs"]) == ([asdict(ABACUS)], 2)


def test_resuming_says_where_there_is_nothing_to_go_on_with(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--resume") == 0
    assert "softmax: no saved run in runs/softmax-best-42.safetensors, so it starts" in capsys.readouterr().out


@pytest.mark.parametrize("recipe", ["medium", "short"])
def test_a_shorter_recipe_ships_weights(recipe, workplace, monkeypatch):
    monkeypatch.setitem(recipes._RECIPES, "lenet5", recipe_for("resnet18"))
    assert call("--models", "lenet5", "--recipe", recipe, "--epochs", "1") == 0
    record = load_results(workplace / "runs" / "checkpoints")["lenet5"]
    expected = machine.adapt_to_device(recipe_for("resnet18", recipe), torch.device("cpu"))
    assert record["recipe"] == {**asdict(expected), "epochs": 1} and not expected.cutmix
    assert (
        load_trained("lenet5", workplace / "runs" / "checkpoints")
        and (workplace / f"runs/lenet5-{recipe}-42.safetensors").is_file()
    )


def test_the_tutorials_protocol_is_recorded_beside_and_ships_nothing(workplace, monkeypatch, capsys):
    monkeypatch.setattr(recipes, "TUTORIAL", replace(TUTORIAL, epochs=2))
    assert call("--models", "softmax", "--recipe", "tutorial") == 0
    assert load_results(workplace / "runs" / "checkpoints") == {}
    record = load_results(workplace / "runs" / "checkpoints", "tutorial")["softmax"]
    assert record["recipe"] == {**asdict(TUTORIAL), "epochs": 2}
    assert not list((workplace / "runs" / "checkpoints").glob("*.safetensors"))
    assert f"{record['test_accuracy']:.2%}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"epochs": 4}, "was started with epochs 4, not 2 (--epochs 4 goes on with it); leave out --resume"),
        ({"peak_lr": 0.7}, "was started with peak_lr 0.7, not 0.05; leave out --resume"),
    ],
)
def test_resuming_by_another_recipe_is_refused(workplace, changes, told, capsys):
    recipe = replace(recipe_for("softmax"), **{"epochs": 2, **changes})
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "softmax-best-42.safetensors"
    write_state(runs.new_run("softmax", recipe, 42, torch.device("cpu")), path)
    assert call("--models", "softmax", "--epochs", "2", "--resume") == 1
    assert f"{path.relative_to(workplace)} {told}" in capsys.readouterr().err
    assert not (workplace / "runs" / "checkpoints").exists()


def test_a_saved_run_that_cannot_be_gone_on_with_is_told_before_the_others_are_trained(workplace, capsys):
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "lenet5-best-42.safetensors"
    write_state(runs.new_run("lenet5", recipe_for("lenet5"), 42, torch.device("cpu")), path)
    assert call("--models", "softmax,lenet5", "--epochs", "1", "--resume") == 1
    told = capsys.readouterr()
    assert told.err.count("lenet5: not trained") + told.err.count("lenet5, seed 42: not trained") == 1
    assert told.err.index("not trained") < told.err.index("Softmax regression:  ")  # the bar of its first step
    assert set(load_results(workplace / "runs" / "checkpoints")) == {"softmax"}


def test_seeds_by_two_recipes_are_not_averaged(workplace, monkeypatch, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1") == 0
    changed = replace(recipe_for("softmax"), weight_decay=0.0)
    monkeypatch.setattr(plan, "recipe_for", lambda name, recipe: changed)
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2", "--resume") == 1
    assert "softmax, seed 1: not trained. runs/softmax-best-1.safetensors was started" in capsys.readouterr().err
    assert [run["seed"] for run in load_results(workplace / "runs" / "checkpoints")["softmax"]["runs"]] == [2]


def test_a_run_goes_on_where_the_processor_has_no_bfloat16(workplace, monkeypatch, capsys):
    recipe = replace(recipe_for("resnet20"), epochs=1, autocast=True)
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "resnet20-best-42.safetensors"
    write_state(runs.new_run("resnet20", recipe, 42, torch.device("cpu")), path)
    monkeypatch.setattr(machine, "has_bfloat16", lambda device: False)
    assert call("--models", "resnet20", "--epochs", "1", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["resnet20"]["recipe"]["autocast"] is False


def test_bfloat16_for_a_recipe_that_says_float32(workplace, monkeypatch):
    monkeypatch.setattr(command, "has_bfloat16", lambda device: True)
    monkeypatch.setattr(machine, "has_bfloat16", lambda device: True)
    monkeypatch.setattr(recipes, "TUTORIAL", replace(TUTORIAL, epochs=1))
    for options, autocast in (((), False), (("--bfloat16",), True)):
        assert call("--models", "lenet5", "--recipe", "tutorial", *options) == 0
        recipe = load_results(workplace / "runs" / "checkpoints", "tutorial")["lenet5"]["recipe"]
        assert recipe == asdict(replace(recipe_for("lenet5", "tutorial"), autocast=autocast))


def test_a_run_that_was_computed_in_bfloat16_in_part_is_recorded_so(workplace, monkeypatch):
    for module in (command, machine):
        monkeypatch.setattr(module, "has_bfloat16", lambda device: True)
    press_ctrl_c_at(monkeypatch, "lenet5", 2)
    assert call("--models", "lenet5", "--epochs", "2", "--bfloat16") == 130
    assert call("--models", "lenet5", "--epochs", "2", "--resume") == 0
    assert load_results(workplace / "runs" / "checkpoints")["lenet5"]["recipe"]["autocast"] is True


def test_bfloat16_is_refused_where_it_would_be_emulated(workplace, monkeypatch, capsys):
    monkeypatch.setattr(command, "has_bfloat16", lambda device: False)
    assert call("--models", "lenet5", "--bfloat16") == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "--bfloat16 needs a device that computes in bfloat16" in message


def test_damaged_state_is_named(workplace, capsys):
    (workplace / "runs").mkdir()
    path = workplace / "runs" / "softmax-best-42.safetensors"
    path.write_bytes(b"damaged")
    assert call("--models", "softmax", "--resume") == 1
    assert "softmax-best-42.safetensors: not a saved run" in capsys.readouterr().err
    assert call("--models", "softmax", "--epochs", "1") == 0  # afresh, it does not matter


def test_a_model_that_diverges_does_not_stop_the_others(workplace, monkeypatch, capsys):
    recipe_for = plan.recipe_for
    wild = Recipe(epochs=3, peak_lr=1e30)
    monkeypatch.setattr(plan, "recipe_for", lambda name, recipe: wild if name == "lenet5" else recipe_for(name))
    assert call("--models", "softmax,lenet5,mlp", "--epochs", "3") == 1
    assert "lenet5, seed 42: not trained. the loss became" in capsys.readouterr().err
    assert set(load_results(workplace / "runs" / "checkpoints")) == {"softmax", "mlp"}


def test_a_seed_that_diverges_does_not_take_the_others_with_it(workplace, monkeypatch, capsys):
    new_run = lifecycle.new_run

    def with_a_wild_seed(name, recipe, seed, device):
        return new_run(name, replace(recipe, peak_lr=1e30) if seed == 2 else recipe, seed, device)

    monkeypatch.setattr(lifecycle, "new_run", with_a_wild_seed)
    assert call("--models", "lenet5", "--epochs", "3", "--seed", "1,2,3") == 1
    assert "lenet5, seed 2: not trained. the loss became" in capsys.readouterr().err
    assert [run["seed"] for run in load_results(workplace / "runs" / "checkpoints")["lenet5"]["runs"]] == [1, 3]


def test_a_blow_up_in_the_last_step_of_an_epoch_is_noticed(workplace, monkeypatch, capsys):
    """No training loss follows that step: the validation loss must tell."""
    train_epoch = runs._train_epoch

    def with_a_bad_end(run, training, session):
        train_epoch(run, training, session)
        for parameter in run.averaged.module.parameters():
            parameter.data.fill_(torch.nan)

    monkeypatch.setattr(runs, "_train_epoch", with_a_bad_end)
    assert call("--models", "softmax", "--epochs", "1") == 1
    assert "softmax, seed 42: not trained. the loss became nan" in capsys.readouterr().err


def test_it_says_which_seeds_are_no_longer_on_record(workplace, capsys):
    assert call("--models", "softmax", "--epochs", "1", "--seed", "1,2") == 0
    assert "no longer" not in capsys.readouterr().out
    assert call("--models", "softmax", "--epochs", "1", "--seed", "2") == 0
    assert "softmax: the record no longer holds seed 1 of an earlier training" in capsys.readouterr().out


def test_an_interrupted_smoke_run_advises_no_training(workplace, monkeypatch, capsys):
    monkeypatch.setattr(lifecycle, "_train_one", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    assert call("--smoke", "--models", "softmax") == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_smoke_trains_and_keeps_away_from_checkpoints(workplace, capsys):
    assert call("--smoke", "--models", "softmax,alexnet_small,resnet20") == 0
    assert not (workplace / "runs" / "checkpoints").exists()
    assert set(load_results(workplace / "runs" / "smoke" / "checkpoints")) == {"softmax", "alexnet_small", "resnet20"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "vgg"], "--models must be all or names out of softmax, .*got 'vgg'"),
        (["--recipe", "fast"], "--recipe must be one of best, medium, short, tutorial, got 'fast'"),
        (["--seed", "1,b"], "--seed must be whole numbers with commas between, got '1,b'"),
        (["--epochs", "0"], "--epochs must be >= 1, got 0"),
        (["--recipe", "tutorial", "--epochs", "5"], "--recipe tutorial has 50 epochs, .*: leave out --epochs"),
        (["--device", "tpu"], "--device must be auto, cpu or cuda, got 'tpu'"),
        (["--smoke", "--resume"], "do not go together"),
        (["--data-dir", "nowhere", "--models", "softmax"], "nowhere does not hold Fashion-MNIST"),
    ],
)
def test_bad_arguments_give_one_sentence(workplace, arguments, message, capsys):
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and re.search(message, error)


@pytest.fixture(scope="module")
def helped() -> list[str]:
    """What `train_all.py --help` prints, below a line that says which of these modules the command line has loaded."""
    code = (
        "import runpy, sys, explorer.training.command; "
        "names = 'explorer.training.command', 'gradio', 'plotly', 'matplotlib', 'torchvision', 'captum'; "
        "print([name for name in names if name in sys.modules]); "
        "sys.argv = ['train_all.py', '--help']; runpy.run_path('train_all.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_help_reads_well(helped):
    for option in ("--models", "--recipe", "--epochs", "--seed", "--device", "--data-dir", "--resume", "--smoke"):
        assert option in "\n".join(helped)


def test_training_needs_no_interface_and_no_plotting(helped):
    assert helped[0] == "['explorer.training.command']"
