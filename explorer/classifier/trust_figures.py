"""What a map on trial shows: maps under random weights, the curves, and the areas over many test images."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch

from explorer.classifier.examination import MAP, Examination, Randomised
from explorer.classifier.faithfulness import COPIES, RADIUS, SEED, SIDE, SQUARES, Faithfulness
from explorer.classifier.figures import class_name, method_name, signed
from explorer.classifier.trust import CONTROLS, STEPS
from explorer.classifier.trust_samples import Measured, is_control
from explorer.models.networks import find_network
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import ACCENT, ROLES, new_figure
from explorer.text import Text, join_sentences

_COLOURS = {
    MAP: ACCENT,
    "brightest": ROLES["pool"],
    "centred": ROLES["linear"],
    "edges": ROLES["output"],
    "random": ROLES["norm"],
}


def order_name(order: str, text: Text) -> str:
    """What a method or a control is called."""
    return text(f"classifier.control_{order}") if is_control(order) else method_name(order, text)


def describe_examination(found: Examination, text: Text) -> str:
    """Which controls beat the map, and what is left of it when all weights are random."""
    areas, inserted = found.areas("deletion"), found.areas("insertion")
    better = sorted((name for name in CONTROLS if areas[name] < areas[MAP]), key=areas.__getitem__)
    method = method_name(found.outcome.method, text)
    values = {"method": method, "area": f"{areas[MAP]:.2f}"}
    faster = sum(inserted[name] > inserted[MAP] for name in CONTROLS)
    counts = {"controls": len(CONTROLS), "area": f"{inserted[MAP]:.2f}", "better": faster}
    if better:
        names = [order_name(name, text) for name in better]
        first = text("classifier.trust_beaten", names=names, better=len(better), controls=len(CONTROLS), **values)
    else:
        first = text("classifier.trust_unbeaten", next=f"{min(areas[name] for name in CONTROLS):.2f}", **values)
    correlation = signed(found.randomised[-1].correlation)
    second = text("classifier.trust_insertion", **counts)
    third = text("classifier.trust_random", correlation=correlation)
    return join_sentences([first, second, third, _tell_share(found, text)], text)


def _tell_share(found: Examination, text: Text) -> str:
    """What the curves follow where two classes are compared; else nothing."""
    target, against = found.outcome.target, found.outcome.against
    if against is None:
        return ""
    return text("methods.trust_difference", target=class_name(text, target), against=class_name(text, against))


def draw_faithfulness(found: Faithfulness, text: Text) -> str:
    """Both numbers and how they came about, as HTML."""
    values = {"squares": SQUARES, "side": SIDE, "seed": SEED}
    first = text("methods.infidelity_none", **values)
    if found.infidelity is not None:
        first = text("methods.infidelity", infidelity=f"{found.infidelity:.2f}", **values)
    radius = f"{100 * RADIUS:g}"
    second = text(
        "methods.sensitivity", sensitivity=f"{found.sensitivity:.2f}", copies=COPIES, radius=radius, seed=SEED
    )
    return f"<p>{first}</p><p>{second}</p>"


def draw_randomised(found: Examination, text: Text) -> dict:
    """The maps from the trained network to one with random weights alone, each on a scale of its own."""
    label = text("classifier.trust_maps_label", method=method_name(found.outcome.method, text))
    return draw_maps(list_randomised_maps(found, text), columns=8, max_height=260, label=label)


def list_randomised_maps(found: Examination, text: Text) -> list[Map]:
    """The maps of `draw_randomised`."""
    return [_draw_randomised(each, found.num_layers, text) for each in found.randomised]


def _draw_randomised(each: Randomised, num_layers: int, text: Text) -> Map:
    key = "all" if each.count == num_layers else "last" if each.count == 1 else "some"
    title = text(f"classifier.trust_layers_{key}", count=each.count, layers=num_layers)
    title = title if each.count else text("classifier.trust_trained")
    return Map(each.values, title, text("classifier.trust_correlation", correlation=signed(each.correlation)))


def draw_curves(found: Examination, kind: str, text: Text) -> go.Figure:
    """The probability of the class while pixels turn black, or come back: the map's order and those of the controls."""
    figure = new_figure(
        text(f"classifier.trust_axis_{kind}"),
        _name_probability(found, text),
        height=380,
        yaxis={"range": [-2, 102]},
        xaxis={"range": [0, 100]},
    )
    areas = found.areas(kind)
    for name, curves in found.curves.items():
        title = method_name(found.outcome.method, text) if name == MAP else order_name(name, text)
        figure.add_scatter(
            x=[100 * step / STEPS for step in range(STEPS + 1)],
            y=(100 * getattr(curves, kind)).tolist(),
            name=f"{title} ({areas[name]:.2f})",
            mode="lines",
            line={
                "color": _COLOURS[name],
                "width": 3.5 if name == MAP else 2,
                "dash": "solid" if name == MAP else "dash",
            },
        )
    return figure


