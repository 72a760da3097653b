"""Networks that are trained further from their shipped weights: earlier cycles count as much as the last one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from explorer.models.checkpoints import RESULTS_FILE, CheckpointError, load_results
from explorer.models.seeds import cycles_of

_CYCLE_FIELDS = (
    "recipe", "epochs", "seed", "validation_accuracy", "test_correct", "seconds", "hardware", "trained_on", "versions",
)  # fmt: skip


def read_earlier(name: str, folder: Path) -> dict:
    """What a run that starts from the weights in a folder must know of them.

    Returns:
        `epochs`, `seconds` and `curve` of all cycles so far, `seed`, `files` of the weights, and `cycles`, a dict each.

    Raises:
        CheckpointError: there are no such weights, or their record is incomplete.
    """
    record = load_results(folder).get(name)
    if record is None:
        raise CheckpointError(
            f"{folder / RESULTS_FILE}: no trained {name} is recorded, so there is nothing to start from"
        )
    try:
        earlier = {key: record[key] for key in ("epochs", "seconds", "curve", "seed", "files")}
        return {**earlier, "cycles": [{key: cycle[key] for key in _CYCLE_FIELDS} for cycle in cycles_of(record)]}
    except KeyError as error:
        raise CheckpointError(
            f"{folder / RESULTS_FILE}: the record of {name} lacks {error}; train it afresh"
        ) from error


def append_cycle(record: dict, earlier: Mapping | None) -> dict:
    """The record of a run, with the cycles that went before it: their epochs, time and curve count as well.

    Args:
        record: of the last cycle alone.
        earlier: as from `read_earlier`; None if the run started from random weights.
    """
    if earlier is None:
        return record
    later = [{**epoch, "seconds": round(earlier["seconds"] + epoch["seconds"], 1)} for epoch in record["curve"]]
    return {
        **record,
        "epochs": earlier["epochs"] + record["epochs"],
        "kept_epoch": earlier["epochs"] + record["kept_epoch"],
        "seconds": round(earlier["seconds"] + record["seconds"], 1),
        "curve": [*earlier["curve"], *later],
        "cycles": [*earlier["cycles"], {key: record[key] for key in _CYCLE_FIELDS}],
    }
