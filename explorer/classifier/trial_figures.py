"""What the trial shows: the answers of all networks as bars, a sentence, and curves over the test images."""

from __future__ import annotations

import html
from collections.abc import Mapping

import plotly.graph_objects as go

from explorer.classifier.figures import class_name, percent
from explorer.classifier.ladder import Answer, Trial
from explorer.classifier.moves import Moves
from explorer.classifier.robustness import AMOUNTS, Robustness
from explorer.models.networks import find_network
from explorer.page.style import new_figure
from explorer.text import Text, join_sentences

_COLOURS = ("#8c96a3", "#cc79a7", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#5b3fa0", "#d55e00", "#7a2e0b")
_DASHES = ("solid", "dash", "dot")


def describe_trial(trial: Trial, measured: Robustness | None, text: Text) -> str:
    """How many networks still say the same, and what such a change costs over the test images."""
    same, count = sum(each.is_same for each in trial.answers), len(trial.answers)
    if not is_changed(trial):
        names = {class_name(text, int(each.after.argmax())) for each in trial.answers}
        key = "trial_untouched_agree" if len(names) == 1 else "trial_untouched"
        return text(f"classifier.{key}", count=count, names=sorted(names))
    sentences = [text("classifier.trial_same", same=same, count=count)]
    if trial.attack:
        sentences.append(_describe_attack(trial, text))
    if (known := _find_measured(trial)) and measured:
        sentences.append(_describe_measured(*known, measured, text))
    return join_sentences(sentences, text)


def is_changed(trial: Trial) -> bool:
    """Whether the picture is another one than at first."""
    return trial.moves != Moves() or bool(trial.attack)


def _describe_attack(trial: Trial, text: Text) -> str:
    (attacked,) = [each for each in trial.answers if each.model == trial.attacked]
    was_wrong = trial.truth not in (None, int(attacked.before.argmax()))
    key = "trial_attack_wrong" if was_wrong else "trial_attacked"
    return text(f"classifier.{key}", model=find_network(trial.attacked).title)


def _find_measured(trial: Trial) -> tuple[str, float] | None:
    """The kind and amount of robustness.AMOUNTS that this change is, if it is one alone."""
    moves = trial.moves
    shift = max(abs(moves.right), abs(moves.down))
    found = {
        "shift": shift if min(abs(moves.right), abs(moves.down)) == 0 else 0,
        "rotation": abs(moves.degrees),
        "scale": 100 * moves.scale if moves.scale != 1 else 0,
        "blur": moves.blur,
        "darken": 100 * moves.darken,
        "noise": 100 * moves.noise,
    }
    done = {kind: amount for kind, amount in found.items() if amount}
    is_alone = len(done) == 1 and not trial.attack and not moves.covered and bool(found["shift"]) == bool(shift)
    if not is_alone:
        return None
    ((kind, amount),) = done.items()
    return (kind, amount) if amount in AMOUNTS[kind] else None


def _describe_measured(kind: str, amount: float, measured: Robustness, text: Text) -> str:
    rest = 100 if kind == "scale" else 0
    costs = {
        name: measured.accuracy_at(name, kind, rest) - measured.accuracy_at(name, kind, amount)
        for name in measured.correct
    }
    most, least = max(costs, key=costs.__getitem__), min(costs, key=costs.__getitem__)
    return text(
        "classifier.trial_measured",
        images=f"{measured.num_images:,}",
        most=find_network(most).title,
        most_points=f"{100 * costs[most]:.1f}".replace("-", "−"),
        least=find_network(least).title,
        least_points=f"{100 * costs[least]:.1f}".replace("-", "−"),
    )


def draw_ladder(trial: Trial, text: Text) -> str:
    """A row for each network: its answer, how sure it is, and whether it said the same before, as HTML."""
    rows = "".join(_draw_row(each, trial, text) for each in trial.answers)
    about = "" if trial.truth is None else text("classifier.trial_label", truth=class_name(text, trial.truth))
    return f'<p class="ladder-about">{html.escape(about)}</p><div class="ladder">{rows}</div>'


def _draw_row(answer: Answer, trial: Trial, text: Text) -> str:
    named, earlier = int(answer.after.argmax()), int(answer.before.argmax())
    share = float(answer.after[named])
    role = "own" if trial.truth is None else "correct" if named == trial.truth else "wrong"
    before = text(
        "classifier.trial_before",
        name=class_name(text, earlier),
        probability=percent(float(answer.before[earlier]), text),
    )
    unchanged = text("classifier.trial_agrees") if is_changed(trial) else ""
    sign = unchanged if answer.is_same else before
    return (
        f'<span class="network">{html.escape(text.title(find_network(answer.model).title))}</span>'
        f'<span class="answer">{html.escape(class_name(text, named))}</span>'
        f'<span class="track"><span class="bar {role}" style="width:{100 * share:.2f}%"></span></span>'
        f'<span class="value">{html.escape(percent(share, text))}</span>'
        f'<span class="before{"" if answer.is_same else " changed"}">{html.escape(sign)}</span>'
    )


def draw_curves(measured: Robustness, kind: str, text: Text) -> go.Figure:
    """Accuracy of each network against the amount of one kind of change."""
    figure = new_figure(
        text(f"classifier.trial_axis_{kind}"),
        text("classifier.axis_accuracy"),
        height=440,
        yaxis={"range": [0, 100]},
    )
    for number, name in enumerate(measured.correct):
        figure.add_scatter(
            x=list(AMOUNTS[kind]),
            y=[100 * each for each in measured.accuracies(name, kind)],
            name=text.title(find_network(name).title),
            mode="lines+markers",
            line={"color": _COLOURS[number % len(_COLOURS)], "width": 2.5, "dash": _DASHES[number % len(_DASHES)]},
        )
    return figure


def describe_curves(measured: Robustness, kind: str, text: Text) -> str:
    """What was measured, and how much each end of the curves differs."""
    costs: Mapping[str, tuple[float, float]] = {
        name: (max(shares), min(shares)) for name in measured.correct for shares in [measured.accuracies(name, kind)]
    }
    most = max(costs, key=lambda name: costs[name][0] - costs[name][1])
    least = min(costs, key=lambda name: costs[name][0] - costs[name][1])
    return text(
        "classifier.trial_curves",
        images=f"{measured.num_images:,}",
        change=text(f"classifier.trial_kind_{kind}"),
        most=find_network(most).title,
        most_high=percent(costs[most][0], text),
        most_low=percent(costs[most][1], text),
        least=find_network(least).title,
        least_high=percent(costs[least][0], text),
        least_low=percent(costs[least][1], text),
    )
