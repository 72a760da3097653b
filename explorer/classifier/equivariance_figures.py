"""What moved with the picture: a point for each layer, and the maps of one channel before and after."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import plotly.graph_objects as go
import torch

from explorer.classifier.anatomy import as_maps
from explorer.classifier.anatomy_figures import name_layer
from explorer.classifier.equivariance import LayerShift, overlap
from explorer.classifier.figures import class_name, percent
from explorer.classifier.inside import Shifted
from explorer.models.layer_outputs import LayerOutputs
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import ROLES, new_figure
from explorer.text import Text, join_sentences

_MOST_TICKS = 14  # of the axis of layers: more names do not fit on a phone


def describe_shift(shifted: Shifted, index: int, text: Text) -> str:
    """What the chosen layer did, what the others did, and whether the answer stayed."""
    return join_sentences(
        [_describe_layer(shifted, index, text), _describe_all(shifted, text), _describe_answer(shifted, text)], text
    )


def _describe_layer(shifted: Shifted, index: int, text: Text) -> str:
    found = shifted.layers[index]
    values = {
        "layer": html.escape(name_layer(shifted.before, index, text)),
        "exact": percent(found.exact, text),
        "difference": percent(found.difference, text, 0),
    }
    if found.units is None:
        return text("inside.shift_no_grid", **values)
    jump = _jump(shifted, index)
    first = text("inside.shift_step", jump=jump, units=_fraction(max(shifted.shift, key=abs), jump), **values)
    if not found.is_whole:
        return join_sentences([first, text("inside.shift_broken", **values)], text)
    if found.exact_interior is None:
        border = text("inside.shift_no_interior")
    else:
        border = text("inside.shift_interior", count=found.num_interior, interior=percent(found.exact_interior, text))
    return join_sentences([first, text("inside.shift_whole", **values), border], text)


def _jump(shifted: Shifted, index: int) -> int:
    """Pixels from one unit to the next, along the shift."""
    jump = shifted.before.layers[index].receptive_field.jump or (1, 1)
    return jump[0] if shifted.shift[0] else jump[1]


def _fraction(pixels: int, jump: int) -> str:
    """
    >>> _fraction(-1, 2), _fraction(4, 2)
    ('0.5', '2')
    """
    return f"{abs(pixels) / jump:.4g}"


def _describe_all(shifted: Shifted, text: Text) -> str:
    grids = [each for each in shifted.layers if each.units is not None]
    whole = [each for each in grids if each.is_whole]
    return text("inside.shift_all", count=len(grids), whole=len(whole))


def _describe_answer(shifted: Shifted, text: Text) -> str:
    before, after = (int(each.values[-1].argmax()) for each in (shifted.before, shifted.after))
    if before == after:
        return text("inside.shift_same", name=class_name(text, before))
    return text("inside.shift_other", before=class_name(text, before), after=class_name(text, after))


def draw_layers(shifted: Shifted, text: Text) -> go.Figure:
    """The share of numbers that moved exactly, and the difference, for each layer from the picture to the scores."""
    names = [name_layer(shifted.before, each.index, text) for each in shifted.layers]
    every = range(0, len(names), math.ceil(len(names) / _MOST_TICKS))
    ticks = {
        "tickvals": [shifted.layers[place].index + 1 for place in every],
        "ticktext": [shifted.before.layers[shifted.layers[place].index].name for place in every],
        "tickangle": -40,
        "automargin": True,
    }
    figure = new_figure(
        text("inside.shift_axis_layers"),
        text("inside.shift_axis"),
        height=420,
        xaxis=ticks,
        yaxis={"rangemode": "tozero"},
    )
    kinds: Sequence[tuple[str, str, dict]] = (
        ("interior", ROLES["input"], {"symbol": "diamond-open", "size": 11}),
        ("exact", ROLES["output"], {"symbol": "circle", "size": 8}),
        ("broken", ROLES["kernel"], {"symbol": "x", "size": 8}),
    )
    for kind, colour, marker in kinds:
        points = [(each.index, share) for each in shifted.layers if (share := _share(each, kind)) is not None]
        figure.add_scatter(
            x=[index + 1 for index, _ in points], y=[100 * share for _, share in points],
            text=[names[index] for index, _ in points], name=text(f"inside.shift_line_{kind}"), mode="markers", cliponaxis=False,
            marker={"color": colour, **marker}, hovertemplate="%{text}: %{y:.1f} %<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[each.index + 1 for each in shifted.layers], y=[100 * each.difference for each in shifted.layers],
        text=names, name=text("inside.shift_line_difference"), mode="lines",
        line={"color": ROLES["block"], "width": 2}, hovertemplate="%{text}: %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    return figure


def _share(found: LayerShift, kind: str) -> float | None:
    """What a layer has in one of the three sets of points."""
    if found.units is None or found.is_whole == (kind == "broken"):
        return None
    return found.exact_interior if kind == "interior" else found.exact


def draw_channel(shifted: Shifted, index: int, channel: int, text: Text) -> dict:
    """One channel before and after, and how far it differs from the one before that was moved along."""
    before, after = (as_maps(each.of(index)) for each in (shifted.before, shifted.after))
    found = shifted.layers[index]
    old, new = overlap(before, after, found.moved)
    difference = torch.full(before.shape[1:], torch.nan)
    rows, columns = (slice(max(0, by), size + min(0, by)) for by, size in zip(found.moved, before.shape[1:]))
    difference[rows, columns] = (new - old)[channel]
    limit = float(torch.stack([before[channel], after[channel]]).abs().max()) or 1.0
    moved = [abs(by) for by in found.moved]
    maps = [
        Map(before[channel], text("inside.shift_before"), limit=limit, numbers=False),
        Map(after[channel], text("inside.shift_after"), limit=limit, numbers=False),
        Map(
            difference, text("inside.shift_difference"), text("inside.shift_moved", count=max(moved)), limit=limit,
            numbers=False,
        ),
    ]  # fmt: skip
    layer = name_layer(shifted.before, index, text)
    return draw_maps(maps, columns=3, max_height=280, label=text("inside.shift_label", layer=layer, channel=channel))


def list_map_layers(outputs: LayerOutputs) -> list[int]:
    """The layers that can be chosen: those with rows and columns."""
    return [index for index, values in enumerate(outputs.values) if values.ndim == 3]


def find_strongest_channel(outputs: LayerOutputs, index: int) -> int:
    """The channel with the greatest norm."""
    return int(as_maps(outputs.of(index)).flatten(1).norm(dim=1).argmax())
