"""The pictures of the measured results: the table, confusion, training curves, and what nobody gets right."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch

from explorer.canvas import Map, draw_maps
from explorer.classifier.figures import class_name, percent
from explorer.classifier.results import accuracy_margin, compare_with_claim, find_mistakes, summarise_seeds
from explorer.models.always_wrong import AlwaysWrong
from explorer.models.catalogue import MODELS
from explorer.style import ROLES, new_figure
from explorer.text import Text

MOST_SHOWN = 24  # of the images that every network gets wrong


_COLUMNS = (
    ("model", ""), ("params", "number"), ("accuracy", "number"), ("seeds", "number"), ("flip", "number"),
    ("claim", "number"), ("tutorial", "number"), ("note", ""), ("epochs", "number"), ("time", "number"),
    ("hardware", ""),
)  # fmt: skip


def draw_results_table(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], text: Text) -> str:
    """Every trained model with what was measured and what the tutorial claims, as an HTML table.

    Args:
        records: model name -> record of its own recipe.
        tutorial: model name -> record of the tutorial's protocol, where that was run.
        text: of the reader's language.
    """
    head = "".join(f'<th class="{kind}">{text(f"classifier.head_{name}")}</th>' for name, kind in _COLUMNS)
    rows = "".join(_draw_result(name, record, tutorial.get(name), text) for name, record in records.items())
    return (
        f'<div class="cnn-table-scroll"><table class="cnn-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _draw_result(name: str, record: Mapping, tutorial: Mapping | None, text: Text) -> str:
    correct, total = record["test_correct"], sum(map(sum, record["confusion"]))
    margin = accuracy_margin(correct, total)
    claimed = MODELS[name].claimed_accuracy if name in MODELS else None
    cells = {
        "model": record["title"],
        "params": f"{record['num_params']:,}",
        "accuracy": f"{100 * correct / total:.2f} ± {100 * margin:.2f} %",
        "seeds": _describe_seeds(record),
        "flip": f"{100 * record['flip_accuracy']:.2f} %" if "flip_accuracy" in record else "",
        "claim": "" if claimed is None else f"{100 * claimed:.1f} %",
        "tutorial": "" if tutorial is None else f"{100 * tutorial['test_accuracy']:.2f} %",
        "note": _claim_note(name, record, correct / total, margin, claimed, text),
        "epochs": record["epochs"],
        "time": _duration(record["seconds"], text),
        "hardware": record["hardware"],
    }
    widths = {"note": ' style="min-width: 300px"'}  # else a phone breaks it into single words
    row = "".join(
        f'<td class="{kind}"{widths.get(column, "")}>{html.escape(str(cells[column]))}</td>'
        for column, kind in _COLUMNS
    )
    return f"<tr>{row}</tr>"


def _describe_seeds(record: Mapping) -> str:
    """Mean and standard deviation with the number of seeds; the seed itself where there was one."""
    seeds = summarise_seeds(record)
    if seeds is None:
        return f"1 (#{record['seed']})"
    return f"{100 * seeds.mean:.2f} ± {100 * seeds.deviation:.2f} % ({len(seeds.seeds)})"


def _claim_note(name: str, record: Mapping, accuracy: float, margin: float, claimed: float | None, text: Text) -> str:
    claim = compare_with_claim(accuracy, margin, claimed)
    verdict = text(f"classifier.claim_{claim.verdict}", points=f"{claim.points:.1f}")
    facts = {"epochs": record["epochs"], "train_accuracy": f"{100 * record['curve'][-1]['train_accuracy']:.1f}"}
    note = text(f"classifier.note_{name}", **facts) if name in _NOTED else ""
    return text("classifier.two_sentences", first=verdict, second=note).strip()


_NOTED = ("softmax", "mlp", "lenet5", "alexnet_small", "resnet18")


def _duration(seconds: float, text: Text) -> str:
    if seconds < 90:
        return text("classifier.seconds", value=f"{seconds:.0f}")
    if seconds < 5400:
        return text("classifier.minutes", value=f"{seconds / 60:.0f}")
    return text("classifier.hours", value=f"{seconds / 3600:.1f}")


def describe_mistakes(record: Mapping, text: Text) -> str:
    """The commonest mistake, the hardest class and how far the probabilities can be believed, in words."""
    mistakes = find_mistakes(record["confusion"])
    sentence = text(
        "classifier.most_confused",
        title=record["title"],
        correct=f"{record['test_correct']:,}",
        total=f"{sum(map(sum, record['confusion'])):,}",
        count=mistakes.count,
        truth=class_name(text, mistakes.truth),
        predicted=class_name(text, mistakes.predicted),
        hardest=class_name(text, mistakes.hardest),
        recall=percent(mistakes.recall, text),
    )
    return text("classifier.two_sentences", first=sentence, second=_describe_calibration(record, text)).strip()


def _describe_calibration(record: Mapping, text: Text) -> str:
    calibration = record.get("calibration")
    if calibration is None:
        return ""
    return text(
        "classifier.calibration_hot" if calibration["temperature"] > 1 else "classifier.calibration_cold",
        before=f"{100 * calibration['ece_before']:.1f}",
        after=f"{100 * calibration['ece_after']:.1f}",
        temperature=f"{calibration['temperature']:.2f}",
    )


def describe_always_wrong(found: AlwaysWrong, text: Text) -> str:
    """How many images no network gets right, and how many are shown."""
    count = len(found.labels)
    return text("classifier.always_wrong", count=count, shown=min(count, MOST_SHOWN), networks=len(found.predicted))


def draw_always_wrong(found: AlwaysWrong, name: str, text: Text) -> dict:
    """The first of these images, each with the class that the data set names and the one that a model says.

    Args:
        found: the images.
        name: the model; where its answers are not packed, only the data set's classes stand there.
        text: of the reader's language.
    """
    answers = found.predicted.get(name)
    drawn = []
    for number in range(min(len(found.labels), MOST_SHOWN)):
        caption = "" if answers is None else f"→ {class_name(text, int(answers[number]))}"
        drawn.append(Map(found.images[number] / 255, class_name(text, int(found.labels[number])), caption, "grey"))
    return draw_maps(drawn, columns=8, max_height=460, label=text("classifier.always_wrong_title"))


def draw_confusion(confusion: Sequence[Sequence[int]], text: Text) -> go.Figure:
    """Confusion matrix: what is right in one colour, mistakes in another on a scale of their own."""
    counts = torch.tensor(confusion)
    right = torch.eye(len(counts), dtype=torch.bool)
    names = [class_name(text, label) for label in range(len(counts))]
    figure = new_figure(text("classifier.axis_predicted"), text("classifier.axis_true"))
    for kind, shown in (("wrong", ~right), ("correct", right)):
        cells = [[n if s else None for n, s in zip(row, mask)] for row, mask in zip(counts.tolist(), shown.tolist())]
        figure.add_heatmap(
            z=cells,
            x=names,
            y=names,
            customdata=cells,
            colorscale=[[0, "#ffffff"], [1, ROLES[kind]]],
            zmin=0,
            zmax=int(counts[shown].max()) or 1,
            showscale=False,
            hoverongaps=False,
            texttemplate="%{z}",
            textfont={"size": 14},
            hovertemplate=text("classifier.hover_confusion"),
            xgap=1,
            ygap=1,
        )
    return figure.update_layout(
        height=470,
        xaxis={"tickangle": -40, "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False},
        margin={"t": 10, "r": 8},
    )


def draw_curve(record: Mapping, text: Text) -> go.Figure:
    """Accuracy on training and validation images after each epoch, and the test accuracy at the end."""
    epochs = list(range(1, len(record["curve"]) + 1))
    figure = new_figure(text("classifier.axis_epoch"), text("classifier.axis_accuracy"))
    for key, role in (("train", "input"), ("validation", "kernel")):
        accuracies = [100 * epoch[f"{key}_accuracy"] for epoch in record["curve"]]
        figure.add_scatter(
            x=epochs,
            y=accuracies,
            name=text(f"classifier.curve_{key}"),
            mode="lines+markers" if len(epochs) < 25 else "lines",
            line={"color": ROLES[role], "width": 2.5},
        )
    figure.add_scatter(
        x=epochs[-1:],
        y=[100 * record["test_accuracy"]],
        name=text("classifier.curve_test"),
        mode="markers",
        marker={"color": ROLES["correct"], "size": 13, "symbol": "diamond"},
    )
    return figure.update_layout(
        height=470,
        margin={"t": 60, "r": 8},
        xaxis={"dtick": max(1, len(epochs) // 8), "range": [0.5, len(epochs) + 0.5]},
    )
