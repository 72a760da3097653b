"""Gradio is imported without what it does for its developers alone, which is a third of the time of its import.

For each class of components it parses its own source, writes a file of type hints beside it, and fills in the docstrings of its
events from a template. https://github.com/gradio-app/gradio, `component_meta.py` and `EventListener.set_doc`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def do_nothing(*_: Any, **__: Any) -> None:
    """What takes the place of what is left out."""


def _write_no_hints(module: ModuleType) -> None:
    module.create_or_modify_pyi = do_nothing  # type: ignore[attr-defined]


def _fill_no_docstrings(module: ModuleType) -> None:
    module.EventListener.set_doc = do_nothing


# Name of a module -> what is done to it before anybody uses it.
_CHANGED: dict[str, Callable[[ModuleType], None]] = {
    "gradio.component_meta": _write_no_hints,
    "gradio.events": _fill_no_docstrings,
}


class _Finder(MetaPathFinder):
    """Finds the modules that are changed where Python finds them, and nothing else."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _CHANGED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_change(module: ModuleType) -> None:
                execute(module)
                _CHANGED[name](module)

            spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


@contextmanager
def without_developers_part() -> Iterator[None]:
    """Within this Gradio, if it is imported for the first time, leaves that out; it does so as long as the process lives."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
