"""Networks that are trained further from their shipped weights: their records keep the earlier cycles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from explorer.models.checkpoints import RESULTS_FILE, CheckpointError, load_results
from explorer.models.seeds import cycles_of

_CYCLE_FIELDS = (
    "recipe", "epochs", "seed", "validation_accuracy", "test_correct", "seconds", "hardware", "trained_on", "versions",
)  # fmt: skip


def read_earlier(name: str, folder: Path) -> dict:
    """Read what a run must know if it starts from trained weights.

    Args:
        name: a key of the catalogue.
        folder: where the weights and results.json lie.

    Returns:
        `epochs`, `seconds` and `curve` of all cycles so far, `seed`, `files` of the weights, and `cycles`, a list
        with a dict for each cycle.

    Raises:
        CheckpointError: no such weights are recorded, their record is incomplete, or results.json is damaged.
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
    """Put the last cycle and the cycles before it into one record: epochs, time and curve are those of all cycles.

    Args:
        record: of the last cycle alone.
        earlier: as from `read_earlier`; None if the run started from random weights.

    Returns:
        A new record, with `cycles`; the given one if there were no earlier cycles.

    Raises:
        KeyError: a record lacks something that is kept for each cycle.
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
