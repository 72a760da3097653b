"""One pass over the data: batches, the training step, evaluation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from explorer.data import normalise
from explorer.training.augmentation import augment, augment_with_targets
from explorer.training.recipe import Recipe


class TrainingDiverged(RuntimeError):
    """The loss is no longer a finite number, so no further step can help."""


@dataclass
class Totals:
    """Running sums of one pass. They are saved with the run: so a resumed epoch counts all its images.

    Attributes:
        loss: sum of the loss over images.
        correct: images whose largest logit is the label's.
        count: images seen.
    """

    loss: float = 0.0
    correct: int = 0
    count: int = 0

    @property
    def mean_loss(self) -> float:
        """Mean loss of one image.

        Raises:
            ZeroDivisionError: no image has been seen.
        """
        return self.loss / self.count

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1.

        Raises:
            ZeroDivisionError: no image has been seen.
        """
        return self.correct / self.count


def derive_seed(seed: int, purpose: str, index: int) -> int:
    """Make a seed for one purpose.

    Args:
        seed: the run's seed.
        purpose: what the new seed is for, for example "order".
        index: number of the epoch, the step or the cycle.

    Returns:
        A whole number from 0 to 2**63 - 1.
    """
    digest = hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


@dataclass(frozen=True)
class TrainingBatches:
    """The batches of one epoch, augmented and normalised. A seed always gives the same batches.

    Each batch is a pair: images (B, 1, H, W) float, and labels (B,) int64 or, if the batch is mixed, probabilities
    (B, 10).

    Attributes:
        images: (N, 1, H, W) uint8, on the device that trains.
        labels: (N,) int64, on the same device.
        recipe: batch size and augmentation.
        seed: decides order and augmentation.
        epoch: 0 for the first.
        first_batch: number of batches to leave out at the beginning, because an earlier session has done them.
    """

    images: torch.Tensor
    labels: torch.Tensor
    recipe: Recipe
    seed: int
    epoch: int
    first_batch: int = 0

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.recipe.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        shuffler = torch.Generator().manual_seed(derive_seed(self.seed, "order", self.epoch))
        order = torch.randperm(len(self.images), generator=shuffler).to(self.images.device)
        for number in range(self.first_batch, len(self)):
            chosen = order[number * self.recipe.batch_size : (number + 1) * self.recipe.batch_size]
            step = self.epoch * len(self) + number
            generator = torch.Generator().manual_seed(derive_seed(self.seed, "augmentation", step))
            images, labels = augment_with_targets(self.images[chosen], self.labels[chosen], self.recipe, generator)
            yield arrange(normalise(images), self.recipe), labels


@dataclass(frozen=True)
class EvaluationBatches:
    """Batches in the order of the data, normalised.

    Each batch is a pair: images (B, 1, H, W) float and labels (B,) int64.

    Attributes:
        images: as in TrainingBatches.
        labels: as in TrainingBatches.
        recipe: memory layout, and augmentation if there is any.
        batch_size: images in a batch.
        augmented_by: seed of random changes to the images; None leaves them unchanged.
    """

    images: torch.Tensor
    labels: torch.Tensor
    recipe: Recipe
    batch_size: int = 256
    augmented_by: int | None = None

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        generator = None if self.augmented_by is None else torch.Generator().manual_seed(self.augmented_by)
        for images, labels in zip(self.images.split(self.batch_size), self.labels.split(self.batch_size)):
            if generator is not None:
                images = augment(images, self.recipe, generator)
            yield arrange(normalise(images), self.recipe), labels


