"""Interprets the expressions of a pasted class: numbers, names, attributes, calculations, items. See interpreter.py."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx, nn

from explorer.shapes.known_calls import ATTRIBUTES, BUILTINS, METHODS
from explorer.shapes.layers import LAYERS, brief, brief_code
from explorer.shapes.pasted_values import (
    LARGEST,
    LARGEST_ARGUMENT,
    MAX_CALL_DEPTH,
    MAX_ITEMS,
    MAX_MODULES,
    MAX_TENSOR_CALLS,
    PLAIN,
    SHAPES,
    TENSORS,
    Known,
    Method,
    PastedModule,
    Program,
    Run,
    Super,
    UserClass,
    UserFunction,
    ValueMethod,
    refuse,
)

CALCULATIONS: Mapping[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
}  # fmt: skip
IN_PLACE: Mapping[type, Callable] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
}  # fmt: skip
COMPARISONS: Mapping[type, Callable] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other, ast.NotIn: lambda one, other: one not in other,
}  # fmt: skip
EMPTY_SCOPE: Mapping = {}
LIST_METHODS = ("append", "extend", "insert")
DICT_METHODS = ("items", "keys", "values", "get")
CONTAINERS = (nn.Sequential, nn.ModuleList)


class Expressions:
    """Finds the values of expressions.

    Args:
        program: the text.
        run: what is used up.
        is_building: whether layers are made; else tensors flow.
    """

    def __init__(self, program: Program, run: Run, is_building: bool):
        self.program = program
        self.run = run
        self.is_building = is_building

    def _assign(self, target: ast.expr, value: Any, scope: dict) -> None:
        raise NotImplementedError  # a statement: see interpreter.py

    def _find_method(self, name: str, method: str) -> tuple[str, ast.FunctionDef] | None:
        raise NotImplementedError  # of a class: see interpreter.py

    def _find_class_value(self, name: str, attribute: str) -> tuple[bool, Any]:
        raise NotImplementedError  # of a class: see interpreter.py

    def evaluate(self, node: ast.expr, scope: dict) -> Any:
        """The value of an expression."""
        self._step(node)
        evaluate = getattr(self, f"_evaluate_{type(node).__name__}", None)
        if evaluate is None:
            raise refuse(node, "list_not_known", part=brief_code(node))
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
            return UserClass(name)
        if name in program.functions:
            return UserFunction(name)
        if name in program.aliases:
            return Known(program.aliases[name])
        if name in BUILTINS:
            return Known(f"builtins.{name}")
        if name in LAYERS:
            return Known(f"torch.nn.{name}")
        raise refuse(node, "list_unknown_name", word=brief(name))

    def _evaluate_constant(self, name: str, node: ast.AST) -> Any:
        self.run.depth += 1
        try:
            if self.run.depth > MAX_CALL_DEPTH:
                raise refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
            return self.evaluate(self.program.constants[name], {})
        finally:
            self.run.depth -= 1

    def _full_name(self, node: ast.expr, scope: Mapping = EMPTY_SCOPE) -> str | None:
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
            return Known(full)
        value, name = self.evaluate(node.value, scope), node.attr
        if isinstance(value, PastedModule):
            return self._get_attribute(value, name, node)
        if isinstance(value, Super):
            return self._get_super(value, name, node)
        if isinstance(value, UserClass):
            found, held = self._find_class_value(value.name, name)
            if found:
                return held
        elif isinstance(value, TENSORS):
            if name in METHODS:
                return ValueMethod(value, name)
            if name in ATTRIBUTES and not self.is_building:
                return getattr(value, name)
        elif (
            (isinstance(value, list) and name in LIST_METHODS)
            or (isinstance(value, dict) and name in DICT_METHODS)
            or (isinstance(value, CONTAINERS) and name in ("append", "extend", "add_module", "children"))
            or (isinstance(value, nn.ModuleDict) and name in DICT_METHODS)
            or (isinstance(value, SHAPES) and name == "numel")
        ):
            return ValueMethod(value, name)
        elif isinstance(value, nn.Module):
            settings = [setting.name for setting in LAYERS.get(type(value).__name__, ())]
            held = getattr(value, name) if name in settings and name != "bias" else ...
            if isinstance(held, (*PLAIN, tuple)):
                return held
        raise refuse(node, "list_no_attribute", part=brief_code(node))

    def _get_attribute(self, module: PastedModule, name: str, node: ast.AST) -> Any:
        if name in module._values:
            return module._values[name]
        if name in module._modules:
            return module._modules[name]
        if name in module._parameters:
            return getattr(module, name)  # through PyTorch, so that torch.fx sees it
        found = self._find_method(module._name, name)
        if found is not None and name != "__init__":
            return Method(module, *found)
        is_there, value = self._find_class_value(module._name, name)
        if is_there:
            return value
        if name == "training":
            return False  # shapes are those of evaluation
        if name in ("add_module", "register_module", "children", "register_parameter"):
            return ValueMethod(module, name)
        raise refuse(node, "list_no_attribute", part=brief_code(node))

    def _get_super(self, value: Super, name: str, node: ast.AST) -> Any:
        if name == "__init__":
            return ValueMethod(value, name)
        base = self.program.classes[value.owner].bases[0]
        found = (
            self._find_method(base.id, name) if isinstance(base, ast.Name) and base.id in self.program.classes else None
        )
        if found is None:
            raise refuse(node, "list_no_attribute", part=brief_code(node))
        return Method(value.module, *found)

    def _evaluate_Tuple(self, node: ast.Tuple, scope: dict) -> tuple:
        return tuple(self.evaluate(each, scope) for each in node.elts)

    def _evaluate_List(self, node: ast.List, scope: dict) -> list:
        return [self.evaluate(each, scope) for each in node.elts]

    def _evaluate_Dict(self, node: ast.Dict, scope: dict) -> dict:
        if None in node.keys:
            raise refuse(node, "list_not_known", part=brief_code(node))
        keys = [self.evaluate(each, scope) for each in node.keys if each is not None]
        if not all(isinstance(key, (str, int)) for key in keys):
            raise refuse(node, "list_not_known", part=brief_code(node))
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
                raise refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
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
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float, *TENSORS)):
            return -value
        if isinstance(node.op, ast.UAdd) and isinstance(value, (int, float)):
            return value
        raise refuse(node, "list_not_known", part=brief_code(node))

    def _evaluate_BinOp(self, node: ast.BinOp, scope: dict) -> Any:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        return self._calculate(type(node.op), left, right, node)

    def _calculate(self, kind: type, left: Any, right: Any, node: ast.AST) -> Any:
        calculate = CALCULATIONS.get(kind)
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if calculate is not None and numbers:
            return self._calculate_numbers(kind, left, right, node)
        if calculate is not None and any(isinstance(each, TENSORS) for each in (left, right)):
            return self._calculate_tensors(calculate, left, right, node)
        if kind is ast.Add and type(left) is type(right) and isinstance(left, (list, tuple)):
            return self._limit_items(left + right, node)
        if kind is ast.Mult and isinstance(left, (list, tuple)) and type(right) is int:
            if len(left) * max(right, 0) > MAX_ITEMS:
                raise refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
            return left * right
        if kind is ast.Mult and isinstance(right, (list, tuple)) and type(left) is int:
            return self._calculate(kind, right, left, node)
        raise refuse(node, "list_calculation", part=brief_code(node))

    def _calculate_numbers(self, kind: type, left: float, right: float, node: ast.AST) -> float:
        is_huge = kind is ast.Pow and (abs(left) > 10**6 or abs(right) > 40)
        try:
            result = LARGEST + 1 if is_huge else CALCULATIONS[kind](left, right)
        except (ArithmeticError, ValueError, TypeError):
            raise refuse(node, "list_calculation", part=brief_code(node)) from None
        if isinstance(result, complex) or not abs(result) <= LARGEST:
            raise refuse(node, "list_large_number", maximum=f"{LARGEST:,}")
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
        is_plain = is_flat(left) and (kind in (ast.In, ast.NotIn) or is_flat(right))
        has_tensors = any(isinstance(each, TENSORS) for each in (left, right))
        if not by_value or (is_plain and not (has_tensors and self.is_building)):
            try:
                return COMPARISONS[kind](left, right)
            except TypeError:
                pass
        raise refuse(node, "list_calculation", part=brief_code(node))

    def _evaluate_Subscript(self, node: ast.Subscript, scope: dict) -> Any:
        value, key = self.evaluate(node.value, scope), self.evaluate(node.slice, scope)
        if isinstance(value, TENSORS) and not self.is_building:
            self._count_tensor_call(node)
            return value[self._check_argument(key, node)]
        if isinstance(value, CONTAINERS) and isinstance(key, slice):
            value = list(value)
        known = isinstance(value, (list, tuple, *CONTAINERS)) and isinstance(key, (int, slice))
        if known or (isinstance(value, (dict, nn.ModuleDict)) and isinstance(key, (str, int))):
            try:
                return value[key]
            except (LookupError, TypeError, ValueError):
                raise refuse(node, "list_no_item", part=brief_code(node)) from None
        if isinstance(key, fx.Proxy):
            raise fx.proxy.TraceError("a place depends on a shape")
        raise refuse(node, "list_not_known", part=brief_code(node))

    def _evaluate_Slice(self, node: ast.Slice, scope: dict) -> slice:
        return slice(
            *(None if each is None else self.evaluate(each, scope) for each in (node.lower, node.upper, node.step))
        )

    # ---- checks ----

    def _check_number(self, value: Any) -> Any:
        if not isinstance(value, (int, float)):
            raise TypeError
        return value

    def _check_argument(self, value: Any, node: ast.AST) -> Any:
        """What a layer or a function may be given: tensors, limited numbers, short words, and tuples of them."""
        if isinstance(value, (*TENSORS, str, bool, type(None), torch.Size)):
            return value
        if isinstance(value, (int, float)):
            if not abs(value) <= LARGEST_ARGUMENT:
                raise refuse(node, "list_large_number", maximum=f"{LARGEST_ARGUMENT:,}")
            return value
        if isinstance(value, slice):
            return slice(*(self._check_argument(each, node) for each in (value.start, value.stop, value.step)))
        if isinstance(value, (list, tuple)):
            self._step(node)
            return type(value)([self._check_argument(each, node) for each in value])
        raise refuse(node, "list_argument", part=brief_code(node))

    def _items(self, value: Any, node: ast.AST) -> list:
        """The items of what can be gone through."""
        if isinstance(value, fx.Proxy):
            raise fx.proxy.TraceError("a loop depends on a shape")  # it is known when tensors flow
        if isinstance(value, (nn.ModuleDict, dict)):
            return list(value.keys())
        if isinstance(value, (list, tuple, *CONTAINERS)):
            return self._limit_items(list(value), node)
        raise refuse(node, "list_no_loop", part=brief_code(node))

    def _limit_items(self, values: Any, node: ast.AST) -> Any:
        if len(values) > MAX_ITEMS:
            raise refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
        return values

    def _is_true(self, value: Any, node: ast.AST) -> bool:
        if isinstance(value, (*PLAIN, list, tuple, dict)) or (isinstance(value, TENSORS) and not self.is_building):
            return bool(value)  # torch.fx's stand-in says that it cannot tell
        if isinstance(value, CONTAINERS):
            return len(value) > 0
        if isinstance(value, (nn.Module, Known, UserClass, UserFunction, Method)):
            return True
        raise refuse(node, "list_not_known", part=brief_code(node))

    def _count_module(self, node: ast.AST) -> None:
        self.run.num_modules += 1
        if self.run.num_modules > MAX_MODULES:
            raise refuse(node, "list_too_many_modules", maximum=f"{MAX_MODULES:,}")

    def _count_tensor_call(self, node: ast.AST) -> None:
        self.run.tensor_calls += 1
        if self.run.tensor_calls > MAX_TENSOR_CALLS:
            raise refuse(node, "list_too_long_run", maximum=f"{MAX_TENSOR_CALLS:,}")


def is_flat(value: Any) -> bool:
    """Whether comparing it takes no longer than it has items."""
    if isinstance(value, dict):
        return False
    return not isinstance(value, (list, tuple)) or not any(isinstance(each, (list, tuple, dict)) for each in value)
