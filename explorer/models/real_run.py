"""A network's own forward, run on a copy of it while every call is watched: what it really does, branch by branch.

torch.fx records a forward with stand-ins that are no tensors, so it may take another branch than the network does
(`torch.is_tensor(x)`), and it does not see hooks. Here tensors flow. What is done at a call is up to the subclass: the
recorder (real_recording.py) works out shapes, the footprint (footprint.py) replays transparently.
"""

from __future__ import annotations

import copy
import operator
import os
import random
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import walk_tb
from types import CellType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from explorer.locks import fork_safe_locks
from explorer.models.operations import WRAPPED, Named, find_operation
from explorer.models.records import UnsupportedLayerError
from explorer.patience import go_on

Convert = Callable[[torch.Tensor], torch.Tensor]

# What Python's operators are called where a tensor stands on either side.
_OPERATORS: dict[str, Callable] = {
    "__add__": operator.add, "__radd__": operator.add, "__iadd__": operator.iadd,
    "__sub__": operator.sub, "__rsub__": operator.sub, "__isub__": operator.isub,
    "__mul__": operator.mul, "__rmul__": operator.mul, "__imul__": operator.imul,
    "__truediv__": operator.truediv, "__rdiv__": operator.truediv, "__rtruediv__": operator.truediv,
    "__itruediv__": operator.itruediv, "__pow__": operator.pow, "__rpow__": operator.pow,
    "__matmul__": operator.matmul, "__rmatmul__": operator.matmul, "__neg__": operator.neg,
    "__getitem__": operator.getitem, "__setitem__": operator.setitem,
}  # fmt: skip

_LOCKS = fork_safe_locks(["wrapped"])


def lock_wrapped():
    """Held while functions of torchvision are replaced: nobody else may record them meanwhile."""
    return _LOCKS["wrapped"]


def find_dtype(model: nn.Module, otherwise: torch.dtype = torch.float32) -> torch.dtype:
    """In which kind of number a network takes images: that of its first parameter of fractions."""
    return next((each.dtype for each in model.parameters() if each.is_floating_point()), otherwise)


def copy_structure(model: nn.Module, convert: Convert) -> nn.Module:
    """The same modules with other tensors: what a forward writes down stays in the copy.

    Args:
        model: any network.
        convert: gives the tensor that stands in the copy instead of a parameter, a buffer or another attribute.

    Raises:
        UnsupportedLayerError: a module is scripted, or its parameters have no shape yet.
    """
    return _Copier(convert).copy(model, "")


def copy_with_numbers(model: nn.Module) -> nn.Module:
    """A copy on the processor whose tensors have numbers of their own: whatever its forward writes stays in it.

    Raises:
        UnsupportedLayerError: as `copy_structure`.
    """
    return copy_structure(model, _copy_numbers)


