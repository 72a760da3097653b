"""Reads the text of a class with `__init__` and `forward` into Python's syntax tree, and lets only through what is known.

Nothing of it is run. What is let through is interpreted by our own code, see interpreter.py: layers, functions of PyTorch
that stand in known_calls.py, plain numbers, `if`, `for` and `return`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from explorer.errors import InputError
from explorer.shapes.interpreter import build_program
from explorer.shapes.known_calls import BUILTINS, IMPORTED, USUAL_NAMES
from explorer.shapes.layers import LAYERS, LineError, Note, brief, brief_code, brief_line
from explorer.shapes.pasted_text import check_characters, hide_strings
from explorer.shapes.pasted_values import Program

MAX_BRACKETS = 24
MAX_NESTED = 40  # expressions and statements inside each other
_LARGEST = 10**12
_LONGEST_NAME = 60

_ALLOWED = re.compile(r"[\x20-\x7e\t\n]")
_STATEMENTS = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.If,
    ast.Expr, ast.Pass, ast.Assert, ast.Raise, ast.Break, ast.Continue, ast.Import, ast.ImportFrom,
)  # fmt: skip
_EXPRESSIONS = (
    ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Dict, ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp,
    ast.Compare, ast.Call, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Name, ast.Starred,
)  # fmt: skip
_PARTS = (
    ast.arguments, ast.arg, ast.alias, ast.comprehension, ast.keyword, ast.expr_context, ast.boolop, ast.unaryop,
    ast.cmpop, ast.operator,
)  # fmt: skip
_NOT_READ = ("annotation", "returns", "type_comment", "ctx", "decorator_list")  # fields that say nothing of the network


@dataclass(frozen=True)
class ClassText:
    """What was read of a class, and of what belongs to it.

    Attributes:
        program: its checked syntax.
        notes: what a reader must be told about how it was read.
    """

    program: Program
    notes: tuple[Note, ...] = ()

    def build(self) -> nn.Module:
        """Build the network on the meta device, in eval mode. Its `forward` is interpreted.

        Raises:
            InputError: `__init__` does what is not known here, or builds what is too large; the sentence has the line.
        """
        return build_program(self.program)


def read_class_text(text: str) -> ClassText:
    """Read the text of a class.

    Args:
        text: as from `pasted_text.clean`.

    Raises:
        InputError: something in it is not known here; the sentence has the line, and what would be right.
    """
    check_characters(
        hide_strings(text), _ALLOWED, MAX_BRACKETS,
        lambda line: InputError("shapes.list_nested_code", line=line, maximum=MAX_BRACKETS),
    )  # fmt: skip
    tree = _parse(text)
    main, others = _split_main(tree)
    checker = _Checker(text, others)
    for statement in others:
        checker.check(statement)
    return _choose_network(others, main, text)


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InputError("shapes.list_syntax", line=line, part=brief_line(text, line)) from None


def _split_main(tree: ast.Module) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements under `if __name__ == "__main__":`, which is never run by those who import a class; and the others."""
    main, others = [], []
    for statement in tree.body:
        is_main = isinstance(statement, ast.If) and any(
            isinstance(each, ast.Name) and each.id == "__name__" for each in ast.iter_child_nodes(statement.test)
        )
        (main if is_main else others).append(statement)
    return [inner for statement in main for inner in statement.body], others


# ---- what is let through ----------------------------------------------------------------------------------------


