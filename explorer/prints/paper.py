"""Files of figures: the same bytes for the same figure, whoever else draws at the time.

Matplotlib keeps its style for the whole process; so one figure is drawn at a time. It is a `Figure` of its own, never one of
pyplot's, which would keep it for ever.
"""

from __future__ import annotations

import html
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from explorer.errors import InputError
from explorer.page.style import INK, MUTED, ROLES
from explorer.patience import go_on
from explorer.prints.fonts import Ruler, families_for, name_for_browsers
from explorer.prints.png import write_png
from explorer.prints.records import Print
from explorer.prints.tables import write_rows
from explorer.text import Text, text_in

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text as Words

DPI = 300
_DPI_OF_MAPS = 200  # of the maps in SVG and PDF files, whose lines and letters have none
MOST_PIXELS = 30e6  # of a figure: 90 MB while it is drawn
MOST_BYTES = 8 * 1024**2  # of a file
LONGEST_ADDRESS = 3000  # characters
_SIZE, _SMALL = 10.0, 8.0  # points, of letters and of those below a figure
_MARGIN = 0.12  # inches
_LINE = 1.4  # height of a line, in heights of its letters
_PLACES = 6  # decimals of where things lie, as shares of the page
_SALT = "cnn-explorer"  # of the names of parts of an SVG file, which are random without it
_BREAK_AFTER = re.compile(r"(?<=[/&?;])|(?<=,)(?!\d)|(?<= )")
_NOT_FIRST, _NOT_LAST = "，。、；：？！）》”’%…", "（《“‘"  # characters that begin no line, and that end none
_DRAWING = Lock()


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        suffix: of its name.
        media_type: as browsers call it.
        settings: what matplotlib is to write into it: no date, which would differ each time. None where it does not write.
    """

    suffix: str
    media_type: str
    settings: Mapping[str, None] | None


FORMATS = {
    "png": Format("png", "image/png", None),
    "svg": Format("svg", "image/svg+xml", {"Date": None, "Creator": None}),
    "pdf": Format("pdf", "application/pdf", {"CreationDate": None, "Creator": None, "Producer": None}),
    "csv": Format("csv", "text/csv", None),
}


def render(sheet: Print, kind: str, language: str, address: str = "") -> bytes:
    """A figure, with what stands below it, as a file.

    Args:
        sheet: the figure.
        kind: one of FORMATS.
        language: of the words.
        address: link to the page that shows it, which is printed below it; "" prints none.

    Raises:
        InputError: it is too large, or there are no letters for the language.
    """
    if kind == "csv":
        return _check_size(write_rows(sheet.rows()))
    return write(lambda: _lay_out(sheet, text_in(language), address), kind, language)


def write(make: Callable[[], Figure], kind: str, language: str, dpi: int = DPI) -> bytes:
    """What a function draws as a file. It draws while nobody else does, in the style of the house.

    Args:
        make: draws a figure of its own.
        kind: one of FORMATS, except for the table.
        language: of the words, for which there must be letters.
        dpi: pixels of an inch.

    Raises:
        InputError: it is too large, or there are no letters for the language.
    """
    with _DRAWING:
        go_on()  # whoever asked may have left meanwhile
        import matplotlib
        from matplotlib.backends import backend_agg, backend_pdf, backend_svg

        canvases = {
            "png": backend_agg.FigureCanvasAgg,
            "svg": backend_svg.FigureCanvasSVG,
            "pdf": backend_pdf.FigureCanvasPdf,
        }
        families = families_for(language)
        with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_style(families)}):
            figure = make()
            width, height = figure.get_size_inches()
            if width * height * dpi**2 > MOST_PIXELS:
                raise InputError("prints.too_large")
            _replace_unknown(figure, Ruler(families, _SIZE))
            canvas = canvases[kind](figure)
            _settle(figure)
            if kind == "png":
                written = _paint(canvas, dpi)
            else:
                file = io.BytesIO()
                figure.savefig(file, format=kind, dpi=_DPI_OF_MAPS, metadata=dict(FORMATS[kind].settings or {}))
                written = file.getvalue()
    if kind == "svg":
        written = _name_fonts(written, families)
    return _check_size(written)


def _paint(canvas: Any, dpi: int) -> bytes:
    """The pixels of a figure, without matplotlib's fourth channel: there is always white behind it."""
    from PIL import Image

    canvas.figure.set_dpi(dpi)
    canvas.draw()
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    return write_png(pixels.convert("RGB"), dpi)


