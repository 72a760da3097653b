"""Error bars, claims and mistakes on numbers whose answers are known."""

from __future__ import annotations

import math

import pytest
import torch

from explorer.classifier.prediction import compute_probabilities, measure_share_on_clothes
from explorer.classifier.results import accuracy_margin, compare_with_claim, find_mistakes


@pytest.mark.parametrize("correct", [8400, 9140, 9550])
def test_margin_is_about_two_standard_errors(correct):
    share = correct / 10_000
    assert accuracy_margin(correct, 10_000) == pytest.approx(1.96 * math.sqrt(share * (1 - share) / 1e4), rel=2e-3)


def test_margin_of_a_perfect_score_is_not_zero():
    """Wilson's interval for 10 of 10 is 0.7225 to 1 (a table value): half its width is 0.1387."""
    assert accuracy_margin(10, 10) == pytest.approx(0.13877, abs=1e-4)


def test_margin_covers_95_percent_of_simulated_tests():
    truth, total = 0.91, 10_000
    generator = torch.Generator().manual_seed(1)
    counts = torch.binomial(torch.full((4000,), float(total)), torch.full((4000,), truth), generator=generator)
    covered = sum(abs(int(c) / total - truth) <= accuracy_margin(int(c), total) for c in counts)
    assert 0.935 < covered / 4000 < 0.965


def test_a_claim_agrees_within_the_error_bar():
    assert compare_with_claim(0.914, 0.0055, 0.910).verdict == "agrees"
    below = compare_with_claim(0.902, 0.0058, 0.921)
    assert below.verdict == "below" and below.points == pytest.approx(1.9)
    assert compare_with_claim(0.93, 0.005, 0.91).verdict == "above"
    assert compare_with_claim(0.93, 0.005, None).verdict == "none"


def test_commonest_mistake_and_hardest_class():
    mistakes = find_mistakes([[90, 10, 0], [2, 97, 1], [30, 0, 70]])
    assert (mistakes.truth, mistakes.predicted, mistakes.count) == (2, 0, 30)
    assert mistakes.hardest == 2 and mistakes.recall == pytest.approx(0.7)


def test_probabilities_are_the_softmax_of_the_logits():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3)).eval()
    image = torch.randn(1, 1, 2, 2)
    logits = model(image)[0].detach().double()
    expected = logits.exp() / logits.exp().sum()
    assert torch.allclose(compute_probabilities(model, image).double(), expected, atol=1e-6)


def test_share_on_the_clothes():
    picture = torch.zeros(4, 4)
    picture[:2] = 0.8  # half the picture
    values = torch.zeros(4, 4)
    values[0, 0], values[3, 3] = -3.0, 1.0
    assert measure_share_on_clothes(values, picture) == (0.75, 0.5)
    assert measure_share_on_clothes(torch.zeros(4, 4), picture) == (0.0, 0.5)
