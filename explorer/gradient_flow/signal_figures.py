"""Two further views of the same stacks: the norms of the signals between blocks, and the singular values of the Jacobians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from explorer.gradient_flow.conv_jacobians import PROBES, ConvJacobians, ConvSingularValues
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
from explorer.gradient_flow.maths import BATCH_SIZE, MAP_SIZE, GradientNorms, Settings, compute_spread
from explorer.gradient_flow.theory import Expected, compute_expected
from explorer.page.style import ROLES
from explorer.text import Text, join_sentences

_DASHES = {"smallest": "dot", "middle": "dash", "rms": "dash", "largest": "solid"}
Line = tuple[Sequence[int], list[float]]  # blocks counted from 1, and the values there


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


def draw_jacobians(jacobians: Jacobians | ConvJacobians, part: str, text: Text) -> go.Figure:
    """Smallest, median and largest singular value, medians over the seeds, with the line of theory where there is one.

    Of convolutional blocks the root mean square and the largest one.

    Args:
        jacobians: what was measured.
        part: "blocks", of each block, or "stacks", from the input to each block.
        text: of the reader's language.
    """
    expected = {kind: getattr(each, part) for kind, each in _expect(jacobians.settings).items()}
    theory = {kind: list(values) for kind, values in expected.items() if values is not None}
    lines = {kind: list_lines(getattr(jacobians, kind), part, jacobians.settings) for kind in KINDS}
    measured = [values for each in lines.values() for _, values in each.values()]
    scale = fit_scale([value for values in (*measured, *theory.values()) for value in values])
    title, depth = text(f"gradient_flow.jacobian_{part}"), jacobians.settings.depth
    axes = (text("gradient_flow.block_axis"), text("gradient_flow.jacobian_axis"))
    topmost = {kind: next(iter(each.values())) for kind, each in lines.items()}
    figure = new_chart(scale, axes, span_blocks(depth), title, _name_kinds(topmost, scale, text))
    figure.add_traces(_trace_theory(theory, scale, text))
    for kind, each in lines.items():
        for name, line in each.items():
            figure.add_trace(_trace_values(line, scale, kind, name, text))
    return figure


def _name_kinds(topmost: Mapping[str, Line], scale: Scale, text: Text) -> list[dict]:
    """The name of each kind at the topmost of its lines: above it, and that of the lower one below it."""
    middles = {kind: scale.place(values)[len(values) // 2] for kind, (_, values) in topmost.items()}
    notes = []
    for kind, share in (("plain", 0.7), ("residual", 0.25)):
        places, values = topmost[kind]
        index, is_lower = int(share * len(values)), middles[kind] < max(middles.values())
        notes.append({
            "x": places[index], "y": scale.place(values)[index], "text": f"<b>{text(f'gradient_flow.{kind}')}</b>", "showarrow": False,
            "font": {"color": ROLES[kind], "size": 19}, "yshift": -18 if is_lower else 18, "xanchor": "right" if is_lower else "left",
        })  # fmt: skip
    return notes


def list_lines(values: SingularValues | ConvSingularValues, part: str, settings: Settings) -> dict[str, Line]:
    """Name -> line of one kind of network, that which gets the kind's name first; medians where there are several seeds."""
    every = range(1, settings.depth + 1)
    if isinstance(values, ConvSingularValues):
        roots = (every, getattr(values, part).tolist())
        if part == "stacks":
            return {"rms": roots, "largest": ((settings.depth,), [values.stacks_largest])}
        return {"largest": (settings.depths, values.blocks_largest.tolist()), "rms": roots}
    smallest, middle, largest = compute_spread(getattr(values, part)).median.T.tolist()
    return {"largest": (every, largest), "middle": (every, middle), "smallest": (every, smallest)}


def _trace_values(line: Line, scale: Scale, kind: str, name: str, text: Text) -> dict:
    places, values = line
    named = f"{text(f'gradient_flow.{kind}')}, {text(f'gradient_flow.jacobian_{name}')}"
    return {
        "type": "scatter", "x": list(places), "y": scale.place(values),
        "mode": "lines+markers" if len(values) <= 12 else "lines",
        "line": {"color": ROLES[kind], "width": 2.5, "dash": _DASHES[name]},
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


def describe_jacobians(jacobians: Jacobians | ConvJacobians, text: Text) -> str:
    """By what factors a small change of the input arrives behind the last block."""
    if isinstance(jacobians, ConvJacobians):
        return _describe_conv(jacobians, text)
    settings, done = jacobians.settings, jacobians.seeds_done
    said = [text("gradient_flow.jacobian_said", depth=settings.depth, seeds=done)]
    for kind in KINDS:
        line = compute_spread(getattr(jacobians, kind).stacks[:, -1]).median.tolist()
        smallest, _, largest = map(say_number, line)
        name = text(f"gradient_flow.{kind}")
        key = "jacobian_nothing" if line[-1] == 0 else "jacobian_kind"
        said.append(text(f"gradient_flow.{key}", kind=name, smallest=smallest, largest=largest))
    if done < settings.seeds:
        said.append(text("gradient_flow.jacobian_fewer", done=done, seeds=settings.seeds))
    return join_sentences(said, text)


def _describe_conv(jacobians: ConvJacobians, text: Text) -> str:
    said = [
        text("gradient_flow.jacobian_conv_said", depth=jacobians.settings.depth, seed=jacobians.settings.first_seed)
    ]
    for kind in KINDS:
        values, name = getattr(jacobians, kind), text(f"gradient_flow.{kind}")
        root, largest = float(values.stacks[-1]), values.stacks_largest
        key = "jacobian_nothing" if largest == 0 else "jacobian_conv_kind"
        said.append(text(f"gradient_flow.{key}", kind=name, root=say_number(root), largest=say_number(largest)))
    rows = BATCH_SIZE * jacobians.settings.width * MAP_SIZE**2
    said.append(text("gradient_flow.jacobian_conv_how", rows=f"{rows:,}", probes=PROBES))
    return join_sentences(said, text)
