"""What the measured results show: error bars, the tutorial's claims, and the most frequent mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations of its mean


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
    share = correct / total
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    return spread / (1 + _Z**2 / total)


@dataclass(frozen=True)
class Claim:
    """How a measured accuracy compares with a claimed one.

    Attributes:
        verdict: "agrees", "above", "below", or "none" without a claim.
        points: size of the difference in percentage points; 0 without a claim.
    """

    verdict: str
    points: float


def compare_with_claim(accuracy: float, margin: float, claimed: float | None) -> Claim:
    """Compare a measured accuracy with a claimed one. They agree if the claim lies within the error bar.

    Args:
        accuracy: measured, 0 to 1.
        margin: half the width of the error bar, 0 to 1, as from `accuracy_margin`.
        claimed: 0 to 1, or None if nothing was claimed.
    """
    if claimed is None:
        return Claim("none", 0.0)
    difference = accuracy - claimed
    verdict = "agrees" if abs(difference) <= margin else "above" if difference > 0 else "below"
    return Claim(verdict, abs(difference) * 100)


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
