"""Below the maps: the map on trial, for the picture at hand and over many test images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import gradio as gr

from explorer.checks import check_choice
from explorer.classifier.examination import examine
from explorer.classifier.faithfulness import examine_faithfulness
from explorer.classifier.outcome import Question, classify_picture
from explorer.classifier.scores import BASELINES
from explorer.classifier.session import GROUP, Choices, read_question
from explorer.classifier.trust_figures import (
    describe_areas,
    describe_examination,
    draw_areas,
    draw_curves,
    draw_faithfulness,
    draw_own_areas,
    draw_randomised,
)
from explorer.classifier.trust_samples import Measured, load_many, load_measured
from explorer.errors import InputError
from explorer.models.networks import find_network
from explorer.page.canvas import build_canvas
from explorer.page.events import (
    LOOK_FOR,
    TAKES_TURNS,
    Components,
    draw_look_for,
    draw_problem,
    show_late,
    then_wire,
    wire,
)
from explorer.page.layout import build_look_for
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in

KINDS = ("deletion", "insertion")


BASELINE = "trust_baseline"  # the name of the control that says what pixels that are taken away become


def on_examine(*, language: str, **values) -> dict:
    """The curves of the map at hand, and the maps of the same network with random weights; for `show_late`."""
    baseline = values.get(BASELINE, BASELINES[0])
    return _find_late(partial(_examine, baseline), language, values)


def on_measure(*, language: str, **values) -> dict:
    """Infidelity and sensitivity of the map at hand; for `show_late`."""
    return _find_late(_measure, language, values)


def _find_late(find: Callable[[Text, Question], dict | None], language: str, values: dict) -> dict:
    text = text_in(language)
    try:
        choices = Choices(**{name: value for name, value in values.items() if name != BASELINE})
        question = read_question(choices)
        if question is None:
            return {"late": (values, {"trust_look": text(f"classifier.no_picture_{choices.source}")})}
        found = find(text, question)
        if found is None and (problem := classify_picture(question).problem) is not None:
            raise problem
        if found is None:
            raise InputError("methods.empty_map")
        return {"late": (values, found)}
    except InputError as error:  # it, too, may come too late
        return {"late": (values, {"trust_look": gr.update(value=draw_problem(error.sentence(language), stale=False))})}


def _examine(baseline: object, text: Text, question: Question) -> dict | None:
    found = examine(question, check_choice("classifier.baseline", baseline, BASELINES))
    if found is None:
        return None
    charts = {f"trust_{kind}": gr.update(value=draw_curves(found, kind, text), visible=True) for kind in KINDS}
    return {
        "trust_look": describe_examination(found, text),
        "trust_maps": gr.update(value=draw_randomised(found, text), visible=True),
        "trust_areas": gr.update(value=draw_own_areas(found, text), visible=True),
        **charts,
    }


def _measure(text: Text, question: Question) -> dict | None:
    found = examine_faithfulness(question)
    return found and {"trust_numbers": gr.update(value=draw_faithfulness(found, text), visible=True)}


def forget_trial(text: Text) -> dict:
    """What the classifier changes here when something else is set: the trial of the map before goes."""
    pictures = dict.fromkeys(
        ("trust_maps", "trust_areas", "trust_numbers", *(f"trust_{kind}" for kind in KINDS)), gr.update(visible=False)
    )
    return {"trust_look": gr.update(value=draw_look_for(text("classifier.trust_look"))), **pictures}


def on_table(model: str, *, language: str) -> dict:
    """What was measured over many images of one network; `model` is its name, with " many" over more of them."""
    text, tables = text_in(language), _load_tables()
    model = check_choice("terms.model", model, tuple(tables))
    measured, name = tables[model], model.removesuffix(_MANY)
    return {"look_for": describe_areas(measured, text), "table": draw_areas(measured, name, text)}


_MANY = " many"  # behind the name of a network: over more images


@lru_cache(maxsize=1)
def _load_tables() -> Mapping[str, Mapping[str, Measured]]:
    """What can be chosen -> what was measured."""
    return {**load_measured(), **{f"{name}{_MANY}": orders for name, orders in load_many().items()}}


def _name_table(choice: str, measured: Mapping[str, Measured], text: Text) -> str:
    model = text.title(find_network(choice.removesuffix(_MANY)).title)
    images = max(len(each.deletion) for each in measured.values())
    return text("classifier.trust_many", model=model, images=f"{images:,}")


def build_trust(controls: Components, language: str) -> tuple[Components, gr.Dropdown]:
    """The section, closed at first; gives what `forget_trial` changes, and what says what pixels that are taken away become.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    text = text_in(language)
    with gr.Accordion(text("classifier.trust"), open=False):
        gr.Markdown(text("classifier.trust_intro"))
        names = [(text(f"classifier.baseline_{name}"), name) for name in BASELINES]
        baseline = gr.Dropdown(
            names, value=BASELINES[0], label=text("classifier.trust_baseline"), elem_classes="trust-baseline"
        )
        start = gr.Button(text("classifier.trust_start"), size="sm", elem_classes="classifier-compare")
        look_for = build_look_for(text("classifier.trust_look"))
        pictures = {
            "trust_look": look_for,
            "trust_maps": build_canvas(None, visible=False, elem_id="classifier-randomised"),
        }
        with gr.Row():
            for kind in KINDS:
                with gr.Column(min_width=320):
                    pictures[f"trust_{kind}"] = gr.Plot(visible=False, **PLOT_SETTINGS)
        pictures["trust_areas"] = gr.HTML("", visible=False, apply_default_css=False, elem_classes="classifier-trust")
        measure = gr.Button(text("methods.measure"), size="sm", elem_classes="classifier-compare")
        pictures["trust_numbers"] = gr.HTML("", visible=False, apply_default_css=False, elem_classes="classifier-trust")
        _build_table(language)
    late = gr.State()
    settings = {**TAKES_TURNS, "show_progress": "minimal", "outdated_by": GROUP}
    # The line above the maps is an output, for an error that is none of a reader's choice.
    outputs = {"late": late, LOOK_FOR: look_for}
    shown = {**pictures, LOOK_FOR: look_for}
    del shown["trust_look"]
    chosen = {**controls, BASELINE: baseline}
    for triggers, handler, inputs in (
        ([start.click, baseline.input], on_examine, chosen),
        ([measure.click], on_measure, controls),
    ):
        ready = wire(triggers, handler, inputs, outputs, language, **settings)
        then_wire(ready, _show_trial, {"late": late, **inputs}, shown, language, queue=False)
    return pictures, baseline


def _show_trial(*, language: str, **values) -> dict:
    changes = show_late(language=language, **values)
    return {LOOK_FOR if name == "trust_look" else name: change for name, change in changes.items()}


def _build_table(language: str) -> None:
    """What was measured over the sample images; nothing where nothing is stored of the weights that are here."""
    text, tables = text_in(language), _load_tables()
    if not tables:
        return
    names = [(_name_table(choice, measured, text), choice) for choice, measured in tables.items()]
    first = on_table(names[0][1], language=language)
    gr.Markdown(f"### {text('classifier.trust_title')}", elem_classes="small-heading")
    with gr.Row():
        model = gr.Dropdown(names, value=names[0][1], label=text("terms.model"), scale=1, min_width=200)
        with gr.Column(scale=4, min_width=320):
            look_for = build_look_for(first["look_for"])
    table = gr.HTML(first["table"], apply_default_css=False, elem_classes="classifier-trust")
    wire([model.input], on_table, {"model": model}, {"look_for": look_for, "table": table}, language)
