"""What came from the page, turned into what is shown: one unit of one layer of a network, on an image."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from explorer.checks import check_choice, check_number, check_whole
from explorer.data import fit_images, load_sample
from explorer.errors import InputError
from explorer.images import open_image
from explorer.models.networks import NETWORKS, Network, find_network, present_name
from explorer.page.links import SEPARATORS, split_rows
from explorer.page.samples import check_sample
from explorer.receptive_field.maths import (
    COLUMN_LIMITS,
    MAX_LAYERS,
    FieldBox,
    LayerRow,
    compute_box_reach,
    compute_chain_field,
    compute_chain_reach,
    compute_field_box,
    find_last_local,
    find_unit,
    parse_layers,
    trace_layer_table,
    trace_layer_table_within,
    trace_uniform_stack,
)
from explorer.receptive_field.networks import (
    MAX_IMAGE_SIZE,
    UnitCheck,
    check_chain_unit,
    check_unit,
    check_unit_within,
    trace_model,
    trace_model_within,
)

IMAGE_SIZE = 28
SHOWN_SIDE = 256  # pixels along one side of a picture that is sent to the page
UPLOAD_SIDE = 1024  # pixels of a picture of the reader, of which the middle square is shown
SHOWN_UNITS = 96  # units along one side of a map that is sent to the page
TABLE = "table"  # the reader's own layers, in the place of a model's name
STACKS = {"stack3x3": 3, "stack5x5": 5}  # equal convolutions at stride 1, to compare with: name -> kernel
STACK = "stack3x3"
MOST_COMPARED = 3
FIRST_MODEL, FIRST_LAYER, FIRST_SAMPLE = "lenet5", 3, 120
MIDDLE = (0.5, 0.5)
BACK, FORWARD = "back", "forward"
DIRECTIONS = (
    BACK,
    FORWARD,
)  # from a unit back to the pixels that it sees, and from a pixel to the units that it reaches
DEEPEST = 9999  # number of a layer that no network has
FARTHEST = 9  # sides of the image: units at the edge of a padded map see places outside it


def make_layers(*rows: Sequence) -> tuple[dict[str, str], ...]:
    """Rows of the table, as a reader types them: type, kernel, stride, padding, dilation."""
    return tuple(dict(zip(("type", *COLUMN_LIMITS), map(str, row))) for row in rows)


LENET_LAYERS = make_layers(("conv", 5, 1, 2, 1), ("pool", 2, 2, 0, 1), ("conv", 5, 1, 0, 1), ("pool", 2, 2, 0, 1))


@dataclass(frozen=True)
class View:
    """All that the reader has set, as it came from the page.

    Attributes:
        model: name of a network, or TABLE.
        size: side of the image in pixels.
        layer: number of the layer, 0 for the image.
        sample: index of the sample that is the image.
        picture: the reader's own picture, which goes before the sample: SHOWN_SIDE x SHOWN_SIDE grey values, a byte
            each, in base64. (A path from the page could name any file of the server.)
        place: (row, column) that the unit looks at, as shares of the image's sides; None for the middle.
        compared: names of networks in the same chart.
        layers: the table.
        direction: one of DIRECTIONS.
        seen_in: number of the layer in whose units fields are measured, 0 for the pixels of the image.
    """

    model: str = FIRST_MODEL
    size: int = IMAGE_SIZE
    layer: int = FIRST_LAYER
    sample: int = FIRST_SAMPLE
    picture: str | None = None
    place: Sequence[float] | None = None
    compared: Sequence[str] = (STACK,)
    layers: Any = LENET_LAYERS
    direction: str = BACK
    seen_in: int = 0


@dataclass(frozen=True)
class Chain:
    """A network of which a layer is shown, at one size of image.

    Attributes:
        model: a key of NETWORKS, or TABLE.
        size: side of the image in pixels.
        layers: the reader's own layers, as `parse_layers` gives them; None for a network.
        rows: the image's own row, then one a layer.
        source: number of the layer whose units stand in the place of pixels, and whose map is the image here; 0 where that
            is the image itself.
        outer: the same network seen in the image itself, where `source` is not 0.
    """

    model: str
    size: int
    layers: Sequence[Mapping[str, Any]] | None
    rows: tuple[LayerRow, ...] = field(repr=False)  # which the others determine
    source: int = 0
    outer: Chain | None = None

    def find_reach(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """What the units of a layer see along height and width, (units, pixels) bool each."""
        if self.layers is None:
            down, across = (compute_box_reach(side, self.size) for side in self.rows[number].sides)
        else:
            down = across = compute_chain_reach(self.layers, self.rows, number)
        return down, across

    def find_field(self, number: int, unit: tuple[int, int]) -> FieldBox:
        """What a unit (row, column) of a layer sees."""
        if self.layers is None:
            return compute_field_box(self.rows[number], unit, self.size)
        return compute_chain_field(self.layers, self.rows, number, unit)


@dataclass(frozen=True)
class Spot:
    """One unit of one layer; checked.

    Attributes:
        chain: the network.
        number: of the layer, 0 for the image.
        place: (row, column) that the unit looks at, as shares of the image's sides; None for the middle.
        unit: (row, column) of the unit.
        field: what it sees.

    `number` counts from the chain's source on.
    """

    chain: Chain
    number: int
    place: tuple[float, float] | None
    unit: tuple[int, int]
    field: FieldBox

    @property
    def model(self) -> str:
        """Name of the network."""
        return self.chain.model

    @property
    def size(self) -> int:
        """Side of the image in pixels."""
        return self.chain.size

    @property
    def rows(self) -> tuple[LayerRow, ...]:
        """The image's own row, then one a layer."""
        return self.chain.rows

    @property
    def row(self) -> LayerRow:
        """The chosen layer."""
        return self.rows[self.number]

    @property
    def pixel(self) -> tuple[float, float]:
        """What the unit looks at, in pixels, or in units of the layer in which it is seen."""
        outer = self.chain.outer
        if outer is None:
            return _find_pixel(self.place, self.size)
        row, column = (
            (position - side.start) / side.jump
            for position, side in zip(_find_pixel(self.place, outer.size), outer.rows[self.chain.source].sides)
        )
        return row, column

    @property
    def pixel_inside(self) -> tuple[int, int]:
        """The pixel of the image at that place; the nearest one if the place is outside the image."""
        row, column = (min(max(math.floor(each + 0.5), 0), self.size - 1) for each in self.pixel)
        return row, column

    @cached_property
    def reach(self) -> tuple[np.ndarray, np.ndarray]:
        """What the units of the layer see along height and width; of a large map some that are spread evenly."""
        down, across = map(_thin, self.chain.find_reach(self.number))
        return down, across


