"""Training a small network from scratch while a reader watches: what is trained, step by step, and what is written down.

Nothing here touches PyTorch's global state: order, augmentation, weights and dropout are drawn from generators of their own,
so that a seed gives the same numbers whoever else trains beside it (on one thread, bit for bit).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import nn

from explorer.checks import check_choice, check_number, check_whole
from explorer.data import MEAN, STD, normalise
from explorer.errors import InputError
from explorer.models.variants import (
    ACTIVATIONS,
    DEPTHS,
    INITIALISATIONS,
    NORMALISATIONS,
    Variant,
    build_variant,
    draw_weights,
    load_variant,
    write_variant,
)
from explorer.patience import go_on
from explorer.training.loop import TrainingBatches, derive_seed
from explorer.training.packed_sample import load_training_sample
from explorer.training.recipe import Recipe
from explorer.training.splits import Split

# Choice of a reader -> the kinds of networks that are trained side by side, on the same batches.
NETWORKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"lenet5": ("lenet5",), "residual": ("residual",), "plain": ("plain",), "pair": ("plain", "residual")}
)
AUGMENTATIONS: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "none": {}, "flip": {"flip": True}, "crop": {"crop_padding": 2}, "erase": {"erase": 0.5},
    "all": {"flip": True, "crop_padding": 2, "erase": 0.5},
})  # fmt: skip
BATCH_SIZE = 50
MAX_LEARNING_RATE = 10.0
MAX_MOMENTUM = 0.99
MAX_DROPOUT = 0.9
MAX_EPOCHS = 12
MAX_SEED = 2**31
CHECK_EVERY = 25  # steps between two looks at the validation images; an epoch has 100
NUM_SEEN = 8  # images of a batch that are shown
PART = 0.6  # seconds of training between two pictures
TURN = 120.0  # seconds after which a run pauses by itself, so that others get their turn


@dataclass(frozen=True)
class Settings:
    """What a reader sets. Checked, and in its right type, once it is made.

    Attributes:
        network: a key of NETWORKS.
        depth: layers with weights of the residual and plain nets, one of DEPTHS.
        learning_rate: factor of the gradient in a step, the same in all steps.
        momentum: share of the last change that is kept in the next one.
        initialisation: one of `variants.INITIALISATIONS`.
        activation: a key of `variants.ACTIVATIONS`.
        normalisation: one of `variants.NORMALISATIONS`.
        augmentation: a key of AUGMENTATIONS.
        dropout: as in `Variant`.
        epochs: passes over the training images.
        seed: decides weights, order, augmentation and dropout.

    Raises:
        InputError: a setting is out of its limits.
    """

    network: str = "lenet5"
    depth: int = 8
    learning_rate: float = 0.03
    momentum: float = 0.9
    initialisation: str = "default"
    activation: str = "relu"
    normalisation: str = "none"
    augmentation: str = "none"
    dropout: float = 0.0
    epochs: int = 8
    seed: int = 0

    def __post_init__(self):
        depth = check_whole("live.depth", self.depth, DEPTHS[0], DEPTHS[-1])
        if depth not in DEPTHS:
            raise InputError("errors.not_a_choice", name="live.depth", value=depth, choices=list(DEPTHS))
        checked = {
            "network": check_choice("live.network", self.network, tuple(NETWORKS)),
            "depth": depth,
            "learning_rate": check_number("live.learning_rate", self.learning_rate, 0, MAX_LEARNING_RATE),
            "momentum": check_number("live.momentum", self.momentum, 0, MAX_MOMENTUM),
            "initialisation": check_choice("live.initialisation", self.initialisation, INITIALISATIONS),
            "activation": check_choice("live.activation", self.activation, tuple(ACTIVATIONS)),
            "normalisation": check_choice("live.normalisation", self.normalisation, NORMALISATIONS),
            "augmentation": check_choice("live.augmentation", self.augmentation, tuple(AUGMENTATIONS)),
            "dropout": check_number("live.dropout", self.dropout, 0, MAX_DROPOUT),
            "epochs": check_whole("live.epochs", self.epochs, 1, MAX_EPOCHS),
            "seed": check_whole("live.seed", self.seed, 0, MAX_SEED),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The networks that are trained."""
        return tuple(
            Variant(kind, self.depth, self.activation, self.normalisation, self.dropout)
            for kind in NETWORKS[self.network]
        )

    @property
    def recipe(self) -> Recipe:
        """Batch size and augmentation, as `TrainingBatches` takes them."""
        return Recipe(self.epochs, batch_size=BATCH_SIZE, **AUGMENTATIONS[self.augmentation])  # type: ignore[arg-type]


