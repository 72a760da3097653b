"""The figures of the classifier tab that people take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from explorer.caches import recall
from explorer.checks import check_choice
from explorer.classifier.attribution import METHODS
from explorer.classifier.examination import MAP, Examination, examine
from explorer.classifier.figures import (
    choose_sentence,
    class_name,
    draw_about,
    explained_class,
    list_attribution_maps,
    list_method_maps,
    list_step_maps,
    method_name,
    percent,
    say_answer,
)
from explorer.classifier.ladder import Trial
from explorer.classifier.moves import Moves
from explorer.classifier.outcome import Outcome, Question, classify_picture, recall_outcome, takes_long
from explorer.classifier.results import SIGNIFICANT
from explorer.classifier.results_figures import (
    describe_bins,
    describe_mistakes,
    draw_confusion,
    draw_curve,
    draw_reliability,
)
from explorer.classifier.scores import BASELINES
from explorer.classifier.session import Choices, first_outcome, first_question, read_question
from explorer.classifier.training_figures import draw_models
from explorer.classifier.trial_figures import describe_trial, is_changed
from explorer.classifier.trial_tab import find_kept
from explorer.classifier.trust import CONTROLS, STEPS
from explorer.classifier.trust_figures import describe_examination, draw_curves, list_randomised_maps, order_name
from explorer.errors import InputError
from explorer.models.checkpoints import CheckpointError, load_results
from explorer.models.networks import find_network
from explorer.page.canvas import Map
from explorer.page.streaming import Run
from explorer.page.style import ACCENT, INK, MUTED, ROLES, lighten
from explorer.prints.charts import draw_charts, list_points
from explorer.prints.paper import plain
from explorer.prints.pictures import draw_map_rows, fit_size, list_cells
from explorer.prints.records import Print, Row
from explorer.prints.words import name_cells, name_pairs
from explorer.text import Text, join_sentences, join_words, text_in
from explorer.training.reliability import Reliability, load_reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

_NARROW, _WIDE, _MAP = 6.0, 9.5, 2.6  # inches, of a row of maps and of one map
_TWO, _SQUARE = (10.0, 4.6), (7.0, 5.6)
_METHODS_IN_A_ROW = 5
_LEAST_LINE = 0.005  # share from which on a calibrated probability is marked


def gather_prints(
    *,
    run: Run | None = None,
    trial: object = None,
    trust_baseline: str = BASELINES[0],
    results_model: str | None = None,
    language: str,
    **choices,
) -> list[Print]:
    """The figures for what is set, from what was computed already.

    Args:
        run: the map that is or was being refined, if one was.
        trial: what `on_trial` kept.
        trust_baseline: what the trial of a map takes pixels away to.
        results_model: the network whose results are shown; None takes the best one.
        language: of the words.
        **choices: those of `Choices`.

    Raises:
        InputError: something of it is out of bounds, or the picture cannot be read.
    """
    text = text_in(language)
    question = read_question(Choices(**choices))
    asked = [] if question is None else _print_question(question, run, trial, trust_baseline, text)
    return [*asked, *_print_results(results_model, text)]


def _print_question(question: Question, run: Run | None, trial: object, baseline: str, text: Text) -> list[Print]:
    """What is shown of one picture."""
    outcome = _find_outcome(question, run)
    prints = []
    if outcome is not None:
        setting, said = say_setting(question, outcome, text), choose_sentence(outcome, text)
        steps, maps = list_step_maps(outcome.prepared, text), list_attribution_maps(outcome, text)
        maps = [*maps[:2], *(replace(each, caption="") for each in maps[2:])]  # without the time that it took
        about = join_sentences([said, draw_about(outcome, text)], text)
        prints = [
            _print_maps("map", text("prints.map_title"), maps, setting, about, text),
            _print_probabilities(outcome, setting, text),
            _print_maps("preparation", text("classifier.steps_label"), steps, setting, said, text),
            *_print_comparison(question, outcome, setting, text),
            *_print_examination(question, baseline, setting, text),
        ]
    kept = find_kept(trial, question)
    return [*prints, *([] if kept is None else [_print_ladder(kept, question, text)])]


def _find_outcome(question: Question, run: Run | None) -> Outcome | None:
    """What the page shows of a question; a slow map is not computed for this."""
    if isinstance(run, Run) and run.job.question == question:
        return run.job.latest
    if question == first_question():
        return first_outcome()
    return recall_outcome(question) if takes_long(question.model, question.method) else classify_picture(question)


def say_setting(question: Question, outcome: Outcome, text: Text) -> str:
    """The network, the picture, the method and its settings, as far as the method reads them."""
    method = METHODS[question.method]
    pairs = [*_name_picture(question, text), (text("terms.method"), method_name(question.method, text))]
    pairs.append((text("terms.target"), explained_class(outcome, text)))
    if method.uses_baseline:
        pairs.append((text("classifier.baseline"), text(f"classifier.baseline_{question.baseline}")))
    if method.uses_layer:
        pairs.append((text("classifier.depth"), text(f"classifier.depth_{question.depth}")))
    if question.method == "occlusion":
        pairs.append((text("classifier.window"), question.window))
    return name_pairs(pairs, text)


def _name_picture(question: Question, text: Text) -> list[tuple[str, object]]:
    kind, picture = question.picture.of[0], question.picture
    words = [f"{text('terms.sample')} {picture.of[1]}"] if kind == "sample" else [text("prints.own_picture")]
    words += [] if picture.truth is None else [class_name(text, picture.truth)]
    title = text.title(find_network(question.model).title)
    return [(text("terms.model"), title), (text("classifier.source"), join_words(words, text))]


def _print_maps(
    name: str, title: str, maps: Sequence[Map], setting: str, said: str, text: Text, columns: int | None = None
) -> Print:
    width = max(_NARROW, min(_WIDE, _MAP * (columns or len(maps))))
    draw = partial(draw_map_rows, maps=maps, columns=columns)
    named = [replace(each, title=each.title or each.caption) for each in maps]
    return Print(
        name, title, draw, partial(list_cells, named, name_cells(text)), setting, said, fit_size(maps, width, columns)
    )


# ---- probabilities ------------------------------------------------------------------------------------------------


def _print_probabilities(outcome: Outcome, setting: str, text: Text) -> Print:
    title = text("classifier.probabilities", model=find_network(outcome.model).title)
    about = ""
    if outcome.calibrated is not None:
        key = "bars_about" if outcome.truth is not None else "bars_about_own"
        about = text(f"classifier.{key}", temperature=f"{outcome.temperature:.2f}")

    def rows() -> Iterator[Row]:
        calibrated = [None] * len(outcome.probabilities) if outcome.calibrated is None else outcome.calibrated.tolist()
        yield text("prints.class"), text("prints.probability"), text("prints.calibrated"), text("classifier.true_class")
        for label, (share, other) in enumerate(zip(outcome.probabilities.tolist(), calibrated, strict=True)):
            yield class_name(text, label), share, other, "" if outcome.truth is None else int(label == outcome.truth)

    draw = partial(_draw_probabilities, outcome=outcome, text=text)
    said = join_sentences([say_answer(outcome, text), about], text)
    return Print("probabilities", title, draw, rows, setting, said, (8.0, 3.8))


def _draw_probabilities(figure: FigureBase, outcome: Outcome, text: Text) -> None:
    """A bar for each class; the answer in the colour that says whether it is right, the true class hatched."""
    axes, shares = figure.subplots(), outcome.probabilities.tolist()
    names = [class_name(text, label) for label in range(len(shares))]
    colours = [lighten(ACCENT, 0.55)] * len(shares)
    colours[outcome.predicted] = _colour_of(outcome.predicted, outcome.truth)
    bars = axes.barh(names, [100 * each for each in shares], color=colours, height=0.7)
    if outcome.truth is not None:
        bars[outcome.truth].set(hatch="////", edgecolor="white", label=text("prints.true_class"))
    ends = [
        max(share, other)
        for share, other in zip(shares, shares if outcome.calibrated is None else outcome.calibrated.tolist())
    ]
    for label, (share, end) in enumerate(zip(shares, ends)):
        axes.annotate(
            plain(percent(share, text)), (100 * end, label), (5, 0), textcoords="offset points", va="center", fontsize=8
        )
    if outcome.calibrated is not None:
        known = [
            (100 * share, label) for label, share in enumerate(outcome.calibrated.tolist()) if share >= _LEAST_LINE
        ]
        words = text("prints.calibrated")
        axes.plot(*zip(*known), "|", color=INK, markersize=15, markeredgewidth=2, label=words)
    _finish_bars(figure, axes, text)


def _finish_bars(figure: FigureBase, axes: Axes, text: Text) -> None:
    axes.set(xlim=(0, 112), xticks=range(0, 101, 20), xlabel=text("prints.probability_axis"))
    axes.grid(visible=False, axis="y")
    axes.invert_yaxis()
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=3)


def _colour_of(named: int, truth: int | None) -> str:
    return ACCENT if truth is None else ROLES["correct" if named == truth else "wrong"]


def _print_ladder(trial: Trial, question: Question, text: Text) -> Print:
    """What all networks say of the changed picture, and what they said before."""
    about = "" if trial.truth is None else text("classifier.trial_label", truth=class_name(text, trial.truth))
    said = join_sentences([describe_trial(trial, None, text), about], text)
    pairs = [*_name_picture(question, text)[1:], *_name_changes(trial, text)]

    def rows() -> Iterator[Row]:
        yield text("prints.network"), text("prints.class"), text("prints.before"), text("prints.after")
        for each in trial.answers:
            title = text.title(find_network(each.model).title)
            for label, pair in enumerate(zip(each.before.tolist(), each.after.tolist(), strict=True)):
                yield title, class_name(text, label), *pair

    draw = partial(_draw_ladder, trial=trial, text=text)
    size = 10.0, max(3.2, 1.2 + 0.42 * len(trial.answers))
    return Print("ladder", text("prints.ladder_title"), draw, rows, name_pairs(pairs, text), said, size)


def _name_changes(trial: Trial, text: Text) -> Iterator[tuple[str, object]]:
    """What was done to the picture."""
    moves, rest = trial.moves, Moves()
    shares = {name: f"{100 * getattr(moves, name):g}" for name in ("scale", "darken", "noise")}
    for name in ("right", "down", "degrees", "scale", "blur", "darken", "noise"):
        if getattr(moves, name) != getattr(rest, name):
            yield text(f"classifier.trial_{name}"), shares.get(name, f"{getattr(moves, name):g}".replace("-", "−"))
    if moves.covered:
        yield text("prints.covered"), len(moves.covered)
    if trial.attack:
        yield text("classifier.trial_attack"), f"{100 * trial.attack:g}"
        yield text("prints.attacked"), text.title(find_network(trial.attacked).title)


def _draw_ladder(figure: FigureBase, trial: Trial, text: Text) -> None:
    """The picture, and beside it two bars for each network: its answer now, and before in a paler, hatched one."""
    left, right = figure.subplots(1, 2, width_ratios=[1, 3.4])
    left.imshow(trial.pixels.numpy(), cmap="gray", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[])
    left.set_title("" if trial.truth is None else class_name(text, trial.truth))
    left.grid(visible=False)
    kinds = ("after", "before") if is_changed(trial) else ("after",)
    for place, kind in enumerate(kinds):
        height = 0.8 / len(kinds)
        for number, each in enumerate(trial.answers):
            probabilities = getattr(each, kind)
            named = int(probabilities.argmax())
            share, colour = 100 * float(probabilities[named]), _colour_of(named, trial.truth)
            at = number + (place - (len(kinds) - 1) / 2) * height
            style = (
                {"color": lighten(colour, 0.55), "hatch": "////", "edgecolor": "white"} if place else {"color": colour}
            )
            right.barh(at, share, 0.92 * height, **style)
            words = f"{class_name(text, named)}, {plain(percent(share / 100, text))}"
            right.annotate(words, (share, at), (4, 0), textcoords="offset points", va="center", fontsize=8)
    right.set_yticks(range(len(trial.answers)), [text.title(find_network(each.model).title) for each in trial.answers])
    if len(kinds) > 1:
        right.barh(0, 0, color=MUTED, label=text("prints.after"))
        right.barh(0, 0, color=lighten(MUTED, 0.55), hatch="////", edgecolor="white", label=text("prints.before"))
    _finish_bars(figure, right, text)
    right.set_xlim(0, 140)


# ---- all maps, and the map on trial -------------------------------------------------------------------------------


def _print_comparison(question: Question, outcome: Outcome, setting: str, text: Text) -> list[Print]:
    """The maps of all methods beside orders that never look at the network, if all are there already."""
    each = replace(question, target=outcome.target)
    found = {method: recall_outcome(replace(each, method=method)) for method in METHODS}
    found[question.method] = found[question.method] or outcome
    if any(one is None or not one.is_final for one in found.values()):
        return []
    maps = list_method_maps({method: one and one.attribution for method, one in found.items()}, text)
    pixels = outcome.prepared.pixels
    picture = Map(pixels, text("classifier.map_picture"), scale="grey", numbers=False)
    controls = [
        Map(control(pixels, 0), order_name(name, text), text("prints.control"), scale="heat")
        for name, control in CONTROLS.items()
    ]
    title = text("classifier.compare_label", target=explained_class(outcome, text))
    said = join_sentences([text("prints.comparison_about"), choose_sentence(outcome, text)], text)
    return [_print_maps("methods", title, [picture, *maps, *controls], setting, said, text, _METHODS_IN_A_ROW)]


def _print_examination(question: Question, baseline: str, setting: str, text: Text) -> list[Print]:
    """The trial of the map, if it was asked for."""
    baseline = check_choice("classifier.baseline", baseline, BASELINES)
    found = recall(examine, question, baseline)
    if not isinstance(found, Examination):
        return []
    pair = (text("classifier.trust_baseline"), text(f"classifier.baseline_{baseline}"))
    about = " · ".join([setting, name_pairs([pair], text)])
    said = describe_examination(found, text)
    makes = [partial(draw_curves, found, kind, text) for kind in ("deletion", "insertion")]

    def rows() -> Iterator[Row]:
        yield text("prints.chart"), text("prints.line"), text("prints.changed"), text("prints.probability")
        for kind in ("deletion", "insertion"):
            for name, curves in found.curves.items():
                order = method_name(question.method, text) if name == MAP else order_name(name, text)
                for step, share in enumerate(getattr(curves, kind).tolist()):
                    yield text(f"classifier.trust_head_{kind}"), order, 100 * step / STEPS, share

    maps = list_randomised_maps(found, text)
    return [
        Print("trial", text("prints.trial_title"), partial(draw_charts, makes=makes), rows, about, said, _TWO),
        _print_maps("randomised", text("classifier.trust_maps_label", method=method_name(question.method, text)), maps, setting, said, text),
    ]  # fmt: skip


# ---- results ------------------------------------------------------------------------------------------------------


def _print_results(model: str | None, text: Text) -> list[Print]:
    """What was measured of one trained network, and all of them beside the tutorial's claims."""
    try:
        records, tutorial = load_results(), load_results(section="tutorial")
    except CheckpointError as error:
        raise InputError("classifier.broken_results") from error
    if not records:
        return []
    best = max(records, key=lambda name: records[name]["test_accuracy"])
    name = check_choice("terms.model", best if model is None else model, tuple(records))
    record, said = records[name], describe_mistakes(records[name], text)
    setting = name_pairs([(text("terms.model"), text.title(record["title"])), *_name_training(record, text)], text)
    confusion, curve = partial(draw_confusion, record["confusion"], text), partial(draw_curve, record, text)
    images = max(map(sum, record["confusion"]))
    title = text("classifier.confusion_title", images=f"{images:,}")
    prints = [
        Print(
            "confusion", title, partial(draw_charts, makes=[confusion]),
            partial(_list_confusion, record["confusion"], text), setting, said, _SQUARE,
        ),
        Print(
            "curve", text("classifier.curve_title"), partial(draw_charts, makes=[curve]), partial(_list_curve, record, text),
            setting, join_sentences([said, text("classifier.curve_note")], text), (8.0, 4.6),
        ),
    ]  # fmt: skip
    found = load_reliability(name)
    if found is not None:
        prints.append(_print_reliability(found, record, setting, text))
    makes = [partial(draw_models, records, tutorial, text)]
    rows = partial(_list_models, records, tutorial, text)
    about = text("classifier.claims_about", level=SIGNIFICANT).replace("*", "")  # of Markdown
    return [
        *prints,
        Print("models", text("classifier.claims_title"), partial(draw_charts, makes=makes), rows, "", about),
    ]