def _name_probability(found: Examination, text: Text) -> str:
    target, against = found.outcome.target, found.outcome.against
    if against is None:
        return text("classifier.trust_axis_probability", target=class_name(text, target))
    return text("methods.axis_share", target=class_name(text, target))


def draw_own_areas(found: Examination, text: Text) -> str:
    """A table of the areas of the map at hand and of the controls, from the smallest area of deletion on, as HTML."""
    areas = {kind: found.areas(kind) for kind in ("deletion", "insertion")}
    rows = ""
    for name in sorted(found.curves, key=areas["deletion"].__getitem__):
        title = method_name(found.outcome.method, text) if name == MAP else order_name(name, text)
        cells = "".join(f'<td class="number">{areas[kind][name]:.2f}</td>' for kind in areas)
        kind = "method" if name == MAP else "control"
        rows += f'<tr class="{kind}"><td class="name">{html.escape(title)}</td>{cells}</tr>'
    about = text("classifier.trust_here", baseline=text(f"classifier.baseline_{found.baseline}"))
    return _draw_table(about, _HEAD[:3], rows, text)


def _draw_table(about: str, head: Sequence[str], rows: str, text: Text) -> str:
    cells = "".join(
        f'<th class="{"number" if name != "order" else "name"}">{html.escape(text(f"classifier.trust_head_{name}"))}</th>'
        for name in head
    )
    return (
        f"<p>{html.escape(about)}</p>"
        f'<div class="cnn-table-scroll whole"><table class="cnn-table"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def draw_areas(measured: Mapping[str, Measured], model: str, text: Text) -> str:
    """A table of all methods and controls over the sample images, from the smallest area of deletion on, as HTML."""
    ordered = sorted(measured, key=lambda order: float(measured[order].deletion.nanmean()))
    count = max(len(each.deletion) for each in measured.values())
    rows = "".join(_draw_row(order, measured[order], count, text) for order in ordered)
    about = text("classifier.trust_table", model=find_network(model).title, images=f"{count:,}")
    return _draw_table(about, _HEAD, rows, text)


_HEAD = ("order", "deletion", "insertion", "last_random", "all_random")


def _draw_row(order: str, measured: Measured, count: int, text: Text) -> str:
    cells = "".join(f'<td class="number">{_spread(getattr(measured, name))}</td>' for name in _HEAD[1:])
    name, ordered = order_name(order, text), int((~measured.deletion.isnan()).sum())
    if ordered < count:  # the other maps are 0 everywhere
        name = text("methods.of_images", order=name, ordered=f"{ordered:,}", count=f"{count:,}")
    name = html.escape(name)
    kind = "control" if is_control(order) else "method"
    return f'<tr class="{kind}"><td class="name">{name}</td>{cells}</tr>'


def _spread(values: torch.Tensor) -> str:
    """Mean and standard deviation over the images that have a map, as HTML."""
    values = values[~values.isnan()]
    if not len(values):
        return "—"
    return f'{signed(float(values.mean()))} <span class="spread">± {float(values.std()):.2f}</span>'


def describe_areas(measured: Mapping[str, Measured], text: Text) -> str:
    """How many methods delete better than the best order that never looks at the network."""
    means = {order: float(each.deletion.nanmean()) for order, each in measured.items()}
    control = min((order for order in means if is_control(order)), key=means.__getitem__)
    methods = [order for order in means if not is_control(order)]
    better = [order for order in methods if means[order] < means[control]]
    return text(
        "classifier.trust_areas",
        control=order_name(control, text),
        area=f"{means[control]:.2f}",
        better=len(better),
        methods=len(methods),
    )
