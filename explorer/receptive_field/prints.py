"""The figures of the receptive-field tab that people take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from explorer.page.canvas import Map
from explorer.page.style import INK, MUTED, ROLES
from explorer.prints.charts import draw_chart
from explorer.prints.pictures import draw_map, draw_map_rows, fit_size, list_cells
from explorer.prints.records import Print, Row
from explorer.prints.words import name_cells, name_pairs
from explorer.receptive_field.effective import EffectiveField
from explorer.receptive_field.figures import (
    Growth,
    choose_shown,
    describe_reached,
    draw_growth,
    list_effective_maps,
    name_layer,
)
from explorer.receptive_field.maths import FieldBox, LayerRow, compute_mean_brightness
from explorer.receptive_field.reach import find_reach
from explorer.receptive_field.sentences import describe_layer, describe_spread, name_network
from explorer.receptive_field.session import (
    FORWARD,
    SHOWN_SIDE,
    Scene,
    Spot,
    View,
    find_compared,
    find_scene,
    read_image,
    trace_compared,
)
from explorer.text import Text, join_sentences, join_words, text_in

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

Measured = tuple[Spot, Sequence[tuple[str, EffectiveField]], str]  # the unit, what was measured, and the sentence on it


def gather_prints(*, effective: Measured | None = None, language: str, **values) -> list[Print]:
    """The figures for what is set, from what the session remembers.

    Args:
        effective: what the page shows of the effective field, or None.
        language: of the words.
        **values: those of a View.

    Raises:
        InputError: the network cannot be traced.
    """
    view, text = View(**values), text_in(language)
    scene = find_scene(view)
    prints = [_print_reach(scene, text)] if view.direction == FORWARD else _print_back(view, scene, text)
    return [*prints, *([_print_effective(*effective, text)] if isinstance(effective, tuple) else [])]


def say_setting(spot: Spot, text: Text) -> str:
    """The network, the image and the layer."""
    pairs = [
        (text("terms.model"), name_network(spot.model, text)),
        (text("receptive_field.image_size"), (spot.chain.outer or spot.chain).size),
        (text("terms.layer"), name_layer(spot.row, text)),
    ]
    return name_pairs(pairs, text)


def _print_back(view: View, scene: Scene, text: Text) -> list[Print]:
    """How the field grows, and the field of the unit."""
    spot, compared = scene.spot, find_compared(view)
    names = () if spot.chain.outer else compared.names
    lines = [
        Growth(spot.model, name_network(spot.model, text), spot.rows),
        *(Growth(name, name_network(name, text), trace_compared(name, compared.table, spot)) for name in names),
    ]
    chart = draw_growth(lines[0], spot.number, lines[1:], text, spot.chain.source)
    setting, said = say_setting(spot, text), describe_layer(spot, text)
    growth = partial(_list_growth, lines, spot.chain.source, text)
    field = partial(_draw_field, scene=scene, text=text)
    return [
        Print(
            "growth",
            text("prints.growth_title"),
            partial(draw_chart, chart=_name_dots(chart)),
            growth,
            setting,
            join_sentences([said, text("prints.growth_caption")], text),
            (8.0, 4.2),
        ),
        Print("field", text("prints.field_title"), field, partial(_list_field, scene, text), setting, said, (8.0, 4.0)),
    ]


def _name_dots(chart: go.Figure) -> go.Figure:
    """On paper the legend names the kinds of layers, too; on the page the table beside the chart does."""
    return chart.for_each_trace(lambda dots: dots.update(showlegend=True), {"mode": "markers"})


def _list_growth(lines: Sequence[Growth], source: int, text: Text) -> Iterator[Row]:
    heads = [
        text(f"receptive_field.head_{head}")
        for head in ("network", "number", "layer", "size", "jump", "start", "units")
    ]
    yield heads
    for line in lines:
        for number, row in enumerate(line.rows):
            sides = [
                _pair(values)
                for values in ([s.size for s in row.sides], [s.jump for s in row.sides], [s.start for s in row.sides])
            ]
            yield (
                line.title,
                number + source,
                row.name or text("receptive_field.kind_input"),
                *sides,
                _pair(row.map_shape),
            )


def _pair(values: Sequence[float]) -> object:
    """One number where height and width have the same."""
    return values[0] if values[0] == values[1] else " x ".join(map(str, values))


# ---- the field ----------------------------------------------------------------------------------------------------


def _draw_field(figure: FigureBase, scene: Scene, text: Text) -> None:
    """The image with the field of the unit, and the layer's map with the unit."""
    spot = scene.spot
    left, right = figure.subplots(1, 2)
    _draw_on_image(left, scene, text)
    reach = spot.reach
    means = compute_mean_brightness(_find_ground(scene, spot.size), *reach)
    rows, columns = spot.row.map_shape
    title = text("receptive_field.map_title", rows=rows, columns=columns)
    shown = Map(means, title, text("prints.map_caption"), scale="grey", numbers=False)
    draw_map(right, shown)
    right.set(xlim=(0, means.shape[1]), ylim=(means.shape[0], 0))
    scale = means.shape[0] / rows, means.shape[1] / columns
    top, across = spot.unit[0] * scale[0], spot.unit[1] * scale[1]
    _add_box(right, (top, across, top + scale[0], across + scale[1]), ROLES["output"], "solid")


