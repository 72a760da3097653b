"""Pictures that people bring: opened with care, turned into one grey plane.

Whatever is wrong with a file becomes an InputError with a sentence. The size of a picture and the memory that decoding
it takes are checked before anything is decoded.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image

from explorer.decoding import MOST_MEMORY, estimate_memory
from explorer.errors import InputError
from explorer.file_kinds import is_raw, recognise_file

MAX_SIDE = 4096  # pixels
MAX_PIXELS = 16_000_000
MAX_JPEG_PIXELS = 50_000_000  # of a JPEG that is shrunk anyway: it can be decoded at an eighth of its sides
MOST_AT_ONCE = 2  # pictures that are decoded at the same moment, however many readers there are

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
_NAMES = {"WEBP": "WebP", "MPO": "JPEG"}  # formats that people call by another name than Pillow does
_SIXTEEN_BITS = 65535
_BRIGHT = 200  # a cut-out with a higher mean grey value would vanish on white
_BAND = 64  # rows that are converted at a time, so that no second copy of a picture is made
# Opening a pipe must not wait until somebody writes to it; links and devices are not files that a reader brought.
_FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY"):
    _FLAGS |= getattr(os, _flag, 0)
# What turns a picture upright, by the number that the camera noted in the EXIF data.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# All pictures are read in the same few threads, because the C library keeps for each thread the memory that the thread
# once used for a picture. A server has forty threads; twenty of them, one after the other, kept 1.1 GB.
_READERS: dict[str, ThreadPoolExecutor] = {}


def _start_readers() -> None:
    _READERS["pictures"] = ThreadPoolExecutor(MOST_AT_ONCE, "pictures")


_start_readers()
if hasattr(os, "register_at_fork"):  # threads do not come along into a forked process
    os.register_at_fork(after_in_child=_start_readers)


def open_image(source: str | Path | BinaryIO | None, side: int | None = None) -> Image.Image:
    """Open a picture of a reader as grey values, upright.

    The size is read from the header; it and the memory that decoding takes are checked before anything is decoded.
    Transparent parts become white, or black if the visible part is itself nearly white. Of an animation the first frame
    is taken, 16-bit values are scaled to 8 bits, EXIF rotation is applied.

    Args:
        source: path of a regular file, or a binary file.
        side: greatest side in pixels, to which a larger picture is shrunk by area; None keeps its size.

    Returns:
        Image of mode "L" (one grey plane, 0 black to 255 white).

    Raises:
        InputError: there is no file, or it is deleted, not a regular file, too large, of an unknown format, damaged or
            not a picture, or the range of its values is unknown.
    """
    if source is None:
        raise InputError("images.none")
    return _READERS["pictures"].submit(_read_picture, source, side).result()


def _read_picture(source: str | Path | BinaryIO, side: int | None) -> Image.Image:
    with _open_file(source) as file, _read_header(file) as image:
        coded_size = image.size
        if side and image.width * image.height <= MAX_JPEG_PIXELS:
            _ask_for_less(image, side)
        _check_size(image)
        _check_memory(image, file, coded_size)
        grey = _decode_grey(image)
    if side:
        grey.thumbnail((side, side), Image.Resampling.BOX)
    return grey


def check_path(value: Any) -> str | None:
    """The path of a picture as it came with the other settings; None if the reader brought no picture.

    Raises:
        InputError: it is not a path.
    """
    if value is None or isinstance(value, str):
        return value
    raise InputError("images.gone")


@contextmanager
def _open_file(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """The file, opened. A file that was open before is not closed afterwards."""
    if hasattr(source, "read"):
        yield source
        return
    try:
        handle = os.open(source, _FLAGS)
    except (OSError, TypeError, ValueError) as error:  # deleted some hours after it was brought, or no path at all
        raise InputError("images.gone") from error
    with _wrap_regular(handle) as file:
        yield file


def _wrap_regular(handle: int) -> BinaryIO:
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise InputError("images.gone")


def _read_header(file: BinaryIO) -> Image.Image:
    """The picture, not yet decoded."""
    try:
        image = Image.open(file, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError("images.too_large", side=MAX_SIDE, megapixels=MAX_PIXELS // 10**6) from None
    except Exception as error:  # readers of damaged headers raise errors of every kind
        raise _name_file(file) from error
    if is_raw(image, file):
        raise InputError("images.raw", format="DNG, NEF, ARW, CR2")
    return image


def _name_file(file: BinaryIO) -> InputError:
    """The reason for refusing a file that is not a picture of a known format."""
    try:
        kind = recognise_file(file)
    except (OSError, ValueError):  # another process shortened the file meanwhile
        kind = None
    return InputError("images.unknown") if kind is None else InputError(f"images.{kind[0]}", format=kind[1])


def _ask_for_less(image: Image.Image, side: int) -> None:
    """Have a JPEG decoded smaller, down to an eighth of its sides; any other picture stays as it is.

    It keeps at least twice the wanted side, unless it would be too large then.
    """
    width, height = image.size
    scale = next((s for s in (1, 2, 4) if _fits(-(-width // s), -(-height // s))), 8)
    image.draft(None, tuple(max(1, min(2 * side, length // scale)) for length in (width, height)))


def _fits(width: int, height: int) -> bool:
    return max(width, height) <= MAX_SIDE and width * height <= MAX_PIXELS


def _check_size(image: Image.Image) -> None:
    if not _fits(*image.size):
        raise InputError(
            "images.too_large_size",
            width=image.width,
            height=image.height,
            side=MAX_SIDE,
            megapixels=MAX_PIXELS // 10**6,
        )


def _check_memory(image: Image.Image, file: BinaryIO, coded_size: tuple[int, int]) -> None:
    """Refuse a picture whose format keeps so many copies of it that it would take too much memory."""
    width, height = coded_size
    try:
        needed = estimate_memory(image, file, width * height)
    except Exception as error:  # a damaged header can raise any error
        raise InputError("images.damaged") from error
    if needed > MOST_MEMORY:
        megapixels = f"{max(0.1, width * height * MOST_MEMORY / needed / 1e6 - 0.05):.1f}"
        name = _NAMES.get(image.format, image.format)
        raise InputError("images.too_costly", width=width, height=height, format=name, megapixels=megapixels)


def _decode_grey(image: Image.Image) -> Image.Image:
    """All pixels as grey values, turned upright as the camera noted in the EXIF data."""
    try:
        image.load()
    except Exception as error:  # decoders of damaged data raise errors of every kind
        raise InputError("images.damaged") from error
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # damaged notes of the camera do not spoil the picture
        turn = None
    grey = _to_grey(image)
    return grey if turn is None else grey.transpose(turn)


def _to_grey(image: Image.Image) -> Image.Image:
    """Any mode to "L"."""
    if image.mode.startswith(("I", "F")):
        return _scale_deep(image)
    is_clear = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    ground = _choose_ground(image) if is_clear else None
    grey = Image.new("L", image.size)
    for top, band in _cut_bands(image):
        grey.paste(_flatten(band, ground), (0, top))
    return grey


def _cut_bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(first row, its rows) from top to bottom."""
    for top in range(0, image.height, _BAND):
        yield top, image.crop((0, top, image.width, min(top + _BAND, image.height)))


