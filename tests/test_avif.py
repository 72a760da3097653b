"""The size of the pictures coded in an AVIF file, against files of a known size."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import pytest
from PIL import Image

from explorer.avif import find_coded


def encode(size, mode="RGB", frames=1, **settings) -> bytes:
    picture, buffer = Image.new(mode, size), io.BytesIO()
    more = {"save_all": True, "append_images": [picture] * (frames - 1)} if frames > 1 else {}
    picture.save(buffer, "AVIF", speed=10, **more, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (64, 48), (300, 7), (1023, 1025), (4096, 16)])
@pytest.mark.parametrize(("mode", "frames"), [("RGB", 1), ("RGBA", 1), ("L", 1), ("RGB", 3), ("RGBA", 2)])
def test_every_coded_picture_is_found_with_its_size(size, mode, frames):
    coded = find_coded(encode(size, mode, frames))
    assert len(coded) == (2 if mode == "RGBA" else 1), "colours, and transparency"
    # A coder of films may round an odd side up.
    assert all((each.width - size[0], each.height - size[1]) in [(0, 0), (0, 1), (1, 0), (1, 1)] for each in coded)
    assert {each.frames for each in coded} == {1}, "of a film the first picture alone"


@pytest.mark.parametrize(("subsampling", "profile"), [("4:2:0", 0), ("4:4:4", 1), ("4:2:2", 2)])
def test_the_profile_tells_how_much_colour_there_is(subsampling, profile):
    assert [each.profile for each in find_coded(encode((64, 64), subsampling=subsampling))] == [profile]


def box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def coded_part(size) -> bytes:
    """The units of one picture, taken out of a file."""
    content = encode(size)
    return content[content.index(b"mdat") + 4 :]


def test_an_item_may_lie_in_several_parts_and_inside_the_header():
    units, other = coded_part((640, 480)), coded_part((320, 200))
    kind = box(b"ftyp", b"avif", bytes(4), b"avif")

    # Version 1, sizes of 4 bytes, two items: one of two parts of the file, one in the header's own store.
    def places(first):
        one = struct.pack(">HHHH", 1, 0, 0, 2) + struct.pack(">IIII", first, 3, first + 5, len(units) - 3)
        two = struct.pack(">HHHH", 2, 1, 0, 1) + struct.pack(">II", 0, len(other))
        return box(b"iloc", b"\1\0\0\0", b"\x44\0", struct.pack(">H", 2), one, two)

    size = len(box(b"meta", bytes(4), places(0), box(b"idat", other)))
    first = len(kind) + size + 8
    content = kind + box(b"meta", bytes(4), places(first), box(b"idat", other))
    content += box(b"mdat", units[:3], b"??", units[3:])
    assert {(each.width, each.height) for each in find_coded(content)} == {(640, 480), (320, 200)}


def test_every_frame_of_a_picture_in_layers_counts():
    units = coded_part((640, 480))
    start = units.index(b"\x32")  # the frame, after the sequence header
    kind = box(b"ftyp", b"avif", bytes(4), b"avif")

    def write(first):
        place = struct.pack(">HHH", 1, 0, 1) + struct.pack(">II", first, 0)
        return kind + box(b"meta", bytes(4), box(b"iloc", bytes(4), b"\x44\0", struct.pack(">H", 1), place))

    content = write(len(write(0)) + 8) + box(b"mdat", units, units[start:] * 4)
    (coded,) = find_coded(content)
    assert coded.frames == 5 and coded.pixels == 5 * 640 * 480


@pytest.mark.parametrize("kind", [{}, {"mode": "RGBA"}, {"frames": 2}])
def test_a_file_that_is_cut_off_or_damaged_ends_in_an_answer(kind):
    content = encode((64, 48), **kind)
    for place in range(0, min(len(content), 600), 3):
        for damaged in (
            content[:place],
            content[:place] + b"\xff" + content[place + 1 :],
            content[:place] + content[place + 1 :],
        ):
            with suppress(ValueError):
                assert find_coded(damaged)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\xff" * 1000, box(b"ftyp", b"avif"), box(b"meta", bytes(4))])
def test_a_file_without_coded_pictures_is_refused(content):
    with pytest.raises(ValueError):
        find_coded(content)
