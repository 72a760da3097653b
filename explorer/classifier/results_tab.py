"""The page of results below the classifier: all trained models, the details of one, and what none gets right."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from explorer.checks import check_choice
from explorer.classifier.cell_tab import CHART, build_cell
from explorer.classifier.figures import percent
from explorer.classifier.photograph_figures import describe_photographs
from explorer.classifier.photographs import load_photographs
from explorer.classifier.results import CONFIDENCE, SIGNIFICANT
from explorer.classifier.results_figures import (
    describe_always_wrong,
    describe_bins,
    describe_claims,
    describe_mistakes,
    draw_always_wrong,
    draw_confusion,
    draw_curve,
    draw_pairs,
    draw_reliability,
    draw_results_table,
    fill_article,
)
from explorer.classifier.training_figures import DRAWS, SHOWN, draw_augmented, draw_models
from explorer.errors import InputError
from explorer.models.always_wrong import load_always_wrong
from explorer.models.answers import load_answers
from explorer.models.checkpoints import CheckpointError, load_results
from explorer.page.canvas import build_canvas
from explorer.page.events import Components, wire
from explorer.page.layout import build_look_for
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in
from explorer.training.reliability import load_reliability


def on_results(name: str, *, language: str) -> dict:
    """The sentence, the confusion matrix, the training curve and the hardest images for one trained model."""
    records, text = _records(), text_in(language)
    record = records[check_choice("terms.model", name, tuple(records))]
    found = load_always_wrong()
    return {
        "look_for": describe_mistakes(record, text),
        "confusion": draw_confusion(record["confusion"], text),
        "curve": draw_curve(record, text),
        "images": draw_always_wrong(found, name, text) if found else None,
        "augmented": draw_augmented(record, text),
    }


def on_reliability(name: str, *, language: str) -> dict:
    """How often one trained network is right against how sure it is; nothing where that was not counted."""
    records, text = _records(), text_in(language)
    record = records[check_choice("terms.model", name, tuple(records))]
    found = load_reliability(name)
    if found is None:
        return {"reliability": gr.update(visible=False)}
    chart = draw_reliability(found, record.get("calibration", {}).get("temperature"), text)
    return {"reliability": gr.update(value=chart, visible=True)}


def _records() -> Mapping[str, Mapping]:
    try:
        return load_results()
    except CheckpointError as error:
        raise InputError("classifier.broken_results") from error


def build_results(language: str) -> Components:
    """The table of all trained models, the details of one, and the images that all of them get wrong.

    Returns:
        What `prints.gather_prints` takes of it, by name; nothing where there are no results.
    """
    text = text_in(language)
    gr.Markdown(f"## {text('classifier.results')}")
    try:
        records, tutorial = load_results(), load_results(section="tutorial")
    except CheckpointError:
        gr.Markdown(text("classifier.broken_results"))
        return {}
    if not records:
        gr.Markdown(text("classifier.results_none"))
        return {}
    by_class = [sum(row) for row in next(iter(records.values()))["confusion"]]
    num_images = sum(by_class)
    gr.Markdown(text("classifier.results_intro", images=f"{num_images:,}", level=percent(CONFIDENCE, text, digits=0)))
    gr.HTML(draw_results_table(records, tutorial, text), apply_default_css=False)
    with gr.Accordion(text("classifier.claims_title"), open=False):
        gr.Plot(draw_models(records, tutorial, text), **PLOT_SETTINGS)
        gr.Markdown(text("classifier.claims_about", level=SIGNIFICANT))
        gr.Markdown(describe_claims(records, tutorial, text))
    _build_pairs(records, text)
    shown = max(records, key=lambda name: records[name]["test_accuracy"])
    titles = [(text.title(record["title"]), name) for name, record in records.items()]
    first = on_results(shown, language=language)
    with gr.Row():
        chosen = gr.Dropdown(titles, value=shown, label=text("classifier.results_model"), scale=1, min_width=200)
        with gr.Column(scale=4, min_width=320):
            look_for = build_look_for(first["look_for"])
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            title = text("classifier.confusion_title", images=f"{max(by_class):,}")
            gr.Markdown(f"### {title}", elem_classes="small-heading")
            confusion = gr.Plot(first["confusion"], elem_id=CHART, **PLOT_SETTINGS)
            build_cell(chosen, language)
        with gr.Column(scale=5, min_width=320):
            gr.Markdown(f"### {text('classifier.curve_title')}", elem_classes="small-heading")
            curve = gr.Plot(first["curve"], **PLOT_SETTINGS)
            gr.Markdown(text("classifier.curve_note"))
    with gr.Accordion(text("classifier.augmented_title"), open=False):
        gr.Markdown(text("classifier.augmented_about", classes=len(SHOWN), draws=DRAWS))
        augmented = build_canvas(first["augmented"])
    _build_reliability(chosen, look_for, num_images, text)
    images = _build_always_wrong(first["images"], num_images, text)
    outputs = {"look_for": look_for, "confusion": confusion, "curve": curve, "images": images, "augmented": augmented}
    wire([chosen.input], on_results, {"name": chosen}, outputs, language)
    return {"results_model": chosen}


def _build_reliability(chosen: gr.Dropdown, look_for: gr.HTML, num_images: int, text: Text) -> None:
    """The diagram behind the calibration error, drawn when it is opened."""
    with gr.Accordion(text("classifier.reliability_title"), open=False) as section:
        gr.Markdown(describe_bins(num_images, text))
        chart = gr.Plot(visible=False, **PLOT_SETTINGS)
    outputs = {"look_for": look_for, "reliability": chart}
    wire([section.expand, chosen.input], on_reliability, {"name": chosen}, outputs, text.language)


def _build_pairs(records: Mapping[str, Mapping], text: Text) -> None:
    """Which networks differ by more than chance; nothing where their answers are not packed."""
    answers = load_answers()
    table = draw_pairs(records, answers, text) if answers else ""
    if table:
        with gr.Accordion(text("classifier.pairs_title"), open=False):
            gr.Markdown(text("classifier.pairs_intro", images=f"{len(answers.labels):,}", level=SIGNIFICANT))
            gr.HTML(table, apply_default_css=False)


def describe_questions(text: Text) -> dict[str, str]:
    """What was measured, for the placeholders of the questions."""
    try:
        return {**fill_article(load_results(), text), "photographs": describe_photographs(load_photographs(), text)}
    except CheckpointError:
        return {**fill_article({}, text), "photographs": ""}


def _build_always_wrong(images: dict | None, num_images: int, text: Text) -> gr.HTML:
    """The images that no network gets right; nothing where none are packed."""
    found = load_always_wrong()
    with gr.Column(visible=found is not None):
        gr.Markdown(f"### {text('classifier.always_wrong_title')}", elem_classes="small-heading")
        gr.Markdown(describe_always_wrong(found, num_images, text) if found else "")
        return build_canvas(images)
