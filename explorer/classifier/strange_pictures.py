"""Pictures that are unlike the data set, drawn by code: on them the classifier's warning is measured.

Those that a reader might bring are drawn large and go through the same steps as an uploaded picture.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping
from random import Random
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

from explorer.classifier.preprocessing import SIDE, prepare_picture

CANVAS = 112  # pixels a side of what is drawn
TILE = 7  # pixels a side of the tiles that are shuffled
_WHITE = 255

Shapes = list[list[tuple[float, float]]]


def make_pictures(kind: str, count: int, clothes: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """Draw pictures of one kind.

    Args:
        kind: a key of STRANGE or of CLOTHES.
        count: how many.
        clothes: (N, 28, 28), 0 to 1, at least `count` images of the data set, which some kinds change.
        seed: decides what is drawn; the first pictures are the same whatever the count is.

    Returns:
        (count, 28, 28), 0 black to 1 white.

    Raises:
        ValueError: there is no such kind.
    """
    kinds = {**STRANGE, **CLOTHES}
    if kind not in kinds:
        raise ValueError(f"kind must be one of {', '.join(kinds)}, got {kind!r}")
    random = Random(crc32(kind.encode()) + seed)
    return torch.stack([kinds[kind](random, clothes[number]) for number in range(count)])


# ---- what a reader might bring ----------------------------------------------------------------------------------


def _upload(image: Image.Image) -> torch.Tensor:
    """The picture as the networks would see it if a reader uploaded it, 0 to 1."""
    return prepare_picture(np.asarray(image.convert("L"))).pixels


def _draw_digit(random: Random, _: torch.Tensor) -> torch.Tensor:
    return _draw_sign(random, string.digits)


def _draw_letter(random: Random, _: torch.Tensor) -> torch.Tensor:
    return _draw_sign(random, string.ascii_letters)


def _draw_sign(random: Random, signs: str) -> torch.Tensor:
    image = Image.new("L", (CANVAS, CANVAS))
    font = ImageFont.load_default(random.uniform(60, 90))
    width = random.choice((0, 1, 2, 3))
    middle = (CANVAS / 2, CANVAS / 2)
    ImageDraw.Draw(image).text(middle, random.choice(signs), _WHITE, font, "mm", stroke_width=width)
    return _upload(image.rotate(random.uniform(-15, 15), Image.Resampling.BILINEAR))


def _draw_words(random: Random, _: torch.Tensor) -> torch.Tensor:
    """A page of text, dark on white."""
    image = Image.new("L", (CANVAS, CANVAS), _WHITE)
    size = random.uniform(12, 24)
    font, draw = ImageFont.load_default(size), ImageDraw.Draw(image)
    for line in range(int(CANVAS / size)):
        words = ("".join(random.choices(string.ascii_lowercase, k=random.randint(2, 8))) for _ in range(4))
        draw.text((4, line * size), " ".join(words), random.randint(0, 60), font)
    return _upload(image)


def _draw_face(random: Random, _: torch.Tensor) -> torch.Tensor:
    """A drawn face with eyes, a nose, a mouth and perhaps hair, dark on light."""
    ground, ink = random.randint(200, _WHITE), random.randint(0, 60)
    image = Image.new("L", (CANVAS, CANVAS), ground)
    draw, width = ImageDraw.Draw(image), random.randint(2, 5)
    across, down = random.uniform(30, 42), random.uniform(36, 50)
    skin = random.choice((ground, random.randint(120, 220)))
    x, y = CANVAS / 2, CANVAS / 2
    draw.ellipse((x - across, y - down, x + across, y + down), skin, ink, width)
    eye, apart, high = random.uniform(3, 7), across * random.uniform(0.35, 0.5), down * random.uniform(0.1, 0.35)
    for side in (-1, 1):
        left, top = x + side * apart, y - high
        draw.ellipse((left - eye, top - eye, left + eye, top + eye), ink)
    draw.line((x, y - 4, x - random.uniform(3, 8), y + 10, x + 2, y + 10), ink, width)
    mouth, bend = across * random.uniform(0.4, 0.6), random.uniform(4, 12)
    start, end = random.choice(((0, 180), (180, 360)))
    draw.arc((x - mouth, y + down * 0.45 - bend, x + mouth, y + down * 0.45 + bend), start, end, ink, width)
    if random.random() < 0.5:
        draw.chord((x - across, y - down, x + across, y + down * 0.2), 200, 340, ink)
    return _upload(image)


def _draw_landscape(random: Random, _: torch.Tensor) -> torch.Tensor:
    """A sky that grows brighter or darker, hills and perhaps a sun."""
    top, bottom = random.randint(90, 240), random.randint(90, 240)
    rows = np.linspace(top, bottom, CANVAS)[:, None] + np.zeros((1, CANVAS))
    columns = np.arange(CANVAS)
    for hill in range(random.randint(1, 3)):
        high, waves, phase = random.uniform(6, 22), random.uniform(0.5, 2.5), random.uniform(0, 2 * math.pi)
        edge = CANVAS * (0.45 + 0.15 * hill) + high * np.sin(waves * 2 * math.pi * columns / CANVAS + phase)
        rows[np.arange(CANVAS)[:, None] > edge] = random.randint(20, 160)
    image = Image.fromarray(rows.clip(0, _WHITE).astype(np.uint8))
    if random.random() < 0.5:
        x, y, r = random.uniform(20, 92), random.uniform(12, 35), random.uniform(6, 12)
        ImageDraw.Draw(image).ellipse((x - r, y - r, x + r, y + r), _WHITE)
    return _upload(image)


# ---- patterns ---------------------------------------------------------------------------------------------------


def _draw_stripes(random: Random, _: torch.Tensor) -> torch.Tensor:
    angle, waves, phase = random.uniform(0, math.pi), random.uniform(1, 7), random.uniform(0, 2 * math.pi)
    places = torch.linspace(0, 2 * math.pi, SIDE)
    along = math.cos(angle) * places[None, :] + math.sin(angle) * places[:, None]
    return 0.5 + 0.5 * torch.sin(waves * along + phase)


def _draw_noise(random: Random, _: torch.Tensor) -> torch.Tensor:
    return torch.rand(SIDE, SIDE, generator=_seeded(random))


def _draw_clouds(random: Random, _: torch.Tensor) -> torch.Tensor:
    """Noise that is smooth: few random values, with a smooth surface through them."""
    values = torch.rand(1, 1, *[random.randint(4, 8)] * 2, generator=_seeded(random))
    smooth = F.interpolate(values, (SIDE, SIDE), mode="bicubic", align_corners=True)[0, 0]
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


def _seeded(random: Random) -> torch.Generator:
    return torch.Generator().manual_seed(random.getrandbits(32))


# ---- clothes, changed and drawn ---------------------------------------------------------------------------------


def _turn_upside_down(_: Random, clothes: torch.Tensor) -> torch.Tensor:
    return clothes.flip(0)


def _shuffle(random: Random, clothes: torch.Tensor) -> torch.Tensor:
    """The tiles of an image in random order."""
    tiles = clothes.unfold(0, TILE, TILE).unfold(1, TILE, TILE)
    count = SIDE // TILE
    order = torch.randperm(count * count, generator=_seeded(random))
    mixed = tiles.reshape(-1, TILE, TILE)[order].reshape(count, count, TILE, TILE)
    return mixed.permute(0, 2, 1, 3).reshape(SIDE, SIDE)


def _draw_clothes(random: Random, _: torch.Tensor) -> torch.Tensor:
    """A T-shirt, trousers, a dress, a pullover or a bag, in one grey, as somebody draws them with a broad brush."""
    grey, draw_one = random.randint(120, _WHITE), random.choice((_shirt, _trousers, _dress, _bag))
    image = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(image)
    for shape in draw_one(random):
        draw.polygon(shape, grey)
    return _upload(image)


def _mirror(right: list[tuple[float, float]]) -> Shapes:
    """A shape from its right half, from top to bottom."""
    middle = CANVAS / 2
    return [[(middle + x, y) for x, y in right] + [(middle - x, y) for x, y in reversed(right)]]


def _shirt(random: Random) -> Shapes:
    body, sleeve, neck = random.uniform(22, 30), random.uniform(38, 50), random.uniform(8, 12)
    end, bottom = random.uniform(40, 92), random.uniform(92, 104)
    cuff = max(sleeve - random.uniform(10, 16), body + 2)
    return _mirror([(0, 16), (neck, 10), (body, 14), (sleeve, end), (cuff, end + 4), (body, 40), (body, bottom)])


def _trousers(random: Random) -> Shapes:
    waist, hem, gap, fork = random.uniform(16, 24), random.uniform(18, 28), random.uniform(3, 8), random.uniform(35, 48)
    return _mirror([(waist, 8), (hem, 104), (gap, 104), (0, fork)])


def _dress(random: Random) -> Shapes:
    top, waist, hem = random.uniform(12, 20), random.uniform(10, 16), random.uniform(20, 36)
    return _mirror([(0, 20), (top / 2, 8), (top, 10), (waist, random.uniform(40, 52)), (hem, 104)])


def _bag(random: Random) -> Shapes:
    wide, top, handle = random.uniform(36, 50), random.uniform(40, 56), random.uniform(14, 24)
    body = _mirror([(wide, top), (wide, 100)])
    middle, thick, high = CANVAS / 2, 4, top - random.uniform(16, 30)
    bars = [
        (-handle, -handle + thick, high, top),
        (handle - thick, handle, high, top),
        (-handle, handle, high, high + thick),
    ]
    boxes = [
        [(middle + left, above), (middle + right, above), (middle + right, below), (middle + left, below)]
        for left, right, above, below in bars
    ]
    return body + boxes


_Maker = Callable[[Random, torch.Tensor], torch.Tensor]
# What the warning should find -> how one such picture is made.
STRANGE: Mapping[str, _Maker] = {
    "digits": _draw_digit,
    "letters": _draw_letter,
    "words": _draw_words,
    "faces": _draw_face,
    "landscapes": _draw_landscape,
    "stripes": _draw_stripes,
    "noise": _draw_noise,
    "clouds": _draw_clouds,
    "shuffled": _shuffle,
    "upside_down": _turn_upside_down,
}
# What it should not: clothes that are no photos.
CLOTHES: Mapping[str, _Maker] = {"drawn_clothes": _draw_clothes}