def _copy_numbers(tensor: torch.Tensor) -> torch.Tensor:
    numbers = tensor.detach()
    numbers = (numbers if numbers.is_meta else numbers.cpu()).clone()
    return nn.Parameter(numbers, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else numbers


class _Copier:
    """Copies a network with all that it holds: whatever a forward or a hook writes down stays in the copy."""

    def __init__(self, convert: Convert):
        self.convert = convert
        self.found: dict[int, Any] = {}  # by the id of the original
        self.kept: list[Any] = []  # a key of `found` must not become the id of another object

    def copy(self, module: nn.Module, path: str) -> Any:
        if id(module) in self.found:
            return self.found[id(module)]
        title = type(module).__name__
        if isinstance(module, torch.jit.ScriptModule):
            raise UnsupportedLayerError("trace.scripted", path or title, title)
        copied = self._remember(module, object.__new__(type(module)))
        state = dict(module.__dict__)
        for name in ("_parameters", "_buffers"):
            state[name] = {key: self._tensor(each, path, title) for key, each in module.__dict__[name].items()}
        state["_modules"] = {
            name: None if child is None else self.copy(child, f"{path}.{name}" if path else name)
            for name, child in module._modules.items()
        }
        for name, value in module.__dict__.items():
            kind = type(value)
            if kind in _ATOMS or name in ("_parameters", "_buffers", "_modules"):
                continue
            if kind in _CONTAINERS and not value:  # most dicts of hooks
                state[name] = kind()
            elif kind is not tuple or not _ATOMS.issuperset(map(type, value)):
                state[name] = self._attribute(value, path)
        copied.__dict__.update(state)
        return copied

    def _remember(self, original: Any, copied: Any) -> Any:
        self.found[id(original)] = copied
        self.kept.append(original)
        return copied

    def _tensor(self, tensor: torch.Tensor | None, path: str, kind: str) -> torch.Tensor | None:
        if tensor is None:
            return None
        if is_lazy(tensor):
            raise UnsupportedLayerError("trace.not_initialised", path or kind, kind)
        if id(tensor) not in self.found:
            self._remember(tensor, self.convert(tensor))
        return self.found[id(tensor)]

    def _attribute(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind in _ATOMS or isinstance(value, _SHARED):
            return value
        if isinstance(value, torch.Tensor):
            return self._tensor(value, path, "Tensor")
        if isinstance(value, nn.Module):
            return self.copy(value, path)
        if id(value) in self.found:
            return self.found[id(value)]
        if kind is tuple:
            return self._remember(value, tuple([self._attribute(item, path) for item in value]))
        if kind in (list, deque):
            copied = self._remember(value, [] if kind is list else deque(maxlen=value.maxlen))
            copied.extend(self._attribute(item, path) for item in value)
            return copied
        if kind is set:
            return self._remember(value, set(value))
        if isinstance(value, dict) and kind.__module__ in ("builtins", "collections"):
            copied = self._remember(value, value.copy())
            copied.update((key, self._attribute(item, path)) for key, item in value.items())
            return copied
        if kind is MethodType:
            return MethodType(value.__func__, self._attribute(value.__self__, path))
        if kind is FunctionType:
            return self._function(value, path)
        if kind is ReferenceType:
            return None if value() is None else ref(self._attribute(value(), path))
        if _is_plain(kind):
            copied = self._remember(value, object.__new__(kind))
            copied.__dict__.update((name, self._attribute(item, path)) for name, item in value.__dict__.items())
            return copied
        with suppress(Exception):  # locks, files and the like cannot be copied: they are shared
            return copy.deepcopy(value, self.found)
        return value

    def _function(self, function: FunctionType, path: str) -> FunctionType:
        """A hook, say, with copies of the variables around it."""
        if not function.__closure__:
            return function
        cells = tuple(CellType() for _ in function.__closure__)
        name, defaults = function.__name__, function.__defaults__
        copied = self._remember(function, FunctionType(function.__code__, function.__globals__, name, defaults, cells))
        copied.__kwdefaults__ = function.__kwdefaults__
        copied.__dict__.update(function.__dict__)
        for cell, original in zip(cells, function.__closure__):
            with suppress(ValueError):  # an empty cell
                cell.cell_contents = self._attribute(original.cell_contents, path)
        return copied


_ATOMS = frozenset((bool, int, float, complex, str, bytes, type(None), torch.Size, torch.dtype, torch.device))
_SHARED = (type, ModuleType)
_CONTAINERS = frozenset((dict, OrderedDict, list, set))


def _is_plain(kind: type) -> bool:
    """Whether an object of a class is what stands in its attributes."""
    is_own = kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__
    is_default = is_own and kind.__new__ is object.__new__ and not hasattr(kind, "__deepcopy__")
    return is_default and kind.__dictoffset__ > 0 and not any("__slots__" in vars(each) for each in kind.__mro__)


@contextmanager
def keep_random_state() -> Iterator[None]:
    """Puts the states of the random generators back afterwards: a forward may draw numbers, or build a module."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])


@contextmanager
def without_compiler() -> Iterator[None]:
    """Modules that torch.compile wraps run as they are written; where it was never used, it is not loaded."""
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield


class RealRun(TorchFunctionMode):
    """Runs a copy of a network and hands every call of a known module and of a function to `handle`.

    Attributes:
        stack: paths of the modules that are being called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = [""]
        self.model_name = ""
        self.refusal: Exception | None = None
        self._inside = 0  # known modules around this call
        self._is_busy = False  # handling a known module

    def run(self, model: nn.Module, image: torch.Tensor) -> Any:
        """The output of a copy of a network, whose modules this call prepares for it."""
        for path, module in model.named_modules():
            self._watch(path, module)
        self.model_name = type(model).__name__
        # As where a network is called without further words: gradients are on, the processor works.
        with keep_random_state(), without_compiler(), torch.enable_grad(), _watch_wrapped(self), self:
            output = model(image)
        if self.refusal is not None:  # the forward caught it, and took a way that it does not take with numbers
            raise self.refusal
        return output

    def handle(self, target: Named, call: Callable, args: tuple, kwargs: dict, path: str | None, module) -> Any:
        """What a call gives.

        Args:
            target: the class of the module, the function or the name of the method.
            call: does what PyTorch does.
            args, kwargs: what it was called with, without the module.
            path: the module's, None for a function.
            module: the copy of the module, None for a function.
        """
        raise NotImplementedError

    def compute(self, target: Named, call: Callable, args: tuple, kwargs: dict) -> Any:
        """What a function gives inside a known module."""
        return call(*args, **kwargs)

    def _watch(self, path: str, module: nn.Module) -> None:
        forward = module.forward
        if is_whole(module):

            def watched(*args, **kwargs):
                return self._follow_whole(type(module), forward, args, kwargs, path, module)
        else:

            def watched(*args, **kwargs):
                self.stack.append(path)
                try:
                    return forward(*args, **kwargs)
                finally:
                    self.stack.pop()

        module.__dict__["forward"] = watched

    def _follow_whole(self, target: Named, function: Callable, args: tuple, kwargs: dict, path, module) -> Any:
        """A call of a known module, or of a function that is known by name: what it calls is a part of it."""
        if self._inside or self._is_busy:
            return function(*args, **kwargs)

        def call(*args, **kwargs):
            self._inside, self._is_busy = self._inside + 1, False
            try:
                return function(*args, **kwargs)
            finally:
                self._inside, self._is_busy = self._inside - 1, True

        self._is_busy = True
        try:
            go_on()
            with self._keep_refusal():
                return self.handle(target, call, args, kwargs, path, module)
        finally:
            self._is_busy = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._is_busy:  # a call of our own
            return func(*args, **kwargs)
        target = name_target(func)
        if target in _ANSWERS:
            return _ANSWERS[target]
        if self._inside:
            return self.compute(target, func, args, kwargs)
        go_on()
        with self._keep_refusal():
            return self.handle(target, func, args, kwargs, None, None)

    @contextmanager
    def _keep_refusal(self) -> Iterator[None]:
        """A forward may catch what is raised here; that no numbers are there must be told all the same."""
        try:
            yield
        except (UnsupportedLayerError, NotImplementedError) as error:
            self.refusal = self.refusal or error
            raise

    @property
    def where(self) -> str:
        """Path of the module whose forward is being run; the network itself goes by its class."""
        return self.stack[-1] or self.model_name


# What a forward is told of a tensor without numbers, so that it goes the way that it goes on the processor.
_ANSWERS: dict[Named, Any] = {"device": torch.device("cpu"), "is_meta": False, "is_cpu": True, "is_cuda": False}


def is_whole(module: nn.Module) -> bool:
    """Whether a module is followed as one operation: it does what its class does, and all of it is one operation.

    Padding other than zeros is an operation of its own.
    """
    is_known = find_operation(type(module)) is not None and "forward" not in vars(module)
    return is_known and getattr(module, "padding_mode", "zeros") == "zeros"


def name_target(func: Any) -> Named:
    """The function, or the name of the method, as records of operations know it.

    >>> name_target(torch.Tensor.mean)
    'mean'
    """
    name = getattr(func, "__name__", str(func))
    if name in ("__get__", "__set__"):
        name = getattr(getattr(func, "__self__", None), "__name__", name)
        return name if func.__name__ == "__get__" else f"{name}="
    if name in _OPERATORS:
        return _OPERATORS[name]
    is_in_python = getattr(func, "__module__", None) == "torch._tensor"
    is_method = (
        is_in_python
        or getattr(torch.Tensor, name, None) is func
        or type(func).__name__
        in (
            "method_descriptor",
            "wrapper_descriptor",
        )
    )
    return name if is_method else func


_ACTIVE = threading.local()


@contextmanager
def _watch_wrapped(run: RealRun) -> Iterator[None]:
    """Functions that are followed whole, though they are plain Python: for this thread they go to the run."""
    found = [(sys.modules[module], name) for module, name in WRAPPED if module in sys.modules]
    if not found:
        yield
        return
    with _LOCKS["wrapped"]:
        before = [(module, name, getattr(module, name)) for module, name in found]
        _ACTIVE.run = run
        for module, name, function in before:
            setattr(module, name, _wrap(function))
        try:
            yield
        finally:
            _ACTIVE.run = None
            for module, name, function in before:
                setattr(module, name, function)


def _wrap(function: Callable) -> Callable:
    def wrapped(*args, **kwargs):
        run = getattr(_ACTIVE, "run", None)
        if run is None:
            return function(*args, **kwargs)
        return run._follow_whole(function, function, args, kwargs, None, None)

    return wrapped


_OWN = (f"{Path(torch.__file__).parent}{os.sep}", f"{Path(__file__).parent}{os.sep}", "<")  # not torchvision, say
_IS_OWN: dict[str, bool] = {}  # by the name of a file


def find_place() -> str | None:
    """File and line of the forward that is being run, None where there is none outside of PyTorch and of this house."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        place = _write_place(frame, frame.f_lineno)
        if place is not None:
            return place
        frame = frame.f_back
    return None


def find_raised(error: Exception) -> str | None:
    """File and line of the forward that raised an error, None where it was raised elsewhere."""
    places = [_write_place(frame, line) for frame, line in walk_tb(error.__traceback__)]
    return next((place for place in reversed(places) if place is not None), None)


def _write_place(frame: FrameType, line: int) -> str | None:
    name = frame.f_code.co_filename
    if name not in _IS_OWN:
        _IS_OWN[name] = name.startswith(_OWN)
    return None if _IS_OWN[name] else f"{name.rpartition('/')[2]}:{line}"
