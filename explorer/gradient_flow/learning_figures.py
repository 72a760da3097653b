"""What happens in networks while they learn: loss and error, and a statistic of each block as a picture of time and depth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import plotly.graph_objects as go
import torch

from explorer.gradient_flow.figures import say_number
from explorer.gradient_flow.learning import KINDS, NUM_TRAINING, RECIPE, Course, Net
from explorer.page.style import ROLES, SEQUENTIAL, lighten, new_figure
from explorer.text import Text, join_sentences

EPOCH_STEPS = math.ceil(NUM_TRAINING / RECIPE.batch_size)
LOGARITHMIC = ("gradient", "update", "activation")
VANISHING, EXPLODING = 0.1, 10.0
"""The gradient of the first block over that of the last one: below the one we say that it vanishes, above the other that it explodes."""


def pick(courses: Mapping[Net, Course], kind: str, depth: int, normalised: bool) -> list[Course]:
    """The seeds that are stored of one network."""
    return [each for net, each in courses.items() if (net.kind, net.depth, net.normalised) == (kind, depth, normalised)]


def draw_curves(courses: Mapping[Net, Course], depth: int, normalised: bool, what: str, text: Text) -> go.Figure:
    """Loss or validation error against time: the median of the seeds, and all between the extremes.

    Args:
        courses: all that is stored.
        depth: of the networks.
        normalised: with batch normalisation, or without.
        what: "loss" or "validation_error".
        text: of the reader's language.
    """
    figure = new_figure(text("learning.axis_epochs"), text(f"learning.axis_{what}"), height=300)
    for kind in KINDS:
        seeds = pick(courses, kind, depth, normalised)
        if not seeds:
            continue
        steps, lines = _align(seeds, what)
        scale = 100 if what == "validation_error" else 1
        epochs = [step / EPOCH_STEPS for step in steps]
        low, middle, high = ([scale * line[place] for line in lines] for place in (0, 1, 2))
        title, colour = text(f"learning.kind_{kind}"), ROLES[kind]
        if len(seeds) > 1:
            figure.add_scatter(
                x=[*epochs, *reversed(epochs)], y=[*high, *reversed(low)], fill="toself", fillcolor=lighten(colour, 0.7),
                line={"width": 0}, hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=epochs, y=middle, name=title, mode="lines+markers", line={"color": colour, "width": 3}, marker={"size": 5},
            hovertemplate="%{x:.2f}: %{y:.3g}<extra>" + title + "</extra>",
        )  # fmt: skip
    figure.data = sorted(figure.data, key=lambda trace: trace.fill is None)  # no band lies over a line
    return figure.update_layout(margin={"t": 50, "r": 8}, yaxis={"rangemode": "tozero"})


def _align(seeds: Sequence[Course], what: str) -> tuple[list[int], list[tuple[float, float, float]]]:
    """The records that all seeds have and that are numbers: steps, and least, median and greatest value."""
    found = [dict(zip(each.steps, getattr(each, what).tolist())) for each in seeds]
    shared = [step for step in found[0] if all(math.isfinite(each.get(step, math.nan)) for each in found)]
    ordered = [sorted(each[step] for each in found) for step in shared]
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
    title = {"text": text(f"learning.kind_{course.net.kind}"), "x": 0.5, "y": 0.97}
    figure.update_layout(title=title, margin={"t": 44, "r": 8})
    figure.update_xaxes(type="category", nticks=8, showgrid=False)
    return figure.update_yaxes(showgrid=False, dtick=1 if values.shape[1] < 8 else 2 if values.shape[1] < 16 else 5)


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


def describe(courses: Mapping[Net, Course], depth: int, normalised: bool, text: Text) -> str:
    """What is seen of both kinds: how they end, and whether the gradient vanishes or explodes, and when."""
    said = []
    for kind in KINDS:
        seeds = pick(courses, kind, depth, normalised)
        if seeds:
            said.append(_describe_kind(seeds, kind, text))
    return join_sentences(said, text) if said else text("learning.none")


def _describe_kind(seeds: Sequence[Course], kind: str, text: Text) -> str:
    title = text("learning.net", kind=text(f"learning.kind_{kind}"), depth=seeds[0].net.depth)
    ended = [each.ended for each in seeds if each.ended is not None]
    if ended:
        how = text("learning.ended", net=title, count=len(ended), seeds=len(seeds), step=f"{min(ended):,}")
    else:
        finals = sorted(100 * float(each.validation_error[-1]) for each in seeds)
        key = "final" if len(finals) > 1 else "final_one"
        how = text(f"learning.{key}", net=title, seeds=len(finals), least=f"{finals[0]:.1f}", most=f"{finals[-1]:.1f}")
    ratio = _median([gradient_ratio(each, 0) for each in seeds])
    start = text(f"learning.start_{judge(ratio)}", ratio=say_number(ratio))
    last = _median([gradient_ratio(each, -1) for each in seeds])
    end = "" if ended else text("learning.end", ratio=say_number(last))
    return join_sentences([how, start, end] if end else [how, start], text)


def gradient_ratio(course: Course, record: int) -> float:
    """The gradient's norm in the first block over that in the last one, at a record."""
    gradient = course.per_block["gradient"][record]
    return float(gradient[0]) / float(gradient[-1]) if gradient[-1] else math.nan


def judge(ratio: float) -> str:
    """ "vanishes", "explodes" or "even": how the gradient of the first block compares with that of the last one."""
    if not math.isfinite(ratio):
        return "unknown"
    return "vanishes" if ratio < VANISHING else "explodes" if ratio > EXPLODING else "even"


def _median(numbers: Sequence[float]) -> float:
    known = [number for number in numbers if not math.isnan(number)]
    return median(known) if known else math.nan


def describe_depths(courses: Mapping[Net, Course], normalised: bool, text: Text) -> str:
    """Degradation: the error that each depth ends with, for each kind of network."""
    parts = []
    for kind in KINDS:
        shown = []
        for depth in sorted({net.depth for net in courses}):
            if seeds := pick(courses, kind, depth, normalised):
                shown.append(_describe_depth(seeds, depth, text))
        if len(shown) > 1:
            parts.append(text("learning.depths", kind=text(f"learning.kind_{kind}"), errors=shown))
    return join_sentences(parts, text)


def _describe_depth(seeds: Sequence[Course], depth: int, text: Text) -> str:
    finals = [100 * float(each.validation_error[-1]) for each in seeds if each.ended is None]
    if not finals:
        return text("learning.depth_ended", depth=depth)
    key = "depth_error" if len(finals) == len(seeds) else "depth_error_some"
    return text(f"learning.{key}", depth=depth, error=f"{median(finals):.1f}", count=len(finals), seeds=len(seeds))
