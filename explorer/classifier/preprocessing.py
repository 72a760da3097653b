"""From any grey picture to what the networks take, in steps modelled on those by which Fashion-MNIST was made.

Source: Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST", section 2: trim the background, resize the longest edge to 28
pixels, put it into the middle of a dark picture of 28 x 28. To resize, they leave out rows and columns, and then they
sharpen the result; here areas are averaged, and nothing is sharpened. Their photos had a plain background; for other photos a
sloping background, noise and further pieces can be taken away, and what cannot be mended is said (`Remark`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from explorer.checks import check_choice, check_number
from explorer.data import normalise
from explorer.errors import InputError

SIDE = 28  # pixels
INVERSIONS = ("auto", "yes", "no")
GROUNDS = ("auto", "flat", "slope", "none")
CROPS = ("auto", "piece", "none")
CENTRES = ("box", "mass")
EDGES = ("top", "bottom", "left", "right")
MOST_CUT = 45  # per cent of a side, so that something is left between two of them
MOST_FAINT = 60  # per cent

_WHITE = 255  # of a pixel of a byte
_BLANK = 0.03  # smallest difference between background and content, on the scale 0..1
_SLOPING = 0.01  # deviation of a flat background from which on a slope is looked for
_BETTER = 0.7  # a slope is taken where it leaves less than this share of that deviation
_NOISE = 3.0  # standard deviations of the background below which nothing is taken for content
_MOST_NOISE = 0.5  # of full scale: beyond, the clothes would go with the pattern behind them
_SAMPLED = 4000  # pixels of the border that decide on the background
_LEAST_PIECE = 0.05  # of the largest piece: a smaller one goes
_PIECES_SIDE = 112  # pixels to which a picture is reduced to find its pieces
_WEAK, _PATTERNED, _CUT_OFF = 0.2, 0.08, 0.05  # from which on something is said, see `Remark`


@dataclass(frozen=True)
class Preparation:
    """How a picture is prepared. The values are checked by `prepare_picture`.

    Attributes:
        inversion: "auto" turns the picture negative if its content is darker than its border; "yes" always does, "no" never.
        ground: what becomes black. "flat" is the median of the border, "slope" the plane that fits the border best, "auto" the
            plane where it fits clearly better; "none" leaves all as it is.
        turned: degrees, clockwise.
        cut: per cent of the height or width that become black at each of EDGES.
        crop: "auto" keeps the smallest rectangle with all content except for small distant pieces, such as a label; "piece" that
            with the largest connected piece; "none" all.
        faint: per cent of full scale; what is darker counts as background.
        centre: what is in the middle at the end: that rectangle ("box"), or the centre of mass as far as there is room ("mass").
    """

    inversion: str = "auto"
    ground: str = "auto"
    turned: float = 0
    cut: tuple[float, ...] = (0, 0, 0, 0)
    crop: str = "auto"
    faint: float = 10  # the authors of the data set took 5
    centre: str = "box"


@dataclass(frozen=True)
class Step:
    """One step: its key ("grey", "inverted", "levels", "turned", "cropped", "resized", "normalised") and what it gave.

    `values` is (H, W) float, 0 black to 1 white; only those of "normalised" lie around 0.
    """

    name: str
    values: torch.Tensor


@dataclass(frozen=True)
class Remark:
    """What preparation cannot mend, with a measured value.

    Attributes:
        name: "weak", content and background differ by less than 20 % of full scale; "patterned", the background varies by more
            than 8 % of that difference; "cut_off", more than 5 % of the border is content; "small", the content is smaller
            than 28 pixels.
        value: that share in per cent, or the pixels of the longer side of the content.
    """

    name: str
    value: int


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the networks.

    Attributes:
        steps: what each step gave, in order.
        image: (1, 1, 28, 28) float, normalised.
        inverted: whether the picture was turned negative.
        remarks: what is to be said of it.
    """

    steps: tuple[Step, ...]
    image: torch.Tensor
    inverted: bool
    remarks: tuple[Remark, ...] = field(default=())

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