def _flatten(band: Image.Image, ground: str | None) -> Image.Image:
    """Some rows as grey values; `ground` is the colour behind transparent parts, None if there are none."""
    if ground is not None:
        laid = Image.new("RGBA", band.size, ground)
        laid.alpha_composite(band.convert("RGBA"))
        return laid.convert("L")
    return band.convert("L") if band.mode in ("1", "L") else band.convert("RGB").convert("L")


def _choose_ground(image: Image.Image) -> str:
    """Black where the visible part is nearly white on average, else white."""
    counts = np.zeros(256, dtype=np.int64)
    for _, band in _cut_bands(image):
        shown = band.convert("RGBA")
        counts += shown.convert("L").histogram(mask=shown.getchannel("A"))
    return "black" if counts @ np.arange(256) > _BRIGHT * counts.sum() else "white"


def _scale_deep(image: Image.Image) -> Image.Image:
    """Grey values of more than 8 bits to 0..255.

    16-bit files say their range. 32-bit ones do not: it is taken as the smallest of 0..1, 0..255 and 0..65535
    that holds every value.
    """
    greatest = _find_greatest(image)
    is_sixteen = image.mode.startswith("I;16")
    top = _SIXTEEN_BITS if is_sixteen else next(t for t in (1, 255, _SIXTEEN_BITS) if greatest <= t)
    grey = Image.new("L", image.size)
    for row, band in _cut_bands(image):
        values = np.rint(np.asarray(band, dtype=np.float64) * (255 / top))
        grey.paste(Image.fromarray(values.astype(np.uint8)), (0, row))
    return grey


def _find_greatest(image: Image.Image) -> float:
    """The greatest value, after a look at all of them."""
    greatest = 0.0
    for _, band in _cut_bands(image):
        values = np.asarray(band)
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > _SIXTEEN_BITS:
            raise InputError("images.unknown_range")
        greatest = max(greatest, float(values.max()))
    return greatest
