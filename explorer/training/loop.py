"""One pass over the data: batches with augmentation, the training step, evaluation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explorer.data import normalise
from explorer.training.recipe import Recipe


class TrainingDiverged(RuntimeError):
    """The loss is no longer a finite number, so no further step can help."""


@dataclass
class Totals:
    """Running sums of one pass; they are saved with the run so that a resumed epoch reports all of itself.

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
        return self.loss / self.count

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


def derive_seed(seed: int, purpose: str, index: int) -> int:
    """A seed that depends on the run's seed, on what it is for, and on which epoch or step it is."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def flip_images(images: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
    """Mirror some images left to right.

    Args:
        images: (N, C, H, W).
        flipped: (N,) bool, True for those to mirror.
    """
    return torch.where(flipped[:, None, None, None], images.flip(-1), images)


def crop_images(images: torch.Tensor, tops: torch.Tensor, lefts: torch.Tensor, padding: int) -> torch.Tensor:
    """Pad with zeros (black) on every side, then cut each image back to its size at its own place.

    Args:
        images: (N, C, H, W).
        tops: (N,) first row of each cut, in 0..2 * padding.
        lefts: (N,) first column of each cut, in 0..2 * padding.
        padding: pixels added on each side.
    """
    height, width = images.shape[-2:]
    padded = F.pad(images, (padding, padding, padding, padding))
    rows = tops[:, None] + torch.arange(height, device=images.device)
    columns = lefts[:, None] + torch.arange(width, device=images.device)
    index = torch.arange(len(images), device=images.device)[:, None, None]
    # Indexing around the sliced channel axis puts that axis last: (N, H, W, C).
    return padded[index, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def augment(images: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Flip and crop a batch at random as the recipe says. Random numbers are drawn on the CPU, whatever the device."""
    count = len(images)
    if recipe.crop_padding:
        offsets = torch.randint(0, 2 * recipe.crop_padding + 1, (2, count), generator=generator).to(images.device)
        images = crop_images(images, offsets[0], offsets[1], recipe.crop_padding)
    if recipe.flip:
        flipped = torch.rand(count, generator=generator) < 0.5
        images = flip_images(images, flipped.to(images.device))
    return images


@dataclass(frozen=True)
class TrainingBatches:
    """The batches of one epoch, augmented and normalised; the same for the same seed, wherever it starts.

    Attributes:
        images: (N, 1, H, W) uint8, on the device that trains.
        labels: (N,) int64, on the same device.
        recipe: batch size and augmentation.
        seed: the run's seed.
        epoch: 0 for the first.
        first_batch: batches to leave out at the beginning, because an earlier session has done them.
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
            images = normalise(augment(self.images[chosen], self.recipe, generator))
            yield arrange(images, self.recipe), self.labels[chosen]


@dataclass(frozen=True)
class EvaluationBatches:
    """Batches in the order of the data, normalised and otherwise untouched; fields as in TrainingBatches."""

    images: torch.Tensor
    labels: torch.Tensor
    recipe: Recipe
    batch_size: int = 256

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for images, labels in zip(self.images.split(self.batch_size), self.labels.split(self.batch_size)):
            yield arrange(normalise(images), self.recipe), labels


def arrange(images: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """The memory layout that the recipe asks for; the values stay the same."""
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
    """One pass over the loader: training with an optimizer, evaluation without. The mode is as found afterwards.

    Args:
        model: network, (N, C, H, W) -> (N, num_classes).
        loader: batches of images and labels, on the model's device.
        criterion: mean loss of a batch from logits and labels.
        optimizer: what changes the weights; None evaluates.
        clip_norm: greatest norm of the gradient, or None.
        autocast: compute in bfloat16 where that is safe.
        totals: running sums to go on with; updated in place after each step.
        before_step: called before each batch goes through the network.
        after_step: called when a batch is done and counted.

    Returns:
        Mean loss and accuracy over all images counted.

    Raises:
        TrainingDiverged: the loss of a training step is not finite; that step changes no weight.
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
    """Loss and number of correct answers of one batch; changes the weights if there is an optimizer."""
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=autocast):
        logits = model(images)
    logits = logits.float()
    loss = criterion(logits, labels)
    value = loss.item()
    if optimizer is not None:
        if not math.isfinite(value):
            raise TrainingDiverged(f"the loss became {value}; a smaller learning rate may help")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=clip_norm)
        optimizer.step()
    return value, int((logits.argmax(1) == labels).sum())