@dataclass(frozen=True)
class Check:
    """What was measured between two steps.

    Attributes:
        step: steps done before it.
        training_accuracy: share of right answers since the last check, in training (with augmentation and dropout, and
            while the weights changed); None before the first step.
        validation_accuracy: share of right answers on all validation images.
        gradient_norms: of the weights of each layer, in the last step before it; empty before the first step.
    """

    step: int
    training_accuracy: float | None
    validation_accuracy: float
    gradient_norms: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """One network of a run, so far.

    Attributes:
        variant: which it is.
        losses: mean cross-entropy of the batch of each step, nats.
        checks: the first before any step, then one every CHECK_EVERY steps and one at the end.
        filters: (N, kH, kW), those of the first layer as they are now.
        layers: names of the layers with weights, in the order of the computation.
        has_diverged: whether the loss, or an answer, is no longer a finite number; it is not trained any further.
    """

    variant: Variant
    losses: tuple[float, ...]
    checks: tuple[Check, ...]
    filters: torch.Tensor
    layers: tuple[str, ...]
    has_diverged: bool


@dataclass(frozen=True)
class Progress:
    """A run, so far.

    Attributes:
        settings: of the run.
        step: steps done.
        num_steps: steps of the whole run.
        curves: one for each network.
        seen: (N, 28, 28) on the scale 0..1, the first images of the last batch, as the networks got them.
        is_paused: whether its turn is over before it is done.
    """

    settings: Settings
    step: int
    num_steps: int
    curves: tuple[Curves, ...]
    seen: torch.Tensor
    is_paused: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be trained."""
        return self.step == self.num_steps or all(each.has_diverged for each in self.curves)


@dataclass(eq=False)
class _Learner:
    """A network that is trained, and what was written down of it."""

    variant: Variant
    model: nn.Module
    losses: list[float] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    norms: tuple[float, ...] = ()
    correct: int = 0
    count: int = 0
    has_diverged: bool = False

    def __post_init__(self):
        layers = [(n, m) for n, m in self.model.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        self.layers = tuple(name for name, _ in layers)
        self.weights = [layer.weight for _, layer in layers]
        self.velocities = [torch.zeros_like(each) for each in self.model.parameters()]

    def learn(self, images: torch.Tensor, labels: torch.Tensor, learning_rate: float, momentum: float) -> None:
        """One step of SGD; a loss that is not finite changes no weight."""
        parameters = list(self.model.parameters())
        with torch.enable_grad():
            logits = self.model.train()(images)
            loss = F.cross_entropy(logits, labels)
            value = float(loss.detach())
            self.losses.append(value)
            if not math.isfinite(value):
                self.has_diverged = True
                return
            gradients = torch.autograd.grad(loss, parameters)
        of = {id(parameter): gradient for parameter, gradient in zip(parameters, gradients)}
        self.norms = tuple(float(of[id(weight)].norm()) for weight in self.weights)
        self.correct += int((logits.detach().argmax(1) == labels).sum())
        self.count += len(labels)
        take_step(parameters, gradients, self.velocities, learning_rate, momentum)

    def check(self, step: int, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Write down what the network is worth now."""
        correct, is_finite = count_right(self.model, images, labels)
        training = self.correct / self.count if self.count else None
        self.checks.append(Check(step, training, correct / len(labels), self.norms))
        state = (
            self.model.state_dict().values()
        )  # weights, and the statistics of normalisation, which are saved with them
        self.has_diverged |= not is_finite or not all(bool(each.isfinite().all()) for each in state)
        self.correct = self.count = 0

    def curves(self) -> Curves:
        """What was written down, as it is now."""
        filters = self.weights[0].detach()[:, 0].clone()
        return Curves(
            self.variant, tuple(self.losses), tuple(self.checks), filters, self.layers, self.has_diverged
        )  # fmt: skip


def take_step(parameters, gradients, velocities, learning_rate: float, momentum: float) -> None:
    """One step of SGD with momentum, in place: v <- momentum v + g, w <- w - learning_rate v.

    PyTorch's own optimizer would load its compiler at its first step, which takes seconds.

    Args:
        parameters: tensors that are changed.
        gradients: of each.
        velocities: of each, 0 before the first step; changed too.
        learning_rate: factor of the velocity.
        momentum: 0 to below 1.

    Source: Sutskever et al. 2013, as `torch.optim.SGD` has it.
    """
    with torch.no_grad():
        for parameter, gradient, velocity in zip(parameters, gradients, velocities):
            velocity.mul_(momentum).add_(gradient)
            parameter.sub_(velocity, alpha=learning_rate)


