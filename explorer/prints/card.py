"""The pictures of the model card: what results.json holds, drawn small, the same each time.

`train_all.py` draws them beside the card. They are in English, as the card is. `python -m explorer.prints.card` draws those of the
shipped networks anew, and writes their card, when something else about them was measured.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from explorer.data import CLASSES
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import SHIPPED, load_results, lock_results, write_atomically
from explorer.page.style import INK, MUTED, ROLES
from explorer.prints.paper import write
from explorer.training.card import PICTURES, write_card
from explorer.training.reliability import load_reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 150
_WIDTH = 9.0  # inches
_COLOURS = 48  # of a file, which keeps it small
_IN_A_ROW = 3
_RIGHT = "#80ceb9"  # colour of right answers, pale enough for dark numbers
_DARK = 0.65  # share of the most frequent mistake, from which on numbers are white

Records = Mapping[str, Mapping]


def draw_pictures(folder: Path) -> None:
    """Draw the pictures of the networks of a folder, and take away those for which there is nothing to draw.

    Args:
        folder: where results.json lies.

    Raises:
        CheckpointError: results.json is damaged.
        KeyError: a record lacks something that is drawn.
        OSError: a picture cannot be written.
    """
    files = make_pictures(folder)
    write_atomically({folder / name: content for name, content in files.items()})
    for name in PICTURES:
        if name not in files:
            (folder / name).unlink(missing_ok=True)


def make_pictures(folder: Path) -> dict[str, bytes]:
    """Name of a file -> the picture, of those for which there are numbers."""
    records, tutorial = load_results(folder), load_results(folder, "tutorial")
    drawn: dict[str, Callable[[], Figure] | None] = {
        "curves.png": (lambda: _draw_curves(records)) if records else None,
        "confusion.png": (lambda: _draw_confusions(records)) if records else None,
        "reliability.png": _find_reliability(records, folder),
        "comparison.png": _find_comparison(records, tutorial),
    }
    return {name: _shrink(write(draw, "png", "en", _DPI)) for name, draw in drawn.items() if draw is not None}


def _shrink(file: bytes) -> bytes:
    """The picture with few colours."""
    small, packed = Image.open(io.BytesIO(file)).convert("RGB"), io.BytesIO()
    small.quantize(_COLOURS, dither=Image.Dither.NONE).save(packed, "png", optimize=True)
    return packed.getvalue()


def _new_figure(count: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with so many axes of that height in inches, in rows."""
    from matplotlib.figure import Figure

    down = math.ceil(count / _IN_A_ROW)
    figure = Figure(figsize=(_WIDTH, height * down + 0.4), layout="constrained")
    axes = figure.subplots(down, _IN_A_ROW, squeeze=False).ravel().tolist()
    for empty in axes[count:]:
        empty.set_axis_off()
    return figure, axes[:count]