@dataclass(frozen=True)
class Scene:
    """A unit on an image; checked.

    Attributes:
        spot: the unit.
        image: the number of the sample that is the image, or the reader's own picture as `View.picture`.
    """

    spot: Spot
    image: int | str

    @property
    def ground(self) -> tuple:
        """The pictures on which the unit and its field are drawn: the layer's map and the image."""
        return self.spot.chain, self.spot.number, self.image

    @property
    def ground_key(self) -> str:
        """The same for the same ground alone."""
        return sign(self.ground)

    @property
    def key(self) -> str:
        """The same for two scenes if, and only if, they show the same unit of the same layer on the same image."""
        return sign((self.ground, self.spot.unit))


@dataclass(frozen=True)
class Compared:
    """What stands in the chart beside a network; checked.

    Attributes:
        names: of the networks.
        table: the reader's own layers where one of the networks is made of them.
    """

    names: tuple[str, ...]
    table: Sequence[Mapping[str, Any]] | None


def _thin(reach: np.ndarray) -> np.ndarray:
    kept = np.unique(np.linspace(0, len(reach) - 1, SHOWN_UNITS).round().astype(int))
    return reach[kept] if len(reach) > SHOWN_UNITS else reach


def sign(parts: tuple) -> str:
    """The same for the same parts alone."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def check_size(size: Any) -> int:
    """The side of the image as the browser sent it."""
    return check_whole("terms.input_size", size, 1, MAX_IMAGE_SIZE)


def check_direction(direction: Any) -> str:
    """From where the reader asks, one of DIRECTIONS."""
    return check_choice("receptive_field.direction", direction, DIRECTIONS)


def check_place(place: Any) -> tuple[float, float] | None:
    """What the unit looks at, as the browser sent it; None for the middle."""
    if place in (None, ""):
        return None
    shares = place if isinstance(place, list | tuple) and len(place) == 2 else (None, None)
    rows, columns = (check_number("receptive_field.pixel", share, -FARTHEST, FARTHEST) for share in shares)
    return rows, columns


def _find_pixel(place: tuple[float, float] | None, size: int) -> tuple[float, float]:
    rows, columns = place or MIDDLE
    return rows * size - 0.5, columns * size - 0.5


def find_spot(view: View) -> Spot:
    """Check which unit is meant and find what it sees. A number of a layer past the last one means the last one.

    Raises:
        InputError: something of it is out of bounds; a CellError where it is a row of the table.
    """
    chain = find_chain(view)
    number = min(check_whole("terms.layer", view.layer, 0), len(chain.rows) - 1)
    place = check_place(view.place)
    unit = find_unit(chain.rows[number], _find_pixel(place, chain.size))
    # A layer sees only layers before it.
    source = min(check_whole("receptive_field.seen_in", view.seen_in, 0), max(number - 1, 0))
    within = find_within(chain, source) if source else chain
    return Spot(within, number - source, place, unit, within.find_field(number - source, unit))


def find_scene(view: View) -> Scene:
    """The same with the image.

    Raises:
        InputError: as `find_spot`, there is no such image, or the image has no pixel at the place, where one is asked for.
    """
    if check_direction(view.direction) == FORWARD:
        scene = Scene(find_spot(replace(view, seen_in=0)), check_image(view))
        check_pixel(scene.spot)
        return scene
    return Scene(find_spot(view), check_image(view))


def check_pixel(spot: Spot) -> tuple[int, int]:
    """The pixel of the image at the place that the reader has chosen.

    Raises:
        InputError: the place lies beside the image.
    """
    asked = tuple(math.floor(each + 0.5) for each in spot.pixel)
    if asked != spot.pixel_inside:
        raise InputError("receptive_field.no_pixel", row=asked[0], column=asked[1], size=spot.size, last=spot.size - 1)
    return spot.pixel_inside


def find_compared(view: View) -> Compared:
    """Check which networks to compare with.

    Raises:
        InputError: there is no such network; a CellError where it is a row of the table.
    """
    names = tuple(check_compared(view.compared))
    return Compared(names, parse_layers(view.layers) if TABLE in names and view.model != TABLE else None)


def check_image(view: View) -> int | str:
    """The number of the sample, or the reader's own picture, as `Scene.image`."""
    if not view.picture:  # the page hands an empty one back as ""
        return check_sample(view.sample)
    decode_picture(view.picture)
    return view.picture