class GeneralisedCrossEntropy(nn.Module):
    """Mean of (1 - p ** q) / q, where p is the probability of the true class. Images that do not fit count less.

    For q towards 0 this becomes the cross-entropy; for q = 1 it is a multiple of the mean absolute error.

    Source: Zhang & Sabuncu 2018, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels".
    """

    def __init__(self, q: float):
        """Make a loss.

        Args:
            q: the exponent, above 0 and at most 1.

        Raises:
            ValueError: q is not above 0 and at most 1.
        """
        super().__init__()
        if not 0 < q <= 1:
            raise ValueError(f"q must lie above 0 and be at most 1, got {q}")
        self.q = q

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Compute the loss.

        Args:
            logits: (N, num_classes).
            labels: (N,) int64, or probabilities (N, num_classes).

        Returns:
            A single number, the mean over the images.
        """
        # expm1 keeps the digits that 1 - p ** q loses where p is close to 1.
        losses = -torch.expm1(self.q * logits.log_softmax(1)) / self.q
        if labels.ndim == 2:
            return (labels * losses).sum(1).mean()
        return losses.gather(1, labels[:, None]).mean()


def training_loss(recipe: Recipe) -> nn.Module:
    """Make the loss that a recipe trains with.

    Args:
        recipe: its `gce_q` and `label_smoothing` are used.

    Returns:
        A module that takes logits (N, num_classes) and labels (N,) or probabilities (N, num_classes), and gives the
        mean over the batch.

    Raises:
        ValueError: `gce_q` is below 0 or above 1.
    """
    if recipe.gce_q:
        return GeneralisedCrossEntropy(recipe.gce_q)
    return nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)


def arrange(images: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Images (N, C, H, W) in the memory layout that the recipe asks for; the values stay the same."""
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    return images.contiguous(memory_format=layout)


def run_epoch(
    model: nn.Module,
    loader: Iterable[tuple[torch.Tensor, torch.Tensor]],
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    clip_norm: float | None = None,
    autocast: bool = False,
    totals: Totals | None = None,
    before_step: Callable[[], None] | None = None,
    after_step: Callable[[], None] | None = None,
) -> tuple[float, float]:
    """One pass over the loader: training with an optimizer, evaluation without one. The mode is as found afterwards.

    Args:
        model: network, (N, C, H, W) -> (N, num_classes).
        loader: batches of images and labels, on the model's device.
        criterion: mean loss of a batch from logits and labels.
        optimizer: what changes the weights; None evaluates.
        clip_norm: largest norm of the whole gradient, or None.
        autocast: compute in bfloat16 where that is safe.
        totals: running sums to go on with; updated in place after each step.
        before_step: called before each batch goes through the network.
        after_step: called when a batch is done and counted.

    Returns:
        Mean loss of one image, and share of right answers (0 to 1), over all images counted.

    Raises:
        TrainingDiverged: the loss of a training step is not finite; that step changes no weight.
        ZeroDivisionError: no image was counted.
    """
    totals = Totals() if totals is None else totals
    was_training = model.training
    model.train(optimizer is not None)
    try:
        with torch.set_grad_enabled(optimizer is not None):
            for images, labels in loader:
                if before_step:
                    before_step()
                loss, correct = _run_batch(model, images, labels, criterion, optimizer, clip_norm, autocast)
                totals.loss += loss * len(images)
                totals.correct += correct
                totals.count += len(images)
                if after_step:
                    after_step()
    finally:
        model.train(was_training)
    return totals.mean_loss, totals.accuracy


def _run_batch(model, images, labels, criterion, optimizer, clip_norm, autocast) -> tuple[float, int]:
    """Loss and number of correct answers of one batch. With an optimizer the weights change."""
    if optimizer is not None:
        optimizer.zero_grad(
            set_to_none=True
        )  # before the network runs: a CUDA graph writes into the memory of the last gradients
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = model(images)
    logits = logits.float()
    loss = criterion(logits, labels)
    if optimizer is not None:
        loss.backward()
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=clip_norm)
    correct = (logits.argmax(1) == most_likely(labels)).sum()
    # Both numbers are fetched together, after everything else: each fetch makes a GPU wait for the host.
    value, num_correct = torch.stack([loss.detach(), correct.to(loss.dtype)]).tolist()
    if optimizer is not None:
        check_finite(value)
        optimizer.step()
    return value, int(num_correct)


def check_finite(loss: float) -> None:
    """End the run if its loss is no longer a finite number: no further step can repair that.

    Args:
        loss: of one batch or of one pass.

    Raises:
        TrainingDiverged: the loss is infinite or not a number.
    """
    if not math.isfinite(loss):
        raise TrainingDiverged(f"the loss became {loss}; a smaller learning rate may help")


def most_likely(labels: torch.Tensor) -> torch.Tensor:
    """The labels (N,) as they are, or the most likely classes (N,) from probabilities (N, num_classes)."""
    return labels.argmax(1) if labels.ndim == 2 else labels
