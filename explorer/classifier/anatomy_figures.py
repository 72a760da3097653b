"""What a number taken apart shows: its map, the bars of its terms with the way that led here, and a window of products."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Sequence

import torch

from explorer.classifier.anatomy import Anatomy, Term, Unit, Window, as_maps
from explorer.classifier.figures import class_name, percent
from explorer.classifier.inside import View
from explorer.data import MEAN, STD
from explorer.models.layer_outputs import IMAGE, LayerOutputs
from explorer.page.canvas import Map, draw_maps
from explorer.text import Text, join_sentences

WHITE = 255  # of a pixel of a byte
MOST_TERMS = 10  # bars of what lies below; the rest is one bar
_LONG, _LONGEST = 999.95, 1e9  # between these, numbers are written out, with separators
_NO_SIZE = 5e-7  # of the largest part: so much is rounding


def name_layer(outputs: LayerOutputs, index: int, text: Text) -> str:
    """Name and kind of a layer, or what the picture is called."""
    if index == IMAGE:
        return text("inside.picture")
    layer = outputs.layers[index]
    return text("inside.layer", name=layer.name, kind=layer.kind)


def name_place(outputs: LayerOutputs, unit: Unit, text: Text) -> str:
    """Where a unit stands in its layer."""
    if is_logit(outputs, unit):
        return class_name(text, unit.channel)
    if unit.layer == IMAGE:
        return text("inside.place_pixel", row=unit.row, column=unit.column)
    if outputs.of(unit.layer).ndim == 1:
        return text("inside.place_flat", place=unit.channel)
    return text("inside.place_map", channel=unit.channel, row=unit.row, column=unit.column)


def is_logit(outputs: LayerOutputs, unit: Unit) -> bool:
    """Whether it is a score of a class."""
    return unit.layer == len(outputs.layers) - 1


def write_number(value: float) -> str:
    """Four significant digits, or all before the point, and a true minus sign.

    >>> write_number(-0.123456), write_number(23456.7), write_number(1e12)
    ('−0.1235', '23,457', '1e+12')
    """
    is_long = _LONG <= abs(value) < _LONGEST
    return f"{value:,.0f}".replace("-", "−") if is_long else f"{value:.4g}".replace("-", "−") if value else "0"


# ---- the sentence -----------------------------------------------------------------------------------------------


def describe_anatomy(outputs: LayerOutputs, found: Anatomy, text: Text) -> str:
    """What the number is, and what its parts make of it."""
    unit = found.unit
    values = {
        "value": write_number(found.value),
        "layer": html.escape(name_layer(outputs, unit.layer, text)),
        "place": name_place(outputs, unit, text),
    }
    if unit.layer == IMAGE:
        grey = round(WHITE * (found.value * STD + MEAN))
        return text(
            "inside.look_pixel", row=unit.row, column=unit.column, grey=grey, white=WHITE, value=values["value"]
        )
    if is_logit(outputs, unit):
        probability = float(torch.softmax(outputs.of(unit.layer).double(), 0)[unit.channel])
        first = text("inside.look_logit", probability=percent(probability, text), **values)
    else:
        first = text("inside.look_unit", **values)
    return join_sentences([first, _describe_sum(outputs, found, text)], text)


def _describe_sum(outputs: LayerOutputs, found: Anatomy, text: Text) -> str:
    """How the parts become the number."""
    if not any(term.unit for term in found.terms):
        return text("inside.look_zeros")
    if is_maximum(outputs, found):
        return text("inside.look_maximum", count=sum(term.unit is not None for term in found.terms))
    cuts = [term for term in found.terms if term.kind == "activation" and abs(term.value) > _NO_SIZE * found.scale]
    if cuts and not found.value:
        return text("inside.look_cut", sum=write_number(-cuts[-1].value), kind=outputs.layers[cuts[-1].layer].kind)
    return text("inside.look_parts")


def is_maximum(outputs: LayerOutputs, found: Anatomy) -> bool:
    """Whether the adding layer takes the largest number of a window."""
    return found.base != IMAGE and "MaxPool" in outputs.layers[found.base].kind and len(found.terms) > 1


# ---- the maps ---------------------------------------------------------------------------------------------------


def draw_place(outputs: LayerOutputs, view: View, model: str, text: Text) -> dict:
    """The map in which the number stands. A click on another cell of it goes there."""
    unit = view.unit
    values = as_maps(outputs.of(unit.layer))
    channels, rows, columns = values.shape
    title, fold = name_layer(outputs, unit.layer, text), 0
    if unit.layer == IMAGE:
        drawn = values[0] * STD + MEAN
        caption = text("inside.caption_picture", rows=rows, columns=columns)
        box = (unit.row, unit.column)
    elif outputs.of(unit.layer).ndim == 1:
        fold = choose_width(channels)
        drawn, caption = fold_up(values[:, 0, 0], fold), text("inside.caption_flat", count=f"{channels:,}")
        box = divmod(unit.channel, fold)
    else:
        drawn = values[unit.channel]
        caption = text("inside.caption_map", channel=unit.channel, last=channels - 1, rows=rows, columns=columns)
        box = (unit.row, unit.column)
    scale, limit = ("grey", 1.0) if unit.layer == IMAGE else ("signed", None)
    drawn_map = Map(
        drawn, title, caption, scale=scale, limit=limit, numbers=False,
        boxes=[(box[0], box[1], box[0] + 1, box[1] + 1, "output")],
    )  # fmt: skip
    payload = draw_maps([drawn_map], max_height=200, label=text("inside.map_label", layer=title))
    corner = [unit.layer, 0 if fold else unit.channel, 0, 0]
    return {**payload, "go": {"model": model, "trail": view.trail[:-1], "corner": corner, "fold": fold}}


def choose_width(count: int) -> int:
    """Columns in which so many numbers of a flat layer are shown: the fewest that are no fewer than the rows."""
    return next(
        width for width in range(math.isqrt(count - 1) + 1 if count > 1 else 1, count + 1) if count % width == 0
    )


def fold_up(values: torch.Tensor, width: int) -> torch.Tensor:
    """A flat layer (F,) as (F / width, width)."""
    return values.view(-1, width)


def draw_window(outputs: LayerOutputs, found: Anatomy, view: View, model: str, text: Text) -> dict | None:
    """The numbers that the picked channel hands on, their weights and their products; None where it is a single number."""
    window, channel, picked = pick(found, view)
    if window is None or window.inputs[0].numel() == 1:
        return None
    row, column = picked.row - window.top, picked.column - window.left
    box = [(row, column, row + 1, column + 1, "output")]
    total = write_number(float(window.products[channel].sum()))
    scaled = text("inside.window_scaled", factor=write_number(found.factor)) if found.factor != 1 else ""
    of = "" if window.layer == IMAGE else text("inside.term_channel", channel=picked.channel)
    maps = [
        Map(window.inputs[channel], text("inside.window_inputs"), of, boxes=box),
        Map(window.weights[channel], text("inside.window_weights"), scaled, boxes=box),
        Map(window.products[channel], text("inside.window_products"), text("inside.window_sum", sum=total), boxes=box),
    ]
    payload = draw_maps(maps, columns=3, max_height=125, label=text("inside.window_label"))
    corner = [window.layer, picked.channel, window.top, window.left]
    return {**payload, "go": {"model": model, "trail": view.trail, "corner": corner, "picks": True}}


def pick(found: Anatomy, view: View) -> tuple[Window | None, int, Unit]:
    """The window, the place of the channel in it and the number that is looked at; that of the largest term unless picked."""
    strongest = next((term.unit for term in found.terms if term.unit is not None), None)
    for unit in (view.picked, strongest):
        for window in found.windows:
            if unit is not None and _holds(window, unit):
                return window, window.channels.index(unit.channel), unit
    return None, 0, found.unit


def _holds(window: Window, unit: Unit) -> bool:
    rows, columns = window.inputs.shape[1:]
    inside = 0 <= unit.row - window.top < rows and 0 <= unit.column - window.left < columns
    return unit.layer == window.layer and unit.channel in window.channels and inside


# ---- the bars ---------------------------------------------------------------------------------------------------


def draw_terms(outputs: LayerOutputs, found: Anatomy, view: View, model: str, text: Text) -> str:
    """The way that led here, a bar for each term, and their sum, as HTML."""
    parts = [_draw_trail(outputs, view, text)]
    if found.terms:
        parts += [
            _draw_bars(outputs, found, view, text),
            _draw_sum(found, text),
            _draw_picked(outputs, found, view, text),
        ]
        parts.append(_draw_button("down", True, text("inside.down"), "down"))
    trail = html.escape(json.dumps([list(unit) for unit in view.trail]))
    return f'<div class="anatomy" data-model="{html.escape(model)}" data-trail="{trail}">{"".join(filter(None, parts))}</div>'


def _draw_trail(outputs: LayerOutputs, view: View, text: Text) -> str:
    """Every number of the way, the first at the left; a click leads back to it."""
    *before, last = [_name_stop(outputs, unit, text) for unit in view.trail]
    steps = [f"<li>{_draw_button('back', place, name)}</li>" for place, name in enumerate(before)]
    steps.append(f'<li><b aria-current="step">{html.escape(last)}</b></li>')
    return f'<nav aria-label="{html.escape(text("inside.trail"))}"><ol class="trail">{"".join(steps)}</ol></nav>'


def _name_stop(outputs: LayerOutputs, unit: Unit, text: Text) -> str:
    value = write_number(float(as_maps(outputs.of(unit.layer))[unit[1:]]))
    place = name_place(outputs, unit, text)
    if is_logit(outputs, unit):
        return text("inside.stop", name=place, value=value)
    name = text("inside.picture") if unit.layer == IMAGE else outputs.layers[unit.layer].name
    return text("inside.stop_within", name=name, place=place, value=value)


def _draw_button(act: str, data: object, words: str, css_class: str = "", label: str = "") -> str:
    said = f' aria-label="{html.escape(label)}" title="{html.escape(label)}"' if label else ""
    return (
        f'<button type="button" class="{css_class}" data-{act}="{html.escape(json.dumps(data))}"{said}>'
        f"{html.escape(words)}</button>"
    )


def _draw_bars(outputs: LayerOutputs, found: Anatomy, view: View, text: Text) -> str:
    below = [term for term in found.terms if term.unit is not None]
    added = [term for term in found.terms if term.unit is None]
    shown, tail = below[:MOST_TERMS], below[MOST_TERMS:]
    rest = math.fsum(term.value for term in tail)
    most = max([*(abs(term.value) for term in (*shown, *added)), abs(rest)]) or 1.0
    window, _, picked = pick(found, view)
    has_window = window is not None and window.inputs[0].numel() > 1
    rows = [_draw_below(outputs, found, term, most, picked if has_window else None, text) for term in shown]
    if tail:
        rows.append(_draw_row(_quiet(text("inside.term_others", count=f"{len(tail):,}")), rest, most))
    rows += [_draw_row(_quiet(_name_added(outputs, term, text)), term.value, most) for term in added]
    return f'<div class="terms">{"".join(rows)}</div>'


def _draw_below(outputs: LayerOutputs, found: Anatomy, term: Term, most: float, picked: Unit | None, text: Text) -> str:
    """A term that comes from below: its name shows its window, its arrow follows it."""
    name = _name_below(outputs, found, term, text)
    arrow = _draw_button("follow", list(term.unit or ()), "↓", "follow", text("inside.follow", term=name))
    if picked is None:
        return _draw_row(_quiet(name), term.value, most, arrow)
    is_picked = term.unit is not None and (term.unit == picked if term.kind == "cell" else term.unit[:2] == picked[:2])
    button = _draw_button("pick", list(term.unit or ()), name, "name picked" if is_picked else "name")
    return _draw_row(button, term.value, most, arrow)


def _quiet(name: str) -> str:
    return f'<span class="name">{html.escape(name)}</span>'


def _draw_row(name: str, value: float, most: float, arrow: str = "<span></span>") -> str:
    side = "up" if value > 0 else "down"
    bar = f'<i class="bar {side}" style="width:{50 * abs(value) / most:.2f}%"></i>' if value else ""
    return f'{name}<span class="track">{bar}</span><span class="value">{write_number(value)}</span>{arrow}'


def _name_below(outputs: LayerOutputs, found: Anatomy, term: Term, text: Text) -> str:
    if term.kind == "branch":
        return name_layer(outputs, term.layer, text)
    unit = term.unit or found.unit
    if term.kind == "channel":
        key = "flat" if outputs.of(term.layer).ndim == 1 else "channel"
        return text(f"inside.term_{key}", channel=unit.channel)
    return text("inside.term_cell", row=unit.row, column=unit.column)


def _name_added(outputs: LayerOutputs, term: Term, text: Text) -> str:
    kind = outputs.layers[term.layer].kind
    return text("inside.term_activation", kind=kind) if term.kind == "activation" else text(f"inside.term_{term.kind}")


def _draw_sum(found: Anatomy, text: Text) -> str:
    factor = text("inside.factor", factor=write_number(found.factor)) if found.factor != 1 else ""
    total = 0.0 if abs(found.total) <= _NO_SIZE * found.scale else found.total
    added = text("inside.sum", total=write_number(total), value=write_number(found.value))
    return f'<p class="note">{html.escape(join_sentences([added, factor], text))}</p>'


def _draw_picked(outputs: LayerOutputs, found: Anatomy, view: View, text: Text) -> str:
    """The product that is marked in the window, and a button that follows its number."""
    window, channel, picked = pick(found, view)
    if window is None or window.inputs[0].numel() == 1:
        return ""
    cell = (channel, picked.row - window.top, picked.column - window.left)
    numbers = {name: write_number(float(getattr(window, name)[cell])) for name in ("inputs", "weights", "products")}
    layer, place = name_layer(outputs, picked.layer, text), name_place(outputs, picked, text)
    words = text("inside.picked", layer=layer, place=place, **numbers)
    return (
        f'<p class="note">{html.escape(words)} {_draw_button("follow", list(picked), text("inside.follow_this"))}</p>'
    )


def list_layers(outputs: LayerOutputs, text: Text) -> list[tuple[str, int]]:
    """What can be chosen: the layers from the scores down, then the picture."""
    return [(name_layer(outputs, index, text), index) for index in _downwards(len(outputs.layers))]


def _downwards(count: int) -> Iterator[int]:
    yield from range(count - 1, IMAGE - 1, -1)


def bounds(outputs: LayerOutputs, unit: Unit) -> Sequence[int]:
    """Largest channel, row and column of a unit's layer."""
    return [count - 1 for count in as_maps(outputs.of(unit.layer)).shape]
