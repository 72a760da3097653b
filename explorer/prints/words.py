"""Words that figures of several tabs need."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.text import Text


def name_pairs(pairs: Iterable[tuple[str, object]], text: Text) -> str:
    """A setting in words: names and values, one behind the other."""
    return " · ".join(text("prints.pair", name=name, setting=str(value)) for name, value in pairs)


def name_cells(text: Text) -> tuple[str, str, str, str]:
    """Names of the columns of a table of maps."""
    part, row, column, value = (text(f"prints.{name}") for name in ("part", "row", "column", "value"))
    return part, row, column, value
