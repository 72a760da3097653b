"""A run of the training in charts, the filters and the images of the last batch, and in words."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping

import torch

from explorer.data import CLASSES
from explorer.gradient_flow.live_charts import Chart, Line, draw_charts
from explorer.gradient_flow.live_training import CHECK_EVERY, Check, Curves, Progress, write_weights
from explorer.models.variants import Variant
from explorer.page.canvas import Map, draw_maps, make_sheet
from explorer.page.style import ROLES, lighten
from explorer.text import Text, join_sentences

COLOURS = {"lenet5": ROLES["conv"], "residual": ROLES["residual"], "plain": ROLES["plain"]}
CHANCE = 1 / len(CLASSES)
NOT_BETTER = 1.2  # times chance: what is below this is not better than guessing
MOST_POINTS = 400  # of a line; a chart is not wider
MOST_LOSS = 20.0  # what is higher, as before it diverges, is cut off


def describe(progress: Progress, text: Text, state: str = "", guess: float | None = None) -> str:
    """How far the run is, what the networks are worth now, and which has diverged.

    Args:
        progress: the run.
        text: of the reader's language.
        state: key of the first sentence ("paused", "cancelled"); empty for what follows from the progress.
        guess: what the reader thought that the accuracy would be, in percent; told when the run is done.
    """
    epoch_steps = progress.num_steps // progress.settings.epochs
    state = state or ("done" if progress.is_done else "turn_over" if progress.is_paused else "under_way")
    first = text(
        f"live.{state}",
        step=progress.step,
        steps=progress.step if progress.is_done else progress.num_steps,
        epoch=min(progress.step // epoch_steps + 1, progress.settings.epochs),
        epochs=progress.settings.epochs,
    )
    said = [first, *(_describe_curves(each, text) for each in progress.curves)]
    if progress.is_done:
        said += [_say_chance(progress, text), *(_say_dead(each, text) for each in progress.curves)]
        said.append(_say_guess(progress, guess, text))
    return join_sentences(said, text)


def _describe_curves(curves: Curves, text: Text) -> str:
    if curves.has_diverged:
        return text("live.diverged", model=curves.variant.title, step=len(curves.losses))
    return text("live.now", model=curves.variant.title, accuracy=_percent(curves.checks[-1].validation_accuracy))


def _say_dead(curves: Curves, text: Text) -> str:
    """ReLUs that give 0 for every image of a batch let no gradient through."""
    norms = curves.checks[-1].gradient_norms
    is_dead = curves.variant.activation == "relu" and not curves.has_diverged and bool(norms) and norms[0] == 0
    return text("live.dead", model=curves.variant.title) if is_dead else ""


def _say_chance(progress: Progress, text: Text) -> str:
    best = max(each.checks[-1].validation_accuracy for each in progress.curves)
    if best > NOT_BETTER * CHANCE or any(each.has_diverged for each in progress.curves):
        return ""
    return text("live.by_chance", classes=len(CLASSES), chance=f"{100 * CHANCE:.0f}")


def _say_guess(progress: Progress, guess: float | None, text: Text) -> str:
    last = progress.curves[-1]
    if guess is None or last.has_diverged:
        return ""
    return text(
        "live.guessed",
        guess=f"{guess:g}",
        model=last.variant.title,
        accuracy=_percent(last.checks[-1].validation_accuracy),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def draw_curves(progress: Progress, text: Text) -> str:
    """Three charts: the losses, the accuracies, and the gradient norms of the layers."""
    return draw_charts(list_charts(progress, text))


def list_charts(progress: Progress, text: Text) -> list[Chart]:
    """The charts of `draw_curves`."""
    return [_draw_losses(progress, text), _draw_accuracies(progress, text), _draw_norms(progress, text)]


def _draw_losses(progress: Progress, text: Text) -> Chart:
    """The loss of each step, and the mean of the last ones."""
    lines = []
    for curves in progress.curves:
        colour, steps = COLOURS[curves.variant.kind], range(1, len(curves.losses) + 1)
        every = max(1, len(steps) // MOST_POINTS)
        raw, smooth = (list(zip(steps, values))[::every] for values in (curves.losses, _smooth(curves.losses)))
        lines += [Line(raw, lighten(colour, 0.6), 1), Line(smooth, colour, 3, name=curves.variant.title)]
    highest = max((y for line in lines if line.name for _, y in line.points if y < MOST_LOSS), default=0.0)
    return Chart(lines, text("live.step_axis"), text("live.loss_axis"), (0, progress.num_steps), (0, max(2.5, highest)))


def _smooth(values: tuple[float, ...]) -> list[float]:
    """The mean of each value and of those before it, of at most CHECK_EVERY in all."""
    # Each sum by itself: in differences of running sums one huge loss would swallow all later ones.
    windows = (values[max(0, end - CHECK_EVERY) : end] for end in range(1, len(values) + 1))
    return [sum(window) / len(window) for window in windows]


def _draw_accuracies(progress: Progress, text: Text) -> Chart:
    """Accuracy in training and on the validation images, at each check."""
    lines = []
    for curves in progress.curves:
        colour, title = COLOURS[curves.variant.kind], curves.variant.title
        training = [
            (each.step, 100 * each.training_accuracy) for each in curves.checks if each.training_accuracy is not None
        ]
        validation = [(each.step, 100 * each.validation_accuracy) for each in curves.checks]
        lines.append(Line(training, colour, 2, is_dotted=True, name=text("live.of_training", model=title)))
        lines.append(Line(validation, colour, 3, name=text("live.of_validation", model=title)))
    return Chart(lines, text("live.step_axis"), text("live.accuracy_axis"), (0, progress.num_steps), (0, 100))


def _draw_norms(progress: Progress, text: Text) -> Chart:
    """The gradient norm of each layer's weights at the first check after the start (dotted) and at the last one."""
    lines = []
    for curves in progress.curves:
        measured = [each for each in curves.checks if each.gradient_norms]
        for key, checks in (("norms_first", measured[:1]), ("norms_now", measured[1:][-1:])):
            for each in checks:
                name = text(
                    f"live.{key}", model=curves.variant.title, **({"step": each.step} if key == "norms_first" else {})
                )
                lines.append(_draw_norms_of(curves, each, name, key == "norms_first", text))
    values = [y for line in lines for _, y in line.points]
    least, most = (min(values), max(values)) if values else (0.1, 1.0)
    bounds = (10.0 ** math.floor(math.log10(least)), 10.0 ** math.ceil(math.log10(most * 1.001)))
    most_layers = max(len(each.layers) for each in progress.curves)
    return Chart(lines, text("live.layer_axis"), text("live.norm_axis"), (0, most_layers), bounds, is_log=True)


