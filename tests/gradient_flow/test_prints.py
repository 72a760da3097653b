"""Figures of the gradient-flow tab on paper: the numbers of their lines against those that the API gives and that are stored."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from explorer.errors import InputError
from explorer.gradient_flow.api import gradient_norms
from explorer.gradient_flow.maths import Settings
from explorer.gradient_flow.prints import gather_prints
from explorer.gradient_flow.tab import Measurement
from explorer.models.checkpoints import load_results
from explorer.page.streaming import Run
from explorer.page.style import ROLES
from explorer.prints.paper import render
from explorer.text import LANGUAGES

LIGHT = {"depth": 12, "width": 6, "seeds": 9}
HEAVY = {"depth": 12, "width": 8, "block": "conv", "seeds": 3}


def find(prints, name: str):
    return next(each for each in prints if each.name == name)


def draw(sheet) -> Figure:
    figure = Figure(figsize=sheet.size, layout="constrained")
    sheet.draw(figure)
    return figure


def lines_of(axes) -> dict[tuple[str, str], list[float]]:
    """Colour and dash -> heights of the lines."""
    return {(to_hex(line.get_color()), str(line.get_linestyle())): list(line.get_ydata()) for line in axes.get_lines()}


def read(sheet, language: str = "en") -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(render(sheet, "csv", language).decode("utf-8-sig")))]


def test_the_lines_are_the_medians_that_the_api_gives():
    sheet, told = find(gather_prints(language="en", **LIGHT), "weights"), gradient_norms(**LIGHT)
    left, right = draw(sheet).get_axes()
    for kind in ("plain", "residual"):
        for axes, part in ((left, "blocks"), (right, "first_block")):
            drawn = lines_of(axes)[to_hex(ROLES[kind]), "-"]
            assert drawn == pytest.approx(np.log10(told[kind][part]["median"]).tolist(), abs=1e-9)
    band = np.concatenate([path.vertices[:, 1] for patch in left.patches for path in [patch.get_path()]])
    assert band.max() == pytest.approx(
        math.log10(max(max(told[kind]["blocks"]["high"]) for kind in ("plain", "residual")))
    )
    assert not {line.get_marker() for line in left.get_lines() if len(line.get_xdata()) == 12} & {"None", ""}


def test_the_table_holds_the_same_numbers_of_both_charts():
    rows, told = read(find(gather_prints(language="en", **LIGHT), "weights")), gradient_norms(**LIGHT)
    medians = [float(row["median"]) for row in rows if row["network"] == "plain"]
    assert medians == told["plain"]["blocks"]["median"] + told["plain"]["first_block"]["median"]
    lows = [float(row["5 % of the seeds are below"]) for row in rows if row["network"] == "residual"]
    assert lows == told["residual"]["blocks"]["low"] + told["residual"]["first_block"]["low"]


def test_heavy_settings_give_what_their_run_has_measured_and_nothing_before():
    settings = Settings(**HEAVY)
    names = {each.name for each in gather_prints(language="en", **HEAVY)}
    assert not names & {"weights", "signals", "jacobian"} and "degradation" in names
    run, part = Measurement(settings, "signals"), gradient_norms(**{**HEAVY, "seeds": 1})
    run.shown = next(measure_one(settings))
    prints = gather_prints(run=run, view="signals", language="en", **HEAVY)
    assert [each.name for each in prints][:2] == ["signals", "weights"]
    assert prints[0].numbers.startswith("1 of 3 seeds so far.")
    drawn = lines_of(draw(prints[1]).get_axes()[0])[to_hex(ROLES["residual"]), "-"]
    assert drawn == pytest.approx(np.log10(part["residual"]["blocks"]["median"]).tolist(), abs=1e-6)
    other = gather_prints(run=run, language="en", **{**HEAVY, "depth": 13})
    assert "weights" not in {each.name for each in other}


def measure_one(settings: Settings):
    from explorer.gradient_flow.maths import measure_in_parts

    return measure_in_parts(settings)


def test_degradation_is_that_of_the_records():
    sheet = find(gather_prints(language="en", **LIGHT), "degradation")
    left, right = draw(sheet).get_axes()
    for axes, key in ((left, "train_accuracy"), (right, "validation_accuracy")):
        drawn = [line.get_ydata().tolist() for line in axes.get_lines()]
        for name in ("plain20", "plain56", "resnet20", "resnet56"):
            stored = [100 * (1 - epoch[key]) for epoch in load_results()[name]["curve"]]
            assert any(np.allclose(stored, each) for each in drawn if len(each) == len(stored)), name
        looks = {(str(line.get_linestyle()), line.get_marker()) for line in axes.get_lines()}
        assert len(looks) == 4  # without colours


def test_the_removal_follows_the_chosen_order():
    prints = gather_prints(removal_way="front", language="en", **LIGHT)
    (axes,) = draw(find(prints, "removal_order")).get_axes()
    rows = [row for row in read(find(prints, "removal_order")) if row["One block after another"] == "from the front"]
    accuracies = [float(row["Accuracy (%)"]) for row in rows if row["network"].startswith("ResNet-56")]
    assert lines_of(axes)[to_hex(ROLES["residual"]), "-"] == pytest.approx(accuracies)
    assert accuracies[0] == pytest.approx(100 * load_results()["resnet56"]["test_accuracy"], abs=0.3)  # fewer images


def test_learning_is_drawn_of_what_is_chosen():
    sheet = find(gather_prints(learning_depth=20, learning_statistic="dead", language="en", **LIGHT), "learning_blocks")
    rows = read(sheet)
    shown = [axes.images[0].get_array() for axes in draw(sheet).get_axes() if axes.images]
    (name,) = [head for head in rows[0] if head == "dead units"]
    table = np.array([float(row[name]) for row in rows if row["network"] == "Plain"])
    assert "20" in sheet.setting and np.allclose(np.asarray(shown[0]).T.ravel(), table)


def test_what_cannot_be_chosen_is_refused_in_words():
    for forged in ({"removal_way": "sideways"}, {"removal_gone": ["layer9.9"]}, {"learning_depth": 3}, {"depth": 0}):
        with pytest.raises(InputError):
            gather_prints(language="en", **{**LIGHT, **forged})
    assert gather_prints(run=Run("other"), live_run="forged", language="en", **LIGHT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_figure_is_text_in_svg(language):
    for sheet in gather_prints(view="jacobian", language=language, **LIGHT):
        if sheet.name in ("jacobian", "learning_blocks"):
            written = render(sheet, "svg", language).decode()
            assert f">{sheet.title}</text>" in written