def prepare_picture(grey: np.ndarray, preparation: Preparation = Preparation()) -> Prepared:
    """Prepare any grey picture: its background becomes black, it is trimmed, fitted into 28 x 28 and normalised.

    Args:
        grey: (H, W) values 0..255.
        preparation: what to do in each step.

    Returns:
        The image (1, 1, 28, 28) and its steps. Height and width keep their ratio.

    Raises:
        InputError: the picture has almost the same brightness everywhere, nothing of it is left, or a setting is out of bounds.
    """
    preparation = check_preparation(preparation)
    picture = torch.from_numpy(np.array(grey, dtype=np.float32)) / 255
    steps = [Step("grey", picture)]
    inverted = preparation.inversion == "yes" or (preparation.inversion == "auto" and is_darker_than_border(picture))
    if inverted:
        picture = 1 - picture
        steps.append(Step("inverted", picture))
    remarks: list[Remark] = []
    if preparation.ground != "none":
        picture, remarks = remove_background(picture, preparation.ground)
        steps.append(Step("levels", picture))
    turned = cut_edges(turn_picture(picture, preparation.turned), preparation.cut)
    if turned is not picture:
        steps.append(Step("turned", turned))
    if preparation.crop != "none":
        faint = preparation.faint / 100
        pieces = keep_pieces(turned, faint, _LEAST_PIECE if preparation.crop == "auto" else 1.0)
        turned = trim_background(pieces, faint)
        steps.append(Step("cropped", turned))
        remarks += [Remark("small", max(turned.shape))] if max(turned.shape) < SIDE < max(picture.shape) else []
    steps.append(Step("resized", fit_to_square(turned, preparation.centre)))
    return _finish(steps, inverted, remarks)


def check_preparation(preparation: Preparation) -> Preparation:
    """The same with numbers for what is a number.

    Raises:
        InputError: a setting is out of bounds.
    """
    choices = {"inversion": INVERSIONS, "ground": GROUNDS, "crop": CROPS, "centre": CENTRES}
    for name, allowed in choices.items():
        check_choice(f"classifier.{name}", getattr(preparation, name), allowed)
    return replace(
        preparation,
        turned=check_number("classifier.turned", preparation.turned, -180, 180),
        faint=check_number("classifier.faint", preparation.faint, 1, MOST_FAINT),
        cut=tuple(
            check_number(f"classifier.cut_{edge}", share, 0, MOST_CUT)
            for edge, share in zip(EDGES, preparation.cut, strict=True)
        ),
    )


def _finish(steps: list[Step], inverted: bool, remarks: Sequence[Remark] = ()) -> Prepared:
    image = normalise(steps[-1].values)
    return Prepared((*steps, Step("normalised", image)), image[None, None], inverted, tuple(remarks))


