"""What is left of trained networks without some of their blocks: charts, sentences and maps; and their paths and swaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from explorer.data import CLASSES
from explorer.gradient_flow.paths import MODEL, PathGradients
from explorer.gradient_flow.removal import SEEDS, Cut, Removal, Score
from explorer.gradient_flow.swaps import Swapped, Swaps
from explorer.models.catalogue import DEGRADATION, MODELS
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import INK, ROLES, new_figure
from explorer.text import Text, join_sentences

HEIGHT = 340
KINDS = {name: kind for kind, nets in DEGRADATION.items() for name in nets.values()}
WAYS = ("front", "back", "random")


def name_block(path: str) -> str:
    """How a reader counts a block: stage and place, from 1.

    >>> name_block("layer2.0")
    '2.1'
    """
    stage, place = path.removeprefix("layer").split(".")
    return f"{stage}.{int(place) + 1}"


def describe_removals(measured: Mapping[str, Removal], text: Text) -> str:
    """What one missing block does to each of the networks."""
    return join_sentences((_describe_single(name, each, text) for name, each in measured.items()), text)


def _describe_single(name: str, removal: Removal, text: Text) -> str:
    without = sorted(_percent(score) for score in removal.single.values())
    return text(
        "gradient_flow.removal_single",
        model=text.title(MODELS[name].title),
        whole=f"{_percent(removal.whole):.1f}",
        median=f"{without[len(without) // 2]:.1f}",
        least=f"{without[0]:.1f}",
        most=f"{without[-1]:.1f}",
    )


def draw_single(measured: Mapping[str, Removal], text: Text) -> go.Figure:
    """Accuracy of each network without one of its blocks, as bars, and with all of them, as a line."""
    figure = new_figure(text("gradient_flow.removal_axis_block"), text("gradient_flow.removal_axis_accuracy"))
    for name, removal in measured.items():
        title, colour = text.title(MODELS[name].title), ROLES[KINDS[name]]
        figure.add_bar(
            x=[name_block(path) for path in removal.blocks],
            y=[_percent(removal.single[path]) for path in removal.blocks],
            name=title,
            marker_color=colour,
            hovertemplate="%{x}: %{y:.1f} %<extra>" + title + "</extra>",
        )
        figure.add_hline(_percent(removal.whole), line={"color": colour, "width": 1.5, "dash": "dot"})
    places = [name_block(path) for path in next(iter(measured.values())).blocks]
    return _finish(figure, places, text).update_xaxes(type="category", tickangle=-60, tickfont_size=12)


def describe_order(measured: Mapping[str, Removal], way: str, text: Text) -> str:
    """What is left of each network after the first block and after half of them, in one of WAYS."""
    said = []
    for name, removal in measured.items():
        runs = _list_runs(removal, way)
        half = (len(runs) - 1) // 2
        title = text.title(MODELS[name].title)
        left = {"whole": runs[0], "first": runs[1], "rest": runs[half]}
        shares = {key: f"{run[len(run) // 2]:.1f}" for key, run in left.items()}
        said.append(text("gradient_flow.removal_order", model=title, half=half, **shares))
    return join_sentences(said, text)


def _list_runs(removal: Removal, way: str) -> list[list[float]]:
    """The accuracies of all orders, in %, the least first, for each number of blocks that are missing."""
    orders = [f"random{seed}" for seed in SEEDS] if way == "random" else [way]
    counts = range(len(removal.blocks) + 1)
    return [sorted(_percent(removal.ordered[order][count]) for order in orders) for count in counts]


def draw_ordered(measured: Mapping[str, Removal], way: str, text: Text) -> go.Figure:
    """Accuracy as one block after another goes, one of WAYS; of several random orders the median and all between the extremes."""
    figure = new_figure(text("gradient_flow.removal_axis_gone"), text("gradient_flow.removal_axis_accuracy"))
    for name, removal in measured.items():
        runs = _list_runs(removal, way)
        counts, title, colour = list(range(len(runs))), text.title(MODELS[name].title), ROLES[KINDS[name]]
        if len(runs[0]) > 1:
            figure.add_scatter(
                x=[*counts, *reversed(counts)], y=[*(run[-1] for run in runs), *(run[0] for run in reversed(runs))],
                fill="toself", fillcolor=colour, opacity=0.15, line={"width": 0}, hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=counts,
            y=[run[len(run) // 2] for run in runs],
            name=title,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            hovertemplate="%{x}: %{y:.1f} %<extra>" + title + "</extra>",
        )
    return _finish(figure, [0, max(len(removal.blocks) for removal in measured.values())], text)


def describe_paths(paths: PathGradients, text: Text) -> str:
    """How long most paths are, and how long those are along which the norm of the gradient is large."""
    return text(
        "gradient_flow.paths_said",
        model=text.title(MODELS[MODEL].title),
        blocks=paths.num_blocks,
        paths=f"{2**paths.num_blocks:,}",
        usual=paths.find_length(0.5, of_paths=True),
        half=paths.find_length(0.5),
        most=paths.find_length(0.95),
        share=95,
        rare=_say_share(sum(paths.path_shares[: paths.find_length(0.95) + 1])),
        images=f"{paths.num_images:,}",
        excess=f"{paths.excess:.0f}",
    )


def _say_share(share: float) -> str:
    """Per cent with two digits."""
    return f"{float(f'{100 * share:.2g}'):g}"


def draw_path_lengths(paths: PathGradients, text: Text) -> go.Figure:
    """Share of the paths of each length, and their share in the sum of the norms of all gradients."""
    figure = new_figure(text("gradient_flow.paths_axis_length"), text("gradient_flow.paths_axis_share"))
    lengths = list(range(paths.num_blocks + 1))
    for name, shares, colour in (
        ("paths", paths.path_shares, "theory"),
        ("gradient", paths.gradient_shares, "residual"),
    ):
        title = text(f"gradient_flow.paths_{name}")
        figure.add_bar(
            x=lengths, y=[100 * share for share in shares], name=title, marker_color=ROLES[colour],
            hovertext=[f"{title}, {length}: {_say_share(share)} %" for length, share in zip(lengths, shares, strict=True)],
            hoverinfo="text",
        )  # fmt: skip
    return figure.update_layout(height=HEIGHT, margin={"t": 60, "r": 8})


def describe_swaps(swaps: Mapping[str, Swaps], text: Text) -> str:
    """What one swap does to each network, on average."""
    some = next(iter(swaps.values()))
    count = min(each.count for each in some.orders)
    said = [
        text(
            "gradient_flow.swaps_intro",
            images=f"{some.num_images:,}",
            draws=sum(each.count == count for each in some.orders),
        )
    ]
    for name, found in swaps.items():
        after = [100 * each.accuracy for each in found.orders if each.count == count]
        said.append(
            text(
                "gradient_flow.swaps_said",
                model=text.title(MODELS[name].title),
                whole=f"{100 * found.whole:.1f}",
                mean=f"{sum(after) / len(after):.1f}",
                least=f"{min(after):.1f}",
            )
        )
    return join_sentences(said, text)


def draw_swaps(swaps: Mapping[str, Swaps], text: Text) -> go.Figure:
    """Accuracy against Kendall's rank correlation of the order with the trained one, a point for each order."""
    figure = new_figure(text("gradient_flow.swaps_axis_tau"), text("gradient_flow.removal_axis_accuracy"))
    for name, found in swaps.items():
        title, colour = text.title(MODELS[name].title), ROLES[KINDS[name]]
        figure.add_scatter(
            x=[1.0, *(each.tau for each in found.orders)],
            y=[100 * found.whole, *(100 * each.accuracy for each in found.orders)],
            name=title,
            mode="markers",
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.75,
                "symbol": "diamond" if KINDS[name] == "residual" else "circle",
            },
            hovertext=[text("gradient_flow.swaps_none"), *(_name_order(each, text) for each in found.orders)],
            hovertemplate="%{hovertext}<br>τ = %{x:.2f}: %{y:.1f} %<extra>" + title + "</extra>",
        )
    furthest = min(each.tau for found in swaps.values() for each in found.orders)
    return _finish(figure, [1.0, furthest], text).update_xaxes(autorange="reversed")


