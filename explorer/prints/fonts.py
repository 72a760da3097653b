"""The letters of figures: those that come with matplotlib, and for Chinese those of a font that is installed.

Matplotlib takes the first face of a collection of fonts, which is Japanese in the most common one, and puts outlines of
another kind than it says into a PDF file. So the characters of our sentences are taken from the right face, once a
process, in outlines that every format can hold (TrueType; about a second, some 200 kB). Of matplotlib's own letters those that
our sentences use are copied as well, without tables of ligatures and the like, which it does not use: with all 6,253
glyphs of the file, choosing those of a figure takes a sixth of the time of writing a PDF file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import InputError
from explorer.text import LANGUAGES, sentences

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

LATIN = "DejaVu Sans"  # comes with matplotlib
OWN = "CNN Explorer Text"  # name of the font that is made of the Chinese one
OWN_LATIN = "CNN Explorer Latin"  # name of the copy of LATIN: its licence wants another one
# Names of faces with Chinese as it is written on the mainland, the best first, and what their files are called.
FACES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Heiti SC", "STHeiti", "DengXian", "SimHei",
    "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
_FILES = (
    "notosanscjk", "notosanssc", "sourcehansans", "pingfang", "hiragino", "msyh", "wqy", "stheiti", "heiti", "deng", "simhei",
    "droidsansfallback", "arialuni", "arial unicode",
)  # fmt: skip
_WEIGHTS = ("bold", "black", "light", "thin", "medium", "demi", "heavy")  # in names of files that are not wanted
_PROBE = "卷积核的感受野"
_LAYOUT = ["GDEF", "GPOS", "GSUB", "MATH", "FFTM"]  # how letters are joined and moved; matplotlib reads "kern" alone
# Latin letters and superscripts: what numbers, and most names that readers bring, are written with.
_COMMON = [*range(0x20, 0x180), *range(0x2070, 0x20A0)]
_KEPT = ("head", "hhea", "maxp", "OS/2", "hmtx", "cmap", "post", "name", "glyf", "loca", "CFF ")


def families_for(language: str) -> list[str]:
    """Names of the fonts of a figure in that language; whoever draws holds the lock of paper.py.

    Raises:
        InputError: no font that is installed has its characters.
    """
    made = [OWN, OWN_LATIN] if LANGUAGES[language].unspaced else [OWN_LATIN]
    for name in made:
        font = _install(name)
        if font is not None and not font.path.is_file():  # systems delete what lies in a temporary folder for days
            _install.cache_clear()
            font = _install(name)
        if font is None:
            raise InputError("prints.no_font")
    return [*made, LATIN]  # which has the rarer characters in names that readers bring


def name_for_browsers(families: Sequence[str]) -> str:
    """The same fonts as whoever opens an SVG file may have them, in the form of a style."""
    names = [*(FACES if OWN in families else ()), LATIN]
    return ", ".join([*(f"'{name}'" for name in names), "sans-serif"])


@dataclass(frozen=True)
class _Installed:
    """A font that matplotlib knows.

    Attributes:
        folder: deleted with this object.
        path: of the file in it.
    """

    folder: tempfile.TemporaryDirectory
    path: Path


@lru_cache(maxsize=2)
def _install(name: str) -> _Installed | None:
    """Let matplotlib know OWN or OWN_LATIN; None where no font has the characters of our sentences."""
    from matplotlib.font_manager import fontManager

    font = _copy_latin() if name == OWN_LATIN else _make_own()
    if font is None:
        return None
    folder = tempfile.TemporaryDirectory(prefix="cnn-explorer-font-")
    path = Path(folder.name, "text.ttf")
    font.save(path)
    # An earlier one, whose file is gone, is forgotten.
    fontManager.ttflist = [each for each in fontManager.ttflist if each.name != name]
    fontManager.addfont(path)
    return _Installed(folder, path)


def _make_own() -> TTFont | None:
    face = next(_find_faces(), None)
    return None if face is None else make_font(face, collect_characters())


def _copy_latin() -> TTFont:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(_find(LATIN), lazy=True, recalcTimestamp=False)
    options = subset.Options(
        hinting=False, layout_features=[], legacy_kern=True, glyph_names=False, notdef_outline=True
    )
    options.drop_tables += _LAYOUT
    chooser = subset.Subsetter(options)
    chooser.populate(unicodes={*map(ord, _collect_from(LANGUAGES)), *_COMMON})
    chooser.subset(font)
    return _rename(font, OWN_LATIN)


def _find(family: str) -> str:
    """The upright face of normal weight, whatever style the program that draws has set for its own figures."""
    from matplotlib.font_manager import FontProperties, findfont

    return findfont(FontProperties(family=[family], style="normal", weight="normal", stretch="normal"))


def _rename(font: TTFont, name: str) -> TTFont:
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            record.string = name.replace(" ", "") if record.nameID == 6 else name
    return font


def collect_characters() -> set[str]:
    """All that the sentences of languages without spaces consist of, and the keys of a keyboard."""
    written = _collect_from(name for name, about in LANGUAGES.items() if about.unspaced)
    return {each for each in written | set(map(chr, range(32, 127))) if each.isprintable()}


def _collect_from(languages: Iterable[str]) -> set[str]:
    return {character for name in languages for sentence in sentences(name).values() for character in sentence}


def _find_faces() -> Iterator[TTFont]:
    """Faces of installed fonts that have Chinese and can be read, the best first."""
    found = [face for path in _find_files() for face in _open_faces(path)]
    yield from sorted(found, key=lambda face: FACES.index(_name_of(face)))


def _find_files() -> list[Path]:
    from matplotlib import font_manager

    paths = sorted(map(Path, font_manager.findSystemFonts()))
    stems = {path: path.stem.lower() for path in paths}
    return [
        path for path, stem in stems.items()
        if stem.startswith(_FILES) and not any(weight in stem for weight in _WEIGHTS)
    ]  # fmt: skip


def _open_faces(path: Path) -> Iterator[TTFont]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with path.open("rb") as file:
            is_collection = file.read(4) == b"ttcf"
            count = int.from_bytes(file.read(8)[4:], "big") if is_collection else 1
        for number in range(min(count, 64)):
            face = TTFont(path, fontNumber=number, lazy=True, recalcTimestamp=False)
            if _name_of(face) in FACES and all(ord(each) in face.getBestCmap() for each in _PROBE):
                yield face
    except (TTLibError, OSError, KeyError, AttributeError):  # damaged, or of a kind that nobody knows
        return


def _name_of(face: TTFont) -> str:
    return str(face["name"].getBestFamilyName())


def make_font(face: TTFont, characters: set[str]) -> TTFont:
    """The characters of a face as a font of its own, with outlines of TrueType. Characters that it lacks are left out."""
    from fontTools import subset

    options = subset.Options(hinting=False, layout_features=[], name_IDs=[1, 2, 4, 6], notdef_outline=True)
    options.drop_tables += sorted(set(face.keys()) - {*_KEPT, "GlyphOrder"})
    chooser = subset.Subsetter(options)
    chooser.populate(unicodes=map(ord, characters))
    chooser.subset(face)
    if "CFF " in face:
        _turn_outlines(face)
    if "fvar" in face:
        del face["fvar"]
    return _rename(face, OWN)


def _turn_outlines(face: TTFont) -> None:
    """Cubic outlines as quadratic ones, to a thousandth of the height of a letter."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    glyphs, outlines = {}, face.getGlyphSet()
    for name in face.getGlyphOrder():
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, face["head"].unitsPerEm / 1000, reverse_direction=True))
        glyphs[name] = pen.glyph()
    face["loca"], face["glyf"] = newTable("loca"), newTable("glyf")
    face["glyf"].glyphOrder, face["glyf"].glyphs = face.getGlyphOrder(), glyphs
    del face["CFF "]
    face["maxp"].tableVersion = 0x00010000
    for counted in (
        "maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements",
    ):  # fmt: skip
        setattr(face["maxp"], counted, int(counted == "maxZones"))
    face["post"].formatType = 3.0
    face.sfntVersion = "\0\1\0\0"


class Ruler:
    """Measures words as they will be printed.

    Args:
        families: of the fonts, the first that has a character prints it.
        size: of the letters, in points.
    """

    def __init__(self, families: Sequence[str], size: float):
        from matplotlib.font_manager import get_font

        self._fonts = [get_font(_find(family)) for family in families]
        self._size = size
        self._advances: dict[str, float] = {}

    def measure(self, words: str) -> float:
        """Width in points."""
        return sum(map(self._advance, words))

    def has(self, character: str) -> bool:
        """Whether one of the fonts has it."""
        return any(font.get_char_index(ord(character)) for font in self._fonts)

    def _advance(self, character: str) -> float:
        if character not in self._advances:
            code = ord(character)
            font: Any = next((each for each in self._fonts if each.get_char_index(code)), self._fonts[0])
            font.set_size(self._size, 72)
            self._advances[character] = font.load_char(code).linearHoriAdvance / 65536
        return self._advances[character]
