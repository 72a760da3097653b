"""A run on disk: one safetensors file with its weights, its momentum and, as text, everything else.

A finished run is kept too, with its final weights, until its model is trained again from the start: the run that is
shipped is chosen when all seeds are finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from explorer.models.catalogue import create_model
from explorer.models.checkpoints import write_atomically
from explorer.models.seeds import read_machines
from explorer.training.finished import Finished
from explorer.training.loop import Totals
from explorer.training.recipe import Recipe
from explorer.training.run import Run, new_run

_STATE_FORMAT = 3
_READABLE_FORMATS = (2, 3)  # format 2 describes each machine in words; they are taken as its name


class StateError(ValueError):
    """A saved run is damaged or does not fit; the message names the file."""


def write_state(run: Run, path: Path) -> None:
    """Save a run so that read_state can go on with it: one safetensors file, written whole or not at all.

    Args:
        run: the run; it is not changed.
        path: the file; its folder is made if it does not exist.

    Raises:
        StateError: the file cannot be written; the one that was there before is untouched.
    """
    tensors = _named("model", run.model.state_dict())
    if run.averaged is not None:
        tensors |= _named("averaged", run.averaged.state_dict())
    if run.best is not None:
        tensors |= _named("best", run.best)
    for key, parameter in run.model.named_parameters():
        momentum = run.optimizer.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors |= _named("momentum", {key: momentum})
    _write_state_file(path, tensors, {
        "name": run.name,
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "step": run.step,
        "totals": asdict(run.totals),
        "curve": run.curve,
        "seconds": run.seconds,
        "earlier": run.earlier,
        "hardware": [asdict(machine) for machine in run.hardware],
        "bfloat16": run.bfloat16,
        "finished": False,
    })  # fmt: skip


def write_finished(finished: Finished, name: str, path: Path) -> None:
    """Save a finished run: its weights and what was measured.

    Args:
        finished: the run.
        name: key of its network in the catalogue.
        path: the file; its folder is made if it does not exist.

    Raises:
        StateError: the file cannot be written; the one that was there before is untouched.
    """
    record = finished.record
    _write_state_file(path, _named("model", finished.model.state_dict()), {
        "name": name,
        "recipe": record["recipe"],
        "seed": record["seed"],
        "record": record,
        "earlier": finished.earlier,
        "wrong": finished.wrong,
        "published": finished.is_published,
        "finished": True,
    })  # fmt: skip


def read_finished(path: Path) -> Finished:
    """Read a finished run that write_finished has saved.

    Args:
        path: the file.

    Returns:
        The run, with its network on the CPU and in eval mode.

    Raises:
        StateError: the file is damaged or does not fit the model.
    """
    facts = read_facts(path)
    with _must_fit(path, facts):
        tensors = _read_tensors(path, torch.device("cpu"))
        model = create_model(facts["name"])
        model.load_state_dict(_part("model", tensors))
        earlier, is_published = facts.get("earlier"), facts.get("published", False)
        return Finished(facts["record"], facts["wrong"], model.eval(), earlier, is_published)


@contextmanager
def _must_fit(path: Path, facts: Mapping) -> Iterator[None]:
    """Inside this, errors from missing fields, an unknown model or weights that do not fit become a StateError."""
    try:
        yield
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        name = facts.get("name", "any model")
        raise StateError(f"{path}: does not fit {name}; delete it and train afresh") from error


def _named(part: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    # Clones: safetensors refuses tensors that share memory, as a state_dict's may with the network's.
    return {f"{part}.{key}": tensor.detach().cpu().clone().contiguous() for key, tensor in tensors.items()}


def _part(part: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    start = f"{part}."
    return {key.removeprefix(start): tensor for key, tensor in tensors.items() if key.startswith(start)}


def _write_state_file(path: Path, tensors: dict, facts: dict) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.*.tmp"):  # from a program that was killed while it wrote
            leftover.unlink(missing_ok=True)
        facts = json.dumps({"format": _STATE_FORMAT, **facts})
        write_atomically({path: save(tensors, metadata={"run": facts})})
    except OSError as error:
        raise StateError(f"{path}: cannot be written ({error.strerror}); what was saved before is untouched") from error


def read_facts(path: Path) -> dict:
    """Read what a saved run says about itself, without its tensors.

    Args:
        path: the file.

    Returns:
        What write_state or write_finished has saved as text; "finished" says which of the two it was.

    Raises:
        StateError: the file is damaged, is no saved run, or is from another version of this program.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            facts = json.loads((stored.metadata() or {})["run"])
        if facts["format"] not in _READABLE_FORMATS:
            raise StateError(f"{path}: saved by another version of this program; delete it and train afresh")
        return facts
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(f"{path}: not a saved run, or a damaged one ({error}); delete it and train afresh") from error


def _read_tensors(path: Path, device: torch.device) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt", device=str(device)) as stored:
        return {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - it is not a mapping


def read_state(path: Path, device: torch.device) -> Run:
    """Read a run exactly as write_state has saved it.

    Args:
        path: the file.
        device: where the run goes on.

    Raises:
        StateError: the file is damaged or does not fit the model.
    """
    facts = read_facts(path)
    with _must_fit(path, facts):
        tensors = _read_tensors(path, device)
        recipe = Recipe(**facts["recipe"])
        run = new_run(facts["name"], recipe, facts["seed"], device)
        run.model.load_state_dict(_part("model", tensors))
        if run.averaged is not None:
            run.averaged.load_state_dict(_part("averaged", tensors))
        for key, parameter in run.model.named_parameters():
            if f"momentum.{key}" in tensors:
                momentum = torch.empty_like(parameter, requires_grad=False).copy_(tensors[f"momentum.{key}"])
                run.optimizer.state[parameter]["momentum_buffer"] = momentum
        run.best = _part("best", tensors) or None
        run.step, run.curve, run.seconds = facts["step"], facts["curve"], facts["seconds"]
        run.totals = Totals(**facts["totals"])
        run.earlier, run.hardware = facts.get("earlier"), read_machines(facts.get("hardware", []))
        run.bfloat16 = facts.get("bfloat16", recipe.autocast and run.step > 0)
        return run
