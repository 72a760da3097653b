"""Whole training runs: the command line, one run per model, saving and resuming, the final table."""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from tqdm import tqdm

from explorer.data import CLASSES, DatasetError, load_split
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import (
    CHECKPOINTS,
    CheckpointError,
    load_results,
    load_trained,
    save_checkpoint,
    write_atomically,
)
from explorer.training.loop import EvaluationBatches, Totals, TrainingBatches, TrainingDiverged, derive_seed, run_epoch
from explorer.training.recipe import Recipe, recipe_for

RUNS = Path("runs")
SAVE_EVERY_SECONDS = 60.0
DEFAULT_SEED = 42
VALIDATION_SIZE = 6_000
SPLIT_SEED = 42  # the tutorial's; it does not follow --seed, so that all runs validate on the same images
_STATE_FORMAT = 1


class RunError(ValueError):
    """A run cannot start as asked; the message is one sentence for the reader."""


class Interrupted(KeyboardInterrupt):
    """The reader stopped a run; its state is saved."""


@dataclass(frozen=True)
class Split:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64, on the device that trains."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclass
class Run:
    """One model in training: everything that a resumed run must know.

    Attributes:
        name: key of the catalogue.
        recipe: how it is trained.
        seed: decides initial weights, order, augmentation and dropout.
        model: the network.
        optimizer: SGD over its parameters.
        step: training steps done.
        totals: running sums of the epoch under way.
        curve: one dict for each finished epoch.
        seconds: time spent so far, in all sessions.
    """

    name: str
    recipe: Recipe
    seed: int
    model: nn.Module
    optimizer: torch.optim.Optimizer
    step: int = 0
    totals: Totals = field(default_factory=Totals)
    curve: list[dict] = field(default_factory=list)
    seconds: float = 0.0