def _border_mask(picture: torch.Tensor) -> torch.Tensor:
    """A frame along the border, (H, W) bool; it is as thick as 1/25 of the shorter side, at least one pixel."""
    thick = max(1, min(picture.shape) // 25)
    frame = torch.ones(picture.shape, dtype=torch.bool)
    frame[thick:-thick, thick:-thick] = False
    return frame


def is_darker_than_border(picture: torch.Tensor) -> bool:
    """Whether the content of a picture is darker than its border.

    The brightness of the border alone is not enough to decide this: a white shirt may lie in front of a light grey
    wall.

    Args:
        picture: (H, W), 0 black to 1 white.

    Returns:
        True if the differences below the border's median have a larger sum than those above it.
    """
    difference = picture - picture[_border_mask(picture)].median()
    return bool((-difference).clamp(min=0).sum() > difference.clamp(min=0).sum())


def remove_background(picture: torch.Tensor, ground: str = "auto") -> tuple[torch.Tensor, list[Remark]]:
    """Make the background black and the brightest value white.

    What is darker than the background becomes 0, and so does what differs from it by less than three standard deviations of
    its noise. If nothing is brighter than the background, because the picture should have been turned negative, the darkest
    value becomes 0 instead.

    Args:
        picture: (H, W), 0 black to 1 white.
        ground: "flat", "slope" or "auto", as in `Preparation`.

    Returns:
        (H, W), 0 to 1, and what is to be said of it.

    Raises:
        InputError: the picture has the same brightness everywhere, or almost so.
    """
    darkest, brightest = picture.aminmax()
    contrast = float(brightest - darkest)
    if contrast < _BLANK:
        steps = round(_WHITE * contrast)
        raise InputError("classifier.too_faint", value=steps, white=_WHITE) if steps else InputError("classifier.blank")
    background = find_background(picture, ground)
    over = picture - background
    if over.max() < _BLANK:
        return (picture - darkest) / (brightest - darkest), []
    over = over / over.max()
    border = over[_border_mask(picture)]
    noise = _deviation(border)
    floor = min(_NOISE * noise, _MOST_NOISE)
    weak = float((picture - background).max())
    cut_off = float((border > max(floor, 0.1)).float().mean())
    found = {"weak": weak < _WEAK, "patterned": noise > _PATTERNED, "cut_off": cut_off > _CUT_OFF}
    values = {"weak": weak, "patterned": noise, "cut_off": cut_off}
    remarks = [Remark(name, round(100 * values[name])) for name, is_said in found.items() if is_said]
    return torch.where(over > floor, over, 0).clamp(min=0), remarks


def _deviation(values: torch.Tensor) -> float:
    """Standard deviation of normally distributed values, from the distance to the median that 65 % of them do not exceed.

    A third of the border may be clothes, and two brightnesses that share it equally still count as a pattern.
    """
    return float((values - values.median()).abs().quantile(0.65)) / 0.9346


def find_background(picture: torch.Tensor, ground: str = "auto") -> torch.Tensor:
    """The brightness of the background at each pixel, from the border of the picture.

    Args:
        picture: (H, W).
        ground: "flat", "slope" or "auto", as in `Preparation`.

    Returns:
        (H, W), or one value if it is flat.
    """
    rows, columns = _border_mask(picture).nonzero().unbind(1)
    thinned = slice(None, None, max(1, len(rows) // _SAMPLED))
    rows, columns = rows[thinned], columns[thinned]
    values = picture[rows, columns]
    flat = picture[_border_mask(picture)].median()
    deviation = _deviation(values)
    if ground == "flat" or (ground == "auto" and deviation < _SLOPING):
        return flat
    height, width = picture.shape
    where = torch.stack([torch.ones(len(rows)), rows / height - 0.5, columns / width - 0.5], 1)
    plane = _fit_robustly(where, values)
    if ground == "auto" and _deviation(values - where @ plane) > _BETTER * deviation:
        return flat
    down, right = torch.arange(height) / height - 0.5, torch.arange(width) / width - 0.5
    return plane[0] + plane[1] * down[:, None] + plane[2] * right


def _fit_robustly(where: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Least squares in which distant values, such as sleeves at the border, lose their weight (Tukey's biweight)."""
    weights = torch.ones(len(values))
    coefficients = torch.zeros(where.shape[1])
    for _ in range(10):
        weighted = where * weights[:, None]
        # A picture of one row does not say how its background changes down: then the smallest plane is taken.
        coefficients = torch.linalg.pinv(weighted.T @ where) @ (weighted.T @ values)
        rest = values - where @ coefficients
        spread = max(1.4826 * float(rest.abs().median()), 1e-3)
        weights = (1 - (rest / (4.685 * spread)) ** 2).clamp(min=0) ** 2
    return coefficients


def turn_picture(picture: torch.Tensor, degrees: float) -> torch.Tensor:
    """Turn a picture clockwise; the corners become black. Quarter turns change no value, others are bilinear.

    Args:
        picture: (H, W), on black.
        degrees: from -180 to 180.

    Returns:
        (H', W'), with room for all of it; the picture itself for 0 degrees.
    """
    if degrees % 90 == 0:
        quarters = int(degrees // 90) % 4
        return torch.rot90(picture, -quarters, (0, 1)) if quarters else picture
    turned = Image.fromarray(picture.numpy()).rotate(-degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=0)
    return torch.from_numpy(np.array(turned)).clamp(0, 1)


def cut_edges(picture: torch.Tensor, cut: tuple[float, ...]) -> torch.Tensor:
    """Make the edges black.

    Args:
        picture: (H, W), on black.
        cut: per cent at each of EDGES.

    Returns:
        (H, W); the picture itself if nothing is cut.
    """
    if not any(cut):
        return picture
    height, width = picture.shape
    top, bottom, left, right = cut
    rows = slice(round(height * top / 100), height - round(height * bottom / 100))
    columns = slice(round(width * left / 100), width - round(width * right / 100))
    kept = torch.zeros_like(picture)
    kept[rows, columns] = picture[rows, columns]
    return kept


def keep_pieces(picture: torch.Tensor, faint: float, least: float = 1.0) -> torch.Tensor:
    """Make pieces black that are smaller than the largest one, found on a picture of at most 112 pixels a side.

    Args:
        picture: (H, W), 0 to 1.
        faint: what is darker connects nothing.
        least: share of the largest piece from which on another one stays. Below 1, what touches the rectangle around the
            largest piece stays as well: straps of a sandal, a handle.

    Returns:
        (H, W); the picture itself if all stays. Pixels touch each other along sides and corners.
    """
    scale = min(1.0, _PIECES_SIDE / max(picture.shape))
    size = [max(1, round(side * scale)) for side in picture.shape]
    pieces = _number_pieces(F.interpolate(picture[None, None], size, mode="area")[0, 0] > faint)
    numbers, counts = pieces[pieces > 0].unique(return_counts=True)
    if len(numbers) < 2:
        return picture
    kept = set(numbers[counts >= least * counts.max()].tolist())
    if least < 1:
        rows, columns = (pieces == numbers[counts.argmax()]).nonzero().unbind(1)
        kept |= set(pieces[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].unique().tolist())
    lost = [number for number in numbers.tolist() if number not in kept]
    if not lost:
        return picture
    gone = torch.isin(pieces, torch.tensor(lost)).float()
    gone = F.max_pool2d(gone[None, None], 5, 1, 2)  # its rim, which is darker, goes along
    gone = gone * ~torch.isin(pieces, torch.tensor([*kept - {0}]))
    return picture * (1 - F.interpolate(gone, picture.shape, mode="nearest")[0, 0])


def _number_pieces(content: torch.Tensor) -> torch.Tensor:
    """A number for each connected piece of (H, W) bool, 0 elsewhere: the greatest number of a piece spreads over it."""
    pieces = torch.where(content, torch.arange(1, content.numel() + 1).float().view_as(content), 0)
    while True:
        spread = torch.where(content, F.max_pool2d(pieces[None, None], 3, 1, 1)[0, 0], 0)
        if torch.equal(spread, pieces):
            return pieces
        pieces = spread


def trim_background(picture: torch.Tensor, faint: float = 0.1) -> torch.Tensor:
    """Cut the background off: keep the smallest rectangle that holds everything brighter than `faint`.

    In large pictures a single bright pixel, which may be noise, does not count: the pixels around it must be bright on
    average as well.

    Args:
        picture: (H, W), 0 to 1.
        faint: what is darker counts as background.

    Returns:
        The part inside the rectangle, a view.

    Raises:
        InputError: nothing is that bright.
    """
    reach = min(picture.shape) // 100
    window = 2 * reach + 1
    # A mean over rows, then one over columns: together they are the mean over a square, in far fewer steps.
    smooth = F.avg_pool2d(picture[None, None], (1, window), 1, (0, reach), count_include_pad=False)
    smooth = F.avg_pool2d(smooth, (window, 1), 1, (reach, 0), count_include_pad=False)[0, 0]
    content = (picture > faint) & (smooth > faint)
    if not content.any():
        content = picture > faint
    if not content.any():
        raise InputError("classifier.nothing_left")
    rows = content.any(dim=1).nonzero().flatten()
    columns = content.any(dim=0).nonzero().flatten()
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_square(picture: torch.Tensor, centre: str = "box") -> torch.Tensor:
    """Resize a picture so that its longer edge has 28 pixels, and put it into the middle of a black square.

    Height and width keep their ratio. Smaller pictures are averages over areas; larger ones are bilinear.

    Args:
        picture: (H, W), 0 black to 1 white.
        centre: what is in the middle, "box" or "mass" as in `Preparation`.

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
    resized = resized[0, 0]
    top, left = (SIDE - size[0] + 1) // 2, (SIDE - size[1] + 1) // 2  # the data set rounds up
    if centre == "mass":
        top, left = _place(resized.sum(1), SIDE - size[0]), _place(resized.sum(0), SIDE - size[1])
    square = torch.zeros(SIDE, SIDE)
    square[top : top + size[0], left : left + size[1]] = resized
    return square


def _place(brightness: torch.Tensor, room: int) -> int:
    """Where to begin so that the centre of mass is in the middle, as far as there is room."""
    mass = float((brightness * torch.arange(len(brightness))).sum() / brightness.sum())
    return min(max(round((SIDE - 1) / 2 - mass), 0), room)
