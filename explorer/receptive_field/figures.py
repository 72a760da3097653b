"""The pictures of the wing: growth by depth, the field on an image, path counts, tables. Nothing is computed here."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from explorer.models.reach import Change, Reach
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import ACCENT, ROLES, SEQUENTIAL, lighten, new_figure
from explorer.receptive_field.effective import SHARES, EffectiveField
from explorer.receptive_field.maths import (
    CLAIMED_AT_LEAST,
    CLAIMED_DEPTHS,
    FieldBox,
    LayerRow,
    StackSummary,
    compute_field_box,
    find_first_as_wide,
    find_last_local,
    find_unit,
    how_much_is_joined,
)
from explorer.receptive_field.networks import UnitCheck, find_bounds
from explorer.receptive_field.reach import Changes
from explorer.text import Text, join_sentences

CHART_HEIGHT = 390
KIND_ROLES = {"input": "theory", "conv": "conv", "pool": "pool", "transposed": "activation", "global": "linear"}
COMPARISON_COLOURS = (ROLES["kernel"], ROLES["output"], ROLES["theory"])
FIELD_SIDE = 360  # px, greatest side of the picture of the field
MOST_NAMED_TICKS = 8
MOST_LARGE_DOTS = 25


@dataclass(frozen=True)
class Growth:
    """One network's line in the chart: its name for the program, what the reader calls it, and its rows."""

    name: str
    title: str
    rows: Sequence[LayerRow]


def draw_growth(main: Growth, chosen: int, others: Sequence[Growth], text: Text, source: int = 0) -> go.Figure:
    """Size of the field against the layer's number, with the size of what it is seen in as a line.

    Args:
        main: the network that is looked at; the first row is the image.
        chosen: number of the layer to mark.
        others: networks to compare with.
        text: sentences in the page's language.
        source: number of the layer in whose units it is measured, which comes first in `main.rows`; 0 for the image.
    """
    rows = main.rows
    axis = text("receptive_field.axis_size_within" if source else "receptive_field.axis_size", source=rows[0].name)
    figure = new_figure(text("receptive_field.axis_layer"), axis, height=CHART_HEIGHT, hovermode="closest")
    for other, colour in zip(others, COMPARISON_COLOURS):
        figure.add_trace(_growth_line(other, text, color=colour, dash="dot", width=2))
    for line, dash, share in zip(_split_sides(main, text), ("solid", "dash"), (0, 0.45)):
        figure.add_trace(_growth_line(line, text, color=lighten(ACCENT, share), width=3, dash=dash))
    for kind, role in KIND_ROLES.items():
        numbers = [number for number, row in enumerate(rows) if row.kind == kind]
        if numbers:
            dots = _layer_dots(numbers, _heights(rows), chosen, ROLES[role])
            figure.add_trace(dots.update(name=text(f"receptive_field.kind_{kind}")))
    image_size = rows[0].num_units
    figure.add_hline(
        y=image_size,
        line={"color": ROLES["theory"], "width": 2, "dash": "dash"},
        annotation={
            "text": text(f"receptive_field.whole_{'map' if source else 'image'}", size=image_size, source=rows[0].name),
            "font": {"size": 14},
        },
        annotation_position=_find_room([_heights(each.rows) for each in (main, *others)], image_size),
    )
    longest = max(len(row) for row in (rows, *(other.rows for other in others)))
    if longest <= MOST_NAMED_TICKS:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(rangemode="tozero")
    if source:  # a point's number stays that of its row, of which the scripts of the page know
        figure.for_each_trace(lambda trace: trace.update(x=[number + source for number in trace.x]))
    return figure


def _heights(rows: Sequence[LayerRow]) -> list[int]:
    """A layer that sees everything stands no lower than the one before it."""
    return [max(row.size, rows[number - 1].size) if number else row.size for number, row in enumerate(rows)]


def _split_sides(growth: Growth, text: Text) -> list[Growth]:
    """The line of a network; two of them where a field is not as wide as it is high."""
    if all(row.width is None for row in growth.rows):
        return [growth]
    names = (text(f"receptive_field.line_{side}", name=growth.title) for side in ("height", "width"))
    return [Growth(growth.name, name, rows) for name, rows in zip(names, zip(*(row.sides for row in growth.rows)))]


