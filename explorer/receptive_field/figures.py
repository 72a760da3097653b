"""The pictures of the wing: growth by depth, the field on an image, path counts, tables. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import torch

from explorer.canvas import Map, draw_maps
from explorer.receptive_field.maths import (
    FieldBox,
    LayerRow,
    StackSummary,
    compute_field_box,
    find_first_as_wide,
    find_last_local,
    find_unit,
)
from explorer.style import ACCENT, ROLES, new_figure
from explorer.text import Text

CHART_HEIGHT = 400
KIND_ROLES = {"input": "theory", "conv": "conv", "pool": "pool", "global": "linear"}
COMPARISON_COLOURS = (ROLES["kernel"], ROLES["output"], ROLES["theory"])
FIELD_CELL = 13  # px, just below the size from which the canvas draws a grid, which would hide the box
MOST_NAMED_TICKS = 8


def draw_growth(
    title: str,
    rows: Sequence[LayerRow],
    chosen: int,
    others: Sequence[tuple[str, Sequence[LayerRow]]],
    text: Text,
) -> go.Figure:
    """Size of the field against the layer's number, with the image's size as a line.

    Args:
        title: name of the network.
        rows: its rows; the first is the image.
        chosen: number of the layer to mark.
        others: names and rows of networks to compare with.
        text: sentences in the page's language.
    """
    figure = new_figure(
        text("receptive_field.axis_layer"), text("receptive_field.axis_size"), height=CHART_HEIGHT, hovermode="closest"
    )
    for (name, other), colour in zip(others, COMPARISON_COLOURS):
        figure.add_trace(_growth_line(name, other, text, color=colour, dash="dot", width=2))
    figure.add_trace(_growth_line(title, rows, text, color=ACCENT, width=3))
    for kind, role in KIND_ROLES.items():
        numbers = [number for number, row in enumerate(rows) if row.kind == kind]
        if numbers:
            figure.add_trace(_layer_dots(numbers, _heights(rows), chosen, ROLES[role]))
    image_size = rows[0].num_units
    figure.add_hline(
        y=image_size,
        line={"color": ROLES["theory"], "width": 2, "dash": "dash"},
        annotation={
            "text": text("receptive_field.whole_image", size=image_size),
            "font": {"size": 14},
        },
        annotation_position="top left",
    )
    longest = max(len(row) for row in (rows, *(other for _, other in others)))
    if longest <= MOST_NAMED_TICKS:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _heights(rows: Sequence[LayerRow]) -> list[int]:
    """A layer that sees everything stands no lower than the one before it."""
    return [max(row.size, rows[number - 1].size) if number else row.size for number, row in enumerate(rows)]


def _layer_dots(numbers: Sequence[int], heights: Sequence[int], chosen: int, colour: str) -> go.Scatter:
    """The layers of one kind, the chosen one larger."""
    return go.Scatter(
        x=list(numbers),
        y=[heights[number] for number in numbers],
        mode="markers",
        showlegend=False,
        marker={"color": colour, "size": [20 if number == chosen else 10 for number in numbers], "opacity": 1},
        hoverinfo="skip",
    )


def _growth_line(name: str, rows: Sequence[LayerRow], text: Text, **line) -> go.Scatter:
    hover = [
        text(f"receptive_field.hover_{'global' if row.kind == 'global' else 'layer'}", name=name_layer(row, text),
             size=row.size, jump=row.jump)
        for row in rows
    ]  # fmt: skip
    return go.Scatter(
        x=list(range(len(rows))),
        y=_heights(rows),
        name=name,
        mode="lines",
        line=line,
        text=hover,
        hovertemplate=f"{escape(name)}<br>%{{text}}<extra></extra>",
    )


def name_layer(row: LayerRow, text: Text) -> str:
    """What the reader calls the layer: its path in the network, with its kind where the path does not tell it."""
    kind = text(f"receptive_field.kind_{row.kind}")
    if not row.name:
        return kind
    return row.name if row.kind in row.name else f"{row.name} ({kind})"


def draw_field(image: torch.Tensor, row: LayerRow, unit: tuple[int, int], text: Text) -> dict:
    """The box of a unit on an image (H, W) of 0..1, as a payload for the canvas.

    The box is drawn as far as it lies on the image; the small one is the pixel around the unit's centre.
    """
    field = compute_field_box(row, unit)
    top, left = (row.start + row.jump * index for index in unit)
    title = text("receptive_field.field_title", name=name_layer(row, text), row=unit[0], column=unit[1])
    boxes = [(*field.clipped, "output"), (top, left, top + 1, left + 1, "kernel")]
    return draw_maps(
        [Map(image, title=title, caption=_describe_box(row, field, text), scale="grey", numbers=False, boxes=boxes)],
        cell=FIELD_CELL,
        max_height=CHART_HEIGHT,
        label=title,
    )


def _describe_box(row: LayerRow, field: FieldBox, text: Text) -> str:
    if row.kind == "global":
        return text("receptive_field.box_global")
    if field.padding_share > 0:
        return text("receptive_field.box_clipped", size=row.size, share=f"{field.padding_share:.0%}")
    return text("receptive_field.box_inside", size=row.size)


def draw_layer_table(rows: Sequence[LayerRow], chosen: int, pixel: tuple[float, float], text: Text) -> str:
    """Size, jump, start, units, and the unit nearest to a pixel with its centre, for every layer, as HTML."""
    heads = ("number", "layer", "kind", "size", "jump", "start", "units", "chosen_unit", "centre", "in_padding")
    body = []
    for number, row in enumerate(rows):
        unit = find_unit(row, pixel)
        field = compute_field_box(row, unit)
        centre = tuple(row.start + row.jump * index for index in unit)
        jump = text("receptive_field.none") if row.kind == "global" else row.jump
        cells = [
            number,
            escape(row.name or text("receptive_field.kind_input")),
            _draw_kind(row.kind, text),
            f"{row.size} × {row.size}",
            jump,
            _say_number(row.start),
            f"{row.num_units} × {row.num_units}",
            f"({unit[0]}, {unit[1]})",
            f"({_say_number(centre[0])}, {_say_number(centre[1])})",
            f"{field.padding_share:.0%}",
        ]
        body.append((cells, number == chosen))
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(1, 2))


def _draw_kind(kind: str, text: Text) -> str:
    """The kind of a layer behind a dot of its colour in the chart."""
    dot = f'<span style="color: {ROLES[KIND_ROLES[kind]]}" aria-hidden="true">●</span>'
    return _keep_together(f"{dot} {text(f'receptive_field.kind_{kind}')}")


def _keep_together(words: str) -> str:
    """Words that a narrow table must not break into lines."""
    return f'<span style="white-space: nowrap">{words}</span>'


def _say_number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _draw_table(heads: Sequence[str], body: Sequence[tuple[Sequence, bool]], words: Sequence[int]) -> str:
    """An HTML table; columns in `words` hold words, all others numbers. Cells are trusted HTML."""
    kinds = ["" if column in words else ' class="number"' for column in range(len(heads))]
    head = "".join(f"<th{kind}>{title}</th>" for kind, title in zip(kinds, heads))
    lines = "".join(
        f"<tr{' class=selected' if selected else ''}>"
        + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells))
        + "</tr>"
        for cells, selected in body
    )
    return (
        f'<div class="cnn-table-scroll"><table class="cnn-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def name_stack(summary: StackSummary) -> str:
    """A stack in figures that read the same in every language: "3×3 → 3×3", or "3×3, d = 1, 2, 5"."""
    kernels = [f"{layer['kernel']}×{layer['kernel']}" for layer in summary.layers]
    for key, letter in (("stride", "s"), ("dilation", "d")):
        if key in summary.layers[0]:
            return f"{kernels[0]}, {letter} = {', '.join(str(layer[key]) for layer in summary.layers)}"
    return " → ".join(kernels)


def draw_stacks(summaries: Sequence[StackSummary], text: Text) -> dict:
    """How many paths lead from each pixel to the unit, one map a stack, as a payload for the canvas."""
    maps = [
        Map(
            summary.path_counts,
            title=name_stack(summary),
            caption=text("receptive_field.stack_caption", size=summary.size),
            scale="heat",
        )
        for summary in summaries
    ]
    return draw_maps(maps, max_height=330, label=text("receptive_field.stacks_label"))


def draw_stack_table(summaries: Sequence[StackSummary], channels: int, text: Text) -> str:
    """What each stack sees and costs, as HTML."""
    heads = ("stack", "sees", "jump", "weights_per_pair", "weights", "nonlinearities", "seen_share")
    body = [
        (
            [
                _keep_together(name_stack(summary)),
                f"{summary.size} × {summary.size}",
                summary.jump,
                summary.weights_per_pair,
                f"{summary.weights_per_pair} × {channels}² = {summary.num_params:,}",
                summary.num_nonlinearities,
                f"{summary.seen_share:.0%}",
            ],
            False,
        )
        for summary in summaries
    ]
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(0,))


def draw_network_table(networks: Sequence[tuple[str, Sequence[LayerRow]]], text: Text) -> str:
    """Final field of each network and where it first sees the whole image, as HTML."""
    body = []
    for title, rows in networks:
        last, wide = find_last_local(rows), find_first_as_wide(rows)
        body.append(([escape(title), f"{last.size} × {last.size}", last.jump, escape(wide.name)], False))
    heads = ("network", "final_size", "jump", "as_wide")
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(0, 3))


def draw_depth_table(lines: Sequence[tuple[int, str, int, int]], heads: Sequence[str]) -> str:
    """Number of layers, the tutorial's figure, and what is so for two networks, as HTML."""
    body = [([depth, claim, *(f"{size} × {size}" for size in sizes)], False) for depth, claim, *sizes in lines]
    return _draw_table(heads, body, words=())
