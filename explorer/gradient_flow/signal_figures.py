"""Two further views of the same stacks: the norms of the signals between blocks, and the singular values of the Jacobians."""

from __future__ import annotations

import plotly.graph_objects as go

from explorer.gradient_flow.figures import (
    KINDS,
    Scale,
    choose_scale,
    draw_by_block,
    fit_scale,
    new_chart,
    say_number,
    say_so_far,
    span_blocks,
)
from explorer.gradient_flow.jacobians import Jacobians, SingularValues
from explorer.gradient_flow.maths import GradientNorms, Settings, compute_spread
from explorer.gradient_flow.theory import Expected, compute_expected
from explorer.page.style import ROLES
from explorer.text import Text, join_sentences

_DASHES = ("dot", "dash", "solid")  # of the smallest, the median and the largest singular value
_PARTS = ("smallest", "middle", "largest")


def _expect(settings: Settings) -> dict[str, Expected]:
    """What theory says of each kind of network, where it says something."""
    found = {kind: compute_expected(settings, has_shortcut=kind == "residual") for kind in KINDS}
    return {kind: expected for kind, expected in found.items() if expected is not None}


def draw_forward(norms: GradientNorms, text: Text) -> go.Figure:
    """Norm of what every block gives, with the line of theory where there is one."""
    expected = {kind: list(each.activations) for kind, each in _expect(norms.settings).items()}
    scale = choose_scale(norms, ("activations",))
    drawn = [10.0**scale.low, 10.0**scale.high, *(value for values in expected.values() for value in values)]
    wider = fit_scale(drawn)
    scale = Scale(wider.low, wider.high, scale.zero, scale.infinite)
    titles = (text("gradient_flow.forward_title"), text("gradient_flow.forward_axis"))
    return draw_by_block(norms, "activations", scale, titles, text, _trace_theory(expected, scale, text))


def draw_backward(norms: GradientNorms, text: Text) -> go.Figure:
    """Norm of the gradient that reaches what every block gives."""
    titles = (text("gradient_flow.backward_title"), text("gradient_flow.backward_axis"))
    return draw_by_block(norms, "backward", choose_scale(norms, ("backward",)), titles, text)


def draw_jacobians(jacobians: Jacobians, part: str, text: Text) -> go.Figure:
    """Smallest, median and largest singular value, medians over the seeds, with the line of theory where there is one.

    Args:
        jacobians: what was measured.
        part: "blocks", of each block, or "stacks", from the input to each block.
        text: of the reader's language.
    """
    expected = {kind: getattr(each, part) for kind, each in _expect(jacobians.settings).items()}
    theory = {kind: list(values) for kind, values in expected.items() if values is not None}
    medians = {kind: _list_medians(getattr(jacobians, kind), part) for kind in KINDS}
    drawn = [value for lines in (*medians.values(), theory.values()) for line in lines for value in line]
    scale = fit_scale(drawn)
    title, depth = text(f"gradient_flow.jacobian_{part}"), jacobians.settings.depth
    axes = (text("gradient_flow.block_axis"), text("gradient_flow.jacobian_axis"))
    figure = new_chart(scale, axes, span_blocks(depth), title, _name_kinds(medians, scale, text))
    figure.add_traces(_trace_theory(theory, scale, text))
    for kind, lines in medians.items():
        for values, dash, name in zip(lines, _DASHES, _PARTS, strict=True):
            figure.add_trace(_trace_values(values, scale, kind, dash, text(f"gradient_flow.jacobian_{name}"), text))
    return figure


def _name_kinds(medians: dict[str, list[list[float]]], scale: Scale, text: Text) -> list[dict]:
    """The name of each kind above the line of its largest singular values."""
    notes = []
    for kind, share in (("plain", 0.7), ("residual", 0.25)):
        largest = scale.place(medians[kind][-1])
        index = int(share * len(largest))
        notes.append({
            "x": index + 1, "y": largest[index], "text": f"<b>{text(f'gradient_flow.{kind}')}</b>", "showarrow": False,
            "font": {"color": ROLES[kind], "size": 19}, "yshift": 18, "xanchor": "left",
        })  # fmt: skip
    return notes


def _list_medians(values: SingularValues, part: str) -> list[list[float]]:
    """Medians over the seeds: one list over the blocks for the smallest, the median and the largest singular value."""
    return compute_spread(getattr(values, part)).median.T.tolist()


def _trace_values(values: list[float], scale: Scale, kind: str, dash: str, name: str, text: Text) -> dict:
    named = f"{text(f'gradient_flow.{kind}')}, {name}"
    return {
        "type": "scatter", "x": list(range(1, len(values) + 1)), "y": scale.place(values),
        "mode": "lines+markers" if len(values) <= 12 else "lines", "line": {"color": ROLES[kind], "width": 2.5, "dash": dash},
        "name": named, "hovertext": [f"{named}: {say_number(value)}" for value in values], "hoverinfo": "x+text",
    }  # fmt: skip


def _trace_theory(expected: dict[str, list[float]], scale: Scale, text: Text) -> list[dict]:
    """Grey, below what was measured."""
    traces = []
    for kind, values in expected.items():
        named = text("gradient_flow.theory", kind=text(f"gradient_flow.{kind}"))
        traces.append({
            "type": "scatter", "x": list(range(1, len(values) + 1)), "y": scale.place(values), "mode": "lines",
            "line": {"color": ROLES["theory"], "width": 6}, "opacity": 0.45, "hoverinfo": "x+text",
            "hovertext": [f"{named}: {say_number(value)}" for value in values], "name": named,
        })  # fmt: skip
    return traces


def describe_signals(norms: GradientNorms, text: Text) -> str:
    """How the forward signal changes from the first block to the last, and what theory says of it."""
    settings, expected = norms.settings, _expect(norms.settings)
    said = [*say_so_far(norms, text), text("gradient_flow.signals_said", depth=settings.depth)]
    for kind in KINDS:
        median = compute_spread(getattr(norms, kind).activations).median
        first, last = (say_number(float(median[place])) for place in (0, -1))
        said.append(text("gradient_flow.signals_kind", kind=text(f"gradient_flow.{kind}"), first=first, last=last))
    if expected:
        ends = {kind: say_number(each.activations[-1]) for kind, each in expected.items()}
        said.append(text("gradient_flow.signals_theory", **ends))
    return join_sentences(said, text)


def describe_jacobians(jacobians: Jacobians, text: Text) -> str:
    """By what factors a small change of the input arrives behind the last block."""
    said = [text("gradient_flow.jacobian_said", depth=jacobians.settings.depth, seeds=jacobians.seeds_done)]
    for kind in KINDS:
        smallest, _, largest = (say_number(line[-1]) for line in _list_medians(getattr(jacobians, kind), "stacks"))
        name = text(f"gradient_flow.{kind}")
        said.append(text("gradient_flow.jacobian_kind", kind=name, smallest=smallest, largest=largest))
    return join_sentences(said, text)
