"""What finished networks are measured by, against hand-made examples and closed forms."""

from __future__ import annotations

import pytest
import torch

from explorer.training import evaluation
from explorer.training.recipe import Recipe
from explorer.training.splits import Split

RECIPE = Recipe(epochs=1)


def test_logits_of_a_split_in_order_also_mirrored_and_the_mode_is_put_back(training):
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.9), torch.nn.Linear(784, 10))
    pixels = (training.images.float() / 255 - 0.2860) / 0.3530
    expected, mirrored = (model[2](view.flatten(1)) for view in (pixels, pixels.flip(-1)))
    torch.testing.assert_close(evaluation.predict_logits(model, training, RECIPE), expected.detach())
    torch.testing.assert_close(evaluation.predict_logits(model, training, RECIPE, mirrored=True), mirrored.detach())
    assert model.training


def test_confusion_has_true_classes_in_rows():
    logits = torch.nn.functional.one_hot(torch.full((12,), 7), 10).float()
    labels = torch.tensor([2] * 9 + [7] * 3)
    confusion = torch.tensor(evaluation.count_confusion(logits, labels))
    assert confusion[2, 7] == 9 and confusion[7, 7] == 3 and confusion.sum() == 12
    assert evaluation.find_wrong(logits, labels) == list(range(9))


def test_calibration_error_by_hand():
    """Bins of a tenth: 0.9 and 0.85 fall together (one right), 0.6 and 0.55 together (both right)."""
    confidence = torch.tensor([0.9, 0.85, 0.6, 0.55], dtype=torch.float64)
    probabilities = torch.stack([confidence, 1 - confidence], dim=1)
    error = evaluation.expected_calibration_error(probabilities, torch.tensor([0, 1, 0, 0]), bins=10)
    assert error == pytest.approx((abs(1 - 1.75) + abs(2 - 1.15)) / 4)


def test_calibration_error_of_extreme_confidence():
    certain = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert evaluation.expected_calibration_error(certain, torch.tensor([0, 0])) == 0
    assert evaluation.expected_calibration_error(certain, torch.tensor([0, 1])) == pytest.approx(0.5)
    even = torch.full((4, 2), 0.5)
    assert evaluation.expected_calibration_error(even, torch.tensor([0, 1, 0, 1])) == pytest.approx(0)


def test_temperature_undoes_a_known_scale():
    """Labels drawn from softmax(logits) are calibrated: tripled logits want the temperature 3."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 10, generator=generator, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    assert evaluation.fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.03)
    calibration = evaluation.measure_calibration(3 * logits, labels, 3 * logits, labels)
    assert calibration.ece_before > 0.1 and calibration.ece_after < 0.02


def test_temperature_is_the_best_of_a_grid():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(500, 10, generator=generator)
    labels = (logits + torch.randn(500, 10, generator=generator)).argmax(1)
    found = evaluation.fit_temperature(logits, labels)
    grid = torch.linspace(0.1, 5, 2000)
    losses = [torch.nn.functional.cross_entropy(logits / each, labels).item() for each in grid]
    assert found == pytest.approx(float(grid[losses.index(min(losses))]), abs=0.01)


def test_split_holds_images_and_labels():
    split = Split(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.tensor([0, 1]))
    assert evaluation.predict_logits(torch.nn.Flatten(), split, RECIPE).shape == (2, 784)
