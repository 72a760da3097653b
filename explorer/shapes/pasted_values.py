"""What an interpreted text works with: the checked text, the limits of a run, and the types of values beside plain ones."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import fx, nn

from explorer.errors import InputError
from explorer.shapes.layers import LineError

MAX_STEPS = 30_000  # statements and expressions of one run
MAX_ITEMS = 2000  # of a list or a range
MAX_MODULES = 1000
MAX_TENSOR_CALLS = 1500  # in one forward
MAX_CALL_DEPTH = 16  # functions and modules inside each other
MAX_NESTING = 40  # modules inside each other
MAX_SIDE = 65_536  # of a map that is enlarged: PyTorch works out where each of its places comes from
LARGEST = 10**12
LARGEST_ARGUMENT = 16_777_216
MOST_PARTS = 1000


@dataclass(frozen=True)
class Program:
    """A checked text.

    Attributes:
        classes: by their names.
        functions: those beside the classes, by their names.
        constants: what names beside the classes stand for.
        aliases: what a name stands for in PyTorch: "F" -> "torch.nn.functional".
        call: makes the network.
    """

    classes: Mapping[str, ast.ClassDef]
    functions: Mapping[str, ast.FunctionDef]
    constants: Mapping[str, ast.expr]
    aliases: Mapping[str, str]
    call: ast.Call


class PastedModule(nn.Module):
    """A module of a pasted class; `forward` is interpreted.

    Args:
        program: the text.
        name: of its class there.
        interpret: carries out its `forward`.
    """

    def __init__(self, program: Program, name: str, interpret: Callable):
        super().__init__()
        self._program = program
        self._name = name
        self._interpret = interpret
        self._values: dict[str, Any] = {}  # attributes that are not modules

    def forward(self, *args, **kwargs):
        """What the text's `forward` gives.

        Raises:
            LineError: it does what is not known here.
        """
        return self._interpret(self, args, kwargs)


# ---- limits -----------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What one run has used up."""

    steps: int = 0
    num_modules: int = 0
    tensor_calls: int = 0
    depth: int = 0


RUN: ContextVar[Run | None] = ContextVar("run", default=None)


def count_step(run: Run, node: ast.AST) -> None:
    run.steps += 1
    if run.steps > MAX_STEPS:
        raise refuse(node, "list_too_long_run", maximum=f"{MAX_STEPS:,}")


def refuse(node: ast.AST, key: str, **values) -> LineError:
    return LineError(getattr(node, "lineno", 1), InputError(f"shapes.{key}", **values))


@contextmanager
def start_run() -> Iterator[Run]:
    run = Run()
    token = RUN.set(run)
    try:
        yield run
    finally:
        RUN.reset(token)


@contextmanager
def continue_run() -> Iterator[Run]:
    """The run of the module around, or a new one."""
    run = RUN.get()
    if run is not None:
        yield run
        return
    with start_run() as run:
        yield run


# ---- values -----------------------------------------------------------------------------------------------------

TENSORS = (torch.Tensor, fx.Proxy)
PLAIN = (bool, int, float, str, type(None))
SHAPES = (torch.Size,)


@dataclass(frozen=True)
class Known:
    """A class, a function or a part of PyTorch, by its full name; or a builtin, by "builtins." and its name."""

    name: str


@dataclass(frozen=True)
class UserClass:
    name: str


@dataclass(frozen=True)
class UserFunction:
    name: str


@dataclass(frozen=True)
class Method:
    """A method of the text with its module and its class."""

    module: PastedModule
    owner: str
    node: ast.FunctionDef


@dataclass(frozen=True)
class ValueMethod:
    """A method of a tensor, a list, a dict or a module of PyTorch."""

    value: Any = field(hash=False)
    name: str


@dataclass(frozen=True)
class Super:
    module: PastedModule
    owner: str


class FrozenDict(dict):
    """A dict of a module, which forward reads and does not change."""


def freeze(value: Any, run: Run, node: ast.AST, depth: int = 0) -> Any:
    """What a module keeps, so that no forward can change it; lists within lists are counted item by item."""
    count_step(run, node)
    if depth > MAX_CALL_DEPTH:
        raise refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
    if isinstance(value, (list, tuple)):
        return tuple(freeze(each, run, node, depth + 1) for each in value)
    if isinstance(value, dict):
        return FrozenDict({name: freeze(each, run, node, depth + 1) for name, each in value.items()})
    if isinstance(value, nn.Module):
        raise refuse(node, "list_plain_list")
    return value


def check_output(value: Any, run: Run, node: ast.AST) -> Any:
    """What a forward gives: tensors and plain values, also in tuples, lists and dicts; counted item by item."""
    count_step(run, node)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        check_output(each, run, node)
    if not isinstance(value, (*PLAIN, *TENSORS, list, tuple, dict)):
        raise refuse(node, "list_output")
    return value


class Return(Exception):
    def __init__(self, value: Any):
        super().__init__()
        self.value = value


class Break(Exception):
    pass


class Continue(Exception):
    pass


# ---- what was built ---------------------------------------------------------------------------------------------


def check_nesting(module: nn.Module, node: ast.AST, known: dict[int, int], depth: int = 1) -> int:
    """How many modules are inside each other; refuses too many, as where a module is inside itself."""
    if id(module) not in known:
        if depth > MAX_NESTING:
            raise refuse(node, "list_recursion", maximum=MAX_NESTING)
        inner = [check_nesting(each, node, known, depth + 1) for each in module._modules.values() if each is not None]
        known[id(module)] = 1 + max(inner, default=0)
    if depth + known[id(module)] > MAX_NESTING:
        raise refuse(node, "list_recursion", maximum=MAX_NESTING)
    return known[id(module)]


@dataclass
class Chain:
    """What a module does when it is called, as far as PyTorch runs it by itself: layers one after another.

    Attributes:
        calls: of layers.
        scale: how many times they enlarge an image in all.
    """

    calls: int = 1
    scale: float = 1.0


def measure_chain(module: nn.Module, known: dict[int, Chain]) -> Chain:
    """The chain of a module; one that stands in several places is looked at once."""
    if id(module) not in known:
        chain = Chain()
        if type(module) is nn.Sequential:
            parts = [measure_chain(each, known) for each in module._modules.values() if each is not None]
            # Both are cut off: of modules inside each other, twice each, there can be 2 ** 1000.
            calls = min(sum(each.calls for each in parts), MAX_TENSOR_CALLS + 1)
            chain = Chain(calls, min(prod(each.scale for each in parts), 1e9))
        elif isinstance(module, nn.Upsample) and module.scale_factor is not None:
            scale = module.scale_factor
            chain = Chain(1, float(max(scale) if isinstance(scale, tuple) else scale))
        known[id(module)] = chain
    return known[id(module)]
