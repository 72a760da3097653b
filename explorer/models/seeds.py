"""How the trainings behind one record belong together: several seeds side by side, several cycles in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, stdev


@dataclass(frozen=True)
class Seeds:
    """Test accuracy of one network trained several times from different seeds, as fractions.

    Attributes:
        seeds: the seeds, ascending.
        mean: of the accuracies.
        deviation: their standard deviation (n - 1 in the denominator).
    """

    seeds: tuple[int, ...]
    mean: float
    deviation: float


def summarise_seeds(record: Mapping) -> Seeds | None:
    """Mean and spread over the seeds of a record, or None where it was trained once."""
    runs = record.get("runs", ())
    if len(runs) < 2:
        return None
    accuracies = [run["test_accuracy"] for run in runs]
    return Seeds(tuple(sorted(run["seed"] for run in runs)), mean(accuracies), stdev(accuracies))


def cycles_of(record: Mapping) -> list[Mapping]:
    """The trainings, each from the weights of the one before, that made a network; most have one, the record itself."""
    return record.get("cycles", [record])


def hardware_of(record: Mapping) -> str:
    """What a network was trained on; of several cycles each machine, once."""
    return " + ".join(dict.fromkeys(cycle["hardware"] for cycle in cycles_of(record)))
