"""Pictures of measured gradient norms: every block of a stack, the first block against depth, and a table.

The vertical axes hold the logarithm of the norm. What has no logarithm is not dropped: 0 lies on a marked floor below
the axis, inf and nan on a marked ceiling above it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from explorer.gradient_flow.maths import Flow, GradientNorms, InplaceCase, Settings, Spread, compute_spread
from explorer.style import MUTED, ROLES, new_figure
from explorer.text import Text

HEIGHT = 370  # px
LIMIT = 60  # decades drawn on either side of 1
KINDS = ("plain", "residual")
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
    sentences, between = [], "" if text.language == "zh" else " "
    if norms.seeds_done < settings.seeds:
        sentences.append(text("gradient_flow.so_far", done=norms.seeds_done, seeds=settings.seeds))
    if settings.depth == 1:
        medians = {kind: say_number(_first_and_last(getattr(norms, kind))[1]) for kind in KINDS}
        return between.join([*sentences, text("gradient_flow.said_single", **medians)])
    sentences.append(_describe_kind(norms, "plain", "said", text))
    sentences.append(_describe_kind(norms, "residual", "said_next", text))
    remark = _choose_remark(norms)
    return between.join([*sentences, text(f"gradient_flow.{remark}")] if remark else sentences)


def _first_and_last(flow: Flow) -> tuple[float, float]:
    """Medians of the first block's norm in the stack of one block and in the full stack."""
    median = compute_spread(flow.first_block).median
    return median[0].item(), median[-1].item()


def _describe_kind(norms: GradientNorms, kind: str, key: str, text: Text) -> str:
    first, last = _first_and_last(getattr(norms, kind))
    double = _first_and_last(getattr(norms, f"{kind}_double"))[1]
    spread = compute_spread(getattr(norms, kind).first_block)
    num_zero, num_not_finite = spread.num_zero[-1].item(), spread.num_not_finite[-1].item()
    values = {"kind": text(f"gradient_flow.{kind}"), "depth": norms.settings.depth, "seeds": norms.seeds_done}
    if not math.isfinite(last):
        return text(f"gradient_flow.{key}_infinite", count=num_not_finite, double=say_number(double), **values)
    if last == 0:
        form = "zero" if double > 0 else "dead"
        return text(f"gradient_flow.{key}_{form}", count=num_zero, double=say_number(double), **values)
    some = text("gradient_flow.some_zero", count=num_zero, seeds=norms.seeds_done) if num_zero >= 0.05 * norms.seeds_done else ""
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
        return {"tickvals": values, "ticktext": names, "range": [bottom - room, top + 2.5 * room], "zeroline": False}


def choose_scale(norms: GradientNorms) -> Scale:
    """The same axis for both charts: all medians and spreads, within LIMIT decades of 1."""
    flows = (norms.plain, norms.residual, norms.plain_double, norms.residual_double)
    spreads = [compute_spread(part) for flow in flows for part in (flow.blocks, flow.first_block)]
    values = [norm for spread in spreads for part in (spread.low, spread.median, spread.high) for norm in part.tolist()]
    exponents = [min(max(math.log10(value), -LIMIT), LIMIT) for value in values if 0 < value < math.inf] or [0]
    low, high = math.floor(min(exponents)), math.ceil(max(exponents))
    low, high = (low, high) if high - low >= 2 else (low - 1, high + 1)
    gap = max(0.5, (high - low) / 12)
    return Scale(low, high, low - gap if 0 in values else None, high + gap if math.inf in values else None)


def draw_blocks(norms: GradientNorms, text: Text) -> go.Figure:
    """Gradient norm of every block of the full stack: median and 5 to 95 % of the seeds, plain and residual."""
    settings = norms.settings
    title = text("gradient_flow.blocks_title", depth=settings.depth)
    figure = _new_chart(norms, text, title, "gradient_flow.block_axis")
    places = list(range(1, settings.depth + 1))
    flows = {kind: getattr(norms, kind).blocks for kind in KINDS}
    doubles = {kind: getattr(norms, f"{kind}_double").blocks for kind in KINDS}
    figure.update_xaxes(range=[1 - 0.02 * settings.depth - 0.1, settings.depth * 1.02 + 0.1], tickmode="array",
                        tickvals=_round_places(settings.depth), showgrid=False)  # fmt: skip
    _add_kinds(figure, norms, text, places, flows, doubles, "gradient_flow.hover_block", (0.8, 0.3))
    _mark_lost(figure, norms, text)
    return figure


