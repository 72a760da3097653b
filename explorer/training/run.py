"""One training run: start it, and train it to its end."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import load_trained
from explorer.models.seeds import Machine
from explorer.training.cycles import read_earlier
from explorer.training.loop import (
    EvaluationBatches,
    Totals,
    TrainingBatches,
    check_finite,
    derive_seed,
    run_epoch,
    training_loss,
)
from explorer.training.machine import compile_network, full_tiles, identify_machine
from explorer.training.recipe import Recipe
from explorer.training.splits import Split

SAVE_EVERY_SECONDS = 60.0


class Interrupted(KeyboardInterrupt):
    """The reader stopped a run; its state is saved."""


@dataclass
class Run:
    """One model in training: everything that a resumed run must know.

    Attributes:
        name: key of the catalogue.
        recipe: how it is trained.
        seed: decides the initial weights (except in a warm start), order, augmentation and dropout.
        model: the network.
        optimizer: SGD over its parameters.
        averaged: moving average of the network, if the recipe asks for one.
        best: weights of the epoch with the best validation accuracy so far, if the recipe keeps them.
        step: training steps done.
        totals: running sums of the epoch under way.
        curve: one dict for each finished epoch; its "seconds" count from the start of the run.
        seconds: time spent so far, in all sessions.
        earlier: what is recorded of the trained weights from which this run started (`cycles.read_earlier`), or None.
        hardware: the machines that have trained it so far, the first one first.
        bfloat16: whether any of its steps was computed in bfloat16.
    """

    name: str
    recipe: Recipe
    seed: int
    model: nn.Module
    optimizer: torch.optim.Optimizer
    averaged: AveragedModel | None = None
    best: dict[str, torch.Tensor] | None = None
    step: int = 0
    totals: Totals = field(default_factory=Totals)
    curve: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    earlier: dict | None = None
    hardware: list[Machine] = field(default_factory=list)
    bfloat16: bool = False

    @property
    def draw_seed(self) -> int:
        """Seed of the order of the images, of their augmentation and of dropout: another one in each cycle."""
        return derive_seed(self.seed, "cycle", len(self.earlier["cycles"])) if self.earlier else self.seed

    @property
    def measured(self) -> nn.Module:
        """The network that is validated and kept: the moving average where there is one."""
        return self.model if self.averaged is None else self.averaged.module

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the best validation accuracy, the first one of equals; 1 is the first epoch.

        Raises:
            ValueError: no epoch is finished.
        """
        accuracies = [epoch["validation_accuracy"] for epoch in self.curve]
        return 1 + accuracies.index(max(accuracies))

    @property
    def kept_epoch(self) -> int:
        """Number of the epoch whose weights are kept; 1 is the first epoch."""
        return self.best_epoch if self.recipe.keep_best else len(self.curve)

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or `patience` epochs have passed without a better validation accuracy."""
        patience = self.recipe.patience
        waited = len(self.curve) - self.best_epoch if self.curve else 0
        return len(self.curve) >= self.recipe.epochs or (patience is not None and waited >= patience)


def new_run(name: str, recipe: Recipe, seed: int, device: torch.device) -> Run:
    """Make a run at step 0. Its initial weights depend only on the seed.

    Args:
        name: a key of the catalogue.
        recipe: how to train.
        seed: decides everything random.
        device: where to train.

    Raises:
        ValueError: no model has that name.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "weights", 0))
        model = create_model(name)
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    model = model.to(device=device, memory_format=layout)
    return Run(name, recipe, seed, model, build_optimizer(model, recipe), build_average(model, recipe))


def restart_run(name: str, recipe: Recipe, device: torch.device, folder: Path) -> Run:
    """Make a run at step 0 that starts from trained weights, with their seed: one more cycle.

    Args:
        name: a key of the catalogue.
        recipe: how to train.
        device: where to train.
        folder: where the weights and results.json lie.

    Raises:
        CheckpointError: there are no such weights, they are damaged, or their record is incomplete.
    """
    earlier = read_earlier(name, folder)
    run = new_run(name, recipe, earlier["seed"], device)
    run.model.load_state_dict(load_trained(name, folder).state_dict())
    run.earlier = earlier
    return run


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """Make SGD with Nesterov momentum. Weight decay acts on biases and normalisation only if the recipe says so.

    Args:
        model: on the device that trains; it has at least one matrix or kernel.
        recipe: its peak learning rate, momentum and weight decay are used.
    """
    vector_decay = recipe.weight_decay if recipe.decay_vectors else 0.0
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": vector_decay},
    ]
    fused = groups[0]["params"][0].is_cuda or None  # one kernel for all parameters; None lets PyTorch choose
    return torch.optim.SGD(groups, lr=recipe.peak_lr, momentum=recipe.momentum, nesterov=True, fused=fused)


