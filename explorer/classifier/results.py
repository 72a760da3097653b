"""What the measured results say: error bars, the tutorial's claims, and the commonest mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964  # standard deviations that hold 95 % of a normal distribution


def accuracy_margin(correct: int, total: int) -> float:
    """Half the width of the 95 % interval of a measured accuracy, as a fraction.

    Wilson's interval (Wilson 1927), which also works near 0 and 1.

    >>> round(accuracy_margin(9140, 10_000), 4)
    0.0055
    """
    share = correct / total
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    return spread / (1 + _Z**2 / total)


@dataclass(frozen=True)
class Claim:
    """How a measured accuracy stands to what was claimed.

    Attributes:
        verdict: "agrees", "above", "below", or "none" without a claim.
        points: size of the difference in percentage points.
    """

    verdict: str
    points: float


def compare_with_claim(accuracy: float, margin: float, claimed: float | None) -> Claim:
    """The claim agrees when it lies within the error bar."""
    if claimed is None:
        return Claim("none", 0.0)
    difference = accuracy - claimed
    verdict = "agrees" if abs(difference) <= margin else "above" if difference > 0 else "below"
    return Claim(verdict, abs(difference) * 100)


@dataclass(frozen=True)
class Mistakes:
    """The worst of a confusion matrix.

    Attributes:
        truth: class that is most often mistaken for one other class.
        predicted: that other class.
        count: how often.
        hardest: class with the fewest right.
        recall: share of it that is right.
    """

    truth: int
    predicted: int
    count: int
    hardest: int
    recall: float


def find_mistakes(confusion: Sequence[Sequence[int]]) -> Mistakes:
    """The commonest single mistake and the hardest class.

    Args:
        confusion: rows are true classes, columns predicted ones.
    """
    pairs = [(t, p) for t in range(len(confusion)) for p in range(len(confusion)) if t != p]
    truth, predicted = max(pairs, key=lambda pair: confusion[pair[0]][pair[1]])
    recalls = [row[label] / max(1, sum(row)) for label, row in enumerate(confusion)]
    hardest = min(range(len(recalls)), key=recalls.__getitem__)
    return Mistakes(truth, predicted, confusion[truth][predicted], hardest, recalls[hardest])
