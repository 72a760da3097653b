"""The wing's pictures: slabs that flow from the image to the classes, and the table of layers. Both are HTML.

A slab's height and depth are the map's height and width in pixels, its thickness grows with the logarithm of its
channels; a vector is a flat bar whose length grows with the logarithm of its features.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import log2
from urllib.parse import quote

from explorer.models.trace import Layer, Shape, Trace
from explorer.page.style import ROLES
from explorer.shapes.edit import Broken
from explorer.shapes.maths import (
    BLOCK_ROLES,
    Stage,
    Step,
    is_global_average,
    mult_adds_arithmetic,
    order_axes,
    output_arithmetic,
    params_arithmetic,
    write_bytes,
    write_csv,
    write_shape,
)
from explorer.text import Text

STYLED = "shapes-figures"  # class of what figures.css is for

# Geometry of the flow, in px of a picture that is _WIDTH wide.
_WIDTH = 940
_LEFT = 104  # room for the names of the rows
_MAP_HEIGHT = 104  # of the largest map
_SKEW = (0.42, 0.26)  # how far a pixel of width moves right and up
_GAP = 5  # between the blocks of a stage
_DIGIT = 9.5  # width of a character of a label
_TITLE, _REPEATS = 15, 33  # baselines of the two lines of a heading


@dataclass(frozen=True)
class _Column:
    """One stage as it is drawn; the image itself is a column without a stage."""

    title: str
    repeats: str
    shape: Shape
    steps: tuple[Step, ...]
    role: str
    stage: Stage | None
    broken: Broken | None = None


def draw_flow(trace: Trace, stages: Sequence[Stage], text: Text, broken: Broken | None = None) -> str:
    """The picture: one column a stage, with its share of the parameters and of the multiply-adds below.

    Args:
        trace: the walk.
        stages: its layers gathered.
        text: sentences of the page's language.
        broken: the layer at which the image gets stuck, drawn last.

    Returns:
        HTML that holds one SVG and its legend.
    """
    columns = _columns(trace, stages, text, broken)
    scale = _MAP_HEIGHT / max(trace.input_shape[1], _tallest(trace))
    squeeze = _fitting_squeeze(columns, scale)
    widths = [_column_width(column, scale, squeeze) for column in columns]
    spare = max(0.0, (_WIDTH - _LEFT - sum(widths)) / len(columns))
    total_width = max(_WIDTH, _LEFT + sum(widths))
    top = (_REPEATS if any(column.repeats for column in columns) else _TITLE) + 8
    base = top + _MAP_HEIGHT * (1 + _SKEW[1])
    parts, x = [], float(_LEFT)
    for column, width in zip(columns, widths):
        parts.append(_draw_column(column, x, width + spare, base, scale, squeeze, trace, text))
        x += width + spare
    rows = _row_names(top, base, text)
    height = base + 84
    label = escape(text("shapes.flow_label", first=write_shape(trace.input_shape), last=write_shape(columns[-1].shape)))
    # A network that is too long for the page scrolls rather than shrinks.
    least = f' style="min-width:{0.9 * total_width:.0f}px"' if total_width > 1.15 * _WIDTH else ""
    svg = (
        f'<svg class="flow" viewBox="0 0 {total_width:.0f} {height:.0f}" role="group" aria-label="{label}"{least}>'
        f"{rows}{''.join(parts)}</svg>"
    )
    return f'<div class="flow-scroll">{svg}</div>{_legend(columns, text)}'


def _columns(trace: Trace, stages: Sequence[Stage], text: Text, broken: Broken | None) -> list[_Column]:
    columns = [_Column(text("shapes.image"), "", trace.input_shape, (), "input", None)]
    for stage in stages:
        step = stage.steps[0]
        title = stage.name.split(".")[-1] if stage.is_group else text(f"shapes.short_{_short_kind(step)}")
        repeats = _count_parts(stage, text) if stage.is_group else ""
        columns.append(_Column(title, repeats, stage.output_shape, stage.steps, step.role, stage))
    if broken is not None:
        shape = broken.input_shapes[0] if broken.input_shapes else columns[-1].shape
        columns.append(_Column(f"⚠ {broken.kind}", "", shape, (), "broken", None, broken))
    return columns


def _count_parts(stage: Stage, text: Text) -> str:
    if stage.is_blocks:
        return text("shapes.blocks", count=len(stage.steps))
    return text("shapes.step_layers", count=sum(len(step.layers) for step in stage.steps))


def _short_kind(step: Step) -> str:
    layer = step.layers[0]
    if is_global_average(layer):
        return "global_pool"
    if step.role == "other":
        return "flatten" if len(step.output_shape) == 1 else "other"
    return step.role


def _tallest(trace: Trace) -> int:
    shapes = (order_axes(layer) for layer in trace.layers)
    return max((shape[1] for shape in shapes if len(shape) == 3), default=1)


def _size(shape: Shape, scale: float, squeeze: float) -> tuple[float, float, float, float]:
    """Thickness, height, and shift of the far edge to the right and up, in px."""
    if len(shape) != 3:  # a row of features, or of tokens with their features
        return 7.0, 16 + 8 * log2(shape[-1] + 1), 0.0, 0.0
    channels, height, width = shape
    thickness = max(2.5, 3.2 * log2(channels + 1) * squeeze)
    return thickness, max(3.0, height * scale), max(2.0, width * scale * _SKEW[0]), max(1.3, width * scale * _SKEW[1])


def _slab_shapes(column: _Column) -> list[Shape]:
    return [step.drawn_shape for step in column.steps] or [column.shape]


def _slabs_width(column: _Column, scale: float, squeeze: float) -> float:
    sizes = [_size(shape, scale, squeeze) for shape in _slab_shapes(column)]
    return sum(size[0] + _GAP * squeeze for size in sizes) - _GAP * squeeze + max(size[2] for size in sizes)


def _column_width(column: _Column, scale: float, squeeze: float) -> float:
    words = max(len(write_shape(column.shape)), _text_length(column.title), _text_length(column.repeats))
    return max(_slabs_width(column, scale, squeeze) + 6, words * _DIGIT + 6, 50)


def _text_length(words: str) -> float:
    """Length in digits' widths; a Chinese character is about twice as wide."""
    return sum(1.0 if ord(character) < 0x2E80 else 1.9 for character in words)


