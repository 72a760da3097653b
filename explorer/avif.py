"""How large an AVIF file really is when it is decoded, found without decoding it.

The size in its header is only what the file says of itself: the decoder reserves memory for the size that the coded
pictures inside state. A file of 3 kB whose header says 100 x 100 took 521 MiB for the 16,000 x 16,000 inside.

Sources: ISO/IEC 14496-12 (boxes), 23008-12 (the places of items), and the AV1 bitstream specification, sections 5.3
(units), 5.5 (sequence header).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINERS = {b"meta": 4, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}  # bytes before the boxes inside
_MOST_BOXES = 2000
_MOST_ITEMS = 2000
_MOST_UNITS = 2000
_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6


@dataclass(frozen=True)
class Coded:
    """What one coded picture of a file holds.

    Attributes:
        width: in pixels.
        height: in pixels.
        frames: that are decoded; more than one where a picture is made in layers.
        profile: 0 has colours at half the sides and at most 10 bits, 1 and 2 more.
    """

    width: int
    height: int
    frames: int
    profile: int

    @property
    def pixels(self) -> int:
        """Pixels that are decoded, those of all frames."""
        return self.width * self.height * self.frames


class _Bits:
    """Numbers of any number of bits out of bytes, the greatest bit first."""

    def __init__(self, data: bytes):
        self._data, self._length, self._place = int.from_bytes(data, "big"), 8 * len(data), 0

    def read(self, count: int) -> int:
        self._place += count
        if self._place > self._length:
            raise ValueError("the sequence header is cut off")
        return self._data >> (self._length - self._place) & ((1 << count) - 1)

    def skip_long(self) -> None:
        """A number that says its own length by zeros before it (section 4.10.3)."""
        zeros = 0
        while zeros < 32 and not self.read(1):
            zeros += 1
        self.read(zeros % 32)


def find_coded(data: bytes) -> list[Coded]:
    """The coded pictures of an AVIF file: its items or, where that is more, the first picture of each of its tracks.

    Args:
        data: the whole file.

    Raises:
        ValueError: it has none, or they cannot be found.
    """
    try:
        boxes = list(_find_boxes(data, 0, len(data)))
        kinds = [_read_parts(_find_items(data, boxes)), _read_parts(_find_first_samples(data, boxes))]
    except IndexError as error:
        raise ValueError("the file is cut off") from error
    found = max(kinds, key=lambda coded: sum(each.pixels for each in coded))  # one or the other is decoded
    if not found:
        raise ValueError("the file holds no coded picture")
    return found


def _read_parts(parts: Iterator[bytes]) -> list[Coded]:
    return [coded for part in parts if (coded := _read_units(part)) is not None]


def _find_first_samples(data: bytes, boxes: list[tuple[bytes, int, int]]) -> Iterator[bytes]:
    """The first picture of each track: it stands where the track's first part begins."""
    for kind, start, end in boxes:
        if kind == b"stbl":
            inner = [(each, first) for each, first, _ in boxes if start <= first < end]
            sizes = [_read_first_size(data, first) for each, first in inner if each == b"stsz"]
            places = [(first, 4 if each == b"stco" else 8) for each, first in inner if each in (b"stco", b"co64")]
            # A track that says it twice is followed to the end of the file, whichever the decoder may take.
            size = sizes[0] if len(sizes) == len(places) == 1 else len(data)
            for first, width in places:
                place = int.from_bytes(data[first + 8 : first + 8 + width], "big")
                yield data[place : place + size]


def _read_first_size(data: bytes, start: int) -> int:
    """Bytes of a track's first picture: all have the same size, or a list says that of each."""
    same, first = (int.from_bytes(data[start + at : start + at + 4], "big") for at in (4, 12))
    return same or first


def _find_boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the content of each box, those inside others included."""
    waiting, number = [(start, end)], 0
    while waiting:
        start, end = waiting.pop()
        while start + 8 <= end:
            number += 1
            if number > _MOST_BOXES:
                raise ValueError("the file has too many boxes")
            size, kind, content = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8], start + 8
            if size == 1:
                size, content = int.from_bytes(data[start + 8 : start + 16], "big"), start + 16
            stop = end if size == 0 else start + size
            if not content <= stop <= end:
                raise ValueError("a box ends outside the file")
            yield kind, content, stop
            if kind in _CONTAINERS:
                waiting.append((content + _CONTAINERS[kind], stop))
            start = stop


def _find_items(data: bytes, boxes: list[tuple[bytes, int, int]]) -> Iterator[bytes]:
    stored = next((data[start:end] for kind, start, end in boxes if kind == b"idat"), b"")
    for kind, start, end in boxes:
        if kind == b"iloc":
            yield from _follow_places(data, data[start:end], stored)


def _follow_places(data: bytes, places: bytes, stored: bytes) -> Iterator[bytes]:
    """The bytes of each item, by the box that says where they are."""
    version = places[0]
    sizes = [places[4] >> 4, places[4] & 15, places[5] >> 4, places[5] & 15 if version else 0]
    offset_size, length_size, base_size, index_size = sizes
    wide = 4 if version == 2 else 2
    position = 6

    def take(count: int) -> int:
        nonlocal position
        if position + count > len(places):
            raise IndexError
        position += count
        return int.from_bytes(places[position - count : position], "big")

    number = take(wide)
    if number > _MOST_ITEMS:
        raise ValueError("the file has too many items")
    for _ in range(number):
        take(wide)
        source = stored if version and take(2) & 15 == 1 else data
        take(2)
        base, parts = take(base_size), []
        for _ in range(take(2)):
            take(index_size)
            start, length = base + take(offset_size), take(length_size)
            parts.append(source[start : start + length] if length else source[start:])
            if sum(map(len, parts)) > len(data):
                raise ValueError("an item is larger than the file")
        yield b"".join(parts)


def _read_units(data: bytes) -> Coded | None:
    """What the units of one coded picture say of it; None of what is none, such as a camera's notes."""
    header, frames = None, 0
    for number, (kind, content) in enumerate(_find_units(data)):
        if number > _MOST_UNITS:
            raise ValueError("a picture has too many units")
        if kind == _SEQUENCE_HEADER:
            each = _read_sequence_header(content)
            header = each if header is None else tuple(map(max, header, each))
        if kind in (_FRAME_HEADER, _FRAME):
            frames += 1
    return None if header is None else Coded(*header[:2], max(frames, 1), header[2])


def _find_units(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        first = data[position]
        position += 2 if first & 4 else 1
        size = len(data) - position
        if first & 2:
            size, position = _read_size(data, position)
        yield first >> 3 & 15, data[position : position + min(size, 64)]
        position += size


def _read_size(data: bytes, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least first, and where it ends."""
    size = 0
    for shift in range(0, 56, 7):
        byte = data[position]
        position += 1
        size |= (byte & 127) << shift
        if byte < 128:
            break
    return size, position


def _read_sequence_header(content: bytes) -> tuple[int, int, int]:
    """(width, height, profile); greatest ones, which a frame may fall short of."""
    bits = _Bits(content)
    profile, _, is_reduced = bits.read(3), bits.read(1), bits.read(1)
    if is_reduced:
        bits.read(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(wide) + 1, bits.read(high) + 1, profile


def _skip_operating_points(bits: _Bits) -> None:
    has_timing, delay_bits = bits.read(1), 0
    has_model = 0
    if has_timing:
        bits.read(64)
        if bits.read(1):
            bits.skip_long()
        has_model = bits.read(1)
        if has_model:
            delay_bits = bits.read(5) + 1
            bits.read(42)
    has_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)
        if has_model and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if has_delay and bits.read(1):
            bits.read(4)
