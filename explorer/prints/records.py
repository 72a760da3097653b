"""What a figure to take away is: how it is drawn, its numbers, and what stands below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Row = Sequence[object]


@dataclass(frozen=True)
class Print:
    """A figure of a tab, made of results that are there already. Its words are in the reader's language.

    Attributes:
        name: by which it is chosen, and a part of the name of its file: lower-case letters and underscores.
        title: stands above it.
        draw: fills a part of a page that is empty, with axes that have names and units.
        rows: its numbers as a table: the names of the columns, then a line for each.
        setting: below it: for which setting it was drawn.
        numbers: below it: the main numbers, or what to see in it; may hold inline HTML, which is left out.
        size: width and height of what `draw` fills, in inches.
        is_of_section: whether a section of the page alone computed it, whose setting no link carries.
    """

    name: str
    title: str
    draw: Callable[[FigureBase], Any]
    rows: Callable[[], Iterable[Row]]
    setting: str = ""
    numbers: str = ""
    size: tuple[float, float] = (8.0, 4.5)
    is_of_section: bool = False
