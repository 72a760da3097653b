"""Interprets the checked syntax of a class: its `__init__` builds layers without numbers, its `forward` calls them.

No code of the text is compiled or run by Python. Each kind of statement and expression is carried out here, on values of a
few known types: plain numbers and words, tuples, lists, dicts, layers, tensors, and references to what stands in
known_calls.py. Attributes of Python's objects are never looked up by a name of the text. Steps, calls, items, layers and
depth are limited.

`forward` is interpreted each time that it is called, on torch.fx's stand-ins or on tensors without numbers. So the tracer
takes such a network like any other, and a branch on a shape takes the side that the real network would take.
"""

from __future__ import annotations

import ast
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import fx, nn

from explorer.errors import InputError
from explorer.shapes.known_calls import (
    ATTRIBUTES,
    BUILTINS,
    FACTORIES,
    FUNCTIONS,
    LOOPS_OVER_WEIGHTS,
    MATHS,
    METHODS,
    PASSED_OVER,
    SPLITS,
)
from explorer.shapes.layers import (
    LAYERS,
    MAX_PARAMS,
    MAX_SCALE,
    LineError,
    brief,
    build_layer,
    check_name,
    check_params,
    gather_settings,
    make_layer,
)

MAX_STEPS = 50_000  # statements and expressions of one run
MAX_ITEMS = 2000  # of a list or a range
MAX_MODULES = 1000
MAX_TENSOR_CALLS = 1500  # in one forward
MAX_CALL_DEPTH = 16  # functions and modules inside each other
MAX_NESTING = 40  # modules inside each other
MAX_SIDE = 65_536  # of a map that is enlarged: PyTorch works out where each of its places comes from
LARGEST = 10**12
_LARGEST_ARGUMENT = 16_777_216
_MOST_PARTS = 1000


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


def build_program(program: Program) -> nn.Module:
    """Build the network on the meta device, in eval mode.

    Raises:
        InputError: it does what is not known here, or is too large.
    """
    try:
        with _start_run() as run, torch.device("meta"):
            module = _Interpreter(program, run, is_building=True).evaluate(program.call, {})
    except RecursionError:
        raise _refuse(program.call, "list_recursion", maximum=MAX_CALL_DEPTH) from None
    if not isinstance(module, nn.Module):
        raise LineError(
            program.call.lineno, InputError("shapes.list_makes_no_module", code=brief(ast.unparse(program.call)))
        )
    if not run.num_modules:
        raise InputError("shapes.list_empty")
    _check_nesting(module, program.call, {})
    chains: dict[int, _Chain] = {}
    for each in module.modules():
        chain = _measure_chain(each, chains)
        if chain.scale > MAX_SCALE:
            raise InputError("shapes.list_scales", count=f"{chain.scale:,.0f}", maximum=MAX_SCALE)
        if chain.calls > MAX_TENSOR_CALLS:
            raise _refuse(program.call, "list_too_long_run", maximum=f"{MAX_TENSOR_CALLS:,}")
        if isinstance(each, PastedModule):
            each._values = {name: _freeze(value, run, program.call) for name, value in each._values.items()}
    return check_params(module).eval()


class PastedModule(nn.Module):
    """A module of a pasted class; `forward` is interpreted.

    Args:
        program: the text.
        name: of its class there.
    """

    def __init__(self, program: Program, name: str):
        super().__init__()
        self._program = program
        self._name = name
        self._values: dict[str, Any] = {}  # attributes that are no modules

    def forward(self, *args, **kwargs):
        """What the text's `forward` gives.

        Raises:
            LineError: it does what is not known here.
        """
        with _continue_run() as run:
            try:
                output = _Interpreter(self._program, run, is_building=False).run_forward(self, args, kwargs)
                return _check_output(output, run, self._program.call)
            except RecursionError:
                raise _refuse(self._program.call, "list_recursion", maximum=MAX_CALL_DEPTH) from None


# ---- limits -----------------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """What one run has used up."""

    steps: int = 0
    num_modules: int = 0
    tensor_calls: int = 0
    depth: int = 0


_RUN: ContextVar[_Run | None] = ContextVar("run", default=None)


def _count_step(run: _Run, node: ast.AST) -> None:
    run.steps += 1
    if run.steps > MAX_STEPS:
        raise _refuse(node, "list_too_long_run", maximum=f"{MAX_STEPS:,}")


def _refuse(node: ast.AST, key: str, **values) -> LineError:
    return LineError(getattr(node, "lineno", 1), InputError(f"shapes.{key}", **values))


@contextmanager
def _start_run() -> Iterator[_Run]:
    run = _Run()
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


@contextmanager
def _continue_run() -> Iterator[_Run]:
    """The run of the module around, or a new one."""
    run = _RUN.get()
    if run is not None:
        yield run
        return
    with _start_run() as run:
        yield run


# ---- values -----------------------------------------------------------------------------------------------------

_TENSORS = (torch.Tensor, fx.Proxy)
_PLAIN = (bool, int, float, str, type(None))
_SHAPES = (torch.Size,)


@dataclass(frozen=True)
class _Known:
    """A class, a function or a part of PyTorch, by its full name; or a builtin, by "builtins." and its name."""

    name: str


@dataclass(frozen=True)
class _UserClass:
    name: str


@dataclass(frozen=True)
class _UserFunction:
    name: str


@dataclass(frozen=True)
class _Method:
    """A method of the text with its module and its class."""

    module: PastedModule
    owner: str
    node: ast.FunctionDef


@dataclass(frozen=True)
class _ValueMethod:
    """A method of a tensor, a list, a dict or a module of PyTorch."""

    value: Any = field(hash=False)
    name: str


@dataclass(frozen=True)
class _Super:
    module: PastedModule
    owner: str


class _Frozen(dict):
    """A dict of a module, which forward reads and does not change."""


def _freeze(value: Any, run: _Run, node: ast.AST, depth: int = 0) -> Any:
    """What a module keeps, so that no forward can change it; lists within lists are counted item by item."""
    _count_step(run, node)
    if depth > MAX_CALL_DEPTH:
        raise _refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(each, run, node, depth + 1) for each in value)
    if isinstance(value, dict):
        return _Frozen({name: _freeze(each, run, node, depth + 1) for name, each in value.items()})
    if isinstance(value, nn.Module):
        raise _refuse(node, "list_plain_list")
    return value


