"""What happens in networks while they learn: loss and error, and a statistic of each block as a picture of time and depth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import plotly.graph_objects as go
import torch

from explorer.data import CLASSES
from explorer.gradient_flow.figures import say_number
from explorer.gradient_flow.learning import KINDS, NUM_TRAINING, RECIPE, Course, Net
from explorer.gradient_flow.learning_outcomes import list_steps, pick
from explorer.page.style import MUTED, ROLES, SEQUENTIAL, lighten, new_figure
from explorer.text import Text

EPOCH_STEPS = math.ceil(NUM_TRAINING / RECIPE.batch_size)
LOGARITHMIC = ("gradient", "update", "activation")
FAR_APART = 50
"""The greatest loss over the least one: from here on the axis is logarithmic, or the lower curve would lie flat."""
MOST_TICKS = 6


def draw_curves(courses: Mapping[Net, Course], depth: int, normalised: bool, what: str, text: Text) -> go.Figure:
    """Loss or validation error against time: the median of the seeds, and all between the extremes.

    A seed whose loss became infinite is a line of its own, with a cross at its last number.

    Args:
        courses: all that is stored.
        depth: of the networks.
        normalised: with batch normalisation, or without.
        what: "loss" or "validation_error".
        text: of the reader's language.
    """
    traces = []
    for kind in KINDS:
        seeds = pick(courses, kind, depth, normalised)
        whole, ended = ([each for each in seeds if (each.ended is None) is is_whole] for is_whole in (True, False))
        traces += _trace_median(whole, what, text) if whole else []
        traces += _trace_ended(ended, what, text) if ended else []
    traces.sort(key=lambda trace: "fill" not in trace)  # no band lies over a line
    heights = [height for trace in traces for height in trace["y"] if height > 0]
    is_log = what == "loss" and max(heights, default=1) > FAR_APART * min(heights, default=1)
    figure = new_figure(
        text("learning.axis_epochs"), text(f"learning.axis_{what}{'_log' if is_log else ''}"), height=300,
        margin={"t": 50, "r": 8}, yaxis=_scale_log(heights) if is_log else {"rangemode": "tozero"},
        **_mark_guessing(100 - 100 / len(CLASSES) if what == "validation_error" else math.log(len(CLASSES)), is_log, text),
    )  # fmt: skip
    return figure.add_traces(traces)


def _scale_log(heights: Sequence[float]) -> dict:
    """A logarithmic axis with a few whole powers of ten."""
    decades = math.log10(max(heights)) - math.log10(min(heights))
    return {"type": "log", "exponentformat": "power", "dtick": math.ceil(decades / MOST_TICKS)}


def _mark_guessing(height: float, is_log: bool, text: Text) -> dict:
    """The line of whoever guesses, for a chart's layout."""
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "layer": "below",
            "line": {"color": MUTED, "width": 1.5, "dash": "dash"}}  # fmt: skip
    name = {"xref": "paper", "x": 1, "y": math.log10(height) if is_log else height, "text": text("learning.guessing"),
            "showarrow": False, "xanchor": "right", "yanchor": "bottom", "font": {"color": MUTED}}  # fmt: skip
    return {"shapes": [line], "annotations": [name]}


def _trace_median(seeds: Sequence[Course], what: str, text: Text) -> list[dict]:
    """The median of seeds of one network that were trained to the end, and of several the band between the extremes."""
    steps, lines = _align(seeds, what)
    epochs = [step / EPOCH_STEPS for step in steps]
    low, middle, high = zip(*lines, strict=True)
    title, colour = text(f"learning.kind_{seeds[0].net.kind}"), ROLES[seeds[0].net.kind]
    band = {
        "type": "scatter", "x": [*epochs, *reversed(epochs)], "y": [*high, *reversed(low)], "fill": "toself",
        "fillcolor": lighten(colour, 0.7), "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    line = {
        "type": "scatter", "x": epochs, "y": middle, "name": title, "mode": "lines+markers",
        "line": {"color": colour, "width": 3}, "marker": {"size": 5},
        "hovertemplate": "%{x:.2f}: %{y:.3g}<extra>" + title + "</extra>", "showlegend": True,
    }  # fmt: skip
    return [band, line] if len(seeds) > 1 else [line]


def _trace_ended(seeds: Sequence[Course], what: str, text: Text) -> list[dict]:
    """Seeds of one network whose loss became infinite: what was measured before, and a cross at its end."""
    kind = seeds[0].net.kind
    lines = [line for each in seeds if (line := _align([each], what))[0]]  # one may have ended before its first record
    if not lines:
        return []
    places = [[step / EPOCH_STEPS for step in steps] for steps, _ in lines]
    heights = [[middle for _, middle, _ in values] for _, values in lines]
    colour, steps = ROLES[kind], list_steps(sorted(each.ended for each in seeds if each.ended is not None))
    paths = [
        {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": {"color": colour, "width": 2, "dash": "dot"},
         "hoverinfo": "skip", "showlegend": False}
        for x, y in zip(places, heights, strict=True)
    ]  # fmt: skip
    name = text("learning.line_ended", kind=text(f"learning.kind_{kind}"), steps=steps)
    cross = {
        "type": "scatter", "x": [x[-1] for x in places], "y": [y[-1] for y in heights], "mode": "markers", "name": name,
        "marker": {"color": colour, "size": 12, "symbol": "x"}, "hovertemplate": "%{x:.2f}: %{y:.3g}<extra>" + name + "</extra>",
        "showlegend": True,
    }  # fmt: skip
    return [*paths, cross]


