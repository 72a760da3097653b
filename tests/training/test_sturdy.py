"""What a run survives: being killed at any moment, and a disk that takes no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from explorer.training.state import read_facts, read_finished, write_finished

ROOT = Path(__file__).parents[2]

# train_all.py on 50 images in steps of 8, saving after each step. "kill_at" is "step N": dies after the Nth step of this
# process, before it is saved; or "write N": dies when the Nth file of this process is written, but not yet in place. To
# load PyTorch takes seconds, so each process is the copy of one that has loaded it and done nothing else.
PROGRAM = """
import json, os, resource, signal, sys, traceback
from dataclasses import replace
from pathlib import Path
# What the first optimiser and the first step would load, each copy anew.
import torch._dynamo, torch.distributed.tensor, torch.fx.experimental.symbolic_shapes
from explorer import data
from explorer.models import checkpoints
from explorer.training import command, lifecycle, plan, recipe, run, splits

data.NUM_IMAGES = {"train": 70, "test": 40}
data._MEAN_TOLERANCE = 1
splits.VALIDATION_SIZE = 20
lifecycle.SAVE_EVERY_SECONDS = 0
command.SHIPPED = Path("checkpoints")
plan.recipe_for = lambda *names: replace(
    recipe.recipe_for(*names), epochs=3, batch_size=8, flip=True, average=0.9, keep_best=True
)

def dies_at_call(function, number, count=[0]):
    def call(*arguments):
        count[0] += 1
        if count[0] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return call

# What was written outlives the process, as in the page cache; to wait for the disk guards against power cuts.
os.fsync = lambda file: None

def train(folder, options, kill_at, limit):
    os.chdir(folder)
    for stream, name in ((1, "said.txt"), (2, "problems.txt")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    what, _, number = kill_at.partition(" ")
    if what == "step":
        run._Session.after_step = dies_at_call(run._Session.after_step, number)
    if what == "write":
        os.fsync = dies_at_call(os.fsync, number)
    sys.exit(command.main(options))

for line in sys.stdin:
    if (child := os.fork()) == 0:
        status = 1
        try:
            train(**json.loads(line))
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os._exit(0)  # to take PyTorch down in order takes seconds
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended, negative for a signal, and what it said of problems."""

    returncode: int
    stderr: str


@pytest.fixture(scope="module")
def loaded() -> Iterator[subprocess.Popen]:
    """A process that has loaded PyTorch, and trains in copies of itself."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=settings, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def train(workplace, loaded) -> Callable[..., Ended]:
    """`train("--resume", kill_at="step 5", limit=1000)` trains in the workplace; `limit` is the greatest size of a file
    that it can write."""

    def train_once(*options: str, kill_at: str = "", limit: int | None = None) -> Ended:
        order = ["--models", "lenet5", "--data-dir", "fashion", "--device", "cpu", *options]
        asked = {"folder": str(workplace), "options": order, "kill_at": kill_at, "limit": limit}
        loaded.stdin.write(json.dumps(asked) + "\n")
        loaded.stdin.flush()
        return Ended(int(loaded.stdout.readline()), (workplace / "problems.txt").read_text())

    return train_once


def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(workplace, train):
    assert train().returncode == 0
    state, (weights,) = (
        workplace / "runs" / "lenet5-best-42.safetensors",
        workplace.glob("runs/checkpoints/lenet5-*.safetensors"),
    )
    expected, results = weights.read_bytes(), read_facts(state)
    for path in (state, weights, workplace / "runs" / "checkpoints" / "results.json"):
        path.unlink()
    steps = []
    # In mid-epoch; while the state is written; while the finished run is written, after 11 states and 2 files of the
    # weights that are measured; while results.json is written, after 2 such files, the finished run and the weights.
    for kill_at in ("step 10", "write 4", "write 14", "write 5"):
        killed = train("--resume", kill_at=kill_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        facts = read_facts(state)
        steps.append("finished" if facts["finished"] else facts["step"])
    assert steps == [9, 12, 21, "finished"] and not (workplace / "runs" / "checkpoints" / "results.json").exists()
    done = train("--resume")
    assert done.returncode == 0, done.stderr
    assert weights.read_bytes() == expected
    assert {path.name for path in state.parent.iterdir()} == {
        state.name,
        "checkpoints",
    }  # nor a file that was being written
    again = read_facts(state)
    for record in (results["record"], again["record"]):
        record["seconds"] = 0
        record["curve"] = [{**epoch, "seconds": 0} for epoch in record["curve"]]
    assert again == results


@pytest.mark.parametrize(("limit", "what"), [(100_000, "runs/lenet5-best-42.safetensors: cannot be written")])
def test_a_full_disk_is_told_and_the_last_good_state_stays(workplace, train, limit, what):
    train(kill_at="step 5")
    state = workplace / "runs" / "lenet5-best-42.safetensors"
    before = state.read_bytes()
    refused = train("--resume", limit=limit)
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith(f"lenet5, seed 42: not trained. {what} (File too large)")
    assert "Traceback" not in refused.stderr
    assert state.read_bytes() == before and not (workplace / "runs" / "checkpoints").exists()
    assert [path.name for path in state.parent.iterdir()] == [state.name]  # no half-written file is left behind
    assert train("--resume").returncode == 0


def test_weights_that_do_not_fit_on_the_disk_leave_the_old_ones(workplace, train):
    assert train().returncode == 0
    (weights,), results = (
        workplace.glob("runs/checkpoints/lenet5-*.safetensors"),
        workplace / "runs" / "checkpoints" / "results.json",
    )
    before = weights.read_bytes(), results.read_bytes()
    state = workplace / "runs" / "lenet5-best-42.safetensors"
    write_finished(replace(read_finished(state), is_published=False), "lenet5", state)  # as a kill at the end leaves it
    refused = train("--resume", limit=100_000)
    assert refused.returncode == 1
    assert "lenet5: not stored." in refused.stderr and "File too large" in refused.stderr
    assert "the same call with --resume tries again and trains nothing anew" in refused.stderr
    assert (weights.read_bytes(), results.read_bytes()) == before
    assert train("--resume").returncode == 0