def _settle(figure: Figure) -> None:
    """Lay it out, and round where things lie: the solver behind it is off by a billionth, each time another one."""
    from matplotlib.transforms import Bbox

    engine = figure.get_layout_engine()
    if engine is None:
        return
    charts = [axes for axes in figure.axes if axes.get_aspect() == "auto" and axes.get_box_aspect() is None]
    for axes in figure.axes:  # those of its parts as well
        _spare_places(axes)
    for axes in charts:
        _measure_once(axes)
    engine.execute(figure)
    for axes in charts:
        del axes.get_tightbbox  # that of its class is there again
    figure.set_layout_engine(None)  # with one, even one that does nothing, savefig draws it twice
    parts: list[Any] = [figure]
    while parts:
        part = parts.pop()
        for axes in part._localaxes:
            for which in ("original", "active"):
                axes._set_position(
                    Bbox(axes.get_position(original=which == "original").get_points().round(_PLACES)), which
                )
        for words in part.texts + [part._suptitle] * (part._suptitle is not None):
            x, y = words.get_position()
            words.set_position((round(x, _PLACES), round(y, _PLACES)))
        for inner in part.subfigs:
            inner._redo_transform_rel_fig(bbox=Bbox(inner.bbox_relative.get_points().round(_PLACES)))
            parts.append(inner)


def _spare_places(axes: Axes) -> None:
    """Places that matplotlib would look for again and again although nothing depends on them: a fifth of the time of its layout."""
    for spine in axes.spines.values():  # on the edge of the axes
        spine.set_in_layout(False)
    for axis in (axes.xaxis, axes.yaxis):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)


def _measure_once(axes: Axes) -> None:
    """What stands around a chart needs nearly the same room wherever its axes lie, to within 2 points in all figures here; the layout
    would measure it before and after it places them, a seventh of the time. A map keeps its aspect: its room depends on its place."""
    from matplotlib.transforms import Bbox

    measure, around = axes.get_tightbbox, None

    def get_tightbbox(*arguments: Any, **options: Any) -> Bbox | None:
        nonlocal around
        if around is None:
            if (found := measure(*arguments, **options)) is None:
                return None
            around = found.extents - axes.bbox.extents
        return Bbox.from_extents(*(axes.bbox.extents + around))

    axes.get_tightbbox = get_tightbbox


def _style(families: Sequence[str]) -> dict[str, Any]:
    return {
        "backend": "agg",
        "font.family": families,
        "font.size": _SIZE,
        "text.color": INK,
        "text.parse_math": False,  # a dollar is a dollar
        "text.hinting": "none",
        "axes.unicode_minus": True,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlesize": _SIZE,
        "axes.titlecolor": INK,
        "axes.titley": 1.0,  # no ticks lie above axes: else matplotlib looks for them, a twelfth of the time
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": "#dfe3e8",
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": _SMALL,
        "ytick.labelsize": _SMALL,
        "legend.fontsize": _SMALL,
        "legend.frameon": False,
        "figure.facecolor": "white",
        "lines.linewidth": 1.6,
        "hatch.linewidth": 0.6,
        "svg.fonttype": "none",
        "svg.hashsalt": _SALT,
        "pdf.fonttype": 42,
        "pdf.compression": 6,
        "image.interpolation": "nearest",
        "image.composite_image": False,
    }


def _name_fonts(written: bytes, families: Sequence[str]) -> bytes:
    """An SVG file holds no letters: whoever opens it has some of these."""
    ours = ", ".join(f"'{each}'" for each in families)
    return written.replace(f"font-family: {ours}".encode(), f"font-family: {name_for_browsers(families)}".encode())


def _replace_unknown(figure: Figure, ruler: Ruler) -> None:
    """A question mark for what no font has, such as letters in the name of a file that a reader brought."""
    written = [(each, each.get_text()) for each in _list_words(figure)]
    used = {one for _, words in written for one in words if one != "\n"}
    unknown = {ord(one): "?" for one in used if not ruler.has(one)}
    for each, words in written:
        if unknown and words:
            each.set_text(words.translate(unknown))