def _find_room(lines: Sequence[Sequence[int]], level: int) -> str:
    """Where words at a horizontal line cross none of these lines, as plotly says it."""
    last, highest = max(map(len, lines)) - 1, max(level, *map(max, lines))
    width, height = 0.36 * last, 0.09 * highest  # of the words, with some air, in a chart beside another picture

    def is_free(corner: str) -> bool:
        low, high = (level, level + height) if "top" in corner else (level - height, level)
        places = [number if "left" in corner else last - number for number in range(last + 1)]
        return not any(low <= value <= high for line in lines for place, value in zip(places, line) if place <= width)

    return next(filter(is_free, ("top left", "bottom left", "top right", "bottom right")), "top left")


def _layer_dots(numbers: Sequence[int], heights: Sequence[int], chosen: int, colour: str) -> go.Scatter:
    """The layers of one kind, the chosen one larger."""
    small = 10 if len(heights) <= MOST_LARGE_DOTS else 6
    return go.Scatter(
        x=list(numbers),
        y=[heights[number] for number in numbers],
        mode="markers",
        showlegend=False,
        marker={"color": colour, "size": [20 if number == chosen else small for number in numbers], "opacity": 1},
        hoverinfo="skip",
    )


def _growth_line(growth: Growth, text: Text, **line) -> go.Scatter:
    name, rows = growth.title, growth.rows
    hover = [
        text(f"receptive_field.hover_{how_much_is_joined(row, rows[0].num_units) or 'layer'}",
             name=name_layer(row, text), height=row.sizes[0], width=row.sizes[1],
             jump=_say_pair([side.jump for side in row.sides]))
        for row in rows
    ]  # fmt: skip
    return go.Scatter(
        x=list(range(len(rows))),
        y=_heights(rows),
        name=name,
        meta=growth.name,
        mode="lines",
        line=line,
        text=hover,
        hovertemplate=f"{escape(name)}<br>%{{text}}<extra></extra>",
    )


def name_layer(row: LayerRow, text: Text) -> str:
    """What the reader calls the layer: its path in the network, with its kind where the path does not tell it."""
    kind = text(f"receptive_field.kind_{row.kind}")
    if not row.name:
        return kind
    return row.name if row.kind in row.name else text("receptive_field.layer_with_kind", name=row.name, kind=kind)


def draw_backdrop(key: str, image: np.ndarray, means: np.ndarray) -> dict:
    """The picture on which a field is drawn: the value of the component of backdrop.js.

    Args:
        key: by which `draw_field` names it.
        image: (S, S) of 0..1, at any resolution.
        means: (U, V) of 0..1, the layer's map, at any resolution.
    """
    return {"key": key, "image": _encode_grey(image), "map": _encode_grey(means)}


def draw_field(
    backdrop: str, source: LayerRow, row: LayerRow, unit: tuple[int, int], field: FieldBox, text: Text
) -> dict:
    """The field of a unit on an image, beside the map of its layer: the value of the component that field.js draws.

    Args:
        backdrop: key of the image and the map.
        source: row of the image, or of the layer in which the unit is seen.
        row: the unit's layer.
        unit: (row, column) on its map.
        field: what it sees.
        text: sentences in the page's language.
    """
    title = text("receptive_field.field_title", name=name_layer(row, text), row=unit[0], column=unit[1])
    return {
        "backdrop": backdrop,
        "size": source.num_units,
        "box": list(field.box),
        "clipped": list(field.clipped),
        "centre": list(field.centre),
        "mask": None if field.mask is None else base64.b64encode(np.packbits(field.mask).tobytes()).decode("ascii"),
        "start": [side.start for side in row.sides],
        "jump": [side.jump for side in row.sides],
        "units": list(row.map_shape),
        "unit": list(unit),
        "maxSide": FIELD_SIDE,
        "label": title,
        "imageTitle": title,
        "imageCaption": _describe_box(source, row, field, text),
        "mapTitle": text("receptive_field.map_title", rows=row.map_shape[0], columns=row.map_shape[1]),
        "mapCaption": text("receptive_field.map_caption"),
    }