def _fitting_squeeze(columns: Sequence[_Column], scale: float) -> float:
    """How thin slabs must be drawn for the whole network to fit the width."""
    for percent in range(100, 4, -5):
        if _LEFT + sum(_column_width(column, scale, percent / 100) for column in columns) <= _WIDTH:
            return percent / 100
    return 0.05


def _draw_column(column, x, width, base, scale, squeeze, trace: Trace, text: Text) -> str:
    middle = x + width / 2
    if column.broken is not None:
        return _draw_break(column, middle, width, base, text)
    parts = [
        _words(middle, _TITLE, column.title, "title"),
        _words(middle, _REPEATS, column.repeats, "muted"),
        _draw_slabs(column, middle, base, scale, squeeze, text),
        _words(middle, base + 23, write_shape(column.shape), "shape"),
    ]
    if column.stage is not None:
        shares = (column.stage.num_params, trace.num_params), (column.stage.mult_adds, trace.mult_adds)
        for row, (part, whole) in enumerate(shares):
            parts.append(_draw_share(middle, base + 48 + 26 * row, part, whole, column.role))
    layers = [layer for step in column.steps for layer in step.layers]
    chosen = f' class="column" tabindex="0" role="button"{_names(layers)}' if layers else ""
    return f"<g{chosen}><title>{escape(_hover(column, text))}</title>{''.join(parts)}</g>"


