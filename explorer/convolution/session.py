"""What came from the page, turned into what is computed with: a picture, a kernel and how the kernel moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from explorer.caches import remember
from explorer.checks import check_choice, check_flag, check_whole
from explorer.convolution.kernels import (
    MAX_KERNEL_SIZE,
    PRESETS,
    first_filters,
    parse_kernel,
    preset_cells,
    write_cells,
)
from explorer.convolution.maths import (
    MODES,
    Experiment,
    Moves,
    ParameterCount,
    ShiftCheck,
    count_conv_params,
    count_linear_params,
    measure_shift,
    run_experiment,
    transpose_back,
)
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.images import check_path, open_image
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_trained
from explorer.models.networks import find_network, is_brought
from explorer.page.links import split_rows
from explorer.page.samples import check_sample
from explorer.page.sketch import read_sketch

SOURCES = ("tutorial", "sample", "upload", "drawing")
LEARNED = tuple(name for name, entry in MODELS.items() if entry.lends_filters)
OWN = "own"
FIRST_KERNEL = "horizontal"
CHOICES = (*PRESETS, *LEARNED, OWN)
MAX_STRIDE = 4
MAX_PADDING = 6
MAX_DILATION = 4
MAX_PADDING_APART = MAX_DILATION * (MAX_KERNEL_SIZE - 1) // 2  # of a single side: every kernel can keep the size
MAX_POOL = 4
MAX_CHANNELS = 64
MAX_SIDE = 224  # px, of the picture in the comparison of parameters
UPLOAD_SIDE = 56  # px, so that the loop in Python answers within 0.1 s
SIDES_EXAMPLE = "stride,2,1"
DEFAULT_SAMPLE = 180  # an ankle boot
TUTORIAL = ((1,) * 6,) * 3 + ((0,) * 6,) * 3  # bright above, dark below
# What can be set for single sides -> its sides and their least and greatest number.
SIDES = {
    "stride": (("down", "across"), 1, MAX_STRIDE),
    "padding": (("top", "bottom", "left", "right"), 0, MAX_PADDING_APART),
    "dilation": (("down", "across"), 1, MAX_DILATION),
}

Cells = Sequence[Sequence[str]]
Frozen = tuple[tuple[int, ...], bytes]  # shape and values of a matrix of float32: what can be compared and looked up


@dataclass(frozen=True)
class Settings:
    """All that the reader has set, as it came from the page."""

    source: str = "tutorial"
    sample: int = DEFAULT_SAMPLE
    upload: str | None = None
    drawing: str | None = None
    cells: Cells = tuple(map(tuple, preset_cells(FIRST_KERNEL)))
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    flip: bool = False
    mode: str = "zeros"
    sides: Sequence[Sequence] = ()
    transposed: bool = False
    pool_size: int = 2
    in_channels: int = 3
    out_channels: int = 16
    side: int = 28


@dataclass(frozen=True)
class State:
    """What slides over what, checked.

    Attributes:
        picture: (H, W), on the scale 0..1.
        kernel: (kH, kW), before it is flipped.
        moves: how it moves.
        flip: whether the kernel is turned by 180 degrees.
        transposed: whether the result is brought back to the size of the picture.
    """

    picture: Frozen
    kernel: Frozen
    moves: Moves
    flip: bool
    transposed: bool


@dataclass(frozen=True)
class Layers:
    """A convolution and a linear layer between the same maps.

    Attributes:
        in_channels, out_channels: of either.
        side: of a map, in pixels.
        size: of the kernel, (kH, kW).
    """

    in_channels: int
    out_channels: int
    side: int
    size: tuple[int, int]

    @property
    def conv(self) -> ParameterCount:
        """Parameters of the convolution."""
        return count_conv_params(self.in_channels, self.out_channels, *self.size)

    @property
    def linear(self) -> ParameterCount:
        """Parameters of the linear layer."""
        return count_linear_params(self.in_channels * self.side**2, self.out_channels * self.side**2)


def read_state(settings: Settings) -> State:
    """The picture, the kernel and how it moves.

    Raises:
        InputError: something of it is missing or out of bounds.
    """
    picture = read_picture(settings)
    moves = read_moves_of(settings)
    flip = check_flag("convolution.flip", settings.flip)
    transposed = check_flag("convolution.transposed", settings.transposed)
    return State(_freeze(picture), _freeze(parse_kernel(settings.cells)), moves, flip, transposed)


def read_moves_of(settings: Settings) -> Moves:
    """How the kernel moves: what is set for single sides takes the place of what is set for all.

    Raises:
        InputError: something is out of bounds, or no row of `sides` is such as ["padding", 0, 1, 0, 1].
    """
    stride = check_whole("terms.stride", settings.stride, 1, MAX_STRIDE)
    padding = check_whole("terms.padding", settings.padding, 0, MAX_PADDING)
    dilation = check_whole("terms.dilation", settings.dilation, 1, MAX_DILATION)
    alike = {"stride": (stride,) * 2, "padding": (padding,) * 4, "dilation": (dilation,) * 2}
    mode = check_choice("convolution.mode", settings.mode, MODES)
    return Moves(**{**alike, **check_sides(settings.sides)}, mode=mode)


def check_sides(rows: object) -> dict[str, tuple[int, ...]]:
    """What is set for single sides, by name, each in the order of SIDES.

    Raises:
        InputError: it is no list of rows of a name of SIDES and a number for each of its sides, or one is out of bounds.
    """
    if not isinstance(rows, list | tuple):
        raise InputError("convolution.sides_row", value=rows, example=SIDES_EXAMPLE)
    found = {}
    for row in rows:
        name = row[0] if isinstance(row, list | tuple) and row else None
        sides, least, most = SIDES.get(name, ((), 0, 0)) if isinstance(name, str) else ((), 0, 0)
        if not sides or len(row) != len(sides) + 1:
            raise InputError("convolution.sides_row", value=row, example=SIDES_EXAMPLE)
        found[name] = tuple(check_whole(f"terms.{name}", each, least, most) for each in row[1:])
    return found


def read_sides(words: str) -> list[list[str | int]] | None:
    """What is set for single sides as a link writes it, "stride,2,1;padding,0,1,0,1", or None where that is nonsense."""
    try:
        return [[name, *numbers] for name, numbers in check_sides(split_rows(words)).items()] if words else []
    except InputError:
        return None


def read_picture(settings: Settings) -> torch.Tensor:
    """(H, W) float32 picture on the scale 0..1.

    Raises:
        InputError: there is none yet, or it cannot be read.
    """
    source = check_choice("convolution.source", settings.source, SOURCES)
    if source == "sample":
        return load_sample().images[check_sample(settings.sample)].float() / 255
    if source == "upload":
        return _read_upload(check_path(settings.upload))
    if source == "drawing":
        return _read_drawing(settings.drawing)
    return torch.tensor(TUTORIAL, dtype=torch.float32)


def is_blank(settings: Settings) -> bool:
    """Whether the reader is still to bring or to draw a picture."""
    given = {"upload": settings.upload, "drawing": settings.drawing}
    return any(settings.source == source and value is None for source, value in given.items())


@remember(megabytes=4)
def _read_upload(path: str | None) -> torch.Tensor:
    """The upload at no more than UPLOAD_SIDE px a side. The name of an uploaded file holds its checksum."""
    return torch.from_numpy(np.array(open_image(path, UPLOAD_SIDE))).float() / 255


def _read_drawing(drawing: str | None) -> torch.Tensor:
    """The drawing at the size of the clothes."""
    ink = read_sketch(drawing)
    if ink is None:
        raise InputError("convolution.no_drawing")
    # Each pixel is the mean of four: first side by side, then one above the other, rounded up both times. pictures.js does the same.
    pairs = (ink[:, ::2].astype(int) + ink[:, 1::2] + 1) // 2
    return torch.from_numpy((pairs[::2] + pairs[1::2] + 1) // 2).float() / 255


def choose_kernel(choice: str, cells: Cells) -> tuple[Cells, torch.Tensor | None, int]:
    """The cells of the chosen kernel and, of a network, its filters (N, kH, kW) and which of them the cells hold.

    Cells that already hold one of the network's filters stay as they are.

    Raises:
        InputError: there is no such kernel, or the network has not been trained here.
    """
    if not is_brought(choice):
        check_choice("terms.kernel", choice, CHOICES)
    if choice == OWN:
        return cells, None, 0
    if choice in PRESETS:
        return preset_cells(choice), None, 0
    filters = learned_filters(choice)
    written = [write_cells(each) for each in filters]
    index = written.index(cells) if cells in written else 0
    return written[index], filters, index


def learned_filters(name: str) -> torch.Tensor:
    """(N, kH, kW) filters of the first layer of a trained network, one of LEARNED or one that the reader trained.

    Raises:
        InputError: its weights are missing or damaged, or it is no longer here.
    """
    if is_brought(name):
        with find_network(name).borrow() as model:
            return first_filters(model)
    try:
        return first_filters(load_trained(name))
    except CheckpointError as error:
        raise InputError("convolution.no_weights", model=MODELS[name].title) from error


def read_cells(words: str) -> list[list[str]] | None:
    """The cells of a kernel as a link writes them, "1,0,-1;2,0,-2", or None where that is not a matrix of at most 7 x 7.

    What stands in a cell is not looked at here: a wrong one is said where all wrong cells are said.
    """
    rows = split_rows(words)
    fits = len(rows) <= MAX_KERNEL_SIZE and len({len(row) for row in rows}) == 1 and len(rows[0]) <= MAX_KERNEL_SIZE
    return rows if fits and words else None


@remember(megabytes=16)
def run(state: State) -> Experiment:
    """The convolution. Remembered, so that what does not concern the loop does not run it, and measure it, again."""
    moves = state.moves
    move = (moves.stride, moves.padding, moves.dilation, state.flip)
    return run_experiment(thaw(state.picture), thaw(state.kernel), *move, mode=moves.mode)


@remember(megabytes=2)
def bring_back(state: State) -> torch.Tensor:
    """The transposed convolution of the result, (H, W)."""
    return transpose_back(run(state))


def read_pool_size(settings: Settings, state: State) -> int:
    """Side of the pooling window.

    Raises:
        InputError: it is out of bounds, or larger than the picture.
    """
    size = check_whole("terms.kernel_size", settings.pool_size, 1, MAX_POOL)
    height, width = state.picture[0]
    if size > min(height, width):
        raise InputError("convolution.window_too_large", size=size, height=height, width=width)
    return size


@remember(megabytes=1)
def find_shift(picture: Frozen, size: int) -> ShiftCheck:
    """How pooling takes a shift of this picture."""
    return measure_shift([thaw(picture)], size)


@lru_cache(maxsize=MAX_POOL)
def shift_over_samples(size: int) -> ShiftCheck:
    """How pooling takes a shift by one pixel, over all sample clothes."""
    return measure_shift((image.float() / 255 for image in load_sample().images), size)


def read_layers(settings: Settings, state: State) -> Layers:
    """The two layers whose parameters are compared.

    Raises:
        InputError: a number is out of bounds.
    """
    return Layers(
        check_whole("terms.in_channels", settings.in_channels, 1, MAX_CHANNELS),
        check_whole("terms.out_channels", settings.out_channels, 1, MAX_CHANNELS),
        check_whole("terms.input_size", settings.side, 1, MAX_SIDE),
        state.kernel[0],
    )


def _freeze(matrix: torch.Tensor) -> Frozen:
    return tuple(matrix.shape), matrix.numpy().tobytes()


def thaw(frozen: Frozen) -> torch.Tensor:
    """The matrix that was frozen."""
    shape, values = frozen
    return torch.frombuffer(bytearray(values), dtype=torch.float32).view(shape)