def _find_ground(scene: Scene, size: int) -> np.ndarray:
    """The image, or the map of the layer in which the unit is seen, (size, size) of 0..1."""
    outer = scene.spot.chain.outer
    if outer is None:
        return read_image(scene.image, size)
    return compute_mean_brightness(read_image(scene.image, outer.size), *outer.find_reach(scene.spot.chain.source))


def _draw_on_image(axes: Axes, scene: Scene, text: Text) -> None:
    """Pixels in the field keep their brightness, others are dimmed; the padding that the field reaches is hatched."""
    spot, field = scene.spot, scene.spot.field
    size = spot.size
    title = text("receptive_field.field_title", name=name_layer(spot.row, text), row=spot.unit[0], column=spot.unit[1])
    image = _find_ground(scene, min(size, SHOWN_SIDE) if spot.chain.outer is None else size)
    seen = _find_seen(field, size)
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, extent=(0, size, size, 0), zorder=1)
    dim = np.zeros((size, size, 4))
    dim[~seen] = (0.05, 0.06, 0.09, 0.68)
    axes.imshow(dim, extent=(0, size, size, 0), zorder=2)
    margin = 0.09 * size
    top, left, bottom, right = field.box
    ends = [max(-margin, left), min(size + margin, right), max(-margin, top), min(size + margin, bottom)]
    _hatch_padding(axes, size, margin)
    _add_box(axes, (ends[2], ends[0], ends[3], ends[1]), ROLES["kernel"], "solid")
    axes.plot(
        field.centre[1] + 0.5,
        field.centre[0] + 0.5,
        marker="+",
        markersize=10,
        color=ROLES["kernel"],
        markeredgewidth=2,
    )
    axes.set(
        xlim=(-margin, size + margin), ylim=(size + margin, -margin), xticks=[0, size], yticks=[0, size], aspect="equal"
    )
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(text("prints.field_caption"), fontsize=8)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _hatch_padding(axes: Axes, size: int, margin: float) -> None:
    from matplotlib.patches import Rectangle

    style = {"facecolor": "#f1f3f6", "edgecolor": MUTED, "hatch": "////", "linewidth": 0, "zorder": 0}
    axes.add_patch(Rectangle((-margin, -margin), size + 2 * margin, size + 2 * margin, **style))


def _add_box(axes: Axes, box: tuple[float, float, float, float], colour: str, line: str) -> None:
    from matplotlib.patches import Rectangle

    top, left, bottom, right = box
    place, sides = (left, top), (right - left, bottom - top)
    axes.add_patch(Rectangle(place, *sides, fill=False, edgecolor="white", linewidth=3.2, clip_on=False))
    axes.add_patch(Rectangle(place, *sides, fill=False, edgecolor=colour, linewidth=1.8, linestyle=line, clip_on=False))


