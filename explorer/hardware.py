"""Which device computes: a GPU of the machine, one lent by a ZeroGPU Space for one call, or the processor."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps

import torch

from explorer.errors import InputError

_IS_LENT = ContextVar("is_lent", default=False)  # whether a call decorated with on_gpu is under way here


def on_gpu(function: Callable) -> Callable:
    """Decorate a function that profits from a GPU: on a ZeroGPU Space each call borrows one, elsewhere nothing
    changes, also where the package `spaces` is not installed."""
    try:
        import spaces
    except ImportError:
        return function

    @wraps(function)
    def with_device(*args, **kwargs):
        token = _IS_LENT.set(True)
        try:
            return function(*args, **kwargs)
        except InputError as error:  # the call has a process of its own, from which only answers come back whole
            return error
        finally:
            _IS_LENT.reset(token)

    lent = spaces.GPU(with_device)

    @wraps(function)
    def call(*args, **kwargs):
        answer = lent(*args, **kwargs)
        if isinstance(answer, InputError):
            raise answer
        return answer

    return call


def device() -> torch.device:
    """The device to compute on, now: a GPU, on a ZeroGPU Space inside functions decorated with `on_gpu` only.

    Outside of them such a Space pretends to have CUDA, and fails as soon as a thread uses it.
    """
    if not torch.cuda.is_available() or (_is_zero_gpu() and not _IS_LENT.get()):
        return torch.device("cpu")
    return torch.device("cuda")


def _is_zero_gpu() -> bool:
    try:
        from spaces.config import Config
    except ImportError:
        return False
    return bool(Config.zero_gpu)
