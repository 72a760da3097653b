"""Gradio builds what serves an app when the app is launched, and not four times before; and it looks up once what it asks often.

At the end of each `with` and in `queue` it builds all of its 170 addresses, a fifth of a second each time, for whoever wants to
mount them elsewhere; `launch` builds them again. https://github.com/gradio-app/gradio, `Blocks.__exit__` and `Blocks.queue`.

For each component, and again each time that it describes it, it finds out what the constructor of its class takes (`Block.get_config`
and `component_meta.updateable`): a third of a second for all of them. Python answers at once where a function carries its signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from gradio.blocks import Block
from gradio.routes import App

_is_building: ContextVar[bool] = ContextVar("_is_building", default=False)  # of this thread or task alone
_create_app = App.create_app


def _create_app_once(*args: Any, **kwargs: Any) -> App | None:
    return None if _is_building.get() else _create_app(*args, **kwargs)


App.create_app = staticmethod(_create_app_once)


@contextmanager
def building() -> Iterator[None]:
    """While the blocks of an app are put together, which will be launched."""
    remember_signatures()
    token = _is_building.set(True)
    try:
        yield
    finally:
        _is_building.reset(token)


@cache
def remember_signatures() -> None:
    """Let the constructor of each class of components that there is carry its signature."""
    kinds = [Block]
    for kind in kinds:  # which grows
        kinds += [each for each in kind.__subclasses__() if each not in kinds]
        if "__init__" in vars(kind):
            constructor = inspect.unwrap(kind.__init__)
            constructor.__signature__ = inspect.signature(constructor)
