"""Files that people take for pictures and that are none here: recognised by their content, whatever their name is."""

from __future__ import annotations

import re
import zlib
from typing import BinaryIO

from PIL import Image, features

_SNIFFED = 65536  # bytes; drawing programs write long notes before an SVG begins
_SVG = re.compile(r"<([a-z]\w*:)?svg[\s>/]", re.IGNORECASE)
_HTML = re.compile(r"\s*(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body)", re.IGNORECASE | re.DOTALL)
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_QUICKTIME = {b"moov", b"mdat", b"wide"}  # what films of before 2001 begin with

# How a file begins -> the key of the sentence that refuses it, and the name of its format.
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\0\0\0\x0cjP  \r\n\x87\n", "other_format", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "other_format", "JPEG 2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "other_format", "JPEG XL"),
    (b"\xff\x0a", "other_format", "JPEG XL"),
    (b"8BPS", "other_format", "Photoshop (PSD)"),
    (b"gimp xcf", "other_format", "GIMP (XCF)"),
    (b"\0\0\1\0", "other_format", "ICO"),
    (b"%PDF-", "document", "PDF"),
    (b"%!PS", "document", "PostScript"),
    (b"PK\3\4", "document", "ZIP, DOCX, PPTX"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "DOC, PPT"),
    (b"FUJIFILMCCD-RAW", "raw", "RAF"),
    (b"IIRO", "raw", "ORF"),
    (b"IIRS", "raw", "ORF"),
    (b"MMOR", "raw", "ORF"),
    (b"IIU\0", "raw", "RW2"),
    (b"FOVb", "raw", "X3F"),
    (b"\x1a\x45\xdf\xa3", "video", "WebM"),
    (b"\0\0\1\xba", "video", "MPEG"),
    (b"FLV", "video", "FLV"),
)
_DNG_VERSION, _SUBFILE, _INNER_PICTURES, _PHOTOMETRIC = 50706, 254, 330, 262
_SENSOR_VALUES = (32803, 34892)  # of the tag that says what the values are: a mosaic of colours, or one that was filled


def recognise_file(file: BinaryIO) -> tuple[str, str] | None:
    """The key of the sentence that refuses a file, and the name of its format; None of what nobody knows.

    >>> import io
    >>> recognise_file(io.BytesIO(b"%PDF-1.7"))
    ('document', 'PDF')
    """
    file.seek(0)
    start = file.read(_SNIFFED)
    for begin, key, name in _STARTS:
        if start.startswith(begin):
            return key, name
    if start[4:8] == b"ftyp":
        return _recognise_brands(start)
    if start[4:8] in _QUICKTIME:
        return "video", "MOV"
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "video", "AVI"
    return _recognise_text(start)


def is_raw(image: Image.Image, file: BinaryIO) -> bool:
    """Whether a picture that opens as TIFF is a camera's raw file, of which only a small preview would be read."""
    if image.format != "TIFF":
        return False
    file.seek(8)
    is_canon, tags = file.read(2) == b"CR", image.tag_v2
    is_preview = tags.get(_SUBFILE) == 1 and _INNER_PICTURES in tags
    return is_canon or is_preview or _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _SENSOR_VALUES


def _recognise_brands(start: bytes) -> tuple[str, str] | None:
    """Of a file in boxes: its first box names the formats that it follows, the most important first."""
    size = min(int.from_bytes(start[:4], "big"), 512)
    brands = [start[8:12], *(start[place : place + 4] for place in range(16, size, 4))]
    if _AVIF.intersection(brands):
        return None if features.check("avif") else ("other_format", "AVIF")
    if brands[0] in _HEIC:
        return "heic", "HEIC"
    if brands[0] == b"crx ":
        return "raw", "CR3"
    if brands[0] in (b"jp2 ", b"jpx "):
        return "other_format", "JPEG 2000"
    return "video", "MOV" if brands[0] == b"qt  " else "MP4"


def _recognise_text(start: bytes) -> tuple[str, str] | None:
    text = _read_text(_unpack(start))
    if _HTML.match(text):
        return "document", "HTML"
    return ("svg", "SVG") if _SVG.search(text) else None


def _unpack(start: bytes) -> bytes:
    """The beginning of what a packed file (svgz) holds; of any other itself."""
    if not start.startswith(b"\x1f\x8b"):
        return start
    try:
        return zlib.decompressobj(wbits=31).decompress(start, _SNIFFED)
    except zlib.error:
        return b""


def _read_text(start: bytes) -> str:
    """The text that bytes stand for, in UTF-16 where they say so or every other one is empty, else in UTF-8."""
    if start.startswith((b"\xff\xfe", b"<\0")):
        return start.decode("utf-16-le", "replace").removeprefix("\ufeff")
    if start.startswith((b"\xfe\xff", b"\0<")):
        return start.decode("utf-16-be", "replace").removeprefix("\ufeff")
    return start.decode("utf-8-sig", "replace")
