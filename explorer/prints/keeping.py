"""The one place of a tab that saves its figures: which of them, as what kind of file.

Nothing is computed for it that is on the screen: a tab says which figures there are for what is set, from the results that
its session remembers. The file is part of the answer, so that nothing of it stays on the server.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial

import gradio as gr

from explorer.caches import Memory
from explorer.checks import check_choice
from explorer.errors import InputError
from explorer.page.bridges import build_bridge
from explorer.page.drawings import SHOWN
from explorer.page.events import LOOK_FOR, PRIVATE, Components, draw_problem, wire
from explorer.page.layout import Keeping
from explorer.prints.handout import PAPERS, Sheet, render_handout
from explorer.prints.paper import FORMATS, check_address, render
from explorer.prints.records import Print
from explorer.text import Text, text_in

KINDS = (*FORMATS, *PAPERS)  # of files
Gather = Callable[..., Sequence[Print]]
# Figures are drawn one at a time (paper.py); whoever waits for one does not hold up others.
TURNS = {"queue": True, "concurrency_id": "prints", "concurrency_limit": 1}


def build_keeping(
    wing: str,
    gather: Gather,
    inputs: Components,
    language: str,
    more: Callable[[], object] | None = None,
    tells: str = "",
) -> Keeping:
    """Lay out the place, folded, and wire it.

    Args:
        wing: name of the tab, with which the names of its files begin.
        gather: the figures that there are for these values, called as `gather(language=..., **values)`; raises InputError where
            there are none.
        inputs: name -> the component whose value `gather` takes; what says what the page shows is left out.
        language: of the page.
        more: lays out what else saves something here, or what else there is to say.
        tells: a function of the page, such as "cnnExplorer.withSections", that puts what the page alone knows in the place of the last
            value that an event sends; `gather` gets it as `told`, and None where there is no page.

    Returns:
        What the tab hands to the roof, as `Wing.keeps`.
    """
    text = text_in(language)
    inputs = {name: each for name, each in inputs.items() if name != SHOWN}
    with gr.Accordion(
        text("prints.title"), open=False, elem_classes="prints-keeping", elem_id=f"{wing}-keeping"
    ) as place:
        with gr.Row():
            figure = gr.Dropdown([], label=text("prints.figure"), filterable=False, min_width=220, scale=3)
            kinds = [(_name_kind(kind, text), kind) for kind in KINDS]
            kind = gr.Radio(kinds, value="png", label=text("prints.kind"), min_width=300, scale=4)
            button = gr.Button(text("prints.save"), size="sm", min_width=110, scale=1, elem_classes="keep-button")
        if more is not None:
            more()
        says = gr.HTML("", apply_default_css=False)
        saved = build_bridge("prints/keeping.js")
        offered = build_bridge("prints/offered.js")
    offer = partial(on_offer, gather)
    outputs = {LOOK_FOR: says, "offered": offered}
    of_tab = _set_apart({**inputs, "told": saved} if tells else inputs)
    wire(
        [place.expand, figure.focus],
        offer,
        {"figure": figure, **of_tab},
        outputs,
        language,
        queue=True,
        js=tells or None,
    )
    offered.input(None, None, [figure], js="cnnExplorer.takeOffered", **PRIVATE)
    chosen = {"address": saved, "figure": figure, "kind": kind, **of_tab}
    outputs = {LOOK_FOR: says, "saved": saved}
    save = partial(on_save, wing, gather)
    address = "cnnExplorer.withAddress"
    if tells:
        address = f"(...values) => {address}(...{tells}(...values))"
    wire([button.click], save, chosen, outputs, language, js=address, **TURNS)
    return Keeping(gather, inputs)


_APART = "of_tab_"  # before the names of a tab's own inputs


def _set_apart(inputs: Components) -> dict:
    return {f"{_APART}{name}": each for name, each in inputs.items()}


def _of_tab(values: dict) -> dict:
    return {name.removeprefix(_APART): value for name, value in values.items()}


def _name_kind(kind: str, text: Text) -> str:
    return text("prints.kind_handout", paper=PAPERS[kind].title) if kind in PAPERS else text(f"prints.kind_{kind}")


def build_whole(gather_sheets: Callable[[], Sequence[Sheet]], language: str) -> None:
    """Below all tabs: a page to hand out about the whole app as it opens.

    Args:
        gather_sheets: the tabs with their figures.
        language: of the page.
    """
    text = text_in(language)
    with gr.Accordion(text("prints.whole"), open=False, elem_classes="prints-keeping", elem_id="whole-handout"):
        with gr.Row():
            buttons = {paper: gr.Button(_name_kind(paper, text), size="sm", min_width=140) for paper in PAPERS}
        says = gr.HTML("", apply_default_css=False)
        saved = build_bridge("prints/keeping.js")
    for paper, button in buttons.items():
        save = partial(on_whole, gather_sheets, paper)
        outputs = {LOOK_FOR: says, "saved": saved}
        wire([button.click], save, {"address": saved}, outputs, language, js="cnnExplorer.withAddress", **TURNS)


def on_whole(gather_sheets: Callable[[], Sequence[Sheet]], paper: str, address, *, language: str) -> dict:
    """The page about the whole app; its link leads to the app without settings."""
    address = address.partition("?")[0] if isinstance(address, str) else ""
    return {"saved": make_whole(gather_sheets, paper, language, address), **_say(_say_saved(text_in(language)))}


_WHOLE = Memory(megabytes=2)


def make_whole(gather_sheets: Callable[[], Sequence[Sheet]], paper: str, language: str, address: str = "") -> dict:
    """The page about the whole app, in the same form; it is the same for all who ask, and remembered."""
    asked = (paper, language, check_address(address))
    found = _WHOLE.get(asked)
    if found is None:
        found = make_handout(gather_sheets(), paper, text_in(language), address)
        _WHOLE.put(asked, found)
    return found


def on_offer(gather: Gather, figure, *, language: str, **values) -> dict:
    """The figures that there are now; the one that was chosen stays, if there still is one of its name."""
    try:
        prints = gather(language=language, **_of_tab(values))
    except InputError as error:
        return {
            "offered": {"choices": [], "value": None},
            **_say(draw_problem(error.sentence(language), stale=False)),
        }
    names = [each.name for each in prints]
    value = figure if figure in names else next(iter(names), None)
    return {"offered": {"choices": [[each.title, each.name] for each in prints], "value": value}, **_say("")}


def on_save(wing: str, gather: Gather, address, figure, kind, *, language: str, **values) -> dict:
    """The chosen figure as a file, which the page hands to the reader."""
    text = text_in(language)
    kind = check_choice("prints.kind", kind, KINDS)
    prints = {each.name: each for each in gather(language=language, **_of_tab(values))}
    if not isinstance(figure, str) or figure not in prints:
        raise InputError("prints.gone")
    address = address if isinstance(address, str) else ""
    if kind in PAPERS:  # the chosen figure first, and others as far as there is room
        order = [prints[figure], *(each for name, each in prints.items() if name != figure)]
        saved = make_handout([Sheet(wing, order)], kind, text, address)
    else:
        saved = make_file(wing, prints[figure], kind, text, address)
    return {"saved": saved, **_say(_say_saved(text))}


def make_file(wing: str, sheet: Print, kind: str, text: Text, address: str = "") -> dict:
    """A figure as keeping.js hands it to the reader: the name, the type and the bytes in base64."""
    written = render(sheet, kind, text.language, address)
    return pack(f"{wing}-{sheet.name}", kind, written)


def make_handout(sheets: Sequence[Sheet], paper: str, text: Text, address: str = "") -> dict:
    """A page to hand out, in the same form."""
    name = sheets[0].wing if len(sheets) == 1 else "cnn-explorer"
    return pack(f"{name}-handout-{paper}", "pdf", render_handout(sheets, paper, text.language, address))


def pack(name: str, kind: str, written: bytes) -> dict:
    """A file as an answer carries it."""
    return {
        "name": f"{name}.{FORMATS[kind].suffix}".replace("_", "-"),
        "type": FORMATS[kind].media_type,
        "bytes": base64.b64encode(written).decode("ascii"),
    }


def _say_saved(text: Text) -> str:
    return f'<p class="maps-line muted" role="status">{text("prints.saved")}</p>'


def _say(line: str) -> dict:
    return {LOOK_FOR: gr.update(value=line)}