def _list_words(artist: Artist) -> Iterator[Words]:
    """All words of a figure but those at ticks, which do not exist before the figure is drawn; asking for them makes unused ones."""
    from matplotlib.axis import Axis
    from matplotlib.text import Text as Words

    if isinstance(artist, Words):
        yield artist
    for child in [artist.label] if isinstance(artist, Axis) else artist.get_children():
        yield from _list_words(child)


def _check_size(written: bytes) -> bytes:
    if len(written) > MOST_BYTES:
        raise InputError("prints.too_large")
    return written


def _lay_out(sheet: Print, text: Text, address: str) -> Figure:
    """The title, the figure, and below it its setting, its numbers and where it comes from."""
    from matplotlib.figure import Figure

    width, height = sheet.size
    link = check_address(address)
    made = say_versions(text, link, sheet.is_of_section)
    below = [plain(sheet.setting), plain(sheet.numbers), made, *([link] if link else [])]
    lines = [(line, each is link) for each in below if each for line in _wrap(each, width, text)]
    foot = len(lines) * _SMALL * _LINE / 72 + 2 * _MARGIN
    figure = Figure(figsize=(width, height + foot), dpi=DPI, layout="constrained")
    figure.get_layout_engine().set(w_pad=_MARGIN / 2, h_pad=_MARGIN / 3)  # type: ignore[union-attr]  # "constrained" has one
    top, bottom = figure.subfigures(2, 1, height_ratios=[height, foot])
    sheet.draw(top)
    top.suptitle(plain(sheet.title), x=_MARGIN / width, ha="left", fontsize=_SIZE + 2, color=INK)
    for number, (line, is_link) in enumerate(lines):
        place = 1 - (_MARGIN + (number + 0.5) * _SMALL * _LINE / 72) / foot
        colour = ROLES["input"] if is_link else MUTED
        url = {"url": link} if is_link else {}
        bottom.text(_MARGIN / width, place, line, fontsize=_SMALL, color=colour, va="center", **url)
    return figure


def say_versions(text: Text, link: str = "", is_of_section: bool = False) -> str:
    """With what it was computed and drawn, and what the link below it is for."""
    named = {name: _read_version(name) for name in ("torch", "matplotlib")}
    key = "versions_section" if is_of_section else "versions"
    return text(f"prints.{key}" if link else "prints.versions_only", app=text("app.title"), **named)


@cache
def _read_version(name: str) -> str:
    """Of an installed package; whose whole description is read for it."""
    return version(name)


def check_address(address: Any) -> str:
    """The address of the page, or "" for what cannot be one."""
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS or not address.isprintable() or " " in address:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def plain(words: str) -> str:
    """A sentence without the HTML in it.

    >>> plain("<b>3 &times; 3</b> cells")
    '3 × 3 cells'
    """
    return html.unescape(re.sub(r"<[^<>]+>", "", re.sub(r"<br ?/?>", " ", words)))


def _wrap(words: str, width: float, text: Text) -> list[str]:
    """Lines that fit a width in inches."""
    ruler = Ruler(families_for(text.language), _SMALL)
    return wrap(words, (width - 2 * _MARGIN) * 72, ruler)


def wrap(words: str, width: float, ruler: Ruler) -> list[str]:
    """Lines of words that are no wider than this, in points; broken at spaces, between Chinese characters, inside addresses.

    What stands on lines of its own already stays there.
    """
    return [line for part in words.split("\n") for line in _wrap_line(part, width, ruler)]


def _wrap_line(words: str, width: float, ruler: Ruler) -> list[str]:
    lines, line, filled = [], "", 0.0
    for piece in _split(words):
        if line and filled + ruler.measure(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line, filled = "", 0.0
        while ruler.measure(piece.rstrip()) > width:  # a word that is wider than the page
            fits = max(1, bisect_right(range(1, len(piece) + 1), width, key=lambda end: ruler.measure(piece[:end])))
            lines.append(piece[:fits])
            piece = piece[fits:]
        line, filled = line + piece, filled + ruler.measure(piece)
    return [*lines, line.rstrip()] if line.strip() else lines


def _split(words: str) -> list[str]:
    """Pieces between which a line may end."""
    pieces: list[str] = []
    for part in _BREAK_AFTER.split(words):
        for each in re.split(
            r"(?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])|(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])", part
        ):
            if pieces and each and (each[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
                pieces[-1] += each
            elif each:
                pieces.append(each)
    return pieces
