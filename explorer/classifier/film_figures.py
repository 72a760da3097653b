"""A training as a film: for each moment the kernels, the effective field, the gradient, the answers and the confusions."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go
import torch

from explorer.classifier.figures import class_name, draw_rows, percent
from explorer.classifier.film import Shot
from explorer.models.film import LAST_MAP, Film
from explorer.models.networks import find_network
from explorer.page.canvas import Map, draw_maps, make_sheet
from explorer.page.style import ROLES, new_figure
from explorer.text import Text

_PER_ROW = {6: 3, 16: 4}  # kernels -> how many stand in a row of their sheet


def name_moment(film: Film, place: int, text: Text) -> str:
    """How a reader calls a moment."""
    step = film.steps[place]
    if step == 0:
        return text("film.moment_start")
    if step % film.epoch_steps:
        return text("film.moment_steps", steps=f"{step:,}")
    epochs = step // film.epoch_steps
    return text("film.moment_epoch" if epochs == 1 else "film.moment_epochs", epochs=epochs, steps=f"{step:,}")


def draw_film(
    film: Film, shots: Sequence[Shot], right: Sequence[int], confusions: Sequence, truth: int | None, text: Text
) -> dict:
    """What the page needs to show any moment at once: the value of the component that `film.js` fills.

    Args:
        film: of a training.
        shots: the picture at each moment.
        right: right answers of the test images at each moment.
        confusions: the confusion matrix at each moment.
        truth: the class of the picture, None where nobody knows it.
        text: of the reader's language.
    """
    fields, limit = film.fields.double(), float(max(shot.kernels.abs().max() for shot in shots))
    moments = []
    for place, shot in enumerate(shots):
        name = name_moment(film, place, text)
        moments.append({
            "name": name,
            "line": _describe_moment(film, place, shot, right[place], text),
            "bars": draw_rows(shot.probabilities, truth, text),
            "pictures": draw_maps(
                [
                    Map(make_sheet(shot.kernels, _PER_ROW.get(len(shot.kernels), 4)), text("film.kernels"), text("film.kernels_caption", correlation=_format(correlate(shot.kernels, shots[-1].kernels))),
                        limit=limit, numbers=False),
                    Map(fields[place], text("film.field"), text("film.field_caption", layer=LAST_MAP[film.name][0]), scale="heat"),
                    Map(shot.gradient, text("film.gradient"), text("film.gradient_caption",
                        name=class_name(text, int(shot.probabilities.argmax())))),
                    Map(confusions[place], text("film.confusion"), text("film.confusion_caption"), scale="heat", limit=1000,
                        numbers=False),
                ],
                columns=4, max_height=300, equal_cells=False,
                label=text("film.label", moment=name, model=find_network(film.name).title),
            ),
        })  # fmt: skip
    return {"moments": moments}


def correlate(these: torch.Tensor, those: torch.Tensor) -> float:
    """Pearson's correlation of all numbers of two tensors of one shape."""
    return float(torch.corrcoef(torch.stack([these.flatten(), those.flatten()]).double())[0, 1])


def _format(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def _describe_moment(film: Film, place: int, shot: Shot, right: int, text: Text) -> str:
    first, second = shot.probabilities.topk(2).indices.tolist()
    return text(
        "film.line",
        moment=html.escape(name_moment(film, place, text)),
        share=percent(right / film.answers.shape[1], text),
        images=f"{film.answers.shape[1]:,}",
        loss=f"{film.losses[place]:.2f}",
        first=class_name(text, first),
        first_share=percent(float(shot.probabilities[first]), text),
        second=class_name(text, second),
        second_share=percent(float(shot.probabilities[second]), text),
    )


def draw_progress(film: Film, right: Sequence[int], text: Text) -> go.Figure:
    """Accuracy on the test images at each moment; the moments are equally far from each other."""
    names = [name_moment(film, place, text) for place in range(len(film.steps))]
    shares = [100 * count / film.answers.shape[1] for count in right]
    figure = new_figure(text("film.axis_time"), text("film.axis_accuracy"), height=300)
    figure.add_scatter(
        x=[f"{epoch:.2g}" for epoch in film.epochs], y=shares, text=names, mode="lines+markers",
        line={"color": ROLES["output"], "width": 3}, hovertemplate="%{text}: %{y:.2f} %<extra></extra>",
    )  # fmt: skip
    return figure.update_xaxes(type="category").update_yaxes(range=[0, 100])
