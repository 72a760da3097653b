"""Which device computes: a GPU of the machine, one lent by a ZeroGPU Space for one call, or the processor."""

from __future__ import annotations

from collections.abc import Callable

import torch


def on_gpu(function: Callable) -> Callable:
    """Decorate a function that profits from a GPU: on a ZeroGPU Space each call borrows one, elsewhere nothing
    changes, also where the package `spaces` is not installed."""
    try:
        import spaces
    except ImportError:
        return function
    return spaces.GPU(function)


def device() -> torch.device:
    """The device to compute on, now; to be asked inside functions decorated with `on_gpu`."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
