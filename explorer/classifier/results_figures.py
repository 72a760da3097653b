"""The pictures of the measured results: the table, confusion, training curves, and what nobody gets right."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby
from statistics import fmean

import plotly.graph_objects as go
import torch

from explorer.classifier.attribution import ENOUGH_STEPS, LARGEST_CHANGE, LARGEST_GAP, Settings
from explorer.classifier.figures import class_name, percent
from explorer.classifier.preprocessing import SIDE
from explorer.classifier.results import (
    CONFIDENCE,
    SIGNIFICANT,
    Pair,
    accuracy_interval,
    accuracy_margin,
    compare_neighbours,
    compare_with_claim,
    find_errors,
    find_mistakes,
    standard_error,
)
from explorer.models.always_wrong import AlwaysWrong
from explorer.models.answers import Answers
from explorer.models.catalogue import DEGRADATION_NAMES, MODELS, TUTORIAL_PART
from explorer.models.seeds import Machine, are_comparable, cycles_of, machines_of, precision_of, summarise_seeds
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import INK_IN_CELLS, MUTED, ROLES, lighten, new_figure
from explorer.text import Text, join_sentences, join_words
from explorer.training.evaluation import ECE_BINS
from explorer.training.reliability import Reliability
from explorer.training.splits import VALIDATION_SIZE

MOST_SHOWN = 24  # of the images that every network gets wrong
# Settings of a recipe; of some the number is told.
_TRICKS = (
    "flip", "crop_padding", "erase", "cutmix", "label_smoothing", "gce_q", "clip_norm", "average", "patience",
    "augment_validation",
)  # fmt: skip
_NUMBERED = ("crop_padding", "clip_norm", "patience")
_LEAST_P = 1e-4  # smaller ones are only said to be so
_BETTER_FIT = 0.03  # more right on the training than on the test images: ten standard errors of the latter


_COLUMNS = (
    "model", "params", "accuracy", "mean", "flip", "claim", "tutorial", "epochs", "seeds",
)  # fmt: skip


def draw_results_table(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], text: Text) -> str:
    """Every trained model with what was measured and what the tutorial claims, as an HTML table.

    A column in which nothing was measured yet is left out.

    Args:
        records: model name -> record of its own recipe.
        tutorial: model name -> record of the tutorial's protocol, where that was run.
        text: of the reader's language.
    """
    rows = [_fill_row(name, record, tutorial.get(name), text) for name, record in records.items()]
    columns = [column for column in _COLUMNS if any(row[column] for row in rows)]
    kinds = {column: "name" if column == "model" else "number" for column in columns}
    head = "".join(f'<th class="{kinds[column]}">{text(f"classifier.head_{column}")}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{kinds[column]}">{html.escape(str(row[column]))}</td>' for column in columns)
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="cnn-table-scroll whole"><table class="cnn-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _fill_row(name: str, record: Mapping, tutorial: Mapping | None, text: Text) -> dict[str, object]:
    accuracy, margin, claimed = _accuracy_and_claim(name, record)
    seeds = summarise_seeds(record)
    return {
        "model": text.title(record["title"]),
        "params": f"{record['num_params']:,}",
        "accuracy": _percent(f"{100 * accuracy:.2f} ± {100 * margin:.2f}", text),
        "mean": "" if seeds is None else _percent(f"{100 * seeds.mean:.2f} ± {100 * seeds.deviation:.2f}", text),
        "flip": _percent(f"{100 * record['flip_accuracy']:.2f}", text) if "flip_accuracy" in record else "",
        "claim": "" if claimed is None else _percent(f"{100 * claimed:.1f}", text),
        "tutorial": "" if tutorial is None else _reached(tutorial, text) + _precision(tutorial),
        "epochs": record["epochs"],
        "seeds": record["seed"] if seeds is None else join_words(map(str, seeds.seeds), text),
    }


def _percent(value: str, text: Text) -> str:
    """Numbers that are written already, with the sign as the language sets it."""
    return text("classifier.percent", value=value)


def _reached(record: Mapping, text: Text) -> str:
    """The accuracy of one run, or the mean and the range of several."""
    seeds = summarise_seeds(record)
    if seeds is None:
        return _percent(f"{100 * record['test_accuracy']:.2f}", text)
    span = _percent(f"{100 * seeds.lowest:.2f}–{100 * seeds.highest:.2f}", text)
    return f"{_percent(f'{100 * seeds.mean:.2f}', text)} ({span})"


def _precision(record: Mapping) -> str:
    """A mark on what was computed otherwise than the tutorial's script does, in float32."""
    precision = precision_of(record)
    return "" if precision == "float32" else f" ({precision})"