def _check_output(value: Any, run: _Run, node: ast.AST) -> Any:
    """What a forward gives: tensors and plain values, also in tuples, lists and dicts; counted item by item."""
    _count_step(run, node)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        _check_output(each, run, node)
    if not isinstance(value, (*_PLAIN, *_TENSORS, list, tuple, dict)):
        raise _refuse(node, "list_output")
    return value


class _Return(Exception):
    def __init__(self, value: Any):
        super().__init__()
        self.value = value


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


_CALCULATIONS: Mapping[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
}  # fmt: skip
_IN_PLACE: Mapping[type, Callable] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
}  # fmt: skip
_COMPARISONS: Mapping[type, Callable] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other, ast.NotIn: lambda one, other: one not in other,
}  # fmt: skip
_EMPTY_SCOPE: Mapping = {}
_LIST_METHODS = ("append", "extend", "insert")
_DICT_METHODS = ("items", "keys", "values", "get")
_CONTAINERS = (nn.Sequential, nn.ModuleList)
_BASES = ("torch.nn.Module", "torch.nn.Sequential", "torch.nn.ModuleList")


class _Interpreter:
    """Carries out statements and expressions.

    Args:
        program: the text.
        run: what is used up.
        is_building: whether layers are made; else tensors flow.
    """

    def __init__(self, program: Program, run: _Run, is_building: bool):
        self.program = program
        self.run = run
        self.is_building = is_building

    # ---- functions and classes ----

    def run_forward(self, module: PastedModule, args: tuple, kwargs: dict) -> Any:
        found = self._find_method(module._name, "forward")
        if found is not None:
            return self._call_method(_Method(module, *found), args, kwargs, found[1])
        node = self.program.classes[module._name]
        if self._find_base(module._name) != "torch.nn.Sequential":
            raise LineError(node.lineno, InputError("shapes.list_no_forward", layer=brief(module._name)))
        value, *rest = args
        if rest or kwargs:
            raise LineError(node.lineno, InputError("shapes.list_arguments", code=brief(module._name)))
        for child in module.children():
            value = self._call_module(child, (value,), {}, node)
        return value

    def _call_method(self, method: _Method, args: tuple, kwargs: dict, node: ast.AST) -> Any:
        bound = args if method.node.decorator_list else (method.module, *args)  # a decorator is @staticmethod here
        return self._call_function(method.node, bound, kwargs, node, method.owner)

    def _call_function(
        self, function: ast.FunctionDef, args: tuple, kwargs: dict, node: ast.AST, owner: str | None = None
    ) -> Any:
        self.run.depth += 1
        try:
            if self.run.depth > MAX_CALL_DEPTH:
                raise _refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
            scope = self._bind(function, args, kwargs, node)
            scope["__class__"] = owner
            try:
                self._run_block(function.body, scope)
            except _Return as returned:
                return returned.value
            return None
        finally:
            self.run.depth -= 1

    def _bind(self, function: ast.FunctionDef, args: tuple, kwargs: dict, node: ast.AST) -> dict[str, Any]:
        """The arguments of a call by their names."""
        about = function.args
        names = [each.arg for each in about.args]
        only_by_name = [each.arg for each in about.kwonlyargs]
        wrong = len(args) > len(names) or any(name not in names + only_by_name for name in kwargs)
        if wrong or any(name in kwargs for name in names[: len(args)]):
            raise _refuse(node, "list_arguments", code=brief(function.name))
        scope = {**dict(zip(names, args)), **kwargs}
        defaults = dict(zip(reversed(names), reversed(about.defaults)))
        defaults |= {name: each for name, each in zip(only_by_name, about.kw_defaults) if each is not None}
        for name in names + only_by_name:
            if name in scope:
                continue
            if name not in defaults:
                raise _refuse(node, "list_argument_missing", code=brief(function.name), setting=brief(name))
            scope[name] = self.evaluate(defaults[name], {})
        return scope

    def _find_base(self, name: str) -> str:
        """The class of PyTorch under a class of the text."""
        for _ in range(MAX_CALL_DEPTH):
            node = self.program.classes[name]
            base = node.bases[0]
            if isinstance(base, ast.Name) and base.id in self.program.classes and base.id != name:
                name = base.id
                continue
            full = self._full_name(base)
            if full in _BASES:
                return full
            break
        raise LineError(node.lineno, InputError("shapes.list_no_module_class", layer=brief(name)))

    def _find_method(self, name: str, method: str) -> tuple[str, ast.FunctionDef] | None:
        """The class that has this method, and the method: of the class itself, or of one under it."""
        for _ in range(MAX_CALL_DEPTH):
            node = self.program.classes[name]
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name == method:
                    return name, each
            base = node.bases[0]
            if not isinstance(base, ast.Name) or base.id not in self.program.classes:
                break
            name = base.id
        return None

    def _find_class_value(self, name: str, attribute: str) -> tuple[bool, Any]:
        """Whether a class has such a value (`expansion = 4`), and the value."""
        for _ in range(MAX_CALL_DEPTH):
            node = self.program.classes[name]
            for each in node.body:
                targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
                value = getattr(each, "value", None)
                named = isinstance(each, (ast.Assign, ast.AnnAssign)) and any(
                    isinstance(target, ast.Name) and target.id == attribute for target in targets
                )
                if named and value is not None:
                    return True, self.evaluate(value, {})
            base = node.bases[0]
            if not isinstance(base, ast.Name) or base.id not in self.program.classes:
                break
            name = base.id
        return False, None

    def _make_module(self, name: str, args: tuple, kwargs: dict, node: ast.AST) -> nn.Module:
        if not self.is_building:
            raise _refuse(node, "list_layer_in_forward", layer=brief(name))
        self._count_module(node)
        self._find_base(name)
        module = type(name, (PastedModule,), {"__module__": __name__})(self.program, name)
        found = self._find_method(name, "__init__")
        if found is not None:
            self._call_method(_Method(module, *found), args, kwargs, node)
        else:
            self._make_base(module, name, args, kwargs, node)
        return module

    def _make_base(self, module: PastedModule, owner: str, args: tuple, kwargs: dict, node: ast.AST) -> None:
        """What `super().__init__(...)` does."""
        base = self.program.classes[owner].bases[0]
        if isinstance(base, ast.Name) and base.id in self.program.classes:
            found = self._find_method(base.id, "__init__")
            if found is not None:
                self._call_method(_Method(module, *found), args, kwargs, node)
                return
            self._make_base(module, base.id, args, kwargs, node)
            return
        if kwargs or (args and self._full_name(base) == "torch.nn.Module"):
            raise _refuse(node, "list_arguments", code=f"{brief(owner)}.__init__")
        for name, child in self._name_modules(args, node):
            self._add_module(module, name, child, node)

    # ---- statements ----

    def _run_block(self, statements: list[ast.stmt], scope: dict) -> None:
        for statement in statements:
            self._step(statement)
            run = getattr(self, f"_run_{type(statement).__name__}", None)
            if run is None:
                raise _refuse(statement, "list_not_known", part=self._write(statement))
            run(statement, scope)

    def _step(self, node: ast.AST) -> None:
        _count_step(self.run, node)

    def _run_Pass(self, node: ast.Pass, scope: dict) -> None:
        """Nothing."""

    def _run_Return(self, node: ast.Return, scope: dict) -> None:
        raise _Return(None if node.value is None else self.evaluate(node.value, scope))

    def _run_Break(self, node: ast.Break, scope: dict) -> None:
        raise _Break

    def _run_Continue(self, node: ast.Continue, scope: dict) -> None:
        raise _Continue

    def _run_Raise(self, node: ast.Raise, scope: dict) -> None:
        raise _refuse(node, "list_raises", part=self._write(node))

    def _run_Assert(self, node: ast.Assert, scope: dict) -> None:
        if not self._is_true(self.evaluate(node.test, scope), node):
            raise _refuse(node, "list_raises", part=self._write(node))

    def _run_Expr(self, node: ast.Expr, scope: dict) -> None:
        if not isinstance(node.value, ast.Constant) and not self._is_passed_over(node.value, scope):
            self.evaluate(node.value, scope)

    def _is_passed_over(self, node: ast.expr, scope: dict) -> bool:
        """A call that only sets numbers: `nn.init.zeros_(self.fc.bias)`, `self.apply(self._init_weights)`, `print(x.shape)`."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id == "print" and "print" not in scope:
            return True
        is_own = (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
        )
        if is_own and node.func.attr in ("apply", "eval", "train", "requires_grad_"):
            return True
        full = self._full_name(node.func, scope)
        return full is not None and full.startswith(PASSED_OVER)

    def _run_If(self, node: ast.If, scope: dict) -> None:
        self._run_block(node.body if self._is_true(self.evaluate(node.test, scope), node) else node.orelse, scope)

    def _run_For(self, node: ast.For, scope: dict) -> None:
        call = node.iter.func if isinstance(node.iter, ast.Call) else None
        if isinstance(call, ast.Attribute) and call.attr in LOOPS_OVER_WEIGHTS and self.is_building:
            return  # it sets numbers, on which no shape depends
        source = self.evaluate(node.iter, scope)
        values = self._items(source, node.iter)
        for value in values:
            self._assign(node.target, value, scope)
            try:
                self._run_block(node.body, scope)
            except _Break:
                break
            except _Continue:
                pass
            if isinstance(source, list) and len(source) != len(values):
                raise _refuse(node, "list_changed_in_loop", part=self._write(node.iter))
        else:
            self._run_block(node.orelse, scope)

    def _run_Assign(self, node: ast.Assign, scope: dict) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self._assign(target, value, scope)

    def _run_AnnAssign(self, node: ast.AnnAssign, scope: dict) -> None:
        if node.value is not None:
            self._assign(node.target, self.evaluate(node.value, scope), scope)

    def _run_AugAssign(self, node: ast.AugAssign, scope: dict) -> None:
        load = ast.copy_location(_as_load(node.target), node)
        before, more = self.evaluate(load, scope), self.evaluate(node.value, scope)
        in_place = _IN_PLACE.get(type(node.op))
        if isinstance(before, _TENSORS) and in_place is not None and not self.is_building:
            self._count_tensor_call(node)
            self._assign(node.target, in_place(before, self._check_argument(more, node)), scope)
        elif isinstance(before, list) and isinstance(node.op, ast.Add):
            self._call_list(before, "extend", (more,), node)
        else:
            self._assign(node.target, self._calculate(type(node.op), before, more, node), scope)

    def _assign(self, target: ast.expr, value: Any, scope: dict) -> None:
        if isinstance(target, ast.Name):
            scope[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = self._items(value, target)
            if len(values) != len(target.elts):
                raise _refuse(target, "list_unpack", wanted=len(target.elts), got=len(values))
            for each, item in zip(target.elts, values):
                self._assign(each, item, scope)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(self.evaluate(target.value, scope), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            holder, key = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
            if not isinstance(holder, (dict, list)) or isinstance(holder, _Frozen) or not isinstance(key, (int, str)):
                raise _refuse(target, "list_not_known", part=self._write(target))
            if isinstance(holder, list) and not (isinstance(key, int) and -len(holder) <= key < len(holder)):
                raise _refuse(target, "list_no_item", part=self._write(target))
            holder[key] = value
        else:
            raise _refuse(target, "list_not_known", part=self._write(target))

    def _set_attribute(self, module: Any, name: str, value: Any, node: ast.AST) -> None:
        if not isinstance(module, PastedModule):
            raise _refuse(node, "list_not_known", part=self._write(node))
        if not self.is_building:
            raise _refuse(node, "list_set_in_forward", part=self._write(node))
        if name == "forward" or self._find_method(module._name, name) is not None:
            raise _refuse(node, "list_name", name_given=brief(name))
        if isinstance(value, nn.Parameter):
            self._check_name(name, node)
            module._values.pop(name, None)
            module.register_parameter(name, value)
        elif isinstance(value, nn.Module):
            self._add_module(module, name, value, node)
        else:
            self._check_value(value, node)
            module._modules.pop(name, None)
            module._parameters.pop(name, None)
            module._values[name] = value

    def _check_value(self, value: Any, node: ast.AST) -> None:
        """What an attribute may hold: a list of layers must be an nn.ModuleList, else PyTorch does not know them."""
        if isinstance(value, (list, tuple)):
            for each in value:
                if isinstance(each, nn.Module):
                    raise _refuse(node, "list_plain_list")
        elif not isinstance(value, (*_PLAIN, dict, _Known, _UserClass, _UserFunction, _Method)):
            raise _refuse(node, "list_not_known", part=self._write(node))

    def _add_module(self, module: nn.Module, name: str, child: nn.Module, node: ast.AST) -> None:
        self._check_name(name, node)
        if name not in module._modules and hasattr(module, name):
            raise _refuse(node, "list_name", name_given=brief(name))
        if isinstance(module, PastedModule):
            module._values.pop(name, None)
        if child is module:
            raise _refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
        module.add_module(name, child)

    def _check_name(self, name: Any, node: ast.AST) -> str:
        try:
            return check_name(name)
        except InputError as error:
            raise LineError(node.lineno, error) from error

    # ---- expressions ----

    def evaluate(self, node: ast.expr, scope: dict) -> Any:
        """The value of an expression."""
        self._step(node)
        evaluate = getattr(self, f"_evaluate_{type(node).__name__}", None)
        if evaluate is None:
            raise _refuse(node, "list_not_known", part=self._write(node))
        return evaluate(node, scope)

    def _evaluate_Constant(self, node: ast.Constant, scope: dict) -> Any:
        return node.value

    def _evaluate_Name(self, node: ast.Name, scope: dict) -> Any:
        name, program = node.id, self.program
        if name in scope and name != "__class__":
            return scope[name]
        if name in program.constants:
            return self._evaluate_constant(name, node)
        if name in program.classes:
            return _UserClass(name)
        if name in program.functions:
            return _UserFunction(name)
        if name in program.aliases:
            return _Known(program.aliases[name])
        if name in BUILTINS:
            return _Known(f"builtins.{name}")
        if name in LAYERS:
            return _Known(f"torch.nn.{name}")
        raise _refuse(node, "list_unknown_name", word=brief(name))

    def _evaluate_constant(self, name: str, node: ast.AST) -> Any:
        self.run.depth += 1
        try:
            if self.run.depth > MAX_CALL_DEPTH:
                raise _refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
            return self.evaluate(self.program.constants[name], {})
        finally:
            self.run.depth -= 1

    def _full_name(self, node: ast.expr, scope: Mapping = _EMPTY_SCOPE) -> str | None:
        """ "torch.nn.Conv2d" of `nn.Conv2d`; None where it does not begin with a name of PyTorch."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in scope or node.id not in self.program.aliases:
            return None
        if node.id in self.program.constants or node.id in self.program.classes or node.id in self.program.functions:
            return None
        return ".".join((self.program.aliases[node.id], *reversed(parts)))

    def _evaluate_Attribute(self, node: ast.Attribute, scope: dict) -> Any:
        full = self._full_name(node, scope)
        if full is not None:
            return _Known(full)
        value, name = self.evaluate(node.value, scope), node.attr
        if isinstance(value, PastedModule):
            return self._get_attribute(value, name, node)
        if isinstance(value, _Super):
            return self._get_super(value, name, node)
        if isinstance(value, _UserClass):
            found, held = self._find_class_value(value.name, name)
            if found:
                return held
        elif isinstance(value, _TENSORS):
            if name in METHODS:
                return _ValueMethod(value, name)
            if name in ATTRIBUTES and not self.is_building:
                return getattr(value, name)
        elif (
            (isinstance(value, list) and name in _LIST_METHODS)
            or (isinstance(value, dict) and name in _DICT_METHODS)
            or (isinstance(value, _CONTAINERS) and name in ("append", "extend", "add_module", "children"))
            or (isinstance(value, nn.ModuleDict) and name in _DICT_METHODS)
            or (isinstance(value, _SHAPES) and name == "numel")
        ):
            return _ValueMethod(value, name)
        elif isinstance(value, nn.Module):
            settings = [setting.name for setting in LAYERS.get(type(value).__name__, ())]
            held = getattr(value, name) if name in settings and name != "bias" else ...
            if isinstance(held, (*_PLAIN, tuple)):
                return held
        raise _refuse(node, "list_no_attribute", part=self._write(node))

    def _get_attribute(self, module: PastedModule, name: str, node: ast.AST) -> Any:
        if name in module._values:
            return module._values[name]
        if name in module._modules:
            return module._modules[name]
        if name in module._parameters:
            return getattr(module, name)  # through PyTorch, so that torch.fx sees it
        found = self._find_method(module._name, name)
        if found is not None and name != "__init__":
            return _Method(module, *found)
        is_there, value = self._find_class_value(module._name, name)
        if is_there:
            return value
        if name == "training":
            return False  # shapes are those of evaluation
        if name in ("add_module", "register_module", "children", "register_parameter"):
            return _ValueMethod(module, name)
        raise _refuse(node, "list_no_attribute", part=self._write(node))

    def _get_super(self, value: _Super, name: str, node: ast.AST) -> Any:
        if name == "__init__":
            return _ValueMethod(value, name)
        base = self.program.classes[value.owner].bases[0]
        found = (
            self._find_method(base.id, name) if isinstance(base, ast.Name) and base.id in self.program.classes else None
        )
        if found is None:
            raise _refuse(node, "list_no_attribute", part=self._write(node))
        return _Method(value.module, *found)

    def _evaluate_Tuple(self, node: ast.Tuple, scope: dict) -> tuple:
        return tuple(self.evaluate(each, scope) for each in node.elts)

    def _evaluate_List(self, node: ast.List, scope: dict) -> list:
        return [self.evaluate(each, scope) for each in node.elts]

    def _evaluate_Dict(self, node: ast.Dict, scope: dict) -> dict:
        if None in node.keys:
            raise _refuse(node, "list_not_known", part=self._write(node))
        keys = [self.evaluate(each, scope) for each in node.keys if each is not None]
        if not all(isinstance(key, (str, int)) for key in keys):
            raise _refuse(node, "list_not_known", part=self._write(node))
        return dict(zip(keys, (self.evaluate(each, scope) for each in node.values)))

    def _evaluate_ListComp(self, node: ast.ListComp | ast.GeneratorExp, scope: dict) -> list:
        results: list = []
        self._fill(node, node.generators, dict(scope), results)
        return results

    _evaluate_GeneratorExp = _evaluate_ListComp

    def _fill(
        self, node: ast.ListComp | ast.GeneratorExp, rest: list[ast.comprehension], scope: dict, results: list
    ) -> None:
        if not rest:
            if len(results) >= MAX_ITEMS:
                raise _refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
            results.append(self.evaluate(node.elt, scope))
            return
        for value in self._items(self.evaluate(rest[0].iter, scope), node):
            self._assign(rest[0].target, value, scope)
            if all(self._is_true(self.evaluate(test, scope), node) for test in rest[0].ifs):
                self._fill(node, rest[1:], scope, results)

    def _evaluate_IfExp(self, node: ast.IfExp, scope: dict) -> Any:
        return self.evaluate(node.body if self._is_true(self.evaluate(node.test, scope), node) else node.orelse, scope)

    def _evaluate_BoolOp(self, node: ast.BoolOp, scope: dict) -> Any:
        value = None
        for each in node.values:
            value = self.evaluate(each, scope)
            if self._is_true(value, node) is isinstance(node.op, ast.Or):
                break
        return value

    def _evaluate_UnaryOp(self, node: ast.UnaryOp, scope: dict) -> Any:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self._is_true(value, node)
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float, *_TENSORS)):
            return -value
        if isinstance(node.op, ast.UAdd) and isinstance(value, (int, float)):
            return value
        raise _refuse(node, "list_not_known", part=self._write(node))

    def _evaluate_BinOp(self, node: ast.BinOp, scope: dict) -> Any:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        return self._calculate(type(node.op), left, right, node)

    def _calculate(self, kind: type, left: Any, right: Any, node: ast.AST) -> Any:
        calculate = _CALCULATIONS.get(kind)
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if calculate is not None and numbers:
            return self._calculate_numbers(kind, left, right, node)
        if calculate is not None and any(isinstance(each, _TENSORS) for each in (left, right)):
            return self._calculate_tensors(calculate, left, right, node)
        if kind is ast.Add and type(left) is type(right) and isinstance(left, (list, tuple)):
            return self._limit_items(left + right, node)
        if kind is ast.Mult and isinstance(left, (list, tuple)) and type(right) is int:
            if len(left) * max(right, 0) > MAX_ITEMS:
                raise _refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
            return left * right
        if kind is ast.Mult and isinstance(right, (list, tuple)) and type(left) is int:
            return self._calculate(kind, right, left, node)
        raise _refuse(node, "list_calculation", part=self._write(node))

    def _calculate_numbers(self, kind: type, left: float, right: float, node: ast.AST) -> float:
        is_huge = kind is ast.Pow and (abs(left) > 10**6 or abs(right) > 40)
        try:
            result = LARGEST + 1 if is_huge else _CALCULATIONS[kind](left, right)
        except (ArithmeticError, ValueError, TypeError):
            raise _refuse(node, "list_calculation", part=self._write(node)) from None
        if isinstance(result, complex) or not abs(result) <= LARGEST:
            raise _refuse(node, "list_large_number", maximum=f"{LARGEST:,}")
        return result

    def _calculate_tensors(self, calculate: Callable, left: Any, right: Any, node: ast.AST) -> Any:
        if self.is_building:  # a parameter's first numbers: only its shape counts
            return left if isinstance(left, torch.Tensor) else right
        self._count_tensor_call(node)
        return calculate(self._check_argument(left, node), self._check_argument(right, node))

    def _evaluate_Compare(self, node: ast.Compare, scope: dict) -> Any:
        left, result = self.evaluate(node.left, scope), True
        for op, each in zip(node.ops, node.comparators):
            right = self.evaluate(each, scope)
            result = self._compare(type(op), left, right, node)
            if not self._is_true(result, node):
                return result
            left = right
        return result

    def _compare(self, kind: type, left: Any, right: Any, node: ast.AST) -> Any:
        by_value = kind not in (ast.Is, ast.IsNot)
        is_plain = _is_flat(left) and (kind in (ast.In, ast.NotIn) or _is_flat(right))
        has_tensors = any(isinstance(each, _TENSORS) for each in (left, right))
        if not by_value or (is_plain and not (has_tensors and self.is_building)):
            try:
                return _COMPARISONS[kind](left, right)
            except TypeError:
                pass
        raise _refuse(node, "list_calculation", part=self._write(node))

    def _evaluate_Subscript(self, node: ast.Subscript, scope: dict) -> Any:
        value, key = self.evaluate(node.value, scope), self.evaluate(node.slice, scope)
        if isinstance(value, _TENSORS) and not self.is_building:
            self._count_tensor_call(node)
            return value[self._check_argument(key, node)]
        if isinstance(value, _CONTAINERS) and isinstance(key, slice):
            value = list(value)
        known = isinstance(value, (list, tuple, *_CONTAINERS)) and isinstance(key, (int, slice))
        if known or (isinstance(value, (dict, nn.ModuleDict)) and isinstance(key, (str, int))):
            try:
                return value[key]
            except (LookupError, TypeError, ValueError):
                raise _refuse(node, "list_no_item", part=self._write(node)) from None
        if isinstance(key, fx.Proxy):
            raise fx.proxy.TraceError("a place depends on a shape")
        raise _refuse(node, "list_not_known", part=self._write(node))

    def _evaluate_Slice(self, node: ast.Slice, scope: dict) -> slice:
        return slice(
            *(None if each is None else self.evaluate(each, scope) for each in (node.lower, node.upper, node.step))
        )

    # ---- calls ----

    def _evaluate_Call(self, node: ast.Call, scope: dict) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in scope:
            return self._make_super(node, scope)
        called = self.evaluate(node.func, scope)
        args: list = []
        for each in node.args:
            if isinstance(each, ast.Starred):
                args += self._items(self.evaluate(each.value, scope), each)
            else:
                args.append(self.evaluate(each, scope))
        kwargs = {each.arg: self.evaluate(each.value, scope) for each in node.keywords if each.arg is not None}
        if len(self._limit_items(args, node)) + len(kwargs) < len(node.keywords):
            raise _refuse(node, "list_not_known", part=self._write(node))
        try:
            return self._call(called, tuple(args), kwargs, node)
        except LineError:
            raise
        except InputError as error:
            raise LineError(node.lineno, error) from error

    def _make_super(self, node: ast.Call, scope: dict) -> _Super:
        module, owner = scope.get("self"), scope.get("__class__")
        if not isinstance(module, PastedModule) or owner is None or len(node.args) not in (0, 2) or node.keywords:
            raise _refuse(node, "list_not_known", part=self._write(node))
        return _Super(module, owner)

    def _call(self, called: Any, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if isinstance(called, _Known):
            return self._call_known(called.name, args, kwargs, node)
        if isinstance(called, nn.Module):
            return self._call_module(called, args, kwargs, node)
        if isinstance(called, _UserClass):
            return self._make_module(called.name, args, kwargs, node)
        if isinstance(called, _UserFunction):
            return self._call_function(self.program.functions[called.name], args, kwargs, node)
        if isinstance(called, _Method):
            return self._call_method(called, args, kwargs, node)
        if isinstance(called, _ValueMethod):
            return self._call_value_method(called, args, kwargs, node)
        raise _refuse(node, "list_call_unknown", part=self._write(node.func))

    def _call_module(self, module: nn.Module, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if self.is_building:
            raise _refuse(node, "list_call_in_init", part=self._write(node))
        if isinstance(module, (nn.ModuleList, nn.ModuleDict)):
            raise _refuse(node, "list_call_list", part=self._write(node.func))
        self._count_tensor_call(node)
        args = tuple(self._check_argument(each, node) for each in args)
        size = module.size if isinstance(module, nn.Upsample) else None
        self._check_side(args, size, _measure_chain(module, {}).scale, node)
        return module(*args, **{name: self._check_argument(each, node) for name, each in kwargs.items()})

    def _call_known(self, name: str, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        kind = name.removeprefix("torch.nn.")
        if name.startswith("builtins."):
            return self._call_builtin(name.removeprefix("builtins."), args, kwargs, node)
        if name in MATHS and not kwargs and all(isinstance(each, (int, float)) for each in args):
            try:
                return MATHS[name](*args)
            except (ArithmeticError, ValueError, TypeError):
                raise _refuse(node, "list_calculation", part=self._write(node)) from None
        if name in FUNCTIONS:
            return self._call_tensor_function(name, FUNCTIONS[name], args, kwargs, node)
        if name in FACTORIES and self.is_building:
            return self._make_tensor(FACTORIES[name], args, kwargs, node)
        if name == "collections.OrderedDict":
            return self._make_ordered(args, kwargs, node)
        if name == "torch.nn.Parameter" and self.is_building:
            if len(args) != 1 or not isinstance(args[0], torch.Tensor):
                raise _refuse(node, "list_not_known", part=self._write(node))
            return nn.Parameter(args[0])
        if name in ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"):
            return self._make_container(kind, args, kwargs, node)
        if name.startswith("torch.nn.") and kind[:1].isupper() and "." not in kind:
            return self._make_layer(kind, args, kwargs, node)
        raise _refuse(node, "list_call_unknown", part=self._write(node.func))

    def _make_layer(self, kind: str, args: tuple, kwargs: dict, node: ast.Call) -> nn.Module:
        settings = gather_settings(
            kind, [_as_setting(each) for each in args], [(n, _as_setting(v)) for n, v in kwargs.items()]
        )
        layer = make_layer(kind, **settings)
        if not self.is_building:
            raise _refuse(node, "list_layer_in_forward", layer=kind)
        self._count_module(node)
        return build_layer(layer)

    def _make_container(self, kind: str, args: tuple, kwargs: dict, node: ast.Call) -> nn.Module:
        if not self.is_building:
            raise _refuse(node, "list_layer_in_forward", layer=kind)
        if kwargs or (kind != "Sequential" and len(args) > 1):
            raise _refuse(node, "list_not_known", part=self._write(node))
        self._count_module(node)
        modules = args if kind == "Sequential" else args[0] if args else ()
        container = (
            nn.ModuleDict() if kind == "ModuleDict" else nn.ModuleList() if kind == "ModuleList" else nn.Sequential()
        )
        for name, module in self._name_modules(modules, node):
            self._add_module(container, name, module, node)
        return container

    def _name_modules(self, modules: Any, node: ast.AST) -> list[tuple[str, nn.Module]]:
        """The modules of a container with their names."""
        if len(modules) == 1 and isinstance(modules, tuple) and isinstance(modules[0], dict):
            modules = modules[0]
        values = list(modules.values()) if isinstance(modules, dict) else self._items(modules, node)
        names = list(modules) if isinstance(modules, dict) else [str(number) for number in range(len(values))]
        if not all(isinstance(each, nn.Module) for each in values):
            raise _refuse(node, "list_only_layers", part=self._write(node))
        return list(zip(names, values))

    def _make_ordered(self, args: tuple, kwargs: dict, node: ast.AST) -> dict:
        if kwargs or len(args) > 1:
            raise _refuse(node, "list_pairs_here", part=self._write(node))
        if args and isinstance(args[0], dict):
            return dict(args[0])
        pairs = self._items(args[0], node) if args else []
        if not all(isinstance(each, (tuple, list)) and len(each) == 2 and isinstance(each[0], str) for each in pairs):
            raise _refuse(node, "list_pairs_here", part=self._write(node))
        return dict(OrderedDict(pairs))

    def _make_tensor(self, make: Callable, args: tuple, kwargs: dict, node: ast.AST) -> torch.Tensor:
        sizes = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        whole = all(type(each) is int and 0 < each <= _LARGEST_ARGUMENT for each in sizes)
        if not whole or kwargs or len(sizes) > 5 or prod(sizes) > MAX_PARAMS:
            raise _refuse(node, "list_not_known", part=self._write(node))
        return make(*sizes)

    def _call_tensor_function(self, name: str, function: Callable, args: tuple, kwargs: dict, node: ast.AST) -> Any:
        if self.is_building:
            raise _refuse(node, "list_call_in_init", part=self._write(node))
        self._count_tensor_call(node)
        self._check_parts(name, args[1:], kwargs, node)
        args = tuple(self._check_argument(each, node) for each in args)
        if name == "torch.nn.functional.interpolate":
            size, scale = (*args[1:3], None, None)[:2]
            self._check_side(args, kwargs.get("size", size), kwargs.get("scale_factor", scale), node)
        return function(*args, **{key: self._check_argument(each, node) for key, each in kwargs.items()})

    def _check_side(self, args: tuple, size: Any, scale: Any, node: ast.AST) -> None:
        sides = size if isinstance(size, (list, tuple)) else (size,)
        scales = scale if isinstance(scale, (list, tuple)) else (scale,)
        most = max((each for each in sides if isinstance(each, (int, float))), default=0)
        factor = max((each for each in scales if isinstance(each, (int, float))), default=0)
        before = max(args[0].shape) if args and isinstance(args[0], torch.Tensor) else 1
        if max(most, factor * before) > MAX_SIDE:
            raise _refuse(node, "list_large_number", maximum=f"{MAX_SIDE:,}")

    def _check_parts(self, name: str, args: tuple, kwargs: dict, node: ast.AST) -> None:
        """A tensor is split only into as many parts as are written."""
        first = (
            args[0]
            if args
            else next((kwargs[key] for key in ("split_size_or_sections", "chunks") if key in kwargs), None)
        )
        if name in SPLITS and not isinstance(first, (list, tuple)):
            raise _refuse(node, "list_split", part=self._write(node))
        if name.endswith("chunk") and not (type(first) is int and 0 < first <= _MOST_PARTS):
            raise _refuse(node, "list_split", part=self._write(node))

    def _call_value_method(self, method: _ValueMethod, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        value, name = method.value, method.name
        if isinstance(value, _Super):
            if self.is_building:
                self._make_base(value.module, value.owner, args, kwargs, node)
            return None
        if isinstance(value, _TENSORS):
            if self.is_building:
                raise _refuse(node, "list_call_in_init", part=self._write(node))
            self._count_tensor_call(node)
            self._check_parts(name, args, kwargs, node)
            args = tuple(self._check_argument(each, node) for each in args)
            return getattr(value, name)(
                *args, **{key: self._check_argument(each, node) for key, each in kwargs.items()}
            )
        if kwargs:
            raise _refuse(node, "list_not_known", part=self._write(node))
        if isinstance(value, list):
            return self._call_list(value, name, args, node)
        if isinstance(value, (dict, nn.ModuleDict)):
            return self._call_dict(value, name, args, node)
        if isinstance(value, _SHAPES):
            return value.numel()
        return self._call_container(value, name, args, node)

    def _call_list(self, values: list, name: str, args: tuple, node: ast.AST) -> None:
        if name == "append" and len(args) == 1:
            values.append(args[0])
        elif name == "extend" and len(args) == 1:
            values.extend(self._items(args[0], node))
        elif name == "insert" and len(args) == 2 and type(args[0]) is int:
            values.insert(*args)
        else:
            raise _refuse(node, "list_not_known", part=self._write(node))
        self._limit_items(values, node)

    def _call_dict(self, values: Any, name: str, args: tuple, node: ast.AST) -> Any:
        if name == "get" and len(args) in (1, 2) and isinstance(args[0], (str, int)):
            return values[args[0]] if args[0] in values else args[1] if len(args) == 2 else None
        if args or name == "get":
            raise _refuse(node, "list_not_known", part=self._write(node))
        keys, held = list(values.keys()), list(values.values())
        return keys if name == "keys" else held if name == "values" else list(zip(keys, held))

    def _call_container(self, module: nn.Module, name: str, args: tuple, node: ast.AST) -> Any:
        """Methods of modules: `add_module`, `append`, `children`."""
        if name == "children" and not args:
            return list(module.children())
        if not self.is_building:
            raise _refuse(node, "list_set_in_forward", part=self._write(node))
        if name in ("add_module", "register_module") and len(args) == 2 and isinstance(args[1], nn.Module):
            self._add_module(module, self._check_name(args[0], node), args[1], node)
            return None
        if name == "register_parameter" and len(args) == 2 and isinstance(args[1], nn.Parameter):
            self._set_attribute(module, self._check_name(args[0], node), args[1], node)
            return None
        if name in ("append", "extend") and len(args) == 1:
            added = [args[0]] if name == "append" else self._items(args[0], node)
            for each in added:
                if not isinstance(each, nn.Module):
                    raise _refuse(node, "list_only_layers", part=self._write(node))
                self._add_module(module, str(len(module._modules)), each, node)
            return None
        raise _refuse(node, "list_not_known", part=self._write(node))

    def _call_builtin(self, name: str, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if any(isinstance(each, fx.Proxy) for each in args):
            raise fx.proxy.TraceError("a number depends on a shape")  # it is known when tensors flow
        call = getattr(self, f"_builtin_{name}", None)
        if call is None or (kwargs and name != "enumerate"):
            raise _refuse(node, "list_call_unknown", part=self._write(node.func))
        try:
            return call(node, *args, **kwargs)
        except (TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, InputError):
                raise
            raise _refuse(node, "list_not_known", part=self._write(node)) from None

    def _builtin_range(self, node: ast.AST, *numbers: int) -> list[int]:
        values = range(*numbers)
        if len(values) > MAX_ITEMS:
            raise _refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
        return list(values)

    def _builtin_len(self, node: ast.AST, value: Any) -> int:
        return len(value) if isinstance(value, (dict, nn.ModuleDict)) else len(self._items(value, node))

    def _builtin_int(self, node: ast.AST, value: float) -> int:
        return int(self._check_number(value))

    def _builtin_float(self, node: ast.AST, value: float) -> float:
        return float(self._check_number(value))

    def _builtin_bool(self, node: ast.AST, value: Any) -> bool:
        return self._is_true(value, node)

    def _builtin_abs(self, node: ast.AST, value: float) -> float:
        return abs(self._check_number(value))

    def _builtin_round(self, node: ast.AST, value: float) -> int:
        return round(self._check_number(value))

    def _builtin_max(self, node: ast.AST, *values: Any) -> float:
        return max(self._check_number(each) for each in (self._items(values[0], node) if len(values) == 1 else values))

    def _builtin_min(self, node: ast.AST, *values: Any) -> float:
        return min(self._check_number(each) for each in (self._items(values[0], node) if len(values) == 1 else values))

    def _builtin_sum(self, node: ast.AST, values: Any, start: Any = 0) -> Any:
        total = start
        for each in self._items(values, node):
            total = self._calculate(ast.Add, total, each, node)
        return total

    def _builtin_enumerate(self, node: ast.AST, values: Any, start: int = 0) -> list:
        return list(enumerate(self._items(values, node), self._check_number(start)))

    def _builtin_zip(self, node: ast.AST, *values: Any) -> list:
        return list(zip(*(self._items(each, node) for each in values)))

    def _builtin_reversed(self, node: ast.AST, values: Any) -> list:
        return self._items(values, node)[::-1]

    def _builtin_list(self, node: ast.AST, values: Any = ()) -> list:
        return list(self._items(values, node))

    def _builtin_tuple(self, node: ast.AST, values: Any = ()) -> tuple:
        return tuple(self._items(values, node))

    def _builtin_isinstance(self, node: ast.AST, value: Any, kind: Any) -> bool:
        known = {"builtins.int": int, "builtins.float": float, "builtins.list": list, "builtins.tuple": tuple,
                 "builtins.bool": bool, "torch.Tensor": torch.Tensor}  # fmt: skip
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not all(isinstance(each, _Known) and each.name in known for each in kinds):
            raise ValueError
        return isinstance(value, tuple(known[each.name] for each in kinds))

    # ---- checks ----

    def _check_number(self, value: Any) -> Any:
        if not isinstance(value, (int, float)):
            raise TypeError
        return value

    def _check_argument(self, value: Any, node: ast.AST) -> Any:
        """What a layer or a function may be given: tensors, limited numbers, short words, and tuples of them."""
        if isinstance(value, (*_TENSORS, str, bool, type(None), torch.Size)):
            return value
        if isinstance(value, (int, float)):
            if not abs(value) <= _LARGEST_ARGUMENT:
                raise _refuse(node, "list_large_number", maximum=f"{_LARGEST_ARGUMENT:,}")
            return value
        if isinstance(value, slice):
            return slice(*(self._check_argument(each, node) for each in (value.start, value.stop, value.step)))
        if isinstance(value, (list, tuple)):
            self._step(node)
            return type(value)([self._check_argument(each, node) for each in value])
        raise _refuse(node, "list_argument", part=self._write(node))

    def _items(self, value: Any, node: ast.AST) -> list:
        """The items of what can be gone through."""
        if isinstance(value, fx.Proxy):
            raise fx.proxy.TraceError("a loop depends on a shape")  # it is known when tensors flow
        if isinstance(value, (nn.ModuleDict, dict)):
            return list(value.keys())
        if isinstance(value, (list, tuple, *_CONTAINERS)):
            return self._limit_items(list(value), node)
        raise _refuse(node, "list_no_loop", part=self._write(node))

    def _limit_items(self, values: Any, node: ast.AST) -> Any:
        if len(values) > MAX_ITEMS:
            raise _refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
        return values

    def _is_true(self, value: Any, node: ast.AST) -> bool:
        if isinstance(value, (*_PLAIN, list, tuple, dict)) or (isinstance(value, _TENSORS) and not self.is_building):
            return bool(value)  # torch.fx's stand-in says that it cannot tell
        if isinstance(value, _CONTAINERS):
            return len(value) > 0
        if isinstance(value, (nn.Module, _Known, _UserClass, _UserFunction, _Method)):
            return True
        raise _refuse(node, "list_not_known", part=self._write(node))

    def _count_module(self, node: ast.AST) -> None:
        self.run.num_modules += 1
        if self.run.num_modules > MAX_MODULES:
            raise _refuse(node, "list_too_many_modules", maximum=f"{MAX_MODULES:,}")

    def _count_tensor_call(self, node: ast.AST) -> None:
        self.run.tensor_calls += 1
        if self.run.tensor_calls > MAX_TENSOR_CALLS:
            raise _refuse(node, "list_too_long_run", maximum=f"{MAX_TENSOR_CALLS:,}")

    def _write(self, node: ast.AST) -> str:
        """A part of the text, as Python would write it."""
        try:
            return brief(ast.unparse(node).split("\n")[0])
        except (RecursionError, ValueError):
            return "…"


def _check_nesting(module: nn.Module, node: ast.AST, known: dict[int, int], depth: int = 1) -> int:
    """How many modules are inside each other; refuses too many, as where a module is inside itself."""
    if id(module) not in known:
        if depth > MAX_NESTING:
            raise _refuse(node, "list_recursion", maximum=MAX_NESTING)
        inner = [_check_nesting(each, node, known, depth + 1) for each in module._modules.values() if each is not None]
        known[id(module)] = 1 + max(inner, default=0)
    if depth + known[id(module)] > MAX_NESTING:
        raise _refuse(node, "list_recursion", maximum=MAX_NESTING)
    return known[id(module)]


@dataclass
class _Chain:
    """What a module does when it is called, as far as PyTorch runs it by itself: layers one after another.

    Attributes:
        calls: of layers.
        scale: how many times they enlarge an image in all.
    """

    calls: int = 1
    scale: float = 1.0


def _measure_chain(module: nn.Module, known: dict[int, _Chain]) -> _Chain:
    """The chain of a module; one that stands in several places is looked at once."""
    if id(module) not in known:
        chain = _Chain()
        if type(module) is nn.Sequential:
            parts = [_measure_chain(each, known) for each in module._modules.values() if each is not None]
            # Both are cut off: of modules inside each other, twice each, there can be 2 ** 1000.
            calls = min(sum(each.calls for each in parts), MAX_TENSOR_CALLS + 1)
            chain = _Chain(calls, min(prod(each.scale for each in parts), 1e9))
        elif isinstance(module, nn.Upsample) and module.scale_factor is not None:
            scale = module.scale_factor
            chain = _Chain(1, float(max(scale) if isinstance(scale, tuple) else scale))
        known[id(module)] = chain
    return known[id(module)]


def _is_flat(value: Any) -> bool:
    """Whether comparing it takes no longer than it has items."""
    if isinstance(value, dict):
        return False
    return not isinstance(value, (list, tuple)) or not any(isinstance(each, (list, tuple, dict)) for each in value)


def _as_load(target: ast.expr) -> ast.expr:
    """The target of `x += 1`, to be read."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    return target


def _as_setting(value: Any) -> Any:
    """A setting of a layer, which is given tuples, not lists."""
    return tuple(value) if isinstance(value, list) else value