def _encode_grey(values: np.ndarray) -> dict:
    codes = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return {
        "rows": codes.shape[0],
        "columns": codes.shape[1],
        "codes": base64.b64encode(codes.tobytes()).decode("ascii"),
    }


def _describe_box(source: LayerRow, row: LayerRow, field: FieldBox, text: Text) -> str:
    what = "within" if source.name else "box"
    joined = how_much_is_joined(row, source.num_units)
    if joined:
        return text(f"receptive_field.{what}_{joined}", size=row.size, image=source.num_units, source=source.name)
    if field.is_empty:
        return text(f"receptive_field.{what}_empty", source=source.name)
    top, left, bottom, right = field.box
    said = {"height": bottom - top, "width": right - left, "centre": _say_centre(field.centre), "source": source.name}
    if field.padding_share > 0:
        return text(f"receptive_field.{what}_clipped", share=f"{field.padding_share:.0%}", **said)
    return text(f"receptive_field.{what}_inside", **said)


def _say_centre(centre: tuple[float, float]) -> str:
    return f"({_say_number(centre[0])}, {_say_number(centre[1])})"


def draw_badge(check: UnitCheck | None, source: LayerRow, row: LayerRow, text: Text) -> str:
    """Whether autograd agrees with the field that is shown, and why the field is what it is, as HTML."""
    why = f"<br>{escape(text(row.note))}" if row.note else ""
    if check is None:
        return f'<p class="field-badge">{escape(text("receptive_field.checking"))}{why}</p>'
    if check.verdict == "not_checked":
        return f'<p class="field-badge">{escape(text(check.reason))}{why}</p>'
    said = {"pixels": f"{int(check.field.mask.sum()):,}", "time": f"{check.milliseconds:.0f}"}
    sign = {"confirmed": "✓", "differs": "✗"}[check.verdict]
    where = "_within" if source.name else ""
    words = escape(text(f"receptive_field.check_{check.verdict}{where}", source=source.name, **said))
    return f'<p class="field-badge {check.verdict}"><b aria-hidden="true">{sign}</b> {words}{why}</p>'


def draw_layer_table(
    rows: Sequence[LayerRow], chosen: int, pixel: tuple[float, float], text: Text, source: int = 0
) -> str:
    """Size, jump, start, units, and the unit nearest to a pixel with its centre, for every layer, as HTML.

    The first row has the number `source`.
    """
    heads = ("number", "layer", "kind", "size", "jump", "start", "units", "chosen_unit", "centre", "in_padding")
    body = []
    for number, row in enumerate(rows):
        unit = find_unit(row, pixel)
        field = compute_field_box(row, unit, rows[0].num_units)
        centre = tuple(side.start + side.jump * index for side, index in zip(row.sides, unit))
        jump = text("receptive_field.none") if row.kind == "global" else _say_pair([side.jump for side in row.sides])
        cells = [
            number + source,
            _draw_name(row, text),
            _draw_kind(row.kind, text),
            _by(row.sizes),
            jump,
            _say_pair([side.start for side in row.sides]),
            _by(row.map_shape),
            f"({unit[0]}, {unit[1]})",
            _say_centre(centre),
            # Of units in the gaps the box tells too much; the picture follows the chosen one alone.
            text("receptive_field.none") if row.note == "trace.note_transposed" else f"{field.padding_share:.0%}",
        ]
        body.append((cells, number == chosen))
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(1, 2))