def build_average(model: nn.Module, recipe: Recipe) -> AveragedModel | None:
    """Make the moving average of the weights and of the statistics of normalisation.

    Args:
        model: the network that is trained.
        recipe: `average` is the decay for one step, 0 to 1.

    Returns:
        The average, or None if the recipe asks for none.
    """
    if not recipe.average:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)


def train(
    run: Run,
    training: Split,
    validation: Split,
    *,
    save_state: Callable[[Run], None] = lambda run: None,
    should_stop: Callable[[], bool] = lambda: False,
    save_every: float = SAVE_EVERY_SECONDS,
    compiled: bool = False,
) -> None:
    """Train a run to its end, from wherever it stands. The global random state is as found afterwards.

    Args:
        run: changed in place.
        training: images to learn from, on the device of the network.
        validation: images to measure on after each epoch, on the same device.
        save_state: called about every `save_every` seconds, at the end of each epoch, and before an interruption; its
            errors go on to the caller.
        should_stop: asked after each step and each epoch.
        save_every: seconds from one call of `save_state` to the next, about.
        compiled: compile the network first (torch.compile), which rounds differently.

    Raises:
        Interrupted: `should_stop` has answered True; the state was saved before.
        TrainingDiverged: the loss is not finite.
    """
    if run.is_over:  # killed before it was measured
        return
    epoch_steps = math.ceil(len(training.images) / run.recipe.batch_size)
    run.bfloat16 |= run.recipe.autocast
    if compiled:
        compile_network(run.model)
    machine = identify_machine(training.images.device, compiled)
    if str(machine) not in map(str, run.hardware):  # older versions of this program saved the words only
        run.hardware.append(machine)
    session = _Session(run, epoch_steps, save_state, should_stop, save_every)
    random_state = torch.random.fork_rng(devices=_cuda_devices(run.model))
    tiles = full_tiles(run.model, run.recipe.autocast)
    with session.bar, random_state, tiles, torch.backends.cudnn.flags(enabled=True, deterministic=True):
        while not run.is_over:
            _train_epoch(run, training, session)
            session.end_epoch(*_validate(run, validation))


def _validate(run: Run, validation: Split) -> tuple[float, float]:
    """Loss and accuracy on the validation images.

    Raises:
        TrainingDiverged: the loss is not finite, because of the last step of the epoch.
    """
    seed = derive_seed(run.seed, "validation", len(run.curve)) if run.recipe.augment_validation else None
    loss, accuracy = run_epoch(
        run.measured,
        EvaluationBatches(validation.images, validation.labels, run.recipe, augmented_by=seed),
        nn.CrossEntropyLoss(),
        autocast=run.recipe.autocast,
    )
    check_finite(loss)
    return loss, accuracy


def _train_epoch(run: Run, training: Split, session: _Session) -> None:
    """Train the rest of the current epoch: all of it, or after an interruption the steps that are missing."""
    epoch = len(run.curve)
    first_batch = run.step - epoch * session.epoch_steps
    run_epoch(
        run.model,
        TrainingBatches(training.images, training.labels, run.recipe, run.draw_seed, epoch, first_batch),
        training_loss(run.recipe),
        run.optimizer,
        clip_norm=run.recipe.clip_norm,
        autocast=run.recipe.autocast,
        totals=run.totals,
        before_step=session.before_step,
        after_step=session.after_step,
    )


def _cuda_devices(model: nn.Module) -> list[torch.device]:
    device = next(model.parameters()).device
    return [device] if device.type == "cuda" else []


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
        """Set the learning rate and the random state. Both depend only on the step, so they need not be saved."""
        for group in self.run.optimizer.param_groups:
            group["lr"] = self.run.recipe.learning_rate(self.run.step, self.total_steps)
        torch.manual_seed(derive_seed(self.run.draw_seed, "dropout", self.run.step))

    def after_step(self) -> None:
        self.run.step += 1
        if self.run.averaged is not None:
            self.run.averaged.update_parameters(self.run.model)
        self.tick()
        self.show_progress()
        if self.should_stop():
            self.save()
            raise Interrupted
        if self.last_tick - self.last_save >= self.save_every:
            self.save()

    def save(self) -> None:
        self.save_state(self.run)
        self.last_save = time.perf_counter()  # read after saving: otherwise, with a slow disk, every step would save

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
        if run.recipe.keep_best and run.best_epoch == len(run.curve):
            run.best = {key: tensor.detach().clone() for key, tensor in run.measured.state_dict().items()}
        self.save()
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
