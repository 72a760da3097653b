"""Charts of the page (plotly) on paper: the same numbers, read from the very chart that the page shows.

No general translator: it knows what the charts of the page are made of, and refuses all else. What differs by colour alone
on the screen differs by its line or its mark as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from explorer.page.style import INK, MUTED, ROLES
from explorer.prints.axes import RAISED, no_places, set_log
from explorer.prints.paper import plain
from explorer.prints.records import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

_CYCLE = [ROLES[role] for role in ("input", "kernel", "output", "pool", "linear", "activation")]  # as in style.py
_DASHES = {
    "solid": "solid", "dot": (0, (1, 1.6)), "dash": (0, (5, 2)), "dashdot": (0, (5, 2, 1, 2)), "longdash": (0, (9, 3)),
    "longdashdot": (0, (9, 3, 1, 3)),
}  # fmt: skip
_MARKS = {
    "circle": "o", "diamond": "D", "square": "s", "cross": "P", "x": "X", "triangle-up": "^", "triangle-down": "v",
    "star": "*", "diamond-open": "D", "circle-open": "o", "square-open": "s", "line-ns-open": "|", "pentagon": "p",
    "hexagon": "h", "triangle-left": "<", "triangle-right": ">",
}  # fmt: skip
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\")
_KINDS = ("scatter", "bar", "heatmap")
_SMALL = 8.0
_LETTER, _KEY, _APART = 4.7, 44.0, 12.0  # points, of a letter of a legend, of what stands before it, and between two
_TEMPLATE = re.compile(r"%\{[xyz](?::([^}]*))?\}")
_COLOUR = re.compile(r"rgba?\(([^)]*)\)")


def draw_chart(figure: FigureBase, chart: go.Figure) -> Axes:
    """A chart of the page on axes that fill the figure.

    Raises:
        ValueError: it holds what is not known here.
    """
    content = chart.to_plotly_json()
    layout, traces = content["layout"], content["data"]
    axes = figure.subplots()
    second = axes.twinx() if "yaxis2" in layout else None
    _draw_shapes(axes, layout)
    lines = _Lines(traces)
    bars = [trace for trace in traces if trace["type"] == "bar" and trace.get("visible") is not False]
    for number, trace in enumerate(traces):
        if trace["type"] not in _KINDS:
            raise ValueError(f"trace must be one of {', '.join(_KINDS)}, got {trace['type']}")
        place = second if second is not None and trace.get("yaxis") == "y2" else axes
        if trace.get("visible") in (False, "legendonly"):
            continue
        if trace["type"] == "bar":
            _draw_bars(place, trace, bars, layout)
        elif trace["type"] == "heatmap":
            _draw_cells(figure, place, trace)
        else:
            _draw_line(place, trace, lines, number)
    _set_axis(axes, "x", layout.get("xaxis", {}), traces)
    _set_axis(axes, "y", layout.get("yaxis", {}), traces)
    if second is not None:
        _set_axis(second, "y", layout["yaxis2"], traces)
        second.grid(visible=False)
        second.spines["right"].set_visible(True)
    _annotate(axes, layout)
    if title := _words((layout.get("title") or {}).get("text")):
        axes.set_title(title, loc="left")
    _add_legend(axes, second, layout)
    return axes


def draw_charts(figure: FigureBase, makes: Sequence[Callable[[], go.Figure]], has_legend: bool = False) -> None:
    """Charts of the page side by side.

    Args:
        figure: to fill.
        makes: each makes a chart; plotly is slow, so that this is done when the figure is drawn.
        has_legend: whether what the page names under the pointer is named below the charts.
    """
    parts = np.atleast_1d(figure.subfigures(1, len(makes)))
    for part, make in zip(parts, makes, strict=True):
        chart = make()
        draw_chart(part, chart.update_layout(showlegend=True) if has_legend else chart)


def list_points(chart: go.Figure, names: tuple[str, str, str]) -> Iterator[Row]:
    """The points of a chart as rows of a table: the name of the line, and its two values as they are drawn.

    Args:
        chart: any whose heights are the numbers themselves.
        names: of the columns: the line, and the two axes.
    """
    content = chart.to_plotly_json()
    yield names
    for trace in content["data"]:
        if trace["type"] == "heatmap":
            cells = np.asarray(trace["z"], dtype=object)
            across, down = (
                _values(trace.get("x", range(cells.shape[1]))),
                _values(trace.get("y", range(cells.shape[0]))),
            )
            yield from (
                (_plain(y), _plain(x), cells[row][column])
                for row, y in enumerate(down)
                for column, x in enumerate(across)
            )
            continue
        if trace.get("fill") == "toself":  # a band: its edges, one after the other
            continue
        for x, y in zip(_values(trace.get("x")), _values(trace.get("y"))):
            yield _words(trace.get("name")), _plain(x), _plain(y)


# ---- what a chart is made of --------------------------------------------------------------------------------------


class _Lines:
    """A dash for each line: its own, unless a line of another colour has the same, and the same mark."""

    def __init__(self, traces: Sequence[Mapping]):
        lines = [
            _key(trace, number)
            for number, trace in enumerate(traces)
            if trace["type"] == "scatter" and "lines" in trace.get("mode", "lines") and not trace.get("fill")
        ]
        first = {key[1:]: key for key in reversed(lines)}  # of those that look the same
        self._dashes = {key: look[0] for look, key in first.items()}
        for key in lines:
            free = (each for each in _DASHES if each not in self._dashes.values())
            self._dashes.setdefault(key, next(free, key[1]))

    def dash_of(self, trace: Mapping, number: int) -> Any:
        return _DASHES[self._dashes[_key(trace, number)]]


def _key(trace: Mapping, number: int) -> tuple:
    """The colour of a line, its dash and its mark."""
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    mark = str(marker.get("symbol", "circle")) if "markers" in trace.get("mode", "lines") else ""
    return line.get("color") or number, line.get("dash") or "solid", mark


def _draw_line(axes: Axes, trace: Mapping, lines: _Lines, number: int) -> None:
    x, y, mode = _values(trace.get("x")), _values(trace.get("y")), trace.get("mode", "lines")
    y = [np.nan if each is None else each for each in y]
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    given = line.get("color") or (marker.get("color") if isinstance(marker.get("color"), str) else None)
    colour, alpha = _paint(given or _CYCLE[number % len(_CYCLE)])
    alpha *= trace.get("opacity") or 1
    if trace.get("fill"):
        if trace["fill"] != "toself":
            raise ValueError(f"fill must be toself, got {trace['fill']}")
        fill, share = _paint(trace.get("fillcolor") or given)
        axes.fill(x, y, color=fill, alpha=share * (trace.get("opacity") or 1), linewidth=0, label=_label(trace))
        return
    if error := trace.get("error_y"):
        low = _values(error.get("arrayminus")) or _values(error["array"])
        spread = np.array([low, _values(error["array"])], dtype=float)
        axes.errorbar(x, y, yerr=spread, fmt="none", ecolor=colour, elinewidth=1.2, capsize=3)
    drawn = {"linestyle": "none", "label": _label(trace), "color": colour, "alpha": alpha}
    if "lines" in mode:
        drawn |= {"linestyle": lines.dash_of(trace, number), "linewidth": 0.7 * (line.get("width") or 2)}
    if "markers" in mode:
        drawn |= _mark(marker, axes)
        drawn["markevery"] = max(1, math.ceil(len(x) / (marker.get("maxdisplayed") or len(x) or 1)))
    if mode in ("text", "none"):
        drawn |= {"linestyle": "none"}
    if "markers" in mode and not all(isinstance(marker.get(each, 1), str | int | float) for each in ("color", "size")):
        _draw_points(axes, x, y, marker, {**drawn, "color": colour})
    else:
        axes.plot(x, y, **drawn)
    if "text" in mode:
        for across, up, words in zip(x, y, _spread(trace.get("text"), len(x))):
            axes.annotate(_words(words), (across, up), (0, 5), textcoords="offset points", ha="center", fontsize=_SMALL)


def _draw_points(axes: Axes, x: Sequence, y: Sequence, marker: Mapping, drawn: Mapping) -> None:
    """Points of colours of their own."""
    colours = [_paint(each)[0] for each in _spread(marker.get("color") or drawn["color"], len(x))]
    sizes = [(0.65 * size) ** 2 for size in _spread(marker.get("size", 6), len(x))]
    label = drawn["label"]
    if len(set(sizes)) > 1:  # in the legend they would be of a size that means nothing
        small = {"linestyle": "none", "marker": drawn["marker"], "markersize": min(sizes) ** 0.5}
        axes.plot([], [], color=colours[0], alpha=drawn["alpha"], label=label, **small)
        label = "_"
    axes.scatter(x, y, sizes, colours, marker=drawn["marker"], alpha=drawn["alpha"], label=label)


def _mark(marker: Mapping, axes: Axes) -> dict[str, Any]:
    symbol = marker.get("symbol", "circle")
    symbol = symbol if isinstance(symbol, str) else symbol[0]
    size = marker.get("size", 6)
    drawn: dict[str, Any] = {"marker": _MARKS[symbol], "markersize": 0.65 * float(np.max(size))}
    if symbol.endswith("-open"):
        drawn["markerfacecolor"] = "none"
    edge = marker.get("line") or {}
    if edge.get("width"):
        drawn |= {"markeredgecolor": _paint(edge["color"])[0], "markeredgewidth": 0.6 * edge["width"]}
    return drawn


def _draw_bars(axes: Axes, trace: Mapping, bars: Sequence[Mapping], layout: Mapping) -> None:
    lying = trace.get("orientation") == "h"
    lengths, names = (trace["x"], trace["y"]) if lying else (trace["y"], trace["x"])
    names, lengths = _values(names), [0 if each is None else each for each in _values(lengths)]
    marker = trace.get("marker") or {}
    colours = [_paint(each)[0] for each in _spread(marker.get("color") or _CYCLE[0], len(names))]
    number = next(index for index, each in enumerate(bars) if each is trace)
    grouped = layout.get("barmode", "group") == "group"
    thick = 0.8 / len(bars) if grouped else 0.8
    places = np.arange(len(names)) if _is_named(names) else np.asarray(names, dtype=float)
    places = places + (number - (len(bars) - 1) / 2) * thick if grouped else places
    drawn: dict[str, Any] = {"label": _label(trace), "color": colours, "hatch": _HATCHES[number % len(_HATCHES)]}
    drawn |= {"edgecolor": "white", "linewidth": 0.5}
    ends = lengths
    if error := trace.get("error_y") or trace.get("error_x"):
        low = _values(error.get("arrayminus")) or _values(error["array"])
        spread = np.array([low, _values(error["array"])], dtype=float)
        drawn |= {"xerr" if lying else "yerr": spread, "error_kw": {"elinewidth": 1, "capsize": 2, "ecolor": INK}}
        ends = [length + high for length, high in zip(lengths, spread[1], strict=True)]
    base = trace.get("base")
    if lying:
        axes.barh(places, lengths, 0.9 * thick, left=base, **drawn)
    else:
        axes.bar(places, lengths, 0.9 * thick, bottom=base, **drawn)
    texts = [_fill(trace, each) for each in lengths] if "texttemplate" in trace else trace.get("text")
    words = _spread(texts, len(names)) if texts is not None else []
    for place, length, word in zip(places, ends, words):
        spot = (length, place) if lying else (place, length)
        axes.annotate(
            _words(word), spot, (3, 0) if lying else (0, 3), textcoords="offset points", fontsize=_SMALL,
            ha="left" if lying else "center", va="center" if lying else "bottom",
        )  # fmt: skip


def _draw_cells(figure: FigureBase, axes: Axes, trace: Mapping) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    cells = np.array([[np.nan if each is None else each for each in row] for row in trace["z"]], dtype=float)
    rows, columns = cells.shape
    scale = trace.get("colorscale") or [[0, "#ffffff"], [1, INK]]
    colours = LinearSegmentedColormap.from_list("chart", [(stop, _paint(colour)[0]) for stop, colour in scale])
    across, down = _values(trace.get("x", range(columns))), _values(trace.get("y", range(rows)))
    low, high = trace.get("zmin", np.nanmin(cells)), trace.get("zmax", np.nanmax(cells))
    image = axes.imshow(cells, cmap=colours, vmin=low, vmax=high, aspect="auto", origin="lower")
    axes.grid(visible=False)
    for axis, names in ((axes.xaxis, across), (axes.yaxis, down)):
        places = range(len(names)) if len(names) <= 24 else range(0, len(names), max(1, len(names) // 10))
        axis.set_ticks([*places], [_words(str(names[place])) for place in places])
    if trace.get("showscale") is not False:
        bar = trace.get("colorbar") or {}
        drawn = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02)
        drawn.set_label(_words((bar.get("title") or {}).get("text")))
        if bar.get("tickvals") is not None:
            drawn.set_ticks(
                _values(bar["tickvals"]), labels=[_words(str(each)) for each in bar.get("ticktext", bar["tickvals"])]
            )
    texts = [[_fill(trace, each) for each in row] for row in cells] if "texttemplate" in trace else trace.get("text")
    if texts is not None:
        for row, column in np.ndindex(rows, columns):
            red, green, blue, _ = image.cmap(image.norm(cells[row, column]))
            ink = INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            if word := _words(str(texts[row][column] or "")):
                about = {"ha": "center", "va": "center", "fontsize": _SMALL - 1, "in_layout": False}
                axes.text(column, row, word, color=ink, **about)


def _draw_shapes(axes: Axes, layout: Mapping) -> None:
    for shape in layout.get("shapes") or ():
        line = shape.get("line") or {}
        style = {"linestyle": _DASHES[line.get("dash", "solid")], "linewidth": 0.7 * line.get("width", 1)}
        style["color"] = _paint(line.get("color", MUTED))[0]
        if shape["type"] == "rect":
            fill, alpha = _paint(shape.get("fillcolor", MUTED))
            across, up = sorted((shape["x0"], shape["x1"])), sorted((shape["y0"], shape["y1"]))
            if _is_whole(shape.get("yref")):
                axes.axvspan(*across, color=fill, alpha=alpha * shape.get("opacity", 1), linewidth=0)
            elif _is_whole(shape.get("xref")):
                axes.axhspan(*up, color=fill, alpha=alpha * shape.get("opacity", 1), linewidth=0)
            else:
                axes.fill_between(across, *up, color=fill, alpha=alpha * shape.get("opacity", 1), linewidth=0)
        elif shape["type"] != "line":
            raise ValueError(f"shape must be line or rect, got {shape['type']}")
        elif _is_whole(shape.get("xref")):
            axes.axhline(shape["y0"], **style)
        elif _is_whole(shape.get("yref")):
            axes.axvline(shape["x0"], **style)
        else:
            axes.plot([shape["x0"], shape["x1"]], [shape["y0"], shape["y1"]], **style)


def _is_whole(reference: Any) -> bool:
    """Whether a shape goes from one side of the chart to the other."""
    return isinstance(reference, str) and (reference == "paper" or reference.endswith("domain"))


def _annotate(axes: Axes, layout: Mapping) -> None:
    for note in layout.get("annotations") or ():
        words = _words(note.get("text"))
        if not words or note.get("visible") is False:
            continue
        x, y = note["x"], note["y"]
        x = 10**x if axes.get_xscale() == "log" and not _is_whole(note.get("xref")) else x
        y = 10**y if axes.get_yscale() == "log" and not _is_whole(note.get("yref")) else y
        across = axes.transAxes if _is_whole(note.get("xref")) else axes.transData
        up = axes.transAxes if _is_whole(note.get("yref")) else axes.transData
        air = {"bottom": 2, "top": -2}.get(note.get("yanchor"), 0)  # points between words and a line
        from matplotlib.transforms import blended_transform_factory

        colour = _paint((note.get("font") or {}).get("color") or INK)[0]
        aligned = {"left": "left", "right": "right", "center": "center", "auto": "center", None: "center"}
        raised = {"top": "top", "bottom": "bottom", "middle": "center", "auto": "center", None: "center"}
        axes.annotate(
            words, (x, y), (0.75 * (note.get("xshift") or 0), 0.75 * (note.get("yshift") or 0) + air),
            xycoords=blended_transform_factory(across, up), textcoords="offset points", color=colour, fontsize=_SMALL,
            ha=aligned[note.get("xanchor")], va=raised[note.get("yanchor")], annotation_clip=False,
        )  # fmt: skip


def _set_axis(axes: Axes, name: str, about: Mapping, traces: Sequence[Mapping]) -> None:
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_label_text(_words((about.get("title") or {}).get("text")))
    if about.get("type") == "log":
        set_log(axes, name)
    bars = [trace for trace in traces if trace["type"] == "bar" and (trace.get("orientation") == "h") == (name == "y")]
    if bars and _is_named(names := _values(bars[0][name])):
        axis.set_ticks(range(len(names)), [_words(str(each)) for each in names])
        if name == "x" and (len(names) > 8 or sum(map(len, names)) > 90):
            axis.set_tick_params(rotation=30)
    if about.get("tickvals") is not None:
        places = _values(about["tickvals"])
        axis.set_ticks(places, [_words(str(each)) for each in about.get("ticktext", [f"{each:g}" for each in places])])
        axis.set_minor_locator(no_places())
    if about.get("range") is not None:
        ends = [10**end if about.get("type") == "log" else end for end in about["range"]]
        if not any(trace["type"] == "heatmap" for trace in traces):
            (axes.set_xlim if name == "x" else axes.set_ylim)(*ends)
    elif about.get("rangemode") == "tozero" and not bars:
        (axes.set_xlim if name == "x" else axes.set_ylim)(0)
    if about.get("autorange") == "reversed":
        axis.set_inverted(True)
    if about.get("showgrid") is False:
        axis.grid(visible=False)
    suffix = about.get("ticksuffix")
    if suffix and about.get("tickvals") is None:
        axis.set_major_formatter(lambda value, _: f"{value:g}{suffix}")


def _add_legend(axes: Axes, second: Axes | None, layout: Mapping) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if second is not None:
        more, names = second.get_legend_handles_labels()
        handles, labels = handles + more, labels + names
    if layout.get("showlegend") is False or (len(labels) < 2 and not layout.get("showlegend")):
        return
    room, longest = 72 * axes.figure.bbox.width / axes.figure.dpi, max(map(_count_letters, labels))
    columns = max(1, min(len(labels), int((room + _APART) / (_LETTER * longest + _KEY + _APART))))
    spaced = {"handlelength": 4.6, "columnspacing": _APART / _SMALL}
    axes.figure.legend(handles, labels, loc="outside lower center", ncols=columns, **spaced)


def _count_letters(words: str) -> int:
    """A Chinese one is as wide as two others."""
    return sum(2 if ord(each) > 0x2E80 else 1 for each in words)


def _fill(trace: Mapping, value: float) -> str:
    """The words that a trace puts beside a value; of plotly's templates, those of one number."""
    found = _TEMPLATE.fullmatch(trace["texttemplate"])
    if found is None:
        raise ValueError(f"texttemplate must be one number, got {trace['texttemplate']}")
    return "" if np.isnan(value) else format(value, found[1] or "g")


