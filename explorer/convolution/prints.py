"""The figures of the convolution tab that people take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch

from explorer.convolution.figures import (
    choose_sentence,
    describe_shift,
    is_bright,
    list_pooling_maps,
    say_factor,
)
from explorer.convolution.kernels import PRESETS
from explorer.convolution.maths import Experiment, ParameterCount, compute_pooling, pad_map
from explorer.convolution.measure_ways import load_growth
from explorer.convolution.section_prints import print_section
from explorer.convolution.session import (
    LEARNED,
    SIDES,
    Layers,
    Settings,
    bring_back,
    choose_kernel,
    find_shift,
    read_layers,
    read_pool_size,
    read_state,
    run,
    shift_over_samples,
    thaw,
)
from explorer.convolution.told import Section, read_told
from explorer.convolution.ways_figures import draw_growth
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.page.canvas import Map, format_number, make_sheet
from explorer.page.style import ROLES
from explorer.prints.axes import set_log
from explorer.prints.charts import draw_charts, list_points
from explorer.prints.pictures import draw_map_rows, fit_size, list_cells
from explorer.prints.records import Print, Row
from explorer.prints.words import name_cells, name_pairs
from explorer.text import Text, join_words, text_in

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Pair = tuple[str, object]  # a name and its value

_FILTERS_IN_A_ROW = 8
_WIDE = 9.0  # inches


def gather_prints(*, kernel, language: str, told: object = None, **values) -> list[Print]:
    """The figures for what is set: from the results that the session remembers, from what the page told, and from what was measured.

    Args:
        kernel: the chosen one.
        language: of the words.
        told: of the page, see `told.read_told`; None where there is none.
        **values: those of `Settings`.

    Raises:
        InputError: there is nothing to convolve, and the page shows nothing else.
    """
    text, shown = text_in(language), read_told(told)
    try:
        prints, above = _print_stage(kernel, values, shown.cell, text)
        sections = shown.sections
    except InputError:
        prints, above = [], []
        sections = tuple(each for each in shown.sections if not each.is_of_screen)
        if not sections:
            raise
    told_prints = [print_section(each, _say_above(each, above), text) for each in sections]
    return [*prints, *told_prints, _print_ways(text)]


def _say_above(section: Section, pairs: list[Pair]) -> list[Pair]:
    """What of the setting of the stage matters to a section: all of it, the picture and the kernel, or the picture alone."""
    if not section.is_of_screen:
        return []
    return pairs[: {"learn": 1, "shifts": 2}.get(section.name, len(pairs))]


def _print_stage(
    kernel: str, values: Mapping, cell: tuple[int, int] | None, text: Text
) -> tuple[list[Print], list[Pair]]:
    """The figures of the picture, the kernel and the sections below that the server computes; names and values of what is set."""
    cells, filters, _ = choose_kernel(kernel, values["cells"])
    settings = Settings(**{**values, "cells": cells})
    state = read_state(settings)
    experiment = run(state)
    pairs = list_setting(kernel, settings, experiment, text)
    setting, said = name_pairs(pairs, text), choose_sentence(experiment, text)
    maps = list_maps(experiment, bring_back(state) if state.transposed else None, text)
    prints = [
        Print(
            "maps",
            text("prints.experiment_title"),
            partial(draw_map_rows, maps=maps),
            _cells(maps, text),
            setting,
            said,
            fit_size(maps, _WIDE),
        ),
        _print_window(experiment, cell, setting, text),
    ]
    if filters is not None:
        prints.append(_print_filters(filters, kernel, text))
    size = read_pool_size(settings, state)
    picture = thaw(state.picture)
    pooled = list_pooling_maps(picture, compute_pooling(picture, size), text)
    prints.append(
        Print(
            "pooling", text("convolution.pooling"), partial(draw_map_rows, maps=pooled), _cells(pooled, text),
            name_pairs([(text("convolution.pool_size"), f"{size} × {size}")], text),
            describe_shift(find_shift(state.picture, size), shift_over_samples(size), text), fit_size(pooled, _WIDE),
        )
    )  # fmt: skip
    return [*prints, _print_counts(read_layers(settings, state), text)], pairs


def list_setting(kernel: str, settings: Settings, experiment: Experiment, text: Text) -> list[Pair]:
    """The picture, the kernel and how it moves: names and values."""
    height, width = experiment.picture.shape
    moves = experiment.moves
    named = dict.fromkeys([_name_source(settings, text), f"{height} × {width}"])  # one picture is named after its size
    pairs: list[Pair] = [
        (text("convolution.source"), join_words(named, text)),
        (text("terms.kernel"), _name_kernel(kernel, text)),
        *((text(f"terms.{name}"), say_sides(name, getattr(moves, name), text)) for name in SIDES),
    ]
    if any(moves.padding):
        pairs.append((text("convolution.mode"), text(f"convolution.mode_{moves.mode}")))
    if experiment.flip:
        pairs.append((text("convolution.flip"), "✓"))
    return pairs


def say_sides(name: str, numbers: Sequence[int], text: Text) -> str:
    """One number where all sides have the same, else each side with its own, as `describeSides` of playground.js says it.

    >>> say_sides("padding", (1, 1, 1, 1), text_in("en")), say_sides("stride", (2, 1), text_in("en"))
    ('1', 'down 2, right 1')
    """
    if len(set(numbers)) == 1:
        return str(numbers[0])
    sides, *_ = SIDES[name]
    return join_words((f"{text(f'convolution.side_{side}')} {number}" for side, number in zip(sides, numbers)), text)


def list_maps(experiment: Experiment, back: torch.Tensor | None, text: Text) -> list[Map]:
    """Input with its padding, kernel, result and, where it is asked for, the transposed convolution of the result."""
    moves, result = experiment.moves, experiment.comparison.torch_result
    top, _, left, _ = moves.padding
    height, width = experiment.picture.shape
    is_padded = any(moves.padding)
    frame = [(top, left, top + height, left + width, "input")] if is_padded else []
    size_key = "convolution.size_padded" if is_padded else "convolution.size"
    limit = float(result.abs().max()) or 1.0
    look = {"scale": "grey", "limit": max(1.0, limit)} if is_bright(experiment) else {"scale": "signed", "limit": limit}
    maps = [
        Map(
            pad_map(experiment.picture, moves.padding, moves.mode), text("convolution.map_input"),
            text(size_key, height=height, width=width, padding=say_sides("padding", moves.padding, text)), scale="grey", boxes=frame,
        ),
        Map(experiment.kernel, text("convolution.map_kernel"), _say_size(experiment.kernel, text), numbers=True),
        Map(result, text("convolution.map_result"), _say_size(result, text), **look),
    ]  # fmt: skip
    if back is not None:
        scale = "grey" if is_bright(experiment) else "signed"
        limit = float(back.abs().max()) or 1.0
        maps.append(Map(back, text("convolution.map_back"), _say_size(back, text), scale=scale, limit=limit))
    return maps


def _say_size(values: torch.Tensor, text: Text) -> str:
    return text("convolution.size", height=values.shape[0], width=values.shape[1])


def _name_source(settings: Settings, text: Text) -> str:
    if settings.source == "sample":
        return join_words([text("convolution.source_sample"), f"{text('terms.sample')} {settings.sample}"], text)
    return text(f"convolution.source_{settings.source}")


def _name_kernel(kernel: str, text: Text) -> str:
    if kernel in PRESETS:
        return text(f"convolution.kernel_{kernel}")
    if kernel in LEARNED:
        return text("convolution.learned", model=MODELS[kernel].title)
    return text("convolution.kernel_own")


def _cells(maps: list[Map], text: Text):
    return partial(list_cells, maps, name_cells(text))


def _print_window(experiment: Experiment, cell: tuple[int, int] | None, setting: str, text: Text) -> Print:
    """The window of the chosen cell, or else of the strongest, the kernel, and the products that add up to it."""
    result = experiment.comparison.torch_result
    is_chosen = cell is not None and cell[0] < result.shape[0] and cell[1] < result.shape[1]
    row, column = cell if cell is not None and is_chosen else divmod(int(result.abs().argmax()), result.shape[1])
    kernel = experiment.kernel
    window = cut_window(experiment, row, column)
    products = window * kernel
    total = float(result[row, column])
    place = text("convolution.cell", row=row, column=column)
    maps = [
        Map(window, text("prints.window"), place, scale="grey", limit=max(1.0, float(window.max())), numbers=True),
        Map(kernel, text("convolution.map_kernel"), text("prints.times"), numbers=True),
        Map(products, text("prints.products"), text("prints.sum", sum=format_number(total)), numbers=True),
    ]

    def rows() -> Iterator[Row]:
        yield (*name_cells(text)[1:3], text("prints.window"), text("convolution.map_kernel"), text("prints.products"))
        for index in torch.cartesian_prod(*(torch.arange(side) for side in window.shape)).tolist():
            yield (*index, *(float(each[tuple(index)]) for each in (window, kernel, products)))

    key = "window_chosen" if is_chosen else "window"
    said = text(f"prints.{key}_about", row=row, column=column, sum=format_number(total))
    title = text(f"prints.{key}_title")
    return Print("window", title, partial(draw_map_rows, maps=maps), rows, setting, said, fit_size(maps))


def cut_window(experiment: Experiment, row: int, column: int) -> torch.Tensor:
    """(kH, kW) pixels below the kernel for one cell of the result."""
    moves = experiment.moves
    padded = pad_map(experiment.picture, moves.padding, moves.mode)
    down, right = (
        slice(place * stride, place * stride + dilation * (side - 1) + 1, dilation)
        for place, stride, dilation, side in zip(
            (row, column), moves.stride, moves.dilation, experiment.kernel.shape, strict=True
        )
    )
    return padded[down, right]


def _print_filters(filters: torch.Tensor, kernel: str, text: Text) -> Print:
    title = _name_kernel(kernel, text)
    sheet = Map(
        make_sheet(filters, min(len(filters), _FILTERS_IN_A_ROW)),
        "",
        text("prints.filters", count=len(filters)),
        numbers=False,
    )

    def rows() -> Iterator[Row]:
        yield (text("prints.filter"), *name_cells(text)[1:])
        for (number, row, column), value in zip(
            torch.cartesian_prod(*(torch.arange(side) for side in filters.shape)).tolist(), filters.flatten().tolist()
        ):
            yield number, row, column, value

    return Print("filters", title, partial(draw_map_rows, maps=[sheet]), rows, "", "", fit_size([sheet]))


def _print_counts(layers: Layers, text: Text) -> Print:
    conv, linear = layers.conv, layers.linear
    named = [
        (text("convolution.row_conv", in_channels=layers.in_channels, out_channels=layers.out_channels), conv),
        (
            text(
                "convolution.row_linear",
                in_features=f"{layers.in_channels * layers.side**2:,}",
                out_features=f"{layers.out_channels * layers.side**2:,}",
            ),
            linear,
        ),
    ]
    heads = [text(f"convolution.head_{name}") for name in ("layer", "weights", "biases", "total")]
    said = text("convolution.look_parameters", factor=say_factor(linear.total / conv.total), side=layers.side)
    rows = partial(list, [heads, *((name, count.weights, count.biases, count.total) for name, count in named)])
    draw = partial(_draw_counts, named=named, text=text)
    return Print("parameters", text("convolution.parameters"), draw, rows, "", said, (8.0, 2.4))


def _print_ways(text: Text) -> Print:
    """The times of ways to compute a convolution, as they were measured once."""
    growth = load_growth()
    chart = partial(draw_growth, growth, text)
    about = text("ways.about", processor=growth["machine"]["processor"], torch=growth["machine"]["torch"])
    return Print(
        "ways",
        text("ways.title"),
        lambda figure: draw_charts(figure, [chart]),
        lambda: list_points(chart(), (text("prints.line"), text("ways.axis_kernel"), text("ways.axis_time"))),
        "",
        about,
        (8.0, 4.2),
    )


def _draw_counts(figure: FigureBase, named: list[tuple[str, ParameterCount]], text: Text) -> None:
    """Two bars on a logarithmic axis, each with its number."""
    axes = figure.subplots()
    bars = axes.barh(
        [name for name, _ in named],
        [count.total for _, count in named],
        color=[ROLES["conv"], ROLES["linear"]],
        height=0.6,
    )
    bars[1].set_hatch("////")
    axes.bar_label(bars, [f"{count.total:,}" for _, count in named], padding=4)
    set_log(axes, "x")
    axes.set_xlabel(text("prints.parameters_axis"))
    axes.invert_yaxis()
    axes.margins(x=0.2)