class _Checker:
    """Looks at every part of a text once: its kind, its names, its numbers."""

    def __init__(self, text: str, statements: list[ast.stmt]):
        self._text = text
        self._known = {*BUILTINS, *USUAL_NAMES, *LAYERS, *_find_defined(statements)}

    def check(self, root: ast.stmt) -> None:
        waiting = [(root, 1)]
        while waiting:
            node, depth = waiting.pop()
            if depth > MAX_NESTED:
                line = getattr(node, "lineno", root.lineno)
                raise InputError("shapes.list_nested_code", line=line, maximum=MAX_NESTED)
            self._check_node(node, root)
            waiting += [(child, depth + 1) for child in _find_children(node)]

    def _check_node(self, node: ast.AST, root: ast.stmt) -> None:
        if not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS, *_PARTS)):
            raise self._not_read(node, root)
        check = getattr(self, f"_check_{type(node).__name__}", None)
        if check is not None:
            check(node)

    def _not_read(self, node: ast.AST, root: ast.AST) -> InputError:
        line = getattr(node, "lineno", getattr(root, "lineno", 1))
        return InputError("shapes.list_not_read", line=line, part=brief_line(self._text, line))

    def _check_ClassDef(self, node: ast.ClassDef) -> None:
        if node.decorator_list or node.keywords:
            raise self._not_read(node, node)
        self._check_word(node.name, node)
        if len(node.bases) != 1:
            raise LineError(node.lineno, InputError("shapes.list_no_module_class", layer=brief(node.name)))

    def _check_FunctionDef(self, node: ast.FunctionDef) -> None:
        for each in node.decorator_list:
            if not isinstance(each, ast.Name) or each.id != "staticmethod":
                raise self._not_read(each, node)
        if node.name != "__init__":
            self._check_word(node.name, node)
        if node.args.vararg or node.args.kwarg or node.args.posonlyargs:
            raise LineError(node.lineno, InputError("shapes.list_star", layer=brief(node.name)))
        if any(isinstance(each, (ast.FunctionDef, ast.ClassDef)) for each in node.body):
            raise self._not_read(next(e for e in node.body if isinstance(e, (ast.FunctionDef, ast.ClassDef))), node)

    def _check_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_import(alias.name, node)

    def _check_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._check_import(node.module or "", node)
        if node.level or any(alias.name == "*" for alias in node.names):
            raise self._not_read(node, node)

    def _check_import(self, name: str, node: ast.stmt) -> None:
        if name.split(".")[0] not in IMPORTED:
            raise LineError(node.lineno, InputError("shapes.list_import", module=brief(name)))

    def _check_Name(self, node: ast.Name) -> None:
        self._check_word(node.id, node)
        if node.id not in self._known:
            raise LineError(node.lineno, InputError("shapes.list_unknown_name", word=brief(node.id)))

    def _check_arg(self, node: ast.arg) -> None:
        self._check_word(node.arg, node)

    def _check_keyword(self, node: ast.keyword) -> None:
        if node.arg is None:
            raise self._not_read(node.value, node.value)
        self._check_word(node.arg, node.value)

    def _check_Attribute(self, node: ast.Attribute) -> None:
        is_super = isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
        if node.attr == "__init__" and is_super and node.value.func.id == "super":
            return
        self._check_word(node.attr, node)

    def _check_word(self, word: str, node: ast.AST) -> None:
        if word.startswith("__") or len(word) > _LONGEST_NAME:
            raise LineError(node.lineno, InputError("shapes.list_hidden_name", word=brief(word)))

    def _check_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, (bytes, complex)) or node.value is ...:
            raise self._not_read(node, node)
        if isinstance(node.value, (int, float)) and not abs(node.value) <= _LARGEST:
            raise LineError(node.lineno, InputError("shapes.list_large_number", maximum=f"{_LARGEST:,}"))

    def _check_comprehension(self, node: ast.comprehension) -> None:
        if node.is_async:
            raise self._not_read(node.iter, node.iter)


def _find_children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node, without annotations and without what is only said when the network stops."""
    for name, value in () if isinstance(node, ast.Raise) else ast.iter_fields(node):
        if name in _NOT_READ:
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, ast.AST):
                yield each


def _walk(root: ast.AST) -> Iterator[ast.AST]:
    """As `ast.walk`, which imports what it needs at each call."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += ast.iter_child_nodes(node)
        yield node


def _find_defined(statements: list[ast.stmt]) -> Iterator[str]:
    """Every name that is given to something anywhere in the text."""
    for statement in statements:
        for node in _walk(statement):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                yield node.name
            elif isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).split(".")[0]


# ---- which of the classes is the network ------------------------------------------------------------------------