def _accuracy_and_claim(name: str, record: Mapping) -> tuple[float, float, float | None]:
    """Measured accuracy, half its 95 % interval, and what the tutorial claims."""
    correct, total = record["test_correct"], sum(map(sum, record["confusion"]))
    claimed = MODELS[name].claimed_accuracy if name in MODELS else None
    return correct / total, accuracy_margin(correct, total), claimed


def describe_claims(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], text: Text) -> str:
    """For each model whether the tutorial's claim holds, by its recipe and by ours, and how it was trained.

    Args:
        records: model name -> record of its own recipe.
        tutorial: model name -> record of the tutorial's protocol, where that was run.
        text: of the reader's language.

    Returns:
        A Markdown list.
    """
    return "\n".join(
        f"- **{text.title(record['title'])}**: {_describe_claim(name, records, tutorial.get(name), text)}"
        for name, record in records.items()
    )


def _judge_claim(name: str, record: Mapping, recipe: str, text: Text) -> str:
    """How the runs stand to what the tutorial claims; `recipe` is "theirs" or "ours"."""
    total, entry = sum(map(sum, record["confusion"])), MODELS.get(name)
    accuracies = [run["test_accuracy"] for run in record.get("runs", ())] or [record["test_correct"] / total]
    claim = compare_with_claim(accuracies, total, entry.claimed_accuracy if entry else None)
    if entry is None or claim.verdict == "none":
        return ""
    # Ours may compute as it likes; the tutorial's script does so in float32.
    suffix = "_bfloat16" if recipe == "theirs" and precision_of(record) == "bfloat16" else ""
    is_elsewhere = recipe == "theirs" and entry.claimed_part != TUTORIAL_PART
    return text(
        f"classifier.claim_{'elsewhere' if is_elsewhere else claim.verdict}",
        by_recipe=text(f"classifier.claim_by_{recipe}{suffix}"),
        reached=_say_reached(accuracies, text),
        claimed=f"{100 * entry.claimed_accuracy:.1f}",
        points=f"{claim.points:.1f}",
        p=f"{max(claim.p, _LEAST_P):.2g}",
        part=entry.claimed_part,
    )


def _say_reached(accuracies: Sequence[float], text: Text) -> str:
    low, high, mean = (f"{100 * each:.2f}" for each in (min(accuracies), max(accuracies), fmean(accuracies)))
    key = "once" if len(accuracies) == 1 else "seeds"
    return text(f"classifier.reached_{key}", mean=mean, low=low, high=high, count=len(accuracies))


def _say_p(p: float) -> str:
    """Two digits, and no zeros without end."""
    return f"< {_LEAST_P:.4f}" if p < _LEAST_P else f"{p:.2g}"


def _describe_claim(name: str, records: Mapping[str, Mapping], tutorial: Mapping | None, text: Text) -> str:
    record = records[name]
    verdicts = [_judge_claim(name, tutorial, "theirs", text)] if tutorial else []
    verdicts.append(_judge_claim(name, record, "ours", text))
    first, *later = cycles_of(record)
    training = [_describe_training("trained_with", [first], text)]
    for number, (_, alike) in enumerate(groupby(later, key=_tricks_of)):
        cycles = list(alike)
        key = "again" if number else "further" if len(cycles) == 1 else "further_often"
        training.append(_describe_training(f"trained_{key}", cycles, text))
    return join_sentences([*verdicts, *training, *_remark(name, records, text)], text)


def _remark(name: str, records: Mapping[str, Mapping], text: Text) -> list[str]:
    """What else is worth saying of a network's result, as far as its record bears it out."""
    if name in DEGRADATION_NAMES:
        return [text("classifier.note_degradation")] if are_comparable(DEGRADATION_NAMES, records) else []
    if name == "softmax":
        return [text("classifier.note_softmax")]
    if name == "mlp":
        return [*_say_best_run(name, records, text), *_say_fit(records[name], text)]
    return []


