"""Gradio builds what serves an app when the app is launched, and not four times before.

At the end of each `with` and in `queue` it builds all of its 170 addresses, a fifth of a second each time, for whoever wants to
mount them elsewhere; `launch` builds them anew. https://github.com/gradio-app/gradio, `Blocks.__exit__` and `Blocks.queue`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gradio.routes import App

_is_building: ContextVar[bool] = ContextVar("_is_building", default=False)  # of this thread or task alone
_create_app = App.create_app


def _create_app_once(*args: Any, **kwargs: Any) -> App | None:
    return None if _is_building.get() else _create_app(*args, **kwargs)


App.create_app = staticmethod(_create_app_once)


@contextmanager
def building() -> Iterator[None]:
    """While the blocks of an app are put together, which will be launched."""
    token = _is_building.set(True)
    try:
        yield
    finally:
        _is_building.reset(token)
