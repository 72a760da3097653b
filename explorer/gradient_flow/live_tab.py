"""Below the removal of blocks: a reader trains a small network and watches it learn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
from torch import nn

from explorer.checks import check_number
from explorer.data import DatasetError
from explorer.errors import InputError
from explorer.gradient_flow.live_figures import (
    describe,
    draw_curves,
    draw_links,
    draw_pictures,
)
from explorer.gradient_flow.live_training import (
    AUGMENTATIONS,
    CHECK_EVERY,
    MAX_DROPOUT,
    MAX_EPOCHS,
    MAX_MOMENTUM,
    NETWORKS,
    Progress,
    Settings,
    Training,
    train_in_parts,
)
from explorer.models.brought import Trained, hold_trained
from explorer.models.variants import ACTIVATIONS, DEPTHS, INITIALISATIONS, NORMALISATIONS, Variant
from explorer.page.canvas import build_canvas
from explorer.page.events import PRIVATE, TRAINS, set_by_page, wire
from explorer.page.handing import Giver
from explorer.page.layout import build_look_for, build_slider, controls_column, picture_column
from explorer.page.streaming import Run, stop_run
from explorer.settings import load_settings
from explorer.text import Text, text_in
from explorer.training.packed_sample import load_training_sample

_THIN = {"learning_rate": 0.1, "initialisation": "he", "normalisation": "batch"}
STORIES = {
    "lenet5": Settings(),
    "sigmoid": Settings(activation="sigmoid"),
    "pair": Settings("pair", 20, epochs=3, **_THIN),
    "bare": Settings("pair", 20, epochs=1, **{**_THIN, "normalisation": "none"}),
    "large": Settings(learning_rate=1.0),
}
# What a network is usually trained with: the choice of a network brings it along.
USUAL = {name: {} if name == "lenet5" else _THIN for name in NETWORKS}
CHOICE = "live.network"  # by which the page knows the choice of a network
BUTTONS = ("pause", "resume", "cancel", "to_classifier", "to_convolution")


@dataclass
class Job:
    """A run of the training, and what the reader thought of it before."""

    training: Training
    guess: float | None


def on_start(run: Run | None, guess, *, language: str, **settings) -> dict:
    """Stop what is under way, check what is set, and hand it on to `on_run`, which waits for its turn."""
    stop_run(run)  # first: else what is under way would soon take the place of the words that refuse a setting
    text, chosen = text_in(language), Settings(**settings)
    guess = None if guess in (None, "") else check_number("live.guess", guess, 0, 100)
    training = Training(chosen)
    sentence = text("live.waiting", most=load_settings().trainings)
    new = Run(Job(training, guess))
    return {"look_for": sentence, "run": new, "links": "", **_show_buttons("pause", "cancel")}


def on_run(run: Run | None, *, language: str) -> Iterator[dict]:
    """Train, and show how it goes, until it is done, stopped, or its turn is over."""
    if not isinstance(run, Run):  # the server has forgotten it, as after a restart
        yield _show_buttons()
        raise InputError("errors.run_lost")
    if run.is_stopped:  # told twice
        yield {}
        return
    progress = None
    for part in train_in_parts(run.job.training, lambda: run.is_stopped):
        if run.is_stopped:
            break
        if part.is_paused:
            stop_run(run)
        if part.is_paused or part.is_done:
            progress = part
        yield _show(run.job, part, language)
    # Gradio sends the last outputs once more at the end: these change no picture. The buttons come once more as well, for the
    # page may take what comes right after the last part in its place.
    yield {} if progress is None else _show_buttons(*_buttons_at_rest(run.job.training, progress))


def on_pause(run: Run | None, *, language: str) -> dict:
    """Stop before the next step; the run keeps all that it needs to go on."""
    if not isinstance(run, Run) or run.job.training.is_done:
        return {}
    stop_run(run)
    return _show(run.job, run.job.training.progress(), language, "paused")


def on_resume(run: Run | None, *, language: str) -> dict:
    """Wait for a turn once more, with the same run."""
    if not isinstance(run, Run):
        raise InputError("errors.run_lost")
    stop_run(run)
    sentence = text_in(language)("live.waiting", most=load_settings().trainings)
    return {"look_for": sentence, "run": Run(run.job), "links": "", **_show_buttons("pause", "cancel")}


def on_cancel(run: Run | None, *, language: str) -> dict:
    """End it; what is drawn stays."""
    stop_run(run)
    if not isinstance(run, Run):
        return _show_buttons()
    sentence = describe(run.job.training.progress(), text_in(language), "cancelled")
    return {"look_for": sentence, "links": "", **_show_buttons()}


def _show(job: Job, progress: Progress, language: str, state: str = "") -> dict:
    """The sentence, the charts, the pictures and the buttons of a run, so far."""
    text = text_in(language)
    rests = bool(state) or progress.is_done or progress.is_paused
    shown = {
        "look_for": describe(progress, text, state, job.guess),
        "charts": draw_curves(progress, text),
        "pictures": draw_pictures(progress, text),
    }
    if not rests:  # the buttons stay: one that is set again cannot be pressed at that moment
        return shown
    networks = find_networks(job.training)
    links = draw_links(networks, text) if networks else ""
    return {**shown, "links": links, **_show_buttons(*_buttons_at_rest(job.training, progress))}


def _buttons_at_rest(training: Training, progress: Progress) -> tuple[str, ...]:
    left = () if progress.is_done else ("resume", "cancel")
    return (*left, "to_classifier", "to_convolution") if find_networks(training) else left


def _show_buttons(*shown: str) -> dict:
    return {name: gr.Button(visible=name in shown) for name in BUTTONS}


def find_networks(training: Training) -> dict[Variant, nn.Module]:
    """The networks of a run as they are now, without those that have diverged."""
    diverged = {each.variant for each in training.progress().curves if each.has_diverged}
    return {variant: model for variant, model in training.export().items() if variant not in diverged}


def give_networks(run: Run | None, *, language: str) -> tuple[Trained, ...]:
    """The networks of a run as they are now, for other tabs.

    Raises:
        InputError: nothing is trained yet, or the run is under way, or has diverged.
    """
    networks = find_networks(run.job.training) if isinstance(run, Run) else {}
    if not networks:
        raise InputError("live.nothing")
    about = text_in(language)("live.trained_here")
    return tuple(hold_trained(variant, model, about) for variant, model in networks.items())


def _build_controls(text: Text) -> dict[str, gr.components.Component]:
    first = Settings()

    def choose(name: str, options, words: str = "live") -> gr.Dropdown:
        choices = [(text(f"{words}.{name}_{option}"), option) for option in options]
        return gr.Dropdown(choices, value=getattr(first, name), label=text(f"live.{name}"))

    def slide(name: str, most: float) -> gr.Slider:
        return gr.Slider(
            0, most, getattr(first, name), step=0.05 if most != MAX_MOMENTUM else 0.01, label=text(f"live.{name}")
        )

    controls = {
        "network": choose("network", NETWORKS),
        "depth": gr.Dropdown(list(DEPTHS), value=first.depth, label=text("live.depth")),
        "learning_rate": gr.Number(first.learning_rate, label=text("live.learning_rate")),
        "activation": choose("activation", ACTIVATIONS, "gradient_flow"),
        "epochs": build_slider(1, MAX_EPOCHS, first.epochs, text("live.epochs")),
    }
    with gr.Accordion(text("live.more"), open=False):
        more = {
            "momentum": slide("momentum", MAX_MOMENTUM),
            "initialisation": choose("initialisation", INITIALISATIONS, "gradient_flow"),
            "normalisation": choose("normalisation", NORMALISATIONS),
            "augmentation": choose("augmentation", AUGMENTATIONS),
            "dropout": slide("dropout", MAX_DROPOUT),
            "seed": gr.Number(first.seed, label=text("live.seed")),
        }
    return {**controls, **more}


def _wire_fillings(controls: dict[str, gr.components.Component], stories: dict[str, gr.Button]) -> None:
    """Let the page itself set what follows from a choice."""
    names = tuple(_THIN)
    usual = {name: [{**vars(Settings()), **usual}[each] for each in names] for name, usual in USUAL.items()}
    new = f"cnnExplorer.onNewChoice('{CHOICE}', network, {json.dumps(usual)}[network])"
    fill = f"(network) => {{ const own = {new}; return {json.dumps(names)}.map((_, place) => own[place] ?? own); }}"
    controls["network"].input(None, [controls["network"]], [controls[each] for each in names], js=fill, **PRIVATE)
    for story, button in stories.items():
        values = [getattr(STORIES[story], name) for name in controls]
        button.click(None, None, [*controls.values()], js=set_by_page(values, CHOICE), **PRIVATE)


def build_live(language: str) -> Giver | None:
    """The section, closed at first; nothing where the packed images are missing.

    Returns:
        The networks that are trained here, for the classifier and the convolution tab.
    """
    text = text_in(language)
    try:
        sample = load_training_sample()
    except DatasetError:
        return None
    with gr.Accordion(text("live.title"), open=False, elem_classes="live"):
        counts = {name: f"{len(getattr(sample, name).labels):,}" for name in ("training", "validation")}
        gr.Markdown(text("live.intro", **counts))
        with gr.Row(elem_classes="stage"):
            with controls_column():
                controls = _build_controls(text)
                guess = gr.Textbox("", label=text("live.guess"), max_lines=1)
                start = gr.Button(text("live.start"), variant="primary", elem_id="live-start")
                with gr.Row():
                    buttons = {name: _build_button(name, text) for name in BUTTONS[:3]}
            with picture_column():
                with gr.Row(elem_classes="stories"):
                    stories = {
                        name: gr.Button(text(f"live.story_{name}"), size="sm", min_width=120) for name in STORIES
                    }
                look_for = build_look_for(text("live.before"))
                charts = gr.HTML("", apply_default_css=False, elem_classes="gradient_flow-live")
                pictures = build_canvas(None, elem_id="live-pictures")
                links = gr.HTML("", apply_default_css=False, elem_classes="gradient_flow-live")
                with gr.Row():
                    buttons |= {name: _build_button(name, text) for name in BUTTONS[3:]}
                gr.HTML(f'<p class="intro">{text("live.caption", every=CHECK_EVERY)}</p>')
    run = gr.State(None)
    parts = {"look_for": look_for, "charts": charts, "pictures": pictures, "links": links, **buttons}
    _wire_fillings(controls, stories)
    outputs, rest = {**parts, "run": run}, {"look_for": look_for, "links": links, **buttons}
    wire([start.click], on_start, {"run": run, "guess": guess, **controls}, {**rest, "run": run}, language, queue=True)
    wire([run.change], on_run, {"run": run}, parts, language, **TRAINS, trigger_mode="multiple")
    wire([buttons["pause"].click], on_pause, {"run": run}, parts, language)
    wire([buttons["resume"].click], on_resume, {"run": run}, outputs, language, queue=True)
    wire([buttons["cancel"].click], on_cancel, {"run": run}, rest, language)
    to = {name: buttons[f"to_{name}"] for name in ("classifier", "convolution")}
    return Giver(to, give_networks, {"run": run}, look_for)


def _build_button(name: str, text: Text) -> gr.Button:
    return gr.Button(text(f"live.{name}"), visible=False, size="sm", min_width=100, elem_id=f"live-{name}")
