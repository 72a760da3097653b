"""The gradient-flow tab: controls, two charts, and what was measured in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

import gradio as gr

from explorer.checks import check_choice
from explorer.errors import InputError
from explorer.gradient_flow.article import load_article
from explorer.gradient_flow.conv_jacobians import ConvJacobians, measure_conv_jacobians
from explorer.gradient_flow.degradation import read_curves
from explorer.gradient_flow.figures import (
    caption_degradation,
    describe,
    describe_degradation,
    draw_blocks,
    draw_degradation,
    draw_depths,
    draw_inplace_table,
    fill_article,
)
from explorer.gradient_flow.jacobians import Jacobians, measure_jacobians
from explorer.gradient_flow.learning_tab import build_learning
from explorer.gradient_flow.live_tab import build_live
from explorer.gradient_flow.maths import (
    ACTIVATIONS,
    BLOCKS,
    INITIALISATIONS,
    MAX_DEPTH,
    MAX_SEEDS,
    MAX_WIDTH,
    GradientNorms,
    Settings,
    measure_gradient_norms,
    measure_in_parts,
    measure_inplace_relu,
)
from explorer.gradient_flow.prints import gather_prints
from explorer.gradient_flow.removal_tab import build_removal
from explorer.gradient_flow.signal_figures import (
    describe_jacobians,
    describe_signals,
    draw_backward,
    draw_forward,
    draw_jacobians,
)
from explorer.models.checkpoints import CheckpointError, load_results
from explorer.page.events import PRIVATE, draw_look_for, set_by_page, wire
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.streaming import Run, show_parts, stop_run, wire_run
from explorer.page.style import PLOT_SETTINGS
from explorer.prints.keeping import build_keeping
from explorer.text import Text, text_in

STORIES = {
    "tutorial": Settings(),
    "he": Settings(initialisation="he"),
    "orthogonal": Settings(initialisation="orthogonal", activation="tanh"),
    "sigmoid": Settings(depth=20, activation="sigmoid"),
    "conv": Settings(depth=20, width=8, block="conv", seeds=8),
    "batch_norm": Settings(depth=20, width=8, block="conv_bn", seeds=8),
}
USUAL_SEEDS = {block: 100 if block.startswith("linear") else 8 for block in BLOCKS}
VIEWS = ("weights", "signals", "jacobian")
CHOICE = "gradient_flow.block"  # by which the page knows the choice of a kind of block


class Measurement(Run):
    """A run whose parts are drawn in the view that the reader has chosen last.

    Attributes:
        view: one of VIEWS.
        is_current: whether its settings are those of the page.
    """

    def __init__(self, job: Settings, view: str):
        super().__init__(job)
        self.view = view
        self.is_current = True


def on_change(run: Run | None, view: str, *, language: str, **settings) -> dict:
    """Stop what is under way; measure light settings at once and hand heavy ones on to `on_run`.

    Another view of a measurement that is under way, or that was stopped, draws what there is of it.

    Args:
        run: what is under way, if anything is.
        view: one of VIEWS.
        language: of the page.
        **settings: those of `Settings`.
    """
    view = check_choice("gradient_flow.view", view, VIEWS)
    try:
        chosen = Settings(**settings)
    except InputError:
        stop_run(run)
        raise
    if isinstance(run, Measurement) and run.is_current and run.job == chosen and view not in (run.view, "jacobian"):
        run.view = view
        return _show(run.shown, view, language) if run.shown else {}
    stop_run(run)
    if isinstance(run, Measurement):
        run.is_current = False
    if view == "jacobian":
        measure = measure_jacobians if chosen.is_linear else measure_conv_jacobians
        return {**_show_jacobians(measure(chosen), language), "stop": gr.Button(visible=False)}
    if chosen.is_light:
        return {**_show(measure_gradient_norms(chosen), view, language), "stop": gr.Button(visible=False)}
    starting = text_in(language)("gradient_flow.starting", seeds=chosen.seeds)
    line = gr.update(value=draw_look_for(starting, stale=True))
    return {"look_for": line, "run": Measurement(chosen, view), "stop": gr.Button(visible=True)}


def on_run(run: Run | None, *, language: str) -> Iterator[dict]:
    """Measure seed after seed and show what there is so far, until all are done or the run is stopped."""

    def show(norms: GradientNorms) -> dict:
        return _show(norms, run.view if isinstance(run, Measurement) else VIEWS[0], language)

    yield from show_parts(run, measure_in_parts, show, _is_last)


def _is_last(norms: GradientNorms) -> bool:
    return norms.seeds_done == norms.settings.seeds


def on_stop(run: Run | None, *, language: str) -> dict:
    """Stop measuring; what is drawn stays, dimmed where it is of the settings before."""
    stop_run(run)
    button = {"stop": gr.Button(visible=False)}
    if not isinstance(run, Run):  # nothing is under way
        return button
    done = run.shown.seeds_done if run.shown else 0
    key = f"gradient_flow.{'stopped' if done else 'stopped_before'}"
    sentence = text_in(language)(key, done=done, seeds=run.job.seeds)
    return {"look_for": gr.update(value=draw_look_for(sentence, stale=not done)), **button}


def _show(norms: GradientNorms, view: str, language: str) -> dict:
    """The sentence, both charts and what stands below them, in the view "weights" or "signals"."""
    text = text_in(language)
    if view == "signals":
        left, right, sentence = draw_forward(norms, text), draw_backward(norms, text), describe_signals(norms, text)
        return {"look_for": sentence, "blocks": left, "depths": right, "caption": _caption("caption_signals", text)}
    left, right, sentence = draw_blocks(norms, text), draw_depths(norms, text), describe(norms, text)
    return {"look_for": sentence, "blocks": left, "depths": right, "caption": _caption("caption", text)}


def _show_jacobians(jacobians: Jacobians | ConvJacobians, language: str) -> dict:
    text = text_in(language)
    charts = {
        name: draw_jacobians(jacobians, part, text) for name, part in (("blocks", "blocks"), ("depths", "stacks"))
    }
    caption = "caption_jacobian_conv" if isinstance(jacobians, ConvJacobians) else "caption_jacobian"
    return {"look_for": describe_jacobians(jacobians, text), **charts, "caption": _caption(caption, text)}


def _caption(key: str, text: Text) -> str:
    return f'<p class="intro">{text(f"gradient_flow.{key}")}</p>'


_first_inplace_cases = lru_cache(maxsize=1)(measure_inplace_relu)


def _build_controls(language: str) -> dict[str, gr.components.Component]:
    text, first = text_in(language), STORIES["tutorial"]

    def choose(name: str, options) -> gr.Dropdown:
        choices = [(text(f"gradient_flow.{name}_{option}"), option) for option in options]
        return gr.Dropdown(choices, value=getattr(first, name), label=text(f"gradient_flow.{name}"))

    def slide(name: str, maximum: int) -> gr.Slider:
        return build_slider(1, maximum, getattr(first, name), text(f"gradient_flow.{name}"))

    def tick(name: str) -> gr.Checkbox:
        return gr.Checkbox(getattr(first, name), label=text(f"gradient_flow.{name}"))

    return {
        "depth": slide("depth", MAX_DEPTH),
        "block": choose("block", BLOCKS),
        "initialisation": choose("initialisation", INITIALISATIONS),
        "activation": choose("activation", ACTIVATIONS),
        "width": slide("width", MAX_WIDTH),
        "seeds": slide("seeds", MAX_SEEDS),
        "preactivation": tick("preactivation"),
        "zero_last": tick("zero_last"),
    }


def _build_degradation(language: str) -> None:
    """What depth did to training, as measured by train_all.py; nothing where the four nets were not trained."""
    text = text_in(language)
    try:
        curves = read_curves(load_results())
    except CheckpointError:  # the classifier's tab says so
        return
    if not curves:
        return
    gr.Markdown(f"## {text('gradient_flow.degradation_title')}")
    build_look_for(describe_degradation(curves, text))
    with gr.Row():
        for error in ("train_error", "validation_error"):
            gr.Plot(draw_degradation(curves, error, text), min_width=320, **PLOT_SETTINGS)
    gr.HTML(f'<p class="intro">{caption_degradation(curves, text)}</p>')


def _wire_fillings(controls: dict[str, gr.components.Component], buttons: dict[str, gr.Button]) -> list:
    """Let the page itself set what follows from a choice, and return all events after which to measure.

    One handler that is called after any of them cannot be overtaken by another; it hears of what the page has set.
    """
    block, seeds = controls["block"], controls["seeds"]
    # Convolutions cost more: another kind of block comes with its usual number of seeds.
    usual = f"(block) => [cnnExplorer.onNewChoice('{CHOICE}', block, {json.dumps(USUAL_SEEDS)}[block])]"
    block.input(None, [block], [seeds], js=usual, **PRIVATE)
    for story, button in buttons.items():
        values = [getattr(STORIES[story], name, VIEWS[0]) for name in controls]
        button.click(None, None, [*controls.values()], js=set_by_page(values, CHOICE), **PRIVATE)
    return [*(control.input for control in controls.values()), *(button.click for button in buttons.values())]


def build_tab(language: str) -> Wing:
    """Lay the tab out and wire it."""
    text = text_in(language)
    first = _show(measure_gradient_norms(STORIES["tutorial"]), VIEWS[0], language)
    build_intro("gradient_flow", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = _build_controls(language)
            stop = gr.Button(text("gradient_flow.stop"), visible=False, elem_classes="stop")
        with picture_column():
            with gr.Row(elem_classes="stories"):
                buttons = {story: gr.Button(text(f"gradient_flow.story_{story}"), size="sm", min_width=120)
                           for story in STORIES}  # fmt: skip
            views = [(text(f"gradient_flow.view_{view}"), view) for view in VIEWS]
            controls["view"] = gr.Radio(
                views, value=VIEWS[0], label=text("gradient_flow.view"), show_label=False, container=False
            )
            look_for = build_look_for(first["look_for"])
            with gr.Row():
                charts = {name: gr.Plot(first[name], min_width=320, **PLOT_SETTINGS) for name in ("blocks", "depths")}
            caption = gr.HTML(first["caption"])
    with gr.Column(elem_classes="explanation"):
        gr.Markdown(f"## {text('gradient_flow.inplace_title')}")
        gr.HTML(draw_inplace_table(_first_inplace_cases(), text), apply_default_css=False)
    _build_degradation(language)
    sections = {**build_removal(language), **build_learning(language)}
    gives = build_live(language)
    run = gr.State(None)
    inputs = {**controls, "run": run}
    trained = {"live_run": gives.inputs["run"]} if gives else {}
    keeps = build_keeping("gradient_flow", gather_prints, {**inputs, **sections, **trained}, language)
    build_explanation("gradient_flow", language, **fill_article(load_article()))

    parts = {"look_for": look_for, **charts, "caption": caption, "stop": stop}
    outputs = {**parts, "run": run}
    wire(_wire_fillings(controls, buttons), on_change, inputs, outputs, language, queue=True)
    wire_run(run, on_run, on_stop, parts, language)
    return Wing("gradient_flow", controls, on_change, inputs, outputs, gives=gives, keeps=keeps)
