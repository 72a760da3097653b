"""From any grey picture to what the networks take, in steps modelled on those by which Fashion-MNIST was made.

Source: Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST", section 2: trim the background, resize the longest edge to 28
pixels, put it into the middle of a dark picture of 28 x 28. To resize, they leave out rows and columns, and then they
sharpen the result; here areas are averaged, and nothing is sharpened.
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

_BLANK = 0.03  # smallest difference between background and content, on the scale 0..1
_FAINT = 0.1  # content that is darker is trimmed with the background (the authors of the data set took 0.05)


@dataclass(frozen=True)
class Step:
    """One step: its key ("grey", "inverted", "levels", "cropped", "resized", "normalised") and what it gave.

    `values` is (H, W) float, 0 black to 1 white; only those of "normalised" lie around 0.
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
    """Prepare an image of the data set. It is only normalised: the other steps were done when the set was made.

    Args:
        pixels: (28, 28) uint8, 0..255.

    Returns:
        The image (1, 1, 28, 28) and its steps.
    """
    return _finish([Step("resized", pixels.float() / 255)], inverted=False)


def prepare_picture(grey: np.ndarray, inversion: str = "auto") -> Prepared:
    """Prepare any grey picture: its background becomes black, it is trimmed, fitted into 28 x 28 and normalised.

    Args:
        grey: (H, W) values 0..255.
        inversion: "auto" turns the picture negative if its content is darker than its border; "yes" always does, "no"
            never.

    Returns:
        The image (1, 1, 28, 28) and its steps. Height and width keep their ratio.

    Raises:
        InputError: the picture has the same brightness everywhere, or inversion is not one of INVERSIONS.
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
    """The pixels of a frame along the border; it is as thick as 1/25 of the shorter side, at least one pixel."""
    thick = max(1, min(picture.shape) // 25)
    inner = torch.zeros(picture.shape, dtype=torch.bool)
    inner[thick:-thick, thick:-thick] = True
    return picture[~inner]


def is_darker_than_border(picture: torch.Tensor) -> bool:
    """Whether the content of a picture is darker than its border.

    The brightness of the border alone is not enough to decide this: a white shirt may lie in front of a light grey
    wall.

    Args:
        picture: (H, W), 0 black to 1 white.

    Returns:
        True if the differences below the border's median have a larger sum than those above it.
    """
    difference = picture - _border(picture).median()
    return bool((-difference).clamp(min=0).sum() > difference.clamp(min=0).sum())


def stretch_levels(picture: torch.Tensor) -> torch.Tensor:
    """Stretch the range of a picture: the median of its border becomes 0, its brightest value 1.

    What is darker than the border becomes 0. If nothing is brighter than the border, because the picture should have
    been turned negative, its darkest value becomes 0 instead.

    Args:
        picture: (H, W), 0 black to 1 white.

    Returns:
        (H, W), 0 to 1.

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
    """Cut the background off: keep the smallest rectangle that holds everything brighter than 0.1.

    In large pictures a single bright pixel, which may be noise, does not count: the pixels around it must be bright on
    average as well.

    Args:
        picture: (H, W), 0 to 1, with at least one pixel brighter than 0.1.

    Returns:
        The part inside the rectangle, a view.
    """
    reach = min(picture.shape) // 100
    window = 2 * reach + 1
    # A mean over rows, then one over columns: together they are the mean over a square, in far fewer steps.
    smooth = F.avg_pool2d(picture[None, None], (1, window), 1, (0, reach), count_include_pad=False)
    smooth = F.avg_pool2d(smooth, (window, 1), 1, (reach, 0), count_include_pad=False)[0, 0]
    content = (picture > _FAINT) & (smooth > _FAINT)
    if not content.any():
        content = picture > _FAINT
    rows = content.any(dim=1).nonzero().flatten()
    columns = content.any(dim=0).nonzero().flatten()
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_square(picture: torch.Tensor) -> torch.Tensor:
    """Resize a picture so that its longer edge has 28 pixels, and put it into the middle of a black square.

    Height and width keep their ratio. Smaller pictures are averages over areas; larger ones are bilinear.

    Args:
        picture: (H, W), 0 black to 1 white.

    Returns:
        (28, 28), 0 black to 1 white.
    """
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
