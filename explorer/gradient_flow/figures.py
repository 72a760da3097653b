"""Pictures of measured gradient norms: every block of a stack, the first block against depth, and a table; and of
what depth did to training.

The vertical axes hold the logarithm of the norm. What has no logarithm is not dropped: 0 lies on a marked floor below
the axis, inf and nan on a marked ceiling above it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go
import torch

from explorer.gradient_flow.article import DEEP, TUTORIAL, Article
from explorer.gradient_flow.degradation import CONFIDENCE, COUNTED, Curve, compute_interval, pick_pair
from explorer.gradient_flow.maths import (
    BATCH_SIZE,
    CLAIMED_NORM,
    MAP_SIZE,
    Flow,
    GradientNorms,
    InplaceCase,
    Settings,
    Spread,
    compute_spread,
)
from explorer.models.catalogue import DEGRADATION
from explorer.page.style import INK, MUTED, ROLES, new_figure
from explorer.text import Text, join_sentences

HEIGHT = 370  # px
LIMIT = 60  # decades drawn on either side of 1
KINDS = ("plain", "residual")
_ERROR_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 7, 10, 20, 30, 50, 70, 100)  # per cent
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def say_number(value: float) -> str:
    """Two significant digits as people write them: 170, 0.33, 5.1×10⁻⁴⁴, ∞."""
    if not math.isfinite(value):
        return "∞"
    if value == 0 or 1e-3 <= value < 1e4:
        return f"{float(f'{value:.2g}'):,g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def describe(norms: GradientNorms, text: Text) -> str:
    """What was measured in words: the first block's gradient in the full stack, beside that of a single block."""
    settings = norms.settings
    sentences = say_so_far(norms, text)
    if settings.zero_last:
        return join_sentences([*sentences, text("gradient_flow.said_zero_last")], text)
    if settings.depth == 1:
        medians = {kind: say_number(_first_and_last(getattr(norms, kind))[1]) for kind in KINDS}
        return join_sentences([*sentences, text("gradient_flow.said_single", **medians)], text)
    sentences.append(_describe_kind(norms, "plain", "said", text))
    sentences.append(_describe_kind(norms, "residual", "said_next", text))
    remark = _choose_remark(norms)
    said = [text(f"gradient_flow.{remark}", claimed=f"{CLAIMED_NORM:g}")] if remark else []
    return join_sentences([*sentences, *said], text)


def say_so_far(norms: GradientNorms, text: Text) -> list[str]:
    """How many seeds there are, while more are being measured."""
    done, seeds = norms.seeds_done, norms.settings.seeds
    return [text("gradient_flow.so_far", done=done, seeds=seeds)] if done < seeds else []


def _first_and_last(flow: Flow) -> tuple[float, float]:
    """Medians of the first block's norm in the stack of one block and in the full stack."""
    median = compute_spread(flow.first_block).median
    return median[0].item(), median[-1].item()


def _describe_kind(norms: GradientNorms, kind: str, key: str, text: Text) -> str:
    spread, exact = (compute_spread(getattr(norms, each).first_block) for each in (kind, f"{kind}_double"))
    first, last, double = spread.median[0].item(), spread.median[-1].item(), exact.median[-1].item()
    num_zero, num_not_finite = spread.num_zero[-1].item(), spread.num_not_finite[-1].item()
    values = {"kind": text(f"gradient_flow.{kind}"), "depth": norms.settings.depth, "seeds": norms.seeds_done}
    if not math.isfinite(last):
        return text(f"gradient_flow.{key}_infinite", count=num_not_finite, double=say_number(double), **values)
    if last == 0:
        # Only a ReLU shuts off a whole layer; what else reads 0 has become too small, or cancels out.
        form = "zero" if double > 0 else "dead" if norms.settings.activation == "relu" else "none"
        values |= {"count": num_zero, "exact": exact.num_zero[-1].item(), "double": say_number(double)}
        return text(f"gradient_flow.{key}_{form}", **values)
    is_worth_saying = num_zero >= 0.05 * norms.seeds_done
    some = text("gradient_flow.some_zero", count=num_zero, seeds=norms.seeds_done) if is_worth_saying else ""
    change = _describe_change(first, last, text)
    return text(f"gradient_flow.{key}_value", median=say_number(last), change=change, some=some, **values)


