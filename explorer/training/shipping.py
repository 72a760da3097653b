"""From a training of one's own to the folder that the app opens: only when asked, and never a worse network unasked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.models.checkpoints import load_results, load_trained, save_checkpoints, save_record
from explorer.training.lifecycle import Event, describe_all
from explorer.training.plan import Plan
from explorer.training.publish import section_of
from explorer.training.splits import Split


@dataclass(frozen=True)
class Shipment:
    """One network on its way to the shipped folder.

    Attributes:
        name: of the network.
        old: its record there, None where it has none.
        new: its record in the folder of the training, None as long as there is none.
        fate: "new", "better", "same" (the very same run lies there), "worse" or, before the training, "waits".
    """

    name: str
    old: Mapping | None
    new: Mapping | None
    fate: Literal["new", "better", "same", "worse", "waits"]


def validation_accuracy(record: Mapping) -> float:
    """What networks are compared by, 0 to 1: the mean over the seeds. Test images decide nothing. It is nan where a
    record does not say.

    Args:
        record: of a network, as results.json holds it.

    >>> validation_accuracy({"validation_accuracy": 0.5})
    0.5
    >>> validation_accuracy({"runs": [{"validation_accuracy": 0.25}, {"validation_accuracy": 0.75}]})
    0.5
    """
    try:
        runs = record.get("runs") or [record]
        return sum(run["validation_accuracy"] for run in runs) / len(runs)
    except (KeyError, TypeError):
        return math.nan


def look_ahead(plan: Plan) -> list[Shipment]:
    """What lies in the shipped folder of the networks that the plan trains.

    Raises:
        CheckpointError: results.json is damaged.
    """
    shipped = load_results(plan.shipped, section_of(plan.recipe))
    return [Shipment(name, shipped.get(name), None, "waits") for name in plan.names]


def compare(plan: Plan, names: Sequence[str]) -> list[Shipment]:
    """Compare trained networks with the shipped ones.

    Args:
        plan: it knows both folders.
        names: networks that are trained.

    Raises:
        CheckpointError: results.json is damaged.
    """
    section = section_of(plan.recipe)
    shipped, trained = load_results(plan.shipped, section), load_results(plan.checkpoints, section)
    return [
        Shipment(name, shipped.get(name), trained[name], _decide(shipped.get(name), trained[name])) for name in names
    ]


def _decide(old: Mapping | None, new: Mapping) -> Literal["new", "better", "same", "worse"]:
    if old is None:
        return "new"
    if old == new:
        return "same"
    return "better" if validation_accuracy(new) >= validation_accuracy(old) else "worse"  # not a number: not better


def ship(plan: Plan, shipments: Sequence[Shipment], test: Split, tell: Callable[[Event], None]) -> bool:
    """Write networks to the shipped folder, all at once; worse ones only if the plan says so.

    Args:
        plan: it knows both folders.
        shipments: as from `compare`.
        test: all test images, for what describes all networks.
        tell: called with what failed.

    Returns:
        Whether everything is there now.

    Raises:
        CheckpointError: weights or results are damaged.
        OSError: a file cannot be written; the old set is whole.
    """
    going = [
        each for each in shipments if each.fate in ("new", "better") or (each.fate == "worse" and plan.even_if_worse)
    ]
    if not going:
        return all(each.fate == "same" for each in shipments)
    if section_of(plan.recipe) == "tutorial":
        for each in going:
            save_record(each.name, each.new, plan.shipped, "tutorial")
    else:
        save_checkpoints(
            {each.name: (load_trained(each.name, plan.checkpoints), each.new) for each in going}, plan.shipped
        )
    is_described = describe_all(test, plan.shipped, tell, plan.illustrate)
    return is_described and all(each in going or each.fate == "same" for each in shipments)
