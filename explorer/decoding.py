"""How much memory decoding a picture takes, found from its header before anything is decoded.

Measured with Pillow 12.3, whose plugins keep several copies of some formats.
"""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

from explorer.avif import find_coded

MOST_MEMORY = 150 * 2**20  # bytes for one picture
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # a pixel; all others take 4
_GREY_BYTES = 2  # a pixel: the grey result, and the same turned upright
_WEBP_BYTES = 17  # 4 each for two canvases, the result and the image, and 1 for the rest; measured
_AVIF_REST = 2  # bytes a pixel beside planes and copies, measured
_BITS_PER_SAMPLE, _SAMPLES, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT, _ORIENTATION = 258, 277, 278, 322, 323, 274


def estimate_memory(image: Image.Image, file: BinaryIO, coded_pixels: int) -> int:
    """The most bytes in use at one moment while a picture is decoded and turned into a grey one.

    Args:
        image: opened, not decoded.
        file: the file from which it was opened.
        coded_pixels: pixels in the file; a JPEG that is decoded smaller has more of them than the image.

    Raises:
        ValueError: the pictures inside an AVIF file cannot be found.
    """
    pixels = image.width * image.height
    if image.format == "WEBP":
        return pixels * _WEBP_BYTES
    if image.format == "AVIF":
        return _count_avif(image, file)
    plain = pixels * (_count_mode_bytes(image.mode) + _GREY_BYTES)
    if image.format in ("JPEG", "MPO"):
        return plain + round(coded_pixels * _count_coefficient_bytes(image, file))
    if image.format == "TIFF":
        return _count_tiff(image) + file.seek(0, 2)  # a strip is read whole before it is unpacked
    return plain


def _count_mode_bytes(mode: str) -> int:
    return _MODE_BYTES.get(mode, 4)


def _count_coefficient_bytes(image: Image.Image, file: BinaryIO) -> float:
    """Bytes a pixel for the coefficients of a JPEG: 0, unless it comes in several scans, because then all are kept."""
    layers = image.layer  # (id, horizontal sampling, vertical sampling, table) each
    if not image.info.get("progressive") and _count_first_scan(file) == len(layers):
        return 0
    widest, highest = max(layer[1] for layer in layers), max(layer[2] for layer in layers)
    return 2 * sum(layer[1] * layer[2] for layer in layers) / (widest * highest)


def _count_first_scan(file: BinaryIO) -> int | None:
    """How many components the first scan of a JPEG holds, or None if it is not found."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 255:
        if head[1] == 0xDA:
            return file.read(1)[0]
        file.seek(int.from_bytes(head[2:], "big") - 2, 1)
    return None


def _count_avif(image: Image.Image, file: BinaryIO) -> int:
    """The planes of each coded picture in 2 bytes a value, twice what is made of them, and the image."""
    file.seek(0)
    planes = sum(each.pixels * (3 if each.profile == 0 else 6) for each in find_coded(file.read()))
    copied = len(image.getbands())
    return planes + image.width * image.height * (copied + 4 + _AVIF_REST)


def _count_tiff(image: Image.Image) -> int:
    """The image, and the largest of: a strip or tile of the file, the image once more if it is turned, the grey one."""
    tags, pixels = image.tag_v2, image.width * image.height
    bits = max(tags.get(_BITS_PER_SAMPLE, (1,))) * tags.get(_SAMPLES, 1)
    rows = min(tags.get(_ROWS_PER_STRIP, image.height), image.height)
    buffered = image.width * rows
    if _TILE_WIDTH in tags:
        buffered = max(buffered, tags[_TILE_WIDTH] * tags.get(_TILE_HEIGHT, 1))
    kept = pixels * _count_mode_bytes(image.mode)
    turned = kept if tags.get(_ORIENTATION, 1) != 1 else 0
    return kept + max(buffered * max(bits, 8 * _count_mode_bytes(image.mode)) // 8, turned, pixels * _GREY_BYTES)
