"""How often networks are right where they are that sure: what is stored, against what training measured, and counted anew."""

from __future__ import annotations

import pytest
import torch

from explorer.data import DatasetError, load_split
from explorer.models.checkpoints import available_models, load_results, load_trained
from explorer.training.reliability import count_bins, load_reliability, measure_reliability


def test_each_trained_network_was_counted_on_all_test_images():
    for name in available_models():
        found, record = load_reliability(name), load_results()[name]
        for bins in (found.before, found.after):
            assert sum(bins.counts) == sum(map(sum, record["confusion"]))
            assert abs(sum(bins.right) - record["test_correct"]) <= 2  # one may lie on a border that rounding decides


def test_the_errors_are_those_that_training_measured():
    for name in available_models():
        found, measured = load_reliability(name), load_results()[name]["calibration"]
        assert found.before.error == pytest.approx(measured["ece_before"], abs=1e-3), name
        assert found.after.error == pytest.approx(measured["ece_after"], abs=1e-3), name


def test_a_bin_holds_its_upper_edge():
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [1.0, 0.0]], dtype=torch.float64)
    bins = count_bins(probabilities, torch.tensor([0, 0, 0, 1]), bins=4)
    assert (bins.counts, bins.right, bins.confidence) == ((0, 1, 2, 1), (0, 1, 1, 0), (0.0, 0.5, 1.5, 1.0))
    assert bins.error == (0.5 + 0.5 + 1.0) / 4


def test_what_is_stored_is_counted_again():
    try:
        images, labels = load_split("test")
    except DatasetError:
        pytest.skip("no data set on this machine")
    temperature = load_results()["lenet5"]["calibration"]["temperature"]
    found, stored = measure_reliability(load_trained("lenet5"), images, labels, temperature), load_reliability("lenet5")
    for again, known in ((found.before, stored.before), (found.after, stored.after)):
        assert all(abs(a - b) <= 3 for a, b in zip(again.counts, known.counts, strict=True))
        assert all(abs(a - b) <= 3 for a, b in zip(again.right, known.right, strict=True))
