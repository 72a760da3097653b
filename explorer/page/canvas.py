"""Grids of maps (images, kernels, feature maps, attributions), drawn in the page on a canvas.

Python sends values and colour scales; canvas.js does the drawing, so that nothing is drawn on the server.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import gradio as gr
import numpy as np
import torch

from explorer.page.scripts import mount
from explorer.page.style import DIVERGING, GREY, ROLES, SEQUENTIAL

SCALES = {"signed": DIVERGING, "grey": GREY, "heat": SEQUENTIAL}
MOST_NUMBERED = 12  # rows and columns up to which every cell shows its number unless told otherwise
STEPS = 65534  # values are sent as 16-bit codes 0..STEPS between the map's least and greatest value
NOT_FINITE = 65535  # the code of NaN and infinity


@dataclass(frozen=True)
class Map:
    """One map.

    Attributes:
        values: (rows, columns) tensor, array or nested lists.
        title: short line above the map.
        caption: short line below it, such as its size.
        scale: "signed" is white at 0 and diverges to -limit and limit; "grey" goes from black at 0 to white at
            limit; "heat" goes from pale at 0 to dark at limit.
        limit: value of the scale's end; None takes the greatest magnitude ("grey": 1).
        numbers: print each cell's value; None prints where the map has at most 12 x 12 cells.
        boxes: outlines (top, left, bottom, right, role), in cells, bottom and right excluded; role of style.ROLES.
        overlay: (rows, columns) of any resolution, drawn over the map on the signed scale, fading out towards 0.
        lines: straight lines (top, left, bottom, right, role), in cells, from one corner to the other.
        least_cell: least side of a cell in px, for a small map beside large ones; 0 leaves all cells equal.
    """

    values: object
    title: str = ""
    caption: str = ""
    scale: Literal["signed", "grey", "heat"] = "signed"
    limit: float | None = None
    numbers: bool | None = None
    boxes: Sequence[tuple[float, float, float, float, str]] = ()
    overlay: object | None = None
    lines: Sequence[tuple[float, float, float, float, str]] = ()
    least_cell: int = 0


def draw_maps(
    maps: Sequence[Map],
    columns: int | None = None,
    cell: float | None = None,
    max_height: int | None = None,
    label: str = "",
    equal_cells: bool = True,
) -> dict:
    """What the page needs to draw these maps in a row that wraps.

    Args:
        maps: the maps, in reading order.
        columns: maps in a row; None takes as many as fit.
        cell: greatest side of a cell in px; None takes what fills the room there is.
        max_height: greatest height of the whole in px on a wide screen, 440 unless told.
        label: what the picture shows, in words, for those who cannot see it.
        equal_cells: one cell size for all maps, so that their sizes can be compared; False gives all maps the
            same longest side.

    Returns:
        JSON-able payload: the value of `build_canvas`.

    Raises:
        ValueError: a map is not two-dimensional or empty.
    """
    return {
        "maps": [_encode_map(each) for each in maps],
        "scales": {name: SCALES[name] for name in sorted({each.scale for each in maps} | _overlay_scales(maps))},
        "columns": columns,
        "cell": cell,
        "maxHeight": max_height or 440,
        "equalCells": equal_cells,
        "label": label or ", ".join(each.title for each in maps if each.title),
    }


def make_sheet(images: torch.Tensor, per_row: int, gap: int = 1) -> torch.Tensor:
    """Put small images into one, for a `Map`: beside and below each other.

    Args:
        images: (N, H, W).
        per_row: how many stand in a row.
        gap: cells of NaN between them.

    Returns:
        (rows, columns) of as many images as there are; what is left of the last row is NaN.
    """
    count, height, width = images.shape
    down, across = height + gap, width + gap
    sheet = torch.full((-(-count // per_row) * down - gap, per_row * across - gap), torch.nan)
    for number, image in enumerate(images):
        top, left = number // per_row * down, number % per_row * across
        sheet[top : top + height, left : left + width] = image
    return sheet


def build_canvas(
    payload: dict | None,
    elem_id: str | None = None,
    wing: str | None = None,
    taker: str | None = None,
    **kwargs,
) -> gr.HTML:
    """The component that shows what `draw_maps` returns, and whose value a handler replaces by another payload.

    Args:
        payload: what `draw_maps` returned; None shows nothing.
        elem_id: id in the page.
        wing: the wing for which `act` of values.js tells the server of a click on a cell, as the action "unit" with the ints
            `map`, `row` and `column`.
        taker: name by which a script of the wing takes the clicks instead, see `takeCells` of canvas.js.
        **kwargs: further keywords of gr.HTML.
    """
    about = "".join(f' data-{name}="{value}"' for name, value in (("wing", wing), ("taker", taker)) if value)
    return gr.HTML(
        payload,
        html_template=f'<div class="maps"{about}></div>',
        js_on_load=mount("page/canvas.js"),
        elem_id=elem_id,
        **{"elem_classes": "canvas", "apply_default_css": False, **kwargs},
    )


def _overlay_scales(maps: Sequence[Map]) -> set[str]:
    return {"signed"} if any(each.overlay is not None for each in maps) else set()


def _encode_map(each: Map) -> dict:
    values = _as_array(each.values)
    numbers = each.numbers if each.numbers is not None else max(values.shape) <= MOST_NUMBERED
    return {
        **_encode(values, 1.0 if each.scale == "grey" and each.limit is None else each.limit),
        "title": each.title,
        "caption": each.caption,
        "scale": each.scale,
        "numbers": [[format_number(value) for value in row] for row in values.tolist()] if numbers else None,
        "boxes": [[*map(float, box[:4]), ROLES[box[4]]] for box in each.boxes],
        "lines": [[*map(float, line[:4]), ROLES[line[4]]] for line in each.lines],
        "leastCell": each.least_cell,
        "overlay": None if each.overlay is None else _encode(_as_array(each.overlay), None),
    }


def format_number(value: float) -> str:
    """The number as it stands in a cell: three significant digits, a true minus sign."""
    if not np.isfinite(value):
        return "—"
    return f"{value:.3g}".replace("-", "−") if value else "0"


def _as_array(values) -> np.ndarray:
    array = torch.as_tensor(values).detach().to("cpu", torch.float64).numpy()
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a map must have rows and columns, got shape {array.shape}")
    return array


def _encode(values: np.ndarray, limit: float | None) -> dict:
    """Values as base64 of little-endian 16-bit codes, with what turns them back."""
    finite = np.isfinite(values)
    known = values[finite]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    step = (high - low) / STEPS
    codes = np.full(values.shape, NOT_FINITE, dtype="<u2")
    codes[finite] = np.rint((known - low) / step) if step > 0 else 0
    return {
        "rows": values.shape[0],
        "columns": values.shape[1],
        "low": low,
        "high": high,
        "limit": float(limit) if limit else max(abs(low), abs(high)) or 1.0,
        "codes": base64.b64encode(codes.tobytes()).decode("ascii"),
    }
