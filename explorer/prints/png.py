"""PNG files of drawings, in half the time of Pillow's.

Pillow tries all five filters of PNG for each row. In drawings most rows equal the one above them, so one filter serves
all: the difference from the row above ("Up" in https://www.w3.org/TR/png-3/#9Filters).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH, _RGB, _UP, _PER_METRE = 8, 2, 2, 1  # bits of a channel, kind of colour, filter, unit of the resolution
_LEVEL, _MEMORY = 1, 9  # of zlib: the fastest, with its largest buffer
_INCHES = 1 / 0.0254  # of a metre


def write_png(image: Image, dpi: float) -> bytes:
    """A PNG file of 8 bits a channel.

    Args:
        image: in mode RGB, which holds the same pixels.
        dpi: pixels of an inch, which the file tells.
    """
    rows = np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, 3 * image.width)
    filtered = np.empty((image.height, 1 + 3 * image.width), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])  # modulo 256, as PNG wants it
    packer = zlib.compressobj(_LEVEL, memLevel=_MEMORY)
    packed = packer.compress(filtered) + packer.flush()  # type: ignore[arg-type]  # an array is a buffer
    dots = round(dpi * _INCHES)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", image.width, image.height, _DEPTH, _RGB, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", dots, dots, _PER_METRE)),
            _chunk(b"IDAT", packed),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