def new_run(name: str, recipe: Recipe, seed: int, device: torch.device) -> Run:
    """A run at step 0; the initial weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "weights", 0))
        model = create_model(name)
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    model = model.to(device=device, memory_format=layout)
    return Run(name, recipe, seed, model, build_optimizer(model, recipe))


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """SGD with Nesterov momentum; weight decay acts on matrices and kernels only."""
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.peak_lr, momentum=recipe.momentum, nesterov=True)


def split_training_images(device: torch.device, data_dir: str | Path | None) -> tuple[Split, Split]:
    """54,000 images to learn from and 6,000 to validate on, the same for every seed."""
    images, labels = load_split("train", data_dir)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SPLIT_SEED))
    learn, validate = order[:-VALIDATION_SIZE], order[-VALIDATION_SIZE:]
    return (
        Split(images[learn].to(device), labels[learn].to(device)),
        Split(images[validate].to(device), labels[validate].to(device)),
    )


def train(
    run: Run,
    training: Split,
    validation: Split,
    *,
    save_state: Callable[[Run], None] = lambda run: None,
    should_stop: Callable[[], bool] = lambda: False,
    save_every: float = SAVE_EVERY_SECONDS,
) -> None:
    """Train a run to its end, from wherever it stands. The global random state is as found afterwards.

    Args:
        run: changed in place.
        training: images to learn from.
        validation: images to measure on after each epoch.
        save_state: called about every `save_every` seconds, at the end of each epoch, and before stopping early.
        should_stop: asked after each step.
        save_every: seconds.

    Raises:
        Interrupted: should_stop said so.
        TrainingDiverged: the loss is not finite.
    """
    epoch_steps = len(TrainingBatches(training.images, training.labels, run.recipe, run.seed, 0))
    total_steps = epoch_steps * run.recipe.epochs
    clock = _Clock(run, save_every)
    bar = tqdm(
        total=total_steps,
        initial=run.step,
        desc=MODELS[run.name].title,
        unit="step",
        dynamic_ncols=True,
        mininterval=0.2 if sys.stderr.isatty() else 30,
    )

    def before_step() -> None:
        rate = run.recipe.learning_rate(run.step, total_steps)
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(derive_seed(run.seed, "dropout", run.step))

    def after_step() -> None:
        run.step += 1
        clock.tick()
        bar.set_postfix_str(
            f"epoch {len(run.curve) + 1}/{run.recipe.epochs}, loss {run.totals.mean_loss:.3f}, "
            f"accuracy {run.totals.accuracy:.1%}",
            refresh=False,
        )
        bar.update()
        if should_stop():
            save_state(run)
            raise Interrupted
        if clock.save_is_due():
            save_state(run)

    with bar, torch.random.fork_rng(devices=_cuda_devices(run.model)):
        while len(run.curve) < run.recipe.epochs:
            epoch = len(run.curve)
            first_batch = run.step - epoch * epoch_steps
            batches = TrainingBatches(training.images, training.labels, run.recipe, run.seed, epoch, first_batch)
            criterion = nn.CrossEntropyLoss(label_smoothing=run.recipe.label_smoothing)
            run_epoch(
                run.model,
                batches,
                criterion,
                run.optimizer,
                clip_norm=run.recipe.clip_norm,
                autocast=run.recipe.autocast,
                totals=run.totals,
                before_step=before_step,
                after_step=after_step,
            )
            loss, accuracy = run_epoch(
                run.model,
                EvaluationBatches(validation.images, validation.labels, run.recipe),
                nn.CrossEntropyLoss(),
                autocast=run.recipe.autocast,
            )
            clock.tick()
            rate = run.recipe.learning_rate(run.step - 1, total_steps)
            run.curve.append(_epoch_record(run, loss, accuracy, rate))
            run.totals = Totals()
            save_state(run)
            if should_stop():
                raise Interrupted


def measure_confusion(model: nn.Module, test: Split, recipe: Recipe) -> list[list[int]]:
    """Counts over a split: rows are true classes, columns predicted ones. Computed in float32.

    Args:
        model: network in eval mode.
        test: the images to classify.
        recipe: memory layout.
    """
    confusion = torch.zeros(len(CLASSES), len(CLASSES), dtype=torch.int64)
    with torch.inference_mode():
        for images, labels in EvaluationBatches(test.images, test.labels, recipe):
            predicted = model(images).argmax(1)
            pairs = (labels * len(CLASSES) + predicted).cpu()
            confusion += torch.bincount(pairs, minlength=confusion.numel()).reshape(confusion.shape)
    return confusion.tolist()


def finish(run: Run, test: Split, device: torch.device, folder: Path) -> dict:
    """Store the trained weights, measure what is loaded back from disk on the test images, write the record.

    Returns:
        The record, as it stands in results.json.
    """
    with tempfile.TemporaryDirectory() as scratch:
        save_checkpoint(run.name, run.model, {}, Path(scratch))
        loaded = load_trained(run.name, Path(scratch))
    layout = torch.channels_last if run.recipe.channels_last else torch.contiguous_format
    loaded = loaded.to(device=device, memory_format=layout)
    confusion = measure_confusion(loaded, test, run.recipe)
    correct = sum(confusion[number][number] for number in range(len(CLASSES)))
    record = {
        "title": MODELS[run.name].title,
        "num_params": sum(parameter.numel() for parameter in loaded.parameters()),
        "test_accuracy": correct / len(test.labels),
        "test_correct": correct,
        "validation_accuracy": run.curve[-1]["validation_accuracy"],
        "epochs": run.recipe.epochs,
        "seed": run.seed,
        "hardware": describe_hardware(device),
        "seconds": round(run.seconds, 1),
        "trained_on": date.today().isoformat(),
        "recipe": asdict(run.recipe),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "curve": run.curve,
        "confusion": confusion,
    }
    save_checkpoint(run.name, loaded, record, folder)
    return load_results(folder)[run.name]


def write_state(run: Run, path: Path) -> None:
    """Save a run so that read_state can go on with it: one safetensors file, written whole or not at all."""
    tensors = {f"model.{key}": tensor.cpu().contiguous() for key, tensor in run.model.state_dict().items()}
    for key, parameter in run.model.named_parameters():
        momentum = run.optimizer.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum.{key}"] = momentum.cpu().contiguous()
    _write_state_file(path, run, tensors, finished=False)


def write_finished_state(run: Run, path: Path) -> None:
    """Leave a note that this run is over; its weights are in the checkpoint."""
    _write_state_file(path, run, {}, finished=True)


def _write_state_file(path: Path, run: Run, tensors: dict, finished: bool) -> None:
    facts = {
        "format": _STATE_FORMAT,
        "name": run.name,
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "step": run.step,
        "totals": asdict(run.totals),
        "curve": run.curve,
        "seconds": run.seconds,
        "finished": finished,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, save(tensors, metadata={"run": json.dumps(facts)}))


def read_facts(path: Path) -> dict:
    """What a saved run says about itself, without its tensors.

    Raises:
        RunError: the file is damaged or not a saved run.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            facts = json.loads((stored.metadata() or {})["run"])
        if facts["format"] != _STATE_FORMAT:
            raise RunError(f"{path}: saved by another version of this program; delete it and train afresh")
        return facts
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{path}: not a saved run, or a damaged one ({error}); delete it and train afresh") from error


