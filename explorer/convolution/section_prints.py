"""The figures of the sections that compute in the page: drawn from what the page told, nothing is computed again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from explorer.convolution.told import Box, Curve, Row, Section, ToldMap
from explorer.page.canvas import MOST_NUMBERED, Map, format_number
from explorer.page.style import INK, MUTED, ROLES
from explorer.prints.axes import set_log
from explorer.prints.pictures import draw_map_rows
from explorer.prints.records import Print
from explorer.prints.records import Row as Line
from explorer.prints.words import name_cells, name_pairs
from explorer.text import Text, join_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

_TITLES = {
    "learn": "descent",
    "backward": "backward",
    "channels": "channels",
    "shifts": "shifts",
}  # modules of sentences
# Roles of the colours with which the page outlines, whose lines are solid: a dotted one around a cell would be four dots.
_ROLE_OF = {ROLES[role]: role for role in ("add", "kernel", "conv")}
_FRAME = 4  # cells, from which on an outline in the colour of the input is the frame of the picture, which is dashed
_WIDE = 9.0  # inches
_LEAST_IN_A_ROW, _MOST_IN_A_ROW = 4, 8  # maps
_LEFT = 0.0135  # of the width, where a label begins, below the title
_LABEL, _WORDS = 0.25, 0.55  # inches that a label above maps needs, and what stands at a map
_SHARE = 0.72  # of the width that a map has, beside its scale
_LINE_OF_TABLE = 0.24  # inches
_CURVE = 2.6  # inches
_SMALL = 8.0  # points
_LEAST_LETTER = 2.4  # points, width of a letter that can still be read
_HEAD = re.compile(r"([:：]) ?")  # where the head of a column is broken
_LEAST_STEPS = 10  # that the axis of the curve shows, as in curve.js
_DECADES = 9  # of the curve at most, as in curve.js
_CLOSE = 0.08  # share of the axis within which words of two levels would overlap
_ABOVE, _LIFT = 2, 11  # points: how high words stand above their level, and how much higher above other words


def print_section(section: Section, setting: Sequence[tuple[str, object]], text: Text) -> Print:
    """The figure of a section.

    Args:
        section: what the page told.
        setting: names and values of what is set above it and matters to it.
        text: of the reader's language.
    """
    stripes = _list_stripes(section)
    return Print(
        section.name,
        text(f"{_TITLES[section.name]}.title"),
        partial(_draw, section=section, text=text),
        partial(_list_rows, section, text),
        name_pairs([*setting, *section.setting], text),
        join_sentences(section.said, text),
        (_WIDE, sum(height for _, height in stripes)),
        is_of_section=True,
    )


# ---- what it is drawn with ------------------------------------------------------------------------------------------


def _list_stripes(section: Section) -> list[tuple[Row | None, float]]:
    """Rows of maps and how high they are in inches; None stands for the table. The last row of a curve stands beside it."""
    stripes: list[tuple[Row | None, float]] = [(row, _height(row)) for row in section.rows]
    if section.curve is not None:
        stripes[-1] = (section.rows[-1], _CURVE)
    if section.table:
        stripes.append((None, _LINE_OF_TABLE * (len(section.table) + 2)))
    return stripes


def _count_columns(row: Row) -> int:
    return max(_LEAST_IN_A_ROW, min(_MOST_IN_A_ROW, len(row.maps)))


def _height(row: Row) -> float:
    columns = _count_columns(row)
    tallest = max(min(each.values.shape[0] / each.values.shape[1], 1.6) for each in row.maps)
    return _LABEL + -(-len(row.maps) // columns) * (_WORDS + tallest * _SHARE * _WIDE / columns)


def _as_maps(row: Row, columns: int) -> list[Map]:
    """Of maps of one size either all show their numbers or none."""
    crowded = {each.values.shape for each in row.maps if each.has_numbers and not _has_room(each, columns)}
    return [_as_map(each, each.has_numbers and each.values.shape not in crowded) for each in row.maps]


def _has_room(each: ToldMap, columns: int) -> bool:
    """Whether its numbers are large enough to be read."""
    if max(each.values.shape) > MOST_NUMBERED:
        return False
    longest = max(len(format_number(value)) for value in each.values.ravel().tolist())
    return _SHARE * 72 * _WIDE / columns / max(each.values.shape) >= _LEAST_LETTER * longest


def _as_map(each: ToldMap, has_numbers: bool) -> Map:
    return Map(
        each.values, each.title, each.caption, "grey" if each.scale == "grey" else "signed", each.limit,
        has_numbers, [_as_box(box) for box in each.boxes],
    )  # fmt: skip


def _as_box(box: Box) -> Box:
    top, left, bottom, right, colour = box
    is_frame = colour == ROLES["input"] and (bottom - top) * (right - left) > _FRAME
    return top, left, bottom, right, "input" if is_frame else _ROLE_OF.get(colour, "other")


def _draw(figure: FigureBase, section: Section, text: Text) -> None:
    stripes = _list_stripes(section)
    heights = [height for _, height in stripes]
    parts = np.atleast_1d(figure.subfigures(len(stripes), 1, height_ratios=heights))
    for part, (row, height) in zip(parts, stripes, strict=True):
        if row is None:
            _draw_table(part, section.table, height)
        elif section.curve is not None and row is section.rows[-1]:
            left, right = part.subfigures(1, 2, width_ratios=[len(row.maps) + 0.25, 4])
            draw_map_rows(left, _as_maps(row, _LEAST_IN_A_ROW))
            _draw_curve(right, section.curve, text)
        else:
            _draw_row(part, row, height)


def _draw_row(figure: FigureBase, row: Row, height: float) -> None:
    figure.text(_LEFT, 1 - 0.5 * _LABEL / height, row.label, fontsize=_SMALL + 1, color=INK, va="center")
    _, below = figure.subfigures(2, 1, height_ratios=[_LABEL, height - _LABEL])
    draw_map_rows(below, _as_maps(row, _count_columns(row)), _count_columns(row))


def _draw_table(figure: FigureBase, table: Sequence[Sequence[str]], height: float) -> None:
    axes = figure.subplots()
    axes.set_axis_off()
    drawn = axes.table(
        [*table[1:]],
        colLabels=[_HEAD.sub(r"\1\n", head) for head in table[0]],
        loc="center",
        cellLoc="right",
        edges="horizontal",
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(_SMALL - 1)
    for (row, column), cell in drawn.get_celld().items():
        cell.set_edgecolor(MUTED)
        cell.set_linewidth(0.5)
        cell.set_height(0.95 / (len(table) + 1) * (2 if row == 0 else 1))
        if column == 0:
            cell.set_text_props(ha="left")


def _draw_curve(figure: FigureBase, curve: Curve, text: Text) -> Axes:
    """The loss after each step on a logarithmic axis, and the levels that it is compared with."""
    from matplotlib.ticker import MaxNLocator

    axes = figure.subplots()
    losses = curve.losses.astype(float)
    steps = np.flatnonzero(losses > 0)
    axes.plot(steps, losses[steps], color=ROLES["output"], label=text("descent.axis_loss"))
    if len(steps):
        axes.plot(steps[-1], losses[steps[-1]], "o", color=ROLES["output"], markersize=5)
    set_log(axes, "y")
    levels = [
        ("least", curve.least, ROLES["plain"], (0, (5, 2))),
        ("by_hand", curve.by_hand, ROLES["linear"], (0, (1, 1.6))),
    ]
    shown = [level for level in levels if level[1]]
    low, high = _find_decades([*losses[steps], *(value for _, value, _, _ in shown)])
    below, lift = 0.0, _ABOVE  # the level whose words stand below the next ones, and how high
    for name, value, colour, dash in sorted(shown, key=itemgetter(1)):
        if value < low:
            continue
        lift = lift + _LIFT if below and np.log(value / below) < _CLOSE * np.log(high / low) else _ABOVE
        below = value
        axes.axhline(value, color=colour, linestyle=dash, linewidth=1.4, label=text(f"descent.{name}"))
        axes.annotate(
            text(f"descent.{name}"), (0.99, value), (0, lift), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="bottom", fontsize=_SMALL, color=MUTED,
        )  # fmt: skip
    axes.set(xlim=(0, max(_LEAST_STEPS, len(losses) - 1)), ylim=(low, high))
    axes.set_xlabel(text("descent.axis_steps"))
    axes.set_ylabel(text("descent.axis_loss"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return axes


def _find_decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around these values, the lowest not too far below the highest."""
    if not values:
        return 0.1, 1.0
    high = np.ceil(np.log10(max(values)) - 1e-9)
    low = min(high - 1, max(np.floor(np.log10(min(values)) + 1e-9), high - _DECADES))
    return float(10.0**low), float(10.0**high)


# ---- its numbers ----------------------------------------------------------------------------------------------------


def _list_rows(section: Section, text: Text) -> Iterator[Line]:
    """The losses, the table, and all cells of all maps."""
    part, row, column, value = name_cells(text)
    if section.table:
        yield from section.table
        yield ()
    if section.curve is not None:
        yield from _list_losses(section.curve, text)
        yield ()
    yield part, row, column, value
    for stripe in section.rows:
        for each in stripe.maps:
            name = " · ".join(filter(None, dict.fromkeys((stripe.label.rstrip(":：."), each.title))))
            for (down, right), number in np.ndenumerate(each.values):
                yield name, down, right, _shorten(number)


def _list_losses(curve: Curve, text: Text) -> Iterator[Line]:
    yield text("descent.axis_steps"), text("descent.axis_loss")
    yield from ((step, _shorten(loss)) for step, loss in enumerate(curve.losses.tolist()))
    yield text("descent.least"), _shorten(curve.least)
    if curve.by_hand is not None:
        yield text("descent.by_hand"), _shorten(curve.by_hand)


def _shorten(number: float) -> float:
    """The seven digits with which it was told."""
    return float(f"{number:.7g}")
