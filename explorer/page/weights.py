"""A reader's own trained weights, which any tab that shows networks can take: a button, what it says, and who holds them."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import torch

from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.brought import open_weights
from explorer.models.networks import Network
from explorer.page.events import Components, draw_problem, wire
from explorer.page.handing import keep_networks
from explorer.text import Text, text_in
from explorer.uploads import build_file_button


def build_weights(text: Text, elem_id: str) -> dict[str, gr.blocks.Block]:
    """The button "open" with its explanation, the line that says what was opened, and what holds it for this visitor."""
    with gr.Accordion(text("models.weights_title"), open=False):
        gr.HTML(f'<p class="intro">{html.escape(text("models.weights_about"))}</p>', apply_default_css=False)
        button = build_file_button(
            text("models.weights_open"), ".safetensors", elem_id=elem_id, elem_classes="weights-button"
        )
        opened = gr.HTML("", apply_default_css=False)
    return {"weights": button, "opened": opened, "kept": gr.State(())}


def wire_weights(
    parts: Mapping[str, gr.blocks.Block], model: gr.Dropdown, look_for: gr.HTML, language: str
) -> gr.events.Dependency:
    """Let a file that is chosen become one of the networks that can be chosen, and the chosen one.

    Args:
        parts: what `build_weights` gave.
        model: the choice of a network.
        look_for: the line above the picture, which says when something went wrong here; why a file cannot be used stands below the
            button.
        language: of the page.
    """
    choices = [(title, name) for title, name in model.choices]

    def on_weights(weights, model, kept, *, language: str) -> dict:
        try:
            return take_weights(weights, model, kept, choices, text_in(language))
        except InputError as error:  # below the button: the line above the picture is written again by what comes after
            return {"opened": draw_problem(error.sentence(language), stale=False)}

    inputs: Components = {"weights": parts["weights"], "model": model, "kept": parts["kept"]}
    outputs = {"look_for": look_for, "model": model, "opened": parts["opened"], "kept": parts["kept"]}
    return wire([parts["weights"].upload], on_weights, inputs, outputs, language, queue=True)


def take_weights(
    path: Any, model: Any, kept: Sequence[Network], choices: Sequence[tuple[str, str]], text: Text
) -> dict:
    """The network of a file, as the newest of those that are kept, and its place among the choices.

    Args:
        path: of the file, as `receive_upload` gives it.
        model: name of the network that is chosen now.
        kept: what this visitor brought before.
        choices: titles and names of the networks that anybody may choose.
        text: sentences of the page's language.

    Raises:
        InputError: the file cannot be used.
    """
    if path is None:
        return {}
    network = open_weights(path, model if isinstance(model, str) else None)
    right, total = count_right(network)
    with network.borrow() as module:
        count = sum(each.numel() for each in module.parameters())
    said = text("models.weights_opened", title=network.title, count=f"{count:,}", right=right, total=total)
    opened = f'<p role="status">{html.escape(said)}</p>'
    return {**keep_networks(kept, [network], choices, text), "opened": opened}


def count_right(network: Network) -> tuple[int, int]:
    """How many of the packed test images a network names rightly, and of how many.

    Raises:
        InputError: what it answers is not a number: its weights are too large, or a variance is below zero.
    """
    sample = load_sample()
    with network.borrow() as model, torch.no_grad():
        logits = model(normalise(sample.images)[:, None])
    if not bool(torch.isfinite(logits).all()):
        raise InputError("models.answers_not_finite", model=network.title)
    return int((logits.argmax(dim=1) == sample.labels).sum()), len(sample.labels)
