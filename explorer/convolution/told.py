"""What the page alone computes and shows, as its script (keep.js) tells it when a figure of it is wanted."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer.errors import InputError

SECTIONS = ("learn", "backward", "channels", "shifts")
SCALES = ("signed", "grey")
# What is told of a section at most.
MOST_ROWS = 6  # of maps
MOST_MAPS = 16  # in a row
MOST_OF_SECTION = 40  # maps
MOST_SIDE = 128  # cells of a map
MOST_CELLS = 200_000  # of all maps
MOST_BOXES = 128  # of a map
MOST_BOXES_OF_SECTION = 512
MOST_LOSSES = 5001  # MOST_STEPS of descent.js and the start
MOST_LINES = 12  # of sentences, settings, and rows and columns of a table
LONGEST = 800  # characters of a sentence
LONGEST_NAME = 160  # characters of what stands beside a map or in a table
LARGEST = 1e30  # of a number
_LEAST_LIMIT = 1e-30

Box = tuple[float, float, float, float, str]


@dataclass(frozen=True)
class ToldMap:
    """A map as the page draws it.

    Attributes:
        title, caption: above and below it.
        values: (rows, columns) float32, all finite.
        scale: one of SCALES.
        limit: the value at the end of the scale, above 0.
        has_numbers: whether its cells show their numbers where there is room.
        boxes: outlines: top, left, bottom, right in cells, and a colour as a style sheet writes it.
    """

    title: str
    caption: str
    values: np.ndarray
    scale: str
    limit: float
    has_numbers: bool
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Row:
    """Maps beside each other, and what they are."""

    label: str
    maps: tuple[ToldMap, ...]


@dataclass(frozen=True)
class Curve:
    """A loss at the start and after each step, as float32; the least loss that is possible, and the best one by hand, if there is one."""

    losses: np.ndarray
    least: float
    by_hand: float | None


@dataclass(frozen=True)
class Section:
    """What a section shows, checked.

    Attributes:
        name: one of SECTIONS.
        is_of_screen: whether it takes the picture that is on the stage.
        setting: names and values.
        said: its sentences.
        rows: its maps; there is at least one.
        table: its rows, the heads first, of the same length; () for none.
        curve: None where it has none.
    """

    name: str
    is_of_screen: bool
    setting: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    rows: tuple[Row, ...]
    table: tuple[tuple[str, ...], ...]
    curve: Curve | None


@dataclass(frozen=True)
class Told:
    """What the page tells.

    Attributes:
        cell: row and column of the cell of the result that the reader has chosen; None for none.
        sections: those that are open.
    """

    cell: tuple[int, int] | None = None
    sections: tuple[Section, ...] = ()


def read_told(value: object) -> Told:
    """What the page told; nothing where it told nothing, as for programs.

    Raises:
        InputError: it is not what keep.js tells.
    """
    if value is None:
        return Told()
    told = _read_fields(value, ("cell", "sections"))
    cell, sections = told["cell"], told["sections"]
    if not isinstance(sections, Mapping) or not all(isinstance(name, str) and name in SECTIONS for name in sections):
        raise _refuse()
    return Told(
        None if cell is None else _read_cell(cell),
        tuple(_read_section(name, sections[name]) for name in SECTIONS if name in sections),
    )


def _refuse() -> InputError:
    return InputError("prints.not_told")


def _read_fields(value: object, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping:
    """A mapping with these fields and no others."""
    if not isinstance(value, Mapping) or not set(names) <= value.keys() <= {*names, *optional}:
        raise _refuse()
    return value


def _read_list(value: object, most: int, least: int = 0) -> list:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _refuse()
    return value


def _read_words(value: object, longest: int = LONGEST) -> str:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise _refuse()
    return value


def _read_number(value: object, least: float = -LARGEST, most: float = LARGEST) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise _refuse()
    return float(value)


def _read_count(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _refuse()
    return value


def _read_cell(value: object) -> tuple[int, int]:
    row, column = (_read_count(each, 0, MOST_SIDE) for each in _read_list(value, 2, 2))
    return row, column


def _read_values(value: object, most: int) -> np.ndarray:
    """Numbers from base64 of float32, little endian."""
    if not isinstance(value, str) or len(value) > 4 * math.ceil(4 * most / 3):
        raise _refuse()
    try:
        written = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise _refuse() from None
    if not written or len(written) % 4:
        raise _refuse()
    values = np.frombuffer(written, dtype="<f4").astype(np.float32)
    if len(values) > most or not np.all(np.abs(values) <= LARGEST):  # no number is not below it either
        raise _refuse()
    return values


def _read_section(name: str, value: object) -> Section:
    told = _read_fields(value, ("screen", "setting", "said", "rows"), ("table", "curve"))
    if not isinstance(told["screen"], bool):
        raise _refuse()
    rows = tuple(_read_row(each) for each in _read_list(told["rows"], MOST_ROWS, 1))
    maps = [each for row in rows for each in row.maps]
    if len(maps) > MOST_OF_SECTION or sum(each.values.size for each in maps) > MOST_CELLS:
        raise _refuse()
    if sum(len(each.boxes) for each in maps) > MOST_BOXES_OF_SECTION:
        raise _refuse()
    pairs = [_read_list(each, 2, 2) for each in _read_list(told["setting"], MOST_LINES)]
    curve = told.get("curve")
    if (curve is None) == (name == "learn"):
        raise _refuse()
    return Section(
        name,
        told["screen"],
        tuple((_read_words(key), _read_words(words)) for key, words in pairs),
        tuple(_read_words(each) for each in _read_list(told["said"], MOST_LINES)),
        rows,
        _read_table(told.get("table", [])),
        None if curve is None else _read_curve(curve),
    )


def _read_row(value: object) -> Row:
    row = _read_fields(value, ("label", "maps"))
    return Row(
        _read_words(row["label"], LONGEST_NAME),
        tuple(_read_map(each) for each in _read_list(row["maps"], MOST_MAPS, 1)),
    )


def _read_map(value: object) -> ToldMap:
    told = _read_fields(value, ("title", "caption", "rows", "columns", "values", "scale", "limit", "numbers", "boxes"))
    rows, columns = (_read_count(told[side], 1, MOST_SIDE) for side in ("rows", "columns"))
    values = _read_values(told["values"], rows * columns)
    is_plain = isinstance(told["numbers"], bool) and isinstance(told["scale"], str) and told["scale"] in SCALES
    if not is_plain or len(values) != rows * columns:
        raise _refuse()
    return ToldMap(
        _read_words(told["title"], LONGEST_NAME), _read_words(told["caption"], LONGEST_NAME), values.reshape(rows, columns), told["scale"],
        _read_number(told["limit"], _LEAST_LIMIT), told["numbers"],
        tuple(_read_box(each, rows, columns) for each in _read_list(told["boxes"], MOST_BOXES)),
    )  # fmt: skip


def _read_box(value: object, rows: int, columns: int) -> Box:
    *sides, colour = _read_list(value, 5, 5)
    top, left, bottom, right = (_read_number(side, 0, most) for side, most in zip(sides, (rows, columns) * 2))
    return top, left, bottom, right, _read_words(colour)


def _read_table(value: object) -> tuple[tuple[str, ...], ...]:
    rows = [_read_list(each, MOST_LINES, 1) for each in _read_list(value, MOST_LINES)]
    if len(rows) == 1 or len({len(row) for row in rows}) > 1:  # heads alone are no table
        raise _refuse()
    return tuple(tuple(_read_words(each, LONGEST_NAME) for each in row) for row in rows)


def _read_curve(value: object) -> Curve:
    curve = _read_fields(value, ("losses", "least", "by_hand"))
    losses, by_hand = _read_values(curve["losses"], MOST_LOSSES), curve["by_hand"]
    if losses.min() < 0:
        raise _refuse()
    return Curve(losses, _read_number(curve["least"], 0), None if by_hand is None else _read_number(by_hand, 0))
