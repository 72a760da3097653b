"""Error bars, claims and mistakes on numbers whose answers are known."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.classifier.prediction import compute_probabilities, measure_share_on_clothes
from explorer.classifier.results import (
    SHOES,
    UPPER_BODY,
    accuracy_margin,
    compare_neighbours,
    compare_with_claim,
    exact_mcnemar,
    find_errors,
    find_mistakes,
    least_certain_mcnemar,
)
from explorer.data import CLASSES


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


@pytest.mark.parametrize("total", range(9))
def test_mcnemar_is_the_share_of_all_equally_likely_splits_that_are_as_uneven(total):
    splits = [sum(each) for each in itertools.product((0, 1), repeat=total)]
    for first in range(total + 1):
        uneven = sum(abs(2 * each - total) >= abs(2 * first - total) for each in splits)
        assert exact_mcnemar(first, total - first) == uneven / 2**total


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_of_many_images_is_the_sum_of_both_tails(first, second):
    total, low = first + second, min(first, second)
    both = sum(math.comb(total, each) for each in range(total + 1) if each <= low or each >= total - low)
    assert exact_mcnemar(first, second) == pytest.approx(float(Fraction(both, 2**total)), rel=1e-12)
    assert exact_mcnemar(first, second) == exact_mcnemar(second, first)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_where_only_the_wrong_answers_are_counted_the_test_is_never_surer_than_with_the_pairs(first, second, data):
    shared = data.draw(st.integers(0, min(first, second)))
    assert least_certain_mcnemar(first, second) >= exact_mcnemar(second - shared, first - shared) - 1e-12


def test_a_claim_is_judged_by_the_images_and_by_the_seeds():
    assert compare_with_claim([0.914], 10_000, 0.910).verdict == "undecided"
    below = compare_with_claim([0.902], 10_000, 0.921)
    assert below.verdict == "below" and below.points == pytest.approx(1.9) and below.p < 0.0001
    assert compare_with_claim([0.93], 10_000, 0.91).verdict == "above"
    assert compare_with_claim([0.93, 0.935], 10_000, 0.91).verdict == "above"
    assert (
        compare_with_claim([0.93, 0.90, 0.95], 10_000, 0.91).verdict == "undecided"
    )  # a seed was worse than the claim
    assert compare_with_claim([0.93], 10_000, None).verdict == "none"


def test_neighbours_are_compared_by_the_images_that_one_of_them_gets_right():
    labels = torch.tensor([0, 1, 2, 3, 4, 5], dtype=torch.uint8)
    answers = {
        "bad": torch.tensor([0, 0, 0, 0, 0, 5]), "best": labels.clone(), "good": torch.tensor([9, 1, 2, 3, 4, 0])
    }  # fmt: skip
    first, second = compare_neighbours(answers, labels)
    assert (first.first, first.second, first.first_only, first.second_only) == ("best", "good", 2, 0)
    assert (second.first, second.second, second.first_only, second.second_only) == ("good", "bad", 4, 2)
    assert first.points == pytest.approx(100 * 2 / 6) and first.p == 0.5


def test_errors_lie_among_clothes_for_the_upper_body_among_shoes_or_elsewhere():
    confusion = [[0] * 10 for _ in range(10)]
    for truth, answer, count in ((6, 0, 5), (2, 4, 1), (7, 9, 2), (1, 3, 1), (6, 8, 1), (5, 5, 90)):
        confusion[truth][answer] = count
    errors = find_errors(confusion)
    assert (errors.upper_body, errors.shoes, errors.shirts) == (0.6, 0.2, 0.6)
    assert errors.elsewhere == pytest.approx(0.2)
    assert find_errors([[3, 0], [0, 4]]) is None
    assert [CLASSES[label] for label in (*sorted(UPPER_BODY), *sorted(SHOES))] == [
        "T-shirt/top", "Pullover", "Dress", "Coat", "Shirt", "Sandal", "Sneaker", "Ankle boot"
    ]  # fmt: skip


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