# ---- values -------------------------------------------------------------------------------------------------------


def _values(values: Any) -> list:
    return [] if values is None else np.asarray(values, dtype=object).tolist()


def _plain(value: Any) -> Any:
    return _words(value) if isinstance(value, str) else value


def _spread(values: Any, count: int) -> list:
    """One for each point, where one may stand for all."""
    return [values] * count if isinstance(values, str | int | float) or values is None else _values(values)


def _is_named(names: Sequence) -> bool:
    return any(isinstance(each, str) for each in names)


def _label(trace: Mapping) -> str:
    """What stands in the legend; what begins with a line is left out of it."""
    name = _words(trace.get("name"))
    return name if name and trace.get("showlegend") is not False else "_"


def _words(words: str | None) -> str:
    """What plotly takes as HTML, as plain words with small numbers where they were raised."""
    raised = re.sub(r"<sup>(.*?)</sup>", lambda found: found[1].translate(RAISED), words or "")
    return "\n".join(plain(line) for line in re.split(r"<br ?/?>", raised))


def _paint(colour: str) -> tuple[str | tuple[float, ...], float]:
    """A colour of a style sheet as matplotlib knows it, and how opaque it is."""
    found = _COLOUR.fullmatch(colour)
    if found is None:
        return colour, 1.0
    red, green, blue, *alpha = (float(each) for each in found[1].split(","))
    return (red / 255, green / 255, blue / 255), alpha[0] if alpha else 1.0
