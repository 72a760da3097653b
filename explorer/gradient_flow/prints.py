"""The figures of the gradient-flow tab that people take away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from explorer.caches import recall
from explorer.checks import check_choice
from explorer.data import load_sample
from explorer.gradient_flow.conv_jacobians import ConvJacobians, measure_conv_jacobians
from explorer.gradient_flow.degradation import COUNTED, compute_interval, read_curves
from explorer.gradient_flow.figures import (
    caption_degradation,
    describe,
    describe_degradation,
    draw_blocks,
    draw_degradation,
    draw_depths,
)
from explorer.gradient_flow.jacobians import Jacobians, measure_jacobians
from explorer.gradient_flow.learning import KINDS, load_courses
from explorer.gradient_flow.learning_figures import draw_curves, draw_statistic
from explorer.gradient_flow.learning_outcomes import pick
from explorer.gradient_flow.learning_tab import read_choice
from explorer.gradient_flow.learning_table import describe as describe_learning
from explorer.gradient_flow.learning_table import describe_facts
from explorer.gradient_flow.live_charts import Chart
from explorer.gradient_flow.live_figures import describe as describe_training
from explorer.gradient_flow.live_figures import list_charts
from explorer.gradient_flow.live_training import Progress
from explorer.gradient_flow.maths import Flow, GradientNorms, Settings, compute_spread, measure_gradient_norms
from explorer.gradient_flow.paths import load_paths
from explorer.gradient_flow.removal import SEEDS, Cut, Removal, check_blocks, list_blocks, load_removals, measure_cut
from explorer.gradient_flow.removal_figures import (
    WAYS,
    describe_cuts,
    describe_order,
    describe_paths,
    describe_removals,
    describe_swaps,
    draw_ordered,
    draw_path_lengths,
    draw_single,
    draw_swaps,
    list_cut_maps,
    name_block,
)
from explorer.gradient_flow.removal_tab import SAMPLE
from explorer.gradient_flow.signal_figures import (
    describe_jacobians,
    describe_signals,
    draw_backward,
    draw_forward,
    draw_jacobians,
    list_lines,
)
from explorer.gradient_flow.swaps import load_swaps
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_results
from explorer.page.streaming import Run
from explorer.page.style import ROLES, new_figure
from explorer.prints.charts import draw_charts, list_points
from explorer.prints.pictures import draw_map_rows, fit_size, list_cells
from explorer.prints.records import Print, Row
from explorer.prints.words import name_cells, name_pairs
from explorer.text import Text, join_sentences, text_in

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_NETWORKS = ("plain", "residual")
_MOST_MARKS = 12  # on a line
_ONE, _TWO = (8.0, 4.2), (10.0, 4.2)  # inches, of one chart and of two side by side
_CHOSEN = ("block", "initialisation", "activation")
_NUMBERS = ("depth", "width", "seeds")
_TICKED = ("preactivation", "zero_last")
_QUANTILES = {"low": 5, "high": 95}  # per cent of the seeds, as `compute_spread` has them


def gather_prints(
    *,
    run: Run | None = None,
    view: str = "weights",
    removal_way: str = WAYS[-1],
    removal_gone: list[str] | None = None,
    learning_depth: int | None = None,
    learning_normalisation: str = "bn",
    learning_statistic: str = "gradient",
    live_run: Run | None = None,
    language: str,
    **settings,
) -> list[Print]:
    """The figures for what is set, from what was measured already; what is shown comes first.

    Args:
        run: the measurement of the page, if one is or was under way.
        view: what the charts show.
        removal_way, removal_gone: the order in which blocks go, and the paths of those that are taken out.
        learning_depth, learning_normalisation, learning_statistic: what is chosen of the networks that learn; a depth of None
            takes the deepest.
        live_run: the training of the page, if there was one.
        language: of the words.
        **settings: those of `Settings`.

    Raises:
        InputError: a setting is out of its limits.
    """
    text, chosen = text_in(language), Settings(**settings)
    return [
        *_print_norms(chosen, run, view, text),
        *_print_degradation(text),
        *_print_removal(removal_way, [] if removal_gone is None else removal_gone, text),
        *_print_learning(learning_depth, learning_normalisation, learning_statistic, text),
        *_print_training(live_run, text),
    ]


def say_setting(settings: Settings, text: Text) -> str:
    """All that the controls say."""
    pairs = [(text(f"gradient_flow.{name}"), getattr(settings, name)) for name in _NUMBERS]
    for name in _CHOSEN:
        pairs.append((text(f"gradient_flow.{name}"), text(f"gradient_flow.{name}_{getattr(settings, name)}")))
    pairs += [(text(f"gradient_flow.{name}"), "✓") for name in _TICKED if getattr(settings, name)]
    return name_pairs(pairs, text)


def _draw(figure: FigureBase, makes: Sequence[Callable[[], go.Figure]], has_legend: bool = False) -> None:
    """Charts of the page side by side; the two kinds of network differ by their marks as well, for grey print."""
    draw_charts(figure, [partial(_mark_kinds, make) for make in makes], has_legend)


def _mark_kinds(make: Callable[[], go.Figure]) -> go.Figure:
    chart = make()
    marks = {ROLES["plain"]: "circle", ROLES["residual"]: "diamond"}
    for trace in chart.select_traces({"type": "scatter"}):
        if trace.name and "lines" in (trace.mode or "") and trace.line.color in marks:
            marker = {
                "symbol": marks[trace.line.color],
                "size": max(trace.marker.size or 0, 8),
                "maxdisplayed": _MOST_MARKS,
            }
            trace.update(mode="lines+markers", marker=marker)
    return chart


# ---- before training ----------------------------------------------------------------------------------------------


def _print_norms(settings: Settings, run: Run | None, view: str, text: Text) -> list[Print]:
    norms, jacobians = _find_norms(settings, run), _find_jacobians(settings, view)
    setting = say_setting(settings, text)
    prints = []
    if norms is not None:
        for name, charts, caption, describe_it in (
            ("weights", (draw_blocks, draw_depths), "caption", describe),
            ("signals", (draw_forward, draw_backward), "caption_signals", describe_signals),
        ):
            makes = [partial(draw, norms, text) for draw in charts]
            draw = partial(_draw, makes=makes, has_legend=name == "signals")
            said = join_sentences([describe_it(norms, text), text(f"gradient_flow.{caption}")], text)
            title, rows = text(f"prints.{name}_title"), partial(_list_norms, norms, name, text)
            prints.append(Print(name, title, draw, rows, setting, said, _TWO))
    if jacobians is not None:
        prints.append(_print_jacobians(jacobians, setting, text))
    return sorted(prints, key=lambda each: each.name != view)


def _find_norms(settings: Settings, run: Run | None) -> GradientNorms | None:
    """What the page shows of these settings, or what else is remembered of them; heavy ones are not measured for this."""
    if isinstance(run, Run) and run.job == settings and isinstance(run.shown, GradientNorms):
        return run.shown
    if settings.is_light:
        return measure_gradient_norms(settings)
    return recall(measure_gradient_norms, settings)


def _find_jacobians(settings: Settings, view: str) -> Jacobians | ConvJacobians | None:
    measure = measure_jacobians if settings.is_linear else measure_conv_jacobians
    return measure(settings) if view == "jacobian" else recall(measure, settings)


def _print_jacobians(jacobians: Jacobians | ConvJacobians, setting: str, text: Text) -> Print:
    makes = [partial(draw_jacobians, jacobians, part, text) for part in ("blocks", "stacks")]
    caption = "caption_jacobian_conv" if isinstance(jacobians, ConvJacobians) else "caption_jacobian"
    said = join_sentences([describe_jacobians(jacobians, text), text(f"gradient_flow.{caption}")], text)
    draw = partial(_draw, makes=makes, has_legend=True)
    rows = partial(_list_jacobians, jacobians, text)
    return Print("jacobian", text("prints.jacobian_title"), draw, rows, setting, said, (10.0, 4.6))


def _list_norms(norms: GradientNorms, view: str, text: Text) -> Iterator[Row]:
    """A line for each point of both charts: median, band, the median in float64, and how many seeds have no logarithm."""
    quantiles = {name: text("prints.quantile", share=share) for name, share in _QUANTILES.items()}
    heads = [
        text(f"prints.{name}") for name in ("network", "chart", "place", "median", "median_double", "zeros", "infinite")
    ]
    yield (*heads[:3], quantiles["low"], heads[3], quantiles["high"], *heads[4:])
    blocks = range(1, norms.settings.depth + 1)
    charts = {
        "weights": {"blocks": ("blocks_title", blocks), "first_block": ("depths_title", norms.settings.depths)},
        "signals": {"activations": ("forward_title", blocks), "backward": ("backward_title", blocks)},
    }[view]
    for part, (title, places) in charts.items():
        for kind in _NETWORKS:
            for row in _list_flow(getattr(norms, kind), getattr(norms, f"{kind}_double"), part, places):
                chart = text(f"gradient_flow.{title}", depth=norms.settings.depth)
                yield (text(f"gradient_flow.{kind}"), chart, *row)


def _list_flow(flow: Flow, double: Flow, part: str, places: Sequence[int]) -> Iterator[Row]:
    spread, exact = compute_spread(getattr(flow, part)), compute_spread(getattr(double, part))
    columns = (spread.low, spread.median, spread.high, exact.median, spread.num_zero, spread.num_not_finite)
    yield from zip(places, *(column.tolist() for column in columns), strict=True)


def _list_jacobians(jacobians: Jacobians | ConvJacobians, text: Text) -> Iterator[Row]:
    yield [text(f"prints.{name}") for name in ("network", "chart", "singular_value", "place", "value")]
    for part in ("blocks", "stacks"):
        for kind in _NETWORKS:
            for name, (places, values) in list_lines(getattr(jacobians, kind), part, jacobians.settings).items():
                named = text(f"gradient_flow.{kind}"), text(f"gradient_flow.jacobian_{part}")
                yield from ((*named, text(f"gradient_flow.jacobian_{name}"), *pair) for pair in zip(places, values))


# ---- after training -----------------------------------------------------------------------------------------------


def _print_degradation(text: Text) -> list[Print]:
    try:
        curves = read_curves(load_results())
    except CheckpointError:  # the classifier's tab says so
        return []
    if not curves:
        return []
    makes = [partial(draw_degradation, curves, error, text) for error in ("train_error", "validation_error")]

    def rows() -> Iterator[Row]:
        low, high = text("prints.low"), text("prints.high")
        yield [
            text("prints.network"), text("learning.depth"), text("classifier.axis_epoch"),
            *(each for error in COUNTED for each in (text(f"gradient_flow.axis_{error}"), low, high)),
        ]  # fmt: skip
        for curve in curves:
            for epoch, errors in enumerate(zip(*(getattr(curve, error) for error in COUNTED), strict=True), start=1):
                bounds = [
                    100 * each
                    for error, count in zip(errors, COUNTED.values(), strict=True)
                    for each in (error, *compute_interval(error, count))
                ]
                yield (text(f"gradient_flow.degradation_{curve.kind}"), curve.depth, epoch, *bounds)

    said = describe_degradation(curves, text)
    draw = partial(_draw, makes=makes)
    title, setting = text("gradient_flow.degradation_title"), caption_degradation(curves, text)
    return [Print("degradation", title, draw, rows, setting, said, (10.0, 4.6))]


def _print_removal(way: str, gone: list[str], text: Text) -> list[Print]:
    removals = load_removals()
    if not removals:
        return []
    way = check_choice("gradient_flow.removal_way", way, WAYS)
    ordered = name_pairs([(text("gradient_flow.removal_way"), text(f"gradient_flow.removal_way_{way}"))], text)
    seeds, count = [*map(str, SEEDS)], min(each.whole.count for each in removals.values())
    about = text("gradient_flow.removal_about", images=f"{count:,}", orders=len(seeds), seeds=seeds)
    said = join_sentences([describe_removals(removals, text), about], text)
    single, by_way = partial(draw_single, removals, text), partial(draw_ordered, removals, way, text)
    prints = [
        Print(
            "removal_single", text("prints.removal_single_title"), partial(_draw, makes=[single]),
            partial(_list_single, removals, text), text("prints.removal_dotted"), said, _ONE,
        ),
        Print(
            "removal_order", text("prints.removal_order_title"), partial(_draw, makes=[by_way]),
            partial(_list_orders, removals, text), ordered, join_sentences([describe_order(removals, way, text), about], text), _ONE,
        ),
    ]  # fmt: skip
    return [
        *prints,
        *_print_cuts(check_blocks(gone, list_blocks(next(iter(removals)))), removals, text),
        *_print_ensemble(text),
    ]


def _print_cuts(gone: tuple[str, ...], removals: Mapping[str, Removal], text: Text) -> list[Print]:
    """The maps of networks without the chosen blocks, if the page shows them."""
    cuts = [recall(measure_cut, name, gone, SAMPLE) for name in removals]
    found = [each for each in cuts if isinstance(each, Cut)]
    if not gone or len(found) < len(cuts):
        return []
    maps = list_cut_maps(found, text)
    said = describe_cuts(found, gone, len(load_sample().images), text)
    setting = name_pairs([(text("gradient_flow.removal_blocks"), ", ".join(map(name_block, gone)))], text)
    rows = partial(list_cells, maps, name_cells(text))
    draw = partial(draw_map_rows, maps=maps, columns=6)
    return [
        Print("removal_maps", text("gradient_flow.removal_maps"), draw, rows, setting, said, fit_size(maps, 10.0, 6))
    ]


def _print_ensemble(text: Text) -> list[Print]:
    paths, swaps = load_paths(), load_swaps()
    prints = []
    for name, there, make, said in (
        ("paths", paths, partial(draw_path_lengths, paths, text), describe_paths),
        ("swaps", swaps, partial(draw_swaps, swaps, text), describe_swaps),
    ):
        if there:
            rows = partial(_list_of, make, text)
            draw = partial(_draw, makes=[make])
            prints.append(Print(name, text(f"prints.{name}_title"), draw, rows, "", said(there, text), _ONE))
    return prints


def _list_of(make: Callable[[], go.Figure], text: Text) -> Iterator[Row]:
    """The points of one chart."""
    chart = make()
    titles = chart.layout.xaxis.title.text, chart.layout.yaxis.title.text
    yield from list_points(chart, (text("prints.line"), *titles))


def _list_single(removals: Mapping[str, Removal], text: Text) -> Iterator[Row]:
    yield text("prints.network"), text("gradient_flow.removal_axis_block"), text("gradient_flow.removal_axis_accuracy")
    for name, removal in removals.items():
        title = text.title(MODELS[name].title)
        yield title, "", 100 * removal.whole.accuracy
        yield from ((title, name_block(path), 100 * score.accuracy) for path, score in removal.single.items())


def _list_orders(removals: Mapping[str, Removal], text: Text) -> Iterator[Row]:
    """All orders, so that the median and the band can be taken again."""
    yield [
        text("prints.network"), text("gradient_flow.removal_way"), text("prints.seed"),
        text("gradient_flow.removal_axis_gone"), text("gradient_flow.removal_axis_accuracy"),
    ]  # fmt: skip
    for name, removal in removals.items():
        for order, scores in removal.ordered.items():
            way = next(way for way in WAYS if order.startswith(way))
            named = text.title(MODELS[name].title), text(f"gradient_flow.removal_way_{way}"), order.removeprefix(way)
            yield from ((*named, count, 100 * score.accuracy) for count, score in enumerate(scores))


# ---- while they learn ---------------------------------------------------------------------------------------------


def _print_learning(depth: int | None, normalisation: str, statistic: str, text: Text) -> list[Print]:
    courses = load_courses()
    if not courses:
        return []
    depth = max(net.depth for net in courses) if depth is None else depth
    depth, normalised, statistic = read_choice(depth, normalisation, statistic)
    seeds = {kind: pick(courses, kind, depth, normalised) for kind in KINDS}
    if not any(seeds.values()):
        return []
    way = text(f"learning.normalisation_{normalisation}")
    pairs = [(text("learning.depth"), depth), (text("learning.normalisation"), way)]
    said = "\n".join(say(courses, depth, normalised, text) for say in (describe_learning, describe_facts))
    curves = [partial(draw_curves, courses, depth, normalised, what, text) for what in ("loss", "validation_error")]
    named = (text("learning.statistic"), text(f"learning.statistic_{statistic}"))

    def list_curves() -> Iterator[Row]:
        yield [
            text("prints.network"), text("prints.seed"), text("learning.axis_steps"), text("learning.axis_loss"),
            text("learning.axis_validation_error"),
        ]  # fmt: skip
        for kind, each in ((kind, each) for kind, all_seeds in seeds.items() for each in all_seeds):
            for step, loss, error in zip(each.steps, each.loss.tolist(), each.validation_error.tolist()):
                yield (
                    text(f"learning.kind_{kind}"),
                    each.net.seed,
                    step,
                    loss,
                    100 * error if math.isfinite(error) else None,
                )

    def list_blocks_of() -> Iterator[Row]:
        yield [text("prints.network"), *(text(f"learning.axis_{axis}") for axis in ("steps", "block")), named[1]]
        for kind, all_seeds in seeds.items():
            for each in all_seeds[:1]:
                for step, row in zip(each.steps, each.per_block[statistic].tolist(), strict=True):
                    yield from (
                        (text(f"learning.kind_{kind}"), step, block, value) for block, value in enumerate(row, 1)
                    )

    pictures = partial(
        _draw_statistic, make=partial(draw_statistic, courses, depth, normalised, statistic, text), name=named[1]
    )
    about = f"{text(f'learning.about_{statistic}')}\n{said}"
    return [
        Print(
            "learning", text("prints.learning_title"), partial(_draw, makes=curves), list_curves,
            name_pairs(pairs, text), said, _TWO,
        ),
        Print(
            "learning_blocks", text("prints.learning_blocks_title"), pictures, list_blocks_of,
            name_pairs([*pairs, named], text), about, (10.0, 4.4),
        ),
    ]  # fmt: skip


def _draw_statistic(figure: FigureBase, make: Callable[[], Mapping[str, go.Figure]], name: str) -> None:
    """Both kinds of network side by side, on one scale."""
    charts = list(make().values())
    for chart in charts:
        chart.update_traces(colorbar_title_text=name)
    draw_charts(figure, [partial(go.Figure, chart) for chart in charts])


def _print_training(run: Run | None, text: Text) -> list[Print]:
    """The curves of the training that the reader began."""
    progress = run.job.training.progress() if isinstance(run, Run) else None
    if progress is None or not progress.step:
        return []
    makes = [partial(_turn, chart) for chart in list_charts(progress, text)]
    pairs = [
        (text(f"live.{name}"), getattr(progress.settings, name))
        for name in ("network", "learning_rate", "momentum", "epochs", "seed")
    ]
    draw, rows = partial(_draw, makes=makes), partial(_list_training, progress, text)
    said = describe_training(progress, text)
    return [Print("training", text("live.title"), draw, rows, name_pairs(pairs, text), said, (12.0, 4.2))]


def _list_training(progress: Progress, text: Text) -> Iterator[Row]:
    yield text("prints.chart"), text("prints.line"), text("prints.place"), text("prints.value")
    for chart in list_charts(progress, text):
        for line in chart.lines:
            yield from ((chart.y_title, line.name, *point) for point in line.points)


def _turn(chart: Chart) -> go.Figure:
    """A chart that streams as one of plotly's; a second network differs by its dashes as well."""
    ends = [math.log10(each) for each in chart.y_range] if chart.is_log else chart.y_range
    y_axis = {"range": ends, "type": "log" if chart.is_log else "linear"}
    figure = new_figure(chart.x_title, chart.y_title, xaxis={"range": chart.x_range}, yaxis=y_axis)
    for line in chart.lines:
        places, values = zip(*line.points, strict=True) if line.points else ((), ())
        figure.add_scatter(
            x=places, y=values, name=line.name, mode="lines+markers" if line.about else "lines", marker={"size": 6},
            line={"color": line.colour, "width": line.width, "dash": "dot" if line.is_dotted else "solid"},
        )  # fmt: skip
    return figure
