"""The pictures of the sections on pictures that are no clothes, on similar pictures and on channels, and their sentences."""

from __future__ import annotations

import html
import math
from functools import lru_cache

import plotly.graph_objects as go
import torch

from explorer.classifier.channels import Channels, find_corner, find_field
from explorer.classifier.feature_map import FeatureMap
from explorer.classifier.figures import class_name, percent
from explorer.classifier.references import References
from explorer.classifier.strange_pictures import CLOTHES, STRANGE, make_pictures
from explorer.classifier.unlike import PASSING, TEST, VALIDATION, Distances, Likeness
from explorer.data import CLASSES, load_sample
from explorer.models.answers import Answers
from explorer.models.networks import find_network
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import new_figure
from explorer.text import Text, join_sentences

_EXAMPLES = (40, 61, 75, 102)  # samples of which the examples of changed clothes are made
_SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "cross",
    "x",
    "triangle-up",
    "triangle-down",
    "pentagon",
    "hexagram",
    "star-square",
)
_COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#a0522d", "#7f7f7f", "#b5a800",
)  # fmt: skip


# ---- no piece of clothing ---------------------------------------------------------------------------------------


def say_intro(distances: Distances, num_references: int, text: Text) -> str:
    """How the page decides whether to warn."""
    return text(
        "garments.unlike_intro",
        references=f"{num_references:,}",
        passing=percent(PASSING, text, 0),
        validation=f"{len(distances.pixels[VALIDATION]):,}",
    )


def describe_unlike(
    name: str, likeness: Likeness | None, distances: Distances, answers: Answers | None, text: Text
) -> str:
    """How far the picture is away, and how often the page warns at test images.

    Args:
        name: of the network.
        likeness: of the picture at hand; None without one.
        distances: what was measured.
        answers: of the network to the test images, where they are packed.
        text: of the reader's language.
    """
    said = []
    if likeness is not None:
        score, threshold = (f"{each:.1f}" for each in (likeness.score, likeness.threshold))
        said.append(text("garments.unlike_score", score=score, threshold=threshold))
    warned = distances.find_unlike(TEST)
    if answers is not None and name in answers.predicted:
        right = (answers.predicted[name] == answers.labels).float()
        said.append(
            text(
                "garments.unlike_test",
                model=find_network(name).title,
                share=percent(float(warned.float().mean()), text),
                images=f"{len(warned):,}",
                right=percent(float(right[warned].mean()), text),
                others=percent(float(right[~warned].mean()), text),
            )
        )
    return join_sentences(said, text)


def say_examples(distances: Distances, text: Text) -> str:
    """How many pictures of each kind were tried."""
    return text("garments.unlike_examples", count=len(distances.pixels[next(iter(STRANGE))]))


def draw_kinds(distances: Distances, text: Text) -> dict:
    """An example of each kind of picture, with the share of its kind at which the page warns."""
    maps = []
    for kind in (*STRANGE, *CLOTHES):
        share = percent(float(distances.find_unlike(kind).float().mean()), text, 0)
        caption = text("garments.unlike_share", share=share)
        maps.append(Map(_draw_example(kind), text(f"garments.kind_{kind}"), caption, scale="grey"))
    return draw_maps(maps, columns=6, max_height=460, label=text("garments.unlike_label"))


@lru_cache(maxsize=len(STRANGE) + len(CLOTHES))
def _draw_example(kind: str) -> torch.Tensor:
    clothes = load_sample().images[list(_EXAMPLES)].float() / 255
    return make_pictures(kind, 1, clothes)[0]


# ---- similar pictures -------------------------------------------------------------------------------------------


def say_similar(text: Text) -> str:
    """What features are, and what a distance means."""
    return text("garments.similar_intro", right_angle=f"{math.sqrt(2):.2f}")


def describe_similar(name: str, predicted: int, references: References, places: torch.Tensor, text: Text) -> str:
    """How many of the nearest training images are in the class that the network names."""
    return text(
        "garments.similar_look",
        count=len(places),
        references=f"{len(references.labels):,}",
        same=int((references.labels[places] == predicted).sum()),
        model=find_network(name).title,
        predicted=class_name(text, predicted),
    )


def draw_similar(
    picture: torch.Tensor, references: References, distances: torch.Tensor, places: torch.Tensor, text: Text
) -> dict:
    """The picture, and the nearest training images with their classes and distances.

    Args:
        picture: (28, 28), 0 to 1.
        references: of the network.
        distances, places: (N,), as `find_nearest` has them for one picture.
        text: of the reader's language.
    """
    maps = [Map(picture, text("garments.similar_this"), scale="grey")]
    for distance, place in zip(distances.tolist(), places.tolist(), strict=True):
        caption = text("garments.similar_distance", distance=f"{distance:.2f}")
        name = class_name(text, int(references.labels[place]))
        maps.append(Map(references.images[place] / 255, name, caption, scale="grey"))
    return draw_maps(maps, max_height=300, label=text("garments.similar_label"))