def _name_order(swapped: Swapped, text: Text) -> str:
    return text("gradient_flow.swaps_hover", count=swapped.count)


def _finish(figure: go.Figure, places: Sequence, text: Text) -> go.Figure:
    """Accuracy from 0 to 100 %, with a line for whoever guesses from the first of these places to the last."""
    chance = 100 / len(CLASSES)
    figure.add_scatter(
        x=places, y=[chance] * len(places), name=text("gradient_flow.removal_guessing", chance=f"{chance:g}"), mode="lines",
        line={"color": INK, "width": 2, "dash": "dash"}, hoverinfo="skip",
    )  # fmt: skip
    return figure.update_layout(height=HEIGHT, margin={"t": 60, "r": 8}, yaxis={"range": [0, 100]})


def _short(name: str, text: Text) -> str:
    """Its title without the family of networks, which stands behind it."""
    return text.title(MODELS[name].title).split(" (")[0]


def _percent(score: Score) -> float:
    return 100 * score.accuracy


def describe_cuts(cuts: Sequence[Cut], gone: Sequence[str], num_images: int, text: Text) -> str:
    """How many of the sample images each network still gets right."""
    if not gone:
        return text("gradient_flow.removal_none")
    said = [
        text(
            "gradient_flow.removal_cut",
            model=text.title(MODELS[cut.model].title),
            before=cut.whole.correct,
            after=cut.cut.correct,
            loss_before=f"{cut.whole.loss:.2f}",
            loss_after=f"{cut.cut.loss:.2f}",
        )
        for cut in cuts
    ]
    names = [name_block(path) for path in gone]
    return join_sentences([text("gradient_flow.removal_gone", blocks=names, images=num_images), *said], text)


def draw_cuts(cuts: Sequence[Cut], text: Text) -> dict:
    """The maps of `list_cut_maps`."""
    label = text("gradient_flow.removal_maps")
    return draw_maps(list_cut_maps(cuts, text), columns=6, max_height=760, label=label, equal_cells=False)


def list_cut_maps(cuts: Sequence[Cut], text: Text) -> list[Map]:
    """For each network the maps behind each stage, with all blocks and without those that are gone, on one scale each."""
    maps = []
    for cut in cuts:
        for number, pair in enumerate(cut.maps.values(), 1):
            for key, place in (("whole", 0), ("cut", 1)):  # side by side, also where a phone has room for two
                title = text(f"gradient_flow.removal_map_{key}", model=_short(cut.model, text))
                caption = text("gradient_flow.removal_map_stage", stage=number)
                limit = float(max(each.max() for each in pair)) or None
                maps.append(Map(pair[place], title, caption, scale="heat", limit=limit))
    return maps