def _draw_curves(records: Records) -> Figure:
    """Accuracy after each epoch, and the learning rate in an axis of its own."""
    figure, axes = _new_figure(len(records), 2.0)
    for place, record in zip(axes, records.values(), strict=True):
        epochs = range(1, len(record["curve"]) + 1)
        for key, role, line in (("train", "input", "-"), ("validation", "kernel", "--")):
            values = [100 * epoch[f"{key}_accuracy"] for epoch in record["curve"]]
            place.plot(epochs, values, color=ROLES[role], linestyle=line, linewidth=1.2, label=f"{key} accuracy")
        test = {"color": ROLES["correct"], "marker": "D", "linestyle": "none", "markersize": 5}
        place.plot(epochs[-1:], [100 * record["test_accuracy"]], label="test accuracy, at the end", **test)
        _add_rate(place, epochs, record)
        place.set_title(record["title"])
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("accuracy (%)", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    rate = axes[0].plot([], [], color=MUTED, linestyle=":", linewidth=1)
    figure.legend([*handles, *rate], [*labels, "learning rate (right axis)"], loc="outside upper center", ncols=4)
    return figure


def _add_rate(place: Axes, epochs: Sequence[int], record: Mapping) -> None:
    rates = [epoch.get("learning_rate") for epoch in record["curve"]]
    if None in rates:
        return
    other = place.twinx()
    other.plot(epochs, rates, color=MUTED, linestyle=":", linewidth=1)
    other.set_ylim(bottom=0)
    other.grid(visible=False)
    other.tick_params(labelsize=6, colors=MUTED)


def _draw_confusions(records: Records) -> Figure:
    """Of 1,000 images of each class: the right answers on the diagonal, and the mistakes, darker where there are more."""
    figure, axes = _new_figure(len(records), 2.9)
    names = [name.removesuffix("/top") for name in CLASSES]
    for place, record in zip(axes, records.values(), strict=True):
        counts = np.array(record["confusion"])
        right = np.eye(len(counts), dtype=bool)
        shares = np.where(right, np.nan, counts / counts[~right].max())
        place.imshow(np.where(right, 1.0, np.nan), cmap=_one_colour(_RIGHT), vmin=0, vmax=1)
        place.imshow(shares, cmap="Oranges", vmin=0, vmax=1.3)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                ink = "white" if shares[row, column] > _DARK else INK
                place.text(column, row, count, ha="center", va="center", fontsize=5, color=ink)
        ticks = range(len(counts))
        place.set_xticks(ticks, names, rotation=45, ha="right", fontsize=5.5)
        place.set_yticks(ticks, names, fontsize=5.5)
        place.grid(visible=False)
        place.set_title(record["title"])
    figure.supxlabel("predicted", fontsize=9)
    figure.supylabel("true", fontsize=9)
    return figure


def _one_colour(colour: str) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _find_reliability(records: Records, folder: Path) -> Callable[[], Figure] | None:
    found = {name: reliability for name in records if (reliability := load_reliability(name, folder)) is not None}
    return (
        (lambda: _draw_reliability({records[name]["title"]: each for name, each in found.items()})) if found else None
    )


def _draw_reliability(found: Mapping[str, Any]) -> Figure:
    """How often networks are right where they are that sure, as they answer and with their temperature."""
    figure, axes = _new_figure(len(found), 2.3)
    for place, (title, each) in zip(axes, found.items(), strict=True):
        place.plot([0, 100], [0, 100], color=MUTED, linestyle=":", linewidth=1, label="as sure as right")
        for bins, name, role, style in (
            (each.before, "as it answers", "kernel", "--o"), (each.after, "with temperature", "output", "-D"),
        ):  # fmt: skip
            if bins is None:
                continue
            filled = [index for index, count in enumerate(bins.counts) if count]
            sure = [100 * bins.confidence[index] / bins.counts[index] for index in filled]
            right = [100 * bins.right[index] / bins.counts[index] for index in filled]
            place.plot(sure, right, style, color=ROLES[role], markersize=3, linewidth=1, label=name)
        place.set(xlim=(0, 102), ylim=(0, 102), title=title)
    figure.supxlabel("confidence (%)", fontsize=9)
    figure.supylabel("right answers (%)", fontsize=9)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _find_comparison(records: Records, tutorial: Records) -> Callable[[], Figure] | None:
    names = [name for name in records if name in MODELS and MODELS[name].claimed_accuracy]
    return (lambda: _draw_comparison(names, records, tutorial)) if names else None


def _draw_comparison(names: Sequence[str], records: Records, tutorial: Records) -> Figure:
    """Test accuracy: what the tutorial says, what its recipe gave here, and what ours gave; lines from worst to best seed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    claimed = {name: MODELS[name].claimed_accuracy for name in names}
    kinds = (
        ("the tutorial says", {name: [claimed[name]] for name in names}, MUTED, ""),
        ("its recipe, measured here", {name: _runs(tutorial[name]) for name in names if name in tutorial}, ROLES["kernel"], "////"),
        ("our recipe, measured here", {name: _runs(records[name]) for name in names}, ROLES["correct"], "...."),
    )  # fmt: skip
    for number, (label, runs, colour, hatch) in enumerate(kinds):
        places = [index + (number - 1) * 0.27 for index, name in enumerate(names) if name in runs]
        values = [100 * sum(runs[name]) / len(runs[name]) for name in names if name in runs]
        spread = [
            [abs(100 * end(runs[name]) - value) for name, value in zip((n for n in names if n in runs), values)]
            for end in (min, max)
        ]
        style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.5, "label": label}
        bars = axes.bar(
            places, values, 0.25, yerr=spread, error_kw={"elinewidth": 1, "capsize": 2, "ecolor": INK}, **style
        )
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=6.5)
    axes.set_xticks(range(len(names)), [records[name]["title"] for name in names])
    axes.set(ylim=(50, 102), ylabel="test accuracy (%)")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def _runs(record: Mapping) -> list[float]:
    return [run["test_accuracy"] for run in record.get("runs", ())] or [record["test_accuracy"]]


def main() -> None:
    """Draw the pictures of the shipped networks, and write their card."""
    with lock_results(SHIPPED):
        draw_pictures(SHIPPED)
        write_card(SHIPPED)


if __name__ == "__main__":
    main()
