"""The command line of train_all.py: which models, where the results go, what to say when something is wrong."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from explorer.data import DatasetError, load_split
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import CHECKPOINTS, CheckpointError, load_results
from explorer.training.loop import TrainingDiverged
from explorer.training.recipe import recipe_for
from explorer.training.run import Interrupted, Run, Split, finish, new_run, split_training_images, train
from explorer.training.state import StateError, read_facts, read_state, write_finished_state, write_state

RUNS = Path("runs")
DEFAULT_SEED = 42


class RunError(ValueError):
    """A run cannot start as asked; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Plan:
    """What one call of the command line is to do: its options, checked, and the folders to write to."""

    names: tuple[str, ...]
    epochs: int | None
    seed: int | None
    device: torch.device
    data_dir: str | None
    resume: bool
    smoke: bool
    checkpoints: Path
    runs: Path

    def state_path(self, name: str) -> Path:
        return self.runs / f"{name}.safetensors"


def choose_device(wanted: str) -> torch.device:
    """The device to train on; "auto" takes CUDA where there is some.

    Raises:
        RunError: that device does not exist here.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.split(":")[0] not in ("cpu", "cuda"):
        raise RunError(f"--device must be auto, cpu or cuda, got {wanted!r}")
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device)
        return device
    except (RuntimeError, AssertionError) as error:
        raise RunError(f"--device {wanted} cannot be used on this machine ({str(error).splitlines()[0]})") from error


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Turns Ctrl-C and a polite kill into a question the loop can ask between steps; a second one stops at once."""
    stopping = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopping.is_set
        return

    def on_signal(number, frame) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping.is_set
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train_all.py",
        description="Train the networks of the catalogue on Fashion-MNIST and write their weights and what was "
        "measured into checkpoints/. The best place to start: --models softmax,mlp,lenet5 (a few minutes).",
        epilog=f"Models: {', '.join(MODELS)}.",
    )
    parser.add_argument(
        "--models", default="all", metavar="NAMES", help="names with commas between, or all (default); cheapest first"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the images (default: each model's recipe)")
    parser.add_argument("--seed", type=int, metavar="N", help=f"decides every random choice (default: {DEFAULT_SEED})")
    parser.add_argument("--device", default="auto", help="auto (default: a GPU if there is one), cpu or cuda")
    parser.add_argument("--data-dir", metavar="DIR", help="folder of Fashion-MNIST (default: find it, else download)")
    parser.add_argument("--resume", action="store_true", help="go on with interrupted runs; leave finished ones alone")
    parser.add_argument("--smoke", action="store_true", help="two tiny steps of each model into runs/smoke, as a test")
    return parser


def cheapest_first(names: Iterable[str]) -> tuple[str, ...]:
    """Names in order of work. Roughly: a matrix's weight is used once an image, a kernel's a hundred times."""

    def cost(name: str) -> int:
        with torch.device("meta"):
            model = create_model(name)
        return sum(parameter.numel() * (100 if parameter.ndim == 4 else 1) for parameter in model.parameters())

    return tuple(sorted(names, key=cost))


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Check the arguments.

    Raises:
        RunError: one of them is impossible.
    """
    names = list(MODELS) if arguments.models == "all" else [name.strip() for name in arguments.models.split(",")]
    for name in names:
        if name not in MODELS:
            raise RunError(f"--models must be all or names out of {', '.join(MODELS)}, got {name!r}")
    if arguments.epochs is not None and arguments.epochs < 1:
        raise RunError(f"--epochs must be >= 1, got {arguments.epochs}")
    if arguments.smoke and arguments.resume:
        raise RunError("--smoke and --resume do not go together: a smoke run is over too soon to be resumed")
    return Plan(
        names=cheapest_first(dict.fromkeys(names)),
        epochs=arguments.epochs,
        seed=arguments.seed,
        device=choose_device(arguments.device),
        data_dir=arguments.data_dir,
        resume=arguments.resume,
        smoke=arguments.smoke,
        checkpoints=RUNS / "smoke" / "checkpoints" if arguments.smoke else CHECKPOINTS,
        runs=RUNS / "smoke" if arguments.smoke else RUNS,
    )


def start_or_resume(name: str, plan: Plan) -> Run | None:
    """The run to train now, or None if it is finished already.

    Raises:
        RunError: the saved run is damaged or was started with other settings than those asked for.
    """
    path = plan.state_path(name)
    if plan.resume and path.is_file():
        return _resume(path, plan)
    if path.is_file() and not plan.smoke:
        print(f"{name}: starting afresh; the unfinished run in {path} is replaced (--resume would go on with it)")
    recipe = recipe_for(name)
    if plan.smoke:
        recipe = replace(recipe, epochs=1, batch_size=8)
    if plan.epochs is not None:
        recipe = replace(recipe, epochs=plan.epochs)
    return new_run(name, recipe, DEFAULT_SEED if plan.seed is None else plan.seed, plan.device)


def _resume(path: Path, plan: Plan) -> Run | None:
    facts = read_facts(path)
    for option, wanted, saved in (
        ("--epochs", plan.epochs, facts["recipe"]["epochs"]),
        ("--seed", plan.seed, facts["seed"]),
    ):
        if wanted is not None and wanted != saved:
            raise RunError(f"{option} {wanted} cannot resume {path}, which was started with {option} {saved}")
    if facts["finished"]:
        print(f"{facts['name']}: finished already; leave out --resume to train it afresh")
        return None
    run = read_state(path, plan.device)
    print(f"{run.name}: going on after step {run.step}, in epoch {len(run.curve) + 1} of {run.recipe.epochs}")
    return run


def train_models(plan: Plan) -> tuple[list[str], list[str]]:
    """Train every model of the plan; one that fails does not stop the others.

    Returns:
        Names of the models that are trained now, and of those that failed.

    Raises:
        Interrupted: the reader stopped it.
        DatasetError: no usable Fashion-MNIST.
    """
    training, validation = split_training_images(plan.device, plan.data_dir)
    test = Split(*(tensor.to(plan.device) for tensor in load_split("test", plan.data_dir)))
    if plan.smoke:
        training, validation, test = (Split(s.images[:n], s.labels[:n]) for s, n in
                                      ((training, 16), (validation, 16), (test, 32)))  # fmt: skip
    if not plan.resume:
        forget_finished(plan)
    done, failed = [], []
    with stop_on_signal() as should_stop:
        for name in plan.names:
            try:
                run = start_or_resume(name, plan)
                if run is not None:
                    _train_one(run, plan, training, validation, test, should_stop)
                done.append(name)
            except (TrainingDiverged, StateError, RunError) as error:
                print(f"{name}: not trained. {error}", file=sys.stderr)
                failed.append(name)
            if should_stop():
                raise Interrupted
    return done, failed


def forget_finished(plan: Plan) -> None:
    """Drop the notes of earlier finished runs, so that a later --resume does not take them for this one's."""
    for name in plan.names:
        path = plan.state_path(name)
        try:
            if path.is_file() and read_facts(path)["finished"]:
                path.unlink()
        except StateError:  # damaged; the new run will replace it
            path.unlink()


def _train_one(run, plan: Plan, training: Split, validation: Split, test: Split, should_stop) -> None:
    path = plan.state_path(run.name)
    train(run, training, validation, save_state=lambda run: write_state(run, path), should_stop=should_stop)
    record = finish(run, test, plan.device, plan.checkpoints)
    write_finished_state(run, path)
    print(f"{run.name}: {record['test_accuracy']:.2%} of {len(test.labels):,} test images")


def format_table(names: Sequence[str], folder: Path) -> str:
    """The final table, one line a model."""
    rows = [("model", "parameters", "test accuracy", "epochs", "seed", "time", "hardware")]
    results = load_results(folder)
    for name in names:
        record = results.get(name)
        if record is None:
            rows.append((name, "", "not in results.json", "", "", "", ""))
            continue
        rows.append((
            name, f"{record['num_params']:,}", f"{record['test_accuracy']:.2%}", str(record["epochs"]),
            str(record["seed"]), _duration(record["seconds"]), record["hardware"],
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status: 0 if all is well, 1 if a model failed, 2 for bad arguments."""
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    try:
        plan = make_plan(parsed)
        done, failed = train_models(plan)
        print(format_table(done, plan.checkpoints))
        return 1 if failed else 0
    except (RunError, DatasetError, CheckpointError) as error:
        print(f"train_all.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nStopped. To go on: {resume_command(parsed)}", file=sys.stderr)
        return 130


def resume_command(parsed: argparse.Namespace) -> str:
    """What to type to go on with an interrupted call."""
    names = ("models", "epochs", "seed", "device", "data_dir")
    given = {f"--{name.replace('_', '-')}": getattr(parsed, name) for name in names}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    return shlex.join(["python", "train_all.py", "--resume", *words])