def count_right(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[int, bool]:
    """Right answers of a network in eval mode, and whether all its answers are finite. Its mode is as found afterwards.

    Args:
        model: the network.
        images: (N, 1, 28, 28), normalised.
        labels: (N,).
    """
    was_training, correct, is_finite = model.training, 0, True
    model.eval()
    try:
        with torch.no_grad():
            for batch, wanted in zip(images.split(250), labels.split(250)):
                logits = model(batch)
                correct += int((logits.argmax(1) == wanted).sum())
                is_finite &= bool(logits.isfinite().all())
    finally:
        model.train(was_training)
    return correct, is_finite


@lru_cache(maxsize=1)
def _normalise_shipped() -> tuple[torch.Tensor, torch.Tensor]:
    """The validation images that ship with the app, which all runs share, and their labels."""
    validation = load_training_sample().validation
    return normalise(validation.images), validation.labels


class Training:
    """One run. It may be watched in one thread and asked for its weights in another.

    Attributes:
        settings: of the run.
        num_steps: steps of the whole run.
        step: steps done.
    """

    def __init__(self, settings: Settings, training: Split | None = None, validation: Split | None = None):
        """Draw the weights. What the untrained networks are worth is measured when something is asked for.

        Args:
            settings: of the run.
            training: images to learn from; None takes those that ship with the app.
            validation: images to validate on; None as well.

        Raises:
            DatasetError: the images that ship with the app are missing or damaged.
        """
        sample = None if training and validation else load_training_sample()
        training, validation = training or sample.training, validation or sample.validation  # type: ignore[union-attr]
        self.settings, self.step = settings, 0
        self._images, self._labels = training.images, training.labels
        is_shipped = sample is not None and validation is sample.validation
        self._validation = _normalise_shipped() if is_shipped else (normalise(validation.images), validation.labels)
        self._epoch_steps = len(self._batches(0))
        self.num_steps = settings.epochs * self._epoch_steps
        self._learners = [self._draw(variant) for variant in settings.variants]
        self._left: Iterator = iter(())
        self._seen = torch.zeros(0, 28, 28)
        self._lock = threading.Lock()

    def _draw(self, variant: Variant) -> _Learner:
        """All networks of a run start from the same numbers, as far as they have the same layers."""
        masks, weights = (
            torch.Generator().manual_seed(derive_seed(self.settings.seed, purpose, 0))
            for purpose in ("dropout", "weights")
        )
        model = draw_weights(build_variant(variant, masks), self.settings.initialisation, weights)
        return _Learner(variant, model)

    def _batches(self, epoch: int) -> TrainingBatches:
        return TrainingBatches(self._images, self._labels, self.settings.recipe, self.settings.seed, epoch)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be trained."""
        return self.step == self.num_steps or all(each.has_diverged for each in self._learners)

    def _begin(self) -> None:
        """The check before the first step, once."""
        for each in self._learners:
            if not each.checks:
                each.check(0, *self._validation)

    def advance(self, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Do one step, unless the run is done or stopped by now."""
        with self._lock:
            if self.is_done or is_stopped():
                return
            self._begin()
            if self.step % self._epoch_steps == 0:
                self._left = iter(self._batches(self.step // self._epoch_steps))
            images, labels = next(self._left)
            self._seen = images[:NUM_SEEN, 0]
            learning = [each for each in self._learners if not each.has_diverged]
            for each in learning:
                each.learn(images, labels, self.settings.learning_rate, self.settings.momentum)
            self.step += 1
            if self.step % CHECK_EVERY == 0 or self.is_done:
                for each in learning:
                    each.check(self.step, *self._validation)

    def progress(self, is_paused: bool = False) -> Progress:
        """What there is so far."""
        with self._lock:
            self._begin()
            seen = (self._seen * STD + MEAN).clamp(0, 1)
            curves = tuple(each.curves() for each in self._learners)
            return Progress(self.settings, self.step, self.num_steps, curves, seen, is_paused and not self.is_done)

    def export(self) -> dict[Variant, nn.Module]:
        """Copies of the networks as they are now, in eval mode, of PyTorch's own layers alone."""
        with self._lock:
            return {each.variant: load_variant(each.variant, each.model.state_dict()) for each in self._learners}


def write_weights(variant: Variant, model: nn.Module) -> bytes:
    """The weights of a network as a safetensors file, which says which network they are of."""
    return save({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, write_variant(variant))


def train_in_parts(training: Training, is_stopped: Callable[[], bool] = lambda: False) -> Iterator[Progress]:
    """Train, and tell after each PART seconds how it goes; the first part comes before the first step.

    After TURN seconds the run pauses: the last part says so, and `train_in_parts` of the same run goes on from there.

    Args:
        training: the run; steps that are done are not done again.
        is_stopped: whether to end before the next step.

    Raises:
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    began = time.monotonic()
    yield training.progress()
    while not training.is_done and not is_stopped():
        told = time.monotonic()
        while True:
            go_on()
            training.advance(is_stopped)
            if training.is_done or is_stopped() or time.monotonic() - told > PART:
                break
        is_over = time.monotonic() - began > TURN
        yield training.progress(is_paused=is_over)
        if is_over:
            return
