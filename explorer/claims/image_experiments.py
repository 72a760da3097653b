"""Experiments on pictures: shifted, rotated, shuffled, pooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EXPERIMENTS: dict[str, Callable[[], Any]] = {}
