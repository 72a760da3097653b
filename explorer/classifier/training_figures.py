"""What the results show of the trainings: the pictures that a network saw, and all networks as bars beside the claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import plotly.graph_objects as go
import torch

from explorer.classifier.figures import class_name
from explorer.data import load_sample
from explorer.models.catalogue import MODELS
from explorer.models.seeds import cycles_of
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import MUTED, ROLES, new_figure
from explorer.text import Text, join_words
from explorer.training.augmentation import augment_with_targets
from explorer.training.recipe import Recipe

SHOWN = tuple(range(0, 160, 20))  # the sample images that are changed: the first one of each of eight classes
DRAWS = 2  # times that they are drawn anew
_LEAST_SHARE = 0.005  # of a label that is named


def read_recipe(record: Mapping) -> Recipe | None:
    """The recipe of a record's last training; None where none is recorded."""
    recipe = cycles_of(record)[-1].get("recipe")
    known = {field.name for field in fields(Recipe)}
    return None if recipe is None else Recipe(**{name: value for name, value in recipe.items() if name in known})


def draw_augmented(record: Mapping, text: Text) -> dict | None:
    """Sample images as they are, and as this network's recipe changes them in two batches; None without a recipe."""
    recipe, sample = read_recipe(record), load_sample()
    if recipe is None:
        return None
    images, labels = sample.images[list(SHOWN)][:, None], sample.labels[list(SHOWN)]
    maps = [
        Map(image[0] / 255, class_name(text, int(label)), scale="grey")
        for image, label in zip(images, labels, strict=True)
    ]
    for seed in range(DRAWS):
        changed, targets = augment_with_targets(images, labels, recipe, torch.Generator().manual_seed(seed))
        for image, target in zip(changed, targets, strict=True):
            maps.append(Map(image[0] / 255, "", _describe_target(target, text), scale="grey"))
    return draw_maps(maps, columns=len(SHOWN), max_height=420, label=text("classifier.augmented_label"))


def _describe_target(target: torch.Tensor, text: Text) -> str:
    """The classes of a mixed picture with their shares; nothing of one whose label stays."""
    if target.ndim == 0:
        return ""
    parts = [(float(share), label) for label, share in enumerate(target) if share > _LEAST_SHARE]
    if len(parts) == 1:
        return ""
    names = [
        text("classifier.mixed_share", name=class_name(text, label), share=f"{100 * share:.0f}")
        for share, label in sorted(parts, reverse=True)
    ]
    return join_words(names, text)


def draw_models(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], text: Text) -> go.Figure:
    """Test accuracy of each network for which the tutorial names one: the claim, its recipe run here, and our recipe."""
    names = [name for name in records if name in MODELS and MODELS[name].claimed_accuracy]
    titles = [text.title(records[name]["title"]) for name in names]
    claimed = {name: 100 * MODELS[name].claimed_accuracy for name in names}
    theirs = {name: _reached(tutorial[name]) for name in names if name in tutorial}
    ours = {name: _reached(records[name]) for name in names}
    figure = new_figure("", text("classifier.axis_accuracy"), height=380, barmode="group", yaxis={"range": [50, 100]})
    figure.add_bar(
        x=titles, y=[claimed[name] for name in names], name=text("classifier.bars_claimed"), marker={"color": MUTED}
    )
    for key, runs, role in (("theirs", theirs, "kernel"), ("ours", ours, "correct")):
        spreads = [runs.get(name) for name in names]
        figure.add_bar(
            x=titles,
            y=[spread and spread[0] for spread in spreads],
            texttemplate="%{y:.1f}",
            textposition="inside",
            name=text(f"classifier.bars_{key}"),
            marker={"color": ROLES[role]},
            error_y={
                "type": "data",
                "array": [spread[2] - spread[0] if spread else 0 for spread in spreads],
                "arrayminus": [spread[0] - spread[1] if spread else 0 for spread in spreads],
            },
        )
    return figure


def _reached(record: Mapping) -> tuple[float, float, float]:
    """Mean, lowest and highest accuracy of the runs, in per cent."""
    runs = [100 * run["test_accuracy"] for run in record.get("runs", ())] or [100 * record["test_accuracy"]]
    return sum(runs) / len(runs), min(runs), max(runs)
