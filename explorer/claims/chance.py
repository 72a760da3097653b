"""Whether chance explains that some runs of a training did better than others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

SIGNIFICANT = 0.05


def rank_sum_p(first: Sequence[float], second: Sequence[float]) -> float:
    """The exact two-sided rank-sum test: how often would a random split of all runs be at least as uneven?

    Ranks are compared, not values: a run that got stuck counts as the worst, however bad it is.

    Args:
        first: what the runs of one kind reached.
        second: those of the other kind.

    Returns:
        The probability, 0 to 1.

    Source: Wilcoxon 1945, "Individual comparisons by ranking methods"; Mann & Whitney 1947.

    >>> rank_sum_p([1, 2, 3], [4, 5, 60])  # 2 of the 20 splits
    0.1
    """
    every = [*first, *second]
    # Twice the mean rank of equal values: whole numbers, so that sums are exact.
    ranks = [sum((other < value) + (other <= value) for other in every) + 1 for value in every]
    expected = len(first) * (len(every) + 1)
    found = abs(sum(ranks[: len(first)]) - expected)
    splits = [abs(sum(part) - expected) >= found for part in combinations(ranks, len(first))]
    return sum(splits) / len(splits)


def is_greater(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether the median of the first is greater, and chance does not explain it."""
    return median(first) > median(second) and rank_sum_p(first, second) < SIGNIFICANT


def summarise_runs(**runs: Sequence[float]) -> dict[str, float]:
    """Median, least and most of each kind of runs: NAME, NAME_least and NAME_most.

    >>> summarise_runs(own=[0.25, 0.5, 1.0])
    {'own': 0.5, 'own_least': 0.25, 'own_most': 1.0}
    """
    shares = {}
    for name, each in runs.items():
        shares |= {name: median(each), f"{name}_least": min(each), f"{name}_most": max(each)}
    return shares
