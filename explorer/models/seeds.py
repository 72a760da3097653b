"""How the trainings behind one record belong together: several seeds side by side, several cycles in a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev


@dataclass(frozen=True)
class Seeds:
    """Test accuracy of one network trained several times from different seeds, as fractions.

    Attributes:
        seeds: the seeds, ascending.
        mean: of the accuracies.
        deviation: their standard deviation (n - 1 in the denominator).
        lowest, highest: of the accuracies.
    """

    seeds: tuple[int, ...]
    mean: float
    deviation: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Machine:
    """What a network was trained on.

    Attributes:
        name: of the processor or of the graphics card.
        threads: how many of them PyTorch used; None on a graphics card.
        compiled: whether the network was compiled first.
    """

    name: str
    threads: int | None
    compiled: bool

    def __str__(self) -> str:
        """In English words, such as "AMD EPYC, 2 threads"."""
        threads = "" if self.threads is None else f", {self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"{self.name}{threads}{', compiled' if self.compiled else ''}"


def summarise_seeds(record: Mapping) -> Seeds | None:
    """Mean and spread over the seeds of a record, or None where it was trained once."""
    runs = record.get("runs", ())
    if len(runs) < 2:
        return None
    accuracies = [run["test_accuracy"] for run in runs]
    seeds = tuple(sorted(run["seed"] for run in runs))
    return Seeds(seeds, mean(accuracies), stdev(accuracies), min(accuracies), max(accuracies))


def cycles_of(record: Mapping) -> list[Mapping]:
    """The trainings, each from the weights of the one before, that made a network; most have one, the record itself."""
    return record.get("cycles", [record])


def are_comparable(names: Sequence[str], records: Mapping[str, Mapping]) -> bool:
    """Whether networks were each trained at a stretch and by one recipe, so that their curves can be held together.

    Whether bfloat16 was used follows the machine and not the recipe; what a record does not name was not done.

    Args:
        names: of the networks.
        records: model name -> record of results.json; a network without one compares with none.
    """
    trained = [records.get(name, {}) for name in names]
    first, *others = (_chosen(record.get("recipe", {})) for record in trained)
    return bool(first) and all(other == first for other in others) and not any("cycles" in each for each in trained)


def _chosen(recipe: Mapping) -> dict:
    return {key: value for key, value in recipe.items() if value and key != "autocast"}


def precision_of(record: Mapping) -> str:
    """What a network was trained in, except for its weights: "bfloat16" or "float32"."""
    return "bfloat16" if record.get("recipe", {}).get("autocast") else "float32"


def read_machines(recorded: str | Iterable[str | Mapping]) -> list[Machine]:
    """The machines of a record, in the order in which they trained.

    Args:
        recorded: one object for each machine. An earlier version wrote words instead; they become the machine's name.
    """
    each_recorded = [recorded] if isinstance(recorded, str) else recorded
    return [Machine(each, None, False) if isinstance(each, str) else Machine(**each) for each in each_recorded]


def machines_of(cycles: Sequence[Mapping]) -> list[Machine]:
    """What a network was trained on in some cycles, as `cycles_of` gives them: each machine once."""
    return list(dict.fromkeys(machine for cycle in cycles for machine in read_machines(cycle["hardware"])))