def read_state(path: Path, device: torch.device) -> Run:
    """A run exactly as write_state left it.

    Raises:
        RunError: the file is damaged or does not fit the model.
    """
    facts = read_facts(path)
    run = new_run(facts["name"], Recipe(**facts["recipe"]), facts["seed"], device)
    with safe_open(path, framework="pt", device=str(device)) as stored:
        tensors = {key: stored.get_tensor(key) for key in stored.keys()}
    weights = {key.removeprefix("model."): tensor for key, tensor in tensors.items() if key.startswith("model.")}
    try:
        run.model.load_state_dict(weights)
    except RuntimeError as error:
        raise RunError(f"{path}: does not fit {facts['name']}; delete it and train afresh") from error
    for key, parameter in run.model.named_parameters():
        if f"momentum.{key}" in tensors:
            momentum = torch.empty_like(parameter, requires_grad=False).copy_(tensors[f"momentum.{key}"])
            run.optimizer.state[parameter]["momentum_buffer"] = momentum
    run.step, run.curve, run.seconds = facts["step"], facts["curve"], facts["seconds"]
    run.totals = Totals(**facts["totals"])
    return run


@dataclass
class _Clock:
    """Adds passing time to a run and says when its state should be saved again."""

    run: Run
    save_every: float

    def __post_init__(self):
        self.last_tick = self.last_save = time.perf_counter()

    def tick(self) -> None:
        now = time.perf_counter()
        self.run.seconds += now - self.last_tick
        self.last_tick = now

    def save_is_due(self) -> bool:
        if self.last_tick - self.last_save < self.save_every:
            return False
        self.last_save = self.last_tick
        return True


def _epoch_record(run: Run, validation_loss: float, validation_accuracy: float, learning_rate: float) -> dict:
    return {
        "train_loss": run.totals.mean_loss,
        "train_accuracy": run.totals.accuracy,
        "validation_loss": validation_loss,
        "validation_accuracy": validation_accuracy,
        "learning_rate": learning_rate,
        "seconds": round(run.seconds, 1),
    }


def _cuda_devices(model: nn.Module) -> list[torch.device]:
    device = next(model.parameters()).device
    return [device] if device.type == "cuda" else []


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


def describe_hardware(device: torch.device) -> str:
    """Name of the processor or graphics card, for the record."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_cpu_name()}, {torch.get_num_threads()} threads"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()


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


@dataclass(frozen=True)
class Plan:
    """What one call of the command line is to do."""

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
    parser.add_argument("--data-dir", metavar="DIR", help="folder of Fashion-MNIST (default: look for it, else download)")
    parser.add_argument("--resume", action="store_true", help="go on with interrupted runs; finished ones are left alone")
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
            except (TrainingDiverged, RunError) as error:
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
        except RunError:  # damaged; the new run will replace it
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
    options = {"--models": parsed.models, "--data-dir": parsed.data_dir, "--epochs": parsed.epochs, "--seed": parsed.seed}
    given = [str(part) for option, value in options.items() if value is not None for part in (option, value)]
    return shlex.join(["python", "train_all.py", "--resume", *given, "--device", parsed.device])