def _draw_norms_of(curves: Curves, check: Check, name: str, is_first: bool, text: Text) -> Line:
    """A logarithm has no place for 0, and none for what is not finite."""
    shown = [
        (number, layer, norm)
        for number, (layer, norm) in enumerate(zip(curves.layers, check.gradient_norms), start=1)
        if 0 < norm < math.inf
    ]
    about = [
        text("live.hover_layer", model=curves.variant.title, layer=layer, norm=f"{norm:.2g}")
        for _, layer, norm in shown
    ]
    points = [(number, norm) for number, _, norm in shown]
    colour = COLOURS[curves.variant.kind]
    return Line(points, colour, 2 if is_first else 3, is_dotted=is_first, name=name, about=about)


def draw_pictures(progress: Progress, text: Text) -> dict:
    """The filters of the first layer of each network, and the images that were seen last, as a strip each."""
    maps = [
        Map(make_sheet(each.filters, len(each.filters)), text("live.filters", model=each.variant.title), numbers=False)
        for each in progress.curves
        if bool(each.filters.isfinite().all())
    ]
    if len(progress.seen):
        maps.append(
            Map(make_sheet(progress.seen, len(progress.seen), gap=0), text("live.seen"), scale="grey", numbers=False)
        )
    return draw_maps(maps, max_height=100 * len(maps), equal_cells=False, label=text("live.pictures"))


def draw_links(networks: Mapping[Variant, torch.nn.Module], text: Text) -> str:
    """Links that save the weights, in HTML: the files are in the page, nothing is asked of the server."""
    links = ""
    for variant, model in networks.items():
        content = base64.b64encode(write_weights(variant, model)).decode("ascii")
        words = html.escape(text("live.save", title=variant.title))
        name = f"{variant.title.lower()}.safetensors"
        links += f'<a class="text-button" download="{name}" href="data:application/octet-stream;base64,{content}">{words}</a> '
    return f'<p class="live-links">{links}</p>'
