"""Pictures that people bring: opened with care, turned into one grey plane.

Whatever is wrong with a file becomes an InputError with a sentence; nothing is decoded before its size is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from explorer.errors import InputError

MAX_SIDE = 4096  # pixels
MAX_PIXELS = 16_000_000  # about 64 MB decoded with four channels
MAX_JPEG_PIXELS = 50_000_000  # of one that is shrunk anyway: it can be decoded at an eighth of its sides

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_SIXTEEN_BITS = 65535
_BRIGHT = 200  # mean grey value from which on a cut-out would vanish on white
_SNIFFED = 1024  # bytes read to recognise an SVG


def open_image(source: str | Path | BinaryIO | None, side: int | None = None) -> Image.Image:
    """Open a picture of a reader as grey values, upright.

    The size is read from the header and checked before anything is decoded. Transparency is laid over white, or over
    black where what there is to see is itself nearly white; an animation gives its first frame, 16-bit values are scaled
    to 8 bits, EXIF rotation is applied.

    Args:
        source: path of the file, or a binary file.
        side: greatest side in pixels, to which a larger picture is shrunk by area; None keeps its size.

    Returns:
        Image of mode "L" (one grey plane, 0 black to 255 white).

    Raises:
        InputError: no file, deleted, too large, an SVG, damaged, no picture at all, or values without a known range.
    """
    if source is None:
        raise InputError("images.none")
    try:
        image = Image.open(source, formats=_FORMATS)
    except FileNotFoundError as error:  # deleted some hours after it was brought
        raise InputError("images.gone") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError("images.too_large", side=MAX_SIDE, megapixels=MAX_PIXELS // 10**6) from None
    except Exception as error:  # noqa: BLE001 - readers of damaged headers raise errors of every kind
        raise InputError("images.svg" if _is_svg(source) else "images.unknown") from error
    with image:
        if side and image.width * image.height <= MAX_JPEG_PIXELS:
            image.draft(None, (2 * side, 2 * side))  # a JPEG comes out smaller, any other as it is
        _check_size(image)
        grey = _to_grey(_decode(image))
    if side:
        grey.thumbnail((side, side), Image.Resampling.BOX)
    return grey


def _check_size(image: Image.Image) -> None:
    if max(image.size) > MAX_SIDE or image.width * image.height > MAX_PIXELS:
        raise InputError(
            "images.too_large_size",
            width=image.width,
            height=image.height,
            side=MAX_SIDE,
            megapixels=MAX_PIXELS // 10**6,
        )


def _decode(image: Image.Image) -> Image.Image:
    """All pixels, turned upright as the camera noted in the EXIF data."""
    try:
        image.load()
    except Exception as error:  # noqa: BLE001 - decoders of damaged data raise errors of every kind
        raise InputError("images.damaged") from error
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - damaged notes of the camera do not spoil the picture
        return image


def _to_grey(image: Image.Image) -> Image.Image:
    """Any mode to "L"."""
    if image.mode.startswith(("I", "F")):
        return _scale_deep(np.asarray(image), sixteen_bits=image.mode.startswith("I;16"))
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        shown = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, _choose_ground(shown)), shown).convert("L")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB").convert("L")


def _choose_ground(shown: Image.Image) -> str:
    """Black where the visible part is nearly white on average, else white."""
    counts = shown.convert("L").histogram(mask=shown.getchannel("A"))
    total = sum(value * count for value, count in enumerate(counts))
    return "black" if total > _BRIGHT * sum(counts) else "white"


def _scale_deep(values: np.ndarray, sixteen_bits: bool) -> Image.Image:
    """Grey values of more than 8 bits to 0..255.

    16-bit files say their range. 32-bit ones do not: it is taken as the smallest of 0..1, 0..255 and 0..65535
    that holds every value.
    """
    values = values.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > _SIXTEEN_BITS:
        raise InputError("images.unknown_range")
    top = _SIXTEEN_BITS if sixteen_bits else next(t for t in (1, 255, _SIXTEEN_BITS) if values.max() <= t)
    return Image.fromarray(np.rint(values * (255 / top)).astype(np.uint8))


def _is_svg(source: str | Path | BinaryIO) -> bool:
    try:
        if hasattr(source, "read"):
            source.seek(0)
            start = source.read(_SNIFFED)
        else:
            with open(source, "rb") as file:
                start = file.read(_SNIFFED)
    except OSError:
        return False
    return b"<svg" in start.lower()
