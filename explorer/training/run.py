"""One training run: start it, train it to its end, measure what comes out."""

from __future__ import annotations

import math
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from explorer.data import CLASSES, load_split
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import load_results, load_trained, save_checkpoint
from explorer.training.loop import EvaluationBatches, Totals, TrainingBatches, derive_seed, run_epoch
from explorer.training.recipe import Recipe

SAVE_EVERY_SECONDS = 60.0
VALIDATION_SIZE = 6_000
SPLIT_SEED = 42  # the tutorial's; it does not follow the run's seed, so that all runs validate on the same images


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
        should_stop: asked after each step and each epoch.
        save_every: seconds.

    Raises:
        Interrupted: should_stop said so.
        TrainingDiverged: the loss is not finite.
    """
    epoch_steps = math.ceil(len(training.images) / run.recipe.batch_size)
    session = _Session(run, epoch_steps, save_state, should_stop, save_every)
    with session.bar, torch.random.fork_rng(devices=_cuda_devices(run.model)):
        while len(run.curve) < run.recipe.epochs:
            _train_epoch(run, training, session)
            loss, accuracy = run_epoch(
                run.model,
                EvaluationBatches(validation.images, validation.labels, run.recipe),
                nn.CrossEntropyLoss(),
                autocast=run.recipe.autocast,
            )
            session.end_epoch(loss, accuracy)


def _train_epoch(run: Run, training: Split, session: _Session) -> None:
    """The rest of the epoch under way: all of it, or what an interruption has left."""
    epoch = len(run.curve)
    first_batch = run.step - epoch * session.epoch_steps
    run_epoch(
        run.model,
        TrainingBatches(training.images, training.labels, run.recipe, run.seed, epoch, first_batch),
        nn.CrossEntropyLoss(label_smoothing=run.recipe.label_smoothing),
        run.optimizer,
        clip_norm=run.recipe.clip_norm,
        autocast=run.recipe.autocast,
        totals=run.totals,
        before_step=session.before_step,
        after_step=session.after_step,
    )


class _Session:
    """What happens around the steps of a run: learning rate, seeds, the clock, the progress bar, saving, stopping."""

    def __init__(self, run: Run, epoch_steps: int, save_state, should_stop, save_every: float):
        self.run = run
        self.epoch_steps = epoch_steps
        self.total_steps = epoch_steps * run.recipe.epochs
        self.save_state = save_state
        self.should_stop = should_stop
        self.save_every = save_every
        self.last_tick = self.last_save = time.perf_counter()
        self.bar = tqdm(
            total=self.total_steps,
            initial=run.step,
            desc=MODELS[run.name].title,
            unit="step",
            dynamic_ncols=True,
            mininterval=0.2 if sys.stderr.isatty() else 30,
        )

    def before_step(self) -> None:
        """Learning rate and random state follow from the step alone, so that a resumed run needs no memory of them."""
        for group in self.run.optimizer.param_groups:
            group["lr"] = self.run.recipe.learning_rate(self.run.step, self.total_steps)
        torch.manual_seed(derive_seed(self.run.seed, "dropout", self.run.step))

    def after_step(self) -> None:
        self.run.step += 1
        self.tick()
        self.show_progress()
        if self.should_stop():
            self.save_state(self.run)
            raise Interrupted
        if self.last_tick - self.last_save >= self.save_every:
            self.last_save = self.last_tick
            self.save_state(self.run)

    def end_epoch(self, validation_loss: float, validation_accuracy: float) -> None:
        self.tick()
        run = self.run
        run.curve.append({
            "train_loss": run.totals.mean_loss,
            "train_accuracy": run.totals.accuracy,
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "learning_rate": run.recipe.learning_rate(run.step - 1, self.total_steps),
            "seconds": round(run.seconds, 1),
        })  # fmt: skip
        run.totals = Totals()
        self.save_state(run)
        if self.should_stop():
            raise Interrupted

    def tick(self) -> None:
        now = time.perf_counter()
        self.run.seconds += now - self.last_tick
        self.last_tick = now

    def show_progress(self) -> None:
        totals, epoch = self.run.totals, len(self.run.curve) + 1
        measured = f"loss {totals.mean_loss:.3f}, accuracy {totals.accuracy:.1%}"
        self.bar.set_postfix_str(f"epoch {epoch}/{self.run.recipe.epochs}, {measured}", refresh=False)
        self.bar.update()


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


def _cuda_devices(model: nn.Module) -> list[torch.device]:
    device = next(model.parameters()).device
    return [device] if device.type == "cuda" else []


def describe_hardware(device: torch.device) -> str:
    """Name of the processor or graphics card, for the record."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{_cpu_name()}, {threads} thread{'s' if threads > 1 else ''}"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()