def _name_training(record: Mapping, text: Text) -> list[tuple[str, object]]:
    pairs = [("classifier.head_epochs", record["epochs"]), ("prints.seed", record["seed"])]
    return [(text(key), value) for key, value in pairs]


def _list_confusion(confusion: Sequence[Sequence[int]], text: Text) -> Iterator[Row]:
    names = [class_name(text, label) for label in range(len(confusion))]
    yield (f"{text('classifier.axis_true')} / {text('classifier.axis_predicted')}", *names)
    yield from ((name, *row) for name, row in zip(names, confusion, strict=True))


def _list_curve(record: Mapping, text: Text) -> Iterator[Row]:
    yield [
        text(f"classifier.{key}")
        for key in ("axis_epoch", "curve_train", "curve_validation", "axis_rate", "curve_test")
    ]
    last = len(record["curve"])
    for number, epoch in enumerate(record["curve"], start=1):
        accuracies = epoch["train_accuracy"], epoch["validation_accuracy"]
        yield (number, *accuracies, epoch.get("learning_rate"), record["test_accuracy"] if number == last else None)


def _print_reliability(found: Reliability, record: Mapping, setting: str, text: Text) -> Print:
    temperature = record.get("calibration", {}).get("temperature")
    images = sum(found.before.counts)
    said = describe_bins(images, text)
    draw = partial(draw_charts, makes=[partial(draw_reliability, found, temperature, text)])

    def rows() -> Iterator[Row]:
        heads = ("temperature", "images", "right", "confidence")
        yield [text(f"prints.{head}") for head in heads]
        for value, bins in ((1.0, found.before), (temperature, found.after)):
            for row in zip(bins.counts, bins.right, bins.confidence, strict=True) if bins else ():
                yield value, *row

    return Print("reliability", text("classifier.reliability_title"), draw, rows, setting, said, (6.5, 5.0))


def _list_models(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], text: Text) -> Iterator[Row]:
    chart = draw_models(records, tutorial, text)
    yield from list_points(chart, (text("prints.line"), text("prints.network"), text("classifier.axis_accuracy")))