def _say_best_run(name: str, records: Mapping[str, Mapping], text: Text) -> list[str]:
    """The best of all runs here, where none of them reached what the tutorial claims."""
    reached = max(run["test_accuracy"] for run in [records[name], *records[name].get("runs", ())])
    if reached >= MODELS[name].claimed_accuracy:
        return []
    return [text("classifier.note_best_run", best=f"{100 * reached:.2f}")]


def _say_fit(record: Mapping, text: Text) -> list[str]:
    """By how much a run is better on the images that it learned from, if that is more than chance."""
    learned = record["curve"][-1]["train_accuracy"]
    gap = learned - record["test_accuracy"]
    if gap <= _BETTER_FIT:
        return []
    return [text("classifier.note_fit", train_accuracy=f"{100 * learned:.1f}", points=f"{100 * gap:.1f}")]


def _restarts(record: Mapping) -> list[int]:
    """Epochs after which training began again from the weights reached."""
    return list(accumulate(cycle["epochs"] for cycle in cycles_of(record)))[:-1]


def _describe_training(key: str, cycles: Sequence[Mapping], text: Text) -> str:
    """What was done to the images and to the weights in cycles of one kind, from the record itself."""
    tricks = _tricks_of(cycles[0])
    if tricks is None:
        return ""
    return text(
        f"classifier.{key}",
        times=len(cycles),
        epochs=[cycle["epochs"] for cycle in cycles],
        tricks=_describe_tricks(tricks, text),
        time=_duration(sum(cycle["seconds"] for cycle in cycles), text),
        hardware=" + ".join(_describe_machine(machine, text) for machine in machines_of(cycles)),
    )


def _tricks_of(cycle: Mapping) -> dict[str, float | None] | None:
    """What was done in a cycle: each trick with its number, if that is told. None where no recipe is recorded."""
    recipe = cycle.get("recipe")
    if recipe is None:
        return None
    return {trick: recipe[trick] if trick in _NUMBERED else None for trick in _TRICKS if recipe.get(trick)}


def _describe_tricks(tricks: Mapping[str, float | None], text: Text) -> str:
    words = (text(f"classifier.trick_{trick}", value=value) for trick, value in tricks.items())
    return join_words(words, text) or text("classifier.trick_none")


def _describe_machine(machine: Machine, text: Text) -> str:
    has_threads = machine.threads is not None
    name = text("classifier.threads", name=machine.name, count=machine.threads) if has_threads else machine.name
    return text("classifier.compiled", name=name) if machine.compiled else name


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
        count=f"{mistakes.count:,}",
        truth=class_name(text, mistakes.truth),
        predicted=class_name(text, mistakes.predicted),
        hardest=class_name(text, mistakes.hardest),
        recall=percent(mistakes.recall, text),
    )
    lie = _describe_errors(record, "most_lie", text)
    return join_sentences([sentence, lie, _describe_calibration(record, text)], text)


def _describe_errors(record: Mapping, key: str, text: Text) -> str:
    """Which share of the errors lies among clothes for the upper body, and which among shoes."""
    errors = find_errors(record["confusion"])
    if errors is None:
        return ""
    shares = {name: percent(getattr(errors, name), text) for name in ("upper_body", "shoes", "elsewhere", "shirts")}
    return text(f"classifier.{key}", title=record["title"], **shares)


def fill_article(records: Mapping[str, Mapping], text: Text) -> dict[str, object]:
    """What the placeholders of the explanation and of the questions stand for; what was measured is told in sentences.

    These are empty where nothing was trained.
    """
    settings = {
        "side": SIDE,
        "validation": f"{VALIDATION_SIZE:,}",
        "steps": Settings().steps,
        "most_steps": ENOUGH_STEPS,
        "gap": percent(LARGEST_GAP, text, digits=0),
        "change": percent(LARGEST_CHANGE, text, digits=0),
    }
    if not records:
        return {**settings, **dict.fromkeys(("errors", "error_bars", "calibration"), "")}
    ranked = sorted(records.values(), key=lambda record: -record["test_accuracy"])
    ends = [ranked[0], ranked[-1]] if len(ranked) > 1 else ranked
    return {
        **settings,
        "errors": join_sentences((_describe_errors(record, "errors_lie", text) for record in ends), text),
        "error_bars": join_sentences((_describe_error_bar(record, text) for record in ends), text),
        "calibration": _describe_smoothing(list(records.values()), text),
    }


