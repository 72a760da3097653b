"""From any grey picture to what the networks take, in steps modelled on those by which Fashion-MNIST was made.

Source: Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST", section 2: trim the background, resize the longest edge
to 28 pixels, centre on a 28 x 28 canvas, dark background. They leave out rows and columns to resize, and sharpen the
result; here areas are averaged, and nothing is sharpened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from explorer.checks import check_choice
from explorer.data import normalise
from explorer.errors import InputError

SIDE = 28  # pixels
INVERSIONS = ("auto", "yes", "no")

_BLANK = 0.03  # least difference between background and content, of the whole range
_FAINT = 0.1  # content fainter than this is trimmed with the background (the data set's authors took 0.05)


@dataclass(frozen=True)
class Step:
    """One step: its key ("grey", "inverted", "levels", "cropped", "resized", "normalised") and what it gave.

    `values` is (H, W) float, 0 black to 1 white, but for "normalised", which is around 0.
    """

    name: str
    values: torch.Tensor


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the networks.

    Attributes:
        steps: what each step gave, in order.
        image: (1, 1, 28, 28) float, normalised.
        inverted: whether the picture was turned negative.
    """

    steps: tuple[Step, ...]
    image: torch.Tensor
    inverted: bool

    @property
    def pixels(self) -> torch.Tensor:
        """(28, 28) float, 0 black to 1 white: the picture as the data set has it, before it is normalised."""
        return self.steps[-2].values


def prepare_sample(pixels: torch.Tensor) -> Prepared:
    """An image of the data set: only normalised, it went through the other steps when the set was made.

    Args:
        pixels: (28, 28) uint8, 0..255.
    """
    return _finish([Step("resized", pixels.float() / 255)], inverted=False)


def prepare_picture(grey: np.ndarray, inversion: str = "auto") -> Prepared:
    """Any grey picture: background to black, trimmed, fitted into 28 x 28 with its aspect kept, normalised.

    Args:
        grey: (H, W) values 0..255.
        inversion: "auto" inverts when what is shown is darker than its border; "yes" and "no" overrule it.

    Raises:
        InputError: the picture has nothing on it, or inversion is not one of INVERSIONS.
    """
    check_choice("classifier.inversion", inversion, INVERSIONS)
    picture = torch.from_numpy(np.array(grey, dtype=np.float32)) / 255
    steps = [Step("grey", picture)]
    inverted = inversion == "yes" or (inversion == "auto" and is_darker_than_border(picture))
    if inverted:
        picture = 1 - picture
        steps.append(Step("inverted", picture))
    picture = stretch_levels(picture)
    steps.append(Step("levels", picture))
    picture = trim_background(picture)
    steps.append(Step("cropped", picture))
    steps.append(Step("resized", fit_to_square(picture)))
    return _finish(steps, inverted)


def _finish(steps: list[Step], inverted: bool) -> Prepared:
    image = normalise(steps[-1].values)
    return Prepared((*steps, Step("normalised", image)), image[None, None], inverted)


def _border(picture: torch.Tensor) -> torch.Tensor:
    """The pixels of the outermost frame, a twenty-fifth of the shorter side thick."""
    thick = max(1, min(picture.shape) // 25)
    inner = torch.zeros(picture.shape, dtype=torch.bool)
    inner[thick:-thick, thick:-thick] = True
    return picture[~inner]


def is_darker_than_border(picture: torch.Tensor) -> bool:
    """Whether (H, W) values 0..1 lie more below the border's median than above it, all in all.

    How light the border is does not tell: a white shirt may lie on a light grey wall.
    """
    difference = picture - _border(picture).median()
    return bool((-difference).clamp(min=0).sum() > difference.clamp(min=0).sum())


def stretch_levels(picture: torch.Tensor) -> torch.Tensor:
    """The border's median to 0, the brightest value to 1, darker than the border to 0.

    Where nothing is brighter than the border (a picture of the wrong polarity) the darkest value goes to 0.

    Raises:
        InputError: the picture has the same brightness everywhere.
    """
    darkest, brightest = picture.aminmax()
    if brightest - darkest < _BLANK:
        raise InputError("classifier.blank")
    background = _border(picture).median()
    if brightest - background < _BLANK:
        background = darkest
    return ((picture - background) / (brightest - background)).clamp(0, 1)


def trim_background(picture: torch.Tensor) -> torch.Tensor:
    """The smallest rectangle that holds everything brighter than the faintest tenth of the range.

    In large pictures single specks of noise do not count: their neighbourhood must be bright as well.
    """
    reach = min(picture.shape) // 100
    window = 2 * reach + 1
    # A mean over rows, then one over columns: that over a square, in far fewer steps.
    smooth = F.avg_pool2d(picture[None, None], (1, window), 1, (0, reach), count_include_pad=False)
    smooth = F.avg_pool2d(smooth, (window, 1), 1, (reach, 0), count_include_pad=False)[0, 0]
    content = (picture > _FAINT) & (smooth > _FAINT)
    if not content.any():
        content = picture > _FAINT
    rows = content.any(dim=1).nonzero().flatten()
    columns = content.any(dim=0).nonzero().flatten()
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_square(picture: torch.Tensor) -> torch.Tensor:
    """Resize the longest edge to 28 with the aspect kept, by area when it shrinks, and centre it on black."""
    height, width = picture.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    if scale < 1:
        resized = F.interpolate(picture[None, None], size, mode="area")
    else:
        resized = F.interpolate(picture[None, None], size, mode="bilinear", align_corners=False)
    top, left = (SIDE - size[0] + 1) // 2, (SIDE - size[1] + 1) // 2  # the data set rounds up
    square = torch.zeros(SIDE, SIDE)
    square[top : top + size[0], left : left + size[1]] = resized[0, 0]
    return square
