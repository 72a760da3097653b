"""Receptive fields: how large a region of the image one unit of a layer depends on, and where it lies.

Coordinates are those of pixel centres: pixel 0 of a row lies at 0, pixel 1 at 1. Images are square, and so are the layers
that a reader writes down; a layer of a network may see more along one side than along the other.

A chain of layers (the rows of the editable table) is computed here. It is not recorded like the networks of
models/trace.py; only the formula of a window is the same function, `follow_window`. Recording was tried in November
2026, with `build_chain` of networks.py and 1200 random chains:

- Without a transposed convolution, all 627 chains that fit gave the same rows; a test repeats this. But recording
  takes time, and each step of a slider makes a new chain: 2.5 ms instead of 0.06 ms for LeNet-5's four layers, 21 ms
  instead of 0.7 ms for 64 layers of 3x3, 68 ms instead of 0.7 ms for 64 layers of 31x31 on 1024 pixels (medians,
  before anything is drawn).
- After a transposed convolution, 270 of 355 chains gave other rows. There the axes of models/fields.py have no jump,
  and their size is that of the largest field as the border of the image cuts it. Here the jump is a mean, and the size
  is that of a field far from the border.
- The axes know the first and the last pixel of a unit, but not the holes between them. Here every pixel is known.
- An error here names the cell of the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.checks import check_choice, check_whole
from explorer.errors import InputError, shorten
from explorer.models.fields import follow_window

Edges = tuple[int, int, int, int]  # top, left, bottom, right; the last two excluded
LAYER_TYPES = ("conv", "pool", "transposed")
COLUMN_LIMITS: Mapping[str, tuple[int, int]] = {
    "kernel": (1, 31),
    "stride": (1, 16),
    "padding": (0, 31),
    "dilation": (1, 16),
}
COLUMN_DEFAULTS: Mapping[str, int] = {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1}
COLUMN_TERMS: Mapping[str, str] = {
    "type": "receptive_field.type",
    "kernel": "terms.kernel_size",
    "stride": "terms.stride",
    "padding": "terms.padding",
    "dilation": "terms.dilation",
}
MAX_LAYERS = 64
LONGEST_CELL = 400  # characters; no number needs so many
SHOWN_LENGTH = 20  # a sentence shows so many characters of a cell
MAX_INPUT_SIZE = 1024
MAX_FIELD_SIZE = 1_000_000
MAX_UNEVEN_FIELD_SIZE = 4096  # for fields that are followed pixel by pixel
MAX_PHASES = 64  # after a transposed convolution, the fields of so many units are compared
MAX_MAP_SIZE = 1024  # units along one side of a map that a transposed convolution enlarges


@dataclass(frozen=True)
class LayerRow:
    """Where the units of one layer look.

    Attributes:
        name: name of the layer; "" for the image itself.
        kind: "input", "conv", "pool", "transposed" or "global" (combines all positions by construction: linear, global
            pooling).
        size: side of the field in input pixels. After a transposed convolution, units see fields of different sizes:
            then this is the size of the largest.
        jump: distance in input pixels between the fields of two neighbouring units. After a transposed convolution it
            is the mean distance, which may be a fraction.
        start: centre of the first unit's field, in input pixels; it can lie at half a pixel after even kernels.
        num_units: units along one side.
        reach: the layer sees pixels 0 to reach - 1. Where a stride does not use the last pixels, these are fewer than
            the image has.
        note: key of a sentence that says why the field is global or has no single size, or None.
        width: the same along the width, where it is not as along the height; None where both are alike.
    """

    name: str
    kind: str
    size: int
    jump: float
    start: float
    num_units: int
    reach: int
    note: str | None = None
    width: LayerRow | None = None

    @property
    def sides(self) -> tuple[LayerRow, LayerRow]:
        """What is so along the height, and along the width."""
        return self, self.width or self

    @property
    def sizes(self) -> tuple[int, int]:
        """Height and width of the field in input pixels."""
        down, across = self.sides
        return down.size, across.size

    @property
    def map_shape(self) -> tuple[int, int]:
        """(rows, columns) of units."""
        down, across = self.sides
        return down.num_units, across.num_units

    @property
    def first_pixel(self) -> int:
        """First pixel of the first unit's field; negative in the padding."""
        return round(self.start - (self.size - 1) / 2)