def _align(seeds: Sequence[Course], what: str) -> tuple[list[int], list[tuple[float, float, float]]]:
    """The records that all seeds have and that are numbers: steps, and least, median and greatest value, errors in per cent."""
    scale = 100 if what == "validation_error" else 1
    found = [dict(zip(each.steps, getattr(each, what).tolist())) for each in seeds]
    shared = [step for step in found[0] if all(math.isfinite(each.get(step, math.nan)) for each in found)]
    ordered = [sorted(scale * each[step] for each in found) for step in shared]
    return shared, [(values[0], median(values), values[-1]) for values in ordered]


def draw_statistic(
    courses: Mapping[Net, Course], depth: int, normalised: bool, statistic: str, text: Text
) -> dict[str, go.Figure]:
    """A statistic of every block at every record, on one scale of colours for both kinds: the first stored seed of each.

    Args:
        courses: all that is stored.
        depth: of the networks.
        normalised: with batch normalisation, or without.
        statistic: one of PER_BLOCK.
        text: of the reader's language.

    Returns:
        Kind -> its picture, for the kinds that are stored.
    """
    picked = {kind: seeds[0] for kind in KINDS if (seeds := pick(courses, kind, depth, normalised))}
    values = {kind: _to_colour(each.per_block[statistic], statistic) for kind, each in picked.items()}
    finite = torch.cat([each[each.isfinite()] for each in values.values()] or [torch.zeros(1)])
    low, high = float(finite.min()), float(finite.max())
    return {
        kind: _draw_blocks(each, values[kind], statistic, (low, high), text) for kind, each in picked.items()
    }  # fmt: skip


def _draw_blocks(
    course: Course, values: torch.Tensor, statistic: str, limits: tuple[float, float], text: Text
) -> go.Figure:
    figure = new_figure(text("learning.axis_steps"), text("learning.axis_block"), height=340)
    figure.add_heatmap(
        x=[f"{step:,}" for step in course.steps], y=list(range(1, values.shape[1] + 1)), z=values.T.tolist(),
        zmin=limits[0], zmax=limits[1], colorscale=SEQUENTIAL, colorbar=_bar(*limits, statistic),
        customdata=[[say_number(number) for number in row] for row in course.per_block[statistic].T.tolist()],
        hovertemplate=text("learning.hover") + "<extra></extra>",
    )  # fmt: skip
    title = {"text": _name_course(course, text), "x": 0.5, "y": 0.97, "font": {"size": 16}}
    figure.update_layout(title=title, margin={"t": 44, "r": 8})
    figure.update_xaxes(type="category", nticks=8, showgrid=False)
    return figure.update_yaxes(showgrid=False, dtick=1 if values.shape[1] < 8 else 2 if values.shape[1] < 16 else 5)


def _name_course(course: Course, text: Text) -> str:
    """Which network, which seed, and whether it ended early: then the chart is of fewer steps."""
    about = {"kind": text(f"learning.kind_{course.net.kind}"), "seed": course.net.seed}
    if course.ended is None:
        return text("learning.block_title", **about)
    return text("learning.block_title_ended", step=f"{course.ended:,}", **about)


def _to_colour(numbers: torch.Tensor, statistic: str) -> torch.Tensor:
    """The logarithm to base 10 where numbers spread over decades; 0 has no colour there."""
    return numbers.double().log10().where(numbers > 0, torch.nan) if statistic in LOGARITHMIC else numbers.double()


def _bar(low: float, high: float, statistic: str) -> dict:
    """The names of a few colours."""
    count = 5
    places = [low + (high - low) * place / (count - 1) for place in range(count)]
    words = [say_number(10**place if statistic in LOGARITHMIC else place) for place in places]
    return {"tickvals": places, "ticktext": words, "thickness": 14}


def count_seeds(courses: Mapping[Net, Course]) -> str:
    """How many are stored of each network: a number, or the least and the greatest one.

    >>> count_seeds({Net("plain", 8, True, 0): None, Net("plain", 8, True, 1): None, Net("plain", 20, True, 0): None})
    '1–2'
    """
    counts = sorted(Counter((net.kind, net.depth, net.normalised) for net in courses).values())
    return str(counts[0]) if counts[0] == counts[-1] else f"{counts[0]}–{counts[-1]}"