def _draw_break(column: _Column, middle: float, width: float, base: float, text: Text) -> str:
    """A dashed box instead of the slab that cannot be: what it wants and what it gets."""
    broken, top = column.broken, base - _MAP_HEIGHT
    side = min(width - 8, 84)
    names = f' data-layers=" {escape(broken.name)} "'
    words = (_words(middle, _TITLE, column.title, "title"), _words(middle, base + 23, text("shapes.stuck"), "title"))
    return (
        f'<g class="column broken" tabindex="0" role="button"{names}><title>{escape(broken.name)}</title>'
        f"{''.join(words)}"
        f'<rect x="{middle - side / 2:.1f}" y="{top:.1f}" width="{side:.1f}" height="{_MAP_HEIGHT}" rx="4"/>'
        f'<path d="M{middle - 13:.1f},{top + 39:.1f}l26,26m0,-26l-26,26"/></g>'
    )


def _names(layers: Iterable[Layer]) -> str:
    """The attribute by which rows.js finds what stands for a layer."""
    return f' data-layers=" {escape(" ".join(layer.name for layer in layers))} "'


def _draw_slabs(column: _Column, middle, base, scale, squeeze, text: Text) -> str:
    x = middle - _slabs_width(column, scale, squeeze) / 2
    parts, arcs = [], []
    for shape, step in zip(_slab_shapes(column), column.steps or [None]):
        thickness, height, right, up = _size(shape, scale, squeeze)
        top = base - (_MAP_HEIGHT + height) / 2
        role = step.role if step is not None else column.role
        slab = _draw_slab(x, top, thickness, height, right, up, ROLES[role])
        parts.append(f"<g{_names(step.layers)}>{slab}</g>" if step is not None else slab)
        if step is not None and step.role == "residual":
            arcs.append(_draw_shortcut(x + thickness / 2, top + height, thickness + _GAP * squeeze, step.changes_shape))
        x += thickness + _GAP * squeeze
    return "".join(parts) + "".join(arcs)


def _draw_slab(x, top, thickness, height, right, up, colour: str) -> str:
    """Front, top and side of a box seen from the left, the near edge at the left."""
    if right == 0:
        return f'<rect x="{x:.1f}" y="{top:.1f}" width="{thickness:.1f}" height="{height:.1f}" fill="{colour}" rx="1"/>'
    edge = x + thickness
    front = f"M{x:.1f},{top:.1f}h{thickness:.1f}v{height:.1f}h{-thickness:.1f}z"
    lid = f"M{x:.1f},{top:.1f}l{right:.1f},{-up:.1f}h{thickness:.1f}l{-right:.1f},{up:.1f}z"
    side = f"M{edge:.1f},{top:.1f}l{right:.1f},{-up:.1f}v{height:.1f}l{-right:.1f},{up:.1f}z"
    return (
        f'<g class="slab" fill="{colour}"><path d="{front}"/><path d="{lid}"/><path d="{lid}" class="light"/>'
        f'<path d="{side}"/><path d="{side}" class="lighter"/></g>'
    )


def _draw_shortcut(x, y, reach, changes_shape: bool) -> str:
    """A little arc below a block: from what comes in to what goes out."""
    kind = "shortcut changes" if changes_shape else "shortcut"
    bow = f"q{reach / 2:.1f},{min(11.0, reach):.1f} {reach:.1f},0"
    return f'<path class="{kind}" d="M{x - reach:.1f},{y + 3:.1f}{bow}"/>'


def _draw_share(middle, y, part: int, whole: int, role: str) -> str:
    if part == 0:
        return _words(middle, y, "–", "muted")
    length = 48 * part / whole
    return (
        _words(middle, y, _percent(part, whole), "share")
        + f'<rect class="track" x="{middle - 24:.1f}" y="{y + 4:.1f}" width="48" height="4"/>'
        + f'<rect x="{middle - 24:.1f}" y="{y + 4:.1f}" width="{length:.1f}" height="4" fill="{ROLES[role]}"/>'
    )


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return "<1%" if share < 0.5 else f"{share:.0f}%"


def _row_names(top: float, base: float, text: Text) -> str:
    """At the left: what the slabs' sides mean, and the names of the rows below them."""
    scales = [(top + 44 + 18 * line, f"scale_{line + 1}") for line in range(4)]
    rows = (*scales, (base + 23, "column_output"), (base + 48, "column_params"), (base + 74, "column_mult_adds"))
    names = ((y, escape(text(f"shapes.{key}"))) for y, key in rows)
    return "".join(f'<text class="row-name" x="0" y="{y:.1f}">{name}</text>' for y, name in names)