def say_map(found: FeatureMap, text: Text) -> str:
    """What the map shows, and how much of the features it leaves out."""
    return text(
        "garments.similar_map_about",
        images=f"{len(found.labels):,}",
        features=f"{len(found.mean):,}",
        share=percent(float(found.shares.sum()), text, 0),
    )


def draw_feature_map(found: FeatureMap, place: torch.Tensor, text: Text) -> go.Figure:
    """Test images by the principal components of their features, and the picture among them.

    Args:
        found: the map of the network.
        place: (2,), where the picture lies.
        text: of the reader's language.
    """
    titles = [
        text("garments.similar_axis", number=number + 1, share=percent(float(share), text, 0))
        for number, share in enumerate(found.shares)
    ]
    figure = new_figure(*titles, height=520, legend={"itemsizing": "constant"})
    for label in range(len(CLASSES)):
        points = found.places[found.labels == label]
        figure.add_scatter(
            x=points[:, 0].tolist(),
            y=points[:, 1].tolist(),
            name=class_name(text, label),
            mode="markers",
            marker={"color": _COLOURS[label], "symbol": _SYMBOLS[label], "size": 6, "opacity": 0.6},
        )
    star = {"color": "#ffffff", "symbol": "star", "size": 20, "line": {"color": "#000000", "width": 2}}
    x, y = ([float(each)] for each in place)
    return figure.add_scatter(x=x, y=y, name=text("garments.similar_this"), mode="markers", marker=star)


# ---- channels ---------------------------------------------------------------------------------------------------


def describe_channel(channels: Channels, labels: torch.Tensor, layer: str, channel: int, name: str, text: Text) -> str:
    """What a channel sees, and which class most of its nine images show.

    Args:
        channels: of the layer.
        labels: (N,) classes of all test images.
        layer: its name.
        channel: number of the channel, from 0 on.
        name: of the network.
        text: of the reader's language.
    """
    if not channels.values[channel].any():
        return text("garments.channels_dead", channel=channel, layer=layer)
    height, width = find_field(name, layer).size
    seen = text("garments.channels_size", height=height, width=width)
    counts = labels[channels.indices[channel].long()].long().bincount(minlength=len(CLASSES))
    return text(
        "garments.channels_look",
        channel=channel,
        layer=layer,
        size=text("garments.channels_all") if channels.sees_all else seen,
        count=int(counts.max()),
        name=class_name(text, int(counts.argmax())),
    )


def draw_patches(channels: Channels, labels: torch.Tensor, layer: str, channel: int, name: str, text: Text) -> dict:
    """The nine patches with their classes and values; what lies beyond an image is grey. Arguments as above."""
    field, maps = find_field(name, layer), []
    for number, value in enumerate(channels.values[channel].tolist()):
        patch = channels.patches[channel, number].float() / 255
        if not channels.sees_all:
            patch = _mask_beyond(patch, find_corner(field, tuple(channels.places[channel, number].tolist())))
        title = class_name(text, int(labels[int(channels.indices[channel, number])]))
        caption = text("garments.channels_value", value=f"{value:.2f}")
        maps.append(Map(patch, title, caption, scale="grey", numbers=False))
    label = text("garments.channels_label", channel=channel, layer=layer)
    return draw_maps(maps, columns=5, max_height=460, label=label)


def _mask_beyond(patch: torch.Tensor, corner: tuple[int, int]) -> torch.Tensor:
    """The patch with NaN, which the page shows in a colour of its own, beyond the image."""
    rows, columns = (torch.arange(size) + start for size, start in zip(patch.shape, corner, strict=True))
    inside = [(each >= 0) & (each < 28) for each in (rows, columns)]
    return patch.where(inside[0][:, None] & inside[1][None, :], torch.nan)


def draw_shares(channels: Channels, channel: int, text: Text) -> str:
    """How the mean value of a channel is divided among the classes, as bars in HTML."""
    rows = ""
    for label, share in enumerate(channels.shares[channel].tolist()):
        rows += (
            f'<span class="name">{html.escape(class_name(text, label))}</span>'
            f'<span class="track"><div class="bar own" style="width:{100 * share:.2f}%"></div></span>'
            f'<span class="value">{html.escape(percent(share, text, 0))}</span>'
        )
    return f'<p class="bars-title">{html.escape(text("garments.channels_shares"))}</p><div class="bars">{rows}</div>'
