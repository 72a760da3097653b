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
from typing import Any

import torch
from torch import nn

from explorer.errors import InputError
from explorer.shapes.known_calls import LOOPS_OVER_WEIGHTS, NUMBERS, PASSED_OVER
from explorer.shapes.layers import MAX_SCALE, LineError, brief, brief_code, check_name, check_params
from explorer.shapes.pasted_calls import Calls
from explorer.shapes.pasted_expressions import IN_PLACE
from explorer.shapes.pasted_values import (
    MAX_CALL_DEPTH,
    MAX_TENSOR_CALLS,
    PLAIN,
    TENSORS,
    Break,
    Chain,
    Continue,
    FrozenDict,
    Known,
    Method,
    PastedModule,
    Program,
    Return,
    UserClass,
    UserFunction,
    check_nesting,
    check_output,
    continue_run,
    count_step,
    freeze,
    measure_chain,
    refuse,
    start_run,
)

BASES = ("torch.nn.Module", "torch.nn.Sequential", "torch.nn.ModuleList")


def build_program(program: Program) -> nn.Module:
    """Build the network on the meta device, in eval mode.

    Raises:
        InputError: it does what is not known here, or is too large.
    """
    try:
        with start_run() as run, torch.device("meta"):
            module = _Interpreter(program, run, is_building=True).evaluate(program.call, {})
    except RecursionError:
        raise refuse(program.call, "list_recursion", maximum=MAX_CALL_DEPTH) from None
    if not isinstance(module, nn.Module):
        raise LineError(program.call.lineno, InputError("shapes.list_makes_no_module", code=brief_code(program.call)))
    if not run.num_modules:
        raise InputError("shapes.list_empty")
    check_nesting(module, program.call, {})
    chains: dict[int, Chain] = {}
    for each in module.modules():
        chain = measure_chain(each, chains)
        if chain.scale > MAX_SCALE:
            raise InputError("shapes.list_scales", count=f"{chain.scale:,.0f}", maximum=MAX_SCALE)
        if chain.calls > MAX_TENSOR_CALLS:
            raise refuse(program.call, "list_too_long_run", maximum=f"{MAX_TENSOR_CALLS:,}")
        if isinstance(each, PastedModule):
            each._values = {name: freeze(value, run, program.call) for name, value in each._values.items()}
    return check_params(module).eval()


def _interpret(module: PastedModule, args: tuple, kwargs: dict) -> Any:
    """Carry out a module's forward."""
    program = module._program
    with continue_run() as run:
        try:
            output = _Interpreter(program, run, is_building=False).run_forward(module, args, kwargs)
            return check_output(output, run, program.call)
        except RecursionError:
            raise refuse(program.call, "list_recursion", maximum=MAX_CALL_DEPTH) from None


