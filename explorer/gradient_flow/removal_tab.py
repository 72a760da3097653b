"""Below the degradation: trained networks from which a reader takes blocks away."""

from __future__ import annotations

import gradio as gr

from explorer.checks import check_choice
from explorer.data import load_sample
from explorer.gradient_flow.paths import load_paths
from explorer.gradient_flow.removal import SEEDS, check_blocks, list_blocks, load_removals, measure_cut
from explorer.gradient_flow.removal_figures import (
    WAYS,
    describe_cuts,
    describe_paths,
    describe_removals,
    describe_swaps,
    draw_cuts,
    draw_ordered,
    draw_path_lengths,
    draw_single,
    draw_swaps,
    name_block,
)
from explorer.gradient_flow.swaps import load_swaps
from explorer.page.canvas import build_canvas
from explorer.page.events import PRIVATE, TAKES_TURNS, Components, wire
from explorer.page.layout import build_look_for
from explorer.page.style import PLOT_SETTINGS
from explorer.text import text_in

SAMPLE = 138  # a shirt, whose maps are shown


def on_cut(gone: list[str], *, language: str) -> dict:
    """Both networks without these blocks."""
    text, removals = text_in(language), load_removals()
    blocks = list_blocks(next(iter(removals)))
    chosen = check_blocks(gone, blocks)
    cuts = [measure_cut(name, chosen, SAMPLE) for name in removals]
    return {
        "look_for": describe_cuts(cuts, chosen, len(load_sample().images), text),
        "maps": gr.update(value=draw_cuts(cuts, text), visible=bool(chosen)),
    }


def on_way(way: str, *, language: str) -> dict:
    """The chart of one order in which blocks go."""
    way = check_choice("gradient_flow.removal_way", way, WAYS)
    return {"ordered": draw_ordered(load_removals(), way, text_in(language))}


def on_open(way: str, *, language: str) -> dict:
    """The charts of the section, once it is opened: a closed one need not be sent to every reader."""
    way = check_choice("gradient_flow.removal_way", way, WAYS)
    text, removals, paths, swaps = text_in(language), load_removals(), load_paths(), load_swaps()
    charts = {"single": draw_single(removals, text), "ordered": draw_ordered(removals, way, text)}
    if paths:
        charts["paths"] = draw_path_lengths(paths, text)
    if swaps:
        charts["swaps"] = draw_swaps(swaps, text)
    return charts


def build_removal(language: str) -> Components:
    """The section, closed at first; nothing where it was not measured for the weights that are here.

    Returns:
        What `prints.gather_prints` takes of it, by name.
    """
    text, removals = text_in(language), load_removals()
    if not removals:
        return {}
    count = min(each.whole.count for each in removals.values())
    with gr.Accordion(text("gradient_flow.removal"), open=False) as section:
        gr.Markdown(text("gradient_flow.removal_intro"))
        build_look_for(describe_removals(removals, text))
        with gr.Row():
            charts = {"single": gr.Plot(min_width=320, **PLOT_SETTINGS)}
            with gr.Column(min_width=320):
                charts["ordered"] = gr.Plot(**PLOT_SETTINGS)
                ways = [(text(f"gradient_flow.removal_way_{way}"), way) for way in WAYS]
                way = gr.Radio(ways, value=WAYS[-1], label=text("gradient_flow.removal_way"))
        seeds = list(map(str, SEEDS))
        about = text("gradient_flow.removal_about", images=f"{count:,}", orders=len(seeds), seeds=seeds)
        gr.HTML(f'<p class="intro">{about}</p>')
        blocks = [(name_block(path), path) for path in list_blocks(next(iter(removals)))]
        gone = gr.CheckboxGroup(
            blocks, value=[], label=text("gradient_flow.removal_blocks"), elem_classes="blocks-gone"
        )
        undo = gr.Button(text("gradient_flow.removal_undo"), size="sm")
        cut_line = build_look_for(text("gradient_flow.removal_none"))
        maps = build_canvas(None, visible=False, elem_id="gradient-flow-removal")
        charts |= _build_ensemble(language)
    outputs = {"look_for": cut_line, "maps": maps}
    undo.click(None, None, [gone], js="() => [[]]", **PRIVATE)
    wire([gone.input, undo.click], on_cut, {"gone": gone}, outputs, language, **TAKES_TURNS)
    wire([way.input], on_way, {"way": way}, {"look_for": cut_line, "ordered": charts["ordered"]}, language)
    wire([section.expand], on_open, {"way": way}, {"look_for": cut_line, **charts}, language)
    return {"removal_way": way, "removal_gone": gone}


def _build_ensemble(language: str) -> dict[str, gr.Plot]:
    """Below it, what else the paper has found: paths by their length, and blocks that change places; where it was measured."""
    text, paths, swaps = text_in(language), load_paths(), load_swaps()
    charts = {}
    with gr.Row():
        if paths:
            with gr.Column(min_width=320):
                gr.HTML(f"<p>{describe_paths(paths, text)}</p>")
                charts["paths"] = gr.Plot(**PLOT_SETTINGS)
        if swaps:
            with gr.Column(min_width=320):
                gr.HTML(f"<p>{describe_swaps(swaps, text)}</p>")
                charts["swaps"] = gr.Plot(**PLOT_SETTINGS)
    return charts
