"""What the measured results show: error bars, the tutorial's claims, and the most frequent mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

SIGNIFICANT = 0.05  # below this p, chance is not taken for the reason of a difference
UPPER_BODY, SHOES, SHIRT = frozenset({0, 2, 3, 4, 6}), frozenset({5, 7, 9}), 6  # classes, as the data set numbers them
CONFIDENCE = 0.95
_Z = 1.959964  # so much of a normal distribution lies within so many standard deviations of its mean


def accuracy_margin(correct: int, total: int) -> float:
    """Half the width of the 95 % interval of a measured accuracy. Wilson's interval is good near 0 and 1 as well.

    Args:
        correct: images with a right answer.
        total: all images, at least 1.

    Returns:
        A share, 0 to 1. The interval itself is not exactly centred on the accuracy.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> round(accuracy_margin(9140, 10_000), 4)
    0.0055
    """
    low, high = accuracy_interval(correct, total)
    return (high - low) / 2


def accuracy_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a measured accuracy, as shares; see `accuracy_margin`.

    >>> [round(end, 4) for end in accuracy_interval(10, 10)]
    [0.7225, 1.0]
    """
    share = correct / total
    middle = share + _Z**2 / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    return (middle - spread) / (1 + _Z**2 / total), (middle + spread) / (1 + _Z**2 / total)


def standard_error(share: float, total: int) -> float:
    """By how much a measured share spreads from sample to sample.

    Args:
        share: 0 to 1.
        total: images in the sample, at least 1.

    >>> round(standard_error(0.91, 10_000), 4)
    0.0029
    """
    return math.sqrt(share * (1 - share) / total)


def exact_mcnemar(first_only: int, second_only: int) -> float:
    """The exact two-sided McNemar test: two networks answered the same images; is one of them right more often?

    If not, each image that only one of them gets right falls to either with probability 1/2.

    Args:
        first_only: images that only the first network gets right.
        second_only: images that only the second one gets right.

    Returns:
        The probability, 0 to 1, of a split at least as uneven by chance.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages";
    Dietterich 1998 recommends it for two classifiers on one test set.

    >>> exact_mcnemar(1, 5)  # 2 (1 + 6) / 2^6
    0.21875
    """
    total = first_only + second_only
    tail, term = 0, 1
    for count in range(min(first_only, second_only) + 1):
        tail += term
        term = term * (total - count) // (count + 1)
    return min(1.0, 2 * tail / 2**total)


def least_certain_mcnemar(first_wrong: int, second_wrong: int) -> float:
    """The greatest p that McNemar's test can give where only the numbers of wrong answers are known.

    It is that of two networks which err on different images; the more errors they share, the smaller p is.

    Args:
        first_wrong: images that the first network gets wrong.
        second_wrong: images that the second one gets wrong.
    """
    return exact_mcnemar(second_wrong, first_wrong)


@dataclass(frozen=True)
class Claim:
    """How measured accuracies compare with a claimed one.

    Attributes:
        verdict: "above" or "below" where chance does not explain the difference, "undecided" where it may, "none"
            without a claim.
        points: size of the difference in percentage points; 0 without a claim.
        p: greatest p that the paired test can give; 1 without a claim.
    """

    verdict: str
    points: float
    p: float


def compare_with_claim(accuracies: Sequence[float], total: int, claimed: float | None) -> Claim:
    """Compare the accuracies of one network with a claimed one on the same test images.

    Which images were right in the run that is claimed is not known. So the difference counts only if McNemar's test would
    find it whatever they were, and if the claim lies outside of what the seeds reached.

    Args:
        accuracies: 0 to 1, one for each seed, at least one.
        total: number of test images.
        claimed: 0 to 1, or None if nothing was claimed.
    """
    if claimed is None:
        return Claim("none", 0.0, 1.0)
    reached = sum(accuracies) / len(accuracies)
    p = least_certain_mcnemar(*(round((1 - each) * total) for each in (reached, claimed)))
    is_chance = p >= SIGNIFICANT or min(accuracies) <= claimed <= max(accuracies)
    verdict = "undecided" if is_chance else "above" if reached > claimed else "below"
    return Claim(verdict, abs(reached - claimed) * 100, p)


@dataclass(frozen=True)
class Pair:
    """Two networks on the same test images.

    Attributes:
        first, second: their names.
        first_only: images that only the first one gets right.
        second_only: images that only the second one gets right.
        total: number of test images.
        p: of McNemar's exact test.
    """

    first: str
    second: str
    first_only: int
    second_only: int
    total: int

    @property
    def p(self) -> float:
        return exact_mcnemar(self.first_only, self.second_only)

    @property
    def points(self) -> float:
        """By how many percentage points the first one is better."""
        return 100 * (self.first_only - self.second_only) / self.total


def compare_neighbours(answers: Mapping[str, torch.Tensor], labels: torch.Tensor) -> list[Pair]:
    """Each network beside the next worse one, the best first.

    Args:
        answers: name -> (N,) predicted classes.
        labels: (N,) true classes.
    """
    right = {name: each == labels for name, each in answers.items()}
    order = sorted(right, key=lambda name: -int(right[name].sum()))
    return [
        Pair(
            first,
            second,
            int((right[first] & ~right[second]).sum()),
            int((right[second] & ~right[first]).sum()),
            len(labels),
        )
        for first, second in pairwise(order)
    ]


@dataclass(frozen=True)
class Errors:
    """Where the errors in a confusion matrix lie, as shares of all errors.

    Attributes:
        upper_body: one class of UPPER_BODY taken for another.
        shoes: one class of SHOES taken for another.
        shirts: a shirt taken for something, or something taken for a shirt.
    """

    upper_body: float
    shoes: float
    shirts: float

    @property
    def elsewhere(self) -> float:
        """Neither within UPPER_BODY nor within SHOES."""
        return 1 - self.upper_body - self.shoes


def find_errors(confusion: Sequence[Sequence[int]]) -> Errors | None:
    """Count where the errors lie; None where there are none.

    Args:
        confusion: counts; rows are true classes, columns predicted ones, in the order of the data set.
    """
    wrong = {(t, p): count for t, row in enumerate(confusion) for p, count in enumerate(row) if t != p}
    total = sum(wrong.values())
    if not total:
        return None
    within = [sum(count for pair, count in wrong.items() if set(pair) <= kinds) for kinds in (UPPER_BODY, SHOES)]
    shirts = sum(count for pair, count in wrong.items() if SHIRT in pair)
    return Errors(within[0] / total, within[1] / total, shirts / total)


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes in a confusion matrix.

    Attributes:
        truth: class that is most often taken for one other class.
        predicted: that other class.
        count: how often.
        hardest: class with the smallest share of right answers.
        recall: this share, 0 to 1.
    """

    truth: int
    predicted: int
    count: int
    hardest: int
    recall: float


def find_mistakes(confusion: Sequence[Sequence[int]]) -> Mistakes:
    """Find the most frequent mistake and the hardest class; of equal ones, the first.

    Args:
        confusion: counts; rows are true classes, columns predicted ones. At least two classes.
    """
    pairs = [(t, p) for t in range(len(confusion)) for p in range(len(confusion)) if t != p]
    truth, predicted = max(pairs, key=lambda pair: confusion[pair[0]][pair[1]])
    recalls = [row[label] / max(1, sum(row)) for label, row in enumerate(confusion)]
    hardest = min(range(len(recalls)), key=recalls.__getitem__)
    return Mistakes(truth, predicted, confusion[truth][predicted], hardest, recalls[hardest])