def _describe_change(first: float, last: float, text: Text) -> str:
    """From one block to the full stack: a factor of two either way is a change, a factor of ten a trend."""
    if first == 0:
        return ""
    if last >= 2 * first:
        key = "grows" if last >= 10 * first else "more"
        return text(f"gradient_flow.change_{key}", factor=say_number(last / first))
    if last <= first / 2:
        key = "fades" if last <= first / 10 else "less"
        return text(f"gradient_flow.change_{key}", factor=say_number(first / last))
    return text("gradient_flow.change_stays", first=say_number(first))


def _choose_remark(norms: GradientNorms) -> str:
    """Key of what the measurement says against common belief, or empty."""
    settings = norms.settings
    first, last = _first_and_last(norms.plain)
    if replace(settings, seeds=1, first_seed=0) == Settings(seeds=1):
        return "remark_tutorial"
    if settings.block == "conv_bn" and last > 100 * first:
        return "remark_batch_norm"
    if settings.depth >= 20 and 0.1 < last / (first or math.inf) < 10:
        return "remark_healthy"
    return ""


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis with places for 0 and for what is not finite, in decades.

    Attributes:
        low, high: exponents at its ends.
        zero, infinite: where 0 and inf are drawn, or None where there are none.
    """

    low: int
    high: int
    zero: float | None
    infinite: float | None

    def place(self, values: Sequence[float]) -> list[float | None]:
        """Heights of these norms."""
        return [self._place(value) for value in values]

    def _place(self, value: float) -> float | None:
        if not math.isfinite(value):
            return self.infinite
        return self.zero if value == 0 else min(max(math.log10(value), -LIMIT), LIMIT)

    def axis(self) -> dict:
        """Settings of plotly's axis: ticks at powers of ten, and the names of floor and ceiling."""
        span = self.high - self.low
        step = next(step for step in (1, 2, 5, 10, 20, 50) if span / step <= 7)
        exponents = [exponent for exponent in range(self.low, self.high + 1) if exponent % step == 0]
        places = [(exponent, "1" if exponent == 0 else f"10<sup>{exponent}</sup>") for exponent in exponents]
        if self.zero is not None:
            places = [(self.zero, "<b>0</b>"), *(place for place in places if place[0] - self.zero > span / 16)]
        if self.infinite is not None:
            places = [*(place for place in places if self.infinite - place[0] > span / 16), (self.infinite, "<b>∞</b>")]
        bottom = self.low if self.zero is None else self.zero
        top = self.high if self.infinite is None else self.infinite
        room = (top - bottom) / 25  # and more above, for the name of the upper line
        values, names = zip(*places, strict=True)
        return {"tickvals": values, "ticktext": names, "range": [bottom - room, top + 4 * room], "zeroline": False}


def choose_scale(norms: GradientNorms, parts: Sequence[str]) -> Scale:
    """One axis for charts of these parts of `Flow`: what is drawn, which in float64 is the median alone."""
    singles, doubles = (norms.plain, norms.residual), (norms.plain_double, norms.residual_double)
    spreads, exact = (
        [compute_spread(getattr(flow, part)) for flow in flows for part in parts] for flows in (singles, doubles)
    )
    drawn = [part for spread in spreads for part in (spread.low, spread.median, spread.high)]
    return fit_scale([norm for part in [*drawn, *(spread.median for spread in exact)] for norm in part.tolist()])


def fit_scale(values: Sequence[float]) -> Scale:
    """An axis for these values, within LIMIT decades of 1."""
    exponents = [min(max(math.log10(value), -LIMIT), LIMIT) for value in values if 0 < value < math.inf] or [0]
    low, high = math.floor(min(exponents)), math.ceil(max(exponents))
    low, high = (low, high) if high - low >= 2 else (low - 1, high + 1)
    gap = max(0.5, (high - low) / 12)
    return Scale(low, high, low - gap if 0 in values else None, high + gap if math.inf in values else None)


@dataclass(frozen=True)
class Lines:
    """What one chart shows.

    Attributes:
        places: blocks or depths, from left to right.
        spreads: over seeds in float32, by kind of network.
        exact: the same in float64.
        scale: the vertical axis.
        seeds: how many networks of each kind were measured.
        is_log: whether the horizontal axis is logarithmic.
    """

    places: list[int]
    spreads: dict[str, Spread]
    exact: dict[str, Spread]
    scale: Scale
    seeds: int
    is_log: bool


