"""What came from the page, turned into what is computed with: a picture, a kernel and how the kernel moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image

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
    Experiment,
    ParameterCount,
    ShiftCheck,
    count_conv_params,
    count_linear_params,
    measure_shift,
    run_experiment,
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
MAX_POOL = 4
MAX_CHANNELS = 64
MAX_SIDE = 224  # px, of the picture in the comparison of parameters
UPLOAD_SIDE = 56  # px, so that the loop in Python answers within 0.1 s
DRAWING_SIDE = 28  # px, as the clothes
DEFAULT_SAMPLE = 180  # an ankle boot

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
        stride, padding, dilation: in pixels.
        flip: whether the kernel is turned by 180 degrees.
    """

    picture: Frozen
    kernel: Frozen
    stride: int
    padding: int
    dilation: int
    flip: bool


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
    stride = check_whole("terms.stride", settings.stride, 1, MAX_STRIDE)
    padding = check_whole("terms.padding", settings.padding, 0, MAX_PADDING)
    dilation = check_whole("terms.dilation", settings.dilation, 1, MAX_DILATION)
    flip = check_flag("convolution.flip", settings.flip)
    return State(_freeze(picture), _freeze(parse_kernel(settings.cells)), stride, padding, dilation, flip)


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
    picture = torch.zeros(6, 6)
    picture[:3] = 1
    return picture


def is_blank(settings: Settings) -> bool:
    """Whether the reader is still to bring or to draw a picture."""
    given = {"upload": settings.upload, "drawing": settings.drawing}
    return settings.source in given and given[settings.source] is None


@remember(megabytes=4)
def _read_upload(path: str | None) -> torch.Tensor:
    """The upload at no more than UPLOAD_SIDE px a side. The name of an uploaded file holds its checksum."""
    return torch.from_numpy(np.array(open_image(path, UPLOAD_SIDE))).float() / 255


def _read_drawing(drawing: str | None) -> torch.Tensor:
    """The drawing at the size of the clothes."""
    ink = read_sketch(drawing)
    if ink is None:
        raise InputError("convolution.no_drawing")
    image = Image.fromarray(ink).resize((DRAWING_SIDE, DRAWING_SIDE), Image.Resampling.BOX)
    return torch.from_numpy(np.array(image)).float() / 255


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
    move = (state.stride, state.padding, state.dilation, state.flip)
    return run_experiment(thaw(state.picture), thaw(state.kernel), *move)


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
