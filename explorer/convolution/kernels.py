"""Kernels to choose from, kernels that networks learned, and reading a matrix that a person typed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import nn

from explorer.errors import InputError, shorten

MAX_KERNEL_SIZE = 7
MAX_KERNEL_VALUE = 1000  # larger ones only push the float32 sums out of their accuracy
LONGEST_CELL = 400  # characters; no number needs as many
MAX_IMAGE_SIZE = 128
MAX_IMAGE_VALUE = 1000

Cells = Sequence[Sequence["str | float"]]

# editor.js gets it, to take the same for a number; backslashes would be lost in Gradio's templates. Infinity and NaN are read, to
# be refused as too large. No two parts can share digits, or a long text that is not a number would be tried in every way to part it.
DECIMAL = "[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:e[+-]?[0-9]+)?"
_NUMBER = re.compile(rf"{DECIMAL}(?:\s*/\s*{DECIMAL})?|[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)


def compute_gaussian(size: int, sigma: float) -> torch.Tensor:
    """(size, size) samples of exp(-(x^2 + y^2) / (2 sigma^2)) around the centre, scaled to the sum 1."""
    distance = torch.arange(size) - (size - 1) / 2
    bell = torch.exp(-(distance**2) / (2 * sigma**2))
    kernel = torch.outer(bell, bell)
    return kernel / kernel.sum()


def sample_random(size: int, seed: int) -> torch.Tensor:
    """(size, size) normal numbers, rounded to one decimal so that they can be read."""
    return torch.randn(size, size, generator=torch.Generator().manual_seed(seed)).mul(10).round().div(10)


def write_cells(kernel: torch.Tensor) -> list[list[str]]:
    """The matrix as a person would type it, four digits a number."""
    return [[f"{value:.4g}" for value in row] for row in kernel.tolist()]


PRESETS: Mapping[str, Cells] = MappingProxyType({
    "horizontal": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "vertical": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "scharr": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "box": [["1/9"] * 3] * 3,
    "gaussian": write_cells(compute_gaussian(5, sigma=1.0)),
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "random": write_cells(sample_random(3, seed=0)),
})  # fmt: skip


def preset_cells(name: str) -> list[list[str]]:
    """The preset as the text of its cells."""
    return [[str(cell) for cell in row] for row in PRESETS[name]]


def is_preset(cells: object, name: str) -> bool:
    """Whether cells, as they came from the page, are those of the preset."""
    is_matrix = isinstance(cells, (list, tuple)) and all(isinstance(row, (list, tuple)) for row in cells)
    return is_matrix and [list(row) for row in cells] == preset_cells(name)


def first_filters(model: nn.Module) -> torch.Tensor:
    """(out_channels, kH, kW) weights of the first convolution of a network with one input channel.

    Raises:
        ValueError: it has no convolution, or the first one takes several channels.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            if module.in_channels != 1:
                raise ValueError(f"the first convolution must take 1 channel, got {module.in_channels}")
            return module.weight.detach()[:, 0].float().clone()
    raise ValueError(f"{type(model).__name__} has no convolution")


def parse_kernel(cells: Cells) -> torch.Tensor:
    """(kH, kW) float32 from rows of numbers or text; a fraction such as 1/9 is a number too.

    Raises:
        InputError: not a matrix of 1 x 1 to 7 x 7, or a cell is not a number; the sentence names row and column.
    """
    return _parse_matrix("terms.kernel", cells, MAX_KERNEL_SIZE, MAX_KERNEL_VALUE)


def parse_image(cells: Cells) -> torch.Tensor:
    """(H, W) float32 from rows of numbers, at most 128 a side; raises as `parse_kernel` does."""
    return _parse_matrix("terms.image", cells, MAX_IMAGE_SIZE, MAX_IMAGE_VALUE)


def _parse_matrix(name: str, cells: Cells, max_size: int, max_value: float) -> torch.Tensor:
    if not isinstance(cells, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in cells):
        raise InputError("convolution.not_rows", name=name)
    widths = [len(row) for row in cells]
    if not 1 <= len(widths) <= max_size or not 1 <= widths[0] <= max_size:
        raise InputError(
            "convolution.matrix_size", name=name, rows=len(widths), columns=max(widths, default=0), max_size=max_size
        )
    for row, width in enumerate(widths, start=1):
        if width != widths[0]:
            raise InputError("convolution.ragged", name=name, row=row, width=width, first=widths[0])
    return torch.tensor([
        [_parse_cell(cell, name, row, column, max_value) for column, cell in enumerate(line, start=1)]
        for row, line in enumerate(cells, start=1)
    ])  # fmt: skip


def _parse_cell(cell, name: str, row: int, column: int, max_value: float) -> float:
    place = {"name": name, "row": row, "column": column}
    written = "" if cell is None else shorten(cell, LONGEST_CELL).strip().replace("\N{MINUS SIGN}", "-")
    if not written:
        raise InputError("convolution.cell_empty", **place)
    try:
        if isinstance(cell, bool) or not _NUMBER.fullmatch(written):
            raise ValueError
        numerator, slash, denominator = written.partition("/")
        value = float(numerator) / float(denominator) if slash else float(numerator)
    except (ValueError, ZeroDivisionError):
        raise InputError("convolution.cell_not_a_number", value=written[:20], **place) from None
    if not math.isfinite(value) or abs(value) > max_value:
        raise InputError("convolution.cell_too_large", value=written[:20], limit=max_value, **place)
    return value
