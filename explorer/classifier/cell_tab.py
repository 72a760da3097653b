"""Below the confusion matrix: the images of one of its cells, each a link that chooses it in the classifier (address.js)."""

from __future__ import annotations

import base64
import html
import io
from urllib.parse import urlencode

import gradio as gr
import torch
from PIL import Image

from explorer.checks import check_choice, check_whole
from explorer.classifier.figures import class_name
from explorer.classifier.mistakes import find_cell, load_packed_images
from explorer.data import CLASSES
from explorer.errors import InputError
from explorer.models.answers import load_answers
from explorer.models.checkpoints import load_results
from explorer.models.networks import find_network
from explorer.page.bridges import build_bridge
from explorer.page.events import wire
from explorer.page.layout import build_look_for, build_setter
from explorer.text import Text, text_in

CHART = "classifier-confusion"  # id of the confusion matrix in the page
MOST_SHOWN = 24


def on_cell(name: str, truth: int | None, predicted: int | None, *, language: str) -> dict:
    """The images of the chosen cell; nothing as long as none is chosen."""
    if truth is None or predicted is None:
        return {}
    text, last = text_in(language), len(CLASSES) - 1
    truth = check_whole("garments.cell_truth", truth, 0, last)
    predicted = check_whole("garments.cell_predicted", predicted, 0, last)
    answers, records = load_answers(), load_results()
    name = check_choice("terms.model", name, tuple(records))
    if answers is None or name not in answers.of_records(records):
        raise InputError("garments.cell_unknown", model=find_network(name).title)
    places, count = find_cell(answers, name, truth, predicted)
    places = places[:MOST_SHOWN]
    said = {"truth": class_name(text, truth), "predicted": class_name(text, predicted)}
    key = "garments.cell_look" if count else "garments.cell_none"
    sentence = text(key, model=find_network(name).title, count=f"{count:,}", shown=len(places), **said)
    return {"look_for": sentence, "images": draw_links(places, name, text)}


def on_click(cell: list | None, name: str, *, language: str) -> dict:
    """As `on_cell`, for a cell of the matrix that was clicked: [row, column]."""
    if not (isinstance(cell, list) and len(cell) == 2):
        return {}
    truth, predicted = cell
    shown = on_cell(name, truth, predicted, language=language)
    return {**shown, "truth": truth, "predicted": predicted, "section": gr.update(open=True)}


def draw_links(places: list[int], name: str, text: Text) -> str:
    """Test images as links, in HTML.

    Args:
        places: positions in `load_packed_images`.
        name: of the network that the classifier is opened with.
        text: of the reader's language.
    """
    known = load_packed_images()
    links = ""
    for place in places:
        address = "?" + urlencode({"tab": "classifier", "model": name, "sample": place})
        about = text("garments.cell_image", index=f"{int(known.indices[place]):,}")
        links += (
            f'<a href="{html.escape(address)}" data-keeps title="{html.escape(about)}">'
            f'<img src="{_encode(known.images[place])}" alt="{html.escape(about)}" width="56" height="56"></a>'
        )
    return f'<div class="links">{links}</div>' if links else ""


def _encode(image: torch.Tensor) -> str:
    """An image (28, 28) uint8 as a data address."""
    buffer = io.BytesIO()
    Image.fromarray(image.numpy()).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def build_cell(chosen: gr.Dropdown, language: str) -> None:
    """The section, closed at first. A click on a cell of the matrix opens it.

    Args:
        chosen: the network whose matrix is shown.
        language: of the page.
    """
    text = text_in(language)
    classes = [(class_name(text, label), label) for label in range(len(CLASSES))]
    with gr.Accordion(text("garments.cell_title"), open=False) as section:
        gr.Markdown(text("garments.cell_intro"))
        with gr.Row():
            truth = gr.Dropdown(classes, value=None, label=text("garments.cell_truth"), min_width=160)
            predicted = gr.Dropdown(classes, value=None, label=text("garments.cell_predicted"), min_width=160)
        look_for = build_look_for("")
        images = gr.HTML("", apply_default_css=False, elem_classes="classifier-cell")
    build_bridge("classifier/cell.js", chart=f"#{CHART}")
    clicked = build_setter("classifier.cell")
    inputs = {"name": chosen, "truth": truth, "predicted": predicted}
    outputs = {"look_for": look_for, "images": images}
    wire([truth.input, predicted.input, chosen.input], on_cell, inputs, outputs, language)
    every = {**outputs, "truth": truth, "predicted": predicted, "section": section}
    wire([clicked.input], on_click, {"cell": clicked, "name": chosen}, every, language)