def draw_design(sentences: Sequence[str], text: Text) -> str:
    """What the fields say of a network, as an HTML list below its heading."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<section class="design"><h2>{escape(text("receptive_field.design"))}</h2><ul>{items}</ul></section>'


def _draw_name(row: LayerRow, text: Text) -> str:
    """The name of a layer; below it why it sees everything or has no single size."""
    name = escape(row.name or text("receptive_field.kind_input"))
    if not row.note:
        return name
    style = "display: block; min-width: 180px; max-width: 320px"
    return f'{name}<br><small style="{style}">{escape(text(row.note))}</small>'


def _draw_kind(kind: str, text: Text) -> str:
    """The kind of a layer behind a dot of its colour in the chart."""
    dot = f'<span style="color: {ROLES[KIND_ROLES[kind]]}" aria-hidden="true">●</span>'
    return _keep_together(f"{dot} {text(f'receptive_field.kind_{kind}')}")


def _keep_together(words: str) -> str:
    """Words that a narrow table must not break into lines."""
    return f'<span style="white-space: nowrap">{words}</span>'


def _by(sizes: Sequence[int]) -> str:
    """Height and width."""
    return " × ".join(map(str, sizes))


def _say_pair(values: Sequence[float]) -> str:
    """One number where height and width have the same."""
    return ", ".join(dict.fromkeys(map(_say_number, values)))


def _say_number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _draw_table(heads: Sequence[str], body: Sequence[tuple[Sequence, bool]], words: Sequence[int]) -> str:
    """An HTML table; columns in `words` hold words, all others numbers. Cells are trusted HTML."""
    kinds = ["" if column in words else ' class="number"' for column in range(len(heads))]
    head = "".join(f"<th{kind}>{title}</th>" for kind, title in zip(kinds, heads))
    lines = "".join(
        f"<tr{' class=selected' if selected else ''}>"
        + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells))
        + "</tr>"
        for cells, selected in body
    )
    return (
        f'<div class="cnn-table-scroll"><table class="cnn-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def name_stack(summary: StackSummary) -> str:
    """A stack in figures that read the same in every language: "3×3 → 3×3", or "3×3, d = 1, 2, 5"."""
    kernels = [f"{layer['kernel']}×{layer['kernel']}" for layer in summary.layers]
    for key, letter in (("stride", "s"), ("dilation", "d")):
        if key in summary.layers[0]:
            return f"{kernels[0]}, {letter} = {', '.join(str(layer[key]) for layer in summary.layers)}"
    return " → ".join(kernels)


def draw_stacks(summaries: Sequence[StackSummary], text: Text) -> dict:
    """How many paths lead from each pixel to the unit, one map a stack, as a payload for the canvas."""
    maps = [
        Map(
            summary.path_counts,
            title=name_stack(summary),
            caption=text("receptive_field.stack_caption", size=summary.size),
            scale="heat",
        )
        for summary in summaries
    ]
    return draw_maps(maps, max_height=330, label=text("receptive_field.stacks_label"))


def draw_stack_table(summaries: Sequence[StackSummary], channels: int, text: Text) -> str:
    """What each stack sees and costs, as HTML."""
    heads = ("stack", "sees", "jump", "weights_per_pair", "weights", "nonlinearities", "seen_share")
    body = [
        (
            [
                _keep_together(name_stack(summary)),
                f"{summary.size} × {summary.size}",
                summary.jump,
                summary.weights_per_pair,
                f"{summary.weights_per_pair} × {channels}² = {summary.num_params:,}",
                summary.num_nonlinearities,
                f"{summary.seen_share:.0%}",
            ],
            False,
        )
        for summary in summaries
    ]
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(0,))


def draw_network_table(networks: Sequence[tuple[str, Sequence[LayerRow]]], text: Text) -> str:
    """Final field of each network and where it is first as wide as the image, as HTML."""
    body = []
    for title, rows in networks:
        last, wide = find_last_local(rows), find_first_as_wide(rows)
        since = escape(wide.name) if wide else text("receptive_field.none")
        body.append(([escape(title), _by(last.sizes), last.jump, since], False))
    heads = ("network", "final_size", "jump", "as_wide")
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(0, 3))


def draw_depth_table(depths: Mapping[str, Sequence[int | None]], text: Text) -> str:
    """Number of convolutions, the side in the tutorial's sketch, and that in each of some networks, as HTML.

    Args:
        depths: key of a column's title -> its sizes, in the order of CLAIMED_DEPTHS.
        text: sentences in the page's language.
    """
    columns = zip(*depths.values(), strict=True)
    body = [
        (
            [
                depth,
                _by_claim(depth),
                *(text("receptive_field.none") if size is None else _by((size, size)) for size in sizes),
            ],
            False,
        )
        for depth, sizes in zip(CLAIMED_DEPTHS, columns, strict=True)
    ]
    heads = [text(f"receptive_field.head_{head}") for head in ("depth", "claim", *depths)]
    return _draw_table(heads, body, words=())


def _by_claim(depth: int) -> str:
    size = CLAIMED_DEPTHS[depth]
    return f"{size}+" if depth >= CLAIMED_AT_LEAST else _by((size, size))


# ---- the way forward ----------------------------------------------------------------------------------------------

MOST_SMALL_MAPS = 9
LEAST_HEAT = 0.3  # of the scale: a unit that changed a little must not look unchanged


def draw_reach(
    key: str, backdrop: str, rows: Sequence[LayerRow], chosen: int, pixel: tuple[int, int], reach: Sequence[Reach],
    changes: Changes | None, text: Text,
) -> dict:  # fmt: skip
    """Whom a pixel reaches, a map a layer, and who changed: the value of the component that reach.js draws.

    Args:
        key: the same for the same picture alone.
        backdrop: key of the image.
        rows: the image's own row, then one a layer.
        chosen: number of the layer that is drawn large.
        pixel: (row, column) in the image.
        reach: for each row.
        changes: what changed, or None while it is not known.
        text: sentences in the page's language.
    """
    changed = [None] * len(rows) if changes is None else changes.layers
    maps = [_encode_reach(each, change) for each, change in zip(reach, changed, strict=True)]
    strip = [
        {
            "number": number,
            "map": maps[number],
            "title": text("receptive_field.small_title", number=number, rows=maps[number]["rows"], columns=maps[number]["columns"]),
            "caption": text("receptive_field.small_caption", count=f"{reach[number].mask.sum():,}", total=f"{reach[number].mask.size:,}"),
            "changed": "" if change is None else text("receptive_field.small_changed", count=f"{change.mask.sum():,}"),
            "label": name_layer(rows[number], text),
        }
        for number, change in ((number, changed[number]) for number in choose_shown(len(rows), chosen))
    ]  # fmt: skip
    words = ("unreached", "reached", "changed")
    return {
        "key": key,
        "backdrop": backdrop,
        "size": rows[0].num_units,
        "pixel": list(pixel),
        "chosen": chosen,
        "last": len(rows) - 1,
        "map": maps[chosen],
        "maxSide": REACH_SIDE,
        "scale": SEQUENTIAL,
        "leastHeat": LEAST_HEAT,
        "strip": strip,
        "legend": [text(f"receptive_field.legend_{word}") for word in words],
        "label": text("receptive_field.reach_label", row=pixel[0], column=pixel[1]),
        "imageTitle": text("receptive_field.pixel_title", row=pixel[0], column=pixel[1]),
        "imageCaption": text("receptive_field.pixel_caption"),
        "mapTitle": name_layer(rows[chosen], text),
        "mapCaption": describe_reached(reach[chosen], text),
    }


REACH_SIDE = 232  # px, greatest side of the image and of the large map


def choose_shown(count: int, chosen: int) -> list[int]:
    """Numbers of the layers that get a small map: all layers if they are few, otherwise some at equal distances and the chosen one.

    >>> choose_shown(51, 3)
    [0, 3, 12, 19, 25, 31, 38, 44, 50]
    """
    if count <= MOST_SMALL_MAPS:
        return list(range(count))
    shown = np.linspace(0, count - 1, MOST_SMALL_MAPS).round().astype(int).tolist()
    inside = range(1, MOST_SMALL_MAPS - 1)  # the image and the last layer stay
    if chosen not in shown:
        shown[min(inside, key=lambda place: abs(shown[place] - chosen))] = chosen
    return shown


def _encode_reach(reach: Reach, change: Change | None) -> dict:
    """The smallest box of a map that holds all reached units, a byte a unit: 0 for those in between that no path reaches, 1
    for those that are reached, 2 to 255 for those that changed, by how much."""
    bounds = find_bounds(reach.mask) or (0, 0, 0, 0)
    top, left, bottom, right = bounds
    codes = reach.mask.astype(np.uint8)
    if change is not None:
        most = float(change.amount.max()) or 1.0
        codes[change.mask] = 2 + np.rint(253 * np.sqrt(change.amount[change.mask] / most)).astype(np.uint8)
    rows, columns = reach.mask.shape
    content = base64.b64encode(np.ascontiguousarray(codes[top:bottom, left:right]).tobytes()).decode("ascii")
    return {"rows": rows, "columns": columns, "box": list(bounds), "codes": content}


def describe_reached(reach: Reach, text: Text) -> str:
    """How many units are reached, and how they lie."""
    count, total = int(reach.mask.sum()), reach.mask.size
    key = "none" if count == 0 else "all" if count == total else "some"
    top, left, bottom, right = find_bounds(reach.mask) or (0, 0, 0, 0)
    said = {"count": f"{count:,}", "total": f"{total:,}", "height": bottom - top, "width": right - left}
    words = text(f"receptive_field.reached_{key}", **said)
    if count < (bottom - top) * (right - left):
        words += text("receptive_field.reached_holes")
    return words if reach.is_exact else words + text("receptive_field.reached_bound")


def draw_reach_badge(
    network: str, reach: Sequence[Reach], changes: Changes | None, number: int, since: str | None,
    text: Text, problem: str = "",
) -> str:  # fmt: skip
    """The layer from which on all units are reached, what was changed, how many units changed with it, and why others did not.

    Args:
        network: what the reader calls it.
        reach: of the image, then of each layer.
        changes: what changed, or None while it is not known.
        number: of the chosen layer.
        since: name of the first layer from which on every unit is reached, or None.
        text: sentences in the page's language.
        problem: why it will not be known.

    Returns:
        HTML.
    """
    paragraphs = []
    if since is not None:
        paragraphs.append(text("receptive_field.reached_since", name=since))
    if changes is None:
        paragraphs.append(problem or text("receptive_field.changing"))
    else:
        paragraphs += _describe_changes(network, int(reach[number].mask.sum()), changes, number, text)
    return "".join(f'<p class="field-badge">{escape(words)}</p>' for words in paragraphs)


def _describe_changes(network: str, reached: int, changes: Changes, number: int, text: Text) -> list[str]:
    change = changes.layers[number]
    values, changed_values = reached * change.num_channels, int(change.channels.sum())
    said = {
        "changed": f"{int(change.mask.sum()):,}", "reached": f"{reached:,}", "values": f"{values:,}",
        "channels": change.num_channels, "changed_values": f"{changed_values:,}",
        "share": _say_share(changed_values, values),
    }  # fmt: skip
    grey = {"before": f"{changes.before:.2g}", "after": f"{changes.after:.2g}"}
    words = [text(f"receptive_field.ran_{changes.weights}", network=network, **grey)]
    if reached:
        words.append(text("receptive_field.changed_values", **said))
    if changed_values < values:
        stops = (*sorted(changes.stops[number]), "rounding")
        words.append(join_sentences((text(f"receptive_field.stopped_{stop}") for stop in stops), text))
    return words


def _say_share(part: int, whole: int) -> str:
    """A share in percent; 0% and 100% are said only of none and of all."""
    percent = round(100 * part / max(whole, 1))
    if percent == 0 < part:
        return "<1%"
    return ">99%" if percent == 100 and part < whole else f"{percent}%"


def draw_reach_table(
    rows: Sequence[LayerRow], chosen: int, reach: Sequence[Reach], changes: Changes | None, text: Text
) -> str:
    """How many units of every layer a pixel reaches and how many changed, as HTML."""
    heads = ("number", "layer", "kind", "units", "reached", "reached_share", "patch", "changed", "changed_values")
    body = []
    for number, (row, each) in enumerate(zip(rows, reach, strict=True)):
        count = int(each.mask.sum())
        top, left, bottom, right = find_bounds(each.mask) or (0, 0, 0, 0)
        changed = [text("receptive_field.none")] * 2
        if changes is not None:
            change = changes.layers[number]
            share = escape(_say_share(int(change.channels.sum()), count * change.num_channels))
            changed = [f"{int(change.mask.sum()):,}", share]
        cells = [
            number,
            escape(row.name or text("receptive_field.kind_input")),
            _draw_kind(row.kind, text),
            f"{each.mask.shape[0]} × {each.mask.shape[1]}",
            f"{count:,}" if each.is_exact else f"≤ {count:,}",
            escape(_say_share(count, each.mask.size)),
            f"{bottom - top} × {right - left}",
            *changed,
        ]
        body.append((cells, number == chosen))
    return _draw_table([text(f"receptive_field.head_{head}") for head in heads], body, words=(1, 2))


# ---- the effective field ------------------------------------------------------------------------------------------


def draw_effective(fields: Sequence[tuple[str, EffectiveField]], name: str, theory: FieldBox, text: Text) -> dict:
    """The gradient mass of each kind of weights with the theoretical box and the half of the mass, as a payload.

    Args:
        fields: kinds of weights ("random", "trained") and what was measured with them.
        name: what was measured: the network, the layer and the unit.
        theory: the unit's theoretical field.
        text: sentences in the page's language.
    """
    label = text("receptive_field.effective_label", name=name)
    return draw_maps(list_effective_maps(fields, name, theory, text), cell=EFFECTIVE_CELL, max_height=400, label=label)


def list_effective_maps(
    fields: Sequence[tuple[str, EffectiveField]], name: str, theory: FieldBox, text: Text
) -> list[Map]:
    """The maps of `draw_effective`, which shows the roots of the shares."""
    maps = []
    for kind, field in fields:
        sides = {role: field.sides[SHARES.index(share)] for share, role in SHARE_ROLES.items()}
        squares = [_square(theory.centre, side, role) for role, side in sides.items()]
        maps.append(
            Map(
                np.sqrt(field.mass),
                title=text(f"receptive_field.weights_{kind}"),
                caption=text("receptive_field.effective_caption", name=name, count=field.num_images),
                scale="heat",
                numbers=False,
                boxes=[*(square for square in squares if field.num_images), _widen(theory.clipped)],
            )
        )
    return maps


SHARE_ROLES = {0.5: "activation", 0.9: "input"}
EFFECTIVE_CELL = 13  # px, just below the size from which the canvas draws a grid, which would hide the boxes


def _square(centre: tuple[float, float], side: int, role: str) -> tuple[float, float, float, float, str]:
    top, left = (position + 0.5 - side / 2 for position in centre)
    return top, left, top + side, left + side, role


def _widen(clipped: tuple[int, int, int, int]) -> tuple[float, float, float, float, str]:
    """The theoretical box, a quarter of a pixel outside, so that a square of the same size does not hide it."""
    top, left, bottom, right = clipped
    return top - 0.25, left - 0.25, bottom + 0.25, right + 0.25, "output"


def draw_effective_table(
    fields: Sequence[tuple[str, EffectiveField]], row: LayerRow, theory: FieldBox, text: Text
) -> str:
    """The sides that hold shares of the gradient mass beside the side of the theoretical field, as HTML."""
    colours = {share: ROLES[role] for share, role in SHARE_ROLES.items()}
    heads = [text("receptive_field.head_weights_kind"), text("receptive_field.head_images")]
    for share in SHARES:
        dot = f'<span style="color: {colours[share]}" aria-hidden="true">■</span> ' if share in colours else ""
        heads.append(f"{dot}{share:.0%}")
    heads.append(f'<span style="color: {ROLES["output"]}" aria-hidden="true">■</span> '
                 f"{text('receptive_field.head_theory')}")  # fmt: skip
    box = max(theory.box[2] - theory.box[0], theory.box[3] - theory.box[1])
    body = []
    for kind, field in fields:
        sides = [_say_side(side) if field.num_images else "–" for side in field.sides]
        body.append(([text(f"receptive_field.weights_{kind}"), field.num_images, *sides, _say_side(box)], False))
    return _draw_table(heads, body, words=(0,))


def _say_side(side: int) -> str:
    return f"{side} × {side}"