@dataclass(frozen=True)
class FieldBox:
    """The region that one unit sees, as [top, left, bottom, right] in input pixels, bottom and right exclusive.

    Attributes:
        box: the whole field, also where it leaves the image.
        clipped: its part on the image, as far as any unit of the layer sees.
        padding_share: share of its area outside the image, where there is no pixel to see, 0 to 1.
        mask: (H, W) bool, the pixels of the image that reach the unit; None where only the box is known.
    """

    box: Edges
    clipped: Edges
    padding_share: float
    mask: np.ndarray | None = None

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the whole field, (row, column) in pixels."""
        top, left, bottom, right = self.box
        return (top + bottom - 1) / 2, (left + right - 1) / 2

    @property
    def is_empty(self) -> bool:
        """Whether the unit is known to see no pixel."""
        return self.mask is not None and not self.mask.any()

    @property
    def holes_share(self) -> float:
        """Share of the part on the image that no path reaches, 0 to 1; 0 where no mask is known."""
        top, left, bottom, right = self.clipped
        area = (bottom - top) * (right - left)
        return 1 - float(self.mask.sum()) / area if self.mask is not None and area else 0.0


@dataclass(frozen=True)
class StackSummary:
    """What a stack of convolutions costs and sees.

    Attributes:
        layers: its layers, as `calculate_receptive_field` takes them.
        size: side of its receptive field in pixels.
        jump: product of the strides, in pixels.
        weights_per_pair: weights for each pair of a channel in and a channel out.
        num_params: weights when every layer has `channels` channels in and out, without biases.
        num_nonlinearities: activations, one after each convolution.
        path_counts: (size, size) number of paths from each pixel of the field to the unit.
        seen_share: share of the field's pixels that have a path to the unit, 0 to 1; if it is below 1, the field has
            holes.
    """

    layers: tuple[Mapping[str, Any], ...]
    size: int
    jump: int
    weights_per_pair: int
    num_params: int
    num_nonlinearities: int
    path_counts: np.ndarray
    seen_share: float


def calculate_receptive_field(layers: Sequence[Mapping[str, Any]]) -> list[int]:
    """Side of the receptive field after each layer of a chain (the tutorial's section 4.1).

    With the effective kernel k' = d (k - 1) + 1 and the product j of the strides so far, each layer adds
    (k' - 1) j pixels.

    Args:
        layers: mappings with "kernel", "stride" and "dilation", 1 where absent; "type" is not needed.

    Returns:
        1 for the image itself, then one size for each layer, in pixels.

    Raises:
        InputError: a value is not a whole number of at least 1, a layer is not a mapping, or a layer has a key that is not
            known.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic"; Araujo et al. 2019, "Computing receptive
    fields", Distill.

    >>> calculate_receptive_field([{"kernel": 5}, {"kernel": 2, "stride": 2}])
    [1, 5, 6]
    """
    size, jump, sizes = 1, 1, [1]
    for kernel_size, stride, dilation in _read_windows(layers):
        size, jump, _ = follow_window(size, jump, 0.0, kernel_size, stride, 0, dilation)
        sizes.append(size)
    return sizes


def _read_windows(layers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, int]]:
    """Kernel size, stride and dilation of each layer."""
    for number, layer in enumerate(layers, start=1):
        if (problem := _find_key_problem(number, layer)) is not None:
            raise problem
        yield (
            check_whole("terms.kernel_size", layer.get("kernel", 1), 1),
            check_whole("terms.stride", layer.get("stride", 1), 1),
            check_whole("terms.dilation", layer.get("dilation", 1), 1),
        )


class CellError(InputError):
    """A cell of the table of layers that cannot be used.

    Args:
        key: key of the sentence, without "receptive_field.".
        row: number of the row, 1 for the first.
        column: name of the column; None if the whole row is meant.
        **values: what fills the placeholders of the sentence.
    """

    def __init__(self, key: str, row: int, column: str | None, **values):
        self.row = row
        self.column = column
        super().__init__(f"receptive_field.{key}", row=row, **values)

    def remark(self, language: str) -> str:
        """The sentence for a reader who sees which cell is meant."""
        return self.say(language, f"{self.key}_here")


class Layers(list[dict[str, Any]]):
    """Rows of the table that `parse_layers` has checked: it does not check them again."""


def parse_layers(table: Any) -> Layers:
    """Layers out of what a reader typed: a list of rows whose cells may be text.

    Args:
        table: a list of mappings with "type", "kernel", "stride", "padding" and "dilation". An absent cell has
            its default (type "conv", padding 0, else 1); an empty one is refused.

    Returns:
        The same rows with checked types and whole numbers.

    Raises:
        InputError: the table is not a list of 1 to MAX_LAYERS rows.
        CellError: (an InputError) one row or cell cannot be used; it says which one and what is wrong.
    """
    if isinstance(table, Layers):
        return table
    _check_table(table)
    for number, row in enumerate(table, start=1):
        for problem in _find_row_problems(number, row):
            raise problem
    return Layers(_read_row(row) for row in table)


def find_problems(table: Any, input_size: int = 28) -> list[CellError]:
    """Find the cells of a table that cannot be used.

    Args:
        table: as `parse_layers` takes it.
        input_size: side of the image in pixels, 1 to MAX_INPUT_SIZE.

    Returns:
        All cells that cannot be used. If each cell can be used alone, the first one that does not fit with the others;
        an empty list if all fit.

    Raises:
        InputError: it is not a list of 1 to MAX_LAYERS rows, or all cells can be used and the image's size is out of
            bounds.
    """
    _check_table(table)
    problems = [problem for number, row in enumerate(table, start=1) for problem in _find_row_problems(number, row)]
    if problems:
        return problems
    try:
        trace_layer_table(table, input_size)
    except CellError as error:
        return [error]
    return []


def _check_table(table: Any) -> None:
    if not isinstance(table, Sequence) or isinstance(table, str) or not table:
        raise InputError("receptive_field.no_layers")
    if len(table) > MAX_LAYERS:
        raise InputError("receptive_field.too_many_layers", number=len(table), maximum=MAX_LAYERS)


def _find_row_problems(number: int, row: Any) -> list[CellError]:
    if (problem := _find_key_problem(number, row)) is not None:
        return [problem]
    problems = []
    kind = row.get("type", "conv")
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        problems.append(CellError("bad_type", number, "type", value=shorten(kind, SHOWN_LENGTH)))
    for column in COLUMN_LIMITS:
        if (problem := _find_cell_problem(number, column, row)) is not None:
            problems.append(problem)
    if not problems and kind == "pool":
        layer = _read_row(row)
        if 2 * layer["padding"] > layer["kernel"]:
            sizes = {"padding": layer["padding"], "kernel": layer["kernel"]}
            problems.append(CellError("pool_padding", number, "padding", **sizes))
    return problems


def _find_key_problem(number: int, row: Any) -> CellError | None:
    """Find a row that is not a mapping, or a column that is not known: otherwise a misspelt one would get its default."""
    if not isinstance(row, Mapping):
        return CellError("bad_row", number, None)
    unknown = [key for key in row if key not in COLUMN_TERMS]
    if not unknown:
        return None
    return CellError("unknown_key", number, None, value=shorten(unknown[0], SHOWN_LENGTH), known=list(COLUMN_TERMS))


def _find_cell_problem(number: int, column: str, row: Mapping[str, Any]) -> CellError | None:
    value = row.get(column, COLUMN_DEFAULTS[column])
    minimum, maximum = COLUMN_LIMITS[column]
    said = {"name": COLUMN_TERMS[column], "minimum": minimum, "maximum": maximum}
    written = "" if value is None else shorten(value, LONGEST_CELL)
    if not written.strip():
        return CellError("empty_cell", number, column, **said)
    try:
        value_read = math.nan if isinstance(value, bool) or "_" in written else float(value)
    except (TypeError, ValueError, OverflowError):
        value_read = math.nan
    if not minimum <= value_read <= maximum or value_read != int(value_read):
        return CellError("bad_cell", number, column, value=shorten(value, SHOWN_LENGTH), **said)
    return None


def _read_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read a row that has no problems."""
    numbers = {column: int(float(row.get(column, default))) for column, default in COLUMN_DEFAULTS.items()}
    return {"type": row.get("type", "conv"), **numbers}


def trace_layer_table(layers: Sequence[Mapping[str, Any]], input_size: int = 28) -> tuple[LayerRow, ...]:
    """Size, jump, start and number of units after each layer of a chain.

    r <- r + (k' - 1) j; start <- start + ((k' - 1) / 2 - p) j; j <- j s, with k' = d (k - 1) + 1.
    Unit o of a transposed convolution reads the units i with i s = o + p - d t for a tap t. From such a layer on, the
    pixels of each unit are found by following the unit back to the image.

    Args:
        layers: rows as `parse_layers` takes them.
        input_size: side of the image in pixels, 1 to MAX_INPUT_SIZE.

    Returns:
        The image's own row, then one row for each layer.

    Raises:
        InputError: `layers` is not a list of 1 to MAX_LAYERS rows, or the image's size is out of bounds.
        CellError: (an InputError) a cell is not what it must be, a kernel does not fit on its map, a map or a field
            would be too large, or no unit of a layer sees a pixel.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic"; Araujo et al. 2019, "Computing receptive
    fields", Distill.

    >>> [row.size for row in trace_layer_table([{"type": "conv", "kernel": 5}, {"type": "pool", "kernel": 2}])]
    [1, 5, 6]
    """
    rows = [make_image_row(check_whole("terms.input_size", input_size, 1, MAX_INPUT_SIZE))]
    counts = dict.fromkeys(LAYER_TYPES, 0)
    layers = parse_layers(layers)
    enlarged = False
    for number, layer in enumerate(layers, start=1):
        counts[layer["type"]] += 1
        enlarged = enlarged or layer["type"] == "transposed"
        name = f"{layer['type']}{counts[layer['type']]}"
        if enlarged:
            rows.append(_trace_uneven_row(rows, layers[:number], name))
        else:
            rows.append(_trace_row(rows[-1], layer, number, name))
    return tuple(rows)


def make_image_row(input_size: int) -> LayerRow:
    """The row of the image: each pixel sees itself.

    Args:
        input_size: side of the image in pixels.
    """
    return LayerRow("", "input", 1, 1, 0.0, input_size, input_size)


def make_source_row(row: LayerRow) -> LayerRow:
    """The row of a layer whose units stand in the place of pixels: each unit sees itself.

    Args:
        row: the layer's row in the image.

    Raises:
        InputError: its map is not square.
    """
    rows, columns = row.map_shape
    if rows != columns:
        raise InputError("receptive_field.not_square", layer=row.name, rows=rows, columns=columns)
    return LayerRow(row.name, "input", 1, 1, 0.0, rows, rows)


def trace_layer_table_within(
    layers: Sequence[Mapping[str, Any]], rows: Sequence[LayerRow], number: int
) -> tuple[LayerRow, ...]:
    """The rows of a chain from a layer on, measured in units of that layer instead of pixels.

    Args:
        layers: rows as `parse_layers` takes them.
        rows: what `trace_layer_table` gave for them.
        number: of the layer, at least 1 and less than the last one.

    Returns:
        The layer's own row, in which each unit sees itself, then one for each layer behind it.

    Raises:
        InputError: there is no such layer, or `trace_layer_table` refuses what is behind it.
    """
    number = check_whole("receptive_field.seen_in", number, 1, len(rows) - 2)
    source = make_source_row(rows[number])
    traced = trace_layer_table(Layers(parse_layers(layers)[number:]), source.num_units)
    named = (replace(each, name=row.name) for each, row in zip(traced[1:], rows[number + 1 :], strict=True))
    return (source, *named)


def _trace_row(before: LayerRow, layer: Mapping[str, Any], number: int, name: str) -> LayerRow:
    num_units = _count_units(before.num_units, layer, number)
    window = (layer["kernel"], layer["stride"], layer["padding"], layer["dilation"])
    size, jump, start = follow_window(before.size, int(before.jump), before.start, *window)
    _check_field_size(max(size, jump), layer, number, MAX_FIELD_SIZE)
    row = LayerRow(name, layer["type"], size, jump, start, num_units, before.reach)
    return limit_reach(row)


def _count_units(before: int, layer: Mapping[str, Any], number: int) -> int:
    """Units along one side of the layer's map; `before` is their number on the map that it reads."""
    span = layer["dilation"] * (layer["kernel"] - 1)
    if layer["type"] == "transposed":
        num_units = (before - 1) * layer["stride"] - 2 * layer["padding"] + span + 1
        if num_units < 1:
            raise CellError("nothing_left", number, "padding", size=num_units)
        if num_units > MAX_MAP_SIZE:
            raise CellError("map_too_large", number, "stride", size=num_units, maximum=MAX_MAP_SIZE)
        return num_units
    padded = before + 2 * layer["padding"]
    if padded < span + 1:
        raise CellError("kernel_too_large", number, "kernel", span=span + 1, padded=padded)
    return (padded - span - 1) // layer["stride"] + 1


def _check_field_size(size: float, layer: Mapping[str, Any], number: int, maximum: int) -> None:
    if size > maximum:
        column = "kernel" if layer["kernel"] > 1 else "stride"
        raise CellError("field_too_large", number, column, maximum=f"{maximum:,}")


def _trace_uneven_row(rows: Sequence[LayerRow], layers: Sequence[Mapping[str, Any]], name: str) -> LayerRow:
    """The row of the last of these layers, one of which is transposed: its units see fields of different sizes."""
    layer, before = layers[-1], rows[-1]
    num_units = _count_units(before.num_units, layer, len(layers))
    span = layer["dilation"] * (layer["kernel"] - 1)
    scale = layer["stride"]
    jump = before.jump / scale if layer["type"] == "transposed" else before.jump * scale
    size = before.size + span * max(before.jump, 1)
    _check_field_size(max(size, jump), layer, len(layers), MAX_UNEVEN_FIELD_SIZE)
    period = math.prod(each["stride"] for each in layers if each["type"] == "transposed")
    seen, first = _pull_back(layers, np.eye(min(num_units, period, MAX_PHASES), dtype=bool))
    bounds = [np.nonzero(unit)[0] for unit in seen if unit.any()]
    if not bounds:
        raise CellError("sees_nothing", len(layers), "kernel")
    size = max(int(each[-1] - each[0]) + 1 for each in bounds)
    start = first + (int(bounds[0][0]) + int(bounds[0][-1])) / 2
    return LayerRow(name, layer["type"], size, jump, start, num_units, before.reach, "trace.note_transposed")


def _pull_back(
    layers: Sequence[Mapping[str, Any]], needed: np.ndarray, first: int = 0, counts: Sequence[int] | None = None
) -> tuple[np.ndarray, int]:
    """Follow units of the last layer back to the image, along one side.

    Args:
        layers: the chain.
        needed: (N, positions) bool, N sets of units; column 0 is unit `first`.
        first: where the columns begin.
        counts: units on each map, the image first; what lies beyond is padding and sees nothing. None: endless maps.

    Returns:
        (N, positions) bool, the pixels they depend on, and the pixel of column 0.
    """
    for number in range(len(layers) - 1, -1, -1):
        step = _pull_through_transposed if layers[number]["type"] == "transposed" else _pull_through_window
        needed, first = step(layers[number], needed, first)
        if counts is not None:
            whole = np.zeros((len(needed), counts[number]), dtype=bool)
            low, high = max(first, 0), min(first + needed.shape[1], counts[number])
            if low < high:
                whole[:, low:high] = needed[:, low - first : high - first]
            needed, first = whole, 0
    return needed, first


def _pull_through_window(layer: Mapping[str, Any], needed: np.ndarray, first: int) -> tuple[np.ndarray, int]:
    """Unit o reads the units o s - p + d t."""
    stride, dilation = layer["stride"], layer["dilation"]
    width = (needed.shape[1] - 1) * stride + 1
    before = np.zeros((len(needed), width + dilation * (layer["kernel"] - 1)), dtype=bool)
    for tap in range(layer["kernel"]):
        before[:, dilation * tap : dilation * tap + width : stride] |= needed
    return before, first * stride - layer["padding"]


def _pull_through_transposed(layer: Mapping[str, Any], needed: np.ndarray, first: int) -> tuple[np.ndarray, int]:
    """Unit o reads the units i for which o = i s - p + d t with a tap t."""
    stride, padding, dilation = layer["stride"], layer["padding"], layer["dilation"]
    last = first + needed.shape[1] - 1
    low = -((dilation * (layer["kernel"] - 1) - first - padding) // stride)
    high = (last + padding) // stride
    before = np.zeros((len(needed), max(high - low + 1, 1)), dtype=bool)
    for tap in range(layer["kernel"]):
        shift = dilation * tap - padding
        lowest, highest = -((shift - first) // stride), (last - shift) // stride
        if lowest <= highest:
            start = lowest * stride + shift - first
            stop = highest * stride + shift - first + 1
            before[:, lowest - low : highest - low + 1] |= needed[:, start:stop:stride]
    return before, low


def compute_chain_field(
    layers: Sequence[Mapping[str, Any]], rows: Sequence[LayerRow], number: int, unit: tuple[int, int]
) -> FieldBox:
    """The exact field of a unit of a chain: its box on endless maps, and the pixels of the image that reach it.

    Args:
        layers: rows as `parse_layers` takes them.
        rows: what `trace_layer_table` gave for them.
        number: of the layer, 0 for the image.
        unit: (row, column) of the unit on its map.

    Returns:
        The field, with its mask (H, H) for an image of side H.

    Raises:
        InputError: the layer has no such unit, or `parse_layers` refuses the layers.
    """
    layers = parse_layers(layers)[:number]
    counts = [row.num_units for row in rows]
    uneven = any(layer["type"] == "transposed" for layer in layers)
    sides = []
    for index in unit:
        index = check_whole("receptive_field.unit", index, 0, counts[number] - 1)
        edges = _find_edges(layers, index) if uneven else _edges_of_row(rows[number], index)
        sides.append((*edges, _pull_side(layers, index, counts)))
    (top, bottom, down), (left, right, across) = sides
    mask = np.outer(down, across)
    box = (top, left, bottom, right)
    return FieldBox(box, _clip(box, counts[0], counts[0]), _share_outside(box, counts[0]), mask)


def _edges_of_row(row: LayerRow, index: int) -> tuple[int, int]:
    first = round(_find_first_pixel(row, index))
    return first, first + row.size


def _find_edges(layers: Sequence[Mapping[str, Any]], index: int) -> tuple[int, int]:
    """First and last pixel (excluded) of a unit's field on endless maps; (0, 0) if it sees no pixel."""
    seen, first = _pull_back(layers, np.ones((1, 1), dtype=bool), index)
    columns = np.nonzero(seen[0])[0]
    return (first + int(columns[0]), first + int(columns[-1]) + 1) if len(columns) else (0, 0)


def _pull_side(layers: Sequence[Mapping[str, Any]], index: int, counts: Sequence[int]) -> np.ndarray:
    """The pixels of the image, (H,) bool, that reach a unit along one side."""
    unit = np.zeros((1, counts[len(layers)]), dtype=bool)
    unit[0, index] = True
    return _pull_back(layers, unit, 0, counts)[0][0]


def compute_chain_reach(layers: Sequence[Mapping[str, Any]], rows: Sequence[LayerRow], number: int) -> np.ndarray:
    """Which pixels of the image each unit of a layer of a chain depends on, along one side.

    Args:
        layers: rows as `parse_layers` takes them.
        rows: what `trace_layer_table` gave for them.
        number: of the layer, 0 for the image.

    Returns:
        (units, pixels) bool.

    Raises:
        InputError: `parse_layers` refuses the layers.
    """
    counts = [row.num_units for row in rows]
    units = np.eye(counts[number], dtype=bool)
    return _pull_back(parse_layers(layers)[:number], units, 0, counts)[0]


def compute_chain_spread(
    layers: Sequence[Mapping[str, Any]], rows: Sequence[LayerRow], index: int
) -> tuple[np.ndarray, ...]:
    """Which units of each layer of a chain depend on one pixel of the image, along one side.

    The way forward: the columns of `compute_chain_reach`, which goes the way back.

    Args:
        layers: rows as `parse_layers` takes them.
        rows: what `trace_layer_table` gave for them.
        index: of the pixel, from 0 to the side of the image.

    Returns:
        (units,) bool for the image and for each layer.

    Raises:
        InputError: there is no such pixel, or `parse_layers` refuses the layers.
    """
    index = check_whole("receptive_field.pixel", index, 0, rows[0].num_units - 1)
    spread = [np.arange(rows[0].num_units) == index]
    for layer, row in zip(parse_layers(layers), rows[1:], strict=True):
        push = _push_through_transposed if layer["type"] == "transposed" else _push_through_window
        spread.append(push(layer, spread[-1], row.num_units))
    return tuple(spread)


def _push_through_window(layer: Mapping[str, Any], marked: np.ndarray, num_units: int) -> np.ndarray:
    """Unit o reads the units o s - p + d t."""
    reached = np.zeros(num_units, dtype=bool)
    for tap in range(layer["kernel"]):
        read = np.arange(num_units) * layer["stride"] - layer["padding"] + layer["dilation"] * tap
        inside = (read >= 0) & (read < len(marked))
        reached[inside] |= marked[read[inside]]
    return reached


def _push_through_transposed(layer: Mapping[str, Any], marked: np.ndarray, num_units: int) -> np.ndarray:
    """Unit i writes to the units i s - p + d t."""
    reached = np.zeros(num_units, dtype=bool)
    for tap in range(layer["kernel"]):
        written = np.nonzero(marked)[0] * layer["stride"] - layer["padding"] + layer["dilation"] * tap
        reached[written[(written >= 0) & (written < num_units)]] = True
    return reached


def compute_box_reach(row: LayerRow, input_size: int) -> np.ndarray:
    """Which pixels of the image lie in the box of each unit of a layer, along one side.

    Args:
        row: the layer, or what it is along its width.
        input_size: side of the image in pixels.

    Returns:
        (units, pixels) bool.
    """
    firsts = np.array([round(row.first_pixel + row.jump * index) for index in range(row.num_units)])
    pixels = np.arange(input_size)
    return (pixels >= firsts[:, None]) & (pixels < np.minimum(firsts + row.size, row.reach)[:, None])


def compute_mean_brightness(image: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """What each unit sees on average: the mean of an image over each unit's field.

    Args:
        image: (H, W).
        down: (rows, H) bool, which pixels the units of each row see along the height.
        across: (columns, W) bool, the same along the width.

    Returns:
        (rows, columns), on the scale of the image; 0 where a unit sees no pixel.
    """
    rows, columns = (side / np.maximum(side.sum(axis=1, keepdims=True), 1) for side in (down, across))
    return rows @ image @ columns.T


def limit_reach(row: LayerRow) -> LayerRow:
    """Limit the reach of a row to the end of its last unit's field, because nothing is seen beyond it.

    Args:
        row: a row whose `reach` is that of the layers before it.

    Returns:
        The same row, with `reach` as it was or smaller, at least 0; also along the width.
    """
    if row.width is not None:
        return replace(limit_reach(replace(row, width=None)), width=limit_reach(row.width))
    end = row.first_pixel + (row.num_units - 1) * row.jump + row.size
    return replace(row, reach=min(row.reach, max(int(end), 0)))


def trace_uniform_stack(kernel_size: int, least_size: int, input_size: int) -> tuple[LayerRow, ...]:
    """Stack equal convolutions of stride 1 until a unit sees `least_size` pixels along one side.

    There are at least 1 and at most MAX_LAYERS of them. With an odd kernel the padding keeps the size of the map.

    Args:
        kernel_size: side of each kernel, 2 to 31.
        least_size: side in pixels of the field that the last layer must have.
        input_size: side of the image in pixels, 1 to MAX_INPUT_SIZE.

    Returns:
        The image's own row, then one row for each layer.

    Raises:
        InputError: the kernel or the image is out of these bounds.
    """
    kernel_size = check_whole("terms.kernel_size", kernel_size, 2, COLUMN_LIMITS["kernel"][1])
    num_layers = min(max(1, math.ceil((least_size - 1) / (kernel_size - 1))), MAX_LAYERS)
    layer = {"type": "conv", "kernel": kernel_size, "padding": kernel_size // 2}
    return trace_layer_table([layer] * num_layers, input_size)


def find_unit(row: LayerRow, pixel: tuple[float, float]) -> tuple[int, int]:
    """Find the unit of a layer whose field has its centre nearest to a pixel.

    Args:
        row: the layer.
        pixel: (row, column) in the image; it may lie between pixels or outside the image.

    Returns:
        (row, column) of the unit on the layer's map.
    """
    down, across = row.sides
    return _find_along_side(down, pixel[0]), _find_along_side(across, pixel[1])


def _find_along_side(row: LayerRow, position: float) -> int:
    nearest = math.floor((position - row.start) / row.jump + 0.5)
    return min(max(nearest, 0), row.num_units - 1)


def compute_field_box(row: LayerRow, unit: tuple[int, int], image_size: int) -> FieldBox:
    """The region of the image that a unit depends on. It is exact if each padding is smaller than its kernel.

    Args:
        row: its layer.
        unit: (row, column) of the unit on its map.
        image_size: side of the image in pixels; beyond it is padding.

    Returns:
        The field, without a mask.

    Raises:
        InputError: the layer has no such unit.
    """
    down, across = row.sides
    top, left = (round(_find_first_pixel(side, index)) for side, index in zip(row.sides, unit))
    box = (top, left, top + down.size, left + across.size)
    return FieldBox(box, _clip(box, down.reach, across.reach), _share_outside(box, image_size))


def _clip(box: Edges, bottom: int, right: int) -> Edges:
    """The part of a box between the pixels 0 and these ends, the ends excluded."""
    clipped = (min(max(edge, 0), end) for edge, end in zip(box, (bottom, right) * 2))
    top, left, bottom, right = clipped
    return top, left, bottom, right


def _share_outside(box: Edges, image_size: int) -> float:
    """Share of a box that lies outside the image, 0 to 1; it is 0 if the box holds no pixel."""
    top, left, bottom, right = _clip(box, image_size, image_size)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return 1 - (bottom - top) * (right - left) / area if area else 0.0


def _find_first_pixel(row: LayerRow, index: int) -> float:
    return row.first_pixel + row.jump * check_whole("receptive_field.unit", index, 0, row.num_units - 1)


def compute_path_counts(layers: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """How many paths lead from each pixel of the field to the unit, in a chain with one channel.

    The gradient of a unit looks like this when all weights are 1. Pixels with 0 are holes. The gradient of a random
    network has the same spread.

    Args:
        layers: mappings with the whole numbers "kernel", "stride" and "dilation", 1 where absent.

    Returns:
        (size, size) float64 array, size as in `calculate_receptive_field`.

    Raises:
        InputError: `calculate_receptive_field` refuses the layers.

    Source: Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks".
    """
    size = calculate_receptive_field(layers)[-1]
    counts: np.ndarray = np.ones(1)
    jump = 1
    for kernel_size, stride, dilation in _read_windows(layers):
        step = dilation * jump
        taps = np.zeros(step * (kernel_size - 1) + 1)
        taps[::step] = 1
        counts = np.convolve(counts, taps)
        jump *= stride
    assert counts.shape == (size,)
    return np.outer(counts, counts)


# Stacks that the wing shows side by side: they see the same at different costs, or they differ in one setting.
COMPARISONS: Mapping[str, tuple[tuple[Mapping[str, int], ...], ...]] = {
    "kernels": (({"kernel": 3},) * 2, ({"kernel": 5},), ({"kernel": 3},) * 3, ({"kernel": 7},)),
    "dilation": tuple(
        tuple({"kernel": 3, "dilation": dilation} for dilation in dilations)
        for dilations in ((1, 1, 1), (2, 2, 2), (1, 2, 5))
    ),
    "stride": tuple(
        tuple({"kernel": 3, "stride": stride} for stride in strides) for strides in ((1, 1, 1), (2, 1, 1), (2, 2, 2))
    ),
}


def compare_stacks(name: str, channels: int) -> tuple[StackSummary, ...]:
    """The summaries of one of COMPARISONS.

    Args:
        name: a key of COMPARISONS.
        channels: as in `summarise_stack`.

    Returns:
        One summary for each stack of the comparison.

    Raises:
        InputError: there is no such comparison, or channels is not 1 to 4096.
    """
    name = check_choice("receptive_field.comparison", name, tuple(COMPARISONS))
    return tuple(summarise_stack(layers, channels) for layers in COMPARISONS[name])


def summarise_stack(layers: Sequence[Mapping[str, Any]], channels: int = 1) -> StackSummary:
    """What a stack of square convolutions costs and sees.

    Args:
        layers: mappings with the whole numbers "kernel", "stride" and "dilation", 1 where absent.
        channels: channels into and out of every layer, 1 to 4096.

    Raises:
        InputError: channels is not a whole number within these limits, or `calculate_receptive_field` refuses the
            layers.
    """
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    windows = list(_read_windows(layers))
    weights_per_pair = sum(kernel_size**2 for kernel_size, _, _ in windows)
    path_counts = compute_path_counts(layers)
    return StackSummary(
        layers=tuple(layers),
        size=calculate_receptive_field(layers)[-1],
        jump=math.prod(stride for _, stride, _ in windows),
        weights_per_pair=weights_per_pair,
        num_params=weights_per_pair * channels**2,
        num_nonlinearities=len(layers),
        path_counts=path_counts,
        seen_share=float((path_counts > 0).mean()),
    )


# Simonyan and Zisserman 2015, table 1, column D: 3x3 convolutions by twos and threes, a pooling behind each group.
VGG16 = tuple(
    layer
    for convolutions in (2, 2, 3, 3, 3)
    for layer in (
        *[{"type": "conv", "kernel": 3, "padding": 1}] * convolutions,
        {"type": "pool", "kernel": 2, "stride": 2},
    )
)
# Section 4.2 of the tutorial, a sketch for 224 x 224 pixels that names no network: number of layers, the side that they see.
CLAIMED_DEPTHS = {1: 3, 3: 7, 5: 15, 10: 32, 20: 100}
CLAIMED_AT_LEAST = 20  # from so many layers on the sketch says "100+"


def find_conv_sizes(rows: Sequence[LayerRow], depths: Iterable[int]) -> list[int | None]:
    """Side of the field after the given number of convolutions; the poolings between them count only by what they add.

    Args:
        rows: of a network, the image's own first.
        depths: numbers of convolutions, from 1 on.

    Returns:
        One size in pixels for each depth, None where the network has fewer convolutions.
    """
    sizes = [row.size for row in rows if row.kind == "conv"]
    return [sizes[depth - 1] if depth <= len(sizes) else None for depth in depths]


def find_first_as_wide(rows: Sequence[LayerRow]) -> LayerRow | None:
    """Find the first layer whose field is at least as wide as the image.

    Args:
        rows: those of a network or chain, the image's own row first.

    Returns:
        The row of that layer; None if no field is so wide.
    """
    return next((row for row in rows if min(row.sizes) >= rows[0].num_units), None)


def how_much_is_joined(row: LayerRow, image_size: int) -> str | None:
    """Whether a layer combines all positions, and whether these cover the whole image.

    Args:
        row: the layer.
        image_size: side of the image in pixels.

    Returns:
        None if the layer does not join all positions; "global" if it sees the whole image; "part" if strides leave out
        some pixels at the border.
    """
    if row.kind != "global":
        return None
    return "global" if row.sizes == (image_size, image_size) else "part"


def find_last_local(rows: Sequence[LayerRow]) -> LayerRow:
    """Find the last layer whose units still look at different places.

    Args:
        rows: those of a network or chain, the image's own row first.

    Returns:
        The row of that layer; the image's own row if there is no such layer.
    """
    return next(row for row in reversed(rows) if row.kind != "global")
