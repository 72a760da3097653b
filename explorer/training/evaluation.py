"""Measures of a finished network: accuracy, confusion, calibration, and which images it gets wrong."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explorer.training.loop import EvaluationBatches
from explorer.training.recipe import Recipe
from explorer.training.splits import Split

ECE_BINS = 15  # Guo et al. 2017, table 1


@dataclass(frozen=True)
class Calibration:
    """How well the probabilities of a network agree with how often it is right.

    Attributes:
        temperature: divides the logits; fitted on the validation images.
        ece_before: expected calibration error on the test images without temperature, 0 to 1.
        ece_after: the same with the temperature, 0 to 1.
    """

    temperature: float
    ece_before: float
    ece_after: float


def predict_logits(model: nn.Module, split: Split, recipe: Recipe, mirrored: bool = False) -> torch.Tensor:
    """Compute the logits of a whole split, in float32 with the network in eval mode.

    Args:
        model: on the split's device; its mode is as found afterwards.
        split: images to classify, at least one.
        recipe: memory layout.
        mirrored: mirror the images left to right first.

    Returns:
        (N, num_classes) float32 on the CPU.
    """
    was_training = model.training
    model.eval()
    try:
        # Otherwise a GPU would round the factors of its convolutions to 10 bits (TF32).
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            parts = [
                model(images.flip(-1) if mirrored else images).float().cpu()
                for images, _ in EvaluationBatches(split.images, split.labels, recipe)
            ]
    finally:
        model.train(was_training)
    return torch.cat(parts)


def count_confusion(logits: torch.Tensor, labels: torch.Tensor) -> list[list[int]]:
    """Count how often each class is taken for each class.

    Args:
        logits: (N, num_classes) on the CPU.
        labels: (N,) int64.

    Returns:
        num_classes lists of num_classes counts; rows are true classes, columns predicted ones.
    """
    num_classes = logits.shape[1]
    pairs = labels.cpu() * num_classes + logits.argmax(1)
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).tolist()


def find_wrong(logits: torch.Tensor, labels: torch.Tensor) -> list[int]:
    """Find the images that a network gets wrong.

    Args:
        logits: (N, num_classes) on the CPU.
        labels: (N,) int64.

    Returns:
        Indices, ascending, of the images whose largest logit is not that of the label.
    """
    return (logits.argmax(1) != labels.cpu()).nonzero().flatten().tolist()


def measure_calibration(
    validation_logits: torch.Tensor, validation_labels: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor
) -> Calibration:
    """Fit a temperature on validation images and measure the calibration error on other images, without and with it.

    Args:
        validation_logits: (M, num_classes) on the CPU.
        validation_labels: (M,) int64.
        logits: (N, num_classes) of the other images, on the CPU.
        labels: (N,) int64.
    """
    temperature = fit_temperature(validation_logits, validation_labels)
    return Calibration(
        temperature,
        expected_calibration_error(logits.softmax(1), labels),
        expected_calibration_error((logits / temperature).softmax(1), labels),
    )


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Find the temperature for which the labels have the highest likelihood.

    Args:
        logits: (N, num_classes) on the CPU.
        labels: (N,) int64.

    Returns:
        A number above 0 by which to divide the logits.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
    """
    logits, labels = logits.double(), labels.cpu()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def compute_loss() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(compute_loss)
    return float(log_temperature.detach().exp())


def expected_calibration_error(probabilities: torch.Tensor, labels: torch.Tensor, bins: int = ECE_BINS) -> float:
    """Mean difference between confidence and accuracy over bins of confidence, weighted by the images in each bin.

    Args:
        probabilities: (N, num_classes) on the CPU.
        labels: (N,) int64.
        bins: number of bins of width 1 / bins; each one includes its upper edge.

    Returns:
        A share, 0 to 1.

    Source: Guo et al. 2017, equation 3 (Naeini et al. 2015).
    """
    confidence, predicted = probabilities.double().max(1)
    right = (predicted == labels.cpu()).double()
    number = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = torch.zeros(bins, dtype=torch.float64).index_add_(0, number, confidence - right)
    return float(gaps.abs().sum() / len(labels))