def find_chain(view: View) -> Chain:
    """The network of a view at its size.

    Raises:
        InputError: there is no such network, or it takes no image of that size; a CellError where it is a row of the table.
    """
    size = check_size(view.size)
    if view.model != TABLE:
        return Chain(find_network(view.model).name, size, None, trace_model(view.model, size))
    layers = parse_layers(view.layers)
    return Chain(TABLE, size, layers, trace_layer_table(layers, size))


def check_pixel_numbers(pixel: Any, size: int) -> tuple[int, int]:
    """Row and column of a pixel as a program gives them, in an image of that side.

    Raises:
        InputError: they are not two whole numbers, or the image has no such pixel.
    """
    numbers = pixel if isinstance(pixel, list | tuple) and len(pixel) == 2 else (None, None)
    row, column = (check_whole("receptive_field.pixel", each, 0, size - 1) for each in numbers)
    return row, column


def find_within(chain: Chain, source: int) -> Chain:
    """The network from a layer on, with that layer's map as its image.

    Raises:
        InputError: the layer's map is not square.
    """
    if chain.layers is None:
        rows = trace_model_within(chain.model, chain.size, source)
        return Chain(chain.model, rows[0].num_units, None, rows, source, chain)
    rows = trace_layer_table_within(chain.layers, chain.rows, source)
    return Chain(TABLE, rows[0].num_units, chain.layers[source:], rows, source, chain)


def trace_compared(name: str, table: Sequence[Mapping[str, Any]] | None, spot: Spot) -> tuple[LayerRow, ...]:
    """The rows of a network to compare with, at the same size where it takes that; stacks are as deep as it takes."""
    if name == TABLE:
        return spot.rows if table is None else trace_layer_table(table, spot.size)
    if name in STACKS:
        least = min(max(max(row.sizes) for row in spot.rows), 2 * spot.size)
        return trace_uniform_stack(STACKS[name], least, spot.size)
    return trace_model(name, fit_size(name, spot.size))


