"""What is shipped stays as it is until somebody asks for more, and a worse network needs another word."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from explorer.models import checkpoints
from explorer.models.checkpoints import load_results, load_trained
from explorer.training import command
from explorer.training.command import main
from explorer.training.shipping import validation_accuracy

SOFTMAX = ("--models", "softmax", "--epochs", "1", "--device", "cpu", "--data-dir", "fashion")


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def shipped(workplace) -> Path:
    """checkpoints/ with a softmax regression that is better than any that these tests train."""
    assert main([*SOFTMAX, "--publish"]) == 0
    folder = workplace / "checkpoints"
    record = load_results(folder)["softmax"]
    runs = [{**record["runs"][0], "validation_accuracy": 1.0}]
    checkpoints.save_record("softmax", {**record, "runs": runs}, folder)
    return folder


def test_a_run_leaves_what_is_shipped_byte_for_byte(shipped, capsys):
    before = read_all(shipped)
    assert main([*SOFTMAX, "--seed", "7"]) == 0
    assert read_all(shipped) == before
    assert load_results(shipped.parent / "runs" / "checkpoints")["softmax"]["seed"] == 7
    assert "checkpoints/ is as it was" in capsys.readouterr().out


def test_a_worse_network_is_published_only_with_another_word(shipped, capsys):
    before = read_all(shipped)
    assert main([*SOFTMAX, "--seed", "7", "--publish"]) == 1
    said = capsys.readouterr().out
    assert read_all(shipped) == before
    assert "--publish: checkpoints/ holds softmax with 100.00%" in said and "softmax: NOT published" in said
    assert main([*SOFTMAX, "--seed", "7", "--resume", "--publish", "--even-if-worse"]) == 0
    said = capsys.readouterr().out
    assert "finished already" in said and "100.00% of the validation images" in said and "replaced by" in said
    assert load_results(shipped)["softmax"]["seed"] == 7 and load_trained("softmax", shipped)
    assert (shipped / "README.md").is_file()


def test_two_publications_come_one_after_the_other(shipped, monkeypatch):
    """While one compares and writes, the other waits: or the second would compare with what the first replaces."""
    assert main([*SOFTMAX, "--seed", "7"]) == 0
    heard, go = [], threading.Event()
    compare = command.compare

    def compare_slowly(plan, names):
        heard.append("compares")
        go.wait(20)
        found = compare(plan, names)
        heard.append("compared")
        return found

    monkeypatch.setattr(command, "compare", compare_slowly)
    arguments = [*SOFTMAX, "--seed", "7", "--resume", "--publish", "--even-if-worse"]
    threads = [threading.Thread(target=main, args=(arguments,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    assert heard == ["compares"]
    go.set()
    for thread in threads:
        thread.join(60)
    assert heard == ["compares", "compared"] * 2


def test_the_same_network_is_published_once(workplace, capsys):
    assert main([*SOFTMAX, "--publish"]) == 0
    assert "softmax: new in checkpoints/" in capsys.readouterr().out
    before = read_all(workplace / "checkpoints")
    assert main([*SOFTMAX, "--resume", "--publish"]) == 0
    assert "is in checkpoints/ already" in capsys.readouterr().out
    assert read_all(workplace / "checkpoints") == before


def test_an_interrupted_publication_leaves_the_old_set_whole(workplace, monkeypatch):
    two = ("--models", "softmax,mlp", *SOFTMAX[2:])
    assert main([*two, "--publish"]) == 0
    folder = workplace / "checkpoints"
    before, replace = load_results(folder), os.replace
    assert main([*two, "--seed", "8"]) == 0

    def die(source, target) -> None:
        if Path(target).parent == folder and Path(target).name == "results.json":
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", die)
    assert main([*two, "--seed", "8", "--resume", "--publish", "--even-if-worse"]) == 130
    monkeypatch.setattr(os, "replace", replace)
    checkpoints._load_cached.cache_clear()
    assert load_results(folder) == before
    assert all(load_trained(name, folder) is not None for name in ("softmax", "mlp"))
    assert main([*two, "--seed", "8", "--resume", "--publish", "--even-if-worse"]) == 0
    assert {record["seed"] for record in load_results(folder).values()} == {8}


def test_a_warm_start_begins_with_ones_own_weights_else_with_the_shipped_ones(workplace):
    assert main([*SOFTMAX, "--publish"]) == 0
    own = workplace / "runs" / "checkpoints"
    for path in own.iterdir():
        path.unlink()
    warm = [word for word in SOFTMAX if word not in ("--seed",)]
    assert main([*warm, "--warm-start"]) == 0
    assert (
        len(load_results(own)["softmax"]["cycles"]) == 2
        and "cycles" not in load_results(workplace / "checkpoints")["softmax"]
    )
    assert main([*warm, "--warm-start"]) == 0
    assert len(load_results(own)["softmax"]["cycles"]) == 3


@pytest.mark.parametrize("words", [("--smoke", "--publish"), ("--even-if-worse",)])
def test_words_that_do_not_go_together(workplace, words, capsys):
    assert main([*SOFTMAX, *words]) == 2
    assert words[0] in capsys.readouterr().err


def test_seeds_count_the_same():
    record = {"validation_accuracy": 0.9, "runs": [{"validation_accuracy": 0.5}, {"validation_accuracy": 0.7}]}
    assert validation_accuracy(record) == pytest.approx(0.6)
