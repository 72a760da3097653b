"""Libraries are imported without those of their parts that take long and that nothing here uses.

Gradio, for each class of components, parses its own source, writes a file of type hints beside it, and fills in the docstrings of
its events from a template: half the time of its import. https://github.com/gradio-app/gradio, `component_meta.py` and
`EventListener.set_doc`. Captum imports matplotlib's pyplot, for pictures and for language models: three quarters of the time of its own.

This holds for a process that serves the app and does nothing else; a notebook gets whole libraries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def do_nothing(*_: Any, **__: Any) -> None:
    """What takes the place of what need not be done."""


def left_out(*_: Any, **__: Any) -> None:
    """What takes the place of functions and classes of a module that is left out.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("this was left out by explorer/server/importing.py")


def _write_no_hints(module: ModuleType) -> None:
    module.create_or_modify_pyi = do_nothing  # type: ignore[attr-defined]


def _fill_no_docstrings(module: ModuleType) -> None:
    module.EventListener.set_doc = do_nothing


# Name of a module -> what is done to it before anybody uses it.
_CHANGED: dict[str, Callable[[ModuleType], None]] = {
    "gradio.component_meta": _write_no_hints,
    "gradio.events": _fill_no_docstrings,
}
LEFT_OUT = ("captum.attr._core.llm_attr", "captum.attr._utils.visualization")


class _ChangingLoader(Loader):
    """Loads a module as its own loader does, and changes it then."""

    def __init__(self, loader: Loader, change: Callable[[ModuleType], None]):
        self.loader, self.change = loader, change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        self.change(module)


class _EmptyLoader(Loader):
    """Makes a module from which all names can be imported, and nothing be called."""

    def exec_module(self, module: ModuleType) -> None:
        module.__getattr__ = _find_left_out  # type: ignore[method-assign]  # PEP 562


def _find_left_out(name: str) -> Callable:
    if name.startswith("__"):  # which Python asks for
        raise AttributeError(name)
    return left_out


class _Finder(MetaPathFinder):
    """Finds the modules that are changed or left out, and no others."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name in LEFT_OUT:
            return ModuleSpec(name, _EmptyLoader())
        if name not in _CHANGED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _ChangingLoader(spec.loader, _CHANGED[name])
        return spec


@contextmanager
def without_unused_parts() -> Iterator[None]:
    """What is imported within this for the first time comes without them, for as long as the process lives."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
