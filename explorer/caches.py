"""What was computed is remembered, up to a number of bytes.

A number of entries says little: one picture of a reader is a hundred times as large as another.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import torch
from cachetools import LRUCache, cached

Function = TypeVar("Function", bound=Callable)
Answer = TypeVar("Answer")

_NOT_OF_A_VALUE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)  # what many share


def remember(megabytes: float) -> Callable[[Function], Function]:
    """Decorate a function whose answers are remembered, the latest up to this many megabytes in all.

    As with `functools.lru_cache`, arguments must be hashable, errors are not remembered, and the function gets
    `cache_clear()` and `cache_info()`, whose sizes are bytes. One answer that is larger is not remembered at all.

    Args:
        megabytes: most memory of all answers and of the arguments that are kept with them, as `measure_bytes` has it.
    """
    cache: LRUCache = _CountedCache(megabytes * 1024**2)
    return cached(cache, lock=Lock(), info=True)  # type: ignore[return-value]  # the stub's class hides the function's type


def recall(function: Callable[..., Answer], *arguments: Hashable) -> Answer | None:
    """What a function that is decorated with `remember` has answered to these arguments, or None; it is not called."""
    about: Any = function
    with about.cache_lock:
        return about.cache.get(about.cache_key(*arguments))


class Memory:
    """What was computed in parts, or under several names, is remembered by hand; otherwise as with `remember`.

    Args:
        megabytes: most memory of all values.
    """

    def __init__(self, megabytes: float):
        self._values: LRUCache = LRUCache(megabytes * 1024**2, getsizeof=measure_bytes)
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None if there is none."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Remember a value; one that is larger than all are allowed to be is not remembered."""
        with self._lock, suppress(ValueError):  # of cachetools, if it is too large
            self._values[key] = value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


class _CountedCache(LRUCache):
    """Counts what its keys hold as well: a small answer may stand for a large picture."""

    _key: Any = None

    def __setitem__(self, key, value, *args):
        self._key = key
        super().__setitem__(key, value, *args)

    def getsizeof(self, value: Any) -> int:  # type: ignore[override]  # it is static there and is called as a method
        return measure_bytes((self._key, value))


def measure_bytes(value: Any) -> int:
    """Memory that a value holds, in bytes: its own and that of all that it refers to, each once.

    Numbers of a tensor count as far as they lie on the processor. Classes, functions and modules do not count.
    """
    total, seen, waiting = 0, set(), [value]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, _NOT_OF_A_VALUE):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each, 0)
        if isinstance(each, torch.Tensor):
            storage = each.untyped_storage()
            if storage.device.type == "cpu" and id(storage) not in seen:
                total += 0 if storage.data_ptr() in seen else storage.nbytes()
                seen.add(storage.data_ptr())
        waiting.extend(gc.get_referents(each))
    return total