def _words(x, y, words: str, css_class: str) -> str:
    return f'<text class="{css_class}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>' if words else ""


def _hover(column: _Column, text: Text) -> str:
    if column.stage is None:
        return text("shapes.hover_image", shape=write_shape(column.shape))
    return text(
        "shapes.hover",
        name=column.stage.name,
        shape=write_shape(column.shape),
        params=f"{column.stage.num_params:,}",
        mult_adds=f"{column.stage.mult_adds:,}",
    )


def _legend(columns: Sequence[_Column], text: Text) -> str:
    roles = list(dict.fromkeys(step.role for column in columns for step in column.steps))
    return (
        '<p class="flow-legend">'
        + "".join(
            f'<span><i style="background:{ROLES[role]}"></i>{escape(text(f"shapes.role_{role}"))}</span>'
            for role in roles
        )
        + "</p>"
    )


def draw_totals(trace: Trace, claim: str, csv_name: str, text: Text, broken: Broken | None = None) -> str:
    """The sums of the columns, what the tutorial claims, and the table as a file.

    The file travels inside the link, so that it always holds what the page shows.

    Args:
        trace: the walk.
        claim: a sentence on the tutorial's count, or "".
        csv_name: name of the file.
        text: sentences of the page's language.
        broken: the layer at which the image gets stuck: then the sums are those up to it.
    """
    numbers = (
        ("column_params", trace.num_params),
        ("column_mult_adds", trace.mult_adds),
        ("layers", len(trace.layers)),
    )
    rows = "".join(f"<dt>{escape(text(f'shapes.{key}'))}</dt><dd>{number:,}</dd>" for key, number in numbers)
    note = f'<p class="claim">{escape(claim)}</p>' if claim else ""
    note = f'<p class="claim">{escape(text("shapes.so_far"))}</p>' if broken is not None else note
    table = f"data:text/csv;charset=utf-8,{quote(write_csv(trace))}"
    words = escape(text("shapes.download"))
    link = f'<a class="text-button" download="{escape(csv_name)}" href="{table}">{words}</a>'
    return f'<dl class="totals">{rows}</dl>{note}{link}'


def draw_beside(networks: Sequence[tuple[str, Trace]], text: Text) -> str:
    """Several networks beside each other, one in a row, each at the image that it was handed over with, as HTML.

    Args:
        networks: title and layers of each.
        text: sentences of the page's language.
    """
    heads = ("network", "column_input", "layers", "column_params", "column_mult_adds", "column_memory")
    first, *others = (escape(text(f"shapes.{key}")) for key in heads)
    body = ""
    for title, trace in networks:
        memory = write_bytes(sum(layer.activation_bytes for layer in trace.layers))
        numbers = (f"{len(trace.layers):,}", f"{trace.num_params:,}", f"{trace.mult_adds:,}", memory)
        cells = "".join(f'<td class="number">{each}</td>' for each in (write_shape(trace.input_shape), *numbers))
        body += f'<tr><td class="name">{escape(title)}</td>{cells}</tr>'
    head = f"<th>{first}</th>" + "".join(f'<th class="number">{each}</th>' for each in others)
    table = f'<table class="cnn-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return (
        f'<h2 class="small-title">{escape(text("shapes.beside"))}</h2><div class="cnn-table-scroll whole">{table}</div>'
    )


