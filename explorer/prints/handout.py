"""A page to hand out: what a tab asks, its pictures as they are set, what to look for in them, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.page.style import ACCENT, INK, MUTED, ROLES
from explorer.prints.fonts import Ruler, families_for
from explorer.prints.paper import check_address, plain, say_versions, wrap, write
from explorer.prints.records import Print
from explorer.text import Text, sentences, text_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

MOST_PRINTS = 3  # of a tab on its page
_MARGIN = 0.55  # inches
_LINE = 1.4  # height of a line, in heights of its letters
_GAP = 0.12  # inches between a sentence and the next picture
_LEAST_SHARE = 0.55  # of the size of letters
_MOST_QUESTIONS = 3
_LEAST_HEIGHT = 1.1  # inches that a picture needs
_OF_WHOLE = 1.3  # inches of each picture on the page of the whole app


@dataclass(frozen=True)
class Paper:
    """A kind of paper: what it is called, width and height in inches."""

    title: str
    size: tuple[float, float]


PAPERS = {"a4": Paper("A4", (8.27, 11.69)), "letter": Paper("Letter", (8.5, 11.0))}


@dataclass(frozen=True)
class Sheet:
    """What the page says of a tab.

    Attributes:
        wing: name of the tab.
        prints: its figures, the most important first.
    """

    wing: str
    prints: Sequence[Print]


@dataclass(frozen=True)
class _Part:
    """A stripe of the page.

    Attributes:
        height: in inches.
        draw: fills it.
    """

    height: float
    draw: Callable[[FigureBase], object]


def render_handout(sheets: Sequence[Sheet], paper: str, language: str, address: str = "") -> bytes:
    """One page as a PDF file.

    Args:
        sheets: the tab, or several tabs of which each gets a picture.
        paper: one of PAPERS.
        language: of the words.
        address: link to the page that shows it; "" prints none.

    Raises:
        InputError: there are no letters for the language.
    """
    return write(lambda: _lay_out(sheets, paper, text_in(language), check_address(address)), "pdf", language)


def _lay_out(sheets: Sequence[Sheet], paper: str, text: Text, link: str) -> Figure:
    from matplotlib.figure import Figure

    width, height = PAPERS[paper].size
    page = _Page(width - 2 * _MARGIN, text)
    room = height - 2 * _MARGIN
    parts = page.list_whole(sheets, room, link) if len(sheets) > 1 else page.list_tab(sheets[0], room, link)
    rest = max(room - sum(part.height for part in parts), 0.01)
    figure = Figure(figsize=(width, height), layout="constrained")
    heights = [_MARGIN, *(part.height for part in parts), rest, _MARGIN]
    grid = figure.add_gridspec(len(heights), 3, height_ratios=heights, width_ratios=[_MARGIN, page.width, _MARGIN])
    for number, part in enumerate(parts, 1):
        part.draw(figure.add_subfigure(grid[number, 1]))
    return figure


class _Page:
    """The stripes of a page of that width between its margins, in inches."""

    def __init__(self, width: float, text: Text):
        self.width, self.text = width, text
        self._families = families_for(text.language)

    def list_tab(self, sheet: Sheet, room: float, link: str) -> list[_Part]:
        """Questions, pictures, and what stands below them."""
        text = self.text
        head = [
            self._write(f"{text('app.title')} · {text(f'{sheet.wing}.tab')}", 16, INK),
            self._write(text(f"{sheet.wing}.intro"), 10, INK),
            *self._list_questions(sheet.wing),
        ]
        settings = _list_settings(sheet.prints[:MOST_PRINTS])
        signed = self._sign(link, sheet.prints[0].is_of_section)
        foot = [*(self._write(each, 8, MUTED) for each in settings), *signed]
        left = room - sum(part.height for part in (*head, *foot))
        return [*head, *self._fit_prints(sheet.prints, left), *foot]

    def list_whole(self, sheets: Sequence[Sheet], room: float, link: str) -> list[_Part]:
        """Each tab with its question and a picture."""
        text = self.text
        head = [self._write(text("app.title"), 16, INK), self._write(text("app.tagline"), 10, INK)]
        foot = self._sign(link)
        titles = [self._write_tab(sheet) for sheet in sheets]
        left = room - sum(part.height for part in (*head, *foot, *titles))
        each = min(left / len(sheets), 2 * _OF_WHOLE)
        pictures = [_Part(each, _draw_within(sheet.prints[0], each)) for sheet in sheets]
        stripes = [part for pair in zip(titles, pictures, strict=True) for part in pair]
        return [*head, *stripes, *foot]

    def _write_tab(self, sheet: Sheet) -> _Part:
        asked = _questions_of(sheet.wing, self.text)[:1]
        asked_or_said = asked[0] if asked else self.text(f"{sheet.wing}.intro")
        words = self.text("prints.pair", name=self.text(f"{sheet.wing}.tab"), setting=asked_or_said)
        return self._write(words, 10, ACCENT)

    def _list_questions(self, wing: str) -> list[_Part]:
        asked = _questions_of(wing, self.text)[:_MOST_QUESTIONS]
        return [self._write(f"• {each}", 9, ACCENT) for each in asked]

    def _fit_prints(self, prints: Sequence[Print], room: float) -> list[_Part]:
        """As many pictures as there is room for, with their sentences."""
        parts: list[_Part] = []
        for each in prints[:MOST_PRINTS]:
            said = (
                [self._write(each.numbers, 9, INK)] if each.numbers and each.numbers not in _said(prints, each) else []
            )
            height = 0.35 + each.size[1] * self.width / each.size[0]
            height = min(height, room - _GAP - sum(part.height for part in said))
            wanted = min(each.size[1], 2.4) if parts else _LEAST_HEIGHT
            if height < wanted:
                break
            drawn = _Part(height, _with_title(each, height, self.width))
            parts += [_Part(_GAP, _draw_nothing), drawn, *said]
            room -= _GAP + height + sum(part.height for part in said)
        return parts

    def _sign(self, link: str, is_of_section: bool = False) -> list[_Part]:
        made = [self._write(say_versions(self.text, link, is_of_section), 7.5, MUTED)]
        return [*made, *([self._write(link, 7.5, ROLES["input"], link)] if link else [])]

    def _write(self, words: str, size: float, colour: str, url: str = "") -> _Part:
        """Lines of words."""
        lines = wrap(plain(words), self.width * 72, Ruler(self._families, size))
        height = (len(lines) * _LINE + 0.4) * size / 72

        def draw(figure: FigureBase) -> None:
            linked = {"url": url} if url else {}
            for number, line in enumerate(lines):
                place = 1 - (number + 0.7) * _LINE * size / 72 / height
                figure.text(0, place, line, fontsize=size, color=colour, va="center", **linked)

        return _Part(height, draw)


def _list_settings(prints: Sequence[Print]) -> list[str]:
    """That of the tab; before it that of a section with which the page begins, unless it names all of the tab's."""
    first = next((each.setting for each in prints if each.setting), "")
    tab = next((each.setting for each in prints if each.setting and not each.is_of_section), "")
    return [each for each in (first, "" if tab in first else tab) if each]


