"""What a run survives: being killed at any moment, and a disk that takes no more."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.training.state import read_facts, read_finished, write_finished

ROOT = Path(__file__).parents[2]

# train_all.py on 50 images in steps of 8, saving after each step. KILL_AT is "step N": dies after the Nth step of this
# process, before it is saved; or "write N": dies when the Nth file of this process is written, but not yet in place.
PROGRAM = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
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
what, _, number = os.environ.get("KILL_AT", "").partition(" ")

def dies_at_call(function, count=[0]):
    def call(*arguments):
        count[0] += 1
        if count[0] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return call

if what == "step":
    run._Session.after_step = dies_at_call(run._Session.after_step)
if what == "write":
    os.fsync = dies_at_call(os.fsync)
sys.exit(command.main(sys.argv[1:]))
"""


def train(folder: Path, *options: str, kill_at: str = "", limit: int | None = None) -> subprocess.CompletedProcess:
    """The program above in a process of its own; `limit` is the greatest size of a file that it can write."""
    order = [sys.executable, "-c", PROGRAM, "--models", "lenet5", "--data-dir", "fashion", "--device", "cpu", *options]
    return subprocess.run(
        order,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KILL_AT": kill_at, "OMP_NUM_THREADS": "1"},
        preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))),
        capture_output=True,
        text=True,
    )


def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(workplace):
    assert train(workplace).returncode == 0
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
        killed = train(workplace, "--resume", kill_at=kill_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        facts = read_facts(state)
        steps.append("finished" if facts["finished"] else facts["step"])
    assert steps == [9, 12, 21, "finished"] and not (workplace / "runs" / "checkpoints" / "results.json").exists()
    done = train(workplace, "--resume")
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
def test_a_full_disk_is_told_and_the_last_good_state_stays(workplace, limit, what):
    train(workplace, kill_at="step 5")
    state = workplace / "runs" / "lenet5-best-42.safetensors"
    before = state.read_bytes()
    refused = train(workplace, "--resume", limit=limit)
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith(f"lenet5, seed 42: not trained. {what} (File too large)")
    assert "Traceback" not in refused.stderr
    assert state.read_bytes() == before and not (workplace / "runs" / "checkpoints").exists()
    assert [path.name for path in state.parent.iterdir()] == [state.name]  # no half-written file is left behind
    assert train(workplace, "--resume").returncode == 0


def test_weights_that_do_not_fit_on_the_disk_leave_the_old_ones(workplace):
    assert train(workplace).returncode == 0
    (weights,), results = (
        workplace.glob("runs/checkpoints/lenet5-*.safetensors"),
        workplace / "runs" / "checkpoints" / "results.json",
    )
    before = weights.read_bytes(), results.read_bytes()
    state = workplace / "runs" / "lenet5-best-42.safetensors"
    write_finished(replace(read_finished(state), is_published=False), "lenet5", state)  # as a kill at the end leaves it
    refused = train(workplace, "--resume", limit=100_000)
    assert refused.returncode == 1
    assert "lenet5: not stored." in refused.stderr and "File too large" in refused.stderr
    assert "the same call with --resume tries again and trains nothing anew" in refused.stderr
    assert (weights.read_bytes(), results.read_bytes()) == before
    assert train(workplace, "--resume").returncode == 0