def draw_table(
    trace: Trace,
    stages: Sequence[Stage],
    text: Text,
    broken: Broken | None = None,
    edited: Collection[str] = (),
    problem: str = "",
) -> str:
    """One row a layer with the arithmetic below its numbers, and the sums at the end.

    A network that is built of blocks is folded by stage and block.

    Args:
        trace: the walk, up to the layer that breaks.
        stages: its layers gathered.
        text: sentences of the page's language.
        broken: the layer at which the image gets stuck: the last row.
        edited: names of the layers that the reader changed.
        problem: the sentence for the broken row.
    """
    heads = ("column_name", "column_kind", "column_output", "column_params", "column_mult_adds", "column_memory")
    head = "".join(f"<span>{escape(text(f'shapes.{key}'))}</span>" for key in heads)
    is_long = any(stage.is_group for stage in stages)
    body = "".join(_fold_stage(stage, text, edited) if is_long else _rows(stage.steps, edited) for stage in stages)
    body += _broken_row(broken, problem) if broken is not None else ""
    memory = sum(layer.activation_bytes for layer in trace.layers)
    name = text("shapes.total" if broken is None else "shapes.total_so_far")
    total = _sums(name, "", "", trace.num_params, trace.mult_adds, memory)
    return (
        '<div class="layers" tabindex="0" role="region" '
        f'aria-label="{escape(text("shapes.table_label"))}"><div class="line head">{head}</div>{body}'
        f'<div class="line total">{total}</div></div>'
    )


def _rows(steps: Sequence[Step], edited: Collection[str]) -> str:
    return "".join(_row(layer, layer.name in edited) for step in steps for layer in step.layers)


def _row(layer: Layer, edited: bool) -> str:
    cells = (
        f'<span class="name">{escape(layer.name)}</span><span>{escape(layer.kind)}</span>',
        f"<span>{write_shape(layer.output_shape)}{_formula(output_arithmetic(layer))}</span>",
        f"<span>{_count(layer.num_params)}{_sum(params_arithmetic(layer))}</span>",
        f"<span>{_count(layer.mult_adds)}{_sum(mult_adds_arithmetic(layer))}</span>",
        f"<span>{write_bytes(layer.activation_bytes)}</span>",
    )
    mark = ' data-edited=""' if edited else ""
    return f'<div class="line"{mark} tabindex="-1" role="button"{_names([layer])}>{"".join(cells)}</div>'


def _broken_row(broken: Broken, problem: str) -> str:
    return (
        f'<div class="line broken" tabindex="-1" role="button" data-layers=" {escape(broken.name)} ">'
        f'<span class="name">⚠ {escape(broken.name)}</span><span>{escape(broken.kind)}</span>'
        f'<span class="problem-cell">{escape(problem)}</span></div>'
    )


def _fold_stage(stage: Stage, text: Text, edited: Collection[str]) -> str:
    steps = "".join(_fold_step(step, text, edited) for step in stage.steps)
    return _fold(stage.name, _count_parts(stage, text), stage.output_shape, stage, steps) if stage.is_group else steps


def _fold_step(step: Step, text: Text, edited: Collection[str]) -> str:
    if len(step.layers) == 1:
        return _rows([step], edited)
    name = step.name if step.role in BLOCK_ROLES else f"{step.name} – {step.layers[-1].name}"
    kind = text("shapes.step_layers", count=len(step.layers))
    return _fold(name, kind, step.output_shape, step, _rows([step], edited))


def _fold(name: str, kind: str, shape: Shape, part: Stage | Step, inside: str) -> str:
    sums = _sums(name, kind, write_shape(shape), part.num_params, part.mult_adds, part.activation_bytes)
    return f'<details data-fold="{escape(name)}"><summary class="line fold">{sums}</summary>{inside}</details>'


def _sums(name: str, kind: str, shape: str, num_params: int, mult_adds: int, memory: int) -> str:
    name = escape(name).replace(".", ".<wbr>")
    return (
        f'<span class="name">{name}</span><span>{escape(kind)}</span><span>{escape(shape)}</span>'
        f"<span>{_count(num_params)}</span><span>{_count(mult_adds)}</span><span>{write_bytes(memory)}</span>"
    )


def _formula(formula: str) -> str:
    return f"<small>{escape(formula)}</small>" if formula else ""


def _sum(formula: str) -> str:
    """The sum that gives the number above it."""
    return _formula(formula and f"= {formula}")


def _count(number: int) -> str:
    return f"{number:,}" if number else "–"
