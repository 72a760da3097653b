"""Below the classifier: a reader moves, turns, blurs, covers or attacks the picture, and sees what all networks say of it."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.checks import check_choice
from explorer.classifier.ladder import Trial, try_picture
from explorer.classifier.outcome import Question, check_model
from explorer.classifier.robustness import AMOUNTS, load_robustness
from explorer.classifier.session import OF_PREPARATION, Choices, read_changes, read_picture
from explorer.classifier.trial_figures import describe_curves, describe_trial, draw_curves, draw_ladder
from explorer.page.bridges import build_bridge
from explorer.page.events import PRIVATE, Components, draw_look_for, wire
from explorer.page.layout import build_look_for, build_setter, build_slider, controls_column, picture_column
from explorer.page.scripts import mount
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in

# What decides which picture is tried, of the classifier's own controls.
OF_PICTURE = ("model", "source", "sample", "upload", "drawing", "camera", *OF_PREPARATION)
SLIDERS = {"scale": (50, 150, 100), "blur": (0, 4, 0), "darken": (0, 95, 0), "noise": (0, 50, 0), "attack": (0, 30, 0)}


def on_trial(*, language: str, model, moves, scale, blur, darken, noise, attack, **picture) -> dict:
    """The changed picture, and what all networks say of it."""
    text, choices = text_in(language), Choices(model=model, **picture)
    name, taken = check_model(model), read_picture(choices)
    if taken is None:
        return {"look_for": gr.update(value=draw_look_for(text(f"classifier.no_picture_{choices.source}"), stale=True))}
    changes, size = read_changes(moves, scale, blur, darken, noise, attack)
    trial = try_picture(taken, changes, size, name)
    return {
        "look_for": describe_trial(trial, load_robustness(), text),
        "pad": _show(trial),
        "ladder": draw_ladder(trial, text),
        "kept": (_mark(name, taken.of), trial),
    }


def _show(trial: Trial) -> dict:
    """What pad.js draws: the picture, a grey byte a pixel, and the state of which it is."""
    grey = (trial.pixels * 255).round().byte().numpy().tobytes()
    moves = trial.moves
    return {
        "shown": base64.b64encode(grey).decode(),
        "right": moves.right,
        "down": moves.down,
        "degrees": moves.degrees,
    }


def on_kind(kind: str, *, language: str) -> dict:
    """The curves of one kind of change over the test images."""
    text, measured = text_in(language), load_robustness()
    kind = check_choice("classifier.trial_kind", kind, tuple(AMOUNTS))
    return {"look_for": describe_curves(measured, kind, text), "curves": draw_curves(measured, kind, text)}


def mark_picture(question: Question) -> str:
    """The same for the same picture and network alone: where it changes, what is tried is computed anew."""
    return _mark(question.model, question.picture.of)


def _mark(model: str, of: tuple) -> str:
    return hashlib.sha256(repr((model, of)).encode()).hexdigest()[:12]


def find_kept(kept: object, question: Question) -> Trial | None:
    """The trial that the page shows, if it is of this picture and network.

    Args:
        kept: what `on_trial` kept.
        question: what is asked above.
    """
    is_trial = isinstance(kept, tuple) and len(kept) == 2 and isinstance(kept[1], Trial)
    return kept[1] if is_trial and kept[0] == mark_picture(question) else None


def build_trial(controls: Components, language: str) -> tuple[gr.HTML, gr.State]:
    """The section, closed at first; gives the component of `mark_picture`, and what was tried last, for `find_kept`.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    text = text_in(language)
    with gr.Accordion(text("classifier.trial"), open=False) as section:
        gr.Markdown(text("classifier.trial_intro"))
        with gr.Row(elem_classes="stage"):
            with controls_column():
                sliders = {name: _build_slider(name, text) for name in SLIDERS}
            with picture_column():
                look_for = build_look_for(text("classifier.trial_look"))
                with gr.Row(elem_classes="classifier-trial"):
                    with gr.Column(scale=0, min_width=300):
                        pad = _build_pad(text)
                    with gr.Column(scale=1, min_width=320):
                        ladder = gr.HTML("", apply_default_css=False)
        _build_curves(language, text)
    moves = build_setter("classifier.moves")
    inputs = {**{name: controls[name] for name in OF_PICTURE}, "moves": moves, **sliders}
    kept = gr.State(None)
    outputs = {"look_for": look_for, "pad": pad, "ladder": ladder, "kept": kept}
    wire([moves.input, *(each.input for each in sliders.values())], on_trial, inputs, outputs, language, queue=True)
    for event, is_open in ((section.expand, "true"), (section.collapse, "false")):
        event(None, None, None, js=f"() => cnnExplorer.openTrial({is_open})", **PRIVATE)
    return build_bridge("classifier/trial_mark.js"), kept


def _build_slider(name: str, text: Text) -> gr.Slider:
    least, most, value = SLIDERS[name]
    return build_slider(least, most, value, text(f"classifier.trial_{name}"))


def _build_pad(text: Text) -> gr.HTML:
    acts = {"move": True, "cover": False, "left": None, "right": None, "reset": None}
    buttons = "".join(_draw_button(name, pressed, text) for name, pressed in acts.items())
    label = html.escape(text("classifier.trial_pad"))
    template = (
        f'<div class="pad"><canvas role="application" tabindex="0" aria-label="{label}"></canvas>'
        f'<div class="acts">{buttons}</div></div>'
    )
    return gr.HTML(None, html_template=template, js_on_load=mount("classifier/pad.js"), apply_default_css=False)


def _draw_button(name: str, pressed: bool | None, text: Text) -> str:
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    label = html.escape(text(f"classifier.trial_act_{name}"))
    return f'<button type="button" data-act="{name}"{state}>{label}</button>'


def _build_curves(language: str, text: Text) -> None:
    """How accuracy falls over the test images; nothing where it was not measured for the weights that are here."""
    if load_robustness() is None:
        return
    kinds = [(text(f"classifier.trial_kind_{each}"), each) for each in AMOUNTS]
    first: Mapping[str, Any] = on_kind(kinds[0][1], language=language)
    gr.Markdown(f"### {text('classifier.trial_curves_title')}", elem_classes="small-heading")
    with gr.Row():
        kind = gr.Dropdown(kinds, value=kinds[0][1], label=text("classifier.trial_kind"), scale=1, min_width=200)
        with gr.Column(scale=4, min_width=320):
            look_for = build_look_for(first["look_for"])
    curves = gr.Plot(first["curves"], **PLOT_SETTINGS)
    wire([kind.input], on_kind, {"kind": kind}, {"look_for": look_for, "curves": curves}, language)
