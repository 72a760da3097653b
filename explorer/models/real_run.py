"""A network's own forward, run on a copy of it while every call is watched: what it really does, branch by branch.

torch.fx records a forward with stand-ins that are no tensors, so it may take another branch than the network does
(`torch.is_tensor(x)`), and it does not see hooks. Here tensors flow. What is done at a call is up to the subclass: the
recorder (real_recording.py) works out shapes, the footprint (footprint.py) replays transparently.
"""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, MethodType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from explorer.locks import fork_safe_locks
from explorer.models.operations import WRAPPED, Named, find_operation
from explorer.models.records import UnsupportedLayerError

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


def copy_structure(model: nn.Module, convert: Convert) -> nn.Module:
    """The same modules with other tensors: what a forward writes down stays in the copy.

    Args:
        model: any network.
        convert: gives the tensor that stands in the copy in place of a parameter, a buffer or another attribute.

    Raises:
        UnsupportedLayerError: a module is scripted, or its parameters have no shape yet.
    """
    return _Copier(convert).copy(model, "")


class _Copier:
    def __init__(self, convert: Convert):
        self.convert = convert
        self.found: dict[int, Any] = {}

    def copy(self, module: nn.Module, path: str) -> Any:
        if id(module) in self.found:
            return self.found[id(module)]
        kind = type(module).__name__
        if isinstance(module, torch.jit.ScriptModule):
            raise UnsupportedLayerError("trace.scripted", path or kind, kind)
        parameters = {name: self._tensor(each, path, kind) for name, each in module._parameters.items()}
        buffers = {name: self._tensor(each, path, kind) for name, each in module._buffers.items()}
        copied = object.__new__(type(module))
        self.found[id(module)] = copied
        state = dict(module.__dict__, _parameters=parameters, _buffers=buffers)
        state["_modules"] = {
            name: None if child is None else self.copy(child, f"{path}.{name}" if path else name)
            for name, child in module._modules.items()
        }
        for name, value in module.__dict__.items():
            if name not in ("_parameters", "_buffers", "_modules") and not name.endswith("_hooks"):
                state[name] = self._attribute(value, path)
        copied.__dict__.update(state)
        return copied

    def _tensor(self, tensor: torch.Tensor | None, path: str, kind: str) -> torch.Tensor | None:
        if tensor is None:
            return None
        if is_lazy(tensor):
            raise UnsupportedLayerError("trace.not_initialised", path or kind, kind)
        if id(tensor) not in self.found:
            self.found[id(tensor)] = self.convert(tensor)
        return self.found[id(tensor)]

    def _attribute(self, value: Any, path: str) -> Any:
        if isinstance(value, torch.Tensor):
            return self._tensor(value, path, "Tensor")
        if isinstance(value, nn.Module):
            return self.copy(value, path)
        if isinstance(value, MethodType) and isinstance(value.__self__, nn.Module):
            return MethodType(value.__func__, self.copy(value.__self__, path))
        if type(value) in (list, tuple):
            return type(value)(self._attribute(item, path) for item in value)
        if type(value) is dict:
            return {key: self._attribute(item, path) for key, item in value.items()}
        return value


class RealRun(TorchFunctionMode):
    """Runs a copy of a network and hands every call of a known module and of a function to `handle`.

    Attributes:
        stack: paths of the modules that are being called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = [""]
        self._inside = 0  # known modules around this call
        self._is_busy = False  # handling a known module

    def run(self, model: nn.Module, image: torch.Tensor) -> Any:
        """The output of a copy of a network, whose modules this call prepares for it."""
        for path, module in model.named_modules():
            self._watch(path, module)
        with _watch_wrapped(self), self:
            return model(image)

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
            return self.handle(target, call, args, kwargs, path, module)
        finally:
            self._is_busy = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._is_busy:  # a call of our own
            return func(*args, **kwargs)
        target = name_target(func)
        if self._inside:
            return self.compute(target, func, args, kwargs)
        return self.handle(target, func, args, kwargs, None, None)


def is_whole(module: nn.Module) -> bool:
    """Whether a module is followed as one operation. Padding other than zeros is an operation of its own."""
    return find_operation(type(module)) is not None and getattr(module, "padding_mode", "zeros") == "zeros"


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
    is_method = getattr(torch.Tensor, name, None) is func or type(func).__name__ in (
        "method_descriptor",
        "wrapper_descriptor",
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


_OWN = (str(Path(torch.__file__).parent), str(Path(__file__).parent), "<")
_IS_OWN: dict[str, bool] = {}  # by the name of a file


def find_place() -> str | None:
    """File and line of the forward that is being run, None where there is none outside of PyTorch and of this house."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name not in _IS_OWN:
            _IS_OWN[name] = name.startswith(_OWN)
        if not _IS_OWN[name]:
            return f"{name.rpartition('/')[2]}:{frame.f_lineno}"
        frame = frame.f_back
    return None