def _said(prints: Sequence[Print], one: Print) -> list[str]:
    """The sentences of the figures before this one."""
    return [each.numbers for each in prints[: prints.index(one)]]


def _with_title(each: Print, height: float, width: float) -> Callable[[FigureBase], None]:
    natural = 0.35 + each.size[1] * width / each.size[0]

    def draw(figure: FigureBase) -> None:
        each.draw(figure)
        _shrink(figure, height / natural)
        figure.suptitle(plain(each.title), x=0, ha="left", fontsize=11, color=INK)

    return draw


def _draw_within(each: Print, height: float) -> Callable[[FigureBase], None]:
    """Draws it lower than it is drawn by itself."""

    def draw(figure: FigureBase) -> None:
        each.draw(figure)
        _shrink(figure, height / each.size[1])

    return draw


def _shrink(figure: FigureBase, share: float) -> None:
    """Letters that are smaller with the picture, as far as they can be read."""
    from matplotlib import rcParams
    from matplotlib.text import Annotation
    from matplotlib.text import Text as Words

    share = max(_LEAST_SHARE, share)
    if share >= 1:
        return
    for words in figure.findobj(Words):
        words.set_fontsize(words.get_fontsize() * share)
        if (
            isinstance(words, Annotation) and words.anncoords == "offset points"
        ):  # what is named stays as near to its name
            words.xyann = tuple(share * each for each in words.xyann)
    for axes in figure.axes:
        axes.tick_params(labelsize=rcParams["xtick.labelsize"] * share)


def _draw_nothing(figure: FigureBase) -> None:
    """Room between a sentence and the next picture."""


def _questions_of(wing: str, text: Text) -> list[str]:
    """The questions below a tab, as far as they are plain words."""
    asked = sentences(text.language).get(f"{wing}.questions", "").splitlines()
    lines = [line.removeprefix("### ").strip() for line in asked if line.startswith("### ")]
    return [line for line in lines if not any(sign in line for sign in "${`*")]