def draw_blocks(norms: GradientNorms, text: Text) -> go.Figure:
    """Gradient norm of every block of the full stack: median and 5 to 95 % of the seeds, plain and residual."""
    scale = choose_scale(norms, ("blocks", "first_block"))
    titles = (text("gradient_flow.blocks_title", depth=norms.settings.depth), text("gradient_flow.norm_axis"))
    return draw_by_block(norms, "blocks", scale, titles, text)


def draw_by_block(
    norms: GradientNorms, part: str, scale: Scale, titles: tuple[str, str], text: Text, below: Sequence[dict] = ()
) -> go.Figure:
    """A norm of every block of the full stack: median and 5 to 95 % of the seeds, plain and residual.

    Args:
        norms: what was measured.
        part: "blocks", "activations" or "backward", of `Flow`.
        scale: the vertical axis.
        titles: of the chart and of its vertical axis.
        text: of the reader's language.
        below: traces that lie below.
    """
    depth = norms.settings.depth
    lines = _collect_lines(norms, part, list(range(1, depth + 1)), scale, is_log=False)
    notes = [*_name_lines(lines, text, {"plain": 0.8, "residual": 0.3}), *_mark_lost(lines, text)]
    traces = _trace_kinds(lines, text, "gradient_flow.hover_block", with_markers=depth <= 12)
    figure = new_chart(scale, (text("gradient_flow.block_axis"), titles[1]), span_blocks(depth), titles[0], notes)
    return figure.add_traces([*below, *traces])


def span_blocks(depth: int) -> dict:
    """Plotly's horizontal axis of blocks from 1 to the depth."""
    return {"range": [0.9 - 0.02 * depth, 0.1 + 1.02 * depth], "tickvals": _round_places(depth)}


def draw_depths(norms: GradientNorms, text: Text) -> go.Figure:
    """Gradient norm of the first block in stacks of growing depth, the first blocks of the same networks."""
    scale = choose_scale(norms, ("blocks", "first_block"))
    lines = _collect_lines(norms, "first_block", list(norms.settings.depths), scale, is_log=True)
    end = math.log10(max(lines.places[-1], 2))
    x_axis = {"type": "log", "range": [-0.04 * end, 1.04 * end], "tickvals": lines.places}
    notes = _name_lines(lines, text, {"plain": 0.4, "residual": 0.4})
    traces = _trace_kinds(lines, text, "gradient_flow.hover_depth", with_markers=True)
    axes = (text("gradient_flow.depth_axis"), text("gradient_flow.norm_axis"))
    return new_chart(scale, axes, x_axis, text("gradient_flow.depths_title"), notes).add_traces(traces)


def _collect_lines(norms: GradientNorms, part: str, places: list[int], scale: Scale, is_log: bool) -> Lines:
    """`part` is one of `Flow`."""
    spreads = {kind: compute_spread(getattr(getattr(norms, kind), part)) for kind in KINDS}
    exact = {kind: compute_spread(getattr(getattr(norms, f"{kind}_double"), part)) for kind in KINDS}
    return Lines(places, spreads, exact, scale, norms.seeds_done, is_log)


def new_chart(scale: Scale, axes: tuple[str, str], x_axis: dict, title: str, notes: Sequence[dict] = ()) -> go.Figure:
    """Axes, notes, and the floor and the ceiling where there are any. Plotly is slow to change: all at once."""
    marks = [place for place in (scale.zero, scale.infinite) if place is not None]
    return new_figure(
        *axes,
        height=HEIGHT,
        showlegend=False,
        title={"text": title, "font": {"size": 17}, "x": 0.01, "xanchor": "left", "y": 0.97, "yanchor": "top"},
        margin={"l": 64, "r": 14, "t": 40, "b": 48},
        xaxis={**x_axis, "showgrid": False},
        yaxis=scale.axis(),
        annotations=list(notes),
        shapes=[
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": place, "y1": place,
             "line": {"color": MUTED, "width": 1, "dash": "dot"}}
            for place in marks
        ],
    )  # fmt: skip


