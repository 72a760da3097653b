"""Experiments on training: what changes when one part of a network or of its recipe is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EXPERIMENTS: dict[str, Callable[[], Any]] = {}
