"""Pictures that people bring: each comes out right, or is refused with a sentence in both languages."""

from __future__ import annotations

import gzip
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import images
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


# Peak of memory before and after: that which the kernel keeps for this program alone, where it does. (`ru_maxrss` may
# be that of the program that started it.)
MEASURE = """
import resource, sys
from pathlib import Path
from explorer.images import open_image

def peak():
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

before = peak()
for side in sys.argv[2:]:
    try:
        print("x".join(map(str, open_image(sys.argv[1], int(side) or None).size)))
    except ValueError as error:
        print(error.key)
print(peak() - before)
"""


def measure_memory(path, *sides):
    """What came of the picture at each side (0 for none), and KB more than before."""
    command = [sys.executable, "-c", MEASURE, str(path), *map(str, sides)]
    *results, growth = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return results, int(growth)


def test_a_huge_picture_takes_no_memory(tmp_path):
    path = write_huge_png(tmp_path / "bomb.png", 12_000)
    assert path.stat().st_size < 300_000
    (result,), growth = measure_memory(path, 0)
    assert result.startswith("images.too_large")
    assert growth < 8000


def paint(mode, width=4000, height=4000):
    """A picture with an edge, clear around its middle where it can be."""
    picture = Image.new("RGB", (width, height), (90, 40, 200))
    picture.paste((250, 250, 10), (width // 4, height // 4, width // 2, height // 2))
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.new("L", (width, height), 0))
        picture.paste((10, 200, 30, 255), (width // 3, height // 3, width // 2, height // 2))
        return picture if mode == "RGBA" else picture.convert("LA")
    deep = {"F": np.float32, "I": np.int32, "I;16": np.uint16}
    if mode in deep:
        return Image.fromarray(np.asarray(picture.convert("L")).astype(deep[mode]) * 200)
    return picture.convert(mode)


TURNED = Image.Exif()
TURNED[274] = 6
DEFLATE = {"compression": "tiff_adobe_deflate"}
AT_THE_LIMIT = {
    "float.tiff": ("F", (4000, 4000), DEFLATE),
    "one_strip.tiff": ("F", (4000, 4000), {**DEFLATE, "tiffinfo": {278: 4000}}),
    "whole.tiff": ("I", (4000, 4000), DEFLATE),
    "lying.tiff": ("RGB", (4000, 4000), {**DEFLATE, "tiffinfo": {274: 6}}),
    "clear.png": ("RGBA", (4000, 4000), {"compress_level": 1}),
    "grey_clear.png": ("LA", (4000, 4000), {"compress_level": 1}),
    "deep.png": ("I;16", (4000, 4000), {"compress_level": 1}),
    "lying.png": ("RGB", (4000, 4000), {"compress_level": 1, "exif": TURNED}),
    "palette.png": ("P", (4000, 4000), {"compress_level": 1, "transparency": 0}),
    "print.jpg": ("CMYK", (4000, 4000), {}),
    "lying.jpg": ("RGB", (4000, 4000), {"exif": TURNED}),
    "progressive.jpg": ("RGB", (3500, 3500), {"progressive": True, "subsampling": 0}),
    "plain.bmp": ("RGB", (4000, 4000), {}),
    "moving.gif": ("P", (4000, 4000), {"save_all": True}),
    "moving.webp": ("RGB", (3000, 3000), {"save_all": True, "method": 0, "quality": 20}),
    "clear.webp": ("RGBA", (3000, 3000), {"lossless": True, "method": 0, "quality": 0}),
    "moving.avif": ("RGB", (3500, 3500), {"save_all": True, "speed": 10}),
    "clear.avif": ("RGBA", (2850, 2850), {"speed": 10, "subsampling": "4:4:4"}),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_no_picture_that_is_opened_takes_much_memory(tmp_path, name):
    mode, size, settings = AT_THE_LIMIT[name]
    picture = paint(mode, *size)
    if settings.get("save_all"):
        settings = {**settings, "append_images": [picture.rotate(90)]}
    results, growth = measure_memory(save(tmp_path, picture, name, **settings), 0, 512)
    assert results == [f"{size[0]}x{size[1]}", "512x512"]
    assert growth / 1024 < 150, "MiB more than before opening it"


@pytest.mark.parametrize(
    ("name", "size", "settings", "side"),
    [
        ("large.webp", (3600, 3600), {"method": 0, "quality": 20}, 512),
        ("large.avif", (4000, 4000), {"speed": 10}, 512),
        ("scans.jpg", (4000, 4000), {"progressive": True, "subsampling": 0}, 0),
        ("scans50.jpg", (8160, 6120), {"progressive": True, "quality": 20}, 512),
    ],
)
def test_a_picture_that_would_take_too_much_memory_is_refused_before_it_is_decoded(
    tmp_path, name, size, settings, side
):
    results, growth = measure_memory(save(tmp_path, paint("RGB", *size), name, **settings), side)
    assert results == ["images.too_costly"]
    assert growth / 1024 < 10, "MiB more than before opening it"


def test_a_jpeg_whose_colours_come_one_after_the_other_is_counted(tmp_path):
    """Its decoder keeps all coefficients until the last scan, as of a progressive one."""
    path = save(tmp_path, paint("RGB"), "photo.jpg", subsampling=0)
    assert open_image(path).size == (4000, 4000)
    content = path.read_bytes()
    assert content.count(b"\xff\xda\x00\x0c\x03") == 1
    path.write_bytes(content.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\x00\x0c\x01"))
    assert refused(path) == "images.too_costly"


def write_tiled_tiff(path, side, tile):
    """side x side grey values, all in one tile of tile x tile."""
    packed = zlib.compress(bytes(tile * tile), 9)
    tags = {256: side, 257: side, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile, 324: 8, 325: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(packed)) + packed + directory)
    return path


def test_a_tile_that_is_larger_than_its_picture_is_counted(tmp_path):
    assert open_image(write_tiled_tiff(tmp_path / "small.tiff", 500, 512)).size == (500, 500)
    results, growth = measure_memory(write_tiled_tiff(tmp_path / "bomb.tiff", 500, 16000), 0)
    assert results == ["images.too_costly"]
    assert growth / 1024 < 10, "MiB more than before opening it"


def test_an_avif_whose_header_lies_of_its_size_is_refused(tmp_path):
    content = bytearray(save(tmp_path, Image.new("RGB", (8000, 8000)), "huge.avif", speed=10).read_bytes())
    assert refused(tmp_path / "huge.avif") == "images.too_large_size"
    place = content.index(b"ispe") + 8
    assert struct.unpack(">II", content[place : place + 8]) == (8000, 8000)
    content[place : place + 8] = struct.pack(">II", 100, 100)
    path = tmp_path / "forged.avif"
    path.write_bytes(content)
    assert path.stat().st_size < 5000
    results, growth = measure_memory(path, 0, 512)
    assert results == ["images.too_costly"] * 2
    assert growth / 1024 < 10, "MiB more than before opening it"


def test_at_most_two_pictures_are_decoded_at_once(tmp_path, monkeypatch):
    path, inside, most, guard = save(tmp_path, GREY, "grey.png"), [], [], threading.Lock()
    plain = images._decode_grey

    def decode_slowly(image):
        with guard:
            inside.append(image)
            most.append(len(inside))
        time.sleep(0.05)
        with guard:
            inside.remove(image)
        return plain(image)

    monkeypatch.setattr(images, "_decode_grey", decode_slowly)
    with ThreadPoolExecutor(6) as pool:
        assert all(close_to_ramp(image, 0) for image in pool.map(open_image, [path] * 6))
    assert max(most) == 2


def test_many_threads_leave_no_more_memory_behind_than_few(tmp_path):
    """Only so many pictures are in memory at once; nor does each thread that ever opened one keep its share of it."""
    path = save(tmp_path, paint("RGBA"), "clear.png", compress_level=1)
    script = MEASURE[: MEASURE.index("before =")] + (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "before = peak()\n"
        "with ThreadPoolExecutor(16) as pool:\n    list(pool.map(lambda _: open_image(sys.argv[1], 56), range(16)))\n"
        "print(peak() - before)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) / 1024 < 300, "MiB more than before opening them"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_opens_pictures_too(tmp_path):
    path = save(tmp_path, GREY, "grey.png")
    assert open_image(path).size == (40, 30)
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # ends it if it waits for threads that its parent has
        os._exit(0 if open_image(path).size == (40, 30) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# ---- only regular files -----------------------------------------------------------------------------------------


def test_only_regular_files_are_opened(tmp_path):
    picture = save(tmp_path, GREY, "grey.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(picture)
    (tmp_path / "folder.png").mkdir()
    devices = [path for path in ("/dev/zero", "/dev/ptmx", "/dev/tty", "/dev/stdin") if os.path.exists(path)]
    paths = [*(str(tmp_path / name) for name in ("pipe.png", "link.png", "folder.png")), *devices]
    script = (
        "import sys\nfrom explorer.images import open_image\n"
        "for path in sys.argv[1:]:\n    try:\n        open_image(path)\n"
        "    except ValueError as error:\n        print(error.key)\n"
    )
    # In a program of its own, which can be ended if it hangs.
    run = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True, timeout=30)
    assert run.stdout.split() == ["images.gone"] * len(paths)
    assert open_image(str(picture)).size == open_image(picture).size == (40, 30)


@pytest.mark.parametrize("forged", [5, True, 1.5, [], {}, "", "a\0b", "\ud800.png", "x" * 5000, b"\xff"])
def test_what_is_no_path_is_refused(forged):
    assert refused(forged) == "images.gone"


def test_a_file_that_came_opened_stays_open_and_one_that_did_not_is_closed(tmp_path):
    path = save(tmp_path, GREY, "grey.png")
    with open(path, "rb") as file:
        assert close_to_ramp(open_image(file), 0) and not file.closed
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(3):
        open_image(path)
        refused(tmp_path / "missing.png")
        refused(tmp_path)
    assert not before or len(os.listdir("/proc/self/fd")) == before


# ---- formats ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "tolerance"), [({"quality": 95}, 4), ({"quality": 95, "subsampling": "4:4:4"}, 4)]
)
def test_avif_is_read(tmp_path, settings, tolerance):
    assert close_to_ramp(open_image(save(tmp_path, GREY.convert("RGB"), "grey.avif", **settings)), tolerance)
    frames = [Image.new("RGB", (64, 64), (value,) * 3) for value in (200, 100, 0)]
    path = save(tmp_path, frames[0], "moving.avif", save_all=True, append_images=frames[1:], **settings)
    assert abs(np.asarray(open_image(path)).astype(int) - 200).max() <= 2
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert (np.asarray(open_image(save(tmp_path, clear, "clear.avif"))) >= 254).all()


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def start_with(brand, *others):
    return box(b"ftyp", brand + b"\0\0\0\0" + b"".join(others)) + box(b"meta", b"\0" * 40)


SVG = (
    '<?xml version="1.0"?>\n<!--'
    + "a note of a drawing program " * 100
    + '-->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'
)
FOREIGN = {
    "phone.jpg": (start_with(b"heic", b"mif1", b"heic"), "images.heic", "HEIC"),
    "phone.heif": (start_with(b"mif1", b"heic"), "images.heic", "HEIC"),
    "canon.cr3": (start_with(b"crx "), "images.raw", "CR3"),
    "film.mp4": (start_with(b"isom", b"mp42"), "images.video", "MP4"),
    "film.mov": (start_with(b"qt  "), "images.video", "MOV"),
    "old.mov": (box(b"moov", b"\0" * 40), "images.video", "MOV"),
    "film.avi": (b"RIFF\0\0\0\0AVI LIST", "images.video", "AVI"),
    "film.webm": (b"\x1a\x45\xdf\xa3" + b"\0" * 40, "images.video", "WebM"),
    "scan.jp2": (b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 40, "images.other_format", "JPEG 2000"),
    "photo.jxl": (b"\xff\x0a" + b"\0" * 40, "images.other_format", "JPEG XL"),
    "layers.psd": (b"8BPS\0\1" + b"\0" * 40, "images.other_format", "PSD"),
    "page.png": (b"%PDF-1.7\n", "images.document", "PDF"),
    "slides.pptx": (b"PK\3\4" + b"\0" * 40, "images.document", "PPTX"),
    "saved.png": (b"\n<!DOCTYPE html><html><body><svg></svg></body></html>", "images.document", "HTML"),
    "photo.raf": (b"FUJIFILMCCD-RAW 0201", "images.raw", "RAF"),
    "long.svg": (SVG.encode(), "images.svg", "SVG"),
    "mark.svg": (SVG.encode("utf-8-sig"), "images.svg", "SVG"),
    "little.svg": (b"\xff\xfe" + SVG.encode("utf-16-le"), "images.svg", "SVG"),
    "big.svg": (b"\xfe\xff" + SVG.encode("utf-16-be"), "images.svg", "SVG"),
    "bare.svg": (SVG.encode("utf-16-le"), "images.svg", "SVG"),
    "packed.svgz": (gzip.compress(SVG.encode()), "images.svg", "SVG"),
    "prefix.svg": (b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>', "images.svg", "SVG"),
    "notes.gz": (gzip.compress(b"notes"), "images.unknown", "PNG"),
    "cut.gz": (b"\x1f\x8b\xff\xff", "images.unknown", "PNG"),
    "notes.txt": (b"<svgs are fine>", "images.unknown", "PNG"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_are_not_read_are_named(tmp_path, name):
    content, key, said = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name) == key
    for source in (tmp_path / name, io.BytesIO(content)):
        with pytest.raises(InputError) as caught:
            open_image(source)
        assert said in caught.value.sentence("en") and said in caught.value.sentence("zh")


def test_pictures_that_other_programs_could_read_are_not_decoded(tmp_path):
    for name, key in (("icon.ico", "images.other_format"), ("scan.jp2", "images.other_format"), ("page.pdf", "images.document"),
                      ("page.eps", "images.document"), ("plain.ppm", "images.unknown"), ("plain.tga", "images.unknown")):  # fmt: skip
        assert refused(save(tmp_path, GREY.convert("RGB"), name)) == key, name


def test_a_raw_file_is_not_taken_for_its_preview(tmp_path):
    assert refused(save(tmp_path, GREY, "photo.tiff", tiffinfo={50706: b"\1\4\0\0"})) == "images.raw"
    assert refused(save(tmp_path, GREY, "preview.tiff", tiffinfo={254: 1, 330: 8})) == "images.raw"
    assert close_to_ramp(open_image(save(tmp_path, GREY, "page.tiff", tiffinfo={254: 0})), 0)


def test_a_packed_file_is_unpacked_no_further_than_needed(tmp_path):
    path = tmp_path / "bomb.svgz"
    path.write_bytes(gzip.compress(bytes(200 * 2**20), 1))
    results, growth = measure_memory(path, 0)
    assert results == ["images.unknown"]
    assert growth / 1024 < 10, "MiB more than before opening it"


@pytest.mark.parametrize(
    ("size", "settings"), [((8160, 6120), {}), ((8000, 1500), {}), ((4608, 3456), {"exif": TURNED})]
)
@pytest.mark.parametrize("side", [56, 512, 1024])
def test_every_tab_takes_the_same_photos(tmp_path, size, settings, side):
    """56, 512 and 1024 pixels are the sides to which the tabs shrink them."""
    path = save(tmp_path, paint("RGB", *size), "photo.jpg", quality=60, **settings)
    assert max(open_image(path, side).size) == side
