"""Blocks taken out of a trained network: what they compute is left out, and their input goes on unchanged.

Source: Veit, Wilber and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", section 4.1.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn


def list_removable_blocks(model: nn.Module, input_shape: Sequence[int] = (1, 28, 28)) -> list[str]:
    """Paths of the blocks whose input and output have one shape, in the order in which they are called.

    A block is a module with submodules that takes one tensor and gives one, is called once, and holds no other such block.

    Args:
        model: any module that takes a batch of images; it is left as it is, and nothing is computed.
        input_shape: (C, H, W) of an image for it.

    >>> from explorer.models.catalogue import create_model
    >>> list_removable_blocks(create_model("resnet20"))[:3]
    ['layer1.0', 'layer1.1', 'layer1.2']
    """
    probe = copy.deepcopy(model).to("meta").eval()
    calls: dict[str, list[bool]] = {}
    for path, module in probe.named_modules():
        if path and any(True for _ in module.children()):
            module.register_forward_hook(lambda _, given, result, path=path: _note(calls, path, given, result))
    with torch.no_grad():
        probe(torch.empty(1, *input_shape, device="meta"))
    kept = [path for path, same in calls.items() if same == [True]]
    return [path for path in kept if not any(other.startswith(f"{path}.") for other in kept)]


def _note(calls: dict[str, list[bool]], path: str, given: tuple, result: object) -> None:
    taken = given[0] if len(given) == 1 else None
    is_same = isinstance(taken, torch.Tensor) and isinstance(result, torch.Tensor) and taken.shape == result.shape
    calls.setdefault(path, []).append(is_same)


@contextmanager
def without_blocks(model: nn.Module, paths: Collection[str]) -> Iterator[nn.Module]:
    """The same network, whose blocks at these paths hand their input on as long as the context lasts.

    Whoever else uses the network meanwhile uses it without these blocks as well: take a copy of a shared one. Afterwards the
    very same blocks are back, also after an exception.

    Args:
        model: a network.
        paths: of blocks, as `list_removable_blocks` gives them.

    Yields:
        The network.

    Raises:
        ValueError: there is no module at one of the paths, or it lies within another one of them.
    """
    places = [_find_place(model, path, paths) for path in dict.fromkeys(paths)]
    blocks = [parent._modules[name] for parent, name in places]
    try:
        for parent, name in places:
            parent._modules[name] = nn.Identity().train(parent.training)
        yield model
    finally:
        for (parent, name), block in zip(places, blocks, strict=True):
            parent._modules[name] = block


def _find_place(model: nn.Module, path: str, paths: Collection[str]) -> tuple[nn.Module, str]:
    """The module that holds the block, and its name there."""
    above, _, name = path.rpartition(".")
    parent = dict(model.named_modules()).get(above)
    if parent is None or parent._modules.get(name) is None:
        raise ValueError(f"path must be one of a block of the network, got {path!r}")
    outer = next((each for each in paths if path.startswith(f"{each}.")), None)
    if outer is not None:
        raise ValueError(f"paths must not lie within each other, got {path!r} within {outer!r}")
    return parent, name