def _round_places(depth: int) -> list[int]:
    """Ticks of the block axis: 1, round numbers, and the last block."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if depth / step <= 6)
    return sorted({1, depth, *(place for place in range(step, depth + 1, step) if depth - place >= step * 0.6)})


def _trace_kinds(lines: Lines, text: Text, hover: str, with_markers: bool) -> list[dict]:
    """Bands, dotted lines and medians of both kinds of network, in the order in which they lie over each other."""
    bands = [_trace_band(lines, kind) for kind in KINDS]
    dotted = [_trace_exact(lines, kind) for kind in KINDS if _is_lost(lines, kind)]
    medians = [
        {
            "type": "scatter",
            "x": lines.places,
            "y": lines.scale.place(lines.spreads[kind].median.tolist()),
            "mode": "lines+markers" if with_markers else "lines",
            "line": {"color": ROLES[kind], "width": 3},
            "marker": {"size": 9, "symbol": "circle" if kind == "plain" else "diamond"},
            "name": text(f"gradient_flow.{kind}"),
            "hovertext": _hover_texts(lines, text, kind, hover),
            "hoverinfo": "text",
        }
        for kind in KINDS
    ]
    return [*bands, *dotted, *medians]


def _trace_band(lines: Lines, kind: str) -> dict:
    """The middle 90 % of the seeds."""
    spread = lines.spreads[kind]
    edges = lines.scale.place(spread.high.tolist()) + lines.scale.place(spread.low.tolist())[::-1]
    colour = tuple(int(ROLES[kind][start : start + 2], 16) for start in (1, 3, 5))
    return {
        "type": "scatter", "x": lines.places + lines.places[::-1], "y": edges, "mode": "none", "hoverinfo": "skip",
        "fill": "toself", "fillcolor": f"rgba{(*colour, 0.2)}",
    }  # fmt: skip


def _is_lost(lines: Lines, kind: str) -> bool:
    """Whether float32 reads 0 or inf somewhere where float64 has a number."""
    single, double = lines.spreads[kind].median, lines.exact[kind].median
    return bool((_is_out_of_range(single) & ~_is_out_of_range(double)).any())


def _is_out_of_range(median: torch.Tensor) -> torch.Tensor:
    return (median == 0) | ~median.isfinite()


def _trace_exact(lines: Lines, kind: str) -> dict:
    """The median in float64, dotted, from the last place that float32 can read onwards."""
    double = lines.exact[kind].median
    lost = _is_out_of_range(lines.spreads[kind].median).tolist()
    beside_lost = [any(lost[max(0, index - 1) : index + 2]) for index in range(len(lost))]
    in_range = (~_is_out_of_range(double) & (double.log10().abs() < LIMIT)).tolist()
    shown = [beside and within for beside, within in zip(beside_lost, in_range, strict=True)]
    heights = [
        height if visible else None for height, visible in zip(lines.scale.place(double.tolist()), shown, strict=True)
    ]
    return {
        "type": "scatter", "x": lines.places, "y": heights, "mode": "lines", "hoverinfo": "skip",
        "line": {"color": ROLES[kind], "width": 2.5, "dash": "dot"},
    }  # fmt: skip


def _hover_texts(lines: Lines, text: Text, kind: str, key: str) -> list[str]:
    """For each place: what it is, the spread, and how many seeds have no logarithm."""
    spread = lines.spreads[kind]
    columns = (spread.low, spread.median, spread.high, spread.num_zero, spread.num_not_finite, lines.exact[kind].median)
    rows = zip(lines.places, *(column.tolist() for column in columns), strict=True)
    texts = []
    for place, low, median, high, num_zero, num_not_finite, double in rows:
        said = [
            text(key, place=place, kind=text(f"gradient_flow.{kind}")),
            text("gradient_flow.hover_median", median=say_number(median), low=say_number(low), high=say_number(high)),
        ]
        if num_zero:
            said.append(text("gradient_flow.hover_zero", count=num_zero, seeds=lines.seeds))
        if num_not_finite:
            said.append(text("gradient_flow.hover_infinite", count=num_not_finite, seeds=lines.seeds))
        if not 0 < median < math.inf:
            said.append(text("gradient_flow.hover_double", median=say_number(double)))
        texts.append("<br>".join(said))
    return texts


def _name_lines(lines: Lines, text: Text, shares: dict[str, float]) -> list[dict]:
    """The name of each line beside it, in its colour: the upper one above its line, the lower one below."""
    heights = {kind: lines.scale.place(lines.spreads[kind].median.tolist()) for kind in KINDS}
    indexes = {kind: int(share * len(lines.places)) for kind, share in shares.items()}
    upper = max(KINDS, key=lambda kind: heights[kind][indexes["residual"]])
    notes = []
    for kind, index in indexes.items():
        is_above = kind == upper
        rise = heights[kind][min(index + 1, len(lines.places) - 1)] - heights[kind][max(index - 1, 0)]
        is_steep = abs(rise) * len(lines.places) > lines.scale.high - lines.scale.low
        away = "left" if (rise > 0) != is_above else "right"  # to the side on which a steep line leaves room
        name = f"<b>{text(f'gradient_flow.{kind}')}</b>"
        notes.append(_note(lines, index, heights[kind][index], name, ROLES[kind], size=19,
                           xanchor=away if is_steep else "center", yshift=20 if is_above else -18))  # fmt: skip
    return notes


def _mark_lost(lines: Lines, text: Text) -> list[dict]:
    """Name the floor and the ceiling where a median lies on one of them for half of the blocks."""
    notes = []
    for kind in KINDS:
        median = lines.spreads[kind].median
        zeros = [index for index, value in enumerate(median.tolist()) if value == 0]
        least = 0.45 * len(median)  # else there is no room for it
        if len(zeros) >= least:
            middle = zeros[len(zeros) // 2]  # where the dotted line is not near
            words = text("gradient_flow.reads_zero")
            notes.append(_note(lines, middle, lines.scale.zero, words, INK, 15, "center", 12))
        if int((~median.isfinite()).sum()) >= least:
            words, last = (
                text("gradient_flow.reads_infinite"),
                len(median) - 1,
            )  # above the ceiling, away from the line's name
            notes.append(_note(lines, last, lines.scale.infinite, words, INK, 15, "right", 13))
    return notes


def _note(
    lines: Lines, index: int, height: float, words: str, colour: str, size: int, xanchor: str, yshift: int
) -> dict:
    """Words at a point of a chart; plotly wants the logarithm of the place on a logarithmic axis."""
    place = lines.places[index]
    return {
        "x": math.log10(place) if lines.is_log else place, "y": height, "text": words, "showarrow": False,
        "font": {"color": colour, "size": size}, "xanchor": xanchor, "yshift": yshift,
    }  # fmt: skip


def draw_inplace_table(cases: Sequence[InplaceCase], text: Text) -> str:
    """What an in-place ReLU did to each small network, as an HTML table."""
    rows = "".join(
        f"<tr><td><code>{html.escape(text(f'gradient_flow.code_{case.name}'))}</code></td>"
        f"<td><b>{text(f'gradient_flow.outcome_{case.outcome}')}</b></td>"
        f"<td>{text(f'gradient_flow.case_{case.name}')}</td></tr>"
        for case in cases
    )
    heads = "".join(f"<th>{text(f'gradient_flow.inplace_{head}')}</th>" for head in ("code", "outcome", "case"))
    table = f'<table class="cnn-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div style="overflow-x: auto">{table}</div>'


def fill_article(article: Article) -> dict[str, object]:
    """What the placeholders of the explanation and of the questions stand for."""
    columns = (article.plain, article.residual, article.plain_he, article.residual_he)
    rows = ((str(depth), *map(say_number, medians)) for depth, *medians in zip(article.depths, *columns, strict=True))
    shallow, deep = DEGRADATION["plain"]
    return {
        "medians": "\n".join(f"| {' | '.join(row)} |" for row in rows),
        "seeds": TUTORIAL.seeds,
        "blocks": TUTORIAL.depth,
        "claimed": f"{CLAIMED_NORM:g}",
        "residual": say_number(article.residual[-1]),
        "residual_he": say_number(article.residual_he[-1]),
        "plain_double": say_number(article.plain_double),
        "dead": article.num_dead,
        "dead_leaky": article.num_dead_leaky,
        "tanh_growth": say_number(article.tanh_growth),
        "orthogonal_change": say_number(article.orthogonal_change),
        "deep": DEEP,
        "overflowing": article.num_overflowing,
        "few_layers": shallow,
        "many_layers": deep,
        "images": BATCH_SIZE,
        "side": MAP_SIZE,
    }


def describe_degradation(curves: tuple[Curve, ...], text: Text) -> str:
    """What depth did to the training error of plain and of residual nets, in words."""
    epochs, training = len(curves[0].train_error), _say_training(curves, text)
    sentences = [text("gradient_flow.degradation_said", epochs=epochs, training=training)]
    for kind in KINDS:
        pair = pick_pair(curves, kind)
        # Judged as it is said: two numbers that read the same are the same.
        shallow, deep = (round(100 * curve.train_error[-1], 1) for curve in pair)
        verdict = "worse" if deep > shallow else "better" if deep < shallow else "same"
        sentences.append(
            text(
                f"gradient_flow.degradation_{verdict}",
                kind=text(f"gradient_flow.degradation_{kind}"),
                shallow=f"{shallow:.1f}",
                deep=f"{deep:.1f}",
                few=pair[0].depth,
                many=pair[1].depth,
            )
        )
    return join_sentences(sentences, text)


def _say_training(curves: tuple[Curve, ...], text: Text) -> str:
    """How often each net was trained and with which seeds: one run says nothing of other seeds."""
    key = "median" if any(curve.is_median for curve in curves) else "once"
    return text(f"gradient_flow.degradation_{key}", seeds=sorted({curve.seed for curve in curves}))


def caption_degradation(curves: tuple[Curve, ...], text: Text) -> str:
    """What the curves are of: sizes, recipe, and which images each error counts."""
    sizes = {curve.depth: f"{curve.num_params:,}" for curve in curves}
    return text(
        "gradient_flow.degradation_caption",
        shallow=sizes[min(sizes)],
        deep=sizes[max(sizes)],
        few=min(sizes),
        many=max(sizes),
        peak=f"{curves[0].peak_lr:g}",
        confidence=CONFIDENCE,
        training=f"{COUNTED['train_error']:,}",
        validation=f"{COUNTED['validation_error']:,}",
    )


def draw_degradation(curves: tuple[Curve, ...], error: str, text: Text) -> go.Figure:
    """Error against epoch of the four nets, with the interval that the number of images leaves; and of several runs the ends.

    Args:
        curves: of the four nets.
        error: "train_error" or "validation_error".
        text: of the reader's language.
    """
    seeds = sorted({curve.num_seeds for curve in curves})
    epochs = text("gradient_flow.axis_epoch", epochs=len(curves[0].train_error), seeds=seeds)
    figure = new_figure(epochs, text(f"gradient_flow.axis_{error}"))
    figure.add_traces([_trace_interval(curve, error) for curve in curves])
    for curve in curves:
        is_deep = curve is pick_pair(curves, curve.kind)[1]
        name = text(f"gradient_flow.degradation_{curve.kind}") + f" {curve.depth}"
        figure.add_scatter(
            error_y=_bar_of_runs(curve, error),
            x=list(range(1, len(curve.train_error) + 1)),
            y=[100 * each for each in getattr(curve, error)],
            name=name,
            mode="lines+markers",
            line={"color": ROLES[curve.kind], "width": 3.5 if is_deep else 2,
                  "dash": "solid" if is_deep else "dot"},
            hovertemplate="%{x}: %{y:.2f} %<extra>" + name + "</extra>",
        )  # fmt: skip
    # Logarithmic, and the same for both errors: near the end a point is much, at the beginning it is nothing.
    errors = [100 * each for curve in curves for each in (*curve.train_error, *curve.validation_error) if each > 0]
    limits = [math.log10(min(errors) / 1.1), math.log10(max(errors) * 1.1)]
    return figure.update_layout(
        height=HEIGHT,
        margin={"t": 70, "r": 8},
        yaxis={"type": "log", "range": limits, "tickvals": _ERROR_TICKS, "ticktext": list(map(str, _ERROR_TICKS))},
    )


def _trace_interval(curve: Curve, error: str) -> dict:
    """A band: between which the error lies, as far as the number of images goes."""
    bounds = [compute_interval(each, COUNTED[error]) for each in getattr(curve, error)]
    epochs = list(range(1, len(bounds) + 1))
    edges = [100 * high for _, high in bounds] + [100 * low for low, _ in reversed(bounds)]
    return {
        "type": "scatter", "x": [*epochs, *reversed(epochs)], "y": edges, "mode": "none", "fill": "toself",
        "fillcolor": ROLES[curve.kind], "opacity": 0.2, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _bar_of_runs(curve: Curve, error: str) -> dict | None:
    """A bar at the last epoch from the lowest to the highest validation error of all runs; of one run there is none."""
    if error != "validation_error" or not curve.is_median:
        return None
    others = [0.0] * (len(curve.validation_error) - 1)
    low, high = (abs(100 * (end - curve.validation_error[-1])) for end in curve.last_errors)
    return {"type": "data", "symmetric": False, "array": [*others, high], "arrayminus": [*others, low]}