class _Interpreter(Calls):
    """Carries out functions, classes and statements."""

    def run_forward(self, module: PastedModule, args: tuple, kwargs: dict) -> Any:
        found = self._find_method(module._name, "forward")
        if found is not None:
            return self._call_method(Method(module, *found), args, kwargs, found[1])
        node = self.program.classes[module._name]
        if self._find_base(module._name) != "torch.nn.Sequential":
            raise LineError(node.lineno, InputError("shapes.list_no_forward", layer=brief(module._name)))
        value, *rest = args
        if rest or kwargs:
            raise LineError(node.lineno, InputError("shapes.list_arguments", code=brief(module._name)))
        for child in module.children():
            value = self._call_module(child, (value,), {}, node)
        return value

    def _call_method(self, method: Method, args: tuple, kwargs: dict, node: ast.AST) -> Any:
        bound = args if method.node.decorator_list else (method.module, *args)  # a decorator is @staticmethod here
        return self._call_function(method.node, bound, kwargs, node, method.owner)

    def _call_function(
        self, function: ast.FunctionDef, args: tuple, kwargs: dict, node: ast.AST, owner: str | None = None
    ) -> Any:
        self.run.depth += 1
        try:
            if self.run.depth > MAX_CALL_DEPTH:
                raise refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
            scope = self._bind(function, args, kwargs, node)
            scope["__class__"] = owner
            try:
                self._run_block(function.body, scope)
            except Return as returned:
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
            raise refuse(node, "list_arguments", code=brief(function.name))
        scope = {**dict(zip(names, args)), **kwargs}
        defaults = dict(zip(reversed(names), reversed(about.defaults)))
        defaults |= {name: each for name, each in zip(only_by_name, about.kw_defaults) if each is not None}
        for name in names + only_by_name:
            if name in scope:
                continue
            if name not in defaults:
                raise refuse(node, "list_argument_missing", code=brief(function.name), setting=brief(name))
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
            if full in BASES:
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
            raise refuse(node, "list_layer_in_forward", layer=brief(name))
        self._count_module(node)
        self._find_base(name)
        module = type(name, (PastedModule,), {"__module__": __name__})(self.program, name, _interpret)
        found = self._find_method(name, "__init__")
        if found is not None:
            self._call_method(Method(module, *found), args, kwargs, node)
        else:
            self._make_base(module, name, args, kwargs, node)
        return module

    def _make_base(self, module: PastedModule, owner: str, args: tuple, kwargs: dict, node: ast.AST) -> None:
        """What `super().__init__(...)` does."""
        base = self.program.classes[owner].bases[0]
        if isinstance(base, ast.Name) and base.id in self.program.classes:
            found = self._find_method(base.id, "__init__")
            if found is not None:
                self._call_method(Method(module, *found), args, kwargs, node)
                return
            self._make_base(module, base.id, args, kwargs, node)
            return
        if kwargs or (args and self._full_name(base) == "torch.nn.Module"):
            raise refuse(node, "list_arguments", code=f"{brief(owner)}.__init__")
        for name, child in self._name_modules(args, node):
            self._add_module(module, name, child, node)

    # ---- statements ----

    def _run_block(self, statements: list[ast.stmt], scope: dict) -> None:
        for statement in statements:
            self._step(statement)
            run = getattr(self, f"_run_{type(statement).__name__}", None)
            if run is None:
                raise refuse(statement, "list_not_known", part=brief_code(statement))
            run(statement, scope)

    def _step(self, node: ast.AST) -> None:
        count_step(self.run, node)

    def _run_Pass(self, node: ast.Pass, scope: dict) -> None:
        """Nothing."""

    def _run_Return(self, node: ast.Return, scope: dict) -> None:
        raise Return(None if node.value is None else self.evaluate(node.value, scope))

    def _run_Break(self, node: ast.Break, scope: dict) -> None:
        raise Break

    def _run_Continue(self, node: ast.Continue, scope: dict) -> None:
        raise Continue

    def _run_Raise(self, node: ast.Raise, scope: dict) -> None:
        raise refuse(node, "list_raises", part=brief_code(node))

    def _run_Assert(self, node: ast.Assert, scope: dict) -> None:
        if not self._is_true(self.evaluate(node.test, scope), node):
            raise refuse(node, "list_raises", part=brief_code(node))

    def _run_Expr(self, node: ast.Expr, scope: dict) -> None:
        if not isinstance(node.value, ast.Constant) and not self._is_passed_over(node.value, scope):
            self.evaluate(node.value, scope)

    def _is_passed_over(self, node: ast.expr, scope: dict) -> bool:
        """A call that only sets numbers: `nn.init.zeros_(self.fc.bias)`, `self.apply(self._init_weights)`, `print(x.shape)`."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id == "print" and "print" not in scope:
            return True
        is_own = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "self"
        if is_own and node.func.attr == "apply" and len(node.args) == 1:
            return self._applies_numbers(self.evaluate(node.args[0], scope))
        if is_own and node.func.attr in ("eval", "train", "requires_grad_"):
            return True
        full = self._full_name(node.func, scope)
        return full is not None and full.startswith(PASSED_OVER)

    def _applies_numbers(self, called: Any) -> bool:
        """Whether a function of the text, which is called with every module, only sets numbers."""
        if isinstance(called, UserFunction):
            function = self.program.functions[called.name]
        elif isinstance(called, Method):
            function = called.node
        else:
            return False
        for each in function.body:
            if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
                self._check_sets_numbers(each)
        return True

    def _run_If(self, node: ast.If, scope: dict) -> None:
        self._run_block(node.body if self._is_true(self.evaluate(node.test, scope), node) else node.orelse, scope)

    def _run_For(self, node: ast.For, scope: dict) -> None:
        call = node.iter.func if isinstance(node.iter, ast.Call) else None
        if isinstance(call, ast.Attribute) and call.attr in LOOPS_OVER_WEIGHTS and self.is_building:
            for each in node.body:
                self._check_sets_numbers(each)
            return
        source = self.evaluate(node.iter, scope)
        values = self._items(source, node.iter)
        for value in values:
            self._assign(node.target, value, scope)
            try:
                self._run_block(node.body, scope)
            except Break:
                break
            except Continue:
                pass
            if isinstance(source, list) and len(source) != len(values):
                raise refuse(node, "list_changed_in_loop", part=brief_code(node.iter))
        else:
            self._run_block(node.orelse, scope)

    def _check_sets_numbers(self, node: ast.stmt) -> None:
        """A loop over all modules is passed over if it only sets numbers, on which no shape depends."""
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, (ast.If, ast.For)):
            for each in (*node.body, *node.orelse):
                self._check_sets_numbers(each)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            is_in_place = isinstance(called, ast.Attribute) and called.attr.endswith("_")
            if not is_in_place and not (self._full_name(called) or "").startswith(PASSED_OVER):
                raise refuse(node, "list_not_known", part=brief_code(node))
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            if not all(isinstance(each, ast.Name) or getattr(each, "attr", "") in NUMBERS for each in targets):
                raise refuse(node, "list_not_known", part=brief_code(node))
        elif not isinstance(node, (ast.Pass, ast.Continue)):
            raise refuse(node, "list_not_known", part=brief_code(node))

    def _run_Assign(self, node: ast.Assign, scope: dict) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self._assign(target, value, scope)

    def _run_AnnAssign(self, node: ast.AnnAssign, scope: dict) -> None:
        if node.value is not None:
            self._assign(node.target, self.evaluate(node.value, scope), scope)

    def _run_AugAssign(self, node: ast.AugAssign, scope: dict) -> None:
        load = ast.copy_location(as_load(node.target), node)
        before, more = self.evaluate(load, scope), self.evaluate(node.value, scope)
        in_place = IN_PLACE.get(type(node.op))
        if isinstance(before, TENSORS) and in_place is not None and not self.is_building:
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
                raise refuse(target, "list_unpack", wanted=len(target.elts), got=len(values))
            for each, item in zip(target.elts, values):
                self._assign(each, item, scope)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(self.evaluate(target.value, scope), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            holder, key = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
            if (
                not isinstance(holder, (dict, list))
                or isinstance(holder, FrozenDict)
                or not isinstance(key, (int, str))
            ):
                raise refuse(target, "list_not_known", part=brief_code(target))
            if isinstance(holder, list) and not (isinstance(key, int) and -len(holder) <= key < len(holder)):
                raise refuse(target, "list_no_item", part=brief_code(target))
            holder[key] = value
        else:
            raise refuse(target, "list_not_known", part=brief_code(target))

    def _set_attribute(self, module: Any, name: str, value: Any, node: ast.AST) -> None:
        if not isinstance(module, PastedModule):
            raise refuse(node, "list_not_known", part=brief_code(node))
        if not self.is_building:
            raise refuse(node, "list_set_in_forward", part=brief_code(node))
        if name == "forward" or self._find_method(module._name, name) is not None:
            raise refuse(node, "list_name", name_given=brief(name))
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
                    raise refuse(node, "list_plain_list")
        elif not isinstance(value, (*PLAIN, dict, Known, UserClass, UserFunction, Method)):
            raise refuse(node, "list_not_known", part=brief_code(node))

    def _add_module(self, module: nn.Module, name: str, child: nn.Module, node: ast.AST) -> None:
        self._check_name(name, node)
        if name not in module._modules and hasattr(module, name):
            raise refuse(node, "list_name", name_given=brief(name))
        if isinstance(module, PastedModule):
            module._values.pop(name, None)
        if child is module:
            raise refuse(node, "list_recursion", maximum=MAX_CALL_DEPTH)
        module.add_module(name, child)

    def _check_name(self, name: Any, node: ast.AST) -> str:
        try:
            return check_name(name)
        except InputError as error:
            raise LineError(node.lineno, error) from error


def as_load(target: ast.expr) -> ast.expr:
    """The target of `x += 1`, to be read."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    return target