def _choose_network(statements: list[ast.stmt], main: list[ast.stmt], text: str) -> ClassText:
    classes = {each.name: each for each in statements if isinstance(each, ast.ClassDef)}
    functions = {each.name: each for each in statements if isinstance(each, ast.FunctionDef)}
    constants: dict[str, ast.expr] = {}
    call: ast.Call | None = None
    for statement in statements:
        value = getattr(statement, "value", None)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if not isinstance(target, ast.Name):
                    raise InputError(
                        "shapes.list_not_read", line=statement.lineno, part=brief_line(text, statement.lineno)
                    )
                constants[target.id] = value
        elif not isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom)) and not _is_shown(
            statement
        ):
            raise InputError("shapes.list_not_read", line=statement.lineno, part=brief_line(text, statement.lineno))
        call = _find_call(statement, classes, functions) or call
    for statement in main:
        call = call or _find_call(statement, classes, functions)
    if not classes:
        raise InputError("shapes.list_no_class")
    notes: tuple[Note, ...] = ()
    if call is None:
        call, is_certain = _guess_call(classes, functions)
        notes = () if is_certain else (("shapes.list_note_class", {"call": brief_code(call)}),)
    return ClassText(Program(classes, functions, constants, _read_aliases(statements), call), notes)


def _is_shown(statement: ast.stmt) -> bool:
    """A docstring, or a call that only shows something: `print(model)`, `summary(model, (1, 28, 28))`."""
    if not isinstance(statement, ast.Expr):
        return isinstance(statement, ast.Pass)
    value = statement.value
    if isinstance(value, (ast.Constant, ast.Name)) or _undress(value) is not value:
        return True
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("print", "summary")


def _undress(node: ast.expr) -> ast.expr:
    """The call inside `Net().to(device).eval()`."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("to", "eval", "train", "cuda", "cpu")
    ):
        node = node.func.value
    return node


def _find_call(statement: ast.stmt, classes: Mapping, functions: Mapping) -> ast.Call | None:
    """The call that makes the network: `model = Net(10)`, `print(Net())`."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)) or value is None:
        return None
    value = _undress(value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id in classes or value.func.id in functions:
            return value
        if value.func.id in ("print", "summary") and value.args:
            inner = _undress(value.args[0])
            return _find_call(ast.Expr(inner), classes, functions) if isinstance(inner, ast.Call) else None
    return None


def _guess_call(classes: Mapping[str, ast.ClassDef], functions: Mapping[str, ast.FunctionDef]) -> tuple[ast.Call, bool]:
    """The last class that no other one uses, with the values that it has without arguments, or a function that makes it;
    and whether nothing else can be meant.
    """
    used = {
        each.id
        for name, node in classes.items()
        for each in _walk(node)
        if isinstance(each, ast.Name) and each.id != name
    }
    candidates = [pair for pair in classes.items() if pair[0] not in used] or list(classes.items())
    name, chosen = candidates[-1]
    missing = _find_required(chosen)
    if not missing:
        return _make_call(name, chosen), len(candidates) == 1
    for maker, function in functions.items():
        returned = [each.value for each in _walk(function) if isinstance(each, ast.Return)]
        makes_it = any(
            isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name for each in returned
        )
        if makes_it and not _count_required(function.args, 0):
            return _make_call(maker, function), False
    example = f"model = {name}({', '.join(f'{each}=…' for each in missing[:4])})"
    raise LineError(
        chosen.lineno,
        InputError("shapes.list_needs_argument", layer=brief(name), setting=brief(missing[0]), code=example),
    )


def _make_call(name: str, node: ast.stmt) -> ast.Call:
    call = ast.Call(ast.Name(name, ast.Load()), [], [])
    return ast.fix_missing_locations(ast.copy_location(call, node))


def _find_required(node: ast.ClassDef) -> list[str]:
    """Arguments of `__init__` without a value of their own."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return _count_required(each.args, 1)
    return []


def _count_required(arguments: ast.arguments, skipped: int) -> list[str]:
    names = [each.arg for each in arguments.args[skipped:]]
    required = names[: max(0, len(names) - len(arguments.defaults))]
    return required + [each.arg for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults) if value is None]


def _read_aliases(statements: list[ast.stmt]) -> dict[str, str]:
    """What the imports call the parts of PyTorch."""
    aliases = dict(USUAL_NAMES)
    for statement in statements:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                aliases[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(statement, ast.ImportFrom):
            aliases.update(
                {alias.asname or alias.name: f"{statement.module}.{alias.name}" for alias in statement.names}
            )
    return aliases
