"""Below the blocks taken away: what happens in networks while they learn."""

from __future__ import annotations

import gradio as gr

from explorer.checks import check_choice
from explorer.gradient_flow.learning import DEPTHS, KINDS, NUM_TRAINING, NUM_VALIDATION, PER_BLOCK, RECIPE, load_courses
from explorer.gradient_flow.learning_figures import count_seeds, draw_curves, draw_statistic
from explorer.gradient_flow.learning_table import describe, draw_tables
from explorer.page.events import Components, wire
from explorer.page.layout import build_look_for
from explorer.page.style import PLOT_SETTINGS
from explorer.text import text_in

NORMALISATIONS = {"bn": True, "none": False}


def read_choice(depth, normalisation, statistic) -> tuple[int, bool, str]:
    """Layers, whether there is batch normalisation, and one of PER_BLOCK.

    Raises:
        InputError: one of them cannot be chosen.
    """
    return (
        check_choice("learning.depth", depth, DEPTHS),
        NORMALISATIONS[check_choice("learning.normalisation", normalisation, tuple(NORMALISATIONS))],
        check_choice("learning.statistic", statistic, PER_BLOCK),
    )


def on_learning(depth: int, normalisation: str, statistic: str, *, language: str) -> dict:
    """The charts of one depth, with batch normalisation or without.

    Args:
        depth: one of DEPTHS.
        normalisation: a key of NORMALISATIONS.
        statistic: one of PER_BLOCK.
        language: of the page.
    """
    text, courses = text_in(language), load_courses()
    depth, normalised, statistic = read_choice(depth, normalisation, statistic)
    pictures = draw_statistic(courses, depth, normalised, statistic, text)
    return {
        "look_for": describe(courses, depth, normalised, text),
        "table": draw_tables(courses, depth, normalised, text),
        "loss": gr.update(value=draw_curves(courses, depth, normalised, "loss", text), visible=True),
        "error": gr.update(value=draw_curves(courses, depth, normalised, "validation_error", text), visible=True),
        **{kind: gr.update(value=pictures.get(kind), visible=kind in pictures) for kind in KINDS},
        "about": text(f"learning.about_{statistic}"),
    }


def build_learning(language: str) -> Components:
    """The section, closed at first; nothing where nothing was measured.

    Returns:
        What `prints.gather_prints` takes of it, by name.
    """
    text, courses = text_in(language), load_courses()
    if not courses:
        return {}
    depths = sorted({net.depth for net in courses})
    with gr.Accordion(text("learning.title"), open=False) as section:
        gr.Markdown(text("learning.intro", images=f"{NUM_TRAINING:,}", epochs=RECIPE.epochs))
        with gr.Row():
            depth = gr.Radio(depths, value=depths[-1], label=text("learning.depth"))
            ways = [(text(f"learning.normalisation_{way}"), way) for way in NORMALISATIONS]
            normalisation = gr.Radio(ways, value="bn", label=text("learning.normalisation"))
        look_for = build_look_for("")
        table = gr.HTML("", apply_default_css=False, elem_classes="gradient_flow-learning")
        with gr.Row():
            loss = gr.Plot(visible=False, min_width=320, **PLOT_SETTINGS)
            error = gr.Plot(visible=False, min_width=320, **PLOT_SETTINGS)
        statistics = [(text(f"learning.statistic_{name}"), name) for name in PER_BLOCK]
        statistic = gr.Radio(statistics, value=PER_BLOCK[0], label=text("learning.statistic"))
        with gr.Row():
            blocks = {kind: gr.Plot(visible=False, min_width=320, **PLOT_SETTINGS) for kind in KINDS}
        about = gr.Markdown()
        facts = text("learning.about", validation=f"{NUM_VALIDATION:,}", lr=RECIPE.peak_lr, seeds=count_seeds(courses))
        gr.HTML(f'<p class="intro">{facts}</p>')
    inputs = {"depth": depth, "normalisation": normalisation, "statistic": statistic}
    outputs = {"look_for": look_for, "table": table, "loss": loss, "error": error, **blocks, "about": about}
    triggers = [section.expand, depth.input, normalisation.input, statistic.input]
    wire(triggers, on_learning, inputs, outputs, language)
    return {f"learning_{name}": each for name, each in inputs.items()}
