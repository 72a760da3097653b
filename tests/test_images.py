"""Pictures that people bring: each comes out right, or is refused with a sentence in both languages."""

from __future__ import annotations

import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from explorer.errors import InputError
from explorer.images import open_image

RAMP = np.tile(np.linspace(0, 255, 40).astype(np.uint8), (30, 1))  # (30, 40): dark at the left, light at the right


def save(folder, image, name, **settings):
    path = folder / name
    image.save(path, **settings)
    return path


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_huge_png(path, side, decodable=True):
    """A small file whose header promises side x side pixels, and with `decodable` keeps the promise."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = side if decodable else 0
    pixels = b"".join(packer.compress(bytes(side + 1)) for _ in range(rows)) + packer.flush()
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        open_image(path)
    english, chinese = caught.value.sentence("en"), caught.value.sentence("zh")
    assert english != chinese and "{" not in english + chinese
    return caught.value.key


def close_to_ramp(image, tolerance):
    assert image.mode == "L" and image.size == (40, 30)
    return np.abs(np.asarray(image).astype(int) - RAMP).max() <= tolerance


GREY = Image.fromarray(RAMP)


@pytest.mark.parametrize(
    ("name", "image", "settings", "tolerance"),
    [
        ("grey.png", GREY, {}, 0),
        ("colour.png", GREY.convert("RGB"), {}, 1),
        ("palette.png", GREY.convert("P"), {}, 1),
        ("adaptive.gif", GREY.convert("RGB").quantize(256), {}, 3),
        ("cmyk.jpg", GREY.convert("CMYK"), {"quality": 98}, 6),
        ("grey.jpg", GREY, {"quality": 98}, 4),
        ("grey.webp", GREY.convert("RGB"), {"lossless": True}, 1),
        ("grey.bmp", GREY, {}, 0),
        ("deep.png", Image.fromarray(RAMP.astype(np.uint16) * 257), {}, 0),
        ("deep.tiff", Image.fromarray(RAMP.astype(np.uint16) * 257), {}, 0),
        ("unit.tiff", Image.fromarray(RAMP.astype(np.float32) / 255), {}, 0),
        ("float.tiff", Image.fromarray(RAMP.astype(np.float32)), {}, 0),
        ("whole.tiff", Image.fromarray(RAMP.astype(np.int32) * 257), {}, 0),
    ],
)
def test_every_mode_gives_the_right_grey(tmp_path, name, image, settings, tolerance):
    assert close_to_ramp(open_image(save(tmp_path, image, name, **settings)), tolerance)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_lies_over_white(tmp_path, mode):
    picture = Image.new(mode, (4, 4), (0, 0) if mode == "LA" else (0, 0, 0, 0))
    picture.putpixel((0, 0), (0, 255) if mode == "LA" else (0, 0, 0, 255))
    grey = np.asarray(open_image(save(tmp_path, picture, "clear.png")))
    assert grey[0, 0] == 0 and (grey.ravel()[1:] == 255).all()


def test_transparent_palette_and_transparent_grey_lie_over_white(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 10, 10, 50, 50, 50])
    palette.putdata([0, 1])
    assert np.asarray(open_image(save(tmp_path, palette, "p.png", transparency=0))).tolist() == [[255, 50]]
    grey = Image.fromarray(np.array([[7, 90]], dtype=np.uint8))
    assert np.asarray(open_image(save(tmp_path, grey, "l.png", transparency=7))).tolist() == [[255, 90]]


def test_a_white_cut_out_lies_over_black(tmp_path):
    """Else a white shirt on a transparent ground would be an even white picture."""
    picture = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    picture.paste((250, 250, 250, 255), (1, 1, 3, 3))
    grey = np.asarray(open_image(save(tmp_path, picture, "shirt.png")))
    assert (grey[1:3, 1:3] == 250).all() and grey.sum() == 4 * 250
    nothing = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    assert (np.asarray(open_image(save(tmp_path, nothing, "nothing.png"))) == 255).all()


def test_a_large_photo_is_decoded_small_where_it_is_shrunk_anyway(tmp_path):
    wide = GREY.resize((8000, 6000))
    path = save(tmp_path, wide, "photo.jpg", quality=90)
    assert refused(path) == "images.too_large_size"
    small = open_image(path, 512)
    assert small.size == (512, 384)
    expected = np.asarray(wide.resize((512, 384), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(small) - expected).max() <= 6
    for name, image in (("photo.png", wide), ("larger.jpg", wide.resize((9000, 6000)))):
        path = save(tmp_path, image, name)
        with pytest.raises(InputError) as caught:
            open_image(path, 512)
        assert caught.value.key == "images.too_large_size"


def test_one_bit(tmp_path):
    bits = Image.new("1", (2, 1))
    bits.putpixel((1, 0), 1)
    assert np.asarray(open_image(save(tmp_path, bits, "bits.png"))).tolist() == [[0, 255]]


def test_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("L", (5, 5), value) for value in (200, 100, 0)]
    path = save(tmp_path, frames[0], "moving.gif", save_all=True, append_images=frames[1:], duration=50)
    assert (np.asarray(open_image(path)) == 200).all()


def test_exif_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # turn by 90 degrees clockwise to see it upright
    path = save(tmp_path, GREY, "turned.jpg", exif=exif, quality=98)
    image = open_image(path)
    assert image.size == (30, 40)
    assert np.asarray(image)[0].mean() < 20 and np.asarray(image)[-1].mean() > 235


def test_damaged_and_foreign_files_are_refused(tmp_path):
    whole = save(tmp_path, Image.effect_noise((200, 200), 90), "noise.jpg").read_bytes()
    contents = {
        "cut.jpg": (whole[: len(whole) // 2], "images.damaged"),
        "drawing.svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>', "images.svg"),
        "drawing.png": (b"<SVG></SVG>", "images.svg"),
        "notes.txt": (b"shirt", "images.unknown"),
        "empty.png": (b"", "images.unknown"),
        "head.png": (b"\x89PNG\r\n\x1a\n", "images.unknown"),
    }
    for name, (content, key) in contents.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == key, name
    assert refused(None) == "images.none"
    assert refused(tmp_path / "missing.png") == "images.gone"


def test_values_without_a_known_range_are_refused(tmp_path):
    for bad in (-1.0, np.nan, np.inf, 1e9):
        values = np.array([[0.5, bad]], dtype=np.float32)
        assert refused(save(tmp_path, Image.fromarray(values), "odd.tiff")) == "images.unknown_range"


@pytest.mark.parametrize(("side", "key"), [(20_000, "images.too_large"), (5000, "images.too_large_size")])
def test_a_huge_picture_is_refused_from_its_header(tmp_path, side, key):
    path = write_huge_png(tmp_path / "huge.png", side, decodable=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(path) == key


def test_a_huge_picture_takes_no_memory(tmp_path):
    path = write_huge_png(tmp_path / "bomb.png", 12_000)
    assert path.stat().st_size < 300_000
    script = (
        "import resource, sys\n"
        "from explorer.images import open_image\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    open_image(sys.argv[1])\n"
        "except ValueError as error:\n    print(error.key)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    key, growth = run.stdout.split()
    assert key.startswith("images.too_large")
    kilobytes = 1024 if sys.platform == "darwin" else 1
    assert int(growth) / kilobytes < 8000, "KB more than before opening it"
