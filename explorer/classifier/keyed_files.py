"""Tensors beside the weights that belong to certain weights: where others are here, they count as missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from explorer.models import checkpoints
from explorer.models.checkpoints import load_results, weights_of, write_atomically

_WEIGHTS = "weights"
Found = TypeVar("Found")


def recorded_weights(name: str) -> list[str]:
    """The checksums of the weights of a network that are here.

    Raises:
        KeyError: no weights of it are recorded.
        CheckpointError: the results of the trainings are damaged.
    """
    return weights_of(load_results()[name])


def read_keyed(file: str, name: str, read: Callable[[safe_open], Found]) -> Found | None:
    """Read what belongs to the weights of a network.

    Args:
        file: a name in the folder of the weights.
        name: of the network.
        read: takes what it wants from the open file.

    Returns:
        What `read` gives; None where the file is missing or damaged, or was written for other weights of the network.
    """
    return _read_file(file, lambda opened: read(opened) if name in _list_valid(opened, (name,)) else None)


def list_keyed(file: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the networks to whose weights the file belongs; none where it is missing or damaged."""
    return _read_file(file, lambda opened: _list_valid(opened, names)) or ()


def _read_file(file: str, read: Callable[[safe_open], Found]) -> Found | None:
    try:
        with safe_open(checkpoints.CHECKPOINTS / file, framework="pt") as opened:
            return read(opened)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


def _list_valid(opened: safe_open, names: tuple[str, ...]) -> tuple[str, ...]:
    weights, records = json.loads(opened.metadata()[_WEIGHTS]), load_results()
    return tuple(name for name in names if name in records and weights.get(name) == weights_of(records[name]))


def write_keyed(file: str, tensors: Mapping[str, torch.Tensor], weights: Mapping[str, list[str]], **about: str) -> None:
    """Write tensors beside the weights.

    Args:
        file: a name in the folder of the weights.
        tensors: what is written.
        weights: network -> checksums of its weights.
        **about: further words, which `read` finds in the metadata.
    """
    content = save({key: each.contiguous() for key, each in tensors.items()}, {_WEIGHTS: json.dumps(weights), **about})
    write_atomically({checkpoints.CHECKPOINTS / file: content})
