"""A run on disk: one safetensors file with its weights, its momentum and, as text, everything else."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from explorer.models.checkpoints import write_atomically
from explorer.training.loop import Totals
from explorer.training.recipe import Recipe
from explorer.training.run import Run, new_run

_STATE_FORMAT = 1


class StateError(ValueError):
    """A saved run is damaged or does not fit; the message names the file."""


def write_state(run: Run, path: Path) -> None:
    """Save a run so that read_state can go on with it: one safetensors file, written whole or not at all."""
    tensors = {f"model.{key}": tensor.cpu().contiguous() for key, tensor in run.model.state_dict().items()}
    for key, parameter in run.model.named_parameters():
        momentum = run.optimizer.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum.{key}"] = momentum.cpu().contiguous()
    _write_state_file(path, run, tensors, finished=False)


def write_finished_state(run: Run, path: Path) -> None:
    """Leave a note that this run is over; its weights are in the checkpoint."""
    _write_state_file(path, run, {}, finished=True)


def _write_state_file(path: Path, run: Run, tensors: dict, finished: bool) -> None:
    facts = {
        "format": _STATE_FORMAT,
        "name": run.name,
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "step": run.step,
        "totals": asdict(run.totals),
        "curve": run.curve,
        "seconds": run.seconds,
        "finished": finished,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, save(tensors, metadata={"run": json.dumps(facts)}))


def read_facts(path: Path) -> dict:
    """What a saved run says about itself, without its tensors.

    Raises:
        StateError: the file is damaged or not a saved run.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            facts = json.loads((stored.metadata() or {})["run"])
        if facts["format"] != _STATE_FORMAT:
            raise StateError(f"{path}: saved by another version of this program; delete it and train afresh")
        return facts
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(f"{path}: not a saved run, or a damaged one ({error}); delete it and train afresh") from error


def read_state(path: Path, device: torch.device) -> Run:
    """A run exactly as write_state left it.

    Raises:
        StateError: the file is damaged or does not fit the model.
    """
    facts = read_facts(path)
    with safe_open(path, framework="pt", device=str(device)) as stored:
        tensors = {key: stored.get_tensor(key) for key in stored.keys()}
    weights = {key.removeprefix("model."): tensor for key, tensor in tensors.items() if key.startswith("model.")}
    try:
        run = new_run(facts["name"], Recipe(**facts["recipe"]), facts["seed"], device)
        run.model.load_state_dict(weights)
    except (TypeError, ValueError, RuntimeError) as error:  # another recipe's fields, an unknown model, other weights
        raise StateError(f"{path}: does not fit {facts['name']}; delete it and train afresh") from error
    for key, parameter in run.model.named_parameters():
        if f"momentum.{key}" in tensors:
            momentum = torch.empty_like(parameter, requires_grad=False).copy_(tensors[f"momentum.{key}"])
            run.optimizer.state[parameter]["momentum_buffer"] = momentum
    run.step, run.curve, run.seconds = facts["step"], facts["curve"], facts["seconds"]
    run.totals = Totals(**facts["totals"])
    return run