def _describe_error_bar(record: Mapping, text: Text) -> str:
    accuracy, total = record["test_accuracy"], sum(map(sum, record["confusion"]))
    error = standard_error(accuracy, total)
    return text(
        "classifier.error_bar", title=record["title"], accuracy=percent(accuracy, text), points=f"{100 * error:.2f}"
    )


def _describe_smoothing(records: Sequence[Mapping], text: Text) -> str:
    """Are networks that learned with label smoothing surer than they are right, and those that learned without?"""
    said = []
    for key, is_so in (("with", True), ("without", False)):
        chosen = [
            record["calibration"]
            for record in records
            if "calibration" in record and bool(record.get("recipe", {}).get("label_smoothing")) == is_so
        ]
        if chosen:
            errors = [100 * each["ece_before"] for each in chosen]
            said.append(
                text(
                    f"classifier.smoothing_{key}",
                    count=len(chosen),
                    under=sum(each["temperature"] < 1 for each in chosen),
                    over=sum(each["temperature"] > 1 for each in chosen),
                    low=f"{min(errors):.1f}",
                    high=f"{max(errors):.1f}",
                )
            )
    return join_sentences(said, text)


def _describe_calibration(record: Mapping, text: Text) -> str:
    calibration = record.get("calibration")
    if calibration is None:
        return ""
    before, after = (round(100 * calibration[key], 1) for key in ("ece_before", "ece_after"))
    moved = "hot" if calibration["temperature"] > 1 else "cold"
    verdict = "even" if after >= before else moved
    return text(
        f"classifier.calibration_{verdict}",
        before=f"{before:.1f}",
        after=f"{after:.1f}",
        temperature=f"{calibration['temperature']:.2f}",
    )