def draw_depths(norms: GradientNorms, text: Text) -> go.Figure:
    """Gradient norm of the first block in stacks of growing depth, the first blocks of the same networks."""
    figure = _new_chart(norms, text, text("gradient_flow.depths_title"), "gradient_flow.depth_axis")
    places = list(norms.settings.depths)
    flows = {kind: getattr(norms, kind).first_block for kind in KINDS}
    doubles = {kind: getattr(norms, f"{kind}_double").first_block for kind in KINDS}
    margin = 0.04 * math.log10(max(places[-1], 2))
    figure.update_xaxes(type="log", tickvals=places, showgrid=False,
                        range=[-margin, math.log10(max(places[-1], 2)) + margin])  # fmt: skip
    _add_kinds(figure, norms, text, places, flows, doubles, "gradient_flow.hover_depth", (0.4, 0.4), True)
    return figure


def _new_chart(norms: GradientNorms, text: Text, title: str, x_title: str) -> go.Figure:
    figure = new_figure(text(x_title), text("gradient_flow.norm_axis"), height=HEIGHT, showlegend=False)
    figure.update_layout(
        title={"text": title, "font": {"size": 17}, "x": 0.01, "xanchor": "left", "y": 0.97, "yanchor": "top"},
        margin={"l": 64, "r": 14, "t": 40, "b": 48},
    )
    scale = choose_scale(norms)
    figure.update_yaxes(**scale.axis())
    for place in (scale.zero, scale.infinite):
        if place is not None:
            figure.add_hline(place, line={"color": MUTED, "width": 1, "dash": "dot"})
    return figure


def _mark_lost(figure: go.Figure, norms: GradientNorms, text: Text) -> None:
    """Name the floor and the ceiling where a median lies on one of them for some blocks."""
    scale = choose_scale(norms)
    for kind in KINDS:
        median = compute_spread(getattr(norms, kind).blocks).median
        for lost, height, key, yshift in (
            ((median == 0).tolist(), scale.zero, "reads_zero", 12),
            ((~median.isfinite()).tolist(), scale.infinite, "reads_infinite", -14),
        ):
            if sum(lost) >= 0.45 * len(lost):  # else there is no room for it
                words = text(f"gradient_flow.{key}")
                _annotate(figure, lost.index(True) + 1, height, words, ROLES[kind], 15, xanchor="left", yshift=yshift)


