"""Below the classifier: the training of a network as a film, with the picture at hand."""

from __future__ import annotations

import html

import gradio as gr

from explorer.checks import check_choice
from explorer.classifier.film import count_confusion, count_right, find_film, find_shots
from explorer.classifier.film_figures import draw_film, draw_progress
from explorer.classifier.sections import open_section
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.errors import InputError
from explorer.models.film import list_films
from explorer.models.networks import find_network
from explorer.page.events import Components, draw_look_for, wire
from explorer.page.layout import build_look_for
from explorer.page.scripts import mount
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in


def on_film(film: str, *, language: str, **picture) -> dict:
    """All moments of a training, with the picture at hand.

    Args:
        film: name of the network.
        language: of the page.
        **picture: of OF_PICTURE.
    """
    text, taken = text_in(language), read_picture(Choices(**picture))
    name = check_choice("film.film", film, list_films())
    if taken is None:
        words = text(f"classifier.no_picture_{picture['source']}")
        return {"look_for": gr.update(value=draw_look_for(words, stale=True))}
    found = find_film(name)
    right, confusions = count_right(found), count_confusion(found)
    if right is None or confusions is None:
        raise InputError("film.none", model=find_network(name).title)
    shots = find_shots(name, taken)
    return {
        "look_for": _describe(found.steps, right, name, text),
        "film": draw_film(found, shots, right, confusions, taken.truth, text),
        "chart": gr.update(value=draw_progress(found, right, text), visible=True),
    }


def _describe(steps: tuple[int, ...], right: list[int], name: str, text: Text) -> str:
    """From where to where, and where half of the way was done."""
    half = next(place for place, count in enumerate(right) if count >= (right[0] + right[-1]) / 2)
    return text(
        "film.look",
        model=find_network(name).title,
        first=f"{right[0] / 100:.1f}",
        last=f"{right[-1] / 100:.1f}",
        half=f"{steps[half]:,}",
        at_half=f"{right[half] / 100:.1f}",
        steps=f"{steps[-1]:,}",
    )


def build_film(controls: Components, language: str) -> None:
    """The section, closed at first; nothing where there is no film.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    names = list_films()
    if not names:
        return
    text = text_in(language)
    with open_section("film", text("film.title")) as opened:
        counts = [len(find_film(name).steps) for name in names]
        seed = find_film(names[0]).about["seed"]
        gr.Markdown(text("film.intro", least=min(counts), most=max(counts), seed=seed))
        films = [(text.title(find_network(name).title), name) for name in names]
        film = gr.Radio(films, value=names[0], label=text("film.film"))
        look_for = build_look_for("")
        player = _build_player(text)
        gr.Markdown(text("film.about_kernels", most=1, none=0))
        chart = gr.Plot(visible=False, **PLOT_SETTINGS)
    inputs = {**{name: controls[name] for name in OF_PICTURE if name != "model"}, "film": film}
    outputs = {"look_for": look_for, "film": player, "chart": chart}
    wire([opened.input, film.input], on_film, inputs, outputs, language, queue=True)


def _build_player(text: Text) -> gr.HTML:
    """What shows one moment after another, see film.js."""
    words = {key: html.escape(text(f"film.{key}")) for key in ("play", "pause", "time")}
    template = (
        f'<div class="film" hidden><div class="film-controls"><button type="button" data-play="{words["play"]}" '
        f'data-pause="{words["pause"]}"></button><input type="range" min="0" step="1" aria-label="{words["time"]}"></div>'
        '<p class="film-line" aria-live="polite"></p>'
        '<div class="film-moment"><div class="maps"></div><div class="classifier-bars"><div class="bars"></div></div></div></div>'
    )
    return gr.HTML(
        None,
        html_template=template,
        js_on_load=mount("classifier/film.js"),
        elem_classes="classifier-film",
        apply_default_css=False,
    )