def draw_pairs(records: Mapping[str, Mapping], answers: Answers, text: Text) -> str:
    """Each network beside the next worse one: is the difference more than chance? An HTML table, or "" without a pair.

    Args:
        records: model name -> record of its own recipe.
        answers: of the shipped weights to the test images.
        text: of the reader's language.
    """
    pairs = compare_neighbours(answers.of_records(records), answers.labels)
    if not pairs:
        return ""
    heads = ("better", "worse", "points", "only", "p", "seeds", "verdict")
    head = "".join(
        f'<th class="{_PAIR_KINDS.get(each, "number")}">{text(f"classifier.pair_{each}")}</th>' for each in heads
    )
    body = "".join(f"<tr>{_draw_pair(pair, records, text)}</tr>" for pair in pairs)
    return (
        f'<div class="cnn-table-scroll whole"><table class="cnn-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


_PAIR_KINDS = {"better": "name", "worse": "name", "verdict": "name"}


def _draw_pair(pair: Pair, records: Mapping[str, Mapping], text: Text) -> str:
    first, second = records[pair.first], records[pair.second]
    cells = {
        "better": text.title(first["title"]),
        "worse": text.title(second["title"]),
        "points": f"{pair.points:.2f}",
        "only": f"{pair.first_only} : {pair.second_only}",
        "p": _say_p(pair.p),
        "seeds": " / ".join(_say_seeds(record, text) for record in (first, second)),
        "verdict": text(f"classifier.pair_is_{_judge_pair(pair, records)}"),
    }
    return "".join(
        f'<td class="{_PAIR_KINDS.get(key, "number")}">{html.escape(str(cell))}</td>' for key, cell in cells.items()
    )


def _say_seeds(record: Mapping, text: Text) -> str:
    seeds = summarise_seeds(record)
    if seeds is None:
        return text("classifier.pair_once")
    return _percent(f"{100 * seeds.lowest:.2f}–{100 * seeds.highest:.2f}", text)


def _judge_pair(pair: Pair, records: Mapping[str, Mapping]) -> str:
    """Whether chance may explain the difference on these images; if not, whether other seeds speak against it."""
    if pair.p >= SIGNIFICANT:
        return "chance"
    better, worse = (summarise_seeds(records[name]) for name in (pair.first, pair.second))
    if better is None or worse is None:
        return "once"
    return "real" if better.lowest > worse.highest else "overlap"


def describe_always_wrong(found: AlwaysWrong, num_images: int, text: Text) -> str:
    """How many of all test images no network gets right, and how many are shown."""
    count = len(found.labels)
    said = {"count": count, "shown": min(count, MOST_SHOWN), "networks": len(found.predicted)}
    return text("classifier.always_wrong", images=f"{num_images:,}", **said)


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
    return draw_maps(drawn, columns=8, max_height=640, label=text("classifier.always_wrong_title"))


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
            colorscale=[[0, "#ffffff"], [1, lighten(ROLES[kind], 0.4)]],  # dark numbers can be read on either end
            zmin=0,
            zmax=int(counts[shown].max()) or 1,
            showscale=False,
            hoverongaps=False,
            texttemplate="%{z}",
            textfont={"size": 12, "color": INK_IN_CELLS},
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


def describe_bins(num_images: int, text: Text) -> str:
    """How to read `draw_reliability`."""
    level = percent(CONFIDENCE, text, digits=0)
    return text("classifier.reliability_about", images=f"{num_images:,}", bins=ECE_BINS, level=level)


def draw_reliability(found: Reliability, temperature: float | None, text: Text) -> go.Figure:
    """How often a network is right against how sure it is, with the 95 % interval that the number of images leaves.

    Args:
        found: what was counted on the test images.
        temperature: that of the second line; None where there is none.
        text: of the reader's language.
    """
    ends = {"range": [0, 102]}
    figure = new_figure(
        text("classifier.axis_confidence"), text("classifier.axis_right"), height=430, xaxis=ends, yaxis=ends,
        shapes=[{"type": "line", "x0": 0, "y0": 0, "x1": 100, "y1": 100, "line": {"color": MUTED, "dash": "dot", "width": 2}}],
    )  # fmt: skip
    lines = [("before", found.before, "kernel", "circle")]
    lines += [("after", found.after, "input", "diamond")] if found.after else []
    for key, bins, role, symbol in lines:
        value = "" if temperature is None else f"{temperature:.2f}"
        error = percent(bins.error, text)
        name = text(f"classifier.reliability_{key}", temperature=value, error=error)
        filled = [index for index, count in enumerate(bins.counts) if count]
        places = [100 * bins.confidence[index] / bins.counts[index] for index in filled]
        shares = [100 * bins.right[index] / bins.counts[index] for index in filled]
        ends_of = [accuracy_interval(bins.right[index], bins.counts[index]) for index in filled]
        below = [share - 100 * low for share, (low, _) in zip(shares, ends_of, strict=True)]
        above = [100 * high - share for share, (_, high) in zip(shares, ends_of, strict=True)]
        figure.add_scatter(
            x=places, y=shares, name=name, mode="lines+markers", line={"color": ROLES[role], "width": 2.5},
            marker={"size": 9, "symbol": symbol}, error_y={"type": "data", "array": above, "arrayminus": below, "thickness": 1},
            hovertext=[
                text("classifier.hover_reliability", images=f"{bins.counts[index]:,}", sure=percent(x / 100, text), right=percent(y / 100, text))
                for index, x, y in zip(filled, places, shares, strict=True)
            ],
            hoverinfo="text",
        )  # fmt: skip
    return figure


def _add_learning_rate(figure: go.Figure, epochs: Sequence[int], record: Mapping, text: Text) -> None:
    """A dotted line on an axis of its own, at the right; nothing where it was not recorded."""
    rates = [epoch.get("learning_rate") for epoch in record["curve"]]
    if None in rates:
        return
    axis = {"title": {"text": text("classifier.axis_rate"), "standoff": 8}, "overlaying": "y", "side": "right"}
    figure.update_layout(yaxis2={**axis, "rangemode": "tozero", "showgrid": False, "automargin": True})
    line = {"color": MUTED, "width": 2, "dash": "dot"}
    figure.add_scatter(x=epochs, y=rates, name=text("classifier.curve_rate"), mode="lines", yaxis="y2", line=line)


def draw_curve(record: Mapping, text: Text) -> go.Figure:
    """Accuracy on training and validation images after each epoch, the test accuracy at the end, and the learning rate."""
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
    _add_learning_rate(figure, epochs, record, text)
    restarts = _restarts(record)
    for restart in restarts:
        # All of them look alike; of their names the last has room, on its right.
        name = text("classifier.curve_restart") if restart == restarts[-1] else ""
        figure.add_vline(
            x=restart + 0.5,
            line={"color": MUTED, "width": 1.5, "dash": "dot"},
            annotation={"text": name, "font": {"color": MUTED}},
            annotation_position="bottom right",
        )
    return figure.update_layout(
        height=470,
        margin={"t": 60, "r": 8},
        xaxis={"dtick": max(1, len(epochs) // 8), "range": [0.5, len(epochs) + 0.5]},
    )
