"""The chart of which way to compute a convolution is the fastest where."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from explorer.page.style import ROLES, new_figure
from explorer.text import Text

_COLOURS = {"unfold": ROLES["pool"], "conv2d": ROLES["input"], "fft": ROLES["kernel"]}
_DASHES = {"64": "dot", "256": "solid"}  # sides of the pictures that are drawn
_MARKS = {"64": "circle", "256": "square"}  # which tell them apart on paper, where ways have dashes of their own


def draw_growth(growth: Mapping, text: Text) -> go.Figure:
    """Time over the side of the kernel, a line for each way and each side of the picture.

    Args:
        growth: what `measure_ways` stored.
        text: of the reader's language.
    """
    figure = new_figure(text("ways.axis_kernel"), text("ways.axis_time"), height=380)
    for side, dash in _DASHES.items():
        for name, times in growth["pictures"][side].items():
            figure.add_scatter(
                x=growth["kernels"][: len(times)], y=times, mode="lines+markers", name=text("ways.line", way=text(f"ways.{name}"), side=side),
                line={"color": _COLOURS[name], "dash": dash, "width": 3}, marker={"symbol": _MARKS[side], "size": 8}, hovertemplate="%{x} × %{x}: %{y:.3g} ms<extra>%{fullData.name}</extra>",
            )  # fmt: skip
    return figure.update_xaxes(type="log", tickvals=growth["kernels"]).update_yaxes(type="log")
