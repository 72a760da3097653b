"""Maps of a canvas (`explorer.page.canvas.Map`) on paper: the same values, colours and outlines, with a scale beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from explorer.page.canvas import MOST_NUMBERED, SCALES, Map, format_number
from explorer.page.style import INK, ROLES
from explorer.prints.fonts import Ruler
from explorer.prints.paper import wrap
from explorer.prints.records import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import FigureBase

MOST_MAPS = 64  # on one sheet
_MOST_ON_ONE_SCALE = 4  # maps, from which on those that share a scale have one bar for all
_DASHES = {"input": (0, (5, 2)), "kernel": "solid", "output": (0, (1, 1.2))}  # outlines differ without colours as well
_LINES = "#c9d0d8"  # between cells that have numbers
_UNKNOWN = "#d9dde2"  # colour of what has no value
_SMALL = 8.0  # points
_LEAST = 3.5  # points, of numbers that can still be read
_MOST_MARKED = 64  # cells of a side, up to which negative ones are marked
_NEGATIVE = 0.12  # of the limit: from there on a cell is marked, so that grey print tells it from a positive one
_DIGIT = 0.66  # width of a digit, in heights of its letters
_BESIDE = 1.2  # widths of a map that its words may take: there is air, or a scale, beside it
_SHARE = 0.78  # of the width that a map has, beside its scale
_HIGHEST = 10.0  # inches
_FADING = 0.7  # exponent: an overlay fades out towards 0 as it does in canvas.js, paintMap


def draw_map_rows(
    figure: FigureBase, maps: Sequence[Map], columns: int | None = None, has_scales: bool = True
) -> list[Axes]:
    """Maps in rows, in reading order.

    Args:
        figure: to fill.
        maps: at most MOST_MAPS.
        columns: maps in a row; None takes one row for up to four and about square beyond.
        has_scales: whether the values matter, and not only which cells are coloured.

    Returns:
        The axes of each map.
    """
    maps = list(maps)[:MOST_MAPS]
    columns = columns or _count_columns(len(maps))
    axes = np.atleast_1d(figure.subplots(math.ceil(len(maps) / columns), columns, squeeze=False)).ravel()
    width = _SHARE * 72 * figure.bbox.width / figure.get_dpi() / columns
    shared = len(maps) > _MOST_ON_ONE_SCALE and len({_scale_of(each) for each in maps}) == 1
    for place, each in zip(axes, maps):
        image = draw_map(place, each, width)
        if has_scales and not shared:
            _add_bar(figure, image, place)
    for place in axes[len(maps) :]:
        place.set_axis_off()
    if has_scales and shared:
        _add_bar(figure, axes[0].images[0], list(axes))
    return list(axes[: len(maps)])


def _count_columns(count: int) -> int:
    return count if count <= _MOST_ON_ONE_SCALE else math.ceil(math.sqrt(1.7 * count))


def fit_size(maps: Sequence[Map], width: float = 8.0, columns: int | None = None) -> tuple[float, float]:
    """Width and height of a figure of these maps, in inches."""
    columns = columns or _count_columns(len(maps))
    sides = [_as_array(each.values).shape for each in maps]
    down = math.ceil(len(maps) / columns)
    highest = min(max(rows / across for rows, across in sides), 2.5)
    return width, min(0.45 + down * (0.5 + highest * _SHARE * width / columns), _HIGHEST)


def draw_map(axes: Axes, each: Map, width: float = 200.0) -> Any:
    """One map on axes of its own, with its title, its caption, its numbers and its outlines; returns the image of its values.

    Args:
        axes: empty.
        each: the map.
        width: about how wide it will be, in points.
    """
    values, limit = _as_array(each.values), _scale_of(each)[1]
    rows, columns = values.shape
    low = -limit if each.scale == "signed" else 0.0
    about = {"extent": (0, columns, rows, 0), "aspect": "equal"}
    image = axes.imshow(np.ma.masked_invalid(values), cmap=_colours(each.scale), vmin=low, vmax=limit, **about)
    if each.overlay is not None:
        axes.imshow(_paint_overlay(_as_array(each.overlay)), **about)
    axes.set(xticks=[], yticks=[], xlim=(0, columns), ylim=(rows, 0))
    axes.grid(visible=False)
    axes.set_title(_break_lines(each.title, _SMALL + 1, width), fontsize=_SMALL + 1)
    axes.set_xlabel(_break_lines(each.caption, _SMALL, width), fontsize=_SMALL)
    axes.spines[:].set_visible(True)
    numbered = each.numbers if each.numbers is not None else max(values.shape) <= MOST_NUMBERED
    if numbered:
        _part_cells(axes, rows, columns)
        _write_numbers(axes, values, image, width)
    elif each.scale == "signed" and max(values.shape) <= _MOST_MARKED:
        _mark_negative(axes, values, limit, width)
    _outline(axes, each)
    return image


def _break_lines(words: str, size: float, width: float) -> str:
    """Words that do not run into those of the next map."""
    import matplotlib

    ruler = Ruler(matplotlib.rcParams["font.family"], size)
    return "\n".join(line for part in words.split("\n") for line in wrap(part, _BESIDE * width, ruler) or [""])


def list_cells(maps: Sequence[Map], names: tuple[str, str, str, str]) -> Iterator[Row]:
    """All cells of maps as rows of a table.

    Args:
        maps: with titles, by which the rows are told apart.
        names: of the columns: the map, its row and column (from 0), the value.
    """
    yield names
    for each in maps:
        for row, values in enumerate(_as_array(each.values).tolist()):
            for column, value in enumerate(values):
                yield each.title, row, column, _shorten(value) if math.isfinite(value) else ""


def _shorten(value: float) -> float:
    """The number without digits that float32 does not have."""
    return float(f"{value:.9g}")


def _as_array(values: object) -> np.ndarray:
    return torch.as_tensor(values).detach().to("cpu", torch.float64).numpy()


def _scale_of(each: Map) -> tuple[str, float]:
    """The colours of a map and the value at their end, as the canvas has them."""
    if each.scale == "grey" and each.limit is None:
        return each.scale, 1.0
    known = _as_array(each.values)
    known = known[np.isfinite(known)]
    return each.scale, float(each.limit) if each.limit else float(np.abs(known).max(initial=0)) or 1.0


@lru_cache(maxsize=len(SCALES))
def _colours(scale: str) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list(scale, [tuple(stop) for stop in SCALES[scale]])
    return colours.with_extremes(bad=_UNKNOWN)


def _paint_overlay(values: np.ndarray) -> np.ndarray:
    limit = np.abs(values[np.isfinite(values)]).max(initial=0) or 1.0
    shares = np.nan_to_num(values / limit)
    painted = _colours("signed")((shares + 1) / 2)
    painted[..., 3] = np.where(np.isfinite(values), 0.92 * np.abs(shares) ** _FADING, 0)
    return painted


def _add_bar(figure: FigureBase, image: Any, axes: Any) -> None:
    from matplotlib.collections import PathCollection

    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02, shrink=0.75, aspect=18)
    low, high = image.get_clim()
    bar.set_ticks([low, 0, high] if low < 0 else [low, high])
    bar.ax.set_yticklabels([format_number(each) for each in bar.get_ticks()], fontsize=_SMALL - 1)
    bar.outline.set_visible(False)
    marked = (isinstance(each, PathCollection) for place in np.atleast_1d(axes) for each in place.collections)
    if any(marked):  # there the mark says what it says in the map
        bar.ax.scatter([0.5, 0.5], [0.7 * low, 0.27 * low], 9, ["white", INK], marker="_", linewidths=0.7)
        bar.ax.set_xlabel("“–”: < 0", loc="left", labelpad=6, fontsize=_SMALL - 1)


def _write_numbers(axes: Axes, values: np.ndarray, image: Any, width: float) -> None:
    written = [[format_number(value) for value in row] for row in values.tolist()]
    longest = max(len(each) for row in written for each in row)
    size = min(_SMALL + 1, width / max(values.shape) / (_DIGIT * max(longest, 2)))
    if size < _LEAST:
        return
    colours = image.cmap(image.norm(np.ma.masked_invalid(values)))
    bright = colours[..., :3] @ (0.299, 0.587, 0.114) > 0.5
    about = {"ha": "center", "va": "center", "fontsize": size, "in_layout": False}  # they need no room of their own
    for (row, column), light in np.ndenumerate(bright):
        axes.text(column + 0.5, row + 0.5, written[row][column], color=INK if light else "white", **about)


def _part_cells(axes: Axes, rows: int, columns: int) -> None:
    """Lines between cells, which may have one colour."""
    style = {"colors": _LINES, "linewidths": 0.5, "in_layout": False}
    axes.hlines(range(1, rows), 0, columns, **style)
    axes.vlines(range(1, columns), 0, rows, **style)


def _mark_negative(axes: Axes, values: np.ndarray, limit: float, width: float) -> None:
    """A small minus in cells below zero: without colours they would look like those above it."""
    rows, columns = np.nonzero(np.nan_to_num(values) < -_NEGATIVE * limit)
    size = 0.45 * width / max(values.shape)
    deep = np.nan_to_num(values[rows, columns]) < -0.4 * limit
    inks = np.where(deep, "white", INK)
    style = {"marker": "_", "linewidths": max(0.3, size / 7), "in_layout": False}
    axes.scatter(columns + 0.5, rows + 0.5, size**2, inks, **style)


def _outline(axes: Axes, each: Map) -> None:
    from matplotlib.patches import Rectangle

    for top, left, bottom, right, role in each.boxes:
        style = {"fill": False, "edgecolor": ROLES[role], "linewidth": 2, "linestyle": _DASHES.get(role, "solid")}
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, clip_on=False, **style))
    for top, left, bottom, right, role in each.lines:
        axes.plot([left, right], [top, bottom], color=ROLES[role], linewidth=1.2, linestyle=_DASHES.get(role, "solid"))