def _find_seen(field: FieldBox, size: int) -> np.ndarray:
    """Whether each pixel lies in the field."""
    if field.mask is not None:
        return np.asarray(field.mask)
    seen = np.zeros((size, size), dtype=bool)
    top, left, bottom, right = field.clipped
    seen[top:bottom, left:right] = True
    return seen


def _list_field(scene: Scene, text: Text) -> Iterator[Row]:
    yield (*name_cells(text)[1:3], text("prints.seen"))
    for (row, column), is_seen in np.ndenumerate(_find_seen(scene.spot.field, scene.spot.size)):
        yield row, column, int(is_seen)


# ---- the way forward ----------------------------------------------------------------------------------------------


def _print_reach(scene: Scene, text: Text) -> Print:
    spot = scene.spot
    reach = find_reach(spot.chain, spot.pixel_inside)
    shown = choose_shown(len(spot.rows), spot.number)
    maps = [
        Map(
            each.mask.astype(float),
            _number(number, spot.rows, text),
            describe_short(each),
            scale="heat",
            limit=1.4,
            numbers=False,
        )
        for number, each in ((number, reach[number]) for number in shown)
    ]
    row, column = spot.pixel_inside
    title = text("receptive_field.reach_label", row=row, column=column)
    said = " ".join([describe_spread(spot, reach, text), describe_reached(reach[spot.number], text)])

    def rows() -> Iterator[Row]:
        yield [text(f"receptive_field.head_{head}") for head in ("number", "layer", "units", "reached")]
        for number, (row, each) in enumerate(zip(spot.rows, reach, strict=True)):
            yield number, row.name or text("receptive_field.kind_input"), each.mask.size, int(each.mask.sum())

    draw = partial(draw_map_rows, maps=maps, has_scales=False)
    return Print("reach", title, draw, rows, say_setting(spot, text), said, fit_size(maps))


def _number(number: int, rows: Sequence[LayerRow], text: Text) -> str:
    return f"{number}: {name_layer(rows[number], text)}"


def describe_short(reach) -> str:
    """How many units of a map are reached."""
    return f"{int(reach.mask.sum()):,} / {reach.mask.size:,}"


# ---- the effective field ------------------------------------------------------------------------------------------


def _print_effective(spot: Spot, measured: Sequence[tuple[str, EffectiveField]], said: str, text: Text) -> Print:
    from explorer.receptive_field.effective import SHARES

    maps = [
        replace(each, caption=text("prints.effective_caption", count=field.num_images))
        for each, (_, field) in zip(list_effective_maps(measured, "", spot.field, text), measured, strict=True)
    ]

    def rows() -> Iterator[Row]:
        yield [*name_cells(text)[:3], text("prints.mass")]
        plain = [Map(field.mass, text(f"receptive_field.weights_{kind}")) for kind, field in measured]
        yield from [*list_cells(plain, name_cells(text))][1:]

    legend = [(ROLES["output"], ":", text("receptive_field.head_theory"))]
    legend += [(ROLES["activation"], "-", f"{0.5:.0%}"), (ROLES["input"], "--", f"{0.9:.0%}")]
    sides = [
        (
            text(f"receptive_field.weights_{kind}"),
            join_words((f"{share:.0%}: {side} × {side}" for share, side in zip(SHARES, field.sides)), text),
        )
        for kind, field in measured
    ]
    setting = say_setting(spot, text)
    draw = partial(_draw_effective, maps=maps, legend=legend)
    numbers = f"{said} {name_pairs(sides, text)}"
    return Print("effective", text("receptive_field.effective"), draw, rows, setting, numbers, fit_size(maps, 7.0))


def _draw_effective(figure: FigureBase, maps: Sequence[Map], legend: Sequence[tuple[str, str, str]]) -> None:
    from matplotlib.lines import Line2D

    draw_map_rows(figure, maps)
    lines = [Line2D([], [], color=colour, linestyle=line, linewidth=2, label=words) for colour, line, words in legend]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), labelcolor=INK)