def _round_places(depth: int) -> list[int]:
    """Ticks of the block axis: 1, round numbers, and the last block."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if depth / step <= 6)
    return sorted({1, depth, *(place for place in range(step, depth + 1, step) if depth - place >= step * 0.6)})


def _add_kinds(figure, norms, text, places, flows, doubles, hover, label_at, markers=False) -> None:
    """Bands, medians and names of both kinds of network, from {kind: norms of (seeds, places)}."""
    scale = choose_scale(norms)
    spreads = {kind: compute_spread(flows[kind]) for kind in KINDS}
    exact = {kind: compute_spread(doubles[kind]) for kind in KINDS}
    for kind in KINDS:
        _add_band(figure, scale, places, spreads[kind], ROLES[kind])
    for kind in KINDS:
        _add_exact(figure, scale, places, spreads[kind], exact[kind], ROLES[kind], text)
        figure.add_scatter(
            x=places,
            y=scale.place(spreads[kind].median.tolist()),
            mode="lines+markers" if markers or len(places) <= 12 else "lines",
            line={"color": ROLES[kind], "width": 3, "dash": "solid"},
            marker={"size": 9, "symbol": "circle" if kind == "plain" else "diamond"},
            name=text(f"gradient_flow.{kind}"),
            hovertext=_hover_texts(norms, text, places, spreads[kind], exact[kind], kind, hover),
            hoverinfo="text",
        )
    _add_names(figure, scale, places, spreads, text, label_at)


def _add_band(figure: go.Figure, scale: Scale, places: list[int], spread: Spread, colour: str) -> None:
    """The middle 90 % of the seeds."""
    edges = scale.place(spread.high.tolist()) + scale.place(spread.low.tolist())[::-1]
    figure.add_scatter(
        x=places + places[::-1], y=edges, fill="toself", fillcolor=f"rgba{_rgb(colour) + (0.2,)}",
        mode="none", hoverinfo="skip",
    )  # fmt: skip


def _add_exact(figure, scale: Scale, places: list[int], spread: Spread, exact: Spread, colour: str, text: Text) -> None:
    """Where float32 reads 0 or inf, the median in float64, dotted, joined to the last point that float32 can read."""
    single, double = spread.median.tolist(), exact.median.tolist()
    lost = [not 0 < value < math.inf for value in single]
    shown = [any(lost[max(0, index - 1) : index + 2]) for index in range(len(lost))]
    heights = [
        place if visible and 0 < value < math.inf and abs(place) < LIMIT else None
        for place, visible, value in zip(scale.place(double), shown, double, strict=True)
    ]
    if not any(height is not None and is_lost for height, is_lost in zip(heights, lost, strict=True)):
        return
    figure.add_scatter(x=places, y=heights, mode="lines", line={"color": colour, "width": 2.5, "dash": "dot"},
                       hoverinfo="skip")  # fmt: skip


def _hover_texts(norms, text: Text, places, spread: Spread, exact: Spread, kind: str, key: str) -> list[str]:
    columns = (spread.low, spread.median, spread.high, spread.num_zero, spread.num_not_finite, exact.median)
    texts = []
    for place, (low, median, high, num_zero, num_not_finite, double) in zip(
        places, zip(*(column.tolist() for column in columns), strict=True), strict=True
    ):
        lines = [
            text(key, place=place, kind=text(f"gradient_flow.{kind}")),
            text("gradient_flow.hover_median", median=say_number(median), low=say_number(low), high=say_number(high)),
        ]
        if num_zero:
            lines.append(text("gradient_flow.hover_zero", count=num_zero, seeds=norms.seeds_done))
        if num_not_finite:
            lines.append(text("gradient_flow.hover_infinite", count=num_not_finite, seeds=norms.seeds_done))
        if not 0 < median < math.inf:
            lines.append(text("gradient_flow.hover_double", median=say_number(double)))
        texts.append("<br>".join(lines))
    return texts


def _add_names(figure: go.Figure, scale: Scale, places, spreads: dict[str, Spread], text: Text, label_at) -> None:
    """The name of each line beside it, in its colour: the upper one above its line, the lower one below."""
    heights = {kind: scale.place(spreads[kind].median.tolist()) for kind in KINDS}
    indexes = {kind: int(share * len(places)) for kind, share in zip(KINDS, label_at, strict=True)}
    upper = max(KINDS, key=lambda kind: heights[kind][indexes["residual"]])
    for kind, index in indexes.items():
        above = kind == upper
        rise = heights[kind][min(index + 1, len(places) - 1)] - heights[kind][max(index - 1, 0)]
        is_steep = abs(rise) * len(places) > scale.high - scale.low
        away = "left" if (rise > 0) != above else "right"  # to the side on which a steep line leaves room
        _annotate(figure, places[index], heights[kind][index], f"<b>{text(f'gradient_flow.{kind}')}</b>", ROLES[kind],
                  size=17, xanchor=away if is_steep else "center", yshift=20 if above else -18)  # fmt: skip


def _annotate(figure: go.Figure, place: float, height: float, words: str, colour: str, size: int, **settings) -> None:
    """Words at a point of a chart; plotly wants the logarithm of the place on a logarithmic axis."""
    x = math.log10(place) if figure.layout.xaxis.type == "log" else place
    figure.add_annotation(x=x, y=height, text=words, font={"color": colour, "size": size}, showarrow=False, **settings)


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def draw_inplace_table(cases: Sequence[InplaceCase], text: Text) -> str:
    """What an in-place ReLU did to each small network, as an HTML table."""
    rows = "".join(
        f"<tr><td><code>{html.escape(text(f'gradient_flow.code_{case.name}'))}</code></td>"
        f"<td><b>{text(f'gradient_flow.outcome_{case.outcome}')}</b></td>"
        f"<td>{text(f'gradient_flow.case_{case.name}')}</td></tr>"
        for case in cases
    )
    heads = "".join(f"<th>{text(f'gradient_flow.inplace_{head}')}</th>" for head in ("code", "outcome", "case"))
    return f'<table class="cnn-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