def open_view(mine: Sequence[Network]) -> View:
    """What the page shows first: the first of the networks that were handed over, next to the others, or LeNet-5."""
    if not mine:
        return View()
    try:
        size = find_own_size(mine[0].name)
        rows = trace_model(mine[0].name, size)
    except InputError:  # it takes no image that is small enough for this tab
        return View()
    others = tuple(each.name for each in mine[1 : 1 + MOST_COMPARED])
    return View(mine[0].name, size, rows.index(find_last_local(rows)), compared=others or (STACK,))


def find_own_size(model: Any) -> int:
    """The size of image with which a network comes."""
    return IMAGE_SIZE if model == TABLE else min(find_network(model).input_size, MAX_IMAGE_SIZE)


def fit_size(name: str, size: int) -> int:
    """The size at which a network or the reader's table is shown: its own where it takes no other."""
    network = None if name == TABLE else find_network(name)
    return network.input_size if network and network.fixed_size else size


def check_compared(names: Any) -> list[str]:
    """The names of the networks to compare with, as the browser sent them."""
    names = list(names or []) if isinstance(names, list | tuple) or names is None else [names]
    if len(names) > MOST_COMPARED:
        raise InputError("receptive_field.too_many_compared", maximum=MOST_COMPARED)
    others = (TABLE, *STACKS)  # a tuple, in which anything can be looked for
    return [name if name in others else find_network(name).name for name in names]


def check_field(spot: Spot) -> UnitCheck:
    """Let autograd find the field of a unit."""
    outer = spot.chain.outer
    if spot.chain.layers is None and outer is not None:
        return check_unit_within(spot.model, outer.size, spot.rows[0].name, spot.row, spot.unit)
    if spot.chain.layers is None:
        return check_unit(spot.model, spot.size, spot.row, spot.unit)
    return check_chain_unit(spot.chain.layers[: spot.number], spot.size, spot.row, spot.unit, spot.field)


def read_image(image: int | str, size: int) -> np.ndarray:
    """The sample or the reader's picture, `Scene.image`, as (size, size) of 0..1."""
    pixels = decode_picture(image) if isinstance(image, str) else load_sample().images[image][None] / 255
    return fit_images(pixels, size)[0].numpy()


def encode_picture(path: str) -> str:
    """The middle square of a picture, as `View.picture`."""
    values = torch.from_numpy(np.asarray(open_image(path, UPLOAD_SIDE))[None] / np.float32(255))
    side = min(values.shape[1:])
    top, left = ((length - side) // 2 for length in values.shape[1:])
    square = fit_images(values[:, top : top + side, left : left + side], SHOWN_SIDE)[0]
    return base64.b64encode((square * 255).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


def decode_picture(picture: Any) -> torch.Tensor:
    """(1, SHOWN_SIDE, SHOWN_SIDE) of 0..1."""
    try:
        values = base64.b64decode(picture, validate=True)
    except (TypeError, ValueError):
        values = b""
    if len(values) != SHOWN_SIDE**2:
        raise InputError("images.damaged")
    return torch.frombuffer(bytearray(values), dtype=torch.uint8).view(1, SHOWN_SIDE, SHOWN_SIDE) / 255


# ---- what a link names ------------------------------------------------------------------------------------------


def read_model(words: str) -> str | None:
    """The network that a link names, also by a name that it had once, or None where there is none."""
    name = present_name(words)
    return name if name == TABLE or name in NETWORKS else None


def read_place(words: str) -> list[float] | None:
    """What a unit looks at as a link writes it, "0.25;0.5" (shares of the image's sides), or None where it is not a place."""
    try:
        place = [
            check_number("receptive_field.pixel", share, -FARTHEST, FARTHEST) for share in words.split(SEPARATORS[0])
        ]
    except InputError:
        return None
    return place if len(place) == 2 else None


def read_compared(words: str) -> list[str] | None:
    """The networks to compare with as a link writes them, "resnet34;resnet18", or None where one is not known."""
    try:
        return check_compared(words.split(SEPARATORS[0]) if words else [])
    except InputError:
        return None


def read_layers(words: str) -> list[dict[str, str]] | None:
    """The rows of the table as a link writes them, "conv,3,1,1,1;pool,2,2,0,1", or None where that is not a table.

    What stands in a cell is not looked at here: a wrong one is said where all wrong cells are said.
    """
    rows = split_rows(words)
    fits = len(rows) <= MAX_LAYERS and all(len(row) == 1 + len(COLUMN_LIMITS) for row in rows)
    return list(make_layers(*rows)) if fits else None
