"""Charts of a run that streams, as SVG: a page takes a new one in a millisecond, where it would build a plotly chart again
each time and answer no click meanwhile."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 330, 240  # of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 58, 18, 10, 44  # px around what is drawn
MOST_TICKS = 5


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        points: (x, y), in the order of x; where a value is not finite there is a gap.
        colour: of the line, "#rrggbb".
        width: in px.
        is_dotted: whether it is dotted.
        name: what stands in the legend; empty leaves it out.
        about: what is said of each point, which are marked then; empty for a line without marks.
    """

    points: Sequence[tuple[float, float]]
    colour: str
    width: float
    is_dotted: bool = False
    name: str = ""
    about: Sequence[str] = ()


@dataclass(frozen=True)
class Chart:
    """Lines over two axes.

    Attributes:
        lines: in the order in which they are drawn.
        x_title, y_title: names of the axes.
        x_range, y_range: least and greatest value that is seen.
        is_log: whether the vertical axis is logarithmic; its range is then above 0.
    """

    lines: Sequence[Line]
    x_title: str
    y_title: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    is_log: bool = False


def draw_charts(charts: Sequence[Chart]) -> str:
    """Charts side by side, or one below the other where there is no room, in HTML."""
    return f'<div class="charts">{"".join(map(_draw, charts))}</div>'


def _draw(chart: Chart) -> str:
    x_ticks, y_ticks = (
        find_ticks(*chart.x_range),
        find_decades(*chart.y_range) if chart.is_log else find_ticks(*chart.y_range),
    )
    parts = [_draw_x_tick(chart, each) for each in x_ticks] + [_draw_y_tick(chart, each) for each in y_ticks]
    parts += [_draw_line(chart, line) for line in chart.lines]
    across, down = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    x_title, y_title = html.escape(chart.x_title), html.escape(chart.y_title)
    parts.append(f'<text x="{across}" y="{HEIGHT - 4}" text-anchor="middle">{x_title}</text>')
    parts.append(f'<text transform="translate(14 {down}) rotate(-90)" text-anchor="middle">{y_title}</text>')
    legend = "".join(_draw_key(line) for line in chart.lines if line.name)
    label = html.escape(f"{chart.y_title}, {chart.x_title}")
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<figure><figcaption class="legend">{legend}</figcaption>{svg}</figure>'


def _place_x(chart: Chart, x: float) -> float:
    low, high = chart.x_range
    return LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _place_y(chart: Chart, y: float) -> float:
    """From the top; what lies outside of the range is put at its end."""
    (low, high), y = chart.y_range, min(max(y, chart.y_range[0]), chart.y_range[1])
    low, high, y = (math.log10(low), math.log10(high), math.log10(y)) if chart.is_log else (low, high, y)
    return HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def _draw_x_tick(chart: Chart, x: float) -> str:
    place = _place_x(chart, x)
    grid = f'<line class="grid" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    return f'{grid}<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{x:g}</text>'


def _draw_y_tick(chart: Chart, y: float) -> str:
    place = _place_y(chart, y)
    grid = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>'
    power = f'10<tspan dy="-5" font-size="10">{round(math.log10(y))}</tspan>' if chart.is_log else f"{y:g}"
    return f'{grid}<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{power}</text>'


def _draw_line(chart: Chart, line: Line) -> str:
    drawn, dash = "", ' stroke-dasharray="2 4"' if line.is_dotted else ""
    style = f'fill="none" stroke="{line.colour}" stroke-width="{line.width}" stroke-linejoin="round"{dash}'
    for part in _split_at_gaps(line.points):
        places = " ".join(f"{_place_x(chart, x):.1f},{_place_y(chart, y):.1f}" for x, y in part)
        drawn += f'<polyline points="{places}" {style}/>'
    for (x, y), about in zip(line.points, line.about):
        mark = f'cx="{_place_x(chart, x):.1f}" cy="{_place_y(chart, y):.1f}" r="3.5" fill="{line.colour}"'
        drawn += f"<circle {mark}><title>{html.escape(about)}</title></circle>"
    return drawn


def _split_at_gaps(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    parts: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _draw_key(line: Line) -> str:
    style = "dotted" if line.is_dotted else "solid"
    return f'<span><i style="border-top: 3px {style} {line.colour}"></i>{html.escape(line.name)}</span>'


def find_ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, at most MOST_TICKS + 1.

    >>> find_ticks(0, 800)
    [0.0, 200.0, 400.0, 600.0, 800.0]
    """
    least = (high - low) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def find_decades(low: float, high: float) -> list[float]:
    """Powers of ten from low to high, at most MOST_TICKS + 1 of them.

    >>> find_decades(0.001, 1)
    [0.001, 0.01, 0.1, 1.0]
    """
    first, last = round(math.log10(low)), round(math.log10(high))
    every = max(1, math.ceil((last - first) / MOST_TICKS))
    return [10.0**exponent for exponent in range(first, last + 1, every)]
